"""A small design for tests: the tavern for two minutes, no model, hot and cool heads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HEADS = {"set": "npcs.patron.traits.temper", "values": [0.1, 0.9]}


def design(folder: Path, **changes: Any) -> Path:
    """The design as a file; JSON is YAML. A value of None leaves a key out."""
    whole = {
        "scenario": "tavern_brawl", "models": False, "ticks": 120, "factors": {"temper": HEADS},
        "seeds": 2, **changes,
    }  # fmt: skip
    file = folder / "heads.yaml"
    file.write_text(json.dumps({k: v for k, v in whole.items() if v is not None}), "utf-8")
    return file
