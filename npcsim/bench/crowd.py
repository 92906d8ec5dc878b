"""A town of any size on a map of 140 x 100 tiles, as files: what `npcsim bench frames` draws."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from npcsim.assembly.build import read
from npcsim.assembly.code.finding import find_scenario
from npcsim.assembly.runs.session import open_session
from npcsim.events import Event

WIDE, HIGH = 140, 100
MIDDLE = (96.0, 71.0)
"""What to look at (tiles): the village that the crowd walks about in."""
MINDS = 12
"""NPCs that think, where models are on; the others live by their state machine alone."""
KINDS = ("guard", "baker", "miller", "farmer", "fisher", "innkeeper")
WORKS = ("walk", "work", "talk", "eat", "watch", "rest")
STAY = 6  # seconds that they stay at a place
SCENARIO = """\
scenario: crowd
title: A crowd in town
map: town.tmx
clock: {{tick: 1 s, start: "12:00"}}
think: {{local: 4 s, rest: 10 s}}
attributes:
  hunger: {{range: 0..1, start: 0.3, grows: 0.5 / h, need: true, words: [peckish, starving]}}
archetypes:
{kinds}
npcs:
{npcs}
behaviour:
{machines}
"""


def write_crowd(folder: Path, npcs: int) -> Path:
    """Write a scenario of so many NPCs, and its map, into a folder; -> the scenario's file."""
    world = find_scenario("03_village_morning").parents[1] / "worlds" / "oakvale"
    shutil.copy(world / "tiles.png", folder / "tiles.png")
    places = _write_map(world / "map.tmx", folder / "town.tmx")
    machines = [line for at in range(len(KINDS)) for line in _machine(at, places)]
    kinds = [
        f"  {kind}: {{speed: 1.5, sight: 6, behaviour: {kind}_day, look: {kind}}}" for kind in KINDS
    ]
    kinds.append("  thinker: {is: guard, mind: true, tools: [go_to, say, wait]}")
    text = SCENARIO.format(
        kinds="\n".join(kinds), npcs="\n".join(_cast(npcs, places)), machines="\n".join(machines)
    )
    path = folder / "crowd.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def crowd_events(folder: Path, npcs: int, ticks: int) -> list[Event]:
    """What happens to such a crowd in so many ticks, without models."""
    return asyncio.run(_lived(write_crowd(folder, npcs), ticks))


async def _lived(path: Path, ticks: int) -> list[Event]:
    events: list[Event] = []
    session = await open_session(read(path), models={}, ticks=ticks)
    session.simulation.subscribe(lambda tick, new: events.extend(new))
    try:
        async for _ in session.simulation:
            continue
    finally:
        await session.close()
    return events


def _cast(npcs: int, places: list[str]) -> Iterator[str]:
    thinkers = min(MINDS, npcs)
    yield f"  thinker: {{is: thinker, count: {thinkers}, at: market, home: market}}"
    groups = len(KINDS) * len(places)
    for number in range(groups):
        count = (npcs - thinkers) // groups + (number < (npcs - thinkers) % groups)
        kind, place = KINDS[number % len(KINDS)], places[number // len(KINDS)]
        if count:
            yield f"  {kind}_{place}: {{is: {kind}, count: {count}, at: {place}, home: {place}}}"


def _machine(at: int, places: list[str]) -> Iterator[str]:
    """A day's round from place to place, begun elsewhere by each kind."""
    first = at * len(places) // len(KINDS)
    turn = places[first:] + places[:first]
    names = [f"{WORKS[(at + n) % len(WORKS)]}_{place}" for n, place in enumerate(turn)]
    yield f"  {KINDS[at]}_day:"
    for number, (name, place) in enumerate(zip(names, turn, strict=True)):
        when = f", from: {names[number - 1]}, when: at({turn[number - 1]}) and since > {STAY}"
        yield f"    {name}: {{do: go_to({place}){when if number else ''}}}"
    yield (
        f"    again: {{from: {names[-1]}, when: at({turn[-1]}) and since > {STAY}, to: {names[0]}}}"
    )


def _write_map(source: Path, target: Path) -> list[str]:
    """A map of WIDE x HIGH made of one map over and over; -> the places, in the last copy whole."""
    tree = ElementTree.parse(source)
    root = tree.getroot()
    wide, high = int(root.attrib["width"]), int(root.attrib["height"])
    root.attrib |= {"width": str(WIDE), "height": str(HIGH)}
    places: list[str] = []
    for group in root.findall("objectgroup"):
        if group.attrib["name"] != "places":
            root.remove(group)
            continue
        for thing in group:
            thing.attrib["x"] = str(int(thing.attrib["x"]) + wide * 16)
            thing.attrib["y"] = str(int(thing.attrib["y"]) + high * 16)
            if thing.attrib["name"] not in places:
                places.append(thing.attrib["name"])
    for layer in root.findall("layer"):
        layer.attrib |= {"width": str(WIDE), "height": str(HIGH)}
        data = layer.find("data")
        assert data is not None
        gids = [gid.strip() for gid in (data.text or "").split(",")]
        data.text = ",".join(
            gids[y % high * wide + x % wide] for y in range(HIGH) for x in range(WIDE)
        )
    tree.write(target, encoding="utf-8", xml_declaration=True)
    return places
