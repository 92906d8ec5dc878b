"""What a dry run takes for granted of answers nobody gave: caches, thinking, look-ups, batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import npcsim as front
from npcsim.assembly.money.forecast import Forecast
from npcsim.assembly.money.keeping import Keeping
from npcsim.assembly.money.supposed import Supposed, Supposing
from npcsim.messages import Choose, Found, Look, Lookups, Question, Usage, Write
from npcsim.models.money.prices import EFFORTS, Price, dollars, room
from npcsim.models.remote.sizes import size
from npcsim.npc.hours import HOURS, REWRITES
from npcsim.sim.inflight import Thought
from tests.models.remote.test_caching import Desk, choose, write
from tests.sim.test_tiers import EAGER, TIMES
from tests.worlds_in_text import VILLAGE, built

PRICE = Price(1.0, 0.1, 5.0, 1.25)
NIGHTLY = "tiers: {local: {model: scripted}, cloud: {batch: [reflect]}}\n"


async def test_what_is_read_from_the_cache_is_what_a_provider_reads() -> None:
    """The real SDK's requests at a provider that keeps what the documentation says, one by one."""
    questions: list[Question] = [
        choose("Ida"), choose("Odo", 5), write("Odo"), choose("Ida", lately="- A bell rang.\n"),
        choose("Ida", lately="- A bell rang.\n- Odo sang.\n"), write("Ida"), write("Ida"),
        choose("Mara"), choose("Odo"),
    ]  # fmt: skip
    keeping = Keeping(512)
    supposed = [keeping.read(one, size(one, "anthropic")) for one in questions]
    async with Desk() as desk:
        desk.api.count = lambda text: round(len(text.encode()) / 3.5)
        answers = await desk.ask(*questions)
    told = [(one.usage.cached, one.usage.written) for one in answers]
    assert sum(cached for cached, _ in told) > 2_000
    for ours, theirs in zip(supposed, told, strict=True):
        assert ours == pytest.approx(theirs, rel=0.03, abs=5)


async def test_nothing_under_the_minimum_is_kept_and_nothing_without_a_prefix() -> None:
    keeping = Keeping(100_000)
    assert keeping.read(choose("Ida"), size(choose("Ida"), "anthropic")) == (0, 0)
    assert keeping.read(choose("Ida"), size(choose("Ida"), "anthropic")) == (0, 0)
    plain = Choose("Noon.", "S", ("eat", "go"))
    assert Keeping(0).read(plain, size(plain, "anthropic")) == (0, 0)


async def landed(thought: Thought, tick: int, last: int = 0, **tier: Any) -> tuple[Any, Any]:
    """-> (what landed at a tick, what is not known of the tier)"""
    answers = Supposing([Supposed("cloud", "m", "anthropic", PRICE, **tier)], last=last)
    answers.ask(thought)
    landings = await answers.land(tick)
    return landings, answers.beyond["cloud"]


async def test_a_model_that_can_not_be_kept_from_thinking_thinks_for_a_quarter_of_its_room() -> (
    None
):
    thought = Thought("a", "ida", "cloud", choose("Ida"), 1, 9)
    [quick], beyond = await landed(thought, 1)
    assert (beyond.thinking, beyond.more) == (0, 0)
    for effort in ("", "high"):
        asked = replace(thought, question=replace(choose("Ida"), effort=effort))
        [slow], beyond = await landed(asked, 1, quiet=())
        thinks = room(effort) // 4
        assert slow.answer.usage.output - quick.answer.usage.output == thinks
        assert slow.cost_usd - quick.cost_usd == pytest.approx(thinks * 5 / 1e6)
        assert beyond.thinking == PRICE.of(Usage(output=thinks))
        assert beyond.more == PRICE.of(Usage(output=room(effort) - thinks))
    [held], _ = await landed(replace(thought, question=asked.question), 1, quiet=("", *EFFORTS))
    assert held.answer.usage.output == quick.answer.usage.output


async def test_look_ups_are_not_supposed_but_bounded() -> None:
    looks = Lookups((Look("see", "See.", "{}"),), (Found("see", "{}", "a mill"),), 2)
    question = replace(choose("Ida"), lookups=looks)
    [landing], beyond = await landed(Thought("a", "ida", "cloud", question, 1, 9), 1)
    usage = landing.answer.usage
    assert beyond.looks == 2 * PRICE.of(Usage(usage.input, usage.output))


async def test_a_written_day_may_be_written_anew() -> None:
    asked = Write("s", "u", 700, purpose=HOURS, schema="{}")
    [landing], beyond = await landed(Thought("a", "ida", "cloud", asked, 1, 9), 1)
    assert landing.answer.usage.output == 350
    assert beyond.anew == REWRITES * PRICE.of(landing.answer.usage)
    _, beyond = await landed(Thought("a", "ida", "cloud", replace(asked, purpose="speak"), 1, 9), 1)
    assert beyond.anew == 0


DAYS = """
days: {work: {who: [mara, bo], written: true, hours: {"06:00": eat}}}
tiers: {local: {model: scripted, for: [plan, react, speak]}, cloud: {for: [plan, hours]}}
"""


def test_a_forecast_of_written_days(tmp_path: Path) -> None:
    """They are counted and told; each NPC is lived by its sketch."""
    plain = expected(tmp_path, DAYS.replace("written: true", "written: false"))
    found = expected(tmp_path, DAYS)
    assert found.tiers[-1].calls >= plain.tiers[-1].calls + 2
    assert found.tiers[-1].output >= plain.tiers[-1].output + 2 * 350
    assert "days that cloud writes come out as they are sketched" in " | ".join(found.notes)
    assert "come out as they are sketched" not in " | ".join(plain.notes)


async def test_batches_are_back_by_the_last_tick_at_half_the_price() -> None:
    late = Thought("a", "ida", "cloud", choose("Ida"), 99, 99, patience=5.0)
    assert (await landed(late, 7, last=8))[0] == []
    [landing], _ = await landed(late, 8, last=8)
    assert landing.cost_usd == dollars(PRICE.batched.of(landing.answer.usage))


async def test_what_is_given_up_costs_what_it_costs() -> None:
    answers = Supposing([Supposed("cloud", "m", "anthropic", PRICE)])
    answers.ask(Thought("a", "ida", "cloud", choose("Ida"), 9, 9))
    answers.cancel("a", "Ida is down")
    [given_up] = await answers.land(2)
    [landing], _ = await landed(Thought("a", "ida", "cloud", choose("Ida"), 1, 9), 1)
    assert (given_up.answer, given_up.cost_usd) == (None, landing.cost_usd)


def expected(folder: Path, tiers: str) -> Forecast:
    # As long as what a provider keeps at least.
    about = f"about: {'An old village by a river, and its people. ' * 45}\n"
    built(folder, f"{VILLAGE}{about}{TIMES}{EAGER}{tiers}")
    return front.forecast(folder / "small.yaml", ticks=60, lives=1)


def test_what_is_taken_for_granted_is_said_where_it_matters(tmp_path: Path) -> None:
    quick = expected(tmp_path, "tiers: {local: {model: scripted}, cloud: {}}\n")
    [_, cloud] = quick.tiers
    assert cloud.calls > 3
    assert cloud.cached > 0
    assert cloud.written > 0
    assert not cloud.thinks
    said = " | ".join(quick.notes)
    assert "what prompts of cloud begin with is paid for in full once and then read" in said
    assert "thinks" not in said
    assert "batches" not in said
    opus = "model: 'anthropic:claude-opus-5-5', prompt_cache: none"
    slow = expected(tmp_path, f"tiers: {{local: {{model: scripted}}, cloud: {{{opus}}}}}\n")
    [_, cloud] = slow.tiers
    assert cloud.thinks
    assert (cloud.cached, cloud.written) == (0, 0)
    assert cloud.least is not None
    assert cloud.usd is not None
    assert cloud.most is not None
    assert cloud.least < cloud.usd / 1.5 < cloud.most / 3
    said = " | ".join(slow.notes)
    assert "cloud thinks for a quarter of the tokens there is room for" in said
    assert "begin with" not in said
    assert "batches of cloud" in " | ".join(expected(tmp_path, NIGHTLY).notes)
