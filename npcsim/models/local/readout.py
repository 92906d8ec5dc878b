"""Weights that ship for reading a model's state after an option, each for its own file only.

They were fitted on the situations for choosing figures by (docs/explain/choosing.md), together with
the weights in `guards.seconded`.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


def readout_of(sha256: str) -> dict[str, Any] | None:
    """`{"name", "tokens", "weights"}` for a file by (the beginning of) its SHA-256; None: there are
    none. Weights are of log P(token) in nats."""
    shipped = _shipped()
    if len(sha256) < 16 or not any(known.startswith(sha256) for known in shipped["sha256"]):
        return None
    return {name: shipped[name] for name in ("name", "tokens", "weights")}


@cache
def _shipped() -> dict[str, Any]:
    text = (files("npcsim.models.local") / "readout.json").read_text(encoding="utf-8")
    shipped: dict[str, Any] = json.loads(text)
    return shipped
