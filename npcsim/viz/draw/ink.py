"""Colours and words: a palette that colour-blind eyes can tell apart, and rendered text, kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import pygame

from npcsim.viz.draw.letters import Letters

Colour = tuple[int, int, int]
Surface = pygame.Surface

# Okabe and Ito's palette ("Color Universal Design", 2008), in an order that keeps neighbours apart.
ORANGE: Colour = (230, 159, 0)
SKY: Colour = (86, 180, 233)
GREEN: Colour = (0, 158, 115)
PURPLE: Colour = (204, 121, 167)
YELLOW: Colour = (240, 228, 66)
BLUE: Colour = (0, 114, 178)
VERMILION: Colour = (213, 94, 0)
PALE: Colour = (222, 222, 222)
CAST = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW, PALE)

NIGHT: Colour = (20, 23, 31)
BOARD: Colour = (27, 31, 41)
RAISED: Colour = (41, 47, 61)
EDGE: Colour = (60, 68, 86)
TEXT: Colour = (236, 233, 224)
SOFT: Colour = (164, 172, 188)
FAINT: Colour = (112, 121, 140)
PAPER: Colour = (252, 248, 238)
DARK: Colour = (26, 24, 32)
TIERS: dict[str, Colour] = {"reflex": SOFT, "local": SKY, "cloud": PURPLE}
KEPT_TEXTS = 4000


class Ink:
    """A store of rendered words. One per window; pygame.font must be initialised.

    `same_everywhere`: only with fonts that come along, so that pixels don't depend on the machine.
    """

    def __init__(self, same_everywhere: bool = False) -> None:
        self._letters = Letters(same_everywhere)
        self._texts: OrderedDict[tuple[str, int, Colour, Colour | None], Surface] = OrderedDict()
        self._widths: dict[tuple[str, int], int] = {}
        self._wrapped: dict[tuple[str, int, int, int], list[str]] = {}

    def width(self, text: str, size: int) -> int:
        """Pixels that a line of text takes."""
        key = (text, size)
        if key not in self._widths:
            if len(self._widths) > KEPT_TEXTS:
                self._widths.clear()
            self._widths[key] = self._letters.width(text, size)
        return self._widths[key]

    def height(self, size: int) -> int:
        """Pixels from one line of text to the next."""
        return self._letters.height(size)

    def text(self, text: str, size: int, colour: Colour, rim: Colour | None = None) -> Surface:
        """A line of text on nothing; with `rim`, outlined so that it reads on any ground."""
        key = (text, size, colour, rim)
        made = self._texts.get(key)
        if made is None:
            made = self._letters.render(text, size, colour)
            if rim is not None:
                made = _rimmed(made, self._letters.render(text, size, rim))
            self._texts[key] = made
            if len(self._texts) > KEPT_TEXTS:
                self._texts.popitem(last=False)
        return made

    def fit(self, text: str, size: int, width: int) -> str:
        """The text, or as much of it as fits in `width` pixels, with an ellipsis."""
        if self.width(text, size) <= width:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(text[:middle].rstrip() + "…", size) <= width:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + "…"

    def wrap(self, text: str, size: int, width: int, lines: int = 99) -> list[str]:
        """The text in lines of at most `width` pixels; the last ends in an ellipsis if cut."""
        key = (text, size, width, lines)
        if key not in self._wrapped:
            if len(self._wrapped) > KEPT_TEXTS:
                self._wrapped.clear()
            self._wrapped[key] = self._wrap(text, size, width, lines)
        return self._wrapped[key]

    def _wrap(self, text: str, size: int, width: int, lines: int) -> list[str]:
        out: list[str] = []
        line = ""
        for word in _words(text, lambda part: self.width(part, size) <= width):
            longer = f"{line} {word}" if line else word
            if not line or self.width(longer, size) <= width:
                line = longer
            else:
                out.append(line)
                line = word
        if line:
            out.append(line)
        if len(out) > lines:
            out = [*out[: lines - 1], self.fit(" ".join(out[lines - 1 :]), size, width)]
        return out


def _words(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Words of a text; one too long for a line is cut where it stops fitting."""
    out: list[str] = []
    for word in text.split():
        while word and not fits(word):
            cut = next((n for n in range(len(word) - 1, 1, -1) if fits(word[:n])), 1)
            out.append(word[:cut])
            word = word[cut:]
        if word:
            out.append(word)
    return out


def _rimmed(top: Surface, under: Surface) -> Surface:
    made = pygame.Surface((top.get_width() + 2, top.get_height() + 2), pygame.SRCALPHA)
    for dx, dy in ((0, 0), (1, 0), (2, 0), (0, 1), (2, 1), (0, 2), (1, 2), (2, 2)):
        made.blit(under, (dx, dy))
    made.blit(top, (1, 1))
    return made


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """A colour between two; `share` 0 is the first, 1 the second."""
    return (
        int(a[0] + (b[0] - a[0]) * share),
        int(a[1] + (b[1] - a[1]) * share),
        int(a[2] + (b[2] - a[2]) * share),
    )


def tier_colour(tier: str) -> Colour:
    """The colour of a tier's mark."""
    return TIERS.get(tier, YELLOW)


def tier_mark(ink: Ink, tier: str, size: int) -> Surface:
    """A tier's badge: its letter on a shape of its own, so that colour is not needed."""
    made = pygame.Surface((size, size), pygame.SRCALPHA)
    colour, middle = tier_colour(tier), size // 2
    if tier == "local":
        pygame.draw.rect(made, colour, made.get_rect(), border_radius=max(1, size // 6))
    elif tier == "cloud":
        pygame.draw.circle(made, colour, (middle, middle), middle)
    else:
        points = [(middle, 0), (size - 1, middle), (middle, size - 1), (0, middle)]
        pygame.draw.polygon(made, colour, points)
    letter = ink.text((tier or "?")[0].upper(), size - 3, DARK)
    made.blit(letter, letter.get_rect(center=(middle, middle)))
    return made
