"""What a run tells of its providers: features in its first event, and what caches are worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from npcsim.assembly.build import read
from npcsim.assembly.runs.session import open_session
from npcsim.assembly.thinking.providers import FEATURES, beginning, never_kept, too_short
from npcsim.authoring.features import features
from npcsim.errors import Unavailable
from npcsim.models.money.prices import A_TOKEN
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.remote.features import Features, features_of
from npcsim.sim.tally import Cache, Tally
from tests.models.remote.messages_api import MessagesApi

anthropic = pytest.importorskip("anthropic")
httpx2 = pytest.importorskip("httpx2")

HAIKU = "claude-haiku-5-5"
TEXT = (
    "size: [9, 9]\nclock: {end: 00:01:00}\nnpcs: {Ida: {mind: true}}\n"
    "tiers: {local: {model: scripted}, cloud: {}}\n"
)


def written(folder: Path, text: str = TEXT) -> Any:
    path = folder / "x.yaml"
    path.write_text(text)
    return read(path)


def claude(app: Any = None, **settings: Any) -> Anthropic:
    client = anthropic.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(app)) if app else None
    return Anthropic(HAIKU, key="k", http_client=client, **settings)


@pytest.mark.parametrize("reached", [True, False])
async def test_the_first_event_tells_what_the_provider_says_of_its_model(
    tmp_path: Path, monkeypatch: Any, reached: bool
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")

    async def look_up(self: Anthropic) -> Features:
        if not reached:
            raise Unavailable("no")
        self.features = Features(context=123)
        return self.features

    monkeypatch.setattr(Anthropic, "look_up", look_up)
    session = await open_session(written(tmp_path), ticks=2)
    told = json.loads(session.simulation.started.versions[f"{FEATURES}cloud"])
    assert told["context"] == (123 if reached else features_of(HAIKU).context)
    await session.close()


def test_a_beginning_under_the_minimum_is_warned_of(tmp_path: Path) -> None:
    made = written(tmp_path)
    setting, program = made.world.setting, made.program
    tokens = len(beginning(setting, program).encode()) // A_TOKEN
    for least, lines in ((tokens, 0), (tokens + 1, 1)):
        model = claude(features=Features(least_cached=least))
        found = too_short(setting, program, {"cloud": model})
        assert len(found) == lines
    assert f"about {tokens} tokens" in found[0]
    assert f"none under {tokens + 1}" in found[0]
    off = claude(features=Features(least_cached=9_999), kept="")
    assert too_short(setting, program, {"cloud": off}) == []


def test_a_cache_that_held_nothing_is_told_of_after_the_run(tmp_path: Path) -> None:
    made, tally = written(tmp_path), Tally()
    for cache, lines in ((Cache(2), 0), (Cache(3), 1), (Cache(3, written=9), 0)):
        tally.cache = {"cloud": cache}
        assert len(never_kept(made.program, {"cloud": claude()}, tally)) == lines


async def test_doctor_tells_a_models_features_and_counts_what_prompts_begin_with(
    tmp_path: Path,
) -> None:
    api = MessagesApi()
    made = written(tmp_path)
    model = claude(api.app)
    listed, cache = await features("cloud", model, made)
    assert listed.name == "model cloud"
    assert listed.said.startswith(features_of(HAIKU).told())
    assert "from npcsim's list; the provider does not say (Unavailable)" in listed.said
    assert cache.good is None or "the provider keeps them" in cache.said
    assert "(counted by the provider)" in cache.said
    assert len(api.counted) == 2
    assert api.asked == []
    await model.close()
