"""One sweep that several tests read."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim.experiments.sweep import sweep
from tests.experiments.designs import design


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole sweep, two cells of two seeds."""
    folder = tmp_path_factory.mktemp("sweep")
    sweep(design(folder), out=folder / "out", processes=2)
    return folder / "out"
