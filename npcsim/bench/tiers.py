"""`npcsim compare-tiers`: one scenario lived four ways, and what each came to.

By reflex alone; with the local model alone; as the scenario says, with the dear tiers for what is
worth it (hybrid); and with everything there is to choose asked of the dearest tier (cloud).
Scores are the scenario's own measures with `every: end`. Every way is lived once a seed.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from npcsim.assembly.build import read
from npcsim.bench.standing_in import standing_in
from npcsim.front import run as live
from npcsim.messages import Model
from npcsim.models.router import REFLEX
from npcsim.store.run_store import Run

WAYS = ("reflex", "local", "hybrid", "cloud")
Told = Callable[[str], None]


def compare(
    scenario: Path,
    *,
    seeds: int = 3,
    ways: Sequence[str] = WAYS,
    overrides: Sequence[str] = (),
    stand_in: bool = False,
    ticks: int | None = None,
    told: Told = lambda line: None,
) -> dict[str, Any]:
    """Live a scenario each way with the seeds 1 to `seeds`.

    stand_in: the paid tiers are answered by the bundled model behind a real Messages API on this
    machine, at the prices of the models they stand for; the way `cloud` has no budget then, as
    what it would come to is the question. -> by way, under `runs` one entry a seed: `scores`,
    `usd`, `decisions` by tier, how many of them `fell_back` to the body since the tier failed, the
    `share` of dear tiers among those that did not, `asked_s` (real seconds an answer of a model
    took, median) and `decided_s` (simulated seconds from the question to the decision, median);
    and the same as medians with the least and the most.

    Raises what `npcsim.run` raises, and MissingExtra where there can be no stand-in.
    """
    built = read(scenario, overrides)
    dear = [tier.name for tier in built.program.tiers if tier.served]
    found: dict[str, Any] = {"scenario": scenario.stem, "seeds": seeds, "dear": dear, "ways": {}}
    with _dear(built.definition.tiers, dear, stand_in) as more:
        for way in ways:
            each = []
            for seed in range(1, seeds + 1):
                told(f"{way}, seed {seed}")
                changes = [*overrides, *more, *changes_of(way, dear, stand_in), f"seed={seed}"]
                models: dict[str, Model] | None = {} if way == REFLEX else None
                with live(scenario, models=models, overrides=changes, ticks=ticks) as run:
                    each.append(counted(run, dear))
            found["ways"][way] = {"runs": each, **_summed(each)}
    return found


def changes_of(way: str, dear: Sequence[str], stand_in: bool = False) -> list[str]:
    """How the scenario is changed for a way, as `--set` would."""
    if way == "local":
        return [f"tiers.{name}.model=none" for name in dear]
    if way == "cloud":
        return [
            "tiers.local.model=none", "routing.escalate=0", "routing.worth=1000 USD",
            "think.dominates=1000000", "routing.delay=0",
            *(f"tiers.{name}.budget=null" for name in dear if stand_in),
        ]  # fmt: skip
    return []


@contextmanager
def _dear(parts: Mapping[str, Any], dear: Sequence[str], stand_in: bool) -> Iterator[list[str]]:
    if not (stand_in and dear):
        yield []
        return
    with standing_in(parts, dear) as more:
        yield more


def counted(run: Run, dear: Sequence[str]) -> dict[str, Any]:
    """What one run came to."""
    decisions = list(run.table("decisions").rows())
    by_tier: dict[str, int] = {}
    waited = []
    for row in decisions:
        if not row["fallback"]:
            by_tier[row["tier"]] = by_tier.get(row["tier"], 0) + 1
        began = int(row["thought"].rpartition("@")[2])
        waited.append((row["tick"] - began) * run.started.tick_ms / 1000)
    calls = [row for row in run.table("calls").rows() if not row["error"]]
    measures = list(run.table("measures").rows())
    last = max((row["tick"] for row in measures), default=0)
    return {
        "scores": {row["name"]: row["value"] for row in measures if row["tick"] == last},
        "usd": sum(row["cost"] for row in run.table("calls").rows()),
        "decisions": by_tier,
        "fell_back": sum(row["fallback"] for row in decisions),
        "share": sum(by_tier.get(name, 0) for name in dear) / max(1, len(decisions)),
        "asked_s": statistics.median([row["wall"] for row in calls]) if calls else 0.0,
        "decided_s": statistics.median(waited) if waited else 0.0,
    }


def _summed(each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Medians over the seeds, each with the least and the most."""
    names = list(dict.fromkeys(name for one in each for name in one["scores"]))
    scores = {name: _spread([one["scores"].get(name, 0.0) for one in each]) for name in names}
    others = ("usd", "share", "fell_back", "asked_s", "decided_s")
    return {"scores": scores, **{name: _spread([one[name] for one in each]) for name in others}}


def _spread(values: Sequence[float]) -> list[float]:
    return [statistics.median(values), min(values), max(values)]


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The table for people: a way a row."""
    scores = list(dict.fromkeys(name for way in found["ways"].values() for name in way["scores"]))
    heads = [
        "way",
        *scores,
        "USD a run",
        "by dear tiers",
        "fell back",
        "real s an answer",
        "simulated s",
    ]
    rows = [heads]
    for name, way in found["ways"].items():
        shown = [_shown(way["scores"].get(score, [0, 0, 0]), "{:.0f}") for score in scores]
        rows.append([
            name, *shown, _shown(way["usd"], "{:.4f}"), _shown(way["share"], "{:.1%}"),
            _shown(way["fell_back"], "{:.0f}"), _shown(way["asked_s"], "{:.2f}"),
            _shown(way["decided_s"], "{:.0f}"),
        ])  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    for row in rows:
        yield "  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip()
    yield f"medians of {found['seeds']} seeds (least to most)"


def _shown(spread: Sequence[float], form: str) -> str:
    middle, least, most = (form.format(value) for value in spread)
    return middle if least == most else f"{middle} ({least} to {most})"


def main(
    scenario: Path, seeds: int, sets: Sequence[str], ways: Sequence[str], stand_in: bool,
    as_json: bool, told: Told,
) -> None:  # fmt: skip
    """What `npcsim compare-tiers` prints."""
    found = compare(scenario, seeds=seeds, ways=ways, overrides=sets, stand_in=stand_in, told=told)
    for line in [json.dumps(found)] if as_json else lines(found):
        print(line)
