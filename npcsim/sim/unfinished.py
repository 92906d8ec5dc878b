"""What minds have under way, as plain data and back: the part of a snapshot that is no world.

Thoughts that were asked and have not landed, and how tiers stand. Both follow from the log; kept
beside a snapshot of the world, a run can be taken up there without living all before it again.
They are outside of the state hash, as a replay that begins at the beginning works them out itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from npcsim.messages import (
    answer_from_json,
    answer_json,
    question_from_json,
    question_json,
)
from npcsim.npc.mind import Draft
from npcsim.npc.npc import Choice
from npcsim.sim.inflight import Thought
from npcsim.sim.minds import Minds
from npcsim.sim.verdicts import Pending
from npcsim.world.table import plain, tuples


def unfinished(minds: Minds) -> dict[str, Any]:
    """What is under way, JSON-able."""
    return {
        "pending": {id: _pending(one) for id, one in minds.pending.items()},
        "standing": minds.standing.plain(),
    }


def take_up(minds: Minds, data: Mapping[str, Any]) -> list[Thought]:
    """Make `minds` what they were. -> the thoughts under way, which the caller is to ask."""
    minds.pending = {id: _pending_from(one) for id, one in data["pending"].items()}
    minds.standing.restore(data["standing"])
    return [one.thought for one in minds.pending.values() if one.thought is not None]


def _pending(one: Pending) -> dict[str, Any]:
    thought = one.thought
    return {
        "draft": _draft(one.draft),
        "best": [one.tier, one.effort],
        "answer": None if one.answer is None else answer_json(one.answer),
        "asked": one.asked,
        "aside": one.aside,
        "thought": None if thought is None else _thought(thought),
    }


def _pending_from(data: Mapping[str, Any]) -> Pending:
    answer, thought = data["answer"], data["thought"]
    tier, effort = data["best"]
    return Pending(
        _draft_from(data["draft"]),
        tier,
        effort,
        None if answer is None else answer_from_json(answer),
        data["asked"],
        data["aside"],
        thought=None if thought is None else _thought_from(thought),
    )


def _draft(draft: Draft) -> dict[str, Any]:
    return {
        "about": [draft.purpose, draft.why, draft.stakes, draft.until],
        "choices": [plain(choice) for choice in draft.choices],
        "question": question_json(draft.question),
        "whole": None if draft.whole is None else question_json(draft.whole),
    }


def _draft_from(data: Mapping[str, Any]) -> Draft:
    purpose, why, stakes, until = data["about"]
    choices = tuple(Choice(*tuples(values)) for values in data["choices"])
    whole = None if data["whole"] is None else question_from_json(data["whole"])
    return Draft(purpose, why, choices, question_from_json(data["question"]), stakes, whole, until)


def _thought(one: Thought) -> list[Any]:
    return [
        one.id, one.npc, one.tier, question_json(one.question), one.lands, one.deadline,
        one.priority, one.patience,
    ]  # fmt: skip


def _thought_from(values: list[Any]) -> Thought:
    id, npc, tier, question, *rest = values
    return Thought(id, npc, tier, question_from_json(question), *rest)
