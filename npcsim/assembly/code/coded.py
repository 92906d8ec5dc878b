"""Tools made in code: keeping their source in a run's recipe, and finding them for a replay.

The whole text of the module is kept, since a function alone lacks what it uses. That takes a
module that is a file and only defines things: loading it again for a replay must not run a
script again. Where that is not so, as in a notebook, the recipe knows the tool's name only.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from npcsim.assembly.code.recipe import Coded, Recipe, module_of, neighbours
from npcsim.errors import MissingTools, ScenarioError
from npcsim.tools.tool import Tool

_INERT = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign,
    ast.AnnAssign,
)  # fmt: skip


def by_name(tools: Iterable[Tool] | Tool) -> dict[str, Tool]:
    """Tools by name; one alone is as good as a list of it.

    Raises TypeError for what is no tool, ValueError for one name twice.
    """
    if isinstance(tools, Tool):
        tools = [tools]
    found: dict[str, Tool] = {}
    for tool in tools:
        if not isinstance(tool, Tool):
            raise TypeError(f"tools: {tool!r:.60} was not made by @npcsim.tool or @npcsim.state")
        if tool.name in found:
            raise ValueError(f"tools: two of them are called {tool.name!r}")
        found[tool.name] = tool
    return found


def with_tools(recipe: Recipe, tools: Mapping[str, Tool]) -> Recipe:
    """The recipe of a run with these tools, and with their source where it can be kept."""
    texts: dict[str, str] = {}
    coded = []
    for name, tool in tools.items():
        source = _source(tool)
        if source is not None:
            texts[source.file] = source.text
        coded.append(Coded(name, source.file if source else "", source.variable if source else ""))
    return replace(recipe, coded=tuple(coded), texts=texts)


def tools_for(recipe: Recipe, given: Mapping[str, Tool]) -> dict[str, Tool]:
    """The tools made in code that a replay needs: `given` ones, else those in the recipe.

    Raises MissingTools naming every one that is in neither.
    """
    modules: dict[str, ModuleType | None] = {}
    found: dict[str, Tool] = {}
    missing: list[str] = []
    for one in recipe.coded:
        tool = given.get(one.name)
        if tool is None and one.file:
            if one.file not in modules:
                modules[one.file] = _loaded(recipe.texts[one.file], one.file)
            tool = getattr(modules[one.file], one.variable, None)
        if isinstance(tool, Tool) and tool.name == one.name:
            found[one.name] = tool
        else:
            missing.append(one.name)
    if missing:
        listed = ", ".join(missing)
        text = (
            f"the run was made with tools in code that its recipe does not hold: {listed}; "
            f"replay it from Python, npcsim.replay(run, tools=[{listed}])"
        )
        raise MissingTools(missing, text)
    return found


def _loaded(text: str, file: str) -> ModuleType | None:
    """The module of a kept text; None where it does not load here: it imports what is not there."""
    try:
        return module_of(text, file)
    except ScenarioError:
        return None


@dataclass(frozen=True, slots=True)
class _Source:
    """A module's text, and what the tool is called in it."""

    text: str
    file: str
    variable: str


def _source(tool: Tool) -> _Source | None:
    """Where a tool can be had from again; None where that can't be kept."""
    function = tool.on_crowd or tool.start
    module = sys.modules.get(getattr(function, "__module__", ""))
    file = getattr(module, "__file__", None)
    if module is None or file is None or not file.endswith(".py"):
        return None
    names = [name for name, value in vars(module).items() if value is tool]
    try:
        text = inspect.getsource(module)
        tree = ast.parse(text)
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    script = module.__name__ == "__main__"
    if not names or not all(_defines(node, script) for node in tree.body):
        return None
    if neighbours(text, Path(file)):
        return None
    return _Source(text, Path(file).name, names[0])


def _defines(node: ast.stmt, script: bool) -> bool:
    """Whether a statement at the top of a module only defines something.

    A module that was imported has shown that its values can be worked out; those of a script
    may be what it is run for.
    """
    if isinstance(node, ast.If):
        return ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if not isinstance(node, _INERT):
        return False
    works = isinstance(node, ast.Assign | ast.AnnAssign) and script
    return not (works and any(isinstance(part, ast.Call) for part in ast.walk(node)))
