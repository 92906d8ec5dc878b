"""From `negotiate:` as written to an agenda: issues, private values and who ratifies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from npcsim.assembly.lore import Parser
from npcsim.scenario.negotiation_parts import IssuePart, NegotiationPart
from npcsim.scenario.spelling import nearest
from npcsim.tools.bargaining.agenda import Agenda, Issue, Ratify
from npcsim.tools.bargaining.negotiation import Negotiation
from npcsim.world.state import Setting

Loc = tuple[str | int, ...]
MOST_OUTCOMES = 1000


def agenda_of(scene: str, part: NegotiationPart, setting: Setting, parser: Parser) -> Agenda | None:
    """The agenda of a scene, or None with its mistakes noted."""
    at: Loc = ("scenes", scene, "negotiate")
    issues = [_issue(name, one, (*at, "issues", name), parser) for name, one in part.issues.items()]
    reserve = _values(part.reserve, (*at, "reserve"), parser)
    firm = _values(part.firm, (*at, "firm"), parser)
    ratify = None
    if part.ratify is not None:
        by: list[str] = []
        for number, who in enumerate(part.ratify.by):
            _check_who(who, (*at, "ratify", "by", number), setting, parser)
            by += [setting.profiles[row].id for row in setting.rows_of(who).tolist()]
        ratify = Ratify(tuple(dict.fromkeys(by)), part.ratify.needs, part.ratify.within)
    known = [issue for issue in issues if issue is not None]
    if len(known) < len(issues):
        return None
    try:
        return Agenda(tuple(known), part.rounds, reserve, firm, ratify)
    except ValueError as error:
        parser.wrong((*at, "issues"), str(error))
        return None


def _issue(name: str, part: IssuePart, at: Loc, parser: Parser) -> Issue | None:
    outcomes = _outcomes(part, at, parser)
    worth = {
        who: _values(value, (*at, "worth", who), parser)
        if isinstance(value, dict)
        else _value(value, (*at, "worth", who), parser)
        for who, value in part.worth.items()
    }
    if outcomes is None:
        return None
    for who, value in part.worth.items():
        if isinstance(value, dict) is not bool(part.outcomes):
            expected = "a number for each outcome" if part.outcomes else "one number"
            parser.wrong((*at, "worth", who), f"expected {expected}")
        for outcome in value if isinstance(value, dict) else ():
            if outcome not in outcomes:
                hint = nearest(outcome, part.outcomes)
                parser.wrong((*at, "worth", who, outcome), f"no outcome {outcome!r}", hint)
    for outcome in part.promise:
        if outcome not in outcomes:
            hint = nearest(outcome, part.outcomes)
            parser.wrong((*at, "promise", outcome), f"no outcome {outcome!r}", hint)
            return None
    item, giver, taker = part.item or "", part.from_ or "", part.to or ""
    within = (part.within or 0) / 1000
    try:
        return Issue(name, outcomes, item, giver, taker, part.promise, worth, within)
    except ValueError as error:
        parser.wrong(at, str(error))
        return None


def _outcomes(part: IssuePart, at: Loc, parser: Parser) -> tuple[str | float, ...] | None:
    """All that an issue can come to; None with a mistake noted."""
    if (part.range is None) is not bool(part.outcomes):
        parser.wrong(at, "expected either a `range` or a list of `outcomes`")
        return None
    if part.range is None:
        return tuple(part.outcomes)
    low, high = part.range
    steps = (high - low) / part.step
    if abs(steps - round(steps)) > 1e-9 * steps:
        message = f"{low:g}..{high:g} is no whole number of steps of {part.step:g}"
        parser.wrong((*at, "range"), message)
        return None
    count = round(steps) + 1
    if count > MOST_OUTCOMES:
        message = f"{count} outcomes, {MOST_OUTCOMES} at most"
        parser.wrong((*at, "range"), message, "take bigger steps")
        return None
    values = [low + part.step * number for number in range(count)]
    whole = all(value == int(value) for value in values)
    if part.item is not None and (not whole or low < 0):
        parser.wrong((*at, "range"), "items are counted: expected whole numbers from 0 on")
        return None
    return tuple(int(value) if whole else value for value in values)


def _values(values: Mapping[str, Any], at: Loc, parser: Parser) -> dict[str, Any]:
    return {name: _value(value, (*at, name), parser) for name, value in values.items()}


def _value(value: Any, at: Loc, parser: Parser) -> Any:
    """A number, or an expression read; 0 with a mistake noted."""
    if not isinstance(value, str):
        return float(value)
    return parser.guard(value, *at) or 0.0


def check_table(
    scene: str, talks: Negotiation, who: tuple[str, ...], setting: Setting, parser: Parser
) -> None:
    """Seat those who negotiate; what names nobody and nothing goes to the parser."""
    at: Loc = ("scenes", scene, "negotiate")
    if len(who) < 2:
        parser.wrong(("scenes", scene, "who"), "it takes two to negotiate")
    factions = {}
    for npc in who:
        profile = setting.profiles[setting.serial_of[npc]]
        factions[npc] = profile.speaks_for or profile.faction
    sides = {*who, *(faction for faction in factions.values() if faction)}
    for issue in talks.agenda.issues:
        loc = (*at, "issues", issue.name)
        if issue.item and issue.item not in setting.items:
            hint = nearest(issue.item, setting.items)
            parser.wrong((*loc, "item"), f"no item {issue.item!r}", hint)
        for key, side in (("from", issue.giver), ("to", issue.taker)):
            if side and side not in sides:
                message = f"{side!r} is neither at the table nor a faction of those who are"
                parser.wrong((*loc, key), message, nearest(side, sides))
        for outcome, owes in issue.promise.items():
            if owes not in who:
                message = f"{owes!r} is not at the table"
                parser.wrong((*loc, "promise", outcome), message, nearest(owes, who))
        for name in issue.worth:
            _check_who(name, (*loc, "worth", name), setting, parser)
    for key, values in (("reserve", talks.agenda.reserve), ("firm", talks.agenda.firm)):
        for name in values:
            _check_who(name, (*at, key, name), setting, parser)
    ratify = talks.agenda.ratify
    for npc in ratify.by if ratify is not None else ():
        loc = (*at, "ratify", "by")
        if npc not in setting.serial_of:
            parser.wrong(loc, f"nobody is called {npc!r}", nearest(npc, setting.serial_of))
        elif not setting.profiles[setting.serial_of[npc]].mind:
            parser.wrong(loc, f"{npc} has no mind, so it can't vote", "give it `mind: true`")
        elif npc in who:
            parser.wrong(loc, f"{npc} is at the table already")
    talks.settle_down(who, {npc: faction for npc, faction in factions.items() if faction})
    for issue in talks.agenda.issues:
        if issue.within and not {issue.giver, issue.taker} <= set(who):
            loc = (*at, "issues", issue.name, "within")
            parser.wrong(loc, "only somebody at the table can promise, and to somebody there")


def _check_who(name: str, at: Loc, setting: Setting, parser: Parser) -> None:
    if name not in setting.kind_rows and name not in setting.factions:
        hint = nearest(name, [*setting.kind_rows, *setting.factions])
        parser.wrong(at, f"nobody is called {name!r}", hint)
