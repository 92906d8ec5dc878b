from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from npcsim.assembly.build import Built, build
from npcsim.assembly.runs.session import open_session
from npcsim.effects import Set
from npcsim.store.snapshots import decode, encode
from npcsim.world.snapshot import freeze, thaw
from tests.worlds_in_text import VILLAGE, built, bundle, commit_next, go_on, house, living


async def lived(made: Built, ticks: int) -> None:
    async with living(made) as simulation:
        await go_on(simulation, ticks)


async def hashes_after(made: Built, ticks: int) -> list[str]:
    """The world goes on under a new simulation, as after a restart."""
    session = await open_session(made, models={})
    found = [(await session.simulation.step()).hash for _ in range(ticks)]
    await session.close()
    return found


def stored(made: Built) -> tuple[dict[str, Any], dict[str, Any]]:
    """A snapshot as it comes back from the store."""
    return decode(encode(*freeze(made.world)))


@pytest.mark.parametrize("ticks", [0, 1, 7, 40, 90])
async def test_a_thawed_world_is_the_same_and_goes_on_the_same(tmp_path: Path, ticks: int) -> None:
    made = built(tmp_path, VILLAGE)
    await lived(made, ticks)
    data, arrays = stored(made)
    copy = build(made.recipe)

    thaw(copy.world, data, arrays)

    assert copy.world.digests() == made.world.digests()
    assert copy.world.state_hash() == made.world.state_hash()
    assert await hashes_after(copy, 40) == await hashes_after(made, 40)


async def test_a_snapshot_replaces_what_was_there(tmp_path: Path) -> None:
    made = built(tmp_path, VILLAGE)
    data, arrays = stored(made)
    before = made.world.state_hash()
    await lived(made, 30)
    assert made.world.state_hash() != before

    thaw(made.world, data, arrays)

    assert made.world.state_hash() == before
    assert dict(made.world.held("square")) == {"loaf": 30, "coin": 5}


async def test_a_snapshot_shares_nothing_with_the_worlds(tmp_path: Path) -> None:
    made = built(tmp_path, VILLAGE)
    await lived(made, 20)
    data, arrays = freeze(made.world)
    frozen = encode(data, arrays)
    copy = build(made.recipe)
    thaw(copy.world, data, arrays)

    await hashes_after(made, 10)
    await hashes_after(copy, 10)
    assert encode(data, arrays) == frozen

    before = copy.world.state_hash()
    for array in arrays.values():
        array[:] = 0
    data["tables"]["holdings"].clear()
    data["signals"].clear()
    assert copy.world.state_hash() == before


async def test_a_locked_door_is_locked_after_a_thaw(tmp_path: Path) -> None:
    """The grid is no table of its own: it follows the doors."""
    made = house(tmp_path)
    copy = build(made.recipe)
    door = made.world.spots["door"]
    cell = (int(door.y), int(door.x))
    assert made.world.grid is not None
    assert copy.world.grid is not None
    commit_next(made.world, bundle("", Set("door", "locked", True)))
    assert not made.world.grid.walkable[cell]
    data, arrays = stored(made)
    thaw(copy.world, data, arrays)

    assert not copy.world.grid.walkable[cell]
    assert copy.world.state_hash() == made.world.state_hash()


def test_columns_read_from_the_world_cannot_be_written(tmp_path: Path) -> None:
    made = built(tmp_path, VILLAGE)
    with pytest.raises(ValueError, match="read-only"):
        made.world.columns["hp"][0] = 1.0
    assert isinstance(made.world.columns["hp"], np.ndarray)
