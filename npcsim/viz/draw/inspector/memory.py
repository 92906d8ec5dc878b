"""Tab Memory: what it remembers, found by typing; each line leads to the moment it is of."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.column import SMALL, Column, small_bar
from npcsim.viz.draw.ink import FAINT, GREEN, SKY, SOFT, TEXT, YELLOW, Colour
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.widgets.link import Goto, what_if
from npcsim.viz.people import Memory

SORTS: dict[str, Colour] = {"did": GREEN, "heard": SKY, "concluded": YELLOW}
SHOWN = 200


def draw(column: Column, shown: Shown, query: str) -> None:
    """Memories, the newest first; of those asked for, the ones with all the words."""
    person = shown.chosen
    found = matching(person.memories, query)
    column.head(
        "Remembers", f"{len(found)} of {len(person.memories)}" if query else f"{len(found)}"
    )
    if not found:
        column.line("Nothing like that." if query else "Nothing yet.", FAINT)
    for memory in found[:SHOWN]:
        with column.leads(Goto(row=person.row, tick=memory.tick, tab="Why")):
            top = column.y
            when = shown.scene.clock(memory.tick)
            column.line(f"{when}  {memory.sort}", SORTS.get(memory.sort, FAINT), 14)
            weight = pygame.Rect(column.left + column.width - 46, top + 4, 46, 5)
            small_bar(column.surface, weight, memory.importance, SORTS.get(memory.sort, SOFT))
            column.words(memory.text, TEXT, SMALL, lines=4)
            if memory.source:
                source = f"from {shown.scene.name_of(memory.source)}"
                hop = f", {memory.hop} mouths away" if memory.hop > 1 else ""
                column.line(f"{source}{hop}", FAINT, 14)
        _edit(column, memory, top)
        column.gap(4)


def _edit(column: Column, memory: Memory, top: int) -> None:
    """A link beside a memory that forks with it in other words."""
    if column.page is None:
        return
    target = what_if("memory", str(memory.id))
    made = column.ink.text("edit", 14, YELLOW if column.page.lit(target) else FAINT)
    box = made.get_rect(topright=(column.left + column.width - 54, top))
    column.surface.blit(made, box)
    column.page.link(box.inflate(6, 2), target)


def matching(memories: list[Memory], query: str) -> list[Memory]:
    """Those with every word that was typed in their text, sort or people; the newest first."""
    words = query.casefold().split()
    return [
        memory
        for memory in reversed(memories)
        if all(word in f"{memory.sort} {memory.text} {memory.who}".casefold() for word in words)
    ]
