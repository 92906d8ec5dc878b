"""Walking by keys and clicks: a press is a tile, a click is a goal."""

from __future__ import annotations

from npcsim.viz.play.hand import Hand

SEND_S = 0.1
"""Seconds between two inputs of walking: presses in between are one."""
KEPT_S = 1.5
"""Seconds for which presses add up to one way; later ones begin where the body is."""


class Walk:
    """`goal` is the tile that is walked to, None while none is."""

    def __init__(self, hand: Hand) -> None:
        self.goal: tuple[int, int] | None = None
        self._hand = hand
        self._send = False
        self._since = SEND_S
        self._pressed = KEPT_S

    def step(self, dx: int, dy: int) -> None:
        """One tile farther, if one can stand there."""
        at = self._at()
        if at is None:
            return
        base = self.goal if self.goal is not None and self._pressed < KEPT_S else at
        goal = (base[0] + dx, base[1] + dy)
        self._pressed = 0.0
        if self._is_free(goal):
            self.goal, self._send = goal, True
            self._hand.tell("")
        else:
            self._hand.tell("something is in the way", wrong=True)

    def to(self, x: float, y: float) -> None:
        """To a point, in tiles."""
        if self._at() is not None:
            self.goal, self._send = (int(x // 1), int(y // 1)), True

    def halt(self) -> None:
        """Stand still."""
        me = self._hand.me
        self.goal, self._send = None, False
        if me is None:
            self._hand.tell("be somebody first: choose an NPC and press G", wrong=True)
        else:
            self._hand.put({"walk": me.id})

    def advance(self, seconds: float) -> None:
        """Send the newest goal, and forget it where it is reached."""
        self._since += seconds
        self._pressed += seconds
        if self._hand.me is None:
            self.goal, self._send = None, False
        elif self._send and self._since >= SEND_S and self.goal is not None:
            self._send, self._since = False, 0.0
            x, y = self.goal[0] + 0.5, self.goal[1] + 0.5
            self._hand.put({"walk": self._hand.npc, "x": x, "y": y}, None, self._no_ground)
        elif self.goal is not None and self.goal == self._here() and self._pressed > KEPT_S:
            self.goal = None

    def _no_ground(self, why: str) -> None:
        """In a world of places alone one goes to the place that is nearest to the goal."""
        scene, goal = self._hand.player.scene, self.goal
        self.goal = None
        places = scene.started.places if scene.started is not None else ()
        if goal is None or not places or "go_to" not in why:
            self._hand.tell(why, wrong=True)
            return
        nearest = min(places, key=lambda one: (one.x - goal[0]) ** 2 + (one.y - goal[1]) ** 2)
        self._hand.put({"do": f"{self._hand.npc}.go_to", "args": [nearest.id]})

    def _at(self) -> tuple[int, int] | None:
        if self._hand.need() is None:
            return None
        here = self._here()
        if here is None:
            self._hand.tell("be somebody first: choose an NPC and press G", wrong=True)
        return here

    def _here(self) -> tuple[int, int] | None:
        me, scene = self._hand.me, self._hand.player.scene
        return None if me is None else (int(scene.x[me.row] // 1), int(scene.y[me.row] // 1))

    def _is_free(self, tile: tuple[int, int]) -> bool:
        started = self._hand.player.scene.started
        picture = started.picture if started is not None else None
        if picture is None:
            return True
        x, y = tile
        inside = 0 <= x < picture.width and 0 <= y < picture.height
        return inside and not (picture.blocked and picture.blocked[y * picture.width + x])
