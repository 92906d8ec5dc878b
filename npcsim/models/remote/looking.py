"""Look-ups on the way to an answer: what a model may ask back, and what it is told at once."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from npcsim.errors import ModelError
from npcsim.messages import Answer, Lookups, Question, Usage, Write

AT_ONCE = 8
"""Calls that one reply may have; one with more is a bad reply."""
WRONG = 2
"""So many calls of what there is not are set right; the next is a bad reply."""
HINT = 160
"""Characters that are told of what may be looked up instead."""
TOO_MANY = "you have looked up all that you may: answer now"


@dataclass(frozen=True, slots=True)
class Call:
    """A look-up that a model wants. `args`: a JSON object, or None for what is none."""

    id: str
    name: str
    args: dict[str, Any] | None

    def __str__(self) -> str:
        given = [f"{key}={value!s:.40}" for key, value in (self.args or {}).items()]
        return f"{self.name[:60]}({', '.join(given)})"


@dataclass(frozen=True, slots=True)
class Told:
    """What a model is told of one call. `known`: whether there was such a thing to look up."""

    call: Call
    said: str
    known: bool = True


def call_of(id: str, name: Any, args: Any) -> Call:
    """A call as a provider has it: its arguments are an object, or JSON text of one."""
    if isinstance(args, str):
        try:
            args = json.loads(args or "{}")
        except ValueError:
            args = None
    return Call(id, str(name), args if isinstance(args, dict) else None)


def look(lookups: Lookups, call: Call) -> Told:
    """What a call gives, or what is wrong with it."""
    those = [found for found in lookups.found if found.name == call.name]
    names = ", ".join(one.name for one in lookups.tools)
    if all(one.name != call.name for one in lookups.tools):
        return Told(call, f"there is no such look-up; there are: {names}"[:HINT], False)
    if call.args is None:
        return Told(call, "its arguments must be one JSON object", False)
    for found in those:
        if _same(json.loads(found.args), call.args):
            return Told(call, found.said)
    known = "; ".join(found.args for found in those) or "nothing"
    return Told(call, f"that is not known now; what is: {known}"[:HINT], False)


def _same(known: dict[str, Any], given: dict[str, Any]) -> bool:
    """Whether these are the same arguments; 2 and 2.0 are, 1 and true are not."""
    return known.keys() == given.keys() and all(
        value == given[name] and isinstance(value, bool) == isinstance(given[name], bool)
        for name, value in known.items()
    )


def listed_calls(lookups: Lookups) -> str:
    """What may be looked up now, for the text of a question; empty where nothing may."""
    if lookups.most < 1 or not lookups.found:
        return ""
    calls = ", ".join(f"{one.name} {one.args}" for one in lookups.found)
    return f"You may look up, {lookups.most} times at most, before you answer: {calls}."


def looked_up(lookups: Lookups) -> list[str]:
    """Texts that look-ups add to a prompt: the tools, and the longest that can be found."""
    tools = [text for one in lookups.tools for text in (one.name, one.doc, one.schema)]
    longest = max((one.said for one in lookups.found), key=len, default="")
    return [*tools, *[longest] * lookups.most]


def with_calls(question: Question) -> Question:
    """The question as it is put: words are wanted with a list of what may be looked up for them.

    A choice has it among its options, see `served.listed`.
    """
    calls = listed_calls(question.lookups)
    if isinstance(question, Write) and calls:
        return replace(question, user=f"{question.user}\n\n{calls}")
    return question


class Spent:
    """What the requests of one question have taken so far, and what they looked up."""

    def __init__(self) -> None:
        self.looked: list[str] = []
        self._usage = Usage()
        self._requests = 0
        self._unknown = False

    def add(self, usage: Usage) -> None:
        """One more request was answered. `Usage()`: it did not tell what it took."""
        self._requests += 1
        self._unknown = self._unknown or usage == Usage()
        self._usage += usage

    def with_all(self, answer: Answer) -> Answer:
        """The answer with all that it took. Where one request didn't tell, nobody knows."""
        if not self._requests:
            return answer
        known = not self._unknown and answer.usage != Usage()
        usage = self._usage + answer.usage if known else Usage()
        return replace(answer, usage=usage, looked=tuple(self.looked))

    def on(self, error: ModelError) -> ModelError:
        """The error, with what was spent before it came."""
        if self._requests:
            known = not self._unknown and (error.tokens is not None or not error.billed)
            before = (self._usage.input, self._usage.output, self._usage.cached)
            own = error.tokens or (0, 0, 0)
            error.tokens = (
                (before[0] + own[0], before[1] + own[1], before[2] + own[2]) if known else None
            )
            error.billed = True
        return error
