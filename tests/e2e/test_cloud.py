"""A scenario with a cloud tier: without a key, and with the real SDK and a provider of our own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import read
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.errors import Unavailable
from npcsim.messages import Usage
from npcsim.models.money.prices import Price, dollars
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.scripted import Scripted
from npcsim.replay.verify import verify
from npcsim.report import summary_lines
from npcsim.store.run_store import Run
from tests.e2e.shell import ROOT, npcsim
from tests.models.remote.messages_api import MessagesApi
from tests.models.remote.provider import Provider, message
from tests.worlds_in_text import of

SALT = ROOT / "scenarios" / "salt_for_timber.yaml"
KEY = "sk-ant-not-a-real-key-0123456789"
HAIKU = Price(0.10, 0.01, 0.50)


def decides(path: str, body: Any) -> tuple[int, Any]:
    """A strong model: takes the first option that is about agreeing or bringing home."""
    return 200, message(bargain(body))


def bargain(body: Any) -> str:
    if "format" not in body.get("output_config", {}):
        return "A fair trade."
    said = body["messages"][0]["content"]
    found = re.search(r"^(\d+)\. .*(agree|home)", said, re.M)
    return json.dumps({"option": int(found[1]) if found else 1})


async def lived(out: Path, app: Any, ticks: int = 700, given: Sequence[str] = ()) -> Any:
    anthropic = pytest.importorskip("anthropic")
    httpx2 = pytest.importorskip("httpx2")
    client = anthropic.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app))
    cloud = Anthropic("claude-haiku-5-5", key=KEY, http_client=client)
    models = {"local": Scripted(), "cloud": cloud}
    session = await open_session(read(SALT, given), models=models, out=out, ticks=ticks)
    events: list[Any] = []
    session.simulation.subscribe(lambda tick, told: events.extend(told))
    async for _ in session.simulation:
        pass
    summary = session.finish()
    await session.close()
    return session.folder, events, summary


async def replayed(folder: Path) -> None:
    run = Run.open(folder)
    again = recorded_session(run)
    await verify(again.simulation, run)
    await again.close()
    run.close()


async def test_the_hard_moments_go_to_the_cloud_and_are_paid_for(tmp_path: Path) -> None:
    app = Provider(decides)
    folder, events, summary = await lived(tmp_path, app)
    asked = of(events, ev.Asked, tier="cloud")
    assert asked
    # Only at the parley, and few of all decisions.
    assert len(asked) == len(app.asked) < len(of(events, ev.Decided)) / 2
    landed = of(events, ev.Landed, tier="cloud")
    each = (120 * HAIKU.input + 9 * HAIKU.output) / 1e6
    assert [one.cost_usd for one in landed] == pytest.approx([each] * len(landed))
    decided = of(events, ev.Decided, tier="cloud")
    assert len(decided) == len(landed)
    assert all(one.probabilities == () and not one.fallback for one in decided)
    assert {one.reason for one in decided} == {"asked after local"}
    assert summary["costs"]["by_tier"] == {"cloud": pytest.approx(summary["cost_usd"])}
    assert sum(summary["costs"]["by_npc"].values()) == pytest.approx(summary["cost_usd"])
    assert any(line.startswith("spent        cloud $0.0") for line in summary_lines(summary))
    await replayed(folder)
    told = npcsim("report", folder).out
    assert re.search(r"cloud +anthr", told)  # as much as 80 columns leave of it
    for file in folder.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()


async def test_what_prompts_begin_with_comes_from_the_providers_cache(tmp_path: Path) -> None:
    """A whole run of a scenario, against a provider with a minimum and a lifetime."""
    api = MessagesApi(answer=bargain)
    # Here every word at the parley is worth asking for: there must be much to ask.
    moves = ("propose", "concede", "trade_off", "hold_firm")
    stakes = [f"stakes.{move}=0.6" for move in moves]
    folder, events, summary = await lived(tmp_path, api.app, given=stakes)
    assert len({one.body["messages"][0]["content"] for one in api.asked}) > 5
    assert len({one.body["system"][1]["text"] for one in api.asked}) > 1
    assert len({one.before for one in api.asked}) == 1
    assert api.share_read() >= 0.95
    landed = of(events, ev.Landed, tier="cloud")
    for name, tokens in (("cached", "read"), ("written", "written")):
        told = sum(getattr(one, tokens) for one in api.asked)
        assert sum(one.answer["usage"].get(name, 0) for one in landed) == told > 0
    assert any("of the input had been kept" in line for line in summary_lines(summary))
    paid = sum(one.cost_usd for one in landed)
    plain = sum(HAIKU.of(Usage(one.answer["usage"]["input"], 9)) for one in landed)
    assert paid < dollars(plain)
    await replayed(folder)


async def test_a_provider_that_is_overloaded_costs_the_run_nothing(tmp_path: Path) -> None:
    told = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    app = Provider(lambda path, body: (529, told))
    folder, events, summary = await lived(tmp_path, app)
    assert len(app.asked) == len(of(events, ev.Asked, tier="cloud")) > 0
    assert of(events, ev.TierChanged)[0].reason == "Unavailable: 529: Overloaded"
    assert not of(events, ev.Decided, tier="cloud")
    assert summary["cost_usd"] == 0
    assert summary["thoughts"]["fallback"] > 0
    await replayed(folder)


def test_without_a_key_it_runs_says_so_once_and_replays(tmp_path: Path) -> None:
    """No socket is opened: the guard would fail this test."""
    args = ("--local", "scripted", "--ticks", 500, "--out", tmp_path, "--json", "--quiet")
    said = npcsim("run", "salt_for_timber", *args)
    assert said.err.splitlines() == [
        "npcsim: tier cloud (anthropic:claude-haiku-5-5) is not available: ANTHROPIC_API_KEY is "
        "not set; cheaper tiers decide, and what they decide for it is marked as a fallback"
    ]
    assert said.last["thoughts"]["fallback"] > 0
    assert "cloud" not in said.last["by_tier"]
    npcsim("replay", said.last["run"])
    off = npcsim("run", "salt_for_timber", "--models", "off", *args[2:])
    assert off.err == ""


def test_models_are_named_on_the_command_line(tmp_path: Path) -> None:
    args = ("--ticks", 3, "--out", tmp_path, "--json", "--quiet", "--local", "scripted")
    said = npcsim("run", "salt_for_timber", *args, "--cloud", "anthropic:claude-opus-5-5")
    assert "anthropic:claude-opus-5-5" in said.err
    bad = npcsim("run", "salt_for_timber", *args, "--cloud", "antropic:claude", code=2)
    assert "expected `bundled`" in bad.err
    dear = npcsim("run", "salt_for_timber", *args, "--cloud", "anthropic:unheard-of", code=2)
    assert "a budget needs a price" in dear.err


def out_of_reach(monkeypatch: Any) -> list[str]:
    """Models that can't be looked up. -> which were to be."""
    looked: list[str] = []

    async def fails(self: Anthropic) -> Any:
        looked.append(self.name)
        raise Unavailable("can't be reached")

    monkeypatch.setattr(Anthropic, "look_up", fails)
    return looked


def test_what_costs_money_nobody_knows_is_said(tmp_path: Path, monkeypatch: Any) -> None:
    pytest.importorskip("anthropic")
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    looked = out_of_reach(monkeypatch)
    path = tmp_path / "x.yaml"
    path.write_text(
        "size: [9, 9]\nclock: {end: 00:01:00}\nnpcs: {Ida: {mind: true}}\n"
        "tiers: {local: {model: none}, cloud: {model: 'anthropic:unheard-of'}}\n"
    )
    said = npcsim("run", path, "--ticks", 2, "--out", tmp_path, "--json", "--quiet")
    assert "nobody knows what anthropic:unheard-of costs" in said.err
    assert looked == ["anthropic:unheard-of"]  # once, and that it failed is no matter
    assert KEY not in said.out + said.err


@pytest.mark.loopback
def test_doctor_shows_every_tier(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(SALT.read_text(encoding="utf-8").replace(
        "tiers: {", "tiers: {local: {model: scripted}, "
    ))  # fmt: skip
    said = npcsim("doctor", path).out
    assert re.search(r"ok +tier local +scripted would", said)
    assert re.search(r"- +tier cloud +anthropic:claude-haiku-5-5: not available: ANTHROPIC", said)
    assert "Bodies act and minds think; not available: cloud." in said
