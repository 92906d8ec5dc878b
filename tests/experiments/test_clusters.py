"""Sweeps on a real Ray cluster of this machine: no run lost or doubled, and the same hashes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from npcsim.errors import NpcsimError
from npcsim.experiments.book import Book
from npcsim.experiments.sweep import open_sweep, sweep
from tests.experiments.designs import design
from tests.experiments.test_sweep import children_of, line_of

PATIENCE_S = 300.0


@pytest.mark.soak  # Ray alone takes longer to start than most tests
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed (the extra `ray`)")
def test_it_comes_to_the_same_though_a_process_is_killed(done: Path, tmp_path: Path) -> None:
    file, out = design(tmp_path), tmp_path / "out"
    command = [sys.executable, "-m", "npcsim", "sweep", str(file), "--out", str(out), "--quiet"]
    said = (tmp_path / "said").open("w", encoding="utf-8")
    started = subprocess.Popen([*command, "--on", "ray"], stdout=said, stderr=subprocess.STDOUT)
    killed, until = 0, time.monotonic() + PATIENCE_S
    while not killed and started.poll() is None and time.monotonic() < until:
        workers = [pid for pid in children_of(started.pid) if "ray::_one" in line_of(pid)]
        if workers and list(out.rglob("run.db")):
            os.kill(workers[0], signal.SIGKILL)
            killed = workers[0]
        time.sleep(0.02)
    assert started.wait(timeout=PATIENCE_S) == 0, (tmp_path / "said").read_text("utf-8")
    said.close()
    assert killed
    found, whole = open_sweep(out), open_sweep(done)
    assert [row.id for row in found.rows] == [row.id for row in whole.rows]
    assert [row.hash for row in found.rows] == [row.hash for row in whole.rows]
    assert [row.measures for row in found.rows] == [row.measures for row in whole.rows]
    for run in Book(out).runs.iterdir():
        assert len(list(run.iterdir())) == 1


def test_elsewhere_is_nowhere(tmp_path: Path) -> None:
    with pytest.raises(NpcsimError, match="'local' or 'ray', not on 'mars'"):
        sweep(design(tmp_path), out=tmp_path / "out", on="mars")
