"""The bandit parley: few decisions go to the dear tier, and those are the hard ones."""

from __future__ import annotations

import pytest

import npcsim
from npcsim.messages import Answer, Choose, Chosen, Question, Usage, Written
from npcsim.models.scripted import Scripted


def strong(question: Question) -> Answer:
    usage = Usage(900, 20)
    if isinstance(question, Choose):
        return Chosen(0, None, usage)
    return Written("Good day to you.", usage)


HARD = ("accept the offer of", "keep my oath", "raid the village", "lead the band away")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_at_most_one_decision_in_twenty_is_the_dear_tiers_and_hard_ones_are(seed: int) -> None:
    models = {"local": Scripted(), "cloud": Scripted(strong, "strong")}
    changes = [f"seed={seed}"]
    with npcsim.run("04_the_bandit_parley", models=models, overrides=changes) as run:
        decided = list(run.table("decisions").rows())
        events = list(run.events("Decided"))
        scores = {row["name"] for row in run.table("measures").rows()}
    dear = [row for row in decided if row["tier"] == "cloud"]
    assert len(decided) > 200
    assert 0 < len(dear) <= len(decided) / 20
    # Who treats at the bridge, and nobody who only wonders whether to fetch flour.
    assert {row["npc"] for row in dear} <= {"Wulf", "Bran", "Petra"}
    assert scores == {"lives", "coins", "band", "robbed"}
    # An ultimatum on the table, an oath that may be a trap, an oath to be kept or broken, and
    # whether to raid where none was sworn.
    hard = [
        one for one in events
        if one.npc in ("Wulf", "Bran") and any(text.startswith(HARD) for text in one.options)
    ]  # fmt: skip
    below = [one for one in hard if one.tier != "cloud"]
    assert hard
    assert len(below) <= len(hard) / 4
    # The clock of an ultimatum, or a local model that was sure and of the body's mind.
    assert all("too late" in one.reason or "under 0.25" in one.reason for one in below)
