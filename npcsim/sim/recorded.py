"""Thoughts of a run that is lived again: they land as its log says, and nobody is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from npcsim.events import Landed
from npcsim.messages import ModelCall, answer_from_json, request_key
from npcsim.sim.inflight import Landing, Listener, Thought


class Recorded:
    """Hands out a log's landings.

    prints: the fingerprints that a tier's model had in the course of the run. What a thought asks
    is then compared, when it is asked, with what the log's answer to it is an answer to.
    """

    def __init__(
        self, landed: Iterable[Landed], prints: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self._by_tick: dict[int, list[Landed]] = {}
        self._keys: dict[tuple[str, str], set[str]] = {}
        for event in landed:
            self._by_tick.setdefault(event.tick, []).append(event)
            if event.key:
                self._keys.setdefault((event.thought, event.tier), set()).add(event.key)
        self._prints = prints or {}
        self.asked: dict[str, Thought] = {}
        self.strayed: list[Thought] = []
        """Thoughts that ask something else than the log says."""

    @property
    def waiting(self) -> int:
        return len(self.asked)

    def hear(self, listener: Listener) -> Callable[[], None]:
        """Nothing is ever heard: what was said is in the log."""
        return lambda: None

    def ask(self, thought: Thought) -> None:
        self.asked[thought.id] = thought
        known, prints = self._keys.get((thought.id, thought.tier)), self._prints.get(thought.tier)
        if known and prints and known.isdisjoint(request_key(p, thought.question) for p in prints):
            self.strayed.append(thought)

    def cancel(self, thought: str, why: str) -> None:
        """Nothing to do: that it lands now, and how, is in the log."""

    async def land(self, tick: int) -> list[Landing]:
        landings = []
        for event in self._by_tick.get(tick, ()):
            self.asked.pop(event.thought, None)
            answer = None if event.answer is None else answer_from_json(event.answer)
            landings.append(
                Landing(
                    event.thought,
                    event.npc,
                    event.tier,
                    event.model,
                    event.key,
                    answer,
                    event.error,
                    event.late,
                    event.cost_usd,
                )
            )
        return landings

    def calls(self) -> list[ModelCall]:
        return []

    async def close(self) -> None:
        self.asked.clear()
