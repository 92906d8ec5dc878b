"""Trying a tool that reaches outside: nothing is called unless that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from npcsim.cli import app

TOOLS = '''
from pathlib import Path

from npcsim import Act, Body, Effect, Remember, ToolRefused, View, tool


@tool(takes="5 s", candidates={"town": ["Ghent", "Bruges"]})
def ask_news(me: Body, view: View, town: str) -> list[Effect]:
    """Send for news."""
    return []


@ask_news.outside
def ride(args):
    with Path("called.txt").open("a") as file:
        file.write(args["town"] + "\\n")
    ANSWER


@ask_news.finish
def heard(me: Body, view: View, act: Act) -> list[Effect]:
    return [Remember(me, act.result["news"])]


@tool(takes="outside")
def bow(me: Body, view: View) -> list[Effect]:
    """Bow."""
    return []


@bow.finish
def bowed(me: Body, view: View, act: Act) -> list[Effect]:
    return [Remember(me, act.result["seen"])]


TOOLS = [ask_news, bow]
'''
SCENARIO = """
scenario: inn
clock: {tick: 1 s, start: "08:00", end: "09:00"}
places: {inn: {}}
behaviour: {keeper: {open: {do: ask_news(Bruges)}}}
npcs:
  Mara: {at: inn}
  Bo: {at: inn, behaviour: keeper}
"""


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inn.yaml").write_text(SCENARIO)
    (tmp_path / "tools.py").write_text(TOOLS.replace("ANSWER", 'return {"news": "a fair"}'))
    return tmp_path / "called.txt"


def tried(tool: str, *words: str) -> str:
    done = CliRunner().invoke(app, ["try", "tools.py", tool, "--npc", "Mara", *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_it_says_that_it_reaches_outside_and_calls_nothing(called: Path) -> None:
    output = tried("ask_news", "--at", "20")
    assert "takes 5 s" in output
    assert "outside: it reaches outside, which is not called here; `--outside` calls it" in output
    assert "finish:" not in output
    assert not called.exists()


def test_asked_to_it_calls_it_for_the_first_legal_call(called: Path) -> None:
    output = tried("ask_news", "--outside")
    assert called.read_text().split() == ["Ghent"]
    assert 'outside: result {"news":"a fair"}' in output
    assert "finish: Remember(Mara, a fair" in output
    assert output.count("not called here") == 1
    tried("ask_news", "--outside", "--at", "3")
    assert sorted(called.read_text().split()) == ["Bruges", "Ghent", "Ghent"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ('raise ToolRefused("the road is shut")', "outside: refused: the road is shut"),
        ("1 / 0", "outside: error: ZeroDivisionError: division by zero"),
    ],
)
def test_what_went_wrong_outside_is_told(called: Path, answer: str, told: str) -> None:
    Path("tools.py").write_text(TOOLS.replace("ANSWER", answer))
    output = tried("ask_news", "--outside")
    assert told in output
    assert "finish:" not in output


def test_an_act_that_is_ended_from_outside_says_so(called: Path) -> None:
    output = tried("bow", "--outside")
    assert "takes until it is ended from outside" in output
    assert "outside: it goes on until an input ends it" in output
    assert not called.exists()
