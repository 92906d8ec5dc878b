"""Other tools or another scenario for a world that goes on: inputs, in effect as a tick begins."""

from __future__ import annotations

from typing import Any

from npcsim import events as ev
from npcsim.errors import NpcsimError
from npcsim.sim.bodies import interrupt
from npcsim.sim.program import Program, Remade, Retooled
from npcsim.tools.view import Body, View
from npcsim.world.commit import Wanted
from npcsim.world.state import World

FILE, CHANGE = "tools.py", "change"


def retooled(entry: dict[str, Any], program: Program) -> Retooled:
    """The program that an input `{"tools": text, "file": name}` stands for.

    Raises ScenarioError for tools that don't load, and ValueError where there is no text.
    """
    text, file = entry["tools"], entry.get("file", FILE)
    if not isinstance(text, str) or not isinstance(file, str) or not file:
        raise ValueError("tools are given as the text of a file, and `file` is its name")
    if program.retool is None:
        raise ValueError("the tools of this simulation can't be changed")
    return program.retool(program, file, text)


def remade(entry: dict[str, Any], world: World, program: Program) -> Remade:
    """What an input `{"change": [...], "models": {}, "versions": {}}` makes of a run.

    Raises ScenarioError for a change that can't be, and ValueError where it has not its form.
    """
    changes = entry[CHANGE]
    if not isinstance(changes, list) or not {"models", "versions"} <= entry.keys():
        raise ValueError("a change is a list of key=value, with the models and versions of the run")
    if program.remake is None:
        raise ValueError("only a fork's scenario can be changed")
    return program.remake(world, program, entry)


def new_tools(entry: dict[str, Any], view: View, program: Program, wanted: Wanted) -> Program:
    """Take up other tools. -> the program from now on.

    What somebody does with a tool that is gone is broken off. Tools that can't be used after all
    change nothing, and the log says why.
    """
    try:
        new = retooled(entry, program)
    except (NpcsimError, ValueError) as error:
        wanted.told.append(ev.Rejected(view.tick, "", "tools", str(error), ()))
        return program
    file = str(entry.get("file", FILE))
    wanted.told.append(ev.ToolsChanged(view.tick, file, new.added, new.removed, new.changed))
    known = new.program.tools
    for npc, act in sorted(view.world.acts.items()):
        if act.tool not in known:
            # Its own tool still says what becomes of it.
            interrupt(Body(view, npc), view, program, wanted, f"there is no {act.tool} any more")
    begun = [b for b in wanted.bundles if b.act is not None and b.phase == "start"]
    for bundle in begun:
        if bundle.act is not None and bundle.act.tool not in known:
            reason = f"there is no {bundle.act.tool} any more"
            wanted.bundles.remove(bundle)
            wanted.refuse(view.tick, bundle.actor, bundle.act.tool, reason)
    return new.program
