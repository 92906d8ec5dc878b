"""One scenario and one seed end in one state hash, whatever is round about them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

import npcsim
from npcsim.messages import Question
from npcsim.models.scripted import Scripted
from tests.e2e.conftest import MORNING, Morning
from tests.e2e.shell import ROOT, begin, ended, live, shell

ELSEWHERE = {
    "PYTHONHASHSEED": "4711",
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "tr_TR.UTF-8",
    "OMP_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX2 FMA3",
}
VILLAGE = ROOT / "scenarios" / "03_village_morning.yaml"


def same(left: dict[str, object], right: dict[str, object]) -> None:
    """All but the clock on the wall and the folder."""
    own = ("run", "wall_s", "tick_ms")
    assert {k: v for k, v in left.items() if k not in own} == {
        k: v for k, v in right.items() if k not in own
    }


def test_bodies_in_another_process(bodies: Morning, tmp_path: Path) -> None:
    args = ("run", VILLAGE, "--json", "--ticks", 80, "--models", "off", "--out", tmp_path)
    same(shell(*args, env=ELSEWHERE, cwd=tmp_path).last, bodies.summary)


def test_fights_in_another_process(tmp_path: Path) -> None:
    here = live("02_guards_and_bandits", tmp_path)
    args = ("run", ROOT / "scenarios" / "02_guards_and_bandits.yaml", "--json", "--out", tmp_path)
    same(shell(*args, env=ELSEWHERE, cwd=tmp_path).last, here)


def test_minds_on_the_bundled_model_in_another_process(morning: Morning, tmp_path: Path) -> None:
    """A model loaded anew, threads of another number: the same words, so the same world."""
    there = ended(begin(*MORNING, "--out", tmp_path, "--set", "tiers.local.threads=1",
                        env=ELSEWHERE)).last  # fmt: skip
    same(there, morning.summary)


def late_by_chance(seed: int) -> Scripted:
    """Answers come in an order of their own, some many ticks of work later."""
    dice = random.Random(seed)

    async def wait(question: Question) -> None:
        for _ in range(dice.choice([0, 0, 1, 3, 40])):
            await asyncio.sleep(dice.choice([0, 0, 0.0005]))

    return Scripted(delay=wait)


async def lived(model: Scripted, *overrides: str, ticks: int = 250) -> list[str]:
    async with npcsim.load(
        VILLAGE, overrides=overrides, models={"local": model}, ticks=ticks
    ) as simulation:
        return [tick.hash async for tick in simulation]


@pytest.mark.parametrize("runs", [2, pytest.param(200, marks=pytest.mark.soak)])
async def test_answers_delayed_at_random(runs: int, figures: Callable[[str], None]) -> None:
    calm = Scripted()
    hashes = await lived(calm)
    assert len(calm.asked) > 30
    for seed in range(1, runs + 1):
        assert await lived(late_by_chance(seed)) == hashes
    figures(f"{runs} runs with answers in another order, {len(hashes)} ticks each: hashes equal")


async def test_other_seeds_are_other_mornings() -> None:
    """The world's seed and the minds' each make a difference; neither of the two hangs over."""
    ends = [
        (await lived(Scripted(), *overrides, ticks=60))[-1]
        for overrides in ([], ["seed=2"], ["seed=3"], ["mind_seed=9"], ["seed=1"])
    ]
    assert len(set(ends)) == 4
    assert ends[0] == ends[-1]


@pytest.mark.soak
@pytest.mark.parametrize("seed", [5, 6])
def test_whole_runs_in_another_process(seed: int, tmp_path: Path) -> None:
    here = live(VILLAGE, tmp_path, "--models", "off", "--seed", seed)
    args = ("run", VILLAGE, "--json", "--models", "off", "--seed", seed, "--out", tmp_path)
    same(shell(*args, env=ELSEWHERE).last, here)
