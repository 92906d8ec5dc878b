"""The files of tools of a run that is watched: what changed in them goes into the simulation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from npcsim.assembly.code.recipe import read_tools
from npcsim.errors import Mistake, ScenarioError
from npcsim.scenario.reading.folders import ToolsFile
from npcsim.sim.loop import Simulation

EVERY_S = 0.4
"""How long, in real seconds, until the files are looked at again."""


class ToolWatch:
    """Looks at files of tools again and again, and puts the text of those that changed in.

    `tell` is told of a mistake, once, and of nothing (an empty text) as soon as all is well again.
    The tools as they were stay while a file is broken.
    """

    def __init__(
        self,
        simulation: Simulation,
        files: tuple[tuple[str, Path], ...],
        tell: Callable[[str], None],
    ) -> None:
        self._simulation, self._files, self._tell = simulation, files, tell
        self._stamps: dict[str, tuple[int, int]] = {}
        self._texts = dict(simulation.program.files)
        self._wrong: dict[str, str] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(EVERY_S)

    def look(self) -> None:
        """Look once."""
        for name, path in self._files:
            stamp = _stamp(path)
            if stamp == self._stamps.get(name):
                continue
            self._stamps[name] = stamp
            wrong = self._take(name, path)
            if wrong != self._wrong.get(name, ""):
                self._wrong[name] = wrong
                self._tell("\n".join(text for text in self._wrong.values() if text))

    def _take(self, name: str, path: Path) -> str:
        """Put a file's text in, if it is another. -> what is wrong with it, or nothing"""
        try:
            if not path.is_file():
                message = "the file is gone; the tools stay as they were"
                raise ScenarioError([Mistake(str(path), 1, 1, message)])
            ((_, text),) = read_tools([ToolsFile(name, path)])
            if text != self._texts.get(name):
                self._simulation.put({"tools": text, "file": name, "source": "watch"})
                self._texts[name] = text
        except ScenarioError as error:
            # The simulation knows the file by its short name; the author, by where it lies.
            return "\n".join(
                str(Mistake(str(path), one.line, one.column, one.message, one.hint))
                for one in error.mistakes
            )
        return ""


def _stamp(path: Path) -> tuple[int, int]:
    """What tells that a file was written again, without reading it."""
    try:
        found = path.stat()
    except OSError:
        return (0, -1)
    return (found.st_mtime_ns, found.st_size)
