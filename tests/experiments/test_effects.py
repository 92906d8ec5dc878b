"""Comparing: planted effects are found, planted nothings are not, pairs and corrections count."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from npcsim.errors import NpcsimError
from npcsim.experiments.book import Row
from npcsim.experiments.effects import compared, concluded, seeds_for, sentence

Draw = Callable[[int, str], dict[str, float]]


def rows(draw: Draw, seeds: int = 30, levels: tuple[str, ...] = ("low", "high")) -> list[Row]:
    return [
        Row(f"{seed}{level}", {"trait": level}, seed, None, "done", measures=draw(seed, level))
        for seed in range(seeds)
        for level in levels
    ]


def flight(lift: float, dice: np.random.Generator) -> Draw:
    """Of 20 NPCs so many flee; the trait lifts the chance."""
    return lambda seed, level: {
        "fled": dice.binomial(20, 0.4 + (lift if level == "high" else 0.0)) / 20
    }


def test_twenty_points_are_found_with_thirty_seeds() -> None:
    # 20 NPCs a run: the differences of pairs have a standard deviation of about 0.155, so d is
    # about 1.3 and thirty pairs have a power above 0.99.
    found = [
        compared(rows(flight(0.2, np.random.default_rng(seed))), "trait")[0] for seed in range(10)
    ]
    assert all(effect.shown and effect.low < 0.2 < effect.high + 0.1 for effect in found)
    assert all(effect.needed is not None and effect.needed < 30 for effect in found)


def test_nothing_is_found_where_there_is_nothing() -> None:
    claims = sum(
        compared(rows(flight(0.0, np.random.default_rng(seed))), "trait")[0].shown
        for seed in range(100)
    )
    assert claims <= 5


def test_pairs_take_out_what_seeds_have_in_common() -> None:
    dice = np.random.default_rng(1)
    hard = dice.normal(0, 10, 20)
    noise = dice.normal(0, 0.1, (20, 2))

    def draw(seed: int, level: str) -> dict[str, float]:
        return {"score": hard[seed] + noise[seed, int(level == "high")] + (level == "high")}

    paired = compared(rows(draw, 20), "trait")[0]
    assert paired.paired
    assert paired.shown
    apart = [
        Row(row.id, row.cell, row.seed + 100 * (row.cell["trait"] == "high"), None, "done",
            measures=row.measures)
        for row in rows(draw, 20)
    ]  # fmt: skip
    unpaired = compared(apart, "trait")[0]
    assert not unpaired.paired
    assert not unpaired.shown
    assert unpaired.difference == pytest.approx(paired.difference)


def test_many_measures_are_corrected_for() -> None:
    dice = np.random.default_rng(3)

    def draw(seed: int, level: str) -> dict[str, float]:
        return {f"m{number}": float(dice.normal()) for number in range(20)}

    found = compared(rows(draw), "trait")
    assert min(effect.p for effect in found) < 0.1
    assert not any(effect.shown for effect in found)
    assert all(effect.corrected >= effect.p for effect in found)


def test_what_else_was_varied_counts_once_a_seed() -> None:
    each = [
        Row(f"{seed}{level}{other}", {"trait": level, "other": other}, seed, None, "done",
            measures={"x": seed + (level == "high") * (seed % 3) + (other == "b")})
        for seed in range(8) for level in ("low", "high") for other in ("a", "b")
    ]  # fmt: skip
    assert compared(each, "trait")[0].n == 8


def test_no_difference_is_told_as_none() -> None:
    effect = compared(rows(lambda seed, level: {"same": 4.0}), "trait")[0]
    assert (effect.p, effect.size, effect.needed) == (1.0, 0.0, None)
    assert "no difference at all" in sentence(effect, 1)


def test_the_sentence_claims_only_what_is_shown() -> None:
    strong = compared(rows(flight(0.4, np.random.default_rng(1))), "trait")[0]
    assert "chance alone would seldom make" in sentence(strong, 1)
    weak = compared(rows(flight(0.02, np.random.default_rng(2)), 10), "trait")[0]
    assert "nothing may be concluded" in sentence(weak, 1)


def test_seeds_needed_grow_as_effects_shrink() -> None:
    # Cohen (1988), table 2.4: d = 0.5, two-sided 0.05, power 0.8: 64 a group; 34 pairs (one
    # sample of differences).
    assert seeds_for(0.5, paired=False) == pytest.approx(64, abs=1)
    assert seeds_for(0.5, paired=True) == pytest.approx(34, abs=1)
    assert seeds_for(0.0, paired=True) is None
    # Twenty comparisons: each at 0.0025, and no test by signs is that sure before ten pairs.
    assert seeds_for(0.5, paired=True, count=20) == pytest.approx(66, abs=3)
    assert seeds_for(9.0, paired=True) == 6
    assert seeds_for(9.0, paired=True, count=20) == 10
    assert seeds_for(0.0001, paired=True) is None


def test_seeds_needed_are_enough() -> None:
    """Where so many are lived as it said, the effect is found, 4 times in 5."""
    dice = np.random.default_rng(7)
    for anytime in (False, True):
        needed = seeds_for(0.8, paired=True, count=2, anytime=anytime)
        assert needed is not None
        shown = 0
        for _ in range(60):
            here = dice.normal(0.8, 1.0, (2, needed))
            each = rows(lambda seed, level, here=here: {
                name: here[number, seed] * (level == "high") for number, name in enumerate("ab")
            }, needed)  # fmt: skip
            shown += sum(one.shown for one in compared(each, "trait", anytime=anytime))
        assert 0.68 < shown / 120 < 0.97


def test_a_difference_that_is_always_the_same_needs_few() -> None:
    effect = compared(rows(lambda seed, level: {"x": float(level == "high")}, 3), "trait")[0]
    assert (effect.size, effect.needed) == (0.0, 6)
    assert "6 pairs would show it" in sentence(effect, 1)


def test_conclusions_begin_with_what_is_shown_and_say_once_what_never_differs() -> None:
    dice = np.random.default_rng(5)

    def draw(seed: int, level: str) -> dict[str, float]:
        high = level == "high"
        return {
            "same": 1.0,
            "noise": dice.normal(),
            "other": 2.0,
            "large": dice.normal() + 9 * high,
        }

    told = list(concluded(compared(rows(draw), "trait")))
    assert [line.split(" with ")[0] for line in told] == ["large", "noise", "same, other"]


def test_what_can_not_be_compared_is_said() -> None:
    some = rows(flight(0.1, np.random.default_rng(1)), 3)
    with pytest.raises(NpcsimError, match="did you mean 'trait'"):
        compared(some, "trat")
    with pytest.raises(NpcsimError, match="no level 'mid'"):
        compared(some, "trait", base="mid")
    with pytest.raises(NpcsimError, match="no run has a measure 'flde'"):
        compared(some, "trait", ["flde"])
    with pytest.raises(NpcsimError, match="all runs that came to their end"):
        compared([row for row in some if row.cell["trait"] == "low"], "trait")
    with pytest.raises(NpcsimError, match="two seeds or more"):
        compared(some[:2], "trait")
    with pytest.raises(NpcsimError, match="no run of this sweep"):
        compared([], "trait")
