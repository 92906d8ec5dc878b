"""Other tools for a simulation that is going on: what becomes of its program, and what is new.

A file of tools is compared with what it was by its text, not by what Python made of it, so that
the same two texts give the same answer in a run and in its replay.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from npcsim.assembly.code.recipe import Toolbox, gather
from npcsim.assembly.folk.people import toolsets_of
from npcsim.errors import Mistake, ScenarioError
from npcsim.scenario.schema import Definition
from npcsim.sim.program import Program, Retooled
from npcsim.tools.tool import Tool


def retool(
    definition: Definition,
    over: Mapping[str, Tool],
    numbers: Collection[str],
    program: Program,
    file: str,
    text: str,
) -> Retooled:
    """`program` with the file of tools called `file` replaced by `text`, or added as the nearest.

    over: tools given in code, which stay. numbers: the attributes that NPCs have. Raises
    ScenarioError where the text doesn't load, where states would keep other columns than they do
    or a tool would take a skill nobody has, and where a behaviour's `do` would have no tool.
    """
    files = dict(program.files)
    before = gather(tuple(files.items()))
    old = files.get(file, "")
    files[file] = text
    box = gather(tuple(files.items()))
    tools = {**box.tools, **over}
    _check(program, tools, numbers, file)
    lore = replace(program.lore, tools=tools, toolsets=toolsets_of(definition, tools))
    changed = replace(program, tools=tools, lore=lore, files=tuple(files.items()))
    added = [name for name in tools if name not in program.tools]
    removed = [name for name in program.tools if name not in tools]
    differ = _differ(box, before, file, old, text)
    return Retooled(changed, tuple(added), tuple(removed), tuple(n for n in differ if n in tools))


def _check(
    program: Program, tools: Mapping[str, Tool], numbers: Collection[str], file: str
) -> None:
    mistakes = []
    columns = [_columns(one) for one in (program.tools, tools)]
    if columns[0] != columns[1]:
        names = sorted({*columns[0], *columns[1]})
        which = ", ".join(name for name in names if columns[0].get(name) != columns[1].get(name))
        message = f"the columns of states can't change while a run goes on: {which}"
        mistakes.append(Mistake(file, 1, 1, message, "begin a new run to change them"))
    for tool in tools.values():
        if tool.skill and tool.skill not in numbers:
            message = f"{tool.name} takes the skill {tool.skill!r}, which this run knows nothing of"
            mistakes.append(Mistake(file, 1, 1, message, "begin a new run to bring it in"))
    for machine in program.machines:
        for state in machine.states:
            if state.do is not None and state.do.name not in tools:
                message = (
                    f"the behaviour {machine.name} does {state.do.name} in its state "
                    f"{state.name}, and no tool is called that any more"
                )
                mistakes.append(Mistake(file, 1, 1, message))
    if mistakes:
        raise ScenarioError(mistakes)


def _columns(tools: Mapping[str, Tool]) -> dict[str, tuple[float, float, float]]:
    return {name: limits for tool in tools.values() for name, limits in tool.columns.items()}


def _differ(box: Toolbox, before: Toolbox, file: str, old: str, text: str) -> list[str]:
    """Tools that there were before and that are not what they were."""
    was, now = _parts(old), _parts(text)
    found = []
    for name in box.tools:
        source, earlier = box.file_of.get(name), before.file_of.get(name)
        if name not in before.tools:
            continue
        moved = source != earlier
        if moved or (source == file and _meant(name, was) != _meant(name, now)):
            found.append(name)
    return found


Parts = dict[str, tuple[list[str], set[str]]]
LOOSE = ""  # what stands in a file without giving anything a name


def _parts(text: str) -> Parts:
    """What a file's top level binds: name -> (its statements, the names that they use).

    A hook (`@brew.finish`) belongs to its tool.
    """
    parts: Parts = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        for bound in _bound(node) or [LOOSE]:
            statements, uses = parts.setdefault(bound, ([], set()))
            statements.append(ast.dump(node))
            uses |= names
    return parts


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        hooked = [
            one.value.id
            for one in node.decorator_list
            if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name)
        ]
        return [node.name, *hooked]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    walked: Any = ast.walk(node)
    return [n.id for n in walked if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def _meant(name: str, parts: Parts) -> dict[str, list[str]]:
    """Everything in a file that a tool is made of: its own statements, and what those use.

    A tool that was made under no name of its own may be made of anything there.
    """
    if name not in parts:
        return {one: statements for one, (statements, _) in parts.items()}
    found: dict[str, list[str]] = {}
    rest = [name, LOOSE]
    while rest:
        one = rest.pop()
        if one in parts and one not in found:
            found[one] = parts[one][0]
            rest += parts[one][1]
    return found
