"""Who knew what when and from whom, who had words with whom, and what was said without a ground."""

from __future__ import annotations

from dataclasses import replace

import pytest

from npcsim import events as ev
from npcsim.events.spending import Purse, Spending, Spent
from npcsim.report import html, numbers, story, text
from npcsim.report.facts.knowledge import Beginning
from npcsim.report.facts.story import Story
from npcsim.report.words.spread import tokens_line
from npcsim.store.sheet import fill
from npcsim.store.sheets import SHEETS
from tests.report.conftest import started

PARTY = "Mara gives a party at 18:00"
WOLF = "A wolf was seen"


def says(tick: int, who: str, to: str, words: str) -> ev.Signalled:
    return ev.Signalled(tick, "speech", who, 1, 1, "bakery", 8, words, to)


def hears(
    tick: int, who: str, source: str, fact: str, origin: str, hop: int = 1, about: str = "told"
) -> ev.Remembered:
    return ev.Remembered(
        tick, who, f'{source} said to me: "{fact}"', "heard", 0.6, tick, about=about,
        source=source, hop=hop, sure=0.8**hop, fact=fact, origin=origin,
    )  # fmt: skip


def log() -> list[ev.Event]:
    cast = [
        ev.Cast(i, name.lower(), name, "villager", "", 30 * i, 0, "", mind=True)
        for i, name in enumerate(("Mara", "Ivo", "Tess", "Odo"))
    ]
    return [
        started(cast, [], []),
        ev.Remembered(5, "tess", WOLF, "seen", 0.7, 1),
        says(10, "mara", "ivo", f"You should know: {PARTY}."),
        hears(11, "ivo", "mara", PARTY, "mara"),
        hears(11, "tess", "mara", PARTY, "mara", about="rumour"),
        says(12, "ivo", "mara", "Thank you, Mara."),
        says(20, "ivo", "odo", f"Have you heard? {PARTY}."),
        hears(21, "odo", "ivo", PARTY, "mara", 2),
        hears(22, "odo", "tess", PARTY, "mara", 2),
        says(30, "odo", "ivo", "Tess will be at the bakery at 20:00, with the stew."),
        says(40, "odo", "tess", "They say that a bear was seen."),
        hears(41, "tess", "odo", "A bear was seen", "odo"),
        says(50, "tess", "odo", f"But {WOLF}!"),
        hears(51, "odo", "tess", WOLF, "tess"),
        ev.TickEnded(100, "feed"),
        ev.RunEnded(100, "end", "feed"),
    ]


@pytest.fixture
def told() -> Story:
    known = {"mara": frozenset({PARTY})}
    knew = frozenset({("ivo", "mara"), ("ivo", "nobody")})
    return story(log(), beginning=Beginning(knew, known, {"stew": "bowl of stew"}))


def test_each_fact_has_who_knew_it_when_and_from_whom(told: Story) -> None:
    party, wolf, bear = told.facts
    assert (party.text, bear.text, wolf.text) == (PARTY, "A bear was seen", WOLF)
    assert [(one.npc, one.tick, one.source, one.hop) for one in party.learnt] == [
        ("mara", 0, "", 0), ("ivo", 11, "mara", 1), ("tess", 11, "mara", 1), ("odo", 21, "ivo", 2),
    ]  # fmt: skip
    assert [one.overheard for one in party.learnt] == [False, False, True, False]
    assert [party.knew(tick) for tick in (0, 10, 11, 20, 21)] == [1, 1, 3, 3, 4]
    assert [(one.npc, one.tick) for one in wolf.learnt] == [("tess", 5), ("odo", 51)]


def test_words_count_for_a_pair_once_each_has_spoken(told: Story) -> None:
    met = told.acquaintance
    assert (met.pairs, met.knew) == (6, frozenset({("ivo", "mara")}))
    assert met.exchanged == ((12, ("ivo", "mara")), (30, ("ivo", "odo")), (50, ("odo", "tess")))
    assert [round(met.talked(tick), 3) for tick in (11, 12, 30, 100)] == [0, 0.167, 0.333, 0.5]
    assert [round(met.density(tick), 3) for tick in (0, 12, 100)] == [0.167, 0.167, 0.5]


def test_what_nobody_could_know_is_found(told: Story) -> None:
    said = told.claims
    # Whom one has heard, where one is and what one was told are known; the stew and 20:00 are not.
    found = {(one.npc, one.names) for one in said.unsupported}
    assert found == {("odo", "20:00"), ("odo", "stew")}
    assert (said.lines, len(said.unfounded)) == (6, 1)
    assert (said.unfounded[0].npc, said.unfounded[0].names) == ("odo", "A bear was seen")


def test_the_terminal_and_the_page_tell_it(told: Story) -> None:
    page, lines = html(told), text(told, width=140)
    assert "Who knew what, and from whom" in lines
    row = next(line for line in lines.splitlines() if PARTY in line and "100%" in line)
    assert row.split("100%")[1].split() == ["Mara", "1:", "2,", "2:", "1", "1"]
    assert "1 knew each other at the start (0.167); 3 have exchanged words (0.500)" in lines
    assert "1 from somebody who had them from nowhere" in " ".join(lines.split())
    assert 'id="knowledge"' in page
    assert "08:21 Odo" not in page
    assert "06:21 Odo, from Ivo (hop 2, 64% sure)" in page
    assert "06:11 Tess, overheard from Mara (hop 1, 80% sure)" in page
    assert page.count("<polyline") >= 5


@pytest.mark.parametrize(
    ("cached", "said"),
    [(0, "1,100 tokens, all of them computed."), (600, "500 of them computed, the others cached.")],
)
def test_tokens_are_cached_only_where_some_were(told: Story, cached: int, said: str) -> None:
    spending = Spending(log()[0])  # type: ignore[arg-type]
    used = Spent(calls=1, input=1000, output=100, cached=cached)
    spending.purses[Purse(0, "local", "tiny", "mara", "plan")] = used
    quarter = replace(told, spending=spending, span=replace(told.span, last=360))  # four minds
    assert said in tokens_line(quarter)


def test_the_figures_say_it_in_numbers() -> None:
    usage = {"input": 300, "output": 20, "cached": 200, "neutral": 30}
    asked = ev.Asked(1, "t", "mara", "plan", "idle", "local", "", 2, ("a",), (1.0,))
    answer = {"is": "chosen", "usage": usage}
    landed = ev.Landed(2, "t", "mara", "local", "m", "k", answer, "", False, 0.0)
    course = [ev.Measured(3, "came", "all", 1.0), ev.Measured(9, "came", "all", 4.0)]
    start, *rest = log()
    known = {"mara": frozenset({PARTY})}
    told = story([start, asked, landed, *course, *rest], beginning=Beginning(known=known))
    found = numbers(told)
    days = 4 * told.span.seconds / 86_400
    assert found["tokens"]["per_npc_day"] == pytest.approx(320 / days)
    assert found["tokens"]["computed_per_npc_day"] == pytest.approx(150 / days)
    assert found["tokens"]["by_purpose"]["plan"]["computed"] == 150
    assert found["measures"] == {"came": 4.0}
    line = f"{320 / days:,.0f} tokens, {150 / days:,.0f} of them computed, the others cached."
    assert line in text(told)


def test_a_run_without_talk_has_no_such_section(village_log: list[ev.Event]) -> None:
    silent = [e for e in village_log if not isinstance(e, ev.Signalled)]
    assert "Who knew what" not in text(story(silent))
    assert 'id="knowledge"' not in html(story(silent))


def test_the_table_has_each_first_hearing() -> None:
    start, *events = log()
    assert isinstance(start, ev.RunStarted)
    table = fill(SHEETS["knowledge"], start, events)
    first = next(table.rows())
    assert (first["time"], first["npc"], first["source"], first["origin"]) == (
        "day 1 06:11", "ivo", "mara", "mara",
    )  # fmt: skip
    pairs = list(zip(table["npc"], table["fact"], strict=True))
    assert len(pairs) == len(set(pairs)) == 5
    assert table["overheard"].count(True) == 1
    assert set(fill(SHEETS["knowledge"], start, events, "tess")["npc"]) == {"tess", "odo"}
