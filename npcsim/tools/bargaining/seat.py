"""A place at the table: what one of those there knows, wants, and could do now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from npcsim.errors import ToolRefused
from npcsim.tools.bargaining.agenda import Agenda, Terms
from npcsim.tools.bargaining.tactics import (
    HURRY,
    TINY,
    Gains,
    Offers,
    Side,
    asked_share,
    gains_of,
    number_of,
    offers,
)
from npcsim.tools.bargaining.talks import THREAT, Talks
from npcsim.tools.view import Body, View
from npcsim.world.rows import Stage

STALLED = 3
LATE = 0.5


class Rules(Protocol):
    """What a seat asks of the scene it is in: see `Negotiation`."""

    agenda: Agenda

    def talks(self, now: Stage, view: View) -> Talks: ...

    def sides(self, now: Stage) -> list[Side]: ...

    def voters(self, talks: Talks, view: View) -> list[str]: ...

    def settles(self, now: Stage, view: View, terms: Terms) -> list[Any]: ...


@dataclass(slots=True)
class Seat:
    """What one can do as things stand. Of others it knows only what they proposed."""

    me: Body
    scene: Rules
    stage: Stage
    talks: Talks
    side: Side
    gains: Gains
    time: float
    offers: Offers

    def text(self, terms: Terms) -> str:
        """Terms in words."""
        return self.scene.agenda.text(terms, self.me.view.language)

    def named(self, text: str) -> tuple[tuple[str, str | float], ...]:
        """Terms in words as (issue, outcome); nothing for what is not on the table."""
        agenda = self.scene.agenda
        terms = agenda.read(text, self.me.view.language) or ()
        pairs = zip(agenda.issues, terms, strict=False)
        return tuple((issue.name, issue.outcomes[number]) for issue, number in pairs)

    def gain(self, terms: Terms) -> float:
        """What terms are worth to one above no agreement; -inf where they can't be."""
        return float(self.gains[number_of(terms, self.scene.agenda.shape)])

    @property
    def mine(self) -> list[Terms]:
        return self.talks.by(self.me.id)

    @property
    def is_due(self) -> bool:
        """Whether one's last proposal asks for more than one still hopes for."""
        return bool(self.mine) and self.gain(self.mine[-1]) > self.offers.asked + TINY

    @property
    def next_gain(self) -> float:
        """What one would ask for next."""
        meet = self.offers.opening or self.offers.meet
        return self.gain(meet) if meet is not None else self.offers.asked

    @property
    def is_useless(self) -> bool:
        """Whether what another proposed last is no better for one than no agreement."""
        theirs = self.talks.other(self.me.id)
        return bool(theirs) and self.gain(theirs[-1]) <= TINY

    @property
    def hopeless(self) -> float:
        """How much speaks for leaving: see `walk_away`."""
        if self.offers.best <= TINY:
            return 1.0
        if not self.is_useless or not self._have_stalled():
            return 0.0
        return 0.5 if self.talks.threats.get(self.me.id) else 0.1

    def _have_stalled(self) -> bool:
        """Whether others have proposed nothing better for one lately, three times over."""
        theirs = self.talks.other(self.me.id)[-STALLED:]
        if len(theirs) < STALLED or self.time < LATE:
            return False
        return all(self.gain(terms) <= self.gain(theirs[0]) + TINY for terms in theirs)

    def could(self, move: str) -> list[Terms]:
        """What a kind of proposal could be now."""
        mine, found = self.mine, self.offers
        opening = [found.opening] if found.opening is not None else []
        if move == "propose":
            return opening
        if move == "concede":
            ways = [way for way in (found.meet, found.least) if way is not None and mine]
            last = self.gain(mine[-1]) if mine else 0.0
            return list(dict.fromkeys(way for way in ways if self.gain(way) < last - TINY))
        if move == "trade_off":
            return [found.trade] if found.trade is not None else []
        if move == THREAT and self.talks.threats.get(self.me.id):
            return []
        return mine[-1:] or (opening if move == THREAT else [])

    def has_the_word(self) -> None:
        """Raises ToolRefused where it is somebody else's turn, or all is settled."""
        if self.talks.signed >= 0 or self.me.id not in self.stage.who:
            raise ToolRefused("there is nothing to negotiate any more")
        if self.talks.turn_of != self.me.id:
            raise ToolRefused(f"{self.me.view.npc(self.talks.turn_of)} has the word")

    @property
    def is_late(self) -> bool:
        """Whether others would have no word any more about what one proposes now."""
        return self.talks.left(self.scene.agenda) < len(self.stage.who)

    @property
    def can_agree(self) -> bool:
        """Whether what is proposed now is better for one than no agreement."""
        now = self.talks.standing
        return now is not None and now[0] != self.me.id and self.gain(now[1]) > TINY

    def to_propose(self, text: str, again: bool = False) -> Terms:
        """Terms to be proposed, from their words; `again`, as before. Raises ToolRefused."""
        self.has_the_word()
        if self.is_late and not again:
            raise ToolRefused("it is too late for proposals")
        terms = self.scene.agenda.read(text, self.me.view.language)
        if terms is None:
            raise ToolRefused("that is not on the table")
        return terms

    @property
    def standing(self) -> list[str]:
        """What one can agree to."""
        now = self.talks.standing
        return [] if now is None or now[0] == self.me.id else [self.text(now[1])]

    def to_agree(self, text: str) -> Terms:
        """The terms that stand, if they are these. Raises ToolRefused."""
        self.has_the_word()
        now = self.talks.standing
        if now is None or now[0] == self.me.id:
            raise ToolRefused("nothing is proposed to me")
        if self.text(now[1]) != text:
            raise ToolRefused("that is not what is proposed now")
        return now[1]

    @property
    def is_last_to_agree(self) -> bool:
        """Whether all others have agreed, and nobody has to ratify it."""
        now = self.talks.standing
        agreed = {*self.talks.agreed, self.me.id, now[0] if now is not None else ""}
        return self.scene.agenda.ratify is None and agreed >= set(self.stage.who)

    @property
    def to_vote_on(self) -> list[str]:
        """What waits for one's vote."""
        now = self.talks.standing
        open_ = self.talks.signed >= 0 and self.me.id not in self.talks.votes
        return [self.text(now[1])] if now is not None and open_ else []

    def to_ratify(self, text: str) -> Terms:
        """The terms agreed on, if one may vote on them. Raises ToolRefused."""
        ratify, now = self.scene.agenda.ratify, self.talks.standing
        if ratify is None or self.me.id not in ratify.by or now is None:
            raise ToolRefused("I have no say in it")
        if text not in self.to_vote_on:
            raise ToolRefused("there is nothing to ratify")
        return now[1]

    @property
    def vote_decides(self) -> bool:
        """Whether with one's own yes it is ratified."""
        ratify = self.scene.agenda.ratify
        votes = {**self.talks.votes, self.me.id: True}
        return ratify is not None and bool(
            ratify.verdict(votes, self.scene.voters(self.talks, self.me.view))
        )

    def settled(self, terms: Terms) -> list[Any]:
        """What becomes of it in the world. Raises ToolRefused where the goods are gone."""
        return self.scene.settles(self.stage, self.me.view, terms)


def seat_of(me: Body, view: View) -> Seat:
    """The seat of somebody in a negotiation. Raises ToolRefused for who is in none."""
    for name, stage in view.world.scenes.items():
        scene: Any = view.world.setting.scenes.get(name)
        if hasattr(scene, "seats") and me.id in stage.sitting:
            seat: Seat = scene.seats(stage, me, view)
            return seat
    raise ToolRefused("I am at no talks")


def seated(scene: Rules, stage: Stage, me: Body, view: View) -> Seat:
    """The seat of somebody whose values the scene keeps. Raises ToolRefused for anybody else."""
    agenda = scene.agenda
    side = next((one for one in scene.sides(stage) if one.who == me.id), None)
    if side is None:
        raise ToolRefused("I am at no talks")
    talks = scene.talks(stage, view)
    threats = 0
    for who, count in talks.threats.items():
        threats += count if who != me.id else 0
    most = max(agenda.rounds * len(stage.who) - 1, 1)
    time = min(talks.moves / most + HURRY * threats, 1.0)
    gains = gains_of(side)
    share = asked_share(time, side.firm)
    found = offers(agenda, gains, share, talks.by(me.id), talks.other(me.id))
    return Seat(me, scene, stage, talks, side, gains, time, found)
