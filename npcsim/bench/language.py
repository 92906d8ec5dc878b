"""Whether a model can choose in a language: forty village situations with one sensible answer.

    npcsim bench language --language ko

Each has four options, worded as tools word theirs, and is laid out by the frame that minds use.
By chance a quarter is right. Situations are the same in every language, so a model's figure in one
can be held against its figure in another.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from npcsim.errors import NpcsimError
from npcsim.messages import Choose, Chosen, Model
from npcsim.models.library.names import named
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.npc.tongues import TONGUES
from npcsim.tools.language import fill

OPTIONS = 4
#: Of forty, from so many right on a model is fit to choose: two of three. Chance alone gets 17 or
#: more in 1 % of cases; a model that errs every other time is not fit for that alone.
FIT = 27
#: One situation a line: `day` counts into a tongue's words for it, the first option is sensible.
DATA = Path(__file__).parent / "data" / "language.jsonl"


@dataclass(frozen=True, slots=True)
class Score:
    """How a model did: `right` of `of`, and the share of probability it gave the right ones."""

    model: str
    language: str
    right: int
    of: int
    share: float

    @property
    def fit(self) -> bool:
        """Whether it is right often enough."""
        return self.right >= FIT


def situations(language: str) -> list[dict[str, Any]]:
    """The situations in a language, as the data has them. Raises NpcsimError if there are none."""
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    found = [row for row in rows if row["language"] == language]
    if not found:
        known = ", ".join(sorted({row["language"] for row in rows}))
        raise NpcsimError(f"there are no situations in {language!r}; there are in {known}")
    return found


def questions(language: str) -> list[tuple[Choose, int]]:
    """The situations as a mind would put them. -> (question, index of the sensible option) each."""
    words = TONGUES[language]
    found = []
    for number, row in enumerate(situations(language)):
        lines = (
            fill(words.time, day=words.day[row["day"]]),
            fill(words.at, me=row["me"], place=row["place"]),
            row["presses"],
            fill(words.decides, me=row["me"]),
        )
        # Turned, so that no place among the options is always right.
        options, turn = row["options"], number % OPTIONS
        turned = tuple(options[turn:] + options[:turn])
        question = Choose(" ".join(lines), words.neutral, turned, "react")
        found.append((question, (OPTIONS - turn) % OPTIONS))
    return found


async def measure(model: Model, language: str) -> Score:
    """Put all situations to a model. Raises `ModelError`."""
    right, share = 0, 0.0
    asked = questions(language)
    for question, sensible in asked:
        answer = await model.ask(question)
        assert isinstance(answer, Chosen)
        right += answer.pick == sensible
        share += answer.probabilities[sensible] if answer.probabilities else 0.0
    return Score(model.name, language, right, len(asked), round(share / len(asked), 3))


def main(model: str, language: str, as_json: bool) -> int:
    """What the command calls: measure and print. -> 0 where the model is fit, 1 where it is not."""
    situations(language)

    async def asked() -> Score:
        local = LlamaCpp(named(model).path)
        try:
            return await measure(local, language)
        finally:
            await local.close()

    score = asyncio.run(asked())
    chance = score.of // OPTIONS
    if as_json:
        print(json.dumps({**asdict(score), "chance": chance, "fit": score.fit}))
    else:
        print(
            f"{score.model} in {language}: {score.right} of {score.of} right, {chance} by chance;"
        )
        print(f"{score.share:.0%} of its probability lies on the sensible options")
        print(f"{'fit' if score.fit else 'not fit'} to choose: {FIT} or more are wanted")
    return 0 if score.fit else 1
