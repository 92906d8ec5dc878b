"""From a design to the runs that it asks for."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npcsim.assembly.build import Built, read
from npcsim.assembly.code.finding import find_scenario, scenario_folders
from npcsim.errors import NpcsimError, ScenarioError
from npcsim.experiments.design import Design, FactorPart, label_of, mistaken
from npcsim.scenario.reading.combine import TYPED
from npcsim.scenario.spelling import nearest
from npcsim.world import dice

Level = tuple[str, Mapping[str, Any]]
"""How a level is called, and what it sets in the scenario."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One run of a design. `id` names what it is made of, so it is the same in every sweep of it.

    cell: level by factor. pair: runs of one pair differ in their cell alone.
    """

    id: str
    cell: Mapping[str, str]
    seed: int
    mind_seed: int | None
    overrides: tuple[str, ...]

    @property
    def pair(self) -> tuple[int, int]:
        """World and mind seed."""
        return (self.seed, self.seed if self.mind_seed is None else self.mind_seed)


@dataclass(frozen=True, slots=True)
class Plan:
    """All runs of a design, cell by cell within a seed: what stops early has whole pairs."""

    design: Design
    scenario: Path
    runs: tuple[Planned, ...]

    @property
    def cells(self) -> list[Mapping[str, str]]:
        """Every cell once, in order."""
        return list({json.dumps(run.cell): run.cell for run in self.runs}.values())


def plan(design: Design, folder: Path, file: Path | None = None) -> Plan:
    """The runs of a design that lies in `folder`. Every level is tried on the scenario first.

    file: the design's own, so that what is wrong with a level is told where it stands in it.
    Raises ScenarioError where the scenario, or a level of a factor, can't be read, or a cell names
    a level that there is not; NpcsimError where two factors set the same, or the scenario has no
    end.
    """
    scenario = scenario_of(design, folder)
    levels = {
        name: levels_of(name, factor, design.sample) for name, factor in design.factors.items()
    }
    always = overrides_of(design.sets)
    base = _tried(scenario, always, file, ["set"])
    if design.ticks is None and not base.world.setting.end_tick and base.program.stop is None:
        raise NpcsimError(f"{scenario.name} has no end: say `ticks:` in the design")
    for name, found in levels.items():
        for label, sets in found if design.sample is None else found[:1]:
            loc = ["factors", name, "levels", label]
            _tried(scenario, [*always, *overrides_of(sets)], file, loc)
    made_of = base.recipe.fingerprint
    runs = []
    minds: list[int | None] = [None]
    if design.mind_seeds is not None:
        minds = [*design.mind_seeds]
    for seed, mind_seed in itertools.product(design.seeds, minds):
        for cell in cells_of(design, levels, file):
            sets = {path: value for _, level in cell.values() for path, value in level.items()}
            if len(sets) < sum(len(level) for _, level in cell.values()):
                raise NpcsimError(_twice(cell))
            names = {name: label for name, (label, _) in cell.items()}
            given = [*always, *overrides_of(sets), f"seed={seed}"]
            if mind_seed is not None:
                given.append(f"mind_seed={mind_seed}")
            key = json.dumps([made_of, given, design.ticks, design.models])
            id = hashlib.sha256(key.encode()).hexdigest()[:16]
            runs.append(Planned(id, names, seed, mind_seed, tuple(given)))
    return Plan(design, scenario, tuple(runs))


def _tried(scenario: Path, sets: list[str], file: Path | None, loc: list[str]) -> Built:
    try:
        return read(scenario, sets)
    except ScenarioError as error:
        typed = [one for one in error.mistakes if one.file == TYPED]
        if file is None or not typed:
            raise
        raise mistaken(file, loc, typed[0].message, typed[0].hint) from None


def _twice(cell: Mapping[str, Level]) -> str:
    """Which factors set the same value, so that one would undo the other."""
    by: dict[str, list[str]] = {}
    for name, (_, sets) in cell.items():
        for path in sets:
            by.setdefault(path, []).append(name)
    path, names = next((path, names) for path, names in by.items() if len(names) > 1)
    return f"the factors {' and '.join(names)} both set {path}: only one of them can"


def find_designs(name: str | Path) -> list[Path]:
    """A design's file as given; or all designs of a study, in order of their names.

    A study is a folder with a `design.yaml`, or several `design_PART.yaml`: as given, or one that
    ships, by its name. A file of such a folder goes by its name too: `STUDY/design_PART.yaml`.
    """
    path = Path(name)
    if path.is_file():
        return [path]
    for place in (path, *(folder / "studies" / path for folder in scenario_folders())):
        if place.is_file():
            return [place]
        found = sorted({*place.glob("design.yaml"), *place.glob("design_*.yaml")})
        if found:
            return found
    return [path]


def find_design(name: str | Path) -> Path:
    """The same where it must be one. Raises NpcsimError where the study has several."""
    found = find_designs(name)
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise NpcsimError(
            f"{name} has {len(found)} designs, {names}: say which, as "
            f"{Path(name) / found[0].name}, or live all of them with `npcsim study {name}`"
        )
    return found[0]


def part_of(design: Path) -> str:
    """Which design of its study it is: what follows `design_` in its file's name."""
    return design.stem.removeprefix("design_")


def name_of(design: Path) -> str:
    """What a sweep is called after its design: the file, or its folder where it is `design`."""
    return design.resolve().parent.name if design.stem == "design" else design.stem


def scenario_of(design: Design, folder: Path) -> Path:
    """The scenario's file: beside the design, or as `npcsim run` finds it. Raises ScenarioError."""
    for name in (design.scenario, f"{design.scenario}.yaml"):
        if (folder / name).is_file():
            return (folder / name).resolve()
    return find_scenario(design.scenario).resolve()


def overrides_of(sets: Mapping[str, Any]) -> list[str]:
    """As `--set` would have them."""
    return [f"{path}={json.dumps(value, ensure_ascii=False)}" for path, value in sets.items()]


def levels_of(name: str, factor: FactorPart, sample: int | None) -> list[Level]:
    """A factor's levels; of one that is `between`, a draw for each of the sampled cells.

    The draws are keyed by the factor's name and the cell's number alone, each in a stratum of its
    own (Latin hypercube sampling: McKay, Beckman and Conover 1979), so that few cells cover the
    range.
    """
    if factor.levels is not None:
        return [(label, sets) for label, sets in factor.levels.items()]
    if factor.values is not None:
        return [(label_of(one), dict.fromkeys(factor.paths, one)) for one in factor.values]
    assert factor.between is not None
    assert sample is not None
    low, high = factor.between
    found: list[Level] = []
    for number, stratum in enumerate(shuffled(sample, name)):
        share = (stratum + dice.roll("sweep", "within", name, number)) / sample
        value = round(low + (high - low) * share, 6)
        found.append((label_of(value), dict.fromkeys(factor.paths, value)))
    return found


def shuffled(count: int, name: str) -> list[int]:
    """0 to `count` - 1 in an order drawn by keyed dice."""
    return sorted(range(count), key=lambda one: dice.bits("sweep", "order", name, one))


def cells_of(
    design: Design, levels: Mapping[str, list[Level]], file: Path | None
) -> Iterator[Mapping[str, Level]]:
    """The cells: all combinations, those listed, or so many drawn. Raises as `plan`."""
    if design.cells is not None:
        for number, listed in enumerate(design.cells):
            cell = {}
            for name in listed:
                label = label_of(listed[name])
                there = {level[0]: level for level in levels[name]}
                if label not in there:
                    said = f"{name} has no level {label!r}; it has {', '.join(there)}"
                    hint = nearest(label, there) or ""
                    if file is None:
                        raise NpcsimError(f"`cells`: {said}")
                    raise mistaken(file, ["cells", number, name], said, hint)
                cell[name] = there[label]
            yield cell
    elif design.sample is not None:
        for number in range(design.sample):
            yield {
                name: found[number]
                if design.factors[name].between is not None
                else found[shuffled(design.sample, name)[number] % len(found)]
                for name, found in levels.items()
            }
    else:
        for combination in itertools.product(*levels.values()):
            yield dict(zip(levels, combination, strict=True))
