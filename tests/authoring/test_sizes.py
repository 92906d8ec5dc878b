"""Prompts are counted before and after a run, and kept to budgets of tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.authoring.sizes import sizes
from npcsim.errors import ScenarioError
from npcsim.inference.sizing import bound
from npcsim.messages import Choose, Prefix, Question, Usage, Write, Written
from npcsim.models.local.bundled import bundled_model_path
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.models.scripted import Scripted, by_hash
from npcsim.store.run_store import Run
from tests.worlds_in_text import built, living, of

TEXT = """
clock: {tick: 10 s, start: "06:00", end: "06:30"}
places: {mill: {}, square: {}}
ways: [{from: mill, to: square, takes: 1 min}]
archetypes: {folk: {mind: true, persona: A quiet soul., tools: [wait, go_to]}}
npcs: {mara: {is: folk, at: mill}, bo: {is: folk, at: mill}}
plans:
  rest: {option: rest a little, worth: 1, steps: [wait]}
  walk: {option: walk about, worth: 1, steps: [go_to(square), go_to(mill)]}
think: {rest: 10 s, local: 10 s, dominates: 50TOKENS}
tiers: {local: {model: scripted, context: whole}}
"""
LEARNT = [f"The {word} of the mill is broken" for word in "door roof wheel stone floor".split()]


async def lived(folder: Path, tokens: str) -> tuple[list[ev.Event], list[Question], Path]:
    made = built(folder / "scenario", TEXT.replace("TOKENS", tokens))
    model, happened = Scripted(), []
    async with living(made, {"local": model}, out=folder / "runs") as simulation:
        simulation.subscribe(lambda tick, events: happened.extend(events))
        for fact in LEARNT:
            simulation.put({"fact": fact, "heard_by": "mara"})
        await simulation.run_until("06:05")
    (run,) = (folder / "runs").iterdir()
    return happened, model.asked, run


def tokens_of(question: Question) -> int:
    assert isinstance(question, Choose)
    prefix = question.prefix
    return bound([prefix.shared, prefix.own, question.situation, *question.options])


async def test_a_budget_leaves_out_memories_and_says_so(tmp_path: Path) -> None:
    _, free, _ = await lived(tmp_path / "free", "")
    longest = max(tokens_of(one) for one in free if one.purpose == "plan")
    budget = longest - 40
    events, asked, run = await lived(tmp_path / "kept", f", tokens: {{plan: {budget}}}")
    plans = [one for one in asked if one.purpose == "plan"]
    assert plans
    assert all(tokens_of(one) <= budget for one in plans)
    assert any(one.trimmed for one in of(events, ev.Asked, npc="mara", purpose="plan"))
    with Run.open(run) as log:
        (row,) = [row for row in log.table("prompts").rows() if row["purpose"] == "plan"]
    landed = {event.thought for event in of(events, ev.Landed) if event.answer}
    assert row["trimmed"] == sum(
        e.trimmed for e in of(events, ev.Asked, purpose="plan") if e.thought in landed
    )
    assert row["questions"] == len([e for e in of(events, ev.Asked, purpose="plan")
                                    if e.thought in landed and e.tier == "local"])  # fmt: skip
    assert row["largest"] >= row["mean"] > 0


@pytest.mark.parametrize("tokens", [", tokens: {dream: 500}", ", tokens: {plan: 5}"])
def test_a_budget_that_is_none_is_told(tmp_path: Path, tokens: str) -> None:
    with pytest.raises(ScenarioError):
        built(tmp_path, TEXT.replace("TOKENS", tokens))


async def test_the_doctor_counts_by_purpose_with_the_tiers_own_tokenizer(tmp_path: Path) -> None:
    class Counted(Scripted):
        async def count(self, question: Question) -> int:
            return 777

    made = built(tmp_path, TEXT.replace("TOKENS", ""))
    counted, estimated = await sizes(made, {"local": Counted(), "cloud": Scripted()})
    assert counted.name == "prompts local"
    assert "plan 777" in counted.said
    assert "counted by its own tokenizer" in counted.said
    assert "estimated" in estimated.said or "is asked nothing" in estimated.said


async def test_the_bundled_model_counts_as_its_answers_do() -> None:
    pytest.importorskip("llama_cpp", reason="needs the extra `local`")
    path = bundled_model_path()
    if path is None:
        pytest.skip("needs the bundled model of the extra `local`")
    model: Any = LlamaCpp(path, threads=1)
    prefix = Prefix("Nobody steals here.", "You are Mara.", "mara")
    questions: list[Question] = [
        Choose("It is morning. Mara needs to", "Someone needs to", ("eat", "sleep a little")),
        Choose("Mara needs to", "Someone needs to", ("eat", "sleep"), prefix=prefix),
        Write("You are Mara.", "Hello! How are you?", 4, prefix=prefix),
    ]
    try:
        for question in questions:
            assert await model.count(question) == (await model.ask(question)).usage.input
    finally:
        await model.close()


@pytest.mark.parametrize("behaviour", [False, True])
async def test_a_player_is_spoken_to_by_who_can_talk(tmp_path: Path, behaviour: bool) -> None:
    """Words for who has no mind are asked of the model that is shown all, whatever it costs.

    A body with a behaviour of its own has no mind either, and is no player: a sheep, a bandit.
    """
    text = (
        TEXT.replace("TOKENS", "")
        .replace("[wait, go_to]", "[say]")
        .replace("bo: {is: folk, at: mill}", "you: {at: mill}")
        .replace("\nplans:", "\nrouting: {worth: 0.0001 USD}\nplans:")
        .replace(
            "tiers: {local: {model: scripted, context: whole}}",
            "tiers: {local: {model: none}, cloud: {model: scripted, context: whole, "
            "price: {input: 3, output: 15}}}",
        )
        .replace(
            "  walk: {option: walk about, worth: 1, steps: [go_to(square), go_to(mill)]}\n", ""
        )
    )
    text = text.replace("steps: [wait]", "steps: ['say(you, the day)']")
    if behaviour:
        text = text.replace("you: {at: mill}", "you: {is: sheep, at: mill}")
        sheep = "behaviour: {sheep: {graze: {do: wait}}}\narchetypes: {sheep: {}, folk:"
        text = text.replace("archetypes: {folk:", sheep)

    def rule(question: Question) -> Any:
        said = Written("Well met, stranger.", Usage(50, 5))
        return said if isinstance(question, Write) else by_hash(question)

    happened: list[ev.Event] = []
    async with living(built(tmp_path, text), {"cloud": Scripted(rule)}) as simulation:
        simulation.subscribe(lambda tick, events: happened.extend(events))
        await simulation.run_until("06:10")
    asked = of(happened, ev.Asked, purpose="speak")
    assert asked
    said = {one.content for one in of(happened, ev.Signalled)}
    if behaviour:
        assert {one.tier for one in asked} == {"reflex"}
        assert said
        assert "Well met, stranger." not in said
        return
    assert {(one.tier, one.reason) for one in asked} == {("cloud", "a player is spoken to")}
    assert "Well met, stranger." in said
