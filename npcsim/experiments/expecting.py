"""What a sweep would take, before anything is lived: runs, calls, money and hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from npcsim.assembly.build import read
from npcsim.assembly.money.asking import whole_forecast
from npcsim.assembly.money.supposed import WAITS_S
from npcsim.experiments.design import read_design
from npcsim.experiments.plan import find_design, plan
from npcsim.experiments.sweep import Purse, asks_any, most_of_any


@dataclass(frozen=True, slots=True)
class Expected:
    """All runs together. usd, least, most: money; calls: by tier, models behind HTTP and local.

    hours: real time where answers over HTTP take a second each and runs follow one another; None
    where no model behind HTTP is asked. holds: at how many runs a budget would hold the sweep.
    """

    runs: int
    cells: int
    calls: dict[str, float]
    usd: float
    least: float
    most: float
    hours: float | None
    holds: int | None

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)


def expected(path: Path) -> Expected:
    """Forecast a design: one run of each cell is forecast, times its seeds. Raises as `sweep`."""
    path = find_design(path)
    made = plan(read_design(path), path.parent, path)
    design = made.design
    each = len(made.runs) // max(1, len(made.cells))
    calls: dict[str, float] = {}
    usd = least = most = seconds = 0.0
    asks = design.models and asks_any(made)
    if asks:
        for run in made.runs[: len(made.cells)]:
            built = read(made.scenario, run.overrides)
            found = whole_forecast(
                built, {}, ticks=design.ticks, part=None, lives=1, ask_free=False
            )
            for tier in found.tiers:
                calls[tier.name] = calls.get(tier.name, 0.0) + tier.calls * each
            usd, least, most = (
                usd + found.usd * each,
                least + found.least * each,
                most + found.most * each,
            )
            seconds += found.seconds[WAITS_S[0]] * each
    purse = Purse(design.budget, most_of_any(made) if asks else 0.0)
    holds = None
    if purse.limit is not None and purse.most and usd > purse.limit:
        holds = int(purse.limit / (usd / len(made.runs)))
    return Expected(
        len(made.runs), len(made.cells), calls, usd, least, most,
        seconds / 3600 if seconds else None, holds,
    )  # fmt: skip


def lines(found: Expected) -> Iterator[str]:
    """For people."""
    yield f"{found.runs} runs: {found.cells} cells, {found.runs // max(1, found.cells)} of each"
    for tier, count in found.calls.items():
        yield f"  about {count:,.0f} calls of {tier}"
    if found.usd:
        yield f"about ${found.usd:.2f} (${found.least:.2f} to ${found.most:.2f})"
    else:
        yield "it costs nothing"
    if found.hours is not None:
        much = f"{found.hours:.1f} h" if found.hours >= 1 else f"{found.hours * 60:.1f} min"
        yield f"about {much} at a second an answer, one run after another"
    if found.holds is not None:
        yield f"the budget would hold it after about {found.holds} runs"
