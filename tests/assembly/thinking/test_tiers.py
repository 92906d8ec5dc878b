"""Tiers as written: what is refused at its line, what is filled in, and which models there are."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from npcsim.assembly.build import read
from npcsim.assembly.runs.session import models_of, open_session
from npcsim.errors import ScenarioError, TimedOut
from npcsim.messages import Choose
from npcsim.models.guards.around import bare
from npcsim.models.money.ledger import Budget
from npcsim.models.money.prices import Price
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.remote.openai import OpenAI
from npcsim.models.remote.served import Absent
from npcsim.models.scripted import Scripted
from npcsim.scenario.changing import changed

WORLD = """\
size: [20, 20]
clock: {tick: 1 s, start: "06:00", end: "08:00"}
places: {inn: {area: [1, 1, 5, 5]}}
npcs: {Ida: {at: inn, mind: true}}
plans: {rest: {option: rest, steps: [wait]}}
"""
LOCAL = "local: {model: scripted}"


def written(folder: Path, tiers: str, extra: str = "") -> Path:
    path = folder / "small.yaml"
    path.write_text(f"{WORLD}tiers: {{{tiers}}}\n{extra}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("tiers", "about"),
    [
        ("clod: {}", "the tier 'clod' needs a `model`; did you mean 'cloud'?"),
        ("reflex: {model: scripted}", "`reflex` is what decides without any model"),
        ("cloud: {model: 'antropic:claude'}", "expected `bundled`, `scripted`, `none`, a path"),
        ("cloud: {only: at(Parly)}", "no place or spot 'Parly'"),
        ("cloud: {only: at(imn)}", "did you mean 'inn'?"),
        ("cloud: {budget: 5 coins}", "expected an amount such as '0.20 USD'"),
        ("cloud: {budget: {rum: 1 USD}}", "did you mean 'run'?"),
        ("cloud: {model: 'anthropic:new', budget: 1 USD}",
         "a budget needs a price, and nobody knows the price of 'anthropic:new'"),
        ("local: {model: scripted, budget: 1 USD}",
         "a budget needs a price, and nothing is charged for 'scripted'"),
        ("box: {model: 'ollama:qwen3:8b', budget: {npc: 1 USD}}",
         "a budget needs a price, and nothing is charged for 'ollama:qwen3:8b'"),
        ("cloud: {price: {input: -1, output: 2}}", "at least 0"),
        ("cloud: {key: sk-ant-secret}", "`key` names an environment variable"),
        ("cloud: {effort: loww}", "did you mean 'low'?"),
        ("cloud: {think: 30}", "expected a duration"),
        ("cloud: {guards: {tries: 0}}", "at least 1"),
        ("cloud: {guards: {deadlin: 3 s}}", "did you mean 'deadline'?"),
        ("cloud: {guards: {cache: {keeps: a}}}", "did you mean 'keep'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_line(tmp_path: Path, tiers: str, about: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(written(tmp_path, tiers))
    [mistake] = caught.value.mistakes
    assert about in str(mistake)
    assert mistake.line == 6
    assert "secret" not in str(mistake)


def test_a_budget_without_a_price_is_told_at_the_budget(tmp_path: Path) -> None:
    path = written(tmp_path, "cloud: {model: 'anthropic:new', budget: 1 USD}")
    with pytest.raises(ScenarioError) as caught:
        read(path)
    [mistake] = caught.value.mistakes
    line = path.read_text(encoding="utf-8").splitlines()[mistake.line - 1]
    assert line[mistake.column - 1 :].startswith("1 USD")


def test_a_price_of_ones_own_makes_a_budget_good(tmp_path: Path) -> None:
    price = "price: {input: 3.00, output: 15.00}"
    made = read(written(tmp_path, f"box: {{model: 'ollama:m', budget: $2, {price}}}"))
    box = next(tier for tier in made.program.tiers if tier.name == "box")
    assert (box.price, box.budget) == (Price(3.0, 3.0, 15.0), Budget(run=2 * 10**12))


def test_what_is_left_out_is_filled_in(tmp_path: Path) -> None:
    made = read(written(tmp_path, "cloud: {}"))
    local, cloud = made.program.tiers
    assert (local.name, local.trust, local.think, local.served) == ("local", 0.5, 10_000, False)
    assert (cloud.model, cloud.trust, cloud.think, cloud.served) == (
        "anthropic:claude-haiku-5-5", 0.9, 30_000, True,
    )  # fmt: skip
    assert cloud.price == Price(0.1, 0.01, 0.5, 0.125)


def test_all_that_can_be_said_is_heard(tmp_path: Path) -> None:
    cloud = (
        "cloud: {model: 'anthropic:claude-opus-5-5', trust: 1, only: at(inn), think: 2 min, "
        "budget: {run: 1 USD, npc: 0.05 USD, hour: 0.10 USD}, effort: low, key: MY_KEY}"
    )
    extra = "routing: {stakes: 0.7, escalate: 0.2, worth: $1, unknown: 0.9, retry: 5 min}\n"
    made = read(written(tmp_path, f"{LOCAL}, mid: {{model: 'ollama:m'}}, {cloud}", extra))
    local, mid, top = made.program.tiers
    assert [local.name, mid.name, top.name] == ["local", "mid", "cloud"]
    assert (top.trust, top.think, top.only_text) == (1.0, 120_000, "at(inn)")
    assert top.budget == Budget(10**12, 5 * 10**10, 10**11)
    rules = made.program.routing
    assert (rules.stakes_for_thought, rules.escalate, rules.worth, rules.unknown) == (
        0.7, 0.2, 1.0, 0.9,
    )  # fmt: skip
    assert rules.retry_ms == 300_000


def test_think_times_can_be_said_together(tmp_path: Path) -> None:
    extra = "think: {local: 5 s, cloud: 45 s}\n"
    made = read(written(tmp_path, f"{LOCAL}, cloud: {{}}, box: {{model: 'ollama:m'}}", extra))
    assert {tier.name: tier.think for tier in made.program.tiers} == {
        "local": 5_000, "cloud": 45_000, "box": 45_000,
    }  # fmt: skip


@pytest.mark.parametrize("none", ["{model: none}", "off", '"off"'])
def test_no_local_tier_if_one_says_so(tmp_path: Path, none: str) -> None:
    made = read(written(tmp_path, f"local: {none}, cloud: {{}}"))
    assert [tier.name for tier in made.program.tiers] == ["cloud"]
    assert set(models_of(made)) == {"cloud"}


def test_each_tier_has_one_switch(tmp_path: Path) -> None:
    file = written(tmp_path, f"{LOCAL}, cloud: {{budget: 1 USD}}")
    left = {
        name: [tier.name for tier in read(file, [f"tiers.{name}=off"]).program.tiers]
        for name in ("local", "cloud")
    }
    assert left == {"local": ["cloud"], "cloud": ["local"]}
    without = read(file, ["tiers.local=off", "tiers.cloud=off"])
    assert not without.program.tiers
    told = without.recipe.definition
    loaded, mistakes, _ = changed(told, ["tiers.cloud={model: scripted}"])
    assert loaded is not None, mistakes
    assert loaded.definition.tiers["cloud"].model == "scripted"


def test_a_run_keeps_the_prices_it_was_made_with(tmp_path: Path) -> None:
    made = read(written(tmp_path, f"{LOCAL}, cloud: {{budget: 1 USD}}"))
    kept = json.loads(made.recipe.definition)["tiers"]["cloud"]
    assert kept == {
        "budget": "1 USD", "model": "anthropic:claude-haiku-5-5",
        "price": {"input": 0.1, "cached": 0.01, "output": 0.5, "written": 0.125},
    }  # fmt: skip
    plain = read(written(tmp_path, LOCAL))
    assert json.loads(plain.recipe.definition)["tiers"] == {"local": {"model": "scripted"}}


def test_models_behind_http_want_their_key_and_nothing_is_sent(
    tmp_path: Path, monkeypatch: Any
) -> None:
    """The socket guard fails this test if anything connects."""
    pytest.importorskip("anthropic")
    pytest.importorskip("openai")
    tiers = (
        f"{LOCAL}, cloud: {{}}, gpt: {{model: 'openai:gpt'}}, box: {{model: 'ollama:m'}}, "
        "vllm: {model: 'openai:m@http://box:8000/v1', key: BOX_KEY}"
    )
    made = read(written(tmp_path, tiers))
    models = models_of(made)
    whys = {name: m.why for name, m in models.items() if isinstance(m, Absent)}
    assert whys == {
        "cloud": "ANTHROPIC_API_KEY is not set", "gpt": "OPENAI_API_KEY is not set",
        "vllm": "BOX_KEY is not set",
    }  # fmt: skip
    assert isinstance(bare(models["box"]), OpenAI)
    assert isinstance(models["local"], Scripted)
    for variable in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "BOX_KEY"):
        monkeypatch.setenv(variable, "a-secret-of-mine")
    models = models_of(made)
    assert isinstance(bare(models["cloud"]), Anthropic)
    assert all(isinstance(bare(models[name]), OpenAI) for name in ("gpt", "box", "vllm"))
    assert not any("secret" in model.fingerprint + model.name for model in models.values())


@pytest.mark.parametrize(
    ("said", "paced", "threads"), [("", False, 4), ("", True, 3), (", threads: 2", True, 2)]
)
def test_a_model_file_leaves_a_paced_tick_a_core(
    tmp_path: Path, monkeypatch: Any, said: str, paced: bool, threads: int
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    (tmp_path / "a.gguf").touch()
    made = read(written(tmp_path, f"local: {{model: {tmp_path / 'a.gguf'}{said}}}"))
    asked: list[dict[str, Any]] = []

    def engine(path: Path, **how: Any) -> Scripted:
        asked.append(how)
        return Scripted()

    models_of(made, paced=paced, engine=engine)
    assert [how["threads"] for how in asked] == [threads]


async def test_models_behind_http_are_guarded_as_the_tier_says(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    pytest.importorskip("anthropic")
    cloud = "cloud: {guards: {deadline: 50 ms, cache: {keep: kept.jsonl}}}"
    box = "box: {model: 'ollama:m', guards: {cache: false}}"
    models = models_of(read(written(tmp_path, f"{LOCAL}, {cloud}, {box}")))

    def layers(model: Any) -> list[str]:
        inner = getattr(model, "inner", None)
        return [type(model).__name__, *(layers(inner) if inner is not None else [])]

    around = ["Deadlined", "Cached", "Retrying", "Limited", "Rated", "Breaking"]
    assert layers(models["cloud"]) == [*around, "Anthropic"]
    assert layers(models["box"]) == [*(name for name in around if name != "Cached"), "OpenAI"]
    assert layers(models["local"]) == ["Scripted"]
    inside = bare(models["cloud"])

    async def hangs(question: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(inside, "ask", hangs)
    with pytest.raises(TimedOut, match=r"no answer within 0\.05 s"):
        await models["cloud"].ask(Choose("s", "n", ("a", "b")))


def test_without_the_sdk_a_tier_is_simply_not_there(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    model = models_of(read(written(tmp_path, f"{LOCAL}, cloud: {{}}")))["cloud"]
    assert isinstance(model, Absent)
    assert 'pip install "npcsim[cloud]"' in model.why


@pytest.mark.loopback
async def test_a_secret_is_nowhere_in_a_run(tmp_path: Path, monkeypatch: Any) -> None:
    pytest.importorskip("openai")
    secret = "sk-very-secret-0123456789"
    monkeypatch.setenv("BOX_KEY", secret)
    tiers = f"{LOCAL}, box: {{model: 'openai:m@http://127.0.0.1:9/v1', key: BOX_KEY}}"
    made = read(written(tmp_path, tiers))
    session = await open_session(made, out=tmp_path / "runs", ticks=5)
    async for _ in session.simulation:
        pass
    session.finish()
    await session.close()
    assert session.folder is not None
    for file in session.folder.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()
    assert secret.encode() not in made.recipe.to_bytes()
