"""The scene that a conversation is: who has the word, who hears it, and how it comes to an end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from npcsim.effects import Remember
from npcsim.tools.builtin.talking import TALK_TILES, say
from npcsim.tools.scene import Scene
from npcsim.tools.talk.acts import ACTS
from npcsim.tools.view import Body, View
from npcsim.world.dice import roll
from npcsim.world.rows import Stage

ALARMS = frozenset({"attack", "shout"})
OWN_TOOLS = ("give", "offer", "accept", "go_to", "shout", "accuse")
OVER, AWAY, INTERRUPTED, SILENCE = "over", "walked away", "interrupted", "silence"
TALKED = {"en": "I talked with {who}", "ko": "나는 {who:와} 이야기했다"}
SAID = {"en": '{who} said: "{words}"', "ko": '{who:이} 말했다: "{words}"'}


class Conversation(Scene):
    """Two or more who talk with each other in turns, while the world goes on.

    It begins as one of those whom the scenario names speaks to another, and there may be several
    at a time. Who was spoken to has the word, else whom keyed dice name; who lets it pass for
    `patience_s` loses it to the next. Others join by speaking to one in it, or being spoken to.
    One leaves by saying goodbye or by going out of earshot; all who are in earshot overhear it.
    """

    tools = (say, *ACTS)
    answers = True
    opens = frozenset({"greet", "inform", "ask", "request", "offer", "threaten", "promise"})
    earshot: ClassVar[float] = TALK_TILES
    """In tiles. Where there is no ground, whoever is in the same place is in earshot."""
    patience_s: ClassVar[float] = 60.0
    """Simulated seconds after which who has the word, and says nothing, loses it."""
    silence_s: ClassVar[float] = 180.0
    """Simulated seconds of silence that end it."""
    most_said: ClassVar[int] = 40
    """So many utterances end it."""
    most: ClassVar[int] = 6
    """So many can be in one."""

    def sits(self, now: Stage, view: View) -> Iterable[str]:
        """Who is in it: those who have not said goodbye and are in earshot of another."""
        stays = [npc for npc in now.sitting if not self._took_leave(now, npc)]
        return [npc for npc in stays if self._within(view.npc(npc), stays, view)]

    def floor(self, now: Stage, view: View) -> str:
        """Who has the word: who was spoken to last, then the others in an order that dice draw."""
        last = now.said[-1]
        addressed = [npc for npc in last.to if npc in now.sitting and npc != last.speaker]
        seed = view.world.setting.mind_seed

        def drawn(npc: str) -> tuple[bool, float, str]:
            return npc == last.speaker, roll(seed, now.latest, npc, "floor"), npc

        rest = sorted((npc for npc in now.sitting if npc not in addressed), key=drawn)
        queue = [*addressed, *rest]
        waited_s = (view.tick - now.latest) * view.world.setting.seconds
        return queue[int(waited_s // self.patience_s) % len(queue)] if queue else ""

    def moves(self, now: Stage, me: Body, view: View) -> Iterable[str]:
        """Speech acts, and what goes with them, for whoever has the word."""
        if now.latest == view.tick or self.floor(now, view) != me.id:
            return ()  # what was said just now is answered a tick later, when it is taken in
        return (*(tool.name for tool in self.tools), *OWN_TOOLS)

    def why(self, now: Stage, me: Body, view: View) -> str:
        """What was said last, in quotation marks."""
        last = now.said[-1]
        if last.speaker == me.id or last.speaker not in view.world.setting.serial_of:
            return ""
        words = " ".join(last.words.replace('"', "'").split())
        return view.said(SAID, who=view.npc(last.speaker), words=words)

    def outcome(self, now: Stage, view: View) -> str:
        """Over by goodbyes or by length, walked away from, interrupted by an alarm, or silence."""
        if any(
            heard.about in ALARMS and heard.loudness > 0
            for npc in now.sitting
            for heard in view.perceived(view.npc(npc))
        ):
            return INTERRUPTED
        if len(list(self.sits(now, view))) < 2:
            return OVER if any(self._took_leave(now, npc) for npc in now.sitting) else AWAY
        if now.spoke >= self.most_said:
            return OVER
        quiet_s = (view.tick - now.latest) * view.world.setting.seconds
        return SILENCE if quiet_s >= self.silence_s else ""

    def ends(self, now: Stage, view: View, outcome: str) -> list[Any]:
        """Each remembers with whom it was."""
        effects: list[Any] = []
        for npc in now.who:
            others = [view.npc(other) for other in now.who if other != npc]
            who = ", ".join(other.name for other in others)
            text = view.said(TALKED, who=who)
            effects.append(Remember(npc, text, sort="did", about="talk", people=tuple(others)))
        return effects

    def _took_leave(self, now: Stage, npc: str) -> bool:
        """Whether the last that somebody said was a goodbye."""
        own = [act for act in now.said if act.speaker == npc]
        return bool(own) and own[-1].kind == "bye"

    def _within(self, me: Body, others: Iterable[str], view: View) -> bool:
        for npc in others:
            other = view.npc(npc)
            if npc == me.id or not other.alive:
                continue
            if not view.has_ground:
                if me.place and me.place == other.place:
                    return True
            elif me.distance(other) <= self.earshot:
                return True
        return False
