"""Ten NPCs for many days without a model: what a tick costs, and what they remember.

A tick of the last day is compared with one of the second in turns: a second session, that has lived
one day, goes on side by side with the first, an hour of one and the same hour of the other.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from typing import Any

from npcsim.front import load
from npcsim.world.memories import weight

NPCS = 10
TICK_MINUTES = 5
HOUR = 60 // TICK_MINUTES
DAY = 24 * HOUR
WEEK = 7


def village() -> dict[str, Any]:
    """Ten people with needs, plans, work and talk, so that there is something to remember."""
    places = {
        f"p{n}": {"area": [1 + 8 * n, 1, 7 + 8 * n, 7]} for n in range(5)
    }  # fmt: skip
    return {
        "scenario": "weeks",
        "size": [48, 12],
        "clock": {"tick": f"{TICK_MINUTES} min", "start": "00:00"},
        "attributes": {
            "social": {"range": "0..1", "start": 0.5, "grows": "0.4 / h", "need": True},
            "rest": {"range": "0..1", "start": 0.2, "grows": "0.1 / h", "need": True},
        },
        "places": places,
        "archetypes": {"folk": {"mind": True, "tools": ["say", "go_to", "wait"]}},
        "npcs": {f"N{n}": {"is": "folk", "at": f"p{n % 5}"} for n in range(NPCS)},
        "plans": {
            "talk": {"option": "look for company", "worth": "social",
                     "steps": ["go_to(p0)", "say(nearest(folk), the day)"]},
            "walk": {"option": "walk about", "worth": "rest", "steps": ["go_to(p1)"]},
            "stay": {"option": "stay", "worth": 0.3, "steps": ["wait"]},
        },
    }  # fmt: skip


def lived(days: int) -> dict[str, Any]:
    """What every day was like, and the last one compared with the second. days: at least 2."""
    return asyncio.run(_lived(days))


async def _lived(days: int) -> dict[str, Any]:
    ticks = days * DAY
    async with (
        load(village(), models={}, ticks=ticks) as old,
        load(village(), models={}, ticks=ticks) as young,
    ):
        by_day = [await _day(old, day) for day in range(1, days)]
        await _day(young, 1)
        ratios, spent = [], 0.0
        for hour in range(24):
            _news(old, days, hour)
            _news(young, 2, hour)
            second = await _span(young, HOUR)
            last = await _span(old, HOUR)
            ratios.append(last / second)
            spent += last
        by_day.append(_told(old, days, spent / DAY))
    first = max(day["bytes"] for day in by_day[:WEEK])
    later = [day["bytes"] for day in by_day[WEEK:]]
    return {
        "npcs": NPCS,
        "days": days,
        "ticks": ticks,
        "by_day": by_day,
        "last_vs_second": round(statistics.median(ratios), 3),
        "last_vs_second_by_hour": [round(ratio, 2) for ratio in ratios],
        "bytes_after_week": round(max(later) / first, 3) if later else None,
    }


async def _day(session: Any, day: int) -> dict[str, Any]:
    spent = 0.0
    for hour in range(24):
        _news(session, day, hour)
        spent += await _span(session, HOUR)
    return _told(session, day, spent / DAY)


def _news(session: Any, day: int, hour: int) -> None:
    """Something new every waking hour, so that no two days are the same."""
    if 6 <= hour < 22:
        who = f"N{(day + hour) % NPCS}"
        session.put({"fact": f"Cart {day * 24 + hour} has come from afar", "heard_by": who})


async def _span(session: Any, ticks: int) -> float:
    """Processor seconds of so many ticks."""
    begun = time.process_time()
    for _ in range(ticks):
        await session.step()
    return time.process_time() - begun


def _told(session: Any, day: int, seconds: float) -> dict[str, Any]:
    """A day: microseconds a tick; memories and their bytes, of texts and as kept, per NPC."""
    memories = session.world.memories
    kept = [memories.of(f"N{n}") for n in range(NPCS)]
    return {
        "day": day,
        "tick_us": round(seconds * 1e6, 1),
        "memories": round(statistics.mean(map(len, kept)), 1),
        "text_bytes": round(statistics.mean(sum(map(weight, lines)) for lines in kept)),
        "bytes": round(
            statistics.mean(
                sum(len(json.dumps(line.plain()).encode()) for line in lines) for lines in kept
            )
        ),
        "most_bytes": max(
            sum(len(json.dumps(line.plain()).encode()) for line in lines) for lines in kept
        ),
    }
