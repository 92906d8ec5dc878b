"""Tools of an author who made mistakes: one clear event each, and the run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.assembly.runs.session import open_session
from npcsim.errors import ScenarioError
from npcsim.report import summary_lines
from tests.worlds_in_text import built, go_on, lines, live, living, of

TOWN = """
size: [20, 20]
clock: {tick: 1 s, start: "06:00"}
attributes: {hunger: {range: 0..1, start: 0.5}}
items: {loaf: {}}
places: {mill: {area: [0, 0, 6, 6]}, far: {area: [15, 15, 18, 18]}}
think: {dominates: 1000, rest: 1 s}
npcs:
  ida: {x: 2, y: 2, mind: true, carries: {loaf: 1}, tools: [%(tools)s]}
  bo: {x: 3, y: 2, behaviour: %(behaviour)s}
behaviour:
  calm: {calm: {do: wait}}
  does: {calm: {do: %(do)s}}
"""


def town(
    folder: Path, tools: str, allowed: str = "wait", do: str = "wait", more: str = ""
) -> Built:
    behaviour = "calm" if do == "wait" else "does"
    text = TOWN % {"tools": allowed, "do": do, "behaviour": behaviour} + more
    return built(folder, text, tools)


def tool_text(body: str, head: str = "@tool") -> str:
    return f"""
import numpy as np
{head}
def odd(me: Body, view: View) -> list[Effect]:
    {body}
TOOLS = [odd]
"""


BROKEN = {
    "raise ValueError('no good')": "odd raised ValueError('no good')",
    "1 / 0": "odd raised ZeroDivisionError('division by zero')",
    "raise AssertionError": "odd raised AssertionError()",
    "raise RecursionError": "odd raised RecursionError()",
    "return view.npc('nobody')": "odd raised KeyError(\"no NPC 'nobody'\")",
    "return me.luck": "NPCs have no attribute 'luck'",
    "me.hp = 5": "hp is read here; to change it, return Set(me, 'hp', ...) or Add",
    "me.name = 'Ed'": "name is read here",
    "view.world.columns['hp'][0] = 1": "read-only",
    "return None": "odd returned None, not a list of effects",
    "return 5": "odd returned 5, not a list",
    "return [5]": "odd returned [5], not a list",
    "return 'loaf'": "odd returned 'loaf', not a list",
    "return [Transfer]": "not a list of effects",
    "return {'kind': 'set'}": "not a list of effects",
    "return (x for x in [])": "not a list of effects",
    "yield Add(me, 'hp', 1)": "not a list of effects",
    "return [10 ** 5000]": "not a list of effects",
}
ILLEGAL = {
    "return [Add(me, 'hp', float('nan'))]": "hp must be a finite number, not nan",
    "return [Add(me, 'hp', np.float32(1))]": "hp must be a finite number",
    "return [Set(me, 'hp', None)]": "hp must be a finite number, not None",
    "return [Set(me, 'luck', 1)]": "NPCs have no attribute 'luck'",
    "return [Transfer(me, 'bo', 'cake')]": "there is no item 'cake'",
    "return [Transfer(me, 'nobody', 'loaf')]": "nothing called 'nobody' can hold items",
    "return [Transfer(me, 'bo', 'loaf', -1)]": "a count must be a whole number of at least 1",
    "return [Create(me, 'loaf', float('nan'))]": "a count must be a whole number",
    "return [Move(me, x=float('inf'), y=0)]": "x must be a finite number, not inf",
    "return [Remember(me, 5)]": "a memory must be words, not 5",
    "raise ToolRefused('not today')": "not today",
    "raise ToolRefused(5)": "5",
    "raise ToolRefused('\\ud800')": "",
}


@pytest.mark.parametrize(("body", "reason"), [*BROKEN.items(), *ILLEGAL.items()])
async def test_a_call_that_goes_wrong_is_one_event(tmp_path: Path, body: str, reason: str) -> None:
    made = town(tmp_path, tool_text(body))
    async with living(made, out=tmp_path / "runs") as simulation:
        simulation.put({"do": "ida.odd"})
        events = await go_on(simulation, 3)
        (rejected,) = of(events, ev.Rejected)
        assert (rejected.actor, rejected.tool, rejected.tick) == ("ida", "odd", 1)
        assert reason in rejected.reason
        assert not of(events, ev.Applied)
        assert dict(made.world.held("ida")) == {"loaf": 1}
        assert ("ida" in made.world.acts) is False


@pytest.mark.parametrize("body", list(BROKEN)[:4])
async def test_a_plan_gives_up_on_a_broken_tool(tmp_path: Path, body: str) -> None:
    plan = "plans: {try: {option: try it, who: [ida], steps: [odd]}}\n"
    made = town(tmp_path, tool_text(body), allowed="wait, odd", more=plan)
    events = await live(made, 33)
    assert len(of(events, ev.Rejected)) == 2
    (goal,) = of(events, ev.GoalEnded)
    assert (goal.how, goal.reason) == ("failed", "it came to nothing")
    # The mistake is the author's to read, not the NPC's to remember.
    assert not any(BROKEN[body] in line for line in lines(made.world, "ida"))


async def test_a_summary_tells_each_broken_tool_once_with_its_line(tmp_path: Path) -> None:
    made = town(tmp_path, tool_text("return me.luck"), do="odd")
    session = await open_session(made, models={}, out=None, ticks=3)
    try:
        for _ in range(3):
            await session.simulation.step()
        broken = session.summary()["broken"]
    finally:
        await session.close()
    line = tool_line(made)
    first = "raised AttributeError(\"NPCs have no attribute 'luck'\")"
    assert broken == {"odd": {"times": 3, "at": line, "first": first}}
    (told,) = (line for line in summary_lines({"broken": broken}) if line.startswith("broken"))
    assert told == f"broken       tool odd broke 3 times, first: {line}: {first}"


def tool_line(made: Built) -> str:
    ((name, text),) = made.recipe.tools
    rows = text.splitlines()
    return f"{name}:{next(n for n, row in enumerate(rows, 1) if 'luck' in row)}"


async def test_a_broken_tool_does_not_take_the_others_options(tmp_path: Path) -> None:
    made = town(
        tmp_path,
        """
@tool
def odd(me: Body, view: View) -> list[Effect]:
    return None

@tool
def lame(me: Body, view: View) -> list[Effect]:
    return []

@lame.utility
def worth(me: Body, view: View) -> float:
    return "much"

@tool
def late(me: Body, view: View) -> list[Effect]:
    return []

@late.ready
def ready(me: Body, view: View) -> str | None:
    raise KeyError("ready")

def which(me, view):
    yield 1
    raise OSError("which")

@tool(candidates={"number": which})
def pick(me: Body, view: View, number: int) -> list[Effect]:
    return []

TOOLS = [odd, lame, late, pick]
""",
        allowed="odd, lame, late, pick, wait, look",
        more='events: [{at: "06:00:02", signal: bell, place: mill}]\n',
    )
    events = await live(made, 3)
    (decided,) = of(events, ev.Decided)
    assert decided.options == ("look around", "wait a while")
    assert sorted((r.tool, r.reason) for r in of(events, ev.Rejected)) == [
        ("lame", "lame has a utility that is no number: could not convert string to float: 'much'"),
        ("late", "late raised KeyError('ready')"),
        ("odd", "odd returned None, not a list of effects"),
        ("pick", "pick raised OSError('which')"),
    ]


@pytest.mark.parametrize("takes", ["float('nan')", "-5", "'long'", "None", "1 / 0", "10 ** 30"])
async def test_a_duration_that_is_none(tmp_path: Path, takes: str) -> None:
    head = f"@tool(takes=lambda me, view: {takes})"
    events = await live(town(tmp_path, tool_text("return []", head)), 3, puts=[{"do": "ida.odd"}])
    (rejected,) = of(events, ev.Rejected)
    assert rejected.reason.startswith(("odd takes", "odd raised ZeroDivisionError"))
    assert not of(events, ev.ActStarted)


PARTS = """
@tool(takes="%(takes)s")
def odd(me: Body, view: View%(params)s) -> list[Effect]:
    return [%(head)s]

@odd.finish
def end(me: Body, view: View, act: Act) -> list[Effect]:
    %(finish)s

@odd.interrupted
def broken(me: Body, view: View, act: Act) -> list[Effect]:
    %(interrupted)s
TOOLS = [odd]
"""
GOOD = {"takes": "2 s", "params": "", "head": "", "finish": "return []", "interrupted": "return []"}
WALK = {"takes": "arrival", "params": ", to: Place", "head": "Head(me, to)"}


@pytest.mark.parametrize("shape", [{}, WALK], ids=["time", "arrival"])
@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("return 5", "odd returned 5, not a list of effects"),
        ("raise ValueError('x')", "odd raised ValueError('x')"),
        ("raise ToolRefused('too late')", "too late"),
        ("return [Create(me, 'cake')]", "there is no item 'cake'"),
    ],
)
async def test_an_end_that_goes_wrong_still_ends_the_act(
    tmp_path: Path, shape: dict[str, str], finish: str, reason: str
) -> None:
    made = town(tmp_path, PARTS % {**GOOD, **shape, "finish": finish})
    call = "ida.odd(far)" if shape else "ida.odd"
    events = await live(made, 30, puts=[{"do": call}])
    (ended,) = of(events, ev.ActEnded)
    assert ended.how == "failed"
    rejected = of(events, ev.Rejected)
    assert reason in [ended.reason, *(r.reason for r in rejected)]
    assert len(rejected) <= 1
    assert not list(made.world.acts.items()) + list(made.world.heading.items())


@pytest.mark.parametrize("interrupted", ["return 5", "1 / 0", "raise ToolRefused('no')"])
async def test_an_act_can_always_be_broken_off(tmp_path: Path, interrupted: str) -> None:
    made = town(tmp_path, PARTS % {**GOOD, "interrupted": interrupted})
    async with living(made) as simulation:
        simulation.put({"do": "ida.odd"})
        await go_on(simulation, 1)
        simulation.put({"do": "ida.look"})
        events = await go_on(simulation, 1)
        assert [(e.tool, e.how) for e in of(events, ev.ActEnded)] == [("odd", "interrupted")]
        assert len(of(events, ev.Rejected)) == 1


async def test_a_body_whose_tool_breaks_goes_on(tmp_path: Path) -> None:
    made = town(tmp_path, tool_text("1 / 0"), do="odd")
    events = await live(made, 3)
    assert [(r.actor, r.tick) for r in of(events, ev.Rejected)] == [("bo", t) for t in (1, 2, 3)]
    assert len(of(events, ev.TickEnded)) == 3


# -- states in Python ----------------------------------------------------------------------------

STATE = """
import numpy as np

@state(columns={"anger": (0.0, 3.0, 1.0)})
def rage(crowd: Crowd, who) -> list:
    \"\"\"Grow angrier, and hop towards the corner.\"\"\"
    %s
STATES = [rage]
"""


async def test_a_state_in_python_keeps_its_state_in_columns(tmp_path: Path) -> None:
    made = town(
        tmp_path,
        STATE % 'return [AddMany("anger", who, np.ones(len(who)), cause="rage"), '
        'Motion(who, crowd["x"][who] - 0.5, crowd["y"][who])]',
        do="rage",
    )
    async with living(made) as simulation:
        assert made.world.npc("bo").anger == 1
        events = await go_on(simulation, 4)
        assert (made.world.npc("bo").anger, made.world.npc("bo").x) == (3, 1)
        assert made.world.npc("ida").anger == 1
        assert [c.cause for c in of(events, ev.Changed)] == ["rage"] * 4


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return 5", "TypeError"),
        ("return [5]", "it returned 5, which is no block of effects"),
        ("return [Add('bo', 'hp', 1)]", "which is no block of effects"),
        ("return None", "TypeError"),
        ("1 / 0", "ZeroDivisionError"),
        ("return [AddMany('luck', who, np.ones(len(who)))]", "there is no attribute 'luck'"),
        ("return [AddMany('hp', who, who * np.nan)]", "a value is not a finite number"),
        ("return [SetMany('hp', who, who * np.inf)]", "a value is not a finite number"),
        ("return [AddMany('hp', who, np.ones(7))]", "7 values for 1 NPCs"),
        ("return [AddMany('hp', who, np.array(['a']))]", "a value is not a finite number"),
        ("return [AddMany('hp', who + 99, np.ones(1))]", "there is no NPC with the serial"),
        ("return [AddMany('hp', [1], np.ones(1))]", "not by an array of serials"),
        ("return [AddMany('hp', who.astype(float), np.ones(1))]", "not by an array of serials"),
        ("return [AddMany('hp', who - 5, np.ones(1))]", "there is no NPC with the serial"),
        ("return [AddMany('hp', who, np.ones(1), who + 99)]", "there is no NPC with the serial"),
        ("return [Motion(who, np.ones(2), np.ones(2))]", "2 values for 1 NPCs"),
        ("return [Motion(who, np.full(1, np.nan), np.ones(1))]", "not a finite number"),
        ("return [SignalMany('roar', who, float('nan'))]", "not a finite number"),
        ("crowd['hp'][who] = 0", "read-only"),
        ("crowd['luck']", "KeyError"),
    ],
)
async def test_a_state_in_python_that_goes_wrong(tmp_path: Path, body: str, reason: str) -> None:
    made = town(tmp_path, STATE % body, do="rage")
    async with living(made, out=tmp_path / "runs") as simulation:
        events = await go_on(simulation, 2)
    rejected = of(events, ev.Rejected)
    assert [r.tick for r in rejected] == [1, 2]
    assert all(r.tool == "rage" and reason in r.reason for r in rejected)
    assert not of(events, ev.Changed) + of(events, ev.Moved)


async def test_positions_from_python_are_snapped_to_the_grain(tmp_path: Path) -> None:
    body = 'return [Motion(who, crowd["x"][who] + 0.1, crowd["y"][who] + 1 / 3)]'
    made = town(tmp_path, STATE % body, do="rage")
    await live(made, 3)
    for name in ("x", "y"):
        assert getattr(made.world.npc("bo"), name) * 1024 % 1 == 0


# -- tools.py ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def broken(:\n", r"tools\.py:2:1: is not Python"),
        ("x = 1\n1 / 0\n", r"tools\.py:3:1: ZeroDivisionError"),
        ("TOOLS = 5\n", r"tools\.py:1:1: TOOLS must be a list of tools"),
        ("TOOLS = [print]\n", "which was not made by @tool"),
        (
            "@tool\ndef wait(me: Body, view: View) -> list:\n    return []\nTOOLS = [wait]",
            r"tools\.py:2:1: 'wait' is built in and can't be replaced",
        ),
        ("@tool(option='{x}')\ndef a(me: Body, view: View) -> list:\n    return []", "wording"),
        (
            "@tool\ndef nap(me: Body, view: View) -> list:\n    return []\nTOOLS = [nap, nap]",
            "there is a tool 'nap' already",
        ),
        ("import nosuchmodule", "No module named 'nosuchmodule'.*copy what you need into it"),
        (STATE.replace("anger", "alive") % "return []", "'alive'"),
        (STATE.replace("anger", "hp") % "return []", "'hp'"),
        (STATE.replace("anger", "speed") % "return []", "'speed'"),
        (STATE.replace("anger", "hunger") % "return []", "'hunger'"),
    ],
)
def test_tools_that_do_not_load_are_mistakes_of_the_file(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ScenarioError, match=message):
        town(tmp_path, text)


@pytest.mark.parametrize("name", ["alive", "x", "state", "speed", "mind", "hour"])
def test_an_attribute_cannot_take_a_name_that_means_something(tmp_path: Path, name: str) -> None:
    text = f"size: [9, 9]\nattributes: {{{name}: {{range: 0..1}}}}\nnpcs: {{ida: {{}}}}\n"
    with pytest.raises(ScenarioError, match=f"small.yaml:3:.*{name!r}"):
        built(tmp_path, text)
