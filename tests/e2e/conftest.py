"""Runs that many tests look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from npcsim.models.local.bundled import bundled_model_path
from tests.e2e.shell import begin, ended, live


@dataclass(frozen=True, slots=True)
class Morning:
    """A run of the village morning on the bundled model: its summary and its folder."""

    summary: dict[str, Any]
    folder: Path


TICKS = 24
MORNING = ("run", "03_village_morning", "--json", "--ticks", str(TICKS))
"""The short morning. What two processes make of it must be the same."""


@pytest.fixture(scope="session")
def local_tier() -> None:
    """Skips what needs the extra `local` where it isn't installed."""
    pytest.importorskip("llama_cpp", reason="needs the extra `local`")
    if bundled_model_path() is None:
        pytest.skip("needs the bundled model of the extra `local`")


@pytest.fixture(scope="session")
def morning(local_tier: None, tmp_path_factory: pytest.TempPathFactory) -> Morning:
    """A short morning on the bundled model, run as a command in a process of its own."""
    out = tmp_path_factory.mktemp("morning")
    env = {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}
    summary = ended(begin(*MORNING, "--out", out, env=env)).last
    return Morning(summary, Path(summary["run"]))


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario of three with minds: for what needs a model, and no more of it than that."""
    path = tmp_path_factory.mktemp("few") / "few.yaml"
    path.write_text(
        "scenario: few\nuses: oakvale\n"
        'clock: {tick: 5 s, start: "06:00", end: "12:00"}\nthink: {local: 10 s, rest: 1 min}\n'
        "npcs:\n"
        "  Mara: {is: baker, at: bakery, home: bakery}\n"
        "  Tom: {is: smith, at: smithy, home: smithy}\n"
        "  Finn: {is: fisher, at: brook_cottage, home: brook_cottage}\n"
        "events:\n"
        '  - {at: "06:02", signal: bell, place: market, loudness: 90, content: The bell rings}\n'
    )
    return path


@pytest.fixture(scope="session")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> Morning:
    """A short morning on reflexes alone."""
    out = tmp_path_factory.mktemp("bodies")
    summary = live("03_village_morning", out, "--ticks", 80, "--models", "off")
    return Morning(summary, Path(summary["run"]))
