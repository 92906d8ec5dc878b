"""Where worlds, maps and tools lie, and that none of them lies outside its own folder."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from npcsim.errors import Mistake
from npcsim.scenario.reading.combine import TYPED
from npcsim.scenario.source import Mark, Node, Sources
from npcsim.scenario.spelling import nearest

_MAPS = (".tmx", ".tmj", ".json")
_NUMBERED = re.compile(r"^\d+_(?=\w)")
_OUTSIDE = "copy it beside the file that names it, and name it by a relative path"


@dataclass(frozen=True, slots=True)
class Folders:
    """Where to look for what `uses` names: beside the scenario, then in `search`.

    `search` are folders of worlds; scenarios are looked for in `scenarios` beside each.
    """

    scenario: Path
    search: tuple[Path, ...]

    def used(
        self, uses: Node, beside: Path, trouble: list[Mistake], *, worlds_only: bool
    ) -> Path | None:
        """The folder of the world, or the file of the scenario, that `uses` names.

        Worlds are found first, and use nothing but worlds. None, with the mistake told, if none.
        """
        name = str(uses.value)
        if not name or any(letter in name for letter in "/\\\0:") or name.startswith("."):
            hint = "worlds are looked for in the folder 'worlds' beside the scenario"
            trouble.append(Mistake(*uses.mark, f"'{name}' is no name of a world", hint))
            return None
        places = self._worlds(beside)
        for place in places:
            if _is_file(place / name / "world.yaml"):
                return place / name
        known = {one.parent.name for place in places for one in _worlds_in(place)}
        if not worlds_only:
            files = _scenarios_in(self._scenarios(beside))
            if name in files:
                return _safe(files[name], uses, trouble)
            known |= files.keys()
        hint = nearest(name, known)
        if not hint:
            looked = ", ".join(str(place) for place in dict.fromkeys(places))
            hint = f"no folder '{name}' with a world.yaml in {looked}"
        what = "world" if worlds_only else "world or scenario"
        trouble.append(Mistake(*uses.mark, f"no {what} '{name}'", hint))
        return None

    def _worlds(self, beside: Path) -> list[Path]:
        own = self.scenario
        folders = (beside / "worlds", beside / ".." / "worlds", beside)
        return [
            Path(os.path.normpath(folder))
            for folder in (*folders, own / "worlds", own / ".." / "worlds", *self.search)
        ]

    def _scenarios(self, beside: Path) -> list[Path]:
        shipped = (folder / ".." / "scenarios" for folder in self.search)
        return [
            Path(os.path.normpath(folder))
            for folder in (beside, beside / ".." / "scenarios", *shipped)
        ]

    def fragments(self, world: Path, uses: Node, trouble: list[Mistake]) -> list[Path]:
        """The files a world is made of."""
        files = [world / "world.yaml", world / "npcs.yaml"]
        there = [file for file in files if _is_file(file)]
        for file in there:
            if not _inside(world, file):
                message = f"{file} leads outside of the world's folder"
                trouble.append(Mistake(*uses.mark, message))
        return [file for file in there if _inside(world, file)]


@dataclass(frozen=True, slots=True)
class ToolsFile:
    """A file of tools, and what it is called in a run: `tools.py`, `oakvale/tools.py`."""

    name: str
    path: Path


def is_drawing(text: str) -> bool:
    """Whether `map:` is drawn in letters, not named; `# #` is where a `>` made two lines one."""
    return "\n" in text or "# #" in text


def find_map(sources: Sources, scenario: Path, trouble: list[Mistake]) -> Path | None:
    """The file `map` names: beside the file that names it, or below."""
    node = sources.find(("map",))
    if node is None or not isinstance(node.value, str):
        return None
    name = node.value
    if is_drawing(name):
        return None
    folder = scenario if node.mark.file == TYPED else Path(node.mark.file).parent
    return named_file(node, folder, "map", _MAPS, trouble)


def named_file(
    node: Node, folder: Path, what: str, endings: tuple[str, ...], trouble: list[Mistake]
) -> Path | None:
    """The file inside `folder` that a node names; None, with the mistake told, if none."""
    name = str(node.value)
    if name.startswith(("/", "\\", "~")) or name[1:2] == ":" or "\0" in name:
        trouble.append(Mistake(*node.mark, f"'{_short(name)}' lies outside the folder", _OUTSIDE))
        return None
    path = folder / name.replace("\\", "/")
    if not _inside(folder, path):
        trouble.append(Mistake(*node.mark, f"'{_short(name)}' lies outside the folder", _OUTSIDE))
        return None
    if not _is_file(path):
        known = [one.name for one in _listed(folder) if one.suffix in endings]
        trouble.append(Mistake(*node.mark, f"no {what} '{_short(name)}'", nearest(name, known)))
        return None
    return path


def find_tools(
    parts: Sequence[tuple[Path, Node | None]], trouble: list[Mistake]
) -> tuple[ToolsFile, ...]:
    """The files of tools of a scenario and the worlds it uses, the scenario's last.

    `parts` are their folders in this order, with what each says under `tools`: the file that it
    names, or else its tools.py.
    """
    found: dict[Path, ToolsFile] = {}
    for folder, node in parts:
        path: Path | None = folder / "tools.py"
        if node is not None and isinstance(node.value, str):
            path = named_file(node, folder, "file of tools", (".py",), trouble)
            if path is not None and path.suffix != ".py":
                message = f"'{_short(node.value)}' is no Python file"
                trouble.append(Mistake(*node.mark, message, "tools are in a file such as tools.py"))
                path = None
        elif not _is_file(folder / "tools.py"):
            path = None
        elif not _inside(folder, folder / "tools.py"):
            mark = Mark(str(path), 1, 1)
            trouble.append(Mistake(*mark, "the file leads outside of its folder"))
            path = None
        if path is None or path.resolve() in found:
            continue
        name = path.relative_to(folder).as_posix()
        name = name if folder == parts[-1][0] else f"{folder.name}/{name}"
        while name in {file.name for file in found.values()}:
            name = f"also/{name}"
        found[path.resolve()] = ToolsFile(name, path)
    return tuple(found.values())


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


def _safe(file: Path, uses: Node, trouble: list[Mistake]) -> Path | None:
    if _inside(file.parent, file):
        return file
    trouble.append(Mistake(*uses.mark, f"{file} leads outside of its folder"))
    return None


def _scenarios_in(folders: list[Path]) -> dict[str, Path]:
    """Scenario files by name, those of nearer folders first; `03_` before a name can be left out.

    Of two that differ only in such a number, both must be named in full.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        files = {one.stem: one for one in _listed(folder) if one.suffix == ".yaml"}
        bare: dict[str, list[Path]] = {}
        for stem, file in files.items():
            bare.setdefault(_NUMBERED.sub("", stem), []).append(file)
        alone = {name: those[0] for name, those in bare.items() if len(those) == 1}
        found = {**alone, **files, **found}
    return found


def _worlds_in(folder: Path) -> list[Path]:
    return [one / "world.yaml" for one in _listed(folder) if _is_file(one / "world.yaml")]
