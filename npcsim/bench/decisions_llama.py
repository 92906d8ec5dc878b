"""llama-cpp-python's side of `npcsim bench decisions`: `Llama` asked about one NPC after another.

The answer is a letter, one token, held to the letters by a grammar. Its own reuse of prefixes is
on, in both ways that it has: what a prompt has in common with the one before is not computed again
(so the rules are not), and with a `LlamaRAMCache` the state after every prompt is kept whole and
looked up by its longest common prefix (so an NPC's own part is not either). The second copies
logits and state, about 40 MB at 128 rows a batch, at every question; more rows would copy more.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from npcsim.bench.decisions_texts import LETTERS, Case
from npcsim.errors import BadReply, Unavailable
from npcsim.inference.gguf import shown

GRAMMAR = 'root ::= " " [A-D]'
ROWS = 512
ROWS_CACHED = 128


class Alone:
    """`Llama` in a loop. With `cache` bytes it has a `LlamaRAMCache` of that capacity."""

    def __init__(
        self, path: Path, threads: int, *, longest: int, cache: int = 0, layers: int = 0
    ) -> None:
        import llama_cpp

        library: Any = llama_cpp
        rows = ROWS_CACHED if cache else ROWS
        try:
            self._llama: Any = library.Llama(
                model_path=str(path), n_ctx=longest, n_batch=rows, n_ubatch=rows,
                n_threads=threads, n_threads_batch=threads, n_gpu_layers=layers,
                flash_attn=bool(layers), verbose=False,
            )  # fmt: skip
        except (ValueError, AssertionError, OSError) as error:
            raise Unavailable(f"llama-cpp-python can't load {shown(path)}: {error}") from error
        if cache:
            self._llama.set_cache(library.LlamaRAMCache(capacity_bytes=cache))
        self._grammar = library.LlamaGrammar.from_string(GRAMMAR, verbose=False)

    def lettered(self, cases: Sequence[Case]) -> list[int]:
        """The option chosen in each case, by its index."""
        return [self._letter(case.listed) for case in cases]

    def close(self) -> None:
        """Free the native memory."""
        self._llama.set_cache(None)
        self._llama.close()

    def _letter(self, prompt: Sequence[int]) -> int:
        said = self._llama.create_completion(
            list(prompt), max_tokens=1, temperature=0.0, grammar=self._grammar
        )
        return letter_of(said["choices"][0]["text"])


def letter_of(text: str) -> int:
    """The index of a letter that was said. Raises BadReply for anything else."""
    letter = text.strip()
    if len(letter) != 1 or letter not in LETTERS:
        raise BadReply(f"{text!r} is none of {LETTERS}")
    return LETTERS.index(letter)
