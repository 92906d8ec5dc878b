"""`npcsim new`: a project of one's own that runs, and whose test passes, from the start."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from npcsim.assembly.build import packaged_worlds
from npcsim.authoring.schema_export import scenario_schema_text
from npcsim.errors import NpcsimError
from npcsim.scenario.spelling import nearest

TEMPLATE = Path(__file__).parent / "template"
SCHEMA = "scenario.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA}"
# The scenario that a copied world begins with; another world's first one, if it has any.
BEGIN_WITH = {"oakvale": "03_village_morning"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_LEFT_BEHIND = ("__pycache__", "*.pyc", ".*")


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it was made: its folder, its files, and what to type next."""

    folder: Path
    files: tuple[Path, ...]
    next: tuple[str, ...]


def new_project(where: str | Path, source: str = "", scenarios: Sequence[Path] = ()) -> Project:
    """Make a folder `where` with a scenario, a world, tools and a test, all of the folder's name.

    source: the name of a shipped world to copy; a small world of its own otherwise. scenarios:
    where to look for one that plays in that world. Raises NpcsimError for a name that won't do, a
    folder that is there, and a world that isn't.
    """
    folder = Path(where).expanduser()
    name = folder.name
    if not _NAME.fullmatch(name):
        raise NpcsimError(
            f"a project can't be called {name!r}: English letters, digits, _ and -, a letter first"
        )
    files = _copied(name, source, scenarios) if source else _own(name)
    files[SCHEMA] = scenario_schema_text()
    files[".gitignore"] = _template("gitignore", name)
    files[".vscode/extensions.json"] = _template("extensions.json", name)
    typed = _typed(name, source)
    shown = "\n".join(f"    {line}" for line in typed)
    files["README.md"] = _template("project.md", name).replace("@TYPED@", shown)
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise NpcsimError(f"there is {folder} already: choose another name") from None
    except OSError as error:
        raise NpcsimError(f"can't make {folder}: {error.strerror}") from error
    written = []
    for file, text in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    if source:
        target = folder / "worlds" / name
        ignored = shutil.ignore_patterns(*_LEFT_BEHIND)
        shutil.copytree(_world(source), target, ignore=ignored)
        written += sorted(path for path in target.rglob("*") if path.is_file())
    return Project(folder, tuple(written), (f"cd {folder}", *typed))


def _typed(name: str, source: str) -> list[str]:
    """What to type in the project, in this order."""
    tool = "" if source else "gather_honey --npc Ida --at 08:02"
    tool = "buy --npc Mara" if source == "oakvale" else tool
    return [
        f"npcsim validate {name}.yaml",
        f"npcsim run {name}.yaml --models off",
        *([f"npcsim try worlds/{name}/tools.py {tool}"] if tool else []),
        "pip install pytest  # once, for the tests",
        "python -m pytest tests",
    ]


def _own(name: str) -> dict[str, str]:
    world = f"worlds/{name}"
    return {
        f"{name}.yaml": _template("scenario.yaml", name),
        f"{world}/world.yaml": _template("world.yaml", name),
        f"{world}/npcs.yaml": _template("npcs.yaml", name),
        f"{world}/tools.py": _template("tools.py", name),
        f"{world}/README.md": _template("README.md", name),
        _test_file(name): _template("test.py", name),
    }


def _copied(name: str, source: str, scenarios: Sequence[Path]) -> dict[str, str]:
    """The scenario and the test around a copied world."""
    _world(source)
    plays = {
        file.stem: file.read_text(encoding="utf-8")
        for folder in reversed(scenarios)
        for file in sorted(folder.glob("*.yaml"))
    }
    here = {stem: text for stem, text in sorted(plays.items()) if _uses(text) == source}
    if not here:
        raise NpcsimError(f"no scenario plays in the world {source!r} to begin with")
    text = here.get(BEGIN_WITH.get(source, "")) or next(iter(here.values()))
    text = re.sub(r"^scenario:.*$", f"scenario: {name}", text, count=1, flags=re.M)
    text = re.sub(r"^uses:.*$", f"uses: {name}", text, count=1, flags=re.M)
    kept = [line for line in text.splitlines() if "yaml-language-server:" not in line]
    return {
        f"{name}.yaml": "\n".join([MODELINE, *kept]) + "\n",
        _test_file(name): _template("test_copy.py", name),
    }


def _uses(text: str) -> str:
    found = re.search(r"^uses:\s*([\w'\- ]+?)\s*(?:#.*)?$", text, re.M)
    return found[1] if found else ""


def _world(source: str) -> Path:
    known = {
        file.parent.name: file.parent
        for folder in reversed(packaged_worlds())
        for file in sorted(folder.glob("*/world.yaml"))
    }
    if source not in known:
        hint = nearest(source, known) or f"those that ship are {', '.join(sorted(known))}"
        raise NpcsimError(f"no world {source!r}; {hint}")
    return known[source]


def _test_file(name: str) -> str:
    return f"tests/test_{name.replace('-', '_')}.py"


def _template(file: str, name: str) -> str:
    text = (TEMPLATE / f"{file}.txt").read_text(encoding="utf-8")
    return text.replace("@NAME@", name)
