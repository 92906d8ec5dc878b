"""A model behind HTTP, asked through its provider's SDK: what all of them do alike."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable
from typing import Any, TypeVar

from npcsim.errors import BadReply, ModelError, Unavailable
from npcsim.messages import Answer, Lookups, Question, Usage, Write, hearer
from npcsim.models.guards.asking import note_request
from npcsim.models.guards.rates import Listener
from npcsim.models.remote.looking import (
    AT_ONCE,
    TOO_MANY,
    WRONG,
    Call,
    Spent,
    Told,
    look,
    with_calls,
)
from npcsim.models.remote.provider_errors import told, typed
from npcsim.models.remote.served import HOW_TO_INSTALL
from npcsim.models.remote.streaming import Telling

T = TypeVar("T")


class Served(ABC):
    """A `Model` behind an SDK, which is imported by `start` or the first question, not before.

    model: its name there. url: another address that speaks the same API. key: from the environment
    and nowhere else. effort: of thinking, passed on; None leaves it to the model. deadline: seconds
    that any one read may take; a whole question is ended by the guard `Deadlined`. http_client: an
    httpx2 client to use instead of one of our own (tests put an app behind it). `listener`, set
    before the start, hears the headers of every answer.

    Errors are `Unavailable`, `TimedOut`, `RateLimited` and `BadReply`; none of them tells the key.
    """

    def __init__(
        self,
        model: str,
        *,
        key: str = "",
        url: str = "",
        effort: str | None = None,
        deadline: float = 60.0,
        http_client: Any = None,
    ) -> None:
        self._model, self._key, self._url = model, key, url
        self._effort, self._deadline = effort, deadline
        self._http_client = http_client
        self.listener: Listener | None = None
        self._sdk: Any = None
        self._client: Any = None
        self._http_errors: tuple[type[Exception], ...] = ()

    @abstractmethod
    def _import(self) -> Any:
        """The SDK's module. Takes more than a second; raises ImportError where it is missing."""

    @abstractmethod
    def _connect(self, http_client: Any) -> Any:
        """The SDK's client, with no retries of its own. Nothing is sent."""

    @abstractmethod
    def _request(self, question: Question) -> dict[str, Any]:
        """What is sent, the same for the same question. Raises `BadReply` for one that can't be."""

    @abstractmethod
    async def _send(self, request: dict[str, Any]) -> Any:
        """Send a request. -> the SDK's reply"""

    @abstractmethod
    async def _stream(self, request: dict[str, Any], telling: Telling) -> Any:
        """Send a request whose reply is told of while it comes. -> the same reply as `_send`.

        Raises `broke_off` or `no_stream` where not all of it came.
        """

    @abstractmethod
    def _usage(self, reply: Any) -> Usage:
        """The tokens of a reply; `Usage()` where it does not tell."""

    @abstractmethod
    def _calls(self, request: dict[str, Any], reply: Any) -> list[Call]:
        """What a reply wants to look up; nothing where it is an answer, or was cut off.

        `request` is the one without look-ups.
        """

    @abstractmethod
    def _offering(self, request: dict[str, Any], lookups: Lookups, may: bool) -> dict[str, Any]:
        """The request with look-ups; `may`: whether one may be made still, or it must answer."""

    @abstractmethod
    def _going_on(self, request: dict[str, Any], reply: Any, told: list[Told]) -> dict[str, Any]:
        """The request that follows on a reply with look-ups."""

    @abstractmethod
    def _read(self, question: Question, reply: Any) -> Answer:
        """What a reply says. Raises BadReply, with what it cost, for one that answers nothing."""

    @property
    @abstractmethod
    def _error(self) -> type[Exception]:
        """The SDK's own base of errors."""

    async def start(self) -> None:
        """Import the SDK and make the client. Nothing is sent. Raises `Unavailable`."""
        if self._client is not None:
            return
        try:
            self._sdk, http = await asyncio.to_thread(self._imported)
        except ImportError:
            raise Unavailable(HOW_TO_INSTALL, lasting=True) from None
        # While an answer streams in, an SDK may let these through as they are.
        self._http_errors = (http.HTTPError, http.StreamError)
        if self._client is None:
            client = self._http_client or self._sdk.DefaultAsyncHttpxClient(timeout=self._deadline)
            self._client = self._connect(_listening(client, self.listener))

    async def ask(self, question: Question) -> Answer:
        """Answer, or raise a `ModelError`. No deadline, and nothing is retried: guards do that."""
        await self.start()
        return await self._typed(self._answered(question))

    async def _typed(self, call: Awaitable[T]) -> T:
        """What a call of the SDK gives, its errors as ours."""
        try:
            return await call
        except (self._error, *self._http_errors) as error:
            raise typed(error, self._sdk, self._key) from None
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            # The body was no JSON, or not the shape that was promised.
            said = told(f"{type(error).__name__}: {error}", self._key)
            raise BadReply(f"not an answer: {said}", billed=True) from None

    def _imported(self) -> tuple[Any, Any]:
        import httpx2

        return self._import(), httpx2

    async def _answered(self, question: Question) -> Answer:
        """One request and its answer; some models need more for some questions."""
        return await self._through(question, await self._prepared(with_calls(question)))

    async def _prepared(self, question: Question) -> dict[str, Any]:
        """The request for a question, after whatever there is to find out first."""
        return self._request(question)

    async def _through(self, question: Question, request: dict[str, Any]) -> Answer:
        """The answer to a request, and one more request for each time that it looks things up."""
        spent = Spent()
        try:
            return await self._typed(self._looking(question, request, spent))
        except ModelError as error:
            raise spent.on(error) from None

    async def _looking(self, question: Question, request: dict[str, Any], spent: Spent) -> Answer:
        lookups = question.lookups
        left, wrong = (lookups.most if lookups.found else 0), 0
        while True:
            offered = self._offering(request, lookups, left > 0) if lookups.tools else request
            reply = await self._reply(question, offered, left > 0)
            calls = self._calls(request, reply) if lookups.tools else []
            if not calls:
                return spent.with_all(self._read(question, reply))
            spent.add(self._usage(reply))
            if left <= 0 or len(calls) > AT_ONCE:
                raise BadReply("it looks things up and does not answer", tokens=(0, 0, 0))
            known = [
                look(lookups, call) if number < left else Told(call, TOO_MANY)
                for number, call in enumerate(calls)
            ]
            spent.looked += [str(one.call) for one in known[:left]]
            wrong += sum(not one.known for one in known)
            if wrong > WRONG:
                raise BadReply(f"it looks up what there is not: {known[-1].call}", tokens=(0, 0, 0))
            left -= len(calls)
            request = self._going_on(request, reply, known)

    async def _reply(self, question: Question, request: dict[str, Any], may_look: bool) -> Any:
        note_request()
        hear = hearer(question)
        if hear is not None and isinstance(question, Write):
            # Who may look something up may have said a word before.
            return await self._stream(request, Telling(question, hear, stops=not may_look))
        return await self._send(request)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()


def _listening(client: Any, listener: Listener | None) -> Any:
    """An httpx2 client that lets `listener` hear the headers of every answer."""
    if listener is not None:

        async def hear(response: Any) -> None:
            listener(response.headers)

        client.event_hooks = {
            **client.event_hooks, "response": [*client.event_hooks["response"], hear],
        }  # fmt: skip
    return client
