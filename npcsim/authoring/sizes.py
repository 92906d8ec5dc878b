"""What `npcsim doctor` tells of prompts: their tokens by tier and purpose, before anything is paid.

A while of the scenario is lived on answers that cost nothing, and what would have been asked is
counted by the tiers' own tokenizers.
"""

from __future__ import annotations

from collections.abc import Sequence

from npcsim.assembly.build import Built, build
from npcsim.assembly.runs.session import open_session
from npcsim.authoring.machine import Check
from npcsim.errors import ModelError
from npcsim.messages import Answer, Counting, Model, Question
from npcsim.models.guards.around import bare
from npcsim.models.remote.served import Absent
from npcsim.models.remote.sizes import size
from npcsim.models.scripted import by_hash
from npcsim.models.tiers import source_of

LIVED_MS = 30 * 60_000
"""Simulated time that is lived for a sample."""
MOST_TICKS = 400
SAMPLE = 6
"""Questions of one tier and purpose that are counted."""


class Listening:
    """A model that stands in for a tier: it answers by a fixed rule, and keeps what it is asked."""

    def __init__(self, model: Model) -> None:
        self.name, self.fingerprint = model.name, f"listening/{model.name}"
        self.asked: list[Question] = []

    async def ask(self, question: Question) -> Answer:
        """An answer drawn by the question alone."""
        self.asked.append(question)
        return by_hash(question)

    async def close(self) -> None:
        """Nothing is open."""


async def sizes(built: Built, models: dict[str, Model]) -> list[Check]:
    """A check for each tier: tokens of its questions by purpose. The models stay open.

    Nobody but tokenizers is asked: workers', servers' and providers' (which is free of charge).
    """
    there = {tier: model for tier, model in models.items() if not isinstance(bare(model), Absent)}
    listening = {tier: Listening(model) for tier, model in there.items()}
    tick_ms = built.world.setting.tick_ms
    ticks = min(MOST_TICKS, max(1, LIVED_MS // tick_ms))
    session = await open_session(
        build(built.recipe), models=dict(listening), ticks=ticks, outside=False
    )
    try:
        async for _ in session.simulation:
            pass
    finally:
        await session.close()
    lived = f"the first {ticks * tick_ms / 60_000:g} min"
    return [
        Check(f"prompts {tier}", True, await _told(there[tier], one.asked, lived))
        for tier, one in listening.items()
    ]


async def _told(model: Model, asked: Sequence[Question], lived: str) -> str:
    """Sizes by purpose in words."""
    if not asked:
        return f"{model.name} is asked nothing in {lived}"
    parts, how = [], ""
    for purpose in dict.fromkeys(one.purpose for one in asked):
        questions = [one for one in asked if one.purpose == purpose]
        step = max(1, len(questions) // SAMPLE)
        counts = []
        for question in questions[::step][:SAMPLE]:
            tokens, how = await _count(model, question)
            counts.append(tokens)
        most = f", at most {max(counts):,}" if len(set(counts)) > 1 else ""
        parts.append(f"{purpose} {round(sum(counts) / len(counts)):,}{most}")
    return f"tokens a question: {'; '.join(parts)} ({how}; {lived})"


async def _count(model: Model, question: Question) -> tuple[int, str]:
    """-> (tokens of a question, how they were counted)."""
    inside = bare(model)
    if isinstance(inside, Counting):
        try:
            return await inside.count(question), "counted by its own tokenizer"
        except ModelError as error:
            return _estimate(model, question), f"estimated: {error}"
    return _estimate(model, question), "estimated from bytes"


def _estimate(model: Model, question: Question) -> int:
    try:
        return size(question, source_of(model.name).kind).input
    except ValueError:
        return size(question, "openai").input
