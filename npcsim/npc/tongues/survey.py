"""The words of a survey: who is asked what, as it is put before a model, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Survey:
    """`me`, `remembers` and `asked` come one after the other; `neutral` is what is left of them
    without anybody and anything asked, see `messages.Choose`."""

    me: str
    remembers: str
    asked: str
    neutral: str


SURVEYS: Mapping[str, Survey] = {
    "en": Survey(
        me="This is {me}. {persona}",
        remembers="{me} remembers: {text}.",
        asked='{me} is asked: "{question}" {me} answers:',
        neutral="Someone is asked a question. Someone answers:",
    ),
    "ko": Survey(
        me="이 사람은 {me:이다}. {persona}",
        remembers="{me}의 기억: {text}.",
        asked='{me}에게 묻는다: "{question}" {me}의 대답:',
        neutral="누군가에게 묻는다. 누군가의 대답:",
    ),
}


def survey(language: str) -> Survey:
    """A language's texts; English for a language that has none."""
    return SURVEYS.get(language, SURVEYS["en"])
