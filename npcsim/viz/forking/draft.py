"""A fork as it is drafted: from which tick, with which changes; and the form that asks. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from npcsim.viz.forms import CHOICE, NUMBER, TEXT, Asked, Option
from npcsim.viz.people import Person
from npcsim.viz.scene import Scene

MEMORIES = 300  # that are offered, the newest first
SHORT = 60  # letters


class Valued(Protocol):
    """A value of the scenario, as `--set` names it, and what it is."""

    @property
    def path(self) -> str: ...

    @property
    def now(self) -> str: ...


@dataclass(slots=True)
class Draft:
    """`values` are as `--set` takes them, `inputs` as a simulation does; both come in with the tick
    after `tick`, the last one that is shared."""

    tick: int
    values: list[str] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)

    def lines(self, scene: Scene) -> list[str]:
        """The changes in words."""
        return [*self.values, *(said(entry, scene) for entry in self.inputs)]


def said(entry: Mapping[str, Any], scene: Scene) -> str:
    """An input in words: `Mara: hunger is 0.9`."""
    match entry:
        case {"set": npc, "attribute": name, "value": value}:
            return f"{scene.name_of(npc)}: {name} is {value:g}"
        case {"decide": npc, "option": option}:
            return f"{scene.name_of(npc)} decides: {option}"
        case {"approve": npc, "answer": answer}:
            return f"{scene.name_of(npc)} is answered: {answer}"
        case {"memory": npc, "id": _, "text": ""}:
            return f"{scene.name_of(npc)} forgets something"
        case {"memory": npc, "text": text}:
            return f"{scene.name_of(npc)} remembers: {text}"
    return json.dumps(dict(entry), ensure_ascii=False)


def fields(person: Person, scene: Scene, values: Sequence[Valued]) -> tuple[Asked, ...]:
    """What the form asks for an NPC; all of it may be left out."""
    decision = person.decision
    options = decision.options if decision is not None else ()
    picked = decision.pick if decision is not None else -1
    decides = [Option(o, o, "it chose this" if n == picked else "") for n, o in enumerate(options)]
    memories = [
        Option(str(one.id), one.text, scene.clock(one.tick))
        for one in person.memories[: -MEMORIES - 1 : -1]
    ]
    gauges = [
        Option(one.name, one.name, f"{scene.gauges[at, person.row]:.4g}")
        for at, one in enumerate(scene.started.gauges if scene.started is not None else ())
    ]
    settings = [Option(one.path, one.path, one.now) for one in values]
    return (
        _choice("decision", "Decides", decides, "an option in its words"),
        _choice("memory", "A memory", memories, "choose one, or type a new one"),
        Asked("words", TEXT, "which becomes", "nothing: it is forgotten", required=False),
        _choice("attribute", "A number of its own", gauges, free=False),
        Asked("value", NUMBER, "which becomes", required=False),
        _choice("setting", "In the scenario", settings, "any other can be typed: weather.rain"),
        Asked("to", TEXT, "which becomes", required=False),
    )


def _choice(
    name: str, title: str, options: Sequence[Option], about: str = "", free: bool = True
) -> Asked:
    return Asked(name, CHOICE, title, about, False, tuple(options), free=free)


def taken(person: Person, values: Mapping[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
    """The changes that a filled-in form makes. Raises ValueError for half of one."""
    settings, inputs = list[str](), list[dict[str, Any]]()
    if option := values.get("decision"):
        inputs.append({"decide": person.id, "option": option})
    if (memory := values.get("memory")) is not None:
        known = {str(one.id) for one in person.memories}
        words = str(values.get("words", ""))
        if memory in known:
            inputs.append({"memory": person.id, "id": int(memory), "text": words})
        else:
            inputs.append({"memory": person.id, "text": words or str(memory)})
    elif "words" in values:
        raise ValueError("which memory becomes that?")
    if ("attribute" in values) != ("value" in values):
        raise ValueError("say which number of its own, and what it becomes")
    if "attribute" in values:
        name = values["attribute"]
        inputs.append({"set": person.id, "attribute": name, "value": values["value"]})
    if ("setting" in values) != ("to" in values):
        raise ValueError("say which value of the scenario, and what it becomes")
    if "setting" in values:
        settings.append(f"{values['setting']}={values['to']}")
    return settings, inputs
