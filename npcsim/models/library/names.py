"""From what a scenario calls a model to the file on this machine.

`bundled` is the model that the extra `local` installs: its prepared Q8_0 where `npcsim models
prepare` has made one, else the file as shipped. Which of them it was is told and recorded, and
either can be asked for by its own name, so that neither stands in for the other unseen.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from npcsim.errors import MissingExtra, Unavailable
from npcsim.inference.gguf import shown
from npcsim.models.digests import sha256_of
from npcsim.models.library.caches import Found, found
from npcsim.models.local.bundled import bundled_model_path
from npcsim.models.local.installing import how_to_install
from npcsim.models.local.llamacpp import default_cache

BUNDLED = "bundled"
AS_SHIPPED = "bundled-q4_1"
PREPARED = "bundled-q8_0"
PREFIX = "gguf:"
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Named:
    """A file, what it is called, and in words which one it is and why."""

    name: str
    path: Path
    said: str


def named(text: str, others: Iterable[Found] | None = None) -> Named:
    """The file that a name or a path stands for.

    A path, `bundled` or one of its two forms, or a file's name in the cache of Ollama, LM Studio
    or Hugging Face, whole or its last part; `gguf:` may stand before a name, and must before one
    with a colon in it. others: those files; those of this machine if None. Raises `Unavailable`
    naming what there is, and MissingExtra where the bundled model is not installed.
    """
    if text in (BUNDLED, AS_SHIPPED, PREPARED):
        return _bundled(text)
    name = text.removeprefix(PREFIX)
    try:
        path = Path(name).expanduser()
        if path.is_file():
            return Named(path.stem, path, f"the file {shown(path)}")
    except (OSError, ValueError, RuntimeError):
        path = Path()  # no path at all; it may still be a name
    if path.suffix == ".gguf" and path.parent != Path():
        raise Unavailable(f"there is no model file {shown(text)!r}")
    there = list(found() if others is None else others)
    for fits in (_same, _last_part):
        hits = [one for one in there if fits(one.name, name)]
        paths = {one.path for one in hits}
        if len(paths) > 1:
            names = ", ".join(shown(one.name) for one in hits[:MOST_NAMED])
            raise Unavailable(f"{shown(text)!r} may be {names}: say which")
        if hits:
            one = hits[0]
            return Named(one.name, one.path, f"{shown(one.name)} of {one.source}")
    raise Unavailable(
        f"there is no model file and no model called {shown(text)!r}; "
        f"`npcsim models list` names those that are here"
    )


def _same(name: str, text: str) -> bool:
    return name.lower() == text.lower()


def _last_part(name: str, text: str) -> bool:
    return name.rpartition("/")[2].lower() == text.lower()


def _bundled(text: str) -> Named:
    shipped = bundled_model_path()
    if shipped is None:
        raise MissingExtra(how_to_install())
    target = prepared_path(shipped) if text != AS_SHIPPED else None
    if target is not None and target.is_file():
        made = f"the bundled model as prepared: Q8_0 made from {shipped.name}"
        return Named(PREPARED, target, made)
    if text == PREPARED:
        raise Unavailable("the bundled model was not prepared yet: run `npcsim models prepare`")
    return Named(AS_SHIPPED, shipped, f"the bundled model as shipped: {shipped.name}")


def prepared_path(shipped: Path, cache_in: Path | None = None) -> Path:
    """Where the Q8_0 made from a file by the installed llama.cpp is kept."""
    folder = cache_in or default_cache()
    return folder / f"{sha256_of(shipped)[:16]}-q8_0-{_llama_version()}.gguf"


def prepared(folder: Path | None = None) -> Iterator[Found]:
    """Every prepared file, those of other versions of llama.cpp too."""
    for path in sorted((folder or default_cache()).glob("*-q8_0-*.gguf")):
        yield Found(path.stem, path, "prepared")


@cache
def _llama_version() -> str:
    try:
        return importlib.metadata.version("llama_cpp_python")
    except importlib.metadata.PackageNotFoundError:
        return "none"
