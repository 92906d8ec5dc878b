"""How a run goes: what came in from outside, what was measured, how a tick and the run ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from npcsim.events.start import Gauge


@dataclass(frozen=True, slots=True)
class Measured:
    """One number of a scenario's `measure:` series. `group` is an archetype, or "all"."""

    tick: int
    name: str
    group: str
    value: float


@dataclass(frozen=True, slots=True)
class Given:
    """An input: something a player, an engine or a script put in. `entry` is its plain data."""

    tick: int
    source: str
    entry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolsChanged:
    """Other tools were taken up: the names that are new, gone, or mean something else.

    Follows the input that held the text of `file`.
    """

    tick: int
    file: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScenarioChanged:
    """The scenario is another from this tick on, as a fork's may be: `changes` are `key=value`.

    `gauges`: the numeric attributes as they are now. Follows the input that held the changes.
    """

    tick: int
    changes: tuple[str, ...]
    gauges: tuple[Gauge, ...]


@dataclass(frozen=True, slots=True)
class Resumed:
    """An input: a run that had stopped goes on with this tick, up to `end_tick` (0: no end).

    `why` it had stopped: "cut off" where nobody ended it in good order, else `RunEnded.reason`.
    `again`: the thoughts that were under way and are asked once more.
    """

    tick: int
    end_tick: int
    why: str
    again: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TickEnded:
    """The tick is committed; `hash` is the world's state hash (hex)."""

    tick: int
    hash: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The last fact of a run, unless it is resumed.

    `reason`: end, stopped, interrupted or an error's text.
    """

    tick: int
    reason: str
    hash: str
