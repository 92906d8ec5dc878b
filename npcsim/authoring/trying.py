"""Try one tool as one NPC at one moment of a scenario: legal calls, effects, utilities, scores."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from npcsim.assembly.build import Built, read
from npcsim.assembly.code.recipe import load_tools
from npcsim.assembly.runs.session import equipped, models_of, open_session, start_models
from npcsim.assembly.runs.watching import tick_at
from npcsim.authoring.schema_export import duration_text
from npcsim.authoring.strange import strange
from npcsim.authoring.trial import Looked, PlanUse, Refusal, Trial, TriedCall
from npcsim.authoring.weighing import weigh
from npcsim.effects import Add, Effect, Signal
from npcsim.errors import MissingExtra, ModelError, NpcsimError, ScenarioError, ToolRefused
from npcsim.messages import Model
from npcsim.npc import choosing
from npcsim.npc.npc import Plan
from npcsim.reflex.guards import holds
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import clock_text
from npcsim.sim.outside import as_json
from npcsim.sim.program import Program
from npcsim.sim.works import LiveWorks
from npcsim.tools.asking import answer, sentence, sentences
from npcsim.tools.binding import Bound, ToolBroke, begin, ending, utility
from npcsim.tools.builtin import BUILTIN
from npcsim.tools.options import attempts, bindings, candidates, not_ready, options
from npcsim.tools.tool import ASK, OUTSIDE, Param, Tool
from npcsim.tools.view import Body, View
from npcsim.tools.wording import lint
from npcsim.world import remembering, rules
from npcsim.world.rows import Act

MOST_CALLS = 200
LONGEST_RESULT = 300
NOT_CALLED = "it reaches outside, which is not called here; `--outside` calls it"
WAITS = "it goes on until an input ends it"


async def try_tool(
    tools_file: Path,
    tool: str,
    npc: str,
    scenario: Path,
    *,
    at: str | None = None,
    overrides: Sequence[str] = (),
    models: bool = True,
    outside: bool = False,
) -> Trial:
    """Lay a tools.py over a scenario's tools, live it on reflexes up to `at`, and try one tool.

    at: "07:30", "day 2 09:00" or a tick; None is the beginning. models: whether the models of the
    scenario's tiers are asked too, a paid one at its price. outside: whether what tools reach out
    to is called: by whoever does so up to then, and by the first legal call. Raises ScenarioError,
    ToolBroke for a tool that breaks, and NpcsimError for names there are not.
    """
    built = read(scenario, overrides, own_tools(tools_file))
    session = await open_session(built, models={}, outside=outside)
    try:
        simulation = session.simulation
        until = tick_at(simulation.started, at, 0)
        last = simulation.started.end_tick
        if 0 < last < until:
            raise NpcsimError(f"--at {at} is after the end of the scenario (tick {last})")
        while simulation.tick < until:
            await simulation.step()
        view = simulation.view
        me = _somebody(view, npc)
        asked, notes = await _models(built) if models and me.profile.mind else ({}, [])
        found = _found(built.program, tool)
        every = built.program.tools.values()
        notes += [one.said for one in lint(every, view.language) if one.tool is found]
        try:
            return await _trial(found, me, built, asked, notes, outside)
        finally:
            for model in asked.values():
                await model.close()
    finally:
        await session.close()


def own_tools(file: Path) -> dict[str, Tool]:
    """The tools of a tools.py by name, the built-in ones left out. Raises ScenarioError."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NpcsimError(f"can't read {file}: {error}") from error
    built_in = {tool.name for tool in BUILTIN}
    found = load_tools(text, str(file))
    return {name: tool for name, tool in found.items() if name not in built_in}


def _found(program: Program, name: str) -> Tool:
    if name not in program.tools:
        hint = nearest(name, program.tools) or f"there are {', '.join(sorted(program.tools))}"
        raise NpcsimError(f"no tool {name!r}; {hint}")
    return program.tools[name]


def _somebody(view: View, name: str) -> Body:
    profiles = view.world.setting.profiles
    for profile in profiles:
        if name in (profile.id, profile.name):
            return view.npc(profile.id)
    known = [profile.id for profile in profiles]
    hint = nearest(name, known) or f"there are {', '.join(known[:20])}"
    raise NpcsimError(f"no NPC {name!r}; {hint}")


async def _models(built: Built) -> tuple[dict[str, Model], list[str]]:
    """The scenario's models by tier, started; and why others could not be."""
    started: dict[str, Model] = {}
    try:
        found = models_of(built)
    except (MissingExtra, ScenarioError) as error:
        return {}, [f"no model was asked: {str(error).splitlines()[0]}"]
    notes = []
    for tier, model in found.items():
        try:
            await start_models({tier: model})
            started[tier] = model
        except ModelError as error:
            notes.append(f"the {tier} model was not asked: {error}")
            await model.close()
    return started, notes


async def _trial(
    tool: Tool,
    me: Body,
    built: Built,
    models: Mapping[str, Model],
    notes: list[str],
    outside: bool,
) -> Trial:
    program, view = equipped(built, models)[0], me.view
    lore = program.lore
    world = view.world
    reason = not_ready(tool, me, view)
    looks = tool.kind == ASK
    calls, refusals = ([], []) if looks or reason is not None else _calls(tool, me, view)
    if calls and outside and tool.on_outside is not None:
        calls[0] = await _reached(calls[0], tool, me, built.definition.think.guard / 1000)
    parts = built.definition.plans
    uses = [
        _plan_use(plan, parts[plan.name].when or "", tool, me)
        for plan in lore.plans_of(me)
        if any(step[0] == tool.name for step in plan.steps)
    ]
    permitted = tool.name in me.profile.tools
    if tool.kind == ASK:
        return _asked(tool, me, program, permitted, reason or "", notes)
    rank, of = _rank(tool, me, view, program) if permitted and calls else (0, 0)
    react = plan = objects = None
    if me.profile.mind and me.alive:
        react = await weigh("react", {tool.name}, me, program, models, notes)
        names = {use.name for use in uses}
        plan = await weigh("plan", names, me, program, models, notes)
        objects = await weigh("object", {tool.name}, me, program, models, notes) if calls else None
    act = world.acts.get(me.id)
    return Trial(
        tool.name, tool.doc, me.id, me.name, clock_text(world.now_ms), view.tick,
        me.place, act.tool if act is not None else "", me.alive, me.profile.mind, permitted,
        tuple(sorted(me.profile.kinds - {me.id})), _held(me, program), reason or "",
        "" if reason is not None or calls or refusals else _lacking(tool, me, view),
        tuple(calls), tuple(refusals), rank, of, react, plan, tuple(uses), lore.temper,
        tuple(notes), objects,
    )  # fmt: skip


def _asked(
    tool: Tool, me: Body, program: Program, permitted: bool, reason: str, notes: list[str]
) -> Trial:
    """An ask tool: what it answers, and what of that is part of the situation."""
    view = me.view
    answers: list[Looked] = []
    refused: dict[str, list[str]] = {}
    for args in [] if reason else islice(bindings(tool, me, view), MOST_CALLS):
        bound = Bound(tool, args)
        try:
            data = json.dumps(answer(bound, me, view), ensure_ascii=False)
            answers.append(Looked(_written(bound), data, sentence(bound, me, view)))
        except ToolRefused as why:
            refused.setdefault(str(why), []).append(_written(bound))
    broken: list[ToolBroke] = []
    lines = sentences(me, view, program.lore.asks_of(me), broken)
    notes += [f"left out, as it broke: {broke}" for broke in broken]
    act = view.world.acts.get(me.id)
    return Trial(
        tool.name, tool.doc, me.id, me.name, clock_text(view.world.now_ms), view.tick, me.place,
        act.tool if act is not None else "", me.alive, me.profile.mind, permitted,
        tuple(sorted(me.profile.kinds - {me.id})), "", reason,
        "" if reason or answers or refused else _lacking(tool, me, view), (),
        tuple(Refusal(why, len(which), which[0]) for why, which in refused.items()),
        0, 0, None, None, (), program.lore.temper, tuple(notes), None, True, tuple(answers), lines,
    )  # fmt: skip


def _held(me: Body, program: Program) -> str:
    """The state that holds the body, or an empty text."""
    columns = me.view.world.columns
    machine = int(columns["machine"][me.row])
    if machine < 0:
        return ""
    state = program.machines[machine].states[int(columns["state"][me.row])]
    return "" if state.free else state.name


def _calls(tool: Tool, me: Body, view: View) -> tuple[list[TriedCall], list[Refusal]]:
    legal: list[TriedCall] = []
    refused: dict[str, list[str]] = {}
    for number, attempt in enumerate(attempts(tool, me, view)):
        if number == MOST_CALLS:
            break
        if attempt.refused:
            refused.setdefault(attempt.refused, []).append(_written(attempt.bound))
        else:
            legal.append(_tried(attempt.bound, attempt.effects, me, view))
    refusals = [Refusal(why, len(which), which[0]) for why, which in refused.items()]
    return legal, refusals


def _tried(bound: Bound, effects: tuple[Effect, ...], me: Body, view: View) -> TriedCall:
    tool, text = bound.tool, bound.text(bound.tool.option, me)
    worth = utility(bound, me, view)
    if any(param.is_words for param in tool.params):
        return TriedCall(_written(bound), text, worth, "", _shown(effects), (), ())
    bundle = begin(bound, me, view, 0, "mind")
    act = bundle.act
    assert act is not None
    tick_ms = view.world.setting.tick_ms
    takes = duration_text((act.due - view.tick) * tick_ms) if act.due != view.tick else "no time"
    if act.due < 0:
        takes = "until it is ended from outside" if tool.takes == OUTSIDE else "until arrival"
    finish, finish_odd = ((), []) if tool.from_outside else _end(tool, act, me, "finish")
    broken_off, broken_off_odd = _end(tool, act, me, "interrupted")
    odd = [strange(view.world, effect) for effect in bundle.effects]
    odd += [f"{tool.name}.finish: {one}" for one in finish_odd]
    odd += [f"{tool.name}.interrupted: {one}" for one in broken_off_odd]
    reaches = NOT_CALLED if tool.on_outside is not None else WAITS
    return TriedCall(
        _written(bound), text, worth, takes, _shown(bundle.effects), finish,
        broken_off, _rejected(bundle.effects, me), reaches if tool.from_outside else "",
        tuple(dict.fromkeys(one for one in odd if one)),
    )  # fmt: skip


def _end(tool: Tool, act: Act, me: Body, phase: str) -> tuple[tuple[str, ...], list[str]]:
    """What would come of an act if it ended now. -> (its effects, what they name that is not)"""
    try:
        effects = ending(tool, act, me, me.view, phase).effects
    except ToolRefused as refused:
        return (f"refused: {refused}",), []
    return _shown(effects), [odd for one in effects if (odd := strange(me.view.world, one))]


async def _reached(call: TriedCall, tool: Tool, me: Body, guard_s: float) -> TriedCall:
    """The first legal call with what came of its work outside, which is called for it."""
    bound = next(one.bound for one in attempts(tool, me, me.view) if not one.refused)
    act = begin(bound, me, me.view, 0, "mind").act
    assert act is not None
    assert tool.on_outside is not None
    works = LiveWorks(guard_s, paced=False)
    came = await works.worked(tool.on_outside, act)
    await works.close()
    ((way, what),) = came.items()
    if way != "result":
        return replace(call, outside=f"{way}: {what}")
    text = as_json(what)
    act = replace(act, result_text=text)
    said = text if len(text) <= LONGEST_RESULT else f"{text[: LONGEST_RESULT - 3]}..."
    return replace(call, outside=f"{way} {said}", finish=_end(tool, act, me, "finish")[0])


def _rejected(effects: Sequence[Effect], me: Body) -> str:
    """Why the world would not let these happen now, or an empty text. Leaves it as it was."""
    undos = []
    try:
        for effect in effects:
            if not isinstance(effect, Add | Signal):
                # One by one: those before an illegal effect must be undone.
                undos.append(remembering.apply(me.view.world, effect)[0])  # noqa: PERF401
    except rules.Illegal as illegal:
        return str(illegal)
    finally:
        for undo in reversed(undos):
            undo()
    return ""


def _written(bound: Bound) -> str:
    values = ", ".join(str(value) for _, value in bound.plain)
    return f"{bound.tool.name}({values})" if values else bound.tool.name


def _shown(effects: Sequence[Effect]) -> tuple[str, ...]:
    shown = []
    for effect in effects:
        fields = [getattr(effect, name) for name in type(effect).__match_args__]
        while fields and fields[-1] in (None, ""):
            fields.pop()
        said = (value if isinstance(value, str) else repr(value) for value in fields)
        shown.append(f"{type(effect).__name__}({', '.join(said)})")
    return tuple(shown)


def _lacking(tool: Tool, me: Body, view: View) -> str:
    """The parameter that nothing can be chosen for, or an empty text."""

    def first(rest: Sequence[Param], bound: Mapping[str, Any]) -> str:
        if not rest:
            return ""
        param = rest[0]
        if param.is_words:
            return first(rest[1:], bound)
        lacks = [
            first(rest[1:], {**bound, param.name: value})
            for value in candidates(tool, param, me, view, bound)
        ]
        if not lacks:
            return param.name
        return "" if "" in lacks else lacks[0]

    return first(tool.params, {})


def _rank(tool: Tool, me: Body, view: View, program: Program) -> tuple[int, int]:
    """-> (the place of the tool's best call among all legal calls by utility, how many)."""
    worths = []
    best = -1.0
    for option in options(me, view, program.lore.tools_of(me), []):
        worths.append(option.utility)
        if option.tool.name == tool.name:
            best = max(best, option.utility)
    return 1 + sum(worth > best for worth in worths), len(worths)


def _plan_use(plan: Plan, when: str, tool: Tool, me: Body) -> PlanUse:
    step = next(step for step in plan.steps if step[0] == tool.name)
    row = np.array([me.row], np.uint32)
    can = plan.when is None or bool(holds(plan.when, me.view.senses, row)[0])
    call = f"{step[0]}({', '.join(step[1:])})" if step[1:] else step[0]
    return PlanUse(plan.name, plan.option, call, can, when, choosing.worth(plan, me, me.view))
