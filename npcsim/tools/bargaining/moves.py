"""The moves of a negotiation as tools: whoever has the word chooses among them.

What is offered is never outside of what is on the table, and nobody signs what is worth less to
him than no agreement: such calls are refused, whoever makes them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from npcsim.effects import Effect, Signal, Tie
from npcsim.errors import ToolRefused
from npcsim.speech import PARAPHRASE, References, SpeechAct
from npcsim.tools.bargaining.agenda import Terms
from npcsim.tools.bargaining.seat import LATE, Seat, seat_of
from npcsim.tools.bargaining.tactics import TINY
from npcsim.tools.builtin.talking import TALK_TILES
from npcsim.tools.tool import tool
from npcsim.tools.view import Body, View

SPEAKS = "15 s"
HAGGLING = 0.2
"""What hangs on a proposal: another can follow. On a yes, or on leaving, hangs more."""
SAID = {
    "propose": {"en": "I propose {terms}.", "ko": "{terms}, 이렇게 제안합니다."},
    "concede": {"en": "Very well: {terms}.", "ko": "좋습니다, {terms}."},
    "trade_off": {"en": "What about {terms}?", "ko": "{terms}, 이건 어떻습니까?"},
    "hold_firm": {"en": "I stand by {terms}.", "ko": "{terms}, 물러서지 않겠습니다."},
    "threaten": {"en": "Either {terms}, or I leave.", "ko": "{terms}, 아니면 가겠습니다."},
    "agree": {"en": "Agreed: {terms}.", "ko": "{terms}, 좋습니다."},
    "walk": {"en": "Then we have nothing more to say.", "ko": "그럼 더 할 말이 없습니다."},
    "ratify": {"en": "So be it: {terms}.", "ko": "{terms}, 그렇게 합시다."},
    "reject": {"en": "I won't have it.", "ko": "받아들일 수 없습니다."},
}
ACTS = {
    "propose": "offer", "concede": "offer", "trade_off": "offer", "hold_firm": "offer",
    "threaten": "threaten", "agree": "accept", "walk": "refuse", "ratify": "accept",
    "reject": "refuse",
}  # fmt: skip


def _proposes(name: str) -> Callable[..., list[str]]:
    """Candidates for a move: what it could be about now, by the tactics of the one who makes it."""

    def found(me: Body, view: View) -> list[str]:
        seat = seat_of(me, view)
        return [seat.text(terms) for terms in seat.could(name)]

    return found


def _proposal(me: Body, view: View, text: str, how: str) -> list[Effect]:
    """Put terms on the table, if they may be. Raises ToolRefused."""
    seat = seat_of(me, view)
    _judge(seat, seat.to_propose(text, how == "hold_firm"))
    return _said(seat, how, text)


def _judge(seat: Seat, terms: Terms) -> None:
    gain = seat.gain(terms)
    if gain < -1e300:
        raise ToolRefused("I have not got that much to give")
    if gain <= TINY:
        raise ToolRefused("no agreement is better for me than that")


def _said(seat: Seat, how: str, text: str = "") -> list[Effect]:
    """Words for all to hear, meant for those at the table."""
    others = [npc for npc in seat.stage.sitting if npc != seat.me.id]
    words = seat.me.view.said(SAID[how], terms=text)
    words = words[:1].upper() + words[1:]
    about = References(terms=seat.named(text)) if text else References()
    act = SpeechAct(ACTS[how], seat.me.id, tuple(others), about, words, PARAPHRASE)
    to = others[0] if len(others) == 1 else None
    return [Signal(seat.me, "speech", TALK_TILES, words, to, act=act)]


@tool(
    option={"en": "propose {terms}", "ko": "{terms} 제안한다"},
    seen={"en": "{me} makes a proposal", "ko": "{me:이} 제안한다"},
    did={"en": "I proposed {terms}", "ko": "나는 {terms} 제안했다"},
    candidates={"terms": _proposes("propose")},
    takes=SPEAKS,
    stakes=HAGGLING,
)
def propose(me: Body, view: View, terms: str) -> list[Effect]:
    """Say what one wants, for the first time in a negotiation."""
    return _proposal(me, view, terms, "propose")


@propose.utility
def opening(me: Body, view: View, terms: str) -> float:
    """High: without a proposal there is nothing to agree to."""
    return 0.8


@tool(
    option={"en": "give way and offer {terms}", "ko": "양보해서 {terms} 제안한다"},
    seen={"en": "{me} gives way", "ko": "{me:이} 양보한다"},
    did={"en": "I gave way and offered {terms}", "ko": "나는 양보해서 {terms} 제안했다"},
    candidates={"terms": _proposes("concede")},
    takes=SPEAKS,
    stakes=HAGGLING,
)
def concede(me: Body, view: View, terms: str) -> list[Effect]:
    """Offer less good terms for oneself than before: as time asks for, or the least one can."""
    return _proposal(me, view, terms, "concede")


@concede.utility
def pressed(me: Body, view: View, terms: str) -> float:
    """The more it is time to give way; little for terms worse than what one still asks for."""
    seat = seat_of(me, view)
    gain = seat.gain(seat.to_propose(terms))
    if gain < seat.offers.asked - TINY:
        return 0.05
    return 0.75 if seat.is_due else 0.1


@tool(
    option={
        "en": "trade one thing for another: {terms}",
        "ko": "하나를 내주고 하나를 받는다: {terms}",
    },
    seen={"en": "{me} offers one thing for another", "ko": "{me:이} 맞바꾸자고 한다"},
    did={"en": "I offered a trade: {terms}", "ko": "나는 {terms} 맞바꾸자고 했다"},
    candidates={"terms": _proposes("trade_off")},
    takes=SPEAKS,
    stakes=HAGGLING,
)
def trade_off(me: Body, view: View, terms: str) -> list[Effect]:
    """Offer other terms that are as good for oneself, and nearer to what the other wants."""
    return _proposal(me, view, terms, "trade_off")


@trade_off.utility
def free_of_cost(me: Body, view: View, terms: str) -> float:
    """High, as it costs nothing; less when it is time to give way."""
    return 0.4 if seat_of(me, view).is_due else 0.7


@tool(
    option={"en": "stand by {terms}", "ko": "{terms} 고집한다"},
    seen={"en": "{me} does not give way", "ko": "{me:이} 물러서지 않는다"},
    did={"en": "I stood by {terms}", "ko": "나는 {terms} 고집했다"},
    candidates={"terms": _proposes("hold_firm")},
    takes=SPEAKS,
    stakes=HAGGLING,
)
def hold_firm(me: Body, view: View, terms: str) -> list[Effect]:
    """Say again what one said last."""
    return _proposal(me, view, terms, "hold_firm")


@hold_firm.utility
def stubbornness(me: Body, view: View, terms: str) -> float:
    """Some while it is not time to give way, by how firm one is."""
    seat = seat_of(me, view)
    if seat.is_late:
        return 0.0 if seat.can_agree else 0.5
    return 0.05 if seat.is_due else 0.1 + 0.3 * seat.side.firm


@tool(
    option={"en": "threaten to leave unless it is {terms}", "ko": "{terms} 아니면 가겠다고 한다"},
    seen={"en": "{me} threatens to leave", "ko": "{me:이} 가겠다고 으른다"},
    did={
        "en": "I threatened to leave unless it was {terms}",
        "ko": "나는 {terms} 아니면 가겠다고 했다",
    },
    candidates={"terms": _proposes("threaten_to_leave")},
    takes=SPEAKS,
    stakes=0.5,
)
def threaten_to_leave(me: Body, view: View, terms: str) -> list[Effect]:
    """Say what one said last, and that one leaves otherwise. It costs trust; once only."""
    effects = _proposal(me, view, terms, "threaten")
    others = [npc for npc in seat_of(me, view).stage.who if npc != me.id]
    return [*effects, *(Tie(other, me, "trust", -0.05) for other in others)]


@threaten_to_leave.utility
def impatience(me: Body, view: View, terms: str) -> float:
    """Something for the firm, once the other's proposals are of no use and time is half over."""
    seat = seat_of(me, view)
    return 0.35 * seat.side.firm if seat.is_useless and seat.time >= LATE else 0.02


@tool(
    option={"en": "agree to {terms}", "ko": "{terms} 동의한다"},
    seen={"en": "{me} agrees", "ko": "{me:이} 동의한다"},
    did={"en": "I agreed to {terms}", "ko": "나는 {terms} 동의했다"},
    candidates={"terms": lambda me, view: seat_of(me, view).standing},
    stakes=0.6,
)
def agree_to(me: Body, view: View, terms: str) -> list[Effect]:
    """Agree to what the other has proposed. When all have, it is done."""
    seat = seat_of(me, view)
    agreed = seat.to_agree(terms)
    _judge(seat, agreed)
    done: list[Any] = seat.settled(agreed) if seat.is_last_to_agree else []
    return [*_said(seat, "agree", terms), *done]


@agree_to.utility
def good_enough(me: Body, view: View, terms: str) -> float:
    """All, where it is no worse than what one still asks for; else less, by how much."""
    seat = seat_of(me, view)
    gain, asked = seat.gain(seat.to_agree(terms)), seat.next_gain
    return 1.0 if gain >= asked - TINY else 0.2 * gain / asked


@tool(
    option={"en": "break off the talks", "ko": "협상을 끝낸다"},
    seen={"en": "{me} breaks off the talks", "ko": "{me:이} 협상을 끝낸다"},
    did={"en": "I broke off the talks", "ko": "나는 협상을 끝냈다"},
    stakes=0.6,
)
def walk_away(me: Body, view: View) -> list[Effect]:
    """Leave without an agreement."""
    seat = seat_of(me, view)
    seat.has_the_word()
    return _said(seat, "walk")


@walk_away.utility
def hopelessness(me: Body, view: View) -> float:
    """All, where nothing on the table is better than nothing; much, where one said one would."""
    return seat_of(me, view).hopeless


@tool(
    option={"en": "ratify {terms}", "ko": "{terms} 비준한다"},
    seen={"en": "{me} ratifies the agreement", "ko": "{me:이} 합의를 비준한다"},
    did={"en": "I ratified {terms}", "ko": "나는 {terms} 비준했다"},
    candidates={"terms": lambda me, view: seat_of(me, view).to_vote_on},
    stakes=0.6,
)
def ratify(me: Body, view: View, terms: str) -> list[Effect]:
    """Agree to what those at the table have agreed on."""
    seat = seat_of(me, view)
    agreed = seat.to_ratify(terms)
    done: list[Any] = seat.settled(agreed) if seat.vote_decides else []
    return [*_said(seat, "ratify", terms), *done]


@ratify.utility
def is_good(me: Body, view: View, terms: str) -> float:
    """All, where it is better for one than no agreement."""
    seat = seat_of(me, view)
    return 1.0 if seat.gain(seat.to_ratify(terms)) > TINY else 0.02


@tool(
    option={"en": "refuse to ratify {terms}", "ko": "{terms} 비준하지 않는다"},
    seen={"en": "{me} refuses to ratify the agreement", "ko": "{me:이} 합의를 비준하지 않는다"},
    did={"en": "I refused to ratify {terms}", "ko": "나는 {terms} 비준하지 않았다"},
    candidates={"terms": lambda me, view: seat_of(me, view).to_vote_on},
    stakes=0.6,
)
def reject(me: Body, view: View, terms: str) -> list[Effect]:
    """Refuse what those at the table have agreed on."""
    seat = seat_of(me, view)
    seat.to_ratify(terms)
    return _said(seat, "reject")


@reject.utility
def is_bad(me: Body, view: View, terms: str) -> float:
    """All, where it is no better for one than no agreement; nothing else."""
    seat = seat_of(me, view)
    return 0.0 if seat.gain(seat.to_ratify(terms)) > TINY else 1.0


TOOLS = (
    propose, concede, trade_off, hold_firm, threaten_to_leave, agree_to, walk_away, ratify, reject,
)  # fmt: skip
