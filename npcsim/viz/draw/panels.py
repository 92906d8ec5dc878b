"""The right of the window: one NPC, or the run."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.column import SMALL, Column, small_bar
from npcsim.viz.draw.figures import Figures, archetype_colour
from npcsim.viz.draw.ink import (
    BOARD,
    EDGE,
    FAINT,
    GREEN,
    NIGHT,
    ORANGE,
    RAISED,
    SKY,
    SOFT,
    TEXT,
    VERMILION,
    YELLOW,
    Colour,
    Ink,
    tier_mark,
)
from npcsim.viz.people import Decision, Person
from npcsim.viz.scene import DOWN, HEALTH, Scene

PAD = 14
OPTIONS = 6
SCORES: tuple[tuple[str, Colour], ...] = (("utility", SKY), ("model", ORANGE), ("blended", GREEN))
COUNTS = ("asked", "landed", "failed", "fallback")
LOG_COLOURS: dict[str, Colour] = {
    "speech": TEXT,
    "decided": SKY,
    "goal": GREEN,
    "fell": VERMILION,
    "failed": VERMILION,
    "refused": ORANGE,
    "interrupted": ORANGE,
    "tier": YELLOW,
    "tools": YELLOW,
    "approval": YELLOW,
    "scene": GREEN,
    "promise": GREEN,
    "broke": ORANGE,
    "given": YELLOW,
    "run": YELLOW,
}


class SidePanel:
    """Draws the panel; `draw` answers how tall its content is, so that it can be scrolled."""

    def __init__(self, ink: Ink, figures: Figures) -> None:
        self._ink, self._figures = ink, figures

    def draw(
        self,
        surface: pygame.Surface,
        box: pygame.Rect,
        scene: Scene,
        orders: dict[str, int],
        row: int | None,
        scroll: int,
    ) -> int:
        surface.set_clip(box)
        surface.fill(BOARD, box)
        pygame.draw.line(surface, EDGE, box.topleft, box.bottomleft)
        top = box.top + PAD - scroll
        column = Column(surface, self._ink, box.left + PAD, top, box.width - 2 * PAD)
        if row is None:
            self._run(column, scene, orders, box.bottom)
        else:
            self._person(column, scene, orders, scene.people[row])
        surface.set_clip(None)
        return column.y - top + 2 * PAD

    def _person(self, column: Column, scene: Scene, orders: dict[str, int], person: Person) -> None:
        order = orders[person.archetype]
        art = self._figures.figure(person.id, order, DOWN, 0, 3)
        column.surface.blit(art, (column.left, column.y))
        inner = Column(column.surface, self._ink, column.left + 48, column.y, column.width - 48)
        inner.line(person.name, TEXT, 24)
        state = "fallen" if person.fallen else scene.state_name(person.row)
        kind = "" if person.archetype.casefold() == person.name.casefold() else person.archetype
        inner.line(", ".join(filter(None, (kind, state.replace("_", " ")))), SOFT)
        act = person.act
        doing = act.text or act.tool if act else "no act of its own now" if person.mind else ""
        if doing and not person.fallen:
            inner.words(doing, YELLOW if act else FAINT, lines=2)
        column.y = max(inner.y, column.y + 52)
        self._gauges(column, scene, person)
        if person.items:
            column.head("Carries")
            held = ", ".join(f"{item} {count}" for item, count in sorted(person.items.items()))
            column.words(held, TEXT, SMALL, lines=2)
        if person.goal:
            column.head("Goal", person.goal_end)
            column.words(person.goal, lines=2)
            for step in person.steps[:7]:
                _tick_box(column, step.done)
                column.line(step.text, FAINT if step.done else SOFT, SMALL, indent=16)
        for thinking in person.thinking.values():
            column.head("Thinking", scene.clock(thinking.tick)[-5:])
            _tier_line(column, thinking.tier, f"{thinking.purpose}: {thinking.why}")
            column.words(thinking.reason, FAINT, SMALL, lines=2)
        if person.decision:
            self._decision(column, scene, person.decision)
        if person.memories:
            column.head("Remembers")
            for memory in person.memories[:-6:-1]:
                when = scene.clock(memory.tick)[-5:]
                column.words(f"{when} {memory.sort}: {memory.text}", SOFT, SMALL, lines=2)

    def _gauges(self, column: Column, scene: Scene, person: Person) -> None:
        if scene.started is None or not scene.started.gauges:
            return
        column.head("Needs")
        gauges = sorted(enumerate(scene.started.gauges), key=lambda one: one[1].name not in HEALTH)
        for at, gauge in gauges[:10]:
            value = float(scene.gauges[at, person.row])
            colour = SKY if gauge.need else GREEN
            column.bar(gauge.name, value, gauge.low, gauge.high, colour)

    def _decision(self, column: Column, scene: Scene, decision: Decision) -> None:
        column.head("Last decision", f"{scene.clock(decision.tick)[-5:]}, {decision.purpose}")
        by = decision.model if decision.model and decision.model != decision.tier else ""
        _tier_line(column, decision.tier, by or decision.tier, decision.fallback, decision.late)
        if decision.why:
            column.words(f"Asked because {decision.why}", SOFT, SMALL, lines=2)
        if decision.router:
            column.words(f"Tier because {decision.router}", SOFT, SMALL, lines=2)
        if decision.error:
            column.words(f"Failed: {decision.error}", VERMILION, SMALL, lines=2)
        if decision.options:
            self._options(column, decision)
        if decision.pick < 0 and decision.text:
            column.words(f"“{decision.text}”", TEXT, lines=3)
        if decision.reason:
            column.words(f"Taken because {decision.reason}", SOFT, SMALL, lines=2)

    def _options(self, column: Column, decision: Decision) -> None:
        """The options, most wanted first: what the body, the model and both together make of each.

        The one taken is always shown.
        """
        third = (column.width - 14) // 3
        column.gap(3)
        for number, (name, colour) in enumerate(SCORES):
            x = column.left + 14 + number * third
            pygame.draw.rect(column.surface, colour, (x, column.y + 3, 7, 7))
            label = self._ink.text(name, SMALL, SOFT)
            column.surface.blit(label, (x + 11, column.y))
        column.gap(self._ink.height(SMALL) + 4)
        weights = decision.blended or decision.utilities
        order = sorted(range(len(decision.options)), key=lambda at: -_score(weights, at))
        shown = order[:OPTIONS]
        if decision.pick in order[OPTIONS:]:
            shown[-1] = decision.pick
        top = max((abs(value) for value in decision.utilities), default=1.0) or 1.0
        for at in shown:
            self._option(column, decision, at, third, top if top > 1 else 1.0)
        if len(order) > len(shown):
            column.line(f"and {len(order) - len(shown)} more", FAINT, SMALL, indent=14)

    def _option(self, column: Column, decision: Decision, at: int, third: int, top: float) -> None:
        picked = at == decision.pick
        step = self._ink.height(SMALL)
        if picked:
            back = pygame.Rect(column.left - 5, column.y - 3, column.width + 10, step + 19)
            pygame.draw.rect(column.surface, RAISED, back, border_radius=4)
            pygame.draw.rect(column.surface, YELLOW, back, 1, border_radius=4)
            x, y = column.left, column.y + 1
            arrow = [(x, y), (x + 8, y + 5), (x, y + 10)]
            pygame.draw.polygon(column.surface, YELLOW, arrow)
        column.line(decision.options[at], TEXT if picked else SOFT, SMALL, indent=14)
        lists = (decision.utilities, decision.probabilities, decision.blended)
        for number, values in enumerate(lists):
            x = column.left + 14 + number * third
            if at >= len(values):
                label = self._ink.text("none", 13, FAINT)
                column.surface.blit(label, (x, column.y))
                continue
            share = values[at] / top if number == 0 else values[at]
            bar = pygame.Rect(x, column.y + 1, third - 38, 7)
            small_bar(column.surface, bar, share, SCORES[number][1])
            label = self._ink.text(f"{values[at]:.2f}", 13, TEXT if picked else SOFT)
            column.surface.blit(label, (x + third - 34, column.y))
        column.gap(17)

    def _run(self, column: Column, scene: Scene, orders: dict[str, int], bottom: int) -> None:
        started = scene.started
        if started is None:
            column.line("Nothing has happened yet.", SOFT)
            return
        column.words(started.title or started.scenario, TEXT, 24, lines=2)
        column.line(f"{started.run}, seed {started.seed}", FAINT, SMALL)
        self._thoughts(column, scene)
        column.head("Who is here", f"{len(scene.people)}")
        counts: dict[str, int] = dict.fromkeys(orders, 0)
        for person in scene.people:
            counts[person.archetype] += not person.fallen
        half = column.width // 2
        for number, (archetype, order) in enumerate(list(orders.items())[:12]):
            x, side = column.left + number % 2 * half, number % 2
            art = self._figures.figure(archetype, order, DOWN, 0, 1)
            column.surface.blit(art, (x, column.y))
            pygame.draw.rect(column.surface, archetype_colour(order), (x + 15, column.y + 5, 6, 6))
            name = self._ink.fit(f"{archetype} {counts[archetype]}", SMALL, half - 28)
            column.surface.blit(self._ink.text(name, SMALL, SOFT), (x + 25, column.y + 3))
            if side or number == min(len(orders), 12) - 1:
                column.gap(20)
        self._log(column, scene, bottom)

    def _thoughts(self, column: Column, scene: Scene) -> None:
        if not scene.tiers:
            return
        column.head("Thoughts")
        column.gap(-2)
        _row_of_numbers(column, "", COUNTS, FAINT)
        for name, count in sorted(scene.tiers.items()):
            mark = tier_mark(self._ink, name, 15)
            column.surface.blit(mark, (column.left, column.y - 1))
            numbers = (count.asked, count.landed, count.failed, count.fallback)
            label = name if count.healthy else f"{name}, out"
            colour = TEXT if count.healthy else VERMILION
            _row_of_numbers(column, label, tuple(str(number) for number in numbers), colour)
        spent = sum(count.cost for count in scene.tiers.values())
        if spent:
            column.pair("spent", f"${spent:.4f}")

    def _log(self, column: Column, scene: Scene, bottom: int) -> None:
        column.head("Just now")
        for line in reversed(scene.log):
            if column.y > bottom - 34:
                break
            when = self._ink.text(scene.clock(line.tick)[-5:], SMALL, FAINT)
            column.surface.blit(when, (column.left, column.y))
            colour = LOG_COLOURS.get(line.sort, SOFT)
            column.words(line.text, colour, SMALL, indent=42, lines=2)
            column.gap(2)


def _score(values: tuple[float, ...], at: int) -> float:
    return values[at] if at < len(values) else 0.0


def _row_of_numbers(column: Column, name: str, cells: tuple[str, ...], colour: Colour) -> None:
    """A name, and cells that end under one another."""
    right, step = column.left + column.width, 56
    for number, cell in enumerate(reversed(cells)):
        made = column.ink.text(cell, SMALL, colour)
        column.surface.blit(made, (right - number * step - made.get_width(), column.y))
    column.line(column.ink.fit(name, SMALL, column.width - 250), SOFT, SMALL, indent=20)
    column.gap(3)


def _tick_box(column: Column, done: bool) -> None:
    x, y = column.left + 1, column.y + 2
    pygame.draw.rect(column.surface, GREEN if done else FAINT, (x, y, 9, 9), 1)
    if done:
        points = [(x + 2, y + 4), (x + 4, y + 6), (x + 7, y + 2)]
        pygame.draw.lines(column.surface, GREEN, False, points, 2)


def _tier_line(
    column: Column, tier: str, text: str, fallback: bool = False, late: bool = False
) -> None:
    """A tier's mark, who answered, and flags at the right."""
    column.surface.blit(tier_mark(column.ink, tier, 16), (column.left, column.y - 2))
    flags = [(name, VERMILION) for name, on in (("fallback", fallback), ("late", late)) if on]
    right = column.left + column.width
    for name, colour in flags:
        made = column.ink.text(name.upper(), 13, NIGHT)
        box = made.get_rect(topright=(right, column.y)).inflate(8, 4)
        pygame.draw.rect(column.surface, colour, box, border_radius=3)
        column.surface.blit(made, made.get_rect(center=box.center))
        right = box.left - 8
    fitted = column.ink.fit(text, 16, right - column.left - 24)
    column.surface.blit(column.ink.text(fitted, 16, TEXT), (column.left + 22, column.y))
    column.gap(column.ink.height(16) + 4)
