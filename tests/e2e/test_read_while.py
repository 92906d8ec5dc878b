"""Reading a run that is still being written, and one that is taken away meanwhile."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from npcsim.assembly.build import read
from npcsim.assembly.runs.session import Session, open_session
from npcsim.errors import StoreError
from npcsim.store.run_store import Run
from tests.e2e.hamlets import SLOW, written
from tests.e2e.shell import npcsim

COMMANDS = {
    "report": ("report", "{run}"),
    "page": ("report", "{run}", "--html", "{out}/page.html"),
    "explain": ("explain", "{run}", "Ada"),
    "diff": ("diff", "{run}", "{run}"),
    "methods": ("methods", "{run}"),
    "export": ("runs", "export", "{run}", "{out}/run.npcrun"),
    "show": ("runs", "show", "{run}"),
    "rebuild": ("replay", "{run}", "--rebuild"),
    "replay": ("replay", "{run}"),
    "fork": ("fork", "{run}", "--at", "9", "--out", "{out}"),
    "watch": ("watch", "{run}", "--shot", "{out}/shot.png", "--at", "9"),
}
"""What reads a run."""
STEPS = 30


def command(name: str, run: Path, out: Path) -> list[str]:
    return [word.format(run=run, out=out) for word in COMMANDS[name]]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session in the middle of its run, whose log is open."""
    folder = tmp_path_factory.mktemp("live")
    loop = asyncio.new_event_loop()
    session = loop.run_until_complete(open_session(read(written(folder, **SLOW)), out=folder))

    async def some() -> None:
        for _ in range(STEPS):
            await session.simulation.step()

    loop.run_until_complete(some())
    assert session.writer is not None
    session.writer.flush()
    yield session
    loop.run_until_complete(some())  # nobody who read has hindered it
    assert session.finish()["ticks"] == 2 * STEPS
    loop.run_until_complete(session.close())
    loop.close()


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_there_by_now_is_read(name: str, live: Session, tmp_path: Path) -> None:
    assert live.folder is not None
    with Run.open(live.folder) as run:
        assert (run.state, run.last_tick, run.summary) == ("running", STEPS, None)
    said = npcsim(*command(name, live.folder, tmp_path))
    if name == "replay":
        assert said.out.startswith(f"{STEPS} ticks replayed")
    if name == "watch":
        assert (tmp_path / "shot.png").stat().st_size > 500


def test_it_is_gone_on_with_by_nobody_else(live: Session) -> None:
    said = npcsim("resume", str(live.folder), code=1)
    assert "locked by another program" in said.err


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    npcsim("run", written(folder, **SLOW), "--out", folder, "--json")
    return folder / "hamlets-1"


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("after", [1, 4])
def test_taken_away_meanwhile_one_line_says_so(
    name: str, after: int, kept: Path, tmp_path: Path
) -> None:
    run, left = Path(shutil.copytree(kept, tmp_path / "run")), [after]

    def taken(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            shutil.rmtree(run)

    sa.event.listen(sa.Engine, "connect", taken)
    try:
        said = npcsim(*command(name, run, tmp_path), code=None)
    finally:
        sa.event.remove(sa.Engine, "connect", taken)
    if left[0] > 0:
        assert said.code == 0  # it had read all it needs by then
        return
    assert said.code == 1, said.out
    *_, line = said.err.splitlines()
    assert line.startswith("npcsim: ")
    assert str(run) in line
    assert "Traceback" not in said.err
    assert not [one for one in tmp_path.iterdir() if one.suffix in (".npcrun", ".part")]


def test_half_read_it_says_so_and_never_less(kept: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(kept, tmp_path / "run"))
    run = Run.open(folder)
    events = run.events()
    next(events)
    shutil.rmtree(folder)
    with pytest.raises(StoreError, match=r"run is gone, or can't be opened"):
        list(events)
