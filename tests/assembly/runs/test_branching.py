"""A fork in a thread of its own tells whatever ends it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from npcsim.assembly.runs import branching
from npcsim.assembly.runs.branching import Branch
from npcsim.assembly.runs.forking import Changes
from npcsim.assembly.runs.resuming import Until


def test_a_fork_that_breaks_is_over_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object) -> None:
        raise RuntimeError("a tool's own mistake")

    monkeypatch.setattr(branching, "forked_session", broken)
    branch = Branch(str(tmp_path / "run"), 3, Until(), Changes((), ()))
    end = time.monotonic() + 30
    while not branch.done:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert branch.error == "RuntimeError: a tool's own mistake"
    assert not branch.path
