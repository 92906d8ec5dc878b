"""Where a scenario's tools come from, and how a run keeps them."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from npcsim.assembly.build import build, read
from npcsim.assembly.code.recipe import Recipe
from npcsim.cli import app
from npcsim.errors import ScenarioError, StoreError
from tests.worlds_in_text import living

HEAD = "from npcsim import *\n"
WORLD = "size: [10, 10]\nplaces: {yard: {x: 5, y: 5}}\narchetypes: {folk: {}}\n"
SCENE = "scenario: top\nuses: dale\nclock: {tick: 1 s}\nnpcs: {ida: {is: folk, at: yard}}\n"


def tool(name: str, doc: str = "It does nothing.") -> str:
    return f'@tool\ndef {name}(me: Body, view: View) -> list:\n    """{doc}"""\n    return []\n'


def tools(*names: str, doc: str = "It does nothing.") -> str:
    return HEAD + "".join(tool(name, doc) for name in names) + f"TOOLS = [{', '.join(names)}]\n"


def lay(folder: Path, scene: str = SCENE, world: str = WORLD, **files: str) -> Path:
    """A scenario over a world `dale`. Files: `own`, `of_world`, or a name with __ for a dot."""
    home = folder / "worlds" / "dale"
    home.mkdir(parents=True)
    (home / "world.yaml").write_text(world)
    (folder / "top.yaml").write_text(scene)
    places = {"own": folder / "tools.py", "of_world": home / "tools.py"}
    for name, text in files.items():
        places.get(name, folder / name.replace("__", ".")).write_text(text)
    return folder / "top.yaml"


def told(path: Path) -> str:
    with pytest.raises(ScenarioError) as raised:
        read(path)
    return str(raised.value)


def test_tools_of_the_world_and_of_the_scenario_are_both_there(tmp_path: Path) -> None:
    built = read(lay(tmp_path, of_world=tools("plough"), own=tools("juggle")))
    assert {"plough", "juggle", "go_to"} <= built.program.tools.keys()
    assert [name for name, _ in built.recipe.tools] == ["dale/tools.py", "tools.py"]
    assert [name for name, _ in built.tool_files] == ["dale/tools.py", "tools.py"]
    assert built.warnings == ()


def test_the_nearer_file_wins_and_it_is_told(tmp_path: Path) -> None:
    nearer = tools("juggle", "plough", doc="Another way.")
    built = read(lay(tmp_path, of_world=tools("plough"), own=nearer))
    assert built.program.tools["plough"].doc == "Another way."
    (warning,) = built.warnings
    assert (Path(warning.file), warning.line) == (tmp_path / "tools.py", 6)
    assert warning.message.startswith("plough takes the place of plough in ")
    assert warning.message.endswith("dale/tools.py")
    done = CliRunner().invoke(app, ["validate", str(tmp_path / "top.yaml")])
    assert done.exit_code == 0
    assert f"warning: {warning}" in done.output


def test_what_is_built_in_stays(tmp_path: Path) -> None:
    assert "'go_to' is built in and can't be replaced" in told(lay(tmp_path, own=tools("go_to")))


def test_worlds_that_use_worlds_add_theirs(tmp_path: Path) -> None:
    path = lay(tmp_path, world="uses: base\n" + WORLD, of_world=tools("plough"))
    base = tmp_path / "worlds" / "base"
    base.mkdir()
    (base / "world.yaml").write_text("title: below\n")
    (base / "tools.py").write_text(tools("dig", "plough", doc="The old way."))
    built = read(path)
    assert [name for name, _ in built.recipe.tools] == ["base/tools.py", "dale/tools.py"]
    assert built.program.tools["plough"].doc == "It does nothing."
    assert "dig" in built.program.tools


def test_a_file_named_is_used_in_place_of_the_one_beside(tmp_path: Path) -> None:
    scene = SCENE + "tools: mine.py\n"
    path = lay(
        tmp_path, scene, of_world=tools("plough"), own=tools("juggle"), mine__py=tools("jig")
    )
    built = read(path)
    assert {"plough", "jig"} <= built.program.tools.keys()
    assert "juggle" not in built.program.tools
    assert "juggle" in read(path, ["tools=tools.py"]).program.tools


def test_a_world_may_name_its_own_too(tmp_path: Path) -> None:
    path = lay(tmp_path, SCENE + "tools: mine.py\n", WORLD + "tools: farm.py\n",
               mine__py=tools("jig"))  # fmt: skip
    (tmp_path / "worlds" / "dale" / "farm.py").write_text(tools("sow"))
    built = read(path)
    assert [name for name, _ in built.recipe.tools] == ["dale/farm.py", "mine.py"]
    assert {"sow", "jig"} <= built.program.tools.keys()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mien.py", "top.yaml:5:8: no file of tools 'mien.py'; did you mean 'mine.py'?"),
        ("../mine.py", "top.yaml:5:8: '../mine.py' lies outside the folder"),
        ("/etc/hostname", "lies outside the folder"),
        ("top.yaml", "'top.yaml' is no Python file"),
        ("[mine.py]", "top.yaml:5:"),
    ],
)
def test_a_file_named_wrongly_is_told_at_its_line(tmp_path: Path, name: str, message: str) -> None:
    path = lay(tmp_path, SCENE + f"tools: {name}\n", mine__py=tools("jig"))
    assert message in told(path)


def test_a_link_that_leads_away_is_refused(tmp_path: Path) -> None:
    (tmp_path / "away.py").write_text(tools("jig"))
    (tmp_path / "in").mkdir()
    path = lay(tmp_path / "in")
    (tmp_path / "in" / "tools.py").symlink_to(tmp_path / "away.py")
    assert "the file leads outside of its folder" in told(path)


def test_a_file_of_any_length_is_not_read(tmp_path: Path) -> None:
    path = lay(tmp_path, own="x = 1\n" * 300_000)
    assert "is longer than 1000 kB" in told(path)


def test_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    text = told(lay(tmp_path, of_world="def (:\n", own="import nowhere\n"))
    assert text.count("tools.py:1:1:") == 2


@pytest.mark.parametrize(
    "line", ["import spells", "from spells import fire", "from . import spells"]
)
def test_another_file_of_ones_own_can_not_be_imported(
    tmp_path: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lay(tmp_path, own=HEAD + line + "\n", spells__py="fire = 1\n")
    monkeypatch.syspath_prepend(tmp_path)  # as `python -m pytest` has it: Python would find it
    text = told(path)
    assert "tools.py:2:1: tools.py can't import" in text
    assert "copy what you need into it" in text


def test_a_run_made_by_the_form_before_is_still_read(tmp_path: Path) -> None:
    recipe = read(lay(tmp_path, own=tools("juggle"))).recipe
    body = json.loads(zlib.decompress(recipe.to_bytes()))
    ((_, text),) = body.pop("tools")
    before = {**body, "form": 1, "tools": text, "tools_file": "tools.py"}
    again = Recipe.from_bytes(zlib.compress(json.dumps(before).encode()))
    assert again == recipe
    assert "juggle" in build(again).program.tools
    without = {**before, "tools": "", "tools_file": ""}
    assert Recipe.from_bytes(zlib.compress(json.dumps(without).encode())).tools == ()
    with pytest.raises(StoreError, match="form 9, not 2"):
        Recipe.from_bytes(zlib.compress(json.dumps({**before, "form": 9}).encode()))


async def test_a_run_keeps_every_file(tmp_path: Path) -> None:
    from npcsim.assembly.runs.session import recorded_session
    from npcsim.replay.verify import verify
    from npcsim.store.run_store import Run

    built = read(lay(tmp_path, of_world=tools("plough"), own=tools("juggle")))
    async with living(built, ticks=3, out=tmp_path / "runs") as simulation:
        async for _ in simulation:
            pass
    (tmp_path / "tools.py").unlink()
    run = Run.open(next((tmp_path / "runs").iterdir()))
    session = recorded_session(run)
    assert {"plough", "juggle"} <= session.simulation.program.tools.keys()
    assert (await verify(session.simulation, run)).ticks == 3
    await session.close()
    run.close()


def test_who_uses_a_tool_of_a_broken_file_has_made_no_mistake(tmp_path: Path) -> None:
    scene = SCENE.replace("{is: folk", "{is: folk, tools: [+dig, +far]")
    path = lay(tmp_path, scene=scene, own=tools("dig") + "TOOLS = [dug]\n", of_world=tools("far"))
    message = told(path)
    assert "NameError: name 'dug' is not defined" in message
    assert "no tool" not in message


def test_who_names_what_is_on_a_broken_map_has_made_no_mistake(tmp_path: Path) -> None:
    scene = SCENE.replace("at: yard", "at: nook") + "map: hill.tmx\n"
    message = told(lay(tmp_path, scene=scene, hill__tmx="<map>"))
    assert "hill.tmx" in message
    assert "nook" not in message
