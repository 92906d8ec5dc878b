"""The page: well formed, self-contained, escaped, with its plots."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from npcsim import events as ev
from npcsim.messages import ModelCall
from npcsim.report import html, story

Log = list[ev.Event]
VOID = {"meta", "br", "hr", "img", "link", "input"}
OUTSIDE = {"src", "srcset", "data", "action", "formaction", "poster", "background"}


class Reader(HTMLParser):
    """Checks that tags nest; keeps tags, links and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name not in OUTSIDE, name
            if name == "href":
                self.links.append(value or "")
            if name == "id":
                self.ids.add(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture
def page(village_log: Log, village_calls: Sequence[ModelCall]) -> str:
    return html(story(village_log, village_calls, {"run": "runs/bakery-1"}))


def test_the_page_nests_and_links_within_itself(page: str) -> None:
    reader = read(page)
    assert page.startswith("<!DOCTYPE html>")
    assert reader.links
    assert all(link.startswith("#") and link[1:] in reader.ids for link in reader.links)


def test_the_page_asks_for_nothing_outside(page: str) -> None:
    assert "http://" not in page
    assert "https://" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert not {"script", "link", "iframe", "object", "embed", "img"} & read(page).seen
    assert "default-src 'none'" in page


def test_words_of_an_npc_stay_words(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert('x')&lt;/script&gt;" in page
    assert "\x1b" not in page


def test_names_and_reasons_are_escaped_everywhere(village_log: Log) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    start, *rest = village_log
    assert isinstance(start, ev.RunStarted)
    log: Log = [
        ev.RunStarted(
            **{
                **{name: getattr(start, name) for name in start.__slots__},
                "title": evil,
                "cast": tuple(
                    ev.Cast(npc.serial, npc.id, evil + npc.name, evil, npc.behaviour, 0, 0, "free")
                    for npc in start.cast
                ),
            }
        ),
        *rest[:-1],
        ev.Rejected(100, "mara", evil, evil, ()),
        ev.RunEnded(180, evil, "feed"),
    ]
    reader = read(html(story(log)))
    assert "img" not in reader.seen
    assert any(evil in words for words in reader.words)


def test_every_plot_is_well_formed_and_finite(page: str) -> None:
    plots = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    labels = {ElementTree.fromstring(plot).get("aria-label") for plot in plots}
    assert "Acts of each NPC over time" in labels
    assert "Who talked to whom" in labels
    assert "Decisions by tier over time" in labels
    assert "Gauges of Mara over time" in labels
    assert "States of villager over time" in labels
    assert not re.search(r"=\"[^\"]*\b(nan|inf)\b", "".join(plots))


def test_a_decision_shows_its_options_and_why(page: str) -> None:
    words = " ".join(read(page).words)
    assert "the model overruled the needs" in words
    assert "this tier because: margin 0.80 is narrow" in words
    assert "80%" in words


def test_a_crowd_has_states_and_no_lanes(crowd_log: Log) -> None:
    page = html(story(crowd_log))
    read(page)
    assert "States of fighter over time" in page
    assert "Acts of each NPC" not in page
    assert len(page) < 60_000


def test_a_run_of_no_ticks_still_has_a_page(village_log: Log) -> None:
    read(html(story(village_log[:1])))
