"""One life of a scenario on supposed answers, and what it took."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from npcsim.assembly.build import Built
from npcsim.assembly.money.supposed import Beyond, Supposed, Supposing
from npcsim.assembly.runs.session import equipped, start_models
from npcsim.assembly.thinking import abilities, tiers
from npcsim.assembly.thinking.marks import marks
from npcsim.assembly.thinking.tiers import kept_for
from npcsim.errors import NpcsimError
from npcsim.events.spending import Spending
from npcsim.messages import Model
from npcsim.models.money.prices import EFFORTS
from npcsim.models.remote.anthropic import HARD
from npcsim.models.remote.features import features_of
from npcsim.models.remote.keys import is_reference
from npcsim.models.tiers import DEFAULTS, Source, Tier, source_of
from npcsim.npc.hours import REWRITES
from npcsim.scenario.schema import Definition, TierPart
from npcsim.sim.clock import Virtual
from npcsim.sim.inflight import Live
from npcsim.sim.loop import Simulation
from npcsim.sim.program import Program
from npcsim.sim.works import LiveWorks

SCRIPT = "scripted"
DRAWN = (
    "answers were drawn, not given: choices by what bodies find useful, local likelihoods spread "
    "as the bundled model's are"
)
ASKED = "tiers that cost nothing were really asked: {names}; all other answers were drawn"
FAIR = "nothing failed, nothing was tried again, and tools that reach outside were not called"


@dataclass(frozen=True, slots=True)
class Life:
    """What one life took. `waited`: see `Supposing`; `beyond` by tier.

    first_s, all_s: real seconds of its first tick, and of all. cut: it was left before its end.
    speeds: for each tier behind a file, tokens of prompts a second, None if never measured here.
    """

    ticks: int
    spending: Spending
    waited: Mapping[float, float]
    tiers: tuple[Tier, ...]
    beyond: Mapping[str, Beyond]
    notes: tuple[str, ...]
    first_s: float
    all_s: float
    cut: bool
    speeds: Mapping[str, float | None]


async def live(
    built: Built,
    number: int,
    ticks: int,
    ask_free: bool,
    show: Callable[[int], object],
    most_s: float | None = None,
    minds: bool = True,
) -> Life:
    """Live a built world for so many ticks. `number` of the life: in each others are drawn.

    most_s: leave it after so many real seconds beside its first tick's. minds: False lives it on
    reflexes alone.
    """
    definition = built.definition if minds else _only(built.definition, set())
    free = _free(definition)
    # A script answers at once and for nothing, so it is asked in any case.
    real = free if ask_free else {name: free[name] for name in free if free[name].kind == SCRIPT}
    models = tiers.models_of(_only(definition, set(real)))
    try:
        files = models if ask_free else _files(definition, free)
        program = _program(built, files) if minds else equipped(built, {})[0]
        supposed = {tier.name: _supposed(tier, definition) for tier in program.tiers}
        await start_models(models)
        guard_s = definition.think.guard / 1000
        asked = Live(models, guard_s, False) if models else None
        answers = Supposing(supposed.values(), number, asked, models, ticks)
        started = built.started(built.world.setting.scenario, {})
        started = replace(started, end_tick=ticks, tiers=marks(program.tiers))
        works = LiveWorks(guard_s, False, False)
        simulation = Simulation(built.world, program, answers, Virtual(), started, works=works)
        spending = Spending(started)
        simulation.subscribe(answers.note)
        simulation.subscribe(lambda tick, events: spending.read(events))
        first_s, begun = 0.0, time.monotonic()
        cut = False
        try:
            async for tick in simulation:
                show(tick.number)
                so_far = time.monotonic() - begun
                first_s = first_s or so_far
                cut = most_s is not None and so_far - first_s >= most_s
                if cut:
                    break
            all_s = time.monotonic() - begun
        finally:
            await simulation.close()
    finally:
        for model in models.values():
            await model.close()
    names = ", ".join(name for name in supposed if name in models)
    how = ASKED.format(names=names) if names else DRAWN
    return Life(
        simulation.tick, spending, answers.waited, program.tiers, answers.beyond,
        (how, *_taken(supposed, program.tiers, answers.beyond), FAIR,
         *_notes(definition, program.tiers)),
        first_s, all_s, cut and simulation.tick < ticks, _speeds(free, files),
    )  # fmt: skip


def _sources(definition: Definition) -> dict[str, tuple[Source, TierPart]]:
    parts = {"local": TierPart.model_validate({}), **definition.tiers}
    return {
        name: (source_of(part.model or DEFAULTS.get(name, "none")), part)
        for name, part in parts.items()
    }


def _free(definition: Definition) -> dict[str, Source]:
    """The tiers that cost nothing, as far as one can tell."""
    return {
        name: source
        for name, (source, part) in _sources(definition).items()
        if source.kind != "none" and not source.paid and part.price is None
    }


def _only(definition: Definition, names: set[str]) -> Definition:
    """The definition with these tiers alone."""
    none = TierPart.model_validate({"model": "none"})
    all_tiers = {"local": TierPart.model_validate({}), **definition.tiers}
    kept = {name: part if name in names else none for name, part in all_tiers.items()}
    return definition.model_copy(update={"tiers": kept})


def _files(definition: Definition, free: Mapping[str, Source]) -> dict[str, Model]:
    """Models of files, which are not started: only what they are fit for is looked at."""
    names = {name for name, source in free.items() if source.kind in ("bundled", "file")}
    try:
        return tiers.models_of(_only(definition, names))
    except NpcsimError:
        return {}  # no llama.cpp here, or not that file: a forecast can be made all the same


def _speeds(free: Mapping[str, Source], files: Mapping[str, Model]) -> dict[str, float | None]:
    names = [name for name, source in free.items() if source.kind in ("bundled", "file")]
    return {name: abilities.speed(files[name]) if name in files else None for name in names}


def _program(built: Built, models: Mapping[str, Model]) -> Program:
    """The program with every tier that the scenario names, whether or not it could be had now."""
    prints = {tier.name: "supposed" for tier in built.program.tiers}
    program = tiers.with_models(built.program, built.definition, prints)
    return abilities.limited(program, abilities.recorded(models, built.definition))


def _supposed(tier: Tier, definition: Definition) -> Supposed:
    source, part = _sources(definition)[tier.name]
    features = features_of(source.model)
    keeps = source.kind == "anthropic" and source.paid and kept_for(source, part.prompt_cache)
    return Supposed(
        tier.name, tier.model, source.kind, tier.price, source.served,
        shares=source.kind != "anthropic", keeps=source.served and bool(part.guards.cache),
        least=features.least_cached if keeps else None, quiet=_quiet(source, part),
    )  # fmt: skip


def _quiet(source: Source, part: TierPart) -> tuple[str, ...]:
    """The efforts at which it does not think first; the empty text is the tier's own."""
    if source.kind == "anthropic":
        may = bool(features_of(source.model).quiet) or not source.paid
        known = tuple(one for one in EFFORTS if one not in HARD) if may else ()
        own = not isinstance(part.effort, str) or part.effort in known
        return ("", *known) if may and own else known
    own = not isinstance(part.effort, str) or part.effort == "low"
    return ("", "low") if own else ("low",)


def _taken(
    supposed: Mapping[str, Supposed], tiers: Sequence[Tier], beyond: Mapping[str, Beyond]
) -> Iterator[str]:
    """What is taken for granted of tiers that cost money, a line each."""

    def names(which: Callable[[Tier], object]) -> str:
        return ", ".join(tier.name for tier in tiers if tier.price is not None and which(tier))

    if keeping := names(lambda tier: supposed[tier.name].least is not None):
        yield (
            f"what prompts of {keeping} begin with is paid for in full once and then read from the "
            "provider's cache, as though each question came before it is gone"
        )
    if thinking := names(lambda tier: beyond[tier.name].thinking):
        yield (
            f"{thinking} thinks for a quarter of the tokens there is room for; the low end of the "
            "range counts none, the high end all"
        )
    if looking := names(lambda tier: beyond[tier.name].looks):
        yield f"{looking} looks nothing up; the high end of the range counts all that it may"
    if writing := names(lambda tier: beyond[tier.name].anew):
        yield (
            f"days that {writing} writes come out as they are sketched; the high end of the range "
            f"counts each as written anew {REWRITES} times"
        )
    if embedding := names(lambda tier: tier.price is not None and tier.price.beside):
        yield f"neither the embeddings for `similar` of {embedding} are counted nor what they save"
    if batching := names(lambda tier: tier.batch is not None):
        yield f"batches of {batching} come back at half the price, by the last tick at the latest"


def _notes(definition: Definition, known: tuple[Tier, ...]) -> list[str]:
    """What is to be known beside the numbers."""
    notes = []
    for tier in known:
        source, part = _sources(definition)[tier.name]
        key = part.key or source.own_key
        if key and is_reference(key) and not key.startswith("keyring:") and not os.environ.get(key):
            notes.append(f"{key} is not set: a run now would go without {tier.name}")
        if tier.unpriced:
            notes.append(
                f"nobody knows what {tier.model} costs: say `price:` under tiers.{tier.name}"
            )
    return notes
