"""Scenes: several NPCs together for a while, by rules of their own, written as a Python class.

    class Parley(Scene):
        def moves(self, now, me, view):
            return ("barter", "accept", "say", "wait") if now.turn_of == me.id else ()

        def outcome(self, now, view):
            return "agreed" if "accept" in now.done else ""

    SCENES = [Parley]

A scenario names it: `scenes: {talks: {class: Parley, who: [Nia, Odo], when: at(Parley)}}`. Like
tools, scenes are pure over what they are given and keep nothing: what must last is in `Stage`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from npcsim.tools.tool import Tool
from npcsim.tools.view import Body, View
from npcsim.world.rows import Stage


class Scene:
    """What every scene can do. Override what differs; a scene is made once for a run."""

    tools: ClassVar[tuple[Tool, ...]] = ()
    """Tools that it brings along: all who are in it may use them, whatever tools they have."""
    answers: ClassVar[bool] = False
    """Whether what those in it say to each other is answered by moves alone, each in its turn."""
    opens: ClassVar[frozenset[str]] = frozenset()
    """Speech acts (see `npcsim.speech`) by which one whom it is for begins it with another. There
    may then be several at a time, of those who speak; who has no mind may be in it."""

    def begins(self, now: Stage, view: View) -> list[Any]:
        """Effects when it begins."""
        return []

    def keeps(self, now: Stage, view: View) -> Iterable[Any]:
        """What it keeps from its beginning as `now.kept`: plain values, and tuples of them."""
        return ()

    def again(self, now: Stage, view: View) -> bool:
        """Whether it may begin anew now, where the scenario lets it; `now`: as it would begin."""
        return True

    def sits(self, now: Stage, view: View) -> Iterable[str]:
        """Who sits at it now: whose plans rest, and who may have the word. As it is here, all.

        Somebody not in `now.who` may be among them. Who does not sit at it can neither leave it
        nor fall in it, and while none of `now.who` does, its time does not run out.
        """
        return now.who

    def moves(self, now: Stage, me: Body, view: View) -> Iterable[str] | None:
        """The tools `me` may use now: empty, while others have the word; None for all its tools.

        As it is here, they take turns in the order the scenario names them.
        """
        return None if now.turn_of == me.id else ()

    def why(self, now: Stage, me: Body, view: View) -> str:
        """What is put before a mind that has the word, in a sentence; empty for the usual one."""
        return ""

    def outcome(self, now: Stage, view: View) -> str:
        """How it has come out; an empty text while it goes on."""
        return ""

    def ends(self, now: Stage, view: View, outcome: str) -> list[Any]:
        """Effects when it ends, whatever the outcome: its own, `left`, `fell` or `time is up`."""
        return []

    def told(self, now: Stage, view: View, outcome: str) -> Mapping[str, Any]:
        """What the log says of how it went, as plain data; nobody in the world gets to know it."""
        return {}


def playing(me: Body, view: View) -> tuple[Scene, Stage] | None:
    """The scene that somebody sits at now, and how it stands; None for none."""
    for name, stage in view.world.scenes.items():
        kind = stage.of or name
        if me.id in stage.sitting and kind in view.world.setting.scenes:
            return view.world.setting.scenes[kind], stage
    return None
