"""The moves of a negotiation as tools: whoever has the word chooses among them.

What is offered is never outside of what is on the table, and nobody signs what is worth less to
him than no agreement: such calls are refused, whoever makes them. A move is its texts, and a
function of one's seat and of terms that says how good it is now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from npcsim.effects import Effect, Signal, Tie
from npcsim.errors import ToolRefused
from npcsim.speech import PARAPHRASE, References, SpeechAct
from npcsim.tools.bargaining.agenda import Terms
from npcsim.tools.bargaining.seat import LATE, Seat, seat_of
from npcsim.tools.bargaining.tactics import TINY
from npcsim.tools.builtin.talking import TALK_TILES
from npcsim.tools.language import Texts, all_texts
from npcsim.tools.tool import Tool, tool
from npcsim.tools.view import Body, View

SPEAKS = "15 s"
HAGGLING, BINDING = 0.2, 0.6
"""What hangs on a proposal: another can follow. On a yes, or on leaving, hangs more."""
Does = Callable[[Seat, str], Iterable[Any]]
Worth = Callable[[Seat, str], float]


def _move(
    act: str,
    does: Does,
    about: Callable[[Seat], list[str]] | None,
    *,
    says: Texts,
    stakes: float = BINDING,
    **texts: Any,
) -> Callable[[Worth], Tool]:
    """Make a tool of how good a move is. act: the speech act that it is. does: what is checked, and
    comes of it. about: the terms that it could be of now; None for a move that is of none."""

    def make(worth: Worth) -> Tool:
        def of_terms(me: Body, view: View, terms: str) -> list[Effect]:
            seat = seat_of(me, view)
            done = does(seat, terms)
            return [_said(seat, act, says, terms), *done]

        def of_none(me: Body, view: View) -> list[Effect]:
            return of_terms(me, view, "")

        start: Any = of_terms if about is not None else of_none
        start.__name__, start.__doc__ = worth.__name__, worth.__doc__
        if about is None:
            made = tool(stakes=stakes, **texts)(start)
            made.utility(lambda me, view: worth(seat_of(me, view), ""))
        else:
            found = {"terms": lambda me, view: about(seat_of(me, view))}
            made = tool(candidates=found, stakes=stakes, **texts)(start)
            made.utility(lambda me, view, terms: worth(seat_of(me, view), terms))
        return made

    return make


def _said(seat: Seat, kind: str, says: Texts, terms: str) -> Signal:
    """Words for all to hear, meant for those at the table."""
    others = [npc for npc in seat.stage.sitting if npc != seat.me.id]
    words = seat.me.view.said(says, terms=terms)
    words = words[:1].upper() + words[1:]
    names = any("{terms}" in text for text in all_texts(says))
    about = References(terms=seat.named(terms)) if names else References()
    act = SpeechAct(kind, seat.me.id, tuple(others), about, words, PARAPHRASE)
    to = others[0] if len(others) == 1 else None
    return Signal(seat.me, "speech", TALK_TILES, words, to, act=act)


def _judge(seat: Seat, terms: Terms) -> None:
    gain = seat.gain(terms)
    if gain < -1e300:
        raise ToolRefused("I have not got that much to give")
    if gain <= TINY:
        raise ToolRefused("no agreement is better for me than that")


def _proposal(
    name: str, act: str = "offer", *, stakes: float = HAGGLING, **texts: Texts
) -> Callable[[Worth], Tool]:
    """A move that puts terms on the table, if they may be. name: as one's tactics know it."""

    def does(seat: Seat, terms: str) -> Iterable[Effect]:
        _judge(seat, seat.to_propose(terms, name == "hold_firm"))
        others = [npc for npc in seat.stage.who if npc != seat.me.id] if act == "threaten" else []
        return [Tie(other, seat.me, "trust", -0.05) for other in others]

    def could(seat: Seat) -> list[str]:
        return [seat.text(terms) for terms in seat.could(name)]

    return _move(act, does, could, takes=SPEAKS, stakes=stakes, **texts)


@_proposal(
    "propose",
    says={"en": "I propose {terms}.", "ko": "{terms}, 이렇게 제안합니다."},
    option={"en": "propose {terms}", "ko": "{terms} 제안한다"},
    seen={"en": "{me} makes a proposal", "ko": "{me:이} 제안한다"},
    did={"en": "I proposed {terms}", "ko": "나는 {terms} 제안했다"},
)
def propose(seat: Seat, terms: str) -> float:
    """Say what one wants, for the first time in a negotiation."""
    return 0.8  # without a proposal there is nothing to agree to


@_proposal(
    "concede",
    says={"en": "Very well: {terms}.", "ko": "좋습니다, {terms}."},
    option={"en": "give way and offer {terms}", "ko": "양보해서 {terms} 제안한다"},
    seen={"en": "{me} gives way", "ko": "{me:이} 양보한다"},
    did={"en": "I gave way and offered {terms}", "ko": "나는 양보해서 {terms} 제안했다"},
)
def concede(seat: Seat, terms: str) -> float:
    """Offer less good terms for oneself than before: as time asks for, or the least one can."""
    if seat.gain(seat.to_propose(terms)) < seat.offers.asked - TINY:
        return 0.05  # worse than what one still asks for
    return 0.75 if seat.is_due else 0.1


@_proposal(
    "trade_off",
    says={"en": "What about {terms}?", "ko": "{terms}, 이건 어떻습니까?"},
    option={
        "en": "trade one thing for another: {terms}",
        "ko": "하나를 내주고 하나를 받는다: {terms}",
    },
    seen={"en": "{me} offers one thing for another", "ko": "{me:이} 맞바꾸자고 한다"},
    did={"en": "I offered a trade: {terms}", "ko": "나는 {terms} 맞바꾸자고 했다"},
)
def trade_off(seat: Seat, terms: str) -> float:
    """Offer other terms that are as good for oneself, and nearer to what the other wants."""
    return 0.4 if seat.is_due else 0.7  # it costs nothing


@_proposal(
    "hold_firm",
    says={"en": "I stand by {terms}.", "ko": "{terms}, 물러서지 않겠습니다."},
    option={"en": "stand by {terms}", "ko": "{terms} 고집한다"},
    seen={"en": "{me} does not give way", "ko": "{me:이} 물러서지 않는다"},
    did={"en": "I stood by {terms}", "ko": "나는 {terms} 고집했다"},
)
def hold_firm(seat: Seat, terms: str) -> float:
    """Say again what one said last."""
    if seat.is_late:
        return 0.0 if seat.can_agree else 0.5
    return 0.05 if seat.is_due else 0.1 + 0.3 * seat.side.firm


@_proposal(
    "threaten_to_leave",
    "threaten",
    stakes=0.5,
    says={"en": "Either {terms}, or I leave.", "ko": "{terms}, 아니면 가겠습니다."},
    option={"en": "threaten to leave unless it is {terms}", "ko": "{terms} 아니면 가겠다고 한다"},
    seen={"en": "{me} threatens to leave", "ko": "{me:이} 가겠다고 으른다"},
    did={
        "en": "I threatened to leave unless it was {terms}",
        "ko": "나는 {terms} 아니면 가겠다고 했다",
    },
)
def threaten_to_leave(seat: Seat, terms: str) -> float:
    """Say what one said last, and that one leaves otherwise. It costs trust; once only."""
    # For the firm, once the other's proposals are of no use and time is half over.
    return 0.35 * seat.side.firm if seat.is_useless and seat.time >= LATE else 0.02


def _agrees(seat: Seat, terms: str) -> Iterable[Any]:
    agreed = seat.to_agree(terms)
    _judge(seat, agreed)
    return seat.settled(agreed) if seat.is_last_to_agree else ()


def _leaves(seat: Seat, terms: str) -> Iterable[Any]:
    seat.has_the_word()
    return ()


def _ratifies(seat: Seat, terms: str) -> Iterable[Any]:
    agreed = seat.to_ratify(terms)
    return seat.settled(agreed) if seat.vote_decides else ()


def _rejects(seat: Seat, terms: str) -> Iterable[Any]:
    seat.to_ratify(terms)
    return ()


@_move(
    "accept", _agrees, lambda seat: seat.standing,
    says={"en": "Agreed: {terms}.", "ko": "{terms}, 좋습니다."},
    option={"en": "agree to {terms}", "ko": "{terms} 동의한다"},
    seen={"en": "{me} agrees", "ko": "{me:이} 동의한다"},
    did={"en": "I agreed to {terms}", "ko": "나는 {terms} 동의했다"},
)  # fmt: skip
def agree_to(seat: Seat, terms: str) -> float:
    """Agree to what the other has proposed. When all have, it is done."""
    gain, asked = seat.gain(seat.to_agree(terms)), seat.next_gain
    return 1.0 if gain >= asked - TINY else 0.2 * gain / asked


@_move(
    "refuse", _leaves, None,
    says={"en": "Then we have nothing more to say.", "ko": "그럼 더 할 말이 없습니다."},
    option={"en": "break off the talks", "ko": "협상을 끝낸다"},
    seen={"en": "{me} breaks off the talks", "ko": "{me:이} 협상을 끝낸다"},
    did={"en": "I broke off the talks", "ko": "나는 협상을 끝냈다"},
)  # fmt: skip
def walk_away(seat: Seat, terms: str) -> float:
    """Leave without an agreement."""
    return seat.hopeless


@_move(
    "accept", _ratifies, lambda seat: seat.to_vote_on,
    says={"en": "So be it: {terms}.", "ko": "{terms}, 그렇게 합시다."},
    option={"en": "ratify {terms}", "ko": "{terms} 비준한다"},
    seen={"en": "{me} ratifies the agreement", "ko": "{me:이} 합의를 비준한다"},
    did={"en": "I ratified {terms}", "ko": "나는 {terms} 비준했다"},
)  # fmt: skip
def ratify(seat: Seat, terms: str) -> float:
    """Agree to what those at the table have agreed on."""
    return 1.0 if seat.gain(seat.to_ratify(terms)) > TINY else 0.02


@_move(
    "refuse", _rejects, lambda seat: seat.to_vote_on,
    says={"en": "I won't have it.", "ko": "받아들일 수 없습니다."},
    option={"en": "refuse to ratify {terms}", "ko": "{terms} 비준하지 않는다"},
    seen={"en": "{me} refuses to ratify the agreement", "ko": "{me:이} 합의를 비준하지 않는다"},
    did={"en": "I refused to ratify {terms}", "ko": "나는 {terms} 비준하지 않았다"},
)  # fmt: skip
def reject(seat: Seat, terms: str) -> float:
    """Refuse what those at the table have agreed on."""
    return 0.0 if seat.gain(seat.to_ratify(terms)) > TINY else 1.0


TOOLS = (
    propose, concede, trade_off, hold_firm, threaten_to_leave, agree_to, walk_away, ratify, reject,
)  # fmt: skip
