"""Budgets that hold, whatever is under way."""

from __future__ import annotations

import random

import pytest

from npcsim.models.money.ledger import HOUR_MS, Budget, Ledger, usd

CENT = 10_000_000_000


def test_what_is_reserved_is_gone_until_it_is_settled() -> None:
    ledger = Ledger({"cloud": Budget(run=10 * CENT)})
    assert ledger.refusal("cloud", "ida", 0, 10 * CENT) == ""
    ledger.reserve("t1", "cloud", "ida", 0, 6 * CENT)
    assert ledger.refusal("cloud", "bo", 0, 5 * CENT) == (
        "the run's budget of $0.10 is used up: $0.00 spent, $0.06 reserved, $0.05 wanted at most"
    )
    assert ledger.refusal("cloud", "bo", 0, 4 * CENT) == ""
    ledger.settle("t1", CENT)
    assert ledger.refusal("cloud", "bo", 0, 9 * CENT) == ""
    assert ledger.refusal("cloud", "bo", 0, 9 * CENT + 1)


def test_budgets_by_npc_and_by_simulated_hour() -> None:
    ledger = Ledger({"cloud": Budget(npc=2 * CENT, hour=3 * CENT)})
    ledger.reserve("t1", "cloud", "ida", HOUR_MS - 1, 2 * CENT)
    assert ledger.refusal("cloud", "ida", HOUR_MS - 1, CENT).startswith("ida's budget of $0.02")
    assert ledger.refusal("cloud", "bo", HOUR_MS - 1, 2 * CENT).startswith("this hour's budget")
    # A new hour has money of its own; what was asked in the old one is charged to the old one.
    assert ledger.refusal("cloud", "bo", HOUR_MS, 2 * CENT) == ""
    ledger.settle("t1", 2 * CENT)
    assert ledger.refusal("cloud", "bo", HOUR_MS, 2 * CENT) == ""
    assert ledger.refusal("cloud", "ida", HOUR_MS, 1)


def test_a_tier_without_a_budget_is_not_limited() -> None:
    ledger = Ledger({"cloud": Budget(run=0)})
    ledger.reserve("t1", "other", "ida", 0, 10**20)
    ledger.settle("t1", 10**20)
    ledger.settle("never reserved", CENT)
    assert ledger.refusal("other", "ida", 0, 10**20) == ""
    assert ledger.refusal("cloud", "ida", 0, 1)


@pytest.mark.parametrize("trial", range(100))
def test_two_hundred_under_way_at_once_never_overshoot_a_dollar(trial: int) -> None:
    """Sizes at random; a call costs at most its bound, and often less."""
    chance = random.Random(trial)
    budget = 100 * CENT
    ledger = Ledger({"cloud": Budget(run=budget)})
    flying: dict[str, int] = {}
    spent = refused = 0
    for number in range(600):
        most = chance.randrange(1, 8 * CENT)
        if ledger.refusal("cloud", f"n{number % 40}", number, most):
            refused += 1
        else:
            ledger.reserve(str(number), "cloud", f"n{number % 40}", number, most)
            flying[str(number)] = most
        while len(flying) >= 200 or (flying and chance.random() < 0.45):
            name = chance.choice(sorted(flying))
            cost = chance.choice((flying[name], chance.randrange(flying[name] + 1), 0))
            del flying[name]
            ledger.settle(name, cost)
            spent += cost
        # The worst: everything under way costs all it can.
        assert spent + sum(flying.values()) <= budget
    assert refused
    assert spent > budget // 2


def test_small_money_reads_well() -> None:
    assert [usd(n) for n in (0, CENT, 20 * CENT, 120_000_000, 10**12)] == [
        "$0.00", "$0.01", "$0.20", "$0.00012", "$1.00",
    ]  # fmt: skip
