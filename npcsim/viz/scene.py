"""The world as a watcher knows it: events in, a picture of every NPC out. Pure.

Numbers of the whole population are columns, one row an NPC in the order of the cast; blocks
update them at once. What only minds have (speech, decisions, memories) is in `Person`s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim import events as ev
from npcsim.scenario import moments
from npcsim.viz import minds
from npcsim.viz.people import Doing, Person, Step

FIXED_POINT = 1024.0  # `Moved` counts positions in this part of a tile
DAY_MS = 86_400_000
DOWN, LEFT, RIGHT, UP = range(4)
HEALTH = ("hp", "health")
CUES = 40  # blows that are shown of one tick
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class Scene(minds.Minds):
    """Everything a window shows, folded from events up to and including `tick`.

    `x, y` and `px, py` are positions in tiles now and at the tick before; `gauges` is
    float64[gauge, NPC]; `state` is a state number of the NPC's own machine, `turned` the tick since
    when, `transition` which one led there (-1: none did); `facing` is DOWN, LEFT, RIGHT or UP;
    `hurt` is the tick at which health fell last (-1: never). `partial`: it was opened from a
    snapshot, and what came before that is not in it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.started: ev.RunStarted | None = None
        self.partial = False
        self.ended: ev.RunEnded | None = None
        self.folded = 0  # events so far: while it stands still, so does the picture
        self.machines: dict[str, ev.Machine] = {}
        self._gauge_row: dict[str, int] = {}
        self._row_of: Rows = np.zeros(0, dtype=np.int64)
        self._columns(0, ())

    @classmethod
    def at(cls, events: Iterable[ev.Event], tick: int | None = None) -> Scene:
        """The scene at the end of `tick` (None: of the run), folded from the start."""
        scene = cls()
        for event in events:
            if tick is not None and event.tick > tick and scene.started is not None:
                break
            scene.apply(event)
        return scene

    def copy(self) -> Scene:
        """One that shares nothing with this one that a later event changes."""
        other = copy(self)
        for name in ("x", "y", "px", "py", "facing", "state", "transition", "turned", "hurt"):
            setattr(other, name, getattr(self, name).copy())
        for name in ("down", "noise", "gauges"):
            setattr(other, name, getattr(self, name).copy())
        other.people = [person.copy() for person in self.people]
        other.by_id = {person.id: person for person in other.people}
        other.names, other.ties = dict(self.names), dict(self.ties)
        other.waits = dict(self.waits)
        other.tiers = {name: replace(count) for name, count in self.tiers.items()}
        other.log = deque(self.log, self.log.maxlen)
        return other

    @property
    def weight(self) -> int:
        """About how many bytes a copy takes."""
        return 4096 + len(self.people) * (900 + 8 * (11 + len(self.gauges))) + 100 * len(self.ties)

    def apply(self, event: ev.Event) -> None:
        """Fold one event. Events must come in their order."""
        if self.started is None and not isinstance(event, ev.RunStarted):
            return
        self.folded += 1
        if event.tick > self.tick:
            self._begin_tick(event.tick)
        fold = _FOLDS.get(type(event))
        if fold is not None:
            fold(self, event)

    def reach(self, tick: int) -> None:
        """Be at the end of a tick up to which nothing more happens."""
        if self.started is not None and tick > self.tick:
            self._begin_tick(tick)

    def clock_ms(self, tick: float | None = None) -> int:
        """Simulated milliseconds since the midnight before day 1, at the end of a tick."""
        if self.started is None:
            return 0
        at = self.tick if tick is None else tick
        return self.started.start_ms + int(at * self.started.tick_ms)

    def clock(self, tick: float | None = None) -> str:
        """Simulated time as `day 1 06:05`."""
        ms = self.clock_ms(tick)
        minutes = ms % DAY_MS // 60_000
        return f"day {ms // DAY_MS + 1} {minutes // 60:02}:{minutes % 60:02}"

    def tick_at(self, text: str) -> int:
        """The tick meant by "09:10", "day 2 08:00" or a number. Raises ValueError for others."""
        if self.started is None:
            raise ValueError("the run has not begun")
        return moments.tick_at(text, self.started.start_ms, self.started.tick_ms)

    def state_name(self, row: int) -> str:
        """The name of the state that an NPC is in."""
        machine = self.machines.get(self.people[row].behaviour)
        number = int(self.state[row])
        if machine is None or number >= len(machine.states):
            return self._first_state[row] if number == 0 else f"state {number}"
        return machine.states[number]

    def gauge(self, row: int, name: str) -> float | None:
        """One gauge of one NPC, or None when there is no such gauge."""
        at = self._gauge_row.get(name)
        return None if at is None else float(self.gauges[at, row])

    def gauge_row(self, name: str) -> int | None:
        """Which row of `gauges` is that, if the scenario has it."""
        return self._gauge_row.get(name)

    def health_row(self) -> int | None:
        """Which row of `gauges` is health, if the scenario has it."""
        return next((self._gauge_row[name] for name in HEALTH if name in self._gauge_row), None)

    def rows(self, who: NDArray[Any]) -> tuple[Rows, NDArray[np.bool_]]:
        """Rows of serials, and which of the serials are known (the rows are of those only)."""
        index = who.astype(np.int64)
        known = index < len(self._row_of)
        found = np.where(known, self._row_of[np.where(known, index, 0)], -1)
        known = found >= 0
        return found[known], known

    def _columns(self, count: int, gauges: tuple[ev.Gauge, ...]) -> None:
        self.x: Floats = np.zeros(count)
        self.y: Floats = np.zeros(count)
        self.px, self.py = self.x.copy(), self.y.copy()
        self.facing = np.zeros(count, dtype=np.uint8)
        self.state = np.zeros(count, dtype=np.int64)
        self.transition = np.full(count, -1, dtype=np.int64)
        self.turned = np.zeros(count, dtype=np.int64)
        self.hurt = np.full(count, -1, dtype=np.int64)
        self.down = np.zeros(count, dtype=np.bool_)
        self.noise = np.full(count, -1, dtype=np.int64)
        self.gauges: Floats = np.zeros((len(gauges), count))
        self._limit(gauges)
        self._first_state: list[str] = [""] * count

    def _limit(self, gauges: tuple[ev.Gauge, ...]) -> None:
        limits = np.array([[g.low, g.high, g.rate] for g in gauges], dtype=np.float64)
        self._low, self._high, self._rate = np.hsplit(limits.reshape(-1, 3), 3)

    def _scenario_changed(self, event: ev.ScenarioChanged) -> None:
        self._limit(event.gauges)
        minds.scenario_changed(self, event)

    def _begin_tick(self, tick: int) -> None:
        np.copyto(self.px, self.x)
        np.copyto(self.py, self.y)
        self.tick = tick

    def _start(self, event: ev.RunStarted) -> None:
        if self.started is not None:
            return
        self.started, self.tick = event, event.tick
        cast = event.cast
        self._columns(len(cast), event.gauges)
        self.machines = {machine.name: machine for machine in event.machines}
        self._gauge_row = {gauge.name: at for at, gauge in enumerate(event.gauges)}
        if event.initial.size == self.gauges.size:
            self.gauges = np.array(event.initial, dtype=np.float64).reshape(self.gauges.shape)
        self._row_of = np.full(max((c.serial for c in cast), default=-1) + 1, -1, dtype=np.int64)
        for row, one in enumerate(cast):
            self._seat(row, one)
        self.px, self.py = self.x.copy(), self.y.copy()
        self.names |= {place.id: place.name for place in event.places}

    def _seat(self, row: int, one: ev.Cast) -> None:
        person = Person(
            row, one.serial, one.id, one.name, one.archetype, one.behaviour, one.look, one.mind
        )
        person.goal, person.items = one.goal, dict(one.items)
        self.people.append(person)
        self.by_id[one.id] = person
        self.names[one.id] = one.name
        self._row_of[one.serial] = row
        self.x[row], self.y[row] = one.x, one.y
        self._first_state[row] = one.state
        machine = self.machines.get(one.behaviour)
        if machine is not None and one.state in machine.states:
            self.state[row] = machine.states.index(one.state)

    def _moved(self, event: ev.Moved) -> None:
        rows, known = self.rows(event.who)
        x, y = event.x[known] / FIXED_POINT, event.y[known] / FIXED_POINT
        dx, dy = x - self.px[rows], y - self.py[rows]
        sideways = np.where(dx < 0, LEFT, RIGHT)
        upright = np.where(dy < 0, UP, DOWN)
        facing = np.where(np.abs(dx) >= np.abs(dy), sideways, upright)
        still = (dx == 0) & (dy == 0)
        self.facing[rows] = np.where(still, self.facing[rows], facing)
        self.x[rows], self.y[rows] = x, y

    def _state_changed(self, event: ev.StateChanged) -> None:
        rows, known = self.rows(event.who)
        self.state[rows] = event.new[known]
        self.transition[rows] = event.transition[known]
        self.turned[rows] = event.tick

    def _drifted(self, event: ev.Drifted) -> None:
        if self.gauges.size:
            moved = self.gauges + self._rate * event.seconds
            clipped = np.minimum(np.maximum(moved, self._low), self._high)
            self.gauges = np.where(self.down, self.gauges, clipped)

    def _changed(self, event: ev.Changed) -> None:
        at = self._gauge_row.get(event.attribute)
        if at is None:
            return
        rows, known = self.rows(event.who)
        value = event.value[known]
        if event.attribute in HEALTH:
            more = value - self.gauges[at, rows]
            self.hurt[rows[more < 0]] = self.tick
            for row, change in zip(rows[:CUES].tolist(), more[:CUES].tolist(), strict=True):
                if abs(change) >= 0.5:
                    self.cue(row, "hurt" if change < 0 else "healed", f"{change:+.0f}")
        self.gauges[at, rows] = value

    def _signalled(self, event: ev.Signalled) -> None:
        minds.signalled(self, event)
        person = self.by_id.get(event.source)
        if person is not None and event.about != "speech":
            self.noise[person.row] = event.tick

    def _signalled_many(self, event: ev.SignalledMany) -> None:
        rows, _ = self.rows(event.who)
        self.noise[rows] = self.tick

    def _act_started(self, event: ev.ActStarted) -> None:
        person = self.by_id.get(event.npc)
        if person is not None:
            call = f"{event.tool}({', '.join(str(value) for value in event.args.values())})"
            person.acts[event.act] = Doing(
                event.act, event.tool, event.text, event.tick, event.due, event.by, call
            )

    def _act_ended(self, event: ev.ActEnded) -> None:
        person = self.by_id.get(event.npc)
        if person is None:
            return
        begun = person.acts.pop(event.act, None)
        text = event.text or (begun.text if begun else event.tool)
        person.last_act = text
        if event.how == "done":
            _tick_off(person, {text, begun.call if begun else event.tool})
        elif event.how != "interrupted":  # a fight interrupts everybody, and shows by itself
            what = (begun.text if begun else "") or event.tool
            why = f": {event.reason}" if event.reason else ""
            self.say(event.how, f"{what}, {event.how}{why}", person.row)

    def _goal_started(self, event: ev.GoalStarted) -> None:
        person = self.by_id.get(event.npc)
        if person is not None:
            if event.goal != event.sub_goal:  # a plan: what it serves is told, not ticked off
                person.goal, person.goal_end = event.goal, ""
                person.steps = [Step(text) for text in event.steps]
            why = f": {event.parent}" if event.parent else ""
            self.say("goal", f"{person.name} wants to {event.goal}{why}", person.row)

    def _goal_ended(self, event: ev.GoalEnded) -> None:
        person = self.by_id.get(event.npc)
        if person is not None:
            if person.goal == event.goal:
                person.goal_end = event.how
            for step in person.steps if person.goal == event.goal else ():
                step.done = step.done or event.how == "done"
            why = f": {event.reason}" if event.reason else ""
            self.say("goal", f"{person.name}'s goal {event.how}, {event.goal}{why}", person.row)

    def _fell(self, event: ev.Fell) -> None:
        minds.fell(self, event)
        person = self.by_id.get(event.npc)
        if person is not None:
            self.down[person.row] = True

    def _rose(self, event: ev.Rose) -> None:
        person = self.by_id.get(event.npc)
        if person is not None:
            person.fallen = False
            self.down[person.row] = False
            self.say("rose", f"{person.name} is up again", person.row)

    def _run_ended(self, event: ev.RunEnded) -> None:
        self.ended = event
        self.say("run", f"the run ended: {event.reason}")


def _tick_off(person: Person, calls: set[str]) -> None:
    """Mark the next step of that call as done, and those before it, which were not needed."""
    for at, step in enumerate(person.steps):
        if not step.done and (step.call in calls or step.text in calls):
            for earlier in person.steps[: at + 1]:
                earlier.done = True
            return


_FOLDS: dict[type[Any], Callable[[Scene, Any], None]] = {
    ev.RunStarted: Scene._start,
    ev.Moved: Scene._moved,
    ev.StateChanged: Scene._state_changed,
    ev.Drifted: Scene._drifted,
    ev.Changed: Scene._changed,
    ev.Signalled: Scene._signalled,
    ev.SignalledMany: Scene._signalled_many,
    ev.ActStarted: Scene._act_started,
    ev.ActEnded: Scene._act_ended,
    ev.Fell: Scene._fell,
    ev.Rose: Scene._rose,
    ev.GoalStarted: Scene._goal_started,
    ev.GoalEnded: Scene._goal_ended,
    ev.RunEnded: Scene._run_ended,
    ev.ScenarioChanged: Scene._scenario_changed,
    **minds.FOLDS,
}

FOLDED = tuple(sorted(kind.__name__ for kind in _FOLDS))
"""Names of the events that change anything here besides the tick."""
