"""Choosing by an answer's likelihoods, else by votes, else with the uncertainty unknown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from npcsim.errors import BadReply, ModelError
from npcsim.messages import Choose, Chosen, Usage
from npcsim.models.remote.servers import rounds
from npcsim.models.remote.servers import votes as voting

Ask = Callable[[Choose, float], Awaitable[Chosen]]
"""One request: a choice and a temperature -> the answer, with what it used."""


@dataclass(slots=True)
class Choosing:
    """One choice, which may take several requests. `spent` is what those answered have used.

    `likely`: whether the server may give likelihoods. `letters`: options that one request takes
    them for; more go in rounds, where `in_rounds`. `votes`: how many are cast where there are no
    likelihoods; 0 for one answer of unknown uncertainty.
    """

    ask: Ask
    likely: bool
    letters: int
    in_rounds: bool
    votes: int
    spent: list[Usage] = field(default_factory=list)

    async def choose(self, question: Choose) -> Chosen:
        """The choice, with the sum of what was used. Raises what `ask` does."""
        return replace(await self._choose(question), usage=_sum(self.spent))

    async def _choose(self, question: Choose) -> Chosen:
        count = len(question.options)
        if self.likely and self.in_rounds and count > self.letters:
            shares = await self._rounds(question, range(count))
            if shares is not None:
                return Chosen(rounds.first(shares), shares)
        elif self.likely or not self.votes:
            chosen = await self._asked(question)
            if chosen.probabilities is not None or not self.votes:
                return chosen
        return await (self._voted(question) if self.votes else self._asked(question))

    async def _asked(self, question: Choose, temperature: float = 0) -> Chosen:
        chosen = await self.ask(question, temperature)
        self.spent.append(chosen.usage)
        return chosen

    async def _rounds(self, question: Choose, places: Sequence[int]) -> tuple[float, ...] | None:
        """A distribution over some of the options; None where a round gives no likelihoods."""
        if len(places) <= rounds.MOST:
            some = replace(question, options=tuple(question.options[place] for place in places))
            return (await self._asked(some)).probabilities
        within: list[tuple[float, ...]] = []
        firsts = []
        for group in rounds.groups(len(places)):
            shares = await self._rounds(question, [places[n] for n in group])
            if shares is None:
                return None
            within.append(shares)
            firsts.append(places[group[rounds.first(shares)]])
        final = await self._rounds(question, firsts)
        return None if final is None else rounds.joined(within, final)

    async def _voted(self, question: Choose) -> Chosen:
        """A distribution by votes; one that can't be read is paid for and does not count."""
        counts = [0] * len(question.options)
        for _ in range(self.votes):
            try:
                counts[(await self._asked(question, voting.TEMPERATURE)).pick] += 1
            except BadReply as error:
                if error.tokens is None:
                    raise
                self.spent.append(Usage.of(error.tokens))
        if not any(counts):
            raise BadReply(f"none of {self.votes} votes could be read")
        shares = voting.shares(counts)
        return Chosen(rounds.first(shares), shares)

    def charge(self, error: ModelError) -> ModelError:
        """The error that ended it, with what the requests before it used.

        Where nobody knows what its own request used, nothing is known of the whole.
        """
        if self.spent and (error.tokens is not None or not error.billed):
            own = [Usage.of(error.tokens)] if error.tokens is not None else []
            used = _sum([*self.spent, *own])
            error.tokens, error.billed = (used.input, used.output, used.cached), True
        return error


def _sum(spent: Sequence[Usage]) -> Usage:
    return Usage(
        sum(used.input for used in spent), sum(used.output for used in spent),
        sum(used.cached for used in spent),
    )  # fmt: skip
