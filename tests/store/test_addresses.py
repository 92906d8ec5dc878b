"""How runs in a server are named, and that no password is ever told."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim.errors import StoreError
from npcsim.store.addresses import address, is_address, place, shown
from npcsim.store.run_store import Run, RunWriter

URL = "postgresql://ann:tell-nobody@db.example/town"


def test_a_run_is_named_behind_the_url() -> None:
    found = address(f"{URL}?schema=lab#tavern-3")
    assert (found.run, found.schema, found.url.password) == ("tavern-3", "lab", "tell-nobody")
    assert found.url.drivername == "postgresql+psycopg"
    assert "schema" not in found.url.query
    assert found.shown == "postgresql+psycopg://ann:***@db.example/town?schema=lab"
    assert found.of("tavern-4")[1] == f"{found.shown}#tavern-4"
    assert address(found.of("9")[0]) == address(f"{URL}?schema=lab#9")
    assert address("postgres://h/d").schema == "npcsim"


def test_the_environment_s_store_is_named_by_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="stands in NPCSIM_STORE, which is not set"):
        address("store:tavern-3")
    monkeypatch.setenv("NPCSIM_STORE", URL)
    found = address("store:tavern-3")
    assert (found.run, found.whole) == ("tavern-3", "store:tavern-3")
    assert found.of("b-1") == ("store:b-1", "store:b-1")
    # As it was printed: the password is known from the environment.
    assert address(f"{shown(URL)}#x").url.password == "tell-nobody"
    assert address("postgresql://ann:***@other/town").url.password == "***"


def test_folders_are_folders_and_addresses_stay_as_they_are() -> None:
    assert place("runs/a") == Path("runs/a")
    assert place(URL) == URL
    assert [is_address(one) for one in (Path("a://b"), "store:x", URL, "runs")] == [
        False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nonsense://ann:tell-nobody@x", "SQLite files or in PostgreSQL"),
        ("sqlite:///x.db", "named by its folder"),
        ("mysql://ann:tell-nobody@x/d", "SQLite files or in PostgreSQL"),
        ("postgresql+psycopg2://ann:tell-nobody@h/d", "is spoken to by"),
        ("postgresql://ann:tell-nobody@tell-nobody@h/d", "is written as %40"),
        ("postgresql://ann:tell-nobody@h:port/d", "is not the URL"),
        ("postgresql://ann:tell-nobody@h/d?schema=No-Name", "`schema` in a URL"),
    ],
)
def test_a_bad_address_is_refused_without_its_password(text: str, why: str) -> None:
    for told in (shown(text), shown(f"{text}#run")):
        assert "tell-nobody" not in told
    for go in (lambda: Run.open(f"{text}#3"), lambda: RunWriter.begin(text, "a", bundle=b"")):
        with pytest.raises(StoreError, match=why) as raised:
            go()
        assert "tell-nobody" not in str(raised.value)


def test_a_password_among_the_parameters_is_one_too() -> None:
    found = address("postgresql://ann@h/d?password=tell-nobody&sslmode=require")
    assert found.url.password == "tell-nobody"
    assert "tell-nobody" not in found.shown
    assert found.url.query == {"sslmode": "require"}
