"""The bench of memory: its recall set, its opponent, and what it prints."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from npcsim.bench import memory, memory_days, memory_set, memory_speed
from npcsim.cli import app
from tests.models.embedding.meanings import Meanings

METHODS = {"keyword", "vector", "hybrid"}


def test_the_recall_set_is_large_enough_and_every_question_has_an_answer() -> None:
    lines, asked = memory_set.read_set()
    assert len(lines) == 269
    assert [one.half for one in asked].count("dev") == 37
    assert [one.half for one in asked].count("held_out") == 39
    ids = {line.id for line in lines}
    assert all(one.right and one.right <= ids for one in asked)
    assert [line.tick for line in lines] == sorted(line.tick for line in lines)
    # Who answers a question of one half must not be asked for in the other.
    right = {half: {id for one in asked if one.half == half for id in one.right}
             for half in ("dev", "held_out")}  # fmt: skip
    assert right["dev"].isdisjoint(right["held_out"])


def test_the_second_week_has_questions_of_its_own() -> None:
    lines, asked = memory_set.read_set("_2")
    assert len(lines) == 188
    assert {one.half for one in asked} == {memory_set.TOLD}
    assert len(asked) == 82
    ids = {line.id for line in lines}
    assert all(one.right and one.right <= ids for one in asked)
    assert [line.tick for line in lines] == sorted(line.tick for line in lines)
    known = {line.text for line in memory_set.read_set()[0]}
    assert sum(line.text in known for line in lines) < 3


def test_a_score_is_a_share_of_the_first_ten_and_a_reciprocal_rank() -> None:
    scored = memory_set._scored(list(range(1, 20)), frozenset({3, 12}))
    assert scored == (0.5, 1 / 3)
    assert memory_set._scored([1, 2], frozenset({9})) == (0.0, 0.0)


@pytest.fixture(scope="module")
def stage() -> memory_speed.Stage:
    return asyncio.run(memory_speed.staged(Meanings({}, size=512), 400))


def test_the_papers_loop_finds_the_same_by_lists_and_by_rows(stage: memory_speed.Stage) -> None:
    lists, rows = (memory_speed.nodes_of(stage, as_lists) for as_lists in (True, False))
    now = stage.now / 60
    for at in range(3):
        query = stage.asked[at]
        by_rows = memory_speed.retrieve(rows, query, now, memory_speed.by_numpy)
        assert len(by_rows) == 30
        assert by_rows == memory_speed.retrieve(lists, query.tolist(), now, memory_speed.by_lists)


def test_the_loop_scores_as_the_paper_says() -> None:
    nodes = [
        memory_speed.Node(1, 0.5, 1.0, [1.0, 0.0]),
        memory_speed.Node(2, 0.1, 9.0, [0.0, 1.0]),
        memory_speed.Node(3, 0.9, 10.0, [1.0, 1.0]),
    ]
    # Sums of what is brought to 0..1: 0 + 0.5 + 1, 0.887 + 0 + 0 and 1 + 1 + 0.707.
    assert memory_speed.retrieve(nodes, [1.0, 0.0], 10.0, memory_speed.by_lists) == [3, 1, 2]


def test_the_command_prints_quality_and_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MiniLM", lambda: Meanings({}, size=1024))
    monkeypatch.setattr(memory, "MANY", 300)
    done = CliRunner().invoke(app, ["bench", "memory", "--json"])
    said: dict[str, Any] = json.loads(done.output)
    assert said["memories"] == 300
    assert said["same_of"][1] == memory.SAME_FOR
    assert said["recall10"].keys() == said["mrr"].keys() == METHODS
    assert said["vs_generative_agents"] == {"lists": said["vs_lists"], "numpy": said["vs_numpy"]}
    assert 0 < said["recall_p50_ms"] <= said["recall_p95_ms"]
    assert said["add_ms"] > 0
    # Without meanings only the words are to the point.
    assert said["recall_set"]["all"]["listed"]["mrr"]["keyword"] > 0.3
    plain = CliRunner().invoke(app, ["bench", "memory"]).output
    assert "times as fast as with lists" in plain
    assert "held_out" in plain


def test_days_are_lived_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_days, "HOUR", 2)
    monkeypatch.setattr(memory_days, "DAY", 48)
    said = memory_days.lived(2)
    assert [day["day"] for day in said["by_day"]] == [1, 2]
    assert said["by_day"][1]["memories"] > 0
    assert len(said["last_vs_second_by_hour"]) == 24
    monkeypatch.setattr(memory, "lived", lambda days: said)
    done = CliRunner().invoke(app, ["bench", "memory", "--days", "2"])
    assert "10 NPCs, 2 days, 96 ticks, models off" in done.output
    assert "a tick of day 2 takes" in done.output
    assert CliRunner().invoke(app, ["bench", "memory", "--days", "1"]).exit_code == 2
