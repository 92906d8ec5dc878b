"""The table of keys is sound, and the window does all of it."""

from __future__ import annotations

from collections import Counter

from npcsim.viz.keys import ACTIONS, GROUPS, action_for, help_lines, shown


def test_no_key_stands_for_two_actions() -> None:
    counts = Counter(key for action in ACTIONS for key in action.keys)
    assert [key for key, many in counts.items() if many > 1] == []
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)
    assert {action.group for action in ACTIONS} == set(GROUPS)


def test_a_key_is_found_with_what_is_held_beside_it() -> None:
    assert action_for("tab") == "next npc"
    assert action_for("tab", shift=True) == "npc before"
    assert action_for("=", shift=True) == "faster"  # a plus, as most keyboards have it
    assert action_for("=", ctrl=True, shift=True) == "zoom in"
    assert action_for("z") is None
    assert action_for("q", ctrl=True) == "close"


def test_keys_are_shown_as_people_call_them() -> None:
    names = {action.name: shown(action, plain=True) for action in ACTIONS}
    assert (names["leap"], names["zoom in"], names["slower"]) == ("Shift+Right", "Ctrl++", "-")
    told = {line for _, lines in help_lines() for line, _ in lines}
    for action in ACTIONS:
        grouped = action.name.startswith(("pan ", "tab ", "walk "))
        assert grouped or names[action.name] in told
