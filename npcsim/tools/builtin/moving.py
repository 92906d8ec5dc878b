"""Going, following, running, looking and waiting."""

from __future__ import annotations

from typing import Any

from npcsim.effects import Effect, Head, Move, Remember
from npcsim.errors import AlreadySo, ToolRefused
from npcsim.reflex.senses import Nearest, Rows
from npcsim.tools.crowd import Crowd
from npcsim.tools.tool import tool
from npcsim.tools.view import Body, Place, Spot, View
from npcsim.world.rows import Act

HERE = {"en": " at the {place}", "ko": "{place}에서 "}
SAW = {"en": "I saw {who}{here}", "ko": "{here}{who:을} 보았다"}
SAW_NOBODY = {"en": "I saw nobody{here}", "ko": "{here}아무도 보지 못했다"}


@tool(
    option={"en": "go to the {to}", "ko": "{to:으로} 간다"},
    seen={"en": "{me} sets off", "ko": "{me:이} 길을 나선다"},
    did={"en": "I went to the {to}", "ko": "나는 {to}에 갔다"},
    takes="arrival",
)
def go_to(me: Body, view: View, to: Place | Spot) -> list[Effect]:
    """Walk to a place or to a thing that stands somewhere."""
    if me.reaches(to):
        raise AlreadySo(f"I am already there: {to}")
    if view.has_ground:
        return [Head(me, to)]
    if view.travel_ms(me, to.id) is None:
        raise ToolRefused(f"there is no way to {to}")
    x, y = _between(me, to)
    return [Move(me, x=x, y=y)]


def _between(one: Body | Place | Spot, other: Place | Spot) -> tuple[float, float]:
    """Half-way: where one is while on a way, which is in no place."""
    return (one.x + other.x) / 2, (one.y + other.y) / 2


@go_to.finish
def arrive(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still on arrival; in a world of places and ways, be there."""
    if view.has_ground:
        return [Head(me, None)]
    to = str(dict(act.args)["to"])
    return [Move(me, place=to if to in view.world.setting.places else view.spot(to).place)]


@go_to.interrupted
def stop_walking(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still; on a way, turn back to where one came from."""
    if view.has_ground:
        return [Head(me, None)]
    to = str(dict(act.args)["to"])
    goal = view.place(to if to in view.world.setting.places else view.spot(to).place)

    def miss(place: Place) -> tuple[float, str]:
        x, y = _between(place, goal)
        return (x - me.x) * (x - me.x) + (y - me.y) * (y - me.y), place.id

    return [Move(me, place=min(view.places, key=miss))]


def stand_still(me: Body, view: View) -> list[Effect]:
    """Head nowhere."""
    return [Head(me, None)] if view.has_ground else []


@tool(
    option={"en": "walk with {who}", "ko": "{who:와} 함께 걷는다"},
    did={"en": "I walked with {who}", "ko": "나는 {who:와} 함께 걸었다"},
    takes="1 min",
)
def follow(me: Body, view: View, who: Body) -> list[Effect]:
    """Keep close to somebody for a while."""
    if not who.alive:
        raise ToolRefused(f"{who} is down")
    return [Head(me, who)] if view.has_ground else []


@follow.finish
def stop_following(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still."""
    return stand_still(me, view)


@follow.interrupted
def break_off_following(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still."""
    return stand_still(me, view)


@follow.crowd
def chase(crowd: Crowd, who: Rows, target: Nearest) -> list[Any]:
    """Everybody after the one they see."""
    return [crowd.toward(who, target.who)]


@tool(
    option={"en": "run away from {threat}", "ko": "{threat:을} 피해 달아난다"},
    seen={"en": "{me} runs", "ko": "{me:이} 달아난다"},
    did={"en": "I ran from {threat}", "ko": "나는 {threat:을} 피해 달아났다"},
    takes="10 s",
)
def flee(me: Body, view: View, threat: Body) -> list[Effect]:
    """Run to where the threat is not: home, or the place farthest from it."""
    if not view.has_ground:
        raise ToolRefused("there is nowhere to run")
    far = max(view.places, key=lambda place: (threat.distance(place), place.id), default=None)
    if far is None:
        raise ToolRefused("there is nowhere to run")
    return [Head(me, far)]


@flee.finish
def catch_breath(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still."""
    return stand_still(me, view)


@flee.interrupted
def stop_fleeing(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still."""
    return stand_still(me, view)


@flee.utility
def fear(me: Body, view: View, threat: Body) -> float:
    """Worth it from a foe, the more so when hurt."""
    if not threat.profile.kinds & me.profile.foes:
        return 0.0
    return 0.3 + (1 - me.hp / 100) if me.hp < 100 else 0.3


@flee.crowd
def scatter(crowd: Crowd, who: Rows, target: Nearest) -> list[Any]:
    """Everybody away from the one they see."""
    return [crowd.away(who, target.who)]


@tool(
    option={"en": "look around", "ko": "주위를 둘러본다"},
    seen={"en": "{me} looks around", "ko": "{me:이} 주위를 둘러본다"},
    did={"en": "I looked around", "ko": "나는 주위를 둘러보았다"},
    takes="10 s",
)
def look(me: Body, view: View) -> list[Effect]:
    """Take in who and what is near, and remember it."""
    who = ", ".join(f"{other}" for other in view.near(me)[:4])
    here = view.said(HERE, place=view.place(me.place)) if me.place else ""
    text = view.said(SAW if who else SAW_NOBODY, who=who, here=here)
    return [Remember(me, text, 0.2, "seen")]


@look.utility
def curiosity(me: Body, view: View) -> float:
    """A little, always."""
    return 0.05


@tool(
    option={"en": "wait a while", "ko": "잠시 기다린다"},
    seen={"en": "{me} waits", "ko": "{me:이} 기다린다"},
    did={"en": "I waited", "ko": "나는 기다렸다"},
    takes="1 min",
)
def wait(me: Body, view: View) -> list[Effect]:
    """Do nothing for a minute."""
    return []


@wait.utility
def idleness(me: Body, view: View) -> float:
    """Hardly anything."""
    return 0.03


@wait.crowd
def stand(crowd: Crowd, who: Rows) -> list[Any]:
    """Nothing."""
    return []
