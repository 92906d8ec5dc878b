"""Killing what a sweep is made of, and what must be the same all the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from npcsim.experiments.book import Book
from npcsim.experiments.sweep import open_sweep
from npcsim.store.sheets import SHEETS

PATIENCE_S = 1200.0
"""Far more than it takes: other work on the machine must not make a test fail."""

Victim = Callable[[int], Sequence[int]]
"""What to kill of a sweep with that process id, all at once; nothing while it is not there."""


def command(file: Path, out: Path, *words: str) -> list[str]:
    """`npcsim sweep` of a design."""
    whole = [sys.executable, "-m", "npcsim", "sweep", str(file), "--out", str(out), "--quiet"]
    return [*whole, *words]


def swept(words: Sequence[str], out: Path, env: Mapping[str, str] | None = None) -> None:
    """A sweep to its end, which is a good one."""
    result = subprocess.run(
        words, env={**os.environ, **(env or {})}, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert result.returncode == 0, f"{out}\n{result.stdout}\n{result.stderr}"


def kill(
    words: Sequence[str],
    out: Path,
    victim: Victim,
    chance: random.Random,
    env: Mapping[str, str] | None = None,
) -> bool:
    """Begin a sweep and kill -9 at a random moment of its life. -> whether there was one to kill.

    The sweep has ended when this does: well, unless it was killed itself.
    """
    with (out.parent / f"{out.name}.said").open("a", encoding="utf-8") as said:
        begun = subprocess.Popen(
            words, env={**os.environ, **(env or {})}, stdout=said, stderr=said
        )  # fmt: skip
        patience, more = time.monotonic() + PATIENCE_S, chance.randint(1, 3)
        enough, died = things(out) + more, []
        while begun.poll() is None and not died and time.monotonic() < patience:
            if things(out) >= enough:
                time.sleep(chance.random() / 4)
                for pid in victim(begun.pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        died.append(pid)
            time.sleep(0.01)
        code = begun.wait(timeout=PATIENCE_S)
    wanted = -signal.SIGKILL if begun.pid in died else 0
    assert code == wanted, (out.parent / f"{out.name}.said").read_text("utf-8")
    return bool(died)


def things(out: Path) -> int:
    """How far a sweep is: logs that were begun, and runs that are over."""
    return len([*out.glob("runs/*/*/run.db"), *out.glob("rows/*.json")])


def undisturbed(out: Path, whole: Path) -> None:
    """Nothing lost, nothing doubled, and every table equal to those of a sweep left in peace."""
    found, meant = open_sweep(out), open_sweep(whole)
    assert [row.id for row in found.rows] == [row.id for row in meant.rows]
    assert [row.reason for row in found.rows] == [""] * len(meant.rows)
    assert [row.hash for row in found.rows] == [row.hash for row in meant.rows]
    assert [row.measures for row in found.rows] == [row.measures for row in meant.rows]
    assert {folder.name for folder in Book(out).runs.iterdir()} == {row.id for row in meant.rows}
    for row, same in zip(found.rows, meant.rows, strict=True):
        assert len(list((Book(out).runs / row.id).iterdir())) == 1
        with found.run(row) as run, meant.run(same) as other:
            assert dict(run.hashes()) == dict(other.hashes())
            for name in SHEETS:
                assert list(run.table(name).rows()) == list(other.table(name).rows()), name


def children_of(pid: int) -> list[int]:
    """Its processes, and theirs; without those that end while one looks."""
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                for child in (task / "children").read_text().split():
                    found += [int(child), *children_of(int(child))]
    return found


def line_of(pid: int) -> str:
    """A process's command line; empty where it has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""
