from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npcsim.inference.sequence import in_common
from npcsim.inference.slots import Kept, Shelf, places_for


def kept(size: int) -> Kept:
    return Kept((1, 2), object(), size)


def test_least_recently_needed_is_dropped_first() -> None:
    shelf = Shelf(30, 9)
    for name in "abc":
        assert shelf.make_room(name, 10) == []
        shelf.put(name, kept(10))
    shelf.need("a")
    shelf.look("b")
    out = shelf.make_room("d", 10)
    shelf.put("d", kept(10))

    assert len(out) == 1
    assert shelf.look("b") is None
    assert [shelf.look(name) is not None for name in "acd"] == [True] * 3


def test_a_newer_state_takes_the_place_of_the_older() -> None:
    shelf = Shelf(100, 9)
    first = kept(60)
    shelf.put("a", first)

    assert shelf.make_room("a", 90) == [first]
    assert shelf.size == 0
    assert len(shelf) == 0


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40)), max_size=60),
    st.integers(0, 100),
    st.integers(0, 5),
)
def test_budget_and_places_hold(puts: list[tuple[int, int]], budget: int, places: int) -> None:
    shelf = Shelf(budget, places)
    held: dict[int, Kept] = {}
    for key, size in puts:
        if not shelf.could_hold(size):
            continue
        new = kept(size)
        gone = shelf.make_room(key, size)
        shelf.put(key, new)
        held = {k: v for k, v in held.items() if all(v is not g for g in gone)} | {key: new}

        assert shelf.size == sum(one.size for one in held.values()) <= budget
        assert len(shelf) == len(held) <= places
        assert all(shelf.look(k) is v for k, v in held.items())


def test_half_of_the_memory_bounds_the_places() -> None:
    assert places_for(2 << 30, 23_040 * 2304, 16) == 16
    assert places_for(1 << 30, 200_000 * 2304, 16) == 1
    assert places_for(4 << 30, 200_000 * 2304, 16) == 4


@given(st.lists(st.integers(0, 2)), st.lists(st.integers(0, 2)))
def test_in_common(one: list[int], other: list[int]) -> None:
    count = in_common(one, other)

    assert one[:count] == other[:count]
    assert count == min(len(one), len(other)) or one[count] != other[count]
