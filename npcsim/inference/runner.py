"""The only file that touches llama_cpp: one model, one context, many sequences.

llama_cpp is imported when a `Runner` is built, in the worker process, never before.

What keeps an answer's bits the same in any company, all of it measured on a CPU: flash attention
is off by name, every sequence has a stream of its own, and no sequence ever gives a single row to
a pass unless it writes. A lone row takes another code path in attention and differs. What is
kept of a sequence is copied out and in, bit for bit. One thread and two give the same bits.

On a GPU one cache serves all sequences, with flash attention: there company may change the last
bits, and the fingerprint says so.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections import deque
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.errors import BadReply, Unavailable
from npcsim.inference.scheduler import BUDGET, CHUNK
from npcsim.inference.sequence import Logits, Slice
from npcsim.inference.slots import places_for

_LLAMA_FTYPE_Q8_0 = 7
_LOG_ERROR = 4

#: Sequences that are computed at a time. On a CPU 16 of them fill a pass.
_PLACES = 16
_PLACES_UNIFIED = 32
_SEQUENCES = 256  # llama.cpp's own limit, of everything that has a place in its cache
_KEEPS = 1_000_000  # streams are kept outside of it
_BUDGET_UNIFIED = 2048


class _Log:
    """Keeps llama.cpp quiet, and its last complaints for the error message.

    llama.cpp has one for the whole process, and never lets go of it: see `_log`.
    """

    def __init__(self, llama: ModuleType) -> None:
        self.complaints: deque[str] = deque(maxlen=4)

        def note(level: int, text: bytes, _: Any) -> None:
            if level == _LOG_ERROR:
                self.complaints.append(text.decode("utf-8", "replace").strip())

        self._callback = llama.llama_log_callback(note)  # kept: C holds no reference of its own
        llama.llama_log_set(self._callback, None)

    def last(self) -> str:
        return "; ".join(self.complaints) or "llama.cpp gave no reason"


@cache
def _log() -> _Log:
    import llama_cpp

    return _Log(llama_cpp)


class _Batch:
    """llama.cpp's batch on arrays of our own, so that a slice is written in one go each."""

    def __init__(self, llama: Any, rows: int) -> None:
        self._tokens = np.zeros(rows, np.int32)
        self._positions = np.zeros(rows, np.int32)
        self._counts = np.ones(rows, np.int32)
        self._seqs = np.zeros(rows, np.int32)
        # Each row points to its own list of sequences, here always of one.
        self._lists = self._seqs.ctypes.data + 4 * np.arange(rows + 1, dtype=np.uintp)
        self._wanted = np.zeros(rows, np.int8)
        self._numbers = np.arange(rows, dtype=np.int32)
        types = dict(llama.llama_batch._fields_)
        self.native = llama.llama_batch()
        for name, array in (
            ("token", self._tokens),
            ("pos", self._positions),
            ("n_seq_id", self._counts),
            ("seq_id", self._lists),
            ("logits", self._wanted),
        ):
            setattr(self.native, name, ctypes.cast(array.ctypes.data, types[name]))

    def fill(self, slices: Sequence[Slice]) -> list[int]:
        """Lay the slices out one after the other; -> the rows whose logits are wanted."""
        at = 0
        wanted: list[int] = []
        for part in slices:
            end = at + len(part.tokens)
            self._tokens[at:end] = part.tokens
            self._positions[at:end] = self._numbers[: end - at]
            self._positions[at:end] += part.position
            self._seqs[at:end] = part.seq
            wanted += [at + place for place in part.wanted]
            at = end
        self._wanted[:at] = 0
        self._wanted[wanted] = 1
        self.native.n_tokens = at
        return wanted


class Grammar:
    """Which tokens may come next, by llama.cpp's own grammar sampler."""

    def __init__(self, llama: Any, vocab: Any, vocabulary: int, text: str, log: _Log) -> None:
        self._llama = llama
        self._vocabulary = vocabulary
        body = text.encode("utf-8", "replace")
        self._sampler = llama.llama_sampler_init_grammar(vocab, body, b"root")
        if not self._sampler:
            raise BadReply(f"llama.cpp refuses the schema's grammar: {log.last()}")

    def best(self, logits: Logits) -> int:
        """The likeliest token of those that may come next.

        Looks at ever more of the likeliest, for looking at all takes long and is rarely needed.
        """
        for count in (1, 64, self._vocabulary):
            if count < self._vocabulary:
                tokens = np.argpartition(logits, -count)[-count:]
            else:
                tokens = np.arange(self._vocabulary)
            order = np.lexsort((tokens, -logits[tokens]))
            allowed = self._allowed(tokens[order], logits)
            if allowed.size:
                return int(allowed[0])
        raise BadReply("no token of the model goes on as the schema wants")

    def _allowed(self, tokens: NDArray[np.signedinteger], logits: Logits) -> NDArray[np.int32]:
        data = np.zeros(len(tokens), [("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        data["id"] = tokens
        data["logit"] = logits[tokens]
        array = self._llama.llama_token_data_array()
        pointer = ctypes.POINTER(self._llama.llama_token_data)
        array.data = ctypes.cast(data.ctypes.data, pointer)
        array.size, array.selected, array.sorted = len(tokens), -1, False
        self._llama.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return np.asarray(data["id"][np.isfinite(data["logit"])])

    def accept(self, token: int) -> None:
        """Go on past a token that may come next."""
        self._llama.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        """Free the native memory."""
        self._llama.llama_sampler_free(self._sampler)


class Runner:
    """A loaded model with `places` sequences of `context` tokens.

    `gpu_layers` None means all of them where llama.cpp was built with a GPU, else none. `streams`
    None means a stream for each sequence on a CPU and one cache for all on a GPU. `places` is how
    many questions go together at most; half of `memory` bytes bounds them too. Raises
    `Unavailable` if llama.cpp refuses the file.
    """

    def __init__(
        self,
        path: str,
        *,
        threads: int,
        context: int = 2048,
        gpu_layers: int | None = None,
        streams: bool | None = None,
        places: int | None = None,
        memory: int = 2 << 30,
    ) -> None:
        import llama_cpp

        self._llama: Any = llama_cpp
        self._log = _log()
        llama_cpp.llama_backend_init()
        offload = bool(llama_cpp.llama_supports_gpu_offload())
        layers = (-1 if offload else 0) if gpu_layers is None else gpu_layers
        self.device = "gpu" if offload and layers else "cpu"
        self.streams = self.device == "cpu" if streams is None else streams
        self._model = self._load(path, layers)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self.vocabulary: int = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self.context = min(context, llama_cpp.llama_model_n_ctx_train(self._model) or context)
        self.token_bytes = self._token_bytes()
        # Filler may stand behind a full context.
        self._cells = -(-(self.context + CHUNK) // 256) * 256
        most = places or (_PLACES if self.streams else _PLACES_UNIFIED)
        self.places = places_for(memory, self._cells * self.token_bytes, most)
        self.place_bytes = self.places * self._cells * self.token_bytes
        self.keeps = _KEEPS if self.streams else _SEQUENCES - self.places
        self.budget = BUDGET if self.streams else _BUDGET_UNIFIED
        self._context = self._open(threads, memory)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._batch = _Batch(llama_cpp, self.budget)
        self._ids = list(range(self.places, _SEQUENCES))

    def _load(self, path: str, layers: int) -> Any:
        params = self._llama.llama_model_default_params()
        params.n_gpu_layers = layers
        model = self._llama.llama_model_load_from_file(path.encode(), params)
        if not model:
            raise Unavailable(f"llama.cpp can't load {path}: {self._log.last()}")
        return model

    def _token_bytes(self) -> int:
        """Bytes of keys and values that one token takes, two for each number."""
        heads = max(1, self._llama.llama_model_n_head_kv(self._model))
        all_heads = max(1, self._llama.llama_model_n_head(self._model))
        size = self._llama.llama_model_n_embd(self._model) // all_heads
        name = self.describe("general.architecture")
        key, value = (self.describe(f"{name}.attention.{part}_length") for part in ("key", "value"))
        both = int(key or size) + int(value or size)
        layers = int(self._llama.llama_model_n_layer(self._model))
        return layers * int(heads) * both * 2

    def _open(self, threads: int, memory: int) -> Any:
        params = self._llama.llama_context_default_params()
        params.n_ctx = self._cells * self.places
        params.n_seq_max = self.places
        params.flash_attn_type = 0
        params.kv_unified = False
        if not self.streams:
            params.n_ctx = max(params.n_ctx, memory // self.token_bytes // 256 * 256)
            params.n_seq_max = _SEQUENCES
            params.flash_attn_type = 1
            params.kv_unified = True
        params.n_batch = params.n_ubatch = self.budget
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

    def facts(self) -> dict[str, Any]:
        """What the answers depend on, and what fits: for the run's record."""
        return {
            "arithmetic": self.arithmetic(),
            "cache": "streams" if self.streams else "unified",
            "places": self.places,
            "token_bytes": self.token_bytes,
        }

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

    def cut(self, seq: int, length: int) -> None:
        """Forget everything of a sequence from position `length` on."""
        self._llama.llama_memory_seq_rm(self._memory, seq, length, -1)

    def decode(self, slices: Sequence[Slice]) -> list[Logits]:
        """Compute one pass; logits [vocabulary] for each wanted row, in order.

        They lie in llama.cpp's own memory, until the next pass.
        """
        wanted = self._batch.fill(slices)
        status = self._llama.llama_decode(self._context, self._batch.native)
        if status != 0:
            raise Unavailable(f"llama.cpp could not compute (status {status}): {self._log.last()}")
        return [self._logits(row) for row in wanted]

    def _logits(self, row: int) -> Logits:
        pointer = self._llama.llama_get_logits_ith(self._context, row)
        return np.ctypeslib.as_array(pointer, (self.vocabulary,))

    def keep(self, seq: int) -> tuple[Any, int]:
        """Keep what a sequence holds; -> (a handle to it, its bytes)."""
        if not self.streams:
            other = self._ids.pop()
            self._llama.llama_memory_seq_cp(self._memory, seq, other, -1, -1)
            held = self._llama.llama_memory_seq_pos_max(self._memory, seq) + 1
            return other, held * self.token_bytes
        size = self._llama.llama_state_seq_get_size(self._context, seq)
        kept = np.empty(size, np.uint8)
        self._llama.llama_state_seq_get_data(self._context, _bytes_of(kept), size, seq)
        return kept, size

    def bring(self, handle: Any, seq: int) -> None:
        """Make an empty sequence hold what was kept."""
        if not self.streams:
            self._llama.llama_memory_seq_cp(self._memory, handle, seq, -1, -1)
        elif not self._llama.llama_state_seq_set_data(
            self._context, _bytes_of(handle), len(handle), seq
        ):
            raise Unavailable(f"llama.cpp can't take a kept sequence back: {self._log.last()}")

    def drop(self, handle: Any) -> None:
        """Let go of what was kept."""
        if not self.streams:
            self._llama.llama_memory_seq_rm(self._memory, handle, 0, -1)
            self._ids.append(handle)

    def grammar(self, text: str) -> Grammar:
        """A grammar in llama.cpp's notation, at its rule `root`. `BadReply` if that is refused."""
        return Grammar(self._llama, self._vocab, self.vocabulary, text, self._log)

    def close(self) -> None:
        """Free the native memory."""
        self._llama.llama_free(self._context)
        self._llama.llama_model_free(self._model)


def _bytes_of(array: NDArray[np.uint8]) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))


def recast(source: str, target: str, threads: int) -> None:
    """Write `source` again with Q8_0 weights: more memory, less arithmetic per token.

    Raises `Unavailable` if llama.cpp won't.
    """
    import llama_cpp

    log = _log()
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = _LLAMA_FTYPE_Q8_0
    params.allow_requantize = True
    params.nthread = threads
    if llama_cpp.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(params)) != 0:
        raise Unavailable(f"llama.cpp can't convert {source}: {log.last()}")
