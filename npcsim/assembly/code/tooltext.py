"""What the text of a file of tools shows without being run: chance and clocks of its own, no list.

Words of warning, since a text alone can't prove either.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from npcsim.errors import Mistake
from npcsim.scenario.spelling import nearest

LISTS = ("TOOLS", "STATES", "SCENES")
MAKERS = ("tool", "ask", "state")
DRAWN = (
    "random.", "secrets.", "uuid.uuid1", "uuid.uuid4", "os.urandom", "numpy.random.",
)  # fmt: skip
TOLD = (
    "time.", "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow",
    "datetime.date.today",
)  # fmt: skip
SEEDED = ("random.Random", "numpy.random.default_rng", "numpy.random.RandomState")


def text_warnings(files: Sequence[tuple[str, str]]) -> Iterator[Mistake]:
    """A word of warning for each such thing in files of tools given as (name, text)."""
    for file, text in files:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue  # loading it tells
        yield from _own_draws(tree, file)
        yield from _unlisted(tree, file)


def _own_draws(tree: ast.Module, file: str) -> Iterator[Mistake]:
    """Calls that give something else in a replay. Work outside the tick may call what it wants."""
    meant = _imports(tree)
    told: set[int] = set()
    for node in _within_ticks(tree):
        if not isinstance(node, ast.Call) or node.lineno in told:
            continue
        name = _whole_name(node.func, meant)
        drawn = name.startswith(DRAWN) and not (name in SEEDED and node.args)
        if drawn or name.startswith(TOLD):
            told.add(node.lineno)
            what = "draws of its own" if drawn else "a clock of its own"
            hint = 'use me.roll("what for")' if drawn else "use view.now_ms or view.hour"
            message = f"{name}: {what} can't be replayed"
            yield Mistake(file, node.lineno, node.col_offset + 1, message, hint)


def _within_ticks(node: ast.AST) -> Iterator[ast.AST]:
    """All parts but work outside: coroutines, and functions decorated as `@brew.outside`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.AsyncFunctionDef):
            continue
        if isinstance(child, ast.FunctionDef) and any(
            isinstance(one, ast.Attribute) and one.attr == "outside" for one in child.decorator_list
        ):
            continue
        yield child
        yield from _within_ticks(child)


def _imports(tree: ast.Module) -> Mapping[str, str]:
    """What each imported name means in full: `np` is `numpy`, `choice` is `random.choice`."""
    meant: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                meant[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                meant[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return meant


def _whole_name(node: ast.expr, meant: Mapping[str, str]) -> str:
    """What a call calls, in full; empty where that is nothing imported."""
    after: list[str] = []
    while isinstance(node, ast.Attribute):
        after.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in meant:
        return ""
    return ".".join([meant[node.id], *reversed(after)])


def _unlisted(tree: ast.Module, file: str) -> Iterator[Mistake]:
    """A file that makes tools and lists none: it has `TOOL = [...]`, or nothing like it."""
    bound = {
        name.id: node.lineno
        for node in tree.body
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    if any(name in bound for name in LISTS):
        return
    made = [
        node.lineno
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and any(_makes(one) for one in node.decorator_list)
    ]
    if not made:
        return
    near = next(((one, line) for one, line in bound.items() if nearest(one, LISTS)), ("", made[0]))
    name, line = near
    message = "no tool of this file is used: it has no list TOOLS, STATES or SCENES"
    hint = nearest(name, LISTS) if name else "list them at the end: `TOOLS = [...]`"
    yield Mistake(file, line, 1, f"{message}, but {name}" if name else message, hint)


def _makes(decorator: ast.expr) -> bool:
    inner = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "id", "")
    return name in MAKERS
