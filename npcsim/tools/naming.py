"""Whether a text names somebody or something."""

from __future__ import annotations

import re

COMMON = frozenset("well square green common bank close park fair will may mark rose hope".split())
"""Names that are ordinary English words too: these count where `the` or `at` stands before."""
_HANGUL = re.compile("[가-힣]")


def names(text: str, name: str, *, strictly: bool = True) -> bool:
    """Whether a text names something. A capital letter in a name counts, as in `Will`.

    strictly: what is an ordinary word too is a name only after `the` or `at`, or with a capital.
    """
    if not name:
        return False
    if _HANGUL.search(name):  # particles follow names without a space
        return name in text
    plural = "" if name[:1].isupper() else "(?:s|es)?"
    before = r"\b"
    if strictly and name in COMMON:
        before = r"\b(?:the|at|to|a) "
    flags = 0 if name[:1].isupper() else re.IGNORECASE
    return re.search(rf"{before}{re.escape(name)}{plural}\b", text, flags) is not None
