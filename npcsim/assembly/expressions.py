"""Every guard and expression of a scenario, where it stands, and the names it reads."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from npcsim.assembly.lore import Loc
from npcsim.scenario.feeling_parts import AppraisalPart, MomentPart, TieRulePart
from npcsim.scenario.negotiation_parts import NegotiationPart
from npcsim.scenario.plan_parts import StepPart
from npcsim.scenario.schema import Definition

_NAME = re.compile(r"[^\W\d]\w*")
_OF_EXPRESSIONS = frozenset({"any", "all", "mean", "sum", "total", "min", "max", "count"})
_HEARS = "hears"


def expressions(definition: Definition) -> Iterator[tuple[Loc, str]]:
    """The text of each and its place in the file, in the order of the schema."""
    for machine, entries in definition.behaviour.items():
        for name, state in entries.items():
            if state.when is not None:
                yield ("behaviour", machine, name, "when"), state.when
    for name, plan in definition.plans.items():
        if plan.when is not None:
            yield ("plans", name, "when"), plan.when
        yield ("plans", name, "worth"), str(plan.worth)
        for number, step in enumerate(plan.steps):
            for key in ("when", "done"):
                if isinstance(step, StepPart) and (text := getattr(step, key)) is not None:
                    yield ("plans", name, "steps", number, key), text
    for name, day in definition.days.items():
        yield ("days", name, "worth"), str(day.worth)
        if day.when is not None:
            yield ("days", name, "when"), day.when
    for name, goal in definition.goals.items():
        for key in ("done", "failed"):
            if (text := getattr(goal, key)) is not None:
                yield ("goals", name, key), text
        for sub, part in goal.into.items():
            for key in ("when", "done", "failed", "worth"):
                if (text := getattr(part, key)) is not None:
                    yield ("goals", name, "into", sub, key), str(text)
    for number, event in enumerate(definition.events):
        if event.when is not None:
            yield ("events", number, "when"), event.when
    for number, react in enumerate(definition.reacts):
        for attribute, amount in react.add.items():
            yield ("reacts", number, "add", attribute), str(amount)
    yield from _feelings(definition)
    for name, measure in definition.measure.items():
        yield ("measure", name, "value"), measure.value
    for name, tier in definition.tiers.items():
        if tier.only is not None:
            yield ("tiers", name, "only"), tier.only
    for name, scene in definition.scenes.items():
        if scene.when is not None:
            yield ("scenes", name, "when"), scene.when
        if scene.negotiate is not None:
            yield from private_values(name, scene.negotiate)
    if definition.stop is not None:
        yield ("stop", "when"), definition.stop.when


def private_values(scene: str, part: NegotiationPart) -> Iterator[tuple[Loc, str]]:
    """Every expression in a negotiation, and where."""
    at = ("scenes", scene, "negotiate")
    for key, values in (("reserve", part.reserve), ("firm", part.firm)):
        for who, value in values.items():
            yield (*at, key, who), str(value)
    for name, issue in part.issues.items():
        for who, worth in issue.worth.items():
            loc = (*at, "issues", name, "worth", who)
            if isinstance(worth, dict):
                for outcome, value in worth.items():
                    yield (*loc, outcome), str(value)
            else:
                yield loc, str(worth)


def feeling_rules(definition: Definition) -> Iterator[tuple[Loc, MomentPart]]:
    """Every rule of feelings that stands in the files, and where."""
    if definition.mood is not None:
        for key in ("rules", "more"):
            for number, rule in enumerate(getattr(definition.mood, key) or ()):
                yield ("mood", key, number), rule
    for number, tie_rule in enumerate(definition.tie_rules):
        yield ("tie_rules", number), tie_rule


def _feelings(definition: Definition) -> Iterator[tuple[Loc, str]]:
    for loc, rule in feeling_rules(definition):
        if rule.when is not None:
            yield (*loc, "when"), rule.when
        if isinstance(rule, AppraisalPart):
            yield (*loc, "valence"), str(rule.valence)
            yield (*loc, "arousal"), str(rule.arousal)
        elif isinstance(rule, TieRulePart):
            for tie, amount in rule.add.items():
                yield (*loc, "add", tie), str(amount)


def read_by(text: str) -> list[str]:
    """The names that an expression reads as numbers: not those that senses are asked about."""
    tree = _parsed(text)
    return _NAME.findall(text) if tree is None else list(_numbers(tree.body))


def heard_by(text: str) -> list[str]:
    """The signals that an expression listens for with `hears(...)`."""
    tree = _parsed(text)
    found = []
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == _HEARS:
            found += [arg.id for arg in node.args if isinstance(arg, ast.Name)]
    return found


def _parsed(text: str) -> ast.Expression | None:
    """None for what is no expression: told where guards are parsed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _numbers(root: ast.expr) -> Iterator[str]:
    edge: list[ast.AST] = [root]
    while edge:
        node = edge.pop()
        if isinstance(node, ast.Name):
            yield node.id
        elif not isinstance(node, ast.Call):
            edge += ast.iter_child_nodes(node)
        elif getattr(node.func, "id", "") in _OF_EXPRESSIONS:
            edge += node.args
