"""Who is nearest, among kinds and foes, with walls: as asking one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from npcsim.reflex import nearest
from npcsim.reflex.senses import NOBODY, Senses
from npcsim.world.columns import Columns
from npcsim.world.grid import Grid, clear_sight

FOE_KEYS = ("", "a", "a|c", "b", "c")


@dataclass
class Kinds:
    """As much of a setting as senses read."""

    rows: dict[str, Any]
    foe_keys: tuple[str, ...] = FOE_KEYS

    def rows_of(self, kind: str) -> Any:
        parts = [self.rows[part] for part in kind.split("|")]
        return np.unique(np.concatenate(parts)).astype(np.uint32)


@dataclass
class Field:
    """As much of a world as senses read."""

    columns: Columns
    grid: Grid | None
    setting: Kinds
    tick: int = 1
    sought: dict[int, int] = field(default_factory=dict)
    signals: tuple[Any, ...] = ()
    crowd_signals: tuple[Any, ...] = ()


def field_of(dice: np.random.Generator, count: int, walls: float, foes: str) -> Field:
    """`count` NPCs of kinds a, b and c on 40 by 40 tiles, some dead, some walls."""
    shut = dice.random((40, 40)) < walls
    columns = Columns(count)
    columns.add("x", np.floor(dice.random(count) * 40 * 1024) / 1024)
    columns.add("y", np.floor(dice.random(count) * 40 * 1024) / 1024)
    columns.add("alive", dice.random(count) < 0.9)
    columns.add("sight", np.full(count, 6.0) if walls else dice.choice([2.0, 5.0, 30.0], count))
    kind = dice.integers(0, 2 if foes == "opposed" else 3, count)
    mixed = np.where(kind == 1, 2, dice.choice([0, 1, 3, 4], count))
    opposed = np.where(kind == 0, 3, 1)
    columns.add("foes", (opposed if foes == "opposed" else mixed).astype(np.int16))
    rows = {name: np.flatnonzero(kind == number) for number, name in enumerate("abc")}
    return Field(columns, Grid(~shut, shut) if walls else None, Kinds(rows))


def one_by_one(world: Field, kind: str, row: int) -> tuple[float, int]:
    columns = world.columns
    sought = FOE_KEYS[columns["foes"][row]] if kind == "foe" else kind
    others = [] if not sought else world.setting.rows_of(sought).tolist()
    found = []
    for other in others:
        dx, dy = (columns[axis][other] - columns[axis][row] for axis in "xy")
        far = float(np.sqrt(dx * dx + dy * dy))
        if columns["alive"][other] and other != row and far < columns["sight"][row]:
            found.append((far, other))
    for far, other in sorted(found):
        ends = (columns[axis][[one]] for one in (row, other) for axis in "xy")
        if world.grid is None or clear_sight(world.grid, *ends)[0]:
            return far, other
    return np.inf, int(NOBODY)


@pytest.mark.parametrize("few", [0, 1 << 15])
@pytest.mark.parametrize("foes", ["opposed", "mixed"])
@pytest.mark.parametrize("walls", [0.0, 0.1])
def test_nearest_as_one_by_one(
    walls: float, foes: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "FEW", few)
    dice = np.random.default_rng(3)
    for count in (2, 30, 200):
        world = field_of(dice, count, walls, foes)
        senses = Senses(world)  # type: ignore[arg-type]
        living = np.flatnonzero(world.columns["alive"]).astype(np.uint32)
        for kind in ("foe", "a", "a|b"):
            for share in (0.05, 0.5, 1.0):
                asked = living[dice.random(len(living)) < share]
                found = senses.nearest(kind, asked)
                pairs = list(zip(found.distance.tolist(), found.who.tolist(), strict=True))
                assert pairs == [one_by_one(world, kind, row) for row in asked.tolist()]
                assert np.array_equal(senses.distance(kind, asked), found.distance)


def test_what_was_asked_a_tick_ago_changes_nothing_but_the_work() -> None:
    dice = np.random.default_rng(4)
    world = field_of(dice, 300, 0.0, "opposed")
    living = np.flatnonzero(world.columns["alive"]).astype(np.uint32)
    alone = Senses(world).nearest("foe", living[:3])  # type: ignore[arg-type]
    Senses(world).nearest("foe", living)  # type: ignore[arg-type]
    world.tick += 1
    after = Senses(world).nearest("foe", living[:3])  # type: ignore[arg-type]
    assert np.array_equal(alone.who, after.who)
    assert np.array_equal(alone.distance, after.distance)
    assert world.sought == {1: len(living), 2: 3}


def test_the_last_of_a_side_find_nobody() -> None:
    world = field_of(np.random.default_rng(6), 300, 0.0, "opposed")
    bandits = world.setting.rows["b"]
    world.columns.edit("alive")[bandits] = False
    living = np.flatnonzero(world.columns["alive"]).astype(np.uint32)
    found = Senses(world).nearest("foe", living)  # type: ignore[arg-type]
    assert set(found.who.tolist()) == {int(NOBODY)}


def test_crowds_are_heard_within_their_loudness() -> None:
    world = field_of(np.random.default_rng(5), 4, 0.0, "mixed")
    world.columns.edit("x")[:] = [0.0, 3.0, 3.0, 30.0]
    world.columns.edit("y")[:] = [0.0, 0.0, 4.0, 0.0]
    world.crowd_signals = (("attack", 5.0, np.array([0], np.uint32)),)
    heard = Senses(world).hears("attack", np.arange(4, dtype=np.uint32))  # type: ignore[arg-type]
    assert heard.tolist() == [True, True, True, False]
