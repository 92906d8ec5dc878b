"""Sketches of days, steps with guards, and what is sudden."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.errors import ScenarioError
from tests.npc.test_mind import choosing
from tests.worlds_in_text import built, go_on, live, living, of

DAY = """
size: [40, 20]
clock: {tick: 30 s, start: "05:00"}
attributes: {hunger: {range: 0..1, start: 0.1, grows: 0.08 / h, need: true}}
items: {loaf: {use: {hunger: -0.9}}, nail: {at: anvil, takes: 20 min}}
places: {smithy: {area: [0, 0, 8, 8]}, inn: {area: [15, 5, 28, 18]}, hut: {area: [30, 0, 38, 6]}}
spots: {anvil: {kind: anvil, at: smithy}}
archetypes: {folk: {mind: true, tools: [go_to, use, look, wait, craft, take]}}
npcs:
  tom: {is: folk, name: Tom, at: hut, carries: {loaf: 9}, home: hut}
  ida: {is: folk, name: Ida, at: hut}
think: {local: 30 s, rest: 2 min}
temper: 0
plans:
  eat: {option: eat a loaf, when: has(loaf) > 0, worth: hunger * 1.5, steps: [use(loaf)]}
  forge: {option: forge nails, who: [tom], worth: 0.3, steps: [go_to(anvil), craft(nail)]}
days:
  work: {who: [tom], hours: {"06:00": forge, "12:00": inn, "14:00": forge, "20:00": home}}
"""


async def test_without_a_model_a_day_is_whole(tmp_path: Path) -> None:
    made = built(tmp_path, DAY)
    where: dict[int, str] = {}
    events: list[ev.Event] = []
    async with living(made) as simulation:
        for hour in range(6, 24):
            events += await go_on(simulation, 120)
            where[hour] = simulation.npc("tom").place
    (day,) = of(events, ev.DayPlanned, npc="tom")
    assert day.tick == 1
    assert day.hours == (
        ("06:00", "forge nails"), ("12:00", "be at the inn"),
        ("14:00", "forge nails"), ("20:00", "be at home"),
    )  # fmt: skip
    at = {hour: where[hour] for hour in (8, 11, 13, 16, 19, 22, 23)}
    assert at == {
        8: "smithy", 11: "smithy", 13: "inn", 16: "smithy", 19: "smithy", 22: "hut", 23: "hut",
    }  # fmt: skip
    assert made.world.held("tom")["nail"] > 10
    assert "eat a loaf" in {goal.goal for goal in of(events, ev.GoalStarted, npc="tom")}
    assert not of(events, ev.DayPlanned, npc="ida")


async def test_the_next_day_has_a_sketch_of_its_own_and_a_mind_chooses(tmp_path: Path) -> None:
    more = DAY + '  feast: {who: [tom], option: a feast day, worth: 0.4, hours: {"05:00": inn}}\n'
    made = built(tmp_path, more.replace('05:00"}\nattr', '23:50"}\nattr'))
    model = choosing("feast")
    async with living(made, {"local": model}) as simulation:
        events = await go_on(simulation, 60)
    days = of(events, ev.DayPlanned, npc="tom")
    assert [one.day for one in days] == [1, 2]
    asked = of(events, ev.Asked, npc="tom", purpose="day")[0]
    assert asked.options == ("work", "a feast day")


STEPS = (
    DAY[: DAY.index("days:")]
    .replace("tick: 30 s", "tick: 1 s")
    .replace("30 s, rest: 2 min", "1 s, rest: 5 s")
    + """
  dine:
    option: dine at the inn
    who: [ida]
    worth: 0.9
    steps:
      - go_to(inn)
      - {do: take(loaf), done: has(loaf) > 0}
      - {do: use(loaf), when: has(loaf) > 0 and hunger < 0.9, else: ELSE, wait: 20 s}
      - look
stock: {inn: {loaf: 3}}
"""
)


def hungry(value: float) -> dict[str, object]:
    return {"set": "ida", "attribute": "hunger", "value": value}


@pytest.mark.parametrize(
    ("otherwise", "how", "ends"),
    [("skip", "skipped", "done"), ("wait", "waits", "failed"), ("fail", "", "failed")],
)
async def test_a_step_that_can_not_begin(
    tmp_path: Path, otherwise: str, how: str, ends: str
) -> None:
    made = built(tmp_path, STEPS.replace("ELSE", otherwise))
    async with living(made) as simulation:
        simulation.put(hungry(1.0))
        events = await go_on(simulation, 55)
    changed = [one.how for one in of(events, ev.PlanChanged, npc="ida")]
    assert changed[:1] == ([how] if how else [])
    ended = of(events, ev.GoalEnded, npc="ida", goal="dine at the inn")[0]
    assert ended.how == ends
    if ends == "failed":
        assert ended.reason == "not so: has(loaf) > 0 and hunger < 0.9"


async def test_a_step_that_waited_goes_on(tmp_path: Path) -> None:
    made = built(tmp_path, STEPS.replace("ELSE", "wait").replace("wait: 20 s", "wait: 9 min"))
    async with living(made) as simulation:
        simulation.put(hungry(1.0))
        events = await go_on(simulation, 60)
        assert made.world.minds["ida"].waits
        simulation.put(hungry(0.5))
        events = await go_on(simulation, 75)
    assert of(events, ev.GoalEnded, npc="ida")[0].how == "done"


async def test_a_plan_is_rewritten_and_what_was_done_stays_done(tmp_path: Path) -> None:
    """The loaf is gone before it is eaten: a new one is taken, and the way is not walked twice."""
    made = built(tmp_path, STEPS.replace("ELSE", "rewrite"))
    async with living(made) as simulation:
        while "loaf" not in simulation.npc("ida").carries:
            await go_on(simulation, 1)
        made.world.set_held("ida", "loaf", 0)
        events = await go_on(simulation, 12)
    (changed, *_) = of(events, ev.PlanChanged, npc="ida")
    assert changed.how == "rewritten"
    assert changed.steps == ("go_to(inn)", "take(loaf)", "use(loaf)", "look()")
    acts = [act.tool for act in of(events, ev.ActStarted, npc="ida")]
    assert acts[:2] == ["take", "use"]


SUDDEN = (
    STEPS.replace("ELSE", "skip")
    + """
events:
  - {at: "05:00:10", signal: bell, place: hut, loudness: 60}
surprise: {above: 0.5, hurt: 10, arrives: [tom]}
"""
)


async def test_what_is_not_important_enough_does_not_ask(tmp_path: Path) -> None:
    quiet = await live(built(tmp_path / "a", SUDDEN), 15)
    loud = await live(built(tmp_path / "b", SUDDEN.replace("above: 0.5", "above: 0.3")), 15)
    assert not of(quiet, ev.Asked, npc="ida", purpose="react")
    assert of(loud, ev.Asked, npc="ida", purpose="react")[0].why == "I heard a bell."


async def test_being_hurt_and_who_arrives_ask_whether_to_carry_on(tmp_path: Path) -> None:
    far = "tom: {is: folk, name: Tom, x: 2, y: 2, "
    made = built(tmp_path, SUDDEN.replace("tom: {is: folk, name: Tom, at: hut, ", far))
    async with living(made, {"local": choosing("carry on")}) as simulation:
        await go_on(simulation, 4)
        steps = made.world.minds["ida"].steps
        assert steps
        simulation.put({"set": "ida", "attribute": "hp", "value": 80})
        events = await go_on(simulation, 4)
        asked = of(events, ev.Asked, npc="ida", purpose="react")[0]
        assert asked.why == "Ida was hurt just now."
        assert "carry on: dine at the inn" in asked.options
        assert made.world.minds["ida"].plan == "dine"
        simulation.put({"do": "tom.go_to(inn)"})
        events = await go_on(simulation, 90)
    asked = of(events, ev.Asked, npc="ida", purpose="react")[0]
    assert asked.why == "Tom has come."
    assert "carry on: dine at the inn" in asked.options
    assert of(events, ev.GoalEnded, npc="ida", goal="dine at the inn")[0].how == "done"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"12:00": inn', '"12:00": in', "no plan or place 'in'"),
        ('"12:00": inn', '"25:00": inn', 'expected a time of day such as "06:00"'),
        ("who: [tom], hours", "who: [tim], hours", "no archetype or NPC 'tim'"),
    ],
)
def test_what_a_day_names_must_be_there(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        built(tmp_path, DAY.replace(old, new))
    assert any(said in str(mistake) for mistake in error.value.mistakes)
