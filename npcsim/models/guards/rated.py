"""No more requests and tokens a minute than are allowed, by the scenario or by the provider."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from npcsim.errors import RateLimited
from npcsim.messages import Answer, Model, Question, Usage
from npcsim.models.guards.around import Around
from npcsim.models.guards.asking import WALL, Watch, left, sent, waiting
from npcsim.models.guards.rates import Told, told_rates
from npcsim.models.money.prices import Price, forecast

MINUTE = 60.0


@dataclass(order=True, slots=True)
class Place:
    """So much of a limit, taken from the moment `at`."""

    at: float
    amount: int = field(compare=False)


class Minute:
    """What is used of one limit in any 60 seconds, moments to come that are promised included."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._own = limit
        self._places: list[Place] = []

    def free_at(self, amount: int, now: float) -> float:
        """When `amount` more may be used, after all who asked before."""
        if self.limit is None:
            return now
        self._places = [place for place in self._places if place.at > now - MINUTE]
        used = sum(place.amount for place in self._places)
        at = max([now, *(place.at for place in self._places[-1:])])
        for place in self._places:
            if used + min(amount, self.limit) <= self.limit:
                break
            used -= place.amount
            at = max(at, place.at + MINUTE)
        return at

    def take(self, amount: int, at: float) -> Place | None:
        """Use `amount` from the moment `at`."""
        if self.limit is None:
            return None
        place = Place(at, amount)
        insort(self._places, place)
        return place

    def give_back(self, place: Place | None) -> None:
        """Use a place after all not."""
        self._places = [other for other in self._places if other is not place]

    def hear(self, told: Told, now: float) -> None:
        """The provider's own count. It may know of others who use the same key."""
        if told.limit is None or told.remaining is None:
            return
        self.limit = told.limit if self._own is None else min(self._own, told.limit)
        used = sum(place.amount for place in self._places if now - MINUTE < place.at <= now)
        unknown = told.limit - told.remaining - used
        if unknown > 0:
            insort(self._places, Place(now, unknown))


class Rated(Around):
    """Waits for its place within `requests` and `tokens` a minute, real time.

    None is no limit but what the provider tells in its headers (`hear`) or by a 429 that says
    when to come back. Who would wait beyond its deadline is refused at once: `RateLimited`,
    nothing sent.
    """

    def __init__(
        self,
        inner: Model,
        *,
        requests: int | None = None,
        tokens: int | None = None,
        watch: Watch = WALL,
    ) -> None:
        super().__init__(inner)
        self._watch = watch
        self._minutes = {"requests": Minute(requests), "tokens": Minute(tokens)}
        self._away_until = -inf

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take in the headers of an answer."""
        now = self._watch.now()
        for kind, told in told_rates(headers).items():
            self._minutes[kind].hear(told, now)
            # Longer than a minute: a quota of a day or so, which no minute frees.
            if told.remaining == 0 and told.reset and (told.limit is None or told.reset > MINUTE):
                self._away_until = max(self._away_until, now + told.reset)

    async def ask(self, question: Question) -> Answer:
        place = await self._place(question)
        before = sent()
        try:
            answer = await self.inner.ask(question)
        except RateLimited as error:
            if error.retry_after is not None:
                until = self._watch.now() + error.retry_after
                self._away_until = max(self._away_until, until)
            raise
        finally:
            # Its place was for one request; what it looked up took more.
            for _ in range(sent() - before - 1):
                self._minutes["requests"].take(1, self._watch.now())
        if place is not None and answer.usage != Usage():
            place.amount = answer.usage.input + answer.usage.output
        return answer

    async def _place(self, question: Question) -> Place | None:
        # What a question costs at a millionth of a dollar a token is how many it has.
        amounts = {"requests": 1, "tokens": forecast(question, Price(1, 1, 1)) // 1_000_000}
        now = self._watch.now()
        at = max(
            self._away_until,
            *(self._minutes[kind].free_at(amount, now) for kind, amount in amounts.items()),
        )
        self._refuse_if_too_long(at - now)
        places = {kind: self._minutes[kind].take(amount, at) for kind, amount in amounts.items()}
        try:
            # A 429 that came in meanwhile may have moved it.
            while (at := max(at, self._away_until)) > (now := self._watch.now()):
                self._refuse_if_too_long(at - now)
                with waiting():
                    await self._watch.sleep(at - now)
        except BaseException:
            for kind, place in places.items():
                self._minutes[kind].give_back(place)
            raise
        return places["tokens"]

    def _refuse_if_too_long(self, wait: float) -> None:
        if wait > max(0.0, left(self._watch)):  # a deadline that has passed is no limit's doing
            told = f"not asked: the limit of requests or tokens is used up for {wait:.0f} s"
            raise RateLimited(told, retry_after=wait)
