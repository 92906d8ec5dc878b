"""Two and two people, a hundred tiles apart, who think every half minute.

It is quick, and its answers take their time and are paid: a run of it can be killed, damaged,
forked and lived again many times in a test.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def hamlets(**parts: Any) -> dict[str, Any]:
    """The scenario as data; `parts` of it are put in place of its own."""
    people = {"Ada": "east", "Ben": "east", "Cleo": "west", "Dan": "west"}
    return {
        "scenario": "hamlets",
        "size": [120, 12],
        "clock": {"tick": "5 s", "start": "06:00", "end": "06:05"},
        "places": {"east": {"area": [1, 1, 7, 7]}, "west": {"area": [105, 1, 111, 7]}},
        "archetypes": {"folk": {"mind": True, "tools": ["wait"]}},
        "npcs": {npc: {"is": "folk", "at": at, "goal": "Have a good day"}
                 for npc, at in people.items()},
        "plans": {
            "sit": {"option": "sit down for a while", "worth": 0.5, "steps": ["wait"]},
            "look": {"option": "look at the clouds", "worth": 0.45, "steps": ["wait"]},
        },
        "think": {"local": "10 s", "rest": "30 s", "dominates": 10},
        "routing": {"worth": "1.00 USD", "escalate": 0.01},
        "tiers": {"local": {"model": "scripted", "price": {"input": 3, "output": 15},
                            "trust": 0.9}},
        **parts,
    }  # fmt: skip


SLOW = {
    "think": {"local": "40 s", "rest": "10 s", "dominates": 10},
    "log": {"snapshot": "60 s"},
}
"""Parts by which there is always a thought under way, and a snapshot now and then."""


def written(folder: Path, **parts: Any) -> Path:
    """The scenario as a file (JSON is YAML)."""
    path = folder / "hamlets.yaml"
    path.write_text(json.dumps(hamlets(**parts)), encoding="utf-8")
    return path
