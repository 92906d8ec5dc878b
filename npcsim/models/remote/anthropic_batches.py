"""Anthropic's message batches, for `models.remote.batching`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from npcsim.errors import ModelError, TimedOut, Unavailable
from npcsim.messages import Answer, Question
from npcsim.models.remote.provider_errors import of_kind

Typed = Callable[[Awaitable[Any]], Awaitable[Any]]


class MessageBatches:
    """A `Desk` on `client.messages.batches`.

    request: what is sent for a question. read: a message as the answer to a question. typed: a
    call of the SDK with its errors as ours.

    What is cancelled or has expired is not charged, and neither is a request that failed
    (platform.claude.com/docs/en/build-with-claude/batch-processing).
    """

    def __init__(
        self,
        client: Any,
        request: Callable[[Question], dict[str, Any]],
        read: Callable[[Question, Any], Answer],
        typed: Typed,
    ) -> None:
        self._batches = client.messages.batches
        self._request, self._read, self._typed = request, read, typed

    async def send(self, questions: Mapping[str, Question]) -> str:
        requests = [
            {"custom_id": name, "params": self._request(question)}
            for name, question in questions.items()
        ]
        return str((await self._typed(self._batches.create(requests=requests))).id)

    async def ended(self, batch: str) -> bool:
        found = await self._typed(self._batches.retrieve(batch))
        return bool(found.processing_status == "ended")

    async def results(self, batch: str) -> AsyncIterator[tuple[str, Any]]:
        lines = await self._typed(self._batches.results(batch))
        following = aiter(lines)
        while True:
            # The SDK reads on while lines are asked for, so that each one may fail.
            line = await self._typed(anext(following, None))
            if line is None:
                return
            yield str(line.custom_id), line.result

    def read(self, question: Question, result: Any) -> Answer:
        if result.type == "succeeded":
            return self._read(question, result.message)
        raise _error(result)

    async def cancel(self, batch: str) -> None:
        await self._typed(self._batches.cancel(batch))


def _error(result: Any) -> ModelError:
    if result.type == "expired":
        return TimedOut("its batch was not done within a day")
    if result.type == "canceled":
        return Unavailable("its batch was cancelled")
    inner = getattr(getattr(result, "error", None), "error", None)
    said = str(getattr(inner, "message", "") or "the provider says no more")
    return of_kind(str(getattr(inner, "type", "")), said)
