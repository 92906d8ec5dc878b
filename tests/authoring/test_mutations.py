"""Over a hundred scenarios with one mistake each: refused, at the right line, with the right name.

The mistakes are made by rule from the scenarios that ship. `tests/data/broken` holds mistakes that
were thought of one by one; here it is counted how often what is told is what an author needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from npcsim.assembly.build import read
from npcsim.errors import Mistake, ScenarioError

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def drop(name: str) -> str:
    """The middle letter is left out."""
    return name[: len(name) // 2] + name[len(name) // 2 + 1 :]


def double(name: str) -> str:
    """The last letter is typed twice."""
    return name + name[-1]


def swap(name: str) -> str:
    """The two letters before the last change places."""
    return name[:-3] + name[-2] + name[-3] + name[-1]


def slip(name: str) -> str:
    """The second letter is another one."""
    return name[0] + ("x" if name[1] != "x" else "y") + name[2:]


SLIPS: tuple[Callable[[str], str], ...] = (drop, double, swap, slip)

# A name between < and > is misspelt, by the next of the four rules. The line is the one it is in.
MISSPELT = {
    "tavern_brawl": (
        "uses: <oakvale>",
        "<clock>: {tick",
        "{<tick>: 1 s",
        "<legend>: {B",
        "<rules>: {combat",
        "{combat: <knockout>,",
        "range: 0..1, <fades>: 0.1",
        "{<social>: -0.1}",
        "patron: {is: <villager>, look",
        "<carries>: {ale: 20}",
        "foes: [<patron>]",
        "count: 8, at: <table>",
        'traits: {<temper>: "uniform',
        '{temper: "<uniform>(0.1',
        "is: <innkeeper>, at: bar",
        "home: <tavern_brawl>, tools: [+shout",
        "tools: [+<shout>, +calm]",
        "<secret>: [I won",
        "tools: [+<arrest>, +calm]",
        "{from: <drink>, when: anger",
        "when: <anger> > 0.8 and sees",
        'do: "<attack>(nearest(foe))"',
        'do: "attack(<nearest>(foe))"',
        "mind: <holds>}\n    flee",
        "to: <accused>, add",
        "to: <attacked>, add",
        "to: seen(<attack>)",
        "add: {<anger>: 0.5",
        "anger: 0.15 * <temper>",
        "do: <Rolf>.accuse(Tomas)",
        "do: Rolf.<accuse>(Tomas)",
        "do: Rolf.accuse(<Tomas>)",
        "when: count(<brawl>) >= 3",
        "<stakes>: {arrest",
        "{<arrest>: 0.8",
        "attack(<constable>): 0.9",
        "<measure>:\n  hp",
        "value: <mean>(hp)",
        "by: <archetype>}",
    ),
    "salt_for_timber": (
        "- {from: <Saltmarsh>, to",
        "to: Parley, <takes>: 2 h",
        "salters: {home: <Saltmarsh>",
        "stock: {<timber>: 150",
        "values: {salt: 1, <timber>: 4",
        "tools: [go_to, say, look, wait, <draw_stock>",
        "of: <salters>\n",
        "speaks_for: <salters>\n",
        "at: <Saltmarsh>\n",
        "steps: [<go_to>(home), draw_stock",
        "draw_stock, go_to(<Parley>)",
        "when: at(<Parley>) and has",
        "has(salt) + has(<timber>) <",
        "<steps>: [go_to(home), store",
        "class: <Negotiation>",
        "who: [<Nia>, Odo]",
        "<rounds>: 8",
        "salt: {item: <salt>, from",
        "from: <Nia>, range",
        "from: Nia, <range>",
        "stock(<timber>) / 50",
        "promise: {<Nia clears the road>",
        "the road: <Nia>, Odo clears",
        "{<Nia clears the road>: -6",
        "<reserve>: {",
        "trust(<Nia>))",
        "firm: {<Nia>",
        "who: [<Nia>]",
        "to: <salters>, trust",
        "<trust>: 0.3",
        "by: <salters>, private",
        "<heard_by>: Odo",
        "mean(<trust>(loggers",
        "trust(loggers, <salters>))",
    ),
    "03_village_morning": (
        "is: <baker>, at",
        "at: <healers_hut>, home",
        "home: <brook_cottage>, goal",
        "signal: bell, place: <chapel>",
        "traits: {<social>: 0.7}",
        "<loudness>: 40",
        "<think>: {local",
    ),
}

# What the language learnt later, in a scenario of its own.
TOWN = """
scenario: town
uses: village_morning
clock: {tick: 5 s, start: "09:00", end: "10:00"}
prices:
  market: {bread: 3}
  counter: {stew: 4}
npcs:
  trader: {is: villager, count: 4, at: market, traits: {patience: 0.4}}
ties:
  - {among: trader, graph: "watts_strogatz(2, 0.1)", knows: 0.5, trust: "uniform(-0.2, 0.6)"}
  - {from: Mara, to: Tom, trust: "normal(0.2, 0.1)"}
  - {file: friends.csv, likes: 0.3}
reacts:
  - {to: heard(bell), add: {social: 0.1 * patience}}
events:
  - {at: "09:10", signal: bell, place: market}
behaviour:
  villager:
    at_ease: {do: wait}
    roused: {from: at_ease, when: hears(bell), do: wait}
    calm: {from: roused, when: since > 60, to: at_ease}
"""
FRIENDS = "from,to,trust\nMara,Tom,0.5\n"
MISSPELT_TOWN = (
    "uses: <village_morning>\n",
    "<prices>:\n",
    "  <market>: {bread: 3}",
    "  <counter>: {stew",
    "{bread: 3}\n  counter: {<stew>",
    "traits: {<patience>: 0.4}",
    "0.1 * <patience>}",
    "{among: <trader>, graph",
    'graph: "<watts_strogatz>(2',
    'trust: "<uniform>(-0.2',
    'trust: "<normal>(0.2',
    "{<among>: trader",
    '<graph>: "watts',
    "{file: <friends>.csv",
    "likes: 0.3}\nreacts:\n  - {to: heard(<bell>)",
    "when: hears(<bell>)",
    'from: <Mara>, to: Tom, trust: "n',
)
WRONG_TOWN = (
    ("watts_strogatz(2, 0.1)", "watts_strogatz(2)"),
    ("watts_strogatz(2, 0.1)", "watts_strogatz(2, 1.5)"),
    ('trust: "uniform(-0.2, 0.6)"', 'trust: "uniform(-0.2, 6)"'),
    ("knows: 0.5", "knows: 5"),
    ("from: Mara, to: Tom", "from: Mara"),
    ("friends.csv", "../friends.csv"),
    ("stew: 4", "stew: -4"),
    ("traits: {patience: 0.4}", "traits: {speed: 0.4}"),
)

# What is written, and what it becomes. The line is the first that differs.
WRONG = {
    "tavern_brawl": (
        ("{tick: 1 s", "{tick: 1 sek"),
        ("tick: 1 s,", "tick: soon,"),
        ('start: "21:00"', "start: 21:00"),
        ('end: "21:15"', 'end: "20:15"'),
        ('"21:00", end', '"21:75", end'),
        ("anger: {range: 0..1", "anger: {range: 1..0"),
        ("fades: 0.1 / min", "fades: 0.1"),
        ("ale: 20}", "ale: plenty}"),
        ("ale: 20}", "ale: -20}"),
        ("damage: 2}", "damage: .nan}"),
        ("mind: false", "mind: sometimes"),
        ("count: 8", "count: 0"),
        ("count: 8", "count: 8.5"),
        ("traits: {temper: 1}", "traits: {temper: high}"),
        ("uniform(0.1, 0.9)", "uniform(0.1)"),
        ("hp < 30", "hp < < 30"),
        ("hp < 30", "hp is 30"),
        ("hp < 30", "near(foe < 30"),
        ("arrest: 0.8", "arrest: 1.8"),
        ("  Rolf: {is", "  Ilse: {is"),
        ("    flee: {from", "   flee: {from"),
        ("for: 60 s}", "for: 60 s"),
        ("events:\n", "events\n"),
        ("value: mean(hp)", "value: hp"),
        ("#B...t..t.#...#", "#B...t..q.#...#"),
    ),
    "salt_for_timber": (
        ("takes: 2 h", "takes: 2"),
        ("takes: 1 h", "takes: -1 h"),
        ("    at: Pinewood", "    at: Pinewood\n    at: Parley"),
        ("trust: 0.3", "trust: 3"),
        ('"day 2 09:00"', '"the second day"'),
        ("go_to(Parley)]", "go_to()]"),
        ("    worth: 0.7", "   worth: 0.7"),
        ("item: salt, from: Nia, range: 0..20", "item: salt, from: Nia, range: 0..20.5"),
        ("step: 2}", "step: 0}"),
        ("rounds: 8", "rounds: 0"),
        ("Odo clears the road: 5}", "Odo clears the road: much}"),
    ),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A scenario with one mistake; `meant` is the name that was misspelt, if one was."""

    base: str
    change: str
    text: str
    line: int
    meant: str = ""


def mutants() -> list[Mutant]:
    found: list[Mutant] = []
    for base, places in MISSPELT.items():
        text = (SCENARIOS / f"{base}.yaml").read_text(encoding="utf-8")
        for place in places:
            before, rest = place.split("<", 1)
            name, after = rest.split(">", 1)
            wrong = SLIPS[len(found) % len(SLIPS)](name)
            found.append(mutant(base, text, before + name + after, before + wrong + after, name))
    for place in MISSPELT_TOWN:
        before, rest = place.split("<", 1)
        name, after = rest.split(">", 1)
        wrong = SLIPS[len(found) % len(SLIPS)](name)
        found.append(mutant("town", TOWN, before + name + after, before + wrong + after, name))
    found += [mutant("town", TOWN, old, new) for old, new in WRONG_TOWN]
    for base, changes in WRONG.items():
        text = (SCENARIOS / f"{base}.yaml").read_text(encoding="utf-8")
        found += [mutant(base, text, old, new) for old, new in changes]
    return found


def mutant(base: str, text: str, old: str, new: str, meant: str = "") -> Mutant:
    assert old in text, f"{base} no longer has {old!r}"
    changed = text.replace(old, new, 1)
    before, after = text.split("\n"), changed.split("\n")
    line = next(n for n, (a, b) in enumerate(zip(before, after, strict=False), 1) if a != b)
    return Mutant(base, f"{old!r} -> {new!r}", changed, line, meant)


def told(one: Mutant, folder: Path) -> tuple[Mistake, ...]:
    """Every mistake told, none if the scenario is taken."""
    folder = folder / str(len(list(folder.iterdir())))  # or one would be found beside another
    folder.mkdir()
    (folder / "friends.csv").write_text(FRIENDS, encoding="utf-8")
    path = folder / f"{one.base}.yaml"
    path.write_text(one.text, encoding="utf-8")
    try:
        read(path)
    except ScenarioError as error:
        return error.mistakes
    return ()


def test_the_town_is_right_as_written(tmp_path: Path) -> None:
    assert told(Mutant("town", "", TOWN, 0), tmp_path) == ()


def test_a_hundred_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the first mistake told counts: it is the one that an author reads."""
    tried = mutants()
    assert len(tried) == 141
    assert len({one.text for one in tried}) == len(tried)
    taken, elsewhere, unhelpful = [], [], []
    for one in tried:
        mistakes = told(one, tmp_path)
        if not mistakes:
            taken.append(one.change)
            continue
        first = mistakes[0]
        if (Path(first.file).name, first.line) != (f"{one.base}.yaml", one.line):
            elsewhere.append(f"{one.change}: line {one.line}, told {first}")
        if one.meant and not re.search(rf"did you mean '{re.escape(one.meant)}\b", first.hint):
            unhelpful.append(f"{one.change}: {first}")
    misspelt = sum(1 for one in tried if one.meant)
    share = 100 / len(tried)
    refused = 100 - share * len(taken)
    placed = refused - share * len(elsewhere)
    helped = 100 * (1 - len(unhelpful) / misspelt)
    with capsys.disabled():
        print(
            f"\nrefused {refused:.0f} %, line {placed:.0f} %, "
            f"suggestion {helped:.0f} % of {misspelt}"
        )
    assert not taken, "\n".join(taken)
    assert placed >= 95, "\n".join(elsewhere)
    assert helped >= 90, "\n".join(unhelpful)
