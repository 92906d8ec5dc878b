"""Tab Now: needs, what it carries, goal and plan, what it thinks and decided, what it remembers."""

from __future__ import annotations

import pygame

from npcsim.viz.draw.column import SMALL, Column
from npcsim.viz.draw.ink import FAINT, GREEN, SKY, SOFT, TEXT, VERMILION
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.inspector.weighing import options, tier_line
from npcsim.viz.draw.widgets.link import Goto, what_if
from npcsim.viz.people import Decision
from npcsim.viz.scene import HEALTH

GAUGES = 10
STEPS = 7


def draw(column: Column, shown: Shown) -> None:
    """All that matters of the chosen NPC at this moment."""
    person = shown.chosen
    gauges(column, shown)
    if person.items:
        column.head("Carries")
        held = ", ".join(f"{item} {count}" for item, count in sorted(person.items.items()))
        column.words(held, TEXT, SMALL, lines=2)
    plan(column, shown)
    for thinking in person.thinking.values():
        column.head("Thinking", shown.when(thinking.tick))
        tier_line(column, thinking.tier, f"{thinking.purpose}: {thinking.why}")
        column.words(thinking.reason, FAINT, SMALL, lines=2)
    if person.decision:
        last = person.decision
        with column.leads(Goto(tab="Why", thought=last.thought, row=person.row)):
            decision(column, shown, last)
    if person.memories:
        column.head("Remembers", f"{len(person.memories)}")
        for memory in person.memories[:-6:-1]:
            with column.leads(Goto(row=person.row, tick=memory.tick, tab="Why")):
                when = shown.when(memory.tick)
                column.words(f"{when} {memory.sort}: {memory.text}", SOFT, SMALL, lines=2)


def gauges(column: Column, shown: Shown) -> None:
    """Bars of what the scenario counts: health first."""
    scene = shown.scene
    if scene.started is None or not scene.started.gauges:
        return
    column.head("Needs")
    ordered = sorted(enumerate(scene.started.gauges), key=lambda one: one[1].name not in HEALTH)
    for at, gauge in ordered[:GAUGES]:
        value = float(scene.gauges[at, shown.chosen.row])
        with column.leads(what_if("attribute", gauge.name)):
            column.bar(gauge.name, value, gauge.low, gauge.high, SKY if gauge.need else GREEN)


def plan(column: Column, shown: Shown) -> None:
    """The goal, the steps of its plan, and how far it has come."""
    person = shown.chosen
    if not person.goal:
        return
    done = sum(step.done for step in person.steps)
    column.head("Goal", person.goal_end or (f"{done} of {len(person.steps)}" if done else ""))
    column.words(person.goal, lines=2)
    if person.steps:
        width = (column.width - 2 * len(person.steps)) / len(person.steps)
        for number, step in enumerate(person.steps):
            left = column.left + round(number * (width + 2))
            part = pygame.Rect(left, column.y + 1, max(2, round(width)), 4)
            pygame.draw.rect(column.surface, GREEN if step.done else FAINT, part, border_radius=2)
        column.gap(9)
    first = max(0, min(done - 2, len(person.steps) - STEPS))
    for step in person.steps[first : first + STEPS]:
        _tick_box(column, step.done)
        column.line(step.text, FAINT if step.done else SOFT, SMALL, indent=16)


def decision(column: Column, shown: Shown, told: Decision) -> None:
    """A decision: who decided and why, and what was weighed."""
    column.head("Last decision", f"{shown.when(told.tick)}, {told.purpose}")
    by = told.model if told.model and told.model != told.tier else ""
    tier_line(column, told.tier, by or told.tier, told.fallback, told.late)
    if told.why:
        column.words(f"Asked because {told.why}", SOFT, SMALL, lines=2)
    if told.router:
        column.words(f"Tier because {told.router}", SOFT, SMALL, lines=2)
    if told.error:
        column.words(f"Failed: {told.error}", VERMILION, SMALL, lines=2)
    if told.options:
        scores = (told.utilities, told.probabilities, told.blended)
        options(column, told.options, scores, told.pick)
    if told.pick < 0 and told.text:
        column.words(f"“{told.text}”", TEXT, lines=3)
    if told.reason:
        column.words(f"Taken because {told.reason}", SOFT, SMALL, lines=2)


def _tick_box(column: Column, done: bool) -> None:
    x, y = column.left + 1, column.y + 2
    pygame.draw.rect(column.surface, GREEN if done else FAINT, (x, y, 9, 9), 1)
    if done:
        points = [(x + 2, y + 4), (x + 4, y + 6), (x + 7, y + 2)]
        pygame.draw.lines(column.surface, GREEN, False, points, 2)
