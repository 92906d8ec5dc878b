"""Stopping when it is settled: the interval holds at every look, and the sweep goes by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from npcsim.errors import ScenarioError
from npcsim.experiments.book import Book, Row, row_of
from npcsim.experiments.design import read_design
from npcsim.experiments.effects import compared, sentence
from npcsim.experiments.plan import Planned, plan
from npcsim.experiments.settling import anytime, evidence, reach, settled_by
from npcsim.experiments.sweep import Purse, conduct, sweep
from tests.experiments.designs import design

LOOKS = 60


def ever_excludes(draw: Callable[[np.random.Generator], np.ndarray], repeats: int = 400) -> int:
    """In how many of so many repeats of nothing the interval excludes it at one look or more."""
    claims = 0
    for seed in range(repeats):
        drawn = draw(np.random.default_rng(seed))
        claims += any(evidence(drawn[:n].tolist()) >= 20 for n in range(6, LOOKS + 1))
    return claims


def test_looking_after_every_pair_claims_no_more_than_one_in_twenty() -> None:
    assert ever_excludes(lambda dice: dice.normal(0, 3, LOOKS)) <= 20
    # Differences of counts, as measures are: far from normal, but symmetric.
    counts = lambda dice: dice.binomial(5, 0.4, LOOKS) - dice.binomial(5, 0.4, LOOKS)  # noqa: E731
    assert ever_excludes(counts) <= 20


def test_looking_at_a_plain_interval_would_claim_far_more() -> None:
    claims = 0
    for seed in range(200):
        drawn = np.random.default_rng(seed).normal(0, 3, LOOKS)
        claims += any(stats.ttest_1samp(drawn[:n], 0).pvalue < 0.05 for n in range(6, LOOKS + 1))
    assert claims > 30


def test_the_interval_is_where_the_evidence_runs_out() -> None:
    drawn = np.random.default_rng(3).normal(1, 2, 12)
    found = anytime(drawn.tolist(), 0.05)
    assert evidence((drawn - found.low).tolist()) == pytest.approx(20)
    assert evidence((drawn - found.high).tolist()) == pytest.approx(20)
    assert found.mean == pytest.approx(drawn.mean())
    plain = stats.ttest_1samp(drawn, 0).confidence_interval()
    assert found.low < plain.low < plain.high < found.high
    assert reach(1, 1.0, 0.05) == reach(2, 1.0, 0.001) == float("inf")
    assert anytime([2.0] * 6).low == 2.0
    assert anytime([0.0] * 6).p == 1.0


@dataclass(slots=True)
class Told:
    """A crew that makes the numbers up, the later seeds first."""

    book: Book
    value: Callable[[Planned], float]
    size: int = 2
    lived: list[str] = field(default_factory=list)

    async def live(self, planned: Planned) -> Row:
        self.lived.append(planned.id)
        measures = {"score": self.value(planned)}
        row = row_of(planned, "done", measures=measures)
        self.book.put(row)
        return row

    async def close(self) -> None:
        pass


async def stopped(tmp_path: Path, value: Callable[[Planned], float], **settled: Any) -> list[Row]:
    rule = {"measure": "score", "factor": "temper", **settled}
    file = design(tmp_path, seeds=60, ticks=2, stop={"settled": rule})
    made = plan(read_design(file), tmp_path)
    book = Book(tmp_path / "out")
    crew = Told(book, value)
    await conduct(
        made.runs, book, crew, Purse(None, 0.0), made.design.stop, lambda how: None
    )  # fmt: skip
    again = Told(book, value)
    await conduct(made.runs, book, again, Purse(None, 0.0), made.design.stop, lambda how: None)
    assert len(again.lived) == 0
    rows = [row for run in made.runs if (row := book.row(run.id)) is not None]
    if len(rows) < len(made.runs):
        assert settled_by(made.design.stop, made.runs, rows).startswith("settled: score")
    return rows


def hot(planned: Planned, by: float) -> float:
    lift = by if planned.cell["temper"] == "0.9" else 0.0
    return float(np.random.default_rng([planned.seed, int(lift > 0)]).normal()) + lift


async def test_a_large_effect_ends_it_soon(tmp_path: Path) -> None:
    rows = await stopped(tmp_path, lambda one: hot(one, 4.0))
    assert 12 <= len(rows) < 40
    (effect,) = compared(rows, "temper", ["score"], anytime=True)
    assert effect.shown
    assert effect.anytime
    assert "at any time of stopping" in sentence(effect, 1)
    (plain,) = compared(rows, "temper", ["score"])
    assert effect.high - effect.low > plain.high - plain.low


async def test_none_goes_on_to_the_last_seed_or_until_it_is_narrow(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert len(await stopped(tmp_path / "a", lambda one: hot(one, 1e-9))) == 120
    narrow = await stopped(tmp_path / "b", lambda one: hot(one, 1e-9), within=2.5)
    assert 12 <= len(narrow) < 120


def test_a_settled_sweep_is_complete(tmp_path: Path) -> None:
    rule = {"measure": "mean.temper", "factor": "temper", "least": 3}
    # In this process, one after the other: nothing to wait for that other work could hold up.
    alone = {"tiers.local.model": "scripted", "embeddings": "none"}
    file = design(tmp_path, seeds=4, ticks=2, stop={"settled": rule}, models=True, set=alone)
    found = sweep(file, out=tmp_path / "out", together=1)
    assert [row.reason for row in found.rows if row.state == "failed"] == []
    states = [row.state for row in found.rows]
    assert states == ["done"] * 6 + ["spared"] * 2
    assert found.complete
    assert "after 3 pairs, it excludes 0" in found.rows[-1].reason


def test_a_factor_there_is_not_is_told(tmp_path: Path) -> None:
    file = design(tmp_path, stop={"settled": {"measure": "hp", "factor": "tempre"}})
    with pytest.raises(ScenarioError, match="did you mean 'temper'"):
        read_design(file)
