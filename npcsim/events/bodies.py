"""What happens to bodies and things: motion, states, gauges, signals, acts and their effects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from npcsim.events.arrays import Array
from npcsim.speech import SpeechAct


@dataclass(frozen=True, slots=True)
class Moved:
    """New positions, in 1/1024 of a tile (int32). `who`: serials (uint32)."""

    tick: int
    who: Array
    x: Array
    y: Array


@dataclass(frozen=True, slots=True)
class StateChanged:
    """State-machine transitions. `new`: state numbers (uint8) of the NPC's own machine."""

    tick: int
    who: Array
    new: Array
    transition: Array


@dataclass(frozen=True, slots=True)
class Drifted:
    """Every gauge of everybody alive moved by its rate for so many simulated seconds, clipped."""

    tick: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Changed:
    """New values (float64) of one attribute. `by`: serials of who caused it, or empty.

    Several may have added to one value in a tick: `by` is who added most, ties drawn by dice.
    """

    tick: int
    attribute: str
    cause: str
    who: Array
    value: Array
    by: Array


@dataclass(frozen=True, slots=True)
class Felt:
    """What happened moved moods: how much (float64) was added to valence and arousal, and whose.

    `who` and `by` (who did it) are serials; 4294967295 is nobody in particular. `cause` is what
    happened and in which role. The moods themselves are attributes: `Changed` tells their values.
    """

    tick: int
    cause: str
    who: Array
    by: Array
    valence: Array
    arousal: Array


@dataclass(frozen=True, slots=True)
class Tied:
    """Ties are now so strong: (who, to whom, which tie, its value)."""

    tick: int
    ties: tuple[tuple[str, str, str, float], ...]


@dataclass(frozen=True, slots=True)
class SignalledMany:
    """Many NPCs gave the same kind of signal."""

    tick: int
    about: str
    loudness: float
    who: Array


@dataclass(frozen=True, slots=True)
class Signalled:
    """One signal. For `about == "speech"`, `content` is the words and `to` the one spoken to.

    `act` is what is done by saying it; of a `fact` that is told, the speaker has it at `hop` (0:
    was there), is so `sure` of it, and has it from `origin` in the end. Logs of older versions
    have none of these.
    """

    tick: int
    about: str
    source: str
    x: float
    y: float
    place: str
    loudness: float
    content: str
    to: str
    act: SpeechAct | None = None
    fact: str = ""
    hop: int = 0
    sure: float = 1.0
    origin: str = ""


@dataclass(frozen=True, slots=True)
class ActStarted:
    """A tool call began. `due` is its tick, or -1 when it ends on arrival or from outside."""

    tick: int
    npc: str
    act: int
    tool: str
    args: dict[str, Any]
    text: str
    due: int
    by: str


@dataclass(frozen=True, slots=True)
class ActEnded:
    """A tool call ended: `how` is done, refused, interrupted or failed."""

    tick: int
    npc: str
    act: int
    tool: str
    how: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A bundle of single effects changed the world."""

    tick: int
    actor: str
    tool: str
    effects: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A bundle was not legal when its turn came. The actor perceives the reason.

    `broke`: where a tool that broke did so, such as `tools.py:18`; empty where it only refused. It
    is for people: a replay, whose files may lie elsewhere, does not compare it.
    """

    tick: int
    actor: str
    tool: str
    reason: str
    effects: tuple[dict[str, Any], ...]
    broke: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Fell:
    """An NPC's health reached its floor. `by` struck hardest in that tick, ties drawn by dice.

    `how` by the scenario's rules: dead, or knocked out; empty in logs from before it was kept.
    """

    tick: int
    npc: str
    by: str
    cause: str
    how: str = ""


@dataclass(frozen=True, slots=True)
class Rose:
    """An NPC that was down is up again."""

    tick: int
    npc: str


@dataclass(frozen=True, slots=True)
class Broke:
    """A thing was broken. Of its `price` in coins, who broke it `paid` so much at once."""

    tick: int
    spot: str
    kind: str
    by: str
    price: int
    paid: int
