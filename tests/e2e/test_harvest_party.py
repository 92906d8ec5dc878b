"""The harvest party, a stretch of it: news goes from mouth to mouth; without talk it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim import open_run
from npcsim.store.run_store import Run
from tests.e2e.shell import live, npcsim

NOON = ("05_harvest_party", "--seed", "2", "--models", "off", "--set", "clock.start=11:20")
TICKS = 500


def known(run: Run, name: str) -> list[float]:
    table = run.table("measures")
    return [v for n, v in zip(table["name"], table["value"], strict=True) if n == name]


@pytest.fixture(scope="module")
def noon(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The first noon, from 11:20 on."""
    command, *how = NOON
    return live(command, tmp_path_factory.mktemp("noon"), *how, "--ticks", TICKS)


def run_of(summary: dict[str, object]) -> Run:
    return open_run(str(summary["run"]))


def test_news_goes_from_mouth_to_mouth(noon: dict[str, object]) -> None:
    run = run_of(noon)
    heard = list(run.table("knowledge").rows())
    party = [row for row in heard if row["fact"].startswith("Ilse gives a harvest party")]
    assert {row["origin"] for row in party} == {"Ilse"}
    assert len(party) >= 3
    assert len({row["source"] for row in party}) >= 2  # not from her alone
    last = max(run.table("measures")["tick"])
    by_then = sum(row["tick"] <= last for row in party)
    assert known(run, "know_of_the_party")[-1] == by_then + 1
    assert known(run, "invited")[-1] >= 1
    said = {e.tool for e in run.events(kinds=["ActStarted"]) if isinstance(e, ev.ActStarted)}
    assert {"invite", "canvass", "say"} <= said
    assert {"promise", "decline"} & said


def test_a_replay_has_the_same_hashes(noon: dict[str, object]) -> None:
    said = npcsim("replay", noon["run"]).out
    assert said.startswith(f"{TICKS} ticks replayed, every state hash equal")


def test_the_report_tells_and_draws_it(noon: dict[str, object], tmp_path: Path) -> None:
    page = tmp_path / "party.html"
    npcsim("report", noon["run"], "--html", page)
    assert 'id="knowledge"' in page.read_text(encoding="utf-8")
    lines = " ".join(npcsim("report", noon["run"]).out.split())
    assert "Of 300 pairs, 50 knew each other at the start (0.167)" in lines
    assert "0 from somebody who had them from nowhere" in lines


def test_without_talk_nobody_comes_to_know_anything(tmp_path: Path) -> None:
    command, *how = NOON
    summary = live(command, tmp_path, *how, "--set", "talk=off", "--ticks", TICKS)
    run = open_run(summary["run"])
    assert known(run, "know_of_the_party")[-1] == known(run, "know_of_the_candidacy")[-1] == 1
    assert known(run, "invited")[-1] == 0
    assert len(run.table("speech")) == len(run.table("knowledge")) == 0
    # They live their day all the same.
    assert summary["effects"]["applied"] > 100
