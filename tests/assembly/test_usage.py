"""Checks before tick 0: signals nobody sends, tools nobody may use, calls misspelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim.assembly.build import read
from npcsim.errors import Mistake, ScenarioError

TEXT = """
scenario: yard
size: [20, 20]
places: {here: {x: 5, y: 5}}
archetypes:
  healer: {mind: true, behaviour: calm, tools: [wait, +mend]}
  guard: {mind: true, behaviour: calm, tools: [wait]}
behaviour:
  calm:
    rest: {do: wait}
    up: {from: rest, when: hears(howl) or hears(whistle), do: wait}
npcs:
  Ann: {is: healer, at: here}
  Bob: {is: guard, at: here}
events: [{at: "00:01", signal: howl, place: here}]
"""
TOOLS = '''"""The yard's tools."""

from npcsim import Body, Effect, Signal, View, tool


@tool(roles="healer")
def mend(me: Body, view: View) -> list[Effect]:
    """Mend something."""
    return [Signal(me, "whistle", 5.0, "")]


TOOLS = [mend]
'''


def scenario(folder: Path, *changes: tuple[str, str], tools: str = TOOLS) -> Path:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "tools.py").write_text(tools, encoding="utf-8")
    path = folder / "yard.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def told(path: Path) -> Mistake:
    with pytest.raises(ScenarioError) as raised:
        read(path)
    (mistake,) = raised.value.mistakes
    return mistake


def test_all_is_well(tmp_path: Path) -> None:
    assert read(scenario(tmp_path)).warnings == ()


def test_a_signal_that_a_guard_listens_for(tmp_path: Path) -> None:
    mistake = told(scenario(tmp_path, ("hears(howl)", "hears(hwol)")))
    assert (mistake.line, mistake.hint) == (11, "did you mean 'howl'?")
    assert mistake.message == "nothing sends the signal 'hwol'"


def test_behaviours_of_nobody_here_may_listen_for_anything(tmp_path: Path) -> None:
    change = ("hears(howl) or hears(whistle), do: wait}", "hears(whistle), do: wait}\n  odd:\n"
              "    a: {do: wait}\n    b: {from: a, when: hears(hwol), do: wait}")  # fmt: skip
    read(scenario(tmp_path, change))


@pytest.mark.parametrize(
    ("change", "line", "hint"),
    [
        (("{is: guard, at: here}", "{is: guard, at: here, traits: {hp: \"uniformm(1, 9)\"}}"), 14,
         "did you mean 'uniform'?"),
        (("rest: {do: wait}", "rest: {do: follow(nearset(foe))}"), 10, "did you mean 'nearest'?"),
        (("rest: {do: wait}", "rest: {do: follow(behind(foe))}"), 10, "say nearest(...)"),
    ],
)  # fmt: skip
def test_misspelt_words_of_the_language(
    tmp_path: Path, change: tuple[str, str], line: int, hint: str
) -> None:
    mistake = told(scenario(tmp_path, change))
    assert mistake.line == line
    assert hint in mistake.hint


def test_a_tool_of_ones_own_that_no_npc_may_use(tmp_path: Path) -> None:
    mistake = told(scenario(tmp_path, ("[wait, +mend]", "[wait]")))
    assert (Path(mistake.file).name, mistake.line) == ("tools.py", 6)
    assert mistake.message == "no NPC may use the tool 'mend'"
    assert "tools: [+mend]" in mistake.hint


def test_what_a_state_or_an_event_does_is_used(tmp_path: Path) -> None:
    lists = ("[wait, +mend]", "[wait]")
    read(scenario(tmp_path, lists, ("rest: {do: wait}", "rest: {do: mend}")))
    read(scenario(tmp_path, lists, ("signal: howl, place: here", "do: Ann.mend"),
                  ("hears(howl) or ", "")))  # fmt: skip


def test_without_lists_everybody_may_use_it(tmp_path: Path) -> None:
    read(scenario(tmp_path, ("tools: [wait, +mend]", "sight: 9"), ("tools: [wait]", "sight: 9")))


def test_where_scenarios_share_tools_it_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("npcs: {Ann: {}}\n", encoding="utf-8")
    built = read(scenario(tmp_path, ("[wait, +mend]", "[wait]")))
    assert [one.message for one in built.warnings] == ["no NPC may use the tool 'mend'"]


def test_a_role_that_nobody_can_have(tmp_path: Path) -> None:
    tools = TOOLS.replace('roles="healer"', 'roles="healr"')
    mistake = told(scenario(tmp_path, ("[wait, +mend]", "[wait]"), tools=tools))
    assert (Path(mistake.file).name, mistake.line) == ("tools.py", 6)
    assert mistake.hint == "did you mean 'healer'?"


def test_a_tool_given_to_those_it_is_not_for(tmp_path: Path) -> None:
    mistake = told(scenario(tmp_path, ("behaviour: calm, tools: [wait]", "tools: [wait, +mend]")))
    assert (Path(mistake.file).name, mistake.line) == ("yard.yaml", 7)
    assert mistake.message == "'mend' is not for 'guard': it is for healer"


def test_a_general_archetype_may_list_what_only_some_of_it_do(tmp_path: Path) -> None:
    change = ("  guard: {mind", "  folk: {tools: [wait, +mend]}\n  guard: {is: folk, mind")
    read(scenario(tmp_path, change, ("healer: {mind", "healer: {is: folk, mind")))


def test_tools_of_an_archetype_that_nobody_is(tmp_path: Path) -> None:
    change = ("  guard: {mind", "  baker: {tools: [wait]}\n  guard: {mind")
    (warning,) = read(scenario(tmp_path, change)).warnings
    assert (warning.line, warning.message) == (7, "nobody is a 'baker', so nobody has its tools")


def test_unused_tools_of_a_world_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "few.yaml"
    path.write_text("uses: oakvale\nnpcs: {Ann: {is: farmer, at: mill}}\n", encoding="utf-8")
    assert read(path).warnings == ()


def test_a_strange_role_beside_others_is_a_warning(tmp_path: Path) -> None:
    tools = TOOLS.replace('roles="healer"', 'roles=("healer", "gaurd", "abbess")')
    warnings = read(scenario(tmp_path, tools=tools)).warnings
    assert [(one.line, one.message, one.hint) for one in warnings] == [
        (6, "mend: no archetype or NPC 'gaurd' among its roles", "did you mean 'guard'?"),
        (6, "mend: no archetype or NPC 'abbess' among its roles", ""),
    ]


LISTED = (
    TOOLS.replace("Effect, Signal", "Effect, Place, Signal")
    .replace('(roles="healer")', '(candidates={"at": ["hree", "here", "moon"]})')
    .replace("view: View)", "view: View, at: Place)")
)


def test_candidates_that_the_world_lacks_are_warnings(tmp_path: Path) -> None:
    warnings = read(scenario(tmp_path, tools=LISTED)).warnings
    assert [(Path(one.file).name, one.line, one.message, one.hint) for one in warnings] == [
        ("tools.py", 6, "mend: no Place 'hree' here, among the candidates of at",
         "did you mean 'here'?"),
        ("tools.py", 6, "mend: no Place 'moon' here, among the candidates of at", ""),
    ]  # fmt: skip


def test_of_a_worlds_tools_only_what_looks_misspelt_is_told(tmp_path: Path) -> None:
    world = tmp_path / "worlds" / "yard"
    world.mkdir(parents=True)
    path = scenario(world, tools=LISTED.replace("@tool(", '@tool(roles=["healer", "abbess"], '))
    path.rename(world / "world.yaml")
    small = tmp_path / "small.yaml"
    small.write_text("scenario: small\nuses: yard\n", encoding="utf-8")
    assert [one.message for one in read(small).warnings] == [
        "mend: no Place 'hree' here, among the candidates of at"
    ]


def test_a_plan_that_none_of_its_people_may_follow_is_told(tmp_path: Path) -> None:
    plan = "plans: {rest: {option: rest, who: [guard], worth: 1, steps: [wait, go_to(here)]}}\n"
    path = scenario(tmp_path, ("events:", plan + "events:"))
    (warning,) = read(path).warnings
    assert "no 'guard' may use 'go_to', so this plan is offered to nobody" in str(warning)
    assert path.read_text(encoding="utf-8").splitlines()[warning.line - 1].startswith("plans:")
    assert warning.hint == "add it to their `tools`: `+go_to`"
    everybody = path.read_text(encoding="utf-8").replace("who: [guard], ", "")
    path.write_text(everybody, encoding="utf-8")
    (warning,) = read(path).warnings
    assert warning.message.startswith("no NPC with a mind may use 'go_to'")


def test_a_list_that_takes_the_place_of_all_tools_above_is_told(tmp_path: Path) -> None:
    above = ("[wait, +mend]", "[wait, look, take, +mend]")
    path = scenario(tmp_path, above, ("Ann: {is: healer, at", "Ann: {is: healer, tools: [say], at"))
    text = path.read_text(encoding="utf-8").replace(
        "  Bob:", "  Eve: {is: healer, at: here}\n  Bob:"
    )
    path.write_text(text, encoding="utf-8")
    (warning,) = read(path).warnings
    assert "takes the place of the 4 tools that 'Ann' has" in warning.message
    assert warning.hint == "to add to them, write `tools: [+say]`"
    for fine in ("[+say]", "[wait, say]", "[say, use, give]"):
        path.write_text(text.replace("tools: [say]", f"tools: {fine}"), encoding="utf-8")
        assert not read(path).warnings
