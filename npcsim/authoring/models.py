"""`npcsim models`: which model files there are, what they can do, and how many NPCs they bear."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from npcsim.errors import MissingExtra, ModelError, NpcsimError
from npcsim.inference.gguf import read_gguf, shown
from npcsim.models.ability import Ability, keep, known
from npcsim.models.digests import sha256_of
from npcsim.models.embedding.minilm import MiniLM, minilm_path, why_missing
from npcsim.models.library.caches import Found, found
from npcsim.models.library.facts import Facts, facts_of, why_not
from npcsim.models.library.names import AS_SHIPPED, PREPARED, named, prepared, prepared_path
from npcsim.models.library.room import plan, size_text
from npcsim.models.local.bundled import bundled_model_path
from npcsim.models.local.installing import how_to_install, install_command
from npcsim.models.local.llamacpp import LlamaCpp

Measure = Callable[[Path], Ability]
CONTEXT = 2048
"""Tokens that a question and its answer may have, as scenarios run them."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A model file: `why_not` says why it can't be used, and is empty where it can.

    `task`: `minds`, or `embeddings`.
    """

    name: str
    source: str
    path: str
    bytes: int
    quantisation: str
    architecture: str
    why_not: str
    task: str = "minds"


def listed(others: Iterator[Found] | None = None) -> list[Listed]:
    """The bundled models, what was prepared of them, and GGUF files in other programs' caches."""
    rows = [_listed(one) for one in (*_ours(), *(found() if others is None else others))]
    return [*rows, *_embedding()]


def _embedding() -> Iterator[Listed]:
    path = minilm_path()
    if path is not None:
        size = _size(path)
        yield Listed(
            MiniLM.name, "npcsim", shown(path), size, "int8", "bert", why_missing(), "embeddings"
        )


def _ours() -> Iterator[Found]:
    shipped = bundled_model_path()
    if shipped is None:
        return
    yield Found(AS_SHIPPED, shipped, "npcsim")
    current = prepared_path(shipped)
    for one in prepared():
        if one.path == current:
            yield Found(PREPARED, one.path, "npcsim")
        else:
            yield Found(one.path.stem, one.path, "npcsim, of another llama.cpp")


def _listed(one: Found) -> Listed:
    try:
        gguf = read_gguf(one.path)
        facts = facts_of(gguf)
    except ModelError as error:
        why = str(error).replace(shown(one.path), "it", 1)
        return Listed(shown(one.name), one.source, shown(one.path), _size(one.path), "", "", why)
    return Listed(
        shown(one.name), one.source, shown(one.path), facts.file_bytes, facts.quantisation,
        facts.architecture, why_not(gguf),
    )  # fmt: skip


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def list_lines(models: list[Listed]) -> Iterator[str]:
    """The list for people: those that can be used, then those that can't and why."""
    good = [one for one in models if not one.why_not]
    bad = [one for one in models if one.why_not]
    width = max((len(one.name) for one in models), default=0)
    for one in good:
        kind = f"{one.architecture} {one.quantisation}"
        kind += "" if one.task == "minds" else f", {one.task}"
        yield f"{one.name:<{width}}  {size_text(one.bytes):>9}  {kind:<16}  {one.source}"
    if not any(one.task == "minds" for one in good):
        yield f"no model files found; the bundled one comes with {install_command()}"
    if bad:
        yield ""
        yield "can't be used:"
    for one in bad:
        yield f"{one.name:<{width}}  {size_text(one.bytes):>9}  {one.source}: {one.why_not}"


@dataclass(frozen=True, slots=True)
class Checked:
    """What there is to know of one file. `ability` is None where nothing was measured."""

    name: str
    path: str
    sha256: str
    facts: Facts
    why_not: str
    ability: Ability | None
    fresh: bool


def check(text: str, measure: Measure | None, *, again: bool = False) -> Checked:
    """Look at a file, and measure it with `measure` if nobody has. What is measured is kept.

    Raises `Unavailable` for what is no model file; MissingExtra, ModelError from measuring.
    """
    model = named(text)
    gguf = read_gguf(model.path)
    facts, why, digest = facts_of(gguf), why_not(gguf), sha256_of(model.path)
    ability = None if again else known(digest)
    fresh = ability is None and measure is not None and not why
    if fresh and measure is not None:
        ability = measure(model.path)
        keep(ability)
    return Checked(
        shown(model.name), shown(model.path.absolute()), digest, facts, why, ability, fresh
    )


def check_lines(one: Checked) -> Iterator[str]:
    """The same for people."""
    f = one.facts
    rows = [
        ("file", one.path),
        ("sha256", one.sha256),
        ("model", f"{f.name}, {f.parameters / 1e6:.0f} million weights in {f.quantisation}"),
        ("size", size_text(f.file_bytes)),
        ("architecture", f"{f.architecture}: {f.layers} layers, {f.heads} heads, "
         f"{f.kv_heads // f.layers if f.layers else 0} KV heads of {f.key_size}"),
        ("chat template", f.family + (" (none is known)" if f.family == "plain" else "")),
        ("context", f"trained for {f.context} tokens"),
        ("vocabulary", f"{f.vocabulary} tokens"),
    ]  # fmt: skip
    for name, said in rows:
        yield f"{name:<14}{said}"
    if one.why_not:
        yield f"can't be used: {one.why_not}"
        return
    if f.kv_heads and f.key_size:
        for size in (1 << 30, 4 << 30):
            fits = next(fit for fit in plan_of(one, size).fits if fit.is_file)
            yield f"{'in ' + size_text(size):<14}{fits.sequences} sequences of {CONTEXT} tokens"
    if one.ability is None:
        yield f"{'can':<14}not measured"
        return
    yield f"{'can':<14}{one.ability.told()}"
    for what, why in one.ability.cannot("en").items():
        yield f"{'':<14}never asked to {what}: it {why}"
    if one.ability.speed:
        when = "now" if one.fresh else "when it was measured"
        yield f"{'speed':<14}{one.ability.speed:.0f} tokens of prompts a second {when}"


def plan_of(one: Checked, memory: int, context: int = CONTEXT) -> Any:
    """How many sequences fit in `memory` bytes: see `library.room.plan`."""
    return plan(read_gguf(Path(one.path)), memory, context)


def check_json(one: Checked) -> dict[str, Any]:
    """The same as plain data."""
    data = asdict(one)
    if one.ability is not None:
        data["ability"]["languages"] = list(one.ability.languages)
        data["ability"]["cannot"] = one.ability.cannot("en")
    return data


def prepare(folder: Path | None = None) -> tuple[Path, bool]:
    """Make the Q8_0 of the bundled file, unless it is there. -> (its path, whether it was made).

    It is written under another name and put in its place whole. Raises MissingExtra without the
    local tier, NpcsimError where it can't be made.
    """
    shipped = bundled_model_path()
    if shipped is None:
        raise MissingExtra(how_to_install())
    target = prepared_path(shipped, folder)
    if target.is_file():
        read_gguf(target)
        return target, False

    async def made() -> None:
        model = LlamaCpp(shipped, recast=True, cache=target.parent)
        try:
            await model.start()
        finally:
            await model.close()

    asyncio.run(made())
    if not target.is_file():
        raise NpcsimError(
            f"{shown(target)} could not be made: is the folder writable, with "
            f"{size_text(2 * shipped.stat().st_size)} free?"
        )
    return target, True


def as_json(rows: list[Listed]) -> str:
    """The list as one JSON object."""
    return json.dumps({"models": [asdict(one) for one in rows]})
