"""What a model is asked of memories themselves: how important they are, and what a summary says."""

from __future__ import annotations

import json
from collections.abc import Sequence

from npcsim.errors import BadReply
from npcsim.messages import Write
from npcsim.npc.tongues import tongue
from npcsim.tools.language import fill
from npcsim.tools.view import Body
from npcsim.world.rows import Memory

IMPORTANCE, SUMMARY = "importance", "summary"
PURPOSES = (IMPORTANCE, SUMMARY)
LINE = 200
"""The most characters of a memory that are shown."""
SHOWN = 40
"""The most memories that one summary is asked of."""
LONGEST = 320
"""A summary in words has at most so many characters."""
TOP = 10
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"ratings": {"type": "array", "items": {"type": "integer"}}},
        "required": ["ratings"],
        "additionalProperties": False,
    }
)


def importance(me: Body, lines: Sequence[Memory]) -> Write:
    """How much each of these memories matters, 1 to 10.

    The scale is that of Generative Agents (Park et al. 2023, section 4.1), which asks of each
    memory alone.
    """
    words = tongue(me.view.language)
    told = [f"{at}. {_line(line.text)}" for at, line in enumerate(lines, 1)]
    system = fill(words.rates, me=me, persona=me.profile.persona).rstrip()
    user = "\n".join([fill(words.rate, count=len(told)), *told])
    return Write(system, user, 24 + 6 * len(told), (), IMPORTANCE, schema=SCHEMA)


def ratings(text: str, count: int) -> tuple[float, ...]:
    """What was answered, 0 to 1 each. Raises `BadReply` where it is no rating of so many."""
    try:
        given = json.loads(text)["ratings"]
    except (ValueError, TypeError, LookupError):
        raise BadReply("there are no ratings in it") from None
    right = isinstance(given, list) and len(given) == count
    if not right or any(type(one) is not int or not 1 <= one <= TOP for one in given):
        raise BadReply(f"{count} whole numbers from 1 to {TOP} were asked for")
    return tuple(one / TOP for one in given)


def summary(me: Body, texts: Sequence[str]) -> Write:
    """What is left of these memories, in a sentence or two."""
    words = tongue(me.view.language)
    told = [f"- {_line(text)}" for text in texts[:SHOWN]]
    user = "\n".join([words.sum_up, *told])
    return Write(fill(words.answer_as, me=me, persona=me.profile.persona), user, 90, (), SUMMARY)


def summed_up(me: Body, said: str, line: Memory, texts: Sequence[str]) -> str:
    """A model's words as the text of a summary. Raises `BadReply` where they are not fit to be it.

    They end with a whole sentence, in no assistant's words, and name nobody whom the memories
    don't: a name that stands in none of them is made up.
    """
    words, view = tongue(me.view.language), me.view
    told = " ".join(said.encode("utf-8", "replace").decode().split()).strip().strip('"').strip()
    end = max(told.rfind(mark) for mark in ".!?")
    told = told[: end + 1][:LONGEST]
    if not told.endswith((".", "!", "?")):
        raise BadReply("there is no whole sentence in it")
    if any(mark in told for mark in words.assistant):
        raise BadReply("it is not said by whom it is about")
    known = " ".join((*texts, str(me.name)))
    for profile in view.world.setting.profiles:
        if profile.name in told and profile.name not in known:
            raise BadReply(f"it names {profile.name}, whom the memories don't")
    setting = view.world.setting
    began = line.since if line.since >= 0 else line.tick
    days = [
        (setting.start_ms + tick * setting.tick_ms) // 86_400_000 for tick in (began, line.tick)
    ]
    form = words.on_day if days[0] == days[1] else words.on_days
    return fill(form, first=days[0] + 1, last=days[1] + 1, gist=told)


def _line(text: str) -> str:
    return " ".join(text.split())[:LINE]
