"""Whether what NPCs say has a ground: names, places, things and times in their words, and facts.

A claim is one such mention. It is supported where the speaker had met with it before: in a memory,
in what it was told, in the options that were put before its mind, in what it has had, or because it
saw it as it spoke. Paraphrases and a model's words are looked at alike. A lie, which is meant to
have no ground, is counted apart and in nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from npcsim import events as ev
from npcsim.report.facts.knowledge import Beginning

TIME = re.compile(r"\b(?:\d{1,2}:\d{2}|day \d+|\d{1,2} o'clock)\b", re.IGNORECASE)
GRAIN = 1024
SIGHT = 10.0
"""How far one sees, in tiles: the log does not say how far each does."""


MEANINGS = {
    "unsupported": "names, places, things and times in what was said, lies apart, that the speaker "
    "had never met with",
    "unfounded": "facts that somebody heard, and that their teller had from nowhere and did not "
    "know to be otherwise",
    "lies": "words whose speaker knew that it is otherwise: of a fact, or that one knows nothing",
}
"""What is counted, each apart from the others."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A claim without a ground: who said it, in which words, and what it names."""

    tick: int
    npc: str
    words: str
    names: str


@dataclass(frozen=True, slots=True)
class Lie:
    """Words whose speaker knew better. `fact`: as it was told; empty for knowing nothing."""

    tick: int
    npc: str
    to: str
    words: str
    fact: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims in what was said, see `MEANINGS`.

    `lines`: how many lines; `made`: how many mentions in them, lies apart. `told`: how often
    somebody heard a fact, not by a lie; `unfounded`: those of them that the speaker had from
    nowhere. `lies`: all that were told; `misled`: how often somebody heard a fact by one.
    """

    lines: int = 0
    made: int = 0
    unsupported: tuple[Unsupported, ...] = ()
    told: int = 0
    unfounded: tuple[Unsupported, ...] = ()
    lies: tuple[Lie, ...] = ()
    misled: int = 0

    @property
    def share(self) -> float:
        """The share of claims without a ground."""
        return len(self.unsupported) / self.made if self.made else 0.0


class Lexicon:
    """The names of a run's people, places and things, as they may stand in what is said."""

    def __init__(self, start: ev.RunStarted, items: Mapping[str, str]) -> None:
        self.word_of: dict[str, str] = {}
        for one in start.cast:
            for name in (one.name or one.id).split():
                self.word_of[name.casefold()] = one.id
        for place in start.places:
            self.word_of[(place.name or place.id).casefold()] = place.id
        for item, name in items.items():
            for word in (item.replace("_", " "), name):
                self.word_of.setdefault(word.casefold(), item)
        for common in ("father", "mother", "guard", "coin"):
            self.word_of.pop(common, None)
        words = sorted(map(re.escape, self.word_of), key=lambda word: (-len(word), word))
        self._words = re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE) if words else None
        self.mentions = lru_cache(maxsize=65_536)(self._mentions)

    def _mentions(self, text: str) -> frozenset[str]:
        """What a text names, by id; times as they are written."""
        found = {match.casefold() for match in TIME.findall(text)}
        if self._words is not None:
            found |= {self.word_of[match.casefold()] for match in self._words.findall(text)}
        return frozenset(found)


class Grounds:
    """Follows what each NPC has met with, and looks at each line as it is said."""

    def __init__(self, start: ev.RunStarted, told: Collection[str], beginning: Beginning) -> None:
        held = {item: item for one in start.cast for item in one.items}
        self.told = frozenset(told)
        self.lexicon = Lexicon(start, {**held, **beginning.items})
        self.met: dict[str, set[str]] = {
            one.id: {one.id, *one.items, *self.lexicon.mentions(one.goal)} for one in start.cast
        }
        self.has: dict[str, set[str]] = {one.id: set() for one in start.cast}
        self.ids = np.array([one.id for one in start.cast])
        self.row = {one.id: row for row, one in enumerate(start.cast)}
        serials = [one.serial for one in start.cast]
        self.row_of = np.zeros(max(serials, default=0) + 1, np.int64)
        self.row_of[serials] = np.arange(len(serials))
        self.x = np.array([one.x for one in start.cast], np.float64)
        self.y = np.array([one.y for one in start.cast], np.float64)
        self.lines, self.made, self.facts = 0, 0, 0
        self.unsupported: list[Unsupported] = []
        self.unfounded: list[Unsupported] = []
        self.lies: list[Lie] = []
        self.lied: set[tuple[str, str]] = set()
        self.misled = 0
        for npc, texts in beginning.known.items():
            for text in texts:
                self._has(npc, text)

    def take(self, event: ev.Event) -> None:
        """Read one event."""
        match event:
            case ev.Remembered() if event.npc in self.met:
                self._remembered(event)
            case ev.Asked() if event.npc in self.met:
                for text in (*event.options, event.why):
                    self.met[event.npc] |= self.lexicon.mentions(text)
            case ev.Applied(effects=effects):
                for effect in effects:
                    for end in ("holder", "taker"):
                        if effect.get(end) in self.met and effect.get("item"):
                            self.met[str(effect[end])].add(str(effect["item"]))
            case ev.Moved(who=who, x=x, y=y):
                rows = self.row_of[who]
                self.x[rows], self.y[rows] = x / GRAIN, y / GRAIN
            case ev.Signalled(about="speech") if event.source in self.told:
                self._said(event)

    def _has(self, npc: str, text: str) -> None:
        self.has.setdefault(npc, set()).add(text)
        self.met.setdefault(npc, set()).update(self.lexicon.mentions(text))

    def _remembered(self, event: ev.Remembered) -> None:
        if event.fact and event.source in self.told and event.sort == "heard":
            self._heard(event)
        self._has(event.npc, event.text)
        if event.fact:
            self._has(event.npc, event.fact)
        self.met[event.npc] |= {*event.people, event.source, event.place}

    def _heard(self, event: ev.Remembered) -> None:
        if (event.source, event.fact) in self.lied:
            self.misled += 1
            return
        self.facts += 1
        if event.fact not in self.has.get(event.source, ()):
            self.unfounded.append(Unsupported(event.tick, event.source, event.text, event.fact))

    def _said(self, event: ev.Signalled) -> None:
        self.lines += 1
        if event.act is not None and event.act.lie:
            self.lies.append(Lie(event.tick, event.source, event.to, event.content, event.fact))
            self.lied.add((event.source, event.fact))
            return
        self.lied.discard((event.source, event.fact))
        named = self.lexicon.mentions(event.content)
        if not named:
            return
        self.made += len(named)
        at = self.row[event.source]
        dx, dy = self.x - self.x[at], self.y - self.y[at]
        seen = set(self.ids[dx * dx + dy * dy <= SIGHT * SIGHT].tolist())
        for name in sorted(named - self.met[event.source] - seen - {event.place, event.to}):
            self.unsupported.append(Unsupported(event.tick, event.source, event.content, name))

    def claims(self) -> Claims:
        """What came of it."""
        return Claims(
            self.lines, self.made, tuple(self.unsupported), self.facts, tuple(self.unfounded),
            tuple(self.lies), self.misled,
        )  # fmt: skip
