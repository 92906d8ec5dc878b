"""The parts recall is made of: exact numbers, terms, BM25, vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npcsim.memory.asking import index_of
from npcsim.memory.exact import HOUR_MS, decay, ln
from npcsim.memory.index import K1, B, Index
from npcsim.memory.vectors import FINE, UNIT, Vectors, coarse, fine
from npcsim.memory.words import terms
from npcsim.world.rows import Memory


def lines(*texts: str) -> tuple[Memory, ...]:
    return tuple(Memory(at, text, "seen", 0.5, at) for at, text in enumerate(texts, 1))


@pytest.mark.parametrize("x", [1e-9, 0.3, 0.70710678, 1.0, 1.5, 2.0, 10.0, 12345.678, 1e12])
def test_the_logarithm(x: float) -> None:
    assert ln(x) == pytest.approx(math.log(x), rel=1e-14, abs=1e-15)


def test_decay_is_the_power_by_hours() -> None:
    hours = np.array([0, 0.25, 1, 1.5, 24, 100.125, 5000])
    kept = decay(0.995, (hours * HOUR_MS).astype(np.int64))
    assert kept == pytest.approx([0.995**hour for hour in hours.tolist()], rel=1e-8)
    assert decay(0.995, np.array([-5])).tolist() == [1.0]
    assert decay(0.5, np.array([10**15]))[0] < 1e-300
    # Written down once: the same bits wherever this runs.
    assert [value.hex() for value in decay(0.995, np.array([123_456_789])).tolist()] == [
        PINNED_DECAY
    ]
    assert ln(3.7).hex() == PINNED_LN


PINNED_DECAY = "0x1.af232a9243c5cp-1"
PINNED_LN = "0x1.4eeee650ae54fp+0"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Who burnt the mill?", ["burnt", "mill"]),
        ("Bran's horses, the berries; GLASSES buses", ["bran", "horse", "berry", "glasse", "buse"]),
        ("방앗간을 태웠다", ["방앗", "앗간", "간을", "태웠", "웠다"]),
        ("パンを3つ", ["パン", "ンを", "3", "つ"]),
        ("I saw 밥 3 times", ["i", "saw", "밥", "3", "time"][1:]),
        ("", []),
        ("?! ...", []),
    ],
)
def test_terms(text: str, found: list[str]) -> None:
    assert terms(text) == found


def test_a_korean_word_is_found_whatever_particle_it_carries() -> None:
    index = index_of(lines("브랜이 방앗간을 태웠다", "마라가 빵을 구웠다"))
    scores = index.keyword("누가 방앗간에 불을 냈나")
    assert scores[0] > 0 == scores[1]


def test_bm25_by_hand() -> None:
    # Lengths 2, 1 and 3 (mean 2); `mill` is in two of three, `burnt` in one.
    index = index_of(lines("mill burnt", "mill", "bread bread bread"))
    mill = math.log(1 + 1.5 / 2.5)
    burnt = math.log(1 + 2.5 / 1.5)

    def part(rare: float, count: int, length: int) -> float:
        return rare * count * (K1 + 1) / (count + K1 * (1 - B + B * length / 2))

    assert index.keyword("who burnt the mill") == pytest.approx(
        [part(mill, 1, 2) + part(burnt, 1, 2), part(mill, 1, 1), 0]
    )
    assert index.keyword("bread") == pytest.approx([0, 0, part(math.log(1 + 2.5 / 1.5), 3, 3)])


def test_an_index_that_was_kept_up_is_as_one_made_new() -> None:
    whole_ = lines(*(f"word{n % 7} and thing{n % 5} of mill" for n in range(40)))
    index = Index()
    for kept in (whole_[:10], whole_[:25], whole_[5:25], whole_[8:], whole_[30:]):
        index.update(kept)
        fresh = index_of(kept)
        for query in ("word3 mill", "thing1", "nothing"):
            assert index.keyword(query).tolist() == fresh.keyword(query).tolist()
            few = np.arange(0, len(kept), 3)
            assert index.keyword_of(query, few).tolist() == index.keyword(query)[few].tolist()
        assert index.touched.tolist() == [line.tick for line in kept]


def unit(rows: np.ndarray) -> np.ndarray:
    made: np.ndarray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return made


@pytest.mark.parametrize("size", [3, 96, 384, 5000])
def test_vectors_are_compared_in_whole_numbers(size: int) -> None:
    made = np.random.default_rng(5).normal(size=(40, size)).astype(np.float32)
    vectors, every = Vectors(made[0] * 4, made), np.arange(40)
    alike, exact = vectors.similarity(), vectors.exact(every)
    cosines = unit(made.astype(np.float64)) @ unit(made[:1].astype(np.float64))[0]
    assert exact == pytest.approx(cosines, abs=1e-6)
    assert np.abs(alike - exact).max() < vectors.bound < 0.01 * size**0.25
    units = fine(made).astype(np.float64)
    rough = coarse(fine(made))
    assert (rough == np.rint(rough)).all()
    # Whatever is summed first, no sum grows beyond what the floats hold exactly.
    assert (np.abs(rough) @ np.abs(rough[0])).max() < 2**24
    assert (np.abs(units) @ np.abs(units[0])).max() < 2**53
    for order in (slice(None), slice(None, None, -1), np.random.default_rng(6).permutation(size)):
        one_by_one, finely = np.zeros(40, np.float32), np.zeros(40)
        for column in np.arange(size)[order]:
            one_by_one += rough[:, column] * rough[0, column]
            finely += units[:, column] * units[0, column]
        assert (one_by_one.astype(np.float64) / (UNIT * UNIT)).tolist() == alike.tolist()
        assert (finely / (FINE * FINE)).tolist() == exact.tolist()


def test_the_most_alike_are_found_finely() -> None:
    """Where rounding would mix them up: a hundred that differ by less than it leaves."""
    generator = np.random.default_rng(7)
    query = generator.normal(size=64)
    # Cosines with the question from 0.9 up, in steps of 1e-5, in an order of their own.
    steps = generator.permutation(100)
    cosines = 0.9 + steps * 1e-5
    one = query / np.linalg.norm(query)
    aside = generator.normal(size=(100, 64))
    aside = unit(aside - np.outer(aside @ one, one))
    rows = cosines[:, None] * one + np.sqrt(1 - cosines * cosines)[:, None] * aside
    far = generator.normal(size=(300, 64))
    vectors = Vectors(query, np.concatenate([far, rows]))
    alike = vectors.similarity()
    some = np.arange(400)
    assert np.argsort(-alike)[:10].tolist() != np.argsort(-steps)[:10].tolist()
    vectors.sharpened(alike, some, 10)
    assert (np.argsort(-alike)[:10] - 300).tolist() == np.argsort(-steps)[:10].tolist()
    assert alike[300 + np.argmax(steps)] == pytest.approx(cosines.max(), abs=1e-7)


def test_another_question_takes_the_same_memories() -> None:
    rows = np.eye(3)
    first = Vectors(rows[0], rows)
    assert (
        first.asking(rows[2]).similarity().tolist() == Vectors(rows[2], rows).similarity().tolist()
    )
    assert Vectors(np.zeros(3), rows).similarity().tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("query", "rows", "told"),
    [
        (np.zeros(3), np.zeros((2, 4)), "has 3 numbers, those of the memories 4"),
        (np.zeros(4), np.zeros(4), r"expected finite vectors \[n, d\]"),
        (np.array([np.nan, 1]), np.zeros((2, 2)), "expected finite"),
    ],
)
def test_vectors_that_make_no_sense(query: np.ndarray, rows: np.ndarray, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Vectors(query, rows)


def test_memories_that_come_later_are_indexed_as_if_they_had_been_there() -> None:
    texts = ("mill burnt", "bread", "the mill stands", "bread of the mill")
    whole_of, grown = index_of(lines(*texts)), Index()
    for many in range(1, 5):
        grown.update(lines(*texts)[:many])
    assert grown.keyword("mill bread").tolist() == whole_of.keyword("mill bread").tolist()
    assert grown.importance.tolist() == whole_of.importance.tolist()
    assert grown.touched.tolist() == whole_of.touched.tolist()


def test_vectors_that_are_added_leave_those_of_others_alone() -> None:
    base = Vectors(np.array([1.0, 0]), np.array([[1.0, 0]]))
    one = base.adding(np.array([[0, 1.0]])).adding(np.array([[1.0, 0]]))
    other = base.adding(np.array([[-1.0, 0]]))
    third = other.adding(np.array([[0, 1.0]]))
    fourth = other.adding(np.array([[1.0, 0]]))
    assert one.similarity().tolist() == [1, 0, 1]
    assert other.similarity().tolist() == [1, -1]
    assert third.similarity().tolist() == [1, -1, 0]
    assert fourth.similarity().tolist() == [1, -1, 1]
    with pytest.raises(ValueError, match="the new vectors have 3 numbers, those there are 2"):
        base.adding(np.ones((1, 3)))
