"""What lessons are worth: counts of how a deed went, which fade and shift what it seems worth."""

from __future__ import annotations

from dataclasses import dataclass

from npcsim.world.rows import Memory
from npcsim.world.state import World

LEAST, MOST = 0.25, 1.75


def seen(world: World, npc: str, deed: str) -> Memory | None:
    """A lesson of an NPC on a deed that has not faded; None where nobody reflects."""
    reflecting = world.setting.reflecting
    if reflecting is None:
        return None
    line = world.memories.lesson(npc, deed)
    return line if line is not None and left(world, line) > 0 else None


def left(world: World, line: Memory) -> float:
    """How much of a lesson is left, 1 when drawn and 0 after `lasts`, evenly less between."""
    reflecting = world.setting.reflecting
    if reflecting is None:
        return 0.0
    passed = (world.tick - line.tick) * world.setting.tick_ms
    return max(0.0, 1 - passed / reflecting.lasts_ms)


def shift(world: World, npc: str, deed: str) -> float:
    """By how much an NPC's lesson on a deed multiplies its worth, 1 where there is none.

    The mean of a Beta(1 + w done, 1 + w failed) over that of the Beta(1, 1) of one who knows
    nothing, `w` being what is left of the lesson: 2 (1 + w done) / (2 + w tried); within
    `LEAST`..`MOST`, so that nothing is ever ruled out for good.
    """
    line = seen(world, npc, deed)
    if line is None:
        return 1.0
    share = left(world, line)
    value = 2 * (1 + share * line.done) / (2 + share * (line.done + line.failed))
    return min(max(value, LEAST), MOST)


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a deed so far, and the memories that this rests on.

    `place`: where most of what happened oftener, failing or not, happened; empty where it was not
    most of it. `fresh`: so many outcomes are in no lesson yet.
    """

    deed: str
    done: int
    failed: int
    place: str
    evidence: tuple[int, ...]
    fresh: int

    @property
    def fails(self) -> bool:
        """Whether it failed at least as often as not."""
        return self.failed >= self.done


def tried(world: World, npc: str) -> list[Tried]:
    """What an NPC remembers of how its deeds went: what its lessons count, and what came since."""
    found: dict[str, list[Memory]] = {}
    for line in world.memories.of(npc):
        if line.deed and not line.is_lesson:
            found.setdefault(line.deed, []).append(line)
    told = []
    for deed, lines in found.items():
        known = world.memories.lesson(npc, deed)
        new = [line for line in lines if known is None or line.id > known.id]
        if not new:
            continue
        done = sum(line.done for line in new) + (known.done if known else 0)
        failed = sum(line.failed for line in new) + (known.failed if known else 0)
        same = [line for line in lines if (line.failed > 0) == (failed >= done)]
        ids = [*(line.id for line in reversed(new)), *(known.evidence if known else ())]
        told.append(Tried(deed, done, failed, _mostly(same), tuple(ids), len(new)))
    return told


def _mostly(lines: list[Memory]) -> str:
    places = [line.place for line in lines if line.place]
    if not places:
        return ""
    most = max(dict.fromkeys(places), key=places.count)
    return most if 2 * places.count(most) > len(lines) else ""
