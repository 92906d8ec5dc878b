"""An interview: an answer that cites what there is, and leaves the run as it was."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import npcsim
from npcsim.errors import NpcsimError, Unavailable
from npcsim.messages import Answer, Question, Write, Written
from npcsim.models.scripted import Scripted
from tests.e2e.shell import npcsim as command
from tests.worlds_in_text import built, living

HAMLET = """
scenario: hamlet
embeddings: none
clock: {tick: 10 s, start: "09:00", end: "12:00"}
places: {square: {}, mill: {}}
ways: [{from: square, to: mill, takes: 2 min}]
archetypes: {folk: {mind: true, tools: [say, go_to, wait], persona: You are a miller.}}
npcs: {Ann: {is: folk, at: square, goal: Keep the mill safe}, Bo: {is: folk, at: square}}
plans:
  see: {option: go and look at the burnt mill, worth: 1, steps: [go_to(mill)]}
  rest: {option: rest in the sun, worth: 0.4, steps: [wait]}
"""


async def lived(folder: Path, text: str = HAMLET) -> Path:
    """A run in which Bo tells Ann at 09:05 that the mill has burnt."""
    async with living(built(folder / "scenario", text), out=folder / "runs") as simulation:
        await simulation.run_until("09:05")
        entry = {"say": "The mill has burnt!", "npc": "Bo", "to": "Ann"}
        simulation.put({"set": "Ann", "attribute": "hp", "value": 90})
        simulation.put({**entry, "fact": "Odo burnt the mill"})
        await simulation.run_until("09:20")
    (run,) = (folder / "runs").iterdir()
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(lived(tmp_path_factory.mktemp("interview")))


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def saying(*sentences: tuple[str, list[str]]) -> Callable[[Question], Answer | Exception]:
    given = {"sentences": [{"text": text, "cites": cites} for text, cites in sentences]}
    return lambda question: Written(json.dumps(given))


def test_it_cites_what_it_remembers_and_the_run_is_as_it_was(run: Path) -> None:
    before = bytes_of(run)
    answer = npcsim.interview(run, "ann", "who burnt the mill?", at="09:10")
    (line,) = [one for one in answer.cited if one.get("fact")]
    assert (line["fact"], line["source"], line["kind"]) == ("Odo burnt the mill", "Bo", "heard")
    assert any(line["id"] in sentence.cites for sentence in answer.sentences)
    assert 'Bo said to me: "The mill has burnt!"' in answer.text
    assert answer.by == ""
    assert answer.note == "in set phrases: no model was asked"
    assert f"{line['id']}  day 1 09:05  heard from Bo" in " ".join(str(answer).split("\n")).replace(
        "   ", "  "
    )
    assert bytes_of(run) == before


def test_it_knows_what_it_knew_by_then(run: Path) -> None:
    answer = npcsim.interview(run, "Ann", "who burnt the mill?", at="09:04")
    assert not any("said to me" in one["text"] for one in answer.cited)
    assert all(one["tick"] <= 24 for one in answer.cited)


def test_it_tells_what_it_decided_why_and_what_else_there_was(run: Path) -> None:
    answer = npcsim.interview(run, "Ann", "why did you look at the mill?")
    decided = next(one for one in answer.cited if one["kind"] == "decision")
    assert decided["text"] == "go and look at the burnt mill"
    assert decided["why"] == "there is no plan"
    assert decided["id"] == f"d{decided['tick']}"
    assert "I decided to go and look at the burnt mill." in answer.text
    assert "What set it off: there is no plan." in answer.text
    assert "rest in the sun (" in answer.text
    assert all(set(s.cites) <= {one["id"] for one in answer.cited} for s in answer.sentences)


def test_a_question_about_nothing_is_answered_by_the_latest_deed(run: Path) -> None:
    answer = npcsim.interview(run, "Ann", "why?")
    assert [one["kind"] for one in answer.cited] == ["decision"]


def test_a_model_words_it_if_it_cites(run: Path) -> None:
    plain = npcsim.interview(run, "Ann", "who burnt the mill?")
    cites = [one["id"] for one in plain.cited]
    heard = next(one["id"] for one in plain.cited if one.get("fact"))
    assert plain.text.startswith("I remember, from day 1 ")
    model = Scripted(saying(("Bo told me that the mill has burnt.", [heard])), name="talker")
    answer = npcsim.interview(run, "Ann", "who burnt the mill?", models={"local": model})
    assert (answer.text, answer.by, answer.note) == (
        "Bo told me that the mill has burnt.", "talker", "",
    )  # fmt: skip
    (question,) = model.asked
    assert isinstance(question, Write)
    enum = json.loads(question.schema)["properties"]["sentences"]["items"]["properties"]["cites"]
    assert enum["items"]["enum"] == cites
    assert "You are a miller." in question.system
    assert '"who burnt the mill?"' in question.user


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (saying(("The mill has burnt.", ["m999"])), "cites 'm999', which there is not"),
        (saying(("The mill has burnt.", [])), "cites nothing"),
        (saying(("I like turnips.", ["HEARD"])), "has nothing of what it cites"),
        (saying(("The mill burnt at 17.", ["HEARD"])), "says 17"),
        (saying(("The mill burnt on the square.", ["HEARD"])), "names square"),
        (saying(), "it has 0 sentences"),
        (lambda question: Written('{"sentences": 5}'), "not the form"),
        (lambda question: Written("[]"), "not the form"),
        (lambda question: Written("Because."), "not the form"),
        (lambda question: Unavailable("it is down"), "failed: Unavailable: it is down"),
    ],
)
def test_words_that_do_not_hold_are_not_used(run: Path, rule: Any, why: str) -> None:
    plain = npcsim.interview(run, "Ann", "who burnt the mill?", at="09:10")
    heard = next(one["id"] for one in plain.cited if one.get("fact"))

    def filled(question: Question) -> Answer | Exception:
        answer = rule(question)
        if isinstance(answer, Written):
            return Written(answer.text.replace("HEARD", heard))
        assert isinstance(answer, Exception)
        return answer

    models = {"local": Scripted(filled, name="talker")}
    answer = npcsim.interview(run, "Ann", "who burnt the mill?", at="09:10", models=models)
    assert answer.by == ""
    assert why in answer.note
    assert answer.sentences == plain.sentences


@pytest.mark.parametrize(
    ("npc", "question", "at", "why"),
    [
        ("Cid", "why?", None, "nobody is called 'Cid'"),
        ("Anne", "why?", None, "did you mean 'Ann'"),
        ("Ann", "  ", None, "there is no question"),
        ("Ann", "why?", "11:00", "the run ends with tick"),
        ("Ann", "why?", "noon", "when to ask"),
    ],
)
def test_what_can_not_be_asked_is_told(
    run: Path, npc: str, question: str, at: str | None, why: str
) -> None:
    with pytest.raises(NpcsimError, match=why):
        npcsim.interview(run, npc, question, at=at)


def test_the_command_prints_the_same(run: Path) -> None:
    said = command("ask", run, "Ann", "who burnt the mill?", "--at", "09:10", "--json").last
    answer = npcsim.interview(run, "Ann", "who burnt the mill?", at="09:10")
    assert said == json.loads(json.dumps(answer.as_json()))
    shown = command("ask", run, "Ann", "who burnt the mill?", "--at", "09:10", "--explain").out
    assert str(answer) in shown
    assert "by word" in shown
    assert "nobody is called" in command("ask", run, "Cid", "why?", code=1).err
    assert command("ask", run, "Ann", "why?", "--local", "nothing:at:all", code=2).err


async def test_it_answers_in_korean(tmp_path: Path) -> None:
    text = HAMLET.replace("hamlet", "maeul").replace("clock:", "language: ko\nclock:")
    text = text.replace("go and look at the burnt mill", "불탄 방앗간을 보러 간다")
    run = await lived(tmp_path, text.replace("rest in the sun", "햇볕을 쬐며 쉰다"))
    answer = npcsim.interview(run, "Ann", "왜 방앗간을 보러 갔어요?", local="bundled")
    assert "이렇게 하기로 했다: 불탄 방앗간을 보러 간다." in answer.text
    assert "계기: 세워 둔 계획이 없었다." in answer.text
    assert answer.note == "in set phrases: bundled is not fit to write in 'ko'"
    assert [one["id"] for one in answer.cited]


def test_the_bundled_model_is_held_to_what_it_cites(run: Path) -> None:
    pytest.importorskip("llama_cpp", reason="needs the extra `local`")
    answer = npcsim.interview(run, "Ann", "who burnt the mill?", at="09:10", local="bundled")
    ids = {one["id"] for one in answer.cited}
    assert answer.sentences
    assert all(sentence.cites and ids.issuperset(sentence.cites) for sentence in answer.sentences)
    assert bool(answer.by) != answer.note.startswith("in set phrases: ")
