"""What a paper's method section can say of runs: facts of their logs, and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from npcsim.errors import NpcsimError
from npcsim.events import Measured, RunStarted
from npcsim.messages import Choose, ModelCall, Question
from npcsim.store.listing import Listed, facts_of
from npcsim.store.run_store import Run
from npcsim.store.sharing.form import unfolded

INPUTS = ("Given", "Landed", "TierChanged", "Resumed")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question of a kind as it was put, and how often that kind was."""

    purpose: str
    tier: str
    model: str
    kind: str
    times: int
    parts: tuple[tuple[str, str], ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Lived:
    """One run: how it stands, its first event, its scenario as plain data, and tallies."""

    listed: Listed
    started: RunStarted
    definition: Mapping[str, Any]
    summary: Mapping[str, Any]
    tools: tuple[str, ...]
    inputs: dict[str, int]
    measured: dict[tuple[str, str], float]
    concluded: int
    prints: dict[str, tuple[str, ...]]
    """Tier -> fingerprints of the models that answered."""
    prompts: tuple[Prompt, ...]


def lived(runs: Iterable[Run]) -> tuple[Lived, ...]:
    """The facts of some runs. Raises `NpcsimError` for runs of different scenarios."""
    found = tuple(_one(run) for run in runs)
    names = sorted({one.started.scenario for one in found})
    if len(names) > 1:
        raise NpcsimError(
            f"one method section is of one scenario; these runs are of {', '.join(names)}"
        )
    return found


def _one(run: Run) -> Lived:
    recipe = unfolded(run.bundle)
    try:
        definition = json.loads(recipe["definition"])
    except (KeyError, ValueError, TypeError) as error:
        raise NpcsimError(f"{run.shown}: its recipe can't be read: {error}") from error
    inputs = Counter(type(event).__name__ for event in run.inputs())
    measured = {
        (event.name, event.group): event.value
        for event in run.events("Measured")
        if isinstance(event, Measured)
    }
    prints: dict[str, dict[str, None]] = {}
    first: dict[tuple[str, str, str, str], ModelCall] = {}
    times: Counter[tuple[str, str, str, str]] = Counter()
    for kept in run.calls():
        call = kept.call
        prints.setdefault(call.tier, {})[call.fingerprint] = None
        key = (
            call.question.purpose, call.tier, call.model, type(call.question).__name__.lower()
        )  # fmt: skip
        times[key] += 1
        first.setdefault(key, call)
    tools = recipe.get("tools") or []
    return Lived(
        facts_of(run, run.shown), run.started, definition, run.summary or {},
        tuple(str(text) for _, text in tools) if isinstance(tools, list) else (),
        {name: inputs[name] for name in INPUTS if inputs[name]},
        measured,
        sum(getattr(event, "sort", "") == "concluded" for event in run.events("Remembered")),
        {tier: tuple(known) for tier, known in prints.items()},
        tuple(
            Prompt(*key, times[key], tuple(_parts(call.question)), _answered(call))
            for key, call in sorted(first.items())
        ),
    )  # fmt: skip


def _parts(question: Question) -> Iterable[tuple[str, str]]:
    """The parts of a question, in the order a model reads them; empty ones left out."""
    listed = [
        ("shared by all NPCs", question.prefix.shared),
        ("the NPC's own", question.prefix.own),
    ]
    if isinstance(question, Choose):
        listed += [
            ("the situation", question.situation),
            ("the options", "\n".join(f"{i}. {o}" for i, o in enumerate(question.options, 1))),
            ("the neutral frame (for models that score)", question.neutral),
        ]
    else:
        listed += [("system", question.system), ("user", question.user)]
        if question.schema:
            listed.append(("the schema of the answer", question.schema))
    return [(name, text) for name, text in listed if text]


def _answered(call: ModelCall) -> str:
    if call.answer is None:
        return f"no answer: {call.error}"
    if isinstance(call.question, Choose) and hasattr(call.answer, "pick"):
        return call.question.options[call.answer.pick]
    return str(getattr(call.answer, "text", ""))


def common(found: Sequence[Lived], name: str) -> str:
    """A field of the first event, as text: one value, or all that there are."""
    values = dict.fromkeys(str(getattr(one.started, name)) for one in found)
    return ", ".join(values)
