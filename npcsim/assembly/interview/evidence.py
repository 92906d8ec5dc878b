"""What an answer can rest on: what an NPC had decided and remembered by a tick of a kept run.

Everything is read from the log and worked out anew; nothing of the run is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from npcsim import events as ev
from npcsim.errors import NpcsimError
from npcsim.memory.asking import ask, index_of
from npcsim.memory.explained import Recollection
from npcsim.scenario.moments import tick_at
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import clock_text
from npcsim.store.run_store import Run
from npcsim.world.rows import Memory

WORDS, REFLECTED, OBJECT = "speak", "reflect", "object"
"""Purposes of thoughts. Words choose nothing, what comes of a reflection is a memory anyway, and
what a deed is done with is chosen because the deed was."""
KINDS = ("Asked", "Recalled", "Remembered", "Decided", "GoalStarted")
PERCEIVED = ("heard", "seen", "felt")
DECISIONS = 2
"""So many decisions an answer tells of at most."""
MEMORIES = 5
"""So many memories come to mind of a question at most, each text once."""
WEIGHED = 15
NEAREST = 2
"""So many of them without a word of the question, where meaning is known."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of the log, to be cited as `d` and its tick.

    `why`: what set it off. `tier`: who decided, `fallback`: though another was to be asked.
    `instead`: the likeliest other options, each with its share. `goal`: the high goal it serves.
    `grounds`: ids of memories that had come to mind, or been made, as it was asked.
    """

    tick: int
    purpose: str
    text: str
    why: str
    tier: str
    fallback: bool
    instead: tuple[tuple[str, float], ...] = ()
    goal: str = ""
    grounds: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        return f"d{self.tick}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is to answer from. `tick` is the moment asked about, `grounds` what decisions rest
    on, `memories` what comes to mind of the question, each once.
    """

    started: ev.RunStarted
    npc: str
    question: str
    tick: int
    decisions: tuple[Decision, ...]
    grounds: tuple[Memory, ...]
    memories: tuple[Memory, ...]
    recollection: Recollection

    @property
    def name(self) -> str:
        return self.name_of(self.npc)

    @property
    def all_memories(self) -> tuple[Memory, ...]:
        """Those that can be cited, as `m` and their id."""
        return (*self.grounds, *self.memories)

    @property
    def ids(self) -> tuple[str, ...]:
        """Everything that can be cited."""
        decided = [one.id for one in self.decisions]
        return (*decided, *(f"m{line.id}" for line in self.all_memories))

    def name_of(self, id: str) -> str:
        """Somebody's name; what is nobody's id stays as it is."""
        return next((one.name for one in self.started.cast if one.id == id), id)

    def ms(self, tick: int) -> int:
        """A tick as simulated milliseconds since day 1 00:00."""
        return self.started.start_ms + tick * self.started.tick_ms

    def cited(self) -> list[dict[str, Any]]:
        """What can be cited, as plain data."""
        decided = [
            {
                "id": one.id, "kind": "decision", "tick": one.tick, "text": one.text,
                "time": clock_text(self.ms(one.tick)), "purpose": one.purpose, "why": one.why,
                "tier": one.tier, "fallback": one.fallback,
                "instead": [list(pair) for pair in one.instead],
                "grounds": [f"m{id}" for id in one.grounds],
            }
            for one in self.decisions
        ]  # fmt: skip
        remembered = [
            {
                "id": f"m{line.id}", "kind": line.sort, "tick": line.tick, "text": line.text,
                "time": clock_text(self.ms(line.tick)), "source": line.source,
                "from": self.name_of(line.source), "hop": line.hop, "sure": line.sure,
                "fact": line.fact, "origin": line.origin,
            }
            for line in self.all_memories
        ]  # fmt: skip
        return [*decided, *remembered]


def gathered(
    run: Run, npc: str, question: str, at: str | int | None = None, **recall: Any
) -> Evidence:
    """All that bears on a question to an NPC of a run, asked at a tick or time; None: at its end.

    npc: by id or by name. recall: what else `Moment.recall` takes. Raises NpcsimError for a
    question, an NPC or a time there is not.
    """
    if not question.strip():
        raise NpcsimError("there is no question")
    began = run.started
    who = known(began, npc)
    try:
        tick = run.last_tick if at is None else tick_at(at, began.start_ms, began.tick_ms)
        then = run.at(tick)
    except ValueError as error:
        raise NpcsimError(f"when to ask: {error}") from None
    lines = {line.id: line for line in then.memories(who)}
    decisions = _to_the_point(_decided(run, who, tick, lines), question, tick, began.tick_ms)
    found = then.recall(who, question, limit=WEIGHED, explain=True, **recall)
    grounds = {id: lines[id] for one in decisions for id in one.grounds}
    # By meaning, something is always nearest: of what shares no word with the question, a few.
    near = [
        one.memory
        for one in found.found[:WEIGHED]
        if one.keyword_rank or one.vector_rank <= NEAREST
    ]
    once = {line.text: line for line in reversed(near) if line.id not in grounds}
    memories = tuple(reversed(once.values()))[:MEMORIES]
    return Evidence(
        began, who, question.strip(), tick, decisions, tuple(grounds.values()), memories, found
    )


def known(began: ev.RunStarted, npc: str) -> str:
    """An NPC's id, from its id or name. Raises NpcsimError with the nearest."""
    for one in began.cast:
        if npc == one.id:
            return one.id
    named = [
        one.id for one in began.cast if npc.casefold() in (one.name.casefold(), one.id.casefold())
    ]
    if len(named) == 1:
        return named[0]
    names = [one.id for one in began.cast]
    hint = nearest(npc, names) or f"there are {', '.join(names[:12])}"
    raise NpcsimError(f"nobody is called {npc!r}; {hint}")


@dataclass(slots=True)
class _Told:
    """What the log says around an NPC's thoughts."""

    asked: dict[str, ev.Asked] = field(default_factory=dict)
    recalled: dict[int, list[int]] = field(default_factory=dict)
    goals: dict[int, str] = field(default_factory=dict)
    decided: list[ev.Decided] = field(default_factory=list)

    def take(self, event: ev.Event) -> None:
        match event:
            case ev.Asked():
                self.asked[event.thought] = event
            case ev.Recalled():
                self.recalled.setdefault(event.tick, []).extend(event.ids)
            case ev.Remembered() if event.sort in PERCEIVED:
                self.recalled.setdefault(event.tick, []).append(event.id)
            case ev.GoalStarted() if event.parent:
                self.goals[event.tick] = event.parent
            case ev.Decided() if event.purpose != REFLECTED:
                self.decided.append(event)


def _decided(run: Run, npc: str, tick: int, lines: dict[int, Memory]) -> list[Decision]:
    """What an NPC had decided up to a tick, the oldest first; one a tick."""
    told = _Told()
    for event in run.events(kinds=KINDS, npc=npc, stop=tick + 1):
        if getattr(event, "npc", npc) == npc:
            told.take(event)
    found: dict[int, Decision] = {}
    for one in told.decided:
        asked = told.asked.get(one.thought)
        ids = told.recalled.get(asked.tick, ()) if asked is not None else ()
        shares = one.blended or one.utilities
        weighed = [pair for pair in zip(one.options, shares, strict=False) if pair[0] != one.text]
        others = sorted(weighed, key=lambda pair: -pair[1])
        why = asked.why if asked is not None else ""
        found.setdefault(
            one.tick,
            Decision(
                one.tick, one.purpose, one.text, why, one.tier, one.fallback, tuple(others[:2]),
                told.goals.get(one.tick, ""), tuple(dict.fromkeys(i for i in ids if i in lines)),
            ),
        )  # fmt: skip
    return list(found.values())


def _to_the_point(
    decided: Sequence[Decision], question: str, tick: int, tick_ms: int
) -> tuple[Decision, ...]:
    """The decisions that a question is about, the best first; else the latest deed."""
    lines = [
        Memory(one.tick, f"{one.text}. {one.why}", "did", 0.5, number)
        for number, one in enumerate(decided)
    ]
    found = ask(index_of(lines), tick, tick_ms, question, limit=DECISIONS).memories
    if found:
        return tuple(decided[line.id] for line in found)
    deeds = [one for one in decided if one.purpose != WORDS]
    return tuple(deeds[-1:])
