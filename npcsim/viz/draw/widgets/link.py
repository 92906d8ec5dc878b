"""Where a line, a mark or a button leads: plain data, followed by the window. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goto:
    """Go and look: choose an NPC (its row), go to a tick, open a tab. -1 and "" leave as it is.

    `thought` is the decision to open; `note`, what else the tab is to show.
    """

    row: int = -1
    tick: int = -1
    tab: str = ""
    thought: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Do:
    """Do what a key does, by the action's name in `viz/keys.py`; `argument` is for actions that
    take one, such as which filter to turn."""

    action: str
    argument: str = ""


Target = Goto | Do


def what_if(field: str, text: str, before: int = -1) -> Do:
    """Fork with a field of the form filled in: from the tick that is shown, or the one `before`."""
    return Do("what if", "\n".join((field, text, *((str(before - 1),) if before > 0 else ()))))
