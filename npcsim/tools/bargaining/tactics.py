"""How one bargains without knowing the other's mind: arithmetic over all possible terms.

What one asks for falls with time, as in Faratin, Sierra and Jennings, "Negotiation decision
functions for autonomous agents" (1998): a(t) = 1 - F(t), here with polynomials instead of their
powers, F(t) = (1 - firm) t (2 - t) + firm t^3, and t reaching 1 before the last rounds. Among the
terms that are as good as that, the nearest to what the other proposed last is taken, where what
the other has given way on counts less. For ranges and straight values that is close to projecting
in turn onto two convex sets, which meet if they can; where it matters, nothing promises it.

Only elementwise + - * / and comparison over arrays, so the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.tools.bargaining.agenda import Agenda, Terms

SETTLED = 0.75
"""The share of the time after which one asks for no more than is better than nothing."""
TINY = 1e-9
HURRY = 0.15
"""By so much of the time one hurries, each time that the other threatens to leave."""
GIVEN = 0.25
Gains = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Side:
    """What somebody keeps to himself: what each outcome is worth, what no agreement is, how firm.

    worth: issue by issue, outcome by outcome; None for what he has not got to give.
    """

    who: str
    reserve: float
    firm: float
    worth: tuple[tuple[float | None, ...], ...]

    @property
    def plain(self) -> tuple[Any, ...]:
        """As a scene keeps it."""
        return (self.who, self.reserve, self.firm, self.worth)


def gains_of(side: Side) -> Gains:
    """What each of all possible terms is worth above no agreement; -inf where it can't be.

    One number each, in the order of `unravelled`.
    """
    total = np.array([-side.reserve])
    for worth in side.worth:
        own = np.array([-np.inf if one is None else one for one in worth])
        total = (total[:, None] + own[None, :]).reshape(-1)
    return total


def number_of(terms: Terms, shape: Sequence[int]) -> int:
    """The place of terms in the order of `gains_of`."""
    number = 0
    for index, count in zip(terms, shape, strict=True):
        number = number * count + index
    return number


def unravelled(number: int, shape: Sequence[int]) -> Terms:
    """The terms at a place."""
    terms = []
    for count in reversed(shape):
        number, index = divmod(number, count)
        terms.append(index)
    return tuple(reversed(terms))


def distances(agenda: Agenda, theirs: Sequence[Terms]) -> Gains:
    """How far all possible terms are from the last of `theirs`, their proposals in order.

    Squares, each issue from 0 to 1, times 1 / (1/4 + how far they have moved on it), summed: what
    somebody does not give way on matters most to him.
    """
    total = np.zeros(1)
    for at, issue in enumerate(agenda.issues):
        index, proposed = theirs[-1][at], [terms[at] for terms in theirs]
        if issue.is_number:
            most = len(issue.outcomes) - 1
            own = (np.arange(len(issue.outcomes)) - index) / most
            moved = (max(proposed) - min(proposed)) / most
        else:
            own = (np.arange(len(issue.outcomes)) != index).astype(np.float64)
            moved = float(len(set(proposed)) > 1)
        total = (total[:, None] + (own * own / (GIVEN + moved))[None, :]).reshape(-1)
    return total


def asked_share(time: float, firm: float) -> float:
    """a(t): the share of one's best that one still asks for, from 1 to 0. `time`: 0 to 1."""
    t = min(max(time / SETTLED, 0.0), 1.0)
    return 1 - ((1 - firm) * t * (2 - t) + firm * t * t * t)


@dataclass(frozen=True, slots=True)
class Offers:
    """What one could propose now, by kind of move, and what one asks for at this time.

    asked: a gain; best: the most one could gain at all, 0 where nothing is better than nothing.
    """

    asked: float
    best: float
    opening: Terms | None = None
    meet: Terms | None = None
    least: Terms | None = None
    trade: Terms | None = None


def offers(
    agenda: Agenda,
    gains: Gains,
    asked: float,
    mine: Sequence[Terms],
    theirs: Sequence[Terms],
) -> Offers:
    """What there is to propose. mine, theirs: what oneself and the other have proposed, in order.

    opening: the best for oneself. meet: as good as one asks for, as near as can be to their last.
    least: one step towards that where it costs least. trade: no worse than one's own last, nearer
    to theirs. Nothing is proposed twice by these.
    """
    shape = agenda.shape
    best = float(gains.max())
    if best <= TINY:
        return Offers(0.0, 0.0)
    level = max(asked * best, TINY)
    far = distances(agenda, theirs) if theirs else np.zeros(len(gains))
    if not mine:
        return Offers(level, best, opening=_nearest(gains >= best - TINY, far, gains, shape))
    last = number_of(mine[-1], shape)
    new = gains > TINY
    new[[number_of(terms, shape) for terms in mine]] = False
    nearer = far < far[last] - TINY
    trade = _nearest(new & nearer & (gains >= gains[last] - TINY), far, gains, shape)
    if not theirs:
        meet = _best(new & (gains < gains[last] - TINY), gains, shape)
        return Offers(level, best, meet=meet)
    meet = _nearest(new & (gains >= level - TINY), far, gains, shape)
    return Offers(level, best, None, meet, _least(agenda, gains, new, mine[-1], theirs[-1]), trade)


def _least(
    agenda: Agenda, gains: Gains, new: NDArray[np.bool_], last: Terms, theirs: Terms
) -> Terms | None:
    """One's last terms with one issue moved one step, where that costs least for the way made."""
    found: list[tuple[float, int, Terms]] = []
    shape = agenda.shape
    for at, issue in enumerate(agenda.issues):
        if last[at] == theirs[at]:
            continue
        step = (1 if theirs[at] > last[at] else -1) if issue.is_number else theirs[at] - last[at]
        terms = (*last[:at], last[at] + step, *last[at + 1 :])
        number = number_of(terms, shape)
        way = 1 / (len(issue.outcomes) - 1) if issue.is_number else 1.0
        cost = float(gains[number_of(last, shape)] - gains[number])
        if new[number] and cost > TINY:
            found.append((cost / way, at, terms))
    return min(found)[2] if found else None


def _nearest(
    among: NDArray[np.bool_], far: Gains, gains: Gains, shape: Sequence[int]
) -> Terms | None:
    """The nearest of some terms; of those as near, the best; of those as good, the first."""
    numbers = np.flatnonzero(among)
    if not len(numbers):
        return None
    near = numbers[far[numbers] <= far[numbers].min() + TINY]
    return unravelled(int(near[int(gains[near].argmax())]), shape)


def _best(among: NDArray[np.bool_], gains: Gains, shape: Sequence[int]) -> Terms | None:
    numbers = np.flatnonzero(among)
    return unravelled(int(numbers[int(gains[numbers].argmax())]), shape) if len(numbers) else None


def judged(sides: Sequence[Side], agenda: Agenda, terms: Terms | None) -> Mapping[str, Any]:
    """How good an outcome is for all of them together, beside what there could have been.

    terms: None for no agreement, which gains nobody anything. joint_gain: the sum of gains;
    nash: their product (Nash, "The bargaining problem", 1950), 0 where one gains nothing; pareto:
    whether nothing else were better for one and worse for none; zone: how many terms are better
    for everybody than none.
    """
    every = [gains_of(side) for side in sides]
    can = np.ones(len(every[0]), np.bool_)
    zone = can.copy()
    joint, product = np.zeros(len(can)), np.ones(len(can))
    for gains in every:
        can &= gains > -np.inf
        zone &= gains > TINY
    for gains in every:
        joint = joint + np.where(can, gains, 0.0)
        product = product * np.where(zone, gains, 0.0)
    at = None if terms is None else number_of(terms, agenda.shape)
    own = [0.0 if at is None else float(gains[at]) for gains in every]
    no_worse, better = can.copy(), np.zeros(len(can), np.bool_)
    for gains, gain in zip(every, own, strict=True):
        no_worse &= gains >= gain - TINY
        better |= gains > gain + TINY
    nash = 1.0
    for gain in own:
        nash *= max(gain, 0.0)
    total = 0.0
    for gain in own:
        total += gain
    return {
        "gains": {side.who: gain for side, gain in zip(sides, own, strict=True)},
        "joint_gain": total,
        "best_joint_gain": max(float(joint[zone].max()), 0.0) if zone.any() else 0.0,
        "nash": nash,
        "best_nash": float(product.max()) if zone.any() else 0.0,
        "pareto": not bool((no_worse & better).any()),
        "zone": int(zone.sum()),
    }
