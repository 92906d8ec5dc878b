"""What is put before a situation for a model that is shown all of it: the world, then the NPC.

The first part is the same bytes for every NPC of a run, the second grows at its end only for as
long as it can, so that a model which keeps what it has read reads only what is new. All of it is
a pure function of the view: what was kept can't change a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from npcsim.inference.sizing import bound
from npcsim.messages import Choose, Prefix, Question
from npcsim.npc.tongues.background import background
from npcsim.tools.language import fill
from npcsim.tools.tool import STATE, Tool
from npcsim.tools.view import Body, View
from npcsim.world.rows import Memory
from npcsim.world.state import Setting

LINES = 16
"""The most lines of the recent past: less than a mind remembers, so that none drops out of it."""
RECALLED = 8
"""The most lines of what comes to mind beside them."""
KNOWN = 16
"""The most lines of what was known from the start."""
LINE = 200
"""The most characters of one line."""
LONGEST_MS, SHORTEST_MS = 86_400_000, 60_000
LOW, HIGH = 1 / 3, 2 / 3
_SAID = re.compile(r"[\"“「]([^\"”」]+)[\"”」]")


def shared(setting: Setting, tools: Mapping[str, Tool], about: str) -> str:
    """Tools and rules of the world, the same for all of its NPCs; `about` is the scenario's."""
    words = background(setting.language)
    does = [_line(f"{name}: {_first(tool.doc)}") for name, tool in tools.items() if _is_done(tool)]
    title = (setting.title or setting.scenario).rstrip(".")
    parts = [words.tools, *does, fill(words.title, title=title)]
    if about:
        parts.append(" ".join(about.split()))
    if setting.places:
        names = ", ".join(place.name for place in setting.places.values())
        parts.append(fill(words.places, places=names))
    return _text(parts)


def own(me: Body, view: View, lately: Sequence[Memory] | None = None) -> str:
    """Who an NPC is, what it knows, and its recent past: all of it, or `lately`."""
    lately = recent(me.memories, view) if lately is None else lately
    words, profile = background(view.language), me.profile
    persona = " ".join(profile.persona.split())
    parts = [fill(words.me, me=me, persona=persona).rstrip()]
    if profile.goal:
        parts.append(fill(words.goal, goal=profile.goal.rstrip(".")))
    traits = _traits(me)
    if traits:
        parts.append(fill(words.traits, traits=", ".join(traits)))
    known = [_line(line.text) for line in _known(me)]
    if known:
        parts += [words.knows, *known]
    parts.append(words.lately)
    return _text([*parts, *(_line(line.text) for line in lately)])


def whole(
    question: Question, before: str, me: Body, view: View, why: str = ""
) -> tuple[Question, tuple[int, ...]]:
    """The question with all that stands before it; `before` is the shared part, `why` the reason
    to think.

    What comes to mind stands in the question itself: it is another with every situation, and what
    a model keeps in mind is to last. -> (question, ids of what came to mind)
    """
    made, ids, _ = within(question, before, me, view, 0, why)
    return made, ids


def within(
    question: Question, before: str, me: Body, view: View, most: int, why: str = ""
) -> tuple[Question, tuple[int, ...], int]:
    """`whole`, kept to `most` tokens, as `sizing.bound` has them; 0 for as many as there are.

    The least relevant of what comes to mind is left out first, then the oldest of the recent past;
    never who the NPC is and what it knows. -> (question, ids of what came to mind, how many
    memories were left out)
    """
    told = _told(question)
    minded, lately = _ranked(me, view, cue(question, why)), list(recent(me.memories, view))
    left_out = 0
    made = _shown(question, told, Prefix(before, own(me, view, lately), me.id), minded, view)
    while most and (minded or lately) and bound(_texts(made)) > most:
        left_out += 1
        if minded:
            minded.pop()
        else:
            lately.pop(0)
        made = _shown(question, told, Prefix(before, own(me, view, lately), me.id), minded, view)
    return made, tuple(line.id for line in _in_order(minded)), left_out


def _shown(
    question: Question, told: str, prefix: Prefix, minded: Sequence[Memory], view: View
) -> Question:
    question = replace(question, prefix=prefix)
    if minded:
        head = background(view.language).minded
        lines = (_line(line.text) for line in _in_order(minded))
        told = _text([head, *lines]) + "\n" + told
    if isinstance(question, Choose):
        return replace(question, situation=told)
    return replace(question, user=told)


def _texts(question: Question) -> list[str]:
    """All that a model reads of a question."""
    prefix = question.prefix
    if isinstance(question, Choose):
        return [prefix.shared, prefix.own, question.situation, *question.options]
    return [prefix.shared, prefix.own, question.system, question.user]


def cue(question: Question, why: str) -> str:
    """By what something is to come to mind: the words that were said, or all of the situation.

    Words about time, place and company beside them find memories of time, place and company.
    """
    said = _SAID.findall(why)
    return said[-1] if said else _told(question)


def _told(question: Question) -> str:
    return question.situation if isinstance(question, Choose) else question.user


def minded(me: Body, view: View, told: str) -> list[Memory]:
    """What comes to mind of what is told, beside what is shown anyway; the oldest first."""
    return _in_order(_ranked(me, view, told))


def _in_order(lines: Sequence[Memory]) -> list[Memory]:
    return sorted(lines, key=lambda line: (line.tick, line.id))


def _ranked(me: Body, view: View, told: str) -> list[Memory]:
    """The same, the most relevant first."""
    shown = {line.id for line in recent(me.memories, view)} | {line.id for line in _known(me)}
    found = me.recall(told, limit=RECALLED + len(shown))
    return [line for line in found if line.id not in shown][:RECALLED]


def _known(me: Body) -> list[Memory]:
    return [line for line in me.memories if line.tick <= 0][:KNOWN]


def recent(memories: Sequence[Memory], view: View) -> Sequence[Memory]:
    """The memories since a moment that seldom moves, at most `LINES` of them.

    It is the beginning of the last whole day, half day, quarter … whichever is the longest that
    has no more lines. So lines are added at the end; only when there are too many, or such a time
    is over, does the beginning move, and then by half or more at a time.
    """
    lived = [line for line in memories if line.tick > 0]
    setting, length = view.world.setting, LONGEST_MS
    while length >= SHORTEST_MS:
        since = (view.now_ms // length - 1) * length
        found = [at for at in lived if setting.start_ms + at.tick * setting.tick_ms >= since]
        if len(found) <= LINES:
            return found
        length //= 2
    return lived[-LINES:]


def _traits(me: Body) -> list[str]:
    """What an NPC has much or little of; needs and health change, so the situation tells them."""
    words = background(me.view.language)
    found = []
    for gauge in me.view.world.setting.gauges.values():
        if gauge.need or gauge.rate or gauge.name == "hp" or gauge.high <= gauge.low:
            continue
        level = (getattr(me, gauge.name) - gauge.low) / (gauge.high - gauge.low)
        if level <= LOW or level >= HIGH:
            form = words.much if level >= HIGH else words.little
            found.append(fill(form, trait=gauge.name.replace("_", " ")))
    return found


def _is_done(tool: Tool) -> bool:
    return tool.kind != STATE


def _first(doc: str) -> str:
    return doc.strip().partition("\n")[0]


def _line(text: str) -> str:
    return "- " + " ".join(text.split())[:LINE]


def _text(parts: Iterable[str]) -> str:
    # A model may take spaces at the end of one part together with the next one's beginning.
    return "".join(f"{part}\n" for part in parts)
