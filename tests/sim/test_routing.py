"""What the router goes by in a run: time left, money left, health, effort, and where one looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from npcsim import events as ev
from npcsim.assembly.build import build
from npcsim.assembly.runs.session import open_session
from npcsim.errors import BadReply
from npcsim.messages import Answer, Question, Usage
from npcsim.report import story, text
from npcsim.store.run_store import Run
from tests.sim.test_tiers import EAGER, PRICED, both, lived, replayed, sure, village
from tests.worlds_in_text import VILLAGE, built, living, of

# Two at a table, each with something to decide every few seconds.
TABLE = """
size: [12, 12]
clock: {tick: 1 s, start: "09:00", end: "10:00"}
items: {loaf: {value: 1}}
archetypes: {folk: {mind: true, carries: {coin: 9, loaf: 9}, tools: [pitch, accept, say, wait]}}
npcs: {mara: {is: folk, x: 5, y: 5}, bo: {is: folk, x: 6, y: 5}}
plans: {sit: {option: sit about, worth: 1, steps: [wait]}}
stakes: {accept: 1}
think: {rest: 20 min, dominates: 50}
temper: 0
"""
TOOLS = """
@tool(option="offer {to} a loaf")
def pitch(me: Body, view: View, to: Body):
    if to.id == me.id:
        raise ToolRefused("no")
    return [Offer(me, to, "loaf", 1, "coin", 2, lasts=LASTS), Signal(me, "offer", 8, "a loaf", to)]

TOOLS = [pitch]
"""


async def offered(folder: Path, lasts: float, think: str = "40 s") -> list[Any]:
    """Bo makes an offer in the second tick. -> what Mara decided after it, and all events."""
    tiers = f"tiers: {{local: {{model: scripted, think: 10 s}}, cloud: {{think: {think}}}}}\n"
    made = built(folder, TABLE + EAGER + tiers, TOOLS.replace("LASTS", str(lasts)))
    events: list[Any] = []
    async with living(made, both(), ticks=90) as simulation:
        simulation.subscribe(lambda tick, told: events.extend(told))
        simulation.put({"do": "bo.pitch(mara)"})
        async for _ in simulation:
            pass
    return of(events, ev.Decided, npc="mara", purpose="react"), events


async def test_what_would_answer_too_late_is_not_asked(tmp_path: Path) -> None:
    [first, *_], _ = await offered(tmp_path / "long", 0)
    assert first.tier == "cloud"
    [first, *_], _ = await offered(tmp_path / "short", 45)
    assert first.tier == "local"
    late = "cloud would answer too late: it takes 40 s, and there are 34 s"
    assert late in first.reason
    assert [one.why_not for one in first.considered] == [late.removeprefix("cloud ")]
    assert not first.fallback
    [first, *_], _ = await offered(tmp_path / "now", 5)
    assert first.tier == "reflex"
    assert "local would answer too late: it takes 10 s" in first.reason


async def test_waiting_costs_more_the_less_time_is_left(tmp_path: Path) -> None:
    worths = []
    for seconds in (0, 200, 60):
        _, events = await offered(tmp_path / str(seconds), seconds)
        asked = of(events, ev.Asked, tier="cloud", npc="mara")[0]
        worths += [one.worth for one in asked.considered if one.tier == "cloud"]
    assert worths[0] > worths[1] > worths[2] > 0


async def test_nothing_is_asked_that_would_land_after_the_end(tmp_path: Path) -> None:
    text = SQUARE.replace('end: "07:00"', 'end: "06:00:20"')
    tiers = "tiers: {local: {model: scripted, think: 10 s}, cloud: {think: 30 s}}\n"
    _, events = await lived(built(tmp_path, text + tiers), both(), ticks=None)
    assert {one.tier for one in of(events, ev.Asked)} == {"local"}
    decided = of(events, ev.Decided)
    assert decided
    assert all("cloud would answer after the end of the run" in one.reason for one in decided)


async def test_a_run_that_goes_on_past_the_end_of_its_clock_asks_on(tmp_path: Path) -> None:
    short = VILLAGE.replace('end: "08:00"', 'end: "06:01"')
    _, events = await lived(village(tmp_path, "cloud: {}", world=short), both())
    assert any(one.tick > 30 for one in of(events, ev.Asked, tier="cloud"))


async def test_a_budget_that_goes_too_fast_is_kept_for_what_is_worth_more(tmp_path: Path) -> None:
    """With the rule of pace the money lasts; the worth a choice is given falls as it goes."""
    rules = "routing: {escalate: 0.01, worth: 0.05 USD}\n"
    tiers = f"cloud: {{budget: 0.03 USD, think: 10 s, {PRICED}}}"
    # While a wolf is near nobody thinks, so it stays far off.
    peace = VILLAGE.replace("do: follow(nearest(folk))", "do: wait")
    peace = peace.replace("x: 25, y: 2", "x: 29, y: 0")
    made = village(tmp_path, tiers, rules, peace)
    session, events = await lived(made, both(), tmp_path / "runs", 900)
    paced = [one.reason for one in of(events, ev.Asked) + of(events, ev.Decided)]
    paced = [reason for reason in paced if "budget x0." in reason]
    assert len(paced) > 10
    shares = [float(reason.split("budget x")[1][:4]) for reason in paced]
    assert min(shares) < 0.8
    assert any(one.endswith("not worth its price") for one in {
        c.why_not for one in of(events, ev.Decided) for c in one.considered
    })  # fmt: skip
    await replayed(session)


async def test_a_tier_that_fails_now_and_then_is_trusted_less(tmp_path: Path) -> None:
    count = [0]

    def flaky(question: Question) -> Answer | Exception:
        count[0] += 1
        return BadReply("what?") if count[0] % 2 else sure(question)

    session, events = await lived(village(tmp_path, "cloud: {}"), both(flaky), tmp_path / "runs")
    asked = of(events, ev.Asked, tier="cloud")
    assert "health" not in asked[0].reason
    assert any("health x0." in one.reason for one in asked)
    await replayed(session)


# -- effort --------------------------------------------------------------------------------------


async def test_efforts_are_rungs_of_one_tier(tmp_path: Path) -> None:
    efforts: list[str] = []

    def rule(question: Question) -> Answer:
        efforts.append(question.effort)
        return sure(question, Usage(900, 900))

    made = village(tmp_path, "cloud: {effort: {high: 40 s, low: 10 s}}")
    session, events = await lived(made, both(rule), tmp_path / "runs")
    asked = of(events, ev.Asked, tier="cloud")
    low = [one for one in asked if one.effort == "low"]
    high = [one for one in asked if one.effort == "high"]
    assert low
    assert high
    assert set(efforts) == {"low", "high"}
    assert {one.lands - one.tick for one in low} == {5}
    assert {one.lands - one.tick for one in high} == {20}
    assert all("cloud has answered; " in one.reason for one in high)
    decided = {one.effort for one in of(events, ev.Decided, tier="cloud")}
    assert "high" in decided
    both_told = [(one.tier, one.effort) for one in low[0].considered]
    assert both_told == [("cloud", "low"), ("cloud", "high")]
    cheap, dear = (one.price for one in low[0].considered)
    assert 0 < cheap < dear
    await replayed(session)
    run = Run.open(session.folder)
    kept = {one.call.question.effort for one in run.calls() if one.call.tier == "cloud"}
    assert kept == {"low", "high"}
    run.close()


async def test_a_forecast_learns_from_what_answers_cost(tmp_path: Path) -> None:
    made = village(tmp_path, f"cloud: {{{PRICED}}}")
    _, events = await lived(made, both(lambda q: sure(q, Usage(5_000, 500))), ticks=300)
    asked = of(events, ev.Asked, tier="cloud")
    prices = [c.price for one in asked for c in one.considered if c.tier == "cloud"]
    paid = (5_000 * 1.0 + 500 * 5.0) / 1e6
    assert prices[0] < paid / 3
    assert prices[-1] > paid * 0.8


# -- attention -----------------------------------------------------------------------------------

SQUARE = """
size: [90, 20]
clock: {tick: 1 s, start: "06:00", end: "07:00"}
archetypes: {folk: {mind: true, tools: [wait]}}
npcs:
  mara: {is: folk, x: 3, y: 3}
  bo: {is: folk, x: 6, y: 3}
  ida: {is: folk, x: 70, y: 3}
  ulf: {is: folk, x: 75, y: 3}
plans:
  rest: {option: rest a little, worth: 1, stakes: 0.5, steps: [wait]}
  stand: {option: stand about, worth: 1, stakes: 0.5, steps: [wait]}
think: {rest: 10 s, local: 3 s, dominates: 50}
routing: {escalate: 0.1, worth: 0.02 USD}
"""


async def looking(folder: Path, at: Any, extra: str = "") -> tuple[dict[str, list[Any]], Any, Any]:
    """A quarter of an hour with somebody looking. -> questions by NPC, all events, the session."""
    tiers = "tiers: {local: {model: scripted}, cloud: {think: 5 s}}\n"
    made = built(folder, SQUARE + extra + tiers)
    session = await open_session(build(made.recipe), models=both(), out=folder / "runs", ticks=900)
    events: list[Any] = []
    session.simulation.subscribe(lambda tick, told: events.extend(told))
    if at is not None:
        session.simulation.put({"attention": at, "source": "player"})
    async for _ in session.simulation:
        pass
    session.finish()
    await session.close()
    asked: dict[str, list[Any]] = {}
    for one in of(events, ev.Asked):
        asked.setdefault(one.npc, []).append(one)
    return asked, events, session


def dear(asked: list[Any]) -> int:
    return sum(one.tier == "cloud" for one in asked)


async def test_who_is_far_from_attention_thinks_less_and_cheaper(tmp_path: Path) -> None:
    level = "attention: {far: {rest: 8, most: local}}\n"
    asked, _, session = await looking(tmp_path / "a", "mara", level)
    assert len(asked["mara"]) > 1.5 * len(asked["ida"])
    assert dear(asked["mara"]) > 0
    assert dear(asked["bo"]) > 0  # near
    assert dear(asked["ida"]) == dear(asked["ulf"]) == 0
    told = {c.why_not for one in asked["ida"] for c in one.considered}
    assert "is too dear for who is far from attention" in told
    await replayed(session)
    other, _, session = await looking(tmp_path / "b", "ida", level)
    assert dear(other["mara"]) == 0 < dear(other["ida"])
    await replayed(session)


async def test_it_counts_for_less_far_off_and_for_more_where_one_looks(tmp_path: Path) -> None:
    asked, _, _ = await looking(tmp_path, "mara")
    reasons = {npc: " ".join(one.reason for one in every) for npc, every in asked.items()}
    assert "attention x2" in reasons["mara"]
    assert "attention" not in reasons["bo"]
    weighed = [c.worth for one in asked["ida"] for c in one.considered if c.worth]
    near = [c.worth for one in asked["bo"] for c in one.considered if c.worth]
    assert max(weighed, default=0) < max(near)
    assert len(asked["ida"]) < len(asked["bo"])


async def test_where_nobody_looks_all_are_alike(tmp_path: Path) -> None:
    asked, events, _ = await looking(tmp_path / "a", None, "attention: {far: {rest: 9}}\n")
    plain, others, _ = await looking(tmp_path / "b", None)
    assert {npc: len(every) for npc, every in asked.items()} == {
        npc: len(every) for npc, every in plain.items()
    }
    assert of(events, ev.TickEnded)[-1].hash == of(others, ev.TickEnded)[-1].hash


async def test_who_is_in_the_middle_of_it_is_not_far(tmp_path: Path) -> None:
    """Far from where one looks, but somebody has made an offer: that is near enough."""
    tools = TOOLS.replace("LASTS", "0")
    text = TABLE.replace("size: [12, 12]", "size: [90, 20]").replace(
        "bo: {is: folk, x: 6, y: 5}", "bo: {is: folk, x: 6, y: 5}, eve: {is: folk, x: 80, y: 5}"
    )
    far = "attention: {far: {most: local}}\ntiers: {local: {model: scripted}, cloud: {}}\n"
    events: list[Any] = []
    async with living(built(tmp_path, text + EAGER + far, tools), both(), ticks=80) as simulation:
        simulation.subscribe(lambda tick, told: events.extend(told))
        simulation.put({"attention": "eve"})
        simulation.put({"do": "bo.pitch(mara)"})
        async for _ in simulation:
            pass
    assert of(events, ev.Asked, npc="mara", tier="cloud", purpose="react")


# -- what is told of it --------------------------------------------------------------------------


async def test_report_and_tables_tell_what_was_considered(tmp_path: Path) -> None:
    made = village(tmp_path, f"cloud: {{{PRICED}}}", "routing: {escalate: 0.6}\n")
    session, _ = await lived(made, both(), tmp_path / "runs")
    run = Run.open(session.folder)
    rows = list(run.table("routes").rows())
    assert {row["when"] for row in rows} == {"asked", "decided"}
    passed = [row for row in rows if row["tier"] == "cloud" and row["when"] == "decided"]
    assert passed
    assert all(row["price"] > 0 and row["why_not"] and not row["asked"] for row in passed)
    assert [row for row in rows if row["asked"] and row["tier"] == "local" and not row["why_not"]]
    told = story(run.events(), (kept.call for kept in run.calls()), run.summary, ("mara",))
    page = text(told, "mara")
    assert "not asked: cloud ($0.0" in page
    assert "is under 0.60" in page
    run.close()
