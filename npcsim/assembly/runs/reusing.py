"""Answers that a fork takes from its parent's log, by what was asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from npcsim import errors
from npcsim import events as ev
from npcsim.errors import ModelError, Unavailable
from npcsim.messages import THOUGHT, Answer, Batching, Model, ModelCall, Question, request_key
from npcsim.models.guards.around import Around, bare
from npcsim.models.guards.asking import FATE, LANDS, charge_aside
from npcsim.models.money.prices import picodollars
from npcsim.store.rows import KeptCall


@dataclass(slots=True)
class Reuse:
    """Questions of a fork that the parent's log answered, and those that were asked, by NPC.

    `now`: the last tick that is over. `asked_usd`: what those that were asked have cost so far. What is reused costs nothing again;
    budgets count it all the same, as the parent's did.
    """

    reused_by: Counter[str] = field(default_factory=Counter)
    asked_by: Counter[str] = field(default_factory=Counter)
    asked_usd: float = 0.0
    now: int = 0
    _asked: set[str] = field(default_factory=set)
    _until: dict[int, asyncio.Event] = field(default_factory=dict)

    @property
    def reused(self) -> int:
        return self.reused_by.total()

    @property
    def asked(self) -> int:
        return self.asked_by.total()

    def note(self, known: bool) -> None:
        """The thought under way was answered from the log, or not."""
        thought = THOUGHT.get()
        (self.reused_by if known else self.asked_by)[npc_of(thought)] += 1
        if not known:
            self._asked.add(thought)

    def take(self, tick: int, events: list[ev.Event]) -> None:
        """Count what came of questions that were asked, and let go on who waits for this tick."""
        self.now = tick
        for due in [one for one in self._until if one <= tick]:
            self._until.pop(due).set()
        for event in events:
            if isinstance(event, ev.Landed) and event.thought in self._asked:
                self.asked_usd += event.cost_usd

    def over(self, tick: int) -> asyncio.Event:
        """Is set when a tick is over."""
        found = self._until.setdefault(tick, asyncio.Event()) if tick > self.now else asyncio.Event()
        if tick <= self.now:
            found.set()
        return found

    def summary(self) -> dict[str, object]:
        """For the run's summary."""
        return {
            "reused": self.reused,
            "asked": self.asked,
            "share": round(self.reused / max(1, self.reused + self.asked), 4),
            "asked_usd": round(self.asked_usd, 6),
            "asked_by": dict(sorted(self.asked_by.items())),
            "reused_by": dict(sorted(self.reused_by.items())),
        }


def npc_of(thought: str) -> str:
    """The NPC of a thought's id."""
    return thought.rpartition("@")[0]


class Known:
    """A parent's calls by what was asked."""

    def __init__(self, calls: Iterable[KeptCall], tick: int) -> None:
        """tick: the last one that is shared. Calls up to it count where there are no later ones."""
        self._calls: dict[str, list[ModelCall]] = {}
        self._given_up: dict[tuple[str, str], KeptCall] = {}
        earlier: dict[str, ModelCall] = {}
        for kept in calls:
            if kept.tick <= tick:
                if kept.call.answer is not None:
                    earlier[kept.key] = kept.call
            elif kept.call.error.startswith(ev.CANCELLED):
                self._given_up[kept.key, kept.call.thought] = kept
            else:
                self._calls.setdefault(kept.key, []).append(kept.call)
        for key, call in earlier.items():
            self._calls.setdefault(key, [call])

    def take(self, key: str, thought: str) -> ModelCall | None:
        """How this was answered: to the same thought, else to the same NPC, else to anybody.

        Of several answers each is given once, and the last from then on.
        """
        calls = self._calls.get(key)
        if not calls:
            return None
        npc = npc_of(thought)
        same = [call for call in calls if call.thought == thought]
        mine = same or [call for call in calls if npc_of(call.thought) == npc] or calls
        if len(calls) > 1:
            calls.remove(mine[0])
        return mine[0]


    def given_up(self, key: str, thought: str) -> KeptCall | None:
        """The call of this very thought where the parent gave it up: nobody knows its answer."""
        return self._given_up.get((key, thought))


class Reusing(Around):
    """A model that answers what its parent run was asked as that was answered, failures too.

    last: the fork's last tick, 0 for none. What would land after it is never asked nor answered.
    """

    def __init__(self, inner: Model, known: Known, reuse: Reuse, last: int) -> None:
        super().__init__(inner)
        self._known, self._reuse, self._last = known, reuse, last

    async def ask(self, question: Question) -> Answer:
        call = await self._taken(question)
        return await self.inner.ask(question) if call is None else _answer(call)

    async def ask_later(self, question: Question) -> Answer:
        """As `ask`, of a model that takes questions that can wait."""
        call = await self._taken(question)
        if call is not None:
            return _answer(call)
        inside = bare(self.inner)
        if not isinstance(inside, Batching):
            raise Unavailable(f"{self.name} takes no batches", lasting=True)
        return await inside.ask_later(question)

    async def _taken(self, question: Question) -> ModelCall | None:
        key = request_key(self.fingerprint, question)
        call = self._known.take(key, THOUGHT.get())
        if call is None and (kept := self._known.given_up(key, THOUGHT.get())) is not None:
            call = await self._given_up(kept)
        if call is None and LANDS.get() > self._last > 0:
            await asyncio.get_running_loop().create_future()  # until the run's end cancels it
        self._reuse.note(call is not None)
        return call

    async def _given_up(self, kept: KeptCall) -> ModelCall | None:
        """Ask nobody while this thought may be given up as the parent gave it up.

        -> its call, where that happened and is charged; None where it is wanted after all.
        """
        fate = FATE.get()
        if fate is None:
            return None
        events = (fate.given_up, fate.due, self._reuse.over(kept.tick))
        waits = [asyncio.ensure_future(one.wait()) for one in events]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._reuse.note(True)
            raise
        finally:
            for one in waits:
                one.cancel()
        return kept.call if fate.given_up.is_set() else None


def _answer(call: ModelCall) -> Answer:
    """What was answered. Raises the ModelError that was met instead, and charges what it cost."""
    if call.answer is not None:
        return call.answer
    kind, _, text = call.error.partition(": ")
    found = getattr(errors, kind, Unavailable)
    known = isinstance(found, type) and issubclass(found, ModelError)
    charge_aside(picodollars(call.cost_usd))
    raise (found if known else Unavailable)(text, billed=False)
