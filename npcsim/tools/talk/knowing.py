"""What there is to ask about and to answer, out of what one remembers and needs."""

from __future__ import annotations

from npcsim.memory.grounds import TELLING, fact_of, memories_of, sources, surest
from npcsim.memory.stream import since
from npcsim.tools.builtin.needs import COIN, relief
from npcsim.tools.builtin.talking import as_news, is_small_talk, topics
from npcsim.tools.partners import put_to
from npcsim.tools.view import Body, View
from npcsim.world.dice import roll
from npcsim.world.rows import Memory

NEWS = {"en": "the news", "ko": "요즘 소식"}
NOTHING = {"en": "nothing", "ko": "아무것도"}
LATELY_MS = 7_200_000
UNSURE = 0.7
"""Who is less sure of a thing than this asks others about it."""
MOST = 3
RECALLED = 8


def wonders(me: Body, view: View, to: Body) -> list[str]:
    """What one may ask about: the news, whom or what one has but vague word of, what one needs."""
    found = [view.said(NEWS)]
    lately = since(me.memories, view.tick - LATELY_MS // view.world.setting.tick_ms)
    vague = [line for line in reversed(lately) if line.sort == "heard" and line.sure < UNSURE]
    facts = dict.fromkeys(line.fact for line in vague if line.fact)
    known = memories_of(me.memories, facts, me.id) if facts else {}
    for fact in facts:
        if fact in known and surest(known[fact]).sure < UNSURE:
            found += [n for n in names_in(fact, view) if n not in (me.name, to.name)]
    needed = [(relief(me, item), item) for item in view.items if item.id not in me.carries]
    eases = sorted(((ease, item.id) for ease, item in needed if ease > 0), reverse=True)
    found += [view.item(id).name for _, id in eases[:1]]
    return list(dict.fromkeys(found))[:MOST]


def names_in(text: str, view: View) -> list[str]:
    """People, places and kinds of items that a text names, by their names."""
    setting = view.world.setting
    found = [person.name for person in setting.profiles]
    found += [place.name for place in setting.places.values()]
    found += [item.name for item in setting.items.values()]
    return [name for name in found if name and name in text]


def known_of(me: Body, view: View, topic: str) -> list[Memory]:
    """What one remembers of what one is asked about, secrets too: the most telling first.

    It is what names the same as the question; where that names nobody and nothing, what comes to
    mind by its words.
    """
    named = [name for name in names_in(topic, view) if name != me.name]
    if named:
        found = [line for line in me.memories if any(name in fact_of(line) for name in named)]
    else:
        came = me.recall(topic, explain=True, limit=RECALLED).found
        found = [one.memory for one in came if one.keyword > 0]
    lines = [line for line in found if _is_told(line)]
    return sorted(lines, key=lambda line: (line.importance * line.sure, line.tick), reverse=True)


def _is_told(line: Memory) -> bool:
    """Whether a memory is one of those that one can answer with: not of mere words, or deeds."""
    if line.sort == "heard":
        return bool(line.fact) or line.about == "news" or line.tick <= 0
    return line.covers == 1 and line.sort in (*TELLING, "secret")


def answers(me: Body, view: View, to: Body) -> list[str]:
    """What one may answer to what the other asked, the most telling first; at the end, nothing."""
    asked = put_to(me, view, to, "ask")
    if asked is None:
        return []
    told = tells(me, view, to, asked.about.fact)
    return [*told, view.said(NOTHING)]


def tells(me: Body, view: View, to: Body, topic: str) -> list[str]:
    """What one has to tell another who asks about something. Secrets are kept."""
    if topic == view.said(NEWS):
        return [news for news in topics(me, view, to) if not is_small_talk(news)]
    facts = dict.fromkeys(map(fact_of, known_of(me, view, topic)))
    known = memories_of(me.memories, facts, me.id)
    new = (known[fact] for fact in facts if fact in known and to.id not in sources(known[fact]))
    return list(dict.fromkeys(as_news(view, surest(lines)) for lines in new))[:MOST]


def keeps_back(me: Body, view: View, to: Body, topic: str) -> bool:
    """Whether one knows something of what one was asked about."""
    return bool(tells(me, view, to, topic)) or any(known_of(me, view, topic))


def falsehoods(me: Body, view: View, to: Body) -> list[tuple[str, Memory]]:
    """What one could make another believe: a fact of one's own with a wrong name in it."""
    lately = since(me.memories, view.tick - LATELY_MS // view.world.setting.tick_ms)
    secrets = (one for one in me.memories if one.sort == "secret")
    own = [one for one in (*lately, *secrets) if one.sort in ("seen", "secret")]
    for line in reversed(own):
        if wrong := _twisted(me, view, to, line):
            return [(wrong, line)]
    return []


def _twisted(me: Body, view: View, to: Body, line: Memory) -> str:
    """What it says, with somebody named in it changed for somebody else, whom keyed dice choose."""
    fact = fact_of(line)
    people = [p.name for p in view.world.setting.profiles if p.id not in (me.id, to.id)]
    named = [name for name in people if name in fact]
    others = [name for name in people if name not in fact]
    if not named or not others:
        return ""
    throw = roll(view.world.setting.mind_seed, line.id, me.id, "lie")
    return fact.replace(named[0], others[int(throw * len(others))])


def wanted(me: Body, view: View, to: Body) -> list[str]:
    """Items that another carries and that would ease what one needs."""
    return [
        id
        for id in to.carries
        if id != COIN and me.carries.get(id, 0) == 0 and relief(me, view.item(id)) > 0
    ]
