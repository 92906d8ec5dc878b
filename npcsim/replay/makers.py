"""What makes a run what it is beside its recipe: npcsim's code, and libraries it computes by."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from npcsim.store.versions import LATEST

CODE = "code"
SCHEMA = "schema"
"""The form of the log's tables: `migrations/versions` by number."""
PACKAGES = ("npcsim", "numpy", "scipy", "networkx")
TELLING = ("authoring", "bench", "experiments", "report", "testing", "viz")
"""Rooms of npcsim that a run does not go through."""


def makers() -> dict[str, str]:
    """The versions of packages, and under `code` a fingerprint of npcsim's own source; the log's
    `schema`."""
    found = {CODE: code_print(), SCHEMA: LATEST}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


@cache
def code_print() -> str:
    """12 hex digits over the source of all rooms that a run goes through."""
    root, digest = Path(__file__).parents[1], sha256()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root)
        if name.parts[0] not in TELLING and "_data" not in name.parts:
            digest.update(f"{name.as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def made_otherwise(was: Mapping[str, str]) -> str:
    """What made a run and is other here, as a clause; empty where all is the same, or not known."""
    now = makers()
    other = [
        "other code of npcsim" if name == CODE else f"{name} {was[name]} (here {now[name]})"
        for name in now
        if name != SCHEMA  # a log is brought up to date before it is read
        and name in was
        and was[name] != now[name]
    ]
    return f"; the run was made by {', '.join(other)}" if other else ""
