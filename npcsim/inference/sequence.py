"""What a sequence holds and what it wants computed next: the vocabulary of the engine's parts."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]

#: Makes something of the logits [vocabulary] after one token. It may change them: nobody else
#: looks at that row.
Read = Callable[[Logits], Any]


@dataclass(frozen=True, slots=True)
class Feed:
    """What a sequence wants next: cut back to `held` tokens, then `tokens` computed after them.

    `reads`: place in `tokens` -> what is made of the logits after that token. `grows`: this is the
    one token that was just written, which may be computed as a slice of one.
    """

    held: int
    tokens: Sequence[int]
    reads: Mapping[int, Read] = field(default_factory=dict)
    grows: bool = False


#: A question's way through the model: yields feeds, is sent what was read in order of place, and
#: returns its result. It knows nothing of company, slices or caches, so none can change it.
Program = Generator[Feed, list[Any], Any]


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of one sequence in one decode: tokens at `position` and on in sequence `seq`.

    `wanted`: places in `tokens` whose logits are to be given back.
    """

    seq: int
    position: int
    tokens: Sequence[int]
    wanted: tuple[int, ...] = ()


def in_common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two sequences begin with alike."""
    most = min(len(one), len(other))
    if one[:most] == other[:most]:
        return most
    return next(at for at in range(most) if one[at] != other[at])
