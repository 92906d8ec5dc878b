"""Guards: what may be written, what it means for a population, and what is refused."""

from __future__ import annotations

import builtins
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npcsim.assembly.build import Built
from npcsim.effects import Set, Signal
from npcsim.errors import ScenarioError
from npcsim.reflex.guards import MAX_NODES, GuardError, Names, holds, numbers, parse_guard
from npcsim.reflex.senses import Senses
from tests.worlds_in_text import built, bundle, commit_next

NAMES = Names(
    attributes=frozenset({"hp", "hunger", "x", "y"}),
    kinds=frozenset({"guard", "bandit", "a", "b", "c"}),
    places=frozenset({"mill", "square"}),
    items=frozenset({"loaf", "coin"}),
    states=frozenset({"idle", "run"}),
    spots=frozenset({"oven", "oven_1", "oven_2", "well"}),
    factions=frozenset({"millers", "thieves"}),
)
WORLD = """
size: [40, 20]
clock: {tick: 2 s, start: "06:00"}
attributes: {hunger: {range: 0..1, start: 0.5}}
items: {loaf: {}}
places: {mill: {area: [0, 0, 4, 4]}, square: {area: [20, 0, 30, 10]}}
spots:
  oven_1: {kind: oven, x: 2, y: 2}
  oven_2: {kind: oven, x: 10, y: 2.5}
  well: {kind: well, x: 10, y: 2.6}
factions: {millers: {stock: {loaf: 7}}, thieves: {}}
behaviour:
  guard: {idle: {do: wait}, run: {from: idle, do: wait, when: hp < 0}}
archetypes:
  guard: {foes: [bandit], behaviour: guard, of: millers}
  bandit: {foes: [guard]}
npcs:
  a: {is: guard, x: 1, y: 1, carries: {loaf: 2}}
  b: {is: guard, x: 10, y: 1, traits: {hunger: 1}}
  c: {is: bandit, x: 4, y: 5}
"""


@pytest.fixture
def made(tmp_path: Path) -> Built:
    return built(tmp_path, WORLD)


def truth(made: Built, text: str, rows: tuple[int, ...] = (0, 1, 2)) -> list[bool]:
    who = np.array(rows, np.uint32)
    return list(holds(parse_guard(text, NAMES), Senses(made.world), who).tolist())


def value(made: Built, text: str) -> list[float]:
    who = np.arange(3, dtype=np.uint32)
    return list(numbers(parse_guard(text, NAMES), Senses(made.world), who).tolist())


ALL, NONE = [True] * 3, [False] * 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hunger < 1", [True, False, True]),
        ("hunger <= 0.5", [True, False, True]),
        ("hunger > 0.5", [False, True, False]),
        ("hunger >= 1", [False, True, False]),
        ("hunger == 1", [False, True, False]),
        ("hunger != 1", [True, False, True]),
        ("0.2 < hunger < 0.9", [True, False, True]),
        ("0.2 < hunger <= 1 > 0.7", ALL),
        ("hp", ALL),
        ("not hp", NONE),
        ("hunger > 0.5 or x < 2", [True, True, False]),
        ("hunger > 0.5 and x < 2", NONE),
        ("not (hunger > 0.5 and x > 2)", [True, False, True]),
        ("hp + hunger * 2 > 101", [False, True, False]),
        ("(hp - 50) / 2 == 25", ALL),
        ("-hunger < -0.9", [False, True, False]),
        ("hp / 0 > 5", ALL),
        ("true", ALL),
        ("True", ALL),
        ("false", NONE),
        ("1 < 2", ALL),
        ("near(bandit) < 6", [True, False, False]),
        ("near('bandit') < 6", [True, False, False]),
        ("near(foe) == 5", [True, False, True]),
        ("near(anyone) <= 5", [True, False, True]),
        ("near(c) == 5", [True, False, False]),
        ("near(bandit) > 1000", [False, False, True]),
        ("sees(bandit)", [True, True, False]),
        ("not sees(guard)", NONE),
        ("at(mill)", [True, False, False]),
        ("at(square)", NONE),
        ("at(oven)", [True, True, False]),
        ("at(oven_1)", [True, False, False]),
        ("at(well)", NONE),
        ("stock(loaf) == 7", [True, True, False]),
        ("stock(coin) == 0", ALL),
        ("stock(millers, loaf) == 7", ALL),
        ("stock(thieves, loaf) > 0", NONE),
        ("has(loaf)", [True, False, False]),
        ("has(loaf) >= 2", [True, False, False]),
        ("has(coin) == 0", ALL),
        ("count(guard) == 2", ALL),
        ("count(idle) == 2", ALL),
        ("count(run) == 0", ALL),
        ("min(hunger, 0.7) == 0.7", [False, True, False]),
        ("max(hunger, 0.7) == 0.7", [True, False, True]),
        ("hour == 6", ALL),
        ("day == 1", ALL),
        ("idle", ALL),
        ("since == 0", ALL),
        ("x == 1 and y == 1", [True, False, False]),
        # Truths are 0 and 1 where they are reckoned with.
        ("(hunger > 0.2) + (hunger > 0.7) == 2", [False, True, False]),
        ("-idle < 0", ALL),
        ("idle - idle == 0", ALL),
        ("idle > 0", ALL),
        # What is not a number is not true, nor false.
        ("near(bandit) - near(bandit)", NONE),
        ("near(bandit) - near(bandit) == 0", [True, True, False]),
        ("0 / 0", NONE),
        ("0 / 0 or hp", ALL),
        ("0 / 0 and hp", NONE),
    ],
)  # fmt: skip
def test_meaning(made: Built, text: str, expected: list[bool]) -> None:
    assert truth(made, text) == expected


def test_where_nothing_walks_a_spot_is_near_from_all_of_its_place(tmp_path: Path) -> None:
    text = """
places: {mill: {}, square: {}}
ways: [{from: mill, to: square, takes: 5 min}]
spots: {oven_1: {kind: oven, at: mill}}
archetypes: {guard: {}}
npcs: {a: {is: guard, at: mill}, b: {is: guard, at: square}}
"""
    made = built(tmp_path, text)
    assert truth(made, "at(oven)", (0, 1)) == truth(made, "at(oven_1)", (0, 1)) == [True, False]


def test_the_stock_of_nobodys_faction_is_asked_by_its_name() -> None:
    whole = replace(NAMES, whole=True)
    with pytest.raises(GuardError, match=r"say stock\(faction, loaf\)"):
        parse_guard("stock(loaf) > 0", whole)
    parse_guard("stock(millers, loaf) > mean(stock(loaf))", whole)


def test_time_goes_on(made: Built) -> None:
    made.world.tick = 1800 * 20
    assert truth(made, "hour == 2 and day == 2") == ALL
    assert truth(made, "since == 72000") == ALL


def test_hearing_reaches_by_loudness_for_one_tick(made: Built) -> None:
    commit_next(made.world, bundle("", Signal("mill", "bell", 5)))
    assert truth(made, "hears(bell)") == [True, False, True]
    assert truth(made, "hears(fight)") == NONE
    commit_next(made.world)
    assert truth(made, "hears(bell)") == NONE


def test_the_dead_are_neither_seen_nor_counted(made: Built) -> None:
    commit_next(made.world, bundle("", Set("c", "hp", 0)))
    assert truth(made, "sees(bandit)") == NONE
    assert truth(made, "count(bandit) == 0") == ALL


def test_rows_are_answered_in_the_order_asked(made: Built) -> None:
    assert truth(made, "hunger > 0.5", (1, 0, 1, 2)) == [True, False, True, False]
    assert truth(made, "hunger > 0.5", ()) == []
    assert truth(made, "1 < 2", ()) == []


def test_values(made: Built) -> None:
    assert value(made, "hunger * 2 + 1") == [2, 3, 2]
    assert value(made, "idle") == [1, 1, 1]
    assert value(made, "0 / 0") == [0, 0, 0]
    assert value(made, "near(bandit)")[2] == 1e12
    assert value(made, "-1 / 0") == [-1e12] * 3
    assert value(made, "1e200 * 1e200") == [1e12] * 3


def test_later_parts_are_asked_only_where_earlier_ones_left_it_open(made: Built) -> None:
    class Counting(Senses):
        asked: list[list[int]] = []  # noqa: RUF012

        def nearest(self, kind: str, rows: Any) -> Any:
            self.asked.append(rows.tolist())
            return super().nearest(kind, rows)

    senses = Counting(made.world)
    who = np.arange(3, dtype=np.uint32)
    holds(parse_guard("hunger > 0.5 and near(bandit) < 9", NAMES), senses, who)
    holds(parse_guard("hunger > 0.5 or near(bandit) < 9", NAMES), senses, who)
    holds(parse_guard("hp < 0 and near(bandit) < 9", NAMES), senses, who)
    assert senses.asked == [[1], [0, 2]]


@pytest.mark.parametrize(
    ("text", "name", "among"),
    [
        ("hungre > 1", "hungre", "hunger"),
        ("near(bandt) < 3", "bandt", "bandit"),
        ("sees(gard)", "gard", "guard"),
        ("at(mil)", "mil", "mill"),
        ("at(ovn)", "ovn", "oven"),
        ("has(lof)", "lof", "loaf"),
        ("stock(lof)", "lof", "loaf"),
        ("stock(miller, loaf)", "miller", "millers"),
        ("count(idel)", "idel", "idle"),
        ("nere(bandit) < 3", "nere", "near"),
        ("hours > 3", "hours", "hour"),
    ],
)
def test_a_misspelt_name_says_what_there_is(text: str, name: str, among: str) -> None:
    with pytest.raises(GuardError) as caught:
        parse_guard(text, NAMES)
    assert caught.value.name == name
    assert among in caught.value.known
    assert caught.value.column == text.index(name)
    assert repr(name) in str(caught.value)


def test_the_author_reads_file_line_column_and_the_nearest_name(tmp_path: Path) -> None:
    text = WORLD.replace("when: hp < 0", "when: hungre > 1")
    with pytest.raises(ScenarioError, match=r"small\.yaml:13:\d+: no attribute 'hungre'.*'hunger'"):
        built(tmp_path, "scenario: small" + text)


HOSTILE = [
    "", "   ", "hp <", "hp < 3 <", "hp = 3", "hp; hp", "a\nb", "hp\x00", "#", "hp < 30and hp",
    "(" * 5000 + "hp" + ")" * 5000, "not " * 100_000 + "hp", "-" * 100_000 + "1", "[" * 90,
    "hp" + "+hp" * 100_000, " and ".join(["hp"] * (MAX_NODES + 1)), "9" * 5000, "9" * 400, "1e999",
    "hp.real", "().__class__", "''.__class__.__mro__", "hp.__class__()", "near.__globals__",
    "__import__('os')", "__import__('os').system('true')", "eval('1')", "exec('1')", "open('x')",
    "print(1)", "near(print(1))", "near(bandit)(1)", "(lambda: 1)()", "lambda: 1",
    "hp if hp else 1", "[hp for hp in (1,)]", "{1: 2}", "{1}", "[1]", "(1, 2)", "*hp", "(hp := 3)",
    "f'{hp}'",
    "'hp'", "b'hp'", "...", "None", "1j", "hp ** 2", "2 ** 99999999", "hp % 2", "hp // 2",
    "hp @ hp", "hp << 3", "hp | 1", "hp & 1", "hp ^ 1", "~hp", "+hp", "hp in (1,)", "hp is hp",
    "hp not in hp",
    "hp[0]", "hp[:]", "await hp", "yield", "near()", "near(a, b)", "near(kind=a)", "near(*a)",
    "near(**a)", "near(near(a))", "near(1 + 1)", "at('mill' 'x')", "min(hp)", "min(1, 2, 3)",
    "min(hp, key=hp)", "sum(hp, hp)", "near", "stock()", "stock(1)", "stock(a, b, c)",
    "stock(hp + hp)", "has(None)", "count(...)", "has('\\d')",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_anything_else_is_refused_and_never_evaluated(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.eval

    def watched(*given: Any) -> Any:
        raise AssertionError("a guard was evaluated as Python")

    monkeypatch.setattr(builtins, "eval", watched)
    with pytest.raises(GuardError) as caught:
        parse_guard(text, NAMES)
    assert caught.value.column >= 0
    assert str(caught.value)
    assert len(str(caught.value)) < 2000
    monkeypatch.setattr(builtins, "eval", real)


PIECES = st.lists(
    st.sampled_from(
        "hp hunger near(bandit) at(mill) < <= == and or not ( ) + - * / 1 0.5 1e308 : . , [ ] "
        "lambda if else 'x' true idle min max has(loaf) \\ \n # := é ² ∞".split(" ")
    ),
    max_size=14,
)  # fmt: skip


@given(PIECES)
def test_whatever_parses_can_be_asked(world_of_guards: Built, pieces: list[str]) -> None:
    try:
        guard = parse_guard(" ".join(pieces), NAMES)
    except GuardError:
        return
    who = np.arange(3, dtype=np.uint32)
    truths = holds(guard, Senses(world_of_guards.world), who)
    assert truths.dtype == np.bool_
    assert truths.shape == (3,)
    values = numbers(guard, Senses(world_of_guards.world), who)
    assert np.isfinite(values).all()


@pytest.fixture(scope="module")
def world_of_guards(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(tmp_path_factory.mktemp("guards"), WORLD)
