"""Who goes next, and with whom: pure functions over numbers, no model in sight.

On a CPU llama.cpp cuts a batch into passes of neighbouring sequences in equal slices. Left to
itself it would leave single tokens over, whose bits differ; so every batch made here already is
one such pass: neighbours, all with the same number of rows, at least two, filled up with rows that
nobody reads where a sequence has fewer to give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Fewest rows that a sequence gives to a pass, unless it writes: a single row takes another code
#: path in attention, and its last bits differ.
SHORTEST = 2

#: Most rows of one sequence in a pass; longer prompts come in several.
CHUNK = 128

#: Most rows of a pass. Twice as many were no faster on two cores, and the one that faces the
#: player would wait longer.
BUDGET = 256

#: What a pass costs by itself, in rows: filling up is cheaper than another pass up to here.
#: On two cores a pass of one row took 17 ms and each row more about 3.4 ms.
PASS = 5


@dataclass(frozen=True, slots=True, order=True)
class Urgency:
    """Sorts by who is answered first: what faces the player, then the oldest landing tick."""

    rank: int  # less is sooner
    lands: int
    serial: int


def urgency(priority: int, lands: int, serial: int) -> Urgency:
    """`priority`: higher is sooner. `lands`: tick. `serial`: in which order they were asked."""
    return Urgency(-priority, lands, serial)


@dataclass(frozen=True, slots=True)
class Ask:
    """A running sequence that has `left` rows to be computed. `grows`: it writes, one by one."""

    seq: int
    left: int
    urgency: Urgency
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A sequence's part of a pass: `take` of its rows, filled up to `rows`."""

    seq: int
    take: int
    rows: int


def compose(asks: Sequence[Ask], budget: int = BUDGET) -> list[Share]:
    """The next pass where each sequence has a stream of its own (CPU).

    Of the highest rank, the one with most to compute is always in it, with those neighbours that
    make it cheapest a row: what has little left waits for company, so that the short options of
    many questions are scored together. Writers go with writers, a row each.
    """
    lead = min(asks, key=lambda ask: (ask.urgency.rank, -ask.left, ask.urgency))
    if lead.grows:
        return [Share(ask.seq, 1, 1) for ask in asks if ask.grows][:budget]
    feeding = sorted((ask for ask in asks if not ask.grows), key=lambda ask: ask.seq)
    run = _run_around(lead, feeding)
    takes = [min(ask.left, CHUNK, budget) for ask in run]
    at = run.index(lead)
    first, last = next(cut for cut in partition(takes, budget) if cut[0] <= at < cut[1])
    rows = max(SHORTEST, *takes[first:last])
    return [Share(run[i].seq, takes[i], rows) for i in range(first, last)]


def compose_unified(asks: Sequence[Ask], budget: int) -> list[Share]:
    """The next pass over one cache for all (GPU): any lengths, the most urgent first."""
    shares: list[Share] = []
    for ask in sorted(asks, key=lambda ask: ask.urgency):
        take = min(ask.left, budget)
        if take:
            shares.append(Share(ask.seq, take, take))
            budget -= take
    return shares


def _run_around(lead: Ask, feeding: Sequence[Ask]) -> list[Ask]:
    """The neighbours of `lead` without a gap in their sequence numbers, itself among them."""
    at = feeding.index(lead)
    first = last = at
    while first and feeding[first - 1].seq == feeding[first].seq - 1:
        first -= 1
    while last + 1 < len(feeding) and feeding[last + 1].seq == feeding[last].seq + 1:
        last += 1
    return list(feeding[first : last + 1])


def partition(takes: Sequence[int], budget: int = BUDGET) -> list[tuple[int, int]]:
    """Cut a row of sequences into passes, cheapest in all: (first, behind the last) of each.

    A pass of n sequences costs `PASS` + n × its longest slice, and has at most `budget` rows
    unless a single slice is longer. Quadratic at worst, by the usual table of best prefixes.
    """
    best: list[tuple[int, int]] = [(0, 0)]  # cost of the first n, where their last pass begins
    for end in range(1, len(takes) + 1):
        longest = SHORTEST
        options: list[tuple[int, int]] = []
        for begin in range(end - 1, -1, -1):
            longest = max(longest, takes[begin])
            rows = longest * (end - begin)
            if rows > budget and begin < end - 1:
                break
            options.append((best[begin][0] + PASS + rows, begin))
        best.append(min(options))
    cuts: list[tuple[int, int]] = []
    end = len(takes)
    while end:
        cuts.append((best[end][1], end))
        end = best[end][1]
    return cuts[::-1]


@dataclass(frozen=True, slots=True)
class Waiter:
    """A question that waits for a place. `writes`: it will hold the place for long.

    `missing`: tokens of its prefix that are not kept and would have to be computed.
    """

    number: int
    urgency: Urgency
    writes: bool = False
    missing: int = 0


def admit(
    waiting: Sequence[Waiter], *, places: int, running: Sequence[Urgency], writing: int
) -> list[int]:
    """Numbers of those that get a place now, most urgent first.

    Among equals what is kept goes before what must be rebuilt, so that asking all in turn does
    not drop each sequence right before it is needed. Writers leave a quarter of the places to
    choices. Newcomers no more urgent than those that run come all together, or when half of the
    places that no writer holds are free: together they fill a pass.
    """
    free = places - len(running)
    room = places - max(1, places // 4) - writing if places > 1 else 1
    order = sorted(waiting, key=lambda w: (w.urgency.rank, w.urgency.lands, w.missing, w.urgency))
    writers = [waiter.number for waiter in order if waiter.writes][: max(0, room)]
    able = [waiter for waiter in order if not waiter.writes or waiter.number in writers]
    if not able or free <= 0:
        return []
    pressing = not running or able[0].urgency.rank < min(u.rank for u in running)
    if not pressing and free < min(len(able), max(1, (places - writing) // 2)):
        return []
    return [waiter.number for waiter in able[:free]]
