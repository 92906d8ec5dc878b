"""Keys planted wherever one may be, looked for in all that npcsim writes and says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from npcsim.events import KINDS, unpack
from npcsim.models.remote.keys import key_of
from npcsim.store.run_store import Run
from tests.e2e.shell import npcsim

IN_VARIABLE = "canary-in-the-environment-0001"
IN_KEYRING = "canary-in-the-keyring-0002"
IN_HEADER = "canary-in-a-header-0003"
IN_OTHER = "canary-of-another-program-0004"
IN_FILE = "sk-canary-in-the-file-0005-abcdef"
ALL = (IN_VARIABLE, IN_KEYRING, IN_HEADER, IN_OTHER, IN_FILE)
TEXT = """
scenario: canaries
size: [20, 12]
clock: {{tick: 2 s, start: "09:00", end: "09:05"}}
npcs: {{Wulf: {{mind: true}}, Odo: {{mind: true}}}}
plans:
  threaten: {{option: threaten to burn the mill, worth: 0.5, stakes: 0.9, steps: [wait]}}
  ask: {{option: ask for three sacks, worth: 0.5, stakes: 0.9, steps: [wait]}}
think: {{local: 2 s, cloud: 4 s, rest: 2 s, dominates: 50}}
routing: {{escalate: 0.01, worth: 1 USD, retry: 2 s}}
tiers:
  local: {{model: scripted}}
  cloud: {{model: "{cloud}", key: {key}, price: {{input: 1, output: 5}}, budget: 1 USD}}
"""


class Echo(BaseHTTPRequestHandler):
    """A provider that tells everybody what it was sent, in its errors."""

    asked: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        names = ("x-api-key", "authorization", "x-team")
        kept = {name: self.headers[name] for name in names if name in self.headers}
        sent = f"bad key in {kept} of {dict(self.headers)} with {body[:20]!r}"
        type(self).asked.append(str(dict(self.headers)))
        told = {"type": "error", "error": {"type": "authentication_error", "message": sent}}
        status = (400, 500, 401)[min(len(type(self).asked) - 1, 2)]
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr."""


@pytest.fixture
def echo() -> Iterator[str]:
    Echo.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keys in the environment and in a keyring of our own."""
    keyring = pytest.importorskip("keyring")
    backend = pytest.importorskip("keyring.backend")

    class Ours(backend.KeyringBackend):  # type: ignore[misc, name-defined]
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            if service == "broken":
                raise RuntimeError(f"no such luck. {IN_KEYRING}")
            return IN_KEYRING if (service, username) == ("npcsim", "box") else None

        def set_password(self, service: str, username: str, password: str) -> None:
            """Nothing is put into it."""

    before = keyring.get_keyring()
    keyring.set_keyring(Ours())
    monkeypatch.setenv("ANTHROPIC_API_KEY", IN_VARIABLE)
    monkeypatch.setenv("OPENAI_API_KEY", IN_VARIABLE)
    monkeypatch.setenv("MY_KEY", f"{IN_VARIABLE}\n")
    monkeypatch.setenv("OTHER_TOKEN", IN_OTHER)
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", f"X-Team: {IN_HEADER}")
    yield
    keyring.set_keyring(before)


def nothing_of_a_key(text: str | bytes) -> None:
    data = text.encode() if isinstance(text, str) else text
    assert [key for key in ALL if key.encode() in data] == []


def all_of(folder: Path) -> Iterator[str | bytes]:
    """Every byte of a run, and everything in it as it reads when it is unpacked."""
    for file in folder.rglob("*"):
        if file.is_file():
            yield file.read_bytes()
    with Run.open(folder) as run:
        yield run.bundle
        yield str(run.summary)
        for _, packed in run.packed(kinds=tuple(KINDS)):
            yield packed.payload
            yield repr(unpack(packed))
        for kept in run.calls():
            yield repr(kept)
        for name in run.tables:
            yield str(list(run.table(name).rows()))


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("model", "key", "sent"),
    [
        ("openai:m@{url}/v1", "keyring:npcsim/box", IN_KEYRING),
        ("anthropic:m@{url}", "keyring:npcsim/box", IN_KEYRING),
        ("anthropic:m@{url}", "MY_KEY", IN_VARIABLE),
    ],
)
def test_a_provider_that_repeats_all_it_was_sent(
    model: str, key: str, sent: str, echo: str, planted: None, tmp_path: Path
) -> None:
    pytest.importorskip("openai")
    path = tmp_path / "canaries.yaml"
    path.write_text(TEXT.format(cloud=model.format(url=echo), key=key))
    out = tmp_path / "runs"
    said = npcsim("run", path, "--out", out, "--quiet", "--json")
    assert Echo.asked  # it was asked, with the key
    assert any(sent in headers for headers in Echo.asked)
    folder = Path(said.last["run"])
    nothing_of_a_key(said.out + said.err)
    for part in all_of(folder):
        nothing_of_a_key(part)
    with Run.open(folder) as run:
        errors = [error for error in run.table("landings")["error"] if error]
    assert any("bad key in" in error and "***" in error for error in errors)
    page = tmp_path / "page.html"
    for command in (("report",), ("report", "--costs"), ("report", "--html", page), ("replay",)):
        told = npcsim(command[0], folder, *command[1:])
        nothing_of_a_key(told.out + told.err)
    nothing_of_a_key(page.read_bytes())
    dry = npcsim("run", path, "--dry-run", "--lives", 1, "--json")
    nothing_of_a_key(dry.out + dry.err)


@pytest.mark.loopback
def test_a_proxy_with_a_password_that_can_not_be_reached(
    planted: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openai")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://user:{IN_OTHER}@127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "canaries.yaml"
    path.write_text(TEXT.format(cloud="openai:m@http://provider.invalid/v1", key="MY_KEY"))
    said = npcsim("run", path, "--out", tmp_path / "runs", "--quiet", "--json")
    nothing_of_a_key(said.out + said.err)
    for part in all_of(Path(said.last["run"])):
        nothing_of_a_key(part)


@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("openai:m@http://127.0.0.1:9/v1", IN_FILE),
        ("openai:m@http://127.0.0.1:9/v1", f"keyring:npcsim/{IN_FILE}"),
        (f"openai:m@http://user:{IN_FILE}@127.0.0.1:9/v1", "MY_KEY"),
        (f"openai:m@http://127.0.0.1:9/v1?key={IN_FILE}", "MY_KEY"),
        (f"openai:{IN_FILE}", "MY_KEY"),
        ("openai:m", f"MY_KEY, api_key: {IN_FILE}"),
        ("openai:m", f"[{IN_FILE}]"),
    ],
)
def test_a_key_in_a_file_is_refused_and_not_repeated(
    model: str, key: str, tmp_path: Path, planted: None
) -> None:
    path = tmp_path / "canaries.yaml"
    path.write_text(TEXT.format(cloud=model, key=key))
    said = npcsim("run", path, "--out", tmp_path / "runs", code=2)
    assert "canaries.yaml:" in said.err
    nothing_of_a_key(said.out + said.err)
    assert not (tmp_path / "runs").exists()


def test_a_key_given_on_the_command_line_is_not_repeated(tmp_path: Path, planted: None) -> None:
    path = tmp_path / "canaries.yaml"
    path.write_text(TEXT.format(cloud="openai:m", key="MY_KEY"))
    given = f"tiers.cloud.key={IN_FILE}"
    said = npcsim("run", path, "--out", tmp_path / "runs", "--set", given, code=2)
    assert "belongs in no file" in said.err
    nothing_of_a_key(said.out + said.err)


def test_where_keys_are_kept(planted: None) -> None:
    assert key_of("keyring:npcsim/box") == (IN_KEYRING, "")
    assert key_of("MY_KEY") == (IN_VARIABLE, "")  # a line's end is no part of it
    assert key_of("") == ("", "")
    assert key_of("NOT_SET_KEY") == ("", "NOT_SET_KEY is not set")
    key, why = key_of("keyring:npcsim/other")
    assert (key, why) == (
        "", "keyring:npcsim/other holds nothing: `keyring set npcsim other` puts it there",
    )  # fmt: skip
    key, why = key_of("keyring:broken/box")
    assert (key, why) == ("", "keyring:broken/box can't be read: RuntimeError: no such luck")


def test_without_a_keyring_the_tier_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package is missing, or it has no backend: the run says so and goes on."""
    path = tmp_path / "canaries.yaml"
    path.write_text(TEXT.format(cloud="openai:m", key="keyring:npcsim/box"))
    args = ("run", path, "--out", tmp_path / "runs", "--quiet", "--json", "--ticks", 10)
    keyring = pytest.importorskip("keyring")
    fail = pytest.importorskip("keyring.backends.fail")
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    try:
        said = npcsim(*args)
    finally:
        keyring.set_keyring(before)
    assert "keyring:npcsim/box can't be read: NoKeyringError: No recommended backend" in said.err
    assert "tier cloud (openai:m) is not available" in said.err
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    said = npcsim(*args)
    assert 'pip install "npcsim[keyring]"' in said.err
