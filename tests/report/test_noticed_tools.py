"""Tools that changed while a run went on are a line of its story; their text is not."""

from __future__ import annotations

from npcsim import events as ev
from npcsim.report.facts.noticed import tools_changed


def test_a_line_says_which_are_new_gone_and_changed() -> None:
    event = ev.ToolsChanged(3, "oakvale/tools.py", ("brew",), ("beg",), ("buy", "sell"))
    told = "other tools from oakvale/tools.py: new: brew; gone: beg; changed: buy, sell"
    assert tools_changed(event) == told
    assert tools_changed(ev.ToolsChanged(3, "a.py", (), (), ())).endswith("none differs")
