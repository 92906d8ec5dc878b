"""npcsim as a user calls it: as a command in a process of its own, or in this one where it can."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from npcsim.cli import app

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
START = "import sys; sys.argv[0] = 'npcsim'; from npcsim.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> dict[str, Any]:
        """The JSON object in the last line."""
        found = json.loads(self.out.splitlines()[-1])
        assert isinstance(found, dict)
        return found


def npcsim(*args: object, code: int | None = 0) -> Said:
    """The command in this process. A bug that is no exit fails the test with its traceback."""
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert code is None or result.exit_code == code, result.stdout + result.stderr
    return Said(result.exit_code, result.stdout, result.stderr)


def begin(
    *args: object,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    before: str = "",
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[str]:
    """Start the command as a process. `before` is Python that runs first in it."""
    return subprocess.Popen(
        [sys.executable, "-c", f"{before}\n{START}", *map(str, args)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def ended(process: subprocess.Popen[str], code: int | None = 0, wait: float = 120) -> Said:
    """Wait for a process that was begun."""
    with process:
        try:
            out, err = process.communicate(timeout=wait)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    said = Said(process.returncode, out, err)
    assert code is None or said.code == code, said
    return said


def shell(
    *args: object,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    before: str = "",
    code: int | None = 0,
) -> Said:
    """The command in a process of its own, to its end."""
    return ended(begin(*args, cwd=cwd, env=env, before=before), code)


def live(scenario: object, out: Path, *args: object, code: int | None = 0) -> dict[str, Any]:
    """`npcsim run --json` in this process. -> its summary."""
    return npcsim("run", scenario, "--json", "--out", out, *args, code=code).last
