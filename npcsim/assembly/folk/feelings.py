"""From `mood:` and `tie_rules:` as written to the rules that move moods and ties."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from npcsim.assembly.lore import Loc, Parser
from npcsim.reflex.senses import Rows
from npcsim.scenario.feeling_parts import AppraisalPart, MomentPart, TieRulePart
from npcsim.scenario.schema import Definition
from npcsim.scenario.spelling import nearest
from npcsim.scenario.ties_file import TIES
from npcsim.sim.feelings import Feelings, Rule
from npcsim.tools.tool import Tool
from npcsim.world.mood import AROUSAL, AXES, BASES, VALENCE, left_after
from npcsim.world.state import Setting

FADE_MS = 60_000
"""Moods fade in steps of at least so much simulated time."""


def _rule(what: str | list[str], me: str, valence: float, arousal: float, times: str | None = None
          ) -> AppraisalPart:  # fmt: skip
    return AppraisalPart.model_validate(
        {"what": what, "me": me, "valence": valence, "arousal": arousal, "times": times}
    )


APPRAISALS = (
    # What is done to oneself: distress, anger, fear; joy and gratitude.
    _rule("attack", "target", -0.4, 0.5),
    _rule("accused", "target", -0.3, 0.3),
    _rule(["give", "heal"], "target", 0.3, 0.1),
    # What oneself does: pride.
    _rule(["give", "heal"], "doer", 0.1, 0.0),
    # Whether one's goals are reached: satisfaction, disappointment.
    _rule("goal_done", "target", 0.1, 0.0),
    _rule("goal_failed", "target", -0.2, 0.1),
    _rule("refused", "target", -0.05, 0.05),
    # Whether others keep their word: gratitude, reproach; and whether oneself does: shame.
    _rule("promise_kept", "target", 0.2, 0.05),
    _rule("promise_broken", "target", -0.3, 0.2),
    _rule("promise_broken", "doer", -0.1, 0.05),
    # What happens to others: fear, and pity or malice by how one likes them.
    _rule(["attack", "fell"], "witness", -0.1, 0.3),
    _rule(["attack", "fell"], "witness", -0.4, 0.0, "likes(to)"),
    _rule("shout", "witness", 0.0, 0.15),
    # Company: whom one likes to hear.
    _rule("speech", "target", 0.15, 0.0, "likes(by)"),
)  # fmt: skip
"""What moves moods where the scenario does not say otherwise. The kinds of emotion are those of
Ortony, Clore and Collins (1988); the numbers are round ones, measured by nobody."""


def feelings_of(
    definition: Definition, setting: Setting, tools: Mapping[str, Tool], parser: Parser
) -> Feelings | None:
    """Every rule parsed, or None where nothing moves by rules; mistakes go to the parser."""
    ties = tuple(_ties(definition, setting, parser))
    part = definition.mood
    if part is None:
        return Feelings(ties=ties) if ties else None
    for name in sorted({*AXES, *BASES.values()} & definition.attributes.keys()):
        parser.wrong(("attributes", name), f"{name} is of `mood:` already: leave it out")
    _check_tilts(definition, tools, parser)
    moody = _moody(definition, setting, parser)
    lines: list[tuple[Loc, AppraisalPart]] = []
    if part.rules is None:
        lines += [(("mood",), rule) for rule in APPRAISALS]
    lines += [(("mood", "rules", n), rule) for n, rule in enumerate(part.rules or ())]
    lines += [(("mood", "more", n), rule) for n, rule in enumerate(part.more)]
    moods = []
    for loc, line in lines:
        adds = {VALENCE: line.valence, AROUSAL: line.arousal}
        rule = _parsed(line, adds, loc, setting, parser, moody, "", ties_in(definition))
        if rule is not None:
            moods.append(rule)
    every = max(1, FADE_MS // setting.tick_ms)
    half_life = max(1, part.half_life // setting.tick_ms)
    return Feelings(tuple(moods), ties, every, left_after(every, half_life))


def ties_in(definition: Definition) -> tuple[str, ...]:
    """Every kind of tie: those that there always are, and the scenario's own."""
    own = (tie for rule in definition.tie_rules for tie in rule.add)
    return tuple(dict.fromkeys((*TIES, *own)))


def _moody(definition: Definition, setting: Setting, parser: Parser) -> Rows:
    """Who has a mood: those with a mind, and those whom the scenario names."""
    assert definition.mood is not None
    minds = [profile.serial for profile in setting.profiles if profile.mind]
    named = _names(definition.mood.who)
    _check_names(named, ("mood", "who"), setting, parser)
    others = setting.rows_of("|".join(named)) if named else np.zeros(0, np.uint32)
    return np.union1d(np.array(minds, np.uint32), others).astype(np.uint32)


def _check_tilts(definition: Definition, tools: Mapping[str, Tool], parser: Parser) -> None:
    assert definition.mood is not None
    for name in definition.mood.tilts:
        if name not in tools and name not in definition.plans:
            hint = nearest(name, {*tools, *definition.plans})
            parser.wrong(("mood", "tilts", name), f"no tool or plan {name!r}", hint)


def _ties(definition: Definition, setting: Setting, parser: Parser) -> Iterator[Rule]:
    everybody, known = setting.rows_of("anyone"), ties_in(definition)
    for number, part in enumerate(definition.tie_rules):
        loc: Loc = ("tie_rules", number)
        toward = part.toward or ("to" if part.me == "doer" else "by")
        if part.me != "witness" and toward == {"target": "to", "doer": "by"}[part.me]:
            parser.wrong((*loc, "toward"), "nobody has a tie to themselves: the NPC is that one")
        rule = _parsed(part, part.add, loc, setting, parser, everybody, toward, known)
        if rule is not None:
            yield rule


def _parsed(
    part: AppraisalPart | TieRulePart,
    adds: Mapping[str, str | float],
    loc: Loc,
    setting: Setting,
    parser: Parser,
    among: Rows,
    toward: str,
    ties: Collection[str],
) -> Rule | None:
    amounts = []
    for name, amount in adds.items():
        where = (*loc, "add", name) if toward else (*loc, name)
        hint = nearest(name, TIES) if toward and name not in TIES else ""
        if hint:  # what is like no other is a kind of the scenario's own
            parser.wrong(where, f"no tie {name!r}", hint)
        guard = parser.guard(amount, *where)
        if guard is not None:
            amounts.append((name, guard))
    when = parser.guard(part.when, *loc, "when") if part.when is not None else None
    times = None
    if part.times is not None:
        tie, _, end = part.times.rstrip(")").partition("(")
        times = (tie, end)
        if tie not in ties:
            parser.wrong((*loc, "times"), f"no tie {tie!r}", nearest(tie, ties))
    ends = {key: _some(part, key, loc, setting, parser) for key in ("who", "by", "to")}
    rows = among if ends["who"] is None else np.intersect1d(among, ends["who"]).astype(np.uint32)
    if len(amounts) < len(adds) or (part.when is not None and when is None):
        return None
    return Rule(
        frozenset(_names(part.what)), part.me, rows, ends["by"], ends["to"], when, times,
        tuple(amounts), toward,
    )  # fmt: skip


def _some(part: MomentPart, key: str, loc: Loc, setting: Setting, parser: Parser) -> Rows | None:
    names = _names(getattr(part, key))
    _check_names(names, (*loc, key), setting, parser)
    return setting.rows_of("|".join(names)) if names else None


def _check_names(names: Sequence[str], loc: Loc, setting: Setting, parser: Parser) -> None:
    for name in names:
        if name not in setting.kind_rows:
            parser.wrong(loc, f"nobody is called {name!r}", nearest(name, setting.kind_rows))


def _names(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
