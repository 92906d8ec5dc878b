"""What the code of tools names: signals it sends and attributes it reads, as far as can be seen."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import CodeType, FunctionType
from typing import Any

from npcsim.tools.tool import Tool

_HOOKS = (
    "start", "on_finish", "on_interrupted", "on_utility", "on_ready", "on_crowd", "on_outside",
)  # fmt: skip


def mentioned(tools: Mapping[str, Tool], *, names: bool = False) -> set[str]:
    """Every text in the functions beside the tools; with `names`, what they ask things for too.

    Signals and attributes are named in code by any of these functions, so what stands in none of
    them is used by none.
    """
    hooks = [hook for tool in tools.values() for hook in _hooks(tool)]
    modules = {id(hook.__globals__): hook.__globals__ for hook in hooks}
    beside = [value for module in modules.values() for value in module.values()]
    found = {value for value in beside if isinstance(value, str)}
    functions = [*hooks, *(value for value in beside if isinstance(value, FunctionType))]
    for function in functions:
        home = str(function.__globals__.get("__name__", ""))
        for code in _codes([function.__code__]):
            found |= {one for one in code.co_consts if isinstance(one, str)}
            if names and not home.startswith("npcsim."):  # which names much that is no trait
                found |= set(code.co_names)
    return found


def _codes(codes: list[CodeType]) -> list[CodeType]:
    """These and those inside them: functions in functions."""
    found = [*codes]
    for code in found:
        found += [one for one in code.co_consts if isinstance(one, CodeType)]
    return found


def _hooks(tool: Tool) -> list[Any]:
    hooks = [*(getattr(tool, name) for name in _HOOKS), *tool.candidates.values()]
    return [inspect.unwrap(hook) for hook in hooks if isinstance(hook, FunctionType)]
