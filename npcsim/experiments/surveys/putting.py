"""Putting a questionnaire to the NPCs of a kept run, as they were at some time.

The run is only read: nothing is put into it, and nobody in it will know. So its hashes are what
they would be without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from npcsim.assembly.code.recipe import Recipe
from npcsim.assembly.interview.answering import (
    interviewed,
    models_named,
    not_fit,
    persona_of,
)
from npcsim.assembly.runs.thread import lived
from npcsim.errors import Mistake, ModelError, NpcsimError, ScenarioError
from npcsim.experiments.surveys.answers import Answer
from npcsim.experiments.surveys.questionnaire import END, ItemPart, Questionnaire
from npcsim.messages import Choose, Chosen, Model
from npcsim.models.guards.around import Around, bare
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.models.remote.sdk import Served
from npcsim.models.remote.served import Absent
from npcsim.models.tiers import source_of
from npcsim.npc.tongues.survey import survey as words_of
from npcsim.scenario.moments import tick_at
from npcsim.scenario.schema import Definition
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import clock_text
from npcsim.store.moment import Moment
from npcsim.store.run_store import Run
from npcsim.tools.language import fill

LINES = 5
"""So many memories come to mind of a closed question at most."""
PURPOSE = "survey"


def survey_run(run: Run | str | Path, asked: Questionnaire) -> list[Answer]:
    """`surveyed` in one blocking call. See `npcsim survey`."""
    if isinstance(run, Run):
        return lived(surveyed(run, asked))[0]
    with Run.open(run) as log:
        return lived(surveyed(log, asked))[0]


async def surveyed(
    run: Run,
    asked: Questionnaire,
    engine: Callable[..., Model] = LlamaCpp,
    models: Sequence[Model] | None = None,
) -> list[Answer]:
    """Put a questionnaire to a run: every answer, by time, NPC and question.

    engine: makes local models. models: ready ones instead of the questionnaire's `by`; they stay
    open. Raises NpcsimError for a time or an NPC there is not, ScenarioError and MissingExtra for
    what is no model.
    """
    definition = Recipe.from_bytes(run.bundle).parsed
    people = _people(run, asked.who)
    used = list(models) if models is not None else _models(definition, asked.by, engine)
    mute = not_fit(asked.by, definition.language) if models is None and used else ""
    found: list[Answer] = []
    try:
        trouble = "" if used else "no model was asked"
        for model in used:
            trouble = await _unfit(model)
        for tick in ticks_of(run, asked):
            then = run.at(tick)
            for npc in people:
                who = _Asked(run, then, npc, definition, mute)
                for name, item in asked.items.items():
                    found.append(await _answer(who, name, item, used, trouble))
    finally:
        if models is None:
            for model in used:
                await model.close()
    return found


def ticks_of(run: Run, asked: Questionnaire) -> list[int]:
    """The ticks at which a run is asked. Raises NpcsimError for a time that it has not."""
    began, last = run.started, run.last_tick
    found = set()
    for at in asked.times:
        tick = last if at == END else tick_at(at, began.start_ms, began.tick_ms)
        if tick > last:
            raise NpcsimError(f"when to ask: the run ends with tick {last}, before {at!r}")
        found.add(tick)
    if asked.every is not None:
        found |= set(range(0, last + 1, max(1, asked.every // began.tick_ms))) - {0}
    return sorted(found)


def _people(run: Run, who: Sequence[str]) -> list[str]:
    """Ids of those asked. Raises NpcsimError for who is nobody."""
    cast = run.started.cast
    if not who:
        return [one.id for one in cast if one.mind]
    for name in who:
        known = {word for one in cast for word in (one.id, one.name, one.archetype)}
        if name not in known:
            hint = nearest(name, sorted(known)) or f"there are {', '.join(sorted(known)[:12])}"
            raise NpcsimError(f"`who` has {name!r}, which is nobody; {hint}")
    return [one.id for one in cast if {one.id, one.name, one.archetype} & set(who)]


def _models(definition: Definition, by: str, engine: Callable[..., Model]) -> list[Model]:
    try:
        source = source_of(by)
    except ValueError as error:
        raise ScenarioError([Mistake("by", 1, 1, str(error))]) from None
    if source.kind == "none":
        return []
    return list(models_named(definition, "local", by, engine).values())


async def _unfit(model: Model) -> str:
    """Why a model can't be asked; empty where it can. It is started, if it has to be."""
    inside = bare(model)
    if isinstance(inside, Absent):
        return f"{model.name} is not available: {inside.why}"
    try:
        if isinstance(inside, LlamaCpp | Served):
            await inside.start()
    except ModelError as error:
        return f"{model.name} failed: {error.kind}: {error}"
    return ""


class _Open(Around):
    """A model that is still needed when one interview is over."""

    async def close(self) -> None:
        """Nothing: whoever puts the survey ends it."""


class _Asked:
    """One NPC at one time, as it is put before a model."""

    def __init__(self, run: Run, then: Moment, npc: str, definition: Definition, mute: str) -> None:
        self.run, self.then, self.npc, self.mute = run, then, npc, mute
        self.language = definition.language
        self.name = next(one.name for one in run.started.cast if one.id == npc)
        self.persona = " ".join(persona_of(definition, npc).split())
        self.time = clock_text(run.started.start_ms + then.tick * run.started.tick_ms)

    def question(self, item: ItemPart) -> Choose:
        """A closed question: who is asked, what comes to its mind of it, what is asked."""
        words, me = words_of(self.language), self.name
        lines = self.then.recall(self.npc, item.ask, limit=LINES)
        known = [fill(words.remembers, me=me, text=line.text.rstrip(".")) for line in lines]
        told = [fill(words.me, me=me, persona=self.persona).rstrip(), *known]
        told.append(fill(words.asked, me=me, question=item.ask))
        return Choose(" ".join(told), words.neutral, tuple(item.answers or ()), PURPOSE)


async def _answer(
    who: _Asked, name: str, item: ItemPart, models: Sequence[Model], trouble: str
) -> Answer:
    about = (who.npc, who.then.tick, who.time, name, item.ask)
    if item.answers is None:
        why = trouble or who.mute
        ready = {} if why else {str(at): _Open(model) for at, model in enumerate(models)}
        said = await interviewed(who.run, who.npc, item.ask, who.then.tick, ready)
        note = f"in set phrases: {why}" if why else said.note
        return Answer(*about, said.text, {}, said.by, note)
    for model in () if trouble else models:
        try:
            answer = await model.ask(who.question(item))
        except ModelError as error:
            trouble = f"{model.name} failed: {error.kind}: {error}"
            continue
        assert isinstance(answer, Chosen)
        shares: dict[str, float] = {}
        if answer.probabilities is not None:
            shares = dict(zip(item.answers, answer.probabilities, strict=True))
        note = "" if shares else "the model gives no distribution"
        return Answer(*about, item.answers[answer.pick], shares, model.name, note)
    return Answer(*about, "", {}, "", trouble)
