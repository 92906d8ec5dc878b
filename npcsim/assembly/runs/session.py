"""Putting a built world, its models and its log together into a simulation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from npcsim import events as ev
from npcsim.assembly.build import Built, build
from npcsim.assembly.code.coded import tools_for
from npcsim.assembly.code.recipe import Recipe
from npcsim.assembly.thinking import abilities, embedding, providers, serving, tiers
from npcsim.assembly.thinking.language import unfit_text
from npcsim.assembly.thinking.marks import marks
from npcsim.assembly.code.remaking import remade
from npcsim.assembly.runs.reusing import Reuse
from npcsim.errors import MissingExtra, StoreError, Untrusted
from npcsim.messages import Clock, Model, ModelCall
from npcsim.models.ability import CHOOSE
from npcsim.models.guards.around import bare
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.models.remote.sdk import Served
from npcsim.scenario.schema import Definition
from npcsim.sim.clock import Virtual
from npcsim.sim.inflight import Live
from npcsim.sim.loop import BESIDE, Simulation
from npcsim.sim.meaning import LiveMeaning, Meaning, NoMeaning, RecordedMeaning, units_of
from npcsim.sim.program import Program
from npcsim.sim.recorded import Recorded
from npcsim.sim.tally import Tally, per_npc_day
from npcsim.sim.tooling import CHANGE
from npcsim.sim.works import SOURCE, LiveWorks
from npcsim.store.addresses import is_address
from npcsim.store.notes import TRUSTED
from npcsim.store.run_store import Run
from npcsim.store.snapshots import encode
from npcsim.store.writer import RunWriter
from npcsim.tools.tool import Tool


TALLY = "tally"
"""Where a snapshot's data holds the summary's numbers so far."""


class RunLog:
    """A simulation's log in the run store. `tally` is what counts that simulation's events."""

    def __init__(self, writer: RunWriter, tally: Tally) -> None:
        self.writer, self.tally = writer, tally

    async def write(self, tick: int, events: list[ev.Event], calls: list[ModelCall]) -> None:
        await self.writer.drained()
        self.writer.write_tick(tick, events, calls)

    async def snapshot(self, tick: int, data: dict[str, Any], arrays: dict[str, Any]) -> None:
        data[TALLY] = self.tally.plain()
        self.writer.write_snapshot(tick, lambda: encode(data, arrays))


@dataclass(slots=True)
class Session:
    """A simulation with what it holds open. `await close()` when done."""

    simulation: Simulation
    built: Built
    models: dict[str, Model]
    writer: RunWriter | None
    tally: Tally = field(default_factory=Tally)
    begun: float = field(default_factory=time.monotonic)
    reuse: Reuse | None = None
    """What a fork took from its parent's log."""

    @property
    def path(self) -> str:
        """What opens the run; empty where none is kept. It may hold a server's password."""
        return self.writer.path if self.writer is not None else ""

    @property
    def folder(self) -> Path | None:
        """The run's own folder; None where it is kept in a server, or not at all."""
        return Path(self.path) if self.path and not is_address(self.path) else None

    def files(self) -> list[str]:
        """A line for each tier behind a model file: which file, and what it is not asked for."""
        return abilities.said(self.simulation.program, self.simulation.started.versions)

    def servers(self) -> list[str]:
        """A line for each tier behind a server of one's own: what that told of itself."""
        return serving.said(self.simulation.program, self.simulation.started.versions)

    def unfit(self) -> list[str]:
        """A line for each tier that is not fit to choose in the scenario's language."""
        program, versions = self.simulation.program, self.simulation.started.versions
        return [
            f"npcsim: {unfit_text(tier, abilities.measured(tier.name, versions))}"
            for tier in program.tiers
            if CHOOSE in tier.unfit and tier.name in self.models
        ]

    def absent(self) -> list[str]:
        """A line for each tier that can't be had in this run, or whose price nobody knows."""
        lines = [
            f"npcsim: tier {tier} ({self.models[tier].name}) is not available: {why}; "
            "cheaper tiers decide, and what they decide for it is marked as a fallback"
            for tier, why in self.simulation.program.absent.items()
            if tier in self.models
        ]
        return lines + [
            f"npcsim: nobody knows what {tier.model} costs, so its cost is not counted; say "
            f"`price:` under tiers.{tier.name}"
            for tier in self.simulation.program.tiers
            if tier.unpriced and tier.name not in self.simulation.program.absent
        ] + [f"npcsim: {line}" for line in embedding.said(self.built.definition, self.models)]

    def too_short(self) -> list[str]:
        """A line for each tier whose prompts begin with too little for a provider to keep."""
        setting, program = self.built.world.setting, self.simulation.program
        return providers.too_short(setting, program, self.models)

    def never_kept(self) -> list[str]:
        """After the run: a line for each tier whose provider has kept nothing of its prompts."""
        return providers.never_kept(self.simulation.program, self.models, self.tally)

    def summary(self) -> dict[str, Any]:
        """The run's numbers so far."""
        setting = self.built.world.setting
        told = self.tally.summary(tick_ms=setting.tick_ms)
        return {
            "run": self.writer.shown if self.writer else "",
            "scenario": setting.scenario,
            "seed": setting.seed,
            "npcs": len(setting.profiles),
            **told,
            **per_npc_day(told, sum(profile.mind for profile in setting.profiles)),
            **({} if self.reuse is None else {"fork": self.reuse.summary()}),
            "wall_s": round(time.monotonic() - self.begun, 3),
        }

    def finish(self, state: str = "finished") -> dict[str, Any]:
        """Seal the log with the summary. -> the summary. Raises StoreError."""
        summary = self.summary()
        if self.writer is not None:
            self.writer.finish(summary, state)
        return summary

    async def close(self) -> None:
        """Let go of thoughts, models and the log."""
        await self.simulation.close()
        for model in self.models.values():
            await model.close()
        if self.writer is not None:
            self.writer.close()


def models_of(
    built: Built, *, paced: bool = False, engine: Callable[..., Model] = LlamaCpp
) -> dict[str, Model]:
    """The scenario's models by tier. Raises MissingExtra and ScenarioError."""
    return tiers.models_of(built.definition, paced=paced, engine=engine)


async def start_models(models: Mapping[str, Model]) -> None:
    """Start workers and load SDKs now rather than at the first thought. Raises ModelError."""
    for model in models.values():
        inside = bare(model)
        if isinstance(inside, LlamaCpp | Served):
            await inside.start()


def durability(built: Built) -> dict[str, Any]:
    """What the scenario says of how a run is kept, as `RunWriter` takes it."""
    return {"every": built.definition.log.every, "disk": built.definition.log.sync == "disk"}


def needs_models(built: Built) -> bool:
    """Whether anybody in the scenario has a mind."""
    return any(profile.mind for profile in built.world.setting.profiles)


def equipped(built: Built, models: Mapping[str, Model]) -> tuple[Program, dict[str, str]]:
    """The program with the tiers that have these models, kept to what their files can do.

    -> (it, what the run's first event says of those files)
    """
    files = abilities.recorded(models, built.definition)
    prints = {tier: model.fingerprint for tier, model in models.items()}
    program = tiers.with_models(built.program, built.definition, prints)
    return abilities.limited(program, files), files


async def open_session(
    built: Built,
    *,
    models: Mapping[str, Model] | None = None,
    clock: Clock | None = None,
    out: Path | str | None = None,
    ticks: int | None = None,
    outside: bool = True,
    engine: Callable[..., Model] = LlamaCpp,
    name: str | None = None,
) -> Session:
    """A simulation of a freshly built world.

    models: None takes the scenario's; an empty mapping runs on reflexes alone. out: the parent
    folder for the run's own folder, or a server's address; None keeps no log. ticks: where to end, instead of the
    scenario's end. outside: False calls nothing that tools reach out to: their acts fail. engine:
    makes the models of files, where others share them. name: what the run's name begins with,
    instead of the scenario's. Raises MissingExtra, ScenarioError,
    ModelError and StoreError.
    """
    used: dict[str, Model] = dict(models) if models is not None else {}
    if models is None and needs_models(built):
        used = models_of(built, paced=clock is not None and clock.paced, engine=engine)
    writer = None
    try:
        await start_models(used)
        found = await providers.looked_up(used if models is None else {})
        clock = clock or Virtual()
        if out is not None:
            writer = RunWriter.begin(
                out, name or built.world.setting.scenario, bundle=built.recipe.to_bytes(),
                **durability(built),
            )  # fmt: skip
        prints = {tier: model.fingerprint for tier, model in used.items()}
        started = built.started(writer.name if writer else built.world.setting.scenario, prints)
        program, files = equipped(built, used)
        servers = await serving.asked(used)
        program = serving.heeded(program, servers)
        versions = {**started.versions, **files, **servers, **found}
        started = replace(started, versions=versions, tiers=marks(program.tiers))
        if ticks is not None:
            started = replace(started, end_tick=ticks)
        prices = {tier.name: tier.price for tier in program.tiers if tier.price}
        guard_s = built.definition.think.guard / 1000
        answers = Live(used, guard_s, clock.paced, prices, started.end_tick)
        works = LiveWorks(guard_s, clock.paced, outside)
        meaning = meaning_of(built.definition, clock.paced, bool(used))
        tally = Tally()
        log = RunLog(writer, tally) if writer is not None else None
        simulation = Simulation(
            built.world, program, answers, clock, started, log, works=works, meaning=meaning
        )  # fmt: skip
    except BaseException:
        for model in used.values():
            await model.close()
        if writer is not None:
            writer.close()
        raise
    simulation.subscribe(tally.take)
    return Session(simulation, built, used, writer, tally)


def check_trust(run: Run) -> None:
    """Raise Untrusted for a run whose code may not be executed."""
    if not run.trusted:
        raise Untrusted(
            f"{run.shown} was imported: to simulate it again is to execute the code of its tools. "
            "`npcsim replay --rebuild` checks it without that; `npcsim runs show` tells what it "
            f"is made of; `npcsim replay --trust {run.name}` trusts it from now on"
        )


def trust_by_name(run: Run, name: str) -> None:
    """Trust an imported run from now on. Raises Untrusted where it has another name."""
    if name != run.name:
        raise Untrusted(f"{run.shown} is not the run {name!r}: it is named {run.name!r}")
    if not run.trusted:
        run.note(TRUSTED, add=name)


def meaning_of(definition: Definition, paced: bool, asked: bool) -> Meaning:
    """What embeds memories and what they are recalled by. asked: whether the run has any model."""
    if not asked or not embedding.recalls(definition):
        return NoMeaning()
    embedder = embedding.embedder_of(definition)
    if embedder is None:
        return NoMeaning()
    return LiveMeaning(embedder, definition.think.guard / 1000, paced)


def recorded_session(
    run: Run,
    tools: Mapping[str, Tool] | None = None,
    works_until: int | None = None,
    near: int = 0,
    given_until: int | None = None,
) -> Session:
    """A simulation that lives a run's log again: its inputs and landings, nobody is asked.

    tools: made in code, that the run used. works_until: what came of works after this tick is left
    out; None takes all; given_until: the same of all that was put in. near: begin with the last snapshot up to this tick, which is a shorter way
    there. Raises MissingTools where it needs more of them, and Untrusted for an
    imported run that nobody has trusted.
    """
    check_trust(run)
    recipe = Recipe.from_bytes(run.bundle)
    over = tools_for(recipe, tools or {})
    built = build(recipe, over=over)
    first = next(iter(run.events(stop=1)), None)
    if not isinstance(first, ev.RunStarted):
        raise StoreError(f"{run.shown} has no beginning")
    given: dict[int, list[dict[str, Any]]] = {}
    landed: list[ev.Landed] = []
    embedded: list[ev.Embedded] = []
    tick, data, arrays = run.nearest(near) if near else (-1, None, None)
    # Snapshots of earlier versions hold the world alone; the first one is how it began.
    known = tick > 0 and data is not None and BESIDE in data and TALLY in data
    for event in run.inputs(tick + 1 if known else 0):
        if isinstance(event, ev.Given):
            last = works_until if event.source == SOURCE else given_until
            if last is None or event.tick <= last:
                given.setdefault(event.tick, []).append(event.entry)
        elif isinstance(event, ev.Landed):
            landed.append(event)
        elif isinstance(event, ev.Embedded):
            embedded.append(event)
    entries = [one for ones in given.values() for one in ones]
    prints = _prints(first, [*(data[BESIDE]["changes"] if known and data else ()), *entries])
    program = tiers.with_models(built.program, built.definition, first.models)
    program = serving.heeded(abilities.limited(program, first.versions), first.versions)
    program = replace(program, remake=partial(remade, recipe, over))
    simulation = Simulation(
        built.world, program, Recorded(landed, prints), Virtual(), first, None, given,
        meaning=RecordedMeaning(embedded),
    )  # fmt: skip
    session = Session(simulation, built, {}, None)
    if known and data is not None and arrays is not None:
        simulation.take_up(data, arrays)
        session.tally.restore(data[TALLY])
        if embedding.recalls(built.definition):
            for one in run.events("Embedded", stop=tick + 1):
                if isinstance(one, ev.Embedded):
                    simulation.world.meanings.take(units_of(one))
    return session


def _prints(first: ev.RunStarted, entries: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The fingerprints that each tier's model had, from the start and by changes of the scenario."""
    found = {tier: {mark} for tier, mark in first.models.items()}
    for entry in entries:
        if CHANGE in entry:
            for tier, mark in entry["models"].items():
                found.setdefault(tier, set()).add(mark)
    return found


__all__ = [
    "MissingExtra", "RunLog", "Session", "equipped", "models_of", "open_session",
    "recorded_session", "trust_by_name",
]  # fmt: skip
