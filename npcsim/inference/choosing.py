"""How options are scored: log P of each option's tokens after a prompt, option by option."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from npcsim.inference.readout import Readout
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


def score(
    prompt: Sequence[int], endings: Sequence[Sequence[int]], after: Readout | None = None
) -> Program:
    """Scores log P(ending | prompt) in nats, its tokens summed, for each ending.

    The first token of every ending is read off the prompt's last row, and the row of a last token
    is not needed: n tokens take n - 1 rows, and n where `after` is read from the last one and
    added. The longest ending goes with the prompt, the others
    follow by length, so that neighbours in a pass have about as many rows.
    """
    order = sorted(range(len(endings)), key=lambda at: (-len(endings[at]), at))
    last = len(prompt) - 1
    firsts = [ending[0] for ending in endings]
    rows, reads = _rows(endings[order[0]], after)
    wanted: dict[int, Read] = {last: _reader(firsts)}
    wanted.update({last + 1 + at: read for at, read in reads.items()})
    heads, *rest = yield Feed(0, [*prompt, *rows], wanted)
    scores = list(heads)
    for at in order:
        if at != order[0]:
            rows, reads = _rows(endings[at], after)
            rest = (yield Feed(len(prompt), rows, reads)) if rows else []
        for (share,) in rest:
            scores[at] += share
    return scores


def _rows(ending: Sequence[int], after: Readout | None) -> tuple[Sequence[int], dict[int, Read]]:
    """The rows of an ending that are computed, and what is read off which of them."""
    reads: dict[int, Read] = {at: _reader([token]) for at, token in enumerate(ending[1:])}
    if after is None:
        return ending[:-1], reads
    reads[len(ending) - 1] = lambda logits: [after(logits)]
    return ending, reads


def _reader(tokens: Sequence[int]) -> Read:
    return lambda logits: log_shares(logits, tokens)
