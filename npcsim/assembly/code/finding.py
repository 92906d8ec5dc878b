"""Finding a scenario by its bare name, from the command line and from Python alike."""

from __future__ import annotations

from pathlib import Path

from npcsim.errors import Mistake, ScenarioError
from npcsim.scenario.spelling import nearest

_PACKAGE = Path(__file__).parents[2]


def scenario_folders() -> tuple[Path, ...]:
    """Where scenarios are looked for: ./scenarios, and those that ship."""
    return (Path("scenarios"), _PACKAGE / "_data" / "scenarios", _PACKAGE.parent / "scenarios")


def find_scenario(name: str) -> Path:
    """A path as given, or a scenario by name: in ./scenarios, or among those that ship.

    Raises ScenarioError, with the nearest name, where a bare name is unknown.
    """
    path = Path(name)
    folders = scenario_folders()
    if path.exists() or (path.suffix in (".yaml", ".yml") and path.parent != Path(".")):
        return path
    for folder in folders:
        for candidate in (folder / name, folder / f"{name}.yaml"):
            if candidate.is_file():
                return candidate
    if path.suffix or path.parent != Path("."):
        return path
    known = sorted({file.stem for folder in folders for file in folder.glob("*.yaml")})
    hint = nearest(name, known) or f"those that ship are {', '.join(known)}"
    raise ScenarioError([Mistake(name, 1, 1, "there is no such file or scenario", hint)])
