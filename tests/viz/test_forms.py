"""Forms made from a JSON Schema: what they ask, what they take, by keys and by the mouse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pygame
import pytest

from npcsim.tools.builtin import BUILTIN
from npcsim.viz.draw.ink import Ink
from npcsim.viz.draw.widgets.form import Form
from npcsim.viz.draw.widgets.toggle import Toggle
from npcsim.viz.forms import (
    CHOICE,
    DATA,
    NUMBER,
    TEXT,
    TOGGLE,
    Option,
    asked,
    checked,
    distinct,
    filtered,
)

NPCS = tuple(Option(name.lower(), name) for name in ("Mara", "Tom", "Petra", "Bran"))
SCHEMA = {
    "properties": {
        "to": {"type": "string", "format": "npc"},
        "item": {"type": "string", "enum": ["bread", "salve"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 9, "default": 1},
        "loud": {"type": "boolean", "default": False},
        "words": {"type": "string", "maxLength": 10},
    },
    "required": ["to", "item"],
}
FIELDS = asked(SCHEMA, {"npc": NPCS})
GOOD = {"to": "mara", "item": "bread", "count": "2", "loud": "true", "words": "here"}


def test_a_schema_becomes_fields_of_their_kinds() -> None:
    assert [one.kind for one in FIELDS] == [CHOICE, CHOICE, NUMBER, TOGGLE, TEXT]
    assert [one.name for one in FIELDS if one.required] == ["to", "item"]
    assert FIELDS[2].start == "1"
    parts: dict[str, Any] = {
        "a": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "b": {"type": "array"},
        "c": {"oneOf": [{"const": 3, "title": "three", "description": "few"}]},
    }
    a, b, c = asked({"properties": parts})
    assert (a.kind, a.whole, b.kind, c.options) == (
        NUMBER,
        True,
        DATA,
        (Option(3, "three", "few"),),
    )


def test_values_are_typed_and_what_may_be_left_out_is() -> None:
    values, errors = checked(FIELDS, GOOD)
    assert errors == {}
    assert values == {"to": "mara", "item": "bread", "count": 2, "loud": True, "words": "here"}
    values, errors = checked(FIELDS, {"to": " MARA ", "item": "salve"})
    assert (values, errors) == ({"to": "mara", "item": "salve"}, {})


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("to", "", "choose one"),
        ("to", "Maro", "there is no 'Maro'; did you mean 'Mara'?"),
        ("item", "gold", "there is no 'gold'; there is bread, salve"),
        ("count", "x", "this is a number, such as 3, not 'x'"),
        ("count", "nan", "this is a number, such as 3, not 'nan'"),
        ("count", "1.5", "this is a whole number, not 1.5"),
        ("count", "0", "at least 1, not 0"),
        ("count", "10", "at most 9, not 10"),
        ("words", "x" * 11, "at most 10 characters, not 11"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(name: str, typed: str, said: str) -> None:
    values, errors = checked(FIELDS, GOOD | {name: typed})
    assert errors == {name: said}
    assert name not in values


def test_every_builtin_tool_has_a_form_for_its_schema() -> None:
    for tool in BUILTIN:
        fields = asked(tool.schema["input_schema"])
        assert [one.name for one in fields] == [param.name for param in tool.params]


def test_typing_filters_options() -> None:
    assert [one.label for one in filtered(NPCS, "ra")] == ["Mara", "Petra", "Bran"]
    assert [one.label for one in filtered(NPCS, "br")] == ["Bran"]
    assert filtered(NPCS, " ") == list(NPCS)


@pytest.fixture
def surface(monkeypatch: pytest.MonkeyPatch) -> Iterator[pygame.Surface]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    yield pygame.display.set_mode((640, 480))
    pygame.quit()


class Filled:
    """A form on a surface, and what it handed over."""

    def __init__(self, surface: pygame.Surface) -> None:
        self.surface, self.ink = surface, Ink(True)
        self.done: list[tuple[dict[str, Any], str]] = []
        self.form = Form(
            "Give", FIELDS, lambda values, button: self.done.append((values, button)),
            buttons=("Give", "Offer"),
        )  # fmt: skip
        self.draw()

    def draw(self) -> None:
        self.form.draw(self.surface, self.surface.get_rect(), self.ink, True)

    def press(self, key: int, mod: int = 0) -> None:
        self.form.handle(pygame.event.Event(pygame.KEYDOWN, key=key, mod=mod, unicode=""))
        self.draw()

    def type(self, text: str) -> None:
        self.form.handle(pygame.event.Event(pygame.TEXTINPUT, text=text))
        self.draw()


def test_a_form_is_filled_in_by_keys_alone(surface: pygame.Surface) -> None:
    filled = Filled(surface)
    filled.type("pe")
    filled.press(pygame.K_RETURN)
    assert filled.form.texts["to"] == "Petra"
    filled.press(pygame.K_TAB)
    filled.type("salve")
    filled.press(pygame.K_RETURN)
    assert filled.form.texts["item"] == "salve"
    filled.press(pygame.K_BACKSPACE)
    filled.type("")
    filled.form.set("item", "")
    filled.press(pygame.K_UP)
    filled.press(pygame.K_DOWN)
    filled.press(pygame.K_DOWN)
    filled.press(pygame.K_RETURN)
    assert filled.form.texts["item"] == "salve"
    filled.press(pygame.K_TAB)
    filled.press(pygame.K_BACKSPACE)
    filled.type("3")
    filled.press(pygame.K_TAB)
    filled.press(pygame.K_SPACE)
    filled.press(pygame.K_TAB, pygame.KMOD_SHIFT)
    assert filled.form.focused == "count"
    filled.press(pygame.K_RETURN)
    assert filled.done == [({"to": "petra", "item": "salve", "count": 3, "loud": True}, "Give")]
    for _ in range(4):
        filled.press(pygame.K_TAB)
    filled.press(pygame.K_SPACE)
    assert filled.done[-1][1] == "Offer"
    filled.press(pygame.K_ESCAPE)
    assert filled.form.closed


def test_a_form_is_filled_in_by_the_mouse_alone(surface: pygame.Surface) -> None:
    filled = Filled(surface)
    form = filled.form
    to, item = form.entries["to"], form.entries["item"]
    loud = form.entries["loud"]
    assert isinstance(loud, Toggle)
    form.click(to.box.center)
    filled.draw()
    form.hover(to._rows[3][0].center)  # type: ignore[union-attr]
    form.click(to._rows[3][0].center)  # type: ignore[union-attr]
    filled.draw()
    form.click(item.box.center)
    filled.draw()
    form.click(item._rows[0][0].center)  # type: ignore[union-attr]
    filled.draw()
    form.click(loud.box.center)
    filled.draw()
    form.click(form._places[len(FIELDS) + 1].center)
    wanted = {"to": "bran", "item": "bread", "count": 1, "loud": True}
    assert filled.done == [(wanted, "Offer")]
    form.click(form._places[-1].center)
    assert form.closed


def test_a_form_that_is_wrong_goes_to_the_field_and_keeps_what_was_typed(
    surface: pygame.Surface,
) -> None:
    filled = Filled(surface)
    filled.form.set("to", "Mara")
    filled.form.set("item", "gold")
    filled.form.set("words", "hello")
    filled.form.submit()
    filled.draw()
    assert filled.done == []
    assert filled.form.focused == "item"
    assert "gold" in filled.form.errors["item"]
    assert filled.form.texts["words"] == "hello"
    filled.type("s")
    assert filled.form.errors == {}


@pytest.mark.parametrize("size", [(60, 40), (320, 200), (1200, 900)])
def test_a_form_fits_into_any_window(surface: pygame.Surface, size: tuple[int, int]) -> None:
    filled = Filled(pygame.display.set_mode(size))
    for _ in range(8):
        filled.press(pygame.K_TAB)
        filled.form.wheel(-1)
    assert filled.form.box.height <= size[1]


def test_who_is_called_alike_is_told_apart_and_chosen() -> None:
    alike = (Option("tom_1", "Tom"), Option("tom_2", "Tom"), Option("ida", "Ida"))
    assert [one.label for one in distinct(alike)] == ["Tom (tom_1)", "Tom (tom_2)", "Ida"]
    same = (Option("rest", "rest"), Option("rest", "rest"))
    assert distinct(same) == same
    taken: list[dict[str, Any]] = []
    fields = asked({"properties": {"to": {"format": "npc"}}, "required": ["to"]}, {"npc": alike})
    form = Form("Give", fields, lambda values, button: taken.append(values))
    for key in (pygame.K_DOWN, pygame.K_RETURN, pygame.K_RETURN):
        form.handle(pygame.event.Event(pygame.KEYDOWN, key=key, mod=0, unicode=""))
    form.set("to", "tom_1")
    form.submit()
    assert taken == [{"to": "tom_2"}, {"to": "tom_1"}]


def test_a_value_is_chosen_though_another_option_reads_like_it() -> None:
    memories = (Option("7", "2"), Option("2", "Ivo paid."))
    taken: list[dict[str, Any]] = []
    fields = asked({"properties": {"m": {"format": "memory"}}}, {"memory": memories})
    form = Form("Fork", fields, lambda values, button: taken.append(values))
    for text in ("2", "7"):
        form.set("m", text)
        form.submit()
    assert taken == [{"m": "2"}, {"m": "7"}]
