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

from collections.abc import Iterable
from typing import Any

from npcsim.tools.view import Body, View
from npcsim.world.rows import Stage


class Scene:
    """What every scene can do. Override what differs; a scene is made once for a run."""

    def begins(self, now: Stage, view: View) -> list[Any]:
        """Effects when it begins."""
        return []

    def moves(self, now: Stage, me: Body, view: View) -> Iterable[str] | None:
        """The tools `me` may use now: empty, while others have the word; None for all its tools.

        As it is here, they take turns in the order the scenario names them.
        """
        return None if now.turn_of == me.id else ()

    def outcome(self, now: Stage, view: View) -> str:
        """How it has come out; an empty text while it goes on."""
        return ""

    def ends(self, now: Stage, view: View, outcome: str) -> list[Any]:
        """Effects when it ends, whatever the outcome: its own, `left`, `fell` or `time is up`."""
        return []
