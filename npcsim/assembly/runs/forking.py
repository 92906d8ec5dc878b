"""A new run that shares another's past: lived again from its log up to a tick, then on its own.

The past is written anew into the fork's own log, so a fork replays like any run and shares nothing
with its parent. What is changed comes in as inputs with the tick after. From there on, a question
that the parent's models were asked is not asked again: its answer is taken from the parent's log,
by content (`request_key`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from npcsim import events as ev
from npcsim.assembly.build import build
from npcsim.assembly.code.coded import tools_for
from npcsim.assembly.code.recipe import Recipe
from npcsim.assembly.code.remaking import changed_recipe
from npcsim.assembly.runs.resuming import Until, check_models, go_live, the_end
from npcsim.assembly.runs.reusing import Known, Reuse, Reusing
from npcsim.assembly.runs.session import (
    RunLog,
    Session,
    durability,
    equipped,
    models_of,
    needs_models,
    recorded_session,
    start_models,
)
from npcsim.assembly.thinking import serving
from npcsim.errors import NpcsimError, StoreError
from npcsim.messages import Clock, Model, ModelCall
from npcsim.models.remote.served import why_absent
from npcsim.replay.verify import verify
from npcsim.scenario.moments import tick_at
from npcsim.scenario.units import clock_text
from npcsim.sim.clock import Virtual
from npcsim.sim.recorded import Recorded
from npcsim.sim.program import Program
from npcsim.sim.tally import Tally
from npcsim.sim.tooling import CHANGE
from npcsim.store.rows import tick_of
from npcsim.store.run_store import Run
from npcsim.store.writer import RunWriter
from npcsim.tools.tool import Tool

PARENT, FORKED_AT = "fork.parent", "fork.tick"
"""What a fork's first event says among its versions: the parent's name, and the last shared tick."""
SOURCE = "fork"


@dataclass(frozen=True, slots=True)
class Changes:
    """What is other in a fork, from the tick after the last shared one on.

    values: texts such as "npcs.mara.traits.bravery=0.9". inputs: see `sim.inputs`. models: by tier,
    None for the scenario's own. tools: made in code, that the parent used. alone: nothing comes in
    of what the parent was given later.
    """

    values: Sequence[str] = ()
    inputs: Sequence[Mapping[str, Any]] = ()
    models: Mapping[str, Model] | None = None
    tools: Mapping[str, Tool] = field(default_factory=dict)
    alone: bool = False


@dataclass(slots=True)
class _Log(RunLog):
    """The fork's log; the parent's calls of the shared past go into it too."""

    writer: RunWriter
    tally: Tally
    past: dict[int, list[ModelCall]] = field(default_factory=dict)

    async def write(self, tick: int, events: list[ev.Event], calls: list[ModelCall]) -> None:
        await RunLog.write(self, tick, events, [*self.past.pop(tick, ()), *calls])


@dataclass(frozen=True, slots=True)
class _Minds:
    """The models that a fork asks, the program that they answer for, and what a change says."""

    models: dict[str, Model]
    program: Program
    change: Mapping[str, Any] | None


async def forked_session(
    path: Path | str,
    at: str | int,
    out: Path | str,
    until: Until = Until(),
    changes: Changes = Changes(),
    clock: Clock | None = None,
) -> Session:
    """A simulation that shares a kept run's past up to and with a tick or time, kept under `out`, a
    folder or a server's address.

    `reuse` of it tells what it takes from the parent's log. Raises NpcsimError for a time outside
    the run or a change that can't be, ValueError for an input of no known form, and what
    `resumed_session` raises.
    """
    clock, used = clock or Virtual(), {}
    with Run.open(path) as run:
        tick = _tick(run, at)
        given = tick if changes.alone else None
        session = recorded_session(
            run, changes.tools, works_until=tick, near=tick, given_until=given
        )
        simulation = session.simulation
        calls = list(run.calls())
        kept = durability(session.built)
        stem = session.built.world.setting.scenario
        writer = RunWriter.begin(out, stem, bundle=run.bundle, **kept)
        try:
            minds = await _minds(session, changes, clock)
            used, reuse = minds.models, Reuse(now=tick)
            log = _Log(writer, session.tally)
            for one in calls:
                if one.tick <= tick:
                    log.past.setdefault(one.tick, []).append(one.call)
            await _past(session, run, tick, writer.name, log)
            simulation.end_at(the_end(session, until))
            simulation.subscribe(reuse.take)
            _check_under_way(session, used)
            for entry in (minds.change, *changes.inputs):
                if entry is not None:
                    simulation.put({"source": SOURCE, **_named(entry, simulation.program)})
            known = Known(calls, tick)
            last = simulation.end_tick
            used = {tier: Reusing(model, known, reuse, last) for tier, model in used.items()}
            go_live(session, run, used, clock, log, minds.program.tiers)
        except BaseException as error:
            for model in used.values():
                await model.close()
            try:
                writer.discard()  # nothing of its own has happened in it
            except StoreError as why:
                error.add_note(f"what there is of {writer.shown} is left there: {why}")
            raise
    session.models, session.writer, session.reuse = used, writer, reuse
    return session


def _tick(run: Run, at: str | int) -> int:
    began = run.started
    try:
        tick = tick_at(at, began.start_ms, began.tick_ms)
    except ValueError as error:
        raise NpcsimError(f"where to fork: {error}") from None
    last = run.last_tick
    if not 0 <= tick < last:
        end = clock_text(began.start_ms + last * began.tick_ms)
        raise NpcsimError(f"a fork begins before the run's last tick, {last} ({end}), not at {tick}")
    return tick


async def _minds(session: Session, changes: Changes, clock: Clock) -> _Minds:
    """The models of the scenario as it is changed, started. Raises what `open_session` does."""
    first, built = session.simulation.started, session.built
    if changes.values:
        over = tools_for(built.recipe, changes.tools)
        built = build(changed_recipe(built.recipe, changes.values, over), over=over)
    used: dict[str, Model] = {}
    if changes.models is not None:
        used = dict(changes.models)
    elif first.models and needs_models(built):
        used = models_of(built, paced=clock.paced)
    try:
        if used and not all(why_absent(model.fingerprint) for model in used.values()):
            await start_models(used)
        servers = await serving.asked(used)
        prints = {tier: model.fingerprint for tier, model in used.items()}
        if not changes.values and (changes.models is None or prints == first.models):
            check_models(first, used)
            return _Minds(used, session.simulation.program, None)
        program, files = equipped(built, used)
        program = serving.heeded(program, servers)
        change = {CHANGE: list(changes.values), "models": prints, "versions": {**files, **servers}}
        return _Minds(used, program, change)
    except BaseException:
        for model in used.values():
            await model.close()
        raise


async def _past(session: Session, run: Run, tick: int, name: str, log: _Log) -> None:
    """Live the shared past from its last snapshot on, and write all of it down."""
    simulation = session.simulation
    first = simulation.started
    versions = {**first.versions, PARENT: run.name, FORKED_AT: str(tick)}
    simulation.started = replace(first, run=name, versions=versions)
    await _copied(run, simulation.tick, simulation.started, log)
    simulation.keep(log)
    simulation.subscribe(session.tally.take)
    await simulation.open()
    await verify(simulation, run, last=tick)


async def _copied(run: Run, tick: int, started: ev.RunStarted, log: _Log) -> None:
    """Write down the past up to the snapshot that a simulation was taken up at, not lived again."""
    if tick == 0:
        return
    snapshots = set(run.snapshots())
    for number, kept in groupby(run.packed(stop=tick + 1), key=lambda pair: tick_of(pair[0])):
        events = [ev.unpack(packed) for _, packed in kept]
        told = [started if isinstance(one, ev.RunStarted) else one for one in events]
        await log.write(number, told, [])
        if number in snapshots:
            log.writer.write_snapshot(number, run.snapshot(number))


def _named(entry: Mapping[str, Any], program: Program) -> Mapping[str, Any]:
    """An input with tools, meant for the nearest file of that name that the run has."""
    same = [name for name, _ in program.files if Path(name).name == entry.get("file")]
    return {**entry, "file": same[-1]} if same and "tools" in entry else entry


def _check_under_way(session: Session, used: Mapping[str, Model]) -> None:
    """Raise NpcsimError where a thought is under way at a tier that there is none of any more."""
    answers = session.simulation.answers
    if isinstance(answers, Recorded):
        for thought in answers.asked.values():
            if thought.tier not in used:
                raise NpcsimError(
                    f"{thought.npc} waits for the tier {thought.tier} at tick "
                    f"{session.simulation.tick}, and there is none any more: fork at another tick"
                )
