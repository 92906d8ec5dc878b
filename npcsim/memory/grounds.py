"""What one knows a fact by: of all memories of it, the one that stands behind telling it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from npcsim.world.rows import Memory

TELLING = frozenset({"seen", "heard", "concluded"})
"""The kinds of memory that one tells from; what is private is none of them."""


def fact_of(line: Memory) -> str:
    """What a memory says to be so: the fact that was passed on, else its own text."""
    return line.fact or line.text


def memories_of(
    lines: Iterable[Memory], facts: Collection[str], me: str
) -> dict[str, list[Memory]]:
    """Fact -> the memories that one (by id) may tell it from, in their order; no empty lists.

    That others say what they have from oneself is no ground to say it.
    """
    found: dict[str, list[Memory]] = {}
    for line in lines:
        fact = fact_of(line)
        if fact in facts and line.sort in TELLING and (line.sort != "heard" or line.origin != me):
            found.setdefault(fact, []).append(line)
    return found


def ground(lines: Iterable[Memory], fact: str, me: str) -> Memory | None:
    """The memory that stands behind a fact as one tells it; None where there is none."""
    found = memories_of(lines, (fact,), me)
    return surest(found[fact]) if found else None


def surest(lines: Iterable[Memory]) -> Memory:
    """Of memories of one fact the surest; of equally sure ones that over the fewest mouths.

    Hearing once more of what one knows better makes it no worse.
    """
    return min(lines, key=lambda line: (-line.sure, line.hop))


def taking_part(lines: Iterable[Memory]) -> set[str]:
    """Who has part in one's memories of a fact, and so knows it: who did it or to whom it was done,
    who told it, and to whom it was told in one's hearing."""
    return {who for line in lines for who in line.people}


def sources(lines: Iterable[Memory]) -> set[str]:
    """Who needs not be told a fact, being whom one has it from, in the end or first."""
    return {who for line in lines for who in (line.source, line.origin) if who}
