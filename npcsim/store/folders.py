"""Folders of runs: a new one, and one that is gone when nobody needs it any more."""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path

from npcsim.errors import StoreError


def new_run_folder(parent: Path, name: str) -> Path:
    """Make and return `parent`/`name`-n, n one above the highest there; safe among processes."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        stem = f"{name}-"
        tails = [p.name.removeprefix(stem) for p in parent.iterdir() if p.name.startswith(stem)]
        number = max((int(tail) for tail in tails if tail.isdecimal()), default=0)
        while True:
            number += 1
            folder = parent / f"{name}-{number}"
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        raise StoreError(f"can't make a run in {parent}: {error.strerror}") from error


class Lease:
    """A temporary folder: gone at `end()`, when nobody holds this any more, or at exit."""

    def __init__(self, folder: Path) -> None:
        self.end = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
