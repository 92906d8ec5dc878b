"""Speech and thought bubbles, placed so that they cover each other as little as may be."""

from __future__ import annotations

from collections import OrderedDict

import pygame

from npcsim.viz.draw.ink import DARK, PAPER, Ink, tier_mark

WIDEST = 190
LINES = 4
SIZE = 16
PAD = 7
TAIL = 7
AT_ONCE = 24
KEPT = 200
_SHIFTS = (0, -24, 24, -70, 70, -120, 120)
# Where a thought's cloud has its puffs (x, y) and how large.
_PUFFS = ((12, 13, 10), (24, 11, 11), (38, 12, 11), (44, 16, 8), (20, 18, 9), (33, 18, 9))
_LIFTS = (0, 26, 52, 84, 120)


class Bubbles:
    """Bubbles of one frame. `begin`, then `say` and `think` for those nearest to the eye first."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink
        self._made: OrderedDict[tuple[object, ...], pygame.Surface] = OrderedDict()
        self._taken: list[pygame.Rect] = []

    def begin(self, keep_clear: list[pygame.Rect]) -> None:
        """A new frame; bubbles had better not cover these."""
        self._taken = list(keep_clear)

    def say(
        self, surface: pygame.Surface, view: pygame.Rect, words: str, at: tuple[int, int]
    ) -> None:
        """A bubble with words whose tail points at `at` (over a head)."""
        self._put(surface, view, self._speech(words), at)

    def think(
        self, surface: pygame.Surface, view: pygame.Rect, tier: str, beat: int, at: tuple[int, int]
    ) -> None:
        """A thought bubble with a tier's mark; `beat` moves its dots."""
        art = self._thought(tier, beat % 3)
        box = art.get_rect(bottomleft=(at[0] + 2, at[1] + 4)).clamp(view)
        surface.blit(art, box)
        self._taken.append(box)

    def _put(
        self,
        surface: pygame.Surface,
        view: pygame.Rect,
        art: pygame.Surface,
        at: tuple[int, int],
    ) -> None:
        best, least = art.get_rect(midbottom=(at[0], at[1] - TAIL)).clamp(view), 10**9
        for lift in _LIFTS:
            for shift in _SHIFTS:
                box = art.get_rect(midbottom=(at[0] + shift, at[1] - TAIL - lift)).clamp(view)
                cost = sum(_shared(box, other) for other in self._taken) * 4
                cost += abs(shift) * 3 + lift * 5
                if cost < least:
                    best, least = box, cost
        self._taken.append(best)
        if best.bottom < at[1]:
            foot = min(max(at[0], best.left + 12), best.right - 12)
            tail = [(foot - 5, best.bottom - 2), (foot + 5, best.bottom - 2), at]
            pygame.draw.polygon(surface, PAPER, tail)
            pygame.draw.lines(surface, DARK, False, [tail[0], at, tail[1]], 2)
        surface.blit(art, best)
        if best.bottom < at[1]:
            pygame.draw.line(
                surface, PAPER, (foot - 4, best.bottom - 2), (foot + 3, best.bottom - 2), 2
            )

    def _speech(self, words: str) -> pygame.Surface:
        key = ("say", words)
        if key not in self._made:
            lines = self._ink.wrap(words, SIZE, WIDEST, LINES) or ["…"]
            rows = [self._ink.text(line, SIZE, DARK) for line in lines]
            step = self._ink.height(SIZE)
            wide = max(row.get_width() for row in rows) + 2 * PAD + 2
            made = pygame.Surface((wide, step * len(rows) + 2 * PAD - 2), pygame.SRCALPHA)
            pygame.draw.rect(made, PAPER, made.get_rect(), border_radius=8)
            pygame.draw.rect(made, DARK, made.get_rect(), 2, border_radius=8)
            for number, row in enumerate(rows):
                made.blit(row, (PAD + 1, PAD + number * step))
            self._keep(key, made)
        return self._made[key]

    def _thought(self, tier: str, beat: int) -> pygame.Surface:
        key = ("think", tier, beat)
        if key not in self._made:
            made = pygame.Surface((54, 36), pygame.SRCALPHA)
            for grow, colour in ((2, DARK), (0, PAPER)):
                for x, y, size in _PUFFS:
                    pygame.draw.circle(made, colour, (x, y), size + grow - 2)
                pygame.draw.circle(made, colour, (9, 28), 3 + grow)
                pygame.draw.circle(made, colour, (4, 33), 1 + grow)
            for number in range(3):
                lift = 1 if number == beat else 0
                pygame.draw.circle(made, DARK, (11 + number * 6, 14 - lift), 2)
            made.blit(tier_mark(self._ink, tier, 15), (30, 6))
            self._keep(key, made)
        return self._made[key]

    def _keep(self, key: tuple[object, ...], made: pygame.Surface) -> None:
        self._made[key] = made
        if len(self._made) > KEPT:
            self._made.popitem(last=False)


def _shared(a: pygame.Rect, b: pygame.Rect) -> int:
    both = a.clip(b)
    return both.width * both.height
