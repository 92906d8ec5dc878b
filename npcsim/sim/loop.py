"""The tick loop: open, sense, reflex, ask, land, commit, publish."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from npcsim import events as ev
from npcsim.errors import BrokenInvariant
from npcsim.messages import Clock, ModelCall
from npcsim.models.money.ledger import Ledger
from npcsim.scenario.moments import tick_at
from npcsim.sim.bodies import reflex
from npcsim.sim.feelings import feel
from npcsim.sim.forgetting import forget
from npcsim.sim.inflight import Answers, Listener
from npcsim.sim.inputs import bundles_of
from npcsim.sim.meaning import Meaning, NoMeaning, known, units_of
from npcsim.sim.minds import Minds
from npcsim.sim.program import Program, Remade
from npcsim.sim.promising import keep_promises
from npcsim.sim.scenes import play
from npcsim.sim.script import happen, measured, react
from npcsim.sim.spacing import Spacing
from npcsim.sim.tooling import CHANGE, new_tools, remade, retooled
from npcsim.sim.unfinished import take_up, unfinished
from npcsim.sim.works import NoWorks, Works
from npcsim.tools.view import Body, View
from npcsim.world.commit import Wanted, commit
from npcsim.world.rows import Approval
from npcsim.world.snapshot import freeze, thaw
from npcsim.world.state import World
from npcsim.world.table import plain

BESIDE = "beside"
"""Where a snapshot's data holds what is no part of the world."""

Subscriber = Callable[[int, list[ev.Event]], None]


class Log(Protocol):
    """Where a run is kept. Arrays handed over are not changed afterwards."""

    async def write(self, tick: int, events: list[ev.Event], calls: list[ModelCall]) -> None:
        """Take one tick. Raises `StoreError` when the run can't be kept any more."""

    async def snapshot(self, tick: int, data: dict[str, Any], arrays: dict[str, Any]) -> None:
        """Take a snapshot of the world after `tick`, and of what minds have under way."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One committed tick: its number, its events, the state hash, and what it took (wall ms)."""

    number: int
    events: list[ev.Event]
    hash: str
    wall_ms: float


class Simulation:
    """A world that goes on. `async for tick in simulation`, or `await simulation.step()`."""

    def __init__(
        self,
        world: World,
        program: Program,
        answers: Answers,
        clock: Clock,
        started: ev.RunStarted,
        log: Log | None = None,
        given: Mapping[int, list[dict[str, Any]]] | None = None,
        works: Works | None = None,
        meaning: Meaning | None = None,
    ) -> None:
        self.world, self.program, self.answers, self.clock = world, program, answers, clock
        self.started = started
        self._log = log
        self._works = works or NoWorks()
        self._minds = Minds(world, program, answers, meaning or NoMeaning())
        self._subscribers: list[Subscriber] = []
        self._inputs: deque[dict[str, Any]] = deque()
        self._recorded = given or {}
        self._stopping = ""
        self._opened = False
        self._end_tick = started.end_tick
        self._resumed: ev.Resumed | None = None
        self._spacing = Spacing(program.snapshot_every)
        self._changes: list[dict[str, Any]] = []
        self._gauges: list[Any] = []
        self._changed: list[ev.Event] = []
        self._meant: list[str] = []
        self.ended = False

    @property
    def tick(self) -> int:
        """The last committed tick."""
        return self.world.tick

    @property
    def end_tick(self) -> int:
        """The tick it ends with; 0 for none."""
        return self._end_tick

    @property
    def view(self) -> View:
        """A frozen look at the world as it is now."""
        return View(self.world, states=self.program.machines)

    @property
    def approvals(self) -> dict[str, Approval]:
        """What waits for leave now, by NPC; `put({"approve": npc, "answer": "yes"})` answers."""
        return dict(self.world.approvals.items())

    @property
    def ledger(self) -> Ledger:
        """What tiers with a budget have spent and reserved so far."""
        return self._minds.standing.ledger

    def npc(self, name: str) -> Body:
        """Somebody as he or she is now: `.hp`, `.place`, `.carries`. Raises KeyError."""
        return self.view.npc(name)

    async def run_until(self, when: str | int | Callable[[View], object]) -> View:
        """Step until a time ("12:00", "day 2 09:00"), a tick, or until `when(view)` is true.

        -> the view. Not a step is made where it is so already, and an end that comes first ends it
        too: `ended` says so. Raises ValueError for what is no time.
        """
        if callable(when):
            there = when
        else:
            last = tick_at(when, self.started.start_ms, self.started.tick_ms)

            def there(view: View) -> object:
                return view.tick >= last

        await self.open()
        while not self.ended and not there(self.view):
            await self.step()
        return self.view

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber(tick, events)` after every commit. -> a function that ends it."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def hear(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(npc, thought, text)` with what a model says while its answer comes.

        `text` is all that it has said so far; a question that is asked anew begins anew. For
        display alone: none of it is in the world or the log before the thought lands, and it may
        still fail. `npc` and `thought` are ids, as in events. It is called in the simulation's
        event loop; in a replay, never. -> a function that ends it.
        """
        return self.answers.hear(listener)

    def put(self, entry: Mapping[str, Any]) -> None:
        """Put in an input for the next tick; it is logged. Forms: see `sim.inputs`.

        Raises ValueError when it has none of the known forms, and ScenarioError, with file and
        line, for tools that don't load. Tools are code: take them from nobody you don't trust.
        """
        try:
            # As the log keeps it: plain data, and nobody else's to change.
            kept: dict[str, Any] = json.loads(json.dumps(dict(entry), allow_nan=False))
        except TypeError as error:
            raise ValueError(f"an input is plain data: {error}") from error
        try:
            bundles_of(kept, self.view, self.program)
        except (TypeError, OverflowError) as error:
            raise ValueError(f"that is no input: {error}") from error
        self._inputs.append(kept)

    @property
    def stopped(self) -> str:
        """Why the simulation was told to end; an empty text when it was not."""
        return self._stopping

    def stop(self, reason: str = "stopped") -> None:
        """End after the tick under way."""
        self._stopping = reason

    def go_on(self, resumed: ev.Resumed) -> None:
        """Take up again with the next tick, which tells of it, whether or not it had ended."""
        self._resumed, self._end_tick = resumed, resumed.end_tick
        self._stopping, self.ended = "", False

    def end_here(self) -> None:
        """Live nothing more: the log that was lived again has its end."""
        self.ended = True

    def take_up(self, data: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        """Go on from a snapshot that a simulation of the same recipe made, with the tick after it.

        Thoughts that were under way then are asked of `answers`.
        """
        for entry in data[BESIDE]["changes"]:
            self._change_again(entry)
        thaw(self.world, dict(data), dict(arrays))
        for thought in take_up(self._minds, data[BESIDE]):
            self.answers.ask(thought)
        self._end_tick, self._opened = data[BESIDE]["end_tick"], True
        self._meant = list(data[BESIDE].get("meant", ()))

    def end_at(self, tick: int) -> None:
        """End with this tick instead; 0 for none."""
        self._end_tick = tick

    def keep(self, log: Log) -> None:
        """Keep ticks there from now on."""
        self._log = log

    def take_over(self, answers: Answers, works: Works, meaning: Meaning, log: Log | None) -> None:
        """From now on answers, works and vectors come from here, and ticks are kept there.

        Works of acts under way are begun once more, and vectors that the last tick wanted are asked
        for. Thoughts under way are the caller's to ask.
        """
        self.answers = self._minds.answers = answers
        self._minds.meaning = meaning
        self._works, self._log = works, log
        meaning.follow(self._meant)
        self._works.follow(self.world, self.program, ())

    async def __aiter__(self) -> AsyncIterator[Tick]:
        while not self.ended:
            yield await self.step()

    async def open(self) -> None:
        """Write the first facts of the run: the cast, and the world before tick 1."""
        if self._opened:
            return
        self._opened = True
        hash = self.world.state_hash()
        await self._publish(0, [self.started, ev.TickEnded(0, hash)])
        await self._snapshot(0)
        if self._minds.standing.shows_whole:
            await self._minds.meaning.begin(known(self.world))
        # A world that was restored may have acts whose work is to be begun once more.
        self._works.follow(self.world, self.program, ())

    async def step(self) -> Tick:
        """One tick. Raises `StoreError` when it can't be kept: then it did not happen."""
        if self.ended:
            raise BrokenInvariant("the simulation has ended")
        await self.open()
        await self.clock.wait_for(self.world.tick + 1)
        tick = self.world.tick + 1
        came = await self._works.land(tick)
        meant = await self._minds.meaning.land(tick)
        begun = time.perf_counter()
        wanted = await self._want(tick, came, meant)
        thinking = time.perf_counter()
        landings = await self.answers.land(tick)
        waited = time.perf_counter() - thinking
        self._minds.land(self._view, landings, wanted)
        # A change is told first: all else in this tick is by the changed scenario.
        events, self._changed = [*self._changed, *commit(self.world, wanted)], []
        events += keep_promises(self.world, events)
        self._minds.judge.read(events)
        if self.program.feelings is not None:
            events += feel(self.world, self.program.feelings, events)
        if not self._stopping and wanted.ended:
            self._stopping = wanted.ended
        self.ended = bool(self._stopping) or tick >= self._end_tick > 0
        events += measured(self.world, self.program, self.ended)
        hash = self.world.state_hash()
        events.append(ev.TickEnded(tick, hash))
        self._meant = self.world.meanings.closed()
        if self.ended:
            events.append(ev.RunEnded(tick, self._stopping or "end", hash))
        await self._publish(tick, events)
        if not self.ended:
            # Not before it is kept: what reaches outside can't be taken back.
            self._works.follow(self.world, self.program, events)
            self._minds.meaning.follow(self._meant)
        if self._log is not None and (self._spacing.due(self.world, events) or self.ended):
            await self._snapshot(tick)
        wall = (time.perf_counter() - begun - waited) * 1000
        return Tick(tick, events, hash, wall)

    async def _want(
        self, tick: int, came: list[dict[str, Any]], meant: list[ev.Embedded]
    ) -> Wanted:
        """Open, sense, reflex and ask: what the tick wants before anything lands.

        came: inputs that came from works outside. meant: vectors that were asked for before.
        """
        wanted, entries = Wanted(), [*self._entries(tick), *came]
        if self._resumed is not None:
            wanted.told.append(self._resumed)
            self._resumed = None
        for entry in entries:
            if CHANGE in entry:
                self._change(entry, wanted)
        self.world.tick = tick
        self.world.meanings.open()
        self._view = View(self.world, states=self.program.machines)
        for embedded in meant:
            wanted.told.append(embedded)
            self.world.meanings.take(units_of(embedded))
        for entry in entries:
            if CHANGE in entry:
                continue
            wanted.told.append(ev.Given(tick, str(entry.get("source", "code")), entry))
            if "tools" in entry:
                self._new_tools(entry, wanted)
            else:
                wanted.bundles += bundles_of(entry, self._view, self.program, wanted)
        happen(self.world, self._view, self.program, wanted)
        react(self.world, self._view, self.program, wanted)
        thinkers = reflex(self.world, self._view, self.program, wanted)
        allowed = play(self.world, self._view, self.program, wanted)
        await self._minds.think(self._view, thinkers, wanted, allowed)
        forget(self.world, wanted, self._minds.judge)
        return wanted

    def _entries(self, tick: int) -> list[dict[str, Any]]:
        entries = [*self._recorded.get(tick, ()), *self._inputs]
        self._inputs.clear()
        return entries

    def _new_tools(self, entry: dict[str, Any], wanted: Wanted) -> None:
        program = new_tools(entry, self._view, self.program, wanted)
        if program is not self.program:
            self._changes = [*self._changes, entry]
            self.program = self._minds.program = program

    def _change(self, entry: dict[str, Any], wanted: Wanted) -> None:
        """Another scenario from now on. What is under way goes on under it."""
        made = remade(entry, self.world, self.program)
        self._changes = [*self._changes, entry]
        self._use(made)
        source = str(entry.get("source", "code"))
        self._changed += [ev.Given(made.told.tick, source, entry), made.told]
        wanted.bundles += made.bundles

    def _use(self, made: Remade) -> None:
        made.world.meanings = self.world.meanings
        self.world, self.program = made.world, made.program
        self._gauges = plain(made.told.gauges)
        before = self._minds
        self._minds = Minds(self.world, self.program, self.answers, before.meaning)
        self._minds.pending, self._minds.judge = before.pending, before.judge
        self._minds.standing.restore(before.standing.plain())

    def _change_again(self, entry: dict[str, Any]) -> None:
        """Change, before a snapshot is thawed, what was changed before it was made."""
        if CHANGE in entry:
            self._use(remade(entry, self.world, self.program))
        else:
            self.program = self._minds.program = retooled(entry, self.program).program
        self._changes = [*self._changes, entry]

    async def _publish(self, tick: int, events: list[ev.Event]) -> None:
        if self._log is not None:
            await self._log.write(tick, events, self.answers.calls())
        for subscriber in tuple(self._subscribers):
            subscriber(tick, events)

    async def _snapshot(self, tick: int) -> None:
        if self._log is not None:
            data, arrays = freeze(self.world)
            if not self._minds.judge.asks:  # what it has asked is in the log alone
                data[BESIDE] = {
                    "end_tick": self._end_tick, "changes": self._changes, "gauges": self._gauges,
                    "meant": self._meant, **unfinished(self._minds),
                }  # fmt: skip
            await self._log.snapshot(tick, data, arrays)
            self._spacing.made()

    async def close(self) -> None:
        """Give up on thoughts and works under way. The world stays readable."""
        await self.answers.close()
        await self._works.close()
        await self._minds.meaning.close()
