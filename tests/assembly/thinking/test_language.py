"""`language: ko`: a village that speaks Korean, what is warned of, and who is not asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim import events as ev
from npcsim.assembly.build import read
from npcsim.assembly.runs.session import open_session, recorded_session
from npcsim.errors import ScenarioError
from npcsim.npc.perception import feelings
from npcsim.npc.tongues import TONGUES
from npcsim.replay.verify import verify
from npcsim.scenario.schema import Language
from npcsim.store.run_store import Run
from npcsim.tools.view import View

VILLAGE = Path(__file__).parents[3] / "scenarios" / "03_village_morning.yaml"


def hangul(text: str) -> bool:
    return any("가" <= letter <= "힣" for letter in text)


@pytest.mark.parametrize("model", ["none", "scripted"])
async def test_the_village_speaks_korean_and_replays(tmp_path: Path, model: str) -> None:
    built = read(VILLAGE, ["language=ko", f"tiers.local.model={model}"])
    session = await open_session(built, out=tmp_path, ticks=240)
    events: list[ev.Event] = []
    session.simulation.subscribe(lambda tick, new: events.extend(new))
    try:
        async for _ in session.simulation:
            pass
        session.finish()
    finally:
        await session.close()
    did = [event.text for event in events if isinstance(event, ev.ActStarted) and event.text]
    assert did
    assert all(hangul(text) for text in did)
    memories = [event.text for event in events if isinstance(event, ev.Remembered)]
    assert memories
    assert all(hangul(text) for text in memories)
    spoken = [e.text for e in events if isinstance(e, ev.Decided) and e.purpose == "speak"]
    assert spoken
    assert {*spoken} <= {*TONGUES["ko"].small_talk}
    tiers = {e.tier for e in events if isinstance(e, ev.Decided) and e.purpose == "react"}
    assert ("local" in tiers) == (model == "scripted")
    assert session.folder is not None
    log = Run.open(session.folder)
    again = recorded_session(log)
    try:
        assert (await verify(again.simulation, log)).ticks == 240
    finally:
        await again.close()
        log.close()


def test_a_model_that_is_not_fit_for_the_language_is_warned_of_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "ko.yaml"
    file.write_text("scenario: ko\nuses: 03_village_morning\nlanguage: ko\n", encoding="utf-8")
    (warning,) = read(file).warnings
    assert (warning.file, warning.line) == (str(file), 3)
    assert "(bundled) is not fit to choose in Korean" in warning.message
    assert "it chooses 22 of 40 right in 'ko', 10 by chance" in warning.message
    assert read(file, ["tiers.local.languages=[en, ko]"]).warnings == ()
    assert read(file, ["language=en"]).warnings == ()


def test_wording_that_reads_badly_is_warned_of_at_the_tool(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(
        "from npcsim import *\n\n\n@tool(option='Bake bread.')\ndef bake(me: Body, view: View):\n"
        "    return []\n\n\nTOOLS = [bake]\n",
        encoding="utf-8",
    )
    file = tmp_path / "inn.yaml"
    file.write_text("scenario: inn\nsize: [5, 5]\nnpcs: {Bo: {x: 2, y: 2}}\n", encoding="utf-8")
    warnings = read(file).warnings
    assert {(warning.file, warning.line) for warning in warnings} == {
        (str(tmp_path / "tools.py"), 4)
    }
    assert any("begins with a capital letter" in warning.message for warning in warnings)


WORDED = """
scenario: inn
language: {language}
size: [5, 5]
tiers: {local: {model: scripted}}
attributes:
  hunger: {need: true, start: 0.9, words: {en: [peckish, hungry], ko: [출출하다, 배고프다]}}
npcs: {Bo: {x: 2, y: 2, mind: true}}
plans: {eat: {option: {en: eat something, ko: 무언가를 먹는다}, steps: [wait], worth: 1}}
"""


@pytest.mark.parametrize(
    ("language", "felt", "option"),
    [("en", "hungry", "eat something"), ("ko", "배고프다", "무언가를 먹는다")],
)
def test_feelings_and_plans_may_be_worded_by_language(
    tmp_path: Path, language: str, felt: str, option: str
) -> None:
    file = tmp_path / "inn.yaml"
    file.write_text(WORDED.replace("{language}", language), encoding="utf-8")
    built = read(file)
    assert feelings(View(built.world).npc("Bo")) == [felt]
    assert [plan.option for plan in built.program.lore.plans] == [option]


def test_what_is_not_worded_in_the_language_is_said_in_another(tmp_path: Path) -> None:
    file = tmp_path / "inn.yaml"
    text = WORDED.replace("{language}", "en").replace("en: eat something, ", "")
    file.write_text(text, encoding="utf-8")
    assert [plan.option for plan in read(file).program.lore.plans] == ["무언가를 먹는다"]
    file.write_text(text.replace("ko: 무언가를", "fr: 무언가를"), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"inn\.yaml:9:\d+: .*'fr'"):
        read(file)


def test_every_language_of_the_schema_has_its_texts() -> None:
    assert {*Language.__args__} == {*TONGUES}
    for words in TONGUES.values():
        assert words.failed.endswith("{reason}")
