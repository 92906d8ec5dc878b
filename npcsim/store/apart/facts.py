"""What a tick tells of each NPC, in a form that two runs can be compared by.

Numbers that only count (of acts, of memories) and what a question cost are left out: they differ
everywhere once anything differs anywhere, and mean nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.store.apart.difference import Fact
from npcsim.store.concerning import texts_in

NOT_TOLD = frozenset(
    {"tick", "act", "key", "cost_usd", "late", "considered", "id", "ids", "evidence", "into",
     "thought", "lands", "due", "model"}
)  # fmt: skip
PASSED = (
    ev.RunStarted, ev.RunEnded, ev.Resumed, ev.TickEnded, ev.Drifted, ev.Measured, ev.Recalled,
    ev.Forgot, ev.Weighed, ev.Embedded, ev.SignalledMany,
)  # fmt: skip
LONGEST = 160


@dataclass(frozen=True, slots=True)
class Told:
    """One fact of one NPC: its kind, and fields by name."""

    kind: str
    fields: tuple[tuple[str, Any], ...]
    event: ev.Event


def told_of(events: Iterable[ev.Event], names: Mapping[int, str]) -> dict[str, list[Told]]:
    """The facts of a tick by NPC; those of nobody under an empty name. names: id of each serial."""
    found: dict[str, list[Told]] = {}
    for event in events:
        for npc, told in _split(event, names):
            found.setdefault(npc, []).append(told)
    return found


def _split(event: ev.Event, names: Mapping[int, str]) -> Iterator[tuple[str, Told]]:
    if isinstance(event, PASSED):
        return
    kind = type(event).__name__
    who = getattr(event, "who", None)
    if isinstance(who, np.ndarray):
        arrays = [f.name for f in fields(event) if isinstance(getattr(event, f.name), np.ndarray)]
        plain = [(f.name, getattr(event, f.name)) for f in fields(event)
                 if f.name not in arrays and f.name not in NOT_TOLD]  # fmt: skip
        for at, serial in enumerate(who.tolist()):
            own = [(name, _cell(event, name, at, names)) for name in arrays if name != "who"]
            yield names.get(serial, str(serial)), Told(kind, (*plain, *own), event)
        return
    if isinstance(event, ev.Tied):
        for one, to, tie, value in event.ties:
            yield one, Told(kind, (("to", to), (tie, value)), event)
        return
    values = tuple(
        (f.name, _plain(f.name, getattr(event, f.name)))
        for f in fields(event)
        if f.name not in NOT_TOLD and f.compare
    )
    for npc in _whose(event, frozenset(names.values())):
        yield npc, Told(kind, values, event)


def _cell(event: Any, name: str, at: int, names: Mapping[int, str]) -> Any:
    values = getattr(event, name)
    if at >= len(values):
        return None
    value = values[at].item()
    return names.get(value, "") if name == "by" else value


def _plain(name: str, value: Any) -> Any:
    if name == "answer" and isinstance(value, dict):
        return {key: part for key, part in value.items() if key not in ("usage", "looked")}
    return value


def _whose(event: Any, known: frozenset[str]) -> tuple[str, ...]:
    """Whose a fact is."""
    if isinstance(event, ev.Given):
        named = {one for text in texts_in(event.entry) for one in known
                 if text == one or text.startswith((f"{one}.", f"npcs.{one}."))}  # fmt: skip
        return tuple(sorted(named)) or ("",)
    if isinstance(event, ev.SceneBegan | ev.SceneEnded):
        return tuple(event.who)
    for name in ("npc", "actor", "source", "by"):
        value = getattr(event, name, "")
        if isinstance(value, str) and value in known:
            return (value,)
    return ("",)


def first_fact(tick: int, npc: str, a: list[Told], b: list[Told]) -> Fact | None:
    """The first fact in which two tellings of an NPC's tick differ."""
    for one, other in zip_longest(a, b):
        if one is not None and other is not None and one.kind == other.kind:
            for (name, left), (_, right) in zip(one.fields, other.fields, strict=False):
                if left != right:
                    return Fact(tick, npc, one.kind, name, short(left), short(right))
            if len(one.fields) == len(other.fields):
                continue
        only = one or other
        kind = only.kind if only is not None else ""
        return Fact(tick, npc, kind, "", _whole(one), _whole(other))
    return None


def _whole(told: Told | None) -> str:
    if told is None:
        return ""
    if isinstance(told.event, ev.Given):
        return f"{told.event.source} put in {short(put_in(told.event.entry))}"
    values = (f"{name} {short(value, 60)}" for name, value in told.fields if value not in ("", ()))
    return short(f"{told.kind}: {', '.join(values)}")


def put_in(entry: Mapping[str, Any]) -> str:
    """An input in words: `do Bran.shout(fire)`, `change npcs.Mara.goal=Rest`, a file of tools."""
    if "change" in entry:
        models = (f"{tier} to {model}" for tier, model in entry.get("models", {}).items())
        return f"change {', '.join(entry['change'] or models)}"
    if "tools" in entry:
        return f"tools of {entry.get('file', 'tools.py')}"
    return ", ".join(
        f"{name} {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}"
        for name, value in entry.items()
        if name != "source"
    )


def short(value: Any, most: int = LONGEST) -> str:
    """A value as a short text."""
    text = (
        value
        if isinstance(value, str)
        else f"{value:.6g}"
        if isinstance(value, float)
        else str(value)
    )
    return text if len(text) <= most else f"{text[: most - 3]}..."


def apart(a: list[Told], b: list[Told]) -> tuple[list[Told], list[Told]]:
    """What only one of two tellings has: of the first, of the second."""
    left = [one for one in a if not any(_same(one, other) for other in b)]
    right = [one for one in b if not any(_same(one, other) for other in a)]
    return left, right


def _same(one: Told, other: Told) -> bool:
    return one.kind == other.kind and one.fields == other.fields
