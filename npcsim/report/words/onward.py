"""What there is to do next with a run: commands to copy, at the end of what a command prints."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from npcsim.report.facts.story import Person, Story


def after_run(run: str) -> list[str]:
    """Commands for a run that has just ended."""
    return _lined([
        (_said("report", run), "what happened, and who decided it"),
        (_said("watch", run), "see it; click somebody to know why"),
    ])  # fmt: skip


def after_report(run: str, story: Story) -> list[str]:
    """Commands for a run that was told of: why, of somebody that there is an answer for."""
    told = _somebody(story)
    found = [(_said("watch", run), "see it; click somebody to know why")]
    if told is not None:
        found.insert(0, (_said("explain", run, told.id), f"what {told.name} did last, and why"))
        found.append((_said("report", run, "--npc", told.id), f"all of {told.name}"))
    return _lined(found)


def _somebody(story: Story) -> Person | None:
    """Who decided most on thought; without any, the first."""
    counts = {person.id: 0 for person in story.people}
    for one in story.decisions.all:
        counts[one.npc] = counts.get(one.npc, 0) + 1
    return max(story.people, key=lambda person: counts[person.id], default=None)


def _said(command: str, *args: str) -> str:
    return shlex.join(("npcsim", command, *args))


def _lined(found: Sequence[tuple[str, str]]) -> list[str]:
    wide = max(len(command) for command, _ in found)
    heads = ("next", *[""] * len(found))
    return [
        f"{head:<13}{command:<{wide}}  {why}"
        for head, (command, why) in zip(heads, found, strict=False)
    ]
