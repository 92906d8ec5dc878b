"""Whether two texts mean the same, sentence by sentence.

One vector of a whole situation hardly moves when the one sentence in it that matters is turned
round. So sentences that both texts have are set aside, and each that is left needs a partner of
its meaning on the other side. Vectors know little of *not*, of numbers and of who did it to whom:
rules see to those. docs/explain/embeddings.md has what was measured.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from npcsim.messages import Choose, Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SOMEONE = "Someone"
MOST_SENTENCES = 200
_END = re.compile(r"""(?<=[.!?…])["”’']*\s+|\n+""")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_TURNS = frozenset(
    "by no not none nobody nothing nowhere never neither nor without cannot hardly barely few"
    " little less least last stop stopped stops fail failed fails refuse refused refuses lack lacks"
    " except unless".split()
)
_LIGHT = frozenset("a an the this that these those some to into in at on of".split())
_NUMBERS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty"
    " hundred thousand half twice once both all every".split()
)


@dataclass(frozen=True, slots=True)
class Sense:
    """A text as it is compared: its sentences, and a row for each, shape (sentences, size)."""

    sentences: tuple[str, ...]
    rows: NDArray[np.float32]


async def sense_of(texts: Sequence[str], embedder: Embedder) -> Sense:
    """The sentences of all texts and their vectors. Raises a `ModelError`."""
    found = tuple(one for text in texts for one in sentences(text))[:MOST_SENTENCES]
    return Sense(found, await embedder.embed(found))


def sentences(text: str) -> list[str]:
    """A text cut at the ends of its sentences and lines."""
    return [part.strip() for part in _END.split(text) if part.strip()]


def without_name(question: Choose) -> tuple[str, str]:
    """-> (the situation, the NPC's own part), told of someone instead of who decides.

    Who decides is what the situation's last sentence has and the neutral one has not. Where the
    two are no such pair, nothing is replaced.
    """
    told, own = question.situation, question.prefix.own
    name = who_decides(question)
    if not name:
        return told, own
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return word.sub(SOMEONE, told), word.sub(SOMEONE, own)


def who_decides(question: Choose) -> str:
    """The name that the situation's last sentence has and the neutral one has not, or ''."""
    last = sentences(question.situation)[-1:]
    return _between(last[0].split(), question.neutral.split()) if last else ""


def _between(words: list[str], neutral: list[str]) -> str:
    """The words in place of the one that two sentences differ in."""
    start = 0
    while start < min(len(words), len(neutral)) and words[start] == neutral[start]:
        start += 1
    end = 0
    most = min(len(words), len(neutral)) - start
    while end < most and words[-1 - end] == neutral[-1 - end]:
        end += 1
    one_word = len(neutral) - start - end == 1
    framed = start + end > 0
    return " ".join(words[start : len(words) - end]) if one_word and framed else ""


def likeness(one: Sense, other: Sense) -> float:
    """The cosine of the worst pair of sentences that must stand for each other, 0 to 1.

    1 where both have the same sentences; 0 where one has a sentence with no counterpart.
    """
    return _worst(one, other, may_mean_the_same)


def nearness(one: Sense, other: Sense) -> float:
    """The same by vectors alone, without the rules: what those are worth is measured against it."""
    return _worst(one, other, lambda mine, theirs: True)


def _worst(one: Sense, other: Sense, may: Callable[[str, str], bool]) -> float:
    import numpy as np

    mine = _only(one.sentences, other.sentences)
    theirs = _only(other.sentences, one.sentences)
    if not mine or not theirs:
        return 0.0 if mine or theirs else 1.0
    near = one.rows[mine] @ other.rows[theirs].T
    for row, i in enumerate(mine):
        for column, j in enumerate(theirs):
            if not may(one.sentences[i], other.sentences[j]):
                near[row, column] = 0.0
    worst = min(float(near.max(axis=1).min()), float(near.max(axis=0).min()))
    return float(np.clip(worst, 0.0, 1.0))


def _only(these: Sequence[str], those: Sequence[str]) -> list[int]:
    """Places of the sentences that the others do not have, as often as they lack them."""
    there = Counter(those)
    found = []
    for at, sentence in enumerate(these):
        if there[sentence] > 0:
            there[sentence] -= 1
        else:
            found.append(at)
    return found


def may_mean_the_same(one: str, other: str) -> bool:
    """False where words say that they don't, whatever their vectors do.

    They must deny as often (and say `by` as often), and name the same numbers and the same names in
    the same order. One word more, or in the place of another, may turn all (`open`, `closed`); so
    may the order of the same words. Articles, a few prepositions and endings don't count.
    """
    mine, theirs = _WORD.findall(one), _WORD.findall(other)
    if _denials(mine) != _denials(theirs) or _figures(mine) != _figures(theirs):
        return False
    if _names(mine) != _names(theirs):
        return False
    stems, others = _stems(mine), _stems(theirs)
    only = Counter(stems) - Counter(others), Counter(others) - Counter(stems)
    differ = max(side.total() for side in only)
    return differ > 1 or (differ == 0 and stems == others)


def _stems(words: Sequence[str]) -> list[str]:
    """The words that carry meaning, in order, without the commonest endings."""
    return [_stem(word.lower()) for word in words if word.lower() not in _LIGHT]


def _stem(word: str) -> str:
    for ending in ("ing", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            return word.removesuffix(ending)
    return word


def _denials(words: Sequence[str]) -> int:
    return sum(
        word.lower() in _TURNS or word.lower().replace("’", "'").endswith("n't") for word in words
    )


def _figures(words: Sequence[str]) -> list[str]:
    return [word for word in map(str.lower, words) if word in _NUMBERS or word[0].isdigit()]


def _names(words: Sequence[str]) -> list[str]:
    return [word for word in words[1:] if word[0].isupper() and word != "I"]
