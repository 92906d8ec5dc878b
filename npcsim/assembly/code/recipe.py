"""All that is needed to simulate a run again, as one piece of bytes kept in its log."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from importlib.abc import SourceLoader
from pathlib import Path
from types import ModuleType

from pydantic import TypeAdapter, ValidationError

from npcsim.assembly.land.ground import MapData
from npcsim.errors import Mistake, OutOfReach, ScenarioError, StoreError
from npcsim.scenario.load import definition_from
from npcsim.scenario.reading.folders import ToolsFile
from npcsim.scenario.schema import Definition
from npcsim.tools.builtin import BUILTIN
from npcsim.tools.scene import Scene
from npcsim.tools.tool import Tool

SCENES = "SCENES"
FORM = 2
EARLIER = 1
OPEN = ("npcsim", "numpy")
MOST_BYTES = 1_000_000
ALONE = (
    "a run keeps the text of this file alone: it can use the standard library, NumPy and npcsim; "
    "copy what you need into it"
)


@dataclass(frozen=True, slots=True)
class Coded:
    """A tool made in code: `variable` of `file`, whose text is kept; both empty if it is not."""

    name: str
    file: str
    variable: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """`definition` is the merged scenario as JSON text.

    `tools`: the name and the text of every file of tools, the nearest to the scenario last.
    `coded`: tools made in code, `texts` what is kept of their files.
    """

    form: int
    definition: str
    map: MapData | None
    tools: tuple[tuple[str, str], ...]
    coded: tuple[Coded, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def parsed(self) -> Definition:
        return definition_from(self.definition)

    @property
    def fingerprint(self) -> str:
        """16 hex digits over everything in it."""
        return sha256(zlib.decompress(self.to_bytes())).hexdigest()[:16]

    @property
    def tools_print(self) -> str:
        """16 hex digits over the source of the scenario's own tools; empty where it has none. The
        built-in ones are npcsim's code."""
        if not (self.tools or self.coded):
            return ""
        own = json.dumps([self.tools, [asdict(one) for one in self.coded], self.texts])
        return sha256(own.encode()).hexdigest()[:16]

    def to_bytes(self) -> bytes:
        return zlib.compress(_ADAPTER.dump_json(self), 6)

    @staticmethod
    def from_bytes(data: bytes) -> Recipe:
        """The recipe of a run, of an earlier form too. Raises StoreError for anything else."""
        try:
            body = zlib.decompress(data)
            form = json.loads(body).get("form")
            if form not in (EARLIER, FORM):
                raise OutOfReach(f"the run was made by another npcsim (form {form}, not {FORM})")
            return _ADAPTER.validate_json(_upcast(body) if form == EARLIER else body)
        except (zlib.error, ValueError, ValidationError, AttributeError) as error:
            raise StoreError(f"the run's description of itself can't be read: {error}") from error


_ADAPTER = TypeAdapter(Recipe)


def _upcast(body: bytes) -> bytes:
    """Form 1 had one file of tools: its text, empty for none, and beside it its name."""
    data = json.loads(body)
    file = data.pop("tools_file", "") or "tools.py"
    data["tools"] = [[file, data["tools"]]] if data.get("tools") else []
    return json.dumps({**data, "form": FORM}).encode()


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The built-in tools and those of some files, and the files' scene classes, by name.

    `file_of` tells which file a tool is from, the built-in ones left out; `replaced` which tools
    take the place of a farther file's.
    """

    tools: dict[str, Tool]
    file_of: dict[str, str]
    replaced: tuple[Mistake, ...]
    scenes: dict[str, type[Scene]]


class _FromText(SourceLoader):
    """Loads a module from text that was read before, so that a run keeps what it ran."""

    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file

    def get_data(self, path: str | bytes) -> bytes:
        return self._text.encode()

    def get_filename(self, fullname: str) -> str:
        return self._file


def load_tools(text: str, file: str) -> dict[str, Tool]:
    """The built-in tools and those of a tools.py: its `TOOLS` and `STATES`.

    Raises ScenarioError naming file and line for code that doesn't load, a `TOOLS` that is no
    list of tools, and a name that is taken.
    """
    return gather([(file, text)]).tools


def gather(files: Sequence[tuple[str, str]]) -> Toolbox:
    """The built-in tools and those of files given as (name, text), the nearest file last.

    Each file's code is run once. Where two files have a tool of one name, the nearer file's is
    used, and so with scenes. Raises ScenarioError as
    `load_tools` does, with the mistakes of all files.
    """
    box = Toolbox({tool.name: tool for tool in BUILTIN}, {}, (), {})
    replaced: list[Mistake] = []
    mistakes: list[Mistake] = []
    for file, text in files:
        try:
            module = module_of(text, file)
            found = _own_tools(module, file)
            box.scenes.update(_own_scenes(module, file))
        except ScenarioError as error:
            mistakes += error.mistakes
            continue
        for name, tool in found.items():
            if name in box.file_of:
                line = _line(tool)
                message = f"{name} takes the place of {name} in {box.file_of[name]}"
                replaced.append(Mistake(file, line, 1, message))
            box.tools[name], box.file_of[name] = tool, file
    if mistakes:
        raise ScenarioError(mistakes)
    return replace(box, replaced=tuple(replaced))


def _own_tools(module: ModuleType, file: str) -> dict[str, Tool]:
    """What one file lists in `TOOLS` and `STATES`."""
    tools: dict[str, Tool] = {}
    built_in = {tool.name for tool in BUILTIN}
    for listed in ("TOOLS", "STATES"):
        entries = getattr(module, listed, [])
        if not isinstance(entries, list | tuple):
            raise _wrong(file, f"{listed} must be a list of tools")
        for entry in entries:
            if not isinstance(entry, Tool):
                raise _wrong(file, f"{listed} holds {entry!r:.60}, which was not made by @tool")
            if entry.name in built_in:
                message = f"{entry.name!r} is built in and can't be replaced: choose another name"
                raise _wrong(file, message, _line(entry))
            if entry.name in tools:
                raise _wrong(file, f"there is a tool {entry.name!r} already", _line(entry))
            tools[entry.name] = entry
    return tools


def _own_scenes(module: ModuleType, file: str) -> dict[str, type[Scene]]:
    """The classes that one file lists in `SCENES`."""
    entries = getattr(module, SCENES, [])
    if not isinstance(entries, list | tuple):
        raise _wrong(file, f"{SCENES} must be a list of classes")
    for entry in entries:
        if not (inspect.isclass(entry) and issubclass(entry, Scene)):
            raise _wrong(file, f"{SCENES} holds {entry!r:.60}, which is no class built on Scene")
    return {entry.__name__: entry for entry in entries}


def _line(tool: Tool) -> int:
    """Where a tool stands in its file."""
    code = getattr(inspect.unwrap(tool.on_crowd or tool.start), "__code__", None)
    return int(getattr(code, "co_firstlineno", 1))


def module_of(text: str, file: str) -> ModuleType:
    """The module a text makes. Raises ScenarioError naming file and line where it doesn't load."""
    name = "npcsim_tools_" + sha256(text.encode()).hexdigest()[:12]
    loader = _FromText(text, file)
    spec = importlib.util.spec_from_loader(name, loader)
    if spec is None:
        raise _wrong(file, "can't be loaded")
    module = importlib.util.module_from_spec(spec)
    try:
        loader.exec_module(module)
    except SyntaxError as error:
        raise _wrong(file, f"is not Python: {error.msg}", error.lineno or 1) from error
    except (Exception, SystemExit) as error:
        # The author's own module-level code: whatever it raises is theirs to see, with its line.
        trace, line = error.__traceback__, 1
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == file:
                line = trace.tb_lineno
            trace = trace.tb_next
        missing = error.name if isinstance(error, ImportError) else None
        hint = ALONE if missing and missing.split(".")[0] not in OPEN else ""
        raise _wrong(file, f"{type(error).__name__}: {error}", line, hint) from error
    return module


def read_tools(files: Sequence[ToolsFile]) -> list[tuple[str, str]]:
    """The texts of files of tools, by their paths. Raises ScenarioError.

    A file that can't be read, is no text, is too long or imports another one of its folder is told.
    """
    found: list[tuple[str, str]] = []
    mistakes: list[Mistake] = []
    for file in files:
        path = str(file.path)
        try:
            with file.path.open("rb") as bytes_in:
                raw = bytes_in.read(MOST_BYTES + 1)
            text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError) as error:
            mistakes.append(Mistake(path, 1, 1, f"can't be read: {error}"))
            continue
        if len(raw) > MOST_BYTES:
            mistakes.append(Mistake(path, 1, 1, f"is longer than {MOST_BYTES // 1000} kB"))
            continue
        mistakes += neighbours(text, file.path)
        found.append((path, text))
    if mistakes:
        raise ScenarioError(mistakes)
    return found


def neighbours(text: str, path: Path) -> list[Mistake]:
    """Imports of a file of tools that mean other files beside it. What Python can't read has none.

    They would load or not as the folder one stands in goes, and a replay would lack them.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            whole = node.module or node.names[0].name
            names = [whole.split(".")[0] if not node.level else "." * node.level + whole]
        else:
            continue
        for name in names:
            beside = (path.parent / f"{name}.py", path.parent / name / "__init__.py")
            known = name in sys.stdlib_module_names or name in OPEN
            if name.startswith(".") or (not known and any(one.is_file() for one in beside)):
                message = f"{path.name} can't import {name!r}, another file of yours"
                found.append(Mistake(str(path), node.lineno, node.col_offset + 1, message, ALONE))
    return found


def _wrong(file: str, message: str, line: int = 1, hint: str = "") -> ScenarioError:
    return ScenarioError([Mistake(file, line, 1, message, hint)])
