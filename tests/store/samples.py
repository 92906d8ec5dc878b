"""One event of every kind, and a run made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from npcsim import events as e
from npcsim.messages import Choose, Chosen, ModelCall, Usage, Write, Written
from npcsim.speech import References, SpeechAct
from npcsim.store.run_store import RunWriter

WHO = np.array([1, 2, 7], dtype=np.uint32)
CALLS = (
    ModelCall(
        "t1", "local", "small", "sha:1", Choose("Mara is hungry. She", "Somebody", ("eats", "옷")),
        Chosen(1, (0.25, 0.75), Usage(12, 0, 4)), seconds=0.125,
    ),
    ModelCall(
        "t2", "cloud", "big", "sha:2", Write("You are Mara.", "Say hello.", 20),
        Written('Good "day"\n\0', Usage(30, 5, 0)), cost_usd=0.0001,
    ),
    ModelCall("t3", "local", "small", "sha:1", Write("a", "b"), None, error="TimedOut: \ud800\0"),
)  # fmt: skip


def every_kind(tick: int) -> list[e.Event]:
    """One event of each kind, as if all of them happened in one tick."""
    act = {"npc": "mara", "act": 3, "tool": "go_to", "text": "walks"}
    effects = ({"kind": "add", "who": "mara", "attribute": "hp", "amount": -1.5},)
    return [
        e.RunStarted(
            tick, "r", "s", "T", 1, 2, 1000, 0, 9,
            (e.Cast(1, "mara", "Mara", "baker", "day", 1.5, 2.0, "idle", items={"loaf": 2}),),
            (e.PlaceMark("inn", "Inn", 3.0, 4.0, ((0, 0, 4, 4),)),), (("inn", "well"),),
            (e.SpotMark("bed", "bed", 1.0, 1.0),), (e.Gauge("hp", 0.0, 100.0, 0.0),),
            (e.Machine("day", ("idle",), ("idle -> run",)),),
            e.MapPicture(
                2, 1, 16, (e.LayerPicture("ground", (1, 2)),),
                (e.TilesetPicture(1, 1, 2, 16, 16, 0, 0, "png"),), (0, 1),
            ),
            {"local": "small"}, {"npcsim": "0"}, np.array([100.0]),
        ),
        e.Moved(tick, WHO, np.array([1, 2, 3], np.int32), np.array([-4, 5, 6], np.int32)),
        e.StateChanged(tick, WHO, np.array([0, 1, 2], np.uint8), np.array([3, -1, 0], np.int16)),
        e.Drifted(tick, 60.0),
        e.Changed(tick, "hp", "attack", WHO, np.array([1.0, 0.5, 1e-9]), WHO[:0]),
        e.SignalledMany(tick, "shout", 9.0, WHO),
        e.Signalled(tick, "speech", "mara", 1.0, 2.0, "inn", 6.0, "Grüß Gott", "tom"),
        e.Signalled(
            tick, "speech", "mara", 1.0, 2.0, "inn", 6.0, "Two, by noon.", "tom",
            SpeechAct(
                "answer", "mara", ("tom",),
                References(3, "it burns", "tom", "inn", "loaf", 2, due=9, terms=(("a", 1.5),)),
                "Two, by noon.", "model", True,
            ), "the mill burns", 1, 0.8, "bran",
        ),
        e.ActStarted(tick, **act, args={"to": "inn"}, due=-1, by="local"),
        e.ActEnded(tick, **act, how="done", reason=""),
        e.Applied(tick, "mara", "eat", effects),
        e.Rejected(tick, "mara", "eat", "the loaf is gone", effects),
        e.Rejected(tick, "mara", "juggle", "juggle raised ...", (), "tools.py:18"),
        e.Fell(tick, "tom", "mara", "attack", "dead"),
        e.Rose(tick, "tom"),
        e.Felt(tick, "attack (target)", WHO, WHO, np.zeros(3), np.ones(3)),
        e.Tied(tick, (("mara", "tom", "trust", -0.25),)),
        e.Asked(tick, "t1", "mara", "plan", "idle", "local", "cheap", 9, ("a", "b"), (0.1, 0.2)),
        e.Landed(tick, "t1", "mara", "local", "small", "k", {"pick": 1}, "", False, 0.0),
        e.Decided(
            tick, "t1", "mara", "plan", "local", ("a", "b"), (0.1, 0.2), (), (0.5, 0.5), 1, "b",
            False, "blend",
        ),
        e.Remembered(tick, "mara", "ate", "did", 0.3),
        e.Remembered(
            tick, "mara", "tom told me", "heard", 0.6, 7, "told", "mill", ("tom",), "tom", 1, 0.8,
            "the mill burns", "bran", (5, 6),
        ),
        e.Remembered(
            tick, "mara", "it failed twice", "concluded", 0.6, 8, "lesson", "mill", evidence=(6, 7),
            deed="chase", done=1, failed=2,
        ),
        e.Recalled(tick, "mara", (5, 7)),
        e.Embedded(tick, "mara", "meanings/1", ("The mill burns.",), ("AQACAA==",)),
        e.Weighed(tick, "mara", (5, 7), (0.9, 0.1)),
        e.Forgot(tick, "mara", (1, 2, 3), 8, "On day 1: ate (3 times)", (("ate", 3),)),
        e.Promised(tick, "mara", "tom", "bread by noon", 9, "loaf", 2, "", ""),
        e.PromiseKept(tick, "mara", "tom", "bread by noon", 1),
        e.PromiseBroken(tick, "tom", "mara", "to be at the inn", 2),
        e.GoalStarted(tick, "mara", "eat", ("go", "buy"), "be well", "be fed", True),
        e.GoalEnded(tick, "mara", "eat", "done", "", "be well", "be fed"),
        e.PlanChanged(tick, "mara", "eat", "skipped", "has(coin) > 0", ("buy",)),
        e.DayPlanned(tick, "mara", 1, "market day", (("06:00", "bake"), ("21:00", "at home"))),
        e.TierChanged(tick, "local", False, "killed"),
        e.ApprovalAsked(tick, "bran", "arrest", "arrest Tomas", ("wait",), 9, "refuse"),
        e.ApprovalEnded(tick, "bran", "arrest", "arrest Tomas", "allowed", "player"),
        e.SceneBegan(tick, "parley", ("mara", "tom")),
        e.SceneEnded(tick, "parley", ("mara", "tom"), "agreed"),
        e.SceneEnded(tick, "parley", ("mara", "tom"), "agreed", 1, {"gains": {"mara": 1.5}}),
        e.Broke(tick, "table", "table", "tom", 5, 3),
        e.Measured(tick, "hp", "all", 99.5),
        e.Given(tick, "player", {"say": "hi"}),
        e.ToolsChanged(tick, "oakvale/tools.py", ("brew",), (), ("buy", "sell")),
        e.ScenarioChanged(
            tick, ("npcs.Mara.traits.bravery=0.9",), (e.Gauge("hunger", 0.0, 1.0, 0.1, True),)
        ),
        e.Resumed(tick, 90, "cut off", ("mara@3",)),
        e.TickEnded(tick, f"{tick:032x}"),
        e.RunEnded(tick, "end", f"{tick:032x}"),
    ]  # fmt: skip


def quick_tick(tick: int, npcs: int = 4) -> list[e.Event]:
    """A tick as a reflex-only run has it."""
    who = np.arange(npcs, dtype=np.uint32)
    at = np.full(npcs, tick, dtype=np.int32)
    return [e.Moved(tick, who, at, at), e.Drifted(tick, 1.0), e.TickEnded(tick, f"{tick:032x}")]


def same(one: e.Event, other: e.Event) -> bool:
    """Are two events equal, arrays and their dtypes included?"""
    return type(one) is type(other) and all(
        _same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)
    )


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and bool(np.array_equal(a, b))
    return bool(a == b)


def make_run(
    folder: Path, ticks: int = 5, tick: Callable[[int], list[e.Event]] = quick_tick
) -> Path:
    """A finished run of some ticks."""
    with RunWriter.create(folder, None, name="sample", bundle=b"bundle") as writer:
        for number in range(ticks):
            writer.write_tick(number, tick(number), CALLS if number == 1 else ())
        writer.write_snapshot(ticks - 1, b"snapshot")
        writer.finish({"ticks": ticks})
    return folder
