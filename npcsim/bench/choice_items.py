"""The items of `npcsim bench choice`: situations with one sensible answer, one JSON object a line.

{"persona": "Mara, the village baker", "situation": "It is noon. Mara has a loaf of bread.",
 "options": ["sleep", "eat a loaf of bread"], "best": 1,
 "needs": {"hunger": 0.8}, "tools": ["sleep(bed)", "use(bread)"]}

`persona` begins with the name, up to a comma or " is ". `best` is the index of the sensible option,
or its text. `needs`, if given, are levels from 0 (content) to 1 (desperate), and `hp` from 0 to
100; `tools` says for each option which call or plan of the stage it is, or "" for none. An item
without them is decided by the model alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from npcsim.errors import Mistake, ScenarioError
from npcsim.world.dice import roll

KEYS = {"persona", "situation", "options", "best", "needs", "tools"}
MOST_BYTES = 8_000_000
MOST_OPTIONS = 20
LONGEST = {"persona": 300, "situation": 2000, "option": 200, "tool": 100}


@dataclass(frozen=True, slots=True)
class Item:
    """One situation. `line` is where it stands in its file."""

    line: int
    persona: str
    situation: str
    options: tuple[str, ...]
    best: int
    needs: Mapping[str, float] = field(default_factory=dict)
    tools: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Who decides: the persona up to a comma or " is "."""
        return self.persona.split(",")[0].split(" is ")[0].strip()


def shipped_items() -> Path:
    """The items that come with npcsim: 129 village situations of four options."""
    return Path(str(files("npcsim.bench") / "data" / "choice.jsonl"))


def read_items(path: Path) -> list[Item]:
    """Every item of a file. Raises ScenarioError with each line that is none, and why."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ScenarioError([Mistake(str(path), 1, 1, f"more than {MOST_BYTES} bytes")])
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise ScenarioError([Mistake(str(path), 1, 1, f"can't be read: {error}")]) from None
    items: list[Item] = []
    mistakes: list[Mistake] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            items.append(_item(number, line))
        except (ValueError, RecursionError) as error:
            mistakes.append(Mistake(str(path), number, 1, str(error)))
    if not items and not mistakes:
        mistakes.append(Mistake(str(path), 1, 1, "there are no items: one JSON object a line"))
    if mistakes:
        raise ScenarioError(mistakes)
    return items


def shuffled(item: Item, seed: int) -> Item:
    """The item with its options in an order drawn by keyed dice: seed, line and option."""
    order = sorted(
        range(len(item.options)),
        key=lambda k: (roll(seed, item.line, item.options[k], "choice bench"), k),
    )
    return replace(
        item,
        options=tuple(item.options[k] for k in order),
        best=order.index(item.best),
        tools=tuple(item.tools[k] for k in order) if item.tools else (),
    )


def _item(number: int, line: str) -> Item:
    data = json.loads(line)
    if not isinstance(data, dict):
        raise ValueError("a JSON object was expected")
    strange = sorted(set(data) - KEYS)
    if strange:
        raise ValueError(f"unknown key {strange[0]!r}; there are {', '.join(sorted(KEYS))}")
    persona = _text(data.get("persona"), "persona")
    situation = _text(data.get("situation"), "situation")
    options = data.get("options")
    if not isinstance(options, list) or not 2 <= len(options) <= MOST_OPTIONS:
        raise ValueError(f"options: a list of 2 to {MOST_OPTIONS} texts was expected")
    texts = tuple(_text(option, "option") for option in options)
    if len(set(texts)) < len(texts):
        raise ValueError("options: two of them are the same")
    tools = data.get("tools", [])
    if not isinstance(tools, list) or (tools and len(tools) != len(texts)):
        raise ValueError("tools: a list with one text for each option was expected")
    calls = tuple(_text(call, "tool", empty=True) for call in tools)
    needs = _needs(data.get("needs", {}))
    return Item(number, persona, situation, texts, _best(data.get("best"), texts), needs, calls)


def _text(value: Any, what: str, empty: bool = False) -> str:
    if not isinstance(value, str) or (not value.strip() and not empty):
        raise ValueError(f"{what}: a text was expected")
    if len(value) > LONGEST[what]:
        raise ValueError(f"{what}: at most {LONGEST[what]} characters")
    return value.strip()


def _best(value: Any, options: tuple[str, ...]) -> int:
    if isinstance(value, str) and value.strip() in options:
        return options.index(value.strip())
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 0 <= value < len(options):
        raise ValueError(
            f"best: the index of the sensible option was expected, 0 to {len(options) - 1}"
        )
    return int(value)


def _needs(value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        raise ValueError("needs: an object of need and level was expected")
    for name, level in value.items():
        top = 100 if name == "hp" else 1
        number = isinstance(level, int | float) and not isinstance(level, bool)
        if not number or not math.isfinite(level) or not 0 <= level <= top:
            raise ValueError(f"needs: {name} must be a number from 0 to {top}")
    return {name: float(level) for name, level in value.items()}
