"""Living a log again, and comparing every tick with what it says."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import groupby, zip_longest
from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.errors import NpcsimError, ReplayDiverged, StoreError
from npcsim.replay.calls import Calls, other_question
from npcsim.replay.makers import made_otherwise
from npcsim.replay.naming import other_state
from npcsim.replay.offline import offline
from npcsim.sim.loop import Simulation
from npcsim.store.rows import tick_of
from npcsim.store.run_store import Run
from npcsim.tools.builtin import BUILTIN

HASH = "TickEnded: hash is "
"""How a difference begins that no fact tells of, only the state hash."""
SHOWN = 100
NAMES = frozenset({"tick", "npc", "actor", "source", "tool", "key"})
"""Fields that name an event, or mean nothing to people."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A replay that came out as the log says."""

    ticks: int
    hash: str


async def verify(
    simulation: Simulation,
    run: Run,
    progress: Callable[[int], None] = lambda tick: None,
    last: int | None = None,
) -> Verdict:
    """Step `simulation` through the log of `run`, comparing every tick's facts and state hash.

    Compared are too each question with the one that the log's answer was given to, and each landing
    with the model call that is kept beside it.

    last: the tick to stop after, instead of the log's last. The simulation must have been made
    from the run's own recipe, inputs and landings; the comparing begins where it is, and the log
    is read from there. Code that reaches for a socket meanwhile is refused it. Raises
    ReplayDiverged at the first difference and StoreError where the log is damaged.
    """
    number, hash = simulation.tick, simulation.world.state_hash()
    ticks = _by_tick(run, number, None if last is None else last + 1)
    if _hash_in(next(ticks, (0, []))[1]) != hash:
        where = "before the first tick" if number == 0 else "in the snapshot"
        told = f"the world {where} is not the one in the log"
        raise ReplayDiverged(number, _with_state(told, simulation, run, number))
    kept = Calls(run, number + 1)
    for number, logged in ticks:
        for packed in logged:
            if packed.kind == "Resumed" and isinstance(event := ev.unpack(packed), ev.Resumed):
                simulation.go_on(event)
        if any(packed.kind == "RunEnded" for packed in logged):
            simulation.stop("as the log says")  # what is measured at the end is measured now
        elif number >= simulation.end_tick > 0:
            simulation.end_at(0)  # a fork may go beyond its parent's end: the log knows when
        try:
            with offline() as attempts:
                tick = await simulation.step()
        except StoreError:
            raise
        except NpcsimError as error:
            made = made_otherwise(run.started.versions)
            raise ReplayDiverged(number, f"the replay stopped: {error}{made}") from error
        if attempts:
            raise ReplayDiverged(number, f"{attempts[0]}: nobody is spoken to in a replay")
        difference = (
            kept.difference(number, tick.events)
            or _difference(logged, tick.events)
            or other_question(run, simulation.answers)
        )
        if difference:
            if difference.startswith(HASH):
                difference = _with_state(difference, simulation, run, number)
            made = made_otherwise(run.started.versions)
            raise ReplayDiverged(number, f"{difference}{made}")
        hash = tick.hash
        progress(number)
    return Verdict(number, hash)


def _with_state(told: str, simulation: Simulation, run: Run, tick: int) -> str:
    """What differs where no fact does: named by NPC and field, where the log can tell."""
    named = other_state(simulation.world, run, tick)
    return f"{named} ({told})" if named else told


def _by_tick(run: Run, start: int, stop: int | None) -> Iterator[tuple[int, list[ev.Packed]]]:
    for number, kept in groupby(
        run.packed(start=start, stop=stop), key=lambda pair: tick_of(pair[0])
    ):
        yield number, [packed for _, packed in kept]


def _hash_in(logged: Sequence[ev.Packed]) -> str:
    ends = [ev.unpack(packed) for packed in logged if packed.kind == "TickEnded"]
    return ends[0].hash if ends and isinstance(ends[0], ev.TickEnded) else ""


def _difference(logged: Sequence[ev.Packed], lived: Sequence[ev.Event]) -> str:
    """Where two tellings of a tick part; an empty text where they don't.

    Bytes are compared first. How a run ended is no part of it: nobody interrupts a replay.
    """
    told = [packed for packed in logged if packed.kind != "RunEnded"]
    came = [ev.pack(event) for event in lived if not isinstance(event, ev.RunEnded)]
    if told == came:
        return ""
    return first_difference([ev.unpack(one) for one in told], [ev.unpack(one) for one in came])


def first_difference(logged: Sequence[ev.Event], replayed: Sequence[ev.Event]) -> str:
    """The first fact in which two ticks differ, in words; an empty text if there is none.

    Numbers of acts follow from who began one before: they are named where nothing else differs.
    """
    return _first(logged, replayed, but={"act"}) or _first(logged, replayed)


def _first(
    logged: Sequence[ev.Event], replayed: Sequence[ev.Event], but: Container[str] = ()
) -> str:
    for said, came in zip_longest(logged, replayed):
        if said is None or came is None:
            only, who = (said, "log") if came is None else (came, "replay")
            return f"only the {who} has {_whole(only)}{_why(only)}"
        if type(said) is not type(came) or _named(said) != _named(came):
            return f"the log says {_whole(said)}, the replay {_whole(came)}{_why(said, came)}"
        for f in fields(said):
            if not f.compare or f.name in but:
                continue
            a, b = getattr(said, f.name), getattr(came, f.name)
            if not _same(a, b):
                what = f"{f.name} is {_short(a)} in the log, {_short(b)} in replay"
                return f"{_named(said)}: {what}{_why(said, came)}"
    return ""


def _why(*events: ev.Event) -> str:
    """What it mostly is where the effects of a tool of the author's own differ."""
    known = {tool.name for tool in BUILTIN} | {""}
    own = [tool for one in events if (tool := getattr(one, "tool", "")) not in known]
    if not own:
        return ""
    return f"; draws of its own, or a clock, can't be replayed: does {own[0]} use me.roll(...)?"


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.shape == b.shape and bool((a == b).all())
    return bool(a == b)


def _named(event: Any) -> str:
    who = getattr(event, "npc", "") or getattr(event, "actor", "") or getattr(event, "source", "")
    tool = getattr(event, "tool", "")
    named = f"{type(event).__name__} of {who}" if who else type(event).__name__
    return f"{named}, tool {tool}" if tool else named


def _whole(event: Any) -> str:
    """An event by its name, with what it says."""
    listed = (
        f"{f.name} {_short(value)}"
        for f in fields(event)
        if f.compare and f.name not in NAMES
        and not (isinstance(value := getattr(event, f.name), str | tuple) and not value)
    )  # fmt: skip
    said = ", ".join(listed)
    said = said if len(said) <= SHOWN else f"{said[: SHOWN - 3]}..."
    return f"{_named(event)} ({said})" if said else _named(event)


def _short(value: Any) -> str:
    text = repr(value.tolist() if isinstance(value, np.ndarray) else value)
    return text if len(text) <= 80 else text[:77] + "..."
