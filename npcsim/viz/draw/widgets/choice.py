"""A field that chooses among options: typing filters them, arrows or the mouse choose one."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from npcsim.viz.draw.ink import EDGE, FAINT, NIGHT, RAISED, SKY, SOFT, TEXT, Ink
from npcsim.viz.draw.widgets.field import Field
from npcsim.viz.forms import Option, filtered

ROWS = 8
ROW = 24
SIZE = 16
SMALL = 14
ENTER = (pygame.K_RETURN, pygame.K_KP_ENTER)


class Choice:
    """`text` is the label of what is chosen, or what was typed so far. The list is open while the
    field has the keyboard and nothing was chosen since."""

    def __init__(self, options: Sequence[Option], text: str = "", hint: str = "") -> None:
        self.options = tuple(options)
        self.field = Field(hint or "type to filter, arrows choose")
        self.open = False
        self.at = 0
        self._first = 0
        self._rows: list[tuple[pygame.Rect, Option]] = []
        self.list_box = pygame.Rect(0, 0, 0, 0)
        self.set(text)

    @property
    def text(self) -> str:
        return self.field.text

    @property
    def active(self) -> bool:
        return self.field.active

    @property
    def box(self) -> pygame.Rect:
        return self.field.box

    def set(self, text: str) -> None:
        """Choose by value or label; what is neither stands as it was typed."""
        named = [one.label for one in self.options if text == one.value]
        named += [one.label for one in self.options if text == one.label]
        self.field.set(named[0] if named else text)

    def focus(self, on: bool = True) -> None:
        """Take the keyboard and open the list, or let go of it."""
        self.field.focus(on)
        self.open = on
        self.at = self._place() if on else 0

    def shown(self) -> list[Option]:
        """The options that fit what was typed; all of them, where that is one of them already."""
        chosen = any(self.field.text == one.label for one in self.options)
        return filtered(self.options, "" if chosen else self.field.text)

    def _place(self) -> int:
        labels = [one.label for one in self.shown()]
        return labels.index(self.field.text) if self.field.text in labels else 0

    def handle(self, event: pygame.event.Event) -> bool:
        """Whether it took the event. Enter is taken only while there is something to choose."""
        if not self.active:
            return False
        if event.type == pygame.KEYDOWN and not self.field.composing:
            shown = self.shown()
            if event.key in (pygame.K_DOWN, pygame.K_UP):
                step = 1 if event.key == pygame.K_DOWN else -1
                self.at = (self.at + step) % max(1, len(shown)) if self.open else self._place()
                self.open = True
                return True
            if event.key in ENTER and self.open and shown:
                self._choose(shown[min(self.at, len(shown) - 1)])
                return True
        before = self.field.text
        taken = self.field.handle(event)
        if self.field.text != before:
            self.open, self.at = True, self._place()
        return taken

    def _choose(self, option: Option) -> None:
        self.field.set(option.label)
        self.open = False

    def click(self, at: tuple[int, int]) -> bool:
        """Whether it was clicked: a row of the open list is chosen."""
        if self.open and self.list_box.collidepoint(at):
            for box, option in self._rows:
                if box.collidepoint(at):
                    self._choose(option)
            return True
        return self.field.box.collidepoint(at)

    def hover(self, at: tuple[int, int]) -> None:
        """The mouse is there."""
        for number, (box, _) in enumerate(self._rows if self.open else ()):
            if box.collidepoint(at):
                self.at = self._first + number

    def wheel(self, steps: int) -> None:
        """Go through the open list."""
        self.at = min(max(self.at - steps, 0), max(0, len(self.shown()) - 1))

    def draw(self, surface: pygame.Surface, box: pygame.Rect, ink: Ink, beat: bool) -> None:
        """The field; what is open is drawn afterwards, by `draw_list`."""
        self.field.draw(surface, box, ink, beat)
        x, y = box.right - 14, box.centery
        pygame.draw.polygon(surface, SOFT, [(x - 4, y - 2), (x + 4, y - 2), (x, y + 3)])

    def draw_list(self, surface: pygame.Surface, ink: Ink, limits: pygame.Rect) -> None:
        """The open list below its field, or above where there is no room."""
        self._rows = []
        if not (self.open and self.active):
            return
        shown = self.shown()
        count = min(ROWS, len(shown))
        field, tall = self.field.box, max(1, count) * ROW + 6
        box = pygame.Rect(field.left, field.bottom + 2, field.width, tall)
        if box.bottom > limits.bottom and field.top - 2 - tall >= limits.top:
            box.bottom = field.top - 2
        self.list_box = box
        pygame.draw.rect(surface, NIGHT, box, border_radius=5)
        pygame.draw.rect(surface, EDGE, box, 1, border_radius=5)
        if not shown:
            surface.blit(ink.text("nothing fits", SIZE, FAINT), (box.left + 10, box.top + 5))
            return
        self.at = min(self.at, len(shown) - 1)
        self._first = min(max(self._first, self.at - count + 1), self.at, len(shown) - count)
        for number, option in enumerate(shown[self._first : self._first + count]):
            row = pygame.Rect(box.left + 3, box.top + 3 + number * ROW, box.width - 6, ROW)
            self._row(surface, ink, row, option, self._first + number == self.at)

    def _row(
        self, surface: pygame.Surface, ink: Ink, row: pygame.Rect, option: Option, lit: bool
    ) -> None:
        if lit:
            pygame.draw.rect(surface, RAISED, row, border_radius=4)
            pygame.draw.rect(surface, SKY, (row.left, row.top + 4, 2, row.height - 8))
        label = ink.text(ink.fit(option.label, SIZE, row.width - 20), SIZE, TEXT)
        surface.blit(label, label.get_rect(midleft=(row.left + 8, row.centery)))
        room = row.width - label.get_width() - 32
        if option.about and room > 40:
            about = ink.text(ink.fit(option.about, SMALL, room), SMALL, FAINT)
            surface.blit(about, about.get_rect(midright=(row.right - 6, row.centery)))
        self._rows.append((row, option))
