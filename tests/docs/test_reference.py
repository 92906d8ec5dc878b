"""docs/reference/ is what the code says now: `python docs/build_reference.py` writes it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("build_reference", DOCS / "build_reference.py")
    assert spec is not None
    assert spec.loader is not None
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    kept = {page.name: page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*")}
    stale = {name for name, text in builder.pages().items() if kept.get(name) != text}
    assert not stale, "run: python docs/build_reference.py"
