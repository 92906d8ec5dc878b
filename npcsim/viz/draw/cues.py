"""What changed in somebody, rising from their head: blows, healing, things that change hands."""

from __future__ import annotations

from collections.abc import Iterable

import pygame

from npcsim.viz.draw.ink import DARK, PALE, YELLOW, Colour, Ink
from npcsim.viz.people import Cue

RISE = 22  # screen pixels that a cue rises while it is shown
ASIDE = 9
STEP = 13  # between cues of one NPC
SIZE = 17
FADES = 0.6  # from which share of its time on it fades
BLOW: Colour = (255, 136, 92)  # lighter than the palette's: they stand on any ground
CURE: Colour = (110, 224, 170)
LOOKS: dict[str, tuple[Colour, int]] = {
    "hurt": (BLOW, 20),
    "healed": (CURE, SIZE),
    "got": (YELLOW, SIZE),
    "gave": (PALE, SIZE),
}


def draw_cues(
    surface: pygame.Surface,
    ink: Ink,
    cues: Iterable[Cue],
    heads: dict[int, tuple[int, int]],
    moment: float,
    life: float,
) -> None:
    """Cues of those whose heads are at points of the screen, by row.

    `moment` is now, in ticks; each cue is shown for `life` ticks from the start of its own. That
    something was lost or won is told by its sign; colour says it again.
    """
    above: dict[int, int] = {}
    for cue in cues:
        age = (moment - (cue.tick - 1)) / life
        at = heads.get(cue.row)
        if at is None or not 0.0 <= age < 1.0:
            continue
        colour, size = LOOKS[cue.kind]
        art = ink.text(cue.text, size, colour, DARK)
        stack = above.get(cue.row, 0)
        above[cue.row] = stack + 1
        aside = (cue.row % 3 - 1) * ASIDE  # those who fight stand close together
        box = art.get_rect(midbottom=(at[0] + aside, at[1] - round(RISE * age) - stack * STEP))
        art.set_alpha(255 if age < FADES else round(255 * (1.0 - age) / (1.0 - FADES)))
        surface.blit(art, box)
        art.set_alpha(255)
