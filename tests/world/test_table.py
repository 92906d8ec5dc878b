from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from npcsim.world.rows import Act, Memory, SpotState
from npcsim.world.table import Table, plain

KEYS = st.sampled_from(["mara", "bo", "mara\nloaf", "é", "a b"])
VALUES = st.one_of(
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.builds(Memory, st.integers(0, 9), st.text("ab"), st.text("cd"), st.floats(0, 1)),
)
STEPS = st.lists(st.tuples(st.sampled_from(["put", "drop", "undo"]), KEYS, VALUES))


def from_scratch(table: Table[Any]) -> int:
    """What the digest is said to be: the sum of the entries' hashes."""
    total = 0
    for key, value in table.items():
        text = json.dumps([key, plain(value)], ensure_ascii=False, separators=(",", ":"))
        mark = blake2b(text.encode(), digest_size=16).digest()
        total += int.from_bytes(mark, "little")
    return total % 2**128


@given(STEPS, st.booleans())
def test_the_kept_digest_is_the_one_computed_from_scratch(steps: list[Any], watched: bool) -> None:
    """Whether it is read after every change or after all of them."""
    table: Table[Any] = Table()
    for how, key, value in steps:
        before = table.get(key)
        if how == "put":
            table.put(key, value)
        elif how == "drop":
            table.drop(key)
        else:
            table.put(key, value)
            table.restore(key, before)
        if watched:
            assert table.digest == from_scratch(table)
    assert table.digest == from_scratch(table)


@given(st.dictionaries(KEYS, VALUES), st.randoms(use_true_random=False))
def test_the_order_of_changes_does_not_matter(entries: dict[str, Any], chance: Any) -> None:
    there, shuffled = Table[Any](), Table[Any]()
    keys = list(entries)
    for key in keys:
        there.put(key, entries[key])
    chance.shuffle(keys)
    for key in keys:
        shuffled.put(key, "another value")
        shuffled.put(key, entries[key])
    assert there.digest == shuffled.digest


def test_an_empty_table_counts_nothing() -> None:
    table: Table[int] = Table()
    table.put("a", 1)
    table.drop("a")
    assert table.digest == 0
    assert table.drop("never there") is None
    assert table.digest == 0
    assert list(table) == []


def test_entries_that_differ_only_in_a_field_differ_in_digest() -> None:
    first: Table[Any] = Table()
    second: Table[Any] = Table()
    first.put("oven", SpotState("oven", "oven", 1.0, 2.0, "bakery", False, (("fire", 1.0),)))
    second.put("oven", SpotState("oven", "oven", 1.0, 2.0, "bakery", False, (("fire", 2.0),)))
    assert first.digest != second.digest


def test_plain_data_survives_json() -> None:
    act = Act(1, "mara", "go_to", (("to", "mill"),), 3, -1)
    assert json.loads(json.dumps(plain(act))) == plain(act)
    assert plain({"b": (1, 2), "a": act})["b"] == [1, 2]
