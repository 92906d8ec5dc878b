"""`npcsim bench memory`: how well and how fast NPCs recall, and that they don't grow.

What is recalled of a village week by words, by meaning and by both (`memory_set`); the time of it
at ten thousand memories, beside the retrieval loop of Generative Agents (`memory_speed`); and, with
`--days`, ten NPCs that live so long (`memory_days`).
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from npcsim.bench.memory_days import lived
from npcsim.bench.memory_set import METHODS, TOLD, measured
from npcsim.bench.memory_speed import staged, timed
from npcsim.models.embedding.minilm import MiniLM
from npcsim.models.embedding.remembered import Remembered

MANY = 10_000
REPEATS = 5
SAME_FOR = 20


def bench() -> dict[str, Any]:
    """Everything but the days. Raises `Unavailable` where the embeddings are not installed.

    `recall10` and `mrr` are those of the second week by whole recalls, recency and importance
    weighed in; `recall_set` has all of them.
    """

    async def run() -> dict[str, Any]:
        embedder = Remembered(MiniLM())
        quality = await measured(embedder)
        speed = timed(await staged(embedder, MANY), REPEATS, SAME_FOR)
        both = {"lists": speed["vs_lists"], "numpy": speed["vs_numpy"]}
        return {
            "model": embedder.fingerprint,
            **speed,
            "vs_generative_agents": both,
            **quality[TOLD]["recalled"],
            "recall_set": quality,
        }

    return asyncio.run(run())


def main(as_json: bool, days: int = 0) -> int:
    """What the command calls: measure and print; with days, those alone."""
    found = lived(days) if days else bench()
    if as_json:
        print(json.dumps(found))
    elif days:
        _print_days(found)
    else:
        _print(found)
    return 0


def _print(found: dict[str, Any]) -> None:
    ms, (same, of) = found["retrieval_ms"], found["same_of"]
    print(f"{found['memories']} memories, vectors by {found['model']}")
    print(
        f"the loop of Generative Agents: {ms['lists']} ms with lists, {ms['numpy']} ms with rows "
        f"of NumPy; npcsim {ms['npcsim']} ms"
    )
    print(f"{found['vs_lists']} times as fast as with lists, {found['vs_numpy']} times with rows")
    print(f"in processor time {found['cpu']['lists']} and {found['cpu']['numpy']} times")
    print(f"the same thirty in the same order for {same} of {of} questions")
    print(
        f"hybrid recall: {found['recall_p50_ms']} ms, 95 % within {found['recall_p95_ms']} ms "
        f"({found['recall_filtered_p95_ms']} ms with a filter)"
    )
    print(f"adding a memory: {found['add_ms']} ms, 95 % within {found['add_p95_ms']} ms")
    quality = found["recall_set"]
    for half in ("dev", "held_out", TOLD):
        print(f"\n{half:<20}{quality['questions'][half]} questions")
        for way, scores in quality[half].items():
            for name, by_method in scores.items():
                cells = "".join(f"{method} {by_method[method]:.3f}  " for method in METHODS)
                print(f"  {way:<10}{name:<10}{cells}")


def _print_days(found: dict[str, Any]) -> None:
    print(f"{found['npcs']} NPCs, {found['days']} days, {found['ticks']} ticks, models off")
    print(f"{'day':>4}{'us a tick':>11}{'memories':>10}{'bytes an NPC':>14}")
    for day in found["by_day"]:
        print(f"{day['day']:>4}{day['tick_us']:>11}{day['memories']:>10}{day['bytes']:>14}")
    print(
        f"a tick of day {found['days']} takes {found['last_vs_second']} times one of day 2 "
        "(in turns, processor time)"
    )
    print(f"most bytes after the first week over most in it: {found['bytes_after_week']}")
