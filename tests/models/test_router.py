"""Which tier answers a thought, and why."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npcsim.models.router import (
    CLOUD,
    LOCAL,
    REFLEX,
    Offer,
    Route,
    Rules,
    escalate,
    gain,
    route,
    unsure,
)

RULES = Rules(dominates=3.0, stakes_for_thought=0.6, retry_ms=60_000)
HERE = Offer(LOCAL)
DOWN = Offer(LOCAL, barred="the local model can't be reached")
DEAR = Offer(CLOUD, price=0.001, paid=True)
NORMAL: dict[str, Any] = {"offers": [HERE], "stakes": 0.1, "utilities": (0.4, 0.3, 0.1)}


@pytest.mark.parametrize(
    ("given", "tier", "reason"),
    [
        ({}, LOCAL, "no option dominates: worth 0.40, the next 0.30"),
        ({"offers": []}, REFLEX, "models are off"),
        ({"offers": [], "stakes": 1.0}, REFLEX, "models are off"),
        ({"utilities": (0.4,)}, REFLEX, "there is only one option"),
        ({"utilities": (0.1, 0.4)}, REFLEX, "one option dominates: worth 0.40, the next 0.10"),
        ({"utilities": (0.1, 0.3)}, LOCAL, "no option dominates: worth 0.30, the next 0.10"),
        ({"utilities": (0.0, 0.4)}, REFLEX, "one option dominates: worth 0.40, the next 0.00"),
        ({"utilities": (0.0, 0.0)}, LOCAL, "no option dominates: worth 0.00, the next 0.00"),
        ({"utilities": (0.1, 0.9), "stakes": 0.6}, LOCAL, "stakes are high: 0.60"),
        ({"stakes": 0.8}, LOCAL, "stakes are high: 0.80"),
        ({"meant": 0}, REFLEX, "the day has it for now: worth 0.40, the next 0.30"),
        ({"meant": 0, "stakes": 0.6}, LOCAL, "stakes are high: 0.60"),
        ({"meant": 1}, LOCAL, "no option dominates: worth 0.40, the next 0.30"),
        (
            {"meant": 0, "utilities": (0.4, 0.4)},
            LOCAL,
            "no option dominates: worth 0.40, the next 0.40",
        ),
        ({"utilities": ()}, LOCAL, "words are wanted"),
        ({"utilities": (), "plain": True}, REFLEX, "news is told in plain words"),
        ({"offers": [DOWN]}, REFLEX, "the local model can't be reached"),
        ({"offers": [DOWN], "stakes": 0.9}, REFLEX, "the local model can't be reached"),
        ({"offers": [DOWN], "utilities": ()}, REFLEX, "the local model can't be reached"),
    ],
)
def test_the_cheapest_tier_that_is_good_enough(given: Any, tier: str, reason: str) -> None:
    asked = NORMAL | given
    way = route(RULES, asked.pop("offers"), **asked)
    assert way == Route(tier, reason)


def test_the_scenario_says_what_dominates() -> None:
    given = {"stakes": 0.1, "utilities": (0.5, 0.2)}
    assert route(Rules(dominates=2.0), [HERE], **given).tier == REFLEX
    assert route(Rules(dominates=3.0), [HERE], **given).tier == LOCAL


def test_a_dear_tier_is_not_asked_first_while_a_free_one_can_be() -> None:
    assert route(RULES, [HERE, DEAR], stakes=0.9, utilities=(0.5, 0.4)).tier == LOCAL


def test_with_no_free_tier_a_dear_one_is_asked_for_what_is_worth_it() -> None:
    for offers in ([DEAR], [DOWN, DEAR], [Offer(LOCAL, closed="is only for at(x)"), DEAR]):
        assert route(RULES, offers, stakes=0.9, utilities=(0.5, 0.4)).tier == CLOUD
        small = route(RULES, offers, stakes=0.1, utilities=(0.5, 0.4))
        assert (small.tier, small.missed) == (REFLEX, False)
        assert "under 0.25: " in small.reason
        assert route(RULES, offers, stakes=0.1, utilities=()).tier == REFLEX


# -- asking a dearer one -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offers", "stakes", "doubt", "way"),
    [
        ([], 1.0, 1.0, Route(LOCAL, "")),
        ([DEAR], 0.5, 0.2, Route(
            LOCAL, "stakes 0.50 x doubt 0.20 = 0.10, under 0.25: cloud not asked")),
        ([DEAR], 0.5, 0.6, Route(
            CLOUD, "stakes 0.50 x doubt 0.60 = 0.30; worth $0.00600, cloud costs $0.00100")),
        ([Offer(CLOUD, 0.05, True)], 0.5, 0.6, Route(
            LOCAL, "stakes 0.50 x doubt 0.60 = 0.30; cloud costs $0.05000, worth $0.00600")),
        ([Offer(CLOUD, 0.001, True, closed="is only for at(Parley)")], 0.5, 0.6, Route(
            LOCAL, "stakes 0.50 x doubt 0.60 = 0.30; cloud is only for at(Parley)")),
        ([Offer(CLOUD, 0.001, True, barred="it is down")], 0.5, 0.6, Route(
            LOCAL, "stakes 0.50 x doubt 0.60 = 0.30; cloud can't be asked: it is down", True)),
    ],
)  # fmt: skip
def test_value_of_information_against_price(
    offers: Any, stakes: float, doubt: float, way: Route
) -> None:
    assert escalate(RULES, offers, stakes, doubt, LOCAL) == way


def test_the_next_dearer_stands_in_for_one_that_can_not_be_asked() -> None:
    offers = [Offer("mid", 0.001, True, barred="it is down"), Offer("top", 0.002, True)]
    way = escalate(RULES, offers, 0.9, 0.9, LOCAL)
    assert (way.tier, way.missed) == ("top", False)
    assert "mid can't be asked: it is down; worth " in way.reason


@given(
    stakes=st.floats(0, 1), doubt=st.floats(0, 1), price=st.floats(0, 0.1),
    worth=st.floats(0, 0.1), least=st.floats(0, 1),
)  # fmt: skip
def test_more_at_stake_or_in_doubt_never_asks_less(
    stakes: float, doubt: float, price: float, worth: float, least: float
) -> None:
    rules = Rules(escalate=least, worth=worth)
    offers = [Offer(CLOUD, price, True)]
    if escalate(rules, offers, stakes, doubt, LOCAL).tier == CLOUD:
        assert escalate(rules, offers, 1.0, doubt, LOCAL).tier == CLOUD
        assert escalate(rules, offers, stakes, 1.0, LOCAL).tier == CLOUD
        assert price <= worth * stakes * doubt
        assert stakes * doubt >= least


def test_the_gain_is_what_asking_can_better_less_what_waiting_loses() -> None:
    rules = Rules(worth=0.1, delay=0.2)
    offer = Offer(CLOUD, trust=0.9, wait=0.5, scale=0.5)
    # stakes x doubt x (1 - trusted) x trust - stakes x delay x wait = 0.144 - 0.08
    assert gain(rules, offer, 0.8, 0.4, 0.5) == pytest.approx(0.1 * 0.5 * (0.144 - 0.08))


@pytest.mark.parametrize(
    ("change", "trusted"),
    [
        ({"wait": 0.9, "trust": 0.3}, 0.0),  # waiting loses more than it can bring
        ({"scale": 0.1}, 0.0),  # a budget nearly used, a tier that fails, nobody looking
        ({"trust": 0.02}, 0.0),  # no better
        ({}, 0.95),  # what is there already is trusted
    ],
)
def test_what_makes_asking_worth_less_keeps_it_from_being_asked(
    change: dict[str, float], trusted: float
) -> None:
    rules = Rules(delay=0.4)
    plain = Offer(CLOUD, price=0.002, paid=True)
    assert escalate(rules, [plain], 0.8, 0.5, LOCAL).tier == CLOUD
    asked = Offer(CLOUD, price=0.002, paid=True, **change)
    assert escalate(rules, [asked], 0.8, 0.5, LOCAL, trusted).tier == LOCAL


def test_of_several_the_one_with_the_largest_gain_after_its_price_is_asked() -> None:
    cheap = Offer("cheap", price=0.001, paid=True, trust=0.5)
    dear = Offer("dear", price=0.002, paid=True, trust=0.9)
    assert escalate(RULES, [cheap, dear], 0.9, 0.9, LOCAL).tier == "dear"
    assert escalate(RULES, [cheap, dear], 0.9, 0.3, LOCAL).tier == "dear"
    as_good = Offer("dear", price=0.002, paid=True, trust=0.5)
    assert escalate(RULES, [cheap, as_good], 0.9, 0.9, LOCAL).tier == "cheap"


def test_an_effort_is_an_offer_of_its_own() -> None:
    low = Offer(CLOUD, 0.001, True, effort="low", trust=0.5)
    high = Offer(CLOUD, 0.004, True, effort="high", trust=0.9)
    way = escalate(RULES, [low, high], 0.9, 0.9, LOCAL)
    assert (way.tier, way.effort, way.name) == (CLOUD, "high", "cloud at high effort")
    assert ", cloud at high effort costs $0.00400" in way.reason
    assert not way.stays(CLOUD)
    assert escalate(RULES, [high], 0.2, 0.2, CLOUD).stays(CLOUD)


def test_every_offer_is_told_with_its_price_its_worth_and_why_not() -> None:
    offers = [
        Offer("off", closed="is only for at(x)"), Offer("down", 0.001, True, barred="it is down"),
        Offer("taken", 0.001, True), Offer("dear", 9.0, True),
    ]  # fmt: skip
    way = escalate(RULES, offers, 0.9, 0.9, LOCAL)
    assert [(one.tier, one.why_not) for one in way.considered] == [
        ("off", "is only for at(x)"), ("down", "it is down"), ("taken", ""),
        ("dear", "not worth its price"),
    ]  # fmt: skip
    assert way.considered[2].price == 0.001
    assert way.considered[2].worth == pytest.approx(0.0162)
    under = escalate(RULES, offers, 0.1, 0.9, LOCAL)
    assert under.considered[3].why_not == "0.09 is under 0.25"
    first = route(RULES, [HERE, DEAR], stakes=0.9, utilities=(0.5, 0.4))
    assert [(one.tier, one.why_not) for one in first.considered] == [
        (LOCAL, ""), (CLOUD, "not before local has answered"),
    ]  # fmt: skip
    alone = route(RULES, [HERE, DEAR], stakes=0.1, utilities=(0.9,))
    assert {one.why_not for one in alone.considered} == {"not needed"}


# -- how unsure an answer leaves a choice --------------------------------------------------------


def test_doubt_is_spread_and_closeness_or_a_quarrel_with_the_body() -> None:
    assert unsure(RULES, (1.0, 0.0), (1.0, 0.0)) == 0.0
    assert unsure(RULES, (0.5, 0.5), (1.0, 1.0)) == 1.0
    # 4/2 (1 - 0.68) = 0.64 for spread, 1 - 0.6 = 0.4 for closeness; the body is of the same mind.
    assert unsure(RULES, (0.8, 0.2), (4.0, 1.0)) == pytest.approx((0.64 + 0.4) / 2)
    # Sure of itself, and the body wants the very opposite.
    assert unsure(RULES, (1.0, 0.0), (0.0, 1.0)) == 1.0
    assert unsure(RULES, (1.0, 0.0), (1.0, 1.0)) == 0.5


def test_no_distribution_is_never_certainty() -> None:
    assert unsure(RULES, None, (0.9, 0.1)) == RULES.unknown == 0.5
    assert unsure(Rules(unknown=0.8), None, (0.9, 0.1)) == 0.8


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 10)), min_size=1, max_size=8),
)
def test_doubt_is_a_share(pairs: Any) -> None:
    doubt = unsure(RULES, [p for p, _ in pairs], [u for _, u in pairs])
    assert 0.0 <= doubt <= 1.0 + 1e-9
