"""All that is needed to simulate a run again, as one piece of bytes kept in its log."""

from __future__ import annotations

import importlib.util
import json
import zlib
from dataclasses import dataclass
from hashlib import sha256
from importlib.abc import SourceLoader
from types import ModuleType

from pydantic import TypeAdapter, ValidationError

from npcsim.assembly.ground import MapData
from npcsim.errors import Mistake, ScenarioError, StoreError
from npcsim.scenario.load import definition_from
from npcsim.scenario.schema import Definition
from npcsim.tools.builtin import BUILTIN
from npcsim.tools.tool import Tool

FORM = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """`definition` is the merged scenario as JSON text; `tools` the source of its tools.py."""

    form: int
    definition: str
    map: MapData | None
    tools: str
    tools_file: str

    @property
    def parsed(self) -> Definition:
        return definition_from(self.definition)

    @property
    def fingerprint(self) -> str:
        """16 hex digits over everything in it."""
        return sha256(zlib.decompress(self.to_bytes())).hexdigest()[:16]

    def to_bytes(self) -> bytes:
        return zlib.compress(_ADAPTER.dump_json(self), 6)

    @staticmethod
    def from_bytes(data: bytes) -> Recipe:
        """Raises StoreError for bytes of another form."""
        try:
            body = zlib.decompress(data)
            form = json.loads(body).get("form")
            if form != FORM:
                raise StoreError(f"the run was made by another npcsim (form {form}, not {FORM})")
            return _ADAPTER.validate_json(body)
        except (zlib.error, ValueError, ValidationError, AttributeError) as error:
            raise StoreError(f"the run's description of itself can't be read: {error}") from error


_ADAPTER = TypeAdapter(Recipe)


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
    tools = {tool.name: tool for tool in BUILTIN}
    if not text:
        return tools
    module = _module(text, file)
    for listed in ("TOOLS", "STATES"):
        entries = getattr(module, listed, [])
        if not isinstance(entries, list | tuple):
            raise _wrong(file, f"{listed} must be a list of tools")
        for entry in entries:
            if not isinstance(entry, Tool):
                raise _wrong(file, f"{listed} holds {entry!r:.60}, which was not made by @tool")
            if entry.name in tools:
                raise _wrong(file, f"there is a tool {entry.name!r} already")
            tools[entry.name] = entry
    return tools


def _module(text: str, file: str) -> ModuleType:
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
        raise _wrong(file, f"{type(error).__name__}: {error}", line) from error
    return module


def _wrong(file: str, message: str, line: int = 1) -> ScenarioError:
    return ScenarioError([Mistake(file, line, 1, message)])
