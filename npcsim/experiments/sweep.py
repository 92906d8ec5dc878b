"""Living a design: every run once, whatever happens in between."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import filelock

from npcsim.assembly.build import Built, read
from npcsim.assembly.runs.session import needs_models
from npcsim.assembly.runs.thread import lived as lived_in_thread
from npcsim.errors import NpcsimError, StoreError
from npcsim.experiments.book import DONE, FAILED, HELD, SPARED, Book, Row, row_of
from npcsim.experiments.crew import Apart, Crew, Together, Work
from npcsim.experiments.design import Design, StopPart, mistaken, read_design
from npcsim.experiments.measures import own_measures, unheard_of
from npcsim.experiments.plan import Plan, Planned, find_design, name_of, plan
from npcsim.experiments.settling import settled_by
from npcsim.experiments.shelf import opened, settled
from npcsim.experiments.surveys.questionnaire import read_questionnaire
from npcsim.models.money.prices import dollars
from npcsim.store.run_store import Run

LOCAL, RAY = "local", "ray"
TOGETHER = 8
"""Runs side by side on one local model: more of them make its batches no fuller by much."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep is: runs over, of all; failed; money spent; the latest row, if any."""

    over: int
    total: int
    failed: int
    usd: float
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep's folder and what became of each run of its design, in the design's order."""

    folder: Path
    design: Design
    rows: tuple[Row, ...]

    @property
    def done(self) -> tuple[Row, ...]:
        """The rows of runs that came to their end."""
        return tuple(row for row in self.rows if row.state == DONE)

    @property
    def complete(self) -> bool:
        """Whether every run came to its end, those apart that are not needed any more."""
        return all(row.state in (DONE, SPARED) for row in self.rows)

    def run(self, row: Row) -> Run:
        """A row's run, for reading. Raises StoreError."""
        return opened(self.folder, row.run)

    def runs(self) -> Iterator[tuple[Row, Run]]:
        """Every finished run, one open at a time."""
        for row in self.done:
            with self.run(row) as run:
                yield row, run


Told = Callable[[Progress], object]


def sweep(
    design: str | Path,
    *,
    out: str | Path | None = None,
    processes: int | None = None,
    together: int | None = None,
    again: bool = False,
    on: str = LOCAL,
    store: str | None = None,
    progress: Told = lambda how: None,
) -> Sweep:
    """Live every run of a design that has not been lived yet, and wait for it.

        done = sweep("bravery.yaml")
        [(row.cell, row.seed, row.measures["survival"]) for row in done.rows]

    out: the sweep's folder, `sweeps/NAME` if left out; what lies there is taken up. processes: for
    runs that ask no model, as many as there are cores. together: runs side by side that share one
    local model, 8. on: `local`, or `ray`: the cluster that RAY_ADDRESS names, else one of this
    machine; every node must see the folder. store: a database server's address that takes the logs
    of all runs, noted in the folder when the sweep begins. again: try once more what failed.
    progress: told after each run. Ctrl-C ends it at once; call it again to go on.

    Raises ScenarioError for a design or scenario with mistakes, NpcsimError where its budget can't
    be held, StoreError where the folder can't be written, another sweep is at work in it, or the
    server is away.
    """
    if on not in (LOCAL, RAY):
        raise NpcsimError(f"runs are lived on {LOCAL!r} or {RAY!r}, not on {on!r}")
    path = find_design(design)
    made, own, survey = ready(path)
    folder = Path(out) if out is not None else Path("sweeps") / name_of(path)
    text = path.read_text(encoding="utf-8")
    book = Book(folder)
    book.write("design.yaml", text)
    lock = filelock.FileLock(folder / "lock")
    try:
        with lock.acquire(blocking=False):
            kept = settled(book, store, name_of(path))
            book.plan([planned.id for planned in made.runs])
            work = Work(
                str(folder.resolve()), str(made.scenario), made.design.ticks, made.design.models,
                own, survey, kept,
            )  # fmt: skip
            if again:
                book.forget(FAILED, work.shelf.remove)
            lived_in_thread(_conducted(made, work, processes, together, on, progress))
    except filelock.Timeout:
        raise StoreError(f"another sweep is at work in {folder}") from None
    return Sweep(folder, made.design, tuple(_rows(made, book)))


def ready(path: Path) -> tuple[Plan, str | None, str | None]:
    """A design's runs, and the files of its own measures and survey, all of them read and tried.

    Raises ScenarioError for whatever is wrong in them, NpcsimError as `plan` does.
    """
    made = plan(read_design(path), path.parent, path)
    own = _own(made.design, path)
    _named(made, path, own)
    return made, own, _survey(made.design, path)


def open_sweep(folder: str | Path) -> Sweep:
    """A sweep that was lived, for reading. Raises StoreError where there is none."""
    place = Path(folder)
    if not (place / "design.yaml").is_file():
        raise StoreError(f"no sweep at {place}; `npcsim sweep` makes one")
    book = Book(place)
    rows = [row for id in book.planned() if (row := book.row(id)) is not None]
    return Sweep(place, read_design(place / "design.yaml"), tuple(rows))


def _rows(made: Plan, book: Book) -> Iterator[Row]:
    over = [book.row(planned.id) for planned in made.runs]
    settled = settled_by(made.design.stop, made.runs, [row for row in over if row is not None])
    state, reason = (SPARED, settled) if settled else (HELD, "the sweep ended before it")
    for planned, row in zip(made.runs, over, strict=True):
        yield row if row is not None else row_of(planned, state, reason=reason)


def _own(design: Design, path: Path) -> str | None:
    if design.measures is None:
        return None
    file = (path.parent / design.measures).resolve()
    own_measures(file)
    return str(file)


def _named(made: Plan, path: Path, own: str | None) -> None:
    """Raise ScenarioError for an outcome that no run can have: else it shows when all are lived."""
    design = made.design
    scenario = read(made.scenario, made.runs[0].overrides).definition.measure
    functions = own_measures(Path(own)) if own else ()
    asked: list[tuple[str, list[str | int]]] = [
        (name, ["outcomes", at]) for at, name in enumerate(design.outcomes)
    ]
    if design.stop.settled is not None:
        asked.append((design.stop.settled.measure, ["stop", "settled", "measure"]))
    for name, loc in asked:
        wrong = unheard_of(name, scenario, functions)
        if wrong is not None:
            raise mistaken(path, loc, wrong)


def _survey(design: Design, path: Path) -> str | None:
    if design.survey is None:
        return None
    file = (path.parent / design.survey).resolve()
    read_questionnaire(file)
    return str(file)


async def _conducted(
    made: Plan,
    work: Work,
    processes: int | None,
    together: int | None,
    on: str,
    told: Told,
) -> None:
    design = made.design
    asks = work.models and asks_any(made)
    work = replace(work, models=asks)
    crew = _crew(work, processes, together, on)
    purse = Purse(design.budget, most_of_any(made) if asks else 0.0)
    try:
        await conduct(made.runs, work.book, crew, purse, design.stop, told)
    finally:
        await crew.close()


def _crew(work: Work, processes: int | None, together: int | None, on: str) -> Crew:
    """Who lives them. Raises MissingExtra, and StoreError where there is no cluster."""
    if on == RAY:
        from npcsim.experiments.clusters import OnRay

        crew = OnRay(work, together or TOGETHER, processes)
        crew.begin()
        return crew
    if work.models:
        return Together(work, together or TOGETHER)
    return Apart(work, processes or os.cpu_count() or 1)


@dataclass(slots=True)
class Purse:
    """One budget for all runs, in USD: before a run begins, the most it can cost is set apart.

    limit: None for no budget. most: what a run can cost at most, None where nothing says.
    """

    limit: float | None
    most: float | None
    spent: float = 0.0
    held: int = 0

    def __post_init__(self) -> None:
        if self.limit is not None and self.most is None:
            raise NpcsimError(
                "a sweep's `budget` holds only if each run has one: say `budget:` for every tier "
                "that costs money, in the scenario or under `set:`"
            )

    def has_room(self) -> bool:
        """Whether one more run can begin."""
        if self.limit is None:
            return True
        return self.spent + (self.held + 1) * (self.most or 0.0) <= self.limit + 1e-9


def asks_any(made: Plan) -> bool:
    """Whether anybody in any cell has a mind: a level may give them one."""
    cells = made.runs[: len(made.cells)]
    return any(needs_models(read(made.scenario, run.overrides)) for run in cells)


def most_of_any(made: Plan) -> float | None:
    """The same of the dearest cell: a level may change tiers and their budgets."""
    each = [most_of(read(made.scenario, run.overrides)) for run in made.runs[: len(made.cells)]]
    known = [most for most in each if most is not None]
    return max(known) if len(known) == len(each) else None


def most_of(built: Built) -> float | None:
    """What a run can cost at most, in USD, by the budgets of its tiers; None where one has none."""
    total = 0.0
    for tier in built.program.tiers:
        if tier.price is None or not (tier.price.input or tier.price.output):
            continue
        if tier.budget is None or tier.budget.run is None:
            return None
        total += dollars(tier.budget.run)
    return total


async def conduct(
    runs: Sequence[Planned], book: Book, crew: Crew, purse: Purse, stop: StopPart, told: Told
) -> None:
    """Have the crew live what is not over yet, as long as budget and stop rules allow."""
    over = [row for row in (book.row(planned.id) for planned in runs) if row is not None]
    known = {row.id for row in over}
    waiting = [planned for planned in runs if planned.id not in known]
    failed = sum(row.state == FAILED for row in over)
    purse.spent = sum(row.usd for row in over)
    count, began = len(over), time.monotonic()
    told(Progress(count, len(runs), failed, purse.spent))
    under_way: set[asyncio.Task[Row]] = set()

    settled = settled_by(stop, runs, over)

    def may_begin() -> bool:
        if settled:
            return False
        if stop.failures is not None and failed >= stop.failures:
            return False
        if stop.hours is not None and time.monotonic() - began >= stop.hours * 3600:
            return False
        return purse.has_room()

    try:
        while True:
            while waiting and len(under_way) < crew.size and may_begin():
                purse.held += 1
                under_way.add(asyncio.create_task(crew.live(waiting.pop(0))))
            if not under_way:
                return
            ended, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                row = task.result()
                purse.held -= 1
                purse.spent += row.usd
                count += 1
                failed += row.state == FAILED
                over.append(row)
                told(Progress(count, len(runs), failed, purse.spent, row))
            settled = settled_by(stop, runs, over)
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
