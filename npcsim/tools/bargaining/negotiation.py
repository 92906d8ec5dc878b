"""`Negotiation`: a scene in which several try to agree on several things at once.

    class Truce(Negotiation):
        rounds = 6
        issues = (
            Issue("coins", range(0, 70, 10), item="coin", giver="Bran", taker="Wulf"),
            Issue("oath", ("no oath", "an oath for a year"),
                  promise={"an oath for a year": "Wulf"}),
        )

        def worth(self, me, view, issue, outcome):
            if issue.name == "oath" and outcome == "an oath for a year":
                return 45.0 if me.id == "Bran" else -10.0
            return super().worth(me, view, issue, outcome)

    SCENES = [Truce]

Without a class of one's own, a scenario says it all: `{class: Negotiation, negotiate: {...}}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from npcsim.effects import Effect, Promise, Remember, Tie, Transfer
from npcsim.errors import ToolRefused
from npcsim.tools.bargaining.agenda import (
    Agenda,
    Issue,
    Ratify,
    Terms,
    as_number,
    meant_for,
    number_for,
)
from npcsim.tools.bargaining.moves import TOOLS
from npcsim.tools.bargaining.seat import Seat, seated
from npcsim.tools.bargaining.tactics import TINY, Side, gains_of, judged
from npcsim.tools.bargaining.talks import MOVES, VOTES, Talks, talks_of
from npcsim.tools.scene import Scene
from npcsim.tools.tool import Tool
from npcsim.tools.view import Body, View
from npcsim.world.rows import Stage

AGREED, RATIFIED, NONE = "agreed", "ratified", "no agreement"
WALKED, REJECTED, LAPSED = "walked away", "not ratified", "lapsed"
ABOUT = "negotiation"
TRUST, SPITE = 0.05, -0.1
AGREED_ON = {"en": "We agreed on {terms}", "ko": "우리는 {terms} 합의했다"}
FAILED = {
    NONE: {"en": "We came to no agreement", "ko": "우리는 합의하지 못했다"},
    WALKED: {"en": "{who} broke off the talks", "ko": "{who:이} 협상을 끝냈다"},
    REJECTED: {"en": "{terms} was not ratified", "ko": "{terms} 합의는 비준되지 않았다"},
    LAPSED: {"en": "{terms} was not ratified in time", "ko": "{terms} 합의는 제때 비준되지 않았다"},
    "": {"en": "Our talks ended without an agreement", "ko": "협상이 합의 없이 끝났다"},
}
PROMISED = {"en": "{who} promised: {what}", "ko": "{who:이} 약속했다: {what}"}
THEIRS = {"en": "{who} proposes {terms}.", "ko": "{who:이} {terms} 제안한다."}
MINE = {"en": "{me}'s last word was {terms}.", "ko": "{me}의 마지막 말은 {terms}."}
LEFT = {"en": "{count} rounds are left.", "ko": "{count}차례 남았다."}
LAST = {"en": "This is the last round.", "ko": "마지막 차례다."}
TO_RATIFY = {"en": "The talks came to this: {terms}.", "ko": "협상의 결과: {terms}."}


class Negotiation(Scene):
    """Talks about several issues, in rounds, by those who each know only what they want.

    What each outcome is worth to whom is found as it begins, by `worth`, `reserve` and `firm`, and
    kept to each one's self. Values of issues add up. Override `worth` and the like for values of
    your own, `settles` for what an agreement does. Raises ValueError where the issues make no
    sense.
    """

    tools: ClassVar[tuple[Tool, ...]] = TOOLS
    answers: ClassVar[bool] = True
    issues: ClassVar[Sequence[Issue]] = ()
    rounds: ClassVar[int] = 8
    ratify: ClassVar[Ratify | None] = None

    def __init__(self, agenda: Agenda | None = None) -> None:
        """`agenda`: what the scenario says; None takes the class's own issues, rounds, ratify."""
        self.agenda = agenda or Agenda(self.issues, self.rounds, ratify=self.ratify)
        self.who: tuple[str, ...] = ()
        # Only so that the same is not worked out anew for each tool and question of one move.
        self._latest: tuple[Stage, int, Seat] | None = None
        self._read: tuple[Stage, Talks] | None = None

    def settle_down(self, who: tuple[str, ...], factions: Mapping[str, str]) -> None:
        """Who is at the table, each with a faction or none: called once, before the run.

        Where an issue does not say who gets its items, it is the other side: the other's faction,
        where a faction gives.
        """
        self.who = who
        issues = []
        for issue in self.agenda.issues:
            if issue.item and not issue.taker:
                own = (npc for npc in who if issue.giver not in (npc, factions.get(npc)))
                other = next(own, "")
                in_common = issue.giver in factions.values()
                taker = (factions.get(other) or other) if in_common else other
                issue = replace(issue, taker=taker)
            issues.append(issue)
        self.agenda = replace(self.agenda, issues=tuple(issues))

    # -- what it is worth to whom --------------------------------------------------------------

    def worth(self, me: Body, view: View, issue: Issue, outcome: str | float) -> float | None:
        """What an outcome is worth to `me`; None where `me` knows that it can't be.

        What somebody at the table carries is there to be seen; what a faction has in stock is not.
        """
        said = meant_for(issue.worth, me)
        if isinstance(said, Mapping):
            return as_number(said.get(str(outcome), 0.0), me, view)
        if isinstance(outcome, str):
            return 0.0
        if not issue.item:
            return 0.0 if said is None else as_number(said, me, view) * outcome
        seen = view.world.held(issue.giver).get(issue.item, 0)
        if issue.giver in self.who and outcome > seen and not issue.within:
            return None
        each = me.worth(view.item(issue.item)) if said is None else as_number(said, me, view)
        if self._is_of(me, issue.giver, view):
            has = view.world.held(issue.giver).get(issue.item, 0)
            return None if outcome > has and not issue.within else -each * outcome
        if self._is_of(me, issue.taker, view):
            return each * outcome
        return 0.0 if said is None else each * outcome

    def reserve(self, me: Body, view: View) -> float:
        """What no agreement is worth to `me`: less than that is not signed."""
        return number_for(self.agenda.reserve, me, view, 0.0)

    def firm(self, me: Body, view: View) -> float:
        """How slowly `me` gives way, 0 to 1."""
        return min(max(number_for(self.agenda.firm, me, view, 0.5), 0.0), 1.0)

    def _is_of(self, me: Body, side: str, view: View) -> bool:
        """Whether what `side` gives or gets is `me`'s: its own, its faction's, or, of who is not
        at the table, what somebody of its faction there does."""
        mine = me.profile.speaks_for or me.profile.faction
        if side in (me.id, mine) or me.id in self.who:
            return bool(side) and side in (me.id, mine)
        return side in self.who and bool(mine) and mine == view.npc(side).profile.faction

    # -- how it goes ---------------------------------------------------------------------------

    def keeps(self, now: Stage, view: View) -> Iterable[Any]:
        """Everybody's own values, as they are when it begins."""
        voters = self.agenda.ratify.by if self.agenda.ratify is not None else ()
        for npc in dict.fromkeys((*now.who, *voters)):
            me = view.npc(npc)
            worth = tuple(
                tuple(self.worth(me, view, issue, outcome) for outcome in issue.outcomes)
                for issue in self.agenda.issues
            )
            yield Side(npc, self.reserve(me, view), self.firm(me, view), worth).plain

    def again(self, now: Stage, view: View) -> bool:
        """Not while one at the table sees nothing to gain."""
        sides = [side for side in self.sides(now) if side.who in now.who]
        return all(gains_of(side).max() > TINY for side in sides)

    def sits(self, now: Stage, view: View) -> Iterable[str]:
        """Those who negotiate; once they have agreed, who is to vote and has heard of it."""
        talks, ratify = self.talks(now, view), self.agenda.ratify
        if talks.signed < 0 or ratify is None:
            return now.who
        left = (npc for npc in ratify.by if npc not in talks.votes and view.npc(npc).alive)
        told = (npc for npc in left if self._is_told(npc, now, view))
        return tuple(told)[:1]

    def _is_told(self, npc: str, now: Stage, view: View) -> bool:
        """Whether somebody who was at the table is there to tell."""
        near = {other.id for other in view.near(view.npc(npc))}
        return npc in now.who or not near.isdisjoint(now.who)

    def moves(self, now: Stage, me: Body, view: View) -> Iterable[str]:
        """One after the other; then those who ratify."""
        talks = self.talks(now, view)
        if talks.signed >= 0:
            return VOTES
        return MOVES if talks.turn_of == me.id else ()

    def why(self, now: Stage, me: Body, view: View) -> str:
        """How the talks stand, by what everybody has heard, and by one's own last word."""
        talks, language = self.talks(now, view), view.language
        told = []
        if talks.signed >= 0 and talks.standing is not None:
            return view.said(TO_RATIFY, terms=self.agenda.text(talks.standing[1], language))
        if talks.standing is not None and talks.standing[0] != me.id:
            who, terms = talks.standing
            said = self.agenda.text(terms, language)
            told.append(view.said(THEIRS, who=view.npc(who), terms=said))
        if mine := talks.by(me.id):
            told.append(view.said(MINE, me=me, terms=self.agenda.text(mine[-1], language)))
        rounds = -(-talks.left(self.agenda) // len(now.who))
        told.append(view.said(LEFT, count=rounds) if rounds > 1 else view.said(LAST))
        return " ".join(told)

    def outcome(self, now: Stage, view: View) -> str:
        """agreed, ratified, no agreement, walked away, not ratified, or lapsed."""
        talks, ratify = self.talks(now, view), self.agenda.ratify
        if talks.walked:
            return WALKED
        if talks.signed < 0:
            return NONE if talks.left(self.agenda) <= 0 else ""
        if ratify is None:
            return AGREED
        verdict = ratify.verdict(talks.votes, self.voters(talks, view))
        if verdict is not None:
            return RATIFIED if verdict else REJECTED
        late = (view.tick - talks.signed) * view.world.setting.tick_ms >= ratify.within_ms
        return LAPSED if late else ""

    def voters(self, talks: Talks, view: View) -> list[str]:
        """Who has voted on it or still can."""
        by = self.agenda.ratify.by if self.agenda.ratify is not None else ()
        return [npc for npc in by if npc in talks.votes or view.npc(npc).alive]

    def settles(self, now: Stage, view: View, terms: Terms) -> list[Effect]:
        """What an agreement does: goods change hands, promises are remembered, trust grows.

        All of it happens at once or not at all. Raises ToolRefused where goods are gone.
        """
        effects: list[Effect] = []
        for issue, number in zip(self.agenda.issues, terms, strict=True):
            outcome = issue.outcomes[number]
            if issue.item and isinstance(outcome, int) and outcome:
                effects.append(_handed(issue, number, outcome, view))
            owes = issue.promise.get(str(outcome), "")
            if owes:
                text = view.said(PROMISED, who=view.npc(owes), what=outcome)
                effects += [
                    Remember(npc, text, 0.7, about="promise", people=(owes,)) for npc in now.who
                ]
        return [*effects, *_moved(now.who, TRUST)]

    def ends(self, now: Stage, view: View, outcome: str) -> list[Effect]:
        """Everybody remembers how it ended; who walks away is trusted less."""
        talks = self.talks(now, view)
        text = self._ending(talks, view, outcome)
        people = (*now.who, *talks.votes)
        effects: list[Effect] = [
            Remember(npc, text, 0.7, about=ABOUT, people=now.who)
            for npc in dict.fromkeys(people)
            if view.npc(npc).alive
        ]
        if talks.walked:
            others = [npc for npc in now.who if npc != talks.walked]
            effects += [Tie(other, talks.walked, "trust", SPITE) for other in others]
        return effects

    def _ending(self, talks: Talks, view: View, outcome: str) -> str:
        terms = talks.standing[1] if talks.standing is not None else None
        said = self.agenda.text(terms, view.language) if terms is not None else ""
        if outcome in (AGREED, RATIFIED):
            return view.said(AGREED_ON, terms=said)
        who = view.npc(talks.walked) if talks.walked else ""
        return view.said(FAILED.get(outcome, FAILED[""]), who=who, terms=said)

    def told(self, now: Stage, view: View, outcome: str) -> Mapping[str, Any]:
        """Terms, what they gain each side above no agreement, and how that compares."""
        talks = self.talks(now, view)
        came = outcome in (AGREED, RATIFIED)
        terms = talks.standing[1] if came and talks.standing is not None else None
        sides = [side for side in self.sides(now) if side.who in now.who]
        return {
            "terms": self.agenda.text(terms, view.language) if terms is not None else "",
            "moves": talks.moves,
            "threats": dict(talks.threats),
            "votes": dict(talks.votes),
            **judged(sides, self.agenda, terms),
        }

    # -- what is known of it -------------------------------------------------------------------

    def talks(self, now: Stage, view: View) -> Talks:
        """How the talks stand."""
        if self._read is None or (self._read[0] is not now and self._read[0] != now):
            self._read = (now, talks_of(self.agenda, now, view.language))
        return self._read[1]

    def sides(self, now: Stage) -> list[Side]:
        """Everybody's own values, as they were when it began."""
        return [Side(*kept) for kept in now.kept]

    def seats(self, now: Stage, me: Body, view: View) -> Seat:
        """What `me` could do now. Raises ToolRefused for who is not in it."""
        known = self._latest
        if known is None or known[0] != now or known[1] != view.tick or known[2].me.id != me.id:
            known = (now, view.tick, seated(self, now, me, view))
            self._latest = known
        return known[2]


def _handed(issue: Issue, number: int, count: int, view: View) -> Effect:
    """What changes hands, or is promised to. Raises ToolRefused where the goods are gone."""
    if issue.within:
        what = issue.text(number, view.language)
        return Promise(issue.giver, issue.taker, what, issue.within, issue.item, count)
    if view.world.held(issue.giver).get(issue.item, 0) < count:
        raise ToolRefused("the goods are not there any more")
    return Transfer(issue.giver, issue.taker, issue.item, count)


def _moved(who: Sequence[str], amount: float) -> list[Effect]:
    return [Tie(one, other, "trust", amount) for one in who for other in who if one != other]
