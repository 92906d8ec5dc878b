"""Saying things to others."""

from __future__ import annotations

from npcsim.effects import Add, Effect, Signal, Tie
from npcsim.errors import ToolRefused
from npcsim.tools.builtin.needs import need
from npcsim.tools.tool import Words, tool
from npcsim.tools.view import Body, View

TALK_TILES = 8.0
SHOUT_TILES = 20.0
NEWS = 0.5
FRESH_MS = 7_200_000


def topics(me: Body, view: View, to: Body) -> list[str]:
    """What there is to talk about: fresh news that they were not told yet, then the day."""
    since = view.tick - FRESH_MS // view.world.setting.tick_ms
    news = [
        line.text
        for line in reversed(me.memories)
        if line.sort == "seen" and line.importance >= NEWS and line.tick >= since
    ]
    told = {topic for who, topic in _told(me) if who == to.name}
    fresh = [line for line in dict.fromkeys(news) if line not in told][:2]
    return [*fresh, "the day"]


def _told(me: Body) -> list[tuple[str, str]]:
    return [
        (line.text.split(" about ", 1)[0].removeprefix("I told "), line.text.split(" about ", 1)[1])
        for line in me.memories
        if line.sort == "did" and line.text.startswith("I told ") and " about " in line.text
    ]


@tool(
    option="talk to {to} about {topic}",
    seen="{me} talks to {to}",
    did="I told {to} about {topic}",
    candidates={"topic": topics},
    takes="15 s",
)
def say(me: Body, view: View, to: Body, topic: str, words: Words = Words("")) -> list[Effect]:  # noqa: B008
    """Say something to somebody near."""
    if to.id == me.id or not to.alive:
        raise ToolRefused(f"I can't talk to {to}")
    if view.has_ground and me.distance(to) > TALK_TILES:
        raise ToolRefused(f"{to} is too far away to talk to")
    if not view.has_ground and me.place != to.place:
        raise ToolRefused(f"{to} is not here")
    effects: list[Effect] = [
        Signal(me, "speech", TALK_TILES, str(words) or f"About {topic}.", to),
        Tie(me, to, "knows", 0.05),
        Tie(to, me, "knows", 0.05),
    ]
    if "social" in view.world.setting.gauges:
        effects += [Add(me, "social", -0.3), Add(to, "social", -0.15)]
    return effects


@say.utility
def sociable(me: Body, view: View, to: Body, topic: str) -> float:
    """Loneliness, less for somebody just talked to, more for news."""
    spoken = dict(me.mind.spoken).get(to.id)
    lately = spoken is not None and (view.tick - spoken) * view.world.setting.seconds < 300
    if any(heard.source == to.id and heard.to == me.id for heard in view.perceived(me)):
        return 0.3 if lately else 0.7
    if lately:
        return 0.02
    return 0.1 + 0.7 * need(me, "social") + (0.2 if topic != "the day" else 0.0)


@tool(option="accuse {who}", seen="{me} accuses {who}", did="I accused {who}", stakes=0.3)
def accuse(me: Body, view: View, who: Body) -> list[Effect]:
    """Accuse somebody to their face, for all to hear."""
    if who.id == me.id or not who.alive:
        raise ToolRefused(f"I can't accuse {who}")
    return [
        Signal(me, "accused", SHOUT_TILES, f"{me} accuses {who}", who),
        Tie(who, me, "trust", -0.2),
    ]


@accuse.utility
def grudge(me: Body, view: View, who: Body) -> float:
    """The less they are trusted."""
    return max(0.0, -me.tie(who, "trust")) * 0.5


@tool(
    option="shout {text}",
    seen="{me} shouts",
    did="I shouted {text}",
    candidates={"text": lambda me, view: ["for help"]},
)
def shout(me: Body, view: View, text: str) -> list[Effect]:
    """Shout so that everybody around hears it."""
    return [Signal(me, "shout", SHOUT_TILES, text)]


@shout.utility
def alarm(me: Body, view: View, text: str) -> float:
    """When hurt, or when a fight is near."""
    near_fight = any(heard.about == "attack" for heard in view.perceived(me))
    return 0.3 if near_fight or me.hp < 50 else 0.01
