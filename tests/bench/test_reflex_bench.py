"""npcsim plays the bench's battle exactly as the floor does, and the bench says what it took."""

from __future__ import annotations

import json

import numpy as np
import pytest

from npcsim.bench import reflex
from npcsim.bench.reflex_floor import Floor
from npcsim.bench.reflex_npcsim import Field, NpcsimSide
from npcsim.errors import BrokenInvariant
from npcsim.store.run_store import Run


def test_npcsim_and_floor_agree_at_every_tick() -> None:
    floor, side = Floor(400, seed=1), NpcsimSide(Field(400, seed=1))
    try:
        hunger = side.world.columns["hunger"].copy()
        for tick in range(1, 31):
            floor.step()
            side.step()
            for name in ("x", "y", "hp", "state"):
                same = np.array_equal(getattr(floor, name), getattr(side, name))
                assert same, f"{name} differs at tick {tick}"
        assert (side.world.columns["hunger"] > hunger).any()
        (folder,) = side.folder.iterdir()
        kinds = {packed.kind for _, packed in Run.open(folder).packed(start=30)}
        assert {"Moved", "Changed", "Drifted", "TickEnded"} <= kinds
    finally:
        side.close()
    assert not side.folder.exists()


def test_a_field_begins_anew_each_time() -> None:
    field, hashes = Field(60, seed=2), []
    for _ in range(2):
        side = NpcsimSide(field)
        side.steps(12)
        hashes.append(side.world.state_hash())
        side.close()
    assert hashes[0] == hashes[1]


def test_figures_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    report = reflex.bench((60, 80), repeats=2, ticks=3, mesa_sizes=(60,), told=told.append)
    report = json.loads(json.dumps(report))
    assert set(report["vs_mesa"]) == {"60"}
    assert set(report["mesa_ns"]["60"]) == {"grid", "continuous", "classic"}
    for part in ("vs_floor", "ns_per_npc_tick", "floor_ns"):
        assert set(report[part]) == {"60", "80"}
        assert all(value > 0 for value in report[part].values())
    assert told[0] == "60 NPCs: 2 turns of 3 ticks"
    text = "\n".join(reflex.lines(report))
    assert "x Mesa" in text
    assert "Mesa's other spaces at 60: continuous" in text
    monkeypatch.setattr(reflex, "bench", lambda **_: report)
    assert reflex.main(as_json=True) == 0


def test_another_battle_is_no_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    field = Field(60, seed=2)  # another seed than the bench's
    monkeypatch.setattr(reflex, "SEED", 1)
    with pytest.raises(BrokenInvariant, match="differ in x"):
        reflex.check(field, 60, 3)
