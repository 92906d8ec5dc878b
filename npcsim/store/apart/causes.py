"""How a difference came to an NPC: through what it was told, heard, saw, suffered, or stood near.

A cause is looked for among what differs in the same tick or the one before, of NPCs that had been
reached by then. It is the likeliest way, not a proof: only a fork can show what would have been.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from npcsim import events as ev
from npcsim.store.apart.facts import Told, put_in, short

NEAR = 12.0
"""Tiles within which another one counts as near."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What differs in a tick: by NPC, what is told in one run alone."""

    only: Mapping[str, list[Told]]


@dataclass(frozen=True, slots=True)
class Cause:
    """How it came: by which way, from whom, in words."""

    via: str
    source: str = ""
    text: str = ""


def cause(
    npc: str,
    now: Tick,
    before: Tick,
    reached: Mapping[str, int],
    off: Callable[[str, float, float], float],
    near: Callable[[str], list[tuple[float, str]]],
) -> Cause:
    """Why an NPC's tick is told differently.

    reached: who was reached before, and when. off: how far an NPC is from a point, at the least in
    either run. near: who is how far off an NPC, where either run has them elsewhere.
    """
    own = now.only.get(npc, [])
    for found in (
        _from_outside(own, now),
        _remembered(npc, own, reached),
        _signalled(npc, before, reached, off),
        _harmed(own, reached, npc),
        _done_to(npc, now, reached),
        _decided(own),
        _contested(npc, own, now, reached),
    ):
        best = next(found, None)
        if best is not None:
            return best
    for far, other in near(npc):
        if other in reached and far <= NEAR:
            return Cause("near", other, f"{far:.1f} tiles off, elsewhere or doing something else")
    for told in own:
        if isinstance(told.event, ev.Asked):
            return Cause("router", "", f"asked {told.event.tier}: {told.event.reason}")
        if isinstance(told.event, ev.Landed):
            return Cause("question", "", "what it was asked tells of other surroundings")
    return Cause("unknown", "", "through something that all share: stock, prices, budgets or dice")


def _from_outside(own: list[Told], now: Tick) -> Iterator[Cause]:
    for told in (*own, *now.only.get("", [])):
        if isinstance(told.event, ev.Given):
            yield Cause("input", "", short(put_in(told.event.entry)))
    asked = any(isinstance(told.event, ev.Asked) for told in own)
    # Of one question with two answers both runs have the same key; else the question was another.
    questions = {told.event.key for told in own if isinstance(told.event, ev.Landed)}
    for told in own:
        if isinstance(told.event, ev.Landed) and not asked and len(questions) == 1:
            said = told.event.error or short(dict(told.fields).get("answer"), 80)
            yield Cause("answer", "", f"{told.event.model} answered {said}")


def _remembered(npc: str, own: list[Told], reached: Mapping[str, int]) -> Iterator[Cause]:
    for told in own:
        line = told.event
        if isinstance(line, ev.Remembered) and line.sort in ("heard", "seen", "felt"):
            for who in (line.source, line.origin, *line.people):
                if who in reached and who != npc:
                    yield Cause("said" if line.sort == "heard" else "memory", who, line.text)


def _signalled(
    npc: str,
    before: Tick,
    reached: Mapping[str, int],
    off: Callable[[str, float, float], float],
) -> Iterator[Cause]:
    for source, facts in before.only.items():
        for told in facts:
            sign = told.event
            if not isinstance(sign, ev.Signalled) or source == npc:
                continue
            heard = sign.to == npc or off(npc, sign.x, sign.y) <= sign.loudness
            if heard and (source in reached or not source):
                via = "said" if sign.about == "speech" else "signal"
                yield Cause(via, source, f"{sign.about}: {sign.content}".rstrip(": "))


def _harmed(own: list[Told], reached: Mapping[str, int], npc: str) -> Iterator[Cause]:
    for told in own:
        by: Any = dict(told.fields).get("by", "")
        if isinstance(told.event, ev.Changed | ev.Felt | ev.Fell) and by in reached and by != npc:
            yield Cause("harm", by, f"{told.kind} {dict(told.fields).get('attribute', '')}".strip())


def _done_to(npc: str, now: Tick, reached: Mapping[str, int]) -> Iterator[Cause]:
    for other, facts in now.only.items():
        for told in facts:
            done = told.event
            if isinstance(done, ev.Applied) and other in reached and other != npc:
                for effect in done.effects:
                    if npc in effect.values():
                        yield Cause("deed", other, f"{done.tool}: {short(effect, 100)}")


def _decided(own: list[Told]) -> Iterator[Cause]:
    """It decided otherwise of itself, with nothing else told differently of it in this tick."""
    first = own[0].event if own else None
    if isinstance(first, ev.Decided):
        yield Cause("decision", "", f"{first.text} ({first.tier})")


def _contested(npc: str, own: list[Told], now: Tick, reached: Mapping[str, int]) -> Iterator[Cause]:
    mine = {thing for told in own for thing in _things(told.event)} - {npc}
    for other, facts in now.only.items():
        if other in reached and other != npc:
            for told in facts:
                for thing in _things(told.event):
                    if thing in mine:
                        yield Cause("contest", other, f"both were after {thing}")


def _things(event: ev.Event) -> Iterator[str]:
    """What effects are about: spots, holders, whom they meet."""
    if isinstance(event, ev.Applied | ev.Rejected):
        for effect in event.effects:
            for name in ("holder", "spot", "giver", "taker", "to"):
                if isinstance(value := effect.get(name), str):
                    yield value
