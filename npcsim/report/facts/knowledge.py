"""Who knew what when, and from whom; who had words with whom by when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from npcsim import events as ev
from npcsim.store.sheet_rows import OVERHEARD

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Learnt:
    """Somebody came to know a fact. `source` is empty for who was there, or knew from the start.

    `hop`: 0 for these, 1 for who has it from them. `tick` is 0 for what was known from the start.
    """

    tick: int
    npc: str
    source: str = ""
    hop: int = 0
    sure: float = 1.0
    overheard: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that was passed on, and who came to know it, in order of time."""

    text: str
    learnt: tuple[Learnt, ...]

    def knew(self, tick: int) -> int:
        """How many knew it by a tick."""
        return sum(one.tick <= tick for one in self.learnt)


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Pairs of NPCs: how many there are, who knew each other from the start, who has talked.

    `exchanged`: for every pair that had words with each other, the tick since which each has
    spoken to the other, in order.
    """

    pairs: int = 0
    knew: frozenset[Pair] = frozenset()
    exchanged: tuple[tuple[int, Pair], ...] = ()

    @property
    def at_start(self) -> float:
        """The share of all pairs that knew each other from the start."""
        return len(self.knew) / self.pairs if self.pairs else 0.0

    def talked(self, tick: int) -> float:
        """The share of all pairs that have exchanged words by a tick."""
        return sum(at <= tick for at, _ in self.exchanged) / self.pairs if self.pairs else 0.0

    def density(self, tick: int) -> float:
        """The share of all pairs that knew each other or have exchanged words by a tick."""
        met = {pair for at, pair in self.exchanged if at <= tick}
        return len(self.knew | met) / self.pairs if self.pairs else 0.0


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is so before a log's first tick.

    knew: pairs that know each other. known: NPC -> texts it remembers, and who it is. items: id ->
    name, of all kinds of things.
    """

    knew: frozenset[Pair] = frozenset()
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)


def pair_of(one: str, other: str) -> Pair:
    """Two ids as one pair, whichever comes first."""
    return (one, other) if one < other else (other, one)


class Hearing:
    """Gathers who heard what, and who spoke to whom."""

    def __init__(self, cast: Collection[str]) -> None:
        self.cast = frozenset(cast)
        self._own: dict[str, dict[str, int]] = {}
        self._heard: dict[str, dict[str, Learnt]] = {}
        self._spoke: dict[Pair, int] = {}

    def remembered(self, event: ev.Remembered) -> None:
        """A memory: of a fact that was heard, or one's own that may be passed on later."""
        if event.npc not in self.cast:
            return
        if event.sort != "heard" or not event.fact:
            self._own.setdefault(event.text, {}).setdefault(event.npc, event.tick)
            return
        if event.origin == event.npc:  # it has come back to who began it
            return
        known = self._heard.setdefault(event.fact, {})
        overheard = event.about in OVERHEARD
        known.setdefault(
            event.npc,
            Learnt(event.tick, event.npc, event.source, event.hop, event.sure, overheard),
        )

    def spoke(self, event: ev.Signalled) -> None:
        """Words that were meant for somebody."""
        if event.source in self.cast and event.to in self.cast and event.source != event.to:
            self._spoke.setdefault((event.source, event.to), event.tick)

    def facts(self, beginning: Beginning) -> tuple[Fact, ...]:
        """Every fact that was passed on, the most widely known first."""
        found = []
        for text, heard in self._heard.items():
            first = {npc: Learnt(tick, npc) for npc, tick in self._own.get(text, {}).items()}
            first |= {
                npc: Learnt(0, npc)
                for npc, known in beginning.known.items()
                if text in known and npc in self.cast
            }
            for npc, line in heard.items():
                if npc not in first or line.tick < first[npc].tick:
                    first[npc] = line
            learnt = sorted(first.values(), key=lambda one: (one.tick, one.hop, one.npc))
            found.append(Fact(text, tuple(learnt)))
        return tuple(sorted(found, key=lambda fact: (-len(fact.learnt), fact.learnt[0].tick)))

    def acquaintance(self, beginning: Beginning) -> Acquaintance:
        """Who knew whom, and who has had words with whom since when."""
        met: dict[Pair, int] = {}
        for (one, other), tick in self._spoke.items():
            back = self._spoke.get((other, one))
            if back is not None:
                met[pair_of(one, other)] = max(tick, back)
        many = len(self.cast)
        knew = frozenset(p for p in beginning.knew if self.cast.issuperset(p))
        ordered = sorted((tick, pair) for pair, tick in met.items())
        return Acquaintance(many * (many - 1) // 2, knew, tuple(ordered))
