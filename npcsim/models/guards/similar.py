"""A choice that was made in much the same situation need not be made again."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from npcsim.errors import ModelError
from npcsim.messages import Answer, Choose, Chosen, Embedder, Lookups, Model, Question, Usage
from npcsim.models.guards.alike import Sense, likeness, sense_of, without_name
from npcsim.models.guards.around import Around
from npcsim.models.guards.asking import LANDS, waiting

MOST_KEPT = 64
"""Answers kept for the same options: who asks is compared with each of them."""
MOST_KEYS = 1_000

Key = tuple[str, tuple[str, ...], str, Lookups]


@dataclass(eq=False, slots=True)
class _Kept:
    """A question that was asked; its answer, once that is there; how often that was given on."""

    question: Choose
    sense: Sense
    tick: int
    answer: Chosen | None = None
    given: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Similar(Around):
    """Answers a `Choose` as one that means the same was answered: `Usage(kept=True, alike=...)`.

    The same: of the same purpose, with the same options in any order, after the same rules of the
    world, with the same things to look up, and with a situation and an own part whose likeness is
    `at_least` so much (see `models.guards.alike`). Who decides is left out of both, so two NPCs may
    share an answer, but only where a model is shown nothing else that tells them apart. `within`:
    for so many ticks of the world after it was asked. `most`: so many times. An equal question is
    left to `Cached`.

    Who asks what means the same as a question under way waits for its answer. So what is a hit
    hangs on the order of asking and on simulated time, not on who is quick. Where texts can't be
    embedded the question is asked. Nothing is kept beyond the run.
    """

    def __init__(
        self, inner: Model, embedder: Embedder, *, at_least: float, within: int, most: int
    ) -> None:
        super().__init__(inner)
        self._embedder = embedder
        self._at_least, self._within, self._most = at_least, within, most
        self._kept: dict[Key, deque[_Kept]] = {}
        self._before: asyncio.Event | None = None

    async def ask(self, question: Question) -> Answer:
        if not isinstance(question, Choose) or len(set(question.options)) < len(question.options):
            return await self.inner.ask(question)
        with waiting():
            sense = await self._sense_in_turn(question)
            while sense is not None and (found := self._find(question, sense)) is not None:
                kept, alike = found
                kept.given += 1
                await kept.ended.wait()
                if kept.answer is not None:
                    return _as_for(question, kept, alike)
        if sense is None:
            return await self.inner.ask(question)
        return await self._asked(_Kept(question, sense, LANDS.get()))

    async def close(self) -> None:
        await self._embedder.close()
        await self.inner.close()

    async def _sense_in_turn(self, question: Choose) -> Sense | None:
        """What is compared, None where it can't be had. Who asked first comes out first."""
        before, ended = self._before, asyncio.Event()
        self._before = ended
        try:
            found = await sense_of(without_name(question), self._embedder)
        except ModelError:
            return None
        finally:
            if before is not None:
                await before.wait()
            ended.set()
        return found

    def _find(self, question: Choose, sense: Sense) -> tuple[_Kept, float] | None:
        """The question most like this one whose answer may still be given on."""
        now = LANDS.get()
        best: tuple[_Kept, float] | None = None
        for kept in self._kept.get(_key(question), ()):
            old = now - kept.tick > self._within or kept.given >= self._most
            if old or kept.question == question:
                continue
            alike = likeness(sense, kept.sense)
            if alike >= self._at_least and (best is None or alike > best[1]):
                best = kept, alike
        return best

    async def _asked(self, mine: _Kept) -> Answer:
        there = self._kept.setdefault(_key(mine.question), deque(maxlen=MOST_KEPT))
        there.append(mine)
        while len(self._kept) > MOST_KEYS:
            del self._kept[next(iter(self._kept))]
        try:
            answer = await self.inner.ask(mine.question)
            # What `Cached` had was asked earlier, and is as old as that.
            if isinstance(answer, Chosen) and not answer.usage.kept:
                mine.answer = answer
            return answer
        finally:
            if mine.answer is None and mine in there:
                there.remove(mine)
            mine.ended.set()


def _key(question: Choose) -> Key:
    return (
        question.purpose,
        tuple(sorted(question.options)),
        question.prefix.shared,
        question.lookups,
    )


def _as_for(question: Choose, kept: _Kept, alike: float) -> Chosen:
    """A kept answer in the order of this question's options."""
    answer, options = kept.answer, kept.question.options
    assert answer is not None
    shares = answer.probabilities
    if shares is not None:
        of = dict(zip(options, shares, strict=True))
        shares = tuple(of[option] for option in question.options)
    pick = question.options.index(options[answer.pick])
    return Chosen(pick, shares, Usage(kept=True, alike=round(alike, 4)))
