"""What one run came to, as numbers: the built-in measures, the scenario's, and your own."""

from __future__ import annotations

import importlib.util
import inspect
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import networkx as nx

from npcsim.assembly.code.recipe import Recipe
from npcsim.errors import Mistake, NpcsimError, ScenarioError
from npcsim.scenario.spelling import nearest
from npcsim.store.run_store import Run
from npcsim.store.snapshots import decode

Measured = dict[str, float]
Own = Mapping[str, Callable[[Run], Any]]
MONEY = "coin"
BUILT_IN = (
    "survival", "standing", "wealth.mean", "wealth.gini", "ties.density", "ties.clustering",
    "talk.utterances", "talk.density", "talk.news_heard", "goals.reached", "goals.reached_share",
    "decisions", "late", "fallback", "usd", "ticks",
)  # fmt: skip
FAMILIES = ("mean", "decisions", "tokens", "survey")
"""Of these there is one for each attribute, tier, kind of token, and question."""
NOT_GAUGES = ("npc", "x", "y", "state", "alive")


def measured(run: Run, own: Own | None = None) -> Measured:
    """Every measure of a run by name; what does not apply to it is left out.

    `own` are functions of a run that give a number, or numbers by name. Raises NpcsimError, naming
    the function, where one raises or gives anything else; StoreError where the run is damaged.
    """
    found: Measured = {}
    for part in (_bodies, _wealth, _ties, _talk, _goals, _decisions, _spent, _scenario):
        found.update(part(run))
    for name, function in (own or {}).items():
        found.update(_of_own(name, function, run))
    return found


def unheard_of(name: str, scenario: Iterable[str], own: Iterable[str]) -> str | None:
    """What is wrong with the name of a measure that no run can have; None where one may.

    scenario: the names of the scenario's own measures, own: of the design's functions. Each of
    these may have parts (`hp.patron`), which only a run tells.
    """
    stems = [*scenario, *own]
    if name in BUILT_IN or name.split(".")[0] in FAMILIES:
        return None
    if any(name == stem or name.startswith(f"{stem}.") for stem in stems):
        return None
    hint = nearest(name, [*stems, *BUILT_IN])
    return f"no run has a measure {name!r}" + (f"; {hint}" if hint else "")


def own_measures(file: Path) -> Own:
    """The functions of one argument that a Python file defines, underscored ones left out.

    Raises ScenarioError where the file can't be read or has none.
    """
    spec = importlib.util.spec_from_file_location(f"measures_{file.stem}", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise ScenarioError([Mistake(str(file), 1, 1, "there is no such Python file", "")])
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - it is the user's code
        line = getattr(error, "lineno", None) or 1
        raise ScenarioError([Mistake(str(file), line, 1, f"{error!r}", "")]) from None
    found = {
        name: one
        for name, one in vars(module).items()
        if inspect.isfunction(one)
        and one.__module__ == module.__name__
        and not name.startswith("_")
        and len(inspect.signature(one).parameters) == 1
    }
    if not found:
        expected = "expected functions such as `def fights(run): return len(run.table('deaths'))`"
        raise ScenarioError([Mistake(str(file), 1, 1, "it has no measures", expected)])
    return found


def gini(values: Sequence[float]) -> float:
    """How unequal amounts are: 0 where all have the same, near 1 where one has everything.

    Half the relative mean absolute difference (Gini 1912), by the sorted form. 0 for no amounts.
    """
    ordered, total = sorted(values), sum(values)
    if total <= 0:
        return 0.0
    count = len(ordered)
    weighted = sum(rank * value for rank, value in enumerate(ordered, 1))
    return 2 * weighted / (count * total) - (count + 1) / count


def _bodies(run: Run) -> Iterator[tuple[str, float]]:
    moment = run.at(run.last_tick)
    rows = list(moment.rows())
    if not rows:
        return
    dead = {row["npc"] for row in run.table("deaths").rows() if row["how"] in ("dead", "")}
    yield "survival", 1 - len(dead) / len(rows)
    yield "standing", _mean(float(row["alive"]) for row in rows)
    for name in moment:
        values = [row[name] for row in rows]
        if name not in NOT_GAUGES and all(isinstance(value, int | float) for value in values):
            yield f"mean.{name}", _mean(values)


def _wealth(run: Run) -> Iterator[tuple[str, float]]:
    last = max(run.snapshots(), default=None)
    if last is None:
        return
    held = decode(run.snapshot(last))[0]["tables"]["holdings"]
    people = {one.id: 0.0 for one in run.started.cast}
    for key, count in held.items():
        holder, item = key.split("\n")
        if item == MONEY and holder in people:
            people[holder] += count
    if any(people.values()):
        yield "wealth.mean", _mean(people.values())
        yield "wealth.gini", gini(list(people.values()))


def _ties(run: Run) -> Iterator[tuple[str, float]]:
    graph = nx.Graph(run.at(run.last_tick).ties)
    if graph.number_of_edges():
        yield "ties.density", float(nx.density(graph))
        yield "ties.clustering", float(nx.average_clustering(graph))


def _talk(run: Run) -> Iterator[tuple[str, float]]:
    said = list(run.table("speech").rows())
    people = {one.id for one in run.started.cast}
    pairs = {frozenset((row["npc"], row["to"])) for row in said if row["to"] in people}
    yield "talk.utterances", float(len(said))
    if len(people) > 1:
        yield "talk.density", len(pairs) / math.comb(len(people), 2)
    heard = sum(row["kind"] == "heard" for row in run.table("memories").rows())
    yield "talk.news_heard", float(heard)


def _goals(run: Run) -> Iterator[tuple[str, float]]:
    ends = Counter(row["how"] for row in run.table("goals").rows())
    over = sum(ends[how] for how in ("done", "failed", "dropped"))
    yield "goals.reached", float(ends["done"])
    if over:
        yield "goals.reached_share", ends["done"] / over


def _decisions(run: Run) -> Iterator[tuple[str, float]]:
    summary = run.summary or {}
    by_tier = summary.get("by_tier", {})
    total = sum(by_tier.values())
    yield "decisions", float(total)
    # A tier that decided nothing has a share of nothing, so that runs with and without it compare.
    there = ("reflex", "local", *Recipe.from_bytes(run.bundle).parsed.tiers, *by_tier)
    for tier in dict.fromkeys(there) if total else ():
        yield f"decisions.{tier}", by_tier.get(tier, 0) / total
    asked = summary.get("thoughts", {}).get("asked", 0)
    if asked:
        yield "late", summary["thoughts"]["late"] / asked
        yield "fallback", summary["thoughts"]["fallback"] / asked


def _spent(run: Run) -> Iterator[tuple[str, float]]:
    summary = run.summary or {}
    for kind, count in summary.get("tokens", {}).items():
        yield f"tokens.{kind}", float(count)
    yield "usd", float(summary.get("cost_usd", 0.0))
    yield "ticks", float(run.last_tick)


def _scenario(run: Run) -> Iterator[tuple[str, float]]:
    """The last value of each of the scenario's own, `name` or `name.group`."""
    last: Measured = {}
    for row in run.table("measures").rows():
        group = row["group"]
        last[row["name"] if group in ("", "all") else f"{row['name']}.{group}"] = row["value"]
    yield from last.items()


def _of_own(name: str, function: Callable[[Run], Any], run: Run) -> Measured:
    try:
        given = function(run)
    except Exception as error:
        raise NpcsimError(f"the measure {name} broke: {error!r}") from error
    parts = {f"{name}.{key}": one for key, one in given.items()} if isinstance(
        given, Mapping
    ) else {name: given}  # fmt: skip
    for key, value in parts.items():
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise NpcsimError(f"the measure {key} gave {value!r}: expected a finite number")
    return {key: float(value) for key, value in parts.items()}


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
