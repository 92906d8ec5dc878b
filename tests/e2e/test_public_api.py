"""The front door, pinned: what a user or a tool author imports, and its shape.

A change here is a change for everybody who uses npcsim: it wants a line in the changelog.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import npcsim
from npcsim import events as ev
from npcsim.messages import Choose, Chosen, Question
from npcsim.models.scripted import Scripted
from npcsim.sim.loop import Simulation
from tests.e2e.shell import ROOT, SCENARIOS

NAMES = """
Act Add AddMany AlreadySo Body Break CloseOffer Consume Conversation Create Crowd Definition Effect
Forget Head Interrupted Issue Kind Memory MissingExtra MissingTools ModelError Motion Move
Negotiation NpcsimError Occupy Offer Place Promise Ratify Recall References Release Remember
ReplayDiverged Run Saying ScenarioError Scene Set SetMany Signal SignalMany SpeechAct Spot Stage
Steps StoreError Table Tie Tool ToolRefused Transfer View Words ask forecast fork interview load
open_run replay resume run speech_act state tool
""".split()


def test_the_names() -> None:
    assert sorted(npcsim.__all__) == sorted(NAMES)
    assert all(hasattr(npcsim, name) for name in NAMES)
    assert npcsim.__version__


def test_everything_named_says_what_it_is() -> None:
    for name in NAMES:
        thing = getattr(npcsim, name)
        if name != "Effect":
            assert inspect.getdoc(thing), name


def test_the_docs_name_each() -> None:
    pages = " ".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md"))
    assert [name for name in NAMES if not re.search(rf"`[^`]*\b{name}\b[^`]*`", pages)] == []


def test_nothing_else_is_there_by_a_later_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Runs'"):
        npcsim.Runs  # noqa: B018


GIVEN = "scenario: str | Path | Mapping[str, Any] | Definition, *, tools: Iterable[Tool] = ()"
MODELS = "overrides: Sequence[str] = (), models: Mapping[str, Model] | None = None"
REST = "out: str | Path | None = None, ticks: int | None = None, folder: str | Path | None = None"
TIMES = "npc: str | None = None, start: int | str = 0, stop: int | str | None = None"


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("load", f"({GIVEN}, {MODELS}, clock: Clock | None = None, {REST})"
                 " -> AsyncIterator[Simulation]"),
        ("run", f"({GIVEN}, {MODELS}, {REST}) -> Run"),
        ("forecast", f"({GIVEN}, overrides: Sequence[str] = (), ticks: int | None = None,"
                     " part: int | str | None = None, lives: int = 9, ask_free: bool = False,"
                     " folder: str | Path | None = None) -> Forecast"),
        ("replay", "(run: str | Path | Run, *, tools: Iterable[Tool] = (), trust: str = )"
                   " -> Verdict"),
        ("resume", "(run: str | Path, *, ticks: int | None = None, until: str | int | None ="
                   " None, models: Mapping[str, Model] | None = None, tools: Iterable[Tool] = ())"
                   " -> Run"),
        ("fork", "(run: str | Path, at: str | int, *, changes: Sequence[str] = (), inputs:"
                 " Sequence[Mapping[str, Any]] = (), ticks: int | None = None, until: str | int |"
                 " None = None, models: Mapping[str, Model] | None = None, tools: Iterable[Tool] ="
                 " (), out: str | Path = runs) -> Run"),
        ("open_run", "(path: str | Path) -> Run"),
        ("Run.open", "(path: Path | str) -> Run"),
        ("Run.close", "(self) -> None"),
        ("Run.events", "(self, kind: str | None = None, *, kinds: Collection[str] | None = None,"
                       f" {TIMES}) -> Iterator[Event]"),
        ("Run.calls", "(self, key: str | None = None, start: int = 0) -> Iterator[KeptCall]"),
        ("Run.inputs", "(self, start: int = 0) -> Iterator[Event]"),
        ("Run.hashes", "(self, start: int = 0, stop: int | None = None)"
                       " -> Iterator[tuple[int, str]]"),
        ("Run.table", f"(self, name: str, *, {TIMES}) -> Table"),
        ("Run.at", "(self, when: int | str) -> Moment"),
        ("Run.diff", "(self, other: Run) -> Difference"),
        ("Run.explain", "(self, npc: str, tick: int | str | None = None) -> Explanation"),
        ("Table.keys", "(self) -> tuple[str, ...]"),
        ("Table.rows", "(self) -> Iterator[dict[str, Any]]"),
        ("Table.to_pandas", "(self) -> Any"),
    ],
)  # fmt: skip
def test_signatures(name: str, signature: str) -> None:
    thing: Any = npcsim
    for part in name.split("."):
        thing = getattr(thing, part)
    assert str(inspect.signature(thing)).replace("'", "") == signature
    assert inspect.getdoc(thing)


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("step", "(self) -> Tick"),
        ("run_until", "(self, when: str | int | Callable[[View], object]) -> View"),
        ("npc", "(self, name: str) -> Body"),
        ("put", "(self, entry: Mapping[str, Any]) -> None"),
        ("stop", "(self, reason: str = stopped) -> None"),
        ("subscribe", "(self, subscriber: Subscriber) -> Callable[[], None]"),
    ],
)
def test_what_a_simulation_does(name: str, signature: str) -> None:
    assert str(inspect.signature(getattr(Simulation, name))).replace("'", "") == signature


def test_what_is_read_off() -> None:
    for cls, names in (
        (npcsim.Run, "name state summary last_tick started tables tags trusted"),
        (npcsim.Table, "name meaning columns data"),
        (Simulation, "tick view stopped"),
    ):
        assert all(hasattr(cls, name) for name in names.split())


def test_what_tool_takes() -> None:
    named = {p.name for p in inspect.signature(npcsim.tool).parameters.values()}
    assert named >= {"option", "seen", "did", "candidates", "takes", "occupies", "stakes"}
    assert set(inspect.signature(npcsim.state).parameters) == {"function", "columns"}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Set", "who attribute value"),
        ("Add", "who attribute amount"),
        ("Create", "holder item count"),
        ("Consume", "holder item count"),
        ("Transfer", "giver taker item count"),
        ("Move", "who place x y"),
        ("Head", "who to"),
        ("Occupy", "who spot"),
        ("Release", "who spot"),
        ("Signal", "source about loudness content to fact hop sure origin act"),
        (
            "Remember",
            "who text importance sort about people place source hop sure fact origin evidence "
            "deed done failed",
        ),
        ("Tie", "who to tie amount"),
        ("Offer", "who to give give_count want want_count lasts"),
        ("CloseOffer", "who to"),
        ("Promise", "who to what due item amount place deed"),
        ("Motion", "who x y"),
        ("AddMany", "attribute who amount by cause"),
        ("SetMany", "attribute who value cause"),
        ("SignalMany", "about who loudness"),
    ],
)
def test_effects_are_made_as_before(name: str, fields: str) -> None:
    kind = getattr(npcsim, name)
    assert [field.name for field in dataclasses.fields(kind)] == fields.split()
    assert kind.__dataclass_params__.frozen


def test_the_error_tree() -> None:
    assert issubclass(npcsim.AlreadySo, npcsim.ToolRefused)
    for error in (npcsim.ToolRefused, npcsim.ModelError, npcsim.ScenarioError):
        assert issubclass(error, npcsim.NpcsimError)


class TestFromPython:
    """A scenario lived in somebody's own program."""

    async def test_tick_by_tick(self) -> None:
        seen: list[int] = []
        async with npcsim.load(SCENARIOS[0], models={}, ticks=5) as simulation:
            simulation.subscribe(lambda tick, events: seen.append(tick))
            numbers = [tick.number async for tick in simulation]
            assert simulation.view.npc("Pip").thirst > 0
        assert numbers == [1, 2, 3, 4, 5]
        assert seen == [0, 1, 2, 3, 4, 5]

    async def test_step_input_and_stop(self) -> None:
        async with npcsim.load(SCENARIOS[2], models={}) as simulation:
            heard: list[ev.Event] = []
            end = simulation.subscribe(lambda tick, events: heard.extend(events))
            await simulation.step()
            entry = {"signal": "bell", "place": "chapel", "loudness": 40, "content": "Bong"}
            simulation.put(entry)
            tick = await simulation.step()
            assert any(isinstance(event, ev.Given) for event in tick.events)
            assert any(isinstance(event, ev.Signalled) for event in tick.events)
            with pytest.raises(ValueError, match=r"."):
                simulation.put({"nonsense": 1})
            end()
            before = len(heard)
            simulation.stop("enough")
            last = (await simulation.step()).events[-1]
            assert isinstance(last, ev.RunEnded)
            assert last.reason == "enough"
            assert simulation.ended
            assert len(heard) == before

    async def test_a_model_of_ones_own(self, tmp_path: Path) -> None:
        """One line swaps the model; its answers are in the log."""

        def always_the_first(question: Question) -> Chosen:
            assert isinstance(question, Choose)
            return Chosen(0, (1.0,) + (0.0,) * (len(question.options) - 1))

        model = Scripted(always_the_first, name="first")
        async with npcsim.load(
            SCENARIOS[2], models={"local": model}, out=tmp_path, ticks=4
        ) as simulation:
            async for _ in simulation:
                pass
        run = npcsim.open_run(tmp_path / "village_morning-1")
        assert run.state == "finished"
        assert run.summary is not None
        assert run.summary["thoughts"]["landed"] == 12
        calls = list(run.calls())
        assert {kept.call.model for kept in calls} == {"first"}
        assert len(calls) == 12

    async def test_a_mistake_has_its_place(self, tmp_path: Path) -> None:
        path = tmp_path / "x.yaml"
        path.write_text("scenario: x\nnpcs: {Ada: {at: nowhere}}\n")
        with pytest.raises(npcsim.ScenarioError) as told:
            async with npcsim.load(path):
                raise AssertionError
        (mistake,) = told.value.mistakes
        assert (mistake.file, mistake.line) == (str(path), 2)

    async def test_an_error_in_the_block_is_the_users_and_closes_the_run(
        self, tmp_path: Path
    ) -> None:
        async def breaks_off() -> None:
            async with npcsim.load(SCENARIOS[0], models={}, out=tmp_path, ticks=9) as simulation:
                await simulation.step()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await breaks_off()
        run = npcsim.open_run(tmp_path / "first_npc-1")
        assert run.last_tick == 1
        assert run.state == "running"  # nobody sealed it: it was cut short

    def test_no_run(self, tmp_path: Path) -> None:
        with pytest.raises(npcsim.NpcsimError, match="no run at"):
            npcsim.open_run(tmp_path)


def test_worlds_reach_npcsim_by_its_front_door_alone() -> None:
    """What ships as an example uses nothing that others can't."""
    for file in (ROOT / "worlds").glob("*/tools.py"):
        lines = [line for line in file.read_text().splitlines() if "npcsim" in line]
        imports = [line for line in lines if line.startswith(("from ", "import "))]
        assert imports
        assert all(line.startswith(("from npcsim import", "import npcsim")) for line in imports)
