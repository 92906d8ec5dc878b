"""A disk that fills up, or that may not be written to any more, at random points of a run.

It ends with one line that says so, nothing that was acknowledged is lost, and once there is room it
goes on as if there had always been.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import npcsim as door
from npcsim.assembly.build import read
from npcsim.assembly.runs.headless import to_the_end
from npcsim.assembly.runs.session import open_session
from npcsim.errors import StoreError
from npcsim.sim.loop import Tick
from npcsim.store.run_store import Run
from tests.e2e.hamlets import SLOW, written
from tests.e2e.shell import npcsim

SAME = ("state_hash", "ticks", "thoughts", "by_tier", "cost_usd", "effects")
POINTS = pytest.mark.parametrize("points", [5, pytest.param(50, marks=pytest.mark.soak)])


LONG = {**SLOW, "clock": {"tick": "5 s", "start": "06:00", "end": "06:15"}}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("hamlets"), **LONG)


@pytest.fixture(scope="module")
def whole(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run with all the room there is."""
    folder, _, _ = lived(file, tmp_path_factory.mktemp("whole"))
    return Run.open(folder)


def lived(
    file: Path, out: Path | str, tell: Callable[[Tick], object] = lambda tick: None
) -> tuple[str, int, str]:
    """-> what opens the run, the last tick that was acknowledged, and why it ended before its end.

    Raises StoreError.
    """
    known: list[Any] = []
    why = ""

    async def live() -> None:
        session = await open_session(read(file), out=out)
        known.extend([session.path, session.writer])
        await to_the_end(session, tell)

    try:
        asyncio.run(live())
    except StoreError as error:
        if not known:
            raise
        why = str(error)
        with pytest.raises(StoreError):  # whoever asks again is told again
            known[1].flush()
    return known[0], known[1].acknowledged, why


@contextmanager
def listening(name: str, listener: Callable[..., None]) -> Iterator[None]:
    sa.event.listen(sa.Engine, name, listener)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, name, listener)


def goes_on(folder: Path | str, acknowledged: int, whole: Run) -> None:
    """What is left is whole as far as it goes, and goes on to the same end."""
    run = Run.open(folder)
    assert run.last_tick >= acknowledged
    assert run.state == "running"
    assert dict(run.hashes()).items() <= dict(whole.hashes()).items()
    if run.last_tick < 0:
        with pytest.raises(StoreError, match="cut off before it began"):
            door.resume(folder)
        return
    if run.last_tick < whole.last_tick:
        run = door.resume(folder)
        assert run.summary is not None
        assert whole.summary is not None
        for name in SAME:
            assert run.summary[name] == whole.summary[name], name
    assert list(run.hashes()) == list(whole.hashes())


@POINTS
def test_a_full_disk(
    file: Path, whole: Run, tmp_path: Path, points: int, figures: Callable[[str], None]
) -> None:
    chance = random.Random(points)
    pages = (Path(whole.path) / "run.db").stat().st_size // 4096
    stopped = 0
    for number in range(points):
        room = chance.randrange(pages // 3, pages - 4)

        def limit(raw: Any, _: object, room: int = room) -> None:
            raw.cursor().execute(f"PRAGMA max_page_count={room}")

        with listening("connect", limit):
            folder, acknowledged, _ = lived(file, tmp_path / str(number))
        stopped += acknowledged < whole.last_tick
        goes_on(folder, acknowledged, whole)
    assert stopped >= points // 2
    figures(f"a full disk at {points} points: {stopped} stopped, all resumed, ends equal")


@POINTS
def test_a_disk_that_may_not_be_written_to_any_more(
    file: Path, whole: Run, tmp_path: Path, points: int, figures: Callable[[str], None]
) -> None:
    chance = random.Random(points + 1)
    for number in range(points):
        left = [chance.randrange(1, 8)]

        def turn(_c: Any, cursor: Any, statement: str, *_: Any, left: list[int] = left) -> None:
            left[0] -= statement.startswith("INSERT INTO events")
            if left[0] == 0:
                cursor.connection.execute("PRAGMA query_only=ON").close()

        with listening("after_cursor_execute", turn):
            folder, acknowledged, _ = lived(file, tmp_path / str(number))
        goes_on(folder, acknowledged, whole)
    figures(f"a disk turned read-only at {points} points: all resumed, ends equal")


def test_the_command_says_so_in_one_line(file: Path, whole: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(Path(whole.path) / "run.db")) as kept:
        (pages,) = kept.execute("PRAGMA page_count").fetchone()

    def limit(raw: Any, _: object) -> None:
        raw.cursor().execute(f"PRAGMA max_page_count={pages * 3 // 4}")

    with listening("connect", limit):
        said = npcsim("run", file, "--out", tmp_path, "--json", code=1)
    *_, line = said.err.splitlines()
    assert line.startswith("npcsim: can't go on writing ")
    assert "the disk is full; ticks up to " in line
    assert "Traceback" not in said.err
    assert Run.open(tmp_path / "hamlets-1").state == "running"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A file system of so many KiB, real and full when it is full."""
    disks: list[Path] = []

    def mounted(size: int) -> Path:
        disk = tmp_path / f"disk-{len(disks)}"
        disk.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(disk)]
        if os.name != "posix" or shutil.which("mount") is None:
            pytest.skip("needs a system that can mount a file system in memory")
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("needs the right to mount a file system in memory")
        disks.append(disk)
        return disk

    yield mounted
    for disk in disks:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@POINTS
def test_a_file_system_that_is_full(
    file: Path,
    whole: Run,
    small_disk: Callable[[int], Path],
    tmp_path: Path,
    points: int,
    figures: Callable[[str], None],
) -> None:
    """No room in the write-ahead log, its index, or where both are merged."""
    chance = random.Random(points + 2)
    stopped, unbegun = 0, list[str]()
    for number in range(points):
        disk = small_disk(chance.randrange(100, 400))
        try:
            folder, acknowledged, _ = lived(file, disk)
        except StoreError as none:  # there was not even room to begin
            unbegun.append(str(none))
            continue
        stopped += acknowledged < whole.last_tick
        roomy = Path(shutil.copytree(folder, tmp_path / f"roomy-{number}"))
        goes_on(roomy, acknowledged, whole)
    assert stopped
    figures(
        f"a full file system, {points} sizes: {stopped} stopped, {len(unbegun)} could not begin; "
        "all others resumed, ends equal"
    )
    assert all("can't begin a run" in one or "can't make a run" in one for one in unbegun)


def test_a_read_only_file_system_is_read_and_never_gone_on_in(
    whole: Run, small_disk: Callable[[int], Path]
) -> None:
    disk = small_disk(8_000)
    folder = Path(shutil.copytree(whole.path, disk / "run"))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert dict(Run.open(folder).hashes()) == dict(whole.hashes())
    said = npcsim("resume", folder, "--ticks", 5, code=1)
    assert len(said.err.splitlines()) == 1
    assert "readonly" in said.err or "read-only" in said.err
    said = npcsim("fork", folder, "--at", 9, "--out", disk / "forks", code=1)
    assert "can't make a run in" in said.err
