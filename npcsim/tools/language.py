"""Texts by language, and the particles that Korean hangs on names.

A wording is one text for every language, or a mapping by language. Names in it may carry a Korean
particle: `{potion:을}` is the name and 을 or 를, as its last sound asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

ENGLISH = "en"
Texts = str | Mapping[str, str]

#: After a final consonant, after a vowel. 으로 becomes 로 after a vowel and after ㄹ.
PAIRS = (
    ("을", "를"), ("이", "가"), ("은", "는"), ("과", "와"), ("아", "야"), ("이나", "나"),
    ("이랑", "랑"), ("이라고", "라고"), ("이다", "다"), ("으로", "로"),
)  # fmt: skip
#: Particles that are the same after any sound.
FIXED = ("에게", "에게서", "한테", "에서", "에", "의", "도", "만", "까지", "부터", "께", "보다")
PARTICLES: Mapping[str, tuple[str, str]] = {
    **{form: pair for pair in PAIRS for form in pair},
    **{form: (form, form) for form in FIXED},
}

_FIRST, _LAST, _FINALS, _RIEUL = 0xAC00, 0xD7A3, 28, 8
#: How a word in Latin letters or digits ends when read aloud in Korean, by its last character:
#: whether a consonant closes it, and whether that one is ㄹ. Digits are read 영 일 이 삼 ... 구. A
#: word in Latin letters ends closed on b, c, k, l, m, n, p, q, t and, as ㄹ, on l; on any other
#: letter a vowel is added or heard (Ilse 일제, Mars 마르스, Maya 마야, Peter 피터).
_CLOSED = frozenset("013678") | frozenset("bckmnpqlt")
_CLOSED_RIEUL = frozenset("178l")


def said(texts: Texts, language: str) -> str:
    """The text for a language: its own, else the English one, else the first there is."""
    if isinstance(texts, str):
        return texts
    return texts.get(language) or texts.get(ENGLISH) or next(iter(texts.values()), "")


def each(texts: Texts, form: Callable[[str], str]) -> Texts:
    """Another wording made of one, language by language."""
    if isinstance(texts, str):
        return form(texts)
    return {language: form(text) for language, text in texts.items()}


def all_texts(texts: Texts) -> tuple[str, ...]:
    """Every text of a wording."""
    return (texts,) if isinstance(texts, str) else tuple(texts.values())


def with_particle(word: str, particle: str) -> str:
    """A word with a particle in the form its last sound asks for; `particle` is either form.

    The last letter or digit counts, brackets and quotes after it don't. Hangul: its final
    consonant. Digits: as read one by one (3 is 삼). Latin letters: b, c, k, l, m, n, p, q and t
    close a word, any other letter leaves it open. Other scripts count as open. Raises ValueError
    for what is no particle.
    """
    if particle not in PARTICLES:
        raise ValueError(f"{particle!r} is no particle")
    closed, open_ = PARTICLES[particle]
    ends, rieul = _ending(word)
    return word + (closed if ends and not (rieul and open_ == "로") else open_)


def _ending(word: str) -> tuple[bool, bool]:
    """-> (whether a consonant closes the word, whether that is ㄹ)."""
    last = next((letter for letter in reversed(word) if letter.isalnum()), "").lower()
    if last and _FIRST <= ord(last) <= _LAST:
        final = (ord(last) - _FIRST) % _FINALS
        return final != 0, final == _RIEUL
    return last in _CLOSED, last in _CLOSED_RIEUL


def fill(text: str, /, **values: Any) -> str:
    """A text with its names filled in: `{name}`, or `{name:particle}`.

    Raises KeyError for a name that is not given, ValueError for a broken text.
    """
    return text.format(**{name: _Named(value) for name, value in values.items()})


class _Named:
    """A value whose format is its words, with a particle if one is asked for."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __format__(self, spec: str) -> str:
        text = format(self.value)
        return with_particle(text, spec) if spec in PARTICLES else format(self.value, spec)
