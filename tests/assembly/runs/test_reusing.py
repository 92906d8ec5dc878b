"""A thought that a fork's parent gave up: nobody is asked as long as it may be given up again."""

from __future__ import annotations

import asyncio

import pytest

from npcsim.assembly.runs.reusing import Known, Reuse, Reusing
from npcsim.messages import Choose, ModelCall, request_key
from npcsim.models.money.prices import Price
from npcsim.models.scripted import Scripted
from npcsim.sim.inflight import Live, Thought
from npcsim.store.rows import KeptCall

ASKED = Choose("Ada is at the mill. She", "Somebody", ("waits", "sings"))
COST = 0.000_123


class Fork:
    """A fork at tick 1 whose parent gave up Ada's thought at tick 3; it lands at 5."""

    def __init__(self) -> None:
        self.model, self.reuse = Scripted(), Reuse(now=1)
        key = request_key(self.model.fingerprint, ASKED)
        call = ModelCall(
            "Ada@1", "local", "scripted", self.model.fingerprint, ASKED, None,
            "Cancelled: interrupted", 0.0, COST,
        )  # fmt: skip
        known = Known([KeptCall(7, 3, key, call)], 1)
        models = {"local": Reusing(self.model, known, self.reuse, 0)}
        self.live = Live(models, 60, False, {"local": Price(3.0, 0.3, 15.0)})
        self.live.ask(Thought("Ada@1", "Ada", "local", ASKED, 5, 9))


@pytest.fixture
async def fork() -> Fork:
    made = Fork()
    await settled()
    assert made.model.asked == []
    return made


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_given_up_again_it_costs_what_it_cost(fork: Fork) -> None:
    fork.live.cancel("Ada@1", "interrupted")
    [landing] = await fork.live.land(3)
    assert (landing.answer, landing.error) == (None, "Cancelled: interrupted")
    assert landing.cost_usd == COST
    assert (fork.model.asked, fork.reuse.reused, fork.reuse.asked) == ([], 1, 0)


async def test_still_wanted_when_that_tick_is_over_it_is_asked(fork: Fork) -> None:
    fork.reuse.take(2, [])
    await settled()
    assert fork.model.asked == []
    fork.reuse.take(3, [])
    await settled()
    assert fork.model.asked == [ASKED]
    assert (fork.reuse.reused, fork.reuse.asked) == (0, 1)


async def test_due_before_that_it_is_asked(fork: Fork) -> None:
    [landing] = await asyncio.wait_for(fork.live.land(5), 10)
    assert landing.answer is not None
    assert fork.reuse.asked == 1


async def test_a_failure_costs_what_it_cost() -> None:
    """Not the most that it could have cost."""
    model, reuse = Scripted(), Reuse()
    key = request_key(model.fingerprint, ASKED)
    call = ModelCall(
        "Ada@1", "local", "scripted", model.fingerprint, ASKED, None, "BadReply: no JSON", 0.0, COST
    )
    known = Known([KeptCall(7, 3, key, call)], 0)
    live = Live({"local": Reusing(model, known, reuse, 0)}, 60, False, {"local": Price(3.0, 0.3, 15.0)})
    live.ask(Thought("Ada@1", "Ada", "local", ASKED, 5, 9))
    [landing] = await live.land(5)
    assert (landing.error, landing.cost_usd) == ("BadReply: no JSON", COST)
    assert model.asked == []
