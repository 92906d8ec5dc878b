"""NPCs as small pixel figures, drawn from letters: own art, no files."""

from __future__ import annotations

import zlib
from functools import cache

import pygame

from npcsim.viz.draw.ink import CAST, DARK, GREEN, PAPER, VERMILION, Colour, mix
from npcsim.viz.scene import DOWN, LEFT, RIGHT, UP

# o outline, h hair, s skin, e eye, c clothes, d dark clothes, l legs, b boots
_FRONT = (
    "...oooooo...",
    "..ohhhhhho..",
    ".ohhhhhhhho.",
    ".ohhsssshho.",
    ".ohssssssho.",
    ".oosessesoo.",
    "..osssssso..",
    "...oossoo...",
    "..occcccco..",
    ".occcccccco.",
    ".osccccccso.",
    ".oocddddcoo.",
)
_BACK = (
    "...oooooo...",
    "..ohhhhhho..",
    ".ohhhhhhhho.",
    ".ohhhhhhhho.",
    ".ohhhhhhhho.",
    ".oohhhhhhoo.",
    "..ohhhhhho..",
    "...oossoo...",
    "..occcccco..",
    ".occcccccco.",
    ".osccccccso.",
    ".oocddddcoo.",
)
_SIDE = (
    "...oooooo...",
    "..ohhhhhho..",
    ".ohhhhhhhho.",
    ".ohhhhhssso.",
    ".ohhhhsseso.",
    ".oohhsssso..",
    "..oohsssso..",
    "...oosso....",
    "..occccco...",
    "..occcccco..",
    "..occsccco..",
    "..oocdddoo..",
)
_LEGS = (
    ("..olloollo..", "..olloollo..", "..obboobbo..", "...oo..oo..."),
    ("..olloollo..", "..obboollo..", "...oo.obbo..", ".......oo..."),
    ("..olloollo..", "..olloobbo..", "..obbo.oo...", "...oo......."),
)
_SIDE_LEGS = (
    ("...olllo....", "...olllo....", "...obbbo....", "....ooo....."),
    ("..ollollo...", ".ollooollo..", ".obbo.obbo..", "..oo...oo..."),
    ("...olllo....", "...ollbo....", "...obboo....", "....oo......"),
)
# Headgear: what an archetype wears, so that shape tells it too. Rows over the head; space keeps.
_HATS: tuple[tuple[str, ...], ...] = (
    (),
    (
        "...oooooo   ",
        "..okkkkkko  ",
        ".okkkkkkkko ",
        ".ojjjjjjjjo ",
    ),
    (
        "...okkkko...",
        "..okkkkkko..",
        ".ojjjjjjjjo.",
        "okkkkkkkkkko",
        "oooooooooooo",
    ),
    (
        "..oooooooo..",
        ".okkkkkkkko.",
        "okkkkkkkkkko",
        "okko    okko",
        "oko      oko",
        "oko      oko",
        ".oo      oo.",
    ),
    (
        "....ojjo....",
        "..oookkooo..",
        ".okkkkkkkko.",
        ".okjjjjjjko.",
        ".ok      ko.",
    ),
    (
        "            ",
        "            ",
        ".okkkkkkkko ",
        ".oo    ookko",
        "         oko",
    ),
)
_HAIR: tuple[Colour, ...] = (
    (62, 42, 34),
    (120, 74, 38),
    (196, 148, 72),
    (34, 32, 40),
    (150, 66, 40),
    (176, 172, 168),
)
_SKIN: tuple[Colour, ...] = ((248, 212, 176), (226, 176, 132), (178, 122, 84), (122, 80, 56))
_OUTLINE: Colour = (34, 27, 38)
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


def archetype_colour(order: int) -> Colour:
    """The colour of the archetype that came `order`-th in the cast."""
    return CAST[order % len(CAST)]


class Figures:
    """Ready-made pictures of figures and icons, by look, facing, step and size."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], pygame.Surface] = {}

    def figure(self, who: str, order: int, facing: int, step: int, size: int) -> pygame.Surface:
        """A figure 12*size wide and 16*size high. `step` is 0 (stands) to 3 of its stride."""
        salt = zlib.crc32(who.encode())
        looks = (salt % len(_HAIR), salt // 7 % len(_SKIN), order, facing, step, size)
        if looks not in self._made:
            self._made[looks] = self._draw(*looks)
        return self._made[looks]

    def fallen(self, who: str, order: int, size: int) -> pygame.Surface:
        """A figure that lies on its side, greyed."""
        key = ("fallen", who, order, size)
        if key not in self._made:
            lying = pygame.transform.rotate(self.figure(who, order, DOWN, 0, size), 90)
            grey = pygame.transform.grayscale(lying)
            self._made[key] = grey
        return self._made[key]

    def icon(self, name: str, size: int) -> pygame.Surface:
        """A state's icon, 7*size and a rim of `size` on each side."""
        key = ("icon", name, size)
        if key not in self._made:
            first, second = _ICON_COLOURS[name]
            art = _paint(_ICONS[name], {"#": first, "+": second}, 7)
            made = pygame.Surface((9, 9), pygame.SRCALPHA)
            mask = pygame.mask.from_surface(art)
            rim = mask.to_surface(setcolor=(*_OUTLINE, 255), unsetcolor=(0, 0, 0, 0))
            for at in ((0, 1), (2, 1), (1, 0), (1, 2), (1, 1)):
                made.blit(rim, at)
            made.blit(art, (1, 1))
            self._made[key] = pygame.transform.scale_by(made, size)
        return self._made[key]

    def dot(self, order: int, size: int) -> pygame.Surface:
        """A figure seen from afar: one of four shapes in the archetype's colour."""
        key = ("dot", order, size)
        if key not in self._made:
            self._made[key] = _dot(archetype_colour(order), order % 4, size)
        return self._made[key]

    def health(self, share: float, flash: bool) -> pygame.Surface:
        """A bar for over a head, 24 x 7, filled to `share` (0..1); bright-rimmed on a blow."""
        fill = round(20 * share)
        key = ("health", fill, flash)
        if key not in self._made:
            made = pygame.Surface((24, 7), pygame.SRCALPHA)
            if flash:
                made.fill(PAPER)
            pygame.draw.rect(made, DARK, (1, 1, 22, 5))
            pygame.draw.rect(made, GREEN if share > 0.5 else VERMILION, (2, 2, fill, 3))
            self._made[key] = made
        return self._made[key]

    def shadow(self, size: int) -> pygame.Surface:
        """A soft ellipse to stand on."""
        key = ("shadow", size)
        if key not in self._made:
            made = pygame.Surface((10 * size, 4 * size), pygame.SRCALPHA)
            pygame.draw.ellipse(made, (0, 0, 0, 80), made.get_rect())
            self._made[key] = made
        return self._made[key]

    def _draw(
        self, hair: int, skin: int, order: int, facing: int, step: int, size: int
    ) -> pygame.Surface:
        stride = (0, 1, 0, 2)[step % 4]
        sideways = facing in (LEFT, RIGHT)
        body = _SIDE if sideways else _BACK if facing == UP else _FRONT
        legs = (_SIDE_LEGS if sideways else _LEGS)[stride]
        clothes = archetype_colour(order)
        hat = mix(clothes, (255, 255, 255), 0.25)
        colours = {
            "o": _OUTLINE,
            "h": _HAIR[hair],
            "s": _SKIN[skin],
            "e": (30, 26, 36),
            "c": clothes,
            "d": mix(clothes, (0, 0, 0), 0.35),
            "l": mix(clothes, (40, 36, 52), 0.72),
            "b": (70, 50, 40),
            "k": hat,
            "j": mix(hat, (0, 0, 0), 0.4),
        }
        art = _paint((*body, *legs), colours, 12)
        art.blit(_paint(_HATS[order % len(_HATS)], colours, 12), (0, -1 if order % 6 > 1 else 0))
        if facing == LEFT:
            art = pygame.transform.flip(art, True, False)
        return pygame.transform.scale_by(art, size)


def _paint(rows: tuple[str, ...], colours: dict[str, Colour], width: int) -> pygame.Surface:
    made = pygame.Surface((width, max(1, len(rows))), pygame.SRCALPHA)
    for y, row in enumerate(rows):
        for x, letter in enumerate(row):
            if letter in colours:
                made.set_at((x, y), colours[letter])
    return made


def _dot(colour: Colour, shape: int, size: int) -> pygame.Surface:
    made = pygame.Surface((size, size), pygame.SRCALPHA)
    end, middle = size - 1, size // 2
    if shape == 0:
        pygame.draw.circle(made, colour, (middle, middle), max(1, middle))
    elif shape == 1:
        made.fill(colour)
    elif shape == 2:
        pygame.draw.polygon(made, colour, [(middle, 0), (end, end), (0, end)])
    else:
        pygame.draw.polygon(made, colour, [(middle, 0), (end, middle), (middle, end), (0, middle)])
    return made
