"""Every text that is put to a model, and the words used when none is asked.

How sentences are put together is here; the sentences themselves are in `tongues`, by language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from npcsim.messages import Choose, Write
from npcsim.npc.perception import day_part, feelings
from npcsim.npc.tongues import Tongue, tongue
from npcsim.tools.builtin.talking import SMALL_TALK, is_small_talk
from npcsim.tools.language import fill
from npcsim.tools.view import Body, View
from npcsim.world.dice import roll
from npcsim.world.rows import Heard

# The order (time, place, company, then the need or the news last) and the frame behind it chose
# best of those tried with the bundled model: see docs/explain/choosing.md.
NEUTRAL = tongue("en").neutral
MUCH = 0.5
"""A tie that is as strong is told of."""
_TWO_ENDS = re.compile(r"""([!?…]|[.!?…]["”’'])\.""")


def situation(me: Body, view: View, why: str, looks: Sequence[str] = ()) -> str:
    """How things stand, in a few short sentences, the most pressing last.

    `looks` are the sentences of ask tools.
    """
    words = _words(view)
    lines = [fill(words.time, day=day_part(view.hour, view.language))]
    if me.place:
        lines.append(fill(words.at, me=me, place=view.place(me.place)))
    has = [str(view.item(item).name) for item in me.carries if item != "coin"][:3]
    if has:
        lines.append(fill(words.has, me=me, things=words.names.of(has)))
    near = [str(other.name) for other in view.near(me, 6.0)[:3]]
    if near:
        form = words.near_many if len(near) > 1 else words.near_one
        lines.append(fill(form, who=words.names.of(near)))
    lines += _stands(me, view, words)
    lines += looks
    if why:
        lines.append(why)
    return _with_feelings(me, lines, feelings(me), words)


def _stands(me: Body, view: View, words: Tongue) -> list[str]:
    """How one stands to those who are near, where that is much: in scenarios where ties move."""
    if not view.world.setting.ties_told:
        return []
    told = []
    for other in view.near(me, 6.0)[:3]:
        felt = [(me.tie(other, tie), forms) for tie, forms in words.ties.items()]
        value, forms = max(felt, key=lambda one: abs(one[0]))
        form = forms[value < 0]
        if abs(value) >= MUCH and form:
            told.append(fill(form, me=me, who=other))
    return told[:2]


def choose(
    me: Body,
    view: View,
    why: str,
    options: tuple[str, ...],
    purpose: str,
    looks: Sequence[str] = (),
) -> Choose:
    """Which of these would this NPC do now?"""
    return _framed(me, situation(me, view, why, looks), options, purpose, _words(view))


def choose_told(
    who: str,
    told: str,
    felt: Sequence[str],
    options: tuple[str, ...],
    purpose: str,
    language: str = "en",
) -> Choose:
    """The same question about a situation told in words: for measuring what models can do.

    `felt` are feelings as `perception.feelings` words them; what `told` says already is left out.
    """
    words = tongue(language)
    new = [feeling for feeling in felt if feeling not in told]
    return _framed(who, _with_feelings(who, [told], new, words), options, purpose, words)


def _with_feelings(
    who: Body | str, lines: Sequence[str], felt: Sequence[str], words: Tongue
) -> str:
    last = [fill(words.felt, me=who, feelings=words.feelings.of(felt))] if felt else []
    return " ".join([*lines, *last])


def _framed(
    who: Body | str, told: str, options: tuple[str, ...], purpose: str, words: Tongue
) -> Choose:
    return Choose(f"{told} {fill(words.decides, me=who)}", words.neutral, options, purpose)


def speak(me: Body) -> Write:
    """One short line of small talk.

    Only that is left to a small model: asked to pass on news, the bundled one talks beside the
    point, so news is told in plain paraphrases of the speech act.
    """
    words = _words(me.view)
    form = words.openings[_thrown(me, "opening", len(words.openings))]
    opening = fill(form, day=day_part(me.view.hour, me.view.language))
    return Write(_as(me, words), opening, 28, ("\n",), "speak")


def speaks_as(me: Body) -> str:
    """Who a model speaks as, and how."""
    return _as(me, _words(me.view))


def quoted(words: str, most: int = 240) -> str:
    """What somebody said, as it can stand in quotation marks: one line, with no such marks.

    So it stays what was said: nothing in it can end the quotation and go on as something else.
    """
    text = " ".join(words.replace('"', "'").replace("“", "'").replace("”", "'").split())
    return text if len(text) <= most else f"{text[: most - 3]}..."


def reflect(me: Body, goal: str, how: str, reason: str) -> Write:
    """One line of reflection on a goal that ended."""
    words = _words(me.view)
    form = words.after_done if how == "done" else words.after_failure
    user = fill(form, goal=goal, reason=reason)
    return Write(_as(me, words), user, 28, ("\n",), "reflect")


def hours(
    me: Body,
    told: str,
    day: str,
    clock: str,
    changed: str,
    tools: Sequence[str],
    places: Sequence[str],
) -> tuple[str, str]:
    """A day's hours wanted: -> (who is asked, what)."""
    words = _words(me.view)
    user = fill(
        words.plans_hours, told=told, clock=clock, day=day, tools=", ".join(tools),
        places=", ".join(places),
    )  # fmt: skip
    if changed:
        user = f"{user} {fill(words.plans_anew, changed=changed)}"
    return fill(words.plans_as, me=me, persona=me.profile.persona), user


def ended(text: str) -> str:
    """A sentence without the full stop after what has ended already: `Guards!".` or `Guards!.`"""
    return _TWO_ENDS.sub(r"\1", text)


def topic(view: View, asked: str) -> str:
    """What is to be talked about, in words; small talk in those of the scenario's language."""
    return view.said(SMALL_TALK) if is_small_talk(asked) else asked


def line_of(me: Body, text: str) -> str:
    """A model's words as one line of `me`'s speech, or an empty text when they are unfit."""
    return spoken_line(str(me.name), text, me.view.language)


def spoken_line(speaker: str, text: str, language: str, limit: int = 160) -> str:
    """A model's words as one line of speech, or an empty text when they are not fit to be said.

    Off come quotes, the speaker's own name in front, and all after the first whole sentence. A
    sentence cut off by the token limit, or one in which the model speaks as an assistant
    ("I'm sorry, I'm not ..."), is not fit.
    """
    # Half of a surrogate pair is no text and can't be said.
    text = text.encode("utf-8", "replace").decode()
    line = " ".join(text.split()).removeprefix(f"{speaker}:").strip().strip('"').strip()
    ends = [line.find(mark) + 1 for mark in (". ", "! ", "? ") if mark in line]
    line = line[: min(ends)] if ends else line
    assistant = any(mark in line for mark in tongue(language).assistant)
    unfit = not line.endswith((".", "!", "?")) or assistant
    return "" if unfit or len(line) > limit else line


# -- what a mind perceives, as it is remembered and put before a model -----------------------------


def said_to_me(who: Body, words: str) -> str:
    """Words that were meant for one, as a memory."""
    return fill(_words(who.view).said_to_me, who=who, words=quoted(words))


def overheard(who: Body, words: str) -> str:
    """Words that were meant for somebody else, as a memory."""
    return fill(_words(who.view).overheard, who=who, words=quoted(words))


def heard_said(who: Body, words: str) -> str:
    """Words that were meant for one, as a reason to think."""
    return fill(_words(who.view).said, who=who, words=quoted(words))


def heard_offer(who: Body, what: str) -> str:
    """An offer made to one, as a reason to think."""
    return fill(_words(who.view).offers, who=who, what=what)


def alarm(view: View, heard: Heard) -> str:
    """Something alarming that was seen or heard, without a full stop; see `ended`."""
    words = _words(view)
    who = view.npc(heard.source) if heard.source in view.world.setting.serial_of else None
    if heard.about == "attack" and who is not None:
        return fill(words.attacks, who=who)
    if heard.about == "shout" and heard.content and who is not None:
        return fill(words.shouts, who=who, words=quoted(heard.content))
    if heard.content and who is not None and str(who.name) not in heard.content:
        return fill(words.someone, who=who, what=heard.content)
    return heard.content or fill(words.sound, what=heard.about)


def arrives(who: Body) -> str:
    """Somebody who has come into sight, as a reason to think."""
    return fill(_words(who.view).arrives, who=who)


def was_hurt(me: Body) -> str:
    """Being hurt, as a reason to think."""
    return fill(_words(me.view).was_hurt, me=me)


def in_state(me: Body, state: str) -> str:
    """A state that was entered and asks for thought, as a reason to think."""
    return fill(_words(me.view).in_state, me=me, state=state)


def wants(me: Body, what: str = "") -> str:
    """The NPC's high goal, or what it has just decided on; an empty text where it has none."""
    goal = what or me.profile.goal.rstrip(".")
    return fill(_words(me.view).wants, me=me, goal=goal) if goal else ""


def carry_on(view: View, goal: str) -> str:
    """The option of going on with a plan."""
    return fill(_words(view).carry_on, goal=goal)


def not_worked(view: View, reason: str) -> str:
    """What was refused, as a memory."""
    return fill(_words(view).not_worked, reason=reason)


def managed(view: View, goal: str) -> str:
    """A goal that was reached, as a memory."""
    return fill(_words(view).managed, goal=goal)


def failed(view: View, goal: str, reason: str) -> str:
    """A goal that failed, as a memory; without a reason, what every such memory begins with."""
    return fill(_words(view).failed, goal=goal, reason=reason)


def to_learn(view: View, goal: str, fails: bool, place: str) -> str:
    """The option of concluding how a goal goes."""
    words = _words(view)
    form = words.learn_failing if fails else words.learn_working
    return fill(form, goal=goal, there=_there(view, place))


def nothing_learnt(view: View) -> str:
    """The option of concluding nothing."""
    return _words(view).learn_nothing


def lesson(view: View, goal: str, done: int, failed: int, place: str) -> str:
    """A lesson as a memory, with its counts."""
    words = _words(view)
    form, count = (words.often_failed, failed) if failed >= done else (words.often_worked, done)
    return fill(form, goal=goal, count=count, tried=done + failed, there=_there(view, place))


def has_learnt(me: Body, goal: str, done: int, failed: int, place: str) -> str:
    """A lesson in a situation, in words instead of counts."""
    words = _words(me.view)
    how = words.how_often[0 if not done else 3 if not failed else 1 if failed >= done else 2]
    return fill(words.learnt, me=me, goal=goal, how=how, there=_there(me.view, place))


def _there(view: View, place: str) -> str:
    return fill(_words(view).there, place=view.place(place)) if place else ""


def summary(
    language: str, first: int, last: int, gist: Sequence[tuple[str, int]], more: int
) -> str:
    """What is left of several memories from one day to another: the foremost, and how many more.

    first, last: days, 0 the first.
    """
    words = tongue(language)
    told = [
        text if count == 1 else fill(words.counted, text=text, count=count) for text, count in gist
    ]
    if more:
        told.append(fill(words.more, count=more))
    form = words.on_day if first == last else words.on_days
    return fill(form, first=first + 1, last=last + 1, gist="; ".join(told))


def _words(view: View) -> Tongue:
    return tongue(view.language)


def _as(me: Body, words: Tongue) -> str:
    return fill(words.answer_as, me=me, persona=me.profile.persona)


def _thrown(me: Body, purpose: str, sides: int) -> int:
    world = me.view.world
    return int(roll(world.setting.mind_seed, world.tick, me.id, purpose) * sides)
