"""What a model may look up: the tools as it is offered them, and all they would answer now."""

from __future__ import annotations

import json
from pathlib import Path

from npcsim import View
from npcsim.assembly.build import Built
from npcsim.messages import Choose, Lookups, Write, question_from_json, question_json, request_key
from npcsim.tools.binding import ToolBroke
from npcsim.tools.lookups import BYTES, CALLS, LISTED, looks_of, lookups
from tests.worlds_in_text import built

ROOM = """
size: [20, 20]
clock: {tick: 1 s, start: "06:00"}
items: {loaf: {name: loaf of bread}, nail: {}}
places: {hall: {area: [0, 0, 9, 9]}, yard: {area: [10, 0, 19, 9]}}
spots: {chest: {kind: chest, at: hall, x: 4, y: 5, holds: {loaf: 2}}}
npcs:
  ida: {x: 4, y: 4, mind: true, name: Ida, TOOLS}
  bo: {x: 5, y: 4, name: 보, mind: true, tools: [wait]}
"""
TOOLS = '''
@ask
def weather(me: Body, view: View):
    """How the
    weather is."""
    return "It rains."

@ask
def far(me: Body, view: View, place: Place):
    """How far it is."""
    if place.id == "yard":
        raise ToolRefused("a wall is in the way")
    return {"place": place, "steps": 3, "by": "다리"}

@ask
def 소문(me: Body, view: View, 누구: Body, loud: bool):
    """What people say of somebody."""
    return None if loud else {"of": 누구}

@ask(candidates={"kind": ["loaf", "nail"], "count": [1, 2.5]})
def cost(me: Body, view: View, kind: Kind, count: float):
    return {"coins": int(count * 2)}

@ask(candidates={"page": lambda me, view: range(1000)})
def read(me: Body, view: View, page: int):
    return f"Page {page}: {'very ' * 100} dull."

@ask(candidates={"page": [f"p{n}" for n in range(300)]})
def thick(me: Body, view: View, page: str):
    return page

@ask
def crash(me: Body, view: View):
    return me.nonsense

TOOLS = [weather, far, 소문, cost, read, thick, crash]
'''


def seen(made: Built, names: str) -> tuple[Lookups, list[ToolBroke]]:
    view, broken = View(made.world), list[ToolBroke]()
    looks = looks_of(made.program.tools.values(), made.world.setting)
    tools = [made.program.tools[name] for name in names.split()]
    return lookups(view.npc("ida"), view, tools, looks, broken), broken


def made_in(folder: Path) -> Built:
    return built(folder, ROOM.replace("TOOLS", "tools: [wait, weather, far]"), TOOLS)


def test_tools_are_offered_with_strict_schemas(tmp_path: Path) -> None:
    made = made_in(tmp_path)
    looks = looks_of(made.program.tools.values(), made.world.setting)
    schemas = {name: json.loads(look.schema) for name, look in looks.items()}
    assert all(one["additionalProperties"] is False for one in schemas.values())
    assert all(one["required"] == [*one["properties"]] for one in schemas.values())
    assert schemas["weather"]["properties"] == {}
    assert looks["weather"].doc == "How the weather is."
    assert schemas["far"]["properties"]["place"]["enum"] == ["hall", "yard"]
    assert schemas["cost"]["properties"]["count"] == {"type": "number", "enum": [1, 2.5]}
    assert schemas["read"]["properties"]["page"] == {"type": "integer"}
    # What no schema can list is described.
    assert "enum" not in schemas["thick"]["properties"]["page"]
    assert LISTED < 300


def test_names_in_other_letters_get_plain_ones(tmp_path: Path) -> None:
    made = made_in(tmp_path)
    look = looks_of(made.program.tools.values(), made.world.setting)["소문"]
    assert look.name.startswith("look-")
    assert look.doc == "소문: What people say of somebody."
    properties = json.loads(look.schema)["properties"]
    assert list(properties) == ["arg-1", "loud"]
    assert properties["arg-1"]["description"] == "누구: somebody, by id"
    assert properties["loud"] == {"type": "boolean"}
    known, _ = seen(made, "소문")
    assert [(one.name, json.loads(one.args), one.said) for one in known.found] == [
        (look.name, {"arg-1": "bo", "loud": True}, "nothing"),
        (look.name, {"arg-1": "bo", "loud": False}, '{"of": "bo"}'),
    ]


def test_all_that_can_be_found_now_is_found(tmp_path: Path) -> None:
    known, broken = seen(made_in(tmp_path), "weather far cost crash")
    assert [(one.name, one.args, one.said) for one in known.found] == [
        ("weather", "{}", "It rains."),
        ("far", '{"place": "yard"}', "refused: a wall is in the way"),
        ("cost", '{"kind": "loaf", "count": 1}', '{"coins": 2}'),
        ("cost", '{"kind": "loaf", "count": 2.5}', '{"coins": 5}'),
        ("cost", '{"kind": "nail", "count": 1}', '{"coins": 2}'),
        ("cost", '{"kind": "nail", "count": 2.5}', '{"coins": 5}'),
    ]
    assert [broke.tool for broke in broken] == ["crash"]
    # The tools are the same for all, whoever may use them.
    assert len(known.tools) == 7


def test_it_is_never_more_than_so_much(tmp_path: Path) -> None:
    made = made_in(tmp_path)
    many, _ = seen(made, "thick")
    assert len(many.found) == CALLS
    large, _ = seen(made, "read")
    assert 0 < sum(len(one.args) + len(one.said) for one in large.found) <= BYTES


def test_a_question_keeps_them_and_one_without_is_as_it_was(tmp_path: Path) -> None:
    known, _ = seen(made_in(tmp_path), "weather far 소문")
    for question in (Choose("a", "b", ("c",), lookups=known), Write("a", "b", lookups=known)):
        text = json.dumps(question_json(question))
        assert question_from_json(json.loads(text)) == question
        plain = (
            type(question)("a", "b", ("c",)) if isinstance(question, Choose) else Write("a", "b")
        )
        assert "lookups" not in question_json(plain)
        assert request_key("m", plain) != request_key("m", question)
