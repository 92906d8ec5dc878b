"""What import-linter can't see: who touches which library, also inside functions, and house rules.

The order of the rooms themselves is the contract in pyproject.toml that `lint-imports` checks.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "npcsim").rglob("*.py"))
WORLD_TOOLS = sorted((ROOT / "worlds").glob("*/tools.py"))

CARDS = ("tray/cards.py", "play/cards.py", "forking/card.py")
PICTURE = ("window.py", "app.py", "timed.py", "film/record.py", "draw/", *CARDS)
# Library -> the only modules that may import it.
KEEPERS = {
    "PIL": ("npcsim/viz/film/moving.py",),
    "alembic": ("npcsim/store/versions.py", "npcsim/store/migrations/"),
    "av": ("npcsim/viz/film/coded.py",),
    "anthropic": ("npcsim/models/remote/anthropic.py",),
    "filelock": ("npcsim/experiments/sweep.py", "npcsim/experiments/crew.py"),
    # Benches compare with llama-cpp-python's own ways.
    "llama_cpp": ("npcsim/inference/runner.py", "npcsim/bench/"),
    "keyring": ("npcsim/models/remote/keys.py",),
    "mesa": ("npcsim/bench/",),
    "onnxruntime": ("npcsim/models/embedding/minilm.py",),
    "openai": ("npcsim/models/remote/openai.py",),
    "psycopg": ("npcsim/store/",),
    "pyarrow": ("npcsim/experiments/exporting.py",),
    "pygame": tuple(f"npcsim/viz/{part}" for part in PICTURE),
    "ray": ("npcsim/experiments/clusters.py",),
    "sqlalchemy": ("npcsim/store/",),
    "yaml": ("npcsim/scenario/load.py",),
}

# Rooms whose results reach the world: the same log must give the same bits on any machine.
WORLD_FEEDING = ("world", "reflex", "memory", "tools", "npc", "sim")
# There all numbers are whole and small: no order of adding them up changes a bit of the product.
EXACT_PRODUCTS = ("npcsim/memory/vectors.py",)
ORDER_OR_BITS_MAY_DIFFER = frozenset(
    "acos asin atan atan2 cbrt cos cosh dot einsum exp exp2 expm1 hypot inner log log10 log1p log2"
    " matmul pow power sin sinh tan tanh tensordot vdot".split()
)
CLOCKS = {"datetime", "time"}
MAX_FILE_LINES = 400  # about 300 is the aim
MAX_FUNCTION_LINES = 80  # about 40 is the aim


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def _imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Each (line, dotted module) that a file imports, wherever the import stands."""
    return tuple(_found_imports(path))


def _found_imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "npcsim" and not node.level:
            yield from ((node.lineno, _room_or_front_door(alias.name)) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, node.module or ""
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")
        elif isinstance(node, ast.Call) and _called(node) == "import_module":
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant):
                    yield node.lineno, str(argument.value)


def _called(node: ast.Call) -> str:
    """The last part of the name of what is called."""
    called = node.func
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _room_or_front_door(name: str) -> str:
    """`from npcsim import effects` is the module effects, anything else is the front door."""
    room = ROOT / "npcsim" / name
    return f"npcsim.{name}" if room.is_dir() or room.with_suffix(".py").exists() else "npcsim"


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _in_rooms(rooms: tuple[str, ...]) -> list[Path]:
    return [path for path in MODULES if path.relative_to(ROOT / "npcsim").parts[0] in rooms]


@pytest.mark.parametrize("library", KEEPERS)
def test_each_library_has_one_keeper(library: str) -> None:
    strays = [
        f"{_name(path)}:{line}"
        for path in MODULES
        if not _name(path).startswith(KEEPERS[library])
        for line, module in _imports(path)
        if module.split(".")[0] == library
    ]
    assert strays == []


def test_world_tools_need_the_front_door_only() -> None:
    allowed = {*sys.stdlib_module_names, "numpy"}
    strays = [
        f"{_name(path)}:{line}: {module}"
        for path in WORLD_TOOLS
        for line, module in _imports(path)
        if module != "npcsim" and module.split(".")[0] not in allowed
    ]
    assert strays == []


def test_nothing_below_assembly_uses_the_front_door() -> None:
    """The front door imports the rooms; a room that imports it goes in a circle."""
    strays = [
        f"{_name(path)}:{line}"
        for path in MODULES
        for line, module in _imports(path)
        if module == "npcsim" and path.name not in ("__main__.py", "cli.py")
    ]
    assert strays == []


def test_no_dice_but_ours_and_no_pickles() -> None:
    banned = {"marshal", "pickle", "random", "secrets", "shelve", "uuid"}
    strays = [
        f"{_name(path)}:{line}: {module}"
        for path in MODULES
        for line, module in _imports(path)
        if module.split(".")[0] in banned or module.startswith("numpy.random")
    ]
    strays += [
        f"{_name(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "random"
        if ast.unparse(node) in ("np.random", "numpy.random")
    ]
    assert strays == []


def _builtin_calls(node: ast.AST) -> Iterator[ast.Name]:
    """Names called below `node`, save inside `__hash__`, which may well call `hash`."""
    if isinstance(node, ast.FunctionDef) and node.name == "__hash__":
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        yield node.func
    for child in ast.iter_child_nodes(node):
        yield from _builtin_calls(child)


def test_no_eval_and_no_salted_hash() -> None:
    strays = [
        f"{_name(path)}:{name.lineno}: {name.id}"
        for path in MODULES
        for name in _builtin_calls(_tree(path))
        if name.id in ("eval", "exec", "hash")
    ]
    assert strays == []


def test_the_world_knows_no_wall_clock() -> None:
    # sim paces a watched run and measures its ticks; it may look at the clock, never feed it in.
    rooms = ("world", "reflex", "tools", "memory", "npc", "scenario")
    strays = [
        f"{_name(path)}:{line}: {module}"
        for path in _in_rooms(rooms)
        for line, module in _imports(path)
        if module.split(".")[0] in CLOCKS
    ]
    assert strays == []


def _differs_between_machines(node: ast.AST) -> bool:
    """A transcendental function, a product through BLAS, or a float power."""
    if isinstance(node, ast.Attribute):
        numbers = ("math", "np", "numpy")
        return node.attr in ORDER_OR_BITS_MAY_DIFFER and ast.unparse(node.value) in numbers
    if isinstance(node, ast.BinOp | ast.AugAssign):
        constant = isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant)
        return isinstance(node.op, ast.MatMult) or (isinstance(node.op, ast.Pow) and not constant)
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == "math"
        and any(alias.name in ORDER_OR_BITS_MAY_DIFFER for alias in node.names)
    )


def test_what_feeds_the_world_has_the_same_bits_everywhere() -> None:
    strays = [
        f"{_name(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in [*_in_rooms(WORLD_FEEDING), *WORLD_TOOLS]
        if _name(path) not in EXACT_PRODUCTS
        for node in ast.walk(_tree(path))
        if _differs_between_machines(node) and hasattr(node, "lineno")
    ]
    assert strays == []


def _works_at_import(node: ast.stmt) -> bool:
    """A statement at the top of a module that does more than to define."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        return ast.unparse(node.test) not in ("TYPE_CHECKING", "__name__ == '__main__'")
    return isinstance(node, ast.For | ast.While | ast.With | ast.Try | ast.Delete | ast.Assert)


def _environment(node: ast.AST) -> bool:
    named = isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    return named and ast.unparse(node) in ("os.environ", "os.getenv")


def test_no_work_at_import() -> None:
    strays = []
    for path in [*MODULES, *WORLD_TOOLS]:
        for node in _tree(path).body:
            inert = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            reads = not inert and any(_environment(part) for part in ast.walk(node))
            if _works_at_import(node) or reads:
                strays.append(f"{_name(path)}:{node.lineno}: {ast.unparse(node)[:60]}")
    # A command line is built by registering commands and options: that is typer's only way.
    told = ("npcsim/cli.py", "npcsim/options.py")
    assert [stray for stray in strays if not stray.startswith(told)] == []


def test_no_room_for_everything() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "handler", "common", "misc"}
    assert [_name(path) for path in MODULES if vague & set(path.stem.split("_"))] == []


def test_files_and_functions_stay_small() -> None:
    long = []
    for path in MODULES:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_FILE_LINES:
            long.append(f"{_name(path)}: {lines} lines")
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > MAX_FUNCTION_LINES:
                    long.append(f"{_name(path)}:{node.lineno}: {node.name} has {size} lines")
    assert long == []


def test_deleting_the_picture_breaks_the_command_line_only() -> None:
    # A comparison's page is drawn as the report is; nothing needs it but its command. The bench of
    # the window measures the window.
    benches = ("npcsim/bench/frames.py", "npcsim/bench/scrubbing.py")
    upper = ("npcsim/cli.py", "npcsim/__main__.py", "npcsim/report", "npcsim/viz/")
    drawn = ("page.py", "plots.py", "figures.py")
    upper += (*(f"npcsim/experiments/{name}" for name in drawn), *benches)
    strays = [
        f"{_name(path)}:{line}: {module}"
        for path in MODULES
        if not _name(path).startswith(upper)
        for line, module in _imports(path)
        if module.startswith(("npcsim.viz", "npcsim.report", "npcsim.cli"))
    ]
    assert strays == []
