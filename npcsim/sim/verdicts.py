"""Thoughts under way, and what is decided once they have landed."""

from __future__ import annotations

from dataclasses import dataclass

from npcsim import events as ev
from npcsim.messages import Answer, Chosen
from npcsim.models.router import Route, unsure
from npcsim.npc import mind as minds
from npcsim.npc.deciding import shares
from npcsim.sim.inflight import Thought
from npcsim.sim.judging import Subject
from npcsim.sim.program import Program
from npcsim.sim.turn import Turn
from npcsim.tools.view import Body


@dataclass(frozen=True, slots=True)
class Pending:
    """A thought under way: what it is about, and what a cheaper tier has answered already.

    `asked`: at which effort its tier is asked now.
    `aside`: it waits in a batch, and the mind has gone on without it. `about`: it is a question
    about these memories, beside what the mind thinks. `thought`: as it is on its way.
    """

    draft: minds.Draft
    tier: str = ""
    effort: str = ""
    answer: Answer | None = None
    asked: str = ""
    aside: bool = False
    about: Subject | None = None
    thought: Thought | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """By whose answer a thought is decided; None: by the body's utilities alone.

    `way`: the route that led to it, with what was considered.
    """

    tier: str
    answer: Answer | None
    fallback: bool
    reason: str
    effort: str = ""
    way: Route | None = None


def doubt(program: Program, best: Pending) -> float:
    """How unsure a choice is as it stands: by the best answer so far, or by utility alone."""
    utilities = [choice.utility for choice in best.draft.choices]
    given = shares(utilities)
    if isinstance(best.answer, Chosen):
        return unsure(program.routing, best.answer.probabilities, utilities)
    return unsure(program.routing, given, utilities)


def tell(
    turn: Turn,
    id: str,
    me: Body,
    draft: minds.Draft,
    verdict: Verdict,
    given: tuple[float, ...],
    blended: tuple[float, ...],
    index: int,
    text: str,
    fallback: bool,
    reason: str,
) -> None:
    texts = tuple(choice.text for choice in draft.choices)
    utilities = tuple(choice.utility for choice in draft.choices)
    considered = verdict.way.considered if verdict.way is not None else ()
    decided = ev.Decided(
        turn.view.tick, id, me.id, draft.purpose, verdict.tier, texts, utilities, given, blended,
        index, text, fallback, reason, verdict.effort, considered,
    )  # fmt: skip
    turn.wanted.told.append(decided)
