"""What happened in a tick, as rules of feelings ask for it: what, done by whom, to whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.reflex.senses import NOBODY, Rows, Senses
from npcsim.world.crowd_commit import HURT
from npcsim.world.rows import Heard
from npcsim.world.state import World

NONE = int(NOBODY)
Strike = tuple[int, int, int]
"""(whose feelings, who did it, to whom it was done), by serial; `NONE` for nobody."""
ENDS = ("who", "to", "giver", "taker", "target", "holder")
OUT = ("tie", "close_offer", "signal")
"""Effects that don't make it a deed done to somebody: those that come with one."""


class Incidents:
    """One tick's. Signals and acts that are seen are those just put out into the world."""

    def __init__(self, world: World, events: Sequence[ev.Event]) -> None:
        self._world = world
        self._done: dict[tuple[str, str], dict[Strike, None]] = {}
        for event in events:
            self._take(event)
        for heard in world.signals:
            to = self._row(heard.to)
            if to != NONE:
                self._add(heard.about, "target", to, self._row(heard.source), to)
        self._hurt(events)

    def __bool__(self) -> bool:
        return bool(self._done or self._world.signals or self._world.crowd_signals)

    def of(self, what: frozenset[str], role: str, rows: Rows, senses: Senses) -> list[Strike]:
        """Whom it concerns in a role, each once for each who did it and to whom."""
        found = dict[Strike, None]()
        for about in sorted(what):
            found |= self._done.get((about, role), {})
            if role == "witness":
                found |= dict.fromkeys(self._seen(about, rows, senses))
        return list(found)

    def _row(self, name: Any) -> int:
        row = self._world.setting.serial_of.get(name) if isinstance(name, str) else None
        return NONE if row is None else row

    def _add(self, what: str, role: str, me: int, by: int, to: int) -> None:
        if me != NONE:
            self._done.setdefault((what, role), {})[me, by, to] = None

    def _take(self, event: ev.Event) -> None:
        if isinstance(event, ev.Applied):
            by = self._row(event.actor)
            for to in self._touched(event):
                self._add(event.tool, "target", to, by, to)
                self._add(event.tool, "doer", by, by, to)
        elif isinstance(event, ev.ActEnded) and event.how == "done":
            by = self._row(event.npc)
            if not any(key[0] == by for key in self._done.get((event.tool, "doer"), ())):
                self._add(event.tool, "doer", by, by, NONE)
        elif isinstance(event, ev.Rejected):
            self._add("refused", "target", self._row(event.actor), NONE, self._row(event.actor))
        elif isinstance(event, ev.GoalEnded):
            me = self._row(event.npc)
            self._add(f"goal_{event.how}", "target", me, NONE, me)
        elif isinstance(event, ev.PromiseKept | ev.PromiseBroken):
            what = "promise_kept" if isinstance(event, ev.PromiseKept) else "promise_broken"
            by, to = self._row(event.npc), self._row(event.to)
            self._add(what, "target", to, by, to)
            self._add(what, "doer", by, by, to)
        elif isinstance(event, ev.Fell):
            fallen, by = self._row(event.npc), self._row(event.by)
            self._add("fell", "target", fallen, by, fallen)
            self._add("fell", "doer", by, by, fallen)

    def _touched(self, event: ev.Applied) -> list[int]:
        """Those of others whom a deed changed, each once."""
        by = self._row(event.actor)
        found = {
            self._row(effect.get(end))
            for effect in event.effects
            if effect["kind"] not in OUT
            for end in ENDS
        }
        return sorted(found - {by, NONE})

    def _whom(self, about: str, by: int) -> int:
        """To whom somebody has just done something: the first, where there are several."""
        deeds = self._done.get((about, "target"), ())
        return next((to for _, doer, to in deeds if doer == by != NONE), NONE)

    def _hurt(self, events: Sequence[ev.Event]) -> None:
        if HURT not in self._world.columns:
            return
        hurt = self._world.columns[HURT]
        for event in events:
            if isinstance(event, ev.Changed) and event.attribute == "hp":
                known = event.by if len(event.by) else np.full(len(event.who), NONE, np.uint32)
                for who, by in zip(event.who.tolist(), known.tolist(), strict=True):
                    if hurt[who]:
                        self._add("hurt", "target", who, by, who)
                        self._add("hurt", "doer", by, by, who)

    def _seen(self, about: str, rows: Rows, senses: Senses) -> Iterator[Strike]:
        """Those of `rows` who see or hear it, without those who do it and to whom it is done."""
        for heard in self._world.signals:
            if heard.about == about:
                by, to = self._row(heard.source), self._row(heard.to)
                if to == NONE:
                    to = self._whom(about, by)
                for row in rows[self._reached(heard, by, rows, senses)].tolist():
                    if row not in (by, to):
                        yield row, by, to
        for kind, _, who in self._world.crowd_signals:
            if kind == about and len(who):
                others = rows[~np.isin(rows, who)]
                for row in others[senses.hears(about, others)].tolist():
                    yield row, NONE, NONE
        if about == "fell":
            fallen = list(self._done.get(("fell", "target"), ()))
            for _, by, to in fallen:
                for row in rows[self._in_view(to, rows, senses)].tolist():
                    if row not in (by, to):
                        yield row, by, to

    def _reached(self, heard: Heard, by: int, rows: Rows, senses: Senses) -> Any:
        columns, setting = self._world.columns, self._world.setting
        if not setting.walks:
            places = list(setting.places)
            number = places.index(heard.place) if heard.place in places else -1
            if number < 0 and by != NONE:
                number = int(columns["place"][by])
            return (columns["place"][rows] == number) & (number >= 0)
        dx, dy = columns["x"][rows] - heard.x, columns["y"][rows] - heard.y
        reached = dx * dx + dy * dy <= heard.loudness * heard.loudness
        seen = by != NONE and heard.about != "speech"  # words are heard
        return reached | (self._in_view(by, rows, senses) if seen else False)

    def _in_view(self, other: int, rows: Rows, senses: Senses) -> Any:
        """Whether each sees somebody: within its sight, nothing opaque between."""
        columns = self._world.columns
        if not self._world.setting.walks:
            here = columns["place"][other]
            return (columns["place"][rows] == here) & (here >= 0)
        dx, dy = columns["x"][rows] - columns["x"][other], columns["y"][rows] - columns["y"][other]
        sight = columns["sight"][rows]
        near = dx * dx + dy * dy <= sight * sight
        some = np.flatnonzero(near)
        if len(some):
            near[some] = senses.clear(rows[some], np.full(len(some), other, np.uint32))
        return near
