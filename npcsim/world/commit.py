"""Commit: the only place where the world changes. One call a tick, in a fixed order.

1. drift (needs), 2. motion, 3. state transitions, 4. minds, 5. bundles of single effects, in an
order drawn by dice keyed on what is contested, 6. additive changes summed, 7. deaths settled,
8. signals put out for the next tick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.effects import (
    Add,
    AddMany,
    Block,
    Break,
    CloseOffer,
    Consume,
    Drift,
    Effect,
    Forget,
    Motion,
    Move,
    Occupy,
    Recall,
    Remember,
    Set,
    SetMany,
    Shift,
    Signal,
    SignalMany,
    Tie,
    Transfer,
    Weigh,
    effect_json,
)
from npcsim.world import remembering, rules, signals
from npcsim.world.attention import Attention
from npcsim.world.breakage import break_things, broke
from npcsim.world.crowd_commit import (
    drift,
    heal_marks,
    move,
    set_many,
    shift,
    sum_added,
)
from npcsim.world.dice import bits
from npcsim.world.endings import end_act, settle_deaths
from npcsim.world.rows import Act, Approval, Heard, Mind, Stage
from npcsim.world.state import World


@dataclass(frozen=True, slots=True)
class Bundle:
    """The effects of one tool call at one of its phases; all apply, or none.

    `phase`: start (the act begins, if `act` lasts), finish, interrupted (broken off, and may be
    begun again), failed (broken off, as it could not be done), or input (from outside).
    """

    actor: str
    tool: str
    effects: tuple[Effect, ...]
    phase: str
    act: Act | None = None
    seen: str = ""
    did: str = ""
    by: str = "mind"
    args: tuple[tuple[str, Any], ...] = ()
    reason: str = ""


@dataclass(slots=True)
class Wanted:
    """All that is wanted of one tick.

    `verdicts`: NPC -> (what was answered to its asking for leave, by whom). `results`: acts that
    have their result from outside and go on until they are due. `decided`: NPC -> the option that
    is decided for it from outside.
    """

    blocks: list[Block] = field(default_factory=list)
    bundles: list[Bundle] = field(default_factory=list)
    minds: list[tuple[str, Mind]] = field(default_factory=list)
    fired: dict[str, int | None] = field(default_factory=dict)
    told: list[ev.Event] = field(default_factory=list)
    setbacks: list[tuple[str, str]] = field(default_factory=list)
    approvals: dict[str, Approval | None] = field(default_factory=dict)
    verdicts: dict[str, tuple[str, str]] = field(default_factory=dict)
    scenes: dict[str, Stage | None] = field(default_factory=dict)
    attention: dict[str, Attention | None] = field(default_factory=dict)
    results: dict[str, Act] = field(default_factory=dict)
    decided: dict[str, str] = field(default_factory=dict)
    acts: int = 0
    ended: str = ""
    _ending: set[str] = field(default_factory=set)

    def act_id(self, world: World) -> int:
        """A number for the next act, the same in every run of the same log."""
        self.acts += 1
        return world.next_act + self.acts - 1

    def refuse(self, tick: int, npc: str, tool: str, reason: str) -> None:
        """Tell that a call was not begun, and let the NPC perceive why."""
        self.told.append(ev.Rejected(tick, npc, tool, reason, ()))
        self.setbacks.append((npc, reason))

    def end(self, bundle: Bundle) -> None:
        """End the act of `bundle`; what would end it a second time this tick is left out."""
        if bundle.actor not in self._ending:
            self._ending.add(bundle.actor)
            self.bundles.append(bundle)

    def is_ending(self, npc: str) -> bool:
        """Whether the act under way of an NPC ends this tick."""
        return npc in self._ending


_TOLD_APART = Signal | Remember | Recall | Weigh | Forget


@dataclass(slots=True)
class _Pending:
    """What bundles asked for that settles after all of them."""

    added: list[tuple[str, int, float, int, str]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)


def commit(world: World, wanted: Wanted) -> list[ev.Event]:
    """Apply what is wanted to the world and say what happened. `world.tick` is this tick."""
    events: list[ev.Event] = []
    pending = _Pending()
    world.next_act += wanted.acts
    blocks = wanted.blocks
    heal_marks(world)
    for block in blocks:
        if isinstance(block, Drift):
            events += drift(world, block)
    events += move(world, [block for block in blocks if isinstance(block, Motion)])
    for block in blocks:
        if isinstance(block, Shift):
            events += shift(world, block)
    for npc, mind in wanted.minds:
        world.minds.put(npc, mind)
    for name, since in wanted.fired.items():
        world.fired.restore(name, since)
    for npc, approval in wanted.approvals.items():
        world.approvals.restore(npc, approval)
    for scene, stage in wanted.scenes.items():
        world.scenes.restore(scene, stage)
    for player, where in wanted.attention.items():
        world.attention.restore(player, where)
    for npc, act in wanted.results.items():
        world.acts.put(npc, act)
    for bundle in _in_fair_order(world, wanted.bundles):
        events += _apply_bundle(world, bundle, pending)
    for npc, reason in wanted.setbacks:
        world.setbacks.put(npc, (world.tick, reason))
    events += set_many(world, [block for block in blocks if isinstance(block, SetMany)])
    added = [block for block in blocks if isinstance(block, AddMany)]
    events += sum_added(world, added, pending.added)
    events += break_things(world, added, pending.added)
    events += settle_deaths(world, added, pending.added)
    events += _signals(world, [b for b in blocks if isinstance(b, SignalMany)], pending.heard)
    return events + wanted.told


def _in_fair_order(world: World, bundles: Sequence[Bundle]) -> list[Bundle]:
    """Who goes first is drawn anew for each contested thing and tick; names don't decide it.

    Ends of acts go before starts, so that what is let go of this tick can be taken this tick.
    """
    seed, tick = world.setting.seed, world.tick

    def rank(bundle: Bundle) -> tuple[bool, int, str, str]:
        draw = bits(seed, tick, "contest", _contested(bundle), bundle.actor)
        return (bundle.phase == "start", draw, bundle.actor, bundle.tool)

    return sorted(bundles, key=rank)


def _contested(bundle: Bundle) -> str:
    for effect in bundle.effects:
        match effect:
            case Transfer(giver=holder, item=item) | Consume(holder=holder, item=item):
                return f"{holder} {item}"
            case Occupy(spot=spot) | Break(spot=spot):
                return str(spot)
            case CloseOffer(who=who, to=to):
                return f"{who} {to}"
    return ""


def _apply_bundle(world: World, bundle: Bundle, pending: _Pending) -> list[ev.Event]:
    undos: list[rules.Undo] = []
    minded: list[ev.Event] = []
    later = _Pending()
    try:
        if bundle.actor in world.setting.serial_of and bundle.phase in ("start", "finish"):
            rules.living(world, bundle.actor)
        if bundle.phase == "start" and (holder := rules.holder_of(world, bundle.actor)):
            raise rules.Illegal(f"I am held by {rules.name_of(world, holder)}")
        for effect in bundle.effects:
            if isinstance(effect, Add):
                later.added.append(_added(world, bundle, effect))
            elif isinstance(effect, Signal):
                later.heard.append(signals.heard(world, effect))
            else:
                undo, told = remembering.apply(world, effect)
                undos.append(undo)
                minded += told
    except rules.Illegal as illegal:
        for undo in reversed(undos):
            undo()
        return _rejected(world, bundle, str(illegal))
    pending.added += later.added
    pending.heard += later.heard
    events: list[ev.Event] = []
    listed = tuple(effect_json(e) for e in bundle.effects if not isinstance(e, _TOLD_APART))
    if listed:
        events.append(ev.Applied(world.tick, bundle.actor, bundle.tool, listed))
    events += _changes(world, bundle)
    events += _let_drop(world, bundle)
    return events + minded + _act_events(world, bundle, pending)


def _let_drop(world: World, bundle: Bundle) -> list[ev.Event]:
    """Who is taken hold of breaks off what he or she was doing."""
    events: list[ev.Event] = []
    for effect in bundle.effects:
        if isinstance(effect, Occupy) and rules.is_body(world, effect.spot):
            act = world.acts.get(effect.spot)
            if act is not None:
                reason = f"held by {rules.name_of(world, effect.who)}"
                events += end_act(world, act, "interrupted", reason)
    return events


def _added(world: World, bundle: Bundle, effect: Add) -> tuple[str, int, float, int, str]:
    name = rules.gauge_of(world, effect.attribute).name
    amount = rules.finite(effect.amount, name)
    healing = name == "hp" and amount > 0 and world.setting.combat == "knockout"
    if healing and effect.who in world.setting.serial_of:
        row = world.setting.serial_of[effect.who]
    else:
        row = rules.living(world, effect.who)
    by = world.setting.serial_of.get(bundle.actor, -1)
    return name, row, amount, by, bundle.tool


def _changes(world: World, bundle: Bundle) -> list[ev.Event]:
    """Positions and attributes that single effects set, told the way blocks are."""
    events: list[ev.Event] = []
    columns, serial_of = world.columns, world.setting.serial_of
    for effect in bundle.effects:
        if isinstance(effect, Break):
            events.append(broke(world, effect.spot))
        elif isinstance(effect, Tie):
            value = world.ties.get(f"{effect.who}\n{effect.to}\n{effect.tie}") or 0.0
            events.append(ev.Tied(world.tick, ((effect.who, effect.to, effect.tie, value),)))
        elif isinstance(effect, Move):
            events.append(moved(world, np.array([serial_of[effect.who]], np.uint32)))
        elif isinstance(effect, Set) and effect.who in serial_of:
            who = np.array([serial_of[effect.who]], np.uint32)
            values = columns[effect.attribute][who].copy()
            none = np.zeros(0, np.uint32)
            events.append(ev.Changed(world.tick, effect.attribute, bundle.tool, who, values, none))
    return events


def moved(world: World, who: Any) -> ev.Moved:
    """The event that tells where `who` are now."""
    x, y = world.columns["x"][who] * 1024, world.columns["y"][who] * 1024
    return ev.Moved(world.tick, who, x.astype(np.int32), y.astype(np.int32))


def _act_events(world: World, bundle: Bundle, pending: _Pending) -> list[ev.Event]:
    """The life of the act behind an applied bundle."""
    act, tick = bundle.act, world.tick
    if act is None:
        return []
    events: list[ev.Event] = []
    row = world.setting.serial_of[act.actor]
    if bundle.phase == "start":
        events.append(
            ev.ActStarted(
                tick, act.actor, act.id, act.tool, dict(act.args), bundle.seen, act.due, act.by
            )
        )
        if bundle.seen:
            pending.heard.append(_seen(world, act, row, bundle.seen))
        if act.due != tick:
            events = _instead(world, act) + events
            world.acts.put(act.actor, act)
            world.columns.edit("busy")[row] = True
            world.columns.edit("minding")[row] = act.by != "body"
            return events
    how = {"start": "done", "finish": "done"}.get(bundle.phase, bundle.phase)
    if how == "failed":
        world.setbacks.put(act.actor, (tick, bundle.reason))
    return events + end_act(world, act, how, bundle.reason, bundle.did)


def _instead(world: World, act: Act) -> list[ev.Event]:
    """End what an NPC was still doing, where two calls were to begin in one tick."""
    old = world.acts.get(act.actor)
    if old is None:
        return []
    heading = world.heading.get(act.actor)
    events = end_act(world, old, "interrupted", f"{act.tool} instead")
    world.heading.restore(act.actor, heading)
    if act.spot:
        world.occupied.put(act.spot, act.actor)
    return events


def _seen(world: World, act: Act, row: int, text: str) -> Heard:
    columns = world.columns
    x, y = float(columns["x"][row]), float(columns["y"][row])
    return Heard(act.tool, act.actor, x, y, "", 0.0, text, str(dict(act.args).get("to", "")))


def _rejected(world: World, bundle: Bundle, reason: str) -> list[ev.Event]:
    effects = tuple(effect_json(effect) for effect in bundle.effects)
    events: list[ev.Event] = [ev.Rejected(world.tick, bundle.actor, bundle.tool, reason, effects)]
    if bundle.actor in world.setting.serial_of:
        world.setbacks.put(bundle.actor, (world.tick, reason))
    if bundle.act is not None:
        how = "refused" if bundle.phase == "start" else "failed"
        events += end_act(world, bundle.act, how, reason)
    return events


def _signals(world: World, crowds: Sequence[SignalMany], heard: Sequence[Heard]) -> list[ev.Event]:
    tick = world.tick
    world.signals = tuple(heard)
    world.crowd_signals = tuple((b.about, b.loudness, b.who) for b in crowds if len(b.who))
    events: list[ev.Event] = [signals.told(tick, h) for h in heard if h.loudness > 0]
    events += [
        ev.SignalledMany(tick, about, loudness, who) for about, loudness, who in world.crowd_signals
    ]
    return events
