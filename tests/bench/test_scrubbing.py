"""What `npcsim bench scrub` measures, in a size that takes no time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from npcsim.bench import scrubbing
from tests.e2e.shell import npcsim


def test_ticks_of_a_run_are_gone_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubbing, "OPENED", 4)
    npcsim("run", "03_village_morning", "--models", "off", "--ticks", 40, "--out", tmp_path)
    kept = tmp_path / "village_morning-1"
    found = json.loads(npcsim("bench", "scrub", "--run", kept, "--json").out)
    assert (found["ticks"], found["npcs"], found["opened"]) == (40, 12, 4)
    assert found["read_whole"]
    for name in ("reading_ms", "read_ms"):
        assert 0 < found[name]["p50"] <= found[name]["p95"] <= found[name]["max"]
    said = npcsim("bench", "scrub", "--run", kept).out
    assert said.startswith("4 ticks of 40 gone to, 12 NPCs: 95 % within ")
