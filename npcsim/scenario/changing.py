"""A merged scenario with some of its values changed, as `--set` changes them in files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from npcsim.errors import Mistake
from npcsim.scenario.load import Loaded, read_definition
from npcsim.scenario.reading.combine import TYPED
from npcsim.scenario.reading.mapping import MappingTree

PLACE = "the run's scenario"
FIXED = ("uses", "map", "tools")
"""What says where files are: they were read when the run began."""


def changed(text: str, changes: Sequence[str]) -> tuple[Loaded | None, list[Mistake], str]:
    """What `Loaded.text` was, with `key.path=value` texts laid over it.

    -> (it as loaded, None where too little is left; the mistakes; its text)
    """
    plain: dict[str, Any] = json.loads(text)
    kept = {name: plain.pop(name) for name in FIXED if name in plain}
    fixed = [one for one in changes if one.partition("=")[0].partition(".")[0].strip() in FIXED]
    if fixed:
        message = f"{fixed[0]}: a run keeps the files that it began with"
        return None, [Mistake(TYPED, 1, 1, message)], text
    _unprice(plain, changes)
    tree = MappingTree(PLACE)
    loaded, mistakes = read_definition(Path(PLACE), overrides=changes, given=tree.read(plain))
    if loaded is None:
        return None, tree.located(mistakes), text
    told = {**json.loads(loaded.text), **kept}
    return (
        loaded,
        tree.located(mistakes),
        json.dumps(told, ensure_ascii=False, separators=(",", ":")),
    )


def _unprice(plain: dict[str, Any], changes: Sequence[str]) -> None:
    """Another model has another price: the old one goes, where no price is named for it."""
    for name, part in plain.get("tiers", {}).items():
        if isinstance(part, dict) and any(
            one.startswith(f"tiers.{name}.model=") for one in changes
        ):
            part.pop("price", None)
