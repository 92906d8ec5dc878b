"""What a sketch says, in a few kinds of sentences, as the sections of a scenario."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

UNDERSTOOD = """\
Sentences end with ; or . and these are understood:
  Dara                            somebody: a name begins with a capital letter
  Dara (alchemy 0.8, hp 50)       with values of attributes
  Dara is a healer                of an archetype
  Dara carries 2 herb, a loaf     with items
  Dara at kitchen                 in a place of its own
  Bo is near Dara                 within arm's reach; so are: beside, next to, by
  a cauldron (fire 1) beside her  a thing; she, her, he, him, ...: whoever was named last, but
                                  never the one whom the sentence is about
  the chest holds 3 coin          what is in it
  it is 21:00                     the hour; noon if nothing is said"""
WIDTH, HEIGHT, STEP = 12, 32, 4
_TOKEN = re.compile(r"\d{1,2}:\d{2}|-?\d+(?:\.\d+)?|[^\W\d][\w'\-]*|[(),]|\S")
_ENDS = re.compile(r";|\.(?=\s|$)")
_ARTICLES, _JOINTS = {"a", "an"}, {",", "and", "who", "which", "that", "is", "are", "stands"}
_HOLDING, _PLACING = {"carries", "has", "holds"}, {"at", "in"}
_NEARING = {"near", "beside", "by", "next"}
_PRONOUNS = {"her", "him", "them", "she", "he", "they", "it"}
_AROUND = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1))
BUILT_IN = {"hp", "speed", "sight", "damage", "reach"}


@dataclass(slots=True)
class Figure:
    """Somebody or something in a sketch. `kind` is a spot's kind or a person's archetype."""

    name: str
    person: bool
    kind: str = ""
    place: str = ""
    beside: str = ""
    values: dict[str, float] = field(default_factory=dict)
    holds: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Told:
    """Everything the sentences say. `start` is the hour as written."""

    figures: dict[str, Figure] = field(default_factory=dict)
    start: str = "12:00"

    @property
    def first(self) -> str:
        """Who was named first. Raises ValueError when nobody was."""
        for figure in self.figures.values():
            if figure.person:
                return figure.name
        raise ValueError(f"there is nobody in the sketch\n{UNDERSTOOD}")


def read_sentences(text: str) -> Told:
    """Read a sketch. Raises ValueError naming the word that makes no sense, and what would."""
    told, last = Told(), ""
    for sentence in _ENDS.split(text):
        words = _TOKEN.findall(sentence)
        if words:
            last = _Sentence(sentence.strip(), words, told, last).read()
    return told


class _Sentence:
    """One sentence, read word by word."""

    def __init__(self, text: str, words: list[str], told: Told, last: str) -> None:
        self.text, self.words, self.told, self.last, self.at = text, words, told, last, 0
        self.before, self.about = last, ""

    def read(self) -> str:
        """-> who was named last."""
        if [word.lower() for word in self.words[:2]] == ["it", "is"] and ":" in self.text:
            self.told.start = self.words[2].zfill(5)
            if len(self.words) > 3:
                raise self._lost(self.words[3])
            return self.last
        figure = self._figure(new=True)
        self.about = figure.name
        while self.at < len(self.words):
            self._clause(figure)
        return self.last

    def _clause(self, figure: Figure) -> None:
        word = self._next()
        if word == "(":
            self._values(figure)
        elif word in _HOLDING:
            self._holds(figure)
        elif word in _PLACING:
            if self._peek() == "the":
                self.at += 1
            figure.place = self._name("a place")
        elif word in _NEARING:
            if word == "next" and self._next() != "to":
                raise self._lost("next")
            figure.beside = self._figure().name
        elif word in _ARTICLES and figure.person:
            figure.kind = self._name("an archetype")
        elif word not in _JOINTS:
            raise self._lost(word)

    def _figure(self, new: bool = False) -> Figure:
        """Somebody or something that is named here. Only the subject of a sentence may be new."""
        word = self._next()
        if word.lower() in _PRONOUNS and self.last:
            return self.told.figures[self._meant(word)]
        if word[0].isupper() and word.lower() not in (*_ARTICLES, "the", *_PRONOUNS):
            while self._peek()[:1].isupper():
                word += f" {self._next()}"
            if word not in self.told.figures and not new:
                raise self._lost(word, "nobody of that name was told of before")
            self.last = word
            return self.told.figures.setdefault(word, Figure(word, True))
        fresh = word.lower() in _ARTICLES
        kind = self._name("a thing") if fresh or word.lower() == "the" else word
        if not kind[0].isalpha() or kind in (*_HOLDING, *_PLACING, *_NEARING, *_PRONOUNS):
            raise self._lost(kind)
        if not fresh and kind in self.told.figures:
            return self.told.figures[kind]
        if not new:
            raise self._lost(kind, "nothing of that kind was told of before")
        count = sum(figure.kind == kind for figure in self.told.figures.values())
        name = kind if not count else f"{kind}_{count + 1}"
        return self.told.figures.setdefault(name, Figure(name, False, kind))

    def _meant(self, pronoun: str) -> str:
        """Who is meant: nobody stands beside himself, so then whoever was named before."""
        people = [figure.name for figure in self.told.figures.values() if figure.person]
        for name in (self.last, self.before, *reversed(people)):
            if name and name != self.about:
                return name
        raise self._lost(pronoun, "nobody else was told of before; write a name")

    def _values(self, figure: Figure) -> None:
        while True:
            name = self._name("an attribute")
            figure.values[name] = self._number("a value")
            word = self._next()
            if word == ")":
                return
            if word != ",":
                raise self._lost(word)

    def _holds(self, figure: Figure) -> None:
        while True:
            count = 1.0
            if self._peek() in _ARTICLES:
                self.at += 1
            else:
                count = self._number("how many")
            if count != int(count) or count < 0:
                raise self._lost(f"{count:g}", "items are counted in whole numbers")
            item = self._name("an item")
            figure.holds[item] = figure.holds.get(item, 0) + int(count)
            more = self.words[self.at : self.at + 2]
            counted = len(more) == 2 and (more[1] in _ARTICLES or more[1][0].isdigit())
            if not (counted and more[0] in (",", "and")):
                return
            self.at += 1

    def _peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def _next(self) -> str:
        word = self._peek()
        if not word:
            raise self._lost("", "the sentence ends too soon")
        self.at += 1
        return word

    def _name(self, what: str) -> str:
        word = self._next()
        if not (word[0].isalpha() or word[0] == "_"):
            raise self._lost(word, f"{what} was expected")
        return word

    def _number(self, what: str) -> float:
        word = self._next()
        try:
            return float(word)
        except ValueError:
            raise self._lost(word, f"{what} was expected, a number") from None

    def _lost(self, word: str, why: str = "") -> ValueError:
        found = f"{word!r} in {self.text!r}" if word else repr(self.text)
        return ValueError(f"can't read {found}{': ' if why else ''}{why}\n{UNDERSTOOD}")


def sections(told: Told, items: Collection[str], attributes: Collection[str]) -> dict[str, Any]:
    """The sections of a scenario that say the same. `items` and `attributes` are declared already.

    A herb is meant by "2 herbs" where a herb is declared and herbs are not.
    """
    spots: dict[str, Any] = {}
    people: dict[str, Any] = {}
    kinds: dict[str, Any] = {}
    declared: dict[str, Any] = {}
    gauges: dict[str, Any] = {}
    where, places = _layout(told)
    for figure in told.figures.values():
        place, x, y = where[figure.name]
        holds = {_singular(item, items): count for item, count in figure.holds.items()}
        declared |= {item: {} for item in holds if item not in items and item != "coin"}
        if not figure.person:
            spots[figure.name] = {"kind": figure.kind, "at": place, "x": x, "y": y, "holds": holds}
            continue
        entry: dict[str, Any] = {"at": place, "x": x, "y": y, "carries": holds}
        entry |= {key: value for key, value in figure.values.items() if key in BUILT_IN - {"hp"}}
        traits = {key: value for key, value in figure.values.items() if key not in entry}
        if figure.kind:
            entry["is"] = figure.kind
            kinds[figure.kind] = {}
        for name, value in traits.items():
            if name not in attributes and name != "hp":
                low, high = gauges.get(name, (0.0, 1.0))
                gauges[name] = (min(low, value), max(high, value))
        people[figure.name] = {**entry, "traits": traits}
    return {
        "scenario": "sketch", "clock": {"tick": "1 s", "start": told.start},
        "size": [WIDTH * len(places), HEIGHT], "places": places, "items": declared,
        "attributes": {
            name: {"range": f"{low:g}..{high:g}"} for name, (low, high) in gauges.items()
        },
        "spots": spots, "archetypes": kinds, "npcs": people,
    }  # fmt: skip


def _singular(item: str, items: Collection[str]) -> str:
    return item[:-1] if item not in items and item.endswith("s") and item[:-1] in items else item


def _layout(told: Told) -> tuple[dict[str, tuple[str, float, float]], dict[str, Any]]:
    """Where everything stands: four tiles apart, or one tile from what it is beside."""
    where: dict[str, tuple[str, float, float]] = {}
    places: dict[str, Any] = {}
    used: dict[str, int] = {}

    def put(figure: Figure, around: tuple[str, ...]) -> tuple[str, float, float]:
        if figure.name in where:
            return where[figure.name]
        if figure.beside and figure.name in around:
            raise ValueError(f"{' beside '.join((*around, figure.name))}: nobody stands first")
        anchor = told.figures.get(figure.beside)
        place, x, y = put(anchor, (*around, figure.name)) if anchor else (figure.place, 0.0, 0.0)
        place = place or "here"
        count = used[figure.beside or place] = used.get(figure.beside or place, -1) + 1
        if count >= (len(_AROUND) if anchor else (WIDTH // STEP) * (HEIGHT // STEP)):
            raise ValueError(f"there is no room for {figure.name} beside {figure.beside or place}")
        left = places.setdefault(place, {"area": _area(len(places))})["area"][0]
        if anchor:
            dx, dy = _AROUND[count]
            x, y = x + dx, y + dy
        else:
            row, column = divmod(count, WIDTH // STEP)
            x, y = left + 2.5 + STEP * column, 2.5 + STEP * row
        where[figure.name] = (place, x, y)
        return where[figure.name]

    for figure in told.figures.values():
        put(figure, ())
    return where, places


def _area(number: int) -> list[int]:
    return [WIDTH * number, 0, WIDTH * (number + 1), HEIGHT]
