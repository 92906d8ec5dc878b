"""The bandit parley: few decisions go to the dear tier, and those are the hard ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

import npcsim
from npcsim.events import Decided
from npcsim.messages import Answer, Choose, Chosen, Question, Usage, Written
from npcsim.models.scripted import Scripted


def strong(question: Question) -> Answer:
    usage = Usage(900, 20)
    if isinstance(question, Choose):
        return Chosen(0, None, usage)
    return Written("Good day to you.", usage)


HARD = ("accept the offer of", "keep my oath", "raid the village", "lead the band away")


@dataclass(frozen=True, slots=True)
class Parley:
    """What was decided in one, as rows of the table and as events, and what it was scored by."""

    rows: list[dict[str, Any]]
    decided: list[Decided]
    scores: set[str]

    @property
    def dear(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["tier"] == "cloud"]

    @property
    def hard(self) -> list[Decided]:
        """An ultimatum on the table, an oath that may be a trap, an oath to be kept or broken, and
        whether to raid where none was sworn."""
        return [
            one for one in self.decided
            if one.npc in ("Wulf", "Bran") and any(text.startswith(HARD) for text in one.options)
        ]  # fmt: skip


def lived(seed: int) -> Parley:
    models = {"local": Scripted(), "cloud": Scripted(strong, "strong")}
    with npcsim.run("04_the_bandit_parley", models=models, overrides=[f"seed={seed}"]) as run:
        decided = [one for one in run.events("Decided") if isinstance(one, Decided)]
        scores = {row["name"] for row in run.table("measures").rows()}
        return Parley(list(run.table("decisions").rows()), decided, scores)


@pytest.fixture(scope="module")
def parleys() -> list[Parley]:
    """Of three seeds."""
    return [lived(seed) for seed in (1, 2, 3)]


def test_at_most_one_decision_in_twenty_is_the_dear_tiers(parleys: list[Parley]) -> None:
    for one in parleys:
        assert len(one.rows) > 200
        assert 0 < len(one.dear) <= len(one.rows) / 20
        # Who treats at the bridge, and nobody who only wonders whether to fetch flour.
        assert {row["npc"] for row in one.dear} <= {"Wulf", "Bran", "Petra"}
        assert one.scores == {"lives", "coins", "band", "robbed"}


def test_the_hard_ones_are(parleys: list[Parley]) -> None:
    assert all(one.hard for one in parleys)
    hard = [decided for one in parleys for decided in one.hard]
    below = [one for one in hard if one.tier != "cloud"]
    assert len(below) <= len(hard) / 4
    # The clock of an ultimatum, or a local model that was sure and of the body's mind.
    assert all("too late" in one.reason or "under 0.25" in one.reason for one in below)
