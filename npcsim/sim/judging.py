"""Importance and summaries by a model, where a scenario names a tier for them.

Rules say both at once; a model's word comes later, as a landing like any other, and takes their
place. What was asked already is kept here and follows from the log: a run that is lived again asks
the same at the same ticks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from npcsim import events as ev
from npcsim.effects import Effect, Forget, Weigh
from npcsim.errors import BadReply
from npcsim.messages import Written
from npcsim.npc import weighing
from npcsim.npc.mind import Draft
from npcsim.npc.weighing import IMPORTANCE, SUMMARY
from npcsim.sim.inflight import Landing
from npcsim.tools.view import Body

MANY = 8
"""So many memories are rated in one question."""
WAITING = 8
"""So many summaries of one NPC wait to be worded at most; what is older keeps the rules' words."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about: ids of memories; for a summary, also the texts it stands for."""

    ids: tuple[int, ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """A question that would be asked now, of a tier."""

    tier: str
    draft: Draft
    subject: Subject


class Judge:
    """What is to be asked about memories. importance, summaries: tiers; empty for rules alone."""

    def __init__(self, importance: str, summaries: str) -> None:
        self._tiers = {IMPORTANCE: importance, SUMMARY: summaries}
        self._rated: dict[str, int] = {}
        self._fading: dict[tuple[str, tuple[int, ...]], tuple[str, ...]] = {}
        self._forgot: dict[str, list[Subject]] = {}
        self._out: set[tuple[str, str]] = set()

    @property
    def asks(self) -> bool:
        """Whether a model is asked about memories at all."""
        return any(self._tiers.values())

    def fading(self, npc: str, ids: tuple[int, ...], texts: Iterable[str]) -> None:
        """These memories are about to be merged: the last moment at which their texts are there."""
        if self._tiers[SUMMARY]:
            self._fading[npc, ids] = tuple(texts)

    def read(self, events: Sequence[ev.Event]) -> None:
        """After a tick: which merging came to be, and into what."""
        if not self._fading:
            return
        for event in events:
            if isinstance(event, ev.Forgot) and event.into:
                texts = self._fading.pop((event.npc, event.ids), ())
                if texts:
                    waiting = self._forgot.setdefault(event.npc, [])
                    waiting.append(Subject((event.into,), texts))
                    del waiting[:-WAITING]
        self._fading.clear()

    def wishes(self, me: Body) -> list[Wish]:
        """What would be asked about an NPC's memories now; one question of a kind at a time."""
        found = []
        if self._tiers[IMPORTANCE] and (me.id, IMPORTANCE) not in self._out:
            after = self._rated.get(me.id, 0)
            new = [line for line in me.memories if line.id > after and not line.is_lesson]
            if len(new) >= MANY:
                lines = sorted(new, key=lambda line: line.id)[:MANY]
                why = f"{len(new)} memories are not rated"
                draft = Draft(IMPORTANCE, why, (), weighing.importance(me, lines), 0.0)
                subject = Subject(tuple(line.id for line in lines))
                found.append(Wish(self._tiers[IMPORTANCE], draft, subject))
        waiting = self._forgot.get(me.id)
        if waiting and (me.id, SUMMARY) not in self._out:
            subject = waiting[0]
            question = weighing.summary(me, subject.texts)
            why = f"{len(subject.texts)} memories were merged"
            draft = Draft(SUMMARY, why, (), question, 0.0)
            found.append(Wish(self._tiers[SUMMARY], draft, subject))
        return found

    def asked(self, npc: str, wish: Wish) -> None:
        """It is on its way."""
        purpose = wish.draft.purpose
        self._out.add((npc, purpose))
        if purpose == SUMMARY:
            del self._forgot[npc][0]
        else:
            self._rated[npc] = max(wish.subject.ids)

    def landed(
        self, me: Body, landing: Landing, purpose: str, subject: Subject
    ) -> tuple[Effect | None, str, str]:
        """What comes of an answer. -> (an effect or None, what was said, why there is none)"""
        self._out.discard((me.id, purpose))
        answer = landing.answer
        if not isinstance(answer, Written):
            return None, "", landing.error
        world = me.view.world
        try:
            if purpose == IMPORTANCE:
                rated = weighing.ratings(answer.text, len(subject.ids))
                told = ", ".join(f"{value:g}" for value in rated)
                return Weigh(me, tuple(zip(subject.ids, rated, strict=True))), told, ""
            line = world.memories.one(me.id, subject.ids[0])
            if line is None:
                return None, "", "the summary is merged into another by now"
            text = weighing.summed_up(me, answer.text, line, subject.texts)
            return Forget(me, subject.ids, text, line.gist), text, ""
        except BadReply as error:
            return None, "", f"{error.kind}: {error}"
