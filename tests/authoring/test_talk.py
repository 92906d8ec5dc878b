"""`npcsim talk`: a player's words are inputs of a run that replays, and the NPC answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import npcsim
from npcsim import events as ev
from npcsim.assembly.runs.visiting import Line, spoken
from npcsim.authoring.talk import Terminal
from npcsim.cli import app
from tests.worlds_in_text import of

INN = """
scenario: inn
size: [40, 12]
clock: {tick: 5 s, start: "09:00", end: "11:00"}
temper: 0
places: {inn: {area: [1, 1, 9, 9]}, yard: {area: [30, 1, 38, 9]}}
attributes: {social: {start: 0.5, grows: 0.2 / h, need: true}}
archetypes: {folk: {mind: true, tools: [say, go_to, wait]}}
npcs:
  Ilse: {is: folk, at: inn, persona: You keep the inn., goal: Fill the inn}
  Bo: {is: folk, at: yard}
  Dog: {x: 5, y: 5}
plans:
  out: {option: sweep the yard, worth: 0.05, steps: [go_to(yard), wait]}
knows: [{fact: The bridge is rotten, by: Ilse}]
tiers: {local: {model: scripted}}
"""


@pytest.fixture
def inn(tmp_path: Path) -> Path:
    path = tmp_path / "inn.yaml"
    path.write_text(INN)
    return path


def talk(scenario: Path, npc: str, *lines: str, args: tuple[str, ...] = ()) -> Result:
    """The command, with lines as from a pipe."""
    out = str(scenario.parent / "runs")
    typed = "".join(f"{line}\n" for line in lines)
    return CliRunner().invoke(app, ["talk", str(scenario), npc, "--out", out, *args], input=typed)


def only_run(scenario: Path) -> npcsim.Run:
    (folder,) = (scenario.parent / "runs").iterdir()
    return npcsim.open_run(folder)


def spoken_in(run: npcsim.Run) -> list[ev.Given]:
    """The inputs by which the player spoke."""
    return [event for event in of(run.events("Given"), ev.Given) if "say" in event.entry]


def test_what_is_said_is_an_input_of_a_run_that_replays(inn: Path) -> None:
    result = talk(inn, "ilse", "Good morning!", "The bridge has fallen", "/quit")
    assert result.exit_code == 0, result.output
    with only_run(inn) as run:
        given = [event.entry for event in spoken_in(run)]
        assert [entry["say"] for entry in given] == ["Good morning!", "The bridge has fallen"]
        assert [entry.get("fact") for entry in given] == [None, "The bridge has fallen"]
        (told,) = [row for row in run.table("memories", npc="Ilse").rows() if row["fact"]]
        assert (told["fact"], told["source"], told["hop"]) == (
            "The bridge has fallen", "visitor", 1,
        )  # fmt: skip
        assert npcsim.replay(run).ticks == run.last_tick
        assert run.state == "finished"
        said = [row["words"] for row in run.table("speech").rows() if row["to"] == "visitor"]
    assert said
    assert all(f"Ilse: {words}" in result.stdout for words in said)
    assert "kept in" in result.stdout


def test_who_is_asked_answers_by_what_is_remembered(inn: Path) -> None:
    result = talk(inn, "Ilse", "What do you know of the bridge?", args=("--models", "off"))
    assert result.exit_code == 0, result.output
    with only_run(inn) as run:
        answers = [row for row in run.table("speech", npc="Ilse").rows() if row["act"] == "answer"]
        assert [row["fact"] for row in answers] == ["The bridge is rotten"]
        assert f"Ilse: {answers[0]['words']}" in result.stdout


def test_who_told_it_is_cited_by_name(inn: Path) -> None:
    assert talk(inn, "Ilse", "The bridge has fallen", args=("--models", "off")).exit_code == 0
    with only_run(inn) as run:
        answer = npcsim.interview(run, "Ilse", "what do you know of the bridge?")
    (heard,) = [one for one in answer.cited if one.get("fact") == "The bridge has fallen"]
    assert (heard["source"], heard["from"]) == ("visitor", "Stranger")
    assert "heard from Stranger: " in str(answer)


def test_the_world_goes_on(inn: Path) -> None:
    result = talk(inn, "Ilse", "/look", "/wait 10 min", "/look", "/nonsense", "/wait soon")
    assert result.exit_code == 0, result.output
    assert "day 1 09:00, inn. Ilse" in result.stdout
    assert "(day 1 09:10)" in result.stdout
    assert "there is no /nonsense" in result.stdout
    with only_run(inn) as run:
        assert run.last_tick >= 120


def test_one_walks_up_to_whom_one_talks_with_at_a_time(inn: Path) -> None:
    args = ("--at", "09:30", "--as", "Otto", "--models", "off")
    result = talk(inn, "Ilse", "Hello there, who are you?", args=args)
    assert result.exit_code == 0, result.output
    with only_run(inn) as run:
        (given,) = spoken_in(run)
        assert given.tick >= 360
        there = run.at(given.tick)
        then = {row["npc"]: (row["x"], row["y"]) for row in there.rows()}
        (x0, y0), (x1, y1) = then["Ilse"], then["visitor"]
        assert (x0 - x1) ** 2 + (y0 - y1) ** 2 <= 64
        heard = [row["text"] for row in run.table("memories", npc="Ilse").rows()]
        assert any(text.startswith("Otto said to me") for text in heard)


@pytest.mark.parametrize("models", ["on", "off"])
def test_the_next_talk_at_that_time_begins_where_the_last_had_come_to(
    inn: Path, models: str
) -> None:
    args = ("--at", "09:30", "--models", models)
    first = talk(inn, "Ilse", "The bridge has fallen", args=args)
    assert "the scenario is lived up to 09:30 first" in first.stderr
    with only_run(inn) as before:
        told = before.name
        past = [(e.tick, e.hash) for e in of(before.events("TickEnded"), ev.TickEnded)][:361]
        (given,) = spoken_in(before)
    again = talk(inn, "Ilse", "Good morning!", args=args)
    assert again.exit_code == 0, again.output
    assert f"up to 09:30 as in {inn.parent / 'runs' / told}" in again.stderr
    (folder,) = (one for one in (inn.parent / "runs").iterdir() if one.name != told)
    with npcsim.open_run(folder) as run:
        ended = of(run.events("TickEnded"), ev.TickEnded)
        assert [(e.tick, e.hash) for e in ended][:361] == past
        # What was said then is not said now, nor known.
        assert [event.entry["say"] for event in spoken_in(run)] == ["Good morning!"]
        assert run.started.versions["fork.tick"] == "360" < str(given.tick)
        assert npcsim.replay(run).ticks == run.last_tick
    # Neither another time before it was lived to, nor another scenario, nor other models do.
    other = "off" if models == "on" else "on"
    others = (*args[:3], other), (*args, "--seed", "9"), (*args, "--as", "Otto")
    for how in others:
        assert "lived up to 09:30 first" in talk(inn, "Ilse", "Hi!", args=how).stderr
    assert "lived up to 10:30 first" in talk(inn, "Ilse", args=("--at", "10:30", *args[2:])).stderr


def test_it_is_said_once_what_the_model_is_not_fit_for(inn: Path) -> None:
    result = talk(inn, "Ilse", "Good morning!", "How are you?")
    assert result.stderr.count("not fit for free talk") == 1
    result = talk(inn, "Ilse", "Hi!", args=("--models", "off"))
    assert "there is no model, so Ilse answers in set phrases" in result.stderr


@pytest.mark.parametrize(
    ("npc", "args", "why"),
    [
        ("Ilsa", (), "did you mean 'Ilse'"),
        ("Dog", (), "Dog has no mind to talk with; there is Ilse, Bo"),
        ("Ilse", ("--at", "12:00"), "is not before the end, day 1 11:00"),
        ("Ilse", ("--at", "noon"), "--at"),
        ("Ilse", ("--models", "maybe"), "--models is on or off"),
    ],
)
def test_what_can_not_be_is_told(inn: Path, npc: str, args: tuple[str, ...], why: str) -> None:
    result = talk(inn, npc, "Hello", args=args)
    assert result.exit_code != 0
    assert why in result.stderr


def test_it_is_talked_in_korean(inn: Path) -> None:
    result = talk(inn, "Ilse", "안녕하세요?", args=("--set", "language=ko"))
    assert result.exit_code == 0, result.output
    with only_run(inn) as run:
        heard = [row["text"] for row in run.table("memories", npc="Ilse").rows()]
        assert '나그네가 나에게 말했다: "안녕하세요?"' in heard
        assert npcsim.replay(run).ticks == run.last_tick


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("Is the bridge down?", None),
        ("Hello!", None),
        ("The bridge is down.", "The bridge is down"),
        ("다리가 어제 무너졌어요.", "다리가 어제 무너졌어요"),
    ],
)
def test_a_question_asks_and_a_sentence_tells(words: str, fact: str | None) -> None:
    assert spoken(words, "Ilse").get("fact") == fact


def test_words_are_shown_while_they_come() -> None:
    shown: list[str] = []

    def echo(text: str = "", nl: bool = True) -> None:
        shown.append(text + ("\n" if nl else ""))

    terminal = Terminal(echo, shown.append, streams=True)
    for text in ("Good", "Good day", "Good day to you."):
        terminal.so_far("Ilse", "Ilse@4", text)
    terminal.line(Line("answer", "Ilse", "Good day to you."))
    assert "".join(shown) == "Ilse: Good day to you.\n"
    shown.clear()
    terminal.so_far("Ilse", "Ilse@9", "I'm sorry, I am")
    terminal.line(Line("answer", "Ilse", "A fine day."))
    assert "".join(shown) == "Ilse: I'm sorry, I am\nIlse: A fine day.\n"
