"""How talks stand: what was proposed, agreed to, threatened and voted, read from what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from npcsim.tools.bargaining.agenda import Agenda, Terms
from npcsim.world.rows import Stage

PROPOSALS = ("propose", "concede", "trade_off", "hold_firm", "threaten_to_leave")
THREAT, AGREE, WALK = "threaten_to_leave", "agree_to", "walk_away"
MOVES = (*PROPOSALS, AGREE, WALK)
RATIFY, REJECT = "ratify", "reject"
VOTES = (RATIFY, REJECT)


@dataclass(frozen=True, slots=True)
class Talks:
    """How talks stand. All of it is known to everybody at the table.

    proposed: who proposed what, in order; the last of it stands until somebody proposes something
    else. agreed: who has agreed to that. threats: who threatened to leave, how often. moves: how
    many were made. signed: the tick at which all had agreed, -1 before.
    """

    who: tuple[str, ...]
    proposed: tuple[tuple[str, Terms], ...] = ()
    agreed: tuple[str, ...] = ()
    threats: Mapping[str, int] = field(default_factory=dict)
    walked: str = ""
    moves: int = 0
    signed: int = -1
    votes: Mapping[str, bool] = field(default_factory=dict)

    @property
    def turn_of(self) -> str:
        """Who has the next move."""
        return self.who[self.moves % len(self.who)]

    @property
    def standing(self) -> tuple[str, Terms] | None:
        """What is proposed now, and by whom."""
        return self.proposed[-1] if self.proposed else None

    def by(self, npc: str) -> list[Terms]:
        """What somebody has proposed, in order."""
        return [terms for who, terms in self.proposed if who == npc]

    def other(self, npc: str) -> list[Terms]:
        """What the other has proposed, in order; where there are several, who did so last."""
        last = next((who for who, _ in reversed(self.proposed) if who != npc), "")
        return self.by(last)

    def left(self, agenda: Agenda) -> int:
        """How many moves there can still be."""
        return agenda.rounds * len(self.who) - self.moves


def talks_of(agenda: Agenda, stage: Stage, language: str) -> Talks:
    """How talks stand by what was done in a scene; what does not belong to them is passed over."""
    now = Talks(stage.who)
    for tool, by, what, at in zip(stage.done, stage.by, stage.what, stage.at, strict=False):
        text = str(dict(what).get("terms", ""))
        if tool in VOTES and now.signed >= 0:
            now = replace(now, votes={**now.votes, by: tool == RATIFY})
        elif tool not in MOVES or now.signed >= 0 or now.walked or by not in stage.who:
            continue
        elif tool == WALK:
            now = replace(now, walked=by, moves=now.moves + 1)
        elif tool == AGREE:
            agreed = (*now.agreed, by)
            standing = now.standing
            all_have = standing is not None and {*agreed, standing[0]} >= set(stage.who)
            signed = at if all_have else -1
            now = replace(now, agreed=agreed, moves=now.moves + 1, signed=signed)
        else:
            terms = agenda.read(text, language)
            if terms is None:
                continue
            threats = now.threats
            if tool == THREAT:
                threats = {**threats, by: threats.get(by, 0) + 1}
            now = replace(
                now, proposed=(*now.proposed, (by, terms)), agreed=(), threats=threats,
                moves=now.moves + 1,
            )  # fmt: skip
    return now
