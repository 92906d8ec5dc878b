"""Tab Body: the state machine drawn, its live state, the transition that fired last, all guards."""

from __future__ import annotations

import math

import pygame

from npcsim.viz.draw.column import SMALL, Column
from npcsim.viz.draw.ink import EDGE, FAINT, NIGHT, SKY, SOFT, TEXT, YELLOW, Colour, mix
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.widgets.link import Goto
from npcsim.viz.machines import Arrow, Drawing, drawing_of

TALL = 26  # pixels of a state's box
ROW = 74  # pixels from one layer of states to the next


def draw(column: Column, shown: Shown) -> None:
    """The machine of the chosen NPC's behaviour, and its guards in the author's order."""
    person, scene = shown.chosen, shown.scene
    machine = scene.machines.get(person.behaviour)
    if machine is None:
        column.line("This one has no state machine.", FAINT)
        return
    state, fired = int(scene.state[person.row]), int(scene.transition[person.row])
    since = int(scene.turned[person.row])
    column.head(machine.name, f"in {scene.state_name(person.row)} since {shown.when(since)}")
    picture = drawing_of(machine)
    _picture(column, picture, state, fired)
    column.head("Transitions", "the first that holds fires")
    for arrow in picture.arrows:
        here = arrow.number == fired
        leads = Goto(row=person.row, tick=since, tab="Why") if here else None
        with column.leads(leads):
            able = state in arrow.sources
            colour = YELLOW if here else TEXT if able else FAINT
            mark = "fired" if here else "can fire" if able else ""
            note = column.ink.text(mark, 13, YELLOW if here else SKY)
            right = column.left + column.width - note.get_width()
            column.surface.blit(note, (right, column.y + 1))
            sources = "any" if arrow.any else ", ".join(picture.states[at] for at in arrow.sources)
            named = f"{sources} -> {picture.states[arrow.target]}".replace("_", " ")
            column.line(column.ink.fit(named, SMALL, column.width - 60), colour, SMALL)
            column.words(arrow.guard or "always", SOFT if able or here else FAINT, 14, 12, lines=3)
        column.gap(3)


def _picture(column: Column, picture: Drawing, state: int, fired: int) -> None:
    layers = max(layer for layer, _, _ in picture.places) + 1
    boxes = []
    for name, (layer, at, many) in zip(picture.states, picture.places, strict=True):
        room = column.width / many
        wide = min(column.ink.width(name.replace("_", " "), SMALL) + 20, round(room) - 8)
        middle = column.left + round((at + 0.5) * room)
        box = pygame.Rect(0, 0, max(30, wide), TALL)
        box.center = (middle, column.y + 22 + layer * ROW)
        boxes.append(box)
    drawn = [(one.number == fired, source, one) for one in picture.arrows for source in one.sources]
    for hot, source, arrow in sorted(drawn, key=lambda one: one[0]):
        if source != arrow.target:
            colour = YELLOW if hot else mix(EDGE, SKY, 0.55) if source == state else EDGE
            _arrow(column.surface, boxes, source, arrow, colour, 2 if hot else 1)
    for number, (name, box) in enumerate(zip(picture.states, boxes, strict=True)):
        live = number == state
        pygame.draw.rect(column.surface, SKY if live else NIGHT, box, border_radius=9)
        pygame.draw.rect(column.surface, TEXT if live else EDGE, box, 2 if live else 1, 9)
        label = column.ink.fit(name.replace("_", " "), SMALL, box.width - 8)
        made = column.ink.text(label, SMALL, NIGHT if live else TEXT)
        column.surface.blit(made, made.get_rect(center=box.center))
    column.gap(22 + (layers - 1) * ROW + TALL)


def _arrow(
    surface: pygame.Surface,
    boxes: list[pygame.Rect],
    source: int,
    arrow: Arrow,
    colour: Colour,
    thick: int,
) -> None:
    """A bent line from one box to another. Ways there and back bend to different sides."""
    start, end = pygame.Vector2(boxes[source].center), pygame.Vector2(boxes[arrow.target].center)
    way = end - start
    if way.length() < 1:
        return
    side = pygame.Vector2(-way.y, way.x).normalize()
    bend = (start + end) / 2 + side * min(26.0, 10 + way.length() * 0.09)
    points = [_on_curve(start, bend, end, step / 24) for step in range(25)]
    inside = [
        not (boxes[source].collidepoint(p) or boxes[arrow.target].collidepoint(p)) for p in points
    ]
    seen = [point for point, out in zip(points, inside, strict=True) if out]
    if len(seen) < 2:
        return
    pygame.draw.lines(surface, colour, False, seen, thick)
    tip, before = seen[-1], seen[max(0, len(seen) - 3)]
    turn = math.atan2(tip.y - before.y, tip.x - before.x)
    wings = [
        (tip.x - 8 * math.cos(turn + lean), tip.y - 8 * math.sin(turn + lean))
        for lean in (0.45, -0.45)
    ]
    pygame.draw.polygon(surface, colour, [(tip.x, tip.y), *wings])


def _on_curve(
    start: pygame.Vector2, bend: pygame.Vector2, end: pygame.Vector2, part: float
) -> pygame.Vector2:
    """A point of a quadratic Bézier curve."""
    rest = 1.0 - part
    return start * (rest * rest) + bend * (2 * rest * part) + end * (part * part)
