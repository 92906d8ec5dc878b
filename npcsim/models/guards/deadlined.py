"""One deadline for the whole of a question: waits, retries and every byte of the answer."""

from __future__ import annotations

import asyncio

from npcsim.errors import TimedOut
from npcsim.messages import Answer, Model, Question
from npcsim.models.guards.around import Around
from npcsim.models.guards.asking import ASKING, WALL, Asking, Watch


class Deadlined(Around):
    """`TimedOut` after `seconds` of real time, whatever the model does.

    An SDK's timeout is for each read, and an answer that drips outlives it. The model is told to
    give up, and not waited for: one that doesn't listen can't hold anybody up.
    """

    def __init__(self, inner: Model, seconds: float, watch: Watch = WALL) -> None:
        super().__init__(inner)
        self._seconds, self._watch = seconds, watch

    async def ask(self, question: Question) -> Answer:
        asking = Asking(self._watch.now() + self._seconds)
        # First, or what a model does before it waits for anything would put it off.
        alarm = asyncio.ensure_future(self._watch.sleep(self._seconds))
        token = ASKING.set(asking)
        try:
            # Tasks begin with a copy of the context: what is inside sees the deadline.
            answer = asyncio.ensure_future(self.inner.ask(question))
        finally:
            ASKING.reset(token)
        try:
            await asyncio.wait({answer, alarm}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            if asking.waits:
                # Nothing is with the provider that could be charged.
                raise TimedOut(f"not sent within {self._seconds:g} s: others were first")
            raise TimedOut(f"no answer within {self._seconds:g} s", billed=True)
        finally:
            alarm.cancel()
            if not answer.done():
                answer.cancel()
                answer.add_done_callback(_heard)


def _heard(task: asyncio.Future[Answer]) -> None:
    """What an abandoned question still ends with is of no use; asyncio wants it looked at."""
    if not task.cancelled():
        task.exception()
