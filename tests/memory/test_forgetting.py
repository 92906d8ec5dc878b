"""Forgetting: what goes, what its summary says, and that four weeks cost no more than one."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from npcsim.effects import Remember
from npcsim.memory.forgetting import GROUPS, fading
from npcsim.npc.prompts import summary
from npcsim.sim.forgetting import forget
from npcsim.tools.view import View
from npcsim.world.commit import Wanted, commit
from npcsim.world.memories import Keeping
from npcsim.world.rows import Memory
from npcsim.world.state import World
from npcsim.world.table import plain
from tests.worlds_in_text import built, bundle

TICK_MS = 600_000
DAY = 144
KEEPING = Keeping(lines=40, bytes=10_000, fresh=10)
TEXT = """
clock: {tick: 10 min, start: "06:00"}
size: [20, 20]
places: {mill: {x: 3, y: 3}}
npcs: {mara: {at: mill, secret: [The well is dry]}, bo: {at: mill}}
memory: {lines: 64, bytes: 16384, fresh: 16}
"""


def faded(*lines: Memory, keeping: Keeping = KEEPING, now: int = 1000) -> list[tuple[int, ...]]:
    found = fading(lines, keeping, now=now, tick_ms=TICK_MS, start_ms=0, worded=in_words)
    return [one.ids for one in found]


def in_words(first: int, last: int, gist: tuple[tuple[str, int], ...], more: int) -> str:
    return summary("en", first, last, gist, more)


def did(id: int, tick: int, text: str = "I baked bread", importance: float = 0.2) -> Memory:
    return Memory(tick, text, "did", importance, id)


def test_the_least_worth_go_and_a_quarter_is_free_again() -> None:
    lines = tuple(did(n, n, importance=0.9 if n % 4 == 0 else 0.2) for n in range(1, 45))
    gone = {id for ids in faded(*lines) for id in ids}
    assert len(gone) == 44 - 30
    assert not any(id % 4 == 0 for id in gone)  # the important stay
    assert max(gone) <= 34  # the newest ten stay


def test_what_was_recalled_stays_and_what_was_known_from_the_start() -> None:
    known = (did(1, 0), did(2, 0))
    older = tuple(Memory(n, "x", "did", 0.2, n, recalled=999, times=8) for n in range(3, 10))
    rest = tuple(did(n, n) for n in range(10, 52))
    gone = {id for ids in faded(*known, *older, *rest) for id in ids}
    assert gone
    assert gone.isdisjoint(range(1, 10))


def test_a_summary_counts_and_keeps_what_matters() -> None:
    lines = [did(n, n) for n in range(1, 31)]
    lines[3] = did(4, 4, "I fell into the well", 0.45)
    lines[5] = Memory(6, "I baked bread", "seen", 0.1, 6)
    (one,) = [
        one
        for one in fading(lines, Keeping(lines=20, fresh=0), now=9000, tick_ms=TICK_MS, start_ms=0,
                          worded=in_words)
        if 1 in one.ids
    ]  # fmt: skip
    assert 6 not in one.ids or len(one.ids) == 1  # another kind is another summary
    assert one.text.startswith("On day 1: ")
    assert "I baked bread (" in one.text


def test_summaries_are_merged_as_data() -> None:
    first = Memory(10, "On day 1: ...", "did", 0.3, 1, covers=12, since=2,
                   gist=(("I baked bread", 9), ("I met Bo", 1)))  # fmt: skip
    lines = (first, *(did(n, 150 + n) for n in range(2, 42)))
    (one,) = fading(lines, Keeping(lines=32, fresh=0), now=9000, tick_ms=TICK_MS, start_ms=0,
                    worded=in_words)[:1]  # fmt: skip
    assert one.text
    counts = dict(one.gist)
    assert counts["I baked bread"] >= 9


def test_there_are_few_summaries_however_long_it_was() -> None:
    lines = tuple(
        Memory(n * DAY, f"line {n}", ("seen", "heard", "did", "felt")[n % 4], 0.2, n)
        for n in range(1, 400)
    )
    groups = faded(*lines, keeping=Keeping(lines=100, fresh=10), now=400 * DAY)
    assert len(groups) <= GROUPS


def test_long_texts_go_even_where_they_are_fresh() -> None:
    lines = tuple(did(n, n, "x" * 1900) for n in range(1, 9))
    gone = {id for ids in faded(*lines) for id in ids}
    assert gone >= {1, 2, 3, 4}
    assert 8 not in gone


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "From day 1 to day 3: I baked (4 times); I fell; and 6 more"),
        ("ko", "1일째부터 3일째까지: I baked (4번); I fell; 그 밖에 6가지"),
    ],
)
def test_a_summary_in_words(language: str, told: str) -> None:
    assert summary(language, 0, 2, (("I baked", 4), ("I fell", 1)), 6) == told


def week(world: World, first: int) -> tuple[int, int, float]:
    """Live a week of events. -> (most lines, most bytes, seconds of a recall at its end)."""
    most = (0, 0)
    for tick in range(first, first + 7 * DAY):
        world.tick = tick
        wanted = Wanted()
        hour, day = tick % DAY, tick // DAY
        lines = [Remember("mara", f"I saw Bo pass the mill at mark {hour}", sort="seen")]
        if tick % 3 == 0:
            lines.append(Remember("mara", "I baked bread"))
        if tick % 20 == 0:
            lines.append(Remember("mara", f"Bo told me about day {day}", 0.6, "heard"))
        if tick % (3 * DAY) == 0:
            lines.append(Remember("mara", f"The mill burnt on day {day}", 0.95, "seen"))
        wanted.bundles.append(bundle("mara", *lines))
        forget(world, wanted)
        commit(world, wanted)
        kept = world.memories.of("mara")
        most = max(most[0], len(kept)), max(most[1], len(json.dumps(plain(kept))))
    me = View(world).npc("mara")
    me.recall("warm up")
    took = []
    for _ in range(30):
        begun = time.perf_counter()
        me.recall("who burnt the mill?")
        took.append(time.perf_counter() - begun)
    return *most, min(took)


def test_four_weeks_cost_no_more_than_one(tmp_path: Path) -> None:
    world = built(tmp_path, TEXT).world
    weeks = [week(world, 1 + number * 7 * DAY) for number in range(4)]
    assert all(lines <= 64 + 10 for lines, _, _ in weeks)  # what a tick or two add
    assert weeks[3][1] <= 1.2 * weeks[0][1]
    assert weeks[3][2] <= 2 * weeks[0][2]
    kept = world.memories.of("mara")
    assert kept[0].text == "The well is dry"
    assert any("The mill burnt on day 3" in line.text for line in kept)
    assert kept[0].tick == 0
    ticks = range(1, 1 + 28 * DAY)
    made = sum(1 + (t % 3 == 0) + (t % 20 == 0) + (t % (3 * DAY) == 0) for t in ticks)
    assert sum(line.covers for line in kept if line.tick > 0) == made  # none is lost uncounted
    assert len({line.id for line in kept}) == len(kept)
