"""An interview: an NPC of a kept run is asked, and answers from what it remembered by then."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from npcsim.assembly.code.recipe import Recipe
from npcsim.assembly.folk.people import ids_of, lineage
from npcsim.assembly.interview.evidence import Evidence, gathered
from npcsim.assembly.interview.wording import Sentence, Unfounded, asked, held, plain
from npcsim.assembly.runs.thread import lived
from npcsim.assembly.thinking import embedding, tiers
from npcsim.errors import Mistake, ModelError, ScenarioError
from npcsim.memory.explained import Recollection
from npcsim.memory.vectors import Vectors
from npcsim.messages import Model, Usage, Written
from npcsim.models.ability import WRITE, unfit
from npcsim.models.guards.around import bare
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.models.remote.sdk import Served
from npcsim.models.remote.served import Absent
from npcsim.models.tiers import WHOLE, source_of
from npcsim.scenario.load import definition_from
from npcsim.scenario.schema import Definition
from npcsim.scenario.units import clock_text
from npcsim.store.run_store import Run

NO_MODEL = "in set phrases: no model was asked"


@dataclass(frozen=True, slots=True)
class Answered:
    """What an NPC answered. Printed, it is the answer with its citations.

    `sentences`: each with the ids of what it rests on, which `cited` has: `m12` is memory 12 of the
    NPC, `d425` what it decided at tick 425. `by`: the model that worded it; empty for set phrases,
    and then `note` says why. `recollection`: everything that was weighed as it remembered.
    """

    npc: str
    name: str
    question: str
    tick: int
    time: str
    sentences: tuple[Sentence, ...]
    cited: tuple[Mapping[str, Any], ...]
    by: str
    note: str
    recollection: Recollection
    usage: Usage = Usage()

    @property
    def text(self) -> str:
        """The answer alone."""
        return " ".join(sentence.text for sentence in self.sentences)

    def __str__(self) -> str:
        used = {id for sentence in self.sentences for id in sentence.cites}
        lines = [f"{self.name}, {self.time} (tick {self.tick}): “{self.question}”", ""]
        lines += [str(sentence) for sentence in self.sentences]
        if used:
            lines.append("")
        width = max((len(id) for id in used), default=0)
        for one in self.cited:
            if one["id"] in used:
                lines.append(f"{one['id']:<{width}}  {one['time']}  {_kind(one)}: {one['text']}")
        lines.append(f"({f'worded by {self.by}' if self.by else self.note})")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "npc": self.npc, "question": self.question, "tick": self.tick, "time": self.time,
            "answer": self.text, "by": self.by, "note": self.note,
            "sentences": [{"text": s.text, "cites": list(s.cites)} for s in self.sentences],
            "cited": [dict(one) for one in self.cited],
            "recalled": list(self.recollection.rows()),
            "tokens": {"input": self.usage.input, "output": self.usage.output},
        }  # fmt: skip


def _kind(one: Mapping[str, Any]) -> str:
    if one["kind"] == "decision":
        return f"decided ({one['tier']})"
    return f"{one['kind']} from {one['from']}" if one["source"] else str(one["kind"])


async def interviewed(
    run: Run,
    npc: str,
    question: str,
    at: str | int | None = None,
    models: Mapping[str, Model] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> Answered:
    """Ask an NPC of a run. Nothing of the run is changed, and nothing is put into it.

    models: asked one after the other for words, until one's words hold; closed at the end.
    chosen: the same by tier as `model:` would have it, such as `ollama:qwen3:8b`. Raises
    NpcsimError for a question, an NPC or a time there is not, ScenarioError and MissingExtra for
    what is no model.
    """
    definition = Recipe.from_bytes(run.bundle).parsed
    language = definition.language
    evidence = gathered(run, npc, question, at)
    evidence = await _by_meaning(run, evidence, definition)
    answer = Answered(
        evidence.npc, evidence.name, evidence.question, evidence.tick,
        clock_text(evidence.ms(evidence.tick)), plain(evidence, language),
        tuple(evidence.cited()), "", NO_MODEL, evidence.recollection,
    )  # fmt: skip
    for tier, text in (chosen or {}).items():
        try:
            source_of(text)
        except ValueError as error:
            raise ScenarioError([Mistake(f"--{tier}", 1, 1, str(error))]) from None
    used, notes = dict(models or {}), []
    for tier, text in (chosen or {}).items():
        why = not_fit(text, language)
        if why:
            notes.append(why)
        else:
            used |= models_named(definition, tier, text)
    try:
        for model in used.values():
            found, why = await _worded(model, evidence, definition)
            if found is not None:
                return replace(answer, sentences=found[0], by=model.name, note="", usage=found[1])
            notes.append(why)
    finally:
        for model in used.values():
            await model.close()
    if notes:
        answer = replace(answer, note=f"in set phrases: {'; '.join(notes)}")
    return answer


async def _by_meaning(run: Run, evidence: Evidence, definition: Definition) -> Evidence:
    """The same with what comes to mind by meaning too, where texts can be embedded here."""
    embedder = embedding.embedder_of(definition)
    if embedder is None:
        return evidence
    lines = run.at(evidence.tick).memories(evidence.npc)
    try:
        rows = await embedder.embed([evidence.question, *(line.text for line in lines)])
    except ModelError:
        return evidence  # keywords alone, and the recollection says so
    finally:
        await embedder.close()
    vectors = Vectors(rows[0], rows[1:])
    return gathered(run, evidence.npc, evidence.question, evidence.tick, vectors=vectors)


def not_fit(text: str, language: str) -> str:
    """Why a model is not asked at all; empty where it is."""
    source = source_of(text)
    if WRITE in unfit(source, language):
        return f"{text} is not fit to write in {language!r}"
    return ""


def models_named(
    definition: Definition, tier: str, text: str, engine: Callable[..., Model] = LlamaCpp
) -> dict[str, Model]:
    """The model of one tier, as the run's scenario would have it with this `model:`."""
    whole = json.loads(definition.model_dump_json(by_alias=True, exclude_unset=True))
    told = whole.get("tiers", {}).get(tier, {})
    part = {**told, "model": text, "context": WHOLE}
    rest = {"local": {"model": "none"}} if tier != "local" else {}
    only = definition_from(json.dumps({**whole, "tiers": {**rest, tier: part}}))
    return tiers.models_of(only, engine=engine)


async def _worded(
    model: Model, evidence: Evidence, definition: Definition
) -> tuple[tuple[tuple[Sentence, ...], Usage] | None, str]:
    """-> (sentences that hold with what they took; None and why there are none)."""
    inside = bare(model)
    if isinstance(inside, Absent):
        return None, f"{model.name} is not available: {inside.why}"
    if not evidence.ids:
        return None, f"{model.name} was not asked, for there is nothing to answer from"
    question = asked(evidence, persona_of(definition, evidence.npc), definition.language)
    names = [*(one.name for one in evidence.started.cast)]
    names += [one.name for one in evidence.started.places]
    names += [part.name or key.replace("_", " ") for key, part in definition.items.items()]
    try:
        if isinstance(inside, LlamaCpp | Served):
            await inside.start()
        answer = await model.ask(question)
        assert isinstance(answer, Written)
        return (held(answer.text, evidence, definition.language, names), answer.usage), ""
    except ModelError as error:
        return None, f"{model.name} failed: {error.kind}: {error}"
    except Unfounded as error:
        return None, f"what {model.name} said was not used: {error}"


def persona_of(definition: Definition, npc: str) -> str:
    """Who an NPC is, in words: what it or the nearest of its archetypes says."""
    for key, part in definition.npcs.items():
        if npc in ids_of(key, part):
            above = [part, *(archetype for _, archetype in lineage(definition, part))]
            return next((one.persona for one in above if one.persona), "")
    return ""


def interview_run(
    run: Run | str | Path,
    npc: str,
    question: str,
    at: str | int | None,
    models: Mapping[str, Model] | None,
    chosen: Mapping[str, str],
) -> Answered:
    """One interview in one blocking call. See `npcsim.interview`."""
    if isinstance(run, Run):
        return lived(interviewed(run, npc, question, at, models, chosen))[0]
    with Run.open(run) as log:
        return lived(interviewed(log, npc, question, at, models, chosen))[0]
