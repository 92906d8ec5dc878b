"""`embeddings:` and `similar:` in a scenario: what they come to, and what is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim.assembly.build import Built, read
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.assembly.thinking import embedding, tiers
from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import ScenarioError
from npcsim.messages import Choose, Usage
from npcsim.models.embedding import minilm
from npcsim.models.embedding.minilm import MiniLM, why_missing
from npcsim.models.embedding.remembered import Remembered
from npcsim.models.embedding.served import ServedEmbedder
from npcsim.models.guards.around import bare
from npcsim.models.guards.seconded import Seconded
from npcsim.models.guards.similar import Similar
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.models.money.prices import Price
from npcsim.models.scripted import Scripted
from npcsim.replay.verify import verify
from npcsim.scenario.guard_parts import GuardsPart
from npcsim.store.run_store import Run

REAL = pytest.mark.skipif(bool(why_missing()), reason=why_missing())
SCENARIO = """
scenario: hut
clock: {tick: 10 s, start: "08:00", end: "08:20"}
size: [30, 12]
npcs:
  Wren: {x: 1, y: 1, mind: true, tools: [wait, look]}
  Odo: {x: 28, y: 10, mind: true, tools: [wait, look]}
plans:
  rest: {option: have a rest, worth: 0.4, stakes: 0.9, steps: [wait]}
  tidy: {option: tidy the hut, worth: 0.4, stakes: 0.9, steps: [wait]}
"""
CLOUD = "tiers: {local: {model: none}, cloud: {guards: {similar: true}}}\n"


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")

    def written(more: str = "") -> Built:
        path = tmp_path / "hut.yaml"
        path.write_text(SCENARIO + more)
        return read(path)

    return written


def inner(embedder: Any) -> Any:
    assert isinstance(embedder, Remembered)
    return embedder.inner


@REAL
def test_the_bundled_model_is_what_there_is_by_default(scenario: Any) -> None:
    definition = scenario().definition
    assert embedding.why_none(definition) == ""
    assert isinstance(inner(embedding.embedder_of(definition)), MiniLM)


@pytest.mark.parametrize(
    ("line", "name", "at"),
    [
        ("ollama:nomic-embed-text", "ollama:nomic-embed-text", "http://127.0.0.1:11434/v1"),
        ('"openai:bge@http://127.0.0.1:8080/v1"', "openai:bge", "http://127.0.0.1:8080/v1"),
        ("{model: 'ollama:nomic', keep: v.bin}", "ollama:nomic", "11434"),
    ],
)
def test_a_server_may_embed_instead(scenario: Any, line: str, name: str, at: str) -> None:
    pytest.importorskip("openai")
    embedder = embedding.embedder_of(scenario(f"embeddings: {line}\n").definition)
    assert isinstance(inner(embedder), ServedEmbedder)
    assert embedder is not None
    assert embedder.name == name
    assert at in embedder.fingerprint


def test_what_a_server_charges_is_part_of_what_questions_cost(
    scenario: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openai")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    server = "openai:text-embedding-3-small"
    priced = scenario(f"{CLOUD}embeddings: {{model: '{server}', price: 0.02}}\n")
    [tier] = priced.program.tiers
    assert tier.price is not None
    assert tier.price.beside == 0.02
    assert embedding.said(priced.definition, {"cloud"}) == []
    embedder = inner(embedding.embedder_of(priced.definition))
    assert embedder._price == Price(0.02, 0.02, 0.0)
    unpriced = scenario(f"{CLOUD}embeddings: '{server}'\n")
    [tier] = unpriced.program.tiers
    assert tier.price is not None
    assert tier.price.beside == 0
    assert embedding.said(unpriced.definition, {"cloud"}) == [
        f"what {server} costs for embeddings is not counted: say `embeddings: {{price: 0.02}}`, "
        "in USD a million tokens"
    ]
    with pytest.raises(ScenarioError, match="nothing is charged for 'bundled'"):
        scenario(f"{CLOUD}embeddings: {{price: 0.02}}\n")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("embeddings: none\n", "says `embeddings: none`"),
        ("language: ko\n", "read English"),
        ("embeddings: openai:text-embedding-3-small\n", "OPENAI_API_KEY is not set"),
        ("embeddings: {model: 'openai:x@http://h/v1', key: MY_KEY}\n", "MY_KEY is not set"),
    ],
)
def test_why_there_are_none_is_told(scenario: Any, more: str, why: str) -> None:
    pytest.importorskip("openai")
    definition = scenario(more).definition
    assert why in embedding.why_none(definition)
    assert embedding.embedder_of(definition) is None


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("embeddings: anthropic:claude\n", "expected `bundled`, `none`"),
        ("embeddings: {modle: x}\n", "model"),
        ("embeddings: {model: bundled, key: sk-12345}\n", "a key itself belongs in no file"),
        (f"{CLOUD}embeddings: none\n", "`similar` needs embeddings"),
        ("tiers: {cloud: {guards: {similar: {at_least: 0.2}}}}\n", "at least 0.5"),
    ],
)
def test_mistakes_are_told_where_they_stand(scenario: Any, more: str, told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(more)
    assert told in str(caught.value)
    assert "sk-12345" not in str(caught.value)
    assert caught.value.mistakes[0].line > 8


@REAL
def test_similar_stands_around_a_tier_that_asks_for_it(scenario: Any) -> None:
    pytest.importorskip("anthropic")
    model = tiers.models_of(scenario(CLOUD).definition)["cloud"]
    found = []
    while hasattr(model, "inner"):
        found.append(type(model).__name__)
        model = model.inner
    assert found[:3] == ["Deadlined", "Similar", "Cached"]


async def test_a_run_that_can_have_no_similar_says_so(
    scenario: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm, "minilm_path", lambda: None)
    built = scenario(CLOUD)
    session = await open_session(built, models={"cloud": Scripted()})
    told = "\n".join(session.absent())
    await session.close()
    assert "`similar` of tier cloud is left out: the embedding model is not installed" in told
    session = await open_session(built, models={})
    assert session.absent() == []
    await session.close()


@REAL
async def test_hits_are_logged_as_hits_cost_nothing_and_replay(
    scenario: Any, tmp_path: Path
) -> None:
    """Two far apart, of whom a model knows the same but their names: one answer does for both."""
    built = scenario("tiers: {local: {model: scripted, price: {input: 1, output: 1}}}\n")
    model = Scripted()
    part = GuardsPart.model_validate({"similar": {"within": "1 h"}})
    embedder = embedding.embedder_of(built.definition)
    guard = guarded(model, part, deadline=60, embedder=embedder, tick_ms=10_000)
    session = await open_session(built, models={"local": guard}, out=tmp_path)
    async for _ in session.simulation:
        pass
    summary = session.finish()
    await session.close()
    log = Run.open(session.folder)  # type: ignore[arg-type]
    calls = [kept.call for kept in log.calls() if isinstance(kept.call.question, Choose)]
    alike = [call for call in calls if call.answer and call.answer.usage.alike]
    asked = [call for call in calls if call.answer and not call.answer.usage.kept]
    assert alike
    assert len(asked) == len([q for q in model.asked if isinstance(q, Choose)])
    assert {call.cost_usd for call in alike} == {0.0}
    assert all(call.cost_usd > 0 for call in asked)
    assert all(call.answer and call.answer.usage.input == 0 for call in alike)
    again = recorded_session(log)
    assert (await verify(again.simulation, log)).hash == summary["state_hash"]
    await again.close()
    log.close()
    assert Usage(kept=True, alike=1.0) in [call.answer.usage for call in alike if call.answer]
    assert isinstance(guard.inner, Similar)  # type: ignore[attr-defined]


@REAL
def test_careful_scoring_stands_round_the_local_model_only(scenario: Any) -> None:
    pytest.importorskip("llama_cpp")
    built = scenario("tiers: {local: {scoring: careful}}\n")
    model = tiers.models_of(built.definition)["local"]
    assert isinstance(model, Seconded)
    assert isinstance(bare(model), LlamaCpp)
    assert embedding.said(built.definition, ["local"]) == []


@REAL
@pytest.mark.parametrize(
    ("more", "careful"),
    [
        ("", True),
        ("tiers: {local: {scoring: quick}}\n", False),
        ("tiers: {local: {context: whole}}\n", False),
        ("embeddings: none\n", False),
        ("language: ko\n", False),
    ],
)
def test_the_bundled_model_is_careful_where_that_was_fitted(
    scenario: Any, more: str, careful: bool
) -> None:
    pytest.importorskip("llama_cpp")
    model = tiers.models_of(scenario(more).definition)["local"]
    assert isinstance(model, Seconded if careful else LlamaCpp)
    assert embedding.said(scenario(more).definition, ["local"]) == []


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("tiers: {local: {scoring: careful}}\nembeddings: none\n", "fitted for"),
        ("tiers: {cloud: {scoring: careful}}\n", "only a model file is scored"),
    ],
)
def test_careful_where_it_cannot_be_is_told(scenario: Any, more: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        scenario(more)


def test_careful_in_another_language_is_left_out_and_told(scenario: Any) -> None:
    definition = scenario("language: ko\ntiers: {local: {scoring: careful}}\n").definition
    (line,) = embedding.said(definition, ["local"])
    assert line.startswith("`scoring: careful` of tier local is left out: ")
