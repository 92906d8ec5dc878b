"""The form of an `.npcrun` file: a zip archive whose comment is the hash of all before it.

Any tool opens it. In it, in this order:

    about.json       what made the run, for people; must agree with the rest
    scenario.json    the merged scenario, as the run's recipe has it
    map.json         its map, where it has one
    tools/1.py ...   the source of its tools
    run.json         the run's own row: name, state, summary, seal, heads of its chains
    recipe.zlib      the recipe, byte by byte: what the chains begin with
    events.jsonl     one event a line
    calls.jsonl      one model call a line, with the whole request and answer
    snapshots.jsonl  one snapshot a line

Whoever reads one takes it for what a stranger wrote: nothing in it names a path, every size is
bounded before anything is unfolded, and no code of it is executed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from npcsim.errors import StoreError
from npcsim.events import RunStarted

FORM = 1
READABLE = ("about.json", "scenario.json", "map.json")
KEPT = ("run.json", "recipe.zlib", "events.jsonl", "calls.jsonl", "snapshots.jsonl")
MARK = b"npcsim run, blake2b "
DIGITS = 64
MOST_RECIPE = 256 << 20
MOST_TOOLS = 1000


def comment(hashed: str) -> bytes:
    """The archive's comment."""
    return MARK + hashed.encode()


def hash_of(path: Path, length: int) -> str:
    """The hash over the first bytes of a file."""
    digest = blake2b(digest_size=DIGITS // 2)
    left = length
    with path.open("rb") as file:
        while left and (piece := file.read(min(left, 1 << 20))):
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()


def readable(bundle: bytes, started: RunStarted) -> dict[str, bytes]:
    """The members that are for people, made from what the run is: name -> bytes.

    Raises `StoreError` for a recipe that is none, or unfolds to more than `MOST_RECIPE` bytes.
    """
    recipe = unfolded(bundle)
    tools = recipe.get("tools") or []
    if isinstance(tools, str):
        tools = [["tools.py", tools]]
    try:
        files = [(str(name), str(text)) for name, text in tools]
        files += [(str(name), str(text)) for name, text in (recipe.get("texts") or {}).items()]
        definition = json.loads(recipe["definition"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StoreError(f"the run's recipe can't be read: {error}") from error
    if len(files) > MOST_TOOLS:
        raise StoreError(f"the run's recipe has {len(files)} files of tools")
    members = {
        "about.json": _text(about(started, [Path(name).name for name, _ in files])),
        "scenario.json": _text(definition),
    }
    if recipe.get("map") is not None:
        members["map.json"] = _text(recipe["map"])
    for number, (_, text) in enumerate(files, 1):
        members[f"tools/{number}.py"] = text.encode("utf-8", "backslashreplace")
    return members


def unfolded(bundle: bytes) -> Mapping[str, Any]:
    """A recipe as plain data, never more of it than `MOST_RECIPE` bytes."""
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(bundle, MOST_RECIPE)
        if unpacker.unconsumed_tail:
            raise StoreError(f"the run's recipe unfolds to more than {MOST_RECIPE >> 20} MiB")
        recipe = json.loads(text)
    except (zlib.error, ValueError, RecursionError) as error:
        raise StoreError(f"the run's recipe can't be read: {error}") from error
    if not isinstance(recipe, dict):
        raise StoreError("the run's recipe can't be read: it is no mapping")
    return recipe


def about(started: RunStarted, tools: list[str]) -> dict[str, Any]:
    """What made a run, for people."""
    return {
        "npcrun": FORM,
        "scenario": started.scenario,
        "title": started.title,
        "seed": started.seed,
        "mind_seed": started.mind_seed,
        "npcs": len(started.cast),
        "models": started.models,
        "versions": started.versions,
        "tiers": [
            {
                "name": tier.name,
                "model": tier.model,
                "usd_per_million_tokens": tier.price,
                "budget_usd": tier.budget,
                "unpriced": tier.unpriced,
            }
            for tier in started.tiers
        ],
        "tools": tools,
    }


def _text(data: Any) -> bytes:
    return (json.dumps(data, indent=1, sort_keys=True) + "\n").encode()
