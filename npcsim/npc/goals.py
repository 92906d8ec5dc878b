"""High goals and the goals of one's own that they are broken into."""

from __future__ import annotations

from dataclasses import dataclass

from npcsim.reflex.guards import Guard


@dataclass(frozen=True, slots=True)
class SubGoal:
    """A goal of one's own. `key` is `goal.sub-goal`; `after` are keys of those reached before.

    Without `done` it is reached as one of its `plans` is done; without `failed` it fails as one of
    them fails.
    """

    key: str
    option: str
    when: Guard | None
    done: Guard | None
    failed: Guard | None
    worth: Guard
    plans: frozenset[str]
    after: frozenset[str]
    once: bool
    stakes: float


@dataclass(frozen=True, slots=True)
class Goal:
    """A high goal, in words, with what it can be broken into.

    Without `done` it is reached when all its sub-goals are to be reached once and are.
    """

    name: str
    text: str
    who: frozenset[str]
    done: Guard | None
    failed: Guard | None
    into: tuple[SubGoal, ...]
