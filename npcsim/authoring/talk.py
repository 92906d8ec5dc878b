"""`npcsim talk`: speaking with an NPC in the terminal, line by line, while its world goes on."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from npcsim.assembly.build import Built
from npcsim.assembly.runs.revisiting import earlier, revisiting
from npcsim.assembly.runs.visiting import Line, Visit, invited, moment, visiting
from npcsim.errors import NpcsimError
from npcsim.messages import Model
from npcsim.scenario.units import parse_duration

HELP = "/look, /wait 10 min, /quit; anything else is said"
Echo = Callable[..., object]


@dataclass(slots=True)
class Terminal:
    """What is shown. `streams`: whether words are shown while they come."""

    echo: Echo
    tell: Callable[[str], object]
    streams: bool = False
    _shown: str = field(default="", init=False)
    _thought: str = field(default="", init=False)

    def so_far(self, name: str, thought: str, text: str) -> None:
        """Show what an answer says so far, where it goes on from what is shown."""
        if thought != self._thought:
            self._close()
            self._thought = thought
            self.echo(f"{name}: ", nl=False)
        if text.startswith(self._shown):
            self.echo(text[len(self._shown) :], nl=False)
            self._shown = text

    def line(self, line: Line) -> None:
        """Show one line; of an answer that was shown as it came, only what is not there yet."""
        if line.sort == "answer" and self._shown:
            rest = line.text.removeprefix(self._shown)
            same = line.text.startswith(self._shown)
            self.echo(rest if same else f"\n{line.who}: {line.text}")
            self._shown = self._thought = ""
            return
        self._close()
        self.echo(worded(line))

    def _close(self) -> None:
        """End a line that was shown as it came and led to nothing that was said."""
        if self._shown or self._thought:
            self.echo(" …")
        self._shown = self._thought = ""


def worded(line: Line) -> str:
    """A line for the terminal."""
    if line.sort == "answer":
        return f"{line.who}: {line.text}"
    if line.sort == "overheard":
        return f"({line.who} to {line.to or 'all'}: {line.text})"
    if line.sort == "heard":
        return f"({line.who}: {line.text})"
    if line.sort == "silent":
        return f"({line.who} does not answer{f': {line.text}' if line.text else ''})"
    return f"({line.text})"


async def talk(
    scenario: Path,
    npc: str,
    overrides: Sequence[str],
    *,
    at: str | None,
    name: str,
    models: bool,
    out: Path | str,
    lines: TextIO,
    terminal: Terminal,
) -> str:
    """Speak with an NPC until `/quit` or the end of `lines`. -> the run, as people may see it.

    What is typed are inputs of a real run, which is kept and replays. Raises NpcsimError.
    """
    built, who = invited(scenario, npc, overrides, name)
    visit, tick = await _opened(built, who, at, models, out, terminal)
    session, state = visit.session, "interrupted"
    try:
        for told in [*session.files(), *session.servers(), *session.absent(), *session.unfit()]:
            terminal.tell(told)
        if visit.session.simulation.tick < tick:
            terminal.tell(
                f"npcsim: the scenario is lived up to {at} first, as in any run; "
                "the next such talk begins with what this one keeps"
            )
            await visit.until(tick)
        await _begin(visit, terminal)
        typed = _Typed(lines)
        while not visit.ended:
            line = await typed.next()
            if line is None or line == "/quit":
                break
            if line:
                await _obey(visit, line, terminal)
        if not session.simulation.ended:
            session.simulation.stop("the player left")
            await session.simulation.step()
        state = "finished"
    finally:
        with suppress(NpcsimError):
            session.finish(state)
        await session.close()
    return str(session.summary()["run"])


async def _opened(
    built: Built, who: str, at: str | None, models: bool, out: Path | str, terminal: Terminal
) -> tuple[Visit, int]:
    """A visit, as far as an earlier one had come by its time or at its start; and that tick."""
    asked: dict[str, Model] | None = None if models else {}
    tick = moment(built, at) if at is not None else 0
    if tick and (run := earlier(out, built, tick, models=models)):
        try:
            visit = await revisiting(run, who, tick, models=asked, out=out)
        except NpcsimError as error:
            terminal.tell(f"npcsim: {run} can't be gone on with: {error}")
        else:
            terminal.tell(f"npcsim: up to {at} as in {run}, the last talk of this kind")
            return visit, tick
    return await visiting(built, who, models=asked, out=out), tick


async def _begin(visit: Visit, terminal: Terminal) -> None:
    """Bring the player and the NPC together, and say how things are."""
    if not visit.they.alive:
        raise NpcsimError(f"{visit.they.name} is down at {visit.now}")
    if terminal.streams:
        visit.session.simulation.hear(
            lambda npc, thought, text: (
                terminal.so_far(str(visit.they.name), thought, text)
                if npc == visit.npc and visit.purpose_of(thought) == "speak"
                else None
            )
        )
    await _near(visit, terminal)
    terminal.echo(_where(visit))
    if not visit.writers():
        terminal.tell(_unfit(visit))
    terminal.echo(f"({HELP})")


def _unfit(visit: Visit) -> str:
    """That nobody is there for free talk, and what that means."""
    who = str(visit.they.name)
    names = ", ".join(model.name for model in visit.session.models.values())
    why = f"the model ({names}) is not fit for free talk" if names else "there is no model"
    return (
        f"npcsim: {why}, so {who} answers in set phrases, with what is remembered; "
        "--local or --cloud names one that can talk"
    )


async def _near(visit: Visit, terminal: Terminal) -> None:
    took = await visit.reach()
    if took < 0:
        raise NpcsimError(f"{visit.they.name} can't be reached")
    if took > 0:
        terminal.echo(f"(you walk to {visit.they.name}: {max(1, took // 60_000)} min)")


def _where(visit: Visit) -> str:
    """Time, place, what the NPC does, and who else is there."""
    view, they, you = visit.session.simulation.view, visit.they, visit.you
    at = f", {view.place(they.place).name}" if they.place else ""
    act = view.world.acts.get(visit.npc)
    doing = [f"is at this: {act.tool.replace('_', ' ')}"] if act is not None else []
    if they.mind.goal:
        doing.append(f"means to {they.mind.goal}")
    near = [str(one.name) for one in view.near(you, 10.0) if one.id != visit.npc][:6]
    has = ", ".join(f"{count} {view.item(item).name}" for item, count in they.carries.items())
    lines = [f"{visit.now}{at}. {they.name} {' and '.join(doing) or 'is here'}."]
    if has:
        lines.append(f"{they.name} has {has}.")
    if near:
        lines.append(f"Near: {', '.join(near)}.")
    return " ".join(lines)


async def _obey(visit: Visit, line: str, terminal: Terminal) -> None:
    command, _, rest = line.partition(" ")
    if command == "/look":
        terminal.echo(_where(visit))
        return
    try:
        if command == "/wait":
            found = await visit.wait(parse_duration(rest.strip() or "1 min"))
        elif line.startswith("/"):
            terminal.echo(f"(there is no {command}; {HELP})")
            return
        else:
            await _near(visit, terminal)
            found = [] if visit.ended else await visit.say(line)
    except ValueError as error:
        terminal.echo(f"({error})")
        return
    for one in found:
        terminal.line(one)
    if command == "/wait":
        terminal.echo(f"({visit.now})")


class _Typed:
    """Lines as they are typed, read beside the simulation: thoughts under way may go on."""

    def __init__(self, lines: TextIO) -> None:
        self._lines, self._queue = lines, asyncio.Queue[str | None]()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="npcsim-typed", daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._lines:
                self._put(line.strip())
        except (ValueError, OSError):  # it was closed under us: there is no more
            pass
        self._put(None)

    def _put(self, line: str | None) -> None:
        with suppress(RuntimeError):  # the loop is over: nobody waits for lines any more
            self._loop.call_soon_threadsafe(self._queue.put_nowait, line)

    async def next(self) -> str | None:
        """The next line, without blanks around it; None at the end."""
        return await self._queue.get()


def standard_input() -> TextIO:
    """Where lines come from."""
    return sys.stdin
