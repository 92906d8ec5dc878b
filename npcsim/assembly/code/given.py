"""A scenario as somebody gives it from Python: a name, a path, a mapping or a definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from npcsim.assembly.build import Built, read
from npcsim.assembly.code.coded import by_name, with_tools
from npcsim.assembly.code.finding import find_scenario
from npcsim.errors import ScenarioError
from npcsim.scenario.reading.mapping import MappingTree
from npcsim.scenario.schema import Definition
from npcsim.tools.tool import Tool

Given = str | Path | Mapping[str, Any] | Definition


def read_given(
    scenario: Given,
    overrides: Sequence[str] = (),
    tools: Iterable[Tool] = (),
    folder: str | Path | None = None,
) -> Built:
    """Build a scenario. A mapping is what a file in `folder` (the current one) would hold.

    tools: made in code, beside those of the world or in place of them. Raises ScenarioError;
    of a mapping, its mistakes are located by path of keys.
    """
    over = by_name(tools)
    if isinstance(scenario, str | Path):
        path = find_scenario(scenario) if isinstance(scenario, str) else scenario
        built = read(path, overrides, over)
    else:
        if isinstance(scenario, Definition):
            scenario = scenario.model_dump(mode="json", by_alias=True, exclude_unset=True)
        path = (Path(folder) if folder is not None else Path.cwd()) / "<mapping>"
        tree = MappingTree(str(path))
        try:
            built = read(path, overrides, over, tree.read(scenario))
        except ScenarioError as error:
            raise ScenarioError(tree.located(error.mistakes)) from None
    if over:
        built = replace(built, recipe=with_tools(built.recipe, over))
    return built
