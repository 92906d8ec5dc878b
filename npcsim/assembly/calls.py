"""Whether tool calls as written (`go_to(tavern)`) can mean anything: their number and their names.

Whether they can be done is another matter, found when their time comes.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from npcsim.assembly.lore import Loc, Parser
from npcsim.reflex.senses import ANYONE, FOE
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Sources
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import Call, parse_call
from npcsim.sim.acting import OPEN
from npcsim.tools.tool import ASK, Param, Tool
from npcsim.tools.view import Body, Kind, Place, Spot
from npcsim.world.rows import SpotState
from npcsim.world.state import Setting

WHAT: dict[type, str] = {Place: "place", Spot: "spot", Body: "NPC", Kind: "item"}


def check_calls(
    definition: Definition,
    setting: Setting,
    spots: tuple[SpotState, ...],
    tools: Mapping[str, Tool],
    parser: Parser,
    sources: Sources,
) -> None:
    """Note every call in plans, states and events whose arguments name nothing.

    An entry left out for a mistake of its own is still known by its name.
    """
    known: dict[type, set[str]] = {
        Place: {*setting.places, "home", *sources.keys(("places",))},
        Spot: {name for spot in spots for name in (spot.id, spot.kind)},
        Body: {*setting.kind_rows, "me", ANYONE, FOE, *sources.keys(("npcs",))},
        Kind: {*setting.items, *sources.keys(("items",))},
    }
    known[Spot] |= set(sources.keys(("spots",)))
    for kind, section in ((Place, "places"), (Spot, "spots"), (Kind, "items"), (Body, "npcs")):
        node = sources.find((section,))
        if node is not None and not isinstance(node.value, dict):
            del known[kind]  # the section can't be read, so any name may be right
    for name, plan in definition.plans.items():
        for number, step in enumerate(plan.calls):
            _check(step, ("plans", name, "steps", number), tools, known, parser)
    lived = {profile.behaviour for profile in setting.profiles}
    for machine, entries in definition.behaviour.items():
        if machine not in lived:
            continue  # a world's people who are not in this scenario may live on other ground
        for name, state in entries.items():
            if state.do is not None:
                _check(state.do, ("behaviour", machine, name, "do"), tools, known, parser)
    for section in ("stakes", "approve"):
        for text in getattr(definition, section):
            _check_key(text, section, tools, known, parser)
    for number, event in enumerate(definition.events):
        _, dot, text = (event.do or "").partition(".")
        if dot:
            try:
                call = parse_call(text)
            except ValueError:
                continue  # `script_of` has noted it
            _check(call, ("events", number, "do"), tools, known, parser)


def _check(
    call: Call, loc: Loc, tools: Mapping[str, Tool], known: Mapping[type, set[str]], parser: Parser
) -> None:
    tool = tools.get(call.name)
    if tool is None:
        return
    if tool.kind == ASK:
        parser.wrong(loc, f"{tool.name} only looks (@ask), so it is nothing that can be done")
        return
    params = [param for param in tool.params if not param.is_words]
    if loc[0] == "plans" and call.args == (OPEN,) and params:
        return  # what with is chosen when its time comes
    least = sum(param.default is inspect.Parameter.empty for param in params)
    if not least <= len(call.args) <= len(params):
        names = ", ".join(param.name for param in params)
        parser.wrong(loc, f"expected {tool.name}({names}), with {len(call.args)} given")
        return
    for param, text in zip(params, call.args, strict=False):
        _check_argument(param, text, loc, known, parser)


def _check_key(
    text: str,
    section: str,
    tools: Mapping[str, Tool],
    known: Mapping[type, set[str]],
    parser: Parser,
) -> None:
    """`attack(guard): 0.9`: the arguments may be fewer than the tool takes."""
    try:
        call = parse_call(text)
    except ValueError:
        return  # `lore_of` has noted it
    tool = tools.get(call.name)
    params = [param for param in tool.params if not param.is_words] if tool else []
    for param, argument in zip(params, call.args, strict=False):
        _check_argument(param, argument, (section, text), known, parser)


def _check_argument(
    param: Param, text: str, loc: Loc, known: Mapping[type, set[str]], parser: Parser
) -> None:
    handles = [kind for kind in param.types if kind in known]
    if len(handles) < len(param.types):
        return  # plain values: what they may be is the tool's to say
    words = {word for kind in handles for word in known[kind]}
    sought = text
    if Body in handles or Spot in handles:
        call = parse_call(text)
        sought = call.args[0] if call.name == "nearest" and call.args else text
        if call.args and call.name != "nearest" and call.args[0] in words:
            hint = nearest(call.name, ("nearest",)) or "say nearest(...) for the nearest one"
            parser.wrong(loc, f"no {call.name!r} of anybody", hint)
            return
    if sought not in words:
        what = " or ".join(WHAT[kind] for kind in handles)
        parser.wrong(loc, f"no {what} {sought!r}", nearest(sought, words))
