"""One list of pins, kept in two places: constraints.txt for pip, pyproject.toml for uv."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _pins() -> list[str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_both_lists_are_equal() -> None:
    assert PROJECT["tool"]["uv"]["constraint-dependencies"] == _pins()


def test_each_pin_is_one_exact_version_and_names_no_place() -> None:
    for pin in _pins():
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", pin), pin


def test_everything_declared_is_pinned() -> None:
    pinned = {pin.split("==")[0] for pin in _pins()}
    declared = [*PROJECT["project"]["dependencies"]]
    for extra in PROJECT["project"]["optional-dependencies"].values():
        declared += extra
    names = {re.split(r"[^A-Za-z0-9_-]", line)[0].lower() for line in declared}
    assert names <= pinned
