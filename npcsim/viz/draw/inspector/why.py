"""Tab Why: the chain from what it does back to what set it off; each part leads on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pygame

from npcsim.store.why.explanation import Asking, Came, Explanation, Perceived, Thought
from npcsim.viz.draw.column import SMALL, Column, small_bar
from npcsim.viz.draw.ink import FAINT, GREEN, NIGHT, SKY, SOFT, TEXT, VERMILION, YELLOW
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.inspector.weighing import options, tier_line
from npcsim.viz.draw.widgets.link import Do, Goto, what_if

OUTCOMES = 12
BRIEF = 3  # lines of a prompt that is not open
MOST = 400  # lines of one that is
BY = {"body": "its state machine", "mind": "its mind", "outside": "somebody outside"}


def draw(column: Column, shown: Shown, told: Explanation | None, said: str) -> None:
    """The explanation; `said` is shown while there is none."""
    if told is None:
        column.gap(6)
        column.words(said or "Reading the log …", FAINT, lines=4)
        return
    _doing(column, shown, told)
    thought = told.thought
    if thought is None:
        column.head("Thought")
        column.words("No thought is behind it: its body did that alone.", SOFT, SMALL)
        return
    column.head("Set off by", thought.purpose)
    with column.leads(_there(shown, thought.asked)):
        column.words(thought.why or "no reason is kept", TEXT, lines=4)
        column.line(f"asked {shown.when(thought.asked)}: it {thought.link}", FAINT, 14)
    _perceived(column, shown, thought.perceived)
    _recalled(column, shown, thought)
    if thought.options:
        column.head("Weighed", f"{len(thought.options)} options")
        texts = [one.text for one in thought.options]
        scores = [
            [one.utility for one in thought.options],
            [one.probability for one in thought.options if one.probability is not None],
            [one.blended for one in thought.options if one.blended is not None],
        ]
        pick = next((at for at, one in enumerate(thought.options) if one.taken), -1)
        options(
            column, texts, scores, pick, 8, lambda text: what_if("decision", text, thought.asked)
        )
        column.line("click one: what if it had chosen that?", FAINT, 14)
    for asking in thought.askings:
        _asking(column, shown, asking)
    _outcomes(column, shown, thought)
    for asking in told.words.askings if told.words is not None else ():
        _asking(column, shown, asking)


def _there(shown: Shown, tick: int, row: int = -1, tab: str = "Why") -> Goto:
    return Goto(row=row if row >= 0 else shown.chosen.row, tick=tick, tab=tab)


def _doing(column: Column, shown: Shown, told: Explanation) -> None:
    column.head("Does", f"at {shown.when(told.tick)}")
    if told.doing is None:
        column.line("nothing yet", FAINT)
    else:
        doing = told.doing
        with column.leads(_there(shown, doing.since)):
            column.words(doing.text or doing.tool, YELLOW, lines=2)
            end = "" if doing.ended < 0 else f", {doing.how} {shown.when(doing.ended)}"
            by = BY.get(doing.by, doing.by)
            column.words(f"since {shown.when(doing.since)} by {by}{end}", FAINT, 14, lines=2)
            if doing.reason:
                column.words(doing.reason, VERMILION, 14, lines=2)
    scene, row = shown.scene, shown.chosen.row
    machine = scene.machines.get(shown.chosen.behaviour)
    fired = int(scene.transition[row])
    if machine is not None and 0 <= fired < len(machine.transitions):
        with column.leads(_there(shown, int(scene.turned[row]), tab="Body")):
            column.words(f"Body: {machine.transitions[fired]}", SOFT, 14, lines=2)
    if told.goal:
        column.head("As a step of", shown.when(told.goal_since))
        with column.leads(_there(shown, told.goal_since)):
            column.words(told.goal, GREEN, lines=2)


def _perceived(column: Column, shown: Shown, seen: Perceived) -> None:
    if not (seen.signs or seen.near or seen.kept):
        return
    column.head("Perceived", shown.when(seen.tick))
    for sign in seen.signs[:8]:
        source = shown.scene.by_id.get(sign.source)
        leads = _there(shown, seen.tick, source.row) if source is not None else None
        with column.leads(leads):
            who = shown.scene.name_of(sign.source) or "somebody"
            words = f": “{sign.content}”" if sign.content else ""
            column.words(f"{who}, {sign.about}, {sign.distance:.1f} tiles off{words}", TEXT, SMALL)
    for one in seen.near[:5]:
        other = shown.scene.by_id.get(one.npc)
        with column.leads(_there(shown, seen.tick, other.row, "Now") if other else None):
            state = f", {one.state.replace('_', ' ')}" if one.state else ""
            name = shown.scene.name_of(one.npc)
            column.line(f"{name}, {one.distance:.1f} tiles off{state}", SOFT, 14)


def _recalled(column: Column, shown: Shown, thought: Thought) -> None:
    if not thought.recalled:
        return
    column.head("Came to mind", "" if thought.shown else "not shown to this tier")
    for came in thought.recalled[:8]:
        with column.leads(_there(shown, came.tick)):
            _memory(column, shown, came)


def _memory(column: Column, shown: Shown, came: Came) -> None:
    if came.score is not None:
        box = pygame.Rect(column.left + column.width - 46, column.y + 4, 46, 5)
        small_bar(column.surface, box, came.score / 3.0, SKY)
    column.line(f"{shown.scene.clock(came.tick)}  {came.sort}", FAINT, 14)
    column.words(came.text, TEXT, SMALL, lines=3)


def _asking(column: Column, shown: Shown, asking: Asking) -> None:
    took = f"{asking.seconds:.2f} s" if asking.seconds else ""
    price = f"${asking.cost_usd:.5f}" if asking.cost_usd else ""
    column.head("Asked", ", ".join(filter(None, (took, price))))
    model = asking.model if asking.model and asking.model != asking.tier else asking.tier
    tier_line(column, asking.tier, model, bool(asking.error), asking.late)
    column.words(f"because {asking.reason}", SOFT, SMALL, lines=3)
    for other in asking.considered:
        if other.why_not:
            price = f" (${other.price:.5f})" if other.price else ""
            column.words(f"not {other.tier}{price}: {other.why_not}", FAINT, 14, lines=2)
    if asking.error:
        column.words(asking.error, VERMILION, SMALL, lines=4)
    most = MOST if shown.desk.prompts else BRIEF
    if asking.question is not None:
        _quoted(column, "Prompt", [*texts_of(asking.question)], most)
    if asking.answer is not None:
        _quoted(column, "Answer", [answer_text(asking.answer)], most)


def _quoted(column: Column, title: str, parts: list[str], most: int) -> None:
    """Words as they were sent or came back; a click shows all of them, or less again."""
    lines = [
        line
        for part in parts
        for raw in part.splitlines()
        for line in (column.ink.wrap(raw, 14, column.width - 14) or [""])
    ]
    with column.leads(Do("prompt", title)):
        more = f", {len(lines)} lines ( P )" if len(lines) > most else ""
        column.line(f"{title}{more}", SKY, 14)
        seen = lines[:most]
        step = column.ink.height(14) + 1
        back = pygame.Rect(column.left, column.y, column.width, step * len(seen) + 6)
        pygame.draw.rect(column.surface, NIGHT, back, border_radius=4)
        column.gap(3)
        for line in seen:
            column.line(line, TEXT, 14, indent=7)
        column.gap(3)


def _outcomes(column: Column, shown: Shown, thought: Thought) -> None:
    column.head("Came of it", f"${thought.cost_usd:.5f}" if thought.cost_usd else "")
    who = "the body, by its needs" if thought.fallback else thought.tier
    if thought.decided < 0:
        column.line("not decided yet", FAINT)
        return
    with column.leads(_there(shown, thought.decided)):
        column.words(f"{who}: {thought.text or 'nothing'}", TEXT, lines=4)
        if thought.reason:
            column.words(thought.reason, SOFT, 14, lines=2)
    for one in thought.outcomes[:OUTCOMES]:
        with column.leads(_there(shown, one.tick)):
            bad = one.how in ("failed", "refused")
            how = f", {one.how}" if one.how else ""
            why = f": {one.reason}" if one.reason else ""
            text = f"{shown.when(one.tick)} {one.sort}: {one.text}{how}{why}"
            column.words(text, VERMILION if bad else SOFT, 14, lines=2)
    if len(thought.outcomes) > OUTCOMES:
        column.line(f"and {len(thought.outcomes) - OUTCOMES} more", FAINT, 14)


def texts_of(question: Mapping[str, Any]) -> Iterator[str]:
    """The words of a question as it was put, in its order: prefix, situation, options."""
    for key, value in question.items():
        if key in ("ask", "schema", "effort"):
            continue
        if isinstance(value, str) and value.strip():
            yield value
        elif isinstance(value, Mapping):
            yield from texts_of(value)
        elif isinstance(value, list | tuple):
            words = [part for part in value if isinstance(part, str)]
            if words:
                yield "\n".join(f"- {word}" for word in words)


def answer_text(answer: Mapping[str, Any]) -> str:
    """An answer in words: the text, or which option, with the tokens that it took."""
    usage = answer.get("usage") or {}
    spent = ""
    if isinstance(usage, Mapping) and usage.get("input"):
        kept = ", of which kept " + str(usage["cached"]) if usage.get("cached") else ""
        spent = f"\n{usage['input']} tokens in{kept}, {usage.get('output', 0)} out"
    if "text" in answer:
        return f"{answer['text']}{spent}"
    return f"option {int(answer.get('pick', -1)) + 1}{spent}"
