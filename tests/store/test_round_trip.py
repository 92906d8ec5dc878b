"""What goes into a run comes out of it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from npcsim.errors import BrokenInvariant, StoreError
from npcsim.events import KINDS, Moved, RunEnded, pack
from npcsim.messages import request_key
from npcsim.store import handover
from npcsim.store.run_store import Run, RunWriter, new_run_folder
from tests.store.samples import CALLS, every_kind, make_run, quick_tick, same


def test_every_kind_of_event_comes_back(tmp_path: Path) -> None:
    made = [event for tick in range(3) for event in every_kind(tick)]
    run = Run.open(make_run(tmp_path / "run", 3, every_kind))
    assert {type(event).__name__ for event in made} == set(KINDS)
    kept = list(run.events())
    assert len(kept) == len(made)
    assert all(same(a, b) for a, b in zip(made, kept, strict=True))
    assert [packed for _, packed in run.packed()] == [pack(event) for event in made]


def test_what_a_run_says_of_itself(tmp_path: Path) -> None:
    run = Run.open(make_run(tmp_path / "run") / "run.db")
    assert (run.name, run.bundle, run.state) == ("sample", b"bundle", "finished")
    assert run.summary == {"ticks": 5}
    assert run.last_tick == 4
    assert run.created_utc.endswith("+00:00")
    assert run.snapshots() == [4]
    assert run.snapshot(4) == b"snapshot"
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["run.db"]


def test_kinds_and_ticks_are_chosen(tmp_path: Path) -> None:
    run = Run.open(make_run(tmp_path / "run", 300))
    assert [event.tick for event in run.events(kinds={"Drifted"}, start=7, stop=10)] == [7, 8, 9]
    assert list(run.hashes()) == [(tick, f"{tick:032x}") for tick in range(300)]
    assert list(run.hashes(298)) == [(298, f"{298:032x}"), (299, f"{299:032x}")]
    assert len(list(run.events())) == 900
    assert list(run.events(start=300)) == []
    full = Run.open(make_run(tmp_path / "full", 2, every_kind))
    kinds = [type(event).__name__ for event in full.inputs()]
    assert kinds == ["Landed", "Embedded", "TierChanged", "Given", "Resumed"] * 2


def test_model_calls_come_back_whole(tmp_path: Path) -> None:
    run = Run.open(make_run(tmp_path / "run"))
    kept = list(run.calls())
    assert [each.tick for each in kept] == [1, 1, 1]
    assert [each.call for each in kept[:2]] == list(CALLS[:2])
    assert kept[0].call.seconds == 0.125
    assert kept[2].call.answer is None
    assert kept[2].call.error == "TimedOut: \\ud800\\0"
    key = request_key("sha:2", CALLS[1].question)
    assert [each.call.thought for each in run.calls(key)] == ["t2"]


def test_a_tick_may_be_added_to_but_time_never_runs_back(tmp_path: Path) -> None:
    with RunWriter.create(tmp_path / "run", None, name="n", bundle=b"") as writer:
        writer.write_tick(3, quick_tick(3))
        writer.write_tick(3, [RunEnded(3, "end", "00")])
        with pytest.raises(BrokenInvariant, match="tick 2 was written after tick 3"):
            writer.write_tick(2, [])
        writer.finish({})
    assert [type(event).__name__ for event in Run.open(tmp_path / "run").events()] == [
        "Moved",
        "Drifted",
        "TickEnded",
        "RunEnded",
    ]


def test_following_a_run_that_is_being_written(tmp_path: Path) -> None:
    with RunWriter.create(tmp_path / "run", None, name="live", bundle=b"") as writer:
        writer.flush()
        run = Run.open(tmp_path / "run")
        assert (run.state, run.last_tick, run.tail(), run.summary) == ("running", -1, [], None)
        seen = []
        after = -1
        for tick in range(5):
            writer.write_tick(tick, quick_tick(tick))
            writer.flush(10)
            assert writer.acknowledged == tick
            while new := run.tail(after, limit=2):
                seen += [event for _, event in new]
                after = new[-1][0]
        writer.finish({"ok": True})
    assert [event.tick for event in seen] == [tick for tick in range(5) for _ in range(3)]
    assert (run.state, run.summary) == ("finished", {"ok": True})


def test_a_reader_that_stays_does_not_hinder_the_end(tmp_path: Path) -> None:
    with RunWriter.create(tmp_path / "run", None, name="live", bundle=b"") as writer:
        writer.write_tick(0, quick_tick(0))
        writer.flush()
        reader = sqlite3.connect(tmp_path / "run" / "run.db")
        rows = reader.execute("select * from events")
        assert rows.fetchone() is not None
        writer.finish({})
        reader.close()
    assert Run.open(tmp_path / "run").state == "finished"
    assert len(list(Run.open(tmp_path / "run").events())) == 3


def test_closing_without_an_end_keeps_all_ticks_and_says_running(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path / "run", None, name="n", bundle=b"", every=10)
    for tick in range(25):
        writer.write_tick(tick, quick_tick(tick))
    writer.close()
    writer.close()
    assert Run.open(tmp_path / "run").state == "running"
    assert Run.open(tmp_path / "run").last_tick == 24
    with pytest.raises(StoreError, match="the run is closed"):
        writer.write_tick(25, [])


@pytest.mark.parametrize("every", [10, 100])
def test_every_n_ticks_waits_for_n(tmp_path: Path, every: int) -> None:
    with RunWriter.create(tmp_path / "run", None, name="n", bundle=b"", every=every) as writer:
        for tick in range(every - 1):
            writer.write_tick(tick, quick_tick(tick))
        time.sleep(0.1)
        assert (writer.acknowledged, writer.waiting) == (-1, every - 1)
        writer.write_tick(every - 1, quick_tick(every - 1))
        until = time.monotonic() + 10
        while writer.waiting and time.monotonic() < until:
            time.sleep(0.005)
        assert (writer.acknowledged, writer.waiting) == (every - 1, 0)


async def test_a_full_queue_holds_the_loop_back(tmp_path: Path) -> None:
    gate = threading.Event()

    def slow() -> bytes:
        assert gate.wait(10)
        return b"late"

    with RunWriter.create(tmp_path / "run", None, name="n", bundle=b"") as writer:
        writer.write_snapshot(0, slow)
        await writer.drained()
        for tick in range(handover.MOST_ITEMS - 1):
            writer.write_tick(tick, quick_tick(tick))
        with pytest.raises(StoreError, match="not written within"):
            writer.flush(0.01)
        waiting = asyncio.create_task(writer.drained())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        gate.set()
        await waiting
        writer.write_tick(70, quick_tick(70))
        writer.finish({})
    assert Run.open(tmp_path / "run").snapshot(0) == b"late"


async def test_large_ticks_fill_the_queue_by_bytes(tmp_path: Path) -> None:
    gate = threading.Event()
    with RunWriter.create(tmp_path / "run", None, name="n", bundle=b"") as writer:
        writer.write_snapshot(0, lambda: b"x" if gate.wait(10) else b"")
        many = np.zeros(handover.MOST_BYTES // 12, np.int32)
        writer.write_tick(0, [Moved(0, many.astype(np.uint32), many, many)])
        waiting = asyncio.create_task(writer.drained())
        await asyncio.sleep(0.02)
        full = not waiting.done()
        gate.set()
        await waiting
        writer.finish({})
    assert full == (3 * many.nbytes >= handover.MOST_BYTES)


def _folder(parent: Path) -> str:
    return new_run_folder(parent, "village").name


def test_many_processes_find_folders_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "runs" / "village-7").mkdir(parents=True)
    (tmp_path / "runs" / "village-old").mkdir()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        names = list(pool.map(_folder, [tmp_path / "runs"] * 24))
    assert sorted(names, key=lambda name: int(name[8:])) == [f"village-{n}" for n in range(8, 32)]


def test_the_summary_must_be_data(tmp_path: Path) -> None:
    with RunWriter.create(tmp_path / "run", None, name="n", bundle=b"") as writer:
        with pytest.raises(TypeError):
            writer.finish({"bad": object()})
        writer.finish(json.loads('{"good": [1, null]}'))
    assert Run.open(tmp_path / "run").summary == {"good": [1, None]}
