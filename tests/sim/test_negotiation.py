"""Negotiating: agreement where there can be one and never where there can't, whoever decides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from npcsim import events as ev
from npcsim.assembly.build import Built, build
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.errors import ScenarioError
from npcsim.messages import Answer, Choose, Chosen, Question
from npcsim.models.scripted import Scripted
from npcsim.store.run_store import Run
from npcsim.world.snapshot import freeze, thaw
from tests.worlds_in_text import built, go_on, lines, live, living, of

TEXT = """
clock: {tick: 10 s, start: "06:00", end: "08:00"}
places: {mill: {}, market: {}}
ways: [{from: mill, to: market, takes: 1 min}]
items: {salt: {value: 2}, timber: {value: 2}}
attributes: {pride: {range: 0..20}, nerve: {range: 0..1}}
archetypes:
  speaker:
    mind: true
    tools: [wait, go_to]
    traits: {pride: "uniform(0, 18)", nerve: "uniform(0, 1)"}
npcs:
  Nia: {is: speaker, at: market, carries: {salt: 20}}
  Odo: {is: speaker, at: market, carries: {timber: 20}}
think: {rest: 10 s}
scenes:
  talks:
    class: Negotiation
    who: [Nia, Odo]
    when: at(market)
    negotiate:
      rounds: 8
      issues:
        salt: {item: salt, from: Nia, range: 0..20, step: 4, worth: {Nia: 1.375, Odo: 3.125}}
        timber: {item: timber, from: Odo, range: 0..20, step: 4, worth: {Nia: 3.625, Odo: 1.875}}
        bridge:
          outcomes: [Nia mends it, Odo mends it, nobody mends it]
          promise: {Nia mends it: Nia, Odo mends it: Odo}
          worth:
            Nia: {Nia mends it: -6.25, Odo mends it: 4.75}
            Odo: {Nia mends it: 8.25, Odo mends it: -9.75}
      reserve: {Nia: pride, Odo: pride}
      firm: {speaker: nerve}
"""
TICKS = 130
RATIFIED = TEXT.replace(
    "think: {rest: 10 s}",
    """  Ute: {is: speaker, at: mill}
think: {rest: 10 s}""",
).replace(
    "      reserve:",
    "      ratify: {by: [Ute], within: 20 min}\n      reserve:",
)
GOING = """
plans:
  home: {option: go and tell Ute, who: [Nia], worth: 1, when: not at(mill), steps: [go_to(mill)]}
"""


@pytest.fixture
def talks(tmp_path: Path) -> Built:
    return built(tmp_path, TEXT)


def ended(events: list[ev.Event]) -> ev.SceneEnded:
    (found,) = of(events, ev.SceneEnded)
    return found


async def whole(made: Built, models: Any = None, ticks: int = TICKS) -> list[ev.Event]:
    """Live until the talks are over."""
    async with living(made, models) as simulation:
        events: list[ev.Event] = []
        while not of(events, ev.SceneEnded) and ticks:
            events += await go_on(simulation, 1)
            ticks -= 1
    return events


async def begun(made: Built, simulation: Any) -> list[ev.Event]:
    """Live until the first proposal has been made."""
    events: list[ev.Event] = []
    while not of(events, ev.ActEnded, tool="propose", how="done"):
        events += await go_on(simulation, 1)
    return events


async def test_where_both_can_gain_they_agree_on_every_seed(tmp_path: Path) -> None:
    for seed in range(1, 31):
        made = built(tmp_path, TEXT, overrides=[f"seed={seed}"])
        told = ended(await whole(made))
        assert told.told["zone"] > 0
        assert told.outcome == "agreed", seed
        assert min(told.told["gains"].values()) > 0
        assert 0 < told.told["nash"] <= told.told["best_nash"] * (1 + 1e-9)
        held = [
            made.world.held(npc).get(item, 0) for npc, item in (("Odo", "salt"), ("Nia", "timber"))
        ]
        terms = told.told["terms"].replace("no ", "0 ")
        assert terms.startswith(f"{held[0]} salt and {held[1]} timber and ")
        assert f"We agreed on {told.told['terms']}" in lines(made.world, "Nia")
        assert f"We agreed on {told.told['terms']}" in lines(made.world, "Odo")


@pytest.mark.parametrize("how", ["rules", "model"])
async def test_where_none_can_be_they_never_agree(tmp_path: Path, how: str) -> None:
    text = TEXT.replace("worth: {Nia: 3.625,", "worth: {Nia: 1.5,").replace(
        "Odo: 3.125", "Odo: 1.25"
    )
    text = text.replace("Odo mends it: 4.75", "Odo mends it: 4").replace("8.25", "6")
    for seed in range(1, 11):
        made = built(tmp_path, text, overrides=[f"seed={seed}", "think.dominates=1000"])
        models = {"local": Scripted(last_option)} if how == "model" else None
        told = ended(await whole(made, models, 220))
        assert told.told["zone"] == 0
        assert told.outcome in ("no agreement", "walked away")
        assert made.world.held("Nia") == {"salt": 20}
        assert made.world.held("Odo") == {"timber": 20}


def last_option(question: Question) -> Answer:
    """What a bad model does: always the last, and sure of it."""
    assert isinstance(question, Choose)
    last = len(question.options) - 1
    return Chosen(last, tuple(float(at == last) for at in range(last + 1)))


async def test_a_model_that_plays_badly_breaks_no_rule(tmp_path: Path) -> None:
    """It draws from all there is, walking away included, and still nobody signs a loss."""
    outcomes = set()
    for seed in range(1, 9):
        made = built(tmp_path, TEXT, overrides=[f"seed={seed}", "temper=1", "think.dominates=1000"])
        model = Scripted(last_option)
        events = await whole(made, {"local": model}, 220)
        told = ended(events)
        outcomes.add(told.outcome)
        assert model.asked
        if told.outcome == "agreed":
            assert min(told.told["gains"].values()) > 0
        for act in of(events, ev.ActStarted):
            if "terms" in act.args:
                assert made.program.scenes[0].scene.agenda.read(act.args["terms"], "en") is not None  # type: ignore[attr-defined]
    assert "agreed" in outcomes


async def test_the_rounds_are_over_at_some_time(tmp_path: Path) -> None:
    text = TEXT.replace("worth: {Nia: 3.625,", "worth: {Nia: 1.5,").replace(
        "Odo: 3.125", "Odo: 1.25"
    )
    text = text.replace("Odo mends it: 4.75", "Odo mends it: 4").replace("8.25", "6")
    text = text.replace("rounds: 8", "rounds: 2")
    told = ended(await whole(built(tmp_path, text)))
    assert (told.outcome, told.told["moves"], told.told["terms"]) == ("no agreement", 4, "")


async def test_who_can_gain_nothing_walks_away(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT.replace("reserve: {Nia: pride", "reserve: {Nia: 500"))
    told = ended(await whole(made))
    assert (told.outcome, told.told["moves"]) == ("walked away", 1)
    assert "Nia broke off the talks" in lines(made.world, "Odo")
    assert made.world.ties.get("Odo\nNia\ntrust") == -0.1


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        ({"do": "Odo.go_to(mill)"}, "left"),
        ({"set": "Odo", "attribute": "hp", "value": 0}, "fell"),
    ],
)
async def test_it_ends_where_one_leaves_or_is_killed(
    talks: Built, entry: dict[str, Any], outcome: str
) -> None:
    async with living(talks) as simulation:
        await begun(talks, simulation)
        simulation.put(entry)
        events = await go_on(simulation, 10)
    told = ended(events)
    assert (told.outcome, told.told["terms"], told.told["nash"]) == (outcome, "", 0.0)
    assert talks.world.held("Nia") == {"salt": 20}
    assert "Our talks ended without an agreement" in lines(talks.world, "Nia")


async def test_what_is_interrupted_was_not_proposed(talks: Built) -> None:
    async with living(talks) as simulation:
        events: list[ev.Event] = []
        while not of(events, ev.ActStarted, tool="propose"):
            events += await go_on(simulation, 1)
        simulation.put({"do": "Nia.wait"})
        events = await go_on(simulation, 3)
        assert of(events, ev.ActEnded, tool="propose", how="interrupted")
        assert "propose" not in talks.world.scenes["talks"].done
        events += await go_on(simulation, TICKS)
    assert ended(events).outcome == "agreed"


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("Nia.propose(999 salt and no timber and Nia mends it)", "not on the table"),
        ("Nia.propose(20 salt)", "not on the table"),
        ("Nia.propose(20 salt and no timber and Nia mends it)", "no agreement is better"),
        ("Nia.agree_to(no salt and 20 timber and Odo mends it)", "nothing is proposed to me"),
        ("Odo.propose(20 salt and no timber and Nia mends it)", "Nia has the word"),
        ("Odo.walk_away", "Nia has the word"),
        ("Nia.ratify(20 salt and no timber and Nia mends it)", "I have no say in it"),
    ],
)
async def test_moves_that_break_the_rules_are_refused(talks: Built, call: str, why: str) -> None:
    async with living(talks) as simulation:
        events: list[ev.Event] = []
        while "talks" not in talks.world.scenes:
            events += await go_on(simulation, 1)
        simulation.put({"do": call})
        events = await go_on(simulation, 1)
    assert [one.reason for one in of(events, ev.Rejected) if why in one.reason]
    assert "talks" in talks.world.scenes


async def test_who_is_in_no_talks_can_make_no_moves(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT.replace("when: at(market)", "when: at(mill)"))
    events = await live(made, 3, puts=[{"do": "Nia.walk_away"}])
    assert [one.reason for one in of(events, ev.Rejected, tool="walk_away")] == ["I am at no talks"]


async def test_nobody_hears_what_the_other_wants(tmp_path: Path) -> None:
    """What a model is asked for one is the same whatever the other's values are."""
    asked: list[list[Question]] = []
    for values in ("Odo: 3.125", "Odo: 2.875"):
        model = Scripted(first_option)
        text = TEXT.replace("Odo: 3.125", values).replace(
            "reserve: {Nia: pride, Odo: pride}", "reserve: {Nia: 3.5, Odo: 4.5}"
        )
        made = built(tmp_path, text, overrides=["think.dominates=1000", "temper=0"])
        events = await whole(made, {"local": model})
        assert ended(events).outcome == "agreed"
        asked.append(model.asked)
    # Her first question, before he has said a word, and all of his words that follow from it.
    assert asked[0][0] == asked[1][0]
    for question in (one for several in asked for one in several):
        assert isinstance(question, Choose)
        told = f"{question}"
        for number in (
            "1.375",
            "3.125",
            "2.875",
            "3.625",
            "1.875",
            "6.25",
            "4.75",
            "8.25",
            "9.75",
            "3.5",
            "4.5",
        ):
            assert number not in told


def first_option(question: Question) -> Answer:
    assert isinstance(question, Choose)
    return Chosen(0, tuple(float(at == 0) for at in range(len(question.options))))


async def test_a_seat_knows_its_own_values_only(tmp_path: Path) -> None:
    seen = []
    for values in ("Odo: 3.125", "Odo: 0.5"):
        made = built(tmp_path, TEXT.replace("Odo: 3.125", values))
        async with living(made) as simulation:
            await begun(made, simulation)
            stage, view = made.world.scenes["talks"], simulation.view
            seat = made.program.scenes[0].scene.seats(stage, view.npc("Nia"), view)  # type: ignore[attr-defined]
            seen.append((seat.side, seat.gains.tolist(), seat.offers, seat.talks))
    assert seen[0] == seen[1]


async def test_those_at_home_may_have_their_say(tmp_path: Path) -> None:
    made = built(
        tmp_path, RATIFIED.replace("worth: {Nia: 3.625,", "worth: {Nia: 3.625, Ute: 1,") + GOING
    )
    events = await whole(made, None, 250)
    told = ended(events)
    assert told.outcome == "ratified"
    assert told.told["votes"] == {"Ute": True}
    (vote,) = of(events, ev.ActStarted, tool="ratify")
    (agreed,) = of(events, ev.ActStarted, tool="agree_to")
    # Nothing changes hands before she has heard of it from Nia and agreed.
    assert vote.tick - agreed.tick > 6
    assert [e.tick for e in of(events, ev.Applied) if "transfer" in str(e.effects)] == [vote.tick]
    assert "We agreed on" in lines(made.world, "Ute")[-1]


async def test_they_may_refuse(tmp_path: Path) -> None:
    text = RATIFIED.replace(
        "            Nia: {Nia mends it",
        "            Ute: {Nia mends it: -50, Odo mends it: -50, nobody mends it: -50}\n"
        "            Nia: {Nia mends it",
    )
    made = built(tmp_path, text + GOING)
    told = ended(await whole(made, None, 250))
    assert (told.outcome, told.told["votes"], told.told["nash"]) == (
        "not ratified",
        {"Ute": False},
        0.0,
    )
    assert made.world.held("Nia") == {"salt": 20}
    assert "was not ratified" in lines(made.world, "Odo")[-1] + lines(made.world, "Odo")[-2]


async def test_what_nobody_brings_home_lapses(tmp_path: Path) -> None:
    made = built(tmp_path, RATIFIED.replace("[wait, go_to]", "[wait]"))
    events = await whole(made, None, 300)
    told = ended(events)
    assert told.outcome == "lapsed"
    (agreed,) = of(events, ev.ActStarted, tool="agree_to")
    assert told.tick - agreed.tick == 120


async def test_goods_can_be_promised_for_later(tmp_path: Path) -> None:
    text = TEXT.replace(
        "salt: {item: salt, from: Nia,", "salt: {item: salt, from: Nia, within: 10 min,"
    )
    made = built(tmp_path, text)
    events = await live(made, 240)
    assert ended(events).outcome == "agreed"
    (promised,) = of(events, ev.Promised)
    assert (promised.npc, promised.to, promised.item) == ("Nia", "Odo", "salt")
    assert made.world.held("Nia")["salt"] == 20
    assert of(events, ev.PromiseBroken, npc="Nia")


async def test_they_begin_anew_only_where_each_sees_something_to_gain(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT.replace("{Nia: pride, Odo: pride}", "{Nia: 9, Odo: 9}"))
    async with living(made) as simulation:
        await begun(made, simulation)
        stage, view = made.world.scenes["talks"], simulation.view
        talks = made.program.scenes[0].scene
        assert talks.again(stage, view)
        # Nia has nothing left that Odo wants, and all there is to see that.
        made.world.set_held("Nia", "salt", 0)
        assert not talks.again(replace(stage, kept=tuple(talks.keeps(stage, view))), view)


async def test_three_agree_only_all_together(tmp_path: Path) -> None:
    text = (
        TEXT.replace(
            "  Odo: {is", "  Ute: {is: speaker, at: market, carries: {timber: 20}}\n  Odo: {is"
        )
        .replace("who: [Nia, Odo]", "who: [Nia, Odo, Ute]")
        .replace("from: Nia, range", "from: Nia, to: Odo, range")
        .replace("from: Odo, range", "from: Odo, to: Nia, range")
    )
    text = text.replace(
        "            Odo: {Nia mends it",
        "            Ute: {Nia mends it: 12, Odo mends it: 12, nobody mends it: 2}\n"
        "            Odo: {Nia mends it",
    )
    made = built(tmp_path, text.replace("Odo: pride}", "Odo: pride, Ute: 5}"))
    events = await whole(made, None, 300)
    told = ended(events)
    assert told.outcome == "agreed"
    assert len(of(events, ev.ActStarted, tool="agree_to")) >= 2
    assert min(told.told["gains"].values()) > 0
    assert set(told.told["gains"]) == {"Nia", "Odo", "Ute"}


OWN = """
class Bargain(Negotiation):
    rounds = 6
    issues = (
        Issue("salt", range(0, 21, 4), item="salt", giver="Nia"),
        Issue("oath", ("no oath", "an oath"), promise={"an oath": "Odo"}),
    )

    def worth(self, me, view, issue, outcome):
        if outcome == "an oath":
            return 30 * me.nerve if me.id == "Nia" else -1.0
        return super().worth(me, view, issue, outcome)

    def settles(self, now, view, terms):
        return [*super().settles(now, view, terms), Set("Odo", "pride", 7.0)]

SCENES = [Bargain]
"""


def own(text: str = TEXT) -> str:
    start = text.index("    negotiate:")
    return (
        text[:start]
        .replace("class: Negotiation", "class: Bargain")
        .replace('nerve: "uniform(0, 1)"', "nerve: 0.8")
    )


async def test_a_class_of_ones_own(tmp_path: Path) -> None:
    made = built(tmp_path, own(), OWN)
    told = ended(await whole(made))
    assert told.outcome == "agreed"
    assert told.told["terms"].endswith("an oath")
    assert made.world.npc("Odo").pride == 7.0
    assert "Odo promised: an oath" in lines(made.world, "Nia")


async def test_goods_that_are_gone_are_not_signed_for(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT)
    async with living(made) as simulation:
        events = await begun(made, simulation)
        made.world.set_held("Nia", "salt", 0)
        made.world.set_held("Odo", "timber", 0)
        events += await go_on(simulation, 250)
    assert not [e for e in of(events, ev.Applied) if "transfer" in str(e.effects)]
    assert ended(events).outcome != "agreed"


async def test_a_replay_negotiates_again(tmp_path: Path, talks: Built) -> None:
    session = await open_session(talks, models={}, out=tmp_path / "runs", ticks=TICKS)
    hashes = [tick.hash async for tick in session.simulation]
    session.finish()
    await session.close()
    assert session.folder is not None
    with Run.open(session.folder) as run:
        again = recorded_session(run)
        assert [tick.hash async for tick in again.simulation] == hashes
        (row,) = run.table("scenes").rows()
        # A scene names all who were in it; a table of somebody's has the scenes he was in.
        apart = {one.id for one in run.started.cast} - set(row["who"])
        assert all(list(run.table("scenes", npc=who).rows()) == [row] for who in row["who"])
        assert not any(len(run.table("scenes", npc=who)) for who in apart)
        kinds = {type(event) for event in run.events(npc=row["who"][0])}
        assert {ev.SceneBegan, ev.SceneEnded} <= kinds
    assert row["outcome"] == "agreed"
    assert row["joint_gain"] == sum(row["gains"].values()) > 0
    assert row["nash"] <= row["best_nash"]
    assert row["began"] < row["tick"]


async def test_talks_outlast_a_snapshot(talks: Built) -> None:
    async with living(talks) as simulation:
        await begun(talks, simulation)
        data, arrays = freeze(talks.world)
        other = build(talks.recipe).world
        thaw(other, data, arrays)
        assert other.scenes["talks"] == talks.world.scenes["talks"]
        assert other.state_hash() == talks.world.state_hash()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("item: salt,", "item: slat,", "did you mean 'salt'"),
        ("salt, from: Nia,", "salt, from: Nai,", "did you mean 'Nia'"),
        ("salt, from: Nia,", "salt,", "an item needs a giver"),
        ("range: 0..20, step: 4, worth: {Nia: 1", "range: -4..20, worth: {Nia: 1", "counted"),
        ("step: 4, worth: {Nia: 1", "step: 3, worth: {Nia: 1", "no whole number of steps"),
        ("range: 0..20, step: 4, worth: {Nia: 1", "worth: {Nia: 1", "either a `range` or a list"),
        ("step: 4, worth: {Nia: 3", "step: 0.01, worth: {Nia: 3", "2001 outcomes, 1000 at most"),
        ("Nia: pride, Odo", "Nia: pried, Odo", "did you mean 'pride'"),
        ("reserve: {Nia:", "reserve: {Nai:", "did you mean 'Nia'"),
        ("firm: {speaker: nerve}", "firm: {speaker: nerv}", "did you mean 'nerve'"),
        ("{Nia mends it: -6.25", "{Nia mnds it: -6.25", "did you mean 'Nia mends it'"),
        ("promise: {Nia mends it: Nia", "promise: {Nia mends it: Ute", "not at the table"),
        ("promise: {Nia mends it", "promise: {Nia mnds it", "did you mean 'Nia mends it'"),
        ("worth: {Nia: 1.375", "worth: {Nia: {Nia mends it: 1}", "expected one number"),
        ("who: [Nia, Odo]", "who: [Nia]", "it takes two"),
        ("rounds: 8", "rounds: 0", "expected at least 1"),
        ("rounds: 8", "runds: 8", "rounds"),
        ("class: Negotiation", "class: Negociation", "did you mean 'Negotiation'"),
        ("      reserve:", "      ratify: {by: [Utte]}\n      reserve:", "nobody is called 'Utte'"),
        ("      reserve:", "      ratify: {by: [Odo]}\n      reserve:", "at the table already"),
        ("nobody mends it]", "20 salt]", "two issues have the same outcome"),
        ("issues:\n", "issues:\n        x: {outcomes: [a]}\n", "two outcomes"),
    ],
)  # fmt: skip
def test_mistakes_are_told_before_the_run(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in TEXT
    with pytest.raises(ScenarioError, match=why) as told:
        built(tmp_path, TEXT.replace(old, new))
    assert told.value.mistakes[0].line > 1


def test_a_class_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="two outcomes"):
        built(tmp_path, own(), OWN.replace('("no oath", "an oath")', '("an oath",)'))
    with pytest.raises(ScenarioError, match="is not built on Negotiation"):
        built(
            tmp_path,
            TEXT.replace("class: Negotiation", "class: Bargain"),
            OWN.replace("(Negotiation)", "(Scene)"),
        )
    taken = "@tool\ndef concede(me: Body, view: View) -> list[Effect]:\n    return []\n"
    taken += "TOOLS = [concede]\n"
    with pytest.raises(ScenarioError, match="brings a tool 'concede', and there is another one"):
        built(tmp_path, TEXT, taken)
