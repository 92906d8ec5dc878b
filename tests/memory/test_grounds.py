"""Which memory stands behind a fact that is told."""

from __future__ import annotations

from dataclasses import replace

from npcsim.memory.grounds import fact_of, ground, memories_of, sources, surest
from npcsim.world.rows import Memory

FIRE = "The mill burnt"


def heard(tick: int, source: str, sure: float, hop: int, origin: str = "ann") -> Memory:
    return Memory(
        tick, f'{source} said to me: "{FIRE}"', "heard", 0.6, tick, source=source, hop=hop,
        sure=sure, fact=FIRE, origin=origin,
    )  # fmt: skip


FIRST, ROUND, DIRECT = heard(1, "bo", 0.64, 2), heard(2, "cid", 0.5, 5), heard(3, "ann", 0.8, 1)


def test_the_surest_stands_behind_it_not_the_latest() -> None:
    assert ground([FIRST, ROUND], FIRE, "dot") is FIRST
    assert ground([FIRST, ROUND, DIRECT], FIRE, "dot") is DIRECT
    assert ground([FIRST], "Something else", "dot") is None


def test_of_equally_sure_ones_the_fewest_mouths_count() -> None:
    trusting = [replace(line, sure=1.0) for line in (ROUND, FIRST, DIRECT)]
    assert surest(trusting).hop == 1
    own = Memory(9, FIRE, "seen", 0.6, 9)
    assert surest([*trusting, own]) is own


def test_what_comes_back_to_who_began_it_is_no_ground() -> None:
    lines = [heard(4, "bo", 0.8, 2, origin="dot"), Memory(5, FIRE, "secret", 0.6, 5)]
    assert memories_of(lines, [FIRE], "dot") == {}
    assert ground(lines, FIRE, "ann") is lines[0]


def test_whom_one_has_it_from() -> None:
    assert sources([FIRST, ROUND]) == {"ann", "bo", "cid"}
    assert [fact_of(line) for line in (FIRST, Memory(1, "I saw a wolf", "seen", 0.5))] == [
        FIRE, "I saw a wolf",
    ]  # fmt: skip
