"""The frame bench, small: what it says is what it did, and the window keeps close to the floor."""

from __future__ import annotations

from npcsim.bench.frames import bench


def test_a_crowd_is_drawn_beside_a_bare_blit() -> None:
    told = bench(npcs=60, frames=24)
    assert told["npcs"] == told["visible"] == 60
    assert told["driver"] == "dummy"
    assert told["detail"] == "whole"
    assert told["frames"] == 24
    assert 0.0 <= told["in_time"] <= 1.0
    assert told["cpu"]["median_ms"] > told["cpu"]["floor_median_ms"] > 0.0
    assert told["ratio"] > 0.0
