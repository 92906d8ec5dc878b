"""Every letter drawn by a font that has it, and by a box with its number where none has."""

from __future__ import annotations

import unicodedata
from functools import cached_property
from pathlib import Path

import pygame

Colour = tuple[int, int, int]
Surface = pygame.Surface
Run = tuple[str | None, str]

FONTS = Path(__file__).parents[1] / "fonts"
OWN = tuple(str(FONTS / f"{name}.ttf") for name in ("hangul", "kana_kanji", "symbols", "emoji"))
"""Letters that pygame's own font lacks; npcsim/viz/fonts/README.md says whence they are."""
OWN_SIZE = 0.78  # of what a size means to pygame's own font, so that all look equally large
# Fonts that many systems have, for letters that those lack too.
SPARES = (
    "notosanscjkkr", "notosanscjk", "nanumgothic", "malgungothic", "applegothic",
    "applesdgothicneo", "unifont", "dejavusans", "arialunicodems", "notosans", "segoeuisymbol",
)  # fmt: skip
BOXED = ""  # instead of a font's path: letters to be drawn as boxes
# Joiners and colours of emoji: they change what they follow, which is drawn plainly here.
UNSEEN = frozenset("\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff") | {
    chr(number) for number in range(0x1F3FB, 0x1F400)
}
# Hexadecimal digits of 3 x 5 pixels: five rows of three bits each.
_DIGITS = (
    "75557", "26227", "71747", "71717", "55711", "74717", "74757", "71122",
    "75757", "75717", "25755", "65656", "34443", "65556", "74647", "74644",
)  # fmt: skip


class Letters:
    """Renders text of any script. `same_everywhere`: without fonts of the system."""

    def __init__(self, same_everywhere: bool) -> None:
        self._same_everywhere = same_everywhere
        self._fonts: dict[tuple[str | None, int], pygame.font.Font] = {}
        self._able: dict[str, str | None] = {}

    def width(self, text: str, size: int) -> int:
        """Pixels that a line of text takes."""
        return sum(
            _box_size(part)[0] if path == BOXED else self._font(path, size).size(part)[0]
            for path, part in self._runs(text)
        )

    def height(self, size: int) -> int:
        """Pixels from one line of text to the next."""
        return self._font(None, size).get_linesize()

    def render(self, text: str, size: int, colour: Colour) -> Surface:
        """A line of text on nothing; all of it stands on one base line."""
        runs = self._runs(text)
        if len(runs) <= 1 and (not runs or runs[0][0] is None):
            return self._font(None, size).render(runs[0][1] if runs else "", True, colour)
        own = self._font(None, size)
        up, down = own.get_ascent(), own.get_height() - own.get_ascent()
        made: list[tuple[Surface, int]] = []
        for path, part in runs:
            if path == BOXED:
                art = _box(part, colour)
                rise = art.get_height() - 2
            else:
                font = self._font(path, size)
                art, rise = font.render(part, True, colour), font.get_ascent()
            made.append((art, rise))
            if path is None:
                continue
            seen = art.get_bounding_rect()  # fonts leave much room that nothing is drawn in
            up, down = max(up, rise - seen.top), max(down, seen.bottom - rise)
        whole = Surface((sum(art.get_width() for art, _ in made) or 1, up + down), pygame.SRCALPHA)
        x = 0
        for art, rise in made:
            whole.blit(art, (x, up - rise))
            x += art.get_width()
        return whole

    def _runs(self, text: str) -> list[Run]:
        """Pieces of the text, each with the path of a font that can draw it."""
        out: list[Run] = []
        if text.isascii() and text.isprintable():
            return [(None, text)] if text else out
        for letter in unicodedata.normalize("NFC", text):
            if letter.isspace():
                letter = " "
            elif letter in UNSEEN or not (letter.isprintable() or ord(letter) > 0xFFFF):
                continue
            path = self._who_can(letter)
            if out and out[-1][0] == path and path != BOXED:
                out[-1] = (path, out[-1][1] + letter)
            else:
                out.append((path, letter))
        return out

    def _who_can(self, letter: str) -> str | None:
        if ord(letter) < 128:
            return None
        if letter not in self._able:
            paths = (None, *OWN, *(() if self._same_everywhere else self._spares))
            can = (path for path in paths if self._can_draw(path, letter))
            self._able[letter] = next(can, BOXED)
        return self._able[letter]

    def _can_draw(self, path: str | None, letter: str) -> bool:
        """Whether a font has the letter: what it lacks is drawn like a letter that can't exist."""
        font = self._font(path, 16)
        missing = pygame.image.tobytes(font.render("\uffff", False, (255, 255, 255)), "RGBA")
        drawn = pygame.image.tobytes(font.render(letter, False, (255, 255, 255)), "RGBA")
        return drawn != missing

    @cached_property
    def _spares(self) -> tuple[str, ...]:
        found = (pygame.font.match_font(name) for name in SPARES)
        return tuple(dict.fromkeys(path for path in found if path))

    def _font(self, path: str | None, size: int) -> pygame.font.Font:
        key = (path, size)
        if key not in self._fonts:
            own = size if path is None else max(1, round(size * OWN_SIZE))
            self._fonts[key] = pygame.font.Font(path, own)
        return self._fonts[key]


def _box_size(letter: str) -> tuple[int, int]:
    across = 2 if ord(letter) <= 0xFFFF else 3
    return across * 4 + 4, 15


def _box(letter: str, colour: Colour) -> Surface:
    """A letter that no font has, as a box with its number in it."""
    wide, tall = _box_size(letter)
    across = wide // 4 - 1
    made = Surface((wide, tall), pygame.SRCALPHA)
    pygame.draw.rect(made, colour, (1, 0, wide - 2, tall), 1)
    for number, digit in enumerate(f"{ord(letter):0{across * 2}X}"):
        left, top = 3 + number % across * 4, 2 + number // across * 6
        for y, row in enumerate(_DIGITS[int(digit, 16)]):
            for x in range(3):
                if int(row, 8) & (4 >> x):
                    made.set_at((left + x, top + y), colour)
    return made
