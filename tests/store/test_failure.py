"""When writing fails or the process dies, every acknowledged tick is there."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from npcsim.errors import StoreError
from npcsim.events import Drifted
from npcsim.store import handover
from npcsim.store.run_store import Run, RunWriter, new_run_folder
from tests.store.samples import quick_tick
from tests.store.test_damage import nobody

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from pathlib import Path
from npcsim.store.run_store import RunWriter
from tests.store.samples import quick_tick
writer = RunWriter.create(Path(sys.argv[1]), None, name="k", bundle=b"", every=int(sys.argv[2]))
for tick in range(100_000):
    writer.write_tick(tick, quick_tick(tick, 500))
    print(writer.acknowledged, flush=True)
"""

FULL = """
import resource, sys
from pathlib import Path
from npcsim.errors import StoreError
from npcsim.store.run_store import RunWriter
from tests.store.samples import quick_tick
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
writer = RunWriter.create(Path(sys.argv[1]), None, name="k", bundle=b"")
try:
    for tick in range(100_000):
        writer.write_tick(tick, quick_tick(tick, 100))
        if tick % 10 == 0:
            writer.flush()
except StoreError as error:
    print(writer.acknowledged, error)
    writer.close()
"""


def run_script(script: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *args], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(("after_lines", "every"), [(3, 1), (150, 7)])
def test_a_killed_writer_loses_no_acknowledged_tick(
    tmp_path: Path, after_lines: int, every: int
) -> None:
    with run_script(WRITER, str(tmp_path / "run"), str(every)) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(after_lines)]
        time.sleep(random.Random(after_lines).random() / 50)
        process.kill()
        lines += process.stdout.readlines()
    said = [int(line) for line in lines if line.endswith("\n")]
    run = Run.open(tmp_path / "run")
    kept = list(run.events())
    assert run.state == "running"
    assert run.last_tick >= max(said)
    # Whole ticks, none missing, nothing after the last.
    assert [event.tick for event in kept] == [t for t in range(run.last_tick + 1) for _ in range(3)]
    assert process.returncode in (-signal.SIGKILL, 1)


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Every SQLite file made meanwhile may have 60 pages."""

    def limit(raw: sa.pool.base.DBAPIConnection, _: object) -> None:
        raw.cursor().execute("PRAGMA max_page_count=60")

    sa.event.listen(sa.Engine, "connect", limit)
    yield
    sa.event.remove(sa.Engine, "connect", limit)


def write_on(writer: RunWriter) -> None:
    for tick in range(10_000):
        writer.write_tick(tick, quick_tick(tick, 100))
        if tick % 10 == 0:
            writer.flush()


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_stops_the_run_and_keeps_its_ticks(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path / "run", None, name="full", bundle=b"")
    with pytest.raises(StoreError, match="the disk is full; ticks up to") as told:
        write_on(writer)
    assert "\n" not in str(told.value)
    for again in (writer.flush, lambda: writer.finish({}), lambda: writer.write_tick(10_000, [])):
        with pytest.raises(StoreError, match="the disk is full"):
            again()
    writer.close()
    run = Run.open(tmp_path / "run")
    assert run.last_tick == writer.acknowledged > 5
    assert len(list(run.events())) == 3 * (run.last_tick + 1)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on a file's size")
def test_a_file_that_may_not_grow_stops_the_run_and_keeps_its_ticks(tmp_path: Path) -> None:
    with run_script(FULL, str(tmp_path / "run")) as process:
        told = process.communicate(timeout=30)[0]
    acknowledged, _, text = told.partition(" ")
    assert "can't go on writing" in text
    assert "I/O error" in text or "full" in text
    run = Run.open(tmp_path / "run")
    assert run.last_tick == int(acknowledged) > 0
    assert len(list(run.events())) == 3 * (run.last_tick + 1)


def test_what_breaks_in_the_thread_is_raised_in_the_loop(tmp_path: Path) -> None:
    with RunWriter.create(tmp_path / "run", None, name="n", bundle=b"") as writer:
        writer.write_tick(0, quick_tick(0))
        writer.flush()
        writer.write_tick(1, [Drifted(1, object())])  # type: ignore[arg-type]
        with pytest.raises(StoreError, match=r"TypeError: .*; ticks up to 0 are safe") as told:
            writer.flush()
        assert isinstance(told.value.__cause__, TypeError)
    assert Run.open(tmp_path / "run").last_tick == 0


async def test_waiting_for_room_ends_when_the_writer_fails(tmp_path: Path) -> None:
    gate = threading.Event()

    def broken() -> bytes:
        gate.wait(10)
        raise RuntimeError("no room in memory")

    with RunWriter.create(tmp_path / "run", None, name="n", bundle=b"") as writer:
        writer.write_snapshot(0, broken)
        for tick in range(handover.MOST_ITEMS - 1):
            writer.write_tick(tick, quick_tick(tick))
        waiting = asyncio.create_task(writer.drained())
        await asyncio.sleep(0.02)
        gate.set()
        with pytest.raises(
            StoreError, match=r"RuntimeError: no room in memory; no tick was written"
        ):
            await waiting


def test_a_run_is_never_written_over(tmp_path: Path) -> None:
    RunWriter.create(tmp_path / "run", None, name="n", bundle=b"").close()
    with pytest.raises(StoreError, match="a run is never written over"):
        RunWriter.create(tmp_path / "run", None, name="n", bundle=b"")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no read-only folders of this kind")
def test_where_nothing_may_be_written_one_line_says_so() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        with nobody():
            with pytest.raises(StoreError, match=r"can't make a run in .*: Permission denied"):
                RunWriter.create(folder, None, name="n", bundle=b"")
            with pytest.raises(StoreError, match=r"can't make a run in .*: Permission denied"):
                new_run_folder(folder, "village")
        folder.chmod(0o755)
