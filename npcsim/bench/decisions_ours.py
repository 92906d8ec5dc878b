"""npcsim's side of `npcsim bench decisions`: the engine, in this process, prefixes kept."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Sequence

from npcsim.bench.decisions_texts import Case
from npcsim.errors import BadReply, ModelError
from npcsim.inference.chat import PLAIN
from npcsim.inference.engine import Engine
from npcsim.inference.passes import Stats
from npcsim.inference.runner import Runner
from npcsim.messages import Choose, Chosen


class Ours:
    """An engine on a runner, keeping at most `kept` bytes of sequences between questions.

    Where each sequence has a stream of its own, several engines may take turns on one runner:
    between rounds nothing is left in it.
    """

    def __init__(self, runner: Runner, kept: int) -> None:
        self.engine = Engine(runner, PLAIN, kept_bytes=kept)

    def ask(self, questions: Sequence[Choose]) -> list[Chosen]:
        """Every question, all at once. Raises the first `ModelError`."""
        for number, question in enumerate(questions):
            self.engine.submit(number, question)
        found: dict[int, Chosen] = {}
        while self.engine.busy:
            for number, answer in self.engine.step():
                if isinstance(answer, ModelError):
                    raise answer
                if not isinstance(answer, Chosen):
                    raise BadReply("no choice came back")
                found[number] = answer
        return [found[number] for number in range(len(questions))]

    def scored(self, cases: Sequence[Case]) -> list[Chosen]:
        """All options scored."""
        return self.ask([case.scored for case in cases])

    def lettered(self, cases: Sequence[Case]) -> list[Chosen]:
        """The one-token form: the answer letter's own log probabilities."""
        return self.ask([case.lettered for case in cases])

    def warm(self, cases: Sequence[Case], options: Sequence[str]) -> None:
        """Have every NPC's prefix kept and the neutral score of every option known."""
        self.scored(cases)
        self.lettered(cases)
        one = cases[0].scored
        self.ask([Choose(one.situation, one.neutral, tuple(options), prefix=one.prefix)])

    def counts(self) -> Stats:
        """A copy of the engine's counts."""
        return self.engine.stats.minus(Stats())


def shares_of_time(ours: Ours, cases: Sequence[Case]) -> dict[str, float]:
    """Where a round's time goes: shares of it by what is called, 0 to 1, under a profiler.

    `decode` is llama.cpp computing, `bring` and `keep` copy kept sequences, `log_shares` reads
    logits, `rest` is all other Python (which the profiler slows down, so it is a high figure).
    """
    profile = cProfile.Profile()
    profile.runcall(ours.scored, cases)
    stats = pstats.Stats(profile)
    total = max(stats.total_tt, 1e-9)  # type: ignore[attr-defined]
    names = ("decode", "bring", "keep", "log_shares", "tokens")
    found = dict.fromkeys(names, 0.0)
    for (file, _, name), (_, _, _, cumulative, _) in stats.stats.items():  # type: ignore[attr-defined]
        if name in found and "inference" in file:
            found[name] += cumulative / total
    return found | {"rest": max(0.0, 1.0 - sum(found.values()))}
