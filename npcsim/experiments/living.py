"""Living one planned run to its row: begun, taken up where it was cut off, or only measured."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from npcsim.assembly.build import read
from npcsim.assembly.runs.headless import to_the_end
from npcsim.assembly.runs.resuming import resumed_session
from npcsim.assembly.runs.session import (
    Session,
    models_of,
    needs_models,
    open_session,
    recorded_session,
)
from npcsim.errors import NpcsimError, ReplayDiverged, StoreError
from npcsim.experiments.book import DONE, FAILED, Book, Row, row_of
from npcsim.experiments.measures import Own, measured, own_measures
from npcsim.experiments.plan import Planned
from npcsim.experiments.surveys.answers import Answer, keep, measures_of
from npcsim.experiments.surveys.putting import surveyed
from npcsim.experiments.surveys.questionnaire import read_questionnaire
from npcsim.messages import Model
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.store.run_store import Run

Engine = Callable[..., Model]


async def lived(
    planned: Planned,
    book: Book,
    scenario: Path,
    *,
    ticks: int | None,
    models: bool,
    own: Path | None,
    survey: Path | None = None,
    engine: Engine = LlamaCpp,
) -> Row:
    """Live a run, measure it, note its row. A run that can't be lived is a row with its reason.

    Raises StoreError where the row itself can't be written.
    """
    began = time.monotonic()
    try:
        functions = own_measures(own) if own is not None else None
        folder = await _whole(planned, book, scenario, ticks, models, engine)
        answers = await _surveyed(folder, survey, engine)
        keep(book.survey(planned.id), answers)
        row = _measured(planned, book, folder, functions, answers, time.monotonic() - began)
    except NpcsimError as error:
        row = row_of(planned, FAILED, reason=str(error), wall_s=time.monotonic() - began)
    except Exception as error:  # noqa: BLE001 - one run's trouble must not end the others
        row = row_of(planned, FAILED, reason=repr(error), wall_s=time.monotonic() - began)
    book.put(row)
    return row


async def _whole(
    planned: Planned, book: Book, scenario: Path, ticks: int | None, models: bool, engine: Engine
) -> Path:
    """The folder of the run, lived to its end."""
    parent = book.of(planned)
    before = sorted(parent.iterdir()) if parent.is_dir() else []
    if before:
        state = _state(before[0])
        if state == "finished":
            return before[0]
        session = None if state == "damaged" else await _resumed(before[0], models, engine)
        if session is not None:
            await to_the_end(session)
            return before[0]
        shutil.rmtree(parent)
    built = read(scenario, planned.overrides)
    given: dict[str, Model] | None = None if models else {}
    session = await open_session(built, models=given, out=parent, ticks=ticks, engine=engine)
    await to_the_end(session)
    assert session.folder is not None
    return session.folder


def _state(folder: Path) -> str:
    try:
        with Run.open(folder) as run:
            return run.state
    except StoreError:
        return "damaged"


async def _resumed(folder: Path, models: bool, engine: Engine) -> Session | None:
    """A run that was cut off as a session that goes on; None where it has to begin anew."""
    try:
        with Run.open(folder) as run:
            built = recorded_session(run).built
        used = models_of(built, engine=engine) if models and needs_models(built) else {}
        return await resumed_session(folder, models=used)
    except (StoreError, ReplayDiverged):
        return None


async def _surveyed(folder: Path, survey: Path | None, engine: Engine) -> list[Answer]:
    """The answers to a questionnaire, asked of the log: the run knows nothing of it."""
    if survey is None:
        return []
    with Run.open(folder) as run:
        return await surveyed(run, read_questionnaire(survey), engine)


def _measured(
    planned: Planned,
    book: Book,
    folder: Path,
    own: Own | None,
    answers: Sequence[Answer],
    wall_s: float,
) -> Row:
    with Run.open(folder) as run:
        summary = run.summary or {}
        return row_of(
            planned, DONE, run=str(folder.relative_to(book.folder)),
            hash=str(summary.get("state_hash", "")), ticks=run.last_tick,
            usd=float(summary.get("cost_usd", 0.0)), wall_s=round(wall_s, 3),
            measures={**measured(run, own), **measures_of(answers)},
        )  # fmt: skip
