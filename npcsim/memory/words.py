"""A text as the terms it is found by."""

from __future__ import annotations

import re
import unicodedata

# Scripts that put no blanks between words, and Hangul, whose words carry particles.
_PAIRED = (
    "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
)
_RUNS = re.compile(f"([{_PAIRED}]+)|([^\\W_{_PAIRED}]+)")
#: Words that say nothing of what a sentence is about.
COMMON = frozenset(
    "a an and are as at be been but by did do does for from had has have he her his i if in into "
    "is it its me my of on or our she so than that the their them then there they this to us was "
    "we were what when where which who whom whose why will with would you your s t".split()
)


def terms(text: str) -> list[str]:
    """The terms of a text, in order, as often as they stand in it.

    Hangul, kana and Chinese characters are taken in pairs (방앗간을: 방앗, 앗간, 간을), so that a
    word is found whatever particle it carries. Anything else is cut at what is no letter or digit,
    without common English words and the plural's s (Harman 1991, the "S stemmer").
    """
    found: list[str] = []
    for paired, word in _RUNS.findall(unicodedata.normalize("NFC", text).casefold()):
        if paired:
            found += [paired[at : at + 2] for at in range(max(len(paired) - 1, 1))]
        elif word not in COMMON:
            found.append(_singular(word))
    return found


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word if word.endswith(("us", "ss")) else word[:-1]
