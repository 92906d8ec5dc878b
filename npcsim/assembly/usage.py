"""Tools that nobody may use, though somebody wrote them for this scenario, and who may not.

And what tools name that is not here: roles, and candidates that are ids.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from npcsim.assembly.code.recipe import Toolbox, gather
from npcsim.assembly.folk.people import Person, lineage
from npcsim.errors import Mistake
from npcsim.scenario.load import Loaded
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Sources
from npcsim.scenario.spelling import nearest
from npcsim.tools.binding import exists
from npcsim.tools.tool import ACT, Tool
from npcsim.tools.view import Body, Handle, Kind, Place, Spot, View
from npcsim.world.state import World

FEW = 2


def idle(
    definition: Definition,
    people: Sequence[Person],
    loaded: Loaded,
    sources: Sources,
    files: Sequence[tuple[str, str]],
) -> tuple[list[Mistake], tuple[Mistake, ...]]:
    """What of the scenario's own nobody may use. -> (mistakes, words of warning)

    files: the files of tools by path. Where several scenarios share one, a tool may be for another
    of them, so a word of warning has to do.
    """
    folder = loaded.layers[0].folder.resolve()
    box = gather(files)
    found: list[Mistake] = []
    ours = own_files(loaded)
    for path in sorted(ours):
        own = {name: box.tools[name] for name, file in box.file_of.items() if file == path}
        found += unusable(definition, people, own, path)
    archetypes = [
        name
        for name in definition.archetypes
        if loaded.layer_of(sources.mark(("archetypes", name), key=True).file) == 0
    ]
    plans = [
        name
        for name in definition.plans
        if loaded.layer_of(sources.mark(("plans", name), key=True).file) == 0
    ]
    warned = (
        *nobody(definition, people, sources, archetypes),
        *strange_roles(definition, box, ours),
        *beyond(definition, people, box.tools, sources, plans),
        *replacing(definition, box.tools, sources),
    )
    # A scenario given as a mapping is no file: nothing is known of what else uses the folder.
    itself = {one.resolve() for one in loaded.files[:1]}
    alone = {one.resolve() for one in folder.glob("*.yaml")} == itself != set()
    return (found, warned) if alone else ([], (*found, *warned))


def own_files(loaded: Loaded) -> set[str]:
    """The paths of the files of tools that are the scenario's own, not those of a world it uses."""
    folder = loaded.layers[0].folder.resolve()
    used = {layer.folder.resolve() for layer in loaded.layers[1:]} - {folder}
    return {
        str(file.path)
        for file in loaded.tools
        if not any(file.path.resolve().is_relative_to(one) for one in used)
    }


def strange_roles(definition: Definition, box: Toolbox, own: Collection[str]) -> Iterator[Mistake]:
    """A word of warning for each role that is no archetype and no NPC, beside others that are.

    A world's tools may be for scenarios that have more archetypes: of those in no file of `own`
    only what looks misspelt is told.
    """
    kinds = {*definition.archetypes, *definition.npcs}
    for name, file in box.file_of.items():
        roles = box.tools[name].roles
        for role in roles:
            hint = nearest(role, kinds)
            if role in kinds or (file in own and not kinds & set(roles)):
                continue
            if file in own or hint:
                message = f"{name}: no archetype or NPC {role!r} among its roles"
                yield Mistake(file, _line(box.tools[name]), 1, message, hint)


def strange_candidates(world: World, box: Toolbox, own: Collection[str]) -> Iterator[Mistake]:
    """A word of warning for each candidate in a list that is the id of nothing in the world.

    `own`: as for `strange_roles`.
    """
    view = View(world)
    names: Mapping[type[Handle], Iterable[str]] = {
        Place: world.setting.places, Spot: world.spots,
        Body: world.setting.serial_of, Kind: world.setting.items,
    }  # fmt: skip
    for name, file in box.file_of.items():
        tool = box.tools[name]
        for param in tool.params:
            given = tool.candidates.get(param.name)
            kinds = [one for one in param.types if issubclass(one, Handle)]
            if callable(given) or given is None or not kinds or str in param.types:
                continue
            known = [id for kind in kinds for id in names[kind]]
            for id in given:
                if not isinstance(id, str) or any(exists(kind, id, view) for kind in kinds):
                    continue
                hint = nearest(id, known)
                if file in own or hint:
                    what = " or ".join(kind.__name__ for kind in kinds)
                    message = f"{name}: no {what} {id!r} here, among the candidates of {param.name}"
                    yield Mistake(file, _line(tool), 1, message, hint)


def _line(tool: Tool) -> int:
    return int(getattr(getattr(inspect.unwrap(tool.start), "__code__", None), "co_firstlineno", 1))


def unusable(
    definition: Definition, people: Sequence[Person], own: Mapping[str, Tool], file: str
) -> Iterator[Mistake]:
    """Each act of the scenario's own file that no NPC may use, at its line in the file.

    What a body does by its state or an event makes it do is used. Tools of a world are let be: it
    has them for others too.
    """
    done = {
        state.do.name
        for entries in definition.behaviour.values()
        for state in entries.values()
        if state.do is not None
    }
    made_do = [(event.do or "").partition(".")[2] for event in definition.events]
    done |= {text.partition("(")[0].strip() for text in made_do}
    kinds = {*definition.archetypes, *definition.npcs}
    for name, tool in own.items():
        if tool.kind != ACT:
            continue
        line = _line(tool)
        strange = next((role for role in tool.roles if role not in kinds), None)
        if strange is not None and not kinds & set(tool.roles):
            message = f"{name}: no archetype or NPC {strange!r} among its roles"
            yield Mistake(file, line, 1, message, nearest(strange, kinds))
        elif name not in done and not any(_may(person, tool) for person in people):
            hint = f"name it in somebody's `tools`, e.g. `tools: [+{name}]`"
            yield Mistake(file, line, 1, f"no NPC may use the tool {name!r}", hint)


def _may(person: Person, tool: Tool) -> bool:
    profile = person.profile
    in_role = not tool.roles or bool(profile.kinds & set(tool.roles))
    return in_role and tool.name in profile.tools


def not_theirs(
    definition: Definition, people: Sequence[Person], tools: Mapping[str, Tool], sources: Sources
) -> Iterator[Mistake]:
    """Each `+tool` given to some of whom none has a role that the tool is for."""
    for section, parts in (("archetypes", definition.archetypes), ("npcs", definition.npcs)):
        for name, part in parts.items():
            for number, entry in enumerate(part.tools):
                tool = tools.get(entry.lstrip("+").strip())
                if tool is None or not tool.roles or entry.startswith("-"):
                    continue
                having = [person.profile.kinds for person in people if name in person.profile.kinds]
                if not having:
                    having = [frozenset({name, *(one for one, _ in lineage(definition, part))})]
                if not any(kinds & set(tool.roles) for kinds in having):
                    message = f"{tool.name!r} is not for '{name}': it is for {_and(tool.roles)}"
                    yield sources.mistake((section, name, "tools", number), message)


def beyond(
    definition: Definition,
    people: Sequence[Person],
    tools: Mapping[str, Tool],
    sources: Sources,
    own: Sequence[str],
) -> Iterator[Mistake]:
    """A word of warning for each step of a plan that none of those it is meant for may do.

    Such a plan is offered to nobody. `own`: the plans of the scenario itself; one of a world
    without `who` may be for the people of other scenarios.
    """
    for name, plan in definition.plans.items():
        who = set(plan.who)
        meant = [
            one
            for one in people
            if one.profile.mind
            and (
                who & {*one.profile.kinds, one.profile.id, one.profile.name} if who else name in own
            )
        ]
        for number, step in enumerate(plan.calls if meant else ()):
            tool = tools.get(step.name)
            if tool is not None and not any(_may(one, tool) for one in meant):
                whose = " or ".join(f"'{one}'" for one in plan.who) or "NPC with a mind"
                message = f"no {whose} may use {step.name!r}, so this plan is offered to nobody"
                hint = f"add it to their `tools`: `+{step.name}`"
                yield sources.mistake(("plans", name, "steps", number), message, hint)


def replacing(
    definition: Definition, tools: Mapping[str, Tool], sources: Sources
) -> Iterator[Mistake]:
    """A word of warning for `tools: [juggle]` where `[+juggle]` looks to have been meant.

    That is: a list without signs, of one or two tools that the entry's archetypes don't have,
    which takes away all of those that they list.
    """
    for section, parts in (("archetypes", definition.archetypes), ("npcs", definition.npcs)):
        for name, part in parts.items():
            above: set[str] = set()
            for _, one in reversed(lineage(definition, part)):
                above = _listed(one.tools, above)
            if (
                above
                and part.tools
                and len(part.tools) <= FEW
                and not any(entry[:1] in ("+", "-") for entry in part.tools)
                and above.isdisjoint(part.tools)
                and all(entry in tools for entry in part.tools)
            ):
                message = f"this list takes the place of the {len(above)} tools that '{name}' has"
                signed = ", ".join(f"+{entry}" for entry in part.tools)
                hint = f"to add to them, write `tools: [{signed}]`"
                yield sources.mistake((section, name, "tools"), message, hint)


def _listed(entries: Sequence[str], above: set[str]) -> set[str]:
    """What a list of tools leaves of those above it."""
    plain = {entry for entry in entries if entry[:1] not in ("+", "-")}
    more = {entry[1:] for entry in entries if entry.startswith("+")}
    less = {entry[1:] for entry in entries if entry.startswith("-")}
    return ((plain or above) | more) - less


def nobody(
    definition: Definition, people: Sequence[Person], sources: Sources, own: Sequence[str]
) -> Iterator[Mistake]:
    """A word of warning for each archetype of the scenario's own file that has tools and is
    nobody's. `own`: those archetypes."""
    there = {kind for person in people for kind in person.profile.kinds}
    for name in own:
        if name not in there and definition.archetypes[name].tools:
            message = f"nobody is a '{name}', so nobody has its tools"
            yield sources.mistake(("archetypes", name, "tools"), message, key=True)


def _and(names: Sequence[str]) -> str:
    *some, last = names
    return f"{', '.join(some)} and {last}" if some else last
