"""A cluster of one's own: two hundred minds at once, each answered at its tick, and replayed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import read
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.assembly.thinking.guarding import guarded
from npcsim.replay.verify import verify
from npcsim.scenario.guard_parts import GuardsPart
from npcsim.store.run_store import Run
from tests.models.remote.provider import Provider
from tests.models.remote.servers import fakes
from tests.models.remote.servers.fakes import CHAT
from tests.models.remote.servers.test_probing import model_on

pytest.importorskip("openai")
MINDS, AT_ONCE, THINK = 200, 64, 4
TOWN = f"""\
scenario: town
size: [40, 40]
clock: {{tick: 1 s, start: "06:00", end: "06:01"}}
npcs: {{folk: {{count: {MINDS}, x: 20, y: 20, mind: true}}}}
think: {{cloud: {THINK} s, rest: 10 min, dominates: 50}}
tiers: {{local: {{model: 'vllm:m'}}}}
plans:
  rest: {{option: rest, worth: 0.5, steps: [wait]}}
  walk: {{option: have a walk, worth: 0.5, steps: [wait]}}
"""


class Cluster(Provider):
    """A vLLM that is busy with many at a time; `most` of them at once, of all `served`."""

    def __init__(self) -> None:
        super().__init__(fakes.vllm().rule)
        self.busy = self.most = self.served = 0
        self.probes = 1_000

    def _let_go(self) -> bool:
        """Not before as many are here as may, but for the one that proves there is somebody."""
        alone = self.served <= self.probes
        return alone or self.busy >= AT_ONCE or self.served + self.busy == self.probes + MINDS

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == CHAT:
            self.busy += 1
            self.most = max(self.most, self.busy)
            while not self._let_go():
                await asyncio.sleep(0.001)
        await super().__call__(scope, receive, send)
        if scope["path"] == CHAT:
            self.busy -= 1
            self.served += 1


async def test_two_hundred_minds_are_asked_at_once_and_land_in_time(tmp_path: Path) -> None:
    path = tmp_path / "town.yaml"
    path.write_text(TOWN, encoding="utf-8")
    cluster = Cluster()
    # What each is asked is its own, for otherwise one answer would do for all.
    part = GuardsPart(cache=False)
    models = {"local": guarded(model_on(cluster, "vllm", deadline=60.0), part, deadline=60)}
    session = await open_session(read(path), models=models, out=tmp_path, ticks=THINK + 2)
    cluster.probes, cluster.most = cluster.served, 0
    events: list[Any] = []
    session.simulation.subscribe(lambda tick, told: events.extend(told))
    waiting = [session.simulation.answers.waiting async for _ in session.simulation]
    session.finish()
    await session.close()
    asked = [one for one in events if isinstance(one, ev.Asked)]
    landed = [one for one in events if isinstance(one, ev.Landed)]
    assert len(asked) == len(landed) == cluster.served - cluster.probes == MINDS
    assert max(waiting) == MINDS
    # vLLM has no slots: as many as are worth sending at a time are under way, and no more.
    assert cluster.most == AT_ONCE
    due = {one.thought: one.lands for one in asked}
    assert all(one.tick == due[one.thought] and not one.late for one in landed)
    assert not any(one.error for one in landed)
    assert session.folder is not None
    run = Run.open(session.folder)
    again = recorded_session(run)
    verdict = await verify(again.simulation, run)
    assert verdict.hash == session.tally.hash
    await again.close()
    run.close()
