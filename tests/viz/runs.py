"""Small runs made by hand, as the window would read them."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pygame

from npcsim import events as ev

STATES = ("idle", "walk", "sleep", "fight")
GAUGES = (
    ev.Gauge("hp", 0.0, 100.0, 0.0),
    ev.Gauge("hunger", 0.0, 1.0, 0.01, need=True),
)
OPTIONS = ("buy bread", "talk with Tobin", "wait")


def started(count: int = 3, picture: ev.MapPicture | None = None) -> ev.RunStarted:
    """A run of `count` NPCs a tile apart; serials are 10, 11, ... in the order of the cast."""
    names = ("Mara", "Tobin", "Elsa")
    cast = tuple(
        ev.Cast(
            serial=10 + at,
            id=names[at].lower() if at < 3 else f"npc{at}",
            name=names[at] if at < 3 else f"Npc {at}",
            archetype="baker" if at % 2 else "guard",
            behaviour="villager",
            x=1.5 + at % 200,
            y=1.5 + at // 200,
            state="idle",
            mind=at < 3,
            items={"coin": 5} if at == 0 else {},
        )
        for at in range(count)
    )
    return ev.RunStarted(
        tick=0,
        run="village-1",
        scenario="village",
        title="A morning",
        seed=1,
        mind_seed=2,
        tick_ms=60_000,
        start_ms=6 * 3_600_000,
        end_tick=20,
        cast=cast,
        places=(ev.PlaceMark("inn", "The Inn", 3.0, 2.0, ((1, 1, 5, 4),)),),
        ways=(),
        spots=(ev.SpotMark("bed_1", "bed", 2.0, 2.0, "inn"),),
        gauges=GAUGES,
        machines=(ev.Machine("villager", STATES, ("a", "b")),),
        picture=picture,
        models={"local": "tiny"},
        versions={},
        initial=np.array([100.0] * count + [0.2] * count),
    )


def moved(tick: int, *steps: tuple[int, float, float]) -> ev.Moved:
    """Serials with their new positions in tiles."""
    who, x, y = zip(*steps, strict=True)
    return ev.Moved(
        tick,
        np.array(who, dtype=np.uint32),
        np.round(np.array(x) * 1024).astype(np.int32),
        np.round(np.array(y) * 1024).astype(np.int32),
    )


def decided(tick: int, **other: object) -> ev.Decided:
    """Mara's decision t1, for the second option."""
    made = ev.Decided(
        tick=tick,
        thought="t1",
        npc="mara",
        purpose="plan",
        tier="local",
        options=OPTIONS,
        utilities=(0.5, 0.4, 0.1),
        probabilities=(0.2, 0.7, 0.1),
        blended=(0.35, 0.55, 0.1),
        pick=1,
        text="",
        fallback=False,
        reason="drawn at temper 0.2",
    )
    return replace(made, **other)  # type: ignore[arg-type]


def asked(tick: int = 1) -> ev.Asked:
    """Mara's thought t1."""
    return ev.Asked(
        tick, "t1", "mara", "plan", "her goal is done", "local", "options are close", 3, OPTIONS,
        (0.5, 0.4, 0.1),
    )  # fmt: skip


def landed(tick: int = 3, error: str = "") -> ev.Landed:
    """The answer to t1, or its failure."""
    answer = None if error else {"pick": 1}
    return ev.Landed(tick, "t1", "mara", "local", "tiny", "k", answer, error, False, 0.0)


def speech(tick: int, who: str, words: str, to: str = "") -> ev.Signalled:
    return ev.Signalled(tick, "speech", who, 1.5, 1.5, "inn", 8.0, words, to)


def story(picture: ev.MapPicture | None = None) -> list[ev.Event]:
    """Six ticks in which something of nearly every kind happens."""
    events: list[ev.Event] = [started(picture=picture), asked(), moved(1, (10, 2.5, 1.5))]
    events += [ev.TickEnded(1, "a"), speech(2, "tobin", "Good morning, Mara!", "mara")]
    events += [ev.TickEnded(2, "b"), landed(), decided(3), ev.TickEnded(3, "c")]
    events += [ev.ActStarted(4, "mara", 1, "say", {}, "talk with Tobin", 6, "mind")]
    events += [moved(4, (10, 3.5, 1.5), (11, 3.5, 2.5)), ev.TickEnded(4, "d")]
    events += [ev.Remembered(5, "mara", "Tobin greeted me", "heard", 0.4), ev.TickEnded(5, "e")]
    events += [ev.Fell(6, "elsa", "", "hunger"), ev.TickEnded(6, "f"), ev.RunEnded(6, "end", "f")]
    return events


def walled_map(width: int = 20, height: int = 12) -> ev.MapPicture:
    """A map with a wall down its middle that is open at the last row only."""
    blocked = [int(x == 10 and y < height - 1) for y in range(height) for x in range(width)]
    sheet = pygame.Surface((33, 16))
    sheet.fill((90, 140, 80))
    sheet.fill((120, 100, 90), (17, 0, 16, 16))
    png = io.BytesIO()
    pygame.image.save(sheet, png, "tiles.png")
    text = base64.b64encode(png.getvalue()).decode()
    return ev.MapPicture(
        width, height, 16,
        (ev.LayerPicture("ground", tuple(1 + cell for cell in blocked)),),
        (ev.TilesetPicture(1, 2, 2, 16, 16, 0, 1, text),),
        tuple(blocked),
    )  # fmt: skip
