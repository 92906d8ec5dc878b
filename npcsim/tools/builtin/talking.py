"""Saying things to others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from npcsim.effects import Add, Effect, Signal, Tie
from npcsim.errors import ToolRefused
from npcsim.memory.grounds import (
    fact_of,
    ground,
    memories_of,
    sources,
    surest,
    taking_part,
)
from npcsim.memory.stream import since
from npcsim.speech import PARAPHRASE, References, SpeechAct
from npcsim.tools.builtin.needs import need
from npcsim.tools.naming import names
from npcsim.tools.partners import conversation, last_to, put_to
from npcsim.tools.tool import Words, tool
from npcsim.tools.view import Body, View
from npcsim.world.rows import Memory
from npcsim.world.state import Talking

NOTHING = References()
TALK_TILES = 8.0
SHOUT_TILES = 20.0
NEWS = 0.5
WORN_MS = 1_800_000
LATELY_MS = 300_000
ANSWERS_MS = 60_000
"""For so long somebody who said something waits to be answered."""
TO_ONE = ("said", "told")
"""What memories are about of words that were meant for oneself."""
WAITS = 0.05
"""What talk is worth at most while there is something to answer, and small talk in a fight."""
UNWORDED = {"en": "About {topic}.", "ko": "{topic} 이야기."}
HEARSAY = {"en": '{who} said: "{fact}"', "ko": '{who:이} "{fact}" 하고 말했다'}
SMALL_TALK = {"en": "the day", "ko": "오늘 하루"}


def topics(me: Body, view: View, to: Body) -> list[str]:
    """What there is to talk about: fresh news that they were not told yet, then the day.

    News is what one saw, and what one heard if one is sure enough of it. Who has it already is not
    told: whom one has it from, who had part in it, whom one heard being told, and whom it is about.
    It is told from what one knows it best by, however often one heard of it since.
    """
    talking = view.world.setting.talking or Talking()
    lately = since(me.memories, view.tick - talking.fresh_ms // view.world.setting.tick_ms)
    facts = dict.fromkeys(fact_of(line) for line in reversed(lately) if _is_news(line))
    known = memories_of(me.memories, facts, me.id) if facts else {}
    told_of = [surest(known[fact]) for fact in facts if _tells(view, known.get(fact, ()), to)]
    news = [as_news(view, line) for line in told_of]
    told = {line.text for line in lately if line.sort == "did"} if news else set()
    fresh = [
        line for line in dict.fromkeys(news) if view.said(say.did, to=to, topic=line) not in told
    ][:2]
    return [*fresh, view.said(SMALL_TALK)]


def as_news(view: View, line: Memory) -> str:
    """A memory as it is passed on: one's own in its words, hearsay with whom it is from."""
    if not line.fact or not line.origin:
        return line.fact or line.text
    return as_told(view, line.origin, line.fact)


def as_told(view: View, origin: str, fact: str) -> str:
    """A fact as somebody else told it."""
    return view.said(HEARSAY, who=view.npc(origin), fact=fact.rstrip("."))


def _is_news(line: Memory) -> bool:
    """Whether something that matters came to be known by a memory, and not from the start."""
    news = line.importance >= NEWS and line.covers == 1 and line.tick > 0
    return news and line.sort in ("seen", "heard")


def _tells(view: View, known: Sequence[Memory], to: Body) -> bool:
    """Whether one tells somebody what one has these memories of."""
    if not known or to.id in sources(known) | taking_part(known):
        return False
    best = surest(known)
    if names(fact_of(best), to.name):
        # What is about the other, the other is taken to know better: a "B-event" (W. Labov and
        # D. Fanshel, "Therapeutic Discourse", 1977), which is asked about and not told.
        return False
    return best.sort != "heard" or best.sure >= view.world.setting.memory.retell


def _meant(me: Body, view: View, topic: str) -> str:
    """The fact that a topic tells: of one of one's memories, else the topic as it stands."""
    for line in reversed(me.memories):
        if topic == line.text or topic == as_news(view, line):
            return fact_of(line)
    return topic


def _speech(me: Body, view: View, to: Body, topic: str, words: Words) -> Signal:
    """The words as what they do: small talk greets, all else tells a fact."""
    small = is_small_talk(topic)
    about = view.said(SMALL_TALK) if small else topic
    said = words if words else Words(view.said(UNWORDED, topic=about), PARAPHRASE)
    if small:
        return utterance("greet", me, to, said)
    return utterance("inform", me, to, said, *told(me, view, topic))


def utterance(
    kind: str,
    me: Body,
    to: Body,
    words: Words,
    about: References = NOTHING,
    known: Memory | None = None,
    *,
    lie: bool = False,
    loudness: float = TALK_TILES,
) -> Signal:
    """A speech act as the signal it is heard by; `known`: the memory behind a fact that is told.

    Of what is told without one, the speaker stands for it.
    """
    act = SpeechAct(kind, me.id, (to.id,), about, str(words), words.by, lie)
    tells = about.fact if act.asserts else ""
    hop, sure, origin = (0, 1.0, me.id) if tells else (0, 1.0, "")
    if tells and known is not None and not lie:
        own = known.sort == "seen" or not known.origin
        hop, sure, origin = known.hop, known.sure, me.id if own else known.origin
    return Signal(me, "speech", loudness, str(words), to, tells, hop, sure, origin, act)


def hears(me: Body, to: Body) -> None:
    """Raises ToolRefused where another would not hear what `me` says to it."""
    if to.id == me.id or not to.alive:
        raise ToolRefused(f"I can't talk to {to}")
    if me.view.has_ground and me.distance(to) > TALK_TILES:
        raise ToolRefused(f"{to} is too far away to talk to")
    if not me.view.has_ground and me.place != to.place:
        raise ToolRefused(f"{to} is not here")


def told(me: Body, view: View, topic: str) -> tuple[References, Memory | None]:
    """A topic as an act refers to it, and what one knows it best by; None for what is made up."""
    fact = _meant(me, view, topic)
    line = ground(me.memories, fact, me.id)
    return References(line.id if line is not None else 0, fact), line


def is_small_talk(topic: str) -> bool:
    """Whether a topic is nothing but the day, in whatever language it is put."""
    return topic in SMALL_TALK.values()


@tool(
    option={"en": "talk to {to} about {topic}", "ko": "{to:와} {topic} 이야기를 한다"},
    seen={"en": "{me} talks to {to}", "ko": "{me:이} {to}에게 말한다"},
    did={"en": "I told {to} about {topic}", "ko": "나는 {to}에게 {topic} 이야기를 했다"},
    candidates={"topic": topics},
    takes="15 s",
)
def say(me: Body, view: View, to: Body, topic: str, words: Words = Words("")) -> list[Effect]:  # noqa: B008
    """Say something to somebody near."""
    hears(me, to)
    effects: list[Effect] = [
        _speech(me, view, to, topic, words),
        Tie(me, to, "knows", 0.05),
        Tie(to, me, "knows", 0.05),
    ]
    if "social" in view.world.setting.gauges:
        effects += [Add(me, "social", -0.3), Add(to, "social", -0.15)]
    return effects


@say.utility
def sociable(me: Body, view: View, to: Body, topic: str) -> float:
    """Loneliness, less for somebody just talked to, more for news.

    Small talk wears out: answers to it by how often the same was said to them within
    `WORN_MS`, beginning it by how short a time ago they were last talked to; nobody makes any
    while others fight. Who has just been spoken to answers before talking to others.
    """
    passed = _passed(me, view, to.id)
    lately, fresh = passed < LATELY_MS, 1.0
    if is_small_talk(topic):
        fresh = min(1.0, passed / WORN_MS)
    talk = conversation(me, view)
    if talk is not None and to.id not in talk.sitting:
        return 0.02 * fresh  # one who talks with others
    if is_small_talk(topic) and (
        put_to(me, view, to, "ask", "request") is not None or view.hears(me, "attack")
    ):
        return WAITS
    waiting = _waiting(me, view)
    if last_to(me, view, to) is not None or to.id in waiting or _spoken_to(me, view, to):
        return (0.3 if lately else 0.7) / (1 + _told(me, view, to, topic))
    if _has_the_turn(me, view, waiting):
        return WAITS * fresh
    if lately:
        return 0.02 * fresh
    return (0.1 + 0.7 * need(me, "social")) * fresh + (0.0 if is_small_talk(topic) else 0.2)


def _passed(me: Body, view: View, to: str) -> int:
    """How long ago one last talked to somebody, in ms; at most `WORN_MS`, as if never."""
    spoken = dict(me.mind.spoken).get(to)
    passed = WORN_MS if spoken is None else (view.tick - spoken) * view.world.setting.tick_ms
    return min(passed, WORN_MS)


def _waiting(me: Body, view: View) -> set[str]:
    """Who has said something to one within `ANSWERS_MS`, and was not spoken to since."""
    spoken = dict(me.mind.spoken)
    lately = since(me.memories, view.tick - ANSWERS_MS // view.world.setting.tick_ms)
    return {
        line.source
        for line in lately
        if line.sort == "heard" and line.about in TO_ONE and line.tick > spoken.get(line.source, -1)
    }


def _has_the_turn(me: Body, view: View, waiting: Iterable[str]) -> bool:
    """Whether one of those who wait is in earshot, and was not talked to for a while.

    Whom a speaker turns to has the next turn, and is to take it: H. Sacks, E. A. Schegloff and
    G. Jefferson, "A simplest systematics for the organization of turn-taking for conversation",
    Language 50 (1974), rule 1a.
    """
    return any(
        _passed(me, view, who) >= LATELY_MS and _hears(me, view.npc(who))
        for who in waiting
        if who in view.world.setting.serial_of
    )


def _hears(me: Body, to: Body) -> bool:
    """Whether another would hear what `me` says to it."""
    return to.alive and (
        me.distance(to) <= TALK_TILES if me.view.has_ground else me.place == to.place
    )


def _spoken_to(me: Body, view: View, by: Body) -> bool:
    """Whether another has just said something to one."""
    return any(heard.source == by.id and heard.to == me.id for heard in view.perceived(me))


def _told(me: Body, view: View, to: Body, topic: str) -> int:
    """How often one remembers having told somebody the same within `WORN_MS`."""
    lately = since(me.memories, view.tick - WORN_MS // view.world.setting.tick_ms)
    words = view.said(say.did, to=to, topic=topic)
    return sum(line.sort == "did" and line.text == words for line in lately)


@tool(
    option={"en": "accuse {who}", "ko": "{who:을} 비난한다"},
    seen={"en": "{me} accuses {who}", "ko": "{me:이} {who:을} 비난한다"},
    did={"en": "I accused {who}", "ko": "나는 {who:을} 비난했다"},
    stakes=0.3,
)
def accuse(me: Body, view: View, who: Body) -> list[Effect]:
    """Accuse somebody to their face, for all to hear."""
    if who.id == me.id or not who.alive:
        raise ToolRefused(f"I can't accuse {who}")
    return [
        Signal(me, "accused", SHOUT_TILES, view.said(accuse.seen, me=me, who=who), who),
        Tie(who, me, "trust", -0.2),
    ]


@accuse.utility
def grudge(me: Body, view: View, who: Body) -> float:
    """The less they are trusted."""
    return max(0.0, -me.tie(who, "trust")) * 0.5


@tool(
    option={"en": "shout {text}", "ko": "{text} 하고 외친다"},
    seen={"en": "{me} shouts", "ko": "{me:이} 외친다"},
    did={"en": "I shouted {text}", "ko": "나는 {text} 하고 외쳤다"},
    candidates={"text": lambda me, view: ["for help"]},
)
def shout(me: Body, view: View, text: str) -> list[Effect]:
    """Shout so that everybody around hears it."""
    return [Signal(me, "shout", SHOUT_TILES, text)]


@shout.utility
def alarm(me: Body, view: View, text: str) -> float:
    """When hurt, or when a fight is near."""
    return 0.3 if view.hears(me, "attack") or me.hp < 50 else 0.01
