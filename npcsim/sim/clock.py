"""When a tick may begin: at once, or by the wall."""

from __future__ import annotations

import asyncio
import time


class Virtual:
    """Headless: the next tick begins as soon as the last one is done."""

    paced = False

    async def wait_for(self, tick: int) -> None:
        # Gives model tasks and subscribers their turn, without waiting.
        await asyncio.sleep(0)


class Paced:
    """Watched: ticks begin at even wall-clock intervals, `ticks_per_second` of them.

    A tick that comes late does not hurry those after it: the schedule moves on from there.
    """

    paced = True

    def __init__(self, ticks_per_second: float) -> None:
        self._interval = 1 / ticks_per_second
        self._next: float | None = None

    async def wait_for(self, tick: int) -> None:
        now = time.monotonic()
        if self._next is None or self._next < now - self._interval:
            self._next = now
        await asyncio.sleep(max(0.0, self._next - now))
        self._next += self._interval
