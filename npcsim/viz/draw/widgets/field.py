"""A line of text that is typed: any letters an input method can make, a caret, a selection of all.

The window hands it key and text events while it is `active`. What an input method is composing is
shown underlined and is no part of `text` yet.
"""

from __future__ import annotations

import unicodedata

import pygame

from npcsim.viz.draw.ink import BOARD, EDGE, FAINT, NIGHT, SKY, TEXT, Ink

LONGEST = 2000  # letters
SIZE = 16
PAD = 8


class Field:
    """`hint` is shown while it is empty, `text` is what was typed."""

    def __init__(self, hint: str = "", text: str = "") -> None:
        self.hint = hint
        self.text = text
        self.caret = len(text)
        self.composing = ""
        self.active = False
        self.box = pygame.Rect(0, 0, 0, 0)

    def focus(self, on: bool = True) -> None:
        """Take the keyboard, or let go of it; an input method is started only where it is there."""
        self.active, self.composing = on, ""
        if not pygame.display.get_init():
            return
        if on:
            pygame.key.start_text_input()
            pygame.key.set_text_input_rect(self.box)
        else:
            pygame.key.stop_text_input()

    def set(self, text: str) -> None:
        """Another text, with the caret at its end."""
        self.text, self.composing = text[:LONGEST], ""
        self.caret = len(self.text)

    def handle(self, event: pygame.event.Event) -> bool:
        """Whether the field took the event. Enter and Esc are left to whoever owns it."""
        if not self.active:
            return False
        if event.type == pygame.TEXTINPUT:
            self._insert(event.text)
            return True
        if event.type == pygame.TEXTEDITING:
            self.composing = event.text
            return True
        return event.type == pygame.KEYDOWN and self._key(event)

    def _key(self, event: pygame.event.Event) -> bool:
        key, ctrl = event.key, event.mod & (pygame.KMOD_CTRL | pygame.KMOD_META)
        if self.composing:
            return True  # the input method has these
        if key == pygame.K_BACKSPACE:
            start = 0 if ctrl else self._before(self.caret)
            self.text, self.caret = self.text[:start] + self.text[self.caret :], start
        elif key == pygame.K_DELETE:
            self.text = self.text[: self.caret] + self.text[self._after(self.caret) :]
        elif key == pygame.K_LEFT:
            self.caret = self._before(self.caret)
        elif key == pygame.K_RIGHT:
            self.caret = self._after(self.caret)
        elif key == pygame.K_HOME:
            self.caret = 0
        elif key == pygame.K_END:
            self.caret = len(self.text)
        elif ctrl and key == pygame.K_u:
            self.set("")
        else:
            # Letters come once more, as text; keys that make none are the window's.
            return not ctrl and len(getattr(event, "unicode", "")) == 1 and event.unicode >= " "
        return True

    def _insert(self, text: str) -> None:
        fresh = "".join(letter for letter in text if letter.isprintable())
        fresh = fresh[: max(0, LONGEST - len(self.text))]
        self.text = self.text[: self.caret] + fresh + self.text[self.caret :]
        self.caret += len(fresh)
        self.composing = ""

    def _before(self, at: int) -> int:
        """Where the letter before begins: marks that belong to a letter go with it."""
        at = max(0, at - 1)
        while at > 0 and _joins(self.text[at]):
            at -= 1
        return at

    def _after(self, at: int) -> int:
        at = min(len(self.text), at + 1)
        while at < len(self.text) and _joins(self.text[at]):
            at += 1
        return at

    def draw(self, surface: pygame.Surface, box: pygame.Rect, ink: Ink, beat: bool = True) -> None:
        """Draw it in `box`; the caret is shown while `beat`."""
        self.box = box
        pygame.draw.rect(surface, NIGHT if self.active else BOARD, box, border_radius=5)
        pygame.draw.rect(surface, SKY if self.active else EDGE, box, 1, border_radius=5)
        inner = box.inflate(-2 * PAD, 0)
        clip = surface.get_clip()
        surface.set_clip(inner.clip(clip))
        y = box.centery - ink.height(SIZE) // 2
        before = self.text[: self.caret]
        whole = before + self.composing + self.text[self.caret :]
        caret = ink.width(before + self.composing, SIZE)
        shift = max(0, caret - inner.width + 4)
        if whole:
            surface.blit(ink.text(whole, SIZE, TEXT), (inner.left - shift, y))
        elif self.hint:
            surface.blit(
                ink.text(ink.fit(self.hint, SIZE, inner.width), SIZE, FAINT), (inner.left, y)
            )
        if self.composing:
            left = inner.left - shift + ink.width(before, SIZE)
            low = y + ink.height(SIZE)
            pygame.draw.line(surface, SKY, (left, low), (inner.left - shift + caret, low))
        if self.active and beat:
            x = inner.left - shift + caret
            pygame.draw.line(surface, TEXT, (x, box.top + 5), (x, box.bottom - 6))
        surface.set_clip(clip)


def _joins(letter: str) -> bool:
    """Whether a letter belongs to the one before: an accent, a skin tone, a joiner."""
    return (
        unicodedata.combining(letter) > 0
        or letter in "\u200d\ufe0f"
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
    )
