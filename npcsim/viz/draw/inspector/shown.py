"""What a tab of the inspector draws from."""

from __future__ import annotations

from dataclasses import dataclass

from npcsim.store.apart.difference import Difference
from npcsim.store.why.explanation import Explanation
from npcsim.viz.desk import Desk
from npcsim.viz.draw.figures import Figures
from npcsim.viz.people import Person
from npcsim.viz.scene import Scene


@dataclass(frozen=True, slots=True)
class Shown:
    """The scene, who is chosen (None: nobody), what the user has open, and the run's archetypes.

    `explanation`: why the chosen one does what it does. `beside`: two runs are shown side by side,
    with their `difference`. Both are None while they are read; `said` tells what is wrong.
    """

    scene: Scene
    person: Person | None
    desk: Desk
    figures: Figures
    orders: dict[str, int]
    explanation: Explanation | None = None
    difference: Difference | None = None
    beside: bool = False
    said: str = ""

    @property
    def chosen(self) -> Person:
        """The chosen NPC. Only where there is one."""
        assert self.person is not None
        return self.person

    def when(self, tick: int) -> str:
        """The time of a tick, as short as may be: `06:05`."""
        return self.scene.clock(tick)[-5:]
