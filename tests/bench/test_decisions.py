"""The bench of decisions: its questions, its sides, and what it reports, at small sizes."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from npcsim.bench import decisions, decisions_server, decisions_texts
from npcsim.bench.compare import Measured, Side
from npcsim.bench.decisions_llama import Alone, letter_of
from npcsim.bench.decisions_ours import Ours, shares_of_time
from npcsim.bench.decisions_texts import LETTERS, Shape, Village
from npcsim.errors import BadReply
from npcsim.inference.engine import NEUTRAL_WEIGHT, SCORING, TEMPERATURE
from npcsim.models.local.bundled import bundled_model_path

SMALL = Shape(rules=20, own=20)
ONE = 1  # a thread: two that wait for one another are slow beside other tests


@pytest.fixture(scope="module")
def path() -> Path:
    found = bundled_model_path()
    if found is None:
        pytest.skip("the extra `local` is not installed")
    return found


@pytest.fixture(scope="module")
def runner(path: Path) -> Iterator[Any]:
    from npcsim.inference.runner import Runner

    runner = Runner(str(path), threads=ONE, context=256, memory=256 << 20)
    yield runner
    runner.close()


def test_questions_have_the_shape_in_tokens_and_are_new_every_round(runner: Any) -> None:
    village = Village(runner, 3, Shape())
    begin = village.round(0)[0].prompt[:250]
    seen = set()
    for number in range(3):
        for npc, case in enumerate(village.round(number)):
            assert 250 + 300 + 25 <= len(case.prompt) <= 250 + 300 + 40
            assert case.prompt[:250] == begin
            assert case.prompt[:550] == village.round(0)[npc].prompt[:550]
            assert case.listed[:550] == case.prompt[:550]
            assert len({*case.scored.options}) == 4
            assert all(3 <= len(ending) <= 6 for ending in case.endings)
            assert all(option in case.lettered.situation for option in case.scored.options)
            seen.add(case.scored.situation)
    assert len(seen) == 9
    assert Village(runner, 3, Shape()).round(2) == village.round(2)


def test_the_engine_agrees_with_scoring_each_option_by_itself(runner: Any, plain: Any) -> None:
    cases = Village(runner, 2, SMALL).round(1)
    chosen = Ours(runner, 64 << 20).scored(cases)
    told = [plain(case.prompt, case.endings) for case in cases]
    for case, found, scores in zip(cases, chosen, told, strict=True):
        neutral = [*case.prompt[: SMALL.rules], *runner.tokens(case.scored.neutral)]
        against = plain(neutral, case.endings)
        expected = _softmax([a - NEUTRAL_WEIGHT * b for a, b in zip(scores, against, strict=True)])
        assert found.probabilities == pytest.approx(expected, abs=0.03)


def test_letters_of_llama_are_the_likeliest(runner: Any, path: Path, plain: Any) -> None:
    cases = Village(runner, 2, SMALL).round(1)
    endings = [tuple(runner.tokens(f" {letter}")) for letter in LETTERS]
    assert all(len(ending) == 1 for ending in endings)
    alone, cached = Alone(path, ONE, longest=256), Alone(path, ONE, longest=256, cache=64 << 20)
    try:
        for _ in range(2):  # the second time everything is known
            for side in (alone, cached):
                for letter, case in zip(side.lettered(cases), cases, strict=True):
                    scores = plain(case.listed, endings)
                    assert scores[letter] >= max(scores) - 0.3
    finally:
        alone.close()
        cached.close()


def test_the_server_says_the_likeliest_letter_too(runner: Any, path: Path, plain: Any) -> None:
    if decisions_server.missing():
        pytest.skip(decisions_server.missing())
    cases = Village(runner, 2, SMALL).round(1)
    endings = [tuple(runner.tokens(f" {letter}")) for letter in LETTERS]
    server = decisions_server.Server(path, ONE, 2, longest=256, letters=[e[0] for e in endings])
    try:
        for letter, case in zip(server.lettered(cases), cases, strict=True):
            scores = plain(case.listed, endings)
            assert scores[letter] >= max(scores) - 0.3
        assert server.cpu > 0
    finally:
        server.close()


def test_the_time_of_a_round_is_told_by_what_is_called(runner: Any) -> None:
    shares = shares_of_time(Ours(runner, 64 << 20), Village(runner, 2, SMALL).round(0))
    assert sum(shares.values()) == pytest.approx(1, abs=0.02)
    assert shares["decode"] > 0.5


def test_all_is_in_the_report(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "LONGEST", 256)
    monkeypatch.setattr(decisions_texts, "OPTIONS", 8)
    monkeypatch.setattr(decisions, "MEMORY", 256 << 20)
    said: list[str] = []
    part = decisions.bench(
        path, 2, 1, threads=ONE, shape=SMALL, parts=(decisions.MARKED,), told=said.append
    )
    json.dumps(part)
    assert said
    assert {"scored", "lettered", "ceiling", "llama", "llama_cached"} <= {*part["per_second"]}
    assert part["vs_llama"] > 0
    assert part["vs_llama_cached"] > 0
    least, most = part["spread"]["of_ceiling"]
    assert 0 < least <= part["of_ceiling"] <= most
    assert (part["vs_xllamacpp"] is None) == bool(part["skipped"])
    assert part["fingerprint"].endswith(f"/streams/{SCORING}")
    assert "of the ceiling" in "\n".join(decisions.lines(part))


def test_the_short_shape_differs_in_its_own_part_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: list[Shape] = []
    monkeypatch.setattr(decisions, "_against_others", lambda *given: shapes.append(given[-1]) or {})
    found = decisions.bench(path, 2, 1, threads=ONE, parts=(decisions.MARKED, decisions.SHORT))
    assert found["short"] == {}
    assert shapes == [Shape(), dataclasses.replace(Shape(), own=35)]


def test_a_part_can_be_measured_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions_texts, "OPTIONS", 8)
    monkeypatch.setattr(decisions, "MEMORY", 256 << 20)
    found = decisions.bench(
        path, 2, 1, threads=ONE, sizes=(1, 2), shape=SMALL, parts=(decisions.BY_SIZE,)
    )
    assert "vs_llama" not in found
    assert found["cost_256_over_16"] > 0
    assert found["cost"]["small"] == 1
    assert "cost of a decision, 2 NPCs over 1" in "\n".join(decisions.lines(found))


def test_without_the_server_its_key_is_null_and_the_report_says_why() -> None:
    side = Side(2, 1, 0, (4.0, 8.0), (4.0, 8.0))
    fast = Side(2, 1, 0, (1.0, 2.0), (1.0, 2.0))
    sides = {"scored": fast, "lettered": fast, "ceiling": fast, "llama": side, "llama_cached": side}
    found = decisions._compared(Measured(sides), [])
    assert found["vs_xllamacpp"] is None
    assert found["vs_llama"] == 4.0
    assert found["of_ceiling"] == 1.0
    both = Measured(sides | {"xllamacpp": side})
    beside = decisions._compared(both, [3e-9, 3e-9])
    assert beside["vs_xllamacpp"] == 4.0
    assert beside["per_second"]["xllamacpp"]["cpu_ms"] == 1.5e-6


def test_a_letter_is_a_letter() -> None:
    assert letter_of(" C") == 2
    for text in ("", "AB", "E"):
        with pytest.raises(BadReply):
            letter_of(text)


def test_the_command_takes_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    from npcsim.cli import app

    called: list[Any] = []

    def main(*told: Any) -> int:
        called.append(told)
        return 0

    monkeypatch.setattr(decisions, "main", main)
    done = CliRunner().invoke(app, ["bench", "decisions", "--npcs", "8", "--rounds", "2", "--json"])
    assert done.exit_code == 0
    assert called == [("bundled", 8, 2, True, "")]
    assert CliRunner().invoke(app, ["bench", "decisions", "--part", "long"]).exit_code == 2


@pytest.fixture(scope="module")
def plain(path: Path) -> Iterator[Any]:
    """log P of each ending after a prompt, by llama-cpp-python alone: -> one float each."""
    llama_cpp = pytest.importorskip("llama_cpp")
    llama = llama_cpp.Llama(
        str(path), n_ctx=256, n_batch=256, n_threads=ONE, n_threads_batch=ONE,
        logits_all=True, verbose=False,
    )  # fmt: skip

    def scores(prompt: Any, endings: Any) -> list[float]:
        llama.reset()
        llama.eval(list(prompt))
        found = []
        for ending in endings:
            llama.n_tokens = len(prompt)
            llama.eval(list(ending))
            total = 0.0
            for at, token in enumerate(ending, len(prompt) - 1):
                logits = llama.scores[at].astype(np.float64)
                total += float(logits[token] - np.logaddexp.reduce(logits))
            found.append(total)
        return found

    yield scores
    llama.close()


def _softmax(scores: list[float]) -> list[float]:
    weights = [math.exp((score - max(scores)) / TEMPERATURE) for score in scores]
    return [weight / sum(weights) for weight in weights]
