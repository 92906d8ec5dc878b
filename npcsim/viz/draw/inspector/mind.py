"""Tab Mind: what it thinks of now, and its last decisions; each leads to why it was made."""

from __future__ import annotations

from npcsim.viz.draw.column import SMALL, Column
from npcsim.viz.draw.ink import FAINT, SOFT, TEXT, VERMILION
from npcsim.viz.draw.inspector.shown import Shown
from npcsim.viz.draw.inspector.weighing import options, tier_line
from npcsim.viz.draw.widgets.link import Goto
from npcsim.viz.people import Decision

BRIEF = 3  # options of a decision that is not open


def draw(column: Column, shown: Shown) -> None:
    """Thoughts under way, then decisions, the newest first."""
    person = shown.chosen
    for thinking in person.thinking.values():
        column.head("Thinking", f"since {shown.when(thinking.tick)}")
        tier_line(column, thinking.tier, thinking.purpose)
        column.words(f"Because {thinking.why}", SOFT, SMALL, lines=2)
        column.words(thinking.reason, FAINT, SMALL, lines=2)
        column.line(f"lands at {shown.when(thinking.lands)}", FAINT, SMALL)
    if not person.mind:
        column.line("This one has no mind of its own.", FAINT)
    elif not person.decisions:
        column.line("No decision yet.", FAINT)
    for told in reversed(person.decisions):
        open_now = told.thought == (shown.desk.thought or person.decisions[-1].thought)
        with column.leads(Goto(row=person.row, tab="Why", thought=told.thought)):
            _told(column, shown, told, 8 if open_now else BRIEF)


def _told(column: Column, shown: Shown, told: Decision, most: int) -> None:
    took = told.tick - told.asked
    column.head(told.purpose, f"{shown.when(told.tick)}, after {took} ticks")
    by = told.model if told.model and told.model != told.tier else told.tier
    tier_line(column, told.tier, by, told.fallback, told.late)
    if told.why:
        column.words(f"Asked because {told.why}", SOFT, SMALL, lines=2)
    if told.error:
        column.words(f"Failed: {told.error}", VERMILION, SMALL, lines=2)
    if told.options:
        scores = (told.utilities, told.probabilities, told.blended)
        options(column, told.options, scores, told.pick, most)
    elif told.text:
        column.words(f"“{told.text}”", TEXT, lines=3)
