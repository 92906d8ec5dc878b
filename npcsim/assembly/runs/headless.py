"""A whole run without a window: progress, summary, and an orderly end whatever happens."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from npcsim import events as ev
from npcsim.assembly.build import read
from npcsim.assembly.runs.forking import Changes, forked_session
from npcsim.assembly.runs.posting import Mailbox
from npcsim.assembly.runs.resuming import Until, resumed_session
from npcsim.assembly.runs.session import Session, open_session
from npcsim.errors import NpcsimError
from npcsim.scenario.units import clock_text
from npcsim.sim.clock import Paced
from npcsim.sim.loop import Simulation, Tick

INTERRUPTED = 130
STOPPED = "interrupted"
"""What a simulation is told that Ctrl-C ends."""
SHOW_EVERY_S = 0.1


async def run_headless(
    scenario: Path,
    overrides: Sequence[str] = (),
    *,
    out: Path | str,
    ticks: int | None = None,
    models: bool = True,
    progress: bool = False,
    tell: Callable[[str], object] = lambda line: None,
    speed: float | None = None,
) -> tuple[dict[str, Any], int]:
    """Run a scenario to its end. -> (summary, exit code). Raises NpcsimError.

    speed: ticks a second, None for as fast as it goes; then it takes inputs that other programs
    leave for it, too, and says where it is kept before it begins. tell: takes what is to be known before it begins, line by line: models that can't be had.
    Ctrl-C ends the run after the tick under way; what was committed stays, and so it does when
    the run can't go on.
    """
    built = read(scenario, overrides)
    if ticks is None and not built.world.setting.end_tick:
        raise NpcsimError("the scenario has no `clock: {end: ...}`; say how long with --ticks")
    clock = Paced(speed) if speed is not None else None
    session = await open_session(
        built, models=None if models else {}, clock=clock, out=out, ticks=ticks
    )
    told = [*session.files(), *session.servers(), *session.absent(), *session.unfit()]
    for line in [*told, *session.too_short()]:
        tell(line)
    if speed is None:
        return await _headless(session, progress, tell)
    tell(f"npcsim: kept in {session.summary()['run']}; {speed:g} ticks a second")
    taking = asyncio.create_task(Mailbox(session.path, session.simulation).run())
    try:
        return await _headless(session, progress, tell)
    finally:
        taking.cancel()


async def resume_headless(
    run: str,
    until: Until,
    *,
    progress: bool = False,
    tell: Callable[[str], object] = lambda line: None,
) -> tuple[dict[str, Any], int]:
    """Go on with a kept run to its end, as `run_headless` would have. Raises NpcsimError."""
    session = await resumed_session(run, until)
    simulation = session.simulation
    again = simulation.answers.waiting
    if simulation.ended:
        tell(f"npcsim: all {simulation.tick} ticks were there; the log is sealed now")
        return await _headless(session, progress, tell)
    thoughts = f"; {again} thought{'s' if again != 1 else ''} under way asked again" if again else ""
    tell(f"npcsim: resumed after tick {simulation.tick}{thoughts}")
    return await _headless(session, progress, tell)


async def fork_headless(
    run: str,
    at: str | int,
    out: Path | str,
    until: Until,
    changes: Changes,
    *,
    progress: bool = False,
    tell: Callable[[str], object] = lambda line: None,
) -> tuple[dict[str, Any], int]:
    """Fork a kept run and live it to its end. As `run_headless`, and raises ValueError for an
    input of no known form.

    What is to be known before it goes on is told behind its first tick: changed models and tools
    come in with that one. So does what was put in, and is told where nothing came of it.
    """
    session = await forked_session(run, at, out, until, changes)
    first = session.simulation.tick + 1

    def begun(tick: Tick) -> None:
        if tick.number == first:
            for line in (*session.absent(), *session.unfit(), *refused(tick.events)):
                tell(line)

    return await _headless(session, progress, tell, begun)


def refused(events: Sequence[ev.Event]) -> Iterator[str]:
    """A line for each order of a tick that came to nothing."""
    orders = [str(one.entry.get("do", "")) for one in events if isinstance(one, ev.Given)]
    for one in events:
        if isinstance(one, ev.Rejected):
            called = f"{one.actor}.{one.tool}"
            if any(order == called or order.startswith(f"{called}(") for order in orders):
                yield f"npcsim: nothing came of the order {called}: {one.reason}"


async def _headless(
    session: Session,
    progress: bool,
    tell: Callable[[str], object],
    each: Callable[[Tick], object] = lambda tick: None,
) -> tuple[dict[str, Any], int]:
    with _ctrl_c(session.simulation), _bar(session, progress) as bar:

        def show(tick: Tick) -> None:
            each(tick)
            bar(tick)

        summary = await to_the_end(session, show)
    for line in session.never_kept():
        tell(line)
    return summary, INTERRUPTED if session.simulation.stopped == STOPPED else 0


async def to_the_end(
    session: Session, show: Callable[[Tick], object] = lambda tick: None
) -> dict[str, Any]:
    """Live a session to its end, seal its log as what it then is, and close it. -> the summary."""
    try:
        async for tick in session.simulation:
            session.tally.tick_ms.append(tick.wall_ms)
            show(tick)
        interrupted = session.simulation.stopped == STOPPED
        return session.finish("interrupted" if interrupted else "finished")
    except NpcsimError:
        with suppress(NpcsimError):
            session.finish("failed")
        raise
    finally:
        await session.close()


@contextmanager
def _ctrl_c(simulation: Simulation) -> Iterator[None]:
    """The first Ctrl-C ends after this tick; the second as usual."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        simulation.stop(STOPPED)
        loop.remove_signal_handler(signal.SIGINT)

    try:
        loop.add_signal_handler(signal.SIGINT, stop)
    except NotImplementedError:  # Windows has no signal handlers in its event loop
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@contextmanager
def _bar(session: Session, wanted: bool) -> Iterator[Callable[[Tick], None]]:
    """A live progress bar on stderr: simulated time, ticks, thoughts in flight, tokens, cost."""
    if not wanted:
        yield lambda tick: None
        return
    simulation, tally = session.simulation, session.tally
    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[now]}"), TimeElapsedColumn(),
    )  # fmt: skip
    loop = asyncio.get_running_loop()
    shown = [0.0]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        name = session.built.world.setting.scenario
        task = bar.add_task(name, total=simulation.end_tick or None, now="")

        def show(tick: Tick) -> None:
            if loop.time() - shown[0] < SHOW_EVERY_S:
                return
            shown[0] = loop.time()
            tokens = tally.tokens["input"] + tally.tokens["output"]
            bar.update(
                task, completed=tick.number,
                now=f"{clock_text(simulation.world.now_ms)} · tick {tick.number} · "
                f"{simulation.answers.waiting} thoughts in flight · {tokens} tokens · "
                f"${tally.cost_usd:.2f}",
            )  # fmt: skip

        yield show
