"""The story in the terminal: what is told, and that words from the log stay words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from npcsim import events as ev
from npcsim.messages import ModelCall
from npcsim.report import after_report, after_run, print_story, story, summary_lines, text
from npcsim.report.words.moments import ALL_LINES, hours, plain
from npcsim.report.words.roster import roster

Log = list[ev.Event]


def _line(page: str, *parts: str) -> bool:
    return any(all(part in line for part in parts) for line in page.splitlines())


def test_the_timeline_tells_who_what_and_who_decided(
    village_log: Log, village_calls: Sequence[ModelCall]
) -> None:
    page = text(story(village_log, village_calls))
    assert page.startswith("A bakery morning\n")
    assert _line(page, "06:20", "Mara", "bake bread", "local 45%")
    assert _line(page, "06:30", "Ivo", "wait a while ×3")
    assert _line(page, "06:40", "Mara", "says to Ivo: “Good morning, Ivo.”")
    assert _line(page, "07:10", "Tess", "Unavailable", "by needs: sit in the sun", "fallback")
    assert _line(page, "07:10", "tier local went down: the worker died")
    assert _line(page, "07:20", "Tess", "falls by Ivo")
    assert _line(page, "07:20", "Tess", "turns to down", "hp <= 0")
    assert _line(page, "07:01", "cannot take ×2: the loaf is gone")
    assert _line(page, "needs 0.10", "model 80%", "together 45%")


def test_saying_is_told_once(village_log: Log) -> None:
    page = text(story(village_log))
    assert not _line(page, "06:40", "say hello")


def test_words_of_the_log_are_neither_markup_nor_escapes(village_log: Log) -> None:
    told = story(village_log)
    paper = StringIO()
    print_story(told, Console(file=paper, width=120, force_terminal=True))
    assert "[bold]loud[/bold]" in paper.getvalue()
    assert "\x1b[31m &" not in paper.getvalue()
    assert "\x1b" not in text(told)
    assert plain("a\x1b[2J\u202eb\nc\ud800") == "a[2Jb c"


def test_one_npc_in_full(village_log: Log) -> None:
    page = text(story(village_log), npc="MARA")
    assert _line(page, "meant to", "bake bread (done)")
    assert _line(page, "06:20", "Mara · plan: bake bread · local")
    assert "wait a while" not in page
    with pytest.raises(KeyError):
        text(story(village_log), npc="nobody")


def test_a_crowd_in_words(crowd_log: Log) -> None:
    page = text(story(crowd_log))
    assert _line(page, "guard", "40", "idle 50%, chase 50%")
    assert _line(page, "guard → bandit: twice, 160 hp")
    assert _line(page, "06:00:50", "40 of 60 now in chase", "fighter")
    assert _line(page, "06:01:15", "1 fell, bandit (attack)")
    assert "The cast" not in page


def test_who_fares_alike_is_told_of_once(village_log: Log) -> None:
    assert roster(["Guard 2", "Guard 1", "Guard 3", "Ivo", "Guard 7"]) == "Guard 1–3, 7, Ivo"
    start, *rest = village_log
    assert isinstance(start, ev.RunStarted)
    cast = tuple(
        replace(npc, name=f"Guard {number}", archetype="guard", items={})
        for number, npc in enumerate(start.cast, 1)
    )
    page = text(story([replace(start, cast=cast), rest[-1]]))
    assert _line(page, "Guard 1–3  guard")
    assert page.count("free 100%") == 1


def test_an_archetype_that_is_the_name_is_said_once(village_log: Log) -> None:
    start, *rest = village_log
    assert isinstance(start, ev.RunStarted)
    cast = tuple(replace(npc, archetype=npc.name.lower()) for npc in start.cast)
    page = text(story([replace(start, cast=cast), *rest]))
    assert not _line(page, "Mara", "  mara")


def test_answers_of_no_use_are_no_failures(village_log: Log) -> None:
    log = [
        replace(event, fallback=True, reason="the body decides: not fit to be said")
        if isinstance(event, ev.Decided) and event.thought == "t1"
        else event
        for event in village_log
    ]
    page = " ".join(text(story(log)).split())
    assert "A model failed once and 1 answer could not be used" in page
    assert "not fit to be said ×1" in page
    assert "the body decides" not in page


def test_blows_are_told_by_who_struck_hardest(village_log: Log) -> None:
    page = " ".join(text(story(village_log)).split())
    assert "hit in 1 tick (−50 hp), hardest by Ivo (1)" in page
    assert "was the hardest on Tess (1 tick)" in page


def test_a_turn_of_the_body_is_told_once(village_log: Log) -> None:
    going: Log = [
        ev.ActStarted(50, "ivo", 7, "go_to", {"to": "bakery"}, "Ivo sets off", -1, "body"),
        ev.ActEnded(55, "ivo", 7, "go_to", "interrupted", "now in the state down", ""),
    ]
    start, *rest = village_log
    told = story([start, *sorted([*rest, *going], key=lambda event: event.tick)])
    assert not _line(text(told), "06:50", "go to the bakery")
    assert _line(text(told, npc="ivo"), "06:50", "go to the bakery")


def test_a_busy_run_is_cut_to_what_matters(village_log: Log) -> None:
    start, *rest = village_log
    chatter: Log = [
        ev.Signalled(tick, "speech", "ivo", 0, 0, "", 5, f"Line {tick}", "mara")
        for tick in range(1, 180)
    ]
    log = [start, *sorted([*rest[:-1], *chatter], key=lambda event: event.tick), rest[-1]]
    told = hours(story(log))
    assert sum(len(hour.moments) for hour in told) <= ALL_LINES
    assert sum(hour.left_out for hour in told) > 100
    assert any(moment.sort == "fall" for hour in told for moment in hour.moments)


def test_commands_for_what_is_next_are_ones_to_copy(village_log: Log) -> None:
    report, watch = after_run("my runs/x-1")
    assert report.startswith("next         npcsim report 'my runs/x-1'  ")
    assert watch.split()[:2] == ["npcsim", "watch"]
    why, *_ = after_report("runs/x-1", story(village_log))
    assert "npcsim explain runs/x-1 mara" in why  # she decided most
    nobody = replace(story(village_log), people=())
    assert [line.split()[1:4] for line in after_report("r", nobody)] == [["npcsim", "watch", "r"]]


def test_the_summary_reads_like_one() -> None:
    lines = summary_lines(
        {
            "run": "runs/x-1", "scenario": "village", "seed": 3, "ticks": 360, "npcs": 12,
            "state_hash": "ab12", "thoughts": {"asked": 120, "landed": 118, "late": 0},
            "by_tier": {"local": 100, "reflex": 18}, "cost_usd": 0.0125,
            "costs": {"by_tier": {"cloud": 0.0125}, "by_npc": {"ida": 0.0025, "bo": 0.01}},
            "tokens": {"input": 12000, "output": 300, "cached": 9000, "computed": 3300},
            "per_npc_day": {"tokens": 4100.0, "computed": 1100.0},
            "effects": {"applied": 900, "rejected": 12}, "tick_ms": {"p50": 1.25, "max": 9.0},
            "wall_s": 90.0, "sim_s": 21600.0,
        }
    )  # fmt: skip
    page = "\n".join(lines)
    assert "6 h 0 min simulated in 1 min 30 s (240× real time)" in page
    assert "12,000 input, 300 output, 9,000 cached, 3,300 computed; $0.0125" in page
    assert "per NPC-day  4,100 tokens, 1,100 computed" in page
    assert "local 100, reflex 18" in page
    assert "spent        cloud $0.0125; bo $0.0100, ida $0.0025" in page
    assert "ab12" in page
    assert summary_lines({})[0] == "run          ?"


def test_what_took_long_is_told_with_its_end(village_log: Log) -> None:
    again = [ev.Rejected(at, "ivo", "take", "no room", ()) for at in (30, 31, 150)]
    start, *rest = village_log
    told = story([start, *sorted([*rest, *again], key=lambda event: event.tick)])
    page = text(told, width=120)
    assert _line(page, "06:30–08:30", "Ivo", "cannot take ×3: no room")
    assert _line(page, "07:01  ", "cannot take ×2: the loaf is gone")
    span = replace(told.span, last=3 * 24 * 60)
    assert span.between(10, 30) == "day 1 06:10–06:30"
    assert span.between(10, 24 * 60) == "day 1 06:10–day 2 06:00"


def test_what_is_broken_off_is_told_in_words(village_log: Log) -> None:
    start, *rest = village_log
    acts = [
        ev.ActStarted(100, "ivo", 91, "use", {"item": "cake"}, "Ivo uses a honey cake", 110, "x"),
        ev.ActEnded(101, "ivo", 91, "use", "interrupted", "go_to instead", ""),
        ev.ActStarted(101, "ivo", 92, "go_to", {"to": "x"}, "Ivo walks to the bakery", 120, "x"),
    ]  # fmt: skip
    page = text(story([start, *sorted([*rest, *acts], key=lambda event: event.tick)]), width=120)
    assert _line(page, "uses a honey cake (interrupted: walks to the bakery instead)")


def test_who_asks_leave_stands_where_names_stand(village_log: Log) -> None:
    start, *rest = village_log
    asked = ev.ApprovalAsked(33, "ivo", "take", "open the chest", (), 40, "allow")
    told = story([start, *sorted([*rest, asked], key=lambda event: event.tick)])
    assert _line(text(told), "06:33  Ivo", "asks leave to open the chest")
    assert _line(text(told, npc="Ivo"), "06:33", "asks leave to open the chest")
