"""From `scenes:` as written, and the classes that files of tools list, to what the loop plays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from npcsim.assembly.code.recipe import SCENES
from npcsim.assembly.lore import Parser
from npcsim.assembly.table import agenda_of, check_table
from npcsim.scenario.schema import Definition, ScenePart
from npcsim.scenario.spelling import nearest
from npcsim.sim.program import Staged
from npcsim.tools.bargaining.negotiation import Negotiation
from npcsim.tools.scene import Scene
from npcsim.tools.talk.conversation import Conversation
from npcsim.tools.tool import Tool
from npcsim.world.state import Setting

BUILT_IN: Mapping[str, type[Scene]] = {
    "Conversation": Conversation,
    "Negotiation": Negotiation,
}


def brought(
    definition: Definition, classes: Mapping[str, type[Scene]], known: Mapping[str, Tool]
) -> dict[str, Tool]:
    """The tools that the classes of a scenario's scenes bring along, those it has already apart."""
    known_classes = {**BUILT_IN, **classes}
    found: dict[str, Tool] = {}
    for part in definition.scenes.values():
        cls = known_classes.get(part.class_)
        if cls is not None:
            found |= {tool.name: tool for tool in cls.tools if tool.name not in known}
    return found


def scenes_of(
    definition: Definition,
    setting: Setting,
    classes: Mapping[str, type[Scene]],
    tools: Mapping[str, Tool],
    parser: Parser,
) -> tuple[Staged, ...]:
    """Every scene of the scenario; mistakes go to the parser."""
    found = []
    for name, part in definition.scenes.items():
        cls = _class_of(name, part, classes, tools, parser)
        rows: list[int] = []
        for number, one in enumerate(part.who):
            if one not in setting.kind_rows:
                hint = nearest(one, setting.kind_rows)
                parser.wrong(("scenes", name, "who", number), f"nobody is called {one!r}", hint)
            rows += [row for row in setting.rows_of(one).tolist() if row not in rows]
        thoughtless = [setting.profiles[row].id for row in rows if not setting.profiles[row].mind]
        if thoughtless and not (cls is not None and cls.opens):
            message = f"{thoughtless[0]} has no mind, so it can't make moves in a scene"
            parser.wrong(("scenes", name, "who"), message, "give it `mind: true`")
        when = None
        if part.when is not None:
            when = parser.guard(part.when, "scenes", name, "when")
        if cls is None or not rows:
            continue
        who = tuple(setting.profiles[row].id for row in rows)
        scene = _made(name, part, cls, who, setting, parser)
        if scene is None:
            continue
        ticks = -(-(part.lasts or 0) // setting.tick_ms)
        staged = Staged(name, scene, who, np.array(rows, np.uint32), when, ticks, part.again)
        found.append(staged)
    return tuple(found)


def _class_of(
    name: str,
    part: ScenePart,
    classes: Mapping[str, type[Scene]],
    tools: Mapping[str, Tool],
    parser: Parser,
) -> type[Scene] | None:
    known = {**BUILT_IN, **classes}
    cls = known.get(part.class_)
    if cls is None:
        hint = nearest(part.class_, known) or f"files of tools list them in {SCENES}"
        parser.wrong(("scenes", name, "class"), f"no scene class {part.class_!r}", hint)
        return None
    for tool in cls.tools:
        if tools.get(tool.name, tool) is not tool:
            message = f"{part.class_} brings a tool {tool.name!r}, and there is another one"
            parser.wrong(("scenes", name, "class"), message, "give yours another name")
    return cls


def _made(
    name: str,
    part: ScenePart,
    cls: type[Scene],
    who: tuple[str, ...],
    setting: Setting,
    parser: Parser,
) -> Scene | None:
    """The scene of a class, or None with a mistake noted."""
    try:
        if issubclass(cls, Negotiation):
            agenda = agenda_of(name, part.negotiate, setting, parser) if part.negotiate else None
            if part.negotiate is not None and agenda is None:
                return None
            scene = cls(agenda) if agenda is not None else cls()
            check_table(name, scene, who, setting, parser)
            return scene
        if part.negotiate is not None:
            message = f"{part.class_} is not built on Negotiation, so it negotiates nothing"
            parser.wrong(("scenes", name, "negotiate"), message)
        return cls()
    except Exception as error:  # noqa: BLE001
        # The author's own code: whatever it raises is theirs to see.
        parser.wrong(("scenes", name, "class"), f"{part.class_} can't be made: {error}")
        return None
