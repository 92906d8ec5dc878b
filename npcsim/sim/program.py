"""What a simulation runs on besides its world: machines, tools, minds' lore, routing rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from npcsim.events import ScenarioChanged
from npcsim.models.router import Rules
from npcsim.models.tiers import Tier
from npcsim.npc.npc import Lore
from npcsim.reflex.fsm import Machine
from npcsim.reflex.guards import Guard
from npcsim.reflex.senses import Rows
from npcsim.sim.attention import Levels
from npcsim.sim.feelings import Feelings
from npcsim.tools.scene import Scene
from npcsim.tools.tool import Tool
from npcsim.world.commit import Bundle
from npcsim.world.state import World


@dataclass(frozen=True, slots=True)
class Happening:
    """Something the scenario lets happen: at `tick`, or when `guard` comes to hold."""

    name: str
    tick: int
    guard: Guard | None
    once: bool
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reaction:
    """`sense`: to (meant for me), hurt, seen or heard. `adds`: attribute -> amount for each."""

    sense: str
    about: str
    rows: Rows
    adds: tuple[tuple[str, Guard], ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """`fold` (mean, sum, min, max, count) of `value` over each group.

    A series of numbers, one every `every` ticks; with 0, one number as the run ends.
    """

    name: str
    every: int
    fold: str
    value: Guard
    groups: tuple[tuple[str, Rows], ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """End when `guard` has held for `ticks`."""

    guard: Guard
    ticks: int
    text: str


@dataclass(frozen=True, slots=True)
class Staged:
    """A scene that may begin: when `when` holds for each of `rows`; it lasts at most `ticks`."""

    name: str
    scene: Scene
    who: tuple[str, ...]
    rows: Rows
    when: Guard | None
    ticks: int
    again: bool


@dataclass(frozen=True, slots=True)
class Program:
    """Fixed for a run, its tools apart: an input may change them."""

    machines: tuple[Machine, ...]
    tools: Mapping[str, Tool]
    lore: Lore
    routing: Rules
    tiers: tuple[Tier, ...]
    """Those of this run, the cheapest first; none where models are off."""
    happenings: tuple[Happening, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    measures: tuple[Measure, ...] = ()
    stop: Stop | None = None
    scenes: tuple[Staged, ...] = ()
    snapshot_every: int = 0
    """Ticks between two snapshots; 0 has them by cost, see `sim.spacing`."""
    files: tuple[tuple[str, str], ...] = ()
    """The names and texts of the files of tools, the nearest to the scenario last."""
    retool: Callable[[Program, str, str], Retooled] | None = None
    """(program, file name, text) -> the program with that file's text. Raises ScenarioError."""
    remake: Callable[[World, Program, Mapping[str, Any]], Remade] | None = None
    """(world, program, input) -> both as an input that changes the scenario makes them.

    Raises ScenarioError."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Tiers that can't be had in this run, each with why."""
    down: Mapping[str, str] = field(default_factory=dict)
    """Tiers whose server could not be asked as the run began, each with why."""
    attention: Levels = field(default_factory=Levels)
    """How much is thought where players look, and elsewhere."""
    about: str = ""
    """The world in some sentences, for models that are shown all of it."""
    importance_by: str = ""
    summaries_by: str = ""
    """The tiers that rate memories and word summaries; empty: rules do."""
    feelings: Feelings | None = None
    """What moves moods and ties; None where nothing does by rules."""


@dataclass(frozen=True, slots=True)
class Retooled:
    """A program with other tools, and which names are new, gone, or mean something else."""

    program: Program
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remade:
    """A world and a program after the scenario was changed, and what that wants of the tick."""

    world: World
    program: Program
    bundles: tuple[Bundle, ...]
    told: ScenarioChanged
