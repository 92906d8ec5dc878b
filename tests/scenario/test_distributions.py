"""Values drawn once for each NPC."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from npcsim.assembly.build import read
from npcsim.errors import ScenarioError
from npcsim.scenario.distributions import Drawn, parse_value

TEXT = """
scenario: drawn
size: [10, 10]
attributes:
  temper: {range: 0..1}
npcs:
  folk: {count: 200, traits: {temper: "VALUE"}}
"""


def tempers(tmp_path: Path, value: str, seed: int = 1) -> list[float]:
    path = tmp_path / "drawn.yaml"
    path.write_text(TEXT.replace("VALUE", value) + f"seed: {seed}\n", encoding="utf-8")
    temper: list[float] = read(path).world.columns["temper"].tolist()
    return temper


def test_numbers_stay_and_distributions_are_read() -> None:
    assert parse_value(0.5) == 0.5
    assert parse_value("uniform(0.1, 0.9)") == Drawn("uniform", (0.1, 0.9))


@pytest.mark.parametrize(
    "text", ["uniform(1)", "uniform(2, 1)", "normal(0, -1)", "choice()", "zipf(2)", "uniform(a, b)"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_value(text)


def test_each_npc_draws_its_own_and_the_seed_decides(tmp_path: Path) -> None:
    values = tempers(tmp_path, "uniform(0.2, 0.8)")
    assert len(set(values)) == 200
    assert 0.2 <= min(values) < 0.3
    assert 0.7 < max(values) < 0.8
    assert values == tempers(tmp_path, "uniform(0.2, 0.8)")
    assert values != tempers(tmp_path, "uniform(0.2, 0.8)", seed=2)


def test_normal_spreads_about_its_mean_and_choice_takes_what_is_listed(tmp_path: Path) -> None:
    values = sorted(tempers(tmp_path, "normal(0.5, 0.1)"))
    assert 0.47 < sum(values) / 200 < 0.53
    assert 0.35 < values[30] < 0.45
    assert all(low <= high for low, high in pairwise(values))
    assert set(tempers(tmp_path, "choice(0, 0.25, 1)")) == {0.0, 0.25, 1.0}


def test_a_distribution_beyond_the_range_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="temper"):
        tempers(tmp_path, "uniform(0.5, 1.5)")
