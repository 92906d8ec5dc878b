"""The real SDK and a real llama.cpp server: what it tells, what it counts, and how it chooses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from npcsim.errors import TooLong
from npcsim.messages import Choose, Chosen, Prefix, Write, Written
from npcsim.models.money.prices import ANSWER
from npcsim.models.remote.openai import OpenAI
from npcsim.models.remote.servers import counting
from npcsim.models.remote.servers.found import LLAMA_SERVER, Found
from tests.loopback import Loopback

pytest.importorskip("openai")
pytestmark = pytest.mark.loopback

ROOT = Path(__file__).parents[4]
FOUND: list[Found] = []
"""What the shared server told when it was first asked."""
HUNGRY = "It is noon. Odo is very hungry and in the tavern. Odo decides to"
THREE = ("eat the stew", "sleep in the bed", "fish in the river")


@pytest.fixture
async def model(loopback: Loopback) -> AsyncIterator[OpenAI]:
    asked = OpenAI(loopback.model, url=loopback.openai, key=loopback.key, deadline=120)
    if not FOUND:
        FOUND.append(await asked.find())
    await asked.start()
    asked._found = FOUND[0]
    yield asked
    await asked.close()


async def test_it_tells_what_it_has_loaded(loopback: Loopback, model: OpenAI) -> None:
    found = await model.find()
    assert found.kind == LLAMA_SERVER
    assert (found.context, found.slots) == (loopback.context, loopback.slots)
    assert (found.logprobs, found.schema, found.thinks) == (True, True, False)
    assert found.most == 8192  # the model's own is another number


@pytest.mark.parametrize("count", [3, pytest.param(30, marks=pytest.mark.soak)])
async def test_any_number_of_options_gets_a_distribution(model: OpenAI, count: int) -> None:
    more = tuple(f"count {n} sacks" for n in range(4, count + 1))
    question = Choose(HUNGRY, "Someone decides to", (*THREE, *more))
    answer = await model.ask(question)
    assert isinstance(answer, Chosen)
    assert answer.probabilities is not None
    assert len(answer.probabilities) == count
    assert sum(answer.probabilities) == pytest.approx(1)
    assert answer.probabilities[answer.pick] == max(answer.probabilities)
    assert len(set(answer.probabilities)) > count // 2  # no share is made up
    assert answer.usage.output <= 2 * (1 if count == 3 else 3)  # a letter each time


async def test_what_does_not_fit_is_refused_by_the_servers_own_count(model: OpenAI) -> None:
    question = Choose("the mill " * 100, "Someone decides to", THREE)
    bounded = counting.bound([question.situation])
    found = await model.find()
    model._found = replace(found, context=300)
    with pytest.raises(TooLong, match="tokens as the server counts them, and with 32 for"):
        await model.ask(question)
    model._found = replace(found, context=bounded)  # under the bound, over the count
    answer = await model.ask(question)
    assert 200 < answer.usage.input < bounded - ANSWER


async def test_the_bound_is_over_the_servers_count(model: OpenAI) -> None:
    """Prose, code, numbers, YAML, another script: a token is rarely as short as the bound says."""
    files = ("README.md", "npcsim/models/remote/openai.py", "scenarios/03_village_morning.yaml",
             "docs/reference/scenario.md", "npcsim/npc/tongues/ko.py")  # fmt: skip
    texts = [(ROOT / name).read_text(encoding="utf-8")[:3000] for name in files]
    texts += ["밀가루 두 자루를 방앗간에 가져간다. " * 30, "1234567890 " * 40, "xqzjk vbwq " * 60]
    for text in texts:
        request: Any = {"messages": [{"role": "user", "content": text}]}
        count = await counting.counted(model._look, LLAMA_SERVER, request)
        assert count is not None
        assert counting.bound([text]) >= count, text[:60]


async def test_it_writes_and_keeps_to_a_schema(model: OpenAI) -> None:
    said = await model.ask(
        Write("You are Odo, a miller.", "Say good day.", prefix=Prefix("Rules."))
    )
    assert isinstance(said, Written)
    assert said.text
    schema = '{"type": "object", "properties": {"mood": {"type": "string", "enum": ["glum"]}}, ' + (
        '"required": ["mood"], "additionalProperties": false}'
    )
    formed = await model.ask(Write("You are Odo.", "How are you?", schema=schema))
    assert isinstance(formed, Written)
    assert formed.value == {"mood": "glum"}


async def test_votes_of_a_real_model(loopback: Loopback, model: OpenAI) -> None:
    found = replace(await model.find(), logprobs=False)  # as if it gave none
    model = OpenAI(loopback.model, url=loopback.openai, key=loopback.key, votes=3)
    model._found = found
    answer = await model.ask(Choose(HUNGRY, "Someone decides to", THREE))
    assert isinstance(answer, Chosen)
    assert answer.probabilities is not None
    assert min(answer.probabilities) >= 1 / 12 - 1e-9
    await model.close()
