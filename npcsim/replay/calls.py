"""What was asked and answered, compared with what is kept of it beside the facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from npcsim import events as ev
from npcsim.messages import ModelCall, answer_json, question_json, request_key
from npcsim.sim.inflight import Answers, Thought
from npcsim.sim.recorded import Recorded
from npcsim.store.rows import KeptCall, storable
from npcsim.store.run_store import Run

SHOWN = 30
"""Characters before and behind the place where two texts part."""


class Calls:
    """The model calls of a log, read along with its ticks."""

    def __init__(self, run: Run, start: int) -> None:
        self._rest = run.calls(start=start)
        self._next = next(self._rest, None)

    def difference(self, tick: int, events: Sequence[ev.Event]) -> str:
        """Where the landings of a tick are not what their calls say, in words; else an empty text.

        Raises StoreError where the calls are damaged.
        """
        kept: dict[tuple[str, str], KeptCall] = {}
        while self._next is not None and self._next.tick <= tick:
            call = self._next.call
            kept[call.thought, call.tier] = self._next
            self._next = next(self._rest, None)
        for event in events:
            if isinstance(event, ev.Landed):
                one = kept.get((event.thought, event.tier))
                if told := _apart(event, one):
                    return f"Landed of {event.npc}: {told}"
        return ""


def _apart(event: ev.Landed, kept: KeptCall | None) -> str:
    if kept is None:
        return f"the model call of thought {event.thought} is missing"
    call = kept.call
    answer = None if call.answer is None else answer_json(call.answer)
    asked = request_key(call.fingerprint, call.question)
    pairs: dict[str, tuple[Any, Any]] = {
        "question": (event.key, asked if kept.key == event.key else kept.key),
        "answer": (event.answer, answer),
        "error": (storable(event.error), call.error),
        "cost_usd": (event.cost_usd, call.cost_usd),
    }
    for name, (landed, said) in pairs.items():
        if landed != said:
            return f"its {name} is {landed!r:.80} by the facts, {said!r:.80} by the model call"
    return ""


def other_question(run: Run, answers: Answers) -> str:
    """How the first question that is not the log's differs from it; an empty text for none."""
    if not isinstance(answers, Recorded) or not answers.strayed:
        return ""
    thought = answers.strayed[0]
    logged = (
        one.call for one in run.calls()
        if (one.call.thought, one.call.tier) == (thought.id, thought.tier)
    )  # fmt: skip
    where = f"the question of {thought.npc} to the tier {thought.tier} ({thought.id})"
    return f"{where} is another: {_where(next(logged, None), thought)}"


def _where(call: ModelCall | None, thought: Thought) -> str:
    if call is None:
        return "the log has none"
    said, came = question_json(call.question), question_json(thought.question)
    for name in sorted(said.keys() | came.keys()):
        a, b = said.get(name), came.get(name)
        if a != b:
            a, b = _excerpts(str(a), str(b))
            return f"{name} has {a!r} in the log, {b!r} in replay"
    return "it was put to another model"


def _excerpts(one: str, other: str) -> tuple[str, str]:
    """What stands in two texts where they part."""
    pairs = enumerate(zip(one, other, strict=False))
    at = next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
    begin = max(0, at - SHOWN)
    return one[begin : at + SHOWN], other[begin : at + SHOWN]
