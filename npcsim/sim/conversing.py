"""Scenes that begin by a word: who speaks to whom, who joins, and what was said in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from npcsim.sim.program import Staged
from npcsim.speech import SpeechAct
from npcsim.tools.scene import Scene
from npcsim.tools.view import View
from npcsim.world.rows import Stage
from npcsim.world.state import World

KEPT = 16
"""So many of the last utterances are kept with a scene."""


def stages_of(world: World, staged: Staged) -> list[Stage]:
    """The scenes of a kind that go on, in a fixed order."""
    found = (world.scenes[name] for name in sorted(world.scenes))
    return [stage for stage in found if stage.of == staged.name]


def begun(world: World, view: View, staged: Staged, taken: Collection[str]) -> list[Stage]:
    """New scenes of a kind: one of those it is for has spoken to another. `taken` are in one."""
    busy = {npc for name in world.scenes for npc in world.scenes[name].sitting} | set(taken)
    found = []
    for act in _spoken(world):
        who = [act.speaker, *(npc for npc in act.to if npc != act.speaker)]
        who = [npc for npc in who if npc in staged.who and npc not in busy]
        opens = act.kind in staged.scene.opens and act.speaker in who
        if opens and len(who) > 1 and _alive(world, who):
            name = f"{staged.name} {act.speaker}@{view.tick}"
            found.append(
                Stage(name, tuple(who), view.tick, view.tick, said=(act,), spoke=1, of=staged.name)
            )
            busy |= set(who)
    return found


def with_words(
    world: World, view: View, staged: Staged, stage: Stage, taken: Collection[str]
) -> Stage:
    """The scene with what was said in it at the tick before, and who joined by that."""
    said = []
    for act in _spoken(world):
        part = {act.speaker, *act.to}
        if part.isdisjoint(stage.sitting) or not (act.speaker in stage.sitting or stage.of):
            continue
        if stage.of:
            stage = _joined(world, staged, stage, act, taken)
        if act.speaker in stage.sitting:
            said.append(act)
    if not said:
        return stage
    return replace(
        stage, latest=view.tick, said=(*stage.said, *said)[-KEPT:], spoke=stage.spoke + len(said)
    )


def _joined(
    world: World, staged: Staged, stage: Stage, act: SpeechAct, taken: Collection[str]
) -> Stage:
    """The scene with those who come into it as they speak or are spoken to."""
    scene: Scene = staged.scene
    busy = {npc for name in world.scenes for npc in world.scenes[name].sitting} | set(taken)
    room = getattr(scene, "most", len(staged.who)) - len(stage.sitting)
    new = [
        npc
        for npc in dict.fromkeys((act.speaker, *act.to))
        if npc in staged.who and npc not in busy and npc not in stage.sitting
    ]
    new = [npc for npc in new if _alive(world, [npc])][: max(0, room)]
    if not new or act.kind == "bye":
        return stage
    who = tuple(dict.fromkeys((*stage.who, *new)))
    return replace(stage, who=who, sits=(*stage.sitting, *new))


def _spoken(world: World) -> Iterable[SpeechAct]:
    """What was said at the tick before, in the order it became true."""
    for heard in world.signals:
        if heard.about == "speech" and heard.act is not None and heard.act.speaker == heard.source:
            yield heard.act


def _alive(world: World, who: Iterable[str]) -> bool:
    rows = [world.setting.serial_of[npc] for npc in who]
    return bool(world.columns["alive"][rows].all())
