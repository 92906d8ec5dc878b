"""Living one planned run to its row: begun, taken up where it was cut off, or only measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
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
from npcsim.errors import NpcsimError, OutOfReach, ReplayDiverged, StoreError
from npcsim.experiments.book import DONE, FAILED, Book, Row, row_of
from npcsim.experiments.measures import Own, measured, own_measures
from npcsim.experiments.plan import Planned
from npcsim.experiments.shelf import LOCKED_SECONDS, Shelf
from npcsim.experiments.surveys.answers import Answer, keep, measures_of
from npcsim.experiments.surveys.putting import surveyed
from npcsim.experiments.surveys.questionnaire import read_questionnaire
from npcsim.messages import Model
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.store.run_store import Run
from npcsim.store.server import Locked

Engine = Callable[..., Model]


async def lived(
    planned: Planned,
    book: Book,
    shelf: Shelf,
    scenario: Path,
    *,
    ticks: int | None,
    models: bool,
    own: Path | None,
    survey: Path | None = None,
    engine: Engine = LlamaCpp,
) -> Row:
    """Live a run, measure it, note its row. A run that can't be lived is a row with its reason.

    Raises StoreError where the row itself can't be written, or the server is away that keeps all,
    and OutOfReach where the run's log can't be had now: it may be whole, so it stays as it is.
    """
    began = time.monotonic()
    try:
        functions = own_measures(own) if own is not None else None
        path = await _whole(planned, shelf, scenario, ticks, models, engine)
        answers = await _surveyed(path, survey, engine)
        keep(book.survey(planned.id), answers)
        noted, wall_s = shelf.noted(path), time.monotonic() - began
        row = _measured(planned, path, noted, functions, answers, wall_s)
    except OutOfReach:
        raise
    except NpcsimError as error:
        shelf.check()
        row = row_of(planned, FAILED, reason=str(error), wall_s=time.monotonic() - began)
    except Exception as error:  # noqa: BLE001 - one run's trouble must not end the others
        row = row_of(planned, FAILED, reason=repr(error), wall_s=time.monotonic() - began)
    book.put(row)
    return row


async def _whole(
    planned: Planned, shelf: Shelf, scenario: Path, ticks: int | None, models: bool, engine: Engine
) -> str:
    """What opens the run, lived to its end."""
    path = shelf.found(planned.id)
    if path is not None:
        state = _state(path)
        if state == "finished":
            return path
        session = None if state == "damaged" else await _resumed(path, models, engine)
        if session is not None:
            await to_the_end(session)
            return path
        shelf.remove(planned.id)
    built = read(scenario, planned.overrides)
    given: dict[str, Model] | None = None if models else {}
    out, name = shelf.begin(planned.id)
    session = await open_session(
        built, models=given, out=out, ticks=ticks, engine=engine, name=name
    )
    await to_the_end(session)
    return session.path


def reached(shelf: Shelf, id: str) -> int:
    """The last tick in the log of a run that was begun; -1 where none can be read."""
    with suppress(StoreError):
        path = shelf.found(id)
        if path is not None:
            with Run.open(path) as run:
                return run.last_tick
    return -1


def _state(path: str) -> str:
    try:
        with Run.open(path) as run:
            return run.state
    except OutOfReach:
        raise
    except StoreError:
        return "damaged"


async def _resumed(path: str, models: bool, engine: Engine) -> Session | None:
    """A run that was cut off as a session that goes on; None where it has to begin anew.

    Whose writer died a moment ago may be locked until its server has noticed.
    """
    until = time.monotonic() + LOCKED_SECONDS
    while True:
        try:
            with Run.open(path) as run:
                built = recorded_session(run).built
            used = models_of(built, engine=engine) if models and needs_models(built) else {}
            return await resumed_session(path, models=used)
        except Locked:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.25)
        except OutOfReach:
            raise
        except (StoreError, ReplayDiverged):
            return None


async def _surveyed(path: str, survey: Path | None, engine: Engine) -> list[Answer]:
    """The answers to a questionnaire, asked of the log: the run knows nothing of it."""
    if survey is None:
        return []
    with Run.open(path) as run:
        return await surveyed(run, read_questionnaire(survey), engine)


def _measured(
    planned: Planned,
    path: str,
    noted: str,
    own: Own | None,
    answers: Sequence[Answer],
    wall_s: float,
) -> Row:
    with Run.open(path) as run:
        summary = run.summary or {}
        return row_of(
            planned, DONE, run=noted,
            hash=str(summary.get("state_hash", "")), ticks=run.last_tick,
            usd=float(summary.get("cost_usd", 0.0)), wall_s=round(wall_s, 3),
            measures={**measured(run, own), **measures_of(answers)},
        )  # fmt: skip
