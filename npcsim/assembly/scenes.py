"""From `scenes:` as written, and the classes that files of tools list, to what the loop plays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from npcsim.assembly.code.recipe import SCENES
from npcsim.assembly.lore import Parser
from npcsim.scenario.schema import Definition
from npcsim.scenario.spelling import nearest
from npcsim.sim.program import Staged
from npcsim.tools.scene import Scene
from npcsim.world.state import Setting


def scenes_of(
    definition: Definition, setting: Setting, classes: Mapping[str, type[Scene]], parser: Parser
) -> tuple[Staged, ...]:
    """Every scene of the scenario; mistakes go to the parser."""
    found = []
    for name, part in definition.scenes.items():
        cls = classes.get(part.class_)
        if cls is None:
            hint = nearest(part.class_, classes) or f"files of tools list them in {SCENES}"
            parser.wrong(("scenes", name, "class"), f"no scene class {part.class_!r}", hint)
        rows: list[int] = []
        for number, one in enumerate(part.who):
            if one not in setting.kind_rows:
                hint = nearest(one, setting.kind_rows)
                parser.wrong(("scenes", name, "who", number), f"nobody is called {one!r}", hint)
            rows += [row for row in setting.rows_of(one).tolist() if row not in rows]
        thoughtless = [setting.profiles[row].id for row in rows if not setting.profiles[row].mind]
        if thoughtless:
            message = f"{thoughtless[0]} has no mind, so it can't make moves in a scene"
            parser.wrong(("scenes", name, "who"), message, "give it `mind: true`")
        when = None
        if part.when is not None:
            when = parser.guard(part.when, "scenes", name, "when")
        if cls is None or not rows:
            continue
        try:
            scene = cls()
        except Exception as error:  # noqa: BLE001
            # The author's own code: whatever it raises is theirs to see.
            parser.wrong(("scenes", name, "class"), f"{part.class_} can't be made: {error}")
            continue
        who = tuple(setting.profiles[row].id for row in rows)
        ticks = -(-(part.lasts or 0) // setting.tick_ms)
        staged = Staged(name, scene, who, np.array(rows, np.uint32), when, ticks, part.again)
        found.append(staged)
    return tuple(found)
