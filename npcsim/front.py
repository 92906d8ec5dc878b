"""Loading and opening from Python. Heavy rooms are imported when a function is called."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from npcsim.messages import Clock, Model
    from npcsim.sim.loop import Simulation
    from npcsim.store.run_store import Run


@asynccontextmanager
async def load(
    scenario: str | Path,
    *,
    overrides: Sequence[str] = (),
    models: Mapping[str, Model] | None = None,
    clock: Clock | None = None,
    out: str | Path | None = None,
    ticks: int | None = None,
) -> AsyncIterator[Simulation]:
    """A simulation of a scenario file, closed at the end of the block.

        async with npcsim.load("village.yaml", models={}) as simulation:
            async for tick in simulation:
                ...

    overrides: texts such as "seed=3". models: by tier; None takes the scenario's, {} runs on
    reflexes alone. clock: None runs as fast as it goes. out: the parent folder of the run's log;
    None keeps none. ticks: where to end. Raises ScenarioError, MissingExtra, ModelError and
    StoreError.
    """
    from npcsim.assembly.build import read
    from npcsim.assembly.running import open_session

    session = await open_session(
        read(Path(scenario), overrides),
        models=models,
        clock=clock,
        out=Path(out) if out is not None else None,
        ticks=ticks,
    )
    try:
        yield session.simulation
        session.finish()
    finally:
        await session.close()


def open_run(path: str | Path) -> Run:
    """A kept run, for reading: `events()`, `calls()`, `summary`. Raises StoreError."""
    from npcsim.store.run_store import Run

    return Run.open(path)
