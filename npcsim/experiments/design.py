"""A design as written: one scenario, what is changed in it, and how often it is lived."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from npcsim.errors import Mistake, ScenarioError
from npcsim.scenario.load import read_tree
from npcsim.scenario.source import Sources
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import Money

MOST_SEEDS = 100_000
_RANGE = re.compile(r"\s*(\d+)\s*\.\.\s*(\d+)\s*")
Scalar = bool | int | float | str


def parse_seeds(value: Any) -> Any:
    """Seeds as written -> a list: `30` is 1 to 30, `5..9` is what it says, a list is itself."""
    if isinstance(value, bool) or (isinstance(value, int) and value < 1):
        raise ValueError("expected how many seeds (30), a range (5..9) or a list ([1, 2, 7])")
    if isinstance(value, int):
        first, last = 1, value
    elif isinstance(value, str):
        match = _RANGE.fullmatch(value)
        if match is None or int(match[1]) > int(match[2]):
            raise ValueError("expected how many seeds (30), a range (5..9) or a list ([1, 2, 7])")
        first, last = int(match[1]), int(match[2])
    else:
        return value
    if last - first >= MOST_SEEDS:
        raise ValueError(f"at most {MOST_SEEDS} seeds")
    return list(range(first, last + 1))


Seeds = Annotated[list[Annotated[int, Field(ge=0, le=2**63 - 1)]], BeforeValidator(parse_seeds)]


class Part(BaseModel):
    """A piece of a design: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FactorPart(Part):
    """What is varied: a value of the scenario, or named levels that change several.

    `set` names one or more values of the scenario as `--set` does; `values` are what they become,
    or `between` a range that a sampled design draws from. `levels` gives each level a name and
    what it changes.
    """

    sets: str | list[str] = Field(default_factory=list, alias="set")
    values: list[Scalar] | None = None
    between: tuple[float, float] | None = None
    levels: dict[str, dict[str, Any]] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> FactorPart:
        ways = [name for name in ("values", "between", "levels") if getattr(self, name) is not None]
        if len(ways) != 1:
            raise ValueError("a factor has one of `values`, `between` and `levels`")
        if self.levels is None and not self.sets:
            raise ValueError(f"`{ways[0]}` needs `set`: which value of the scenario they are for")
        if self.levels is not None and self.sets:
            raise ValueError("`levels` say themselves what they set")
        if not (self.values or self.between or self.levels):
            raise ValueError(f"`{ways[0]}` is empty")
        if self.between is not None and not self.between[0] < self.between[1]:
            raise ValueError("`between` is [low, high]")
        labels = [label_of(value) for value in self.values or ()]
        if len(set(labels)) < len(labels):
            raise ValueError("`values` has one twice")
        return self

    @property
    def paths(self) -> list[str]:
        """The values of the scenario that are set."""
        return [self.sets] if isinstance(self.sets, str) else self.sets


class SettledPart(Part):
    """When a comparison is settled: its interval excludes 0, or is narrower than `within`.

    The interval holds at every number of pairs at once (see `settling`), so that looking after
    each run costs nothing. `seeds` are then the most that are lived.
    """

    measure: str
    factor: str
    within: Annotated[float, Field(gt=0)] | None = None
    least: Annotated[int, Field(ge=3)] = 6


class StopPart(Part):
    """When a sweep ends early: after so many failed runs or real hours, or when it is settled."""

    failures: Annotated[int, Field(ge=1)] | None = None
    hours: Annotated[float, Field(gt=0)] | None = None
    settled: SettledPart | None = None


class Design(Part):
    """A whole design. See docs/howto/run_a_sweep.md."""

    scenario: str
    ticks: Annotated[int, Field(ge=1)] | None = None
    models: bool = True
    sets: dict[str, Any] = Field(default_factory=dict, alias="set")
    factors: dict[str, FactorPart] = Field(default_factory=dict)
    cells: list[dict[str, Scalar]] | None = None
    sample: Annotated[int, Field(ge=1)] | None = None
    seeds: Seeds = Field(default_factory=lambda: [1])
    mind_seeds: Seeds | None = None
    measures: str | None = None
    survey: str | None = None
    outcomes: list[str] = Field(default_factory=list)
    budget: Money | None = None
    stop: StopPart = StopPart()

    @model_validator(mode="after")
    def _whole(self) -> Design:
        if self.cells is not None and self.sample is not None:
            raise ValueError("a design has `cells` or `sample`, not both")
        for name, factor in self.factors.items():
            if factor.between is not None and self.sample is None:
                raise ValueError(f"{name} is `between` two numbers: say `sample: 20`, how many")
        for cell in self.cells or ():
            for name in cell:
                if name not in self.factors:
                    hint = nearest(name, self.factors) or ""
                    raise ValueError(f"`cells` names {name!r}, which is no factor. {hint}".strip())
        settled = self.stop.settled
        if settled is not None and settled.factor not in self.factors:
            hint = nearest(settled.factor, self.factors) or ""
            what = f"`settled` names {settled.factor!r}, which is no factor. {hint}"
            raise ValueError(what.strip())
        for seeds in (self.seeds, self.mind_seeds or [0]):
            if not seeds or len(set(seeds)) < len(seeds):
                raise ValueError("seeds are different numbers, at least one")
        return self


def label_of(value: Scalar) -> str:
    """How a level is called in tables: `0.9`, `on`."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def read_design(path: Path) -> Design:
    """Read a design. Raises ScenarioError with every mistake at its file, line and column."""
    root, trouble = read_tree(path)
    if root is None:
        raise ScenarioError(trouble)
    sources = Sources(root)
    try:
        design = Design.model_validate(root.plain())
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False):
            trouble.append(_mistake(sources, list(one["loc"]), one["type"], one["msg"]))
    if trouble:
        raise ScenarioError(trouble)
    return design


def mistaken(file: Path, loc: list[Any], message: str, hint: str = "") -> ScenarioError:
    """A mistake that only shows later, told where the design has it."""
    root, trouble = read_tree(file)
    if root is None:
        return ScenarioError(trouble)
    return ScenarioError([Sources(root).mistake(loc, message, hint)])


def _mistake(sources: Sources, loc: list[Any], kind: str, message: str) -> Mistake:
    if kind == "extra_forbidden":
        known: type[Part] = FactorPart if loc[0] == "factors" else Design
        names = [field.alias or name for name, field in known.model_fields.items()]
        hint = nearest(str(loc[-1]), names) or ""
        return Mistake(*sources.mark(loc, key=True), f"unknown key '{loc[-1]}'", hint)
    if kind == "missing":
        return Mistake(*sources.mark(loc[:-1]), f"'{loc[-1]}' is missing", "")
    return Mistake(*sources.mark(loc), message.removeprefix("Value error, "), "")
