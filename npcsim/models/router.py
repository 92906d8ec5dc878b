"""Who answers a thought: the cheapest tier that is good enough, and why.

Reflex decides where one option dominates. Else the cheapest tier that costs nothing is asked.
When its answer has landed, a dearer one is asked too if what is to be gained is worth its price:

    gain  = worth x (stakes x doubt x (1 - trusted) x trust - stakes x delay x wait) x scale
    asked if stakes x doubt >= escalate and gain >= price, the largest gain - price first

`trusted` is how far what has been answered so far is trusted, `trust` how far the dearer one is.
docs/explain/routing.md tells where each comes from. Everything is + - * / and comparison, so that
the same answers go the same way on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from npcsim.events import Considered
from npcsim.models.tiers import CLOUD, LOCAL

REFLEX = "reflex"
__all__ = [
    "CLOUD", "LOCAL", "REFLEX", "Offer", "Route", "Rules", "escalate", "gain", "route", "unsure",
]  # fmt: skip


def _named(tier: str, effort: str) -> str:
    return f"{tier} at {effort} effort" if effort else tier


@dataclass(frozen=True, slots=True)
class Route:
    """A tier, at which effort, and the reason for it, in words for the log.

    `missed`: a tier that was worth asking could not be, so what is decided is a fallback.
    `considered`: every offer there was, this one too.
    """

    tier: str
    reason: str
    missed: bool = False
    effort: str = ""
    considered: tuple[Considered, ...] = field(default=(), compare=False)

    @property
    def name(self) -> str:
        """`cloud`, or `cloud at high effort`."""
        return _named(self.tier, self.effort)

    def stays(self, settled: str) -> bool:
        """Whether `escalate` found nobody else to ask; the same tier at an effort is another."""
        return (self.tier, self.effort) == (settled, "")


@dataclass(frozen=True, slots=True)
class Offer:
    """A tier, or one effort of it, as it stands for one thought.

    `price`: what asking will cost, in USD, roughly; `paid`: whether it costs at all. `closed`: why
    it is not for this thought, by the scenario or because it would answer too late. `barred`: why
    it can't be asked although it might be (down, over budget). `trust`: how far its word goes, 0
    to 1. `wait`: its think time as a share of the time that is left; 0 where nothing presses.
    `scale`: how far the worth counts for it now, and `scaled` why, in words.
    """

    tier: str
    price: float = 0.0
    paid: bool = False
    closed: str = ""
    barred: str = ""
    effort: str = ""
    trust: float = 1.0
    wait: float = 0.0
    scale: float = 1.0
    scaled: str = ""

    @property
    def name(self) -> str:
        """`cloud`, or `cloud at high effort`."""
        return _named(self.tier, self.effort)

    def passed(self, why: str, worth: float = 0.0) -> Considered:
        """This offer as one that was considered; not taken for being closed or barred, or `why`."""
        return Considered(
            self.tier, self.effort, self.price, worth, self.closed or self.barred or why
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """`dominates`: how many times the next best an option must be worth to be taken by reflex.

    `stakes_for_thought`: from these stakes on a model is asked even then. `retry_ms`: for how
    long (simulated) a tier that could not be reached is left alone. `escalate`: stakes times
    uncertainty from which a dearer tier may be asked. `worth`: what the right choice is worth, in
    USD, where everything hangs on it and nothing is known. `unknown`: the uncertainty that an
    answer without a distribution leaves. `delay`: the share of the stakes that is lost by deciding
    at the last moment instead of now. `in_turn`: whether tiers are asked one after another at all;
    else what the first one says, or fails to say, stands.
    """

    dominates: float = 3.0
    stakes_for_thought: float = 0.6
    retry_ms: int = 60_000
    escalate: float = 0.25
    worth: float = 0.02
    unknown: float = 0.5
    delay: float = 0.1
    in_turn: bool = True


def route(
    rules: Rules,
    offers: Sequence[Offer],
    *,
    stakes: float,
    utilities: Sequence[float] = (),
    meant: int = -1,
    plain: bool = False,
) -> Route:
    """The first tier of one thought, of `offers` from cheap to dear.

    `utilities` is empty for words; `plain` ones need no model. `meant`: which option the sketch of
    the day has for now, -1 for none. It was thought about as the day was sketched, so where nothing
    is worth more it is not asked about again.
    """
    if not offers:
        return Route(REFLEX, "models are off")
    if len(utilities) == 1:
        return _reflex("there is only one option", offers)
    if utilities:
        best, second = sorted(utilities, reverse=True)[:2]
        calm = stakes < rules.stakes_for_thought
        if calm and best > rules.dominates * second:
            why = f"one option dominates: worth {best:.2f}, the next {second:.2f}"
            return _reflex(why, offers)
        if calm and meant >= 0 and best > second and utilities[meant] == best:
            why = f"the day has it for now: worth {best:.2f}, the next {second:.2f}"
            return _reflex(why, offers)
    if plain:
        return _reflex("news is told in plain words", offers)
    if all(offer.closed for offer in offers):
        closed = dict.fromkeys(f"{offer.name} {offer.closed}" for offer in offers)
        return _reflex("; ".join(closed), offers)
    free = [offer for offer in offers if not offer.paid and not offer.closed]
    usable = [offer for offer in free if not offer.barred]
    if free and not usable and len(offers) == len(free):
        return _reflex("; ".join(dict.fromkeys(offer.barred for offer in free)), offers)
    if usable:
        first = usable[0]
        considered = tuple(
            offer.passed("" if offer is first else f"not before {first.name} has answered")
            for offer in offers
        )
        reason = _reason(rules, stakes, utilities)
        return Route(first.tier, reason, effort=first.effort, considered=considered)
    shares = _equal_or_shares(utilities)
    return escalate(rules, offers, stakes, unsure(rules, shares, shares), REFLEX)


def _reflex(why: str, offers: Sequence[Offer]) -> Route:
    return Route(REFLEX, why, considered=tuple(offer.passed("not needed") for offer in offers))


def _reason(rules: Rules, stakes: float, utilities: Sequence[float]) -> str:
    if not utilities:
        return "words are wanted"
    if stakes >= rules.stakes_for_thought:
        return f"stakes are high: {stakes:.2f}"
    best, second = sorted(utilities, reverse=True)[:2]
    return f"no option dominates: worth {best:.2f}, the next {second:.2f}"


def gain(rules: Rules, offer: Offer, stakes: float, doubt: float, trusted: float) -> float:
    """What asking is expected to be worth, in USD, before its price; see the formula above.

    `doubt`: how unsure the choice is as it stands. (1 - trusted) x trust is how likely the answer
    so far is wrong and the dearer one right, if they err independently of each other. Negative
    where waiting loses more than knowing better can bring.
    """
    better = stakes * doubt * (1 - trusted) * offer.trust
    return rules.worth * offer.scale * (better - stakes * rules.delay * offer.wait)


def escalate(
    rules: Rules,
    dearer: Sequence[Offer],
    stakes: float,
    doubt: float,
    settled: str,
    trusted: float = 0.0,
) -> Route:
    """Whether to ask one of the offers dearer than `settled`, which has an answer (or none).

    `doubt`: how unsure that leaves the choice, 0 to 1. `trusted`: how far that answer is, 0 for
    none. -> the tier to ask, or `settled`.
    """
    if not dearer:
        return Route(settled, "")
    if settled != REFLEX and not rules.in_turn:
        passed = tuple(offer.passed("escalation is off") for offer in dearer)
        return Route(settled, "escalation is off", considered=passed)
    weight = stakes * doubt
    weighed = f"stakes {stakes:.2f} x doubt {doubt:.2f} = {weight:.2f}"
    if weight < rules.escalate:
        names = " and ".join(dict.fromkeys(offer.tier for offer in dearer))
        under = f"under {rules.escalate:.2f}"
        passed = tuple(offer.passed(f"{weight:.2f} is {under}") for offer in dearer)
        return Route(settled, f"{weighed}, {under}: {names} not asked", considered=passed)
    worths = [gain(rules, offer, stakes, doubt, trusted) for offer in dearer]
    order = sorted(range(len(dearer)), key=lambda i: (dearer[i].price - worths[i], i))
    told, missed, taken = [], False, -1
    for i in order:
        offer, worth = dearer[i], worths[i]
        if offer.closed:
            told.append(f"{offer.name} {offer.closed}")
        elif worth < offer.price or worth <= 0:
            told.append(f"{offer.name} costs ${offer.price:.5f}, worth {_usd(worth)}{_why(offer)}")
        elif offer.barred:
            told.append(f"{offer.name} can't be asked: {offer.barred}")
            missed = True
        else:
            told.append(f"worth {_usd(worth)}{_why(offer)}, {offer.name} costs ${offer.price:.5f}")
            taken = i
            break
    considered = tuple(
        offer.passed("" if i == taken else _against(offer, worths[i], taken >= 0), worths[i])
        for i, offer in enumerate(dearer)
    )
    reason = "; ".join([weighed, *dict.fromkeys(told)])
    if taken < 0:
        return Route(settled, reason, missed, considered=considered)
    chosen = dearer[taken]
    return Route(chosen.tier, reason, effort=chosen.effort, considered=considered)


def _usd(worth: float) -> str:
    return f"${worth:.5f}" if worth >= 0 else f"-${-worth:.5f}"


def _why(offer: Offer) -> str:
    return f" ({offer.scaled})" if offer.scaled else ""


def _against(offer: Offer, worth: float, other_taken: bool) -> str:
    if worth < offer.price or worth <= 0:
        return "not worth its price"
    return "another is worth more" if other_taken else ""


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
