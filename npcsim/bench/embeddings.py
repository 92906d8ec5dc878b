"""`npcsim bench embeddings`: how quick the bundled embeddings are, and how far to trust them.

Two situations that mean the same may share an answer (`guards: {similar: ...}`). How often that is
right hangs on how alike they must be. Here are, for several such limits, the shares of

- `same`: pairs of sentences that mean the same in a situation (a hit is what one wants);
- `other`: pairs that look alike and mean something else (`is open` and `is closed`);
- `needs`: an item of the choice bench, and it again with another need pressing, so that another of
  the same options is best;
- `items`: any two items of the choice bench whose best options differ, as if they had the same.

Once as the guard compares, sentence by sentence with its rules; once by the rules' sentences
without the rules; and once by one vector of the whole situation, as semantic caches mostly do. Of
`same` and `other` there are pairs that were written after rules and limit were fixed: `held_out`.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from npcsim.bench.choice_items import Item, read_items
from npcsim.bench.choice_stage import Stage
from npcsim.messages import Choose, Embedder
from npcsim.models.embedding.minilm import MiniLM
from npcsim.models.embedding.remembered import Remembered
from npcsim.models.guards import alike
from npcsim.models.guards.alike import Sense, sense_of, sentences, without_name
from npcsim.npc.prompts import choose_told

LIMITS = (0.7, 0.75, 0.8, 0.85, 0.875, 0.9, 0.925, 0.95, 0.975)
ROUNDS = 3
PRESSING, CONTENT = 0.9, 0.2
DATA = Path(str(files("npcsim.bench") / "data"))
FRAME = "It is afternoon. Mara is at the market. {} Mara needs to"
OPTIONS = ("talk to somebody", "go home", "wait a while")

Likeness = Callable[[Sense, Sense], float]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions, and where they come from."""

    kind: str
    one: Choose
    other: Choose


def pairs() -> list[Pair]:
    """All pairs, the told ones first."""
    items = read_items(DATA / "choice_dev.jsonl")
    return [*_told(), *_needs(items), *_items(items)]


def _told() -> list[Pair]:
    rows = map(json.loads, (DATA / "similar.jsonl").read_text(encoding="utf-8").splitlines())
    found = []
    for row in rows:
        kind = "same" if row["same"] else "other"
        one, other = (
            Choose(FRAME.format(row[key]), "Someone needs to", OPTIONS) for key in ("one", "other")
        )
        found.append(Pair(f"{kind}_held_out" if row["held_out"] else kind, one, other))
    return found


def _needs(items: Sequence[Item]) -> list[Pair]:
    stage, found = Stage(), []
    for item in items:
        for need in item.needs:
            levels = {name: PRESSING if name == need else CONTENT for name in item.needs}
            turned = replace(item, needs=levels)
            worths = stage.utilities(turned)
            if max(worths) > worths[item.best]:
                found.append(Pair("needs", _asked(item, stage), _asked(turned, stage)))
    return found


def _items(items: Sequence[Item]) -> list[Pair]:
    stage = Stage()
    asked = [_asked(item, stage) for item in items]
    best = [_best(item) for item in items]
    return [
        Pair("items", asked[i], asked[j])
        for i in range(len(items))
        for j in range(i)
        if best[i] != best[j]
    ]


def _best(item: Item) -> str:
    return (item.tools[item.best] if item.tools else "") or item.options[item.best]


def _asked(item: Item, stage: Stage) -> Choose:
    return choose_told(item.name, item.situation, stage.felt(item), item.options, "plan")


async def measured(embedder: Embedder) -> dict[str, Any]:
    """-> the shares of pairs that are hits, by way of comparing, kind of pair and limit."""
    asked = pairs()
    found: dict[Choose, tuple[Sense, Sense]] = {}
    for question in {id(q): q for pair in asked for q in (pair.one, pair.other)}.values():
        if question not in found:
            told = without_name(question)
            whole = Sense((told[0],), await embedder.embed([told[0]]))
            found[question] = (await sense_of(told, embedder), whole)
    ways: dict[str, tuple[Likeness, int]] = {
        "sentences": (alike.likeness, 0), "without_rules": (alike.nearness, 0),
        "whole": (alike.nearness, 1),
    }  # fmt: skip
    result: dict[str, Any] = {}
    for way, (likeness, which) in ways.items():
        scores: dict[str, list[float]] = {}
        for pair in asked:
            one, other = found[pair.one][which], found[pair.other][which]
            scores.setdefault(pair.kind, []).append(likeness(one, other))
        result[way] = {
            kind: {f"{limit:g}": _share(values, limit) for limit in LIMITS}
            for kind, values in scores.items()
        }
    counts: dict[str, int] = {}
    for pair in asked:
        counts[pair.kind] = counts.get(pair.kind, 0) + 1
    return {"pairs": counts, "hits": result}


def _share(values: Sequence[float], limit: float) -> float:
    return round(sum(value >= limit for value in values) / len(values), 4)


async def timed(embedder: Embedder, texts: Sequence[str]) -> dict[str, Any]:
    """Milliseconds a sentence, one by one, by the wall and of the CPU.

    And whether company changes a bit of any vector.
    """
    begun = time.perf_counter()
    await embedder.embed(texts[:1])
    loading = time.perf_counter() - begun
    alone: list[bytes] = []
    took: list[float] = []
    used = time.process_time()
    for _ in range(ROUNDS):
        alone.clear()
        for text in texts:
            begun = time.perf_counter()
            alone.append((await embedder.embed([text]))[0].tobytes())
            took.append((time.perf_counter() - begun) * 1000)
    used = (time.process_time() - used) * 1000 / len(took)
    together = [row.tobytes() for row in await embedder.embed(texts)]
    return {
        "sentences": len(texts),
        "words": round(statistics.mean(len(text.split()) for text in texts), 1),
        "ms_median": round(statistics.median(took), 2),
        "ms_cpu": round(used, 2),
        "ms_p95": round(sorted(took)[int(0.95 * len(took))], 2),
        "loading_s": round(loading, 2),
        "same_bits_in_company": together == alone,
    }


def bench() -> dict[str, Any]:
    """Everything. Raises `Unavailable` where the bundled embeddings are not installed."""
    items = read_items(DATA / "choice_dev.jsonl")
    texts = sorted({one for item in items for one in sentences(item.situation)})

    async def run() -> dict[str, Any]:
        embedder = MiniLM()
        speed = await timed(embedder, texts)
        return {"model": embedder.fingerprint, **speed, **await measured(Remembered(embedder))}

    return asyncio.run(run())


def main(as_json: bool) -> int:
    """What the command calls: measure and print."""
    found = bench()
    if as_json:
        print(json.dumps(found))
        return 0
    print(f"{found['model']}, one thread")
    print(
        f"{found['ms_median']} ms a sentence of {found['words']} words, 95 % within "
        f"{found['ms_p95']} ms, {found['ms_cpu']} ms of the CPU"
    )
    print(
        f"loaded in {found['loading_s']} s; the same bits alone and in company: "
        f"{'yes' if found['same_bits_in_company'] else 'NO'}"
    )
    for way, kinds in found["hits"].items():
        print(f"\n{way:<16}" + "".join(f"{limit:>8g}" for limit in LIMITS))
        for kind, shares in kinds.items():
            cells = "".join(f"{share:>8.1%}" for share in shares.values())
            print(f"{kind:<16}{cells}  of {found['pairs'][kind]}")
    return 0
