"""Guards and bandits in npcsim: the side of `npcsim bench reflex` that is measured.

A scenario as an author would write it, with two needs that grow, run by `open_session` with its
log in a run store of default durability: everything that a tick does. What is timed is
`Simulation.step`, and at the end the wait until the last tick is committed.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.assembly.build import Built, read
from npcsim.assembly.runs.session import Session, open_session
from npcsim.bench import reflex_rules as rules
from npcsim.world.snapshot import freeze, thaw

SCENARIO = """\
scenario: skirmish
size: [{side}, {side}]
clock: {{tick: 1 s, start: "06:00"}}
attributes:
  hunger: {{range: 0..1, start: 0.3, grows: 0.1 / h, need: true, words: [peckish, starving]}}
  tiredness: {{range: 0..1, start: 0.1, grows: 0.05 / h, need: true, words: [tired, worn out]}}
archetypes:
  fighter: {{behaviour: fighter, sight: {sight}, speed: {step}, damage: {damage}, reach: {reach}}}
  guard: {{is: fighter, foes: [bandit]}}
  bandit: {{is: fighter, foes: [guard]}}
npcs:
  guard: {{is: guard, count: {guards}}}
  bandit: {{is: bandit, count: {bandits}}}
behaviour:
  fighter:
    idle: {{do: wait}}
    flee:
      from: [idle, chase, attack]
      when: hp < {weak} and near(foe) < {fear}
      do: flee(nearest(foe))
      mind: holds
    attack:
      from: [idle, chase]
      when: near(foe) < {reach}
      do: attack(nearest(foe))
      mind: holds
    chase:
      from: [idle, attack]
      when: near(foe) >= {reach} and near(foe) < {sight}
      do: follow(nearest(foe))
      mind: holds
    rest: {{from: [chase, attack, flee], when: near(foe) >= {sight}, to: idle}}
"""
STATES = {"idle": rules.IDLE, "chase": rules.CHASE, "attack": rules.ATTACK, "flee": rules.FLEE}


class Field:
    """The scenario for n NPCs, built once; `fresh` puts its world back to the start."""

    def __init__(self, n: int, seed: int) -> None:
        text = SCENARIO.format(
            side=rules.field_side(n), sight=rules.SIGHT, step=rules.STEP, damage=rules.DAMAGE,
            reach=rules.REACH, weak=rules.WEAK, fear=rules.FEAR,
            guards=rules.guard_count(n), bandits=n - rules.guard_count(n),
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "skirmish.yaml"
            path.write_text(text, encoding="utf-8")
            self.built = read(path)
        columns = self.built.world.columns
        columns.edit("x")[:], columns.edit("y")[:] = rules.start_positions(n, seed)
        self._start = freeze(self.built.world)

    def fresh(self) -> Built:
        """The same world as it was before the first tick."""
        thaw(self.built.world, *self._start)
        return self.built


class NpcsimSide:
    """n NPCs in npcsim, with their log in a temporary folder."""

    def __init__(self, field: Field) -> None:
        built = field.fresh()
        self.n = built.world.columns.length
        self.world = built.world
        (machine,) = built.program.machines
        self._number = np.array([STATES[state.name] for state in machine.states], np.int8)
        self._folder = tempfile.TemporaryDirectory(prefix="npcsim-bench-")
        self._loop = asyncio.new_event_loop()
        self._session: Session = self._loop.run_until_complete(self._open(built))

    async def _open(self, built: Built) -> Session:
        session = await open_session(built, models={}, out=Path(self._folder.name))
        await session.simulation.open()
        if session.writer is not None:
            session.writer.flush()
        return session

    def steps(self, ticks: int) -> None:
        """So many ticks; returns when the last one is committed to the run store."""
        self._loop.run_until_complete(self._steps(ticks))

    def step(self) -> None:
        """One tick, committed."""
        self.steps(1)

    async def _steps(self, ticks: int) -> None:
        for _ in range(ticks):
            await self._session.simulation.step()
        if self._session.writer is not None:
            self._session.writer.flush()

    def close(self) -> None:
        """End the run and drop its folder."""
        self._loop.run_until_complete(self._session.close())
        self._loop.close()
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """Where the run lies, until `close`."""
        return Path(self._folder.name)

    @property
    def x(self) -> NDArray[Any]:
        """East-west place of each, (n,), tiles."""
        return self.world.columns["x"]

    @property
    def y(self) -> NDArray[Any]:
        """North-south place of each, (n,), tiles."""
        return self.world.columns["y"]

    @property
    def hp(self) -> NDArray[Any]:
        """hp of each, (n,)."""
        return self.world.columns["hp"]

    @property
    def state(self) -> NDArray[np.int8]:
        """State of each, (n,), by number as in `reflex_rules`."""
        return self._number.take(self.world.columns["state"])
