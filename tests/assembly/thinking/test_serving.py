"""Servers of one's own behind a run's tiers: told before it, recorded, and not needed again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import read
from npcsim.assembly.runs.session import models_of, open_session, recorded_session
from npcsim.assembly.thinking.guarding import guarded
from npcsim.assembly.thinking.serving import SERVER
from npcsim.errors import ScenarioError
from npcsim.models.guards.around import Around, bare
from npcsim.models.guards.limited import MANY, Limited
from npcsim.models.remote.openai import OpenAI
from npcsim.replay.verify import verify
from npcsim.scenario.guard_parts import GuardsPart
from npcsim.store.run_store import Run
from tests.e2e.shell import npcsim
from tests.models.remote.provider import Provider, completion
from tests.models.remote.servers import fakes
from tests.models.remote.servers.fakes import CHAT, chat
from tests.models.remote.servers.test_probing import model_on

pytest.importorskip("openai")
WORLD = """\
scenario: inn
size: [20, 20]
clock: {tick: 2 s, start: "06:00", end: "06:10"}
npcs: {Ida: {x: 2, y: 2, mind: true}}
think: {cloud: 4 s, rest: 2 s, dominates: 50}
routing: {retry: 60 s}
plans:
  rest: {option: rest, worth: 0.5, steps: [wait]}
  walk: {option: have a walk, worth: 0.5, steps: [wait]}
"""
TIERS = "tiers: {local: {model: 'vllm:m'}}\n"


def written(folder: Path, tiers: str = TIERS) -> Path:
    path = folder / "inn.yaml"
    path.write_text(WORLD + tiers, encoding="utf-8")
    return path


async def lived(folder: Path, app: Any, tiers: str = TIERS, ticks: int = 60) -> tuple[Any, Any]:
    """-> (the session, closed; its events)"""
    models = {"local": guarded(model_on(app, "vllm"), GuardsPart(tries=1), deadline=5)}
    session = await open_session(
        read(written(folder, tiers)), models=models, out=folder / "runs", ticks=ticks
    )
    events: list[Any] = []
    session.simulation.subscribe(lambda tick, told: events.extend(told))
    async for _ in session.simulation:
        pass
    session.finish()
    await session.close()
    return session, events


async def replayed(folder: Path) -> Any:
    run = Run.open(folder)
    again = recorded_session(run)
    verdict = await verify(again.simulation, run)
    await again.close()
    run.close()
    return verdict


async def test_what_a_server_told_is_said_and_in_the_first_event(tmp_path: Path) -> None:
    session, events = await lived(tmp_path, fakes.vllm(context=32768), ticks=10)
    assert session.servers() == [
        "npcsim: tier local (vllm:m): vLLM, context 32768 tokens, log-probabilities, JSON schema, "
        "answers without thinking first, batches what comes"
    ]
    assert '"context": 32768' in session.simulation.started.versions[SERVER + "local"]
    assert any(one.tier == "local" for one in events if isinstance(one, ev.Decided))
    await replayed(session.folder)  # there is no server any more, and none is asked


async def test_a_server_that_is_down_is_left_alone_and_asked_again(tmp_path: Path) -> None:
    up, there = list[bool](), fakes.vllm()

    def rule(path: str, body: Any) -> tuple[int, Any]:
        return there.rule(path, body) if up else (401, {"error": {"message": "not yet"}})

    app = Provider(rule)
    models = {"local": guarded(model_on(app, "vllm"), GuardsPart(tries=1), deadline=5)}
    session = await open_session(read(written(tmp_path)), models=models, out=tmp_path, ticks=90)
    [line] = session.servers()
    assert "can't be asked now: it wants a key (401): say which with `key:`; others decide" in line
    up.append(True)
    app.asked.clear()
    events: list[Any] = []
    session.simulation.subscribe(lambda tick, told: events.extend(told))
    async for _ in session.simulation:
        pass
    session.finish()
    await session.close()
    changed = [one for one in events if isinstance(one, ev.TierChanged)]
    assert [(one.tier, one.healthy) for one in changed] == [("local", False), ("local", True)]
    assert (changed[0].tick, changed[0].reason) == (
        1,
        "it wants a key (401): say which with `key:`",
    )
    asked = [one for one in events if isinstance(one, ev.Asked)]
    early = {one.tier for one in asked if one.tick <= 30}
    assert early == {"reflex"}
    assert any(one.tier == "local" for one in asked if one.tick > 30)
    assert session.folder is not None
    await replayed(session.folder)


async def test_a_question_that_does_not_fit_falls_back(tmp_path: Path) -> None:
    app = fakes.vllm(context=200, tokens=len)
    session, events = await lived(tmp_path, app, ticks=10)
    landed = [one for one in events if isinstance(one, ev.Landed)]
    assert landed
    assert all(one.error.startswith("TooLong: the question has") for one in landed)
    assert all(
        one.fallback for one in events if isinstance(one, ev.Decided) and one.tier != "reflex"
    )
    assert len([path for path, _ in app.asked if path == CHAT]) == 2  # those of the probe
    assert not [one for one in events if isinstance(one, ev.TierChanged)]
    await replayed(session.folder)


def limit(model: Any) -> int:
    while not isinstance(model, Limited):
        assert isinstance(model, Around)
        model = model.inner
    return model._at_once


async def test_requests_at_once_follow_the_slots_unless_said(tmp_path: Path) -> None:
    for part, expected in ((GuardsPart(), 6), (GuardsPart(at_once=2), 2)):
        model = guarded(model_on(fakes.llama_server(slots=6)), part, deadline=5)
        inside = bare(model)
        assert isinstance(inside, OpenAI)
        await inside.find()
        assert limit(model) == expected
        await model.close()
    model = guarded(model_on(fakes.ollama(), "ollama"), GuardsPart(), deadline=5)
    inside = bare(model)
    assert isinstance(inside, OpenAI)
    await inside.find()
    assert limit(model) == MANY
    await model.close()


def test_servers_are_named_shortly_and_by_address(tmp_path: Path) -> None:
    tiers = (
        "tiers: {local: {model: 'ollama:qwen3:8b'}, studio: {model: 'lmstudio:a/b'}, "
        "box: {model: 'vllm:org/big@http://box:8000/v1', votes: 3, price: {input: 1, output: 2}}, "
        "server: {model: 'llama-server:m'}}\n"
    )
    made = read(written(tmp_path, tiers))
    models = {name: bare(model) for name, model in models_of(made).items()}
    assert {name: (m.name, m._url) for name, m in models.items() if isinstance(m, OpenAI)} == {
        "local": ("ollama:qwen3:8b", "http://127.0.0.1:11434/v1"),
        "studio": ("lmstudio:a/b", "http://127.0.0.1:1234/v1"),
        "box": ("vllm:org/big", "http://box:8000/v1"),
        "server": ("llama-server:m", "http://127.0.0.1:8080/v1"),
    }
    prices = {tier.name: tier.price for tier in made.program.tiers}
    assert prices["box"] is not None
    assert prices["box"].times == 4
    assert models["box"].fingerprint.endswith("/votes=3/served-1")


@pytest.mark.parametrize(
    ("tiers", "about"),
    [
        ("cloud: {votes: 3}", "is not asked for votes: they are for OpenAI-compatible servers"),
        ("local: {model: scripted, votes: 3}", "is not asked for votes"),
        ("local: {model: 'ollama:m', votes: -1}", "at least 0"),
        ("local: {model: 'olama:m'}", "`lmstudio:MODEL`, `llama-server:MODEL`, `vllm:MODEL`"),
        ("local: {model: 'llama-servr:m'}", "expected `bundled`"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, tiers: str, about: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(about)):
        read(written(tmp_path, f"tiers: {{{tiers}}}\n"))


async def test_votes_make_the_uncertainty_known(tmp_path: Path) -> None:
    said = iter("ABABAB" * 1000)

    def rule(body: dict[str, Any]) -> tuple[int, Any]:
        if fakes.options_of(body):
            return 200, completion(next(said))
        return chat(likely=False)(body)

    model = model_on(fakes.vllm(said=rule), "vllm", votes=4)
    session = await open_session(
        read(written(tmp_path)), models={"local": model}, out=tmp_path, ticks=10
    )
    events: list[Any] = []
    session.simulation.subscribe(lambda tick, told: events.extend(told))
    async for _ in session.simulation:
        pass
    session.finish()
    await session.close()
    decided = [one for one in events if isinstance(one, ev.Decided) and one.tier == "local"]
    assert decided
    assert decided[0].probabilities == (0.5, 0.5)
    assert session.folder is not None
    await replayed(session.folder)


@pytest.mark.loopback
def test_ollama_on_the_command_line_and_no_ollama_there(tmp_path: Path) -> None:
    args = ("--ticks", 30, "--out", tmp_path, "--json", "--quiet")
    local = "ollama:qwen3:8b@http://127.0.0.1:9/v1"
    said = npcsim("run", written(tmp_path, ""), "--local", local, *args)
    [line] = said.err.splitlines()
    assert line.startswith(
        "npcsim: tier local (ollama:qwen3:8b) can't be asked now: can't be reached"
    )
    assert "`ollama serve`, and fetch the model once with `ollama pull qwen3:8b`" in line
    assert said.last["by_tier"].keys() == {"reflex"}
    npcsim("replay", said.last["run"])
    told = npcsim("doctor", written(tmp_path, f"tiers: {{local: {{model: '{local}'}}}}\n")).out
    assert re.search(r"BAD +tier local +ollama:qwen3:8b: can't be reached.*ollama serve", told)
