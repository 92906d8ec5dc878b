"""Reads a log for what is behind one NPC's doings at one tick."""

from __future__ import annotations

from collections.abc import Sequence

from npcsim import events as ev
from npcsim.scenario.units import clock_text
from npcsim.store.concerning import about
from npcsim.store.why.explanation import Doing, Explanation, Turned
from npcsim.store.why.log import Log
from npcsim.store.why.thinking import SPEAK, thought_of

KINDS = (
    "Asked", "Landed", "Decided", "GoalStarted", "GoalEnded", "PlanChanged", "ActStarted",
    "ActEnded", "Remembered", "Recalled", "Applied", "Rejected", "StateChanged", "DayPlanned",
)  # fmt: skip
WORDLESS = (SPEAK, "reflect")
"""Purposes that find words for what was decided before."""


def explain(log: Log, npc: str, tick: int | None) -> Explanation:
    """Why `npc` did what it did at `tick`; None: at its last decision.

    Raises ValueError for an NPC there is not, and for a tick outside the run.
    """
    started, last = log.started, log.last_tick
    named = about(started, npc)
    if tick is not None and not 0 <= tick <= last:
        raise ValueError(f"the run has the ticks 0 to {last}{_to(started, last)}, not {tick}")
    told = list(log.events(kinds=KINDS, npc=npc))
    own = [e for e in told if getattr(e, "npc", getattr(e, "actor", npc)) == npc]
    made = [e for e in own if isinstance(e, ev.Decided)]
    if tick is None:
        tick = made[-1].tick if made else last
    doing, by_mind = _doing(own, tick)
    asked, link = _behind(own, made, doing if by_mind else None, tick)
    words, decided = "", _wanted(own, made, asked)
    if asked is not None and decided is not None:
        words, asked, link = asked, decided, "wanted the words for what was done"
    goal = _goal(own, tick)
    cast = next(one for one in started.cast if one.id == npc)
    return Explanation(
        started.run or log.shown, npc, cast.name or npc, tick, started.start_ms, started.tick_ms,
        doing, _turned(started, named.serial, own, tick),
        goal.goal if goal else "", goal.tick if goal else -1,
        thought_of(log, npc, own, asked, link) if asked is not None else None,
        thought_of(log, npc, own, words, "found the words") if words else None,
    )  # fmt: skip


def _to(started: ev.RunStarted, last: int) -> str:
    """The times of a run's ticks, for who asked by the clock."""
    ends = (clock_text(started.start_ms + tick * started.tick_ms) for tick in (0, last))
    return f" ({' to '.join(ends)})"


def _doing(own: Sequence[ev.Event], tick: int) -> tuple[Doing | None, bool]:
    """The act under way at a tick, else the last before. -> (it, whether the mind wanted it)

    An act that ended in the tick counts as under way; where several did, the mind's comes first.
    """
    ends = {e.act: e for e in own if isinstance(e, ev.ActEnded)}
    begun = [e for e in own if isinstance(e, ev.ActStarted) and e.tick <= tick]
    if not begun:
        return None, False

    def weight(act: ev.ActStarted) -> tuple[bool, bool, int]:
        end = ends.get(act.act)
        return end is None or end.tick >= tick, act.by != "body", act.tick

    act = max(begun, key=weight)
    if not weight(act)[0]:
        act = begun[-1]
    end = ends.get(act.act)
    if end is not None and end.tick > tick and act.due < 0:
        end = None if end.how == "interrupted" else end
    ended, how, reason = (end.tick, end.how, end.reason) if end else (-1, "", "")
    done = Doing(act.tool, act.args, act.text, act.tick, ended, how, reason, act.by)
    return done, act.by == "mind"


def _goal(own: Sequence[ev.Event], tick: int) -> ev.GoalStarted | None:
    """The plan that was held at a tick."""
    held: ev.GoalStarted | None = None
    for event in own:
        if event.tick > tick:
            break
        if isinstance(event, ev.GoalStarted) and event.steps:
            held = event
        ended = isinstance(event, ev.GoalEnded) and held is not None and event.goal == held.goal
        if ended and event.tick < tick:
            held = None
    return held


def _behind(
    own: Sequence[ev.Event], made: Sequence[ev.Decided], act: Doing | None, tick: int
) -> tuple[str | None, str]:
    """The thought behind it. -> (its id, how it hangs together with what was done)"""
    here = [one for one in made if one.tick == tick]
    if here:
        weighty = [one for one in here if one.purpose not in WORDLESS]
        return (weighty or here)[-1].thought, "was decided in this tick"
    decided = {one.thought for one in made if one.tick < tick}
    asked = [e.thought for e in own if isinstance(e, ev.Asked) and e.tick <= tick]
    going = act is not None and (act.ended < 0 or act.ended >= tick)
    if asked and asked[-1] not in decided and not going:
        return asked[-1], "is under way"
    if act is not None and (found := _began(own, made, act)):
        return found if going else (found[0], f"{found[1]} before")
    before = [one for one in made if one.tick < tick]
    weighty = [one for one in before if one.purpose not in WORDLESS]
    if before:
        return (weighty or before)[-1].thought, "was the last before"
    return (asked[-1], "is under way") if asked else (None, "")


def _wanted(own: Sequence[ev.Event], made: Sequence[ev.Decided], thought: str | None) -> str | None:
    """The thought that decided on what another found words for: the last before it was asked."""
    asked = next((e for e in own if isinstance(e, ev.Asked) and e.thought == thought), None)
    if asked is None or asked.purpose != SPEAK:
        return None
    before = (e.thought for e in made if e.purpose not in WORDLESS and e.tick <= asked.tick)
    return next(reversed([*before]), None)


def _began(
    own: Sequence[ev.Event], made: Sequence[ev.Decided], act: Doing
) -> tuple[str, str] | None:
    """The thought that an act of the mind is of: it was decided on, or is a step of a plan."""
    for one in reversed(made):
        if one.tick == act.since and one.text and one.purpose != "reflect":
            return one.thought, "began the act"
    goal = _goal(own, act.since)
    for one in reversed(made if goal is not None else ()):
        if goal is not None and one.tick == goal.tick and one.purpose not in WORDLESS:
            return one.thought, "took up the plan that the act is a step of"
    return None


def _turned(started: ev.RunStarted, serial: int, own: Sequence[ev.Event], tick: int) -> Turned:
    """The state of the NPC's machine at a tick."""
    cast = next(one for one in started.cast if one.serial == serial)
    machine = next((one for one in started.machines if one.name == cast.behaviour), None)
    found = Turned(cast.state, 0, "")
    if machine is None:
        return found
    for event in own:
        if isinstance(event, ev.StateChanged) and event.tick <= tick:
            for at in (event.who == serial).nonzero()[0]:
                fired = int(event.transition[at])
                because = (
                    machine.transitions[fired] if 0 <= fired < len(machine.transitions) else ""
                )
                found = Turned(machine.states[int(event.new[at])], event.tick, because)
    return found
