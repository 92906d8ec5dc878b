"""From events, reactions, measures and the stop as written to what the loop runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npcsim.assembly.folk.feelings import feelings_of
from npcsim.assembly.lore import Loc, Parser
from npcsim.assembly.signals import SENSES
from npcsim.reflex.senses import Rows
from npcsim.scenario.schema import Definition, EventPart, MeasurePart, ReactPart
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import AT_END, parse_call
from npcsim.sim.feelings import Feelings
from npcsim.sim.program import Happening, Measure, Reaction, Stop
from npcsim.tools.tool import Tool
from npcsim.world.crowd_commit import HURT
from npcsim.world.state import Setting

FOLDS = ("mean", "sum", "min", "max", "count")


@dataclass(frozen=True, slots=True)
class Script:
    """What the author wrote to happen by itself."""

    happenings: tuple[Happening, ...]
    reactions: tuple[Reaction, ...]
    measures: tuple[Measure, ...]
    stop: Stop | None
    feelings: Feelings | None = None


def script_of(
    definition: Definition, setting: Setting, tools: Mapping[str, Tool], parser: Parser
) -> Script:
    """Everything parsed; mistakes go to the parser."""
    happenings = [
        _happening(number, event, setting, tools, parser)
        for number, event in enumerate(definition.events)
    ]
    reactions = [
        _reaction(number, part, setting, parser) for number, part in enumerate(definition.reacts)
    ]
    measures = [_measure(name, part, setting, parser) for name, part in definition.measure.items()]
    stop = None
    if definition.stop is not None:
        guard = parser.whole(definition.stop.when, "stop", "when")
        if guard is not None:
            ticks = (definition.stop.for_ or 0) // setting.tick_ms
            stop = Stop(guard, ticks, definition.stop.when)
    return Script(
        tuple(h for h in happenings if h is not None),
        tuple(r for r in reactions if r is not None),
        tuple(m for m in measures if m is not None),
        stop,
        feelings_of(definition, setting, tools, parser),
    )


def _happening(
    number: int, event: EventPart, setting: Setting, tools: Mapping[str, Tool], parser: Parser
) -> Happening | None:
    loc: Loc = ("events", number)
    if not (
        _one_of(event, ("at", "when"), loc, parser)
        and _one_of(event, ("do", "signal", "fact"), loc, parser)
    ):
        return None
    entry = _entry(event, loc, setting, tools, parser)
    guard, tick = None, 0
    if event.when is not None:
        guard = parser.whole(event.when, *loc, "when")
    else:
        tick = max(1, -(-((event.at or 0) - setting.start_ms) // setting.tick_ms))
    if entry is None or (event.when is not None and guard is None):
        return None
    return Happening(f"event {number}", tick, guard, event.once, entry)


def _one_of(event: EventPart, names: tuple[str, ...], loc: Loc, parser: Parser) -> bool:
    given = [name for name in names if getattr(event, name) is not None]
    if len(given) == 1:
        return True
    # What stands in the file and is not here was told already: its value is a mistake.
    if given or not set(names) & set(parser.keys(loc)):
        *some, last = (f"`{name}`" for name in names)
        parser.wrong(loc, f"an event needs one of {', '.join(some)} and {last}")
    return False


def _entry(
    event: EventPart, loc: Loc, setting: Setting, tools: Mapping[str, Tool], parser: Parser
) -> dict[str, Any] | None:
    """The event as an input's plain data."""
    if event.do is not None:
        return _deed(event.do, loc, setting, tools, parser)
    if event.fact is not None:
        heard_by = _names(event.heard_by)
        for name in heard_by:
            _check_who(name, (*loc, "heard_by"), setting, parser)
        if not heard_by:
            # A key too many was told already: it may be this one, misspelt.
            if len(parser.keys(loc)) <= len(event.model_fields_set):
                parser.wrong(loc, "a fact needs `heard_by`: who comes to know it")
            return None
        return {"fact": event.fact, "heard_by": heard_by}
    if event.place is None:
        parser.wrong(loc, "a signal needs a `place` that it comes from")
        return None
    return {
        "signal": event.signal, "place": event.place, "loudness": event.loudness,
        "content": event.content,
    }  # fmt: skip


def _deed(
    text: str, loc: Loc, setting: Setting, tools: Mapping[str, Tool], parser: Parser
) -> dict[str, Any] | None:
    npc, dot, call_text = text.partition(".")
    if not dot:
        parser.wrong((*loc, "do"), "expected `NPC.tool(...)`, e.g. `Rolf.accuse(Tomas)`")
        return None
    try:
        call = parse_call(call_text)
    except ValueError as error:
        parser.wrong((*loc, "do"), str(error))
        return None
    if npc not in setting.serial_of:
        parser.wrong((*loc, "do"), f"no NPC {npc!r}", nearest(npc, setting.serial_of))
        return None
    if call.name not in tools:
        parser.wrong((*loc, "do"), f"no tool {call.name!r}", nearest(call.name, tools))
        return None
    return {"do": text}


def _reaction(number: int, part: ReactPart, setting: Setting, parser: Parser) -> Reaction | None:
    loc: Loc = ("reacts", number)
    try:
        call = parse_call(part.to)
    except ValueError:
        parser.wrong((*loc, "to"), "expected `accused`, `attacked`, `seen(...)` or `heard(...)`")
        return None
    if call.name in SENSES and len(call.args) == 1:
        sense, about = SENSES[call.name], call.args[0]
    elif call.args:
        hint = nearest(call.name, SENSES)
        parser.wrong((*loc, "to"), "expected `seen(signal)` or `heard(signal)`", hint)
        return None
    else:
        sense, about = (HURT, "attack") if call.name == "attacked" else ("to", call.name)
    adds = []
    for name, amount in part.add.items():
        if name not in setting.gauges:
            hint = nearest(name, setting.gauges)
            parser.wrong((*loc, "add", name), f"no attribute {name!r}", hint)
            continue
        guard = parser.guard(amount, *loc, "add", name)
        if guard is not None:
            adds.append((name, guard))
    rows = _rows(_names(part.who), (*loc, "who"), setting, parser)
    return Reaction(sense, about, rows, tuple(adds))


def _measure(name: str, part: MeasurePart, setting: Setting, parser: Parser) -> Measure | None:
    fold, _, rest = part.value.strip().partition("(")
    if fold.strip() not in FOLDS or not rest.rstrip().endswith(")"):
        expected = "expected mean(...), sum(...), min(...), max(...) or count(...)"
        parser.wrong(("measure", name, "value"), expected, nearest(fold.strip(), FOLDS))
        return None
    value = parser.guard(rest.rstrip()[:-1], "measure", name, "value")
    rows = _rows(_names(part.who), ("measure", name, "who"), setting, parser)
    if value is None:
        return None
    groups: dict[str, list[int]] = {}
    for row in rows.tolist():
        group = setting.profiles[row].archetype if part.by == "archetype" else "all"
        groups.setdefault(group, []).append(row)
    every = max(1, part.every // setting.tick_ms) if part.every != AT_END else 0
    listed = tuple((group, np.array(found, np.uint32)) for group, found in groups.items())
    return Measure(name, every, fold.strip(), value, listed)


def _names(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _rows(names: list[str], loc: Loc, setting: Setting, parser: Parser) -> Rows:
    for name in names:
        _check_who(name, loc, setting, parser)
    return setting.rows_of("|".join(names)) if names else setting.rows_of("anyone")


def _check_who(name: str, loc: Loc, setting: Setting, parser: Parser) -> None:
    if name not in setting.kind_rows:
        parser.wrong(loc, f"nobody is called {name!r}", nearest(name, setting.kind_rows))
