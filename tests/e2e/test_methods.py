"""`npcsim methods` says what the logs say, and names what they don't."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from npcsim.store.run_store import Run
from npcsim.store.versions import LATEST
from tests.e2e.shell import live, npcsim

SCRIPTED = ("--set", "tiers.local.model=scripted", "--set", "think.local=40 s")
HEADINGS = (
    "1. Purpose and patterns", "2. Entities, state variables, and scales",
    "3. Process overview and scheduling", "4. Design concepts", "5. Initialization",
    "6. Input data", "7. Submodels",
)  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    out = tmp_path_factory.mktemp("methods")
    return [
        Path(live("03_village_morning", out, "--ticks", 30, "--seed", seed, *SCRIPTED)["run"])
        for seed in (3, 4)
    ]


@pytest.fixture(scope="module")
def text(runs: list[Path]) -> str:
    return npcsim("methods", *runs).out


def test_the_headings_are_those_of_the_odd_protocol_in_order(text: str) -> None:
    found = re.findall(r"^## (\d.*)$", text, re.M)
    assert tuple(found) == HEADINGS
    assert "Grimm et al." in text
    assert "10.18564/jasss.4259" in text


def test_facts_are_those_of_the_runs(text: str, runs: list[Path]) -> None:
    for path in runs:
        run = Run.open(path)
        started, summary = run.started, run.summary
        assert summary is not None
        assert f"| {run.name} | finished | {started.seed} | {started.mind_seed} | 30 |" in text
        assert str(summary["state_hash"]) in text
        assert started.versions["recipe"] in text
        assert f"npcsim {started.versions['npcsim']}" in text
        assert f"Source of npcsim, hashed: {started.versions['code']}; " in text
        assert f"form of the log's tables: {LATEST}." in text
        assert "| code |" not in text  # it is nothing that was recorded of models
    assert "scripted/scripted" in text
    assert "World seeds: 3, 4" in text
    assert "scenarios differ in: seed." in text
    for gauge in Run.open(runs[0]).started.gauges:
        assert f"| {gauge.name} |" in text


def test_what_no_log_says_is_named_and_not_made_up(text: str) -> None:
    assert "The log does not say this; it is for the author to add." in text


def test_the_appendix_has_a_prompt_of_each_kind_word_by_word(text: str, runs: list[Path]) -> None:
    kinds = {
        (k.call.question.purpose, k.call.tier) for path in runs for k in Run.open(path).calls()
    }
    assert len(kinds) > 1
    for number, (purpose, tier) in enumerate(sorted(kinds), 1):
        assert f"### A{number}. {purpose}, tier {tier} (scripted)" in text
    first = next(iter(Run.open(runs[0]).calls())).call.question
    assert getattr(first, "situation", getattr(first, "user", "")) in text


def test_it_is_one_scenario_and_may_go_to_a_file(runs: list[Path], tmp_path: Path) -> None:
    other = live("01_first_npc", tmp_path, "--ticks", 5, "--models", "off")["run"]
    said = npcsim("methods", runs[0], other, code=1).err
    assert "first_npc, village_morning" in said
    assert "wrote" in npcsim("methods", other, "--out", tmp_path / "methods.md").out
    alone = (tmp_path / "methods.md").read_text(encoding="utf-8")
    assert "No model was asked" in alone
    assert "No question was put to a model." in alone
