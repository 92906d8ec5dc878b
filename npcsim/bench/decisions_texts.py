"""What is asked in `npcsim bench decisions`: village situations, cut to a set shape in tokens.

The words are those of the choice bench (its personas, situations and options), laid together by
keyed dice. A prompt is rules (the same for all), an NPC's own part (persona and recent past), and
what is fresh. A side that answers with a letter gets the same, and the options listed behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from npcsim.bench.choice_items import read_items, shipped_items
from npcsim.errors import BrokenInvariant
from npcsim.inference.choosing import spoken
from npcsim.inference.passes import Runs
from npcsim.messages import Choose, Prefix
from npcsim.world.dice import bits

T = TypeVar("T")

LETTERS = "ABCD"
NEUTRAL = "Someone decides to"
ANSWER = "Answer:"
#: Different options in a village: what its tools offer, so that most were weighed before.
OPTIONS = 48


@dataclass(frozen=True, slots=True)
class Shape:
    """Lengths in tokens: of the rules, of an NPC's own part, least and most of the rest."""

    rules: int = 250
    own: int = 300
    fresh: tuple[int, int] = (25, 40)
    option: tuple[int, int] = (3, 6)
    options: int = len(LETTERS)


@dataclass(frozen=True, slots=True)
class Case:
    """One question of one NPC, as texts and as tokens.

    `prompt` [rules + own + fresh] and `listed` (the same with the options listed, for a letter)
    are whole; `endings` are the options' own tokens.
    """

    scored: Choose
    lettered: Choose
    prompt: tuple[int, ...]
    endings: tuple[tuple[int, ...], ...]
    listed: tuple[int, ...]


class Village:
    """Questions of `npcs` NPCs in as many rounds as wanted; everything hangs on `seed` alone."""

    def __init__(self, runner: Runs, npcs: int, shape: Shape, seed: int = 1) -> None:
        self.npcs = npcs
        self.shape = shape
        self._runner = runner
        self._seed = seed
        self._items = read_items(shipped_items())
        self._opening = runner.opening()
        words = sorted({option for item in self._items for option in item.options})
        least, most = shape.option
        fitting = [o for o in words if least <= len(runner.tokens(spoken(o))) <= most]
        self.options = self._drawn(fitting, "pool")[:OPTIONS]
        rules = (f"In the village one may {option}. " for option in self._drawn(words, "rules"))
        self.rules = self._cut("", rules, shape.rules - len(self._opening), "rules")
        self.owns = [self._own(npc) for npc in range(npcs)]

    def round(self, number: int) -> list[Case]:
        """What every NPC asks in one round: the own part stays, the rest is new."""
        return [self._case(npc, number) for npc in range(self.npcs)]

    def _case(self, npc: int, number: int) -> Case:
        prefix = Prefix(self.rules, self.owns[npc], f"npc {npc}")
        text = self._fresh(npc, number)
        options = tuple(self._drawn(self.options, "options", npc, number)[: self.shape.options])
        lines = [f"{letter}) {option}" for letter, option in zip(LETTERS, options, strict=False)]
        listed = "\n".join([f"{text} …", *lines, ANSWER])
        letters = tuple(LETTERS[: len(options)])
        before = [*self._opening, *self._runner.tokens(self.rules)]
        before += self._runner.tokens(self.owns[npc])
        return Case(
            Choose(text, NEUTRAL, options, prefix=prefix),
            Choose(listed, ANSWER, letters, prefix=prefix),
            tuple(before + self._runner.tokens(text)),
            tuple(tuple(self._runner.tokens(spoken(option))) for option in options),
            tuple(before + self._runner.tokens(listed)),
        )

    def _own(self, npc: int) -> str:
        item = self._items[bits(self._seed, "who", npc) % len(self._items)]
        past = (f"{other.situation} " for other in self._drawn(self._items, "past", npc))
        return self._cut(f"{item.persona}. ", past, self.shape.own, f"own part of {npc}")

    def _fresh(self, npc: int, number: int) -> str:
        """A situation of as many tokens as the shape has: two or three items' sentences."""
        least, most = self.shape.fresh
        for one in self._drawn(self._items, "fresh", npc, number):
            text = ""
            for other in self._drawn(self._items, "more", npc, number, one.line):
                text = f"{other.situation} {text}"
                asked = f"{text}{one.situation} {one.name} decides to"
                size = len(self._runner.tokens(asked))
                if least <= size <= most:
                    return asked
                if size > most:
                    break
        raise BrokenInvariant(f"no situation of {least} to {most} tokens was found")

    def _cut(self, begin: str, parts: Iterator[str], size: int, what: str) -> str:
        """`begin` and as many parts as `size` tokens take, the last cut short."""
        text = begin
        for part in parts:
            text += part
            for more in range(3):
                tokens = self._runner.tokens(text)[: size + more]
                cut = b"".join(map(self._runner.piece, tokens)).decode("utf-8", "ignore")
                if len(tokens) >= size and len(self._runner.tokens(cut)) == size:
                    return cut
        raise BrokenInvariant(f"the {what} did not come to {size} tokens")

    def _drawn(self, things: Sequence[T], *what: str | int) -> list[T]:
        """All of them in an order drawn by keyed dice."""
        key = (self._seed, "decisions", *what)
        return [things[at] for at in sorted(range(len(things)), key=lambda at: bits(*key, at))]
