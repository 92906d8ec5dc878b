"""Scenes: when they begin and end, whose move it is, and what was done in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from npcsim import events as ev
from npcsim.effects import SINGLE, shown
from npcsim.reflex.guards import holds
from npcsim.sim.program import Program, Staged
from npcsim.tools.view import Body, View
from npcsim.world.commit import Bundle, Wanted
from npcsim.world.rows import Stage
from npcsim.world.state import World

LEFT, FELL, TIME, BROKEN = "left", "fell", "time is up", "broken"


class SceneBroke(Exception):
    """A scene's own code raised, or gave back something of another kind."""


def play(world: World, view: View, program: Program, wanted: Wanted) -> dict[str, frozenset[str]]:
    """Begin and end scenes, note what was done. -> who is in one, and the tools it may use now."""
    allowed: dict[str, frozenset[str]] = {}
    for staged in program.scenes:
        stage = world.scenes.get(staged.name)
        if stage is None:
            stage = _begin(world, view, program, staged, wanted, allowed)
        else:
            stage = _go_on(world, view, staged, stage, wanted)
        if stage is not None:
            for npc in stage.who:
                allowed[npc] = _moves(view, program, staged, stage, npc, wanted)
    return allowed


def _begin(
    world: World,
    view: View,
    program: Program,
    staged: Staged,
    wanted: Wanted,
    taken: dict[str, Any],
) -> Stage | None:
    if world.fired.get(f"scene {staged.name}") is not None and not staged.again:
        return None
    busy = {npc for other in world.scenes for npc in world.scenes[other].who} | set(taken)
    if busy & set(staged.who) or _why_over(world, view, staged):
        return None
    stage = Stage(staged.name, staged.who, view.tick, view.tick)
    wanted.fired[f"scene {staged.name}"] = view.tick
    wanted.scenes[staged.name] = stage
    wanted.told.append(ev.SceneBegan(view.tick, staged.name, staged.who))
    _effects(view, staged, wanted, lambda: staged.scene.begins(stage, view))
    return stage


def _go_on(world: World, view: View, staged: Staged, stage: Stage, wanted: Wanted) -> Stage | None:
    after = _with_deeds(world, view, stage)
    outcome = _why_over(world, view, staged)
    if not outcome and staged.ticks and view.tick - stage.since >= staged.ticks:
        outcome = TIME
    try:
        own = "" if outcome == FELL else _asked(lambda: staged.scene.outcome(after, view))
        if not isinstance(own, str):
            raise SceneBroke(f"gave the outcome {shown(own)}, which is no text")
        # What was agreed stands, also where they part in the same tick.
        outcome = own or outcome
    except SceneBroke as broke:
        _tell(view, staged, wanted, broke)
        outcome = BROKEN
    if outcome:
        wanted.scenes[staged.name] = None
        wanted.told.append(ev.SceneEnded(view.tick, staged.name, stage.who, outcome))
        _effects(view, staged, wanted, lambda: staged.scene.ends(after, view, outcome))
        return None
    if after != stage:
        wanted.scenes[staged.name] = after
    return after


def _why_over(world: World, view: View, staged: Staged) -> str:
    """Why the scene can't go on with those who are in it; an empty text where it can."""
    if not world.columns["alive"][staged.rows].all():
        return FELL
    if staged.when is not None and not holds(staged.when, view.senses, staged.rows).all():
        return LEFT
    return ""


def _with_deeds(world: World, view: View, stage: Stage) -> Stage:
    """The scene with what the minds of those in it did at the tick before."""
    for npc in stage.who:
        ending = world.endings.get(npc)
        if ending is not None and ending.tick == view.tick - 1 > stage.since:
            stage = replace(
                stage, latest=view.tick, done=(*stage.done, ending.tool), by=(*stage.by, npc)
            )
    return stage


def _moves(
    view: View, program: Program, staged: Staged, stage: Stage, npc: str, wanted: Wanted
) -> frozenset[str]:
    me = Body(view, npc)
    mine = frozenset(tool.name for tool in program.lore.tools_of(me))
    try:
        moves = _asked(lambda: staged.scene.moves(stage, me, view))
        return mine if moves is None else mine & frozenset(_asked(lambda: [str(m) for m in moves]))
    except SceneBroke as broke:
        _tell(view, staged, wanted, broke)
        return mine


def _effects(view: View, staged: Staged, wanted: Wanted, part: Callable[[], Any]) -> None:
    try:
        effects = _asked(lambda: tuple(part()))
        for effect in effects:
            if not isinstance(effect, SINGLE):
                raise SceneBroke(f"returned {shown(effect)}, which is no effect")
    except SceneBroke as broke:
        _tell(view, staged, wanted, broke)
        return
    if effects:
        wanted.bundles.append(Bundle("", staged.name, effects, "input"))


def _asked(part: Callable[[], Any]) -> Any:
    """Run a part of a scene. Raises `SceneBroke` for anything unforeseen."""
    try:
        return part()
    except (Exception, SystemExit) as error:
        # A scene is the author's code: whatever it raises must not end the tick.
        raise SceneBroke(f"raised {shown(error, 200)}") from error


def _tell(view: View, staged: Staged, wanted: Wanted, broke: SceneBroke) -> None:
    text = f"the scene {staged.name} {broke}"
    wanted.told.append(ev.Rejected(view.tick, "", staged.name, text, ()))
