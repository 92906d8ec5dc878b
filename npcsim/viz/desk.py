"""What the user has open: tabs, drawer, filters, the way back. Pure data and small steps on it."""

from __future__ import annotations

from dataclasses import dataclass, field

TABS = ("Now", "Body", "Mind", "Memory", "Ties", "Why")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the user was: which NPC, which tick, which tab and thought."""

    row: int | None
    tick: int
    tab: str
    thought: str


@dataclass(slots=True)
class Desk:
    """`drawer` is "", "log" or "charts"; `hidden` the sorts of lines that the log leaves out;
    `only` whether it tells of the chosen NPC alone; `kind` the marks that N looks for,
    `prompts` whether prompts and answers are shown whole."""

    tab: str = TABS[0]
    drawer: str = ""
    hidden: set[str] = field(default_factory=set)
    only: bool = False
    kind: str = ""
    thought: str = ""
    prompts: bool = False
    trail: list[Spot] = field(default_factory=list)

    def turn(self, drawer: str) -> None:
        """Open a drawer, or close it if it is the open one."""
        self.drawer = "" if self.drawer == drawer else drawer

    def next_tab(self, step: int) -> None:
        """The next tab, or the one before."""
        self.tab = TABS[(TABS.index(self.tab) + step) % len(TABS)]

    def leave(self, spot: Spot) -> None:
        """Keep where the user was, to come back to."""
        if not self.trail or self.trail[-1] != spot:
            self.trail = [*self.trail[-63:], spot]

    def back(self) -> Spot | None:
        """Where the user was before; None where there is nothing to go back to."""
        return self.trail.pop() if self.trail else None
