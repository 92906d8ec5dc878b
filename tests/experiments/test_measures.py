"""Built-in measures: what they are is what the log's own tables say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import npcsim
from npcsim.errors import Unavailable
from npcsim.experiments.measures import gini, measured
from npcsim.messages import Answer, Choose, Chosen, Question, Written
from npcsim.store.run_store import Run


class Moody:
    """Likes the last option; every third question it does not answer."""

    name = "moody"
    fingerprint = "moody/1"
    count = 0

    async def ask(self, question: Question) -> Answer:
        self.count += 1
        if self.count % 3 == 0:
            raise Unavailable("not now")
        if isinstance(question, Choose):
            return Chosen(pick=len(question.options) - 1)
        return Written("Aye.")

    async def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The village for two hours, its minds on a model that fails."""
    with npcsim.run(
        "03_village_morning",
        models={"local": Moody()},
        ticks=720,
        out=tmp_path_factory.mktemp("measures"),
        overrides=["tiers.cloud=off", "think.local=20 s"],
    ) as lived:
        yield lived


def test_shares_of_decisions_and_thoughts(run: Run) -> None:
    found = measured(run)
    decided = list(run.table("decisions").rows())
    by_tier = Counter("fallback" if row["fallback"] else row["tier"] for row in decided)
    assert {"local", "reflex", "fallback"} <= set(by_tier)
    assert found["decisions"] == len(decided)
    for tier, count in by_tier.items():
        assert found[f"decisions.{tier}"] == count / len(decided)
    asked = len(list(run.calls()))  # reflexes ask nobody
    assert found["fallback"] == by_tier["fallback"] / asked


def test_talk_goals_and_wealth(run: Run) -> None:
    found = measured(run)
    said = list(run.table("speech").rows())
    assert found["talk.utterances"] == len(said) > 0
    ends = Counter(row["how"] for row in run.table("goals").rows())
    assert found["goals.reached"] == ends["done"] > 0
    over = ends["done"] + ends["failed"] + ends["dropped"]
    assert found["goals.reached_share"] == ends["done"] / over
    assert 0 < found["wealth.gini"] < 1
    assert found["ticks"] == 720


def test_how_unequal() -> None:
    assert gini([5, 5, 5, 5]) == 0
    assert gini([0, 0, 0, 8]) == 0.75  # 1 - 1 / n: one has everything
    assert gini([1, 3]) == 0.25
    assert gini([0, 0]) == gini([]) == 0


def test_nothing_asked_has_no_shares(tmp_path: Path) -> None:
    with npcsim.run("03_village_morning", models={}, ticks=20, out=tmp_path) as quiet:
        found = measured(quiet)
    assert not {"late", "fallback"} & set(found)
