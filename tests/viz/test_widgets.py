"""Pages whose lines lead somewhere, and fields that are typed into."""

from __future__ import annotations

from collections.abc import Iterator

import pygame
import pytest

from npcsim.viz.draw.ink import Ink
from npcsim.viz.draw.widgets.field import Field
from npcsim.viz.draw.widgets.link import Do, Goto
from npcsim.viz.draw.widgets.page import Page


@pytest.fixture
def surface(monkeypatch: pytest.MonkeyPatch) -> Iterator[pygame.Surface]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    yield pygame.display.set_mode((300, 200))
    pygame.quit()


def filled(page: Page, lines: int) -> None:
    """Draw a page of lines of 20 pixels each."""
    top = page.begin(pygame.Rect(0, 0, 100, 100))
    for number in range(lines):
        page.link(pygame.Rect(0, top + 20 * number, 100, 20), Goto(tick=number))
    page.end(top + 20 * lines)


def test_a_page_scrolls_as_far_as_it_has_lines() -> None:
    page = Page()
    filled(page, 8)
    page.wheel(-99)
    filled(page, 8)
    assert page.scroll == 60
    assert page.at((5, 95)) == Goto(tick=7)
    assert page.at((5, 105)) is None
    filled(page, 2)
    assert page.scroll == 60  # known again with the next frame
    filled(page, 2)
    assert page.scroll == 0


def test_the_focus_goes_from_line_to_line_and_scrolls_along() -> None:
    page = Page()
    filled(page, 8)
    for _ in range(6):
        page.move_focus(1)
        filled(page, 8)
    assert page.focused == Goto(tick=5)
    assert page.scroll > 0
    page.move_focus(-1)
    assert page.focused == Goto(tick=4)
    page.focused = Do("gone")
    page.move_focus(-1)
    assert page.focused == Goto(tick=7)


def typed(field: Field, *parts: str | int) -> None:
    """Letters as text, keys by their number."""
    for part in parts:
        if isinstance(part, int):
            event = pygame.event.Event(pygame.KEYDOWN, key=part, mod=0, unicode="")
        else:
            event = pygame.event.Event(pygame.TEXTINPUT, text=part)
        assert field.handle(event)


def test_a_field_takes_any_letters(surface: pygame.Surface) -> None:
    field = Field("say something")
    assert not field.handle(pygame.event.Event(pygame.TEXTINPUT, text="a"))
    field.focus()
    typed(field, "안녕", "é", "x\n", pygame.K_LEFT, pygame.K_LEFT, "!", pygame.K_END, "👍🏽")
    assert field.text == "안녕!éx👍🏽"
    typed(field, pygame.K_BACKSPACE, pygame.K_HOME, pygame.K_DELETE)
    assert field.text == "녕!éx"
    typed(field, pygame.K_END, "e\u0301", pygame.K_BACKSPACE)
    assert field.text == "녕!éx"


def test_what_an_input_method_composes_is_not_yet_text(surface: pygame.Surface) -> None:
    field, ink = Field(), Ink()
    field.focus()
    field.draw(surface, pygame.Rect(0, 0, 200, 30), ink)
    before = pygame.image.tobytes(surface, "RGB")
    assert field.handle(pygame.event.Event(pygame.TEXTEDITING, text="ㅎ", start=0, length=1))
    field.draw(surface, pygame.Rect(0, 0, 200, 30), ink)
    assert pygame.image.tobytes(surface, "RGB") != before
    assert field.text == ""
    typed(field, pygame.K_BACKSPACE, "한")  # the input method has the key while it composes
    assert (field.text, field.composing) == ("한", "")


def test_keys_that_are_no_letters_are_left_to_the_window(surface: pygame.Surface) -> None:
    field = Field()
    field.focus()
    for key in (pygame.K_F1, pygame.K_ESCAPE, pygame.K_RETURN):
        event = pygame.event.Event(pygame.KEYDOWN, key=key, mod=0, unicode="")
        assert not field.handle(event)
    letter = pygame.event.Event(pygame.KEYDOWN, key=pygame.K_l, mod=0, unicode="l")
    assert field.handle(letter)  # comes once more, as text
    assert field.text == ""
