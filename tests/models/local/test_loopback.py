"""The real SDKs against a real server on this machine: llama.cpp's, with the bundled model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from npcsim.errors import Unavailable
from npcsim.messages import Choose, Chosen, Prefix, Write, Written
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.remote.openai import OpenAI
from tests.loopback import Loopback

pytest.importorskip("anthropic")
pytest.importorskip("openai")
pytestmark = pytest.mark.loopback

RULES = "".join(f"- tool_{n}: does what its name says.\n" for n in range(15))
CHOOSE = Choose(
    "It is noon. Mara the baker is hungry and needs to", "Someone needs to",
    ("eat some bread", "fly to the moon", "sleep in the river"),
)  # fmt: skip
WRITE = Write("You are Mara, a cheerful baker. Answer in one short sentence.", "Good day!", 24)


@asynccontextmanager
async def claude(loopback: Loopback, key: str = "") -> AsyncIterator[Anthropic]:
    model = Anthropic(loopback.model, key=key or loopback.key, url=loopback.anthropic)
    try:
        yield model
    finally:
        await model.close()


async def test_words_and_a_choice_through_the_messages_api(loopback: Loopback) -> None:
    async with claude(loopback) as model:
        words = await model.ask(WRITE)
        assert isinstance(words, Written)
        assert words.text
        assert words.usage.input > 10
        assert words.usage.output > 0
        chosen = await model.ask(CHOOSE)
        assert isinstance(chosen, Chosen)
        assert chosen.pick in range(3)
        assert chosen.probabilities is None


async def test_its_tokens_are_counted(loopback: Loopback) -> None:
    async with claude(loopback) as model:
        tokens = await model.count(WRITE)
        longer = await model.count(Write(WRITE.system, WRITE.user * 9, 24))
        assert 10 < tokens < longer
        assert (await model.ask(WRITE)).usage.input == tokens


async def test_what_all_npcs_share_is_read_from_its_cache(loopback: Loopback) -> None:
    """The server keeps prompts by itself, and tells of it as Anthropic's does."""
    async with claude(loopback) as model:
        answers = []
        for who in ("Mara", "Odo", "Ida"):
            prefix = Prefix(RULES, f"You are {who}.\n", who)
            question = Write("Answer in one short sentence.", "Good day!", 8, prefix=prefix)
            answers.append(await model.ask(question))
        shared = await model.count(Write(RULES, "So")) - await model.count(Write("So", "So"))
        for later in answers[1:]:
            assert later.usage.cached >= 0.95 * shared
            assert later.usage.input > later.usage.cached


async def test_a_wrong_key_is_refused(loopback: Loopback) -> None:
    async with claude(loopback, "wrong") as model:
        with pytest.raises(Unavailable, match="401") as caught:
            await model.ask(WRITE)
        assert caught.value.lasting


async def test_words_through_the_chat_api(loopback: Loopback) -> None:
    model = OpenAI(loopback.model, key=loopback.key, url=loopback.openai)
    try:
        words = await model.ask(WRITE)
        assert isinstance(words, Written)
        assert words.text
        assert words.usage.input > 10
    finally:
        await model.close()
