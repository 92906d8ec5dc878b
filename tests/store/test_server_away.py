"""A server that goes away and comes back: no tick is lost, and none is written twice."""

from __future__ import annotations

import random
import signal
import threading
import time
from itertools import count

import pytest
import sqlalchemy as sa

from npcsim.errors import OutOfReach, StoreError
from npcsim.store import addresses, line, server
from npcsim.store.run_store import Run, RunWriter
from tests.postgres import Server
from tests.store.samples import CALLS, quick_tick
from tests.store.test_failure import run_script


def whole(path: str, ticks: int) -> None:
    """Every tick is there once, and the chains are sound."""
    with Run.open(path) as run:
        assert [event.tick for event in run.events()] == [t for t in range(ticks) for _ in range(3)]
        assert [kept.tick for kept in run.calls()] == [t for t in range(0, ticks, 7) for _ in CALLS]
        assert run.snapshots() == list(range(0, ticks, 10))
        assert (run.state, run.summary) == ("finished", {})


def write(writer: RunWriter, ticks: range) -> None:
    for tick in ticks:
        writer.write_tick(tick, quick_tick(tick), CALLS if tick % 7 == 0 else ())
        if tick % 10 == 0:
            writer.write_snapshot(tick, b"snapshot")


def cut(url: str) -> None:
    """End every connection to the server but this one's."""
    engine = server.engine_at(addresses.address(url), pooled=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND application_name = 'npcsim'"
        )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_server_restarted_under_load_loses_and_doubles_nothing(
    own_server: Server, postgres: str, how: signal.Signals
) -> None:
    url = postgres if str(own_server.folder) in postgres else own_server.url
    restarted = threading.Event()

    def restart() -> None:
        own_server.stop(how)
        own_server.start()
        restarted.set()

    with RunWriter.begin(url, "town", bundle=b"") as writer:
        write(writer, range(40))
        thread = threading.Thread(target=restart)
        thread.start()
        ticks = 40
        for tick in count(40):
            # The world goes on meanwhile, up to the queue's length.
            write(writer, range(tick, tick + 1))
            ticks = tick + 1
            if restarted.is_set() and ticks > 80:
                break
        thread.join()
        writer.finish({})
    whole(writer.path, ticks)


def test_connections_cut_at_any_moment_cost_nothing(postgres: str) -> None:
    dice = random.Random(3)
    with RunWriter.begin(postgres, "town", bundle=b"") as writer:
        tick = 0
        for _ in range(12):
            more = dice.randrange(1, 30)
            write(writer, range(tick, tick + more))
            tick += more
            if dice.random() < 0.3:
                writer.flush()
            cut(postgres)
        writer.finish({})
    whole(writer.path, tick)


def lost() -> sa.exc.OperationalError:
    """What the driver says when the server has closed the connection."""
    import psycopg

    closed = psycopg.OperationalError("server closed the connection unexpectedly")
    return sa.exc.OperationalError("COMMIT", {}, closed, connection_invalidated=True)


@pytest.mark.parametrize("answer_only", [True, False])
def test_a_commit_whose_answer_was_lost_is_looked_up_before_it_is_repeated(
    postgres: str, monkeypatch: pytest.MonkeyPatch, answer_only: bool
) -> None:
    commit, left = sa.Connection.commit, [3, 3, 3]

    def unanswered(self: sa.Connection) -> None:
        if threading.current_thread().name == "npcsim-store" and left:
            left[-1] -= 1
            if left[-1] == 0:
                left.pop()
                if answer_only:
                    commit(self)
                else:
                    self.rollback()
                raise lost()
        commit(self)

    monkeypatch.setattr(sa.Connection, "commit", unanswered)
    with RunWriter.begin(postgres, "town", bundle=b"") as writer:
        for tick in range(20):
            write(writer, range(tick, tick + 1))
            writer.flush()
        writer.finish({})
    assert left == []
    whole(writer.path, 20)


def test_the_end_is_written_over_a_new_connection_too(postgres: str) -> None:
    with RunWriter.begin(postgres, "town", bundle=b"") as writer:
        write(writer, range(5))
        writer.flush()
        cut(postgres)
        writer.finish({})
    whole(writer.path, 5)


def test_a_server_away_for_too_long_ends_the_run_which_can_be_taken_up(
    postgres: str, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres if str(own_server.folder) in postgres else own_server.url
    monkeypatch.setattr(line, "PATIENCE_SECONDS", 0.3)
    with RunWriter.begin(url, "town", bundle=b"") as writer:
        write(writer, range(5))
        writer.flush()
        own_server.stop()
        try:
            write(writer, range(5, 8))
            with pytest.raises(OutOfReach) as told:
                writer.flush()
        finally:
            own_server.start()
    assert "not to be had again for 0.3 s" in str(told.value)
    assert str(told.value).endswith("ticks up to 4 are safe")
    with RunWriter.reopen(writer.path) as again:
        write(again, range(5, 8))
        again.finish({})
    whole(writer.path, 8)


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM events WHERE tick = 4", "UPDATE events SET chain = 'x' WHERE tick = 4"],
)
def test_a_log_that_is_not_as_it_was_left_is_not_written_on(postgres: str, change: str) -> None:
    with RunWriter.begin(postgres, "town", bundle=b"") as writer:
        write(writer, range(5))
        writer.flush()
        engine = server.engine_at(addresses.address(postgres), pooled=False)
        with engine.begin() as connection:
            connection.exec_driver_sql(change)
        cut(postgres)
        write(writer, range(5, 6))
        with pytest.raises(OutOfReach, match="does not end as it was left: somebody else wrote"):
            writer.flush()


def test_a_writer_that_was_cut_off_takes_its_run_back(postgres: str) -> None:
    where = addresses.address(postgres)
    engine = server.engine_at(where, pooled=False)
    with engine.connect() as forgotten, engine.connect() as new:
        server.claim(forgotten, where.schema, 1, "town")
        was = server.backend_of(forgotten)
        with pytest.raises(StoreError, match="town is locked by another program"):
            server.claim(new, where.schema, 1, "town")
        server.end(new, was)
        until = time.monotonic() + 60
        while True:
            try:
                server.claim(new, where.schema, 1, "town")
                break
            except server.Locked:  # ending takes the server a moment
                assert time.monotonic() < until
                time.sleep(0.05)
        # Another process of that number, begun at another time, is left alone.
        server.end(new, server.Backend(server.backend_of(new).pid, was.since))
        assert new.exec_driver_sql("SELECT 1").scalar_one() == 1
        forgotten.invalidate()


def test_waiting_grows_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(line.time, "monotonic", lambda: now[0])

    def slept() -> list[float]:
        found = []
        for wait in line.waits(10.0):
            found.append(wait)
            now[0] += wait
        return found

    waits = slept()
    assert waits[:3] == [0.05, 0.1, 0.2]
    assert max(waits) == line.LONGEST_WAIT_SECONDS
    assert sum(waits) == pytest.approx(10.0)


WRITER = """
import sys
from npcsim.store.run_store import RunWriter
from tests.store.samples import quick_tick
writer = RunWriter.begin(sys.argv[1], "town", bundle=b"", every=int(sys.argv[2]))
for tick in range(100_000):
    writer.write_tick(tick, quick_tick(tick, 50))
    print(writer.acknowledged, flush=True)
"""


@pytest.mark.parametrize(("after_lines", "every"), [(3, 1), (90, 1), (150, 7)])
def test_a_killed_writer_loses_no_acknowledged_tick(
    postgres: str, after_lines: int, every: int
) -> None:
    with run_script(WRITER, postgres, str(every)) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(after_lines)]
        time.sleep(random.Random(after_lines).random() / 50)
        process.kill()
        lines += process.stdout.readlines()
    said = [int(each) for each in lines if each.endswith("\n")]
    path = f"{postgres}#town-1"
    until = time.monotonic() + 60
    while True:
        try:
            writer = RunWriter.reopen(path)
            break
        except StoreError:  # the server has to notice that nobody is there any more
            assert time.monotonic() < until
            time.sleep(0.05)
    with Run.open(path) as run:
        last = run.last_tick
        assert run.state == "running"
        assert last >= max(said)
        assert [e.tick for e in run.events()] == [t for t in range(last + 1) for _ in range(3)]
    with writer:
        writer.write_tick(last + 1, quick_tick(last + 1))
        writer.finish({})
    with Run.open(path) as run:
        assert len(list(run.events())) == 3 * (last + 2)
