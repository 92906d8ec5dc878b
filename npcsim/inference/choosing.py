"""How options are scored: log P of each option's tokens after a prompt, option by option."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from npcsim.inference.readout import Readout
from npcsim.inference.sequence import Feed, Logits, Program, Read, in_common


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


Path = tuple[int, ...]
"""The first tokens of an ending."""


def score(
    prompt: Sequence[int], endings: Sequence[Sequence[int]], after: Readout | None = None
) -> Program:
    """Scores log P(ending | prompt) in nats, its tokens summed, for each ending.

    What endings begin with alike is computed once: they are a tree, walked depth first. The first
    token of every ending is read off the prompt's last row, and the row of a last token is not
    needed, but where `after` is read from it and added. The longest ending goes with the prompt,
    the others follow by length where they have nothing in common, so that neighbours in a pass have
    about as many rows.
    """
    tree = _Tree(endings, after)
    held: Path = ()
    for number, ending in enumerate(tree.order):
        path = tree.path(ending)
        same = in_common(held, path)
        nodes = [path[:length] for length in range(same + 1, len(path) + 1)]
        reads = {at: tree.reader(node) for at, node in enumerate(nodes)}
        if not number:
            last = len(prompt) - 1
            wanted = {last: tree.reader(()), **{last + 1 + at: one for at, one in reads.items()}}
            top, *rest = yield Feed(0, [*prompt, *path], wanted)
            tree.found[()] = top
        elif nodes:
            rest = yield Feed(len(prompt) + same, path[same:], reads)
        else:
            continue
        tree.found.update(zip(nodes, rest, strict=True))
        held = path
    return [tree.score(tuple(ending)) for ending in endings]


def rows_of(endings: Sequence[Sequence[int]], whole: bool) -> int:
    """Rows that `score` computes beside the prompt's; `whole`: with an `after`."""
    return len({
        tuple(ending[:length])
        for ending in endings for length in range(1, len(ending) + whole)
    })  # fmt: skip


class _Tree:
    """Endings by what they begin with: which tokens may follow, and what was read there.

    `found`: node -> (log P of each token that follows it, what `after` gives there or 0).
    """

    def __init__(self, endings: Sequence[Sequence[int]], after: Readout | None) -> None:
        self.after = after
        self.found: dict[Path, tuple[list[float], float]] = {}
        self._next: dict[Path, list[int]] = {}
        self._ends = {tuple(ending) for ending in endings}
        rank: dict[Path, list[int]] = {}
        for at, ending in enumerate(endings):
            for length, token in enumerate(ending):
                follow = self._next.setdefault(tuple(ending[:length]), [])
                if token not in follow:
                    follow.append(token)
                longest = rank.setdefault(tuple(ending[: length + 1]), [0, at])
                longest[0] = min(longest[0], -len(ending))
        # Of those that go on alike the longest first, then as they were given.
        self.order = sorted(
            self._ends, key=lambda end: [rank[end[:length]] for length in range(1, len(end) + 1)]
        )

    def path(self, ending: Path) -> Path:
        """The rows of an ending that are needed."""
        return ending if self.after is not None else ending[:-1]

    def reader(self, node: Path) -> Read:
        """What is read off the row of a node."""
        tokens, after = self._next.get(node, ()), self.after if node in self._ends else None

        def read(logits: Logits) -> tuple[list[float], float]:
            found = log_shares(logits, tokens) if tokens else []
            return found, 0.0 if after is None else after(logits)

        return read

    def score(self, ending: Path) -> float:
        """The score of an ending whose nodes were all read."""
        total = 0.0
        for length, token in enumerate(ending):
            node = ending[:length]
            total += self.found[node][0][self._next[node].index(token)]
        return total if self.after is None else total + self.found[ending][1]
