"""The floor and the Mesa side of `npcsim bench reflex` play the same game, bit for bit."""

from __future__ import annotations

import gc
import json
import sys

import numpy as np
import pytest

from npcsim.bench import reflex_rules as rules
from npcsim.bench.compare import alternate
from npcsim.bench.reflex_floor import Floor
from npcsim.bench.reflex_mesa import MesaSide, Space
from npcsim.errors import MissingExtra
from npcsim.reflex import cells

COLUMNS = ("x", "y", "hp", "state")


def brute_tick(world: Floor) -> None:
    """One tick written NPC by NPC from the table of rules, all pairs: slow and plain."""
    x, y, hp, state = (getattr(world, name).tolist() for name in COLUMNS)
    guards, end = rules.guard_count(world.n), rules.field_end(world.n)
    new_x, new_y, new_hp = list(x), list(y), list(hp)
    for me in range(world.n):
        if hp[me] == 0.0:
            continue
        near, foe = float("inf"), -1
        for other in range(guards, world.n) if me < guards else range(guards):
            dx, dy = x[other] - x[me], y[other] - y[me]
            away = float(np.sqrt(dx * dx + dy * dy))
            if hp[other] > 0.0 and away < min(near, rules.SIGHT):
                near, foe = away, other
        was = state[me]
        if was != rules.FLEE and hp[me] < rules.WEAK and near < rules.FEAR:
            world.state[me] = rules.FLEE
        elif was in (rules.IDLE, rules.CHASE) and near < rules.REACH:
            world.state[me] = rules.ATTACK
        elif was in (rules.IDLE, rules.ATTACK) and rules.REACH <= near < rules.SIGHT:
            world.state[me] = rules.CHASE
        elif was != rules.IDLE and near >= rules.SIGHT:
            world.state[me] = rules.IDLE
        now = world.state[me]
        if now == rules.ATTACK:
            new_hp[foe] -= rules.DAMAGE
        if now in (rules.CHASE, rules.FLEE):
            dx, dy = x[foe] - x[me], y[foe] - y[me]
            if near == 0.0:
                dx, near = -1.0, 1.0
            share = rules.STEP / near * (1.0 if now == rules.CHASE else -1.0)
            for new, old, off in ((new_x, x, dx), (new_y, y, dy)):
                to = np.floor((old[me] + off * share) * rules.GRAIN) / rules.GRAIN
                new[me] = min(max(to, 0.0), end)
    world.x, world.y = np.array(new_x), np.array(new_y)
    world.hp = np.maximum(np.array(new_hp), 0.0)


def assert_same(one: Floor, other: Floor | MesaSide, tick: int) -> None:
    for name in COLUMNS:
        mine, theirs = getattr(one, name), getattr(other, name)
        assert np.array_equal(mine, theirs), f"{name} differs at tick {tick}"


def test_floor_follows_the_table_of_rules() -> None:
    floor, plain = Floor(120, seed=3), Floor(120, seed=3)
    for tick in range(1, 41):
        floor.step()
        brute_tick(plain)
        assert_same(floor, plain, tick)


@pytest.mark.parametrize("space", ["grid", "continuous", "classic"])
def test_mesa_and_floor_agree_at_every_tick(space: Space) -> None:
    floor, mesa = Floor(400, seed=1), MesaSide(400, seed=1, space=space)
    for tick in range(1, 31):
        floor.step()
        mesa.step()
        assert_same(floor, mesa, tick)


def test_blocks_of_seekers_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, blocks = Floor(400, seed=2), Floor(400, seed=2)
    for tick in range(1, 31):
        monkeypatch.setattr(cells, "BLOCK", 400)
        whole.step()
        monkeypatch.setattr(cells, "BLOCK", 7)
        blocks.step()
        assert_same(whole, blocks, tick)


def test_much_happens_in_thirty_ticks() -> None:
    floor = Floor(400, seed=1)
    start = floor.x.copy()
    seen = set()
    for _ in range(30):
        floor.step()
        seen.update(floor.state[floor.hp > 0.0].tolist())
    assert seen >= {rules.CHASE, rules.ATTACK, rules.FLEE}
    dead = np.count_nonzero(floor.hp == 0.0)
    assert 10 < dead < 200
    assert np.count_nonzero((floor.state == rules.FLEE) & (floor.hp > 0.0)) > 10
    assert np.count_nonzero(floor.x != start) > 350


def test_equally_near_foes_go_to_the_lowest_number() -> None:
    floor = Floor(6, seed=0)
    floor.x[:] = [4.0, 4.0, 4.0, 5.0, 4.0, 3.0]
    floor.y[:] = [4.0, 4.0, 4.0, 4.0, 5.0, 4.0]
    floor.step()
    assert floor.hp.tolist() == [88.0, 100.0, 100.0, 88.0, 100.0, 100.0]


@pytest.mark.parametrize("space", ["grid", "continuous", "classic"])
def test_the_weak_run_east_from_foes_right_there(space: Space) -> None:
    floor, mesa = Floor(40, seed=0), MesaSide(40, seed=0, space=space)
    floor.x[:], floor.y[:] = 3.0, 3.0
    floor.hp[:20] = 20.0
    for fighter in mesa._field.fighters:
        fighter.x, fighter.y = 3.0, 3.0
        fighter.hp = 20.0 if fighter.number < 20 else 100.0
        fighter.moved()
    plain = Floor(40, seed=0)
    plain.x[:], plain.y[:], plain.hp[:] = floor.x, floor.y, floor.hp
    for tick in range(1, 4):
        floor.step()
        brute_tick(plain)
        mesa.step()
        assert_same(floor, plain, tick)
        assert_same(floor, mesa, tick)
    assert floor.x[0] > 4.0


def test_one_camp_gone_leaves_the_other_idle() -> None:
    floor = Floor(40, seed=0)
    floor.hp[20:] = 0.0
    floor.step()
    assert set(floor.state[:20].tolist()) == {rules.IDLE}


def test_starts_are_keyed_and_on_the_field() -> None:
    x, y = rules.start_positions(1000, seed=7)
    assert np.array_equal(x[:100] * 1024.0, np.floor(x[:100] * 1024.0))
    assert min(x.min(), y.min()) >= 0.0
    assert max(x.max(), y.max()) < rules.field_side(1000) == 126
    assert abs(x.mean() - 63.0) < 4.0
    assert not np.array_equal(x, rules.start_positions(1000, seed=8)[0])
    # splitmix64 from seed 0 begins with 0xE220A8397B1DCDAF
    assert (
        rules.start_positions(1000, seed=0)[0][0]
        == np.floor((0xE220A8397B1DCDAF >> 11) / 2**53 * 126 * 1024) / 1024
    )


def test_floor_refuses_sizes_it_cannot_do() -> None:
    with pytest.raises(ValueError, match="2 NPCs or more"):
        Floor(1, seed=0)


def test_without_mesa_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mesa", None)
    with pytest.raises(MissingExtra, match=r'pip install "npcsim\[bench\]"'):
        MesaSide(4, seed=0)


class Counted:
    """A side that moves a clock on instead of working."""

    def __init__(self, name: str, cost: float, journal: list[str], clock: list[float]) -> None:
        self.n = 10
        self.name, self.cost, self.journal, self.clock = name, cost, journal, clock
        journal.append(f"make {name}")
        clock[0] += 100.0

    def step(self) -> None:
        self.journal.append(f"step {self.name}")
        self.clock[0] += self.cost

    def close(self) -> None:
        self.journal.append(f"close {self.name}")
        self.clock[0] += 100.0


def test_sides_take_turns_on_fresh_instances() -> None:
    journal: list[str] = []
    clock = [0.0]
    measured = alternate(
        {
            "slow": lambda: Counted("slow", 6.0, journal, clock),
            "fast": lambda: Counted("fast", 2.0, journal, clock),
        },
        repeats=2,
        ticks={"slow": 1, "fast": 2},
        warmup={"slow": 1, "fast": 0},
        clock=lambda: clock[0],
    )
    turn = ["make slow", *["step slow"] * 2, "close slow"]
    turn += ["make fast", *["step fast"] * 2, "close fast"]
    assert journal == turn * 2
    assert measured.sides["slow"].ns == (6e8, 6e8)  # 6 s over 10 NPCs, one tick
    assert measured.ratios("slow", "fast") == (3.0, 3.0)
    report = json.loads(json.dumps(measured.as_json()))
    assert report["sides"]["fast"]["median"] == 2e8
    assert report["ratios"]["slow/fast"] == 3.0


def test_ratio_is_the_median_of_pairs_not_the_ratio_of_medians() -> None:
    costs = {"a": iter([2.0, 9.0, 40.0]), "b": iter([1.0, 1.0, 10.0])}
    clock = [0.0]
    measured = alternate(
        {
            "a": lambda: Counted("a", next(costs["a"]), [], clock),
            "b": lambda: Counted("b", next(costs["b"]), [], clock),
        },
        repeats=3,
        ticks=1,
        clock=lambda: clock[0],
    )
    assert measured.ratios("a", "b") == (2.0, 9.0, 4.0)
    assert measured.ratio("a", "b") == 4.0


def test_collector_rests_during_a_span_and_comes_back() -> None:
    seen: list[bool] = []

    class Looks:
        n = 1

        def step(self) -> None:
            seen.append(gc.isenabled())

    alternate({"one": Looks}, repeats=1, ticks=1, warmup=1)
    assert seen == [True, False]
    assert gc.isenabled()


@pytest.mark.parametrize(("repeats", "ticks"), [(0, 1), (1, 0)])
def test_nothing_to_time_is_refused(repeats: int, ticks: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        alternate({"floor": lambda: Floor(4, 0)}, repeats=repeats, ticks=ticks)
