"""Guards: a small safe expression language over attributes and senses, for whole populations.

`hp < 30 and near(bandit) < 8` is parsed once with Python's own parser, checked against a closed
list of node kinds, and turned into nested functions over arrays. Nothing is ever evaluated as
Python.

    expr     or, and, not, comparisons, + - * /, brackets, numbers, true, false
    names    an attribute (hp, hunger, ...), hour (0 to 24), day, idle (nothing under way),
             since (seconds in this state)
    all      any(guard), all(guard), mean(expr), total(expr) over everybody alive
    calls    near(kind)   distance to the nearest one seen, in tiles; inf if none
             sees(kind)   whether one is seen           hears(signal)  whether one is heard
             at(place)    whether one is there; at(spot), by name or kind: near enough to use it
             has(item)    how many are carried
             stock(item)  how many one's faction holds in common; stock(faction, item): another's
             count(x)     how many live in state x or are of kind x    min(a, b), max(a, b)
             trust(kind)  how much one trusts them, on average; trust(a, b): how much a trust b.
                          So too fear, knows, likes, owes: -1 to 1, 0 where nothing is known.
             aware(fact)  whether one remembers a fact that `knows` names
    failed(plan) how often a plan failed, by what one has concluded from it; worked(plan): worked
                          So too fear, knows, likes, owes and what `tie_rules` add to:
                          -1 to 1, 0 where nothing is known.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from npcsim.reflex.learnt import aware, learnt
from npcsim.reflex.senses import ANYONE, FOE, Rows, Senses
from npcsim.reflex.ties import between, toward
from npcsim.reflex.whole import OVER_ALL, fold

Value = Any  # a NumPy array with one entry a row, or a scalar
Guard = Callable[[Senses, Rows], Value]

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub,
    ast.Mult: operator.mul, ast.Div: np.divide,
}  # fmt: skip
TIES = ("trust", "fear", "knows", "likes", "owes")
LEARNT = ("failed", "worked")
AWARE = "aware"
CALLS = (
    "near", "sees", "hears", "at", "has", "stock", "count", "min", "max", AWARE, *LEARNT, *TIES,
    *OVER_ALL,
)  # fmt: skip
NAMES = ("hour", "day", "idle", "since")
MAX_NODES = 200
_WHAT = {
    "near": "kind of NPC", "sees": "kind of NPC", "at": "place or spot", "has": "item",
    "failed": "plan", "worked": "plan", AWARE: "fact that `knows` names",
}  # fmt: skip


class GuardError(ValueError):
    """A guard can't be read. `name` and `known` help to suggest the nearest valid name."""

    def __init__(self, message: str, column: int = 0, name: str = "", known: Any = ()) -> None:
        super().__init__(message)
        self.column, self.name, self.known = column, name, tuple(known)


@dataclass(frozen=True, slots=True)
class Names:
    """The names a guard may use."""

    attributes: frozenset[str]
    kinds: frozenset[str]
    places: frozenset[str]
    items: frozenset[str]
    states: frozenset[str]
    spots: frozenset[str] = frozenset()
    factions: frozenset[str] = frozenset()
    plans: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()
    ties: frozenset[str] = frozenset()
    """Kinds of ties beside those that there always are."""
    whole: bool = False
    """Nobody in particular is asked: what belongs to one NPC must stand in `any(...)` or so."""


OWN = ("idle", "since", "near", "sees", "hears", "at", "has", AWARE, *LEARNT)


def parse_guard(text: str, names: Names) -> Guard:
    """Turn a guard's text into a function. Raises `GuardError` at the first thing wrong."""
    try:
        with warnings.catch_warnings():
            # What Python only warns of (`30and`, an unknown escape) is no guard.
            warnings.simplefilter("error")
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        column = getattr(error, "offset", None) or 1
        raise GuardError(
            "expected an expression such as 'hp < 30 and near(bandit) < 8'", column - 1
        ) from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise GuardError(f"too long: at most {MAX_NODES} parts")
    return _build(tree.body, names)


def _build(node: ast.expr, names: Names) -> Guard:
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            return _constant(node, value)
        case ast.Name(id=name):
            return _name(node, name, names)
        case ast.BoolOp(op=op, values=values):
            return _joined([_build(value, names) for value in values], isinstance(op, ast.And))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _build(operand, names)
            return lambda senses, rows: ~_truth(inner(senses, rows), len(rows))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _build(operand, names)
            return _pair(operator.sub, lambda senses, rows: 0.0, inner)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _pair(_ARITHMETIC[type(op)], _build(left, names), _build(right, names))
        case ast.Compare(left=left, ops=ops, comparators=rest) if all(
            type(op) in _COMPARE for op in ops
        ):
            sides = [_build(side, names) for side in (left, *rest)]
            links = [_pair(_COMPARE[type(op)], sides[i], sides[i + 1]) for i, op in enumerate(ops)]
            return links[0] if len(links) == 1 else _joined(links, True)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _call(node, name, args, names)
    raise GuardError(
        f"{ast.unparse(node)!r} is not allowed here; a guard compares attributes and senses",
        node.col_offset,
    )


def _constant(node: ast.expr, value: float) -> Guard:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise GuardError("the number is too large", node.col_offset)
    return lambda senses, rows: number


def _refuse_own(node: ast.expr, name: str, names: Names) -> None:
    if names.whole and (name in names.attributes or name in OWN):
        raise GuardError(
            f"{name} belongs to one NPC, and nobody in particular is asked here: "
            f"say any({name} ...), all({name} ...) or mean({name})",
            node.col_offset,
        )


def _name(node: ast.expr, name: str, names: Names) -> Guard:
    _refuse_own(node, name, names)
    if name in names.attributes:
        return lambda senses, rows: senses.world.columns[name][rows]
    if name == "hour":
        return lambda senses, rows: senses.world.now_ms % 86_400_000 / 3_600_000
    if name == "day":
        return lambda senses, rows: senses.world.now_ms // 86_400_000 + 1
    if name == "idle":
        return lambda senses, rows: ~senses.world.columns["busy"][rows]
    if name == "since":
        return lambda senses, rows: (
            (senses.world.tick - senses.world.columns["since"][rows]) * senses.world.setting.seconds
        )
    if name in ("true", "false"):
        return lambda senses, rows: name == "true"
    known = (*names.attributes, *NAMES)
    raise GuardError(f"no attribute {name!r}", node.col_offset, name, known)


def _call(node: ast.Call, name: str, args: list[ast.expr], names: Names) -> Guard:
    if name in ("min", "max") and len(args) == 2:
        pick = np.minimum if name == "min" else np.maximum
        return _pair(pick, _build(args[0], names), _build(args[1], names))
    if name in OVER_ALL and len(args) == 1:
        return _over_all(name, _build(args[0], replace(names, whole=False)))
    _refuse_own(node, name, names)
    if name in TIES or name in names.ties:
        return _tie(node, name, args, names)
    if name not in CALLS or name in ("min", "max"):
        raise GuardError(f"no sense {name!r}", node.col_offset, name, (*CALLS, *names.ties))
    if name == "stock":
        return _stock(node, args, names)
    if len(args) != 1 or not isinstance(args[0], ast.Name | ast.Constant):
        raise GuardError(f"{name}(...) takes one name", node.col_offset)
    word = args[0].id if isinstance(args[0], ast.Name) else str(args[0].value)
    kinds = names.kinds | {FOE, ANYONE}
    known = {
        "near": kinds, "sees": kinds, "at": names.places | names.spots, "has": names.items,
        "count": names.kinds | names.states, "failed": names.plans, "worked": names.plans,
        AWARE: names.facts,
    }.get(name)  # fmt: skip
    if known is not None and word not in known:
        message = f"no {_WHAT.get(name, 'state or kind')} {word!r}"
        raise GuardError(message, args[0].col_offset, word, known)
    if name == "at" and word not in names.places:
        return lambda senses, rows: senses.beside(word, rows)
    return _sense(name, word)


def _over_all(name: str, inner: Guard) -> Guard:
    def over_all(senses: Senses, rows: Rows) -> Value:
        alive = np.flatnonzero(senses.world.columns["alive"]).astype(np.uint32)
        values = inner(senses, alive)
        return fold(name, np.broadcast_to(values, len(alive)))

    return over_all


def _tie(node: ast.Call, name: str, args: list[ast.expr], names: Names) -> Guard:
    words = [arg.id for arg in args if isinstance(arg, ast.Name)]
    if len(words) != len(args) or not 1 <= len(words) <= 2:
        raise GuardError(f"{name}(...) takes one or two names", node.col_offset)
    for word, arg in zip(words, args, strict=True):
        if word not in names.kinds | {ANYONE}:
            raise GuardError(f"nobody is called {word!r}", arg.col_offset, word, names.kinds)
    if len(words) == 1:
        return lambda senses, rows: toward(senses.world, name, rows, words[0])
    return lambda senses, rows: between(senses.world, name, words[0], words[1])


def _stock(node: ast.Call, args: list[ast.expr], names: Names) -> Guard:
    words = [arg.id for arg in args if isinstance(arg, ast.Name)]
    if len(words) != len(args) or not 1 <= len(words) <= 2:
        raise GuardError("stock(...) takes an item, or a faction and an item", node.col_offset)
    item, faction = words[-1], words[0] if len(words) == 2 else ""
    if faction and faction not in names.factions:
        message = f"no faction {faction!r}"
        raise GuardError(message, args[0].col_offset, faction, names.factions)
    if item not in names.items:
        raise GuardError(f"no item {item!r}", args[-1].col_offset, item, names.items)
    if faction:
        return lambda senses, rows: float(senses.world.held(faction).get(item, 0))
    if names.whole:
        message = f"nobody in particular is asked here: say stock(faction, {item})"
        raise GuardError(message, node.col_offset)
    return lambda senses, rows: senses.stocked(item, rows)


def _sense(name: str, word: str) -> Guard:
    match name:
        case "near":
            return lambda senses, rows: senses.nearest(word, rows).distance
        case "sees":
            return lambda senses, rows: np.isfinite(senses.nearest(word, rows).distance)
        case "hears":
            return lambda senses, rows: senses.hears(word, rows)
        case "at":
            return lambda senses, rows: senses.at(word, rows)
        case "has":
            return lambda senses, rows: senses.carried(word, rows)
        case "failed" | "worked":
            return lambda senses, rows: learnt(senses.world, name, word, rows)
        case "aware":
            return lambda senses, rows: aware(senses.world, word, rows)
    return lambda senses, rows: senses.count(word)


def _pair(combine: Callable[[Any, Any], Any], left: Guard, right: Guard) -> Guard:
    def pair(senses: Senses, rows: Rows) -> Value:
        # Truths count as 0 and 1: NumPy adds two of them to one, and can't subtract them.
        values = (np.asarray(side(senses, rows), np.float64) for side in (left, right))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return combine(*values)

    return pair


def _truth(values: Value, length: int) -> Any:
    """As bool array [length]. What is not a number (inf - inf) is not true."""
    values = np.broadcast_to(values, length)
    if values.dtype == np.bool_:
        return values
    return values.astype(bool) & (values == values)


def _joined(parts: list[Guard], every: bool) -> Guard:
    """`and` / `or`. Later parts are asked only of rows that the earlier ones left open."""

    def joined(senses: Senses, rows: Rows) -> Value:
        result = np.array(_truth(parts[0](senses, rows), len(rows)))
        for part in parts[1:]:
            still = np.flatnonzero(result if every else ~result)
            if len(still):
                asked = rows if len(still) == len(rows) else rows.take(still)
                result[still] = _truth(part(senses, asked), len(asked))
        return result

    return joined


def holds(guard: Guard, senses: Senses, rows: Rows) -> Any:
    """A guard's truth, row by row (bool array)."""
    return _truth(guard(senses, rows), len(rows))


def numbers(guard: Guard, senses: Senses, rows: Rows) -> Any:
    """An expression's value, row by row (float64); not-a-number counts as 0."""
    values = np.broadcast_to(guard(senses, rows), len(rows)).astype(np.float64)
    return np.nan_to_num(values, nan=0.0, posinf=1e12, neginf=-1e12)
