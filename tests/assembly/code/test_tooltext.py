"""Words of warning for a file of tools that draws for itself, or lists none of its tools."""

from __future__ import annotations

import pytest

from npcsim.assembly.code.coded import by_name
from npcsim.assembly.code.recipe import load_tools
from npcsim.assembly.code.tooltext import text_warnings
from npcsim.errors import ScenarioError
from npcsim.tools.builtin import BUILTIN

HEAD = """import random
import time as clock
from datetime import datetime
from random import choice
import numpy as np
from npcsim import tool

"""
TOOL = """@tool
def beg(me, view):
    return %s

"""


def told(body: str, end: str = "TOOLS = [beg]\n") -> list[str]:
    text = HEAD + TOOL % body + end
    return [str(one) for one in text_warnings([("tools.py", text)])]


@pytest.mark.parametrize(
    "call",
    ["random.random()", "choice([1])", "np.random.default_rng()", "random.Random()",
     "np.random.uniform()"],
)  # fmt: skip
def test_draws_of_its_own_are_told(call: str) -> None:
    (line,) = told(call)
    assert line.startswith("tools.py:10:12: ")
    assert line.endswith('draws of its own can\'t be replayed; use me.roll("what for")')


@pytest.mark.parametrize("call", ["clock.time()", "datetime.now()"])
def test_clocks_of_its_own_are_told(call: str) -> None:
    (line,) = told(call)
    assert "a clock of its own can't be replayed; use view.now_ms or view.hour" in line


@pytest.mark.parametrize(
    "fine",
    ["random.Random(3)", "me.roll('x')", "datetime(2024, 1, 1)", "np.sqrt(2)", "view.time()"],
)
def test_what_replays_is_not(fine: str) -> None:
    assert told(fine) == []


def test_work_outside_the_tick_may_call_what_it_wants() -> None:
    work = "@beg.outside\ndef ask(args):\n    return clock.time()\n"
    assert told("[]", work + "TOOLS = [beg]\n") == []
    assert told("[]", "async def ask(args):\n    return choice([1])\nTOOLS = [beg]\n") == []


def test_a_file_that_lists_no_tools_is_told() -> None:
    (line,) = told("[]", "TOOL = [beg]\n")
    assert line == (
        "tools.py:12:1: no tool of this file is used: it has no list TOOLS, STATES or SCENES, but "
        "TOOL; did you mean 'TOOLS'?"
    )
    (line,) = told("[]", "")
    assert line.endswith("list them at the end: `TOOLS = [...]`")
    assert told("[]", "STATES = [beg]\n") == []


def test_a_hook_of_another_shape_is_told_with_its_line() -> None:
    hook = "@beg.finish\ndef begged(me, view):\n    return []\n\nTOOLS = [beg]\n"
    with pytest.raises(ScenarioError) as raised:
        load_tools(HEAD + TOOL % "[]" + hook, "tools.py")
    (mistake,) = raised.value.mistakes
    assert (mistake.file, mistake.line) == ("tools.py", 12)
    assert mistake.message == ("TypeError: tool beg: finish takes (me, view, act), not (me, view)")


def test_one_tool_is_as_good_as_a_list_of_one() -> None:
    (wait,) = (one for one in BUILTIN if one.name == "wait")
    assert by_name(wait) == {"wait": wait}
