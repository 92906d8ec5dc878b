"""`npcsim doctor`: what works on this machine, what does not, and what that means."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from npcsim.assembly.build import Built, read
from npcsim.assembly.runs.session import models_of, open_session, recorded_session, start_models
from npcsim.assembly.thinking import embedding, serving
from npcsim.assembly.thinking.language import unfit_text
from npcsim.authoring import machine
from npcsim.authoring.features import features
from npcsim.authoring.machine import Check
from npcsim.authoring.sizes import sizes
from npcsim.errors import MissingExtra, ModelError, NpcsimError, ScenarioError
from npcsim.messages import Choose, Chosen, Model
from npcsim.models.ability import CHOOSE
from npcsim.models.local.installing import install_command
from npcsim.models.remote.served import Absent
from npcsim.npc.prompts import NEUTRAL
from npcsim.replay.verify import verify
from npcsim.store.run_store import Run

TICKS = 5
QUESTION = Choose(
    "It is early morning. Mara the baker is in the bakery. Mara has flour. Mara is well rested. "
    "Mara needs to",
    NEUTRAL,
    ("bake bread in the oven", "sleep in the bed", "fish in the river"),
)

TEXTS = ("The mill burns.", "There is a fire at the mill.", "Mara buys a loaf of bread.")


def examine(scenario: Path, *, quick: bool = False, folder: Path | None = None) -> list[Check]:
    """Look at everything. `quick` leaves out the question to each of the scenario's tiers.

    A few ticks of the scenario are run on reflexes and replayed, in a folder that is removed.
    """
    folder = folder or Path()
    checks = [*machine.software(), *machine.disk(folder), *_run(scenario)]
    checks += [*machine.compiler(), *machine.local_tier(), *machine.servers(), *machine.keys()]
    checks += machine.display()
    checks += asyncio.run(_embeddings(scenario, quick))
    if not quick:
        checks += asyncio.run(_tiers(scenario))
    return checks


def _run(scenario: Path) -> list[Check]:
    """Whether a run works: a few ticks kept in a log, and replayed from it."""

    async def lived(out: Path) -> None:
        session = await open_session(
            read(scenario), models={}, out=out, ticks=TICKS, outside=False
        )  # fmt: skip
        try:
            async for _ in session.simulation:
                pass
            session.finish()
        finally:
            await session.close()
        assert session.folder is not None
        await _replayed(session.folder)

    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as away:
            asyncio.run(lived(Path(away)))
    except (NpcsimError, OSError) as error:
        return [Check("a short run", False, f"failed: {error}", True)]
    return [Check("a short run", True, f"{TICKS} ticks of {scenario.stem} run and replayed", True)]


async def _replayed(folder: Path) -> None:
    log = Run.open(folder)
    session = recorded_session(log)
    try:
        await verify(session.simulation, log)
    finally:
        await session.close()
        log.close()


async def _tiers(scenario: Path) -> list[Check]:
    """One live question to each tier of the scenario."""
    try:
        built = read(scenario)
        models = models_of(built)
    except MissingExtra:
        return [Check("tier local", None, "not asked: llama.cpp or its model is not installed")]
    except ScenarioError as error:
        return [Check("tiers", False, str(error))]
    unfit = [
        Check("language", None, unfit_text(tier))
        for tier in built.program.tiers
        if CHOOSE in tier.unfit and tier.name in models
    ]
    try:
        asked = [check for name in models for check in await _tier(name, models[name], built)]
        asked += await sizes(built, models)
    finally:
        for model in models.values():
            await model.close()
    return [*asked, *unfit] or [
        Check("tiers", None, "there is none: the scenario runs on reflexes alone")
    ]


async def _embeddings(scenario: Path, quick: bool) -> list[Check]:
    """Whether the scenario's texts can be embedded; not `quick`, three of them are."""
    try:
        definition = read(scenario).definition
    except ScenarioError:
        return []  # told by the short run
    embedder = embedding.embedder_of(definition)
    if embedder is None:
        return [Check("embeddings", None, f"none: {embedding.why_none(definition)}")]
    try:
        if quick:
            return [Check("embeddings", True, f"{embedder.name}, not asked")]
        begun = time.perf_counter()
        vectors = await embedder.embed(TEXTS)
        took = (time.perf_counter() - begun) * 1000
        near, far = float(vectors[0] @ vectors[1]), float(vectors[0] @ vectors[2])
        said = f"{embedder.name}, {embedder.size} numbers: {took:.0f} ms for three sentences"
        if near > far:
            return [Check("embeddings", True, said)]
        odd = f"“{TEXTS[0]}” is no nearer to “{TEXTS[1]}” than to “{TEXTS[2]}”"
        return [Check("embeddings", False, f"{said}, but {odd}")]
    except ModelError as error:
        return [Check("embeddings", False, f"{embedder.name}: {error.kind}: {error}")]
    finally:
        await embedder.close()


async def _tier(tier: str, model: Model, built: Built) -> list[Check]:
    answered = await _question(tier, model)
    return [answered, *(await features(tier, model, built) if answered.good else [])]


async def _question(tier: str, model: Model) -> Check:
    begun = time.perf_counter()
    if isinstance(model, Absent):
        return Check(f"tier {tier}", None, f"{model.name}: not available: {model.why}")
    told = ""
    try:
        await start_models({tier: model})
        for found in serving.found_in(await serving.asked({tier: model})).values():
            told = f" ({found})"
            if found.down:
                return Check(f"tier {tier}", False, f"{model.name}: {found}")
        started = time.perf_counter()
        answer = await model.ask(QUESTION)
    except ModelError as error:
        return Check(f"tier {tier}", False, f"{model.name}{told}: {error.kind}: {error}")
    assert isinstance(answer, Chosen)
    shares = answer.probabilities
    sure = f" ({shares[answer.pick]:.0%})" if shares is not None else ""
    took, loading = (time.perf_counter() - started) * 1000, started - begun
    said = f"{model.name}{told} would “{QUESTION.options[answer.pick]}”{sure}"
    times = f"{took:.0f} ms, after {loading:.1f} s of loading"
    return Check(f"tier {tier}", True, f"{said}: {times}")


def verdict(checks: list[Check]) -> tuple[bool, str]:
    """-> (whether runs without models work, what that means in plain words)."""
    broken = [check.name for check in checks if check.needed and not check.good]
    if broken:
        return False, f"npcsim can't run here yet: {', '.join(broken)}."
    tiers = [check for check in checks if check.name.startswith("tier")]
    failed = [check.name for check in checks if check.good is False]
    if failed:
        return True, f"Runs work with --models off; {', '.join(failed)}: see above."
    if any(check.good for check in tiers) and not any(check.good is False for check in tiers):
        missing = [check.name.removeprefix("tier ") for check in tiers if check.good is None]
        if missing:
            return True, f"Bodies act and minds think; not available: {', '.join(missing)}."
    if tiers and all(check.good for check in tiers):
        return True, "All is well: bodies act and minds think."
    installed = any(check.name == "bundled model" and check.good for check in checks)
    if not tiers and installed:
        return True, "Runs work; the models were not asked (leave out --quick to ask them)."
    return True, f"Runs work with --models off; for minds: {install_command()}."


def told(checks: list[Check]) -> Iterator[str]:
    """The checks as lines, and the verdict."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark = {True: "ok  ", False: "BAD ", None: "-   "}[check.good]
        yield f"{mark}{check.name:<{width}}  {check.said}"
    yield ""
    yield verdict(checks)[1]


def as_json(checks: list[Check]) -> dict[str, Any]:
    """The same as plain data."""
    good, words = verdict(checks)
    return {"ok": good, "verdict": words, "checks": [asdict(check) for check in checks]}
