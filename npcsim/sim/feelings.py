"""Feelings: what happened in a tick is appraised by rules, and moods and ties move.

It comes after the commit, as what is appraised is what came to be. How an event is judged by who
did it, to whom, and how one stands to them follows A. Ortony, G. L. Clore and A. Collins, "The
Cognitive Structure of Emotions", 1988; the rules themselves are the scenario's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from npcsim import events as ev
from npcsim.effects import AddMany, SetMany
from npcsim.reflex.guards import Guard, holds, numbers
from npcsim.reflex.senses import NOBODY, Rows, Senses
from npcsim.sim.incidents import Incidents
from npcsim.world.crowd_commit import set_many, sum_added
from npcsim.world.mood import AROUSAL, AXES, BASES, GONE, VALENCE
from npcsim.world.state import World

Strikes = tuple[Rows, Rows, Rows]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom it counts for when one of `what` happens, and what is added to which feeling.

    `role`: target, doer or witness. `by`, `to`: serials, or None for anybody. `times`: a tie and
    whom it is to (`by` or `to`), or None. `toward`: whose tie moves; empty for moods.
    """

    what: frozenset[str]
    role: str
    rows: Rows
    by: Rows | None
    to: Rows | None
    when: Guard | None
    times: tuple[str, str] | None
    adds: tuple[tuple[str, Guard], ...]
    toward: str = ""


@dataclass(frozen=True, slots=True)
class Feelings:
    """A scenario's rules. Moods fade every `every` ticks, to `left` of what is off their base."""

    moods: tuple[Rule, ...] = ()
    ties: tuple[Rule, ...] = ()
    every: int = 1
    left: float = 1.0

    @property
    def needs_hurt(self) -> bool:
        """Whether it must be known who was hurt."""
        return any("hurt" in rule.what for rule in (*self.moods, *self.ties))


def feel(world: World, feelings: Feelings, events: Sequence[ev.Event]) -> list[ev.Event]:
    """Move moods and ties by what has just come to be. -> what is to be told of it."""
    told: list[ev.Event] = []
    if VALENCE in world.columns and world.tick % feelings.every == 0:
        told += _fade(world, feelings.left)
    incidents = Incidents(world, events)
    if not incidents:
        return told
    senses = Senses(world)
    shifts: list[AddMany] = []
    for rule in feelings.moods:
        told += _stir(world, senses, rule, incidents, shifts)
    moved: dict[str, float] = {}
    for rule in feelings.ties:
        strikes = _struck(world, senses, rule, incidents)
        if len(strikes[0]):
            _move(world, rule, strikes, _amounts(world, senses, rule, strikes), moved)
    for key, value in moved.items():
        world.ties.put(key, value)
    told += sum_added(world, shifts, [])
    if moved:
        told.append(_tied(world, moved))
    return told


def _stir(
    world: World, senses: Senses, rule: Rule, incidents: Incidents, shifts: list[AddMany]
) -> list[ev.Event]:
    """A rule moves moods: what it adds, put to `shifts`. -> what is to be told of it."""
    who, by, to = _struck(world, senses, rule, incidents)
    if not len(who):
        return []
    amounts = _amounts(world, senses, rule, (who, by, to))
    valence, arousal = (_room(world, axis, who, amounts[axis]) for axis in (VALENCE, AROUSAL))
    moves = (valence != 0) | (arousal != 0)
    if not moves.any():
        return []
    who, by, valence, arousal = who[moves], by[moves], valence[moves], arousal[moves]
    for axis, amount in ((VALENCE, valence), (AROUSAL, arousal)):
        if amount.any():
            shifts.append(AddMany(axis, who, amount, None, "mood"))
    return [ev.Felt(world.tick, _cause(rule), who, by, valence, arousal)]


def _cause(rule: Rule) -> str:
    return f"{'/'.join(sorted(rule.what))} ({rule.role})"


def _room(world: World, axis: str, who: Rows, amount: Floats) -> Floats:
    """A change as it comes about: times what is left of the way to that end of the scale.

    So the same again moves a mood less each time, and what happens daily does not drive it to an
    end. From the other side of 0 a change counts in full.
    """
    value = world.columns[axis][who]
    gauge = AXES[axis]
    room: Floats = np.where(amount > 0, gauge.high - value, value - gauge.low)
    return amount * np.minimum(room, 1.0)


def _fade(world: World, left: float) -> list[ev.Event]:
    """Moods of the living come nearer to what they fade back to; who is there already stays."""
    columns, blocks = world.columns, []
    for axis in AXES:
        value, base = columns[axis], columns[BASES[axis]]
        who = np.flatnonzero((value != base) & columns["alive"]).astype(np.uint32)
        if len(who):
            off = (value[who] - base[who]) * left
            near = np.where(np.abs(off) < GONE, 0.0, off)
            blocks.append(SetMany(axis, who, base[who] + near, "fading"))
    return set_many(world, blocks)


def _struck(world: World, senses: Senses, rule: Rule, incidents: Incidents) -> Strikes:
    """Whose feelings a rule moves now: (them, who did it, to whom), `NOBODY` where none did."""
    found = incidents.of(rule.what, rule.role, rule.rows, senses)
    who, by, to = (np.array(part, np.uint32) for part in zip(*found, strict=True)) if found else (
        np.zeros(0, np.uint32),
    ) * 3  # fmt: skip
    if not len(who):
        return who, by, to
    keep = world.columns["alive"][who] & np.isin(who, rule.rows)
    for side, meant in ((by, rule.by), (to, rule.to)):
        if meant is not None:
            keep &= np.isin(side, meant)
    if rule.when is not None:
        keep &= holds(rule.when, senses, who)
    return who[keep], by[keep], to[keep]


def _amounts(world: World, senses: Senses, rule: Rule, strikes: Strikes) -> Mapping[str, Floats]:
    """What is added to each feeling, strike by strike."""
    who, by, to = strikes
    factor = np.ones(len(who))
    if rule.times is not None:
        tie, end = rule.times
        pairs = zip(who.tolist(), (by if end == "by" else to).tolist(), strict=True)
        factor = np.array([tie_of(world, one, other, tie) for one, other in pairs])
    return {name: numbers(amount, senses, who) * factor for name, amount in rule.adds}


def tie_of(world: World, one: int, other: int, tie: str) -> float:
    """How one stands to another, by serials; 0 where nothing is known."""
    return world.ties.get(_key(world, one, other, tie)) or 0.0 if other != int(NOBODY) else 0.0


def _key(world: World, one: int, other: int, tie: str) -> str:
    profiles = world.setting.profiles
    return f"{profiles[one].id}\n{profiles[other].id}\n{tie}"


def _move(
    world: World,
    rule: Rule,
    strikes: Strikes,
    amounts: Mapping[str, Floats],
    moved: dict[str, float],
) -> None:
    """Add to ties, each within -1 to 1; what comes to no change is left out."""
    who, by, to = strikes
    others = (by if rule.toward == "by" else to).tolist()
    for tie, values in amounts.items():
        for one, other, amount in zip(who.tolist(), others, values.tolist(), strict=True):
            if other in (int(NOBODY), one) or amount == 0.0:
                continue
            key = _key(world, one, other, tie)
            before = moved.get(key, world.ties.get(key) or 0.0)
            after = min(max(before + amount, -1.0), 1.0)
            if after != before:
                moved[key] = after


def _tied(world: World, moved: Mapping[str, float]) -> ev.Tied:
    keys = [tuple(key.split("\n")) for key in moved]
    return ev.Tied(
        world.tick,
        tuple((one, other, tie, moved[f"{one}\n{other}\n{tie}"]) for one, other, tie in keys),
    )
