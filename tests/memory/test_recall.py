"""What comes to mind: by words, by meaning, fused; filters; the paper's formula; every number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from npcsim.memory.asking import ask, index_of
from npcsim.memory.explained import Recollection
from npcsim.memory.recall import NO_VECTORS, SWAY
from npcsim.memory.vectors import Vectors
from npcsim.world.rows import Memory

HOUR = 3_600_000
LINES = (
    Memory(1, "Bran set the mill on fire", "seen", 0.9, 1, people=("bran",), place="mill"),
    Memory(2, "I baked bread", "did", 0.2, 2, place="bakery"),
    Memory(3, "Ida told me of the mill", "heard", 0.6, 3, people=("ida",), source="ida",
           origin="odo", place="square"),
    Memory(4, "The mill turns again", "seen", 0.4, 4, place="mill"),
    Memory(9, "I walked home", "did", 0.2, 5),
)  # fmt: skip


def recalled(query: str = "", lines: Sequence[Memory] = LINES, **how: Any) -> Recollection:
    return ask(index_of(lines), 10, HOUR, query, **how)


def ids(found: Recollection) -> list[int]:
    return [line.id for line in found]


def test_by_words_alone_and_it_says_so() -> None:
    found = recalled("who set fire to the mill?")
    assert ids(found) == [1, 4, 3]
    assert found.note == NO_VECTORS
    assert NO_VECTORS in str(found)
    assert ids(recalled("dragons")) == []
    assert "nothing comes to mind of 'dragons'" in str(recalled("dragons"))


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ({"who": "bran"}, {1}),
        ({"who": ["odo"]}, {3}),
        ({"where": "mill"}, {1, 4}),
        ({"kind": ("seen", "heard")}, {1, 3, 4}),
        ({"since": 3}, {3, 4, 5}),
        ({"since": 2, "until": 4, "kind": "did"}, {2}),
        ({"who": "nobody"}, set()),
    ],
)
def test_filters(how: dict[str, Any], found: set[int]) -> None:
    assert set(ids(recalled(**how))) == found
    for mode in ("hybrid", "generative_agents"):
        assert set(ids(recalled("mill bread home", mode=mode, **how))) <= found


def test_without_a_question_the_recent_and_important_come() -> None:
    found = recalled()
    expected = {line.id: line.importance * 0.995 ** (10 - line.tick) for line in LINES}
    assert ids(found) == sorted(expected, key=lambda id: (-expected[id], -id))
    assert found.found[0].score == pytest.approx(0.9 * 0.995**9)


def test_ranks_are_fused_and_every_number_is_shown() -> None:
    vectors = Vectors(np.array([1.0, 0.0]), np.array([[0, 1], [1, 0], [3, 4], [4, 3], [-1, 0.0]]))
    found = recalled("mill fire", vectors=vectors)
    by_id = {one.memory.id: one for one in found.found}
    assert found.note == ""
    assert (by_id[1].keyword_rank, by_id[1].vector_rank) == (1, 0)
    assert (by_id[2].keyword_rank, by_id[2].vector_rank) == (0, 1)
    assert (by_id[4].keyword_rank, by_id[4].vector_rank) == (2, 2)
    # A place by words counts by how much of what was asked the best has.
    had = by_id[1].keyword / index_of(LINES).full("mill fire")
    assert 0 < had < 1
    assert by_id[4].fused == pytest.approx(had**3 / 3 + 1 / 3)
    assert by_id[2].fused == pytest.approx(1 / 2)
    assert by_id[4].similarity == pytest.approx(0.8, abs=1e-7)
    assert 5 not in by_id
    for one in found.found:
        assert one.recency == pytest.approx(0.995 ** (10 - one.memory.tick))
        weighed = (1 - SWAY + SWAY * one.recency) * (1 - SWAY + SWAY * one.importance)
        assert one.score == pytest.approx(one.relevance * weighed)
    rows = list(found.rows())
    assert {"score", "by_word", "similarity", "fused", "text"} <= rows[0].keys()
    assert f"{by_id[4].fused:.4f}" in str(found)
    assert "<table>" in found._repr_html_()


def test_words_count_by_how_much_of_the_question_the_best_has() -> None:
    vectors = Vectors(np.array([1.0, 0.0]), np.array([[0, 1], [1, 0], [3, 4], [4, 3], [-1, 0.0]]))
    found = recalled("how did the dragon steal what was baked of bread", vectors=vectors)
    by_id = {one.memory.id: one for one in found.found}
    share = by_id[2].keyword / index_of(LINES).full(found.query)
    assert by_id[2].keyword_rank == by_id[2].vector_rank == 1
    assert 0 < share < 0.5
    assert by_id[2].fused == pytest.approx(share**3 / 2 + 1 / 2)


def test_what_was_recalled_lately_is_recent() -> None:
    again = (*LINES[:1], Memory(2, "A mill", "seen", 0.4, 2, recalled=10, times=1))
    by_id = {one.memory.id: one for one in recalled("mill", again).found}
    assert by_id[2].recency == 1 > by_id[1].recency


def test_the_limit_and_what_came_behind() -> None:
    found = recalled("mill", limit=2)
    assert len(found) == len(found.memories) == 2
    assert len(found.found) == 3


def test_a_reranker_has_the_last_word() -> None:
    def backwards(query: str, texts: Sequence[str]) -> list[float]:
        assert query == "mill"
        return [float(at) for at in range(len(texts))]

    plain = ids(recalled("mill"))
    found = recalled("mill", rerank=backwards)
    assert ids(found) == plain[::-1]
    assert found.found[0].reranked == 2
    with pytest.raises(ValueError, match="the reranker gave 0 numbers for 3 texts"):
        recalled("mill", rerank=lambda query, texts: [])


def test_vectors_may_be_made_on_the_way() -> None:
    def embed(texts: Sequence[str]) -> np.ndarray:
        return np.array([[float("mill" in text), 1.0] for text in texts], np.float32)

    assert set(ids(recalled("grinding mill", vectors=embed))) == {1, 2, 3, 4, 5}
    with pytest.raises(ValueError, match="expected an array of vectors, not a list"):
        recalled("mill", vectors=lambda texts: [[1.0]])  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"mode": "best"}, "there is no mode 'best'"),
        ({"limit": 0}, "a limit is at least 1"),
        ({"decay": 0}, "a decay is above 0"),
        ({"vectors": Vectors(np.ones(2), np.ones((2, 2)))}, "2 vectors for 5 memories"),
    ],
)
def test_what_makes_no_sense(how: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        recalled("mill", **how)


# ---- Park et al. (2023)


def test_generative_agents_by_hand() -> None:
    lines = (
        Memory(1, "a", "seen", 0.5, 1),
        Memory(9, "b", "seen", 0.1, 2),
        Memory(5, "c", "seen", 0.9, 3, recalled=10, times=1),
    )
    vectors = Vectors(np.array([1.0, 0]), np.array([[1.0, 0], [0, 1], [1, 1]]))
    found = recalled("q", lines, mode="generative_agents", vectors=vectors)
    by_id = {one.memory.id: one for one in found.found}
    # Recency before it is brought to 0..1: 0.995**9 = 0.9558896, 0.995**1 and 0.995**0.
    assert by_id[1].recency == 0
    assert by_id[2].recency == pytest.approx(0.886648, abs=1e-6)
    assert by_id[3].recency == 1
    assert [by_id[n].importance for n in (1, 2, 3)] == pytest.approx([0.5, 0, 1])
    assert [by_id[n].relevance for n in (1, 2, 3)] == pytest.approx([1, 0, 0.70711], abs=1e-3)
    assert ids(found) == [3, 1, 2]
    assert [by_id[n].score for n in (3, 1, 2)] == pytest.approx([2.70711, 1.5, 0.886648], abs=1e-3)


def test_generative_agents_the_latest_is_the_most_recent() -> None:
    """The paper's own code has it the wrong way round: the oldest gets decay ** 1."""
    alike = tuple(Memory(tick, "the same", "seen", 0.5, tick) for tick in range(1, 6))
    assert ids(recalled("the same", alike, mode="generative_agents")) == [5, 4, 3, 2, 1]


def test_generative_agents_where_all_are_alike_each_counts_half() -> None:
    alike = tuple(Memory(3, "the same", "seen", 0.5, id) for id in range(1, 4))
    found = recalled("the same", alike, mode="generative_agents")
    assert [one.score for one in found.found] == [1.5, 1.5, 1.5]
    assert ids(found) == [3, 2, 1]  # of equals the newest


def papers_loop(
    lines: Sequence[Memory], now: int, relevance: Callable[[int], float], top: int
) -> list[int]:
    """Section 4.1 of the paper in plain Python: three parts, each brought to 0..1, and summed."""
    parts: list[list[float]] = [
        [0.995 ** (now - max(line.tick, line.recalled)) for line in lines],
        [line.importance for line in lines],
        [relevance(at) for at in range(len(lines))],
    ]
    sums = [0.0] * len(lines)
    for part in parts:
        low, high = min(part), max(part)
        for at, value in enumerate(part):
            sums[at] += (value - low) / (high - low)
    return [lines[at].id for at in sorted(range(len(lines)), key=lambda at: -sums[at])[:top]]


def test_generative_agents_finds_the_same_thirty_as_the_papers_loop() -> None:
    dice = np.random.default_rng(7)
    lines = tuple(
        Memory(tick, f"thing {tick}", "seen", round(float(dice.random()), 2), tick,
               recalled=int(dice.integers(tick, 2001)) if dice.random() < 0.2 else -1)
        for tick in range(1, 2001)
    )  # fmt: skip
    made = dice.normal(size=(2001, 64))
    vectors = Vectors(made[0], made[1:])
    units = made / np.linalg.norm(made, axis=1, keepdims=True)
    cosine = units[1:] @ units[0]
    expected = papers_loop(lines, 2000, lambda at: float(cosine[at]), 30)
    found = ask(
        index_of(lines), 2000, HOUR, "q", mode="generative_agents", vectors=vectors, limit=30
    )
    assert ids(found) == expected
