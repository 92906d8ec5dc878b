"""A new run that shares another's past: lived again from its log up to a tick, then on its own.

The past is written anew into the fork's own log, so a fork replays like any run and shares nothing
with its parent. After the tick, a question that the parent's models were asked is not asked again:
its answer is taken from the parent's log, by content (`request_key`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from npcsim import errors
from npcsim import events as ev
from npcsim.assembly.runs.resuming import Until, check_models, go_live, the_end
from npcsim.assembly.runs.session import (
    RunLog,
    Session,
    models_of,
    needs_models,
    recorded_session,
    start_models,
)
from npcsim.assembly.thinking import serving
from npcsim.errors import ModelError, NpcsimError, Unavailable
from npcsim.messages import Answer, Clock, Model, ModelCall, Question, request_key
from npcsim.models.guards.around import Around
from npcsim.models.remote.served import why_absent
from npcsim.replay.verify import verify
from npcsim.scenario.moments import tick_at
from npcsim.sim.clock import Virtual
from npcsim.store.run_store import Run, new_run_folder
from npcsim.store.writer import RunWriter
from npcsim.tools.tool import Tool

PARENT, FORKED_AT = "fork.parent", "fork.tick"
"""What a fork's first event says among its versions: the parent's name, and the last shared tick."""


@dataclass(slots=True)
class Reuse:
    """Questions of a fork that the parent's log answered, and those that were asked."""

    reused: int = 0
    asked: int = 0


class Reusing(Around):
    """A model that answers what its parent run was asked as that was answered, failures too.

    Of several answers to one question each is given once, in their order, and the last from then
    on.
    """

    def __init__(self, inner: Model, calls: Mapping[str, deque[ModelCall]], reuse: Reuse) -> None:
        super().__init__(inner)
        self._calls, self._reuse = calls, reuse

    async def ask(self, question: Question) -> Answer:
        known = self._calls.get(request_key(self.fingerprint, question))
        if not known:
            self._reuse.asked += 1
            return await self.inner.ask(question)
        self._reuse.reused += 1
        call = known.popleft() if len(known) > 1 else known[0]
        if call.answer is None:
            raise _failure(call)
        return call.answer


def _failure(call: ModelCall) -> ModelError:
    kind, _, text = call.error.partition(": ")
    found = getattr(errors, kind, Unavailable)
    known = isinstance(found, type) and issubclass(found, ModelError)
    return (found if known else Unavailable)(text, billed=call.cost_usd > 0)


@dataclass(slots=True)
class _Log(RunLog):
    """The fork's log; the parent's calls of the shared past go into it too."""

    writer: RunWriter
    past: dict[int, list[ModelCall]] = field(default_factory=dict)

    async def write(self, tick: int, events: list[ev.Event], calls: list[ModelCall]) -> None:
        await RunLog.write(self, tick, events, [*self.past.pop(tick, ()), *calls])


async def forked_session(
    path: Path | str,
    at: str | int,
    out: Path,
    until: Until = Until(),
    *,
    inputs: Sequence[Mapping[str, Any]] = (),
    models: Mapping[str, Model] | None = None,
    tools: Mapping[str, Tool] | None = None,
    clock: Clock | None = None,
) -> tuple[Session, Reuse]:
    """A simulation that shares a kept run's past up to and with a tick or time, kept under `out`.

    inputs: what is put in right after it (see `sim.inputs`). models: None takes the scenario's,
    where the run had any. -> (it, what it takes from the parent's log). Raises NpcsimError for a
    time outside the run, ValueError for an input of no known form, and what `resumed_session`
    raises.
    """
    clock, reuse = clock or Virtual(), Reuse()
    with Run.open(path) as run:
        tick = _tick(run, at)
        session = recorded_session(run, tools, works_until=tick)
        calls = [(kept.tick, kept.key, kept.call) for kept in run.calls()]
        used: dict[str, Model] = {}
        folder = new_run_folder(out, session.built.world.setting.scenario)
        every = session.built.definition.log.every
        writer = RunWriter.create(folder, None, name=folder.name, bundle=run.bundle, every=every)
        try:
            first = session.simulation.started
            if models is not None:
                used = dict(models)
            elif first.models and needs_models(session.built):
                used = models_of(session.built, paced=clock.paced)
            if not all(why_absent(print_) for print_ in first.models.values()):
                await start_models(used)
                await serving.asked(used)
            check_models(first, used)
            past: dict[int, list[ModelCall]] = {}
            for when, _, call in calls:
                if when <= tick:
                    past.setdefault(when, []).append(call)
            log = _Log(writer, past)
            await _past(session, run, tick, folder.name, log)
            end = the_end(session, until)
            session.simulation.end_at(end)
            for entry in inputs:
                session.simulation.put(entry)
            answered = _answered(calls, tick)
            used = {tier: Reusing(model, answered, reuse) for tier, model in used.items()}
            go_live(session, run, used, clock, log)
        except BaseException:
            for model in used.values():
                await model.close()
            writer.close()
            raise
    session.models, session.writer, session.folder = used, writer, folder
    return session, reuse


def _tick(run: Run, at: str | int) -> int:
    began = run.started
    try:
        tick = tick_at(at, began.start_ms, began.tick_ms)
    except ValueError as error:
        raise NpcsimError(f"where to fork: {error}") from None
    last = run.last_tick
    if not 0 <= tick < last:
        raise NpcsimError(f"a fork begins before the run's last tick, {last}, not at {tick}")
    return tick


async def _past(session: Session, run: Run, tick: int, name: str, log: RunLog) -> None:
    """Live the shared past, and write it down."""
    simulation = session.simulation
    first = simulation.started
    versions = {**first.versions, PARENT: run.name, FORKED_AT: str(tick)}
    simulation.started = replace(first, run=name, versions=versions)
    simulation.keep(log)
    simulation.subscribe(session.tally.take)
    await simulation.open()
    await verify(simulation, run, last=tick)


def _answered(
    calls: Sequence[tuple[int, str, ModelCall]], tick: int
) -> dict[str, deque[ModelCall]]:
    """The parent's answers by key: those after the tick; earlier ones where there are no others."""
    found: dict[str, deque[ModelCall]] = {}
    for when, key, call in calls:
        if when > tick and not call.error.startswith(ev.CANCELLED):
            found.setdefault(key, deque()).append(call)
    for when, key, call in calls:
        if when <= tick and key not in found and call.answer is not None:
            found[key] = deque([call])
    return found
