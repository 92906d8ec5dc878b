"""What `npcsim bench seek`, `log` and `replay` measure, in sizes that take no time."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from npcsim.bench import keeping, replaying
from npcsim.models.scripted import Scripted
from npcsim.store.run_store import Run
from tests.e2e.shell import npcsim
from tests.postgres import plain


def test_seeking_opens_ticks_of_a_run_of_that_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "OPENED", 5)
    monkeypatch.setattr(keeping, "LIVED", 1)
    found = json.loads(npcsim("bench", "seek", "--ticks", 30, "--json").out)
    assert (found["ticks"], found["npcs"], found["opened"]) == (30, 12, 5)
    for name in ("open_ms", "memories_ms", "take_up_ms"):
        assert 0 < found[name]["p50"] <= found[name]["p95"] <= found[name]["max"]
    assert found["snapshots"] == 2
    assert found["bytes_per_npc_tick"] == pytest.approx(found["run_mb"] * 1e6 / 12 / 30, rel=0.1)


@pytest.fixture
def kept_morning(tmp_path: Path) -> Path:
    npcsim("run", "03_village_morning", "--models", "off", "--ticks", 12, "--out", tmp_path)
    return tmp_path / "village_morning-1"


def test_seeking_takes_a_run_there_is(kept_morning: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "OPENED", 2)
    monkeypatch.setattr(keeping, "LIVED", 1)
    said = npcsim("bench", "seek", "--run", kept_morning).out.splitlines()
    assert said[0].startswith("2 ticks of 12 opened, 12 NPCs: ")
    assert said[-1].endswith(" bytes an NPC and tick")
    assert Run.open(kept_morning).last_tick == 12


def test_keeping_is_lived_with_a_log_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SPAN", 4)
    monkeypatch.setattr(keeping, "ROUNDS", 3)
    found = keeping.log(npcs=30)
    assert (found["npcs"], found["ticks"]) == (30, 16)
    assert found["tick_ms"].keys() == {"without", "with"}
    assert found["bytes_per_npc_tick"] > 0


def test_replays_have_every_hash_and_no_model_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    found = replaying.replays(
        40, ["03_village_morning"], lambda: {"local": Scripted()}, told.append
    )
    (side,) = found["scenarios"]
    assert (side["npcs"], side["minds"], side["equal"], side["same_end"]) == (20, 20, 40, True)
    assert side["answers"] > 5
    assert (found["equal_percent"], found["models_at_hand"]) == (100.0, 0)
    assert found["times_quicker"] == side["times_quicker"] > 0
    assert "40 ticks with the log's state hash" in told[0]
    monkeypatch.setattr(replaying, "replays", lambda ticks, say: {**found, "ticks": ticks})
    assert json.loads(npcsim("bench", "replay", "--ticks", 7, "--json").out)["ticks"] == 7
    assert "100.0 % of the state hashes equal" in npcsim("bench", "replay").out


def test_a_server_is_measured_beside_a_file_and_left_as_it_was(
    own_postgres: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keeping, "SPAN", 4)
    monkeypatch.setattr(keeping, "ROUNDS", 1)
    monkeypatch.setattr(keeping, "CROWD", 20)
    found = keeping.log(20, own_postgres)
    assert found["ticks"] == 8
    assert set(found["tick_ms"]) == {"with", "without"}
    assert found["server"]["tick_ms"] > 0
    assert found["server"]["bytes_per_npc_tick"] > 0
    with psycopg.connect(plain(own_postgres)) as connection:
        left = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'npcsim_bench_%'"
        assert connection.execute(left).fetchone() == (0,)
    monkeypatch.setattr(keeping, "log", lambda store: found)
    keeping.main("log", as_json=False, store=own_postgres)
    assert "in the server " in capsys.readouterr().out
