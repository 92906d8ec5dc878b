"""A run in a PostgreSQL server, as users have it: by command, by name, no password ever told."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

import npcsim as door
from npcsim.store import addresses, database, server
from npcsim.store.run_store import Run
from tests.e2e.shell import begin, npcsim
from tests.postgres import Server

PASSWORD = "canary-of-the-store-0007"
SCRIPTED = ("--set", "tiers.local.model=scripted", "--set", "think.local=40 s")
SCENARIO = "03_village_morning"


@pytest.fixture
def store(postgres: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A server whose URL, with a password, stands in the environment."""
    url = f"{postgres}&password={PASSWORD}"
    monkeypatch.setenv("NPCSIM_STORE", url)
    return url


def everything(url: str) -> str:
    """All that stands in the tables, as text."""
    engine = server.engine_at(addresses.address(url), pooled=False)
    with engine.connect() as connection:
        return "".join(
            str([bytes(v) if isinstance(v, memoryview) else v for v in row])
            for table in database.META.sorted_tables
            for row in connection.execute(sa.select(table))
        )


def test_a_fork_that_can_not_be_leaves_nothing(store: str) -> None:
    door.run(SCENARIO, ticks=6, models={}, out="store:").close()
    before = everything(store)
    change = ("--set", "npcs.x.traits.y=1")
    told = npcsim("fork", "store:village_morning-1", "--at", 3, *change, code=None)
    assert "unknown name 'x'" in told.err
    assert everything(store) == before


def test_every_command_takes_a_run_by_its_name(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = []

    def tell(*args: object, code: int = 0) -> str:
        told = npcsim(*args, code=code)
        said.append(told.out + told.err)
        return told.out

    first = json.loads(tell("run", SCENARIO, "--ticks", 40, *SCRIPTED, "--json").splitlines()[-1])
    assert first["run"] == "store:village_morning-1"
    # The same world as in a folder, which --out still gives.
    other = json.loads(
        tell("run", SCENARIO, "--ticks", 40, *SCRIPTED, "--json", "--out", "runs").splitlines()[-1]
    )
    assert (other["run"], other["state_hash"]) == ("runs/village_morning-1", first["state_hash"])
    run = first["run"]
    assert "40 ticks replayed, every state hash equal" in tell("replay", run)
    assert "snapshots and their state hashes agree" in tell("replay", run, "--rebuild")
    assert "village_morning" in tell("report", run)
    tell("report", run, "--html", "r.html")
    npc = Run.open(run).started.cast[0].id
    tell("explain", run, npc)
    tell("methods", run)
    tell("runs", "show", run)
    assert "good" in tell("runs", "tag", run, "good")
    tell("watch", run, "--shot", "shot.png")
    assert json.loads(tell("resume", run, "--ticks", 10, "--json").splitlines()[-1])["ticks"] == 50
    forked = tell("fork", run, "--at", 20, "--until", 40)
    assert "store:village_morning-2: 40 ticks" in forked
    tell("diff", run, "store:village_morning-2")
    listed = json.loads(tell("runs", "--json"))
    assert [one["path"] for one in listed] == [run, "store:village_morning-2"]
    assert listed[0]["tags"] == ["good"]
    assert listed[1]["fork_of"] == "village_morning-1 at tick 20"
    tell("runs", "export", run, "v.npcrun")
    assert "store:3: the run village_morning-1, 50 ticks" in tell("runs", "import", "v.npcrun")
    tell("replay", "store:3", code=1)  # imported, so not trusted
    tell("report", "store:gone", code=1)
    # By the whole URL too, as it is told; what it tells is told to people.
    at = f"{addresses.shown(store)}#village_morning-2"
    assert "ticks replayed" in tell("replay", at)
    npcsim("run", SCENARIO, "--store", store, "--out", "runs", code=2)
    whole = "".join(said) + everything(store) + Path("r.html").read_text()
    assert PASSWORD not in whole
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert not [file for file in files if PASSWORD.encode() in file.read_bytes()]


def test_from_python_by_url_and_by_word(store: str, postgres: str) -> None:
    one = door.run("01_first_npc", models={}, ticks=5, out="store:")
    two = door.run("01_first_npc", models={}, ticks=5, out=postgres)
    assert (one.shown, list(one.hashes())) == ("store:first_npc-1", list(two.hashes()))
    assert PASSWORD not in repr(one) + repr(two)
    more = door.resume("store:first_npc-2", ticks=5)
    assert door.replay("store:first_npc-2").ticks == 10
    assert (more.last_tick, door.open_run("store:first_npc-1").last_tick) == (10, 5)


@pytest.mark.parametrize("every", [1, 5])
def test_killed_at_any_moment_it_goes_on_as_if_nothing_had_been(
    postgres: str, tmp_path: Path, every: int
) -> None:
    command = ("run", SCENARIO, "--ticks", 60, *SCRIPTED, "--set", f"log.every={every}", "--quiet")
    whole = npcsim(*command, "--out", tmp_path, "--json").last
    dice = random.Random(every)
    process = begin(*command, "--store", postgres)
    path = f"{postgres}#village_morning-1"
    until = time.monotonic() + 120
    while not begun(path) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(dice.random() * 0.5)
    process.kill()
    process.communicate()
    with Run.open(path) as run:
        if run.state == "running":  # else it was quicker
            assert npcsim("resume", path, "--quiet", "--json").last["ticks"] == 60
        assert list(run.hashes()) == list(Run.open(tmp_path / "village_morning-1").hashes())
        assert run.summary is not None
        assert run.summary["state_hash"] == whole["state_hash"]
    assert "60 ticks replayed" in npcsim("replay", path).out


def begun(path: str, tick: int = 0) -> bool:
    """Whether there is a run that was kept up to a tick."""
    try:
        with Run.open(path) as run:
            return run.last_tick >= tick
    except door.StoreError:
        return False


@pytest.mark.parametrize("restarts", [1, pytest.param(20, marks=pytest.mark.soak)])
def test_a_world_lives_on_while_its_server_is_restarted(
    own_server: Server,
    own_postgres: str,
    tmp_path: Path,
    restarts: int,
    figures: Callable[[str], None],
) -> None:
    ticks = 300 * restarts
    plain = door.run(SCENARIO, models={}, ticks=ticks, out=tmp_path)
    done = []

    def restart() -> None:
        for number in range(restarts):
            until = time.monotonic() + 60
            while not begun(f"{own_postgres}#village_morning-1", 300 * number):
                assert time.monotonic() < until
                time.sleep(0.01)
            own_server.stop(signal.SIGQUIT if number % 2 else signal.SIGINT)
            own_server.start()
            done.append(number)

    thread = threading.Thread(target=restart)
    thread.start()
    try:
        run = door.run(SCENARIO, models={}, ticks=ticks, out=own_postgres)
    finally:
        thread.join()
    assert len(done) == restarts
    assert list(run.hashes()) == list(plain.hashes())
    assert door.replay(run).ticks == ticks
    figures(f"{restarts} restarts of the server under {ticks} ticks: none lost, none doubled")
