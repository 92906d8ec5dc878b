"""A player in a living run: somebody who stands beside an NPC, speaks with it, and is answered.

What the player does enters the run as inputs, so the run replays like any other. The world goes on
while it takes an answer; it stands still only while the player makes up his or her mind.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npcsim import events as ev
from npcsim.assembly.build import Built, read
from npcsim.assembly.folk.people import ids_of
from npcsim.assembly.runs.session import Session, open_session
from npcsim.assembly.scenes import BUILT_IN
from npcsim.errors import NpcsimError
from npcsim.messages import Model
from npcsim.models.ability import WRITE
from npcsim.models.tiers import WHOLE
from npcsim.scenario.moments import tick_at
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import clock_text
from npcsim.tools.view import Body
from npcsim.world.rows import Profile

ID, TALK = "visitor", "Conversation"
PLAYER = "player"
"""Where inputs of a visitor's are from."""
NAMES = {"en": "Stranger", "ko": "나그네"}
SPEED = 2.0
"""Tiles a second: quicker than those who are followed."""
CLOSE = 4.0
"""Tiles within which one talks; what is said is heard a little farther."""
ANSWER_MS = 120_000
"""Simulated time after which no answer is one too."""
LISTEN_MS = 60_000
"""Simulated time for which one waits for somebody who is lost in thought."""
WALK_MS = 3_600_000
"""Simulated time after which somebody can't be reached."""

MOST_MET = 64
"""So many NPCs with a mind know how to talk with a visitor who walks in."""

CHOOSES = ("react", "move")
"""Purposes of thoughts by which somebody who was spoken to does something about it."""
TELLS = 3
"""Words from which what a player says may be passed on by who hears it."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something to tell the player. sort: `answer` (meant for the player), `overheard`, `heard`
    (no words), `does` (what the NPC sets about), `silent` (no answer came, and why), `end`.

    `who`: the name of who says or does it.
    """

    sort: str
    who: str
    text: str
    to: str = ""


def invited(
    scenario: Path, npc: str, overrides: Sequence[str] = (), name: str = ""
) -> tuple[Built, str]:
    """The scenario with a visitor in it, who begins where the NPC does. -> (it, the NPC's id)

    name: what the visitor is called. Raises ScenarioError, and NpcsimError for an NPC there is not.
    """
    built = read(scenario, overrides)
    profile = _named(built, npc)
    if not profile.mind:
        thinking = ", ".join(p.id for p in built.world.setting.profiles if p.mind) or "nobody here"
        raise NpcsimError(f"{profile.name} has no mind to talk with; there is {thinking}")
    texts = _guest(built, profile, name, [profile])
    return read(scenario, [*overrides, *texts]), profile.id


def walked_in(
    scenario: Path, overrides: Sequence[str] = (), name: str = "", beside: str = ""
) -> tuple[Built, str]:
    """The scenario with a visitor whom everybody with a mind talks with. -> (it, the visitor's id)

    beside: where the visitor begins, at an NPC; the first with a mind, if left out. Raises
    ScenarioError, and NpcsimError for an NPC there is not.
    """
    built = read(scenario, overrides)
    profiles = built.world.setting.profiles
    minds = [profile for profile in profiles if profile.mind]
    host = _named(built, beside) if beside else (minds or list(profiles))[0]
    return read(scenario, [*overrides, *_guest(built, host, name, minds[:MOST_MET])]), ID


def _named(built: Built, npc: str) -> Profile:
    """An NPC by id or name. Raises NpcsimError where there is none, or more than one."""
    profiles = built.world.setting.profiles
    named = [p for p in profiles if npc.casefold() in (p.id.casefold(), p.name.casefold())]
    exact = [p for p in named if p.id == npc] or named
    if len(exact) != 1:
        hint = nearest(npc, [p.id for p in profiles])
        there = ", ".join(p.id for p in profiles[:12])
        raise NpcsimError(f"nobody is called {npc!r}; {hint or f'there are {there}'}")
    return exact[0]


def _guest(built: Built, host: Profile, name: str, meets: Sequence[Profile]) -> list[str]:
    """What the scenario says of a visitor who begins where the host does, as `key=value`."""
    if ID in built.world.setting.serial_of:
        raise NpcsimError(f"somebody is called {ID!r} already")
    part = next(p for key, p in built.definition.npcs.items() if host.id in ids_of(key, p))
    language = built.definition.language
    visitor: dict[str, Any] = {
        "name": name or NAMES.get(language, NAMES["en"]), "mind": False, "speed": SPEED,
        **{key: value for key in ("at", "x", "y") if (value := getattr(part, key)) is not None},
    }  # fmt: skip
    texts = [f"npcs.{ID}={json.dumps(visitor, ensure_ascii=False)}"]
    for number, one in enumerate(meets if TALK in BUILT_IN else ()):
        scene = {"class": TALK, "who": [ID, one.id], "again": True}
        tail = f"_{number}" if number else ""
        texts.append(f"scenes.talk_with_{ID}{tail}={json.dumps(scene)}")
    return texts


class Visit:
    """A player's stay beside an NPC. `session` is the run; close it when done."""

    def __init__(self, session: Session, npc: str) -> None:
        self.session, self.npc = session, npc
        self._lines: deque[Line] = deque()
        self._asked: dict[str, str] = {}
        self._chose = ""
        session.simulation.subscribe(self._take)

    @property
    def ended(self) -> bool:
        """Whether the run is over, or the player is down."""
        return self.session.simulation.ended or not self.you.alive

    @property
    def now(self) -> str:
        """The simulated time in words."""
        return clock_text(self.session.simulation.world.now_ms)

    @property
    def you(self) -> Body:
        """The visitor's body."""
        return self.session.simulation.view.npc(ID)

    @property
    def they(self) -> Body:
        """The NPC."""
        return self.session.simulation.view.npc(self.npc)

    @property
    def tick_ms(self) -> int:
        return self.session.built.world.setting.tick_ms

    def purpose_of(self, thought: str) -> str:
        """What a thought of the NPC's is for: `speak`, `react` …; empty where nobody knows."""
        return self._asked.get(thought, "")

    def writers(self) -> list[str]:
        """The tiers that are fit for free talk: they write its language, and are shown all."""
        used, program = self.session.models, self.session.simulation.program
        return [
            tier.name for tier in program.tiers
            if tier.name in used and tier.context == WHOLE and WRITE not in tier.unfit
            and tier.name not in program.absent
        ]  # fmt: skip

    async def until(self, tick: int) -> None:
        """Let the run go on to a tick."""
        simulation = self.session.simulation
        await simulation.open()
        while not self.ended and simulation.tick < tick:
            await simulation.step()
        self._lines.clear()

    async def wait(self, ms: int) -> list[Line]:
        """Let simulated time pass. -> what was heard and seen meanwhile"""
        for _ in range(max(1, -(-ms // self.tick_ms))):
            if self.ended:
                break
            await self.session.simulation.step()
        return self._told()

    async def reach(self) -> int:
        """Walk to the NPC. -> simulated milliseconds it took, -1 where it can't be reached."""
        begun = self.session.simulation.world.now_ms
        while not self.ended and not self._is_close():
            passed = self.session.simulation.world.now_ms - begun
            if passed >= WALK_MS:
                return -1
            if ID not in self.session.simulation.world.acts:
                self._do(self._way())
            await self.session.simulation.step()
        return self.session.simulation.world.now_ms - begun

    async def say(self, words: str) -> list[Line]:
        """Say something to the NPC, and wait for what comes of it. -> what was heard and seen

        Raises ValueError for what can't be said.
        """
        await self._listening()
        simulation, self._chose = self.session.simulation, ""
        simulation.put(spoken(words, self.npc))
        begun = simulation.world.now_ms
        while not self.ended and simulation.world.now_ms - begun < ANSWER_MS:
            self._keep_up()
            await simulation.step()
            if any(line.sort == "answer" for line in self._lines):
                return self._told()
            if self._chose and not self._is_to_speak():
                break
        self._lines.append(Line("silent", self.they.name, self._chose))
        return self._told()

    async def _listening(self) -> None:
        """Wait until the NPC is not lost in thought: who is hears words, but answers to none."""
        simulation = self.session.simulation
        begun = simulation.world.now_ms
        while not self.ended and simulation.world.now_ms - begun < LISTEN_MS:
            mind = self.they.mind
            if not mind.thought and not mind.speaks and not mind.chooses and self._is_close():
                return
            self._keep_up()
            await simulation.step()

    def _keep_up(self) -> None:
        """Walk along: somebody who is busy does not stand still to talk."""
        if self.you.view.has_ground and ID not in self.session.simulation.world.acts:
            self._do(self._way())

    def _is_to_speak(self) -> bool:
        mind = self.they.mind
        act = self.session.simulation.world.acts.get(self.npc)
        return bool(mind.thought or mind.speaks or mind.chooses) or (
            act is not None and self._speaks(act.tool)
        )

    def _speaks(self, name: str) -> bool:
        """Whether a tool is one of speech."""
        tool = self.session.simulation.program.tools.get(name)
        return tool is not None and any(param.is_words for param in tool.params)

    def _is_close(self) -> bool:
        if not self.you.view.has_ground:
            return bool(self.you.place) and self.you.place == self.they.place
        return self.you.distance(self.they) <= CLOSE

    def _way(self) -> str:
        if self.you.view.has_ground:
            return f"follow({self.npc})"
        return f"go_to({self.they.place})" if self.they.place else "wait"

    def _do(self, call: str) -> None:
        self.session.simulation.put({"do": f"{ID}.{call}", "source": PLAYER})

    def _told(self) -> list[Line]:
        lines = list(self._lines)
        self._lines.clear()
        if self.ended:
            why = "the run is over" if self.you.alive else "you are down"
            lines.append(Line("end", "", why))
        return lines

    def _take(self, tick: int, events: list[ev.Event]) -> None:
        for event in events:
            match event:
                case ev.Asked() if event.npc == self.npc:
                    self._asked[event.thought] = event.purpose
                case ev.Decided() if event.npc == self.npc and event.purpose in CHOOSES:
                    self._chose = event.text
                case ev.ActStarted() if event.npc == self.npc and not self._speaks(event.tool):
                    self._lines.append(Line("does", self._name(event.npc), event.text))
                case ev.Signalled() if event.source != ID and self._reaches(event):
                    self._lines.append(self._heard(event))

    def _heard(self, event: ev.Signalled) -> Line:
        who = self._name(event.source)
        if event.about != "speech":
            return Line("heard", who, event.content or event.about)
        if event.to == ID:
            return Line("answer", who, event.content)
        return Line("overheard", who, event.content, self._name(event.to))

    def _reaches(self, event: ev.Signalled) -> bool:
        """Whether the player hears a signal; by its loudness alone."""
        if not self.you.view.has_ground:
            return bool(event.place) and event.place == self.you.place
        dx, dy = self.you.x - event.x, self.you.y - event.y
        return dx * dx + dy * dy <= event.loudness * event.loudness

    def _name(self, id: str) -> str:
        view = self.session.simulation.view
        if id in view.world.setting.serial_of:
            return str(view.npc(id).name)
        return str(view.place(id).name) if id in view.world.setting.places else id


def moment(built: Built, when: str) -> int:
    """A time or tick of a scenario as a tick. Raises NpcsimError for none, or one past its end."""
    started = built.started("", {})
    try:
        tick = tick_at(when, started.start_ms, started.tick_ms)
    except ValueError as error:
        raise NpcsimError(f"--at: {error}") from None
    if tick >= started.end_tick > 0:
        end = clock_text(started.start_ms + started.end_tick * started.tick_ms)
        raise NpcsimError(f"--at {when} is not before the end, {end}")
    return tick


def spoken(words: str, to: str, npc: str = ID) -> Mapping[str, Any]:
    """What a player says as an input: a question asks, and whatever else has some words tells."""
    entry: dict[str, Any] = {"say": words, "npc": npc, "to": to, "source": PLAYER}
    plain = words.strip()
    if not plain.endswith(("?", "？")) and len(plain.split()) >= TELLS:
        entry["fact"] = plain.rstrip(".!。 ")
    return entry


async def visiting(
    built: Built, npc: str, *, models: Mapping[str, Model] | None = None, out: Path | str | None = None
) -> Visit:
    """Open a run of an `invited` scenario. models, out: as for `open_session`."""
    return Visit(await open_session(built, models=models, out=out), npc)
