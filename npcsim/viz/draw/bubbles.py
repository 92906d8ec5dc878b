"""Speech and thought bubbles, placed so that they cover each other as little as may be."""

from __future__ import annotations

from collections import OrderedDict

import pygame

from npcsim.viz.draw.icons import quick
from npcsim.viz.draw.ink import DARK, PAPER, Ink, tier_mark

WIDEST = 190
LINES = 4
SIZE = 16
NAME = 15
PAD = 7
TAIL = 7
AT_ONCE = 24
KEPT = 200
PATIENCE = 2500  # how much worse a bubble's place may get before it looks for another
# Where a thought's cloud has its puffs (x, y) and how large.
_PUFFS = ((12, 13, 10), (24, 11, 11), (38, 12, 11), (44, 16, 8), (20, 18, 9), (33, 18, 9))
# How far a bubble may be shifted aside and lifted, the dearer the farther.
_TRIES = sorted(
    ((shift, lift) for shift in (0, -24, 24, -70, 70, -120, 120) for lift in (0, 26, 52, 84, 120)),
    key=lambda move: abs(move[0]) * 3 + move[1] * 5,
)


class Bubbles:
    """Bubbles of one frame: `begin`; `say` and `think`, the nearest to the eye first; `end`."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink
        self._made: OrderedDict[tuple[object, ...], pygame.Surface] = OrderedDict()
        self._taken: list[pygame.Rect] = []
        self._of: list[tuple[pygame.Rect, int]] = []  # whose each bubble with words is
        self._said: list[tuple[pygame.Surface, pygame.Rect, tuple[int, int]]] = []
        self._last: dict[tuple[int, str], tuple[tuple[int, int], int]] = {}
        self._now: dict[tuple[int, str], tuple[tuple[int, int], int]] = {}

    def begin(self, keep_clear: list[pygame.Rect]) -> None:
        """A new frame; bubbles had better not cover these."""
        self._taken, self._of, self._said = list(keep_clear), [], []
        self._last, self._now = self._now, {}

    def whose(self, point: tuple[int, int]) -> int | None:
        """Who says or thinks the words at a point of the screen."""
        found = (row for box, row in reversed(self._of) if box.collidepoint(point))
        return next(found, None)

    def say(self, view: pygame.Rect, speaker: int, words: str, at: tuple[int, int]) -> None:
        """A bubble with words whose tail points at `at` (over the head of `speaker`); `end`
        draws it."""
        art = self._speech(words)
        box = self._place(art, view, (speaker, words), at)
        self._taken += [box, _tail(box, at)]
        self._of.append((box, speaker))
        self._said.append((art, box, at))

    def end(self, surface: pygame.Surface) -> None:
        """Draw what is said: tails first, so that none crosses the words of another."""
        feet = []
        for _, box, at in self._said:
            foot = min(max(at[0], box.left + 12), box.right - 12)
            feet.append(foot)
            if box.bottom < at[1]:
                tail = [(foot - 5, box.bottom - 2), (foot + 5, box.bottom - 2), at]
                pygame.draw.polygon(surface, PAPER, tail)
                pygame.draw.lines(surface, DARK, False, [tail[0], at, tail[1]], 2)
        for (art, box, at), foot in zip(self._said, feet, strict=True):
            surface.blit(art, box)
            if box.bottom < at[1]:
                seam = box.bottom - 2
                pygame.draw.line(surface, PAPER, (foot - 4, seam), (foot + 3, seam), 2)

    def think(
        self,
        surface: pygame.Surface,
        view: pygame.Rect,
        tier: str,
        beat: int,
        at: tuple[int, int],
        named: bool,
    ) -> None:
        """A thought bubble with a tier's mark, and its name if `named`; `beat` moves its dots."""
        art = self._thought(tier, beat % 3, named)
        box = art.get_rect(bottomleft=(at[0] + 2, at[1] + 4)).clamp(view)
        surface.blit(art, box)
        self._taken.append(box)

    def muse(
        self,
        surface: pygame.Surface,
        view: pygame.Rect,
        thinker: int,
        words: str,
        at: tuple[int, int],
    ) -> None:
        """A bubble with words that are still coming, over the head of `thinker`."""
        art = self._speech(words)
        # Its place goes by who thinks, or it would jump with every word.
        box = self._place(art, view, (thinker, ""), at)
        self._taken.append(box)
        self._of.append((box, thinker))
        if box.bottom < at[1]:
            for share, size in ((0.35, 4), (0.7, 2)):
                x = box.centerx + round((at[0] - box.centerx) * share)
                y = box.bottom + round((at[1] - box.bottom) * share)
                pygame.draw.circle(surface, DARK, (x, y), size + 1)
                pygame.draw.circle(surface, PAPER, (x, y), size)
        surface.blit(art, box)

    def _place(
        self, art: pygame.Surface, view: pygame.Rect, key: tuple[int, str], at: tuple[int, int]
    ) -> pygame.Rect:
        """Where a bubble covers least. It stays where it was last frame unless that got worse."""
        last = self._last.get(key)
        tries = [last[0], *_TRIES] if last else _TRIES
        best, chosen, least = art.get_rect(), _TRIES[0], 10**9
        for shift, lift in tries:
            box = art.get_rect(midbottom=(at[0] + shift, at[1] - TAIL - lift)).clamp(view)
            covered = (_shared(box, self._taken[i]) for i in box.collidelistall(self._taken))
            tail = _tail(box, at)
            crossed = (_shared(tail, self._taken[i]) for i in tail.collidelistall(self._taken))
            cost = sum(covered) * 4 + sum(crossed) * 12 + abs(shift) * 3 + lift * 5
            if last and cost <= last[1] + PATIENCE and (shift, lift) == last[0]:
                self._now[key] = last
                return box
            if cost < least:
                best, chosen, least = box, (shift, lift), cost
            if least <= abs(shift) * 3 + lift * 5:
                break
        self._now[key] = (chosen, least)
        return best

    def _speech(self, words: str) -> pygame.Surface:
        key = ("say", words)
        if key not in self._made:
            lines = self._ink.wrap(words, SIZE, WIDEST, LINES) or ["…"]
            rows = [self._ink.text(line, SIZE, DARK) for line in lines]
            step = self._ink.height(SIZE) + 2
            wide = max(row.get_width() for row in rows) + 2 * PAD + 2
            made = pygame.Surface((wide, step * len(rows) + 2 * PAD - 2), pygame.SRCALPHA)
            pygame.draw.rect(made, PAPER, made.get_rect(), border_radius=8)
            pygame.draw.rect(made, DARK, made.get_rect(), 2, border_radius=8)
            for number, row in enumerate(rows):
                made.blit(row, (PAD + 1, PAD + number * step))
            self._keep(key, quick(made))
        return self._made[key]

    def _thought(self, tier: str, beat: int, named: bool) -> pygame.Surface:
        key = ("think", tier, beat, named)
        if key not in self._made:
            name = self._ink.text(self._ink.fit(tier, NAME, 70), NAME, DARK) if named else None
            more = name.get_width() + 4 if name else 0
            made = pygame.Surface((54 + more, 36), pygame.SRCALPHA)
            for grow, colour in ((2, DARK), (0, PAPER)):
                for x, y, size in _PUFFS:
                    right = more if x > 30 else 0
                    pygame.draw.circle(made, colour, (x + right, y), size + grow - 2)
                inside = pygame.Rect(20, 4 - grow, 16 + more, 18 + 2 * grow)
                pygame.draw.rect(made, colour, inside)
                pygame.draw.circle(made, colour, (9, 28), 3 + grow)
                pygame.draw.circle(made, colour, (4, 33), 1 + grow)
            for number in range(3):
                lift = 1 if number == beat else 0
                pygame.draw.circle(made, DARK, (11 + number * 6, 14 - lift), 2)
            made.blit(tier_mark(self._ink, tier, 15), (30, 6))
            if name:
                made.blit(name, name.get_rect(midleft=(48, 14)))
            self._keep(key, quick(made))
        return self._made[key]

    def _keep(self, key: tuple[object, ...], made: pygame.Surface) -> None:
        self._made[key] = made
        if len(self._made) > KEPT:
            self._made.popitem(last=False)


def _tail(box: pygame.Rect, at: tuple[int, int]) -> pygame.Rect:
    """About what the tail of a bubble covers."""
    foot = min(max(at[0], box.left + 12), box.right - 12)
    left, right = min(foot, at[0]) - 3, max(foot, at[0]) + 3
    return pygame.Rect(left, box.bottom, right - left, max(0, at[1] - box.bottom))


def _shared(a: pygame.Rect, b: pygame.Rect) -> int:
    both = a.clip(b)
    return both.width * both.height
