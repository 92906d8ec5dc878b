"""From evidence to an answer: in set phrases, or in a model's words that are held to it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from npcsim.assembly.interview.evidence import OBJECT, WORDS, Decision, Evidence
from npcsim.memory.words import terms
from npcsim.messages import Write
from npcsim.npc.prompts import ended
from npcsim.npc.tongues import tongue
from npcsim.npc.tongues.interview import Interview, interview
from npcsim.scenario.units import DAY_MS
from npcsim.tools.language import fill
from npcsim.world.rows import Memory

PURPOSE = "interview"
SENTENCES = 4
LONGEST = 300
"""Characters of one sentence of a model."""
MAX_TOKENS = 400
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, and the ids of what it rests on."""

    text: str
    cites: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.text} [{', '.join(self.cites)}]" if self.cites else self.text


class Unfounded(Exception):
    """A model's words that can't be held to what they cite."""


def plain(evidence: Evidence, language: str) -> tuple[Sentence, ...]:
    """The answer in set phrases, every sentence with what it rests on; one without, if nothing."""
    words = interview(language)
    known = [_remembered(line, evidence, words) for line in evidence.memories]
    asks_why = any(word in evidence.question.casefold() for word in words.why)
    decisions = evidence.decisions if asks_why or not known else evidence.decisions[:1]
    deeds = [one for decision in decisions for one in _told(decision, evidence, words)]
    found = [*deeds, *known] if asks_why else [*known, *deeds]
    return tuple(found) or (Sentence(words.nothing, ()),)


def _remembered(line: Memory, evidence: Evidence, words: Interview) -> Sentence:
    text = fill(words.remember, time=_time(evidence, line.tick, words), text=_line(line, words))
    return Sentence(ended(text), (f"m{line.id}",))


def _told(one: Decision, evidence: Evidence, words: Interview) -> Iterator[Sentence]:
    time, own = _time(evidence, one.tick, words), (one.id,)
    form = words.said if one.purpose == WORDS else words.decided
    yield Sentence(ended(fill(form, time=time, text=one.text.rstrip("."))), own)
    if one.why and one.purpose not in (WORDS, OBJECT):
        yield Sentence(ended(fill(words.because, why=_why(one, words))), own)
    for line in evidence.grounds:
        if line.id in one.grounds:
            text = fill(words.grounds, text=_line(line, words))
            yield Sentence(ended(text), (f"m{line.id}", one.id))
    if one.goal:
        yield Sentence(ended(fill(words.serves, goal=one.goal.rstrip("."))), own)
    if one.instead:
        told = "; ".join(f"{text} ({share:.0%})" for text, share in one.instead)
        yield Sentence(ended(fill(words.instead, options=told)), own)
    if one.fallback:
        yield Sentence(words.fallback, own)


def _why(one: Decision, words: Interview) -> str:
    why = one.why.rstrip(".")
    return words.reasons.get(why, why)


def _line(line: Memory, words: Interview) -> str:
    text = line.text.rstrip(".")
    if line.hop < 2:
        return text
    return fill(words.passed_on, text=text, hop=line.hop, sure=f"{line.sure:.0%}")


def _time(evidence: Evidence, tick: int, words: Interview) -> str:
    ms = evidence.ms(tick)
    clock = f"{ms // 3_600_000 % 24:02d}:{ms // 60_000 % 60:02d}"
    return fill(words.time, day=ms // DAY_MS + 1, clock=clock)


# -- a model's words --------------------------------------------------------------------------


def asked(evidence: Evidence, persona: str, language: str) -> Write:
    """The question to a model: the lines it may use, and a schema in which each sentence cites."""
    words = interview(language)
    now = _time(evidence, evidence.tick, words)
    role = fill(words.role, me=evidence.name, persona=" ".join(persona.split()), time=now)
    rules = fill(words.rules, me=evidence.name)
    lines = [f"[{id}] {text}" for id, text in _lines(evidence, words).items()]
    user = "\n".join([*lines, fill(words.asked, question=evidence.question)])
    return Write(f"{role} {rules}", user, MAX_TOKENS, (), PURPOSE, schema=_schema(evidence.ids))


def _lines(evidence: Evidence, words: Interview) -> dict[str, str]:
    """Each line that can be cited, by id."""
    found = {}
    for one in evidence.decisions:
        told = fill(words.line_decided, text=one.text.rstrip("."), why=_why(one, words))
        found[one.id] = f"{_time(evidence, one.tick, words)}: {ended(told)}"
    for line in evidence.all_memories:
        found[f"m{line.id}"] = f"{_time(evidence, line.tick, words)}: {_line(line, words)}"
    return found


def _schema(ids: Collection[str]) -> str:
    sentence: dict[str, Any] = {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "cites": {"type": "array", "items": {"type": "string", "enum": list(ids)}},
        },
        "required": ["text", "cites"],
        "additionalProperties": False,
    }
    whole = {
        "type": "object",
        "properties": {"sentences": {"type": "array", "items": sentence}},
        "required": ["sentences"],
        "additionalProperties": False,
    }
    return json.dumps(whole, separators=(",", ":"))


def held(
    text: str, evidence: Evidence, language: str, names: Collection[str]
) -> tuple[Sentence, ...]:
    """A model's answer, if each of its sentences holds to what it cites. Raises `Unfounded`.

    A sentence cites what exists, has a word in common with that, and no name (of `names`: people,
    places, items) and no number that stands neither there nor in the question.
    """
    try:
        given = json.loads(text)["sentences"]
        found = [Sentence(" ".join(one["text"].split()), tuple(one["cites"])) for one in given]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Unfounded("it has not the form that was asked for") from None
    if not 0 < len(found) <= SENTENCES:
        raise Unfounded(f"it has {len(found)} sentences, not 1 to {SENTENCES}")
    lines = _lines(evidence, interview(language))
    marks = [mark for mark in tongue(language).assistant if mark != ":"]
    for one in found:
        _check(one, evidence, lines, names, marks)
    return tuple(found)


def _check(
    one: Sentence,
    evidence: Evidence,
    lines: dict[str, str],
    names: Collection[str],
    marks: Collection[str],
) -> None:
    shown = f"“{one.text[:60]}”"
    if not one.text or len(one.text) > LONGEST or any(mark in one.text for mark in marks):
        raise Unfounded(f"{shown} is nothing that {evidence.name} would say")
    if not one.cites:
        raise Unfounded(f"{shown} cites nothing")
    strange = [id for id in one.cites if id not in lines]
    if strange:
        raise Unfounded(f"{shown} cites {strange[0]!r}, which there is not")
    ground = " ".join(lines[id] for id in one.cites)
    if not set(terms(one.text)) & set(terms(ground)):
        raise Unfounded(f"{shown} has nothing of what it cites")
    there = f"{ground} {evidence.question} {evidence.name}".casefold()
    said = one.text.casefold()
    for name in names:
        if name and _stands(name.casefold(), said) and not _stands(name.casefold(), there):
            raise Unfounded(f"{shown} names {name}, which stands in nothing it cites")
    for number in _NUMBER.findall(one.text):
        if number not in _NUMBER.findall(there):
            raise Unfounded(f"{shown} says {number}, which stands in nothing it cites")


def _stands(name: str, text: str) -> bool:
    """Whether a name stands in a text as a word; what follows Hangul may be a particle."""
    for at in re.finditer(re.escape(name), text):
        before, after = text[: at.start()][-1:], text[at.end() :][:1]
        hangul = "\uac00" <= name[-1] <= "\ud7a3"
        if not before.isalnum() and (hangul or not after.isalnum()):
            return True
    return False
