"""One thought, put together from its parts in the log and the model calls behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from npcsim import events as ev
from npcsim.messages import ModelCall, answer_json, question_json
from npcsim.store.moment import Moment
from npcsim.store.why.explanation import (
    Asking,
    Near,
    Option,
    Outcome,
    Perceived,
    Sign,
    Thought,
)
from npcsim.store.why.log import Log
from npcsim.store.why.recalling import recalled

NEAR = 12.0
"""Tiles within which others are told of."""
MOST_NEAR = 8
SPEAK = "speak"
"""The purpose of a thought that finds words for what was decided before."""


def thought_of(log: Log, npc: str, own: Sequence[ev.Event], last: str, link: str) -> Thought:
    """The thought that ended in the question `last`: all tiers that were asked, and the outcome."""
    asked = {e.thought: e for e in own if isinstance(e, ev.Asked)}
    landed = {e.thought: e for e in own if isinstance(e, ev.Landed)}
    made = next((e for e in own if isinstance(e, ev.Decided) and e.thought == last), None)
    chain = _chain(asked, landed, last)
    calls = {one: _call(log, landed.get(one)) for one in chain}
    askings = tuple(
        _asking(asked[one], landed.get(one), calls[one]) for one in chain if one in asked
    )
    first = asked.get(chain[0])
    began = first.tick if first else made.tick if made else 0
    before = log.at(max(began - 1, 0))
    question = next((call.question for call in reversed([*calls.values()]) if call), None)
    came = recalled(log, before, npc, own, began, question, first.why if first else "")
    return Thought(
        link,
        first.purpose if first else made.purpose if made else "",
        first.why if first else "",
        began,
        made.tick if made else -1,
        _perceived(log, before, npc, own, began),
        came,
        bool(question is not None and question.prefix.own),
        askings,
        _options(made, first),
        made.tier if made else askings[-1].tier if askings else "",
        made.effort if made else "",
        made.text if made else "",
        bool(made and made.fallback),
        made.reason if made else "",
        made.considered if made else (),
        sum(one.cost_usd for one in askings),
        tuple(_outcomes(own, made)) if made else (),
    )


def _chain(asked: dict[str, ev.Asked], landed: dict[str, ev.Landed], last: str) -> list[str]:
    """The questions of one thought in order: a dearer tier is asked as a cheaper one lands."""
    chain = [last]
    while chain[0] in asked:
        now = asked[chain[0]]
        earlier = [
            one for one, told in landed.items()
            if told.tick == now.tick and one != chain[0] and one in asked
            and asked[one].options == now.options and asked[one].purpose == now.purpose
        ]  # fmt: skip
        if not earlier or earlier[0] in chain:
            break
        chain.insert(0, earlier[0])
    return chain


def _call(log: Log, landed: ev.Landed | None) -> ModelCall | None:
    """The call behind a landing."""
    if landed is None or not landed.key:
        return None
    found = [kept.call for kept in log.calls(landed.key)]
    for call in found:
        if call.thought == landed.thought:
            return call
    return found[0] if found else None


def _asking(asked: ev.Asked, landed: ev.Landed | None, call: ModelCall | None) -> Asking:
    answer: dict[str, Any] | None = None
    if call is not None and call.answer is not None:
        answer = answer_json(call.answer)
    elif landed is not None:
        answer = landed.answer
    return Asking(
        asked.thought, asked.tick, asked.tier, asked.effort, asked.reason, asked.considered,
        asked.lands, landed.tick if landed else -1, landed.model if landed else "",
        call.fingerprint if call else "",
        question_json(call.question) if call else None, answer, landed.error if landed else "",
        bool(landed and landed.late), call.seconds if call else 0.0,
        landed.cost_usd if landed else 0.0,
    )  # fmt: skip


def _options(made: ev.Decided | None, asked: ev.Asked | None) -> tuple[Option, ...]:
    """The options with all numbers, in the order they were put."""
    told = made if made is not None else asked
    if told is None:
        return ()
    shares = made.probabilities if made else ()
    blended = made.blended if made else ()
    return tuple(
        Option(
            text, _at(told.utilities, i) or 0.0, _at(shares, i), _at(blended, i),
            made is not None and made.pick == i,
        )
        for i, text in enumerate(told.options)
    )  # fmt: skip


def _at(values: Sequence[float], i: int) -> float | None:
    return values[i] if i < len(values) else None


def _perceived(log: Log, before: Moment, npc: str, own: Sequence[ev.Event], tick: int) -> Perceived:
    """What was there to be perceived: the world as it was committed in the tick before."""
    started = log.started
    at = before["npc"].index(npc)
    x, y = before["x"][at], before["y"][at]
    serials = {one.serial: one.id for one in started.cast}
    where = {one: (before["x"][i], before["y"][i]) for i, one in enumerate(before["npc"])}

    def off(other: tuple[float, float]) -> float:
        return float(((other[0] - x) ** 2 + (other[1] - y) ** 2) ** 0.5)

    signs: list[Sign] = []
    kinds = ("Signalled", "SignalledMany")
    for event in log.events(kinds=kinds, start=max(tick - 1, 0), stop=tick):
        if isinstance(event, ev.Signalled) and event.source != npc:
            far = off((event.x, event.y))
            if event.to == npc or far <= event.loudness:
                signs.append(
                    Sign(event.about, event.source, event.to, far, event.loudness, event.content)
                )
        elif isinstance(event, ev.SignalledMany):
            for serial in event.who.tolist():
                far = off(where[serials[serial]])
                if serials[serial] != npc and far <= event.loudness:
                    signs.append(Sign(event.about, serials[serial], "", far, event.loudness, ""))
    near = sorted(
        (off(place), one) for one, place in where.items() if one != npc and off(place) <= NEAR
    )
    states = dict(zip(before["npc"], before["state"], strict=True))
    needs = {g.name: before[g.name][at] for g in started.gauges if g.need}
    kept = tuple(
        e.text for e in own
        if isinstance(e, ev.Remembered) and e.tick == tick and e.sort in ("seen", "heard", "felt")
    )  # fmt: skip
    return Perceived(
        max(tick - 1, 0), x, y, states[npc], needs, tuple(sorted(signs, key=lambda s: s.distance)),
        tuple(Near(one, far, states[one]) for far, one in near[:MOST_NEAR]), kept,
    )  # fmt: skip


def _outcomes(own: Sequence[ev.Event], made: ev.Decided) -> Iterator[Outcome]:
    """What became of a decision: of the plan it took up, or of the act that it began."""
    ends = {e.act: e for e in own if isinstance(e, ev.ActEnded)}
    plan = next(
        (e for e in own if isinstance(e, ev.GoalStarted) and e.tick == made.tick and e.steps), None
    )
    until = _end(own, made, plan)
    for event in own:
        if not made.tick <= event.tick <= until:
            continue
        match event:
            case ev.GoalStarted():
                ended = _goal_end(own, event)
                told = (ended.tick, ended.how, ended.reason) if ended else (-1, "", "")
                steps = ", then ".join(event.steps)
                yield Outcome(event.tick, "goal", f"{event.goal}: {steps}".rstrip(": "), *told)
            case ev.PlanChanged():
                yield Outcome(event.tick, "plan", event.goal, -1, event.how, event.reason)
            case ev.ActStarted() if event.by != "body":
                end = ends.get(event.act)
                told = (end.tick, end.how, end.reason) if end else (-1, "", "")
                yield Outcome(event.tick, "act", _called(event), *told)
            case ev.Applied() if event.effects:
                yield Outcome(event.tick, "effects", event.tool, event.tick, effects=event.effects)
            case ev.Rejected():
                yield Outcome(
                    event.tick, "refused", event.tool, event.tick, "refused", event.reason,
                    event.effects,
                )  # fmt: skip
            case ev.Remembered() if event.sort in ("did", "concluded"):
                yield Outcome(event.tick, "remembered", event.text, event.tick)


def _called(act: ev.ActStarted) -> str:
    return f"{act.tool}({', '.join(str(value) for value in act.args.values())})"


def _goal_end(own: Sequence[ev.Event], goal: ev.GoalStarted) -> ev.GoalEnded | None:
    later = (e for e in own if isinstance(e, ev.GoalEnded) and e.tick >= goal.tick)
    return next((e for e in later if e.goal == goal.goal), None)


def _end(own: Sequence[ev.Event], made: ev.Decided, plan: ev.GoalStarted | None) -> int:
    """The tick up to which what happens is of this decision."""
    if plan is not None:
        ended = _goal_end(own, plan)
        return ended.tick + 1 if ended else own[-1].tick
    acts = [e for e in own if isinstance(e, ev.ActStarted) and e.by != "body"]
    latest = max(made.tick + 1, _worded(own, made))
    act = next((e for e in acts if made.tick <= e.tick <= latest), None)
    if act is None:
        return latest
    end = next((e for e in own if isinstance(e, ev.ActEnded) and e.act == act.act), None)
    return end.tick if end else own[-1].tick


def _worded(own: Sequence[ev.Event], made: ev.Decided) -> int:
    """The tick at which the words came that a decision wanted; its own where it wanted none."""
    soon = (e for e in own if isinstance(e, ev.Asked) and made.tick <= e.tick <= made.tick + 1)
    asked = next((e for e in soon if e.purpose == SPEAK), None)
    if asked is None or made.purpose == SPEAK:
        return made.tick
    found = (e.tick for e in own if isinstance(e, ev.Decided) and e.purpose == SPEAK)
    return next((tick for tick in found if tick >= asked.tick), asked.tick)
