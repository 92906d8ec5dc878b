"""A party, an election, and what people say to one another about them."""

from npcsim import (
    Add,
    Body,
    Effect,
    References,
    Remember,
    Saying,
    Set,
    Tie,
    ToolRefused,
    View,
    speech_act,
    tool,
)  # fmt: skip

EARSHOT = 8.0
SEATS = 12
YES, NO = "for", "against"
DAY_MS, ELECTION = 86_400_000, 2
PARTY = References(fact="to come to the party", place="tavern")


def is_time(view: View, first: float, last: float) -> bool:
    """Whether it is the second day, between two hours of it."""
    return view.now_ms // DAY_MS + 1 == ELECTION and first <= view.hour < last


def warmth(me: Body, to: Body) -> float:
    """How well one is disposed towards somebody: -1 to 1."""
    return (me.tie(to, "likes") + me.tie(to, "trust")) / 2


def telling(me: Body, view: View, to: Body, fact: str, mark: str) -> Saying:
    """A fact told to somebody's face, who is marked as told: the two know each other better."""
    known = Tie(me, to, "knows", 0.05), Tie(to, me, "knows", 0.05)
    return Saying(References(fact=view.fact(fact)), (Set(to, mark, 1.0), *known))


def near_enough(me: Body, view: View) -> list[Body]:
    """Those near whom one can talk to."""
    return [one for one in view.near(me) if me.distance(one) <= EARSHOT]


def uninvited(me: Body, view: View) -> list[Body]:
    """Those near who have not been invited yet."""
    return [one for one in near_enough(me, view) if one.invited < 1]


@speech_act(
    "inform",
    words="Be my guest, {to}: {fact}.",
    company=False,
    option="invite {to} to the party",
    seen="{me} invites {to}",
    did="I invited {to} to my party",
    candidates={"to": uninvited},
    takes="20 s",
    roles=("innkeeper",),
)
def invite(me: Body, view: View, to: Body) -> Saying:
    """Invite somebody near to the harvest party; the tavern has twelve seats for guests."""
    if not uninvited(me, view):
        raise ToolRefused("there is nobody here to invite")
    if sum(one.invited for one in view.npcs()) >= SEATS:
        raise ToolRefused("every seat in the tavern is promised")
    return telling(me, view, to, "party", "invited")


@invite.utility
def welcome(me: Body, view: View, to: Body) -> float:
    """Whom one likes is invited before others."""
    return 0.4 + 0.4 * warmth(me, to)


def hosts(me: Body, view: View) -> list[Body]:
    """Who near has invited one and has no answer yet."""
    if me.invited < 1 or me.answered > 0:
        return []
    return [one for one in near_enough(me, view) if one.is_a("innkeeper")]


@speech_act(
    "promise",
    words="Thank you, {to}, I will be there.",
    company=False,
    option="promise {to} to come to the party",
    seen="{me} promises to come",
    did="I promised {to} to come to the party",
    candidates={"to": hosts},
    takes="10 s",
)
def promise(me: Body, view: View, to: Body) -> Saying:
    """Say yes to an invitation: one has it in mind when the day comes."""
    if not hosts(me, view):
        raise ToolRefused("nobody has invited me")
    kept = Set(me, "answered", 1.0), Set(me, "promised", 1.0), Tie(to, me, "likes", 0.1)
    return Saying(PARTY, kept)


@promise.utility
def gladly(me: Body, view: View, to: Body) -> float:
    """Gladly, where one likes the host and longs for company."""
    return 0.6 + 0.6 * warmth(me, to) + 0.3 * me.social


@speech_act(
    "refuse",
    words="Thank you, {to}, but I can't come.",
    company=False,
    option="tell {to} that one won't come to the party",
    seen="{me} declines",
    did="I told {to} that I won't come to the party",
    candidates={"to": hosts},
    takes="10 s",
)
def decline(me: Body, view: View, to: Body) -> Saying:
    """Say no to an invitation."""
    if not hosts(me, view):
        raise ToolRefused("nobody has invited me")
    return Saying(PARTY, (Set(me, "answered", 1.0),))


@decline.utility
def rather_not(me: Body, view: View, to: Body) -> float:
    """The less one likes the host, and the more tired one is."""
    return 0.5 - 0.6 * warmth(me, to) + 0.3 * me.tiredness


def undecided(me: Body, view: View) -> list[Body]:
    """Those near who were not asked for their vote yet."""
    return [one for one in near_enough(me, view) if one.canvassed < 1]


@speech_act(
    "inform",
    words="You should know it from me, {to}: {fact}.",
    company=False,
    option="ask {to} for a vote",
    seen="{me} speaks of the election",
    did="I asked {to} for a vote",
    candidates={"to": undecided},
    takes="20 s",
    roles=("miller",),
)
def canvass(me: Body, view: View, to: Body) -> Saying:
    """Tell somebody near that one stands for mayor."""
    if not undecided(me, view):
        raise ToolRefused("there is nobody here to ask")
    return telling(me, view, to, "candidacy", "canvassed")


@canvass.utility
def hope(me: Body, view: View, to: Body) -> float:
    """Those are asked first who may say yes."""
    return 0.4 + 0.3 * warmth(me, to)


@tool(
    option="vote {choice} the miller as mayor",
    seen="{me} casts a vote",
    did="I voted {choice} the miller as mayor",
    candidates={"choice": [YES, NO]},
    takes="1 min",
    stakes=0.3,
)
def vote(me: Body, view: View, choice: str) -> list[Effect]:
    """Cast one's vote at the notice board, once."""
    if me.voted > 0:
        raise ToolRefused("I have voted")
    if not is_time(view, 14, 20) or not me.reaches(view.spot("notice_board")):
        raise ToolRefused("there is no vote here now")
    counted = "votes_for" if choice == YES else "votes_against"
    return [Set(me, "voted", 1.0), Add(view.npcs("miller")[0], counted, 1)]


@vote.utility
def leaning(me: Body, view: View, choice: str) -> float:
    """As one is disposed towards the miller, who votes for himself."""
    miller = view.npcs("miller")[0]
    for_him = 1.0 if me.id == miller.id else 0.5 + 0.5 * warmth(me, miller)
    return for_him if choice == YES else 1.0 - for_him


@tool(
    option="join the party",
    seen="{me} joins the party",
    did="I joined the harvest party",
    takes="5 min",
)
def celebrate(me: Body, view: View) -> list[Effect]:
    """Be at the party: eat, drink and sing."""
    if not is_time(view, 17.5, 23) or me.place != "tavern":
        raise ToolRefused("there is no party here now")
    return [
        Set(me, "came", 1.0), Add(me, "social", -0.1), Add(me, "hunger", -0.1),
        Remember(me, "I was at the harvest party", 0.8, "did", "party"),
    ]  # fmt: skip


@tool(
    option="linger among people",
    seen="{me} lingers",
    did="I stood about among people",
    takes="6 min",
)
def linger(me: Body, view: View) -> list[Effect]:
    """Be among people for a while, and open to talk."""
    return []


@linger.utility
def ease(me: Body, view: View) -> float:
    """Hardly anything: it is what one does between two talks."""
    return 0.03


@tool(
    option="do handiwork",
    seen="{me} works",
    did="I did my handiwork",
    takes="40 min",
)
def handiwork(me: Body, view: View) -> list[Effect]:
    """Weave, carve or mend for a while, wherever one is."""
    return []


@handiwork.utility
def industry(me: Body, view: View) -> float:
    """As a reaction to something, hardly anything."""
    return 0.03


TOOLS = [invite, promise, decline, canvass, vote, celebrate, linger, handiwork]
