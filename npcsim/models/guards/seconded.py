"""A choice is read twice: by the model that is asked, and by how near in meaning options are.

A small language model is drawn to common words and to echoes; an embedding model of a sixth of its
size knows nothing of what is likely, but what goes with what. Their errors have little to do with
each other, so the two together are right more often than either.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable

from npcsim.errors import BadReply
from npcsim.inference.choosing import shares
from npcsim.messages import Answer, Choose, Chosen, Embedder, Model, Question, Queueing
from npcsim.models.guards.alike import sentences, who_decides
from npcsim.models.guards.around import Around

#: Raised whenever the same two readings would be put together otherwise.
READING = "two1"

#: What the log of the model's probability counts, and the cosine of option and situation. Fitted
#: by log likelihood for the bundled SmolLM2-135M-Instruct (Q8_0), its readout
#: (`models.local.readout`, fitted together with them) and the bundled embeddings, on the situations
#: for choosing figures by: see docs/explain/choosing.md. Another model wants others.
MODEL_WEIGHT = 0.50
NEAR_WEIGHT = 5.9

#: Less than this the model can't find an option: else one that it rules out could never be taken.
LEAST = 1e-9

SPEAKER = "I"


class Seconded(Around):
    """A model whose choices are put together with what an embedding model makes of them.

    Both weights are for a short English question of the frame of minds, and the bundled pair of
    models. Everything but choices is left as it is, and so is a choice in which nobody's name
    tells the frame from the neutral one, or whose answer has no probabilities. Raises what either
    model raises. An answer hangs on its question alone if the two models' do.
    """

    def __init__(self, inner: Model, embedder: Embedder) -> None:
        super().__init__(inner)
        self._embedder = embedder

    @property
    def fingerprint(self) -> str:
        return f"{self.inner.fingerprint}+{self._embedder.fingerprint}/{READING}"

    async def ask(self, question: Question) -> Answer:
        return await self._heard(question, self.inner.ask(question))

    async def ask_in_turn(self, question: Question, *, priority: int, lands: int) -> Answer:
        """As the inner model's, where that has a queue (`messages.Queueing`)."""
        inner = self.inner
        if not isinstance(inner, Queueing):
            return await self.ask(question)
        asked = inner.ask_in_turn(question, priority=priority, lands=lands)
        return await self._heard(question, asked)

    async def close(self) -> None:
        await self._embedder.close()
        await self.inner.close()

    async def _heard(self, question: Question, asked: Awaitable[Answer]) -> Answer:
        answer = await asked
        if not isinstance(question, Choose) or not isinstance(answer, Chosen):
            return answer
        return await seconded(question, answer, self._embedder)


async def seconded(question: Choose, answer: Chosen, embedder: Embedder) -> Chosen:
    """The choice with the second reading: p ∝ p_model^0.5 × exp(5.9 × cosine).

    The cosine is of an option and the sentence that presses, vectors of length 1. Raises a
    `ModelError` where texts can't be embedded.
    """
    presses = pressing(question)
    if answer.probabilities is None or not presses:
        return answer
    first, *rows = await embedder.embed([presses, *question.options])
    # No product of matrices: its last bits may hang on how many rows it has.
    near = [float((first * row).sum()) for row in rows]
    if not all(map(math.isfinite, near)):
        raise BadReply(f"the vectors of {embedder.name} are not numbers")
    scores = [
        MODEL_WEIGHT * math.log(max(share, LEAST)) + NEAR_WEIGHT * cosine
        for share, cosine in zip(answer.probabilities, near, strict=True)
    ]
    pick = max(range(len(scores)), key=scores.__getitem__)
    return Chosen(pick, shares(scores, 1.0), answer.usage)


def pressing(question: Choose) -> str:
    """The last sentence before the frame, as who decides would say it: `I is hungry.`

    Empty where nothing stands there, or no name tells the frame from the neutral one.
    """
    name = who_decides(question)
    told = sentences(question.situation)
    if not name or len(told) < 2:
        return ""
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", SPEAKER, told[-2])
