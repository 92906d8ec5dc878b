"""`npcsim bench sweep`: what many runs gain by being lived side by side.

Two pairs of sides. 64 runs of `02_guards_and_bandits` in one process and in as many as there are
cores. Runs of `03_village_morning` with the bundled model one after another and sharing its engine,
by decisions a second. Sides take turns; medians of the ratios, with the least and the most.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from npcsim.experiments.sweep import Sweep, sweep

PARTS = ("apart", "together")
RUNS, ROUNDS = 64, 3
VILLAGES, VILLAGE_TICKS = 8, 240


def main(as_json: bool, rounds: int = ROUNDS, part: str = "") -> int:
    """Measure `part` or both, and print. -> the exit code."""
    parts = (part,) if part else PARTS
    found = measure(lambda line: typer.echo(line, err=True), rounds, parts)
    if as_json:
        typer.echo(json.dumps(found))
    elif "apart" in found:
        typer.echo(
            f"{RUNS} runs of 02_guards_and_bandits, {found['processes']} processes over one: "
            f"{_told(found['apart'])}"
        )
    if not as_json and "together" in found:
        typer.echo(
            f"{VILLAGES} runs of 03_village_morning, {VILLAGE_TICKS} ticks, one engine for all "
            f"over one after another, decisions a second: {_told(found['together'])}"
        )
    if not as_json:
        typer.echo(f"hashes equal: {found['equal']}")
    return 0 if found["equal"] else 1


def measure(
    told: Callable[[str], None], rounds: int = ROUNDS, parts: Sequence[str] = PARTS
) -> dict[str, Any]:
    """Live it all. -> by part (median, least, most); `equal`: whether all hashes are."""
    ratios: dict[str, list[float]] = {part: [] for part in parts}
    equal = True
    for number in range(rounds):
        for part in parts:
            alone, together = _SIDES[part]()
            ratios[part].append(together[1] / alone[1])
            equal &= alone[0] == together[0]
            told(f"round {number + 1} of {rounds}, {part}: {ratios[part][-1]:.2f}")
    return {
        **{part: _spread(found) for part, found in ratios.items()}, "equal": equal,
        "processes": os.cpu_count() or 1, "runs": RUNS, "villages": VILLAGES,
        "village_ticks": VILLAGE_TICKS, "rounds": rounds,
    }  # fmt: skip


Side = tuple[list[str], float]  # hashes; how much a second


def _apart() -> tuple[Side, Side]:
    one, seconds = _timed("02_guards_and_bandits", RUNS, models=False, processes=1)
    many, fewer = _timed("02_guards_and_bandits", RUNS, models=False, processes=None)
    return (_hashes(one), RUNS / seconds), (_hashes(many), RUNS / fewer)


def _together() -> tuple[Side, Side]:
    alone = _timed("03_village_morning", VILLAGES, models=True, together=1)
    shared = _timed("03_village_morning", VILLAGES, models=True, together=VILLAGES)
    return (_hashes(alone[0]), _per_second(*alone)), (_hashes(shared[0]), _per_second(*shared))


_SIDES = {"apart": _apart, "together": _together}


def _timed(scenario: str, seeds: int, *, models: bool, **how: Any) -> tuple[Sweep, float]:
    with tempfile.TemporaryDirectory(prefix="npcsim-") as folder:
        file = Path(folder) / "design.yaml"
        design: dict[str, Any] = {"scenario": scenario, "models": models, "seeds": seeds}
        if models:
            design["ticks"] = VILLAGE_TICKS
        file.write_text(json.dumps(design), "utf-8")
        began = time.perf_counter()
        done = sweep(file, out=Path(folder) / "out", **how)
        return done, time.perf_counter() - began


def _per_second(done: Sweep, seconds: float) -> float:
    return sum(row.measures["decisions"] for row in done.done) / seconds


def _hashes(done: Sweep) -> list[str]:
    return [row.hash for row in done.rows]


def _spread(values: list[float]) -> Mapping[str, float]:
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def _told(spread: Mapping[str, float]) -> str:
    return f"{spread['median']:.2f} ({spread['least']:.2f} to {spread['most']:.2f})"
