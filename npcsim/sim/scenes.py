"""Scenes: when they begin and end, whose move it is, and what was done in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.effects import SINGLE, shown
from npcsim.npc.perception import Perceived
from npcsim.reflex.guards import holds
from npcsim.sim.conversing import begun, stages_of, with_words
from npcsim.sim.program import Program, Staged
from npcsim.tools.view import Body, View
from npcsim.world.commit import Bundle, Wanted
from npcsim.world.rows import Stage
from npcsim.world.state import World

LEFT, FELL, TIME, BROKEN = "left", "fell", "time is up", "broken"


class SceneBroke(Exception):
    """A scene's own code raised, or gave back something of another kind."""


@dataclass(frozen=True, slots=True)
class Word:
    """What one who sits in a scene may do now: by these tools, none while others have the word.

    `why`: what is put before a mind that has it; empty for the usual. `others`: those whose words
    are answered by moves alone.
    """

    tools: frozenset[str]
    why: str = ""
    others: frozenset[str] = frozenset()


def play(world: World, view: View, program: Program, wanted: Wanted) -> dict[str, Word]:
    """Begin and end scenes, note what was done. -> who sits in one, and what they may do now."""
    allowed: dict[str, Word] = {}
    for staged in program.scenes:
        for stage in _stages(world, view, staged, wanted, allowed):
            for npc in stage.sitting:
                if npc not in allowed:
                    allowed[npc] = _word(view, program, staged, stage, npc, wanted)
    return allowed


def _stages(
    world: World, view: View, staged: Staged, wanted: Wanted, allowed: Mapping[str, Word]
) -> Iterator[Stage]:
    """The scenes of a kind that go on after this tick's beginning."""
    if staged.scene.opens:
        old = stages_of(world, staged)
        for stage in begun(world, view, staged, allowed):
            opened = _opened(view, staged, stage, wanted)
            if opened is not None:
                yield opened
        going = [_go_on(world, view, staged, stage, wanted, allowed) for stage in old]
    elif (stage_now := world.scenes.get(staged.name)) is None:
        going = [_begin(world, view, staged, wanted, allowed)]
    else:
        going = [_go_on(world, view, staged, stage_now, wanted, allowed)]
    yield from (stage for stage in going if stage is not None)


def without_words(seen: Perceived, word: Word) -> Perceived:
    """What is perceived without what is said to one that moves alone answer."""
    return replace(
        seen,
        spoken=tuple(heard for heard in seen.spoken if heard.source not in word.others),
        offers=tuple(heard for heard in seen.offers if heard.source not in word.others),
    )


def _begin(
    world: World, view: View, staged: Staged, wanted: Wanted, taken: Mapping[str, Any]
) -> Stage | None:
    before = world.fired.get(f"scene {staged.name}") is not None
    if before and not staged.again:
        return None
    busy = {npc for other in world.scenes for npc in world.scenes[other].sitting} | set(taken)
    if busy & set(staged.who) or _why_over(world, view, staged, staged.who):
        return None
    stage = Stage(staged.name, staged.who, view.tick, view.tick)
    return _opened(view, staged, stage, wanted, anew=before)


def _opened(
    view: View, staged: Staged, stage: Stage, wanted: Wanted, *, anew: bool = False
) -> Stage | None:
    try:
        kept = _asked(lambda: _plain(staged.scene.keeps(stage, view)))
        stage = replace(stage, kept=kept)
        if anew and not _asked(lambda: staged.scene.again(stage, view)):
            return None
    except SceneBroke as broke:
        _tell(view, staged, wanted, broke)
    wanted.fired[f"scene {staged.name}"] = view.tick
    wanted.scenes[stage.scene] = stage
    wanted.told.append(ev.SceneBegan(view.tick, stage.scene, stage.who))
    _effects(view, staged, wanted, lambda: staged.scene.begins(stage, view))
    return stage


def _go_on(
    world: World,
    view: View,
    staged: Staged,
    stage: Stage,
    wanted: Wanted,
    taken: Mapping[str, Any],
) -> Stage | None:
    after = with_words(world, view, staged, _with_deeds(world, view, stage), taken)
    here = [npc for npc in stage.sitting if npc in stage.who]
    outcome = _why_over(world, view, staged, here)
    if not outcome and here and staged.ticks and view.tick - stage.since >= staged.ticks:
        outcome = TIME
    told: Mapping[str, Any] = {}
    try:
        own = "" if outcome == FELL else _asked(lambda: staged.scene.outcome(after, view))
        if not isinstance(own, str):
            raise SceneBroke(f"gave the outcome {shown(own)}, which is no text")
        # What was agreed stands, also where they part in the same tick.
        outcome = own or outcome
        if outcome:
            told = _asked(lambda: _checked(staged.scene.told(after, view, outcome)))
        else:
            after = _seated(world, view, staged, after)
    except SceneBroke as broke:
        _tell(view, staged, wanted, broke)
        outcome = BROKEN
    if outcome:
        wanted.scenes[stage.scene] = None
        wanted.told.append(
            ev.SceneEnded(view.tick, stage.scene, after.who, outcome, stage.since, dict(told))
        )
        _effects(view, staged, wanted, lambda: staged.scene.ends(after, view, outcome))
        return None
    if after != stage:
        wanted.scenes[stage.scene] = after
    return after


def _seated(world: World, view: View, staged: Staged, stage: Stage) -> Stage:
    """The scene with those who sit at it from now on."""
    sits = _asked(lambda: tuple(map(str, staged.scene.sits(stage, view))))
    for npc in sits:
        if npc not in (world.setting.serial_of if staged.scene.opens else world.minds):
            raise SceneBroke(f"seats {npc!r}, who is nobody with a mind")
    return replace(stage, sits=None if sits == stage.who else sits)


def _why_over(world: World, view: View, staged: Staged, here: Sequence[str]) -> str:
    """Why the scene can't go on with those of it who sit there; an empty text where it can."""
    if not here:
        return ""
    rows = np.array([world.setting.serial_of[npc] for npc in here], np.uint32)
    if not world.columns["alive"][rows].all():
        return FELL
    if staged.when is not None and not holds(staged.when, view.senses, rows).all():
        return LEFT
    return ""


def _with_deeds(world: World, view: View, stage: Stage) -> Stage:
    """The scene with what the minds of those in it did at the tick before.

    What came to nothing, or was broken off, was not done.
    """
    for npc in stage.sitting:
        ending = world.endings.get(npc)
        if ending is None or ending.how != "done":
            continue
        if ending.tick == view.tick - 1 > stage.since:
            stage = replace(
                stage, latest=view.tick, done=(*stage.done, ending.tool), by=(*stage.by, npc),
                what=(*stage.what, ending.args), at=(*stage.at, ending.tick),
            )  # fmt: skip
    return stage


def _word(
    view: View, program: Program, staged: Staged, stage: Stage, npc: str, wanted: Wanted
) -> Word:
    me = Body(view, npc)
    mine = frozenset(tool.name for tool in program.lore.tools_of(me))
    mine |= {tool.name for tool in staged.scene.tools}
    others = frozenset(stage.sitting) if staged.scene.answers else frozenset()
    try:
        moves = _asked(lambda: staged.scene.moves(stage, me, view))
        tools = mine if moves is None else mine & frozenset(_asked(lambda: [str(m) for m in moves]))
        why = _asked(lambda: staged.scene.why(stage, me, view)) if tools else ""
        if not isinstance(why, str):
            raise SceneBroke(f"puts {shown(why)} before a mind, which is no text")
        return Word(tools, why, others)
    except SceneBroke as broke:
        _tell(view, staged, wanted, broke)
        return Word(mine, "", others)


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


def _plain(value: Any) -> Any:
    """What a scene keeps, as the world can keep it. Raises `SceneBroke` for anything else."""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return tuple(_plain(one) for one in value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is None or isinstance(value, str | bool) or (number and abs(value) < 1e300):
        return value
    raise SceneBroke(f"keeps {shown(value)}, which is no plain value")


def _checked(told: Any) -> Mapping[str, Any]:
    """What a scene tells the log, if the log can keep it. Raises `ValueError` and such if not."""
    return dict(json.loads(json.dumps(told, allow_nan=False)))


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
