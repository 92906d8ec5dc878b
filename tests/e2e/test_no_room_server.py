"""A server that has no room left, or takes nothing any more, at random points of a run.

As with a disk of one's own (`test_no_room.py`): a typed error, nothing acknowledged is lost, and
once
there is room it goes on as if there had always been.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from npcsim.sim.loop import Tick
from npcsim.store import addresses
from npcsim.store.run_store import Run, RunWriter
from tests.e2e.test_no_room import POINTS, goes_on, lived
from tests.e2e.test_no_room import file as file
from tests.e2e.test_no_room import whole as whole
from tests.postgres import backends, called, limit, plain

SEGMENT = 1 << 20
"""The size of a file of the server's own log: a smaller limit would stop all of it."""
TICKS = 150


@pytest.fixture
def crowded(own_postgres: str) -> str:
    """A server whose table of events is longer than any other file in it, and has no gaps."""
    RunWriter.begin(own_postgres, "other", bundle=b"").close()
    with psycopg.connect(plain(own_postgres)) as connection:
        into = f"{addresses.address(own_postgres).schema}.events"
        rows = "SELECT 1, n, n, '', '', '', '' FROM generate_series(1, 25000) AS n"
        connection.execute(f"INSERT INTO {into} {rows}".encode())
    assert size(own_postgres) > SEGMENT
    return own_postgres


def size(url: str) -> int:
    """Bytes of the table of events."""
    schema = addresses.address(url).schema
    with psycopg.connect(plain(url)) as connection:
        row = connection.execute(f"SELECT pg_relation_size('{schema}.events')".encode()).fetchone()
    assert row is not None
    return int(row[0])


def at_tick(number: int, then: Callable[[], object]) -> Callable[[Tick], None]:
    def tell(tick: Tick) -> None:
        if tick.number == number:
            then()

    return tell


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit, of Linux")
@POINTS
def test_a_server_without_room(
    file: Path, whole: Run, crowded: str, points: int, figures: Callable[[str], None]
) -> None:
    """The process that serves the writer may make the table of events no longer than so."""
    chance, stopped = random.Random(points + 3), 0
    for number in range(points):
        name = f"writer_{number}"
        more = chance.randrange(3) * 8192 + chance.choice([0, 100])

        def full(name: str = name, more: int = more) -> None:
            most = size(crowded) + more
            for pid in backends(crowded, name):
                limit(pid, most)

        tell = at_tick(chance.randrange(TICKS), full)
        path, acknowledged, why = lived(file, called(crowded, name), tell)
        if acknowledged < whole.last_tick:
            stopped += 1
            assert "the server has no room left (could not extend file" in why
            assert acknowledged < 0 or why.endswith(f"; ticks up to {acknowledged} are safe")
            goes_on(path, acknowledged, whole)
    assert stopped >= points // 2
    figures(f"a server without room at {points} points: {stopped} stopped, all resumed, ends equal")


@pytest.fixture
def read_only(own_postgres: str) -> Iterator[Callable[[bool], None]]:
    """Have the server take nothing, as hosts of servers do before their disks are full."""

    def turn(on: bool) -> None:
        with psycopg.connect(plain(own_postgres), autocommit=True) as connection:
            how = "SET default_transaction_read_only = on" if on else "RESET ALL"
            connection.execute(f"ALTER SYSTEM {how}".encode())
            connection.execute("SELECT pg_reload_conf()")

    yield turn
    turn(False)


@POINTS
def test_a_server_that_may_not_be_written_to_any_more(
    file: Path,
    whole: Run,
    own_postgres: str,
    read_only: Callable[[bool], None],
    points: int,
    figures: Callable[[str], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    chance, stopped = random.Random(points + 4), 0
    for _ in range(points):
        tell = at_tick(chance.randrange(TICKS), lambda: read_only(True))
        path, acknowledged, why = lived(file, own_postgres, tell)
        read_only(False)
        if acknowledged < whole.last_tick:
            stopped += 1
            assert "in a read-only transaction" in why
            goes_on(path, acknowledged, whole)
    assert stopped >= points // 2
    assert not caplog.records  # the driver's own warnings would only say it once more
    figures(f"a server turned read-only at {points} points: {stopped} stopped, all resumed")
