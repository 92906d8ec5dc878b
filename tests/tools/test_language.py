"""Texts by language, and Korean particles."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import Body, Effect, View, tool
from npcsim.tools.binding import bind
from npcsim.tools.language import PARTICLES, each, fill, said, with_particle
from npcsim.tools.tool import Tool
from tests.worlds_in_text import built

VILLAGE = """
size: [9, 9]
npcs: {ida: {name: 이다, mind: true, x: 2, y: 2}, bo: {name: 봄, x: 3, y: 2}}
items: {loaf: {name: 빵}, tea: {name: 차}}
"""


@pytest.mark.parametrize(
    ("word", "particle", "wanted"),
    [
        ("빵", "을", "빵을"),
        ("차", "을", "차를"),
        ("차", "를", "차를"),
        ("빵", "를", "빵을"),
        ("봄", "이", "봄이"),
        ("이다", "가", "이다가"),
        ("마라", "은", "마라는"),
        ("봄", "는", "봄은"),
        ("빵", "와", "빵과"),
        ("차", "과", "차와"),
        ("봄", "야", "봄아"),
        ("마라", "아", "마라야"),
        ("집", "로", "집으로"),
        ("학교", "으로", "학교로"),
        ("길", "으로", "길로"),
        ("물", "을", "물을"),
        ("아침", "이다", "아침이다"),
        ("오후", "이다", "오후다"),
        ("봄", "에게", "봄에게"),
        ("Mara", "이", "Mara가"),
        ("Bran", "이", "Bran이"),
        ("Hazel", "으로", "Hazel로"),
        ("Tom", "은", "Tom은"),
        ("loaf of bread", "을", "loaf of bread를"),
        ("guard-3", "이", "guard-3이"),
        ("guard-2", "이", "guard-2가"),
        ("guard-1", "으로", "guard-1로"),
        ("빵(두 개)", "을", "빵(두 개)를"),
        ("'봄'", "이", "'봄'이"),
        ("", "을", "를"),
        ("…", "이", "…가"),
    ],
)
def test_the_particle_follows_the_last_sound(word: str, particle: str, wanted: str) -> None:
    assert with_particle(word, particle) == wanted


def test_what_is_no_particle_is_refused() -> None:
    with pytest.raises(ValueError, match="'을을' is no particle"):
        with_particle("빵", "을을")


def test_either_form_of_a_pair_gives_the_same() -> None:
    for form, (closed, open_) in PARTICLES.items():
        for word in ("봄", "차", "길", "Bo", "Karl", "7"):
            assert with_particle(word, form) in (word + closed, word + open_)
            assert with_particle(word, closed) == with_particle(word, form)


def test_a_language_has_its_own_text_or_the_english_one_or_the_only_one() -> None:
    both = {"ko": "간다", "en": "go"}
    assert (said(both, "ko"), said(both, "en"), said(both, "fr")) == ("간다", "go", "go")
    assert said({"ko": "간다"}, "en") == "간다"
    assert said("go", "ko") == "go"
    assert each(both, "I {}".format) == {"ko": "I 간다", "en": "I go"}


def test_names_are_filled_in_with_particles_or_a_plain_format() -> None:
    assert fill("{who:이} {n:03d} {{x}}", who="봄", n=7) == "봄이 007 {x}"


@tool(
    option={"en": "hand {to} the {what}", "ko": "{to:에게} {what:을} 건넨다"},
    seen={"ko": "{me:이} 건넨다"},
)
def hand(me: Body, view: View, to: Body, what: str) -> list[Effect]:
    """Hand something over."""
    return []


def texts(made: Tool, path: Path, language: str) -> tuple[str, str, str]:
    view = View(built(path, f"{VILLAGE}\nlanguage: {language}\n").world)
    me = view.npc("ida")
    bound = bind(made, ["bo", "빵"], me, view)
    return bound.text(made.option, me), bound.text(made.seen, me), bound.text(made.did, me)


def test_a_tool_is_worded_in_the_language_of_the_scenario(tmp_path: Path) -> None:
    assert texts(hand, tmp_path, "ko") == (
        "봄에게 빵을 건넨다", "이다가 건넨다", "I did: 봄에게 빵을 건넨다"
    )  # fmt: skip
    assert texts(hand, tmp_path, "en")[0] == "hand 봄 the 빵"


def test_what_is_no_particle_and_no_text_is_refused_when_the_tool_is_made() -> None:
    def wrong(me: Body, view: View, to: Body) -> list[Effect]:
        """Nothing."""
        return []

    with pytest.raises(TypeError, match="'을을' is no Korean particle"):
        tool(option={"ko": "{to:을을} 본다"})(wrong)
    with pytest.raises(TypeError, match=r"may name .me., .to., no more"):
        tool(option={"en": "see {to}", "ko": "{nobody:을} 본다"})(wrong)
    with pytest.raises(TypeError, match="a wording is a text, or texts by language, not 3"):
        tool(option={"en": 3})(wrong)  # type: ignore[dict-item]


def test_tools_find_their_own_words_by_the_view(tmp_path: Path) -> None:
    view = View(built(tmp_path, f"{VILLAGE}\nlanguage: ko\n").world)
    assert view.language == "ko"
    texts = {"en": "{who} has {what}", "ko": "{who:은} {what:을} 가졌다"}
    assert view.said(texts, who=view.npc("bo"), what=view.item("tea")) == "봄은 차를 가졌다"
    assert f"{view.item('loaf'):이} 없다" == "빵이 없다"
