"""How rows are numbered and chained, so that an altered, lost or swapped row is found.

A row's `seq` is its tick and its place in that tick in one number: it grows along the log, and a
range of ticks is a range of `seq`. A row's `chain` is a hash of the row before it and of all the
row itself holds; the first row follows the run's own `genesis`. This finds damage. It is no
signature: who rewrites a whole log can hash it anew.
"""

from __future__ import annotations

from hashlib import blake2b

PLACES = 24
"""Bits of `seq` that count within a tick: 16.7 million rows a tick, 5 * 10^11 ticks."""


def first_seq(tick: int) -> int:
    """The `seq` of a tick's first row."""
    return tick << PLACES


def tick_of(seq: int) -> int:
    """The tick a row belongs to."""
    return seq >> PLACES


def link(previous: bytes, seq: int, *parts: bytes) -> bytes:
    """The chain value (16 bytes) of a row that follows `previous`.

    The lengths are hashed too, so that no byte can wander from one part into the next.
    """
    digest = blake2b(previous, digest_size=16)
    digest.update(f"{seq}:{':'.join(str(len(part)) for part in parts)}\n".encode())
    for part in parts:
        digest.update(part)
    return digest.digest()


def genesis(form: int, name: str, created: str, bundle: bytes) -> bytes:
    """What a run's first row follows: a hash of what the run was started with."""
    return link(b"npcsim run", form, name.encode(), created.encode(), bundle)


def seal(start: bytes, state: str, summary: str | None, heads: tuple[bytes, bytes]) -> bytes:
    """The hash over a run's own row. `heads`: the last chains of events and calls, once known."""
    return link(start, 0, state.encode(), (summary or "").encode(), *heads)
