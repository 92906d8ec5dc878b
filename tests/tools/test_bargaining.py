"""Bargaining as arithmetic: words of terms, what is asked for with time, proposals, judgement."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from npcsim.tools.bargaining.agenda import Agenda, Issue, Ratify
from npcsim.tools.bargaining.tactics import (
    Side,
    asked_share,
    distances,
    gains_of,
    judged,
    number_of,
    offers,
    unravelled,
)

SALT = Issue("salt", range(0, 21, 5), item="salt", giver="nia")
TIMBER = Issue("fire_wood", range(0, 21, 5), item="timber", giver="odo")
ROAD = Issue("road", ("nia clears it", "odo clears it", "nobody clears it"))
AGENDA = Agenda((SALT, TIMBER, ROAD))
NIA = Side("nia", 2.0, 0.5, ((0, -5, -10, -15, -20), (0, 20, 40, 60, 80), (-6, 4, 0)))
ODO = Side("odo", 1.0, 0.5, ((0, 15, 30, 45, 60), (0, -5, -10, -15, -20), (8, -9, 0)))


@pytest.mark.parametrize("language", ["en", "ko", "xx"])
def test_terms_are_read_from_their_words(language: str) -> None:
    for terms in product(range(5), range(5), range(3)):
        assert AGENDA.read(AGENDA.text(terms, language), language) == terms
    assert AGENDA.text((0, 2, 1), "en") == "no salt and 10 fire wood and odo clears it"
    for other in ("", "5 salt", "7 salt and 10 fire wood and odo clears it", "salt and and"):
        assert AGENDA.read(other, language) is None


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Agenda(()), "no issues"),
        (lambda: Agenda((SALT,), rounds=0), "rounds"),
        (lambda: Agenda(tuple(Issue(f"i{n}", range(9)) for n in range(4))), "6561 combinations"),
        (lambda: Agenda((Issue("a", ("yes", "no")), Issue("b", ("yes", "maybe")))), "'yes'"),
        (lambda: Issue("a", ("yes",)), "two outcomes"),
        (lambda: Issue("a", ("yes", "yes")), "twice"),
        (lambda: Issue("a", ("yes", "no"), item="salt", giver="nia"), "whole amounts"),
        (lambda: Issue("a", range(3), item="salt"), "giver"),
        (lambda: Issue("a", ("yes", "no"), promise={"maybe": "nia"}), "'maybe'"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make()


def test_gains_are_in_the_order_of_the_terms() -> None:
    gains = gains_of(NIA)
    for terms in product(range(5), range(5), range(3)):
        number = number_of(terms, AGENDA.shape)
        assert unravelled(number, AGENDA.shape) == terms
        worth = sum(own[index] or 0.0 for own, index in zip(NIA.worth, terms, strict=True))
        assert gains[number] == worth - NIA.reserve
    nothing_to_give = Side("nia", 0.0, 0.5, ((0, None), (0, 1)))
    assert gains_of(nothing_to_give).tolist() == [0, 1, -np.inf, -np.inf]


@pytest.mark.parametrize("firm", [0.0, 0.5, 1.0])
def test_less_is_asked_for_with_time_and_the_firm_give_way_later(firm: float) -> None:
    asked = [asked_share(time / 20, firm) for time in range(21)]
    assert asked[0] == 1
    assert asked == sorted(asked, reverse=True)
    assert asked[-1] == asked[15] == 0
    assert asked_share(0.4, 0.9) > asked_share(0.4, 0.1)


def test_proposals_are_good_for_oneself_new_and_nearer_to_the_other() -> None:
    gains, mine, theirs = gains_of(NIA), [(0, 4, 1)], [(4, 0, 0)]
    opening = offers(AGENDA, gains, 1.0, [], [])
    assert opening.opening == (0, 4, 1)
    far = distances(AGENDA, theirs)
    for share in (1.0, 0.6, 0.3, 0.0):
        found = offers(AGENDA, gains, share, mine, theirs)
        last = number_of(mine[-1], AGENDA.shape)
        for terms in (found.meet, found.least, found.trade):
            if terms is None:
                continue
            number = number_of(terms, AGENDA.shape)
            assert terms not in mine
            assert gains[number] > 0
            if terms is found.meet:
                assert gains[number] >= found.asked - 1e-9
            if terms is found.trade:
                assert gains[number] >= gains[last] - 1e-9
                assert far[number] < far[last]
    # What costs least for the way made: a sack of salt is worth little to her.
    assert offers(AGENDA, gains, 0.5, mine, theirs).least in {(1, 4, 1), (0, 4, 0)}


def test_what_the_other_gives_way_on_counts_less() -> None:
    stubborn = distances(AGENDA, [(4, 0, 0), (4, 0, 0)])
    moved = distances(AGENDA, [(4, 4, 0), (4, 0, 0)])
    away = number_of((4, 4, 0), AGENDA.shape)
    assert moved[away] < stubborn[away]
    assert moved[number_of((0, 0, 0), AGENDA.shape)] == stubborn[number_of((0, 0, 0), AGENDA.shape)]


def test_who_can_gain_nothing_has_nothing_to_propose() -> None:
    gains = gains_of(Side("nia", 1000.0, 0.5, NIA.worth))
    assert offers(AGENDA, gains, 1.0, [], []).opening is None


def test_an_outcome_is_judged_beside_what_there_could_have_been() -> None:
    best = judged([NIA, ODO], AGENDA, (4, 4, 0))
    assert best["gains"] == {"nia": 52.0, "odo": 47.0}
    assert best["joint_gain"] == 99.0
    assert best["nash"] == 52.0 * 47.0
    assert best["pareto"]
    poor = judged([NIA, ODO], AGENDA, (1, 1, 2))
    assert not poor["pareto"]
    assert poor["best_joint_gain"] == best["joint_gain"] == best["best_joint_gain"]
    assert poor["best_nash"] >= best["nash"] > poor["nash"] > 0
    none = judged([NIA, ODO], AGENDA, None)
    assert none["gains"] == {"nia": 0.0, "odo": 0.0}
    assert (none["nash"], none["pareto"]) == (0.0, False)
    hopeless = judged([NIA, Side("odo", 500.0, 0.5, ODO.worth)], AGENDA, None)
    assert (hopeless["zone"], hopeless["best_nash"], hopeless["pareto"]) == (0, 0.0, True)


@pytest.mark.parametrize(
    ("needs", "votes", "verdict"),
    [
        ("all", {"a": True, "b": True}, None),
        ("all", {"a": True, "b": True, "c": True}, True),
        ("all", {"a": False}, False),
        ("most", {"a": True, "b": True}, True),
        ("most", {"a": False, "b": True}, None),
        ("most", {"a": False, "b": False}, False),
        ("any", {"a": False, "b": False}, None),
        ("any", {"c": True}, True),
        ("any", {"a": False, "b": False, "c": False}, False),
    ],
)
def test_votes(needs: str, votes: dict[str, bool], verdict: bool | None) -> None:
    assert Ratify(("a", "b", "c"), needs).verdict(votes, ("a", "b", "c")) is verdict


def test_where_nobody_is_left_to_vote_it_is_not_ratified() -> None:
    assert Ratify(("a",)).verdict({}, ()) is False
