"""What the provider keeps of prompts: the same bytes for all NPCs first, one NPC's own after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from npcsim.messages import Answer, Choose, Prefix, Question, Write
from npcsim.models.guards.asking import Watch
from npcsim.models.remote.anthropic import Anthropic
from tests.models.remote.messages_api import MessagesApi, blocks_of

anthropic = pytest.importorskip("anthropic")
httpx2 = pytest.importorskip("httpx2")

RULES = "".join(f"- tool_{n}: does what its name says, and nothing else.\n" for n in range(60))
OWN = "You are {who}, who has lived here for long.\n- It rained in the morning.\n"


def choose(who: str, options: int = 3, lately: str = "") -> Choose:
    own = OWN.format(who=who) * 12 + lately
    texts = tuple(f"do thing {n}" for n in range(options))
    return Choose(f"It is noon. {who} decides to", "S", texts, prefix=Prefix(RULES, own, who))


def write(who: str) -> Write:
    prefix = Prefix(RULES, OWN.format(who=who), who)
    return Write(f"You are {who}: answer in a sentence.", "Good day!", prefix=prefix)


class Desk:
    """A model on the fake API, and the time both go by."""

    def __init__(self, minimum: int = 512, model: str = "claude-haiku-5-5", **settings: Any):
        self.api = MessagesApi(minimum)
        client = anthropic.DefaultAsyncHttpxClient(transport=httpx2.ASGITransport(self.api.app))
        watch = Watch(lambda: self.api.time)
        self.model = Anthropic(model, key="k", http_client=client, watch=watch, **settings)

    async def ask(self, *questions: Question) -> list[Answer]:
        return [await self.model.ask(question) for question in questions]

    async def __aenter__(self) -> Desk:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.model.close()


async def test_bytes_before_the_mark_are_the_same_for_all_and_come_from_the_cache() -> None:
    """Whoever is asked about, and however many options there are."""
    async with Desk() as desk:
        await desk.ask(*(choose(who, n) for n in range(1, 9) for who in ("Ida", "Odo", "Mara")))
        assert len({one.before for one in desk.api.asked}) == 1
        assert desk.api.asked[0].marked >= 512
        assert desk.api.asked[0].written >= desk.api.asked[0].marked
        assert desk.api.share_read() == 1.0


async def test_words_and_choices_begin_with_the_same_words() -> None:
    """Only the output format differs, which the provider takes for a part of the prompt."""
    async with Desk() as desk:
        await desk.ask(choose("Ida"), write("Odo"), write("Ida"), choose("Odo"))
        bodies = [one.body for one in desk.api.asked]
        assert len({body["system"][0]["text"] for body in bodies}) == 1
        assert [one.read > 0 for one in desk.api.asked] == [False, False, True, True]
        assert [body["system"][-1]["text"] for body in bodies[1:3]] == [
            write("Odo").system, write("Ida").system,
        ]  # fmt: skip


async def test_what_was_kept_is_in_the_usage_and_is_gone_after_its_time() -> None:
    for kept, lasts in (("5m", 300), ("1h", 3600)):
        async with Desk(kept=kept) as desk:
            [first] = await desk.ask(choose("Ida"))
            assert (first.usage.cached, first.usage.written > 0) == (0, True)
            desk.api.time += lasts - 1
            [again] = await desk.ask(choose("Odo"))
            assert (again.usage.cached, again.usage.written) == (first.usage.written, 0)
            desk.api.time += lasts - 1  # the last use counts
            [third] = await desk.ask(choose("Mara"))
            assert third.usage.cached > 0
            desk.api.time += lasts + 1
            [late] = await desk.ask(choose("Bo"))
            assert (late.usage.cached, late.usage.written > 0) == (0, True)
            assert late.usage.input > late.usage.written


async def test_an_npcs_own_part_is_kept_when_it_is_asked_about_again() -> None:
    """And what was kept is found though more has been lived since, for it grows at its end."""
    async with Desk() as desk:
        await desk.ask(choose("Ida"))
        marks = ["cache_control" in block for block in blocks_of(desk.api.asked[0].body)]
        assert sum(marks) == 1  # once is not worth it
        await desk.ask(choose("Ida", lately="- A bell rang.\n"))
        assert desk.api.asked[1].written > 0
        await desk.ask(choose("Ida", lately="- A bell rang.\n- Odo sang.\n"))
        third = desk.api.asked[2]
        assert third.read >= desk.api.asked[1].read + desk.api.asked[1].written
        assert third.written < 20  # the new line alone
        await desk.ask(choose("Odo"))
        assert desk.api.asked[3].written == 0
        desk.api.time += 301
        await desk.ask(choose("Ida"))
        assert sum("cache_control" in block for block in blocks_of(desk.api.asked[4].body)) == 1


async def test_what_is_marked_changes_no_word_of_a_prompt() -> None:
    async with Desk() as desk, Desk(kept="") as off:
        await desk.ask(choose("Ida"), choose("Ida"))
        await off.ask(choose("Ida"), choose("Ida"))
        said = {
            "".join(block["text"] for block in blocks_of(one.body))
            for one in (*desk.api.asked, *off.api.asked)
        }
        assert len(said) == 1
        assert not any("cache_control" in block for block in blocks_of(off.api.asked[1].body))
        assert not any(one.read or one.written for one in off.api.asked)


async def test_under_the_models_minimum_nothing_is_kept_and_usage_says_so() -> None:
    async with Desk(minimum=4096) as desk:
        answers = await desk.ask(choose("Ida"), choose("Odo"))
        assert all(one.usage.cached == one.usage.written == 0 for one in answers)


async def test_without_rules_there_is_nothing_to_keep() -> None:
    async with Desk() as desk:
        await desk.ask(replace(choose("Ida"), prefix=Prefix()))
        [block, _] = blocks_of(desk.api.asked[0].body)
        assert "cache_control" not in block


async def test_tokens_are_counted_without_asking() -> None:
    async with Desk() as desk:
        tokens = await desk.model.count(choose("Ida"))
        assert desk.api.asked == []
        [answer] = await desk.ask(choose("Ida"))
        assert answer.usage.input == tokens
        [counted] = desk.api.counted
        assert "max_tokens" not in counted
        assert counted["output_config"] == desk.api.asked[0].body["output_config"]
