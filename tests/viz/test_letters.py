"""Every letter is drawn: by a font that comes along, or as a box that tells its number."""

from __future__ import annotations

from collections.abc import Iterator

import pygame
import pytest

from npcsim.viz.draw.ink import TEXT, Ink
from npcsim.viz.draw.letters import BOXED, OWN, Letters

HANGUL, KANA_KANJI, SYMBOLS, EMOJI = OWN


@pytest.fixture(autouse=True)
def fonts() -> Iterator[None]:
    pygame.font.init()
    yield
    pygame.quit()


@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("Good morning, Mara!", None),
        ("Crème brûlée, Ærøskøbing, Привет, Γειά", None),
        ("안녕하세요뷁", HANGUL),
        ("こんにちは日本語漢字", KANA_KANJI),
        ("❤☠⚔→✓★♪ẞ", SYMBOLS),
        ("🙂😡👍💤🍞🥖🧿", EMOJI),
    ],
)
def test_each_script_has_a_font_on_every_machine(text: str, font: str | None) -> None:
    runs = Letters(same_everywhere=True)._runs(text.replace(" ", ""))
    assert {path for path, _ in runs} == {font}


def test_one_line_may_have_many_scripts_and_stands_on_one_base_line() -> None:
    ink = Ink(same_everywhere=True)
    words = ("Mara", "안녕", "日本", "😀", "é")
    line = ink.text("".join(words), 16, TEXT)
    assert line.get_width() == ink.width("".join(words), 16) == sum(ink.width(w, 16) for w in words)
    plain, mixed = ink.text("Mara", 16, TEXT), ink.text("Mara안", 16, TEXT)
    latin = mixed.subsurface((0, 0, plain.get_width(), mixed.get_height())).get_bounding_rect()
    assert latin.size == plain.get_bounding_rect().size


def test_a_letter_that_no_font_has_is_a_box_with_its_number() -> None:
    ink = Ink(same_everywhere=True)
    assert Letters(True)._runs("\u0e01") == [(BOXED, "\u0e01")]
    boxes = [ink.text(letter, 16, TEXT) for letter in ("\u0e01", "\u0e02", "\U0001e900")]
    assert len({pygame.image.tobytes(box, "RGBA") for box in boxes}) == 3
    assert boxes[2].get_width() > boxes[0].get_width() > 8


def test_accents_and_syllables_in_pieces_are_put_together_and_joiners_are_left_out() -> None:
    letters = Letters(True)
    assert letters._runs("e\u0301") == [(None, "é")]
    assert letters._runs("\u1112\u1161\u11ab") == [(HANGUL, "한")]
    assert letters._runs("\U0001f44d\U0001f3fd\u200d\ufe0f") == letters._runs("\U0001f44d")
    assert letters._runs("") == []
