"""Trying a tool: what it shows, and why it says the tool is chosen or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from npcsim.authoring.commands import beside
from npcsim.authoring.trial import Trial
from npcsim.authoring.trying import try_tool
from npcsim.authoring.verdict import told, why
from npcsim.cli import app
from npcsim.errors import NpcsimError, ScenarioError

TOOLS = '''
from npcsim import Act, Add, Body, Consume, Create, Effect, Kind, Set, Spot, ToolRefused, View, tool


@tool(option="brew a {potion} at the {cauldron}", takes="20 min", occupies="cauldron",
      candidates={"potion": lambda me, view: [i for i in view.items if i.recipe]})
def brew(me: Body, view: View, potion: Kind, cauldron: Spot) -> list[Effect]:
    """Brew a potion."""
    if cauldron.kind != "cauldron":
        raise ToolRefused("that is no cauldron")
    return [Consume(me, item, count) for item, count in potion.recipe.items()]


@brew.finish
def bottle(me: Body, view: View, act: Act) -> list[Effect]:
    return [Create(me, dict(act.args)["potion"])]


@brew.interrupted
def spoil(me: Body, view: View, act: Act) -> list[Effect]:
    raise ToolRefused("nothing is left")


@brew.utility
def worth(me: Body, view: View, potion: Kind, cauldron: Spot) -> float:
    return WORTH


@tool(candidates={"item": lambda me, view: []})
def nothing(me: Body, view: View, item: Kind) -> list[Effect]:
    """Never has anything to do it with."""
    return []


@tool
def sing(me: Body, view: View) -> list[Effect]:
    """Sing."""
    return []


@sing.ready
def by_day(me: Body, view: View) -> str | None:
    return "it is too early to sing" if view.hour < 9 else None


@tool
def crash(me: Body, view: View) -> list[Effect]:
    """Break."""
    return [Set(me, "hp", me.nonsense)]


@tool(takes="1 min")
def earn(me: Body, view: View) -> list[Effect]:
    """Earn something."""
    return [Add(me, "prid", 0.1)]


@earn.finish
def earned(me: Body, view: View, act: Act) -> list[Effect]:
    return [Create("nobody", "herb"), Create(me, "salv")]


@tool
def number(me: Body, view: View) -> list[Effect]:
    """Give something else than effects."""
    return 3


TOOLS = [brew, nothing, sing, crash, earn, number]
'''
SCENARIO = """
scenario: hut
clock: {tick: 1 min, start: "08:00", end: "12:00"}
size: [20, 20]
tiers: {local: {model: scripted}}
places: {hut: {area: [0, 0, 10, 10]}}
items: {herb: {}, salve: {recipe: {herb: 2}}}
spots: {cauldron: {kind: cauldron, at: hut, x: 5, y: 5}, chest: {kind: chest, at: hut, x: 5, y: 6}}
archetypes: {healer: {mind: true, carries: {herb: 2}}}
behaviour:
  dazed: {lost: {do: wait, mind: holds}}
plans:
  salve: {option: brew a salve, worth: 0.6, when: has(herb) >= 2, steps: ["brew(salve, cauldron)"]}
  rest: {option: have a rest, worth: 0.4, steps: [wait]}
npcs:
  Wren: {is: healer, x: 5, y: 5, tools: [brew, nothing, sing, wait, look]}
  Poor: {is: healer, x: 5, y: 5, carries: {herb: 0}, tools: [brew, wait]}
  Bo: {is: healer, x: 5, y: 4, tools: [wait]}
  Log: {x: 5, y: 5}
  Daze: {is: healer, x: 5, y: 5, behaviour: dazed, tools: [brew, wait]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "hut.yaml").write_text(SCENARIO)
    (tmp_path / "tools.py").write_text(TOOLS.replace("WORTH", "0.4"))
    return tmp_path


async def tried(project: Path, tool: str, npc: str, **how: Any) -> Trial:
    how = {"models": False, **how}
    return await try_tool(project / "tools.py", tool, npc, project / "hut.yaml", **how)


async def test_it_shows_legal_calls_and_their_effects(project: Path) -> None:
    trial = await tried(project, "brew", "Wren")
    [call] = trial.calls
    assert (call.call, call.text) == ("brew(salve, cauldron)", "brew a salve at the cauldron")
    assert (call.utility, call.takes, call.rejected) == (0.4, "20 min", "")
    assert call.start == ("Occupy(Wren, cauldron)", "Consume(Wren, herb, 2)")
    assert call.finish == ("Create(Wren, salve, 1)",)
    assert call.interrupted == ("refused: nothing is left",)
    [refusal] = trial.refusals
    assert (refusal.example, refusal.reason) == ("brew(salve, chest)", "that is no cauldron")


async def test_effects_that_name_what_is_not_there_are_told(project: Path) -> None:
    trial = await tried(project, "earn", "Wren")
    (call,) = trial.calls
    assert call.strange == (
        "NPCs have no attribute 'prid'",
        "earn.finish: there is nothing that can hold items called 'nobody'",
        "earn.finish: there is no item 'salv'; did you mean 'salve'?",
    )
    allowed = await tried(project, "earn", "Wren", overrides=["npcs.Wren.tools=[earn]"])
    assert any("refuse earn whenever it is: NPCs have no" in line for line in why(allowed))
    (fine,) = (await tried(project, "brew", "Wren")).calls
    assert fine.strange == ()


async def test_it_is_chosen_on_reflexes_where_it_is_worth_most(project: Path) -> None:
    trial = await tried(project, "brew", "Wren")
    assert trial.react is not None
    best = trial.react.options[0]
    assert (best.ours, best.utility, trial.rank) == (True, 0.4, 1)
    assert sum(one.share for one in trial.react.options) == pytest.approx(1)
    reacting, planning, *_ = why(trial)
    assert "“brew a salve at the cauldron” is chosen: worth 0.40" in reacting
    assert "the plan salve is chosen: worth 0.60, 60% of" in planning


async def test_tools_of_a_file_are_laid_over_the_worlds(project: Path) -> None:
    other = project / "later.py"
    other.write_text(TOOLS.replace("WORTH", "0.01"))
    trial = await try_tool(other, "brew", "Wren", project / "hut.yaml", models=False)
    assert trial.calls[0].utility == 0.01
    [reacting, *_] = why(trial)
    assert "number 3 of 3" in reacting
    assert "is chosen instead" in reacting


async def test_the_scripted_model_scores_the_options(project: Path) -> None:
    trial = await tried(project, "brew", "Wren", models=True, overrides=["think.dominates=20"])
    assert trial.react is not None
    assert trial.react.tier == "local"
    assert sum(one.given["local"] for one in trial.react.options) == pytest.approx(1)
    assert sum(one.blended for one in trial.react.options) == pytest.approx(1)
    assert "the local model gives it" in why(trial)[0]
    assert any("reflex   local decides" in line for line in told(trial))


async def test_every_tier_scores_the_options_and_the_dearest_worth_asking_decides(
    project: Path,
) -> None:
    cloud = "{model: scripted, price: {input: 1, output: 1}}"
    dear = [f"tiers.cloud={cloud}", "think.dominates=20", "routing.escalate=0"]
    trial = await tried(project, "brew", "Wren", models=True, overrides=dear)
    assert trial.react is not None
    assert trial.react.tier == "cloud"
    assert "local has answered" in trial.react.reason
    for tier in ("local", "cloud"):
        assert sum(one.given[tier] for one in trial.react.options) == pytest.approx(1)
    assert any("reflex   local   cloud decides" in line for line in told(trial))


async def test_a_tier_that_may_not_answer_is_not_asked_and_that_is_said(project: Path) -> None:
    closed = ["tiers.cloud={model: scripted, only: hp < 1}", "think.dominates=20"]
    trial = await tried(project, "brew", "Wren", models=True, overrides=closed)
    assert trial.react is not None
    assert list(trial.react.options[0].given) == ["local"]
    assert "the cloud model was not asked: is only for hp < 1" in trial.notes


def test_a_tool_that_returns_something_else_is_told_with_its_line(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    done = CliRunner().invoke(app, ["try", "tools.py", "number", "--npc", "Wren"])
    line = TOOLS.splitlines().index("def number(me: Body, view: View) -> list[Effect]:")
    assert done.exit_code == 1
    assert f"tools.py:{line}: number returned 3, not a list of effects" in done.output


@pytest.mark.parametrize(
    ("tool", "npc", "said"),
    [
        ("brew", "Bo", "write `tools: [+brew]` at npcs.Bo or at an archetype (healer)."),
        ("brew", "Log", "Log has no mind"),
        ("nothing", "Wren", "there is nothing 'item' could be"),
        ("sing", "Wren", "it is too early to sing"),
        ("brew", "Daze", "While in the state lost the body is held"),
        ("brew", "Poor", "the world would refuse brew(salve, cauldron)"),
        ("brew", "Poor", "can't be taken up: not `has(herb) >= 2`"),
        ("look", "Wren", "No plan that Wren may take up has look as a step"),
    ],
)  # fmt: skip
async def test_it_says_what_is_in_the_way(project: Path, tool: str, npc: str, said: str) -> None:
    assert said.lower() in " ".join(why(await tried(project, tool, npc))).lower()


async def test_later_in_the_scenario_things_stand_otherwise(project: Path) -> None:
    trial = await tried(project, "sing", "Wren", at="09:30")
    assert (trial.tick, trial.not_ready, len(trial.calls)) == (90, "", 1)
    assert trial.when == "day 1 09:30"
    trial = await tried(project, "sing", "Wren", at="3", overrides=['clock.start="11:00"'])
    assert (trial.tick, trial.when) == (3, "day 1 11:03")
    with pytest.raises(NpcsimError, match="after the end"):
        await tried(project, "sing", "Wren", at="13:00")


async def test_wording_that_reads_badly_is_noted(project: Path) -> None:
    assert not [note for note in (await tried(project, "brew", "Wren")).notes if "capital" in note]
    file = project / "tools.py"
    before = file.read_text()
    file.write_text(before.replace('option="brew', 'option="Brew'))
    assert file.read_text() != before
    notes = (await tried(project, "brew", "Wren")).notes
    assert [note for note in notes if "begins with a capital letter" in note]


async def test_what_is_misspelt_has_a_suggestion(project: Path) -> None:
    with pytest.raises(NpcsimError, match="did you mean 'brew'"):
        await tried(project, "bruw", "Wren")
    with pytest.raises(NpcsimError, match="did you mean 'Wren'"):
        await tried(project, "brew", "Wern")
    with pytest.raises(NpcsimError, match="can't read"):
        await try_tool(project / "no.py", "brew", "Wren", project / "hut.yaml")
    (project / "tools.py").write_text("TOOLS = [")
    with pytest.raises(ScenarioError, match="not Python"):
        await tried(project, "brew", "Wren")


def test_the_command_tells_all_of_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    done = CliRunner().invoke(app, ["try", "tools.py", "brew", "--npc", "Wren", "--models", "off"])
    assert done.exit_code == 0, done.output
    for part in ("brew(salve, cauldron)", "Refused:", "To react now", "To take up a plan", "Why:"):
        assert part in done.output


def test_a_tool_that_breaks_is_told_with_its_line(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    done = CliRunner().invoke(app, ["try", "tools.py", "crash", "--npc", "Wren"])
    line = TOOLS.splitlines().index('    return [Set(me, "hp", me.nonsense)]') + 1
    assert done.exit_code == 1
    assert f"tools.py:{line}: crash raised" in done.output


def test_the_command_wants_an_npc_and_a_switch(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    done = CliRunner().invoke(app, ["try", "tools.py", "brew"])
    assert (done.exit_code, "--npc" in done.output) == (1, True)
    done = CliRunner().invoke(
        app, ["try", "tools.py", "brew", "--npc", "Wren", "--models", "maybe"]
    )
    assert done.exit_code == 2


def test_the_scenario_that_lies_beside_is_found(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    inner = project / "worlds" / "hut"
    inner.mkdir(parents=True)
    (inner / "world.yaml").write_text("places: {}\n")
    assert beside(inner / "tools.py") == project / "hut.yaml"
    assert beside(Path("tools.py")) is None
    (project / "second.yaml").write_text("scenario: second\n")
    with pytest.raises(NpcsimError, match="which scenario"):
        beside(inner / "tools.py")
