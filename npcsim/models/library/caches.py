"""GGUF files that other programs have fetched: Ollama, LM Studio, Hugging Face; and our own.

Caches are a stranger's data: names in them are never followed out of their folder, broken entries
are passed over, and the search ends after so many.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

MOST = 2_000  # files of one cache
MOST_MANIFEST = 1_000_000  # bytes
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_OLLAMA_MODEL = "application/vnd.ollama.image.model"


@dataclass(frozen=True, slots=True)
class Found:
    """A file, the name to call it by, and whose it is."""

    name: str
    path: Path
    source: str


def found(
    environment: Mapping[str, str] | None = None, home: Path | None = None
) -> Iterator[Found]:
    """Every GGUF file in the caches, by cache and name. Missing folders are passed over.

    A file that one cache holds under several names is told once for each.
    """
    env = os.environ if environment is None else environment
    home = home or Path.home()
    for folder in _folders(env.get("OLLAMA_MODELS"), home / ".ollama" / "models",
                           Path("/usr/share/ollama/.ollama/models")):  # fmt: skip
        yield from islice(_ollama(folder), MOST)
    for folder in _folders(None, home / ".lmstudio" / "models",
                           home / ".cache" / "lm-studio" / "models"):  # fmt: skip
        yield from islice(_lm_studio(folder), MOST)
    hub = env.get("HF_HUB_CACHE") or (env["HF_HOME"] + "/hub" if env.get("HF_HOME") else None)
    base = Path(env["XDG_CACHE_HOME"]) if env.get("XDG_CACHE_HOME") else home / ".cache"
    for folder in _folders(hub, base / "huggingface" / "hub"):
        yield from islice(_hugging_face(folder), MOST)


def _folders(named: str | None, *usual: Path) -> list[Path]:
    wanted = [Path(named).expanduser()] if named else usual
    return [folder for folder in wanted if _is_folder(folder)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _files(folder: Path) -> Iterator[Path]:
    """All files under a folder, by name; folders that are links are not entered."""
    for where, inside, names in os.walk(folder, followlinks=False):
        inside.sort()
        for name in sorted(names):
            yield Path(where) / name


def _ollama(folder: Path) -> Iterator[Found]:
    """Manifests name blobs by digest: manifests/<registry>/<owner>/<model>/<tag>."""
    for manifest in _files(folder / "manifests"):
        parts = manifest.relative_to(folder / "manifests").parts[1:]
        digest = _model_digest(manifest) if len(parts) == 3 else ""
        blob = folder / "blobs" / f"sha256-{digest}"
        if digest and blob.is_file():
            owner = "" if parts[0] == "library" else f"{parts[0]}/"
            yield Found(f"{owner}{parts[1]}:{parts[2]}", blob, "Ollama")


def _model_digest(manifest: Path) -> str:
    try:
        if manifest.stat().st_size > MOST_MANIFEST:
            return ""
        data = json.loads(manifest.read_text(encoding="utf-8"))
        for layer in data["layers"]:
            if layer["mediaType"] == _OLLAMA_MODEL:
                match = _DIGEST.fullmatch(layer["digest"])
                return match.group(1) if match else ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return ""


def _lm_studio(folder: Path) -> Iterator[Found]:
    """<publisher>/<model>/<file>.gguf"""
    for path in _files(folder):
        if path.suffix == ".gguf":
            yield Found(path.relative_to(folder).with_suffix("").as_posix(), path, "LM Studio")


def _hugging_face(folder: Path) -> Iterator[Found]:
    """models--<owner>--<repository>/snapshots/<revision>/<file>.gguf, links into blobs/."""
    for path in _files(folder):
        parts = path.relative_to(folder).parts
        if path.suffix != ".gguf" or len(parts) < 4 or parts[1] != "snapshots":
            continue
        repository = parts[0].removeprefix("models--").replace("--", "/")
        inside = "/".join(parts[3:]).removesuffix(".gguf")
        yield Found(f"{repository}/{inside}", path, "Hugging Face")
