"""A little world told in one line, and what one can do in it."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from npcsim.assembly.build import Built, packaged_worlds, read
from npcsim.assembly.code.recipe import gather, read_tools
from npcsim.assembly.mentioned import mentioned
from npcsim.effects import Set
from npcsim.errors import ScenarioError, ToolRefused
from npcsim.events import Event, Rejected
from npcsim.scenario.load import read_definition
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import parse_call, parse_duration
from npcsim.sim.clock import Virtual
from npcsim.sim.loop import Simulation
from npcsim.sim.recorded import Recorded
from npcsim.testing.sentences import BUILT_IN, Told, read_sentences, sections
from npcsim.tools.binding import Bound, begin, bind, utility
from npcsim.tools.builtin import BUILTIN
from npcsim.tools.options import options
from npcsim.tools.tool import Tool
from npcsim.tools.view import Body, Spot, View
from npcsim.world.rules import Illegal, apply
from npcsim.world.state import World

R = TypeVar("R")


class Sketch:
    """A little world. Whoever was named first does what is done, where nobody else is named.

    Bodies only: no model is asked, and nobody has a mind unless the definition says so.
    """

    def __init__(self, built: Built, me: str) -> None:
        self._simulation = _simulation(built, ticks=0)
        self._me = me
        self.events: list[Event] = []
        """All that happened, in order."""

    @property
    def world(self) -> World:
        return self._simulation.world

    @property
    def view(self) -> View:
        """A look at the world as it is now."""
        return self._simulation.view

    def npc(self, name: str = "") -> Body:
        """Somebody as he or she is now: `.hp`, `.place`, `.carries`. Raises KeyError."""
        return self.view.npc(name or self._me)

    def spot(self, name: str) -> Spot:
        """A thing as it is now: `.holds`, `.user`, and what tools set on it. Raises KeyError."""
        return self.view.spot(name)

    def carried(self, name: str = "") -> dict[str, int]:
        """What somebody carries: item -> how many."""
        return dict(self.npc(name).carries)

    def doing(self, name: str = "") -> str:
        """The tool somebody is at, or an empty text."""
        act = self.world.acts.get(name or self._me)
        return act.tool if act is not None else ""

    def options(self, npc: str = "", tool: str = "") -> list[str]:
        """What somebody could do now, in the options' own words; only those of `tool` if given."""
        me = self.npc(npc)
        program = self._simulation.program
        wanted = [self._tool(tool)] if tool else program.lore.tools_of(me)
        return [option.text for option in options(me, me.view, wanted)]

    def worth(self, call: str, npc: str = "") -> float:
        """The utility of a call such as `brew(salve, cauldron)`. Raises ToolRefused."""
        me = self.npc(npc)
        return utility(self._bound(call, me), me, me.view)

    def do(self, call: str, npc: str = "") -> Sketch:
        """Begin a call such as `brew(salve, cauldron)`; one tick passes.

        Raises ToolRefused with the reason when it can't be begun, and ValueError when there is no
        such tool. What takes time is done after as much `advance`.
        """
        me = self.npc(npc)
        begin(self._bound(call, me), me, me.view, 0, "outside")
        self._simulation.put({"do": f"{me.id}.{call}"})
        for event in self._step():
            if isinstance(event, Rejected) and event.actor == me.id:
                raise ToolRefused(event.reason)
        return self

    def outside(
        self, result: Any = None, npc: str = "", *, refused: str = "", error: str = ""
    ) -> Sketch:
        """Give somebody's act what it waits for from outside; one tick passes.

        result: plain data; or, instead, why it was refused or went wrong. Nothing outside is
        called in a sketch. Raises ValueError when nobody waits for it.
        """
        me = self.npc(npc)
        act = self.world.acts.get(me.id)
        came = {"refused": refused} if refused else {"error": error} if error else {}
        entry = came or {"result": result}
        self._simulation.put({"outside": act.id if act else 0, "npc": me.id, **entry})
        self._step()
        return self

    def advance(self, time: str | int = 1) -> Sketch:
        """Let simulated time pass: "20 min", or a number of ticks (seconds, if nothing else)."""
        tick_ms = self.world.setting.tick_ms
        ticks = time if isinstance(time, int) else -(-parse_duration(time) // tick_ms)
        for _ in range(ticks):
            self._step()
        return self

    def _step(self) -> list[Event]:
        happened = _at_once(self._simulation.step()).events
        self.events += happened
        return happened

    def _tool(self, name: str) -> Tool:
        tools = self._simulation.program.tools
        if name not in tools:
            raise ValueError(f"there is no tool {name!r}; {nearest(name, tools) or _list(tools)}")
        return tools[name]

    def _bound(self, text: str, me: Body) -> Bound:
        call = parse_call(text)
        tool = self._tool(call.name)
        if any(param.is_words for param in tool.params):
            raise ValueError(f"{call.name} needs words, which only a mind finds")
        return bind(tool, call.args, me, me.view)


def sketch(
    text: str,
    *,
    tools: Iterable[Tool] | None = None,
    world: str | Path | None = None,
    definition: Mapping[str, Any] | None = None,
) -> Sketch:
    """A little world from a line such as "Dara carries 2 herb; a cauldron (fire 1) beside her".

    tools: those of a tools.py, beside the built-in ones. world: a world's folder, or the name of
    one that ships, from which items, attributes, archetypes and, if `tools` is left out, tools are
    taken. definition: more of a scenario, as in a file, laid over all that.

    What the line names and nothing declares is declared: items, attributes of 0 to 1, archetypes.
    Raises ValueError with what is understood for a line that makes no sense, and ScenarioError for
    definitions that don't.
    """
    told = read_sentences(text)
    me = told.first
    base, found = _of_world(world) if world is not None else ({}, {})
    over = found if tools is None else {tool.name: tool for tool in tools}
    _forget(base, over)
    declared = _merged(base, definition or {})
    known_items, known_attributes = declared.get("items", {}), declared.get("attributes", {})
    whole = _merged(_merged(sections(told, known_items, known_attributes), base), definition or {})
    tools_there = {**{tool.name: tool for tool in BUILTIN}, **over}
    read = {name for tool in tools_there.values() for name in (tool.skill, *tool.columns)}
    _no_slips(told, {*BUILT_IN, *known_attributes, *read} - {""}, over, definition or {})
    kinds = {spot["kind"] for spot in whole["spots"].values()}
    for name, item in whole["items"].items():
        if name in base.get("items", {}) and item.get("at") not in kinds:
            whole["items"][name] = {key: value for key, value in item.items() if key != "at"}
    built = _read(whole, over)
    for figure in told.figures.values():
        for name, value in figure.values.items() if not figure.person else ():
            try:
                apply(built.world, Set(figure.name, name, value))
            except Illegal as illegal:
                raise ValueError(f"{figure.name} ({name} {value:g}): {illegal}") from None
    return Sketch(built, me)


def _no_slips(
    told: Told, known: Collection[str], over: Mapping[str, Tool], definition: Mapping[str, Any]
) -> None:
    """Raise ValueError for a value that nothing reads and that is nearly one that is known."""
    read = mentioned(over, names=True) | set(re.findall(r"\w+", json.dumps(definition)))
    for figure in told.figures.values():
        for name in figure.values if figure.person else ():
            right = "" if name in known or name in read else nearest(name, known)
            if right:
                raise ValueError(f"{figure.name} ({name} ...): nothing reads {name!r}; {right}")


def live(scenario: str | Path, *, ticks: int, overrides: Sequence[str] = ()) -> list[Event]:
    """Live a scenario on reflexes alone for some ticks. -> all that happened.

    Raises ScenarioError. For models, logs and inputs there is `npcsim.load`.
    """
    simulation = _simulation(read(Path(scenario), overrides), ticks)
    happened: list[Event] = []
    simulation.subscribe(lambda tick, events: happened.extend(events))
    while not simulation.ended:
        _at_once(simulation.step())
    return happened


def _simulation(built: Built, ticks: int) -> Simulation:
    started = replace(built.started("test", {}), end_tick=ticks)
    program = replace(built.program, tiers=())
    return Simulation(built.world, program, Recorded(()), Virtual(), started)


def _at_once(step: Coroutine[Any, Any, R]) -> R:
    """Run what never waits for anybody, in a plain test and inside a running event loop alike."""
    while True:
        try:
            step.send(None)
        except StopIteration as done:
            result: R = done.value
            return result


def _of_world(world: str | Path) -> tuple[dict[str, Any], dict[str, Tool]]:
    """The sections and the own tools of a world. Raises ScenarioError or ValueError."""
    folders = (Path(world), *(one / str(world) for one in packaged_worlds()))
    folder = next((one for one in folders if (one / "world.yaml").is_file()), None)
    if folder is None:
        raise ValueError(f"there is no world {str(world)!r}: a folder with a world.yaml")
    with tempfile.TemporaryDirectory() as away:
        path = Path(away) / "sketch.yaml"
        path.write_text(f"uses: {json.dumps(folder.resolve().name)}\n", encoding="utf-8")
        loaded, mistakes = read_definition(path, search=(folder.resolve().parent,))
    if loaded is None or mistakes:
        raise ScenarioError(mistakes)
    own = gather(read_tools(loaded.tools)).tools
    built_in = {tool.name for tool in BUILTIN}
    tools = {name: tool for name, tool in own.items() if name not in built_in}
    data = json.loads(loaded.text)
    # States, plans and factions name what a sketch has not; and nobody here thinks.
    archetypes = {
        name: {key: value for key, value in part.items() if key not in ("behaviour", "mind", "of")}
        for name, part in data.get("archetypes", {}).items()
    }
    kept = {name: data.get(name, {}) for name in ("items", "attributes")}
    return {**kept, "archetypes": archetypes}, tools


def _forget(base: dict[str, Any], over: Mapping[str, Tool]) -> None:
    """Leave out of a world's archetypes its own tools, and their skills, that are not there."""
    known = {"hp", *base.get("attributes", {}), *(tool.skill for tool in over.values())}
    names = {*over, *(tool.name for tool in BUILTIN)}
    for name, part in base.get("archetypes", {}).items():
        traits = {trait: value for trait, value in part.get("traits", {}).items() if trait in known}
        tools = [tool for tool in part.get("tools", ()) if tool.lstrip("+-") in names]
        base["archetypes"][name] = {**part, "traits": traits, "tools": tools}


def _read(whole: Mapping[str, Any], over: Mapping[str, Tool]) -> Built:
    """Build a definition the way a file is: every JSON is a YAML, and mistakes have their lines."""
    with tempfile.TemporaryDirectory() as away:
        path = Path(away) / "sketch.yaml"
        path.write_text(json.dumps(whole, indent=1, ensure_ascii=False), encoding="utf-8")
        return read(path, over=over)


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        there = merged.get(key)
        both = isinstance(there, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(there, value) if both and there is not None else value
    return merged


def _list(names: Iterable[str]) -> str:
    return f"there are {', '.join(sorted(names))}"
