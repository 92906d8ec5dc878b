"""Designs: what they say, what is wrong with them, and which runs they come to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim.errors import NpcsimError, ScenarioError
from npcsim.experiments.design import parse_seeds, read_design
from npcsim.experiments.plan import plan, shuffled
from npcsim.experiments.sweep import sweep
from tests.experiments.designs import HEADS, design


@pytest.mark.parametrize(
    ("written", "seeds"), [(3, [1, 2, 3]), ("5..7", [5, 6, 7]), ([4, 9], [4, 9])]
)
def test_seeds_are_a_number_a_range_or_a_list(written: Any, seeds: list[int]) -> None:
    assert parse_seeds(written) == seeds


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("scenario: a\nseeds: 0\n", 2, "how many seeds"),
        ("scenario: a\nseeds: 9..5\n", 2, "how many seeds"),
        ("scenario: a\nseeds: [1, 1]\n", 1, "seeds are different numbers"),
        ("scenario: a\nsedes: 3\n", 2, "did you mean 'seeds'"),
        ("seeds: 3\n", 1, "'scenario' is missing"),
        ("scenario: a\nfactors:\n  b:\n    set: x\n", 4, "one of `values`"),
        ("scenario: a\nfactors:\n  b: {values: [1]}\n", 3, "needs `set`"),
        ("scenario: a\nfactors:\n  b: {set: x, between: [0, 1]}\n", 1, "say `sample: 20`"),
        ("scenario: a\nfactors:\n  b: {set: x, values: [1, 1]}\n", 3, "one twice"),
        ("scenario: a\ncells: [{b: 1}]\n", 1, "no factor"),
        ("scenario: [a\n", 1, ""),
    ],
)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, text: str, line: int, said: str) -> None:
    file = tmp_path / "d.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(ScenarioError) as caught:
        read_design(file)
    first = caught.value.mistakes[0]
    assert (first.file, first.line) == (str(file), line)
    assert said in str(caught.value)


def test_all_combinations_are_lived_with_each_seed(tmp_path: Path) -> None:
    two = {"levels": {"on": {}, "off": {"npcs.Ilse.tools": ["+shout"]}}}
    file = design(tmp_path, factors={"temper": HEADS, "calm": two}, seeds="3..4")
    runs = plan(read_design(file), tmp_path).runs
    assert [(run.cell["temper"], run.cell["calm"], run.seed) for run in runs] == [
        (temper, calm, seed)
        for seed in (3, 4)
        for temper in ("0.1", "0.9")
        for calm in ("on", "off")
    ]
    assert 'npcs.Ilse.tools=["+shout"]' in runs[1].overrides
    assert len({run.id for run in runs}) == len(runs)


def test_what_a_run_is_made_of_names_it(tmp_path: Path) -> None:
    first = plan(read_design(design(tmp_path)), tmp_path).runs
    more = plan(read_design(design(tmp_path, seeds=3)), tmp_path).runs
    assert [run.id for run in more[:4]] == [run.id for run in first]
    other = plan(read_design(design(tmp_path, ticks=121)), tmp_path).runs
    assert not {run.id for run in other} & {run.id for run in first}


def test_world_and_minds_have_seeds_apart(tmp_path: Path) -> None:
    runs = plan(
        read_design(design(tmp_path, factors={}, seeds=2, mind_seeds=[7, 8])), tmp_path
    ).runs
    assert [run.pair for run in runs] == [(1, 7), (1, 8), (2, 7), (2, 8)]
    assert "mind_seed=8" in runs[1].overrides


def test_a_sample_covers_the_range_and_is_drawn_the_same_again(tmp_path: Path) -> None:
    factor = {"set": "npcs.patron.traits.temper", "between": [0.2, 0.7]}
    file = design(tmp_path, factors={"temper": factor}, sample=10, seeds=1)
    drawn = [float(run.cell["temper"]) for run in plan(read_design(file), tmp_path).runs]
    again = [float(run.cell["temper"]) for run in plan(read_design(file), tmp_path).runs]
    assert drawn == again
    assert sorted(int((value - 0.2) / 0.05 + 1e-6) for value in drawn) == list(range(10))
    assert sorted(shuffled(50, "a")) == list(range(50)) != shuffled(50, "a") != shuffled(50, "b")


def test_cells_may_be_listed(tmp_path: Path) -> None:
    file = design(tmp_path, cells=[{"temper": 0.9}], seeds=1)
    assert [run.cell for run in plan(read_design(file), tmp_path).runs] == [{"temper": "0.9"}]
    file = design(tmp_path, cells=[{"temper": 0.5}])
    with pytest.raises(NpcsimError, match=r"it has 0\.1, 0\.9"):
        plan(read_design(file), tmp_path)
    text = "scenario: tavern_brawl\nticks: 20\nfactors:\n  heads: {levels: {hot: {}, cool: {}}}\n"
    file.write_text(f"{text}cells:\n  - {{heads: hot}}\n  - {{heads: cold}}\n")
    with pytest.raises(
        ScenarioError, match="heads has no level 'cold'; it has hot, cool"
    ) as caught:
        plan(read_design(file), tmp_path, file)
    (mistake,) = caught.value.mistakes
    assert (mistake.file, mistake.line) == (str(file), 7)
    assert "cool" in mistake.hint


def test_a_level_that_the_scenario_can_not_have_is_told_before_anything_is_lived(
    tmp_path: Path,
) -> None:
    file = design(tmp_path, factors={"temper": {"set": "npcs.patron.coutn", "values": [1, 2]}})
    with pytest.raises(ScenarioError, match="coutn"):
        plan(read_design(file), tmp_path)


def test_what_is_wrong_with_a_level_is_told_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "d.yaml"
    file.write_text(
        "scenario: tavern_brawl\nmodels: false\nticks: 20\nfactors:\n  a:\n    levels:\n"
        "      one: {}\n      two: {npcs.patron.coutn: 2}\n"
    )
    with pytest.raises(ScenarioError) as caught:
        sweep(file, out=tmp_path / "out")
    assert (caught.value.mistakes[0].file, caught.value.mistakes[0].line) == (str(file), 8)
    assert "did you mean 'count'" in str(caught.value)


def test_two_factors_that_set_the_same_are_told(tmp_path: Path) -> None:
    file = design(tmp_path, factors={"one": HEADS, "two": HEADS})
    with pytest.raises(NpcsimError, match="one and two both set npcs"):
        plan(read_design(file), tmp_path)


@pytest.mark.parametrize("name", ["brawlesr", "hpp.patron"])
def test_an_outcome_that_no_run_can_have_is_told_before_any_is_lived(
    tmp_path: Path, name: str
) -> None:
    file = design(tmp_path, outcomes=["brawlers", "hp.patron", "decisions.local", name])
    with pytest.raises(ScenarioError, match=f"no run has a measure '{name}'"):
        sweep(file, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    settled = {"settled": {"measure": name, "factor": "temper"}}
    with pytest.raises(ScenarioError, match=f"no run has a measure '{name}'"):
        sweep(design(tmp_path, stop=settled), out=tmp_path / "out")
