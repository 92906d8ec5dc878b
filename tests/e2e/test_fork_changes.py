"""What a fork changes (values, models, tools, memories, decisions) and what it reuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import npcsim as door
from npcsim import events as ev
from npcsim.errors import NpcsimError, ScenarioError
from npcsim.models.scripted import Scripted
from npcsim.store.run_store import Run
from npcsim.store.snapshots import decode
from npcsim.store.standing import KINDS as FOLDED
from npcsim.store.standing import Standing
from tests.e2e.hamlets import hamlets
from tests.e2e.shell import live, npcsim

PAID = (
    "--set", "think={local: 40 s, dominates: 10}",
    "--set", "routing={worth: 1.00 USD, escalate: 0.01}",
    "--set", "tiers.local={model: scripted, price: {input: 3, output: 15}, trust: 0.9}",
)  # fmt: skip
OFTEN = ("--set", "log.snapshot=1 min")
TICKS, AT = 90, 40


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("parent")
    said = live("03_village_morning", out, "--ticks", TICKS, *PAID, *OFTEN)
    return Path(said["run"])


def forked(parent: Path, out: Path, *args: object, code: int = 0) -> tuple[Run, dict[str, object]]:
    npcsim("fork", parent, "--at", AT, "--out", out, *args, code=code)
    run = Run.open(out / "village_morning-1")
    return run, dict((run.summary or {})["fork"])


def parts(run: Run, parent: Path) -> int | None:
    """The first tick whose state hash is another than the parent's."""
    old = dict(Run.open(parent).hashes())
    return next((tick for tick, hash in run.hashes() if old[tick] != hash), None)


def test_no_change_from_a_snapshot_in_the_middle(parent: Path, tmp_path: Path) -> None:
    run, told = forked(parent, tmp_path)
    old = Run.open(parent)
    assert parts(run, parent) is None
    assert told["asked"] == 0
    assert told["reused"]
    assert run.snapshots() == old.snapshots()
    assert [kept.call for kept in run.calls()] == [kept.call for kept in old.calls()]
    packed = [[one for seq, one in log.packed(start=1)] for log in (run, old)]
    ends = [[one for one in log if one.kind != "RunEnded"] for log in packed]
    assert ends[0] == ends[1]


def test_a_value_changes_the_world_and_what_hangs_on_it(parent: Path, tmp_path: Path) -> None:
    change = "npcs.Mara.traits.hunger=0.97"
    run, _ = forked(parent, tmp_path, "--set", change)
    assert parts(run, parent) == AT + 1
    (told,) = (one for one in run.events("ScenarioChanged") if isinstance(one, ev.ScenarioChanged))
    assert (told.tick, told.changes) == (AT + 1, (change,))
    hunger = dict(zip(run.at(AT + 1)["npc"], run.at(AT + 1)["hunger"], strict=True))
    assert hunger["Mara"] == pytest.approx(0.97, abs=0.01)
    assert max(value for npc, value in hunger.items() if npc != "Mara") < 0.9
    assert door.replay(run).ticks == TICKS
    assert "the scenario is changed" in npcsim("report", run.path).out


def test_a_rate_is_another_from_there_on_for_readers_too(parent: Path, tmp_path: Path) -> None:
    run, _ = forked(parent, tmp_path, "--set", "attributes.hunger.grows=5 / h")
    late = 60
    assert late in run.snapshots()
    truth = decode(run.snapshot(late))[1]["hunger"].tolist()
    folded = Standing(run.started, None)
    folded.take(run.events(kinds=FOLDED, stop=late + 1))
    assert folded.gauges["hunger"].tolist() == pytest.approx(truth)
    assert run.at(late)["hunger"] == truth
    after = decode(run.snapshot(84))[1]["hunger"].tolist()
    assert run.at(83)["hunger"] == pytest.approx(after, abs=0.01)
    old = Run.open(parent).at(late)["hunger"]
    assert sum(truth) > sum(old) + 0.05 * len(old)
    assert door.replay(run).ticks == TICKS


def test_a_fork_goes_on_and_is_forked_again_behind_its_change(parent: Path, tmp_path: Path) -> None:
    run, _ = forked(parent, tmp_path, "--set", "npcs.Mara.traits.hunger=0.97", "--until", 70)
    longer = door.resume(run.path, until=TICKS)
    again = door.fork(longer.path, 80, out=tmp_path / "again")
    straight, _ = forked(parent, tmp_path / "straight", "--set", "npcs.Mara.traits.hunger=0.97")
    assert dict(longer.hashes()) == dict(straight.hashes())
    assert dict(again.hashes()) == dict(straight.hashes())
    assert again.summary is not None
    assert again.summary["fork"]["asked"] == 0
    assert door.replay(again).ticks == TICKS


def thinker(parent: Path) -> str:
    """Who is asked what it wants to do, and answers, after the fork."""
    asked = Run.open(parent).events("Asked", start=AT + 2, stop=TICKS - 10)
    return next(
        one.npc for one in asked
        if isinstance(one, ev.Asked) and one.tier == "local" and one.purpose == "plan"
    )  # fmt: skip


class TestReuse:
    def test_untouched_npcs_reuse_all_until_news_can_have_reached_them(
        self, tmp_path: Path
    ) -> None:
        """Two hamlets too far apart to see or hear each other: the other one is asked nothing."""
        parent = door.run(hamlets(), ticks=60, out=tmp_path)
        run = door.fork(parent.path, 20, changes=["npcs.Ada.goal=See the sea"], out=tmp_path)
        assert run.summary is not None
        told = run.summary["fork"]
        assert told["asked_by"]["Ada"] > 0
        assert told["asked_by"].keys() <= {"Ada", "Ben"}
        assert told["reused"] > 5
        for npc in ("Cleo", "Dan"):
            mine = [[one.call for one in log.calls() if one.call.thought.startswith(npc)]
                    for log in (parent, run)]  # fmt: skip
            assert mine[0] == mine[1]
            assert list(parent.events("Decided", npc=npc)) == list(run.events("Decided", npc=npc))

    def test_a_shared_budget_carries_news(self, tmp_path: Path) -> None:
        """Who is elsewhere thinks otherwise where others have spent what he would have."""
        budget = "tiers.local.budget=0.002 USD"
        parent = door.run(hamlets(), ticks=60, out=tmp_path)
        run = door.fork(parent.path, 20, changes=[budget], out=tmp_path)
        late = [[one for one in log.events("Decided", npc="Dan", start=40)
                 if isinstance(one, ev.Decided)] for log in (parent, run)]  # fmt: skip
        assert any(one.tier == "local" for one in late[0])
        assert not any(one.tier == "local" for one in late[1])
        assert door.replay(run).ticks == 60

    def test_another_model_is_asked_all_anew(self, parent: Path, tmp_path: Path) -> None:
        other = Scripted(name="other")
        run = door.fork(parent, AT, models={"local": other}, out=tmp_path)
        assert run.summary is not None
        told = run.summary["fork"]
        assert told["reused"] == 0
        assert told["asked"] == len(other.asked) > 0
        (said,) = run.events("ScenarioChanged")
        assert isinstance(said, ev.ScenarioChanged)
        assert door.replay(run).hash == run.summary["state_hash"]
        assert {kept.call.fingerprint for kept in run.calls() if kept.tick > AT + 1} == {
            other.fingerprint
        }

    def test_what_is_asked_has_its_price(self, parent: Path, tmp_path: Path) -> None:
        changes = ("--set", f"npcs.{thinker(parent)}.goal=Bake a cake")
        said = npcsim("fork", parent, "--at", AT, "--out", tmp_path, "--json", *changes)
        told = said.last["fork"]
        assert told["asked"] > 0
        assert 0 < told["asked_usd"] < said.last["cost_usd"]


def test_memories_are_edited_forgotten_and_added(parent: Path, tmp_path: Path) -> None:
    moment = Run.open(parent).at(AT)
    npc = next(one for one in moment["npc"] if len(moment.memories(one)) > 1)
    first, second, *_ = (line.id for line in moment.memories(npc))
    run, _ = forked(
        parent, tmp_path,
        "--edit-memory", f"{npc}:{first}=The miller paid.", "--edit-memory", f"{npc}:{second}=",
        "--edit-memory", f"{npc}=The bridge is down.",
    )  # fmt: skip
    lines = {line.id: line.text for line in run.at(AT + 1).memories(npc)}
    assert first not in lines
    assert second not in lines
    assert {"The miller paid.", "The bridge is down."} <= set(lines.values())
    assert door.replay(run).ticks == TICKS


def test_a_decision_by_hand_is_taken(parent: Path, tmp_path: Path) -> None:
    run, _ = forked(parent, tmp_path, "--decide", "Mara=eat a loaf of bread")
    mine = [
        one for one in run.events("Decided", npc="Mara", start=AT + 1, stop=AT + 2)
        if isinstance(one, ev.Decided)
    ]  # fmt: skip
    assert [(one.text, one.reason) for one in mine] == [("eat a loaf of bread", "decided by hand")]
    assert door.replay(run).ticks == TICKS


def test_other_tools_from_a_file(parent: Path, tmp_path: Path) -> None:
    with Run.open(parent) as old:
        from npcsim.assembly.code.recipe import Recipe

        name, text = Recipe.from_bytes(old.bundle).tools[-1]
    file = tmp_path / Path(name).name
    file.write_text(text + "\nEXTRA = 1\n")
    run, told = forked(parent, tmp_path, "--tools", file)
    (changed,) = (one for one in run.events("ToolsChanged") if isinstance(one, ev.ToolsChanged))
    assert (changed.tick, changed.file, changed.added) == (AT + 1, name, ())
    assert told["asked"] == 0
    assert parts(run, parent) is None
    assert door.replay(run).ticks == TICKS


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert not [one for one in tmp_path.iterdir() if (one / "run.db").exists() and _whole(one)]


def _whole(folder: Path) -> bool:
    return Run.open(folder).state == "finished"


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ("npcs.Mara.traits.hungr=0.9", "hungr"),
            ("npcs.Mra.goal=x", "Mra"),
            ("npcs.Mara.is=miller", "can't change who there is"),
            ("clock.tick=1 s", "can't change the length of a tick"),
            ("map=other.tmx", "keeps the files"),
            ("attributes.thirst={range: 0..1}", "can't change the attributes"),
        ],
    )
    def test_values(self, parent: Path, out: Path, change: str, says: str) -> None:
        with pytest.raises(ScenarioError, match=says):
            door.fork(parent, AT, changes=[change], out=out)

    def test_on_the_command_line(self, parent: Path, out: Path) -> None:
        fork = ("fork", parent, "--at", AT, "--out", out)
        assert "hungr" in npcsim(*fork, "--set", "npcs.Mara.traits.hungr=1", code=2).err
        assert "--edit-memory is" in npcsim(*fork, "--edit-memory", "Mara", code=1).err
        assert "has no memory 9999" in npcsim(*fork, "--edit-memory", "Mara:9999=x", code=1).err
        assert "--decide is" in npcsim(*fork, "--decide", "Mara", code=1).err
        said = npcsim(*fork, "--decide", "Mara=fly to the moon", code=1).err
        assert "can't decide 'fly to the moon' now; there are: " in said
        assert "no_such.py" in npcsim(*fork, "--tools", "no_such.py", code=1).err

    def test_a_tier_that_is_gone_while_somebody_waits_for_it(self, parent: Path, out: Path) -> None:
        asked = {one.thought: one.tick for one in Run.open(parent).events("Asked")
                 if isinstance(one, ev.Asked) and one.lands > one.tick}  # fmt: skip
        with pytest.raises(NpcsimError, match="waits for the tier local at tick"):
            door.fork(
                parent, max(tick for tick in asked.values() if tick < TICKS), models={}, out=out
            )
