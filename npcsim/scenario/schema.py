"""What may stand in scenario and world files: the syntax, checked by pydantic.

A scenario and the world it `uses` are parts of one `Definition`: `load` merges them, the
scenario's own entries winning. Whether a name in it exists is checked by `assembly`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npcsim.scenario.distributions import Value
from npcsim.scenario.feeling_parts import MoodPart, TieRulePart
from npcsim.scenario.ground_parts import (
    Amount,
    ClockPart,
    Count,
    Expression,
    Feelings,
    ItemPart,
    Language,
    Name,
    Number,
    Part,
    PlacePart,
    Share,
    SpotPart,
    Text,
    WayPart,
)  # fmt: skip
from npcsim.scenario.guard_parts import EmbeddingsPart
from npcsim.scenario.memory_parts import MemoryOrOff, MemoryPart
from npcsim.scenario.negotiation_parts import NegotiationPart
from npcsim.scenario.plan_parts import DayPart, GoalPart, Planning, PlanPart, SurprisePart
from npcsim.scenario.reflection_parts import Reflection, ReflectionPart
from npcsim.scenario.routing_parts import AttentionPart, RoutingPart
from npcsim.scenario.rule_parts import ApprovePart, LogPart, RulesPart
from npcsim.scenario.society_parts import FactionPart, KnowsPart, TiePart
from npcsim.scenario.talk_parts import Talk, TalkPart
from npcsim.scenario.tier_parts import TierOrOff
from npcsim.scenario.tier_parts import TierPart as TierPart
from npcsim.scenario.units import Duration, Every, Moment, Range, Rate, ToolCall


class AttributePart(Part):
    """A number that every NPC has. Grows or fades by itself; effects change it too."""

    range: Range = Field((0.0, 1.0), description="Lowest and highest value, e.g. `0..1`.")
    start: Number | None = Field(None, description="Value at the start; the lowest if left out.")
    grows: Rate | None = Field(None, description="e.g. `0.1 / h`.")
    fades: Rate | None = Field(None, description="e.g. `0.1 / min`.")
    unit: Text = Field("", description="For people, e.g. `points`.")
    need: bool = Field(False, description="A need: 0 is content, the top is desperate.")
    words: Feelings | Annotated[dict[Language, Feelings], Field(min_length=1)] | None = Field(
        None,
        description="How it feels when middling and when high, e.g. `[peckish, starving]`; "
        "or that by language, `{en: [...], ko: [...]}`.",
    )


class StatePart(Part):
    """A state of a state machine and the way into it; or, with `to`, only a transition.

    The first state without `from` is where NPCs begin.
    """

    do: ToolCall | None = Field(None, description="The tool call the body does in this state.")
    from_: Name | list[Name] | None = Field(
        None, alias="from", description="State or states it is entered from; `any` for all."
    )
    when: Expression | None = Field(None, description="Guard: when it is entered.")
    to: Name | None = Field(None, description="Makes the entry a transition to that state.")
    mind: Literal["free", "holds"] = Field(
        "free", description="`holds`: the state acts, the mind's acts are refused meanwhile."
    )
    think: bool = Field(False, description="Entering it asks the mind for thought.")


class ArchetypePart(Part):
    """What NPCs of a kind share. `is` takes over everything of another archetype."""

    is_: Name | None = Field(None, alias="is", description="The archetype it builds on.")
    look: Text = Field("", description="A word for the window's sprite.")
    behaviour: Name | None = Field(None, description="Its state machine; its own name if one is.")
    mind: bool | None = Field(None, description="Whether it thinks.")
    speed: Number | None = Field(None, gt=0, description="Walking, in tiles a second (1.2).")
    sight: Number | None = Field(None, gt=0, description="How far it sees, in tiles (10).")
    damage: Amount | None = Field(None, description="Hit points a second in a fight (4).")
    reach: Number | None = Field(None, gt=0, description="Arm's reach in tiles (1.5).")
    persona: Text | None = Field(None, description="Who they are, in a sentence or two.")
    traits: dict[Name, Value] = Field(
        default_factory=dict,
        description="Start values of attributes: numbers, or drawn, e.g. `uniform(0.1, 0.9)`.",
    )
    carries: dict[Name, Count] = Field(default_factory=dict, description="Items at the start.")
    tools: list[str] = Field(
        default_factory=list,
        description="Tools a mind may use, in plans too; `+x` adds, `-x` takes away.",
    )
    foes: list[Name] = Field(default_factory=list, description="Archetypes it fights.")
    of: Name | None = Field(None, description="The faction it belongs to.")


class NpcPart(ArchetypePart):
    """One NPC, or `count` of them (`guard-1`, `guard-2`, ...)."""

    count: Annotated[int, Field(ge=1, le=1_000_000)] = Field(1, description="How many.")
    name: Text = Field("", description="What people call them; the key if left out.")
    at: Name | None = Field(None, description="Place, spot kind or spawn where they begin.")
    x: Number | None = Field(None, description="Start position in tiles.")
    y: Number | None = Field(None, description="Start position in tiles.")
    home: Name | None = Field(None, description="The place they go to sleep.")
    goal: Text = Field("", description="The high goal, in words.")
    speaks_for: Name | None = Field(None, description="The faction whose stock it may trade with.")
    secret: list[Text] = Field(default_factory=list, description="What only they know.")


Purpose = Literal[
    "plan", "day", "hours", "goal", "react", "object", "move", "speak", "reflect", "conclude"
]
Tokens = Annotated[int, Field(ge=100, le=1_000_000)]


class ThinkPart(Part):
    """How long thoughts take, in simulated time, and when minds think."""

    local: Duration = Field(10_000, description="Think time of the local tier.")
    cloud: Duration = Field(30_000, description="Think time of tiers behind HTTP.")
    deadline: Duration = Field(
        600_000, description="Watched, the longest a thought may take before it counts as failed."
    )
    rest: Duration = Field(60_000, description="The shortest time between two thoughts.")
    guard: Duration = Field(
        120_000, description="Wall-clock guard against a hanging model, in real time."
    )
    dominates: Number = Field(
        3.0,
        gt=1,
        description="Reflex decides when one option's utility is this many times the next.",
    )
    tokens: dict[Purpose, Tokens] = Field(
        default_factory=dict,
        description="The most tokens of a question by its purpose, `{plan: 900}`, where models are "
        "shown the `whole`; the least relevant memories are left out first.",
    )


class EventPart(Part):
    """Something that happens at a set time or on a condition, whatever the NPCs decide.

    One of `at` and `when` says when; one of `do`, `signal` and `fact` says what.
    """

    at: Moment | None = Field(None, description='When, e.g. `"21:01"` or `day 2 09:00`.')
    when: Expression | None = Field(
        None, description="On what condition, e.g. `count(brawl) >= 3`, asked each tick."
    )
    once: bool = Field(True, description="With `when`: only the first time it comes to hold.")
    do: Text | None = Field(None, description="An NPC does something, e.g. `Rolf.accuse(Tomas)`.")
    signal: Name | None = Field(None, description="Something is perceived, e.g. `bell`.")
    place: Name | None = Field(None, description="Where the signal comes from.")
    loudness: Amount = Field(30.0, description="How far it is heard, in tiles.")
    content: Text = Field("", description="The words or the news.")
    fact: Text | None = Field(None, description="Somebody comes to know something.")
    heard_by: Name | list[Name] = Field(
        default_factory=list, description="Who comes to know the fact: NPCs or archetypes."
    )


class ReactPart(Part):
    """How what reaches a body changes it at once, before any thought."""

    to: Annotated[str, Field(min_length=1, max_length=80)] = Field(
        description="`accused` (meant for me), `attacked`, `seen(attack)` or `heard(shout)`."
    )
    who: Name | list[Name] = Field(
        default_factory=list, description="Archetypes or NPCs; empty: everybody."
    )
    add: dict[Name, Expression | Number] = Field(
        min_length=1, description="What is added to which attribute, e.g. `{anger: 0.5 * temper}`."
    )


class StopPart(Part):
    """When the run ends before its time."""

    when: Expression = Field(description="The condition, e.g. `count(brawl) == 0`.")
    for_: Duration | None = Field(
        None, alias="for", description="How long it must hold without a break."
    )


class MeasurePart(Part):
    """Numbers taken from the run, as a series or as it ends; this changes nothing."""

    every: Every = Field(60_000, description="How often, e.g. `10 s`; `end`: once, as it ends.")
    value: Expression = Field(
        description="`mean`, `sum`, `min`, `max` of an expression, or `count` of a guard."
    )
    by: Literal["archetype", "all"] = Field("all", description="One number, or one an archetype.")
    who: Name | list[Name] = Field(
        default_factory=list, description="Archetypes or NPCs; empty: everybody."
    )


class ScenePart(Part):
    """Several NPCs together for a while, by the rules of a Python class in a tools.py."""

    class_: Name = Field(
        alias="class", description="A class that the file lists in `SCENES`, or `Negotiation`."
    )
    who: list[Name] = Field(
        min_length=1, max_length=64, description="NPCs or archetypes, in the order of their turns."
    )
    when: Expression | None = Field(
        None,
        description="Begins when this holds for all of them; who it no longer holds for, left.",
    )
    lasts: Duration | None = Field(None, description="How long it goes on at most.")
    again: bool = Field(False, description="Whether it may begin anew once it has ended.")
    negotiate: NegotiationPart | None = Field(
        None, description="For the class `Negotiation`, or one built on it: what it is about."
    )


class Definition(Part):
    """A whole scenario, or a part of one in a world folder."""

    scenario: Annotated[str, Field(pattern=r"^\w[\w\-]*$", max_length=60)] = Field(
        "", description="The scenario's name."
    )
    title: Text = Field("", description="In a few words, for people.")
    about: Text = Field("", description="The world's rules, for models shown the `whole`.")
    uses: Annotated[str, Field(pattern=r"^\w[\w '\-]*$", max_length=60)] | None = Field(
        None,
        description="The world it plays in, or another scenario it builds on. Its own entries win.",
    )
    language: Language = Field(
        "en", description="What people speak and think in: `en` or `ko` (Korean)."
    )
    clock: ClockPart = Field(default_factory=ClockPart)
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = Field(1, description="World dice.")
    mind_seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = Field(
        None, description="Dice of the minds; the world's seed if left out."
    )
    temper: Share = Field(0.2, description="0 takes the best option; 1 draws by how good each is.")
    map: Annotated[str, Field(max_length=300_000)] | None = Field(
        None, description="A Tiled map, relative to the file naming it; or a drawing in letters."
    )
    tools: Annotated[str, Field(max_length=200)] | None = Field(
        None,
        description="A Python file of tools, relative to the file naming it; else its tools.py.",
    )
    legend: dict[Annotated[str, Field(min_length=1, max_length=1)], Name] = Field(
        default_factory=dict,
        description="What the letters of a drawn map stand for: `{t: table}`. Doors are `door`.",
    )
    size: (
        tuple[Annotated[int, Field(ge=1, le=4096)], Annotated[int, Field(ge=1, le=4096)]] | None
    ) = Field(None, description="An open field of so many tiles, where there is no map.")
    places: dict[Name, PlacePart] = Field(default_factory=dict)
    ways: list[WayPart] = Field(default_factory=list)
    items: dict[Name, ItemPart] = Field(default_factory=dict)
    spots: dict[Name, SpotPart] = Field(default_factory=dict)
    stock: dict[Name, dict[Name, Count]] = Field(
        default_factory=dict,
        description="Items at the start, by place, spot or kind of a sole spot.",
    )
    prices: dict[Name, dict[Name, Count]] = Field(
        default_factory=dict,
        description="What is asked where, in coins: `{market: {bread: 3}, counter: {ale: 1}}`, by "
        "spot, kind of spot or place, the nearest first; an item's value where nothing is said.",
    )
    attributes: dict[Name, AttributePart] = Field(default_factory=dict)
    archetypes: dict[Name, ArchetypePart] = Field(default_factory=dict)
    behaviour: dict[Name, dict[Name, StatePart]] = Field(default_factory=dict)
    plans: dict[Name, PlanPart] = Field(default_factory=dict)
    goals: dict[Name, GoalPart] = Field(
        default_factory=dict, description="High goals, and the sub-goals that serve them."
    )
    days: dict[Name, DayPart] = Field(
        default_factory=dict, description="Sketches of days: what is meant for which hour."
    )
    surprise: SurprisePart = Field(
        default_factory=SurprisePart, description="What asks a mind: react, or carry on?"
    )
    npcs: dict[Name, NpcPart] = Field(default_factory=dict)
    factions: dict[Name, FactionPart] = Field(default_factory=dict)
    ties: list[TiePart] = Field(default_factory=list)
    tie_rules: list[TieRulePart] = Field(
        default_factory=list, description="How what happens moves ties."
    )
    mood: MoodPart | None = Field(None, description="Minds have moods; `{}` for npcsim's rules.")
    knows: list[KnowsPart] = Field(default_factory=list)
    events: list[EventPart] = Field(default_factory=list)
    reacts: list[ReactPart] = Field(default_factory=list)
    stop: StopPart | None = Field(None, description="Ends the run before its time.")
    measure: dict[Name, MeasurePart] = Field(default_factory=dict)
    stakes: dict[str, Share] = Field(
        default_factory=dict,
        description="What hangs on a tool, `{arrest: 0.8, attack(guard): 0.9}`.",
    )
    scenes: dict[Name, ScenePart] = Field(default_factory=dict)
    approve: dict[str, ApprovePart] = Field(
        default_factory=dict,
        description="What a mind may do only with somebody's leave, `{arrest: {within: 30 s}}`.",
    )
    tiers: dict[Name, TierOrOff] = Field(
        default_factory=dict,
        description="Who answers minds: `local`, `cloud` and any further ones, cheapest first; "
        "one that is `off` is never asked.",
    )
    embeddings: Text | EmbeddingsPart = Field(
        "bundled",
        description="What tells how near in meaning texts are: `bundled`, `none`, "
        "`openai:MODEL@http://host:port/v1`; or `{model: ..., keep: FILE}`.",
    )
    routing: RoutingPart = Field(default_factory=RoutingPart)
    attention: AttentionPart = Field(
        default_factory=AttentionPart,
        description="How much is thought where players look, and elsewhere.",
    )
    think: ThinkPart = Field(default_factory=ThinkPart)
    rules: RulesPart = Field(default_factory=RulesPart)
    memory: MemoryOrOff = Field(
        default_factory=MemoryPart,
        description="How NPCs remember; `off`: nothing that happens stays with them.",
    )
    reflection: Reflection = Field(
        default_factory=ReflectionPart,
        description="When NPCs draw lessons from how their plans went; `off`: they never do.",
    )
    planning: Planning = Field(
        "on",
        description="`off`: no goal is broken into sub-goals, no day is sketched; minds choose "
        "between plans as the moment has them.",
    )
    talk: Talk = Field(
        default_factory=TalkPart,
        description="How NPCs talk; `off`: none says a word, to see what a run is without.",
    )
    log: LogPart = Field(default_factory=LogPart)
