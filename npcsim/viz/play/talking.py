"""Talking with an NPC: the player walks up to it, is heard when it listens, reads the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from npcsim.viz.draw.widgets.field import Field
from npcsim.viz.people import Person
from npcsim.viz.play.hand import Hand

NEAR = 2.0
"""Tiles within which one stays while one talks."""
CLOSE = 4.0
"""Tiles within which one talks."""
REACH = 16.0
"""Tiles within which somebody is found to talk with, where nobody is chosen."""
LISTEN_S = 12.0
"""Seconds for which one waits for somebody who is lost in thought."""
TRIES = 5
"""So often something is said anew to one who has walked off."""
LINES = 60
WAYS = ("follow", "go_to")
TOO_FAR = "talk to"
NOBODY = "nobody to talk with is near: choose an NPC first"
FIRST = "be somebody first: choose an NPC and press G, or begin with `npcsim watch --as NAME`"


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the talk: whose it is, the words, and whether it is the player's own."""

    who: str
    words: str
    mine: bool
    tick: int


class Talk:
    """`partner` is the id of whom one talks with, empty for nobody; `waiting` the words that are
    said as soon as it is near and listens; `status` is what it does about them."""

    def __init__(self, hand: Hand) -> None:
        self.field = Field("say something; Enter says it, Esc ends the talk")
        self.partner = ""
        self.waiting = ""
        self.lines: list[Said] = []
        self._hand = hand
        self._patience = 0.0
        self._walked = 0.0
        self._since = -1
        self._asked = -1
        self._said = ""
        self._tries = 0
        hand.refused.append(self._refused)

    @property
    def other(self) -> Person | None:
        return self._hand.player.scene.by_id.get(self.partner)

    def begin(self, chosen: Person | None) -> bool:
        """Talk with the chosen one, or with who is nearest. -> whether there is somebody"""
        me = self._hand.me
        if self._hand.need() is None:
            return False
        if me is None:
            self._hand.tell(FIRST, wrong=True)
            return False
        other = chosen if chosen is not None and chosen.id != me.id else self._nearest(me)
        if other is None or other.fallen:
            why = f"{other.name} is down, and hears nothing" if other is not None else NOBODY
            self._hand.tell(why, wrong=True)
            return False
        if other.id != self.partner:
            self.lines, self.waiting = [], ""
            self._since = self._hand.player.scene.tick
        self.partner = other.id
        self._hand.catch_up()
        self.field.focus()
        return True

    def end(self) -> None:
        """Talk no more, and follow no farther."""
        me = self._hand.me
        if self.partner and me is not None and me.act is not None and me.act.tool == "follow":
            self._hand.put({"walk": me.id})
        self.partner, self.waiting, self.lines = "", "", []
        self.field.set("")
        self.field.focus(False)

    def enter(self) -> None:
        """Say what was typed; what can't be said stays in the field."""
        words = self.field.text.strip()
        if not words:
            self._hand.tell("type something to say first", wrong=True)
        elif self.waiting:
            self._hand.tell("what you said before was not heard yet", wrong=True)
        elif self._hand.need() is not None:
            self.waiting, self._patience, self._walked = words, LISTEN_S, 0.0
            self._tries = 0
            self.field.set("")

    def advance(self, seconds: float) -> None:
        """Walk along, say what waits to be said, and read what was said."""
        if not self.partner:
            return
        me, other = self._hand.me, self.other
        if me is None or other is None:
            self.end()
            return
        self._read(me, other)
        self._walked -= seconds
        self._patience -= seconds
        if not other.fallen and not me.fallen:
            self._keep_up(me, other)
        if not self.waiting:
            return
        link = self._hand.link
        over = link is not None and link.over  # then it fails, and the run says why
        if other.fallen or me.fallen:
            self._keep(f"{(other if other.fallen else me).name} is down")
        elif self._far(me, other) > CLOSE and not over:
            return
        elif over or not other.thinking or self._patience <= 0:
            words, self.waiting = self.waiting, ""
            link = self._hand.need()
            if link is not None:
                self._asked, self._said = self._hand.player.scene.tick, words
                said = link.say(me.id, other.id, words)
                self._hand.wait(said, lambda _: None, lambda why: self._keep(why, words))

    def _keep_up(self, me: Person, other: Person) -> None:
        """Walk along: somebody who is busy does not stand still to talk."""
        busy = me.act is not None and (me.act.tool in WAYS or not self.waiting)
        near = CLOSE if self.waiting else NEAR
        if self._walked <= 0 and not busy and self._far(me, other) > near:
            self._walked = 1.0
            self._hand.put({"do": f"{me.id}.{self._way(other)}"}, None, self._keep)

    def status(self, heard: Mapping[str, str]) -> str:
        """What the other is at: on its way to an answer, its words so far, or something else."""
        me, other = self._hand.me, self.other
        if me is None or other is None:
            return ""
        if self.waiting:
            far = self._far(me, other) > CLOSE
            return f"walking to {other.name} ..." if far else f"{other.name} is lost in thought ..."
        thought = next(reversed(other.thinking.values()), None)
        if thought is not None:
            words = heard.get(thought.thought, "")
            return f"{words} …" if words else f"{other.name} thinks ({thought.tier}) ..."
        chose = other.decision
        if self._asked >= 0 and chose is not None and chose.tick > self._asked:
            answered = any(not line.mine and line.tick >= self._asked for line in self.lines)
            if not answered and chose.text:
                return f"{other.name} does not answer: {chose.text}"
        return ""

    def _keep(self, why: str, words: str = "") -> None:
        """It could not be said: the words come back into the field."""
        self._hand.tell(why, wrong=True)
        if not self.field.text:
            self.field.set(words or self.waiting)
        self.waiting = ""

    def _refused(self, why: str) -> None:
        """The other has walked off meanwhile: after it, and once more, or it can be said again."""
        if not self.partner or not self._said or TOO_FAR not in why:
            return
        words, self._said = self._said, ""
        self._tries += 1
        if self._tries < TRIES and not self.waiting:
            self.waiting, self._walked = words, 0.0
            self._hand.tell("")
        else:
            self._keep(why, words)

    def _read(self, me: Person, other: Person) -> None:
        for one, to in ((me, other), (other, me)):
            speech = one.speech
            if speech is None or speech.tick < self._since or speech.to not in (to.id, ""):
                continue
            line = Said(one.name, speech.words, one is me, speech.tick)
            if line not in self.lines[-8:]:
                self.lines = [*self.lines, line][-LINES:]

    def _way(self, other: Person) -> str:
        """How one gets to somebody: after it; where there are but places, to the one it is in."""
        scene = self._hand.player.scene
        places = scene.started.places if scene.started is not None else ()
        if self._ground or not places:
            return f"follow({other.id})"
        x, y = scene.x[other.row], scene.y[other.row]
        return f"go_to({min(places, key=lambda one: (one.x - x) ** 2 + (one.y - y) ** 2).id})"

    def _far(self, me: Person, other: Person) -> float:
        """Tiles to somebody; in a world of places, more than any of these in another place."""
        scene = self._hand.player.scene
        away = (scene.x[me.row] - scene.x[other.row], scene.y[me.row] - scene.y[other.row])
        far = float(np.hypot(*away))
        return far if self._ground or far == 0 else far + CLOSE

    @property
    def _ground(self) -> bool:
        """Whether there is ground to walk on, and not places alone."""
        started = self._hand.player.scene.started
        if started is None or started.picture is not None:
            return True
        return any(place.areas for place in started.places)

    def _nearest(self, me: Person) -> Person | None:
        scene = self._hand.player.scene
        others = [
            (self._far(me, one), one.row, one)
            for one in scene.people
            if one is not me and one.mind and not one.fallen
        ]
        far, _, nearest = min(others, default=(REACH + 1, 0, None), key=lambda one: one[:2])
        return nearest if far <= REACH else None
