"""What a model can do: choose and write, in each language that minds know, and how fast.

Choosing is measured on the situations of `npcsim bench language`, writing on small talk as minds
ask for it: a line counts if it would be said (whole, short, not an assistant's words) and if most
of its letters are those of the language.
"""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from npcsim.bench.language import OPTIONS, questions
from npcsim.errors import BadReply
from npcsim.messages import Choose, Chosen, Model, Question, Write, Written
from npcsim.models.ability import Ability, Skill
from npcsim.models.digests import sha256_of
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.npc.prompts import spoken_line
from npcsim.npc.tongues import TONGUES
from npcsim.tools.language import fill

LINE_TOKENS = 28
SCRIPTS = {"en": "LATIN", "ko": "HANGUL"}
PEOPLE = {
    "en": (
        ("Mara", "You are the village baker and proud of your bread."),
        ("Tom", "You are a smith of few words."),
        ("Lise", "You are the greatest gossip of the village."),
        ("Bran", "You are the captain of the watch."),
    ),
    "ko": (
        ("마라", "당신은 마을의 빵 굽는 사람이고 자기 빵을 자랑스러워합니다."),
        ("톰", "당신은 말수가 적은 대장장이입니다."),
        ("리제", "당신은 마을에서 소문을 가장 좋아하는 사람입니다."),
        ("브란", "당신은 경비대장입니다."),
    ),
}


async def measure(model: Model, sha256: str) -> Ability:
    """Ask everything there is to ask. Raises `ModelError` where the model gives up."""
    choose: dict[str, Skill] = {}
    write: dict[str, Skill] = {}
    tokens, begun = 0, time.perf_counter()
    for language in PEOPLE:
        put = questions(language)
        right, read = await _chosen(model, put)
        tokens += read
        choose[language] = Skill(right, len(put), 1 / OPTIONS)
    seconds = time.perf_counter() - begun
    for language in PEOPLE:
        asked = list(small_talk(language))
        fit = [await _said(model, name, question, language) for name, question in asked]
        write[language] = Skill(sum(fit), len(fit))
    return Ability(sha256, model.name, choose, write, round(tokens / max(seconds, 1e-6), 1))


def measured(path: Path, threads: int | None = None) -> Ability:
    """The same for a file, in a worker of its own. Raises MissingExtra and ModelError."""

    async def all_of_it() -> Ability:
        model = LlamaCpp(path, threads=threads)
        try:
            await model.start()
            return await measure(model, sha256_of(path))
        finally:
            await model.close()

    return asyncio.run(all_of_it())


def small_talk(language: str) -> Iterator[tuple[str, Write]]:
    """Everybody answers every opening: (who, question)."""
    words = TONGUES[language]
    for name, persona in PEOPLE[language]:
        for opening in words.openings:
            system = fill(words.answer_as, me=name, persona=persona)
            user = fill(opening, day=words.day[2])
            yield name, Write(system, user, LINE_TOKENS, ("\n",), "speak")


async def _chosen(model: Model, asked: Sequence[tuple[Choose, int]]) -> tuple[int, int]:
    """-> (how many right, tokens read)"""
    answers = await asyncio.gather(*(model.ask(question) for question, _ in asked))
    right = tokens = 0
    for answer, (_, sensible) in zip(answers, asked, strict=True):
        if not isinstance(answer, Chosen):
            raise BadReply(f"a choice was asked for, {type(answer).__name__} came back")
        right += answer.pick == sensible
        tokens += answer.usage.input - answer.usage.cached
    return right, tokens


async def _said(model: Model, name: str, question: Question, language: str) -> bool:
    """Whether a line is fit to be said. One that can't be read counts as unfit."""
    try:
        answer = await model.ask(question)
    except BadReply:
        return False
    line = spoken_line(name, answer.text, language) if isinstance(answer, Written) else ""
    return bool(line) and in_script(line, language)


def in_script(text: str, language: str) -> bool:
    """Whether most letters are of the language's script; True where we don't know which it is."""
    script = SCRIPTS.get(language)
    letters = [letter for letter in text if letter.isalpha()]
    if script is None or not letters:
        return script is None
    own = sum(unicodedata.name(letter, "").startswith(script) for letter in letters)
    return 2 * own > len(letters)
