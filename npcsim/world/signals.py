"""Signals as they are put out: checked, told, and speech acts back from plain data."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from npcsim import events as ev
from npcsim.effects import Signal, shown
from npcsim.speech import ASSERTING, KINDS, ORIGINS, References, SpeechAct
from npcsim.world import rules
from npcsim.world.rows import Heard
from npcsim.world.state import World

LONGEST = 500
"""Of longer words only the beginning is said."""


def heard(world: World, effect: Signal) -> Heard:
    """A signal as it stands in the world for the next tick. Raises `Illegal`."""
    loudness = rules.finite(effect.loudness, "loudness")
    about, content = rules.words(effect.about, "a signal"), rules.words(effect.content, "content")
    to = rules.words(effect.to or "", "whom a signal is for")
    columns = world.columns
    row = world.setting.serial_of.get(effect.source)
    if row is not None:
        number = int(columns["place"][row])
        place = list(world.setting.places)[number] if number >= 0 else ""
        x, y = float(columns["x"][row]), float(columns["y"][row])
    else:
        spot, mark = world.spots.get(effect.source), world.setting.places.get(effect.source)
        if spot is not None:
            x, y, place = spot.x, spot.y, spot.place
        elif mark is not None:
            x, y, place = mark.x, mark.y, mark.id
        else:
            raise rules.Illegal(f"a signal can't come from {effect.source!r}")
    return Heard(
        about, effect.source, x, y, place, loudness, content, to,
        rules.words(effect.fact, "a fact"), rules.whole(effect.hop, "a hop"),
        rules.finite(effect.sure, "how sure one is"), rules.words(effect.origin or "", "a source"),
        _act(world, effect),
    )  # fmt: skip


def told(tick: int, heard: Heard) -> ev.Signalled:
    """A signal as the event that tells of it."""
    return ev.Signalled(
        tick, heard.about, heard.source, heard.x, heard.y, heard.place, heard.loudness,
        heard.content, heard.to, heard.act, heard.fact, heard.hop, heard.sure, heard.origin,
    )  # fmt: skip


def _act(world: World, signal: Signal) -> SpeechAct | None:
    """The act of a signal, as it can be kept. Raises `Illegal` for what is none."""
    act: Any = signal.act  # of a tool's author: anything
    if act is None:
        return None
    if not isinstance(act, SpeechAct) or type(act.about) is not References:
        raise rules.Illegal(f"a speech act is a SpeechAct, not {shown(act)}")
    if act.kind not in KINDS:
        raise rules.Illegal(
            f"there is no speech act {shown(act.kind)}: there are {', '.join(KINDS)}"
        )
    if act.by not in ORIGINS:
        raise rules.Illegal(f"words are from {', '.join(ORIGINS)}, not {shown(act.by)}")
    if act.lie and act.kind not in ASSERTING:
        raise rules.Illegal(f"only what is said to be so can be a lie, not to {act.kind}")
    rules.words(act.speaker, "who speaks")
    for one in act.to:
        if one not in world.setting.serial_of:
            raise rules.Illegal(f"there is nobody called {shown(one)} to speak to")
    _check(act.about)
    return replace(act, words=rules.words(act.words, "what is said")[:LONGEST])


def _check(about: References) -> None:
    for part in ("fact", "person", "place", "item", "want"):
        rules.words(getattr(about, part), f"the {part} of a speech act")
    for part in ("memory", "amount", "want_amount", "due"):
        rules.whole(getattr(about, part), f"the {part.replace('_', ' ')} of a speech act")
    for issue, value in about.terms:
        rules.words(issue, "an issue")
        if isinstance(value, str):
            rules.words(value, f"what is said of {issue}")
        else:
            rules.finite(value, f"what is said of {issue}")


def act_from(values: Any) -> SpeechAct | None:
    """Inverse of `table.plain` for a speech act; None stays None."""
    if values is None:
        return None
    kind, speaker, to, about, *rest = values
    parts = dict(zip((f.name for f in fields(References)), about, strict=False))
    parts["terms"] = tuple((issue, value) for issue, value in parts.get("terms", ()))
    return SpeechAct(kind, speaker, tuple(to), References(**parts), *rest)
