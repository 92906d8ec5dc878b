"""New projects: whole, checked, replayable, and their tests pass as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from npcsim.authoring.scaffold import new_project
from npcsim.authoring.schema_export import scenario_schema, scenario_schema_text
from npcsim.cli import app
from npcsim.errors import NpcsimError
from npcsim.events import GoalEnded
from npcsim.testing import live

ROOT = Path(__file__).parents[2]
SCENARIOS = [ROOT / "scenarios"]
CHECK = jsonschema.Draft202012Validator(scenario_schema())


def said(*args: str) -> str:
    done = CliRunner().invoke(app, list(args))
    assert done.exit_code == 0, done.output
    return done.output


def run_tests(project: Path) -> str:
    """Run a project's tests as its owner would."""
    bare = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio", "tests"],
        cwd=project, env=bare, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_project_is_valid_runs_and_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = said("new", "bee-garden")
    files = {str(file.relative_to("bee-garden")) for file in Path("bee-garden").rglob("*.*")}
    assert files == {
        "bee-garden.yaml", "scenario.schema.json", ".gitignore", "tests/test_bee_garden.py",
        "worlds/bee-garden/world.yaml", "worlds/bee-garden/npcs.yaml",
        "worlds/bee-garden/tools.py", "worlds/bee-garden/README.md",
        ".vscode", ".vscode/extensions.json", "README.md",
    }  # fmt: skip
    whole = [path.read_text() for path in Path("bee-garden").rglob("*.*") if path.is_file()]
    assert not {"@NAME@", "@TYPED@"} & {word for text in whole for word in text.split()}
    assert "@NAME@" not in "".join(whole)
    commands = [line.strip() for line in told.splitlines()[1:]]
    assert (
        "\n".join(f"    {line}" for line in commands[1:])
        in Path("bee-garden/README.md").read_text()
    )
    assert commands[0] == "cd bee-garden"
    assert commands[-2].startswith("pip install pytest ")  # npcsim brings none
    assert commands[-1] == "python -m pytest tests"
    monkeypatch.chdir("bee-garden")
    for command in commands[1:4]:
        words = command.split()
        extra = ["--models", "off"] if words[1] == "try" else []
        extra += ["--ticks", "60"] if words[1] == "run" else []
        output = said(*words[1:], *extra)
        if words[1] == "try":  # the first thing tried is something that can be done
            assert "start: Occupy(Ida, hive)" in output
    [run] = Path("runs").iterdir()
    assert "every state hash equal" in said("replay", str(run))


def test_its_tests_pass_as_they_are(tmp_path: Path) -> None:
    assert "3 passed" in run_tests(new_project(tmp_path / "mill").folder)


def test_its_people_do_what_they_are_there_for(tmp_path: Path) -> None:
    project = new_project(tmp_path / "mill")
    ended = [e for e in live(project.folder / "mill.yaml", ticks=720) if isinstance(e, GoalEnded)]
    done = Counter(event.goal for event in ended if event.how == "done")
    assert done["gather honey at the hive"] >= 3
    assert done["bake a honey cake"] >= 1
    assert sum(done.values()) > len(ended) / 2


def test_a_copy_of_a_world_that_ships_passes_its_tests_too(tmp_path: Path) -> None:
    project = new_project(tmp_path / "village", "oakvale", SCENARIOS)
    world = project.folder / "worlds" / "village"
    assert (world / "map.tmx").read_bytes() == (ROOT / "worlds/oakvale/map.tmx").read_bytes()
    assert not list(world.rglob("__pycache__"))
    text = (project.folder / "village.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=scenario.schema.json\n")
    assert "scenario: village\n" in text
    assert "uses: village\n" in text
    assert "2 passed" in run_tests(project.folder)


def test_editors_find_the_schema(tmp_path: Path) -> None:
    project = new_project(tmp_path / "mill")
    assert (project.folder / "scenario.schema.json").read_text() == scenario_schema_text()
    for path in project.folder.rglob("*.yaml"):
        text = path.read_text()
        first, schema = text.splitlines()[0].split("$schema=")
        assert first == "# yaml-language-server: "
        assert (path.parent / schema).resolve() == project.folder / "scenario.schema.json"
        assert list(CHECK.iter_errors(yaml.safe_load(text))) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "mill"
    folder.mkdir()
    (folder / "mill.yaml").write_text("mine")
    with pytest.raises(NpcsimError, match="already"):
        new_project(folder)
    assert (folder / "mill.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", ["3mills", "", "my mill", "møllen", "a" * 41, "..", "mill.yaml"])
def test_names_that_would_not_do_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NpcsimError, match="can't be called"):
        new_project(f"{tmp_path}/x/{name}" if name else "")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_world_has_a_suggestion_and_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["new", "mill", "--from", "oakvael"])
    assert done.exit_code == 1
    assert "did you mean 'oakvale'" in done.output
    assert list(tmp_path.iterdir()) == []
