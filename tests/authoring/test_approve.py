"""`npcsim approve`: what waits for leave in a run in progress is told and answered from outside."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

import npcsim
from npcsim import events as ev
from npcsim.assembly.runs import posting
from npcsim.assembly.runs.feeds import LiveFeed
from npcsim.assembly.runs.leave_asked import answered, waiting
from npcsim.assembly.runs.watching import of_scenario
from npcsim.cli import app
from npcsim.errors import NpcsimError, StoreError
from npcsim.store.run_store import Run

WATCH = """
scenario: watch
size: [20, 20]
clock: {tick: 1 s, start: "21:00", end: "23:00"}
places: {inn: {area: [1, 1, 9, 9]}}
items: {purse: {}, stone: {}}
stock: {inn: {purse: 1, stone: 3}}
think: {rest: 30 min}
npcs:
  Bran: {at: inn, mind: true, tools: [take, wait]}
  Ada: {at: inn}
plans:
  seize: {option: seize the purse, worth: 1, steps: [take(purse)]}
approve:
  take(purse): {within: 1 h, otherwise: refuse}
"""
SPEED = 20.0


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "watch.yaml"
    path.write_text(WATCH)
    return path


def asked_in(folder: Path) -> Path:
    """The run under `folder`, as soon as somebody in it asks for leave."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for run in folder.glob("runs/*"):
            try:
                with Run.open(run) as log:
                    if waiting(log):
                        return run
            except NpcsimError:
                pass  # its first tick is not kept yet
        time.sleep(0.05)
    raise AssertionError("nobody asked for leave")


@pytest.fixture
def live(scenario: Path) -> Iterator[Path]:
    """A run in progress, as a window has it."""
    source = of_scenario(scenario, (), scenario.parent / "runs", models=False, speed=SPEED)
    feed: LiveFeed = source.feed()
    yield asked_in(scenario.parent)
    feed.close()


def approve(*args: object) -> Result:
    return CliRunner().invoke(app, ["approve", *map(str, args)])


def test_what_waits_is_told(live: Path) -> None:
    told = approve(live)
    assert told.exit_code == 0, told.output
    assert "Bran wants to take a purse" in told.output
    assert "it is refused" in told.output
    assert f"npcsim approve {live} Bran yes" in told.output
    (one,) = json.loads(approve(live, "--json").output)["waits"]
    assert (one["npc"], one["tool"], one["otherwise"]) == ("Bran", "take", "refuse")


def test_an_answer_is_taken_logged_and_replays(live: Path) -> None:
    told = approve(live, "bran", "yes", "--json")
    assert told.exit_code == 0, told.output
    ended = json.loads(told.output)
    assert (ended["verdict"], ended["by"], ended["npc"]) == ("allowed", "cli", "Bran")
    with Run.open(live) as log:
        given = [one for one in log.events("Given") if isinstance(one, ev.Given)]
        assert [one.entry["answer"] for one in given] == ["yes"]
        assert not log.notes(posting.POST)
        assert not log.notes(posting.REPLY)
        assert not waiting(log)
    assert "Nothing waits for leave." in approve(live).output
    none = approve(live, "Bran", "no")
    assert none.exit_code == 1
    assert "Bran asks for no leave now; nobody does" in none.output


@pytest.mark.parametrize(
    ("npc", "answer", "why"),
    [
        ("Bran", "fly", "no tool 'fly'"),
        ("Brn", "yes", "did you mean 'Bran'"),
        ("Ada", "yes", "asks for no leave now; who does: Bran"),
    ],
)
def test_a_wrong_answer_is_told_and_nothing_is_lost(
    live: Path, npc: str, answer: str, why: str
) -> None:
    told = approve(live, npc, answer)
    assert told.exit_code == 1
    assert why in told.output
    with Run.open(live) as log:
        assert list(waiting(log)) == ["Bran"]


def test_it_asks_one_after_the_other(live: Path) -> None:
    """It goes on asking; here its input ends after the answer."""
    told = CliRunner().invoke(app, ["approve", str(live), "--ask"], input="wait a while\n")
    assert "yes, no, or what instead" in told.output
    assert "changed by cli" in told.output


def test_code_is_not_taken_from_another_program(live: Path) -> None:
    with Run.open(live) as log, pytest.raises(NpcsimError, match="not taken from another program"):
        posting.deliver(log, {"tools": "import os", "file": "tools.py"})


def test_a_run_without_a_window_takes_answers_at_a_speed(scenario: Path) -> None:
    found: list[ev.ApprovalEnded] = []

    def answer() -> None:
        with Run.open(asked_in(scenario.parent)) as log:
            found.append(answered(log, "Bran", "take(stone)"))

    other = threading.Thread(target=answer)
    other.start()
    out = scenario.parent / "runs"
    args = ["run", scenario, "--models", "off", "--ticks", 100, "--speed", SPEED, "--out", out]
    said = CliRunner().invoke(app, [str(arg) for arg in args])
    other.join()
    assert said.exit_code == 0, said.output
    (run,) = out.iterdir()
    assert [(one.verdict, one.text) for one in found] == [("changed", "take(stone)")]
    with Run.open(run) as log:
        assert log.summary is not None
        assert npcsim.replay(run).hash == log.summary["state_hash"]
    late = approve(run, "Bran", "yes")
    assert late.exit_code == 1
    assert "is over: nobody can answer any more" in late.output


async def test_a_note_that_could_not_be_answered_is_not_taken_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[object] = []
    monkeypatch.setattr(posting, "_left", lambda path: ('{"mark": "m", "entry": {"do": "x"}}',))
    answers: list[dict[str, str]] = []

    def answer(path: str, told: dict[str, str]) -> None:
        answers.append(told)
        if len(answers) == 1:
            raise StoreError("database is locked")

    monkeypatch.setattr(posting, "_answer", answer)
    box = posting.Mailbox(str(tmp_path), SimpleNamespace(put=put.append))  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        await box._look()
    await box._look()
    assert put == [{"do": "x"}]
    assert answers[0] == answers[1]


def test_a_note_that_is_no_input_is_told_and_the_next_one_is_taken(live: Path) -> None:
    with Run.open(live) as log:
        with pytest.raises(NpcsimError, match="that is no input"):
            posting.deliver(log, {"attention": {"x": 10**400, "y": 1}})
        posting.deliver(log, {"approve": "Bran", "answer": "no"})


def test_nobody_takes_it_and_it_is_taken_back(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_left", lambda path: ())
    with Run.open(live) as log:
        with pytest.raises(NpcsimError, match=r"took nothing in 0 s.*paced"):
            posting.deliver(log, {"approve": "Bran", "answer": "yes"}, patience=0.4)
        assert not log.notes(posting.POST)
