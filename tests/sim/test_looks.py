"""Look-ups in a run: as the world was at the asking, in the log, paid for, and replayed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import ScenarioError
from npcsim.messages import Choose, Question, Write
from npcsim.models.money.prices import Price, bound, dollars
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.scripted import Scripted
from npcsim.store.run_store import Run
from tests.models.remote.provider import Provider, message
from tests.sim.test_tiers import lived, replayed
from tests.worlds_in_text import built, of

HALL = """
size: [20, 20]
clock: {tick: 1 s, start: "06:00", end: "06:02"}
places: {hall: {area: [0, 0, 9, 9]}}
npcs:
  ida: {x: 4, y: 4, mind: true, tools: [wait, day, crash]}
  bo: {x: 5, y: 4, mind: true, tools: [wait]}
plans:
  idle: {option: idle, worth: 0.5, stakes: 0.9, steps: [wait]}
  rest: {option: rest, worth: 0.5, stakes: 0.9, steps: [wait]}
think: {local: 1 s, cloud: 5 s, rest: 10 s, dominates: 50}
routing: {escalate: 0.01, worth: 1 USD}
tiers: {local: {model: scripted}, cloud: {MORE}}
"""
TOOLS = '''
@ask
def day(me: Body, view: View):
    """How late it is."""
    return {"tick": view.tick}

@ask
def crash(me: Body, view: View):
    return me.nonsense

TOOLS = [day, crash]
'''


def hall(folder: Path, more: str = "budget: 5 USD") -> Any:
    return built(folder, HALL.replace("MORE", more), TOOLS)


class Curious:
    """A provider that looks up the day before it chooses; `heard` is what it was told."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.bodies: list[Any] = []

    def __call__(self, path: str, body: Any) -> Any:
        self.bodies.append(body)
        last = body["messages"][-1]["content"]
        if isinstance(last, list):
            self.heard += [block["content"] for block in last]
        elif body.get("tool_choice", {"type": "none"})["type"] != "none":
            call = {"type": "tool_use", "id": "t", "name": "day", "input": {}}
            return 200, {**message("", stop="tool_use"), "content": [call]}
        text = "Hm." if "format" not in body.get("output_config", {}) else '{"option": "1"}'
        return 200, message(text)


def cloud(curious: Curious) -> Any:
    anthropic = pytest.importorskip("anthropic")
    httpx2 = pytest.importorskip("httpx2")
    transport = httpx2.ASGITransport(Provider(curious))
    client = anthropic.DefaultAsyncHttpxClient(transport=transport)
    return guarded(Anthropic("claude-haiku-5-5", key="k", http_client=client), deadline=20.0)


async def test_a_model_is_told_how_it_was_when_it_was_asked(tmp_path: Path) -> None:
    curious = Curious()
    models = {"local": Scripted(), "cloud": cloud(curious)}
    session, events = await lived(hall(tmp_path), models, tmp_path / "runs")
    asked = {one.thought: one for one in of(events, ev.Asked, tier="cloud")}
    assert asked
    run = Run.open(session.folder)
    calls = [kept.call for kept in run.calls() if kept.call.tier == "cloud"]
    run.close()
    told = []
    for call in calls:
        if isinstance(call.question, Choose):
            found = [(one.name, json.loads(one.said)) for one in call.question.lookups.found]
            if call.thought.startswith("ida"):
                # Drawn up when the thought began; the dearer tier was asked a second later.
                assert found == [("day", {"tick": asked[call.thought].tick - 1})]
                assert call.answer is not None
                assert call.answer.looked == ("day()",)
                told += [one.said for one in call.question.lookups.found]
            else:
                assert found == []
    assert curious.heard == told
    assert len(told) > 1
    # The same tools before every prompt, whatever it asks and of whom.
    tools = {json.dumps(body["tools"]) for body in curious.bodies}
    assert len(tools) == 1
    broken = [one for one in of(events, ev.Rejected) if one.tool == "crash"]
    assert len(broken) == len({one.tick for one in broken})
    await replayed(session)


async def test_what_may_be_looked_up_is_reserved(tmp_path: Path) -> None:
    """Two look-ups may take three requests: a budget that holds one request is not enough."""
    seen: list[Question] = []

    def note(question: Question) -> Any:
        seen.append(question)
        return Scripted()._rule(question)

    price = "price: {input: 1, output: 5}"
    await lived(hall(tmp_path / "a", price), {"local": Scripted(), "cloud": Scripted(note, "s")})
    [one, *_] = [question for question in seen if question.lookups.found]
    assert one.lookups.most == 2
    most = dollars(bound(one, Price(1, 1, 5)))
    _, events = await lived(
        hall(tmp_path / "b", f"{price}, budget: {{npc: {most * 0.9:.6f} USD}}"),
        {"local": Scripted(), "cloud": Scripted()},
    )
    assert not of(events, ev.Asked, tier="cloud", npc="ida")
    assert any("budget" in decided.reason for decided in of(events, ev.Decided, npc="ida"))


async def test_lookups_can_be_turned_off_and_are_for_those_behind_http(tmp_path: Path) -> None:
    seen: list[Question] = []

    def note(question: Question) -> Any:
        seen.append(question)
        return Scripted()._rule(question)

    models = {"local": Scripted(note), "cloud": Scripted(note, "strong")}
    await lived(hall(tmp_path / "a", "lookups: 0"), models)
    assert any(isinstance(question, Choose) for question in seen)
    assert not any(question.lookups.tools for question in seen)
    seen.clear()
    models = {"local": Scripted(note), "cloud": Scripted()}
    await lived(hall(tmp_path / "b"), models)
    assert not any(question.lookups.tools for question in seen)
    assert not any(isinstance(question, Write) and question.lookups.found for question in seen)
    with pytest.raises(ScenarioError, match="look-ups are made by models behind HTTP"):
        hall(tmp_path / "c", "model: scripted, lookups: 2")
