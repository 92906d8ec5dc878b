"""The other ways to ask: by letter, and by raw likelihood, through llama-cpp-python's own `Llama`.

Both are first-token or summed log probabilities over the same file on a context of its own; what
npcsim's engine does to a question is not part of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npcsim.bench.choice_items import Item
from npcsim.errors import Unavailable
from npcsim.inference.chat import family_of, lay_out
from npcsim.inference.gguf import check_gguf, shown
from npcsim.messages import Choose

CONTEXT = 1024
LETTERS = "ABCDEFGHIJKLMNOPQRST"


class Plain:
    """A model as llama-cpp-python gives it. Raises `Unavailable` if it can't load the file."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        import llama_cpp

        check_gguf(path)
        try:
            self._llama: Any = llama_cpp.Llama(
                model_path=str(path), n_ctx=CONTEXT, n_batch=512, n_threads=threads,
                n_threads_batch=threads, logits_all=True, verbose=False,
            )  # fmt: skip
        except (ValueError, AssertionError, OSError) as error:
            raise Unavailable(f"llama-cpp-python can't load {shown(path)}: {error}") from error
        self._family = family_of(self._llama.metadata.get("tokenizer.chat_template", ""))

    def letter(self, item: Item, asked: Choose) -> list[float]:
        """log P of each option's letter as the answer's first token, in nats."""
        lines = [
            f"{letter}) {option}" for letter, option in zip(LETTERS, item.options, strict=False)
        ]
        last = LETTERS[len(lines) - 1]
        question = f"What is the most sensible thing to do? Answer with one letter, A to {last}."
        user = "\n".join([f"{asked.situation} …", *lines, question])
        tokens: list[int] = []
        for text, special in lay_out(self._family, f"You are {item.persona}.", user):
            tokens += self._tokens(text, first=not tokens, special=special)
        after = self._read(tokens)
        return [float(after[self._tokens(letter)[0]]) for letter in LETTERS[: len(lines)]]

    def likelihood(self, asked: Choose) -> list[float]:
        """log P(option | situation) of each option, its tokens summed, in nats."""
        prompt = self._tokens(asked.situation, first=True)
        after = self._read(prompt)
        return [self._go_on(prompt, after, option) for option in asked.options]

    def close(self) -> None:
        """Free the native memory."""
        self._llama.close()

    def _tokens(self, text: str, *, first: bool = False, special: bool = False) -> list[int]:
        data = text.encode("utf-8", "replace")
        tokens: list[int] = self._llama.tokenize(data, add_bos=first, special=special)
        return tokens

    def _read(self, prompt: Sequence[int]) -> NDArray[np.float64]:
        """log P [vocabulary] of what follows the prompt."""
        self._must_fit(len(prompt))
        self._llama.reset()
        self._llama.eval(prompt)
        return self._after(len(prompt))

    def _go_on(self, prompt: Sequence[int], after: NDArray[np.float64], option: str) -> float:
        ending = self._tokens(f" {option.strip().rstrip('.')}")
        self._must_fit(len(prompt) + len(ending))
        score = float(after[ending[0]])
        if len(ending) > 1:
            self._llama.n_tokens = len(prompt)  # `eval` forgets what comes after
            self._llama.eval(ending[:-1])
            for at, token in enumerate(ending[1:], len(prompt) + 1):
                score += float(self._after(at)[token])
        return score

    def _after(self, count: int) -> NDArray[np.float64]:
        logits = self._llama.scores[count - 1].astype(np.float64)
        highest = logits.max()
        shares: NDArray[np.float64] = logits - highest - np.log(np.exp(logits - highest).sum())
        return shares

    def _must_fit(self, count: int) -> None:
        if count > CONTEXT:
            raise Unavailable(f"the question has {count} tokens, and there is room for {CONTEXT}")
