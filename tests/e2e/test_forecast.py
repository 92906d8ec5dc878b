"""What a run is going to cost: `npcsim run --dry-run` and `npcsim.forecast`."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

import npcsim as front
from npcsim.assembly.build import read
from npcsim.assembly.money import lives
from npcsim.assembly.runs.session import open_session
from npcsim.errors import NpcsimError
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.scripted import Scripted
from tests.e2e.shell import ROOT, npcsim
from tests.models.remote.messages_api import MessagesApi

SALT, PARLEY = "salt_for_timber", "04_the_bandit_parley"
TICKS = 1_400


def words(text: str) -> int:
    """Tokens as a tokenizer might count them, not as a forecast does: five for four words."""
    return len(re.findall(r"\w+|[^\w\s]", text)) * 5 // 4


def option(body: Any) -> str:
    """An option that is its question's own."""
    if "format" not in body.get("output_config", {}):
        return "A fair trade."
    said = body["messages"][0]["content"]
    count = len(re.findall(r"^\d+\. ", said, re.M))
    return json.dumps({"option": 1 + len(said) % count})


async def spends(scenario: str, ticks: int, seed: int = 1) -> dict[str, Any]:
    """What a hybrid run spends: the local tier a script, the cloud one that keeps of prompts what
    its documentation says."""
    anthropic, httpx2 = pytest.importorskip("anthropic"), pytest.importorskip("httpx2")
    api = MessagesApi(answer=option, count=words)
    client = anthropic.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(api.app))
    cloud = Anthropic("claude-haiku-5-5", key="k", http_client=client)
    models = {"local": Scripted(), "cloud": cloud}
    made = read(ROOT / "scenarios" / f"{scenario}.yaml", [f"seed={seed}"])
    session = await open_session(made, models=models, ticks=ticks)
    async for _ in session.simulation:
        pass
    summary = session.summary()
    await session.close()
    return summary


def test_nobody_is_asked_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No socket is opened (the guard would fail this test), and no run is made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-not-a-real-key-0123456789")
    args = ("run", SALT, "--dry-run", "--ticks", TICKS, "--lives", 1)
    told = npcsim(*args).out
    assert list(tmp_path.iterdir()) == []
    assert re.search(r"^cloud +anthropic:claude-haiku-5-5 +[1-9]", told, re.M)
    assert re.search(r"^cost +\$0\.0\d+, between \$0\.0\d+ and \$0\.\d+$", told, re.M)
    assert re.search(r"^budget +cloud: \$0\.0\d+ of \$0\.2000 in the run", told, re.M)
    assert re.search(r"^real time +\d+ \w+ at 1 s an answer, \d+ \w+ at 5 s", told, re.M)
    assert "note         answers were drawn, not given" in told
    assert re.search(r"^simulated hour +local calls +cloud calls +USD$", told, re.M)
    # The same again, as data.
    found = npcsim(*args, "--json").last
    assert npcsim(*args, "--json").last["tiers"] == found["tiers"]
    by_name = {tier["name"]: tier for tier in found["tiers"]}
    assert by_name["local"]["usd"] == 0
    assert not by_name["local"]["paid"]
    cloud = by_name["cloud"]
    assert cloud["calls"] > 3
    assert cloud["input"] > 200 * cloud["calls"] > 0
    assert found["least"] <= found["usd"] <= found["most"] <= 0.20
    assert sum(hour["usd"] for hour in found["hours"]) == pytest.approx(found["usd"])
    assert found["ticks"] == found["lived"] == TICKS


def test_a_missing_key_is_said_and_no_reason_to_forecast_less() -> None:
    expected = front.forecast(SALT, ticks=TICKS, lives=1)
    assert "ANTHROPIC_API_KEY is not set: a run now would go without cloud" in expected.notes
    assert expected.tiers[-1].calls > 3


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_forecast_is_near_what_a_run_then_spends(seed: int) -> None:
    """A script for the local tier in both, which a dry run asks as well; the cloud is drawn.

    All that is asked of the dear tier in the parley is asked in its first 700 ticks.
    """
    given = ["tiers.local.model=scripted", f"seed={seed}"]
    expected = await asyncio.to_thread(front.forecast, PARLEY, ticks=700, overrides=given)
    summary = await spends(PARLEY, 700, seed)
    ratio = expected.usd / summary["cost_usd"]
    print(f"forecast ${expected.usd:.5f}, spent ${summary['cost_usd']:.5f}: {ratio:.2f}")
    assert 1 / 1.5 <= ratio <= 1.5
    assert expected.least <= summary["cost_usd"] <= expected.most


def test_a_part_is_lived_and_the_rest_taken_to_be_like_it() -> None:
    whole = front.forecast(SALT, ticks=TICKS, lives=1)
    half = front.forecast(SALT, ticks=TICKS, lives=1, part=TICKS // 2)
    again = front.forecast(SALT, ticks=TICKS // 2, lives=1)
    assert (half.lived, half.ticks) == (TICKS // 2, TICKS)
    assert half.usd == pytest.approx(2 * again.usd)
    assert half.usd != whole.usd
    timed = front.forecast(SALT, ticks=TICKS, lives=1, part="day 1 12:00")
    assert timed.lived == 360
    with pytest.raises(NpcsimError, match="what part is lived: "):
        front.forecast(SALT, part="noonish")


def test_budgets_that_will_bind_are_told_with_when() -> None:
    few = ["tiers.cloud.budget=0.0015 USD", "routing={escalate: 0.1}"]
    expected = front.forecast(SALT, ticks=TICKS, lives=2, overrides=few)
    [budget] = expected.budgets
    assert (budget.tier, budget.kind, budget.limit) == ("cloud", "run", 0.0015)
    assert budget.binds == 2
    assert budget.times > 0
    assert budget.first.startswith("day 1 ")
    assert expected.usd <= budget.spent <= 0.0015
    assert expected.most <= 0.0015
    from npcsim.assembly.money.telling import told

    [line] = [one for one in told(expected) if one.startswith("budget")]
    assert f"questions back, the first at {budget.first}" in line


def test_a_script_is_asked_really_and_other_models_where_that_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = front.forecast(SALT, ticks=300, lives=1)
    assert drawn.notes[0].startswith("answers were drawn")
    script = ["tiers.local.model=scripted"]
    asked = front.forecast(SALT, ticks=300, lives=1, overrides=script)
    assert "tiers that cost nothing were really asked: local" in asked.notes[0]
    # A script's usage is its own: a word a token.
    assert asked.tiers[0].input != drawn.tiers[0].input > 0

    started: list[Any] = []
    real = lives.tiers.models_of

    def models_of(definition: Any, **how: Any) -> Any:
        started.append(sorted(real(definition, **how)))
        return {name: Scripted() for name in started[-1]}

    monkeypatch.setattr(lives.tiers, "models_of", models_of)
    own = ["tiers.box={model: 'ollama:qwen3:8b'}", "tiers.local.model=scripted"]
    front.forecast(SALT, ticks=30, lives=1, overrides=own, ask_free=True)
    assert started[0] == ["box", "local"]
    started.clear()
    front.forecast(SALT, ticks=30, lives=1, overrides=own)
    assert started[0] == ["local"]


def test_what_has_no_end_and_what_asks_nobody(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("size: [9, 9]\nclock: {tick: 1 s}\nnpcs: {Ida: {mind: true}}\n")
    said = npcsim("run", path, "--dry-run", code=1)
    assert "say how long" in said.err
    off = npcsim("run", SALT, "--dry-run", "--models", "off")
    assert "nothing is asked, and nothing is spent" in off.out
    dear = "tiers.cloud.model=anthropic:unheard-of"
    said = npcsim(
        "run", path, "--dry-run", "--ticks", 3, "--set", dear, "--lives", 1
    )  # fmt: skip
    assert "nobody knows what anthropic:unheard-of costs" in said.out
    assert re.search(r"anthropic:unheard-of .* \?$", said.out, re.M)
