from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npcsim.inference.sequence import SHORTEST, cut, option_rows, prompt_rows


@given(st.integers(0, 5000), st.integers(2, 600))
def test_slices_are_even_and_never_one_token(length: int, longest: int) -> None:
    sizes = cut(length, longest)

    assert sum(sizes) == length
    assert all(size <= longest for size in sizes)
    assert not sizes or max(sizes) - min(sizes) <= 1
    if length >= SHORTEST and longest > SHORTEST:
        assert all(size >= SHORTEST for size in sizes)


def test_one_more_than_a_slice_is_halved() -> None:
    assert cut(513) == [257, 256]


def test_prompt_asks_for_its_last_logits_only() -> None:
    slices = prompt_rows(list(range(1000, 1700)))

    rows = [row for rows in slices for row in rows]
    assert [row.token for row in rows] == list(range(1000, 1700))
    assert [row.position for row in rows] == list(range(700))
    assert [row.position for row in rows if row.wanted] == [699]


@given(st.lists(st.integers(0, 99), min_size=1, max_size=12), st.integers(1, 50))
def test_option_rows_are_never_a_slice_of_one(tokens: list[int], start: int) -> None:
    rows = option_rows(tokens, start)

    assert len(rows) != 1
    assert sum(row.wanted for row in rows) == len(tokens) - 1
    assert [row.token for row in rows if row.wanted] == tokens[:-1]
    assert [row.position for row in rows] == list(range(start, start + len(rows)))
