"""Where the several of one entry begin on a map."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from npcsim.assembly.build import read

MAP = """\
map: |
  ##########
  #........#
  #.b......#
  #........#
  ##########
  #........#
  ##########
legend: {b: bed}
clock: {tick: 1 s, end: "00:01"}
"""


def _positions(folder: Path, npcs: str, seed: int = 1) -> list[tuple[float, float]]:
    path = folder / "starts.yaml"
    path.write_text(f"scenario: starts\nseed: {seed}\n{MAP}npcs:\n  {npcs}\n", encoding="utf-8")
    columns = read(path).world.columns
    return list(zip(columns["x"].tolist(), columns["y"].tolist(), strict=True))


def test_the_several_of_an_entry_stand_around_a_spot(tmp_path: Path) -> None:
    found = _positions(tmp_path, "guard: {count: 30, at: bed}")
    assert len(set(found)) > 5
    # Within three steps, and never on the far side of the wall.
    assert all(abs(x - 2.5) <= 3 and 1 < y < 4 for x, y in found)
    assert found == _positions(tmp_path, "guard: {count: 30, at: bed}")
    assert found != _positions(tmp_path, "guard: {count: 30, at: bed}", seed=2)


def test_one_alone_stands_on_it(tmp_path: Path) -> None:
    assert np.allclose(_positions(tmp_path, "guard: {at: bed}"), [(2.5, 2.5)])


def test_nobody_has_a_place_in_a_hole_that_no_way_leads_to(tmp_path: Path) -> None:
    places = "places: {yard: {area: [1, 1, 9, 6]}}\n"
    path = tmp_path / "hole.yaml"
    path.write_text(
        f"scenario: hole\n{MAP}{places}npcs:\n  guard: {{count: 30, at: yard}}\n", encoding="utf-8"
    )
    y = read(path).world.columns["y"]
    assert (y < 4).all()  # not in the row below the wall
