"""Sweeps on a real Ray cluster of this machine: no run lost or doubled, and the same hashes."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

import npcsim
from npcsim.errors import NpcsimError
from npcsim.experiments.book import Book, Row, row_of
from npcsim.experiments.clusters import OnRay
from npcsim.experiments.crew import Work
from npcsim.experiments.design import StopPart, read_design
from npcsim.experiments.plan import plan
from npcsim.experiments.sweep import Purse, conduct, open_sweep, sweep
from tests.experiments import deaths
from tests.experiments.designs import HEADS, design

NEEDS_RAY = pytest.mark.skipif(
    find_spec("ray") is None or not Path("/proc/self/task").exists(),
    reason="Ray is not installed (the extra `ray`), or there is no /proc to find its processes by",
)
ENV = {
    "RAY_worker_niceness": "0", "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": os.getcwd(),
    "RAY_AUTH_MODE": "disabled",  # all of it is on this machine
    # A machine with much other work is slow, and no node of it is lost.
    "RAY_worker_register_timeout_seconds": "600", "RAY_agent_register_timeout_ms": "600000",
}  # fmt: skip


class Node:
    """A node of a cluster, with a core: all its processes, which one can kill at once."""

    def __init__(self, *words: str) -> None:
        ray = str(Path(sys.executable).with_name("ray"))
        usual = ["--num-cpus=1", "--num-gpus=0", "--disable-usage-stats", "--block"]
        self.process = subprocess.Popen(
            [ray, "start", *words, *usual], env={**os.environ, **ENV},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def pids(self) -> list[int]:
        return [self.process.pid, *deaths.children_of(self.process.pid)]

    def up(self) -> None:
        """Wait until its raylet has the agents that it begins with."""
        until = time.monotonic() + deaths.PATIENCE_S
        while not any("ray::RuntimeEnvAgent" in deaths.line_of(pid) for pid in self.pids()):
            if self.process.poll() is not None:
                raise AssertionError(f"the node of process {self.process.pid} has ended")
            assert time.monotonic() < until
            time.sleep(0.1)

    def workers(self) -> list[int]:
        """The processes that live a run right now."""
        return [pid for pid in self.pids() if "ray::_one" in deaths.line_of(pid)]

    def end(self) -> None:
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


class Cluster:
    """A head and a node beside it."""

    def __init__(self, place: str) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        port = self.address.rpartition(":")[2]
        self.head = Node(
            "--head", f"--port={port}", f"--temp-dir={place}", "--include-dashboard=false"
        )
        try:
            self.head.up()
            self.other = self.joined()
        except BaseException:
            self.head.end()
            raise

    def joined(self) -> Node:
        node = Node(f"--address={self.address}")
        node.up()
        return node

    def rejoined(self) -> None:
        self.other.end()
        self.other = self.joined()

    @property
    def env(self) -> dict[str, str]:
        return {**ENV, "RAY_ADDRESS": self.address}

    def end(self) -> None:
        self.other.end()
        self.head.end()


def free_port() -> int:
    """A port that nobody listens on, found by another process: tests may open no sockets."""
    code = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(said.stdout)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    place = tempfile.mkdtemp(prefix="npcsim-ray-", dir="/tmp")  # its sockets want a short path
    found = Cluster(place)
    try:
        yield found
    finally:
        found.end()
        shutil.rmtree(place, ignore_errors=True)


@NEEDS_RAY
def test_it_comes_to_the_same_on_a_cluster_of_its_own(tmp_path: Path) -> None:
    """Hashes equal those of single runs, though a process that lives one is killed."""
    file, out = design(tmp_path), tmp_path / "out"
    words = deaths.command(file, out, "--on", "ray", "--processes", "2")

    def a_worker(sweep_: int) -> list[int]:
        pids = deaths.children_of(sweep_)
        return [pid for pid in pids if "ray::_one" in deaths.line_of(pid)][:1]

    assert deaths.kill(words, out, a_worker, random.Random(1), ENV)
    found = open_sweep(out)
    assert [row.state for row in found.rows] == ["done"] * 4
    for row in found.rows:
        changes = [f"{HEADS['set']}={row.cell['temper']}", f"seed={row.seed}"]
        with npcsim.run("tavern_brawl", models={}, ticks=120, overrides=changes) as alone:
            assert alone.summary is not None
            assert row.hash == alone.summary["state_hash"]
            with found.run(row) as kept:
                assert dict(kept.hashes()) == dict(alone.hashes())


@NEEDS_RAY
@pytest.mark.soak
@pytest.mark.parametrize("kills", [3, 30])
def test_kills_on_a_cluster(
    done: Path, tmp_path: Path, cluster: Cluster, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """kill -9 of the sweep, of a worker, of a whole node that then joins anew, many times."""
    file, chance, died = design(tmp_path), random.Random(kills), Counter[str]()
    number = itertools.count()
    victims: list[tuple[str, deaths.Victim]] = [
        ("sweep", lambda pid: [pid]),
        ("worker", lambda pid: [*cluster.head.workers(), *cluster.other.workers()][:1]),
        ("node", lambda pid: cluster.other.pids() if cluster.other.workers() else []),
    ]
    for name, victim in itertools.islice(itertools.cycle(victims), 2 * kills):
        out = tmp_path / f"out{next(number)}"
        words = deaths.command(file, out, "--on", "ray")
        died[name] += deaths.kill(words, out, victim, chance, cluster.env)
        if name == "node":
            cluster.rejoined()
        if name == "sweep":
            deaths.swept(words, out, cluster.env)
        deaths.undisturbed(out, done)
        shutil.rmtree(out)
        if died.total() == kills:
            break
    told = ", ".join(f"{count} of a {name}" for name, count in died.items())
    with capsys.disabled():
        print(f"\nRay: {died.total()} kills ({told}): 0 runs lost or doubled, every table equal")
    assert died.total() == kills
    assert min(died.values()) >= kills // 6


@NEEDS_RAY
@pytest.mark.soak
@pytest.mark.skipif(find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed")
def test_an_engine_on_a_cluster_is_killed(tmp_path: Path) -> None:
    """Two runs in an actor with the bundled model; it is killed under them."""
    file, out = tmp_path / "heads.yaml", tmp_path / "out"
    design(tmp_path, scenario="03_village_morning", factors={}, models=True, ticks=20)
    words = deaths.command(file, out, "--on", "ray", "--together", "2", "--processes", "2")

    def the_engine(sweep_: int) -> list[int]:
        pids = deaths.children_of(sweep_)
        return [pid for pid in pids if "ray::_Engine" in deaths.line_of(pid)][:1]

    assert deaths.kill(words, out, the_engine, random.Random(2), ENV)
    found = open_sweep(out)
    assert [(row.state, row.reason) for row in found.rows] == [("done", "")] * 2
    for row in found.rows:
        with npcsim.run("03_village_morning", ticks=20, overrides=[f"seed={row.seed}"]) as alone:
            assert alone.summary is not None
            assert alone.summary["by_tier"].get("local", 0) > 0
            assert row.hash == alone.summary["state_hash"]


async def test_what_is_under_way_is_cancelled_when_the_sweep_ends(tmp_path: Path) -> None:
    """What a cluster was told to live it would go on with, whoever has gone."""
    told: list[asyncio.Future[Row]] = []
    cancelled: list[object] = []

    def remote(*_: object) -> asyncio.Future[Row]:
        told.append(asyncio.get_running_loop().create_future())
        # A sweep waits for what its cluster does, and does not end that by waiting no more.
        return asyncio.shield(told[-1])

    class Lost(Exception):
        """Of Ray."""

    errors = SimpleNamespace(RayTaskError=Lost, LocalRayletDiedError=Lost, RayError=Lost)
    file = design(tmp_path)
    made = plan(read_design(file), file.parent)
    work = Work(str(tmp_path), str(made.scenario), 1, False, None)
    crew = OnRay(work, 1, size=2)
    crew._ray = SimpleNamespace(
        exceptions=errors, cancel=lambda one, force: cancelled.append((one, force))
    )
    crew._task = SimpleNamespace(remote=remote)
    purse, rows = Purse(None, 0.0), Book(tmp_path)
    sweeping = asyncio.create_task(
        conduct(made.runs, rows, crew, purse, StopPart(), lambda how: None)
    )
    while len(told) < 2:
        await asyncio.sleep(0)
    told[0].set_result(row_of(made.runs[0], "done"))
    while len(told) < 3:
        await asyncio.sleep(0)
    sweeping.cancel()
    with suppress(asyncio.CancelledError):
        await sweeping
    await crew.close()
    assert [force for _, force in cancelled] == [True, True]


def test_elsewhere_is_nowhere(tmp_path: Path) -> None:
    with pytest.raises(NpcsimError, match="'local' or 'ray', not on 'mars'"):
        sweep(design(tmp_path), out=tmp_path / "out", on="mars")
