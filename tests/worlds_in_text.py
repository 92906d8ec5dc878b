"""Small worlds written as text in a test, built by the real loader, lived by the real loop."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from npcsim import events as ev
from npcsim.assembly.build import Built, read
from npcsim.assembly.runs.session import open_session
from npcsim.messages import Clock, Model
from npcsim.sim.loop import Simulation
from npcsim.tools.view import Body, View
from npcsim.world.commit import Bundle, Wanted, commit
from npcsim.world.state import World

E = TypeVar("E")
BITS = Path(__file__).parent / "data" / "maps" / "bits.png"


def draw_map(folder: Path, drawing: str) -> None:
    """Write `map.tmj`: a `#` is a wall, everything else is floor."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = textwrap.dedent(drawing).split()
    layer = {"type": "tilelayer", "width": len(rows[0]), "height": len(rows), "x": 0, "y": 0}
    layer |= {"opacity": 1, "visible": True}
    floor = [1 for row in rows for _ in row]
    walls = [4 if mark == "#" else 0 for row in rows for mark in row]
    tiles = {"firstgid": 1, "name": "bits", "tilewidth": 16, "tileheight": 16, "tilecount": 4}
    tiles |= {"columns": 4, "margin": 0, "spacing": 0, "image": "bits.png"}
    tiles |= {"imagewidth": 64, "imageheight": 16}
    whole = {
        "type": "map", "version": "1.10", "orientation": "orthogonal", "infinite": False,
        "renderorder": "right-down", "width": len(rows[0]), "height": len(rows),
        "tilewidth": 16, "tileheight": 16, "nextlayerid": 3, "nextobjectid": 1,
        "tilesets": [tiles],
        "layers": [
            {**layer, "id": 1, "name": "ground", "data": floor},
            {**layer, "id": 2, "name": "walls", "data": walls},
        ],
    }  # fmt: skip
    (folder / "map.tmj").write_text(json.dumps(whole))
    shutil.copy(BITS, folder / "bits.png")


HOUSE = """
map: map.tmj
clock: {tick: 1 s, start: "06:00", end: "08:00"}
items: {loaf: {}}
places: {hall: {area: [1, 1, 6, 4]}, cellar: {area: [7, 1, 12, 4]}}
spots: {door: {kind: door, x: 6.5, y: 2.5}, chest: {kind: chest, at: cellar}}
npcs:
  mara: {x: 1.5, y: 1.5, mind: true, tools: [go_to, take], home: cellar}
  bo: {at: cellar}
plans:
  fetch: {option: fetch something, who: [mara], steps: [go_to(cellar)]}
"""


VILLAGE = """
size: [30, 20]
clock: {tick: 2 s, start: "06:00", end: "08:00"}
attributes:
  hunger: {range: 0..1, start: 0.6, grows: 0.4 / h, need: true}
  social: {range: 0..1, start: 0.5, grows: 0.4 / h, need: true}
items:
  loaf: {use: {hunger: -0.5}, value: 2}
  bread: {recipe: {loaf: 2}, at: oven, takes: 10 s}
places: {mill: {area: [2, 2, 9, 9]}, square: {area: [15, 5, 28, 18]}}
spots: {oven: {kind: oven, at: mill}, cot: {kind: bed, at: square}}
stock: {square: {loaf: 30, coin: 5}}
archetypes:
  folk: {mind: true, carries: {coin: 6, loaf: 2}}
  wolf: {foes: [folk], damage: 2}
behaviour:
  folk:
    live: {do: wait}
    run: {from: live, when: near(wolf) < 4, do: flee(nearest(wolf)), mind: holds, think: true}
    calm: {from: run, when: near(wolf) > 7, to: live}
  wolf:
    prowl: {do: follow(nearest(folk))}
    bite: {from: prowl, when: near(folk) < 1.5, do: attack(nearest(folk))}
    miss: {from: bite, when: near(folk) >= 1.5 or since > 6, to: prowl}
plans:
  eat: {option: eat something, worth: hunger, steps: [go_to(square), take(loaf), use(loaf)]}
  talk: {option: talk, worth: social, steps: [go_to(mill), "say(nearest(folk), the day)"]}
  bake: {option: bake, worth: 0.4, when: has(loaf) >= 2, steps: [go_to(mill), craft(bread)]}
npcs:
  mara: {is: folk, at: mill}
  bo: {is: folk, at: square}
  ida: {is: folk, at: square}
  grey: {is: wolf, x: 25, y: 2}
events:
  - {at: "06:01", signal: bell, place: mill}
"""


def house(folder: Path, text: str = HOUSE, **extra: Any) -> Built:
    """Two rooms and the one door between them."""
    draw_map(
        folder,
        """
        #############
        #.....#.....#
        #...........#
        #.....#.....#
        #############
        """,
    )
    return built(folder, text, **extra)


def built(folder: Path, text: str, tools: str = "", overrides: Sequence[str] = ()) -> Built:
    """Build a scenario from its text; `tools` are those of a tools.py, imports left out."""
    folder.mkdir(parents=True, exist_ok=True)
    text = textwrap.dedent(text)
    if "scenario:" not in text:
        text = "scenario: small\n" + text
    if tools:
        (folder / "tools.py").write_text("from npcsim import *\n" + textwrap.dedent(tools))
    path = folder / "small.yaml"
    path.write_text(text)
    return read(path, overrides)


@asynccontextmanager
async def living(
    made: Built,
    models: Mapping[str, Model] | None = None,
    clock: Clock | None = None,
    ticks: int | None = None,
    out: Path | None = None,
) -> Any:
    """The simulation of a built world; reflexes alone unless models are given."""
    session = await open_session(made, models=models or {}, clock=clock, ticks=ticks, out=out)
    try:
        yield session.simulation
        if out is not None:
            session.finish()
    finally:
        await session.close()


async def live(
    made: Built, ticks: int, models: Mapping[str, Model] | None = None, puts: Any = ()
) -> list[ev.Event]:
    """Live for some ticks, with inputs put in before the first. -> all that happened."""
    async with living(made, models) as simulation:
        for entry in puts:
            simulation.put(entry)
        return await go_on(simulation, ticks)


async def go_on(simulation: Simulation, ticks: int) -> list[ev.Event]:
    """Some more ticks. -> all that happened in them."""
    happened: list[ev.Event] = []
    for _ in range(ticks):
        happened += (await simulation.step()).events
    return happened


def of(events: Iterable[ev.Event], kind: type[E], **fields: Any) -> list[E]:
    """The events of a kind whose fields are as given."""
    return [
        event
        for event in events
        if isinstance(event, kind)
        and all(getattr(event, name) == value for name, value in fields.items())
    ]


def bundle(actor: str, *effects: Any, tool: str = "test", phase: str = "input") -> Bundle:
    """What a tool call of `actor` wants, without an act behind it."""
    return Bundle(actor, tool, tuple(effects), phase)


def commit_next(world: World, *wanted: Any) -> list[ev.Event]:
    """Commit bundles and blocks as the next tick."""
    world.tick += 1
    bundles = [entry for entry in wanted if isinstance(entry, Bundle)]
    blocks = [entry for entry in wanted if not isinstance(entry, Bundle)]
    return commit(world, Wanted(blocks=blocks, bundles=bundles))


def body(world: World, id: str, made: Built | None = None) -> Body:
    """A handle on an NPC as it is now."""
    return View(world, states=made.program.machines if made else ()).npc(id)


def lines(world: World, id: str) -> list[str]:
    """What an NPC remembers."""
    return [line.text for line in world.memories.of(id)]
