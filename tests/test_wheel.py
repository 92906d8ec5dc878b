"""The wheel works away from the repository: worlds and scenarios travel in it."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _shipped(folder: str) -> set[str]:
    """Files of a top-level folder as the wheel should carry them."""
    return {
        f"npcsim/_data/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "-w", str(folder), str(ROOT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("npcsim-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it lies in a site-packages."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def test_it_carries_the_package_with_worlds_and_scenarios(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"npcsim/__init__.py", "npcsim/py.typed"} <= names
    assert {"npcsim/models/abilities.json", "npcsim/bench/data/choice.jsonl"} <= names
    assert "npcsim/bench/data/choice_stage.yaml" in names
    assert "npcsim/store/migrations/versions/v0001_runs.py" in names
    worlds, scenarios = _shipped("worlds"), _shipped("scenarios")
    assert worlds
    assert scenarios
    assert worlds | scenarios <= names
    assert not [name for name in names if name.startswith("tests") or "__pycache__" in name]


def _run(site: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in another folder, with the unpacked wheel in front of an editable installation."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(site)},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_shipped_scenario_runs_outside_the_repository(installed: Path, tmp_path: Path) -> None:
    where = _run(installed, tmp_path, "-c", "import npcsim; print(npcsim.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(installed), where.stderr
    (first,) = (installed / "npcsim" / "_data" / "scenarios").glob("01_*.yaml")
    command = "import sys; from npcsim.cli import main; sys.argv[0] = 'npcsim'; sys.exit(main())"
    run = _run(installed, tmp_path, "-c", command, "run", str(first), "--ticks", "3")
    assert run.returncode == 0, run.stdout + run.stderr
    assert list((tmp_path / "runs").iterdir())


def test_the_source_archive_builds_the_same_wheel_content(wheel: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("npcsim-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    source = tmp_path / archive.name.removesuffix(".tar.gz")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (again,) = tmp_path.glob("npcsim-*.whl")
    assert zipfile.ZipFile(again).namelist() == zipfile.ZipFile(wheel).namelist()
