"""One kept run for all tests of the window."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from npcsim.assembly.build import read
from npcsim.assembly.code.finding import find_scenario
from npcsim.assembly.runs.session import open_session

TICKS = 240


async def _lived(out: Path, seed: int) -> Path:
    settings = ["log.snapshot=5 min", f"seed={seed}"]
    built = read(find_scenario("03_village_morning"), settings)
    session = await open_session(built, models={}, out=out, ticks=TICKS)
    async for _ in session.simulation:
        continue
    session.finish()
    await session.close()
    assert session.folder is not None
    return session.folder


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A village, models off, with snapshots now and then."""
    return asyncio.run(_lived(tmp_path_factory.mktemp("runs"), 1))


@pytest.fixture(scope="session")
def other_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same village under another seed."""
    return asyncio.run(_lived(tmp_path_factory.mktemp("runs"), 2))
