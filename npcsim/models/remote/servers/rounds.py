"""A choice among more options than have a letter: asked in groups, and among the groups' firsts.

Luce's choice axiom (R. D. Luce, "Individual Choice Behavior", 1959) says that the odds of two
options don't hang on which others there are. By it an option's probability is that of its group's
first in the last round, times its odds against that first in its own group: no option's share is
made up, and the whole sums to 1. A real model keeps to the axiom only roughly, which is stated here
and nowhere hidden: what is asked twice is asked in other company.
"""

from __future__ import annotations

from collections.abc import Sequence

MOST = 20
"""Options to a group: as many as servers give likelihoods for (OpenAI and Ollama refuse a higher
`top_logprobs`, and so does vLLM unless it was started with another `--max-logprobs`)."""


def groups(count: int) -> list[range]:
    """So many options in as few groups as may be, in order, of sizes that differ by one at most."""
    number = -(-count // MOST)
    ends = [count * (n + 1) // number for n in range(number)]
    return [range(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def first(shares: Sequence[float]) -> int:
    """The place of the largest."""
    return max(range(len(shares)), key=shares.__getitem__)


def joined(within: Sequence[Sequence[float]], final: Sequence[float]) -> tuple[float, ...]:
    """One distribution over all options: `within` by group, `final` over the groups' firsts."""
    odds = [
        share / group[first(group)] * of_group
        for group, of_group in zip(within, final, strict=True)
        for share in group
    ]
    whole = sum(odds)
    return tuple(odd / whole for odd in odds)
