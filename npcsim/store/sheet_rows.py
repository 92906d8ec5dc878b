"""What one event, or one model call, says in each table: its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from npcsim import events as ev
from npcsim.events.spending import HOUR_MS, Spending
from npcsim.messages import Choose, Usage
from npcsim.scenario.units import clock_text
from npcsim.speech import SpeechAct
from npcsim.store.rows import KeptCall

Row = tuple[Any, ...]
OVERHEARD = ("rumour", "overheard")
"""What a memory of words is about that were meant for somebody else."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What events leave to the run's beginning: the clock, ids by serial, machines by serial."""

    started: ev.RunStarted
    ids: Mapping[int, str]
    machines: Mapping[int, ev.Machine]

    def when(self, tick: int) -> Row:
        """A tick, its time in words, and its seconds."""
        passed = tick * self.started.tick_ms
        return tick, clock_text(self.started.start_ms + passed), passed / 1000


def cast(scene: Scene, event: ev.RunStarted) -> Iterator[Row]:
    for one in event.cast:
        yield (
            one.id, one.name, one.archetype, one.behaviour, one.state, one.mind, one.goal, one.x,
            one.y, dict(one.items),
        )  # fmt: skip


def decision(scene: Scene, event: ev.Decided) -> Iterator[Row]:
    def share(values: tuple[float, ...]) -> float | None:
        return values[event.pick] if 0 <= event.pick < len(values) else None

    yield (
        event.npc, event.purpose, event.tier, event.text, len(event.options),
        share(event.utilities), share(event.probabilities), share(event.blended),
        event.fallback, event.reason, event.thought, event.effort,
    )  # fmt: skip


def route(scene: Scene, event: ev.Asked | ev.Decided) -> Iterator[Row]:
    asked = isinstance(event, ev.Asked)
    for one in event.considered:
        taken = asked and (one.tier, one.effort) == (event.tier, event.effort)
        yield (
            event.npc, event.thought, "asked" if asked else "decided", one.tier, one.effort, taken,
            one.price, one.worth, one.why_not, event.reason,
        )  # fmt: skip


def weighed(scene: Scene, event: ev.Decided) -> Iterator[Row]:
    for number, option in enumerate(event.options):

        def of(values: tuple[float, ...], at: int = number) -> float | None:
            return values[at] if at < len(values) else None

        yield (
            event.npc, event.thought, event.tier, option, of(event.utilities),
            of(event.probabilities), of(event.blended), number == event.pick,
        )  # fmt: skip


def landing(scene: Scene, event: ev.Landed) -> Iterator[Row]:
    usage = (event.answer or {}).get("usage", {})
    yield (
        event.npc, event.thought, event.tier, event.model, event.answer is not None, event.error,
        event.late, usage.get("input", 0), usage.get("output", 0), usage.get("cached", 0),
        usage.get("written", 0), Usage(**usage).computed, usage.get("kept", False),
        event.cost_usd, event.key,
    )  # fmt: skip


def call(scene: Scene, kept: KeptCall) -> Iterator[Row]:
    call = kept.call
    kind = "choose" if isinstance(call.question, Choose) else "write"
    usage = call.answer.usage if call.answer is not None else Usage()
    tokens = (usage.input, usage.output, usage.cached, usage.written, usage.computed, usage.kept)
    # Beside its thoughts an NPC has questions about its memories: `ann/summary@12`.
    npc = call.thought.rpartition("@")[0].partition("/")[0]
    yield (
        npc, call.thought, kind, call.question.purpose, call.tier, call.model, *tokens,
        call.seconds, call.cost_usd, call.error, kept.key,
    )  # fmt: skip


def costs(scene: Scene, events: Iterable[ev.Event]) -> Iterator[Row]:
    spending = Spending(scene.started)
    spending.read(events)
    for purse, spent in spending.purses.items():
        yield (
            clock_text(purse.hour * HOUR_MS), purse.tier, purse.model, purse.npc, purse.purpose,
            spent.calls, spent.kept, spent.failed, spent.cancelled, spent.input, spent.cached,
            spent.written, spent.output, spent.computed, spent.usd,
            spent.lost_usd + spent.cancelled_usd,
        )  # fmt: skip


def prompts(scene: Scene, events: Iterable[ev.Event]) -> Iterator[Row]:
    """Sizes of questions by tier and purpose, of those that were asked and answered."""
    asked: dict[str, ev.Asked] = {}
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for event in events:
        if isinstance(event, ev.Asked):
            asked[event.thought] = event
        elif isinstance(event, ev.Landed) and event.answer is not None:
            usage, thought = event.answer.get("usage", {}), asked.get(event.thought)
            if not usage.get("kept"):
                key = event.tier, event.model, thought.purpose if thought else ""
                trimmed = thought.trimmed if thought else 0
                found.setdefault(key, []).append({**usage, "trimmed": trimmed})
    for key, used in found.items():
        sizes = sorted(usage.get("input", 0) for usage in used)
        means = [sum(usage.get(kind, 0) for usage in used) / len(used)
                 for kind in ("cached", "output")]  # fmt: skip
        yield (
            *key, len(sizes), sum(sizes) / len(sizes), sizes[len(sizes) // 2], sizes[-1], *means,
            sum(usage["trimmed"] for usage in used),
        )  # fmt: skip


def none(scene: Scene, fact: object) -> Iterator[Row]:
    """No row: for a table that all facts make together."""
    return iter(())


def goal(scene: Scene, event: ev.GoalStarted | ev.GoalEnded) -> Iterator[Row]:
    if isinstance(event, ev.GoalStarted):
        how, steps = "resumed" if event.resumed else "started", " > ".join(event.steps)
        yield event.npc, event.goal, how, "", steps, event.parent, event.sub_goal
    else:
        yield (
            event.npc, event.goal, event.how, event.reason, "", event.parent, event.sub_goal
        )  # fmt: skip


def act(scene: Scene, event: ev.ActStarted | ev.ActEnded) -> Iterator[Row]:
    how, reason = ("started", "") if isinstance(event, ev.ActStarted) else (event.how, event.reason)
    yield event.npc, event.act, event.tool, how, event.text, reason


def speech(scene: Scene, event: ev.Signalled) -> Iterator[Row]:
    if event.about == "speech":
        act = event.act or SpeechAct("inform" if event.fact else "greet", event.source)
        about = {f.name: v for f in fields(act.about) if (v := getattr(act.about, f.name))}
        yield (
            event.source, event.to or "", event.place, event.content, act.kind, about, event.fact,
            event.hop, event.sure, event.origin, act.lie, act.by,
        )  # fmt: skip


def signal(scene: Scene, event: ev.Signalled) -> Iterator[Row]:
    if event.about != "speech":
        yield event.about, event.source, event.to or "", event.place, event.loudness, event.content


def state(scene: Scene, event: ev.StateChanged) -> Iterator[Row]:
    for who, new, fired in zip(
        event.who.tolist(), event.new.tolist(), event.transition.tolist(), strict=True
    ):
        machine = scene.machines[who]
        because = machine.transitions[fired] if 0 <= fired < len(machine.transitions) else ""
        yield scene.ids[who], machine.states[new], because


def attribute(scene: Scene, event: ev.Changed) -> Iterator[Row]:
    by = event.by.tolist() if len(event.by) else [None] * len(event.who)
    for who, value, cause in zip(event.who.tolist(), event.value.tolist(), by, strict=True):
        yield scene.ids[who], event.attribute, value, event.cause, scene.ids.get(cause, "")


def tie(scene: Scene, event: ev.Tied) -> Iterator[Row]:
    yield from event.ties


def felt(scene: Scene, event: ev.Felt) -> Iterator[Row]:
    columns = (event.who, event.by, event.valence, event.arousal)
    for who, by, valence, arousal in zip(*(one.tolist() for one in columns), strict=True):
        yield scene.ids[who], event.cause, scene.ids.get(by, ""), valence, arousal


def measure(scene: Scene, event: ev.Measured) -> Iterator[Row]:
    yield event.name, event.group, event.value


def promise(scene: Scene, event: ev.Promised | ev.PromiseKept | ev.PromiseBroken) -> Iterator[Row]:
    if isinstance(event, ev.Promised):
        due = clock_text(scene.started.start_ms + event.due * scene.started.tick_ms)
        given = (due, event.item, event.amount, event.place, event.deed)
        yield event.npc, event.to, event.what, "given", *given
    else:
        how = "kept" if isinstance(event, ev.PromiseKept) else "broken"
        yield event.npc, event.to, event.what, how, "", "", 0, "", ""


def death(scene: Scene, event: ev.Fell) -> Iterator[Row]:
    yield event.npc, event.how, event.by, event.cause


def memory(scene: Scene, event: ev.Remembered | ev.Forgot) -> Iterator[Row]:
    if isinstance(event, ev.Forgot):
        yield (
            event.npc, event.into or None, "summary", event.text, None, "", "", (), "", 0, 1.0, "",
            "", (), len(event.ids), event.ids,
        )  # fmt: skip
        return
    yield (
        event.npc, event.id, event.sort, event.text, event.importance, event.about, event.place,
        event.people, event.source, event.hop, event.sure, event.fact, event.origin,
        event.evidence, 1, (),
    )  # fmt: skip


def knowledge(scene: Scene, events: Iterable[ev.Event]) -> Iterator[Row]:
    known: set[tuple[str, str]] = set()
    for event in events:
        if not isinstance(event, ev.Remembered) or event.sort != "heard" or not event.fact:
            continue
        if event.origin != event.npc and (event.npc, event.fact) not in known:
            known.add((event.npc, event.fact))
            yield (
                *scene.when(event.tick), event.npc, event.fact, event.source, event.origin,
                event.hop, event.sure, event.about in OVERHEARD, event.place,
            )  # fmt: skip


def lesson(scene: Scene, event: ev.Remembered) -> Iterator[Row]:
    if event.deed and event.sort == "concluded":
        yield (
            event.npc, event.id, event.deed, event.done, event.failed, event.place, event.text,
            event.evidence,
        )  # fmt: skip


def recalled(scene: Scene, event: ev.Recalled) -> Iterator[Row]:
    for id in event.ids:
        yield event.npc, id


_OF_TALKS = (
    "terms", "moves", "gains", "joint_gain", "best_joint_gain", "nash", "best_nash", "pareto",
    "zone", "threats", "votes",
)  # fmt: skip


def scene(scene: Scene, event: ev.SceneEnded) -> Iterator[Row]:
    yield (
        event.scene,
        event.who,
        event.since,
        event.outcome,
        *(event.told.get(n) for n in _OF_TALKS),
    )
