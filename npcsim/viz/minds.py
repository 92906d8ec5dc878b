"""Folding of what minds do and say: thoughts, decisions, words, memories, things that change hands.

Each function takes the scene and one event, and is found through `FOLDS`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from npcsim import events as ev
from npcsim.viz.people import (
    KEPT_DECISIONS,
    KEPT_MEMORIES,
    Cue,
    Decision,
    LogLine,
    Memory,
    Person,
    Speech,
    Thinking,
    TierCount,
    Waiting,
)

READING_SPEED = 30  # characters of speech that one further tick of showing is given for
KEPT_CUES = 60
KEPT_LINES = 400


class Minds:
    """The part of a scene that is not numbers: people by id, names, counts by tier, the log.

    `speech_ticks` is how many ticks a speech bubble stays, long words a little longer. `ties` are
    strengths by (who, to whom, which tie), as far as events have told of them. `waits` is what
    waits for leave, by NPC.
    """

    speech_ticks: int = 6

    def __init__(self) -> None:
        self.tick = 0
        self.people: list[Person] = []
        self.by_id: dict[str, Person] = {}
        self.names: dict[str, str] = {}
        self.tiers: dict[str, TierCount] = {}
        self.ties: dict[tuple[str, str, str], float] = {}
        self.waits: dict[str, Waiting] = {}
        self.cues: deque[Cue] = deque(maxlen=KEPT_CUES)
        self.log: deque[LogLine] = deque(maxlen=KEPT_LINES)

    def name_of(self, thing: str) -> str:
        """What people call an NPC, a place or a spot; other ids as they are."""
        return self.names.get(thing, thing)

    def say(self, sort: str, text: str, row: int = -1) -> None:
        """Add a readable line to the log."""
        self.log.append(LogLine(self.tick, sort, text, row))

    def cue(self, row: int, kind: str, text: str) -> None:
        """Add a change that is shown over a head for a moment."""
        self.cues.append(Cue(self.tick, row, kind, text))

    def tier(self, name: str) -> TierCount:
        """The counters of a tier."""
        return self.tiers.setdefault(name or "reflex", TierCount())


def signalled(scene: Minds, event: ev.Signalled) -> None:
    person = scene.by_id.get(event.source)
    row = -1 if person is None else person.row
    who = scene.name_of(event.source) if event.source else "somebody"
    if event.about != "speech":
        tail = f": {event.content}" if event.content else ""
        scene.say("signal", f"{who}, {event.about}{tail}", row)
        return
    to = f" to {scene.name_of(event.to)}" if event.to else ""
    scene.say("speech", f"{who}{to}: “{event.content}”", row)
    if person is not None:
        hold = scene.speech_ticks + len(event.content) // READING_SPEED
        person.speech = Speech(event.content, event.to, event.tick, event.tick + hold)


def asked(scene: Minds, event: ev.Asked) -> None:
    scene.tier(event.tier).asked += 1
    person = scene.by_id.get(event.npc)
    if person is not None:
        # What has landed and was not decided on went up to a dearer tier: to this one.
        for gone in person.thinking.keys() & person.landings.keys():
            del person.thinking[gone], person.landings[gone]
        person.thinking[event.thought] = Thinking(
            event.thought,
            event.purpose,
            event.why,
            event.tier,
            event.reason,
            event.tick,
            event.lands,
        )


def landed(scene: Minds, event: ev.Landed) -> None:
    count = scene.tier(event.tier)
    count.landed += 1
    count.late += event.late
    count.failed += event.answer is None and not event.cancelled
    count.cost += event.cost_usd
    person = scene.by_id.get(event.npc)
    if person is None:
        return
    person.landings[event.thought] = (event.model, event.error, event.late)
    if event.cancelled:
        scene.say("failed", f"{person.name} gave up a thought: {event.error}", person.row)
    elif event.error:
        scene.say("failed", f"{person.name}'s thought failed: {event.error}", person.row)


def decided(scene: Minds, event: ev.Decided) -> None:
    person = scene.by_id.get(event.npc)
    scene.tier(event.tier).fallback += event.fallback
    if person is None:
        return
    thought = person.thinking.pop(event.thought, None)
    model, error, late = person.landings.pop(event.thought, ("", "", False))
    decision = Decision(
        thought=event.thought,
        tick=event.tick,
        asked=thought.tick if thought else event.tick,
        purpose=event.purpose,
        why=thought.why if thought else "",
        tier=event.tier,
        router=thought.reason if thought else "",
        model=model,
        options=event.options,
        utilities=event.utilities,
        probabilities=event.probabilities,
        blended=event.blended,
        pick=event.pick,
        text=event.text,
        fallback=event.fallback,
        late=late,
        error=error,
        reason=event.reason,
    )
    person.decisions = [*person.decisions[1 - KEPT_DECISIONS :], decision]
    if event.purpose != "speak":  # words are told when they are said
        scene.say("decided", _decision_line(person, decision), person.row)


def _decision_line(person: Person, decision: Decision) -> str:
    what = decision.text
    if not what and 0 <= decision.pick < len(decision.options):
        what = decision.options[decision.pick]
    flag = ", fallback" if decision.fallback else ""
    verb = "concluded" if decision.purpose in ("reflect", "conclude") else "chose"
    return f"{person.name} {verb}: {what or 'nothing'} ({decision.tier}{flag})"


def remembered(scene: Minds, event: ev.Remembered) -> None:
    person = scene.by_id.get(event.npc)
    if person is not None:
        who = " ".join(scene.name_of(one) for one in event.people)
        line = Memory(
            event.tick, event.sort, event.text, event.id, event.importance, who, event.source,
            event.hop,
        )  # fmt: skip
        person.memories = [*person.memories[1 - KEPT_MEMORIES :], line]


def weighed(scene: Minds, event: ev.Weighed) -> None:
    person = scene.by_id.get(event.npc)
    if person is not None:
        known = dict(zip(event.ids, event.importance, strict=True))
        person.memories = [
            replace(line, importance=known[line.id]) if line.id in known else line
            for line in person.memories
        ]


def forgot(scene: Minds, event: ev.Forgot) -> None:
    person = scene.by_id.get(event.npc)
    if person is None:
        return
    gone = set(event.ids)
    lost = [line for line in person.memories if line.id in gone]
    person.memories = [line for line in person.memories if line.id not in gone]
    if event.into and lost:
        whole = replace(
            lost[-1], id=event.into, text=event.text, importance=max(one.importance for one in lost)
        )
        person.memories = sorted([*person.memories, whole], key=lambda line: (line.tick, line.id))


def tied(scene: Minds, event: ev.Tied) -> None:
    for who, to, tie, value in event.ties:
        scene.ties[who, to, tie] = value


def fell(scene: Minds, event: ev.Fell) -> None:
    person = scene.by_id.get(event.npc)
    by = f" by {scene.name_of(event.by)}" if event.by else ""
    if person is not None:
        person.fallen = True
        scene.waits.pop(event.npc, None)
        person.acts.clear()
        person.thinking.clear()
    row = -1 if person is None else person.row
    scene.say("fell", f"{scene.name_of(event.npc)} fell{by} ({event.cause})", row)


def applied(scene: Minds, event: ev.Applied) -> None:
    for effect in event.effects:
        kind = effect.get("kind")
        if kind == "create":
            _carry(scene, effect.get("holder"), effect, 1)
        elif kind == "consume":
            _carry(scene, effect.get("holder"), effect, -1)
        elif kind == "transfer":
            _carry(scene, effect.get("giver"), effect, -1)
            _carry(scene, effect.get("taker"), effect, 1)


def _carry(scene: Minds, holder: Any, effect: dict[str, Any], sign: int) -> None:
    person = scene.by_id.get(str(holder))
    if person is None:
        return
    item = str(effect.get("item"))
    change = sign * int(effect.get("count", 1))
    scene.cue(person.row, "got" if change > 0 else "gave", f"{change:+} {item.replace('_', ' ')}")
    left = person.items.get(item, 0) + change
    if left > 0:
        person.items[item] = left
    else:
        person.items.pop(item, None)


def rejected(scene: Minds, event: ev.Rejected) -> None:
    person = scene.by_id.get(event.actor)
    row = -1 if person is None else person.row
    scene.say("refused", f"{scene.name_of(event.actor)} can't: {event.reason}", row)


def tier_changed(scene: Minds, event: ev.TierChanged) -> None:
    scene.tier(event.tier).healthy = event.healthy
    now = "is back" if event.healthy else "is out"
    why = f": {event.reason}" if event.reason else ""
    scene.say("tier", f"tier {event.tier} {now}{why}")


def approval_asked(scene: Minds, event: ev.ApprovalAsked) -> None:
    person = scene.by_id.get(event.npc)
    text = f"{scene.name_of(event.npc)} asks leave to {event.text}"
    scene.say("approval", text, -1 if person is None else person.row)
    last = person.decision if person is not None else None
    goal = person.goal if person is not None and not event.alternatives else ""
    others = event.alternatives
    if last is not None and not others:  # a step of a plan: what else was thought of then
        others = tuple(one for at, one in enumerate(last.options) if at != last.pick)
    scene.waits[event.npc] = Waiting(
        event.npc, event.tool, event.text, others, event.tick, event.due, event.otherwise,
        last.thought if last is not None else "", last.why if last is not None else "", goal,
    )  # fmt: skip


def approval_ended(scene: Minds, event: ev.ApprovalEnded) -> None:
    person = scene.by_id.get(event.npc)
    text = f"{event.verdict} by {event.by}: {scene.name_of(event.npc)}, {event.text}"
    scene.say("approval", text, -1 if person is None else person.row)
    scene.waits.pop(event.npc, None)


def broke(scene: Minds, event: ev.Broke) -> None:
    person = scene.by_id.get(event.by)
    text = f"{scene.name_of(event.by)} breaks a {event.kind.replace('_', ' ')}"
    scene.say("broke", text, -1 if person is None else person.row)


def tools_changed(scene: Minds, event: ev.ToolsChanged) -> None:
    parts = (("new", event.added), ("gone", event.removed), ("changed", event.changed))
    told = "; ".join(f"{word}: {', '.join(names)}" for word, names in parts if names)
    scene.say("tools", f"tools from {event.file}: {told or 'none differs'}")


def scenario_changed(scene: Minds, event: ev.ScenarioChanged) -> None:
    scene.say("given", f"the scenario is changed: {', '.join(event.changes) or 'other models'}")


def scene_began(scene: Minds, event: ev.SceneBegan) -> None:
    names = ", ".join(scene.name_of(npc) for npc in event.who)
    scene.say("scene", f"{event.scene} begins: {names}")


def scene_ended(scene: Minds, event: ev.SceneEnded) -> None:
    scene.say("scene", f"{event.scene} ends: {event.outcome}")


def promised(scene: Minds, event: ev.Promised | ev.PromiseKept | ev.PromiseBroken) -> None:
    words = {ev.Promised: "promises", ev.PromiseKept: "keeps the promise to"}
    does = words.get(type(event), "breaks the promise to")
    person = scene.by_id.get(event.npc)
    text = f"{scene.name_of(event.npc)} {does} {scene.name_of(event.to)}: {event.what}"
    scene.say("promise", text, -1 if person is None else person.row)


def given(scene: Minds, event: ev.Given) -> None:
    if "tools" in event.entry or "change" in event.entry:
        return  # what became of it is told as it takes effect
    what = ", ".join(
        f"{key} {value!s:.80}" for key, value in event.entry.items() if key != "source"
    )
    scene.say("given", f"from {event.source}: {what}")


FOLDS: dict[type[Any], Callable[[Any, Any], None]] = {
    ev.Asked: asked,
    ev.Landed: landed,
    ev.Decided: decided,
    ev.Remembered: remembered,
    ev.Weighed: weighed,
    ev.Forgot: forgot,
    ev.Tied: tied,
    ev.Applied: applied,
    ev.Rejected: rejected,
    ev.TierChanged: tier_changed,
    ev.ApprovalAsked: approval_asked,
    ev.ApprovalEnded: approval_ended,
    ev.Broke: broke,
    ev.SceneBegan: scene_began,
    ev.SceneEnded: scene_ended,
    ev.Promised: promised,
    ev.PromiseKept: promised,
    ev.PromiseBroken: promised,
    ev.Given: given,
    ev.ToolsChanged: tools_changed,
}
