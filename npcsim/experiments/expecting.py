"""What a sweep would take, before anything is lived: runs, calls, money and hours."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from npcsim.assembly.build import read
from npcsim.assembly.money.asking import whole_forecast
from npcsim.assembly.money.forecast import Forecast
from npcsim.assembly.money.supposed import WAITS_S
from npcsim.experiments.book import FAILED, Book
from npcsim.experiments.design import read_design
from npcsim.experiments.plan import Plan, Planned, find_design, name_of, plan
from npcsim.experiments.settling import settled_by
from npcsim.experiments.sweep import LOCAL, RAY, TOGETHER, Purse, asks_any, most_of_any

CELLS, STRETCH_S = 4, 2.0
"""So many cells are tried, and for so many real seconds in all, to know how fast a run goes."""


@dataclass(frozen=True, slots=True)
class Expected:
    """All runs that are left, together. usd, least, most: money; calls: by tier.

    runs, left: in the design, and of them not lived yet. hours: real time, `at_a_time` runs side by
    side, answers over HTTP (`served`) a second each; None where nobody can say. speeds: tokens of
    prompts a second by local model; where it is None the hours are without that model's time.
    paid: whether a tier costs money; unpriced: those whose price nobody knows. holds: at how many
    runs a budget would hold the sweep. tried: so many cells, for `lived` of `ticks` ticks together;
    why: what was wrong with one that could not be.
    """

    runs: int
    left: int
    cells: int
    calls: dict[str, float]
    usd: float
    least: float
    most: float
    hours: float | None
    holds: int | None
    at_a_time: int
    speeds: dict[str, float | None]
    paid: bool
    unpriced: tuple[str, ...]
    served: bool
    tried: int
    lived: int
    ticks: int
    why: str

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)


def expected(
    design: Path,
    *,
    out: Path | None = None,
    processes: int | None = None,
    together: int | None = None,
    on: str = LOCAL,
    again: bool = False,
    whole: bool = True,
) -> Expected:
    """Forecast a design: runs of its cells are lived on drawn answers, times its seeds.

    whole: of every cell one run to its end, where models are asked, which may take long; else the
    beginning of a few cells, in some seconds. Without models it is a beginning in any case. The
    rest as for `sweep`, which raises the same.
    """
    path = find_design(design)
    made = plan(read_design(path), path.parent, path)
    book = Book(out if out is not None else Path("sweeps") / name_of(path))
    asks = made.design.models and asks_any(made)
    purse = Purse(made.design.budget, most_of_any(made) if asks else 0.0)
    rows = [row for row in (book.row(run.id) for run in made.runs) if row is not None]
    left = len(made.runs) - sum(not again or row.state != FAILED for row in rows)
    if settled_by(made.design.stop, made.runs, rows):
        left = 0
    cells = made.runs[: len(made.cells)]
    found, why = (
        _tried(made, cells if asks and whole else _some(cells), asks, whole) if left else ([], "")
    )
    each = left / max(1, len(found))
    side = _side_by_side(asks, processes, together, on, left)
    usd = sum(one.usd for one in found) * each
    holds = None
    room = None if purse.limit is None else max(0.0, purse.limit - sum(row.usd for row in rows))
    if room is not None and purse.most and usd > room:
        holds = int(room / (usd / left))
    tiers = [tier for one in found for tier in one.tiers]
    return Expected(
        runs=len(made.runs), left=left, cells=len(cells), calls=_calls(found, each), usd=usd,
        least=sum(one.least for one in found) * each, most=sum(one.most for one in found) * each,
        hours=sum(_seconds(one, asks, side) for one in found) * each / 3600 if found else None,
        holds=holds, at_a_time=side,
        speeds={tier.model: tier.speed for tier in tiers if tier.local and tier.calls},
        paid=any(tier.paid for tier in tiers),
        unpriced=tuple(dict.fromkeys(tier.name for tier in tiers if tier.usd is None)),
        served=any(one.seconds[WAITS_S[0]] > one.alone for one in found),
        tried=len(found), lived=sum(one.lived for one in found),
        ticks=sum(one.ticks for one in found), why=why,
    )  # fmt: skip


def _tried(
    made: Plan, cells: Sequence[Planned], asks: bool, whole: bool
) -> tuple[list[Forecast], str]:
    """A forecast of each cell that can be lived. -> (they, why not of the last that can't)"""
    found, why = [], ""
    most_s = None if asks and whole else STRETCH_S / max(1, len(cells))
    for run in cells:
        try:
            built = read(made.scenario, run.overrides)
            found.append(
                whole_forecast(
                    built, {}, ticks=made.design.ticks, lives=1, most_s=most_s, minds=asks
                )
            )
        except Exception as error:  # noqa: BLE001 - what can't be lived is a row with its reason
            why = str(error) or repr(error)
    return found, why


def _some(cells: Sequence[Planned]) -> list[Planned]:
    """A few cells, spread over all."""
    many = min(CELLS, len(cells))
    return [cells[number * len(cells) // many] for number in range(many)]


def _side_by_side(
    asks: bool, processes: int | None, together: int | None, on: str, left: int
) -> int:
    """How many runs go on at a time; a cluster is not asked how large it is."""
    if on == RAY:
        return 1
    cores = os.cpu_count() or 1
    most = (together or TOGETHER) if asks else min(processes or cores, cores)
    return max(1, min(most, left))


def _calls(found: Sequence[Forecast], each: float) -> dict[str, float]:
    calls: dict[str, float] = {}
    for one in found:
        for tier in one.tiers:
            calls[tier.name] = calls.get(tier.name, 0.0) + tier.calls * each
    return calls


def _seconds(one: Forecast, asks: bool, side: int) -> float:
    """What a run adds to the whole: worlds that share a model share a core, and wait together."""
    local = sum((tier.input + tier.output) / tier.speed for tier in one.tiers if tier.speed)
    waits = max(0.0, one.seconds[WAITS_S[0]] - one.alone)
    return one.alone / (1 if asks else side) + local + waits / side


def lines(found: Expected) -> Iterator[str]:
    """For people."""
    rest = "" if found.left == found.runs else f"; {found.left} of them left"
    each = found.runs // max(1, found.cells)
    yield f"{found.runs} runs: {_cells(found.cells)}, {each} of each{rest}"
    if not found.left:
        return
    for tier, count in found.calls.items():
        yield f"  about {count:,.0f} calls of {tier}"
    yield from _money(found)
    yield from _time(found)


def _money(found: Expected) -> Iterator[str]:
    if found.usd:
        after = 2 if found.least >= 0.1 else 4
        least, most = f"${found.least:.{after}f}", f"${found.most:.{after}f}"
        yield f"about ${found.usd:.{after}f} ({least} to {most})"
    elif found.tried and not found.paid:
        yield "it costs nothing"
    elif found.tried and not found.unpriced:
        yield "nothing that costs money was asked in what was tried"
    for name in found.unpriced:
        yield f"nobody knows what {name} costs"
    if found.holds is not None:
        yield f"the budget would hold it after about {found.holds} runs"


def _time(found: Expected) -> Iterator[str]:
    """The hours, and then what they rest on."""
    if found.hours is not None:
        side = f"{found.at_a_time} runs at a time"
        side = side if found.at_a_time > 1 else "one run after another"
        yield f"about {_span(found.hours)}, {side}"
        part = found.lived < found.ticks
        what = f"{found.lived:,} of the {found.ticks:,} ticks" if part else f"{found.ticks:,} ticks"
        drawn = ", on answers that were drawn" if found.calls else ""
        yield f"  by {what} of {_cells(found.tried)}, lived just now{drawn}"
        if part and found.calls:
            yield "  `npcsim sweep DESIGN --dry-run` lives all of them, of all cells"
    if found.why:
        yield f"  a cell can't be tried: {found.why.splitlines()[0]}"
    if found.served:
        yield "  at a second an answer over HTTP"
    for model, speed in found.speeds.items():
        if speed is None:
            check = f"`npcsim models check {model.removeprefix('gguf:')} --again` does"
            yield f"  without the time of the model {model}, not measured on this machine: {check}"
        else:
            yield f"  {model} at {speed:,.0f} tokens a second, as measured here of prompts"


def _cells(count: int) -> str:
    return f"{count} cells" if count > 1 else "one cell"


def _span(hours: float) -> str:
    if hours >= 1:
        return f"{hours:.1f} h"
    return f"{hours * 60:.1f} min" if hours * 60 >= 1 else f"{hours * 3600:.1f} s"
