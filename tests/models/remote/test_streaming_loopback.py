"""Streams and look-ups with a real server: llama.cpp's own, through both SDKs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import ModelError
from npcsim.messages import HEARING, Choose, Chosen, Found, Look, Lookups, Write, Written
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.remote.openai import OpenAI
from tests.loopback import Loopback

pytest.importorskip("anthropic")
pytest.importorskip("openai")
pytestmark = pytest.mark.loopback
WRITE = Write("You are a friendly innkeeper.", "Good day! How is business?", 28, ("\n",))
NONE = '{"type": "object", "properties": {}, "required": [], "additionalProperties": false}'
LOOKS = Lookups(
    (Look("prices", "What bread costs.", NONE),), (Found("prices", "{}", "3 coins"),), 1
)
CHOOSE = Choose("Odo is hungry. Odo decides to", "n", ("buy bread", "leave"), lookups=LOOKS)


def model_on(kind: str, server: Loopback) -> Any:
    if kind == "anthropic":
        return Anthropic(server.model, key=server.key, url=server.anthropic)
    return OpenAI(server.model, key=server.key, url=server.openai)


@pytest.mark.parametrize("kind", ["anthropic", "openai"])
async def test_words_are_heard_from_a_real_server(kind: str, loopback: Loopback) -> None:
    texts: list[str] = []

    async def ask(heard: bool) -> Any:
        HEARING.set(texts.append if heard else None)
        model = guarded(model_on(kind, loopback), deadline=60.0)
        try:
            return await model.ask(WRITE)
        finally:
            await model.close()

    answer = await asyncio.create_task(ask(True))
    assert isinstance(answer, Written)
    assert texts[-1] == answer.text
    assert len(texts) > 1
    assert answer.usage.input > 10
    assert answer.usage.output > 0
    if kind == "openai":  # asked at temperature 0; Anthropic's models take none
        assert (await asyncio.create_task(ask(False))).text == answer.text


async def test_look_ups_are_offered_to_a_real_server(loopback: Loopback) -> None:
    """So small a model may do with a tool what it likes: the end is an answer or a typed error.

    Through OpenAI's API alone: the other ignores the form of an answer, and it would talk on.
    """
    model = guarded(model_on("openai", loopback), deadline=60.0)
    end: Any = None
    try:
        end = await model.ask(CHOOSE)
    except ModelError as error:
        end = error
    finally:
        await model.close()
    if isinstance(end, Chosen):
        assert end.usage.input > 10
    else:
        assert end.kind in ("BadReply", "Unavailable")
