"""Other tools while a run goes on: what is new in a text, what is refused, what is logged."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built
from npcsim.assembly.runs.session import recorded_session
from npcsim.errors import ScenarioError
from npcsim.messages import Answer, Choose, Chosen, Question, Written
from npcsim.models.scripted import Scripted
from npcsim.replay.verify import verify
from npcsim.sim.program import Retooled
from npcsim.store.run_store import Run
from tests.worlds_in_text import body, built, go_on, lines, live, living, of

HEAD = "from npcsim import *\n"
DIG = """
DEPTH = 2

def deep(me):
    return DEPTH

@tool(option="dig a hole", did="I dug", takes="6 s")
def dig(me: Body, view: View) -> list:
    return []

@dig.finish
def dug(me: Body, view: View, act: Act) -> list:
    return [Add(me, "hp", -deep(me))]

@dig.interrupted
def undug(me: Body, view: View, act: Act) -> list:
    return [Add(me, "hp", -50)]
"""
JIG = """
@tool(option="dance a jig", takes="4 s")
def jig(me: Body, view: View) -> list:
    return []
"""
STAND = """
@state(columns={"calm": (0.0, 1.0, 0.5)})
def stand(crowd: Crowd, who):
    return []
"""
TEXT = HEAD + DIG + JIG + STAND + "TOOLS = [dig, jig]\nSTATES = [stand]\n"
SCENE = """
size: [10, 10]
clock: {tick: 2 s, start: "06:00", end: "06:10"}
places: {yard: {x: 5, y: 5}}
behaviour: {post: {stand: {do: stand}}}
npcs:
  ida: {at: yard}
  bo: {at: yard, tools: [jig, wait]}
  post: {count: 2, at: yard, behaviour: post, tools: [-jig]}
events: [{at: "06:00:20", do: ida.jig()}]
"""


@pytest.fixture
def made(tmp_path: Path) -> Built:
    (tmp_path / "tools.py").write_text(TEXT)
    return built(tmp_path, SCENE)


def other(made: Built, text: str, file: str = "tools.py") -> Retooled:
    assert made.program.retool is not None
    return made.program.retool(made.program, file, text)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("dance a jig", "dance a reel", ("jig",)),
        ('"hp", -deep(me)', '"hp", -3', ("dig",)),
        ("DEPTH = 2", "DEPTH = 3", ("dig",)),  # what a tool uses is a part of it
        ("return DEPTH", "return DEPTH + 1", ("dig",)),
        ("return []\n\n@dig.finish", "return []\n\n\n# deeper\n@dig.finish", ()),  # words aside
        ("from npcsim import *", "'''Tools.'''\nfrom npcsim import *", ()),
        ("from npcsim import *", "from npcsim import *\nprint", ("dig", "jig", "stand")),
    ],
)
def test_what_changed_is_found_in_the_text(
    made: Built, old: str, new: str, changed: tuple[str, ...]
) -> None:
    assert old in TEXT
    assert other(made, TEXT.replace(old, new)).changed == changed


def test_what_is_new_and_what_is_gone(made: Built) -> None:
    text = TEXT.replace("def jig", "def reel").replace("dig, jig", "dig, reel")
    new = other(made, text)
    assert (new.added, new.removed, new.changed) == (("reel",), ("jig",), ())
    assert "jig" in made.program.tools
    assert {"reel", "dig"} <= new.program.tools.keys()


def test_a_file_there_was_not_is_the_nearest(made: Built) -> None:
    text = HEAD + JIG.replace("a jig", "a better jig") + "TOOLS = [jig]\n"
    new = other(made, text, "more.py")
    assert (new.added, new.changed) == ((), ("jig",))
    assert [name for name, _ in new.program.files] == ["tools.py", "more.py"]
    assert new.program.tools["jig"].option == "dance a better jig"


def test_who_may_use_what_follows(made: Built) -> None:
    text = TEXT.replace("dig, jig", "dig, jig, reel").replace(
        "@state", JIG.replace("jig", "reel") + "@state"
    )
    new = other(made, text)
    usable = {
        name: {tool.name for tool in new.program.lore.tools_of(body(made.world, name))}
        for name in ("ida", "bo", "post-2")
    }
    assert {"reel", "jig", "dig"} <= usable["ida"]
    assert usable["bo"] == {"jig", "wait"}
    assert "reel" in usable["post-2"]
    assert "jig" not in usable["post-2"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("DEPTH = 2", "DEPTH = ", r"tools\.py:3:1: is not Python"),
        ("TOOLS = [dig, jig]", "TOOLS = [dig, jug]", r"tools\.py:\d+:1: NameError"),
        ("0.0, 1.0, 0.5", "0.0, 2.0, 0.5", "columns of states can't change.*: calm"),
        ('"calm": (', '"still": (0, 1, 0), "calm": (', "can't change.*: still"),
        ("STATES = [stand]", "", "the behaviour post does stand in its state stand, and no tool"),
        ('takes="4 s"', 'takes="4 s", skill="grace"', "jig takes the skill 'grace', which"),
    ],
)
async def test_what_a_run_can_not_take_up_is_refused_before_it_is_put_in(
    made: Built, old: str, new: str, message: str
) -> None:
    assert old in TEXT
    async with living(made) as simulation:
        with pytest.raises(ScenarioError, match=message):
            simulation.put({"tools": TEXT.replace(old, new), "file": "tools.py"})
        events = await go_on(simulation, 1)
        assert not of(events, ev.Given)
        assert simulation.program is not None


@pytest.mark.parametrize(
    "entry", [{"tools": 5}, {"tools": "", "file": ""}, {"tools": "", "file": 1}]
)
async def test_tools_that_are_no_text_are_refused(made: Built, entry: dict[str, object]) -> None:
    async with living(made) as simulation:
        with pytest.raises(ValueError, match="text of a file"):
            simulation.put(entry)


async def test_an_act_goes_on_and_ends_as_its_new_tool_says(made: Built) -> None:
    async with living(made) as simulation:
        simulation.put({"do": "ida.dig()"})
        await go_on(simulation, 2)
        simulation.put({"tools": TEXT.replace("DEPTH = 2", "DEPTH = 30"), "file": "tools.py"})
        events = await go_on(simulation, 3)
    (changed,) = of(events, ev.ToolsChanged)
    assert (changed.tick, changed.file, changed.changed) == (3, "tools.py", ("dig",))
    (ended,) = of(events, ev.ActEnded, npc="ida")
    assert (ended.tool, ended.how) == ("dig", "done")
    assert made.world.npc("ida").hp == 70


async def test_an_act_whose_tool_is_gone_is_broken_off_as_that_tool_said(made: Built) -> None:
    async with living(made) as simulation:
        simulation.put({"do": "ida.dig()"})
        await go_on(simulation, 2)
        simulation.put({"do": "bo.dig()"})  # begun in the very tick in which it goes
        simulation.put({"tools": TEXT.replace("[dig, jig]", "[jig]"), "file": "tools.py"})
        simulation.put({"do": "bo.jig()"})
        events = await go_on(simulation, 2)
        with pytest.raises(ValueError, match="there is no tool 'dig'"):
            simulation.put({"do": "ida.dig()"})
    (ended,) = of(events, ev.ActEnded, npc="ida")
    assert (ended.how, ended.reason) == ("interrupted", "there is no dig any more")
    assert made.world.npc("ida").hp == 50
    assert of(events, ev.Rejected, actor="bo")[0].reason == "there is no dig any more"
    assert [act.tool for act in of(events, ev.ActStarted, npc="bo")] == ["jig"]


async def test_an_event_whose_tool_is_gone_leaves_the_run_going(made: Built) -> None:
    text = TEXT.replace("[dig, jig]", "[dig]")
    events = await live(made, 12, puts=[{"tools": text}])
    assert of(events, ev.Rejected, actor="ida")[0].reason == "there is no jig any more"
    assert len(of(events, ev.TickEnded)) == 12


async def test_tools_that_break_only_as_they_take_effect_change_nothing(made: Built) -> None:
    """Two texts at once: each loads, and the second needs what the first took away."""
    gone = TEXT.replace("STATES = [stand]", "")
    nearer = HEAD + STAND + "STATES = [stand]\n"
    async with living(made) as simulation:
        simulation.put({"tools": nearer, "file": "more.py"})
        await go_on(simulation, 1)
        simulation.put({"tools": gone, "file": "tools.py"})
        simulation.put({"tools": HEAD, "file": "more.py"})
        events = await go_on(simulation, 2)
    assert len(of(events, ev.ToolsChanged)) == 1
    (refused,) = of(events, ev.Rejected)
    assert (refused.actor, refused.tool) == ("", "tools")
    assert "no tool is called that any more" in refused.reason


async def test_a_replay_takes_them_from_the_log(made: Built, tmp_path: Path) -> None:
    async with living(made, ticks=12, out=tmp_path / "runs") as simulation:
        simulation.put({"do": "ida.dig()"})
        await go_on(simulation, 1)
        simulation.put({"tools": TEXT.replace("DEPTH = 2", "DEPTH = 30"), "file": "tools.py"})
        await go_on(simulation, 3)
        simulation.put({"tools": TEXT.replace("dig, jig", "dig"), "file": "tools.py"})
        await go_on(simulation, 8)
    (tmp_path / "tools.py").unlink()
    run = Run.open(next((tmp_path / "runs").iterdir()))
    assert [event.changed + event.removed for event in of(run.events(), ev.ToolsChanged)] == [
        ("dig",),
        ("dig", "jig"),
    ]
    session = recorded_session(run)
    assert (await verify(session.simulation, run)).ticks == 12
    assert session.simulation.world.npc("ida").hp == 70
    await session.close()
    run.close()


# -- minds ---------------------------------------------------------------------------------------

GOSSIP = """
@tool
def gossip(me: Body, view: View, to: Body, topic: str, words: Words) -> list:
    return [Signal(me, "speech", 8.0, words, to)]
"""
THINKS = """
size: [10, 10]
clock: {tick: 2 s, start: "06:00", end: "06:10"}
temper: 0
think: {local: 10 s}
tiers: {local: {model: scripted, trust: 1}}
places: {yard: {x: 5, y: 5}}
npcs:
  ida: {at: yard, mind: true, tools: [%s]}
  bo: {at: yard}
%s
"""


def first(question: Question) -> Answer:
    """The first option; words where words are asked for."""
    if isinstance(question, Choose):
        rest = (0.0,) * (len(question.options) - 1)
        return Chosen(pick=0, probabilities=(1.0, *rest))
    return Written(text="Have you heard?")


async def test_a_thought_whose_option_is_gone_comes_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(TEXT)
    bell = 'events: [{at: "06:00:02", signal: bell, place: yard}]'
    made = built(tmp_path, THINKS % ("jig, dig", bell))
    async with living(made, {"local": Scripted(first)}) as simulation:
        (asked,) = of(await go_on(simulation, 4), ev.Asked, npc="ida")
        assert set(asked.options) == {"dance a jig", "dig a hole"}
        simulation.put({"tools": HEAD + STAND + "STATES = [stand]", "file": "tools.py"})
        events = await go_on(simulation, 6)
    (decided,) = of(events, ev.Decided, npc="ida")
    assert decided.text in asked.options
    (refused,) = of(events, ev.Rejected, actor="ida")
    assert refused.reason in ("there is no jig any more", "there is no dig any more")
    assert not of(events, ev.ActStarted, npc="ida")
    assert f"It did not work: {refused.reason}" in lines(made.world, "ida")


async def test_a_plan_whose_step_is_gone_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(TEXT)
    plan = "plans: {revel: {option: revel, who: [ida], steps: [jig, dig]}}"
    made = built(tmp_path, THINKS % ("jig, dig", plan))
    async with living(made) as simulation:
        events = await go_on(simulation, 2)
        simulation.put({"tools": TEXT.replace("[dig, jig]", "[jig]"), "file": "tools.py"})
        events += await go_on(simulation, 40)
    (goal, *_) = of(events, ev.GoalEnded)
    assert (goal.how, goal.reason) == ("failed", "there is no dig any more")
    assert {act.tool for act in of(events, ev.ActStarted, npc="ida")} == {"jig"}


async def test_words_for_a_tool_that_is_gone_are_not_said(tmp_path: Path) -> None:
    text = TEXT.replace("TOOLS = [", GOSSIP + "TOOLS = [gossip, ")
    (tmp_path / "tools.py").write_text(text)
    plan = 'plans: {chat: {option: chat, who: [ida], steps: ["gossip(bo, the day)"]}}'
    made = built(tmp_path, THINKS % ("gossip", plan))
    async with living(made, {"local": Scripted(first)}) as simulation:
        events = await go_on(simulation, 3)
        assert of(events, ev.Asked, purpose="speak")
        assert not of(events, ev.Signalled)
        simulation.put({"tools": TEXT, "file": "tools.py"})
        events = await go_on(simulation, 40)
    assert of(events, ev.Rejected, actor="ida")[0].reason == "there is no gossip any more"
    assert not of(events, ev.Signalled)
    assert of(events, ev.GoalEnded)[0].reason == "there is no gossip any more"


async def test_an_act_may_end_as_a_tool_with_another_parameter(made: Built) -> None:
    text = TEXT.replace('did="I dug"', 'did="I dug to {how}"')
    text = text.replace("def dig(me: Body, view: View)", "def dig(me: Body, view: View, how: str)")
    async with living(made) as simulation:
        simulation.put({"do": "ida.dig()"})
        await go_on(simulation, 1)
        simulation.put({"tools": text, "file": "tools.py"})
        events = await go_on(simulation, 4)
    assert [(end.how, end.text) for end in of(events, ev.ActEnded)] == [("done", "I dug to")]
