"""A form over the map: fields made from a JSON Schema, buttons, and what is wrong with each field.

It has the keyboard while it is open: Tab and Shift+Tab go from field to field, Enter chooses in a
list or does what the first button says, Space turns a switch, Esc closes the form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pygame

from npcsim.viz.draw.ink import BOARD, EDGE, FAINT, NIGHT, RAISED, SKY, SOFT, TEXT, VERMILION, Ink
from npcsim.viz.draw.widgets.choice import ENTER, Choice
from npcsim.viz.draw.widgets.field import Field
from npcsim.viz.draw.widgets.toggle import Toggle
from npcsim.viz.forms import CHOICE, DATA, NUMBER, TOGGLE, Asked, checked, distinct

WIDE = 420
PAD = 16
SIZE = 16
SMALL = 14
TALL = 30
CLOSE = "Close"
HINTS = {NUMBER: "a number", DATA: "JSON"}
Entry = Field | Choice | Toggle
Done = Callable[[dict[str, Any], str], object]


class Form:
    """`done(values, button)` is called with checked values by name and the label of the button.

    It leaves the form open, so that what goes wrong can be told in it (`said`, `waiting`); who owns
    the form takes it away. `closed` is set by Esc and by the button Close. `changed`: called with a
    field's name whenever its text has become another.
    """

    def __init__(
        self,
        title: str,
        fields: Sequence[Asked],
        done: Done,
        *,
        about: str = "",
        buttons: Sequence[str] = ("Do it",),
        changed: Callable[[str], None] | None = None,
    ) -> None:
        self.title, self.about = title, about
        self.fields = tuple(replace(one, options=distinct(one.options)) for one in fields)
        self.entries: dict[str, Entry] = {one.name: _entry(one) for one in self.fields}
        self.buttons = (*buttons, CLOSE)
        self.errors: dict[str, str] = {}
        self.said = ""
        self.waiting = False
        self.closed = False
        self.box = pygame.Rect(0, 0, 0, 0)
        self._done, self._changed = done, changed
        self._at = 0
        self._scroll = 0
        self._places: list[pygame.Rect] = []
        self._body = pygame.Rect(0, 0, 0, 0)
        self.focus(0)

    @property
    def texts(self) -> dict[str, str]:
        """What stands in each field."""
        return {name: entry.text for name, entry in self.entries.items()}

    def set(self, name: str, text: str) -> None:
        """Put something into a field."""
        self.entries[name].set(text)

    def focus(self, at: int) -> None:
        """Give the keyboard to a field, or behind the fields to a button."""
        for entry in self.entries.values():
            entry.focus(False)
        self._at = at % (len(self.fields) + len(self.buttons))
        if self._at < len(self.fields):
            self.entries[self.fields[self._at].name].focus()

    def close(self) -> None:
        """Let go of the keyboard."""
        self.closed = True
        for entry in self.entries.values():
            entry.focus(False)

    @property
    def focused(self) -> str:
        """The name of the field that has the keyboard; empty where a button has it."""
        return self.fields[self._at].name if self._at < len(self.fields) else ""

    def submit(self, button: str = "") -> None:
        """Check, and hand over what was typed; or go to the first field that is wrong."""
        if self.waiting:
            return
        values, self.errors = checked(self.fields, self.texts)
        self.said = ""
        if self.errors:
            names = [one.name for one in self.fields]
            self.focus(names.index(next(name for name in names if name in self.errors)))
            return
        self._done(values, button or self.buttons[0])

    # ---- keyboard and mouse

    def handle(self, event: pygame.event.Event) -> bool:
        """Take a key or text event; True, as nothing else has the keyboard while a form is open."""
        entry = self.entries.get(self.focused)
        before = entry.text if entry is not None else ""
        if entry is None or not entry.handle(event):
            self._key(event)
        if entry is not None and entry.text != before:
            self._edited()
        return True

    def _edited(self) -> None:
        name = self.focused
        self.errors.pop(name, None)
        self.said = ""
        if self._changed is not None and name:
            self._changed(name)

    def _key(self, event: pygame.event.Event) -> None:
        if event.type != pygame.KEYDOWN:
            return
        if event.key == pygame.K_ESCAPE:
            self.close()
        elif event.key in (pygame.K_TAB, pygame.K_DOWN, pygame.K_UP):
            back = event.key == pygame.K_UP or bool(event.mod & pygame.KMOD_SHIFT)
            self.focus(self._at + (-1 if back else 1))
        elif event.key in (*ENTER, pygame.K_SPACE):
            if self._at >= len(self.fields):
                self._press(self.buttons[self._at - len(self.fields)])
            elif event.key in ENTER:
                self.submit()

    def _press(self, button: str) -> None:
        if button == CLOSE:
            self.close()
        else:
            self.submit(button)

    def click(self, at: tuple[int, int]) -> bool:
        """Whether the form took a click: on a list, a field, a button, or just on itself."""
        listed = self.entries.get(self.focused)
        if isinstance(listed, Choice) and listed.open and listed.list_box.collidepoint(at):
            before = listed.text
            listed.click(at)
            if listed.text != before:
                self._edited()
            return True
        for number, box in enumerate(self._places):
            if not box.collidepoint(at) or not self.box.collidepoint(at):
                continue
            if number >= len(self.fields):
                self._press(self.buttons[number - len(self.fields)])
                return True
            self.focus(number)
            entry = self.entries[self.focused]
            if isinstance(entry, Toggle) and entry.click(at):
                self._edited()
            return True
        return self.box.collidepoint(at)

    def hover(self, at: tuple[int, int]) -> None:
        """The mouse is there."""
        entry = self.entries.get(self.focused)
        if isinstance(entry, Choice):
            entry.hover(at)

    def wheel(self, steps: int) -> None:
        """Through an open list, or through a form that is longer than the window."""
        entry = self.entries.get(self.focused)
        if isinstance(entry, Choice) and entry.open:
            entry.wheel(steps)
        else:
            self._scroll -= steps * TALL

    # ---- drawing

    def draw(self, surface: pygame.Surface, view: pygame.Rect, ink: Ink, beat: bool) -> None:
        """Draw it in the middle of the view."""
        wide = min(WIDE, view.width)
        inner = wide - 2 * PAD
        about = ink.wrap(self.about, SMALL, inner, 3) if self.about else []
        said = "..." if self.waiting else self.said
        lines = ink.wrap(said, SMALL, inner, 4) if said else []
        step = ink.height(SMALL) + 2
        rows = [step + TALL + 8 + (step if one.name in self.errors else 0) for one in self.fields]
        head = 44 + step * len(about) + (6 if about else 0)
        foot = 52 + step * len(lines)
        tall = min(head + sum(rows) + foot, view.height)
        self.box = pygame.Rect(0, 0, wide, tall)
        self.box.center = view.center
        pygame.draw.rect(surface, BOARD, self.box, border_radius=8)
        pygame.draw.rect(surface, EDGE, self.box, 1, border_radius=8)
        left, y = self.box.left + PAD, self.box.top + 14
        surface.blit(ink.text(ink.fit(self.title, 20, inner), 20, TEXT), (left, y))
        for number, line in enumerate(about):
            surface.blit(ink.text(line, SMALL, SOFT), (left, self.box.top + 42 + step * number))
        self._body = pygame.Rect(left - 4, self.box.top + head, inner + 8, tall - head - foot)
        self._places = self._draw_fields(surface, ink, rows, inner, beat)
        y = self._body.bottom + 4
        for line in lines:
            surface.blit(ink.text(line, SMALL, SOFT if self.waiting else VERMILION), (left, y))
            y += step
        self._draw_buttons(surface, ink, left, y + 6)
        entry = self.entries.get(self.focused)
        if isinstance(entry, Choice):
            entry.draw_list(surface, ink, surface.get_rect())

    def _draw_fields(
        self, surface: pygame.Surface, ink: Ink, rows: list[int], inner: int, beat: bool
    ) -> list[pygame.Rect]:
        body, step = self._body, ink.height(SMALL) + 2
        over = max(0, sum(rows) - body.height)
        if self._at < len(rows):  # the field that has the keyboard is always to be seen
            top = sum(rows[: self._at])
            self._scroll = min(max(self._scroll, top + rows[self._at] - body.height), top)
        self._scroll = min(max(self._scroll, 0), over)
        clip, y = surface.get_clip(), body.top - self._scroll
        surface.set_clip(body.clip(clip))
        places = []
        for one, tall in zip(self.fields, rows, strict=True):
            left = body.left + 4
            self._label(surface, ink, one, pygame.Rect(left, y, inner, step))
            box = pygame.Rect(left, y + step, inner, TALL)
            entry = self.entries[one.name]
            if isinstance(entry, Toggle):
                entry.draw(surface, box, ink)
            else:
                entry.draw(surface, box, ink, beat)
            if why := self.errors.get(one.name, ""):
                text = ink.fit(f"! {why}", SMALL, inner)
                surface.blit(ink.text(text, SMALL, VERMILION), (left, box.bottom + 2))
            places.append(box)
            y += tall
        surface.set_clip(clip)
        return places

    def _label(self, surface: pygame.Surface, ink: Ink, one: Asked, box: pygame.Rect) -> None:
        made = ink.text(one.title, SMALL, SOFT)
        surface.blit(made, box.topleft)
        about = one.about or ("" if one.required else "may be left out")
        room = box.width - made.get_width() - 16
        if about and room > 60:
            note = ink.text(ink.fit(about, SMALL, room), SMALL, FAINT)
            surface.blit(note, note.get_rect(topright=(box.right, box.top)))

    def _draw_buttons(self, surface: pygame.Surface, ink: Ink, left: int, top: int) -> None:
        mouse, x = pygame.mouse.get_pos(), left
        for number, label in enumerate(self.buttons):
            on = self._at == len(self.fields) + number
            made = ink.text(label, SIZE, TEXT if number == 0 or on else SOFT)
            box = pygame.Rect(x, top, made.get_width() + 24, TALL)
            pygame.draw.rect(
                surface, RAISED if on or box.collidepoint(mouse) else NIGHT, box, border_radius=5
            )
            edge = SKY if on or number == 0 else EDGE
            pygame.draw.rect(surface, edge, box, 2 if on else 1, border_radius=5)
            surface.blit(made, made.get_rect(center=box.center))
            self._places.append(box)
            x = box.right + 8


def _entry(one: Asked) -> Entry:
    if one.kind == TOGGLE:
        return Toggle(one.start == "true")
    if one.kind == CHOICE:
        return Choice(one.options, one.start)
    return Field(HINTS.get(one.kind, ""), one.start)
