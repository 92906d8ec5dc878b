"""How many tokens a question has, roughly, with no tokenizer at hand.

Bytes of what is sent over the bytes that a token has, which differ by provider: a dated list.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from npcsim.messages import Choose, Question
from npcsim.models.remote.anthropic import ROLE as ANTHROPIC_ROLE
from npcsim.models.remote.looking import with_calls
from npcsim.models.remote.served import ROLE, listed, numbers

SPREAD = 0.2
"""By how much, as a share, estimates of this kind are off either way."""
FRAME = 24
"""Tokens that a request has beside its texts: roles and the like."""
ASK = 60
"""Bytes of the line that asks for a number or a letter, and of the form its answer has."""
WORDS = 0.5
"""The share of the words that are allowed that a line of speech comes to."""


@dataclass(frozen=True, slots=True)
class Size:
    """Tokens of a question and its answer, without thinking.

    `shared` is the same for all NPCs, look-ups that are offered among it, `own` is what one NPC
    has before each of its questions, and `rest` the question itself.
    """

    shared: int
    own: int
    rest: int
    output: int

    @property
    def input(self) -> int:
        """All that is read."""
        return self.shared + self.own + self.rest


def size(question: Question, provider: str) -> Size:
    """A question's tokens at a provider: `anthropic`, `openai`; any other counts as `openai`."""
    known = _listed().get(provider) or _listed()["openai"]

    def tokens(*texts: str) -> int:
        length = sum(len(text.encode("utf-8", "backslashreplace")) for text in texts)
        return round(length / float(known["bytes"]))

    prefix, looks = question.prefix, question.lookups.tools
    opening = [text for one in looks for text in (one.name, one.doc, one.schema)]
    if provider == "anthropic" and (prefix.shared or prefix.own):
        opening.append(ANTHROPIC_ROLE)  # it stands before words as well
    if isinstance(question, Choose):
        labels = numbers(question)
        said, output = listed(question, labels), int(known["choice"])
        role = "" if ANTHROPIC_ROLE in opening else ROLE
        rest = tokens(said) + round((ASK + 4 * len(labels)) / known["bytes"]) + FRAME
    else:
        asked = with_calls(question)
        assert not isinstance(asked, Choose)
        role, output = asked.system, max(1, round(asked.max_tokens * WORDS))
        rest = tokens(asked.user, asked.schema) + FRAME
    shared = tokens(prefix.shared, *opening)
    return Size(shared, tokens(prefix.own), rest + tokens(role), output)


@cache
def _listed() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("sizes.json").read_text(encoding="utf-8")
    providers: dict[str, dict[str, Any]] = json.loads(text)["providers"]
    return providers
