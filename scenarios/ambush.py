"""What the ambush is made of: a chase that mostly fails, lying in wait, and a firm hand."""

from npcsim import Act, Add, Body, Effect, Head, Set, ToolRefused, View, tool
from npcsim.errors import AlreadySo


def caught_one(me: Body) -> bool:
    """Whether one has seized somebody within the last minute."""
    return bool(me.proud > 0)


@tool(
    option="chase {who}",
    seen="{me} runs after {who}",
    did="I ran {who} down",
    takes="12 s",
    stakes=0.3,
)
def chase(me: Body, view: View, who: Body) -> list[Effect]:
    """Run after somebody for a while; who comes within reach is seized by itself."""
    if caught_one(me):
        raise AlreadySo("I have caught one")
    if me.place != "market":
        raise ToolRefused("they got away")
    return [Head(me, who)]


@chase.finish
def out_of_breath(me: Body, view: View, act: Act) -> list[Effect]:
    """Nobody was seized: they are gone."""
    raise ToolRefused("they got away")


@chase.interrupted
def stop_chasing(me: Body, view: View, act: Act) -> list[Effect]:
    """Stand still."""
    return [Head(me, None)]


@tool(option="lie in wait", seen="{me} hides", did="I lay in wait", takes="5 min", stakes=0.3)
def lie_in_wait(me: Body, view: View) -> list[Effect]:
    """Hide, until somebody comes within reach or one has waited in vain."""
    if caught_one(me):
        raise AlreadySo("I have caught one")
    return []


@lie_in_wait.finish
def in_vain(me: Body, view: View, act: Act) -> list[Effect]:
    """Nobody came."""
    raise ToolRefused("nobody came")


@tool(option="seize {who}", seen="{me} seizes {who}", did="I seized {who}")
def seize(me: Body, view: View, who: Body) -> list[Effect]:
    """Take what they have, and send them home with a box on the ear."""
    if not me.reaches(who) or who.beaten > 0 or caught_one(me):
        raise ToolRefused(f"{who} is out of reach")
    return [Add(me, "caught", 1), Set(me, "proud", 1.0), Set(who, "beaten", 1.0)]


TOOLS = [chase, lie_in_wait, seize]
