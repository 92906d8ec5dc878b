"""`npcsim bench sweep` lives what it says, both ways, and compares hashes."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from npcsim.bench import sweeps
from npcsim.cli import app


def test_runs_in_processes_of_their_own_are_the_same_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "RUNS", 2)

    shown = CliRunner().invoke(
        app, ["bench", "sweep", "--part", "apart", "--rounds", "1", "--json"]
    )

    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    assert found["equal"] is True
    assert found["apart"]["least"] == found["apart"]["most"] > 0
    assert "together" not in found


def test_a_part_that_is_not_there_is_named() -> None:
    shown = CliRunner().invoke(app, ["bench", "sweep", "--part", "aside"])

    assert shown.exit_code == 2
    assert "there is no part 'aside'; there are: apart, together" in " ".join(
        shown.output.replace("│", " ").split()
    )
