"""Loading, running and replaying. Heavy rooms are imported when a function is called."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npcsim.assembly.interview.answering import Answered
    from npcsim.assembly.money.forecast import Forecast
    from npcsim.messages import Clock, Model
    from npcsim.replay.verify import Verdict
    from npcsim.scenario.schema import Definition
    from npcsim.sim.loop import Simulation
    from npcsim.store.run_store import Run
    from npcsim.tools.tool import Tool


@asynccontextmanager
async def load(
    scenario: str | Path | Mapping[str, Any] | Definition,
    *,
    tools: Iterable[Tool] = (),
    overrides: Sequence[str] = (),
    models: Mapping[str, Model] | None = None,
    clock: Clock | None = None,
    out: str | Path | None = None,
    ticks: int | None = None,
    folder: str | Path | None = None,
) -> AsyncIterator[Simulation]:
    """A simulation of a scenario, closed at the end of the block.

        async with npcsim.load("03_village_morning", models={}) as simulation:
            async for tick in simulation:
                ...

    scenario: a file, the name of one that ships, a mapping of what a file would hold, or a
    `Definition`. tools: made in code, beside those of its world or in place of them. overrides:
    texts such as "seed=3". models: by tier; None takes the scenario's, {} runs on reflexes alone.
    clock: None runs as fast as it goes. out: the parent folder of the run's log, or a
    server's address ("postgresql://user@host/db", or "store:" for what NPCSIM_STORE says); None
    keeps none. ticks: where to end. folder: where a mapping's `uses` and `map` are looked for; None
    is the current folder. Raises ScenarioError, MissingExtra, ModelError and StoreError.
    """
    from npcsim.assembly.code.given import read_given
    from npcsim.assembly.runs.session import open_session
    from npcsim.store.addresses import place

    session = await open_session(
        read_given(scenario, overrides, tools, folder),
        models=models,
        clock=clock,
        out=place(out) if out is not None else None,
        ticks=ticks,
    )
    try:
        yield session.simulation
        session.finish()
    finally:
        await session.close()


def run(
    scenario: str | Path | Mapping[str, Any] | Definition,
    *,
    tools: Iterable[Tool] = (),
    overrides: Sequence[str] = (),
    models: Mapping[str, Model] | None = None,
    out: str | Path | None = None,
    ticks: int | None = None,
    folder: str | Path | None = None,
) -> Run:
    """Run a scenario to its end, and wait for it; in a script and in a notebook alike.

        run = npcsim.run("03_village_morning", models={}, ticks=300)
        run.summary["thoughts"], run.table("decisions")

    Everything as for `load`, but without `out` the log is kept too: in a temporary folder that
    is gone when the `Run` is closed or forgotten. Ctrl-C ends the run after the tick under way and
    raises `Interrupted`, a KeyboardInterrupt with the `run` so far. Raises NpcsimError where the
    scenario has no end and `ticks` gives none, and all that `load` raises.
    """
    from npcsim.assembly.code.given import read_given
    from npcsim.assembly.runs.whole import whole_run
    from npcsim.store.addresses import place

    built = read_given(scenario, overrides, tools, folder)
    return whole_run(built, models=models, out=place(out) if out is not None else None, ticks=ticks)


def forecast(
    scenario: str | Path | Mapping[str, Any] | Definition,
    *,
    tools: Iterable[Tool] = (),
    overrides: Sequence[str] = (),
    ticks: int | None = None,
    part: int | str | None = None,
    lives: int = 9,
    ask_free: bool = False,
    folder: str | Path | None = None,
) -> Forecast:
    """What a run would ask of its tiers and what that would cost, before anything is spent.

        expected = npcsim.forecast("salt_for_timber")
        expected.usd, expected.least, expected.most, expected.tiers, expected.budgets

    The scenario is lived `lives` times on answers that are drawn; nobody is asked, nothing is kept.
    part: live only up to this tick, or time ("day 1 12:00"), and take the rest to go on like that.
    ask_free: really ask the tiers that cost nothing, which is slower and closer. Everything else as
    for `run`. Raises NpcsimError where nothing says how long it is, and all that `load` raises.
    """
    from npcsim.assembly.code.coded import by_name
    from npcsim.assembly.code.given import read_given
    from npcsim.assembly.money.asking import whole_forecast

    over = by_name(tools)
    built = read_given(scenario, overrides, over.values(), folder)
    return whole_forecast(built, over, ticks=ticks, part=part, lives=lives, ask_free=ask_free)


def replay(run: str | Path | Run, *, tools: Iterable[Tool] = (), trust: str = "") -> Verdict:
    """Live a run again from its log, no model loaded, and compare every tick's state hash.

    tools: those made in code for the run, where its recipe could not keep them. trust: the name of
    an imported run, whose code may be executed from now on. -> the `ticks` compared and the last
    state `hash`. Raises ReplayDiverged at the first difference, MissingTools naming the tools it
    lacks, Untrusted for an imported run that nobody has trusted by its name, and StoreError where
    the log is damaged.
    """
    from npcsim.assembly.runs.whole import replay_run
    from npcsim.store.run_store import Run

    if isinstance(run, Run):
        return replay_run(run, tools, trust)
    with Run.open(run) as log:
        return replay_run(log, tools, trust)


def resume(
    run: str | Path,
    *,
    ticks: int | None = None,
    until: str | int | None = None,
    models: Mapping[str, Model] | None = None,
    tools: Iterable[Tool] = (),
) -> Run:
    """Go on with a kept run that was killed, interrupted, or came to its end; wait for it.

        npcsim.resume("runs/village_morning-1", until="12:00").summary

    Without `ticks` (so many more) and `until` (a tick, or a time) it goes to the end it had. It is
    lived again from its log first, then goes on as if it had never stopped; thoughts that were
    under way are asked again, and a `Resumed` event tells which. models, tools: as for `load`; the
    models must be those it had. Raises StoreError for a run that is damaged or being written,
    ReplayDiverged, Interrupted, and NpcsimError where there is nothing to go on with.
    """
    from npcsim.assembly.runs.resuming import Until
    from npcsim.assembly.runs.whole import resume_run

    return resume_run(run, Until(ticks, until), models, tools)


def interview(
    run: str | Path | Run,
    npc: str,
    question: str,
    *,
    at: str | int | None = None,
    models: Mapping[str, Model] | None = None,
    local: str | None = None,
    cloud: str | None = None,
) -> Answered:
    """Ask an NPC of a kept run about what it did; it answers from what it remembered by then.

        print(npcsim.interview("runs/village_morning-1", "Mara", "why the market?", at="09:00"))

    Every sentence cites memories and decisions by id. The run is only read: nothing is put into it,
    and nobody in it will know. at: a time or a tick; None is the end of the run. local, cloud: a
    model that words the answer, as `model:` of such a tier says it, or ready ones in `models`. Its
    words count only if every sentence cites what there is and names nothing else; otherwise, and
    without a model, the answer comes in set phrases, and `note` says why. Raises NpcsimError for an
    NPC, a time or a question there is not, ScenarioError, MissingExtra and StoreError.
    """
    from npcsim.assembly.interview.answering import interview_run

    chosen = {tier: text for tier, text in (("local", local), ("cloud", cloud)) if text}
    return interview_run(run, npc, question, at, models, chosen)


def fork(
    run: str | Path,
    at: str | int,
    *,
    changes: Sequence[str] = (),
    inputs: Sequence[Mapping[str, Any]] = (),
    ticks: int | None = None,
    until: str | int | None = None,
    models: Mapping[str, Model] | None = None,
    tools: Iterable[Tool] = (),
    out: str | Path = "runs",
) -> Run:
    """A new run that shares a kept run's past up to and with `at`, and goes on by itself.

        bold = npcsim.fork("runs/village_morning-1", "09:00", changes=["npcs.Mara.speed=2"])
        bold.summary["fork"]

    at: a tick, or a time. changes: values of the scenario, as texts of `key.path=value`. inputs:
    what is put in with the first tick of its own, as for `Simulation.put`. ticks, until: as for
    `resume`. models: by tier; None takes the scenario's as it is changed. tools: made in code,
    that the parent used. Answers whose question did not change are taken from the parent's log;
    the summary's `fork` says how many were `reused` and `asked`, and what those cost. Raises
    ScenarioError for a change that is wrong or that a run which goes on can't take, ValueError for
    an input of no known form, NpcsimError for a time outside the run, and what `resume` raises.
    """
    from npcsim.assembly.code.coded import by_name
    from npcsim.assembly.runs.forking import Changes
    from npcsim.assembly.runs.resuming import Until
    from npcsim.assembly.runs.whole import fork_run
    from npcsim.store.addresses import place

    other = Changes(tuple(changes), tuple(inputs), models, by_name(tools))
    return fork_run(run, at, place(out), Until(ticks, until), other)


def open_run(path: str | Path) -> Run:
    """A kept run, for reading: the same as `Run.open`. Raises StoreError."""
    from npcsim.store.run_store import Run

    return Run.open(path)
