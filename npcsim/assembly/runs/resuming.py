"""Going on with a run that had stopped: killed, interrupted, or at its end.

A snapshot holds the world and, beside it, what minds have under way, what tiers have spent and how
they stand, and tools that were changed. So the run is taken up at its last snapshot, lived again from
there by its log, compared tick by tick, and goes on from where that ends, just as it would have. Only
thoughts and works that were under way are begun once more: what had come of them by then is not in
the log. One that was killed between its last tick and its seal is sealed, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from npcsim import events as ev
from npcsim.assembly.runs.session import (
    RunLog,
    Session,
    durability,
    meaning_of,
    models_of,
    needs_models,
    recorded_session,
    start_models,
)
from npcsim.assembly.thinking import serving
from npcsim.errors import NpcsimError, StoreError
from npcsim.messages import Clock, Model
from npcsim.models.guards.around import Around
from npcsim.models.guards.cached import Cached
from npcsim.models.remote.served import why_absent
from npcsim.models.tiers import Tier
from npcsim.replay.verify import verify
from npcsim.scenario.moments import tick_at
from npcsim.sim.clock import Virtual
from npcsim.sim.inflight import Live
from npcsim.sim.recorded import Recorded
from npcsim.sim.works import LiveWorks
from npcsim.store.run_store import Run
from npcsim.store.writer import RunWriter
from npcsim.tools.tool import Tool

CUT_OFF = "cut off"
ENDED = "end"
"""The reason of a run that came to the tick it was to end with."""
OWN_STOP = "stop: "
"""How the reason begins that a scenario's own `stop:` gives."""


@dataclass(frozen=True, slots=True)
class Until:
    """How far a run is to go on: `ticks` more, or up to a tick or time; as it was where neither."""

    ticks: int | None = None
    when: str | int | None = None


async def resumed_session(
    path: Path | str,
    until: Until = Until(),
    *,
    models: Mapping[str, Model] | None = None,
    tools: Mapping[str, Tool] | None = None,
    clock: Clock | None = None,
    progress: Callable[[int], None] = lambda tick: None,
) -> Session:
    """A kept run as a simulation that goes on behind its last tick, and is kept there.

    models: None takes the scenario's, where the run had any. tools: made in code, that the run
    used. progress: told each tick that is lived again. Raises StoreError for a run that is damaged,
    is being written, or has no first tick; ReplayDiverged where it does not come out as its log
    says; NpcsimError where it is at its end, or its models are not those it had; and what
    `open_session` raises.
    """
    clock = clock or Virtual()
    with Run.open(path) as run:
        if run.last_tick < 0:
            raise StoreError(f"{run.shown} was cut off before it began: run its scenario anew")
        session = recorded_session(run, tools, near=run.last_tick)
        writer = RunWriter.reopen(path, **durability(session.built))
        used: dict[str, Model] = {}
        try:
            if until == Until() and lacks_its_seal(run):
                await _lived_again(session, run, progress)
                session.simulation.end_here()
                session.writer = writer
                return session
            first = session.simulation.started
            if models is not None:
                used = dict(models)
            elif first.models and needs_models(session.built):
                used = models_of(session.built, paced=clock.paced)
            await start_models(used)
            await serving.asked(used)
            check_models(first, used)
            await _relived(session, run, until, progress)
            go_live(session, run, used, clock, RunLog(writer, session.tally))
        except BaseException:
            for model in used.values():
                await model.close()
            writer.close()
            raise
    session.models, session.writer = used, writer
    return session


def check_models(first: ev.RunStarted, used: Mapping[str, Model]) -> None:
    """Raise NpcsimError where a run's tiers would be asked of other models than it had.

    A tier that could not be had is left as it was: nobody asks it.
    """
    for tier, was in first.models.items():
        if why_absent(was):
            continue
        now = used[tier].fingerprint if tier in used else "none"
        if now != was:
            why = why_absent(now) or f"it is {now} now"
            raise NpcsimError(f"the run's tier {tier} was {was}, and {why}")


async def _relived(
    session: Session, run: Run, until: Until, progress: Callable[[int], None]
) -> None:
    """Bring a simulation of the log to its last tick, and tell it how to go on."""
    simulation = session.simulation
    await _lived_again(session, run, progress)
    why = _why_ended(run) or CUT_OFF
    if why.startswith(OWN_STOP):
        raise NpcsimError(f"the run came to its own end at tick {simulation.tick}: {why}")
    end = the_end(session, until)
    again = tuple(_waiting(session))
    simulation.go_on(ev.Resumed(simulation.tick + 1, end, why, again))


async def _lived_again(session: Session, run: Run, progress: Callable[[int], None]) -> None:
    simulation = session.simulation
    simulation.subscribe(session.tally.take)
    check_whole(run, simulation.tick)
    await simulation.open()
    await verify(simulation, run, progress)


def lacks_its_seal(run: Run) -> bool:
    """Whether a run came to its end, and was killed before its log could be sealed."""
    why = _why_ended(run)
    return run.state == "running" and (why == ENDED or why.startswith(OWN_STOP))


def _why_ended(run: Run) -> str:
    """The reason in its last tick; an empty text where it did not end there."""
    last = list(run.events("RunEnded", start=run.last_tick))
    return last[-1].reason if last and isinstance(last[-1], ev.RunEnded) else ""


def check_whole(run: Run, before: int) -> None:
    """Read the log before a tick, which nobody lives again. Raises StoreError where it is damaged."""
    for _ in run.packed(stop=before):
        pass


def the_end(session: Session, until: Until) -> int:
    """The tick to go on to; 0 for none. Raises NpcsimError where that is not said, or is over."""
    simulation, first = session.simulation, session.simulation.started
    end = simulation.end_tick
    if until.ticks is not None and until.when is not None:
        raise NpcsimError("how far it is to go is said by ticks or by when, not by both")
    if until.ticks is not None:
        end = simulation.tick + until.ticks
    elif until.when is not None:
        try:
            end = tick_at(until.when, first.start_ms, first.tick_ms)
        except ValueError as error:
            raise NpcsimError(f"till when the run is to go on: {error}") from None
    if end <= simulation.tick and (end or simulation.program.stop is None):
        if until.when is not None:
            raise NpcsimError(
                f"the run is at tick {simulation.tick} already, and {until.when} is tick {end}"
            )
        where = f"is at tick {simulation.tick}" + (f", its end is {end}" if end else ": no end")
        raise NpcsimError(f"the run {where}; say how far with --ticks or --until")
    return end


def _waiting(session: Session) -> list[str]:
    answers = session.simulation.answers
    return list(answers.asked) if isinstance(answers, Recorded) else []


def go_live(
    session: Session,
    run: Run,
    used: Mapping[str, Model],
    clock: Clock,
    log: RunLog,
    tiers: Iterable[Tier] | None = None,
) -> None:
    """Hand a simulation over from the log to models, works and the wall.

    tiers: those that it will have, where they are about to change.
    """
    simulation, definition = session.simulation, session.built.definition
    recorded = simulation.answers
    _recall(run, used)
    tiers = simulation.program.tiers if tiers is None else tiers
    prices = {tier.name: tier.price for tier in tiers if tier.price}
    guard_s = definition.think.guard / 1000
    live = Live(used, guard_s, clock.paced, prices, simulation.end_tick)
    simulation.clock = clock
    meaning = meaning_of(definition, clock.paced, bool(used))
    simulation.take_over(live, LiveWorks(guard_s, clock.paced), meaning, log)
    if isinstance(recorded, Recorded):
        for thought in recorded.asked.values():
            live.ask(thought)


def _recall(run: Run, used: Mapping[str, Model]) -> None:
    """Let guards that keep answers know those of the run so far, and read its calls whole."""
    kept = {tier: cache for tier, model in used.items() if (cache := _cache(model)) is not None}
    for one in run.calls():
        answer = one.call.answer
        if answer is not None and not answer.usage.kept and one.call.tier in kept:
            kept[one.call.tier].keep(one.key, answer)


def _cache(model: Model) -> Cached | None:
    while isinstance(model, Around):
        if isinstance(model, Cached):
            return model
        model = model.inner
    return None
