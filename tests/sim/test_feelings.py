"""Moods and ties: what happens moves them by rules, moods fade, and both sway what is chosen."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

import npcsim
from npcsim import events as ev
from npcsim.assembly.build import Built, read
from npcsim.errors import ScenarioError
from npcsim.npc.choosing import plans, reactions
from npcsim.npc.prompts import situation
from npcsim.sim.loop import Simulation
from npcsim.tools.view import View
from npcsim.world.mood import Mood, left_after
from tests.worlds_in_text import built, go_on, living, of

TEXT = """
scenario: square
size: [60, 60]
clock: {tick: 1 s, start: "09:00", end: "12:00"}
places: {square: {x: 10, y: 10, area: [8, 8, 13, 13]}}
archetypes: {folk: {mind: true, tools: [give, attack, wait]}}
items: {apple: {}}
npcs:
  Mara: {is: folk, x: 10, y: 10}
  Bo: {is: folk, x: 11, y: 10, carries: {apple: 3}}
  Cid: {is: folk, x: 12, y: 12}
  Dot: {is: folk, mind: false, x: 12, y: 11}
  Far: {is: folk, x: 50, y: 50, traits: {valence: 0.5}}
plans: {stand: {option: stand about, who: [Dot], steps: [wait]}}
"""
PLAIN = TEXT.replace(", traits: {valence: 0.5}", "")
ATTACK = {"do": "Bo.attack(Mara)"}


async def moods(it: Simulation) -> dict[str, tuple[float, float]]:
    found = {name: it.npc(name).mood for name in ("Mara", "Bo", "Cid", "Dot", "Far")}
    return {name: (round(m.valence, 6), round(m.arousal, 6)) for name, m in found.items()}


async def after(made: Built, *inputs: dict[str, str], ticks: int = 2) -> tuple[Simulation, object]:
    async with living(made) as it:
        for entry in inputs:
            it.put(entry)
        return it, await go_on(it, ticks)


def mistakes(tmp_path: Path, more: str) -> str:
    (tmp_path / "bad.yaml").write_text(TEXT + more)
    with pytest.raises(ScenarioError) as raised:
        read(tmp_path / "bad.yaml")
    return str(raised.value)


async def test_own_rules_move_the_struck_and_those_who_see_it(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT + "mood: {}\nties: [{from: Cid, to: Mara, likes: 0.5}]\n")
    async with living(made) as it:
        it.put(ATTACK)
        events = await go_on(it, 2)
        assert await moods(it) == {
            "Mara": (-0.4, 0.5),
            "Bo": (0, 0),
            "Cid": (-0.3, 0.3),  # -0.1 as anybody, and -0.4 times what Mara is to her
            "Dot": (0, 0),
            "Far": (0.5, 0),
        }
        assert it.npc("Mara").mood.word == "upset"
    felt = of(events, ev.Felt)
    assert [(e.cause, e.who.tolist(), e.by.tolist()) for e in felt] == [
        ("attack (target)", [0], [1]),
        ("attack/fell (witness)", [2], [1]),
        ("attack/fell (witness)", [2], [1]),
    ]


async def test_without_a_mood_section_there_is_none(tmp_path: Path) -> None:
    async with living(built(tmp_path, PLAIN)) as it:
        it.put(ATTACK)
        events = await go_on(it, 2)
        assert "valence" not in it.world.columns
        assert it.npc("Mara").mood == Mood(0.0, 0.0)
    assert not of(events, ev.Felt)


async def test_what_is_given_pleases_both_and_the_same_again_less(tmp_path: Path) -> None:
    async with living(built(tmp_path, TEXT + "mood: {}\n")) as it:
        it.put({"do": "Bo.give(Mara, apple)"})
        await go_on(it, 2)
        assert (await moods(it))["Mara"] == (0.3, 0.1)
        assert (await moods(it))["Bo"] == (0.1, 0.0)
        it.put({"do": "Bo.give(Mara, apple)"})
        await go_on(it, 2)
        assert (await moods(it))["Mara"] == (0.51, 0.19)  # 0.3 + 0.3 * (1 - 0.3)


async def test_rules_name_who_by_whom_and_when(tmp_path: Path) -> None:
    rules = """
mood:
  who: [Dot]
  rules:
    - {what: attack, by: Cid, valence: -1}
    - {what: attack, to: Cid, valence: -1}
    - {what: attack, when: hp < 10, valence: -1}
    - {what: attack, me: doer, who: Cid, valence: -1}
    - {what: attack, me: doer, by: folk, to: Mara, arousal: 0.2}
    - {what: hurt, valence: "-hp / 480"}
    - {what: attack, me: witness, who: Dot, arousal: 0.75}
"""
    async with living(built(tmp_path, TEXT + rules)) as it:
        it.put(ATTACK)
        await go_on(it, 2)
        found = await moods(it)
    assert found == {
        "Mara": (-0.2, 0.0), "Bo": (0, 0.2), "Cid": (0, 0), "Dot": (0, 0.75), "Far": (0.5, 0),
    }  # fmt: skip


async def test_a_mood_fades_by_half_in_its_half_life_and_comes_to_rest(tmp_path: Path) -> None:
    rules = "mood: {half_life: 1 min, rules: [{what: attack, me: witness, valence: -0.64}]}\n"
    text = TEXT.replace("x: 50, y: 50", "x: 14, y: 10")
    async with living(built(tmp_path, text + rules)) as it:
        it.put(ATTACK)
        await go_on(it, 2)
        start = (await moods(it))["Cid"][0], (await moods(it))["Far"][0]
        assert start == (-0.64, -0.14)  # 0.64 off what they fade back to
        await go_on(it, 58)
        assert (await moods(it))["Cid"][0] == pytest.approx(-0.32, abs=1e-6)
        assert (await moods(it))["Far"][0] == pytest.approx(0.18, abs=1e-6)
        await go_on(it, 600)
        found = await moods(it)
        assert (found["Cid"][0], found["Far"][0]) == (0, 0.5)
        assert not of(await go_on(it, 120), ev.Changed)  # who is at rest costs nothing


@pytest.mark.parametrize("half_life", [1, 7, 60, 3600])
def test_what_is_left_halves_without_powers(half_life: int) -> None:
    assert left_after(half_life, half_life) == pytest.approx(0.5, rel=1e-12)
    assert left_after(3 * half_life, half_life) == pytest.approx(0.125, rel=1e-12)
    assert left_after(0, half_life) == 1.0


TILTED = """
mood: {BIAS}
plans:
  sit: {option: sit about, worth: 0.5, steps: [wait]}
  kind: {option: be kind, worth: 0.5, steps: [wait, "give(Bo, apple)"]}
  grim: {option: brood, worth: 0.5, steps: [wait]}
"""


@pytest.mark.parametrize(
    ("bias", "kind", "grim"), [("", 0.44, 0.56), ("bias: 0, ", 0.5, 0.5), ("bias: 1, ", 0.3, 0.7)]
)
async def test_a_mood_sways_plans_and_deeds_within_its_bias(
    tmp_path: Path, bias: str, kind: float, grim: float
) -> None:
    own = bias + "tilts: {grim: {valence: -1}}"
    text = TEXT.replace("plans: {stand: {option: stand about, who: [Dot], steps: [wait]}}", "")
    async with living(built(tmp_path, text + TILTED.replace("BIAS", own))) as it:
        it.put(ATTACK)
        await go_on(it, 1)
        me, view = it.npc("Mara"), it.view
        found, _ = plans(me, view, me.mind, it.program.lore)
        assert {c.name: pytest.approx(c.utility) for c in found} == {
            "sit": 0.5, "kind": kind, "grim": grim,
        }  # fmt: skip
        bo = it.npc("Bo")
        before = {c.text: c.utility for c in reactions(bo, view, bo.mind, it.program.lore, [])[0]}
        it.world.columns.edit("valence")[bo.row] = 1.0
        now = {c.text: c.utility for c in reactions(bo, view, bo.mind, it.program.lore, [])[0]}
        factor = {"": 1.3, "bias: 0, ": 1.0, "bias: 1, ": 2.0}[bias]
        assert now["give Mara a apple"] == pytest.approx(before["give Mara a apple"] * factor)


async def test_a_mood_is_in_what_a_model_is_told_in_either_language(tmp_path: Path) -> None:
    for language, words in (("en", "Mara is upset."), ("ko", "Mara는 속이 상했다.")):
        made = built(tmp_path, TEXT + f"mood: {{}}\nlanguage: {language}\n")
        async with living(made) as it:
            assert words not in situation(it.npc("Mara"), it.view, "")
            it.put(ATTACK)
            await go_on(it, 2)
            assert words in situation(it.npc("Mara"), it.view, "")


@pytest.mark.parametrize(
    ("valence", "arousal", "word"),
    [
        (-0.5, 0.6, "upset"), (-0.5, 0.1, "downcast"), (0.5, 0.6, "excited"),
        (0.5, 0.1, "content"), (0.0, 0.7, "on edge"), (0.1, 0.2, ""),
    ],
)  # fmt: skip
def test_words_of_the_circle(valence: float, arousal: float, word: str) -> None:
    assert Mood(valence, arousal).word == word


async def test_guards_and_measures_read_moods(tmp_path: Path) -> None:
    more = """
mood: {}
measure: {gloom: {value: min(valence), every: 1 s, by: all}}
events: [{when: any(valence < -0.3 and arousal > 0.4), signal: bell, place: square}]
"""
    async with living(built(tmp_path, TEXT + more)) as it:
        it.put(ATTACK)
        events = await go_on(it, 3)
    assert min(e.value for e in of(events, ev.Measured)) == pytest.approx(-0.4)
    assert [e.about for e in of(events, ev.Signalled) if e.about == "bell"] == ["bell"]


TIE_RULES = """
tie_rules:
  - {what: attack, add: {fear: 0.4, trust: -0.2}}
  - {what: attack, me: witness, add: {trust: -0.5 * hp / 100}}
  - {what: attack, me: witness, toward: to, times: trust(to), add: {likes: 1}}
  - {what: give, me: doer, add: {likes: 0.1}}
  - {what: give, add: {owes: 0.8}}
ties: [{from: Cid, to: Mara, trust: 0.25}]
"""


def tie(it: Simulation, one: str, other: str, name: str) -> float:
    return round(it.npc(one).tie(it.npc(other), name), 6)


async def test_what_happens_moves_ties_within_bounds(tmp_path: Path) -> None:
    async with living(built(tmp_path, PLAIN + TIE_RULES)) as it:
        it.put(ATTACK)
        events = await go_on(it, 2)
        assert tie(it, "Mara", "Bo", "fear") == 0.4
        assert tie(it, "Mara", "Bo", "trust") == -0.5  # the tool itself takes 0.3
        assert tie(it, "Cid", "Bo", "trust") == -0.5
        assert tie(it, "Cid", "Mara", "likes") == 0.25
        assert (tie(it, "Far", "Bo", "trust"), tie(it, "Bo", "Mara", "fear")) == (0, 0)
        by_tool, by_rules = of(events, ev.Tied)
        assert by_tool.ties == (("Mara", "Bo", "trust", -0.3),)
        assert ("Mara", "Bo", "fear", 0.4) in by_rules.ties
        for _ in range(2):
            it.put({"do": "Bo.give(Mara, apple)"})
            await go_on(it, 2)
        assert tie(it, "Mara", "Bo", "owes") == 1.0
        assert tie(it, "Bo", "Mara", "likes") == 0.2
        assert not of(await go_on(it, 20), ev.Tied)


async def test_a_run_with_feelings_replays(tmp_path: Path) -> None:
    path = tmp_path / "square.yaml"
    path.write_text(TEXT + TIE_RULES + 'mood: {}\nevents: [{at: "09:00:05", do: Bo.attack(Mara)}]')
    async with npcsim.load(path, models={}, out=tmp_path) as it:
        await it.run_until(40)
    assert npcsim.replay(tmp_path / "square-1").ticks == 40


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("mood: {rules: [{what: attack, valence: 2 * hpp}]}", "no attribute 'hpp'"),
        ("mood: {rules: [{what: attack, by: Boo}]}", "nobody is called 'Boo'"),
        ("mood: {who: [Dott]}", "did you mean 'Dot'"),
        ("mood: {tilts: {giv: {valence: 1}}}", "no tool or plan 'giv'"),
        ("mood: {more: [{what: give, times: like(to)}]}", "no tie 'like'"),
        ("mood: {half_life: soon}", "expected a duration"),
        ("tie_rules: [{what: attack, add: {trusst: 1}}]", "did you mean 'trust'"),
        ("tie_rules: [{what: attack, toward: to, add: {trust: 1}}]", "tie to themselves"),
        ("mood: {}\nattributes: {valence: {}}", "is of `mood:` already"),
        ("mood: {rules: [{what: atack, valence: 1}]}", "did you mean 'attack'"),
    ],
)
def test_mistakes_are_told_with_what_was_meant(tmp_path: Path, more: str, told: str) -> None:
    assert told in mistakes(tmp_path, more)


async def test_ties_are_a_graph_now_and_at_any_tick_of_a_run(tmp_path: Path) -> None:
    path = tmp_path / "square.yaml"
    path.write_text(TEXT + TIE_RULES + 'mood: {}\nevents: [{at: "09:00:05", do: Bo.attack(Mara)}]')
    async with npcsim.load(path, models={}, out=tmp_path) as it:
        await it.run_until(10)
        now = it.view.ties
    assert now["Mara"]["Bo"]["fear"]["value"] == 0.4
    assert now.nodes["Mara"] == {"called": "Mara", "archetype": "folk"}
    with npcsim.Run.open(tmp_path / "square-1") as run:
        assert list(run.at(4).ties.edges(keys=True)) == [("Cid", "Mara", "trust")]
        assert nx.utils.graphs_equal(run.at(10).ties, now)
        rows = [tuple(row.values())[3:] for row in run.table("ties").rows()]
        assert ("Mara", "Bo", "trust", -0.3) in rows  # by the tool itself
        assert ("Mara", "Bo", "trust", -0.5) in rows  # and then by the rule
        assert [row["npc"] for row in run.table("feelings", npc="Cid").rows()][:1] == ["Cid"]
        nx.write_graphml(run.at(10).ties, tmp_path / "ties.graphml")
    again = PLAIN.replace("scenario: square", "scenario: again") + "ties: [{file: ties.graphml}]\n"
    (tmp_path / "again.yaml").write_text(again)
    world = read(tmp_path / "again.yaml").world
    assert nx.utils.graphs_equal(View(world).ties, now)


async def test_strong_ties_to_those_near_are_told(tmp_path: Path) -> None:
    for language, words in (("en", "Mara does not trust Bo."), ("ko", "Mara는 Bo를 믿지 않는다.")):
        more = f"language: {language}\n"
        async with living(built(tmp_path, PLAIN + TIE_RULES + more)) as it:
            assert words not in situation(it.npc("Mara"), it.view, "")
            it.put(ATTACK)
            await go_on(it, 2)
            assert words in situation(it.npc("Mara"), it.view, "")
            assert "Cid" not in situation(it.npc("Mara"), it.view, "").split(words)[1]
    async with living(built(tmp_path, PLAIN + "ties: [{from: Mara, to: Bo, trust: -1}]\n")) as it:
        assert "trust" not in situation(it.npc("Mara"), it.view, "")


async def test_a_scenario_may_have_kinds_of_ties_of_its_own(tmp_path: Path) -> None:
    more = """
tie_rules: [{what: attack, add: {rivalry: 0.6}}]
mood: {rules: [{what: attack, times: rivalry(by), valence: -1}]}
events: [{when: any(rivalry(Bo) > 0.5), signal: bell, place: square}]
"""
    async with living(built(tmp_path, TEXT + more)) as it:
        for _ in range(2):
            it.put(ATTACK)
            events = await go_on(it, 5)
        assert tie(it, "Mara", "Bo", "rivalry") == 1.0
        assert it.npc("Mara").mood.valence == pytest.approx(-0.6)
    assert of(events, ev.Tied)
    assert "no sense 'rivalri'" in mistakes(tmp_path, more.replace("rivalry(Bo)", "rivalri(Bo)"))
