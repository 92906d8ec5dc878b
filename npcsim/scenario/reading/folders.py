"""Where worlds, maps and tools lie, and that none of them lies outside its own folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from npcsim.errors import Mistake
from npcsim.scenario.reading.combine import TYPED
from npcsim.scenario.source import Mark, Node, Sources
from npcsim.scenario.spelling import nearest

_MAPS = (".tmx", ".tmj", ".json")
_OUTSIDE = "copy it beside the file that names it, and name it by a relative path"


@dataclass(frozen=True, slots=True)
class Folders:
    """Where to look for worlds: beside the scenario, then in `search`."""

    scenario: Path
    search: tuple[Path, ...]

    def world(self, uses: Node, beside: Path, trouble: list[Mistake]) -> Path | None:
        """The folder of the world that `uses` names; None, with the mistake told, if none."""
        name = str(uses.value)
        if not name or any(letter in name for letter in "/\\\0:") or name.startswith("."):
            hint = "worlds are looked for in the folder 'worlds' beside the scenario"
            trouble.append(Mistake(*uses.mark, f"'{name}' is no name of a world", hint))
            return None
        places = [
            Path(os.path.normpath(folder))
            for folder in (
                beside / "worlds",
                beside / ".." / "worlds",
                beside,
                self.scenario / "worlds",
                self.scenario / ".." / "worlds",
                *self.search,
            )
        ]
        for place in places:
            if _is_file(place / name / "world.yaml"):
                return place / name
        known = {one.parent.name for place in places for one in _worlds_in(place)}
        hint = nearest(name, known)
        if not hint:
            looked = ", ".join(str(place) for place in dict.fromkeys(places))
            hint = f"no folder '{name}' with a world.yaml in {looked}"
        trouble.append(Mistake(*uses.mark, f"no world '{name}'", hint))
        return None

    def fragments(self, world: Path, uses: Node, trouble: list[Mistake]) -> list[Path]:
        """The files a world is made of."""
        files = [world / "world.yaml", world / "npcs.yaml"]
        there = [file for file in files if _is_file(file)]
        for file in there:
            if not _inside(world, file):
                message = f"{file} leads outside of the world's folder"
                trouble.append(Mistake(*uses.mark, message))
        return [file for file in there if _inside(world, file)]


def find_map(sources: Sources, scenario: Path, trouble: list[Mistake]) -> Path | None:
    """The file `map` names: beside the file that names it, or below."""
    node = sources.find(("map",))
    if node is None or not isinstance(node.value, str):
        return None
    name = node.value
    if "\n" in name:  # drawn in letters, not named
        return None
    folder = scenario if node.mark.file == TYPED else Path(node.mark.file).parent
    if name.startswith(("/", "\\", "~")) or name[1:2] == ":" or "\0" in name:
        trouble.append(Mistake(*node.mark, f"'{_short(name)}' lies outside the folder", _OUTSIDE))
        return None
    path = folder / name.replace("\\", "/")
    if not _inside(folder, path):
        trouble.append(Mistake(*node.mark, f"'{_short(name)}' lies outside the folder", _OUTSIDE))
        return None
    if not _is_file(path):
        known = [one.name for one in _listed(folder) if one.suffix in _MAPS]
        trouble.append(Mistake(*node.mark, f"no map '{_short(name)}'", nearest(name, known)))
        return None
    return path


def find_tools(folders: list[Path], trouble: list[Mistake]) -> Path | None:
    """The first tools.py in these folders."""
    for folder in folders:
        path = folder / "tools.py"
        if _is_file(path):
            if _inside(folder, path):
                return path
            mark = Mark(str(path), 1, 1)
            trouble.append(Mistake(*mark, "the file leads outside of the world's folder"))
    return None


def _short(name: str) -> str:
    first = name.split("\n", 1)[0]
    return first if len(first) <= 60 and first == name else first[:60] + "..."


def _inside(folder: Path, path: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _worlds_in(folder: Path) -> list[Path]:
    return [one / "world.yaml" for one in _listed(folder) if _is_file(one / "world.yaml")]
