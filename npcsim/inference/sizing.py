"""How many tokens texts have at most, with no tokenizer at hand: the same on every machine."""

from __future__ import annotations

import re
from collections.abc import Sequence

_VOWEL = re.compile(rb"[aeiouyAEIOUY]")
_WORD = re.compile(rb" ?[A-Za-z]+")
TEMPLATE = 64
"""Tokens beside the texts: what a chat template puts around two messages."""


def bound(texts: Sequence[str]) -> int:
    """Tokens that texts have at most, template included.

    A word with a vowel, and the space before it: two letters to a token, where tokenizers of today
    take four of English prose. All else, digits and every byte of other scripts too: one to a
    token, which none can exceed. Measured over what SmolLM2's tokenizer counts of prose, code,
    YAML and Korean; words nobody says, with a vowel here and there, may have more.
    """
    tokens = TEMPLATE
    for text in texts:
        data = text.encode("utf-8", "replace")
        tokens += len(data) - sum(
            len(word) // 2 for word in _WORD.findall(data) if _VOWEL.search(word)
        )
    return tokens
