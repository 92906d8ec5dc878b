"""The bench of embeddings: what its pairs are, and what it makes of an embedder."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from npcsim.bench import embeddings
from npcsim.cli import app
from tests.models.embedding.meanings import Meanings


def test_pairs_with_another_need_have_the_same_options() -> None:
    found = embeddings.pairs()
    kinds = [pair.kind for pair in found]
    assert {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} == {
        "same": 42, "other": 66, "same_held_out": 20, "other_held_out": 32, "needs": 130,
        "items": 64389,
    }  # fmt: skip
    for pair in found:
        if pair.kind == "needs":
            assert pair.one.options == pair.other.options
            assert pair.one.situation != pair.other.situation


def test_the_command_prints_shares_and_times(monkeypatch: pytest.MonkeyPatch) -> None:
    some = [pair for pair in embeddings.pairs() if pair.kind != "items"]
    monkeypatch.setattr(embeddings, "pairs", lambda: some)
    monkeypatch.setattr(embeddings, "MiniLM", lambda: Meanings({}, size=4096))
    done = CliRunner().invoke(app, ["bench", "embeddings", "--json"])
    said = json.loads(done.output)
    assert said["same_bits_in_company"]
    assert said["ms_median"] >= 0  # such an embedder takes hardly any time
    assert said["hits"]["whole"]["same"]["0.95"] == 0
    assert said["hits"]["sentences"]["needs"]["0.7"] == 0
    assert "ms a sentence" in CliRunner().invoke(app, ["bench", "embeddings"]).output
