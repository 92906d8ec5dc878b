"""A model that answers by a rule: for tests, tutorials and tiers that shall cost nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable

from npcsim.errors import Unavailable
from npcsim.messages import (
    Answer,
    Choose,
    Chosen,
    Question,
    Usage,
    Written,
    hearer,
    question_json,
)

Rule = Callable[[Question], Answer | Exception]
Delay = Callable[[Question], Awaitable[None]]


def by_hash(question: Question) -> Answer:
    """A fixed answer to each question: an even draw from its SHA-256, or a short sentence."""
    body = json.dumps(question_json(question), sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(body.encode("utf-8", "backslashreplace")).digest()
    usage = Usage(input=len(body.split()))
    if not isinstance(question, Choose):
        words = ("Good day to you.", "So it goes.", "I should get on.", "Have you heard the news?")
        return Written(text=words[digest[0] % len(words)], usage=usage)
    # Bytes plus one: every option keeps a share, and the sum is exact before the division.
    weights = [digest[at % len(digest)] + 1 for at in range(len(question.options))]
    total = sum(weights)
    return Chosen(
        pick=max(range(len(weights)), key=weights.__getitem__),
        probabilities=tuple(weight / total for weight in weights),
        usage=usage,
    )


class Scripted:
    """A `Model` whose answers come from `rule(question)`.

    The rule returns the answer, or an exception, which is raised. `delay`, if given, is awaited
    before each answer, so that a test can shuffle the order in which answers come in. Whoever
    hears a question is told its answer word by word. `asked`
    keeps every question in the order it was put.
    """

    def __init__(
        self, rule: Rule = by_hash, name: str = "scripted", delay: Delay | None = None
    ) -> None:
        self.asked: list[Question] = []
        self._rule = rule
        self._name = name
        self._delay = delay
        self._closed = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def fingerprint(self) -> str:
        return f"scripted/{self._name}"

    async def ask(self, question: Question) -> Answer:
        """The rule's answer. Raises what the rule returns, or `Unavailable` after `close`."""
        if self._closed:
            raise Unavailable(f"{self._name} is closed")
        self.asked.append(question)
        if self._delay is not None:
            await self._delay(question)
        answer = self._rule(question)
        if isinstance(answer, Exception):
            raise answer
        hear = hearer(question)
        if hear is not None and isinstance(answer, Written):
            words = answer.text.split(" ")
            for count in range(1, len(words) + 1):
                hear(" ".join(words[:count]))
        return answer

    async def close(self) -> None:
        self._closed = True
