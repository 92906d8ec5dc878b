"""Damaged runs: no altered record is ever read back as if it were what was written."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from npcsim.errors import StoreError
from npcsim.events import Packed
from npcsim.store import database
from npcsim.store.rows import KeptCall
from npcsim.store.run_store import Run, RunWriter
from npcsim.store.snapshots import encode
from tests.store.samples import make_run, quick_tick

FLIPS = 150


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("sound") / "run", 20) / "run.db"


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "run.db"))


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as raw, raw:
        assert raw.execute(statement).rowcount == 1


def contents(file: Path | str) -> list[tuple[int, Packed] | KeptCall | bytes | object]:
    run = Run.open(file)
    own: list[Any] = [run.name, run.bundle, run.state, run.summary, run.last_tick, run.trusted]
    return [*own, *run.packed(), *run.calls(), *(run.snapshot(t) for t in run.snapshots())]


@pytest.mark.parametrize(
    "change_to",
    [
        "blob = CAST(blob || x'00' AS BLOB)",
        "payload = CAST(replace(CAST(payload AS TEXT), '7', '8') AS BLOB)",
        "kind = 'Moveb'",
        "chain = zeroblob(16)",
        "tick = 8",
        "payload = 'text'",
        "kind = 5",
    ],
)
def test_an_altered_event_is_named(copy: Path, change_to: str) -> None:
    run = Run.open(copy)
    seq = next(seq for seq, _ in run.packed(start=7))
    change(copy, f"UPDATE events SET {change_to} WHERE seq = {seq}")
    with pytest.raises(StoreError, match=rf"damaged at tick [78]: row {seq} of events"):
        list(run.packed())
    if "kind" not in change_to:
        with pytest.raises(StoreError, match=f"row {seq} of events"):
            list(run.events(kinds={"Moved"}))
    assert [event.tick for event in run.events(stop=7)] == [t for t in range(7) for _ in range(3)]


def test_lost_and_swapped_rows_are_found(copy: Path) -> None:
    run = Run.open(copy)
    rows = [seq for seq, _ in run.packed()]
    change(copy, f"DELETE FROM events WHERE seq = {rows[30]}")
    with pytest.raises(StoreError, match=f"row {rows[31]} of events"):
        list(run.events())
    change(copy, f"UPDATE events SET seq = {rows[30]} WHERE seq = {rows[31]}")
    with pytest.raises(StoreError, match=f"row {rows[30]} of events"):
        list(run.events())


@pytest.mark.parametrize("table", ["events", "calls"])
def test_a_first_row_out_of_sight_is_found(copy: Path, table: str) -> None:
    first = f"(SELECT min(seq) FROM {table})"
    change(copy, f"UPDATE {table} SET seq = -1 - seq WHERE seq = {first}")
    run = Run.open(copy)
    with pytest.raises(StoreError, match=f"row .* of {table} does not match its chain"):
        list(run.packed() if table == "events" else run.calls())


def test_a_lost_end_is_found(copy: Path) -> None:
    change(copy, "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)")
    run = Run.open(copy)
    for kinds in (None, {"Drifted"}):
        with pytest.raises(StoreError, match="the last rows of events are missing"):
            list(run.events(kinds=kinds))


@pytest.mark.parametrize("column", ["request", "answer", "model", "key", "seconds", "cost"])
def test_an_altered_call_is_named(copy: Path, column: str) -> None:
    number = column in ("seconds", "cost")
    value = f"{column} + 1e-9" if number else f"replace({column}, 'a', 'b') || ' '"
    change(copy, f"UPDATE calls SET {column} = {value} WHERE thought = 't2'")
    with pytest.raises(StoreError, match=r"damaged at tick 1: row .* of calls"):
        list(Run.open(copy).calls())


def test_an_altered_snapshot_is_named(copy: Path) -> None:
    change(copy, "UPDATE snapshots SET payload = x'00'")
    with pytest.raises(StoreError, match="the snapshot of tick 19 was altered"):
        Run.open(copy).snapshot(19)
    with pytest.raises(StoreError, match="there is no snapshot of tick 3"):
        Run.open(copy).snapshot(3)


@pytest.mark.parametrize("column", ["bundle", "name", "summary", "state", "created_utc"])
def test_an_altered_description_is_refused(copy: Path, column: str) -> None:
    change(copy, f"UPDATE runs SET {column} = CAST({column} || ' ' AS BLOB)")
    with pytest.raises(StoreError, match="damaged"):
        Run.open(copy)


def test_any_flipped_byte_of_the_file_is_found_or_harmless(copy: Path) -> None:
    dice = random.Random(7)
    truth = contents(copy)
    raw = copy.read_bytes()
    found = 0
    for _ in range(FLIPS):
        broken = bytearray(raw)
        broken[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
        copy.write_bytes(broken)
        try:
            back = contents(copy)
        except StoreError:
            found += 1
        else:
            assert back == truth
    assert found > FLIPS // 10


def test_any_flipped_byte_of_a_snapshot_is_found_and_an_earlier_one_taken(tmp_path: Path) -> None:
    """The flipped snapshot is kept as it would be by a disk that garbled it: chained as before."""
    dice = random.Random(8)
    payload = encode({"tick": 6}, {"hp": np.arange(100.0)})
    with RunWriter.create(tmp_path / "run", None, name="n", bundle=b"") as writer:
        for tick in range(8):
            writer.write_tick(tick, quick_tick(tick))
        writer.write_snapshot(2, encode({"tick": 2}, {}))
        writer.write_snapshot(6, payload)
        writer.finish({})
    run = Run.open(tmp_path / "run")
    assert run.nearest(7)[0] == 6
    for _ in range(FLIPS):
        broken = bytearray(payload)
        broken[dice.randrange(len(payload))] ^= 1 << dice.randrange(8)
        change(tmp_path / "run" / "run.db",
               f"UPDATE snapshots SET payload = x'{broken.hex()}' WHERE tick = 6")  # fmt: skip
        with pytest.raises(StoreError, match="the snapshot of tick 6 was altered"):
            run.snapshot(6)
        tick, data, _ = run.nearest(7)
        assert (tick, data) == (2, {"tick": 2})
    change(tmp_path / "run" / "run.db", "UPDATE snapshots SET payload = x'00' WHERE tick = 2")
    assert run.nearest(7) == (-1, None, None)


def test_what_is_no_run_is_refused_in_words(tmp_path: Path, copy: Path) -> None:
    with pytest.raises(StoreError, match=r"no run at .*gone; `npcsim run` makes one"):
        Run.open(tmp_path / "gone")
    (tmp_path / "text.db").write_text("hello" * 500)
    with pytest.raises(StoreError, match="is not a run: it is no SQLite file"):
        Run.open(tmp_path / "text.db")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match="`npcsim run` makes one"):
        Run.open(tmp_path / "empty")
    (tmp_path / "empty" / "run.db").touch()
    with pytest.raises(StoreError, match="it lacks the tables"):
        Run.open(tmp_path / "empty")
    change(copy, "UPDATE runs SET format = 99")
    with pytest.raises(StoreError, match="is of format 99; this npcsim reads format 1"):
        Run.open(copy)
    change(copy, "DELETE FROM runs")
    with pytest.raises(StoreError, match="it was cut off before it began"):
        Run.open(copy)
    for url in ("nonsense://x#1", "sqlite:///x.db#1", "postgresql+nodriver://u:secret@h/d#1"):
        with pytest.raises(StoreError) as told:
            Run.open(url)
        assert "secret" not in str(told.value)


def test_a_locked_run_says_so(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(copy)) as raw:
        raw.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="is locked by another program"):
            Run.open(copy)


@contextmanager
def nobody() -> Iterator[None]:
    """Rights of an ordinary user while inside, since to root nothing is read-only."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no read-only folders of this kind")
@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_run_in_a_read_only_folder_can_be_read(copy: Path, journal: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(copy, folder / "run.db")
        with closing(sqlite3.connect(folder / "run.db")) as raw:
            raw.execute(f"PRAGMA journal_mode={journal}")
        (folder / "run.db").chmod(0o444)
        folder.chmod(0o555)
        with nobody():
            assert len(list(Run.open(folder).events())) == 60
        folder.chmod(0o755)
