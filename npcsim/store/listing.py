"""Which runs there are, and how each stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from npcsim.errors import NpcsimError, StoreError
from npcsim.store import addresses, database, notes, reading, server, versions
from npcsim.store.run_store import Run

FORK = "fork.parent", "fork.tick"


@dataclass(frozen=True, slots=True)
class Listed:
    """One run. `wrong` says why it can't be read; then all but its path is unknown.

    `state`: finished, interrupted by Ctrl-C, failed, or running, which is also what was cut off.
    """

    path: str
    name: str = ""
    state: str = ""
    scenario: str = ""
    seed: int = 0
    created_utc: str = ""
    ticks: int = 0
    decisions: int = 0
    cost_usd: float = 0.0
    tags: tuple[str, ...] = ()
    imported: str = ""
    trusted: bool = True
    fork_of: str = ""
    wrong: str = ""

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)


def listed(where: str) -> list[Listed]:
    """The runs in a folder, or in the database at a URL, in the order of their names.

    A run that can't be read is listed with the reason. Raises `StoreError` where there is no such
    folder or database.
    """
    return [_one(path) for path in paths(where)]


def named(where: str, name: str) -> str | None:
    """What opens the run of a name in the server at an address; None where there is none.

    Raises `StoreError` where the server can't be asked.
    """
    address = addresses.address(where)
    engine = server.engine_at(address, pooled=False)
    with reading.reading(engine, address.shown) as connection:
        if versions.version(connection) is None:
            return None
        query = sa.select(database.runs.c.id).where(database.runs.c.name == name)
        return address.of(name)[0] if connection.execute(query).first() else None


def paths(where: str) -> Iterator[str]:
    """What opens each run in a folder, or in the server at an address."""
    if addresses.is_address(where):
        address = addresses.address(where)
        engine = server.engine_at(address)
        try:
            with reading.reading(engine, address.shown) as connection:
                known = sa.select(database.runs.c.name, database.runs.c.id)
                kept = connection.execute(known.order_by(database.runs.c.id)).all()
        finally:
            engine.dispose()
        many = Counter(name for name, _ in kept)
        yield from (
            address.of(str(id) if many[name] > 1 or name.isdecimal() else name)[0]
            for name, id in kept
        )
        return
    folder = Path(where)
    if not folder.is_dir():
        raise StoreError(f"there is no folder {where}")
    if (folder / "run.db").is_file():
        yield where
        return
    found = [one.parent for one in folder.glob("*/run.db")]
    yield from (str(one) for one in sorted(found, key=_in_order))


def _in_order(folder: Path) -> tuple[str, int]:
    stem, _, number = folder.name.rpartition("-")
    return (stem, int(number)) if number.isdecimal() else (folder.name, 0)


def _one(path: str) -> Listed:
    shown = addresses.shown(path) if addresses.is_address(path) else path
    try:
        with Run.open(path) as run:
            return facts_of(run, shown)
    except NpcsimError as error:
        return Listed(shown, wrong=str(error))


def facts_of(run: Run, shown: str) -> Listed:
    """How one run stands."""
    started, summary = run.started, run.summary or {}
    by_tier = summary.get("by_tier")
    decisions = sum(by_tier.values()) if isinstance(by_tier, dict) else run.count("Decided")
    cost = summary.get("cost_usd")
    if not isinstance(cost, int | float):
        cost = sum(kept.call.cost_usd for kept in run.calls())
    parent, tick = (started.versions.get(one, "") for one in FORK)
    return Listed(
        shown, run.name, run.state, started.scenario, started.seed, run.created_utc,
        run.last_tick, int(decisions), float(cost), run.tags,
        next(iter(run.notes(notes.IMPORTED)), ""), run.trusted,
        f"{parent} at tick {tick}" if parent else "",
    )  # fmt: skip
