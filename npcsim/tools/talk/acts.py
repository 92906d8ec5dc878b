"""What can be done by saying something in a conversation: each speech act is a tool.

Beside these, `say` tells news and talks about the day. They come with the scene `Conversation`.
"""

from __future__ import annotations

from npcsim.effects import Promise, Tie, Transfer
from npcsim.errors import ToolRefused
from npcsim.speech import References, SpeechAct
from npcsim.tools.builtin.needs import need, relief
from npcsim.tools.builtin.talking import told
from npcsim.tools.partners import last_to, partners, put_to, said_already, said_in
from npcsim.tools.talk.knowing import (
    NEWS,
    NOTHING,
    answers,
    falsehoods,
    keeps_back,
    tells,
    wanted,
    wonders,
)
from npcsim.tools.tool import Tool
from npcsim.tools.uttering import Saying, speech_act
from npcsim.tools.view import Body, Kind, View

DUE_S = 7_200.0
"""A promise made in a conversation is due so many simulated seconds later."""
BRINGS = {"en": "to bring a {item}", "ko": "{item:을} 가져다주기"}
TO = {"to": partners}


def _asked(me: Body, view: View, to: Body, *kinds: str) -> SpeechAct:
    act = put_to(me, view, to, *kinds)
    if act is None:
        raise ToolRefused(f"{to} wants nothing of me")
    return act


@speech_act(
    "greet",
    option={"en": "greet {to}", "ko": "{to}에게 인사한다"},
    seen={"en": "{me} greets {to}", "ko": "{me:이} {to}에게 인사한다"},
    did={"en": "I greeted {to}", "ko": "나는 {to}에게 인사했다"},
    candidates=TO,
    takes="5 s",
)
def greet(me: Body, view: View, to: Body) -> Saying:
    """Greet somebody one talks with."""
    return Saying()


@greet.utility
def politeness(me: Body, view: View, to: Body) -> float:
    """Much where one was just greeted, little once one has greeted."""
    if said_already(me, view, to, "greet"):
        return 0.01
    last = last_to(me, view, to)
    return 0.6 if last is not None and last.kind == "greet" else 0.1


@speech_act(
    "ask",
    option={"en": "ask {to} about {topic}", "ko": "{to}에게 {topic:을} 묻는다"},
    seen={"en": "{me} asks {to} something", "ko": "{me:이} {to}에게 무언가 묻는다"},
    did={"en": "I asked {to} about {topic}", "ko": "나는 {to}에게 {topic:을} 물었다"},
    candidates={"to": partners, "topic": wonders},
    takes="10 s",
)
def ask_about(me: Body, view: View, to: Body, topic: str) -> Saying:
    """Ask somebody about a person, a place or a thing, or for news."""
    return Saying(named(view, topic))


def named(view: View, topic: str) -> References:
    """A topic as a question refers to it: whom or what it names."""
    setting = view.world.setting
    person = next((p.id for p in setting.profiles if p.name == topic), "")
    place = next((p.id for p in setting.places.values() if p.name == topic), "")
    item = next((i.id for i in setting.items.values() if i.name == topic), "")
    return References(fact=topic, person=person, place=place, item=item)


@ask_about.utility
def curiosity(me: Body, view: View, to: Body, topic: str) -> float:
    """What one has but vague word of, or needs, rather than the news; each once."""
    if said_already(me, view, to, "ask", fact=topic):
        return 0.01
    if topic == view.said(NEWS):
        return 0.25 + 0.2 * need(me, "social")
    return 0.35


@speech_act(
    "answer",
    company=False,
    option={"en": "answer {to}: {topic}", "ko": "{to}에게 대답한다: {topic}"},
    seen={"en": "{me} answers {to}", "ko": "{me:이} {to}에게 대답한다"},
    did={"en": "I answered {to}: {topic}", "ko": "나는 {to}에게 대답했다: {topic}"},
    candidates={"to": partners, "topic": answers},
    takes="15 s",
)
def answer(me: Body, view: View, to: Body, topic: str) -> Saying:
    """Answer what one was asked, by what one remembers; or say that one knows nothing."""
    question = _asked(me, view, to, "ask").about.fact
    if topic == view.said(NOTHING):
        return Saying(lie=keeps_back(me, view, to, question))
    about, known = told(me, view, topic)
    return Saying(about, known=known)


@answer.utility
def helpfulness(me: Body, view: View, to: Body, topic: str) -> float:
    """Much, and the more the more telling it is; who distrusts the other rather knows nothing."""
    act = put_to(me, view, to, "ask")
    if act is None:
        return 0.0
    known, trust = tells(me, view, to, act.about.fact), me.tie(to, "trust")
    if topic == view.said(NOTHING):
        return 0.05 + max(0.0, -trust) if known else 0.6
    rank = known.index(topic) if topic in known else len(known)
    return (0.9 - 0.15 * rank) * (1 + min(0.0, trust))


@speech_act(
    "request",
    option={"en": "ask {to} for a {item}", "ko": "{to}에게 {item:을} 달라고 한다"},
    seen={"en": "{me} asks {to} for a {item}", "ko": "{me:이} {to}에게 {item:을} 달라고 한다"},
    did={"en": "I asked {to} for a {item}", "ko": "나는 {to}에게 {item:을} 달라고 했다"},
    candidates={"to": partners, "item": wanted},
    takes="10 s",
)
def request(me: Body, view: View, to: Body, item: Kind) -> Saying:
    """Ask somebody for an item that he or she carries."""
    return Saying(References(item=item.id, amount=1))


@request.utility
def asking(me: Body, view: View, to: Body, item: Kind) -> float:
    """What having it would ease; once."""
    return 0.0 if said_already(me, view, to, "request", item.id) else 0.1 + relief(me, item)


@speech_act(
    "accept",
    option={"en": "give {to} what was asked for", "ko": "{to}에게 달라는 것을 준다"},
    seen={"en": "{me} gives {to} something", "ko": "{me:이} {to}에게 무언가 준다"},
    did={"en": "I gave {to} what was asked for", "ko": "나는 {to}에게 달라는 것을 주었다"},
    candidates=TO,
    takes="10 s",
    stakes=0.2,
)
def grant(me: Body, view: View, to: Body) -> Saying:
    """Accept a request: hand over what was asked for."""
    asked = _asked(me, view, to, "request").about
    if me.carries.get(asked.item, 0) < asked.amount:
        raise ToolRefused(f"I have no {view.item(asked.item)}")
    return Saying(
        References(item=asked.item, amount=asked.amount),
        (Transfer(me, to, asked.item, asked.amount), Tie(to, me, "trust", 0.1)),
    )


@grant.utility
def generosity(me: Body, view: View, to: Body) -> float:
    """By trust and liking, more with some to spare, less where one needs it oneself."""
    act = put_to(me, view, to, "request")
    if act is None:
        return 0.0
    spare = 0.3 if me.carries.get(act.about.item, 0) > act.about.amount else 0.0
    kind = 0.3 * me.tie(to, "trust") + 0.3 * me.tie(to, "likes")
    return max(0.0, 0.25 + kind + spare - relief(me, view.item(act.about.item)))


@speech_act(
    "promise",
    option={"en": "promise {to} what was asked for", "ko": "{to}에게 달라는 것을 약속한다"},
    seen={"en": "{me} promises {to} something", "ko": "{me:이} {to}에게 무언가 약속한다"},
    did={"en": "I gave {to} my word", "ko": "나는 {to}에게 약속했다"},
    candidates=TO,
    takes="10 s",
    stakes=0.3,
)
def promise(me: Body, view: View, to: Body) -> Saying:
    """Promise what was asked for: to bring it within two hours."""
    asked = _asked(me, view, to, "request").about
    if any(one.item == asked.item for one in view.promises(me, to)):
        raise ToolRefused(f"I have promised {to} that already")
    what = view.said(BRINGS, item=view.item(asked.item))
    due = view.tick + -(-int(DUE_S * 1000) // view.world.setting.tick_ms)
    about = References(fact=what, item=asked.item, amount=asked.amount, due=due)
    return Saying(about, (Promise(me, to, what, DUE_S, asked.item, asked.amount),))


@promise.utility
def obligingness(me: Body, view: View, to: Body) -> float:
    """By trust, where one could make it; little where one has it or can't come by it."""
    act = put_to(me, view, to, "request")
    if act is None:
        return 0.0
    item = view.item(act.about.item)
    could = 0.3 if item.recipe and me.carries.get(item.id, 0) == 0 else 0.05
    return max(0.0, could + 0.3 * me.tie(to, "trust"))


@speech_act(
    "refuse",
    option={"en": "refuse what {to} asks", "ko": "{to}의 부탁을 거절한다"},
    seen={"en": "{me} refuses {to}", "ko": "{me:이} {to}의 부탁을 거절한다"},
    did={"en": "I refused {to}", "ko": "나는 {to}의 부탁을 거절했다"},
    candidates=TO,
    takes="5 s",
)
def refuse(me: Body, view: View, to: Body) -> Saying:
    """Refuse what one was asked for or offered."""
    asked = _asked(me, view, to, "request", "offer").about
    return Saying(References(item=asked.item, amount=asked.amount))


@refuse.utility
def reserve(me: Body, view: View, to: Body) -> float:
    """The less the other is trusted, and the more one needs it oneself."""
    act = put_to(me, view, to, "request", "offer")
    if act is None:
        return 0.0
    needs = relief(me, view.item(act.about.item)) if act.about.item else 0.0
    return 0.2 + needs + 0.5 * max(0.0, -me.tie(to, "trust"))


@speech_act(
    "threaten",
    company=False,
    option={"en": "threaten {to}", "ko": "{to:을} 위협한다"},
    seen={"en": "{me} threatens {to}", "ko": "{me:이} {to:을} 위협한다"},
    did={"en": "I threatened {to}", "ko": "나는 {to:을} 위협했다"},
    candidates=TO,
    takes="5 s",
    stakes=0.4,
)
def threaten(me: Body, view: View, to: Body) -> Saying:
    """Threaten somebody."""
    return Saying(also=(Tie(to, me, "fear", 0.2), Tie(to, me, "trust", -0.2)))


@threaten.utility
def menace(me: Body, view: View, to: Body) -> float:
    """The less the other is trusted, once; more after a refusal."""
    if said_already(me, view, to, "threaten"):
        return 0.0
    refused = put_to(me, view, to, "refuse") is not None
    return max(0.0, -me.tie(to, "trust")) * (0.6 if refused else 0.2)


@speech_act(
    "thank",
    option={"en": "thank {to}", "ko": "{to}에게 고맙다고 한다"},
    seen={"en": "{me} thanks {to}", "ko": "{me:이} {to}에게 고맙다고 한다"},
    did={"en": "I thanked {to}", "ko": "나는 {to}에게 고맙다고 했다"},
    candidates=TO,
    takes="5 s",
)
def thank(me: Body, view: View, to: Body) -> Saying:
    """Thank somebody for an answer, a promise or a thing."""
    act = put_to(me, view, to, "answer", "accept", "promise", "offer")
    if act is None or (act.kind == "answer" and not act.about.fact):
        raise ToolRefused(f"there is nothing to thank {to} for")
    return Saying()


@thank.utility
def gratitude(me: Body, view: View, to: Body) -> float:
    """Much."""
    return 0.6


@speech_act(
    "bye",
    company=False,
    option={"en": "say goodbye to {to}", "ko": "{to}에게 작별 인사를 한다"},
    seen={"en": "{me} says goodbye to {to}", "ko": "{me:이} {to}에게 작별 인사를 한다"},
    did={"en": "I said goodbye to {to}", "ko": "나는 {to}에게 작별 인사를 했다"},
    candidates=TO,
    takes="5 s",
)
def bye(me: Body, view: View, to: Body) -> Saying:
    """Take one's leave: one is in the conversation no more."""
    return Saying()


@bye.utility
def parting(me: Body, view: View, to: Body) -> float:
    """The more one has said already, and much where the other takes leave."""
    last = last_to(me, view, to)
    if last is not None and last.kind == "bye":
        return 0.9
    own = sum(act.speaker == me.id for act in said_in(me, view))
    return 0.02 + 0.06 * max(0, own - 1)


def lies(me: Body, view: View, to: Body) -> list[str]:
    """What one could make another believe, though it is otherwise."""
    return [fact for fact, _ in falsehoods(me, view, to)]


@speech_act(
    "inform",
    company=False,
    option={"en": "make {to} believe this: {topic}", "ko": "{to}에게 거짓말한다: {topic}"},
    seen={"en": "{me} talks to {to}", "ko": "{me:이} {to}에게 말한다"},
    did={"en": "I lied to {to}: {topic}", "ko": "나는 {to}에게 거짓말했다: {topic}"},
    candidates={"to": partners, "topic": lies},
    takes="15 s",
    stakes=0.3,
)
def lie(me: Body, view: View, to: Body, topic: str) -> Saying:
    """Tell somebody what one knows to be otherwise."""
    behind = dict(falsehoods(me, view, to)).get(topic)
    if behind is None:
        raise ToolRefused("I can't make that believed")
    return Saying(References(memory=behind.id, fact=topic), known=behind, lie=True)


@lie.utility
def malice(me: Body, view: View, to: Body, topic: str) -> float:
    """Only whom one distrusts, and each lie once."""
    if said_already(me, view, to, "inform", fact=topic):
        return 0.0
    return max(0.0, -me.tie(to, "trust")) * 0.5


ACTS: tuple[Tool, ...] = (
    greet, ask_about, answer, request, grant, promise, refuse, threaten, thank, bye, lie,
)  # fmt: skip
