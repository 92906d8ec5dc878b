"""Lint of the wording of tools: options are scored by these very words, so they must read well.

Nothing here stops a run. What is complained about can be said as a warning.
"""

from __future__ import annotations

import inspect
import re
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from npcsim.tools.language import ENGLISH, Texts
from npcsim.tools.tool import ACT, Tool

MOST_WORDS = 12
PARTS = ("option", "seen", "did")
NAMES: Mapping[str, str] = {"en": "English", "ko": "Korean"}
_HANGUL = re.compile("[가-힣ᄀ-ᇿㄱ-ㆎ]")
_STOPS = (".", "!", "?", ",", ";", "。")
_SELF = re.compile(r"\b(I|me|my|mine|myself)\b")
_KOREAN_SELF = re.compile(r"(^|\s)(나는|나를|내가|나의|저는|제가)(\s|$)")
_GERUND = re.compile(r"[a-z]*[aeiouy][a-z]*ing")
# 을 or 를 and the like written out after a name: right for one name, wrong for the next.
_BARE = re.compile(r"\}(을|를|이|가|은|는|과|와|으로|로)(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with the wording of a tool."""

    tool: Tool
    said: str

    @property
    def file(self) -> str:
        """The file that the tool is written in."""
        return str(getattr(self._code, "co_filename", ""))

    @property
    def line(self) -> int:
        """The line that the tool begins in, its decorator included."""
        return int(getattr(self._code, "co_firstlineno", 1))

    @property
    def _code(self) -> object:
        return getattr(inspect.unwrap(self.tool.start), "__code__", None)


def complaints(tool: Tool, language: str = ENGLISH) -> list[str]:
    """What is wrong with a tool's wording in a language (`en` or `ko`), a sentence each.

    States and ask tools have no wording, so nothing is wrong with it.
    """
    if tool.kind != ACT:
        return []
    texts = {part: _own(getattr(tool, part), language) for part in PARTS}
    lacking = [part for part, text in texts.items() if text is None]
    found = []
    if lacking:
        found.append(f"has no {_and(lacking)} in {NAMES.get(language, language)}")
    for part, text in texts.items():
        if text is not None:
            found += [f"{part} {text!r} {what}" for what in _checked(tool, part, text, language)]
    return found


def lint(tools: Iterable[Tool], language: str = ENGLISH) -> list[Complaint]:
    """What is wrong with the wording of several tools, those that read alike included."""
    found = []
    first: dict[tuple[str, str], Tool] = {}
    for tool in tools:
        found += [Complaint(tool, said) for said in complaints(tool, language)]
        for part in ("option", "did"):
            text = _own(getattr(tool, part), language) if tool.kind == ACT else None
            if text is None:
                continue
            other = first.setdefault((part, _bare(text)), tool)
            if other is not tool:
                said = f"{part} {text!r} reads like that of {other.name}"
                found.append(Complaint(tool, said))
    return found


def _own(texts: Texts, language: str) -> str | None:
    """The text written in a language; None where there is none."""
    if not isinstance(texts, str):
        return texts.get(language)
    # One text for any language is in the one whose letters it has.
    return texts if language == ("ko" if _HANGUL.search(texts) else ENGLISH) else None


def _checked(tool: Tool, part: str, text: str, language: str) -> Iterable[str]:
    if not text.strip():
        yield "is empty"
        return
    if "  " in text or text != text.strip():
        yield "has a space too many"
    if text.endswith(_STOPS):
        yield "ends with a mark; it goes into sentences, so leave that out"
    if part == "option":
        yield from _option(tool, text)
    elif part == "seen" and "{me" not in text:
        yield "doesn't say who: put {me} into it"
    yield from _RULES.get(language, _english)(part, text)


def _option(tool: Tool, text: str) -> Iterable[str]:
    named = [name for _, name, _, _ in _pieces(text) if name]
    if len(text.split()) > MOST_WORDS:
        yield f"has {len(text.split())} words; more than {MOST_WORDS} blur what is chosen"
    if "me" in named:
        yield "names {me}, who chooses; leave that out"
    for param in tool.params:
        count = named.count(param.name)
        if not param.is_words and count == 0:
            yield f"doesn't name {{{param.name}}}: several options of this tool would read alike"
        elif count > 1:
            yield f"names {{{param.name}}} {count} times"


def _english(part: str, text: str) -> Iterable[str]:
    first = text.split()[0]
    if part == "option":
        if first[:1].isupper():
            yield "begins with a capital letter; it goes on a sentence"
        if _GERUND.fullmatch(first):
            yield f"begins with {first!r}; say what to do, as in `bake bread`"
        if _SELF.search(re.sub(r"\{[^}]*\}", "", text)):
            yield "speaks of me; others' options read the same, so leave that out"
    elif part == "did" and first not in ("I", "I'm", "I've"):
        yield "is a memory of one's own: begin with `I`, as in `I baked bread`"


def _korean(part: str, text: str) -> Iterable[str]:
    bare = _BARE.search(text)
    if bare:
        yield f"has {bare[1]} after a name; write it into the braces, as in {{me:{bare[1]}}}"
    if part != "seen" and not text.endswith("다"):
        yield "ends in no predicate: end in `-다`, as in `빵을 굽는다`"
    if part == "option" and _KOREAN_SELF.search(text):
        yield "speaks of me; others' options read the same, so leave that out"
    elif part == "did" and not text.startswith(("나는 ", "내가 ")):
        yield "is a memory of one's own: begin with `나는`, as in `나는 빵을 구웠다`"


_RULES: Mapping[str, Callable[[str, str], Iterable[str]]] = {"en": _english, "ko": _korean}


def _bare(text: str) -> str:
    """A text without its names, for comparing."""
    return "".join(f"{said}{{}}" if name else said for said, name, _, _ in _pieces(text)).lower()


def _pieces(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    return list(string.Formatter().parse(text))


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
