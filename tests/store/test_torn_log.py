"""Torn write-ahead logs: a run opens at its last good tick, or is refused with a reason."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from npcsim.errors import StoreError
from npcsim.store import database
from npcsim.store.run_store import Run, RunWriter
from tests.store.samples import CALLS, quick_tick
from tests.store.test_damage import contents

TORN = 75
"""For each of the two logs."""
TICKS = 12
REASONS = ("is damaged", "is not a run", "was cut off before it began")


@pytest.fixture(scope="module", params=["as one", "merged now and then"])
def cut(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run as a killed writer leaves it: its file, and beside it the log that nobody merged."""
    lived, left = tmp_path_factory.mktemp("lived"), tmp_path_factory.mktemp("left")
    with pytest.MonkeyPatch.context() as patch:
        if request.param != "as one":
            often = (*database._WRITING, "PRAGMA wal_autocheckpoint=30")
            patch.setattr(database, "_WRITING", often)
        with RunWriter.create(lived / "run", None, name="cut", bundle=b"bundle") as writer:
            for tick in range(TICKS):
                writer.write_tick(tick, quick_tick(tick, 20), CALLS if tick % 5 == 1 else ())
                if tick % 4 == 0:
                    writer.write_snapshot(tick, b"snapshot of %d" % tick)
                writer.flush()
            for file in (lived / "run").iterdir():
                shutil.copy(file, left / file.name)
    assert (left / "run.db-wal").stat().st_size > 30_000
    return left


def torn(log: bytes, dice: random.Random) -> bytes:
    """A write-ahead log that lost its end, or has a place in it that was written wrongly."""
    at, broken = dice.randrange(len(log)), bytearray(log)
    match dice.randrange(4):
        case 0:
            return log[:at]
        case 1:  # the system kept the length, and not what was to be there
            broken[at:] = bytes(len(log) - at)
        case 2:
            broken[at] ^= 1 << dice.randrange(8)
        case _:
            broken[at : at + 512] = dice.randbytes(len(broken[at : at + 512]))
    return bytes(broken)


def test_what_is_read_of_a_torn_log_is_how_the_run_began(cut: Path, tmp_path: Path) -> None:
    dice, log = random.Random(11), (cut / "run.db-wal").read_bytes()
    truth, whole = Run.open(cut), contents(cut)
    told, asked = list(truth.packed()), list(truth.calls())
    assert truth.last_tick == TICKS - 1
    opened, lost, went_on = 0, 0, 0
    refused: list[str] = []
    for number in range(TORN):
        folder = tmp_path / str(number)
        folder.mkdir()
        shutil.copy(cut / "run.db", folder / "run.db")
        (folder / "run.db-wal").write_bytes(torn(log, dice))
        try:
            back = contents(folder / "run.db")
        except StoreError as error:
            refused.append(str(error))
            continue
        opened += 1
        lost += back != whole
        run = Run.open(folder)
        events = list(run.packed())
        assert events == told[: len(events)]
        assert list(run.calls()) == [one for one in asked if one.tick <= run.last_tick]
        assert not events or events[-1][1].kind == "TickEnded"
        if number % 5 == 0:
            with RunWriter.reopen(folder) as writer:
                for tick in range(run.last_tick + 1, TICKS):
                    writer.write_tick(tick, quick_tick(tick, 20), CALLS if tick % 5 == 1 else ())
                writer.finish({})
            assert list(Run.open(folder).packed()) == told
            went_on += 1
    assert all(any(reason in why for reason in REASONS) for why in refused), refused
    assert opened > TORN // 2
    assert lost + len(refused) > TORN // 4
    assert went_on > TORN // 10
