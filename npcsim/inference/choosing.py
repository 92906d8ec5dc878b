"""How options are scored: log P of each option's tokens after a prompt, option by option."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from npcsim.inference.sequence import Feed, Logits, Program, Read


def log_shares(logits: Logits, tokens: Sequence[int]) -> list[float]:
    """log P of each of `tokens` in nats, from logits [vocabulary]; float32, summed in float64."""
    highest = logits.max()
    weights = np.subtract(logits, highest)
    np.exp(weights, out=weights)
    total = math.log(float(weights.sum(dtype=np.float64)))
    return [float(logits[token]) - float(highest) - total for token in tokens]


def shares(scores: Sequence[float], temperature: float) -> tuple[float, ...]:
    """Softmax of scores / temperature, summing to 1 up to rounding; the order changes no bit."""
    highest = max(scores)
    weights = [math.exp((score - highest) / temperature) for score in scores]
    total = math.fsum(weights)
    return tuple(weight / total for weight in weights)


def spoken(option: str) -> str:
    """An option as it goes on after a situation: a space first, so that it begins with a word's
    own token. A full stop after it was tried, and chose a little worse."""
    return f" {option.strip().rstrip('.')}"


def score(prompt: Sequence[int], endings: Sequence[Sequence[int]]) -> Program:
    """Scores log P(ending | prompt) in nats, its tokens summed, for each ending.

    The first token of every ending is read off the prompt's last row, and the row of a last token
    is not needed: n tokens take n - 1 rows. The longest ending goes with the prompt, the others
    follow by length, so that neighbours in a pass have about as many rows.
    """
    order = sorted(range(len(endings)), key=lambda at: (-len(endings[at]), at))
    last = len(prompt) - 1
    firsts = [ending[0] for ending in endings]
    longest = endings[order[0]]
    reads: dict[int, Read] = {last: _reader(firsts)}
    reads.update({last + 1 + at: _reader([token]) for at, token in enumerate(longest[1:])})
    heads, *rest = yield Feed(0, [*prompt, *longest[:-1]], reads)
    scores = list(heads)
    for at in order:
        ending = endings[at]
        if at != order[0] and len(ending) > 1:
            onward = {place: _reader([token]) for place, token in enumerate(ending[1:])}
            rest = yield Feed(len(prompt), ending[:-1], onward)
        elif at != order[0]:
            rest = []
        for (share,) in rest:
            scores[at] += share
    return scores


def _reader(tokens: Sequence[int]) -> Read:
    return lambda logits: log_shares(logits, tokens)
