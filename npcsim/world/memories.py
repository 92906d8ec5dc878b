"""What NPCs remember: the table of it, the rules it is kept by, and how memories become fewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

from npcsim.world.rows import Memory
from npcsim.world.table import Table

KINDS = ("seen", "heard", "did", "felt", "concluded")
"""What `Memory.sort` says, `secret` (known from the start, never told) and a tool's own apart."""
MOST_TAGS = 8
"""A summary names at most so many people."""
_WHEN = attrgetter("tick", "id")


@dataclass(frozen=True, slots=True)
class Weighing:
    """A rule of how important a memory is: the first whose conditions all hold counts.

    sort, about: empty for any. mine: whether the NPC itself is among `people`; None for either.
    stakes: what at least hangs on the tool of that name.
    """

    importance: float
    sort: str = ""
    about: str = ""
    mine: bool | None = None
    stakes: float = 0.0


WEIGHED = (
    Weighing(0.9, "seen", "attack", mine=True),
    Weighing(0.7, "seen", "attack"),
    Weighing(0.7, "seen", "news"),
    Weighing(0.7, "seen", "shout"),
    Weighing(0.4, "seen"),
    Weighing(0.6, "heard", "told"),
    Weighing(0.5, "heard", "rumour"),
    Weighing(0.2, "heard", "overheard"),
    Weighing(0.4, "heard"),
    Weighing(0.4, "felt"),
    Weighing(0.6, "concluded"),
    Weighing(0.6, "did", stakes=0.6),
    Weighing(0.4, "did", stakes=0.3),
    Weighing(0.4, "did", "goal"),
    Weighing(0.2, "did"),
)
"""The rules where a scenario says nothing else; its own stand before them."""
UNWEIGHED = 0.3


@dataclass(frozen=True, slots=True)
class Keeping:
    """How memories are kept, as the scenario's `memory:` says.

    lines, bytes: from when on the least worth keeping are merged, for each NPC; what was known
    from the start is not counted. fresh: so many of the newest are never merged. decay: what is
    left of a memory's recency after an hour. hearsay: how sure one is of what somebody says, as a
    share of how sure the speaker is. retell: how sure one must be to pass it on. stakes: tool ->
    what hangs on it. kept: whether anything is remembered beside what was known from the start.
    """

    lines: int = 128
    bytes: int = 65_536
    fresh: int = 48
    decay: float = 0.995
    hearsay: float = 0.8
    retell: float = 0.4
    weighing: tuple[Weighing, ...] = WEIGHED
    stakes: Mapping[str, float] = field(default_factory=dict)
    kept: bool = True

    def importance(self, npc: str, line: Memory) -> float:
        """How important a memory is by the first rule that fits it, 0 to 1."""
        for rule in self.weighing:
            if (
                rule.sort in ("", line.sort)
                and rule.about in ("", line.about)
                and (rule.mine is None or rule.mine == (npc in line.people))
                and (not rule.stakes or self.stakes.get(line.about, 0.0) >= rule.stakes)
            ):
                return rule.importance
        return UNWEIGHED


@dataclass(frozen=True, slots=True)
class Reflecting:
    """When NPCs reflect, as the scenario's `reflection:` says.

    after: the importance of what happened since, summed, from which on one does. tries: from so
    many outcomes of a deed on there is something to conclude. lasts_ms: how long a lesson counts,
    in simulated milliseconds.
    """

    after: float = 15.0
    tries: int = 2
    lasts_ms: int = 7 * 86_400_000


def weight(line: Memory) -> int:
    """The bytes of a memory's texts, as they count towards `Keeping.bytes`."""
    return len(line.text.encode()) + len(line.fact.encode())


def merged(lines: Sequence[Memory], text: str, gist: Sequence[tuple[str, int]]) -> Memory:
    """One summary of several memories, without an id. It is as important as the most important."""
    newest = max(lines, key=_WHEN)
    sorts = [line.sort for line in lines]
    places = {line.place for line in lines}
    people = dict.fromkeys(who for line in reversed(lines) for who in line.people)
    return Memory(
        newest.tick,
        text,
        max(dict.fromkeys(sorts), key=sorts.count),
        max(line.importance for line in lines),
        place=places.pop() if len(places) == 1 else "",
        people=tuple(people)[:MOST_TAGS],
        recalled=max(line.recalled for line in lines),
        times=sum(line.times for line in lines),
        sure=min(line.sure for line in lines),
        covers=sum(line.covers for line in lines),
        since=min(line.since if line.since >= 0 else line.tick for line in lines),
        gist=tuple(gist),
    )


def leaning(line: Memory, gone: frozenset[int], into: int) -> Memory:
    """A memory whose evidence is merged into another (by id) or forgotten (0)."""
    kept = [into if id in gone else id for id in line.evidence]
    return replace(line, evidence=tuple(dict.fromkeys(id for id in kept if id)))


def key_of(npc: str, id: int) -> str:
    """What a memory is filed under."""
    return f"{npc}\n{id}"


class Memories(Table[Memory]):
    """Every memory of everybody, by NPC and id.

    `scratch` keeps what was worked out from them, by NPC: it decides how fast something is found,
    never what, and is in no hash and no snapshot.
    """

    __slots__ = (
        "_bytes",
        "_lessons",
        "_lines",
        "_lived",
        "_order",
        "crowded",
        "keeping",
        "scratch",
    )

    def __init__(self, keeping: Keeping) -> None:
        super().__init__()
        self.keeping = keeping
        self.crowded: set[str] = set()
        """Who remembers more than the limits allow."""
        self.scratch: dict[str, Any] = {}
        self._lines: dict[str, dict[int, Memory]] = {}
        self._order: dict[str, tuple[Memory, ...]] = {}
        self._lessons: dict[str, dict[str, Memory]] = {}
        self._lived: dict[str, int] = {}
        self._bytes: dict[str, int] = {}

    def of(self, npc: str) -> tuple[Memory, ...]:
        """What one NPC remembers, the oldest first."""
        found = self._order.get(npc)
        if found is None:
            found = tuple(sorted(self._lines.get(npc, {}).values(), key=_WHEN))
            self._order[npc] = found
        return found

    def one(self, npc: str, id: int) -> Memory | None:
        """One memory by its id."""
        return self._lines.get(npc, {}).get(id)

    def lesson(self, npc: str, deed: str) -> Memory | None:
        """What one NPC has last concluded about a deed."""
        return self._lessons.get(npc, {}).get(deed)

    def lessons(self, npc: str) -> tuple[Memory, ...]:
        """All lessons of one NPC, the oldest first."""
        return tuple(sorted(self._lessons.get(npc, {}).values(), key=_WHEN))

    def put(self, key: str, value: Memory) -> None:
        npc, before = self._uncount(key)
        super().put(key, value)
        if value.is_lesson:
            known = self._lessons.setdefault(npc, {})
            if value.deed not in known or known[value.deed].id <= value.id:
                known[value.deed] = value
        if before is None and npc in self._order:
            newest = self._order[npc][-1:]
            if not newest or _WHEN(newest[0]) < _WHEN(value):
                self._order[npc] += (value,)
            else:
                del self._order[npc]
        else:
            self._order.pop(npc, None)
        self._lines.setdefault(npc, {})[value.id] = value
        self._count(npc, value, 1)

    def drop(self, key: str) -> Memory | None:
        npc, before = self._uncount(key)
        if before is not None:
            self._order.pop(npc, None)
            del self._lines[npc][before.id]
            if before.is_lesson:
                self._forget_lesson(npc, before)
        return super().drop(key)

    def _forget_lesson(self, npc: str, gone: Memory) -> None:
        """What was concluded before it counts again, where that is still there: an undo."""
        known = self._lessons[npc]
        if known.get(gone.deed) is None or known[gone.deed].id != gone.id:
            return
        same = [m for m in self._lines[npc].values() if m.is_lesson and m.deed == gone.deed]
        if same:
            known[gone.deed] = max(same, key=_WHEN)
        else:
            del known[gone.deed]

    def _uncount(self, key: str) -> tuple[str, Memory | None]:
        npc = key.rpartition("\n")[0]
        before = self.get(key)
        if before is not None:
            self._count(npc, before, -1)
        return npc, before

    def _count(self, npc: str, line: Memory, by: int) -> None:
        if line.tick <= 0:
            return
        lived = self._lived[npc] = self._lived.get(npc, 0) + by
        size = self._bytes[npc] = self._bytes.get(npc, 0) + by * weight(line)
        if lived > self.keeping.lines or size > self.keeping.bytes:
            self.crowded.add(npc)
        else:
            self.crowded.discard(npc)
