"""The bandit parley: few decisions go to the dear tier, and those are the hard ones."""

from __future__ import annotations

import npcsim
from npcsim.messages import Answer, Choose, Chosen, Question, Usage, Written
from npcsim.models.scripted import Scripted


def strong(question: Question) -> Answer:
    usage = Usage(900, 20)
    if isinstance(question, Choose):
        return Chosen(0, None, usage)
    return Written("Good day to you.", usage)


def test_at_most_one_decision_in_twenty_is_the_dear_tiers_at_the_rules_as_they_are() -> None:
    models = {"local": Scripted(), "cloud": Scripted(strong, "strong")}
    with npcsim.run("04_the_bandit_parley", models=models) as run:
        decided = list(run.table("decisions").rows())
        dear = [row for row in decided if row["tier"] == "cloud"]
        scores = {row["name"] for row in run.table("measures").rows()}
    assert len(decided) > 200
    assert 0 < len(dear) <= len(decided) / 20
    # Who treats at the bridge, and nobody who only wonders whether to fetch flour.
    assert {row["npc"] for row in dear} <= {"Wulf", "Bran", "Petra"}
    assert scores == {"lives", "coins", "band", "robbed"}
