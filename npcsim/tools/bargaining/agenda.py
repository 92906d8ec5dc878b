"""What is on the table: issues with their outcomes, rounds, and who has to ratify."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from npcsim.reflex.guards import numbers
from npcsim.tools.view import Body, View

MOST_COMBINATIONS = 5_000
MOST_ROUNDS = 100
ALL, MOST, ANY = "all", "most", "any"
AND = {"en": " and ", "ko": " 그리고 "}
NONE = {"en": "no {name}", "ko": "{name} 0"}
AMOUNT = {"en": "{count} {name}", "ko": "{name} {count}"}

Terms = tuple[int, ...]
"""One outcome of each issue, by its number."""
Worth = float | Callable[..., Any]
"""A number, or an expression of the scenario that gives one for somebody."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is negotiated, and all it can come to: numbers in order, or texts.

    With an `item`, that many change hands: from `giver`, somebody at the table or a faction, to
    `taker`; without one, to the other side. With `within`, in simulated seconds, it is not handed
    over at once but promised. `promise`: who owes something by which outcome.

    `worth`: what it is worth to whom, an NPC, an archetype or a faction; nobody else knows it. Of
    an item, what one is worth in coins (as one's faction has it, where nothing is said); of other
    numbers, what one more is worth; of texts, what each is, 0 where nothing is said. Raises
    ValueError for what makes no sense.
    """

    name: str
    outcomes: Sequence[str | float]
    item: str = ""
    giver: str = ""
    taker: str = ""
    promise: Mapping[str, str] = field(default_factory=dict)
    worth: Mapping[str, Worth | Mapping[str, Worth]] = field(default_factory=dict)
    within: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "outcomes", tuple(self.outcomes))
        if len(self.outcomes) < 2:
            raise ValueError(f"{self.name}: there must be two outcomes at least")
        if len(set(self.outcomes)) < len(self.outcomes):
            raise ValueError(f"{self.name}: an outcome stands there twice")
        if self.item and not (self.giver and self.is_amount):
            raise ValueError(f"{self.name}: an item needs a giver, and whole amounts from 0 on")
        for outcome in self.promise:
            if outcome not in self.outcomes:
                raise ValueError(f"{self.name}: {outcome!r} is none of its outcomes")

    @property
    def is_number(self) -> bool:
        """Whether its outcomes are numbers, so that one is nearer to another than a third is."""
        return all(isinstance(one, int | float) and math.isfinite(one) for one in self.outcomes)

    @property
    def is_amount(self) -> bool:
        """Whether its outcomes are counts of something."""
        return all(isinstance(one, int) and one >= 0 for one in self.outcomes)

    def text(self, number: int, language: str) -> str:
        """An outcome in words."""
        outcome = self.outcomes[number]
        if isinstance(outcome, str):
            return outcome
        forms = NONE if outcome == 0 else AMOUNT
        form, name = forms.get(language) or forms["en"], self.name.replace("_", " ")
        return form.format(name=name, count=f"{outcome:g}")


@dataclass(frozen=True, slots=True)
class Ratify:
    """Who has to agree afterwards, one by one, though they were not at the table.

    needs: all, most or any of them; within: how long it may take, in simulated milliseconds.
    """

    by: tuple[str, ...]
    needs: str = ALL
    within_ms: int = 86_400_000

    def verdict(self, votes: Mapping[str, bool], voters: Sequence[str]) -> bool | None:
        """What has come of it so far; None while it is open. `voters`: all who can vote."""
        yes = sum(votes.values())
        no, count = len(votes) - yes, len(voters)
        least = {ALL: count, MOST: count // 2 + 1, ANY: 1}[self.needs]
        if yes >= least and yes:
            return True
        return False if count - no < least or not count else None


@dataclass(frozen=True, slots=True)
class Agenda:
    """All that is fixed about a negotiation before it begins.

    rounds: in how many, each with one move of everybody, it must come to an end. reserve: what no
    agreement is worth to whom, 0 where nothing is said. firm: how slowly who gives way, from 0 (at
    once) to 1 (at the very end); 0.5 where nothing is said. Raises ValueError for what makes no
    sense.
    """

    issues: Sequence[Issue]
    rounds: int = 8
    reserve: Mapping[str, Worth] = field(default_factory=dict)
    firm: Mapping[str, Worth] = field(default_factory=dict)
    ratify: Ratify | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "issues", tuple(self.issues))
        if not self.issues:
            raise ValueError("there are no issues: what is it about?")
        if not 1 <= self.rounds <= MOST_ROUNDS:
            raise ValueError(f"rounds must be from 1 to {MOST_ROUNDS}, not {self.rounds!r}")
        count = math.prod(self.shape)
        if count > MOST_COMBINATIONS:
            raise ValueError(
                f"the outcomes make {count} combinations, {MOST_COMBINATIONS} at most: "
                "take bigger steps"
            )
        for language in AND:
            said = [
                issue.text(number, language)
                for issue in self.issues
                for number in range(len(issue.outcomes))
            ]
            twice = next((text for text in said if said.count(text) > 1), None)
            if twice is not None:
                raise ValueError(f"two issues have the same outcome {twice!r}: word one otherwise")

    @property
    def shape(self) -> tuple[int, ...]:
        """How many outcomes each issue has."""
        return tuple(len(issue.outcomes) for issue in self.issues)

    def text(self, terms: Terms, language: str) -> str:
        """Terms in words, which `read` understands."""
        said = (
            issue.text(number, language) for issue, number in zip(self.issues, terms, strict=True)
        )
        return (AND.get(language) or AND["en"]).join(said)

    def read(self, text: str, language: str) -> Terms | None:
        """Terms from their words; None for what is not on the table."""
        parts = text.split(AND.get(language) or AND["en"])
        if len(parts) != len(self.issues):
            return None
        terms = []
        for issue, part in zip(self.issues, parts, strict=True):
            known = [issue.text(number, language) for number in range(len(issue.outcomes))]
            if part.strip() not in known:
                return None
            terms.append(known.index(part.strip()))
        return tuple(terms)


def number_for(values: Mapping[str, Any], me: Body, view: View, default: float) -> float:
    """What a mapping by name says for somebody: by id, faction or archetype."""
    found = meant_for(values, me)
    return default if found is None else as_number(found, me, view)


def meant_for(values: Mapping[str, Any], me: Body) -> Any:
    """The entry of somebody's own, else of the faction, else of an archetype; None for none."""
    for name in (me.id, me.profile.faction, *sorted(me.profile.kinds)):
        if name in values:
            return values[name]
    return None


def as_number(worth: Worth, me: Body, view: View) -> float:
    """A number, or what an expression gives for somebody now."""
    if callable(worth):
        return float(numbers(worth, view.senses, np.array([me.row], np.uint32))[0])
    return float(worth)
