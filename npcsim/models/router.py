"""Who answers a thought: the cheapest tier that is good enough, and why.

Reflex decides where one option dominates. Else the cheapest tier that costs nothing is asked.
When its answer has landed, a dearer tier is asked too if what hangs on the choice, times how
unsure the answer leaves it, is worth the price. Everything is + - * / and comparison, so that the
same answers go the same way on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from npcsim.models.tiers import CLOUD, LOCAL

REFLEX = "reflex"
__all__ = ["CLOUD", "LOCAL", "REFLEX", "Offer", "Route", "Rules", "escalate", "route", "unsure"]


@dataclass(frozen=True, slots=True)
class Route:
    """A tier and the reason for it, in words for the log.

    `missed`: a tier that was worth asking could not be, so what is decided is a fallback.
    """

    tier: str
    reason: str
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A tier as it stands for one thought.

    `price`: what asking will cost, in USD, roughly; `paid`: whether it costs at all. `closed`: why
    it is not for this thought, as the scenario says. `barred`: why it can't be asked although it
    might be (down, over budget).
    """

    tier: str
    price: float = 0.0
    paid: bool = False
    closed: str = ""
    barred: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """`dominates`: how many times the next best an option must be worth to be taken by reflex.

    `stakes_for_thought`: from these stakes on a model is asked even then. `retry_ms`: for how
    long (simulated) a tier that could not be reached is left alone. `escalate`: stakes times
    uncertainty from which a dearer tier may be asked. `worth`: what the right choice is worth, in
    USD, where everything hangs on it and nothing is known. `unknown`: the uncertainty that an
    answer without a distribution leaves.
    """

    dominates: float = 3.0
    stakes_for_thought: float = 0.6
    retry_ms: int = 60_000
    escalate: float = 0.15
    worth: float = 0.02
    unknown: float = 0.5


def route(
    rules: Rules,
    offers: Sequence[Offer],
    *,
    stakes: float,
    utilities: Sequence[float] = (),
    plain: bool = False,
) -> Route:
    """The first tier of one thought, of `offers` from cheap to dear.

    `utilities` is empty for words; `plain` ones need no model.
    """
    if not offers:
        return Route(REFLEX, "models are off")
    if len(utilities) == 1:
        return Route(REFLEX, "there is only one option")
    if utilities:
        best, second = sorted(utilities, reverse=True)[:2]
        if best > rules.dominates * second and stakes < rules.stakes_for_thought:
            return Route(REFLEX, f"one option dominates: worth {best:.2f}, the next {second:.2f}")
    if all(offer.closed for offer in offers):
        return Route(REFLEX, "; ".join(f"{offer.tier} {offer.closed}" for offer in offers))
    free = [offer for offer in offers if not offer.paid and not offer.closed]
    usable = [offer for offer in free if not offer.barred]
    if free and not usable and len(offers) == len(free):
        return Route(REFLEX, "; ".join(offer.barred for offer in free))
    if plain:
        return Route(REFLEX, "news is told in plain words")
    if usable:
        return Route(usable[0].tier, _reason(rules, stakes, utilities))
    shares = _equal_or_shares(utilities)
    return escalate(rules, offers, stakes, unsure(rules, shares, shares), REFLEX)


def _reason(rules: Rules, stakes: float, utilities: Sequence[float]) -> str:
    if not utilities:
        return "words are wanted"
    if stakes >= rules.stakes_for_thought:
        return f"stakes are high: {stakes:.2f}"
    best, second = sorted(utilities, reverse=True)[:2]
    return f"no option dominates: worth {best:.2f}, the next {second:.2f}"


def escalate(
    rules: Rules, dearer: Sequence[Offer], stakes: float, doubt: float, settled: str
) -> Route:
    """Whether to ask one of the tiers dearer than `settled`, which has an answer (or none).

    `doubt`: how unsure that leaves the choice, 0 to 1. -> the tier to ask, or `settled`.
    """
    if not dearer:
        return Route(settled, "")
    weight = stakes * doubt
    weighed = f"stakes {stakes:.2f} x doubt {doubt:.2f} = {weight:.2f}"
    if weight < rules.escalate:
        names = " and ".join(offer.tier for offer in dearer)
        return Route(settled, f"{weighed}, under {rules.escalate:.2f}: {names} not asked")
    told, missed = [], False
    for offer in dearer:
        worth = rules.worth * weight
        if offer.closed:
            told.append(f"{offer.tier} {offer.closed}")
        elif worth < offer.price:
            told.append(f"{offer.tier} costs ${offer.price:.5f}, worth ${worth:.5f}")
        elif offer.barred:
            told.append(f"{offer.tier} can't be asked: {offer.barred}")
            missed = True
        else:
            told.append(f"worth ${worth:.5f}, {offer.tier} costs ${offer.price:.5f}")
            return Route(offer.tier, "; ".join([weighed, *told]))
    return Route(settled, "; ".join([weighed, *told]), missed)


def unsure(
    rules: Rules, probabilities: Sequence[float] | None, utilities: Sequence[float]
) -> float:
    """How unsure an answer leaves the choice, 0 to 1.

    The larger of two doubts. Its own: the mean of its spread, n/(n-1) (1 - sum p^2), which is the
    quadratic entropy scaled to 1 for even odds, and of 1 - (best - next best). And its quarrel
    with the body: half the sum of |p - u| over the shares of utility. No distribution: what
    `rules.unknown` says, for that is not certainty.
    """
    if probabilities is None:
        return rules.unknown
    count = len(probabilities)
    if count < 2:
        return 0.0
    squares = quarrel = 0.0
    shares = _equal_or_shares(utilities)
    whole = 0.0
    for p in probabilities:
        whole += p
    scaled = [p / whole for p in probabilities] if whole > 0 else [1 / count] * count
    for p, u in zip(scaled, shares, strict=True):
        squares += p * p
        quarrel += abs(p - u) / 2
    best, second = sorted(scaled, reverse=True)[:2]
    own = (min(1.0, count / (count - 1) * (1 - squares)) + 1 - (best - second)) / 2
    return max(own, quarrel)


def _equal_or_shares(utilities: Sequence[float]) -> list[float]:
    total = 0.0
    for value in utilities:
        total += value
    if total <= 0:
        return [1 / len(utilities) for _ in utilities]
    return [value / total for value in utilities]
