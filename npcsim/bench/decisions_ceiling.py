"""The ceiling of `npcsim bench decisions`: llama.cpp's own speed at the same layout of tokens.

Every row that scoring needs stands in prebuilt arrays, one llama_batch a phase: each question's
fresh part and longest option behind its prefix, then the second options of all, and so on. The
timed part is nothing but calls of llama_decode, and of llama_memory_seq_rm between the phases.
How llama.cpp cuts a batch is left to llama.cpp, which is faster than the engine's own slices and
does not keep bits equal; so the price of equal bits is part of what is lost to the ceiling.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from npcsim.bench.decisions_texts import Case
from npcsim.errors import Unavailable

ROWS = 512
"""Most rows of a llama_batch on a CPU, and of one pass within it."""
ROWS_GPU = 2048


class Ceiling:
    """A context with a sequence for each of `npcs` NPCs (at most 256), each holding a prefix."""

    def __init__(
        self, path: Path, threads: int, npcs: int, *, longest: int, layers: int = 0
    ) -> None:
        import llama_cpp

        self._llama: Any = llama_cpp
        self._npcs = npcs
        self._rows = ROWS_GPU if layers else ROWS
        self._streams = not layers
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = layers
        self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
        if not self._model:
            raise Unavailable(f"llama.cpp can't load {path.name}")
        options = llama_cpp.llama_context_default_params()
        options.n_ctx = npcs * (-(-longest // 256) * 256)
        options.n_seq_max = npcs
        options.kv_unified = not self._streams
        options.flash_attn_type = 0 if self._streams else 1
        options.n_batch = options.n_ubatch = self._rows
        options.n_threads = options.n_threads_batch = threads
        options.no_perf = True
        self._context = llama_cpp.llama_init_from_model(self._model, options)
        if not self._context:
            raise Unavailable("llama.cpp can't make the ceiling's context")
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._held = 0

    def hold(self, prefixes: Sequence[Sequence[int]], shared: int) -> None:
        """Give every sequence a prefix, of which `shared` tokens are the same for all.

        In streams all get the first one, copied: what the cells hold does not change how long
        attention over them takes. In one cache for all it does matter whose cells they are.
        """
        self._llama.llama_memory_clear(self._memory, True)
        rules, first = prefixes[0][:shared], prefixes[0]
        self._fill(0, 0, first if self._streams else rules)
        for seq in range(1, self._npcs):
            self._llama.llama_memory_seq_cp(self._memory, 0, seq, -1, -1)
        if not self._streams:
            for seq, prefix in enumerate(prefixes):
                self._fill(seq, shared, prefix[shared:])
        self._held = len(first)

    def _fill(self, seq: int, position: int, tokens: Sequence[int]) -> None:
        for begin in range(0, len(tokens), self._rows):
            part = tokens[begin : begin + self._rows]
            if self._decode([(seq, position + begin, part, ())])[0]() != 0:
                raise Unavailable("llama.cpp could not compute the ceiling's prefix")

    def calls(self, cases: Sequence[Case]) -> list[Callable[[], Any]]:
        """A round as calls of the C library, arrays and all; `run` is the timed part."""
        if len(cases) != self._npcs:
            raise ValueError(f"{len(cases)} cases for {self._npcs} sequences")
        calls: list[Callable[[], Any]] = []
        orders = [sorted(case.endings, key=len, reverse=True) for case in cases]
        first = []
        for seq, (case, endings) in enumerate(zip(cases, orders, strict=True)):
            tokens = (*case.prompt[self._held :], *endings[0][:-1])
            reads = range(len(case.prompt) - self._held - 1, len(tokens))
            first.append((seq, self._held, tokens, tuple(reads)))
        calls += self._decode(first)
        for phase in range(1, len(orders[0])):
            parts = []
            for seq, (case, endings) in enumerate(zip(cases, orders, strict=True)):
                calls.append(self._cut(seq, len(case.prompt)))
                tokens = endings[phase][:-1]
                parts.append((seq, len(case.prompt), tokens, tuple(range(len(tokens)))))
            calls += self._decode(parts)
        calls += [self._cut(seq, self._held) for seq in range(self._npcs)]
        return calls

    def run(self, calls: Sequence[Callable[[], Any]]) -> None:
        """Make the calls, and wait until all is computed."""
        for call in calls:
            call()
        self._llama.llama_synchronize(self._context)

    def close(self) -> None:
        """Free the native memory."""
        self._llama.llama_free(self._context)
        self._llama.llama_model_free(self._model)

    def _cut(self, seq: int, length: int) -> Callable[[], Any]:
        rm, memory = self._llama.llama_memory_seq_rm, self._memory
        return lambda: rm(memory, seq, length, -1)

    def _decode(
        self, parts: Sequence[tuple[int, int, Sequence[int], tuple[int, ...]]]
    ) -> list[Callable[[], Any]]:
        """Slices (sequence, position, tokens, places read) as batches of whole slices."""
        calls: list[Callable[[], Any]] = []
        at = 0
        while at < len(parts):
            rows, end = 0, at
            while end < len(parts) and rows + len(parts[end][2]) <= self._rows:
                rows += len(parts[end][2])
                end += 1
            if end == at:
                raise ValueError(f"a slice of {len(parts[at][2])} rows fits no batch")
            if rows:
                calls.append(self._batch(parts[at:end], rows))
            at = end
        return calls

    def _batch(
        self, parts: Sequence[tuple[int, int, Sequence[int], tuple[int, ...]]], rows: int
    ) -> Callable[[], Any]:
        tokens, positions, seqs = (np.zeros(rows, np.int32) for _ in range(3))
        wanted, counts = np.zeros(rows, np.int8), np.ones(rows, np.int32)
        at = 0
        for seq, position, slice_, reads in parts:
            end = at + len(slice_)
            tokens[at:end] = slice_
            positions[at:end] = range(position, position + len(slice_))
            seqs[at:end] = seq
            wanted[[at + place for place in reads]] = 1
            at = end
        lists = int(seqs.ctypes.data) + 4 * np.arange(rows + 1, dtype=np.uintp)
        native = self._llama.llama_batch()
        types = dict(self._llama.llama_batch._fields_)
        arrays: dict[str, Any] = {
            "token": tokens, "pos": positions, "n_seq_id": counts, "seq_id": lists,
            "logits": wanted,
        }  # fmt: skip
        for name, array in arrays.items():
            setattr(native, name, ctypes.cast(array.ctypes.data, types[name]))
        native.n_tokens = rows
        decode, context = self._llama.llama_decode, self._context

        def call() -> Any:
            return decode(context, native)

        call.arrays = arrays, seqs  # type: ignore[attr-defined]  # they live as long as the call
        return call
