"""Importing npcsim does no work: nothing printed, opened, started or read, and soon done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ["anthropic", "llama_cpp", "mesa", "openai", "pygame"]
SECONDS = 1.5

# Runs in a fresh process. Python reports each file, process and socket to the audit hook.
WATCH = """
import json, sys, time
seen, watching = [], True
def note(event, args):
    if watching and (event == "open" or event.split(".")[0] in ("socket", "subprocess", "os")):
        seen.append([event, str(args[0]) if args else ""])
sys.addaudithook(note)
begin = time.perf_counter()
import MODULE
took = time.perf_counter() - begin
watching = False
import sysconfig
print(json.dumps({
    "seen": seen,
    "took": took,
    "modules": sorted({name.split(".")[0] for name in sys.modules}),
    "libraries": sorted({*sysconfig.get_paths().values(), sys.base_prefix}),
}))
"""


def _import(module: str) -> tuple[dict[str, object], str]:
    done = subprocess.run(
        [sys.executable, "-c", WATCH.replace("MODULE", module)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    *printed, report = done.stdout.splitlines()
    return json.loads(report), "\n".join(printed) + done.stderr


def _is_an_import(event: str, name: str, libraries: list[str]) -> bool:
    if event in ("os.listdir", "os.scandir"):  # the import system lists folders
        return True
    if event in ("os.putenv", "os.unsetenv"):  # NumPy loads OpenBLAS with its threads held back
        return "OPENBLAS" in name
    if event != "open":
        return False
    path = Path(name)
    if path.suffix in (".py", ".pyc", ".so", ".pyd") or path.name == "entry_points.txt":
        return True
    # Other people's packages read their own metadata: pydantic looks for plugins.
    return any(path.is_relative_to(library) for library in libraries) and "npcsim" not in name


@pytest.mark.parametrize("module", ["npcsim", "npcsim.cli"])
def test_importing_does_no_work(module: str) -> None:
    report, printed = _import(module)
    assert printed == ""
    libraries = report["libraries"]
    assert isinstance(libraries, list)
    assert isinstance(report["seen"], list)
    assert [each for each in report["seen"] if not _is_an_import(*each, libraries)] == []
    assert isinstance(report["modules"], list)
    assert not set(HEAVY) & set(report["modules"])


@pytest.mark.parametrize("module", ["npcsim", "npcsim.cli"])
def test_importing_is_quick(module: str) -> None:
    times = []
    for _ in range(4):  # a busy machine may spoil some tries, not what the import needs
        report, _ = _import(module)
        assert isinstance(report["took"], float)
        times.append(report["took"])
        if times[-1] < SECONDS:
            return
    pytest.fail(f"import {module} took {min(times):.2f} s at best; {SECONDS} s is allowed")
