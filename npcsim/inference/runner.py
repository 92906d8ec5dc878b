"""The only file that touches llama_cpp: one model, one context, one stream.

llama_cpp is imported when a `Runner` is built, in the worker process, never before.

What keeps an answer's bits the same in any company, all of it measured on a CPU: flash attention
is off by name, every sequence has a stream of its own, and a prompt is never cut so that a single
token makes up a slice. A lone token takes another code path in the matrix products and differs in
the last bits. One thread and two give the same bits.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections import deque
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.errors import Unavailable
from npcsim.inference.sequence import SLICE, Row

Logits = NDArray[np.float64]

_LLAMA_FTYPE_Q8_0 = 7
_LOG_ERROR = 4


class _Log:
    """Keeps llama.cpp quiet, and its last complaints for the error message."""

    def __init__(self, llama: ModuleType) -> None:
        self.complaints: deque[str] = deque(maxlen=4)

        def note(level: int, text: bytes, _: Any) -> None:
            if level == _LOG_ERROR:
                self.complaints.append(text.decode("utf-8", "replace").strip())

        self._callback = llama.llama_log_callback(note)  # kept: C holds no reference of its own
        llama.llama_log_set(self._callback, None)

    def last(self) -> str:
        return "; ".join(self.complaints) or "llama.cpp gave no reason"


class Runner:
    """A loaded model with one stream of `context` tokens.

    `gpu_layers` None means all of them where llama.cpp was built with a GPU, else none. Raises
    `Unavailable` if llama.cpp refuses the file.
    """

    def __init__(
        self, path: str, *, threads: int, context: int = 2048, gpu_layers: int | None = None
    ) -> None:
        import llama_cpp

        self._llama: Any = llama_cpp
        self._log = _Log(llama_cpp)
        llama_cpp.llama_backend_init()
        offload = bool(llama_cpp.llama_supports_gpu_offload())
        layers = (-1 if offload else 0) if gpu_layers is None else gpu_layers
        self.device = "gpu" if offload and layers else "cpu"
        self._model = self._load(path, layers)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self.vocabulary: int = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self.context = min(context, llama_cpp.llama_model_n_ctx_train(self._model) or context)
        self._context = self._open(threads)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._batch = llama_cpp.llama_batch_init(SLICE, 0, 1)

    def _load(self, path: str, layers: int) -> Any:
        params = self._llama.llama_model_default_params()
        params.n_gpu_layers = layers
        model = self._llama.llama_model_load_from_file(path.encode(), params)
        if not model:
            raise Unavailable(f"llama.cpp can't load {path}: {self._log.last()}")
        return model

    def _open(self, threads: int) -> Any:
        params = self._llama.llama_context_default_params()
        params.n_ctx = self.context
        params.n_batch = params.n_ubatch = SLICE
        params.n_seq_max = 1
        params.kv_unified = False
        params.flash_attn_type = 0
        params.n_threads = params.n_threads_batch = threads
        params.no_perf = True
        context = self._llama.llama_init_from_model(self._model, params)
        if not context:
            raise Unavailable(f"llama.cpp can't make a context: {self._log.last()}")
        return context

    def arithmetic(self) -> str:
        """Which instructions the numbers come from: another processor may differ in last bits."""
        features: bytes = self._llama.llama_print_system_info()
        return f"{self.device}-{hashlib.sha256(features).hexdigest()[:8]}"

    def describe(self, key: str) -> str:
        """One line of the model's metadata, or '' where it has none."""
        buffer = ctypes.create_string_buffer(65536)
        size = self._llama.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if size >= 0 else ""

    def tokens(self, text: str, *, special: bool = False) -> list[int]:
        """Token ids of `text`. With `special`, `<|im_start|>` and its like are single tokens."""
        data = text.encode("utf-8", "replace")  # half a surrogate pair is no text
        room = len(data) + 8
        ids = (self._llama.llama_token * room)()
        count = self._llama.llama_tokenize(self._vocab, data, len(data), ids, room, False, special)
        return list(ids[:count])

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for; a character may be spread over several tokens."""
        buffer = ctypes.create_string_buffer(256)
        size = self._llama.llama_token_to_piece(self._vocab, token, buffer, 256, 0, False)
        return buffer.raw[: max(size, 0)]

    def ends(self, token: int) -> bool:
        """Whether the model says with this token that it is done."""
        return bool(self._llama.llama_vocab_is_eog(self._vocab, token))

    def opening(self) -> list[int]:
        """The tokens that this model wants before any text (often one, or none)."""
        if not self._llama.llama_vocab_get_add_bos(self._vocab):
            return []
        return [self._llama.llama_vocab_bos(self._vocab)]

    def truncate(self, length: int) -> None:
        """Forget everything from position `length` on."""
        self._llama.llama_memory_seq_rm(self._memory, 0, length, -1)

    def decode(self, rows: Sequence[Row]) -> list[Logits]:
        """Compute one slice (at most `SLICE` rows); float64 logits [vocabulary] per wanted row."""
        batch = self._batch
        batch.n_tokens = len(rows)
        for at, row in enumerate(rows):
            batch.token[at] = row.token
            batch.pos[at] = row.position
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = 0
            batch.logits[at] = row.wanted
        status = self._llama.llama_decode(self._context, batch)
        if status != 0:
            raise Unavailable(f"llama.cpp could not compute (status {status}): {self._log.last()}")
        return [self._logits(at) for at, row in enumerate(rows) if row.wanted]

    def _logits(self, at: int) -> Logits:
        pointer = self._llama.llama_get_logits_ith(self._context, at)
        return np.ctypeslib.as_array(pointer, (self.vocabulary,)).astype(np.float64)

    def close(self) -> None:
        """Free the native memory."""
        self._llama.llama_batch_free(self._batch)
        self._llama.llama_free(self._context)
        self._llama.llama_model_free(self._model)


def recast(source: str, target: str, threads: int) -> None:
    """Write `source` again with Q8_0 weights: more memory, less arithmetic per token.

    Raises `Unavailable` if llama.cpp won't.
    """
    import llama_cpp

    log = _Log(llama_cpp)
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = _LLAMA_FTYPE_Q8_0
    params.allow_requantize = True
    params.nthread = threads
    if llama_cpp.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(params)) != 0:
        raise Unavailable(f"llama.cpp can't convert {source}: {log.last()}")
