"""Questionnaires: put to everybody, at set times, of a run that knows nothing of it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from npcsim.errors import NpcsimError, ScenarioError, Unavailable
from npcsim.experiments.surveys.answers import Answer, kept, measures_of
from npcsim.experiments.surveys.putting import survey_run, surveyed, ticks_of
from npcsim.experiments.surveys.questionnaire import Questionnaire, read_questionnaire
from npcsim.experiments.sweep import open_sweep, sweep
from npcsim.messages import Answer as Given
from npcsim.messages import Choose, Chosen, Question
from npcsim.store.run_store import Run
from tests.e2e.shell import npcsim
from tests.experiments.designs import design

ASKED = """
who: [patron, Ilse]
at: ["21:01", end]
by: none
items:
  angry: {ask: Are you angry at somebody?, answers: [yes, no]}
  doing: {ask: What happened tonight?}
"""


class Sure:
    """Says the first answer, three to one."""

    name = fingerprint = "sure"

    def __init__(self) -> None:
        self.asked: list[Choose] = []

    async def ask(self, question: Question) -> Given:
        assert isinstance(question, Choose)
        self.asked.append(question)
        return Chosen(0, (0.75, 0.25))

    async def close(self) -> None:
        raise AssertionError("it is not ours to close")


class Down(Sure):
    async def ask(self, question: Question) -> Given:
        raise Unavailable("gone")


@pytest.fixture
def asked(tmp_path: Path) -> Questionnaire:
    return read_questionnaire(written(tmp_path))


def written(folder: Path, text: str = ASKED) -> Path:
    file = folder / "asked.yaml"
    file.write_text(text, "utf-8")
    return file


@pytest.fixture(scope="module")
def run(done: Path) -> Path:
    found = open_sweep(done)
    return done / found.rows[1].run


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("items: {}\n", 1, "at least 1"),
        ("who: [a]\n", 1, "'items' is missing"),
        ("items:\n  a: {ask: So?, answers: [x, x]}\n", 2, "one twice"),
        ("items:\n  a: {ask: So?, answers: [x]}\n", 2, "at least 2"),
        ("items:\n  a: {ask: So?, anwsers: [x, y]}\n", 2, "did you mean 'answers'"),
        ("at: [noon]\nitems:\n  a: {ask: So?}\n", 1, "expected"),
    ],
)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_questionnaire(written(tmp_path, text))
    assert caught.value.mistakes[0].line == line
    assert said in str(caught.value)


async def test_closed_questions_have_the_whole_distribution(
    run: Path, asked: Questionnaire
) -> None:
    model = Sure()
    with Run.open(run) as log:
        answers = await surveyed(log, replace_items(asked, "angry"), models=[model])
        patrons = [one.id for one in log.started.cast if one.archetype == "patron"]
        ticks = ticks_of(log, asked)
    assert [one.tick for one in answers] == sorted(one.tick for one in answers)
    assert {one.tick for one in answers} == set(ticks) == {ticks[0], 120}
    assert {one.npc for one in answers} == {*patrons, "Ilse"}
    assert all(one.shares == {"yes": 0.75, "no": 0.25} for one in answers)
    assert {(one.text, one.by) for one in answers} == {("yes", "sure")}
    told = model.asked[0].situation
    assert model.asked[0].options == ("yes", "no")
    assert told.endswith('patron 1 is asked: "Are you angry at somebody?" patron 1 answers:')
    assert measures_of(answers)["survey.angry.yes"] == 0.75
    assert f"survey.angry.no@{ticks[0]}" in measures_of(answers)


def replace_items(asked: Questionnaire, *names: str) -> Questionnaire:
    return asked.model_copy(update={"items": {name: asked.items[name] for name in names}})


def test_without_a_model_nothing_is_invented(run: Path, asked: Questionnaire) -> None:
    before = {file: file.read_bytes() for file in run.iterdir() if file.is_file()}
    answers = survey_run(run, asked)
    closed = [one for one in answers if one.item == "angry"]
    assert {(one.text, one.by, one.note) for one in closed} == {("", "", "no model was asked")}
    assert not any(one.shares for one in answers)
    said = [one for one in answers if one.item == "doing"]
    assert all(one.text for one in said)
    assert all(one.note.startswith("in set phrases") for one in said)
    assert {file: file.read_bytes() for file in before} == before  # the run is only read


async def test_a_model_that_is_gone_is_a_note(run: Path, asked: Questionnaire) -> None:
    with Run.open(run) as log:
        (first, *_) = await surveyed(log, replace_items(asked, "angry"), models=[Down()])
    assert not first.shares
    assert "gone" in first.note


def test_who_is_nobody_and_when_is_never_are_told(run: Path, asked: Questionnaire) -> None:
    with pytest.raises(NpcsimError, match="'patrno', which is nobody; did you mean 'patron'"):
        survey_run(run, asked.model_copy(update={"who": ["patrno"]}))
    with pytest.raises(NpcsimError, match="ends with tick 120"):
        survey_run(run, asked.model_copy(update={"at": ["23:30"]}))


def test_so_often(run: Path, asked: Questionnaire) -> None:
    with Run.open(run) as log:
        often = asked.model_copy(update={"at": [], "every": 60_000})
        step = 60_000 // log.started.tick_ms
        assert ticks_of(log, often) == list(range(step, 121, step))


def test_the_command_prints_and_writes(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    said = npcsim("survey", run, written(tmp_path), "--csv", file)
    assert "Are you angry at somebody?" in said.out
    assert "no model was asked" in said.out
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    told = json.loads(npcsim("survey", run, written(tmp_path), "--json").out)
    assert len(rows) == len(told["answers"])
    assert {row["item"] for row in rows} == {"angry", "doing"}


def test_a_sweep_asks_after_each_run_and_leaves_its_hash(done: Path, tmp_path: Path) -> None:
    written(tmp_path)
    file = design(tmp_path, survey="asked.yaml", seeds=1)
    found = sweep(file, out=tmp_path / "out", processes=1)
    same = open_sweep(done)
    assert [row.hash for row in found.rows] == [row.hash for row in same.rows[:2]]
    answers = kept(tmp_path / "out" / "surveys" / f"{found.rows[0].id}.json")
    assert {one.item for one in answers} == {"angry", "doing"}
    npcsim("export", tmp_path / "out", "--out", tmp_path / "tables", "--table", "acts")
    with (tmp_path / "tables" / "survey.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["temper"] for row in rows} == {"0.1", "0.9"}
    words = (tmp_path / "tables" / "data_dictionary.csv").read_text("utf-8")
    assert "survey,share" in words


def test_answers_are_rows() -> None:
    one = Answer("bo", 3, "06:00", "a", "So?", "x", {"x": 0.6, "y": 0.4}, "m")
    assert [row[5:8] for row in one.rows()] == [("x", 0.6, True), ("y", 0.4, False)]
    assert [row[5:8] for row in replace(one, shares={}, text="so").rows()] == [("so", None, None)]


@pytest.mark.skipif(find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed")
def test_the_bundled_model_answers_closed_questions_alone(run: Path, tmp_path: Path) -> None:
    text = ASKED.replace("by: none", "by: bundled").replace("patron, Ilse", "Ilse")
    answers = survey_run(run, read_questionnaire(written(tmp_path, text)))
    closed = [one for one in answers if one.item == "angry"]
    assert all(sum(one.shares.values()) == pytest.approx(1) for one in closed)
    assert all(one.by for one in closed)
    again = survey_run(run, read_questionnaire(written(tmp_path, text)))
    assert again == answers
