"""What is shown over a head: icons of states and moods, and health. Own art, no files."""

from __future__ import annotations

from functools import cache

import numpy as np
import pygame

from npcsim.viz.draw.ink import DARK, GREEN, ORANGE, PAPER, VERMILION, Colour

_OUTLINE: Colour = (34, 27, 38)
HEALTH_STEPS = 20
# The mark over a head, by what the name of the state says. 7 x 7; # is ink, + is a second tone.
_ICONS: dict[str, tuple[str, ...]] = {
    "fight": ("#.....#", ".#...#.", "..#.#..", "...#...", "+.#.#.+", ".+...+.", "+.+.+.+"),
    "flee": ("..###..", "..###..", "..###..", "...#...", "...#...", ".......", "...#..."),
    "sleep": ("#####..", "...#...", "..#....", ".#.....", "#####++", "....+..", "...++++"),
    "eat": ("...+...", "..+....", ".##.##.", "#######", "#######", ".#####.", "..#.#.."),
    "work": (".####..", "######.", ".####..", "..++...", "..++...", "..++...", "..++..."),
    "hurt": ("..###..", "..#+#..", "###+###", "#+++++#", "###+###", "..#+#..", "..###.."),
    "chase": ("#..#...", ".#..#..", "..#..#.", "...#..#", "..#..#.", ".#..#..", "#..#..."),
    "walk": ("...#...", "...##..", "######.", "#######", "######.", "...##..", "...#..."),
    "talk": (".#####.", "#######", "#+#+#+#", "#######", ".#####.", "..#....", ".#....."),
    "watch": (".......", "..###..", ".#...#.", "#..#..#", ".#...#.", "..###..", "......."),
    "glad": (".#####.", "#######", "##+#+##", "#######", "#+###+#", "##+++##", ".#####."),
    "sad": (".#####.", "#######", "##+#+##", "#######", "##+++##", "#+###+#", ".#####."),
    "upset": (".#####.", "#+###+#", "##+#+##", "#######", "##+++##", "##+++##", ".#####."),
}
_ICON_COLOURS: dict[str, tuple[Colour, Colour]] = {
    "fight": ((235, 235, 240), (230, 159, 0)),
    "flee": ((240, 228, 66), (240, 228, 66)),
    "sleep": ((150, 205, 245), (110, 165, 215)),
    "eat": ((230, 110, 60), (90, 190, 120)),
    "work": ((205, 205, 215), (190, 130, 70)),
    "hurt": ((245, 245, 245), (213, 94, 0)),
    "chase": ((230, 159, 0), (230, 159, 0)),
    "walk": ((205, 205, 215), (205, 205, 215)),
    "talk": ((245, 245, 245), (70, 70, 85)),
    "watch": ((240, 228, 66), (240, 228, 66)),
    "glad": ((240, 228, 66), (90, 70, 20)),
    "sad": ((86, 180, 233), (20, 50, 80)),
    "upset": ((235, 110, 60), (80, 20, 10)),
}
_WORDS: dict[str, tuple[str, ...]] = {
    "fight": ("fight", "attack", "brawl", "strike", "combat", "hit"),
    "flee": ("flee", "afraid", "panic", "scared", "hide", "escape", "retreat", "run"),
    "sleep": ("sleep", "rest", "nap", "bed", "tired"),
    "eat": ("eat", "drink", "meal", "feast", "hungry"),
    "work": ("work", "craft", "forge", "bake", "farm", "build", "chop", "mine", "harvest"),
    "hurt": ("hurt", "heal", "wound", "sick", "recover"),
    "chase": ("chase", "pursue", "hunt", "follow"),
    "talk": ("talk", "chat", "speak", "trade", "greet", "social"),
    "watch": ("watch", "guard", "patrol", "look", "alert"),
    "walk": ("walk", "go", "travel", "wander", "move", "return"),
}


@cache
def icon_of(state: str) -> str:
    """Which icon a state's name calls for; empty for a state that says nothing of these."""
    words = state.lower().replace("-", "_").split("_")
    for icon, stems in _WORDS.items():
        for word in words:
            if any(word.startswith(stem) if len(stem) > 3 else word == stem for stem in stems):
                return icon
    return ""


class Badges:
    """Ready-made marks over heads: a mood's icon beside a state's, and health under them."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], pygame.Surface] = {}

    def badge(
        self, icon: str, mood: str, health: int, struck: bool, size: int
    ) -> pygame.Surface | None:
        """What goes over a head, its foot in the middle of its lower edge; None for nothing.

        `health`: steps of `HEALTH_STEPS`, or -1 for a bar that needn't be shown. `struck`: on a
        blow the bar has a bright rim. `size`: of a figure's pixels.
        """
        if not icon and not mood and health < 0:
            return None
        key = (icon, mood, health, struck, size)
        if key not in self._made:
            self._made[key] = quick(_badge(icon, mood, health, struck, size))
        return self._made[key]


def _badge(icon: str, mood: str, health: int, struck: bool, size: int) -> pygame.Surface:
    scale = size if size < 3 else size - 1
    marks = [icon_art(name, scale) for name in (mood, icon) if name]
    bar = _health(health, struck) if health >= 0 else None
    across = sum(mark.get_width() for mark in marks) + max(0, len(marks) - 1)
    tall = max((mark.get_height() for mark in marks), default=0)
    wide = max(across, bar.get_width() if bar else 0)
    made = pygame.Surface((wide, tall + (bar.get_height() + 1 if bar else 0)), pygame.SRCALPHA)
    x = (wide - across) // 2
    for mark in marks:
        made.blit(mark, (x, 0))
        x += mark.get_width() + 1
    if bar:
        made.blit(bar, bar.get_rect(midbottom=(wide // 2, made.get_height())))
    return made


@cache
def icon_art(name: str, scale: int) -> pygame.Surface:
    """An icon, 7 pixels of `scale` and a rim of one on each side."""
    first, second = _ICON_COLOURS[name]
    art = paint(_ICONS[name], {"#": first, "+": second}, 7)
    made = pygame.Surface((9, 9), pygame.SRCALPHA)
    mask = pygame.mask.from_surface(art)
    rim = mask.to_surface(setcolor=(*_OUTLINE, 255), unsetcolor=(0, 0, 0, 0))
    for at in ((0, 1), (2, 1), (1, 0), (1, 2), (1, 1)):
        made.blit(rim, at)
    made.blit(art, (1, 1))
    return pygame.transform.scale_by(made, scale)


def _health(steps: int, struck: bool) -> pygame.Surface:
    """A bar of 24 x 7. That it is low is told by its length, its colour and a notch."""
    made = pygame.Surface((24, 7), pygame.SRCALPHA)
    if struck:
        made.fill(PAPER)
    pygame.draw.rect(made, DARK, (1, 1, 22, 5))
    share = steps / HEALTH_STEPS
    colour = GREEN if share > 0.5 else ORANGE if share > 0.25 else VERMILION
    pygame.draw.rect(made, colour, (2, 2, steps, 3))
    if share <= 0.5:
        pygame.draw.line(made, PAPER, (12, 2), (12, 4))
    return made


def paint(rows: tuple[str, ...], colours: dict[str, Colour], width: int) -> pygame.Surface:
    """A picture from rows of letters, one pixel each; letters without a colour are clear."""
    if not rows:
        return pygame.Surface((width, 1), pygame.SRCALPHA)
    # All pixels at once: set one by one, a crowd's figures made some frames late.
    inks = np.zeros((128, 4), dtype=np.uint8)
    for letter, colour in colours.items():
        inks[ord(letter)] = (*colour, 255)
    letters = np.frombuffer("".join([row.ljust(width) for row in rows]).encode("ascii"), np.uint8)
    made = pygame.Surface((width, len(rows)), pygame.SRCALPHA)  # in the format that blits fastest
    made.blit(pygame.image.frombytes(inks[letters].tobytes(), made.get_size(), "RGBA"), (0, 0))
    return made


def quick(art: pygame.Surface) -> pygame.Surface:
    """The same picture, run-length encoded: clear pixels cost nothing to draw over and over."""
    art.set_alpha(255, pygame.RLEACCEL)
    return art
