"""Nobody chosen, two runs side by side: where they part, whom that reached and how."""

from __future__ import annotations

from npcsim.store.apart.difference import Difference, Reached
from npcsim.viz.draw.column import SMALL, Column
from npcsim.viz.draw.ink import FAINT, GREEN, ORANGE, SKY, SOFT, TEXT, YELLOW
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.widgets.link import Goto

ENDINGS = 24


def draw(column: Column, shown: Shown, told: Difference | None, said: str) -> None:
    """The difference of both runs; `said` is shown while there is none."""
    column.line("Side by side", TEXT, 24)
    if told is None:
        column.words(said or "Reading both logs …", FAINT, lines=4)
        return
    column.words(f"left: {told.a}", SKY, 14, lines=2)
    column.words(f"right: {told.b}", ORANGE, 14, lines=2)
    for fact in told.start:
        column.words(f"{fact.field}: {fact.a or 'none'} | {fact.b or 'none'}", SOFT, 14, lines=2)
    first = told.first
    if first is None:
        column.head("They part nowhere")
        column.words(f"Both tell the same up to tick {told.last}.", GREEN)
        return
    column.head("They part", shown.scene.clock(first.tick))
    with column.leads(Goto(row=_row(shown, first.npc), tick=first.tick)):
        who = told.names.get(first.npc, first.npc) or "the world"
        what = ", ".join(filter(None, (first.kind, first.field)))
        column.words(f"{who}: {what}", YELLOW)
        column.words(first.a or "nothing", SKY, SMALL, 10, lines=3)
        column.words(first.b or "nothing", ORANGE, SMALL, 10, lines=3)
    column.head("Reached", f"{len(told.reached)}, {len(told.untouched)} not")
    for one in told.reached:
        with column.leads(Goto(row=_row(shown, one.npc), tick=one.tick)):
            _reached(column, shown, told, one)
    if told.endings:
        column.head("At the end", f"{len(told.endings)}")
    for end in told.endings[:ENDINGS]:
        who = told.names.get(end.npc, end.npc)
        named = f"{end.what} {end.name}".strip()
        column.words(
            f"{f'{who}, ' if who else ''}{named}: {end.a or '-'} | {end.b or '-'}", SOFT, 14
        )


def _reached(column: Column, shown: Shown, told: Difference, one: Reached) -> None:
    name = told.names.get(one.npc, one.npc)
    source = f" from {told.names.get(one.source, one.source)}" if one.source else ""
    column.line(f"{shown.when(one.tick)}  {name}: {one.via}{source}", TEXT, SMALL, 8 * one.step)
    column.words(one.text, FAINT, 14, 8 * one.step + 10, lines=2)


def _row(shown: Shown, npc: str) -> int:
    person = shown.scene.by_id.get(npc)
    return person.row if person is not None else -1
