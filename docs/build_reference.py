"""Write docs/reference/ from the code: `python docs/build_reference.py`.

A test compares what is committed with what this writes.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from npcsim import effects, events
from npcsim.assembly.code.recipe import load_tools
from npcsim.authoring.schema_export import scenario_schema_text
from npcsim.cli import app
from npcsim.reflex import guards
from npcsim.scenario import schema, units
from npcsim.sim import inputs
from npcsim.store.sheets import SHEETS
from npcsim.tools.builtin import BUILTIN
from npcsim.tools.language import ENGLISH, said
from npcsim.tools.tool import ARRIVAL, ASK, OUTSIDE, Tool
from npcsim.viz.keys import ACTIONS, GROUPS, shown

REFERENCE = Path(__file__).parent / "reference"
WORLDS = Path(__file__).parents[1] / "worlds"
MADE = "<!-- Written by docs/build_reference.py from the code: change it there. -->"
VALUES = {int: " N", float: " X", str: " TEXT", Path: " PATH"}
VALUES |= {list[str]: " TEXT", list[Path]: " PATH"}
PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", MADE, *parts]) + "\n"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def told(thing: Any) -> str:
    """A docstring in Markdown: lists and forms that are indented stay as they are."""
    return inspect.cleandoc(thing.__doc__ or "")


# ---- the command line


def cli() -> str:
    group = typing.cast(Any, typer.main.get_command(app))
    parts = [f"{group.help}\n\nEvery command takes `--help`."]
    for name, command in _commands(group):
        parts.append(f"## npcsim {name}\n\n{inspect.cleandoc(command.help or '')}")
        parts.append(f"`{_usage(name, command)}`")
        parts.append(
            table(
                ("Argument or option", "What it is", "Left out"),
                [_option(param) for param in command.params],
            )
        )
    return page("The command line", *(part for part in parts if part))


def _commands(group: Any) -> Iterator[tuple[str, Any]]:
    """Every command by its words: those of a group behind it."""
    for name, command in group.commands.items():
        yield name, command
        for sub, found in _commands(command) if hasattr(command, "commands") else ():
            yield f"{name} {sub}", found


def _usage(name: str, command: Any) -> str:
    words = ["npcsim", name]
    words += [_shown_name(param) for param in command.params if _is_argument(param)]
    if hasattr(command, "commands"):
        words.append("COMMAND")
    return " ".join([*words, "[OPTIONS]"])


def _is_argument(param: Any) -> bool:
    return not param.opts[0].startswith("-")


def _shown_name(param: Any) -> str:
    return str(param.name).upper() + ("..." if param.nargs == -1 else "")


def _option(param: Any) -> tuple[str, str, str]:
    if _is_argument(param):
        name = f"`{_shown_name(param)}`"
    else:
        value = "" if param.is_flag else VALUES[param.type_descriptor.annotation]
        name = ", ".join(f"`{one}{value}`" for one in param.opts)
    default = param.default
    if param.required:
        left_out = "must be given"
    elif default in (None, False) or callable(default):
        left_out = ""
    else:
        left_out = f"`{default}`"
    return name, param.help or "", left_out


# ---- effects and events


def effect_page() -> str:
    singles = [_data(cls, cls.__name__) for cls in effects.SINGLE]
    blocks = [
        cls
        for name, cls in vars(effects).items()
        if inspect.isclass(cls) and cls in get_args(effects.Block)
    ]
    return page(
        "Effects",
        told(effects),
        "## Single effects\n\nWhat a tool's `start`, `finish` and `interrupted` parts return.",
        *singles,
        "## Blocks\n\nWhat an action for a whole population returns. `Shift` and `Drift` are "
        "npcsim's own.",
        *(_data(cls, cls.__name__) for cls in blocks),
    )


def event_page() -> str:
    parts = [told(events), "The kinds, in the order in which they are defined:"]
    parts += [_data(cls, name, "## ") for name, cls in events.KINDS.items()]
    parts.append("## Parts of events")
    inner = [events.Cast, events.PlaceMark, events.SpotMark, events.TilesetPicture]
    inner += [events.LayerPicture, events.MapPicture, events.Gauge, events.Machine]
    parts += [_data(cls, cls.__name__) for cls in inner]
    return page("Events", *parts)


def _data(cls: Any, name: str, level: str = "### ") -> str:
    rows = []
    for one in fields(cls):
        default = ""
        if one.default is not inspect.Parameter.empty and "MISSING" not in repr(one.default):
            default = f"`{one.default!r}`"
        rows.append((f"`{one.name}`", f"`{_type(one.type)}`", default))
    return f"{level}{name}\n\n{told(cls)}\n\n" + table(("Field", "Type", "Default"), rows)


def _type(text: Any) -> str:
    name = text if isinstance(text, str) else getattr(text, "__name__", str(text))
    return re.sub(r"NDArray\[np\.(\w+)\]", r"array of \1", name).replace("Any", "id or handle", 1)


# ---- tables of a run


def table_page() -> str:
    parts = [
        "What `run.table(name)` gives, see [Read a run](../howto/use_from_python.md#read-a-run). "
        "`run.tables` says the same from Python."
    ]
    for sheet in SHEETS.values():
        rows = [(f"`{one.name}`", one.unit, one.meaning) for one in sheet.columns]
        source = ", ".join(f"`{kind}`" for kind in sheet.kinds) or "model calls"
        parts.append(f"## {sheet.name}\n\n{sheet.meaning} From {source}.")
        parts.append(table(("Column", "Unit", "What it is"), rows))
    return page("Tables of a run", *parts)


# ---- scenario files


def scenario_page() -> str:
    notes = [
        ("duration", "`500 ms` `5 s` `20 min` `2 h` `1 day`", "1 ms to 10,000 days"),
        ("moment", '`"06:30"` `"day 2 09:00"` `day 3`', "in quotes; without a day it is day 1"),
        ("rate", "`0.1 / min` `0.5 / h` `1 / day`", "per simulated time"),
        ("range", "`0..1` `-5..5`", "the lower end first"),
        ("value", "`0.5` `uniform(0.2, 0.8)` `normal(0.5, 0.1)` `choice(0.2, 0.9)`",
         "a number, or one that keyed dice draw for each NPC"),
        ("call", "`wait` `go_to(tavern)` `attack(nearest(foe))`", "a tool and its arguments"),
    ]  # fmt: skip
    parts = [
        "What may stand in scenario and world files. Unknown keys are mistakes. How it reads in "
        "practice: [Write a scenario](../howto/write_a_scenario.md).",
        "## Notations\n\n" + table(("Name", "Written", ""), notes),
        "## Guards\n\n```text\n" + told(guards).split("\n\n", 2)[-1] + "\n```",
        "## Top level\n\n" + _fields(schema.Definition),
    ]
    seen: dict[type, str] = {}
    for key, info in schema.Definition.model_fields.items():
        for part in _parts(info.annotation):
            if part not in seen:
                seen[part] = key
                parts.append(f"## {_heading(key, info)}\n\n{told(part)}\n\n{_fields(part)}")
    return page("Scenario files", *parts)


def _heading(key: str, info: FieldInfo) -> str:
    annotation: Any = info.annotation
    if get_origin(annotation) is dict:
        inner = get_args(annotation)[1]
        deep = get_origin(inner) is dict
        return f"`{key}.<name>`" + (" `.<name>`" if deep else "")
    return f"`{key}[]`" if get_origin(annotation) is list else f"`{key}`"


def _parts(annotation: Any) -> Iterator[type[schema.Part]]:
    if inspect.isclass(annotation) and issubclass(annotation, schema.Part):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)


def _fields(part: type[schema.Part]) -> str:
    rows = []
    for name, info in part.model_fields.items():
        kind = _kind(info.annotation, info.metadata)
        left_out = "must be given" if info.is_required() else _default(info, kind)
        rows.append((f"`{info.alias or name}`", kind, info.description or "", left_out))
    return table(("Key", "Kind", "What it is", "Left out"), rows)


def _default(info: FieldInfo, kind: str) -> str:
    value = info.default
    if value is PydanticUndefined or value is None or value in ("", [], {}):
        return ""
    if kind.startswith("duration"):
        return f"`{_span(value)}`"
    if kind.startswith("moment"):
        return f"`{units.clock_text(value).removeprefix('day 1 ')}`"
    if kind.startswith("range"):
        return f"`{value[0]:g}..{value[1]:g}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _span(ms: int) -> str:
    for unit in ("h", "min", "s"):
        if ms % units.MS[unit] == 0:
            return f"{ms // units.MS[unit]} {unit}"
    return f"{ms} ms"


def _kind(annotation: Any, metadata: Any = ()) -> str:
    for note in metadata:
        if isinstance(note, BeforeValidator):
            return note.func.__name__.removeprefix("parse_").replace("_", " ")
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is typing.Annotated:
        return _kind(inner[0], inner[1:])
    if origin in (Union, types.UnionType):
        return " or ".join(_kind(one) for one in inner if one is not type(None))
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in inner)
    if origin is list:
        return f"list of: {_kind(inner[0])}"
    if origin is tuple:
        return "[" + ", ".join(_kind(one) for one in inner) + "]"
    if origin is dict:
        return f"name: {_kind(inner[1])}"
    if inspect.isclass(annotation) and issubclass(annotation, schema.Part):
        return "entry, see below"
    return PLAIN.get(annotation, str(annotation))


# ---- tools


def tool_page() -> str:
    known = {tool.name for tool in BUILTIN}
    text = (WORLDS / "oakvale" / "tools.py").read_text(encoding="utf-8")
    own = [tool for name, tool in load_tools(text, "tools.py").items() if name not in known]
    return page(
        "Tools",
        "What NPCs can do. How to add one: [Write a tool](../howto/write_a_tool.md). In scenario "
        "files a tool is called by its name, with its arguments in order; words are never given "
        "there. *For a crowd* says that a state can do it for a whole population at once.",
        "## Built in",
        *(_tool(tool) for tool in BUILTIN),
        "## Oakvale's own\n\nFrom `worlds/oakvale/tools.py`.",
        *(_tool(tool) for tool in own),
        "## From outside\n\nWhat `simulation.put` takes.\n\n```text\n"
        + told(inputs).split("\n\n", 1)[1]
        + "\n```",
    )


def _tool(tool: Tool) -> str:
    params = ", ".join(
        f"{param.name}: {' or '.join(kind.__name__ for kind in param.types)}"
        for param in tool.params
    )
    if tool.kind == ASK:
        rows = [("only looks; told as", f"“{said(tool.says, ENGLISH)}”" if tool.says else "data")]
        return f"### {tool.name}({params})\n\n{tool.doc}\n\n" + table(("", ""), rows)
    rows = [
        ("as an option", f"“{said(tool.option, ENGLISH)}”"),
        ("as others see it", f"“{said(tool.seen, ENGLISH)}”"),
        ("as it is remembered", f"“{said(tool.did, ENGLISH)}”"),
        ("takes", _takes(tool)),
    ]
    if tool.skill:
        rows.append(("skill", f"`{tool.skill}`"))
    if tool.roles:
        rows.append(("only for", ", ".join(f"`{role}`" for role in tool.roles)))
    if tool.occupies:
        rows.append(("occupies", f"`{tool.occupies}`"))
    rows.append(("stakes", f"{tool.stakes:g}"))
    rows.append(("worth", _worth(tool)))
    rows.append(("for a crowd", told(tool.on_crowd).split("\n")[0] if tool.on_crowd else "no"))
    return f"### {tool.name}({params})\n\n{tool.doc}\n\n" + table(("", ""), rows)


def _worth(tool: Tool) -> str:
    return told(tool.on_utility).split("\n")[0] if tool.on_utility else "0.1"


def _takes(tool: Tool) -> str:
    if tool.takes == ARRIVAL:
        return "until arrival"
    if tool.takes == OUTSIDE:
        return "until it is ended from outside"
    if callable(tool.takes):
        return "as long as the item says"
    return "no time" if not tool.takes else _span(int(tool.takes))


def key_page() -> str:
    parts = ["In the window of `npcsim watch`; F1 shows them there. All the mouse does has a key."]
    for group in GROUPS:
        rows = [
            (f"`{shown(one, plain=True)}`", one.does, one.mouse)
            for one in ACTIONS
            if one.group == group
        ]
        parts += [f"## {group}", table(("Key", "Does", "By mouse"), rows)]
    return page("Keys", *parts)


def pages() -> dict[str, str]:
    """Every page: file name -> text."""
    return {
        "cli.md": cli(),
        "effects.md": effect_page(),
        "events.md": event_page(),
        "keys.md": key_page(),
        "scenario.md": scenario_page(),
        "scenario.schema.json": scenario_schema_text(),
        "tables.md": table_page(),
        "tools.md": tool_page(),
    }


def main() -> None:
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
        print(f"wrote {REFERENCE.name}/{name}")


if __name__ == "__main__":
    main()
