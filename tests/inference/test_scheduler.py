from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npcsim.inference.scheduler import (
    BUDGET,
    CHUNK,
    PASS,
    SHORTEST,
    Ask,
    Waiter,
    admit,
    compose,
    compose_unified,
    partition,
    urgency,
)

ROWS = st.lists(st.integers(1, 600), min_size=1, max_size=20)


@st.composite
def asks(draw: st.DrawFn) -> list[Ask]:
    seqs = draw(st.sets(st.integers(0, 15), min_size=1))
    made = []
    for serial, seq in enumerate(draw(st.permutations(sorted(seqs)))):
        grows = draw(st.booleans())
        left = 1 if grows else draw(st.integers(1, 600))
        made.append(Ask(seq, left, urgency(draw(st.integers(0, 2)), 0, serial), grows))
    return made


@given(asks())
def test_a_pass_keeps_the_discipline(wanting: list[Ask]) -> None:
    shares = compose(wanting)
    by_seq = {ask.seq: ask for ask in wanting}
    seqs = [share.seq for share in shares]
    lead = min(wanting, key=lambda ask: (ask.urgency.rank, -ask.left, ask.urgency))

    assert lead.seq in seqs
    assert len({share.rows for share in shares}) == 1
    assert sum(share.rows for share in shares) <= BUDGET
    assert {by_seq[seq].grows for seq in seqs} == {lead.grows}
    if not lead.grows:
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert all(share.rows >= SHORTEST for share in shares)
    for share in shares:
        assert 1 <= share.take <= min(share.rows, by_seq[share.seq].left)


@given(asks(), st.integers(1, 100))
def test_one_cache_takes_all_lengths_and_no_filler(wanting: list[Ask], budget: int) -> None:
    shares = compose_unified(wanting, budget)
    left = sum(ask.left for ask in wanting)

    assert sum(share.take for share in shares) == min(budget, left)
    assert all(share.take == share.rows for share in shares)
    assert shares[0].seq == min(wanting, key=lambda ask: ask.urgency).seq


def cost(takes: list[int], cuts: list[tuple[int, int]]) -> int:
    return sum(PASS + (b - a) * max(SHORTEST, *takes[a:b]) for a, b in cuts)


@given(ROWS)
def test_passes_cover_the_row_and_cost_no_more_than_one_each(takes: list[int]) -> None:
    takes = [min(take, CHUNK) for take in takes]
    cuts = partition(takes)

    assert [at for a, b in cuts for at in range(a, b)] == list(range(len(takes)))
    assert cost(takes, cuts) <= cost(takes, [(at, at + 1) for at in range(len(takes))])
    assert all((b - a) * max(SHORTEST, *takes[a:b]) <= BUDGET for a, b in cuts)


def test_neighbours_of_like_length_go_together() -> None:
    assert partition([4] * 16) == [(0, 16)]
    assert partition([30, 30, 30, 100]) == [(0, 3), (3, 4)]
    assert partition([2, 3, 2, 4]) == [(0, 4)]


def waiters(count: int, **options: bool) -> list[Waiter]:
    return [Waiter(at, urgency(0, 0, at), **options) for at in range(count)]


def test_places_go_by_priority_then_landing_tick_then_what_is_kept_then_order() -> None:
    waiting = [
        Waiter(0, urgency(0, 9, 0)),
        Waiter(1, urgency(0, 5, 1), missing=300),
        Waiter(2, urgency(0, 5, 2)),
        Waiter(3, urgency(1, 99, 3), missing=300),
        Waiter(4, urgency(0, 5, 4)),
    ]

    assert admit(waiting, places=8, running=[], writing=0) == [3, 2, 4, 1, 0]
    assert admit(waiting, places=2, running=[], writing=0) == [3, 2]


def test_newcomers_come_in_company_unless_they_press() -> None:
    running = [urgency(0, 0, at) for at in range(15)]

    assert admit(waiters(9), places=16, running=running, writing=0) == []
    assert admit(waiters(1), places=16, running=running, writing=0) == [0]
    assert len(admit(waiters(9), places=16, running=running[:8], writing=0)) == 8
    pressing = [*waiters(9), Waiter(9, urgency(1, 0, 99))]
    assert admit(pressing, places=16, running=running, writing=0) == [9]


def test_writers_leave_places_to_choices() -> None:
    assert len(admit(waiters(20, writes=True), places=16, running=[], writing=0)) == 12
    running = [urgency(0, 0, -at) for at in range(12)]
    mixed = [*waiters(5, writes=True), Waiter(9, urgency(0, 0, 99))]
    assert admit(mixed, places=16, running=running[:4], writing=12) == [9]
    assert admit(waiters(1, writes=True), places=1, running=[], writing=0) == [0]


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=30), st.integers(1, 16))
def test_nobody_waits_for_ever(kinds: list[tuple[int, bool]], places: int) -> None:
    """With nobody running, somebody always gets a place."""
    waiting = [Waiter(at, urgency(p, 0, at), w) for at, (p, w) in enumerate(kinds)]
    taken = admit(waiting, places=places, running=[], writing=0)

    assert bool(taken) == bool(waiting)
    assert len(taken) <= places
    assert len(set(taken)) == len(taken)
