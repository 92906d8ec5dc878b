"""Small logs by hand: a bakery morning with minds, and a crowd of guards and bandits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from npcsim import events as ev
from npcsim.messages import Choose, Chosen, ModelCall, Usage

NAMES = ("Mara", "Ivo", "Tess")
EVIL = "<script>alert('x')</script>\x1b[31m & [bold]loud[/bold]"
MINUTE = 60_000


def started(
    cast: Sequence[ev.Cast],
    initial: Sequence[float],
    gauges: Sequence[ev.Gauge],
    machines: Sequence[ev.Machine] = (),
    tick_ms: int = MINUTE,
) -> ev.RunStarted:
    return ev.RunStarted(
        tick=0, run="runs/bakery-1", scenario="bakery", title="A bakery morning", seed=7,
        mind_seed=8, tick_ms=tick_ms, start_ms=6 * 3_600_000, end_tick=200, cast=tuple(cast),
        places=(ev.PlaceMark("bakery", "the bakery", 3, 3),), ways=(), spots=(),
        gauges=tuple(gauges), machines=tuple(machines), picture=None,
        models={"local": "tiny"}, versions={}, initial=np.array(initial, dtype=np.float64),
    )  # fmt: skip


def village(ticks: int = 180) -> list[ev.Event]:
    """Three NPCs with serials out of order, a minute a tick from 06:00."""
    cast = [
        ev.Cast(40 - i, name.lower(), name, "villager", "villager", 0, 0, "free", mind=True,
                items={"coin": 5})
        for i, name in enumerate(NAMES)
    ]  # fmt: skip
    gauges = [ev.Gauge("hunger", 0, 100, 0.01, need=True), ev.Gauge("hp", 0, 50, 0)]
    machines = [ev.Machine("villager", ("free", "down"), ("hp <= 0",))]
    log: list[ev.Event] = [started(cast, [20, 30, 40, 50, 50, 50], gauges, machines)]
    for tick in range(1, ticks + 1):
        log.append(ev.Drifted(tick, 60.0))
        log += _script(tick)
        log.append(ev.TickEnded(tick, f"h{tick}"))
    log.append(ev.RunEnded(ticks, "end", "feed"))
    return log


def _script(tick: int) -> list[ev.Event]:
    if tick == 20:
        return [
            *thought("t1", "mara", 18, 20, (0.9, 0.1), (0.2, 0.8), 1),
            ev.GoalStarted(20, "mara", "bake bread", ("go to the bakery", "bake")),
            ev.ActStarted(20, "mara", 1, "go_to", {}, "bake bread", 24, "t1"),
        ]
    if tick == 24:
        return [ev.ActEnded(24, "mara", 1, "go_to", "done", "", "bake bread")]
    if tick in (30, 31, 32):
        return [
            ev.ActStarted(tick, "ivo", tick, "wait", {}, "wait a while", tick, "body"),
            ev.ActEnded(tick, "ivo", tick, "wait", "done", "", "wait a while"),
        ]
    if tick == 40:
        return [
            ev.Signalled(40, "speech", "ivo", 1, 1, "bakery", 5, EVIL, "mara"),
            ev.ActStarted(40, "ivo", 90, "say", {}, "say hello", 40, "t1"),
            ev.ActEnded(40, "ivo", 90, "say", "done", "", "say hello"),
            ev.Signalled(40, "speech", "mara", 1, 1, "bakery", 5, "Good morning, Ivo.", "ivo"),
        ]
    if tick == 60:
        give = {"kind": "transfer", "giver": "mara", "taker": "tess", "item": "coin", "count": 2}
        make = {"kind": "create", "holder": "mara", "item": "bread", "count": 1}
        return [ev.Applied(60, "mara", "trade", (give, make))]
    if tick in (61, 62):
        return [ev.Rejected(tick, "tess", "take", "the loaf is gone", ())]
    if tick == 70:
        return [
            ev.TierChanged(70, "local", False, "the worker died"),
            *thought("t2", "tess", 69, 70, (0.6, 0.4), (), 0, error="Unavailable"),
        ]
    if tick == 80:
        who, by = np.array([38], np.uint32), np.array([39], np.uint32)
        return [
            ev.Changed(80, "hp", "attack", who, np.array([0.0]), by),
            ev.StateChanged(80, who, np.array([1], np.uint8), np.array([0], np.int16)),
            ev.Fell(80, "tess", "ivo", "attack"),
        ]
    if tick == 90:
        return [
            ev.GoalEnded(90, "mara", "bake bread", "done", ""),
            ev.Remembered(90, "mara", "Bread sells well.", "concluded", 0.6),
            ev.Asked(90, "t3", "mara", "plan", "goal done", "local", "close", 99, (), ()),
        ]
    return []


def thought(
    name: str,
    npc: str,
    asked: int,
    decided: int,
    utilities: tuple[float, ...],
    probabilities: tuple[float, ...],
    pick: int,
    error: str = "",
) -> list[ev.Event]:
    """One thought from asking to decision, its options always the same two."""
    options = ("sit in the sun", "bake bread")
    blended = utilities
    if probabilities:
        blended = tuple((u + p) / 2 for u, p in zip(utilities, probabilities, strict=True))
    answer = {"is": "chosen", "usage": {"input": 100, "output": 0, "cached": 60}}
    reason = f"margin {abs(utilities[0] - utilities[1]):.2f} is narrow"
    return [
        ev.Asked(asked, name, npc, "plan", "woke up", "local", reason, decided, options, utilities),
        ev.Landed(decided, name, npc, "local", "tiny", "k", None if error else answer, error,
                  False, 0.0),
        ev.Decided(decided, name, npc, "plan", "local", options, utilities, probabilities, blended,
                   pick, options[pick], bool(error), "drawn"),
    ]  # fmt: skip


def asked_of_models() -> list[ModelCall]:
    question = Choose("Mara is", "Somebody is", ("sit in the sun", "bake bread"))
    answer = Chosen(1, (0.2, 0.8), Usage(120, 0, 80))
    return [
        ModelCall("t1", "local", "tiny", "f", question, answer, "", 0.5, 0.0),
        ModelCall("t2", "local", "tiny", "f", question, None, "Unavailable", 0.1, 0.0),
    ]


def crowd(count: int = 60, ticks: int = 100) -> list[ev.Event]:
    """Guards (two of three) and bandits, one second a tick; the guards give chase half way."""
    cast = [
        ev.Cast(i, f"n{i}", "", "bandit" if i % 3 == 0 else "guard", "fighter", 0, 0, "idle")
        for i in range(count)
    ]
    machines = [ev.Machine("fighter", ("idle", "chase", "dead"), ("near(bandit) < 8",))]
    gauges = [ev.Gauge("hp", 0, 100, 0)]
    log: list[ev.Event] = [started(cast, [100.0] * count, gauges, machines, 1000)]
    guards = np.array([i for i in range(count) if i % 3], np.uint32)
    bandits = np.array([0, 3], np.uint32)
    for tick in range(1, ticks + 1):
        if tick == ticks // 2:
            ones = np.ones(len(guards), np.uint8)
            log.append(ev.StateChanged(tick, guards, ones, np.zeros(len(guards), np.int16)))
        if tick == ticks * 3 // 4:
            left = np.array([0.0, 40.0])
            log.append(ev.Changed(tick, "hp", "attack", bandits, left, guards[:2]))
            dead = np.array([2], np.uint8)
            log.append(ev.StateChanged(tick, bandits[:1], dead, np.array([0], np.int16)))
            log.append(ev.Fell(tick, "n0", "n1", "attack"))
        log.append(ev.TickEnded(tick, "h"))
    log.append(ev.RunEnded(ticks, "end", "feed"))
    return log


@pytest.fixture
def village_log() -> list[ev.Event]:
    """Three NPCs with minds, 06:00 to 09:00."""
    return village()


@pytest.fixture
def village_calls() -> list[ModelCall]:
    """The two calls behind the village's thoughts, one failed."""
    return asked_of_models()


@pytest.fixture
def crowd_log() -> list[ev.Event]:
    """Sixty NPCs by state machine alone, a hundred seconds."""
    return crowd()
