"""Looking at the machine: what is found is told, keys are never shown, and the verdict is plain."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from npcsim.authoring import doctor, machine
from npcsim.authoring.machine import Check
from npcsim.cli import app
from npcsim.models.embedding.minilm import why_missing

SECRET = "not-a-key-0123456789"
SCENARIO = """
scenario: hut
clock: {tick: 1 min, start: "08:00", end: "09:00"}
tiers: {local: {model: scripted}}
places: {hut: {}}
npcs: {Wren: {at: hut, mind: true, tools: [wait, look]}}
plans: {rest: {option: have a rest, steps: [wait]}}
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is looked for unless a test does; no process is started to look at llama.cpp."""
    monkeypatch.setattr(machine, "PORTS", {})
    monkeypatch.setattr(machine, "_asked", lambda program, **env: "False")


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("hut.yaml").write_text(SCENARIO)
    return "hut.yaml"


def looked(*args: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["doctor", "--json", *args])
    return done.exit_code, json.loads(done.output)


def test_a_machine_that_works_is_told_so(scenario: str) -> None:
    code, said = looked(scenario)
    assert (code, said["ok"]) == (0, True)
    checks = {check["name"]: check for check in said["checks"]}
    assert checks["a short run"]["said"] == "5 ticks of hut run and replayed"
    assert checks["tier local"]["good"]
    assert "scripted would" in checks["tier local"]["said"]
    assert checks["Python"]["needed"]
    assert not list(Path().glob("hut-*"))


def test_a_model_that_is_not_fit_for_the_language_is_told(scenario: str) -> None:
    file = Path(scenario)
    text = SCENARIO.replace("model: scripted", "model: scripted, languages: [en]")
    assert text != SCENARIO
    file.write_text(text + "language: ko\n")
    said = {check["name"]: check["said"] for check in looked(scenario)[1]["checks"]}
    assert "is not fit to choose in Korean" in said["language"]


def test_embeddings_work_or_it_is_told_why_not(scenario: str) -> None:
    def told(*args: str) -> tuple[bool | None, str]:
        [check] = [
            one for one in looked(scenario, *args)[1]["checks"] if one["name"] == "embeddings"
        ]
        return check["good"], check["said"]

    if why_missing():
        assert told() == (None, f"none: {why_missing()}")
    else:
        assert told("--quick") == (True, "minilm-int8, not asked")
        good, said = told()
        assert good
        assert "384 numbers" in said
    Path(scenario).write_text(SCENARIO + "embeddings: none\n")
    assert told() == (None, "none: the scenario says `embeddings: none`")


def test_quick_asks_no_tier(scenario: str) -> None:
    code, said = looked(scenario, "--quick")
    assert code == 0
    assert not [check for check in said["checks"] if check["name"].startswith("tier")]


def test_keys_are_present_or_not_and_never_shown(
    scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    output = CliRunner().invoke(app, ["doctor", scenario, "--quick"]).output
    lines = {line[4:].split("  ")[0]: line for line in output.splitlines()}
    assert lines["ANTHROPIC_API_KEY"].endswith("  set")
    assert lines["OPENAI_API_KEY"].endswith("not set")
    assert SECRET[:9] not in output
    assert SECRET[-4:] not in output


def test_a_scenario_that_does_not_run_is_a_failure(scenario: str) -> None:
    Path("hut.yaml").write_text(SCENARIO.replace("npcs:", "nqcs:"))
    code, said = looked(scenario)
    assert (code, said["ok"]) == (1, False)
    assert "a short run" in said["verdict"]


def test_what_is_only_for_minds_does_not_fail_it(scenario: str) -> None:
    Path("hut.yaml").write_text(SCENARIO.replace("scripted", "nowhere.gguf"))
    code, said = looked(scenario)
    assert (code, said["ok"]) == (0, True)
    [tiers] = [check for check in said["checks"] if check["name"] == "tiers"]
    assert (tiers["good"], "no model file" in tiers["said"]) == (False, True)
    assert said["verdict"].startswith("Runs work with --models off")


def test_a_disk_that_is_full_or_shut_is_a_failure(tmp_path: Path) -> None:
    [check] = machine.disk(tmp_path / "nowhere")
    assert (check.good, check.needed) == (False, True)


@pytest.mark.parametrize(
    ("found", "said"),
    [((), ("none found", "none found; pip brings its own")), (("g++", "cmake"), ("g++", "found"))],
)
def test_compilers_are_looked_for(
    found: tuple[str, ...], said: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    checks = machine.compiler(lambda name: name if name in found else None)
    assert tuple(check.said for check in checks) == said


@pytest.mark.parametrize(
    ("checks", "good", "words"),
    [
        ([Check("disk", False, "", True)], False, "can't run here yet: disk."),
        ([Check("disk", True, "", True), Check("tier local", True, "")], True, "All is well"),
        ([Check("disk", True, "", True)], True, "for minds: pip install"),
        ([Check("bundled model", True, "")], True, "leave out --quick"),
        ([Check("tier local", False, "")], True, "tier local: see above"),
    ],
)
def test_the_verdict_is_plain(checks: list[Check], good: bool, words: str) -> None:
    assert doctor.verdict(checks)[0] is good
    assert words in doctor.verdict(checks)[1]


class _Answers(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/v1/models" else 404)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"data": [{"id": "llama3"}, {"id": "qwen3"}]}', "llama3, qwen3"),
        ('{"data": [{"id": "1"}, {"id": "2"}, {"id": "3"}, {"id": "4"}]}', "1, 2, 3 and 1 more"),
        ('{"data": []}', "no model loaded"),
        ("<html>", "something answers, but not as Ollama does"),
        ("[]", "something answers, but not as Ollama does"),
    ],
)
def test_local_servers_are_named(
    port: int, body: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Answers, "body", body.encode())
    [check] = machine.servers({port: "Ollama"})
    assert said in check.said
    assert str(port) in check.name


@pytest.mark.loopback
def test_no_server_is_no_failure() -> None:
    [check] = machine.servers({9: "Ollama"})
    assert (check.good, check.said) == (None, "none; looked for Ollama (9)")


def test_the_window_is_looked_at_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_asked", lambda program, **env: "SDL 2.28.4\nTrue\n")
    monkeypatch.setenv("DISPLAY", ":1")
    assert [(c.name, c.good) for c in machine.display()] == [
        ("SDL", True), ("fonts", True), ("display", True),
    ]  # fmt: skip
    monkeypatch.setattr(machine, "_asked", lambda program, **env: "Traceback ...")
    assert machine.display()[0].good is None


def test_little_programs_are_asked_and_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert machine._asked("print(6 * 7)") == "42\n"
    assert "ZeroDivisionError" in machine._asked("1 / 0")
