"""The choice bench: its items, its arithmetic, and a small run of it on the real model."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from npcsim.bench.choice import SIDES, auroc, calibration_error, lines, refitted, report, right
from npcsim.bench.choice_items import read_items, shipped_items, shuffled
from npcsim.bench.choice_stage import Stage
from npcsim.cli import app
from npcsim.errors import NpcsimError, ScenarioError
from npcsim.models.local.bundled import bundled_model_path
from npcsim.npc.prompts import choose_told

GOOD = {"persona": "Ida, a baker", "situation": "It is noon.", "options": ["eat", "run"], "best": 0}


def test_the_shipped_items_are_enough_balanced_and_all_different() -> None:
    items = read_items(shipped_items())

    assert len(items) >= 120
    assert all(len(item.options) == 4 for item in items)
    places = Counter(item.best for item in items)
    assert max(places.values()) - min(places.values()) <= 4
    turned = Counter(shuffled(item, 1).best for item in items)
    assert min(turned.values()) >= len(items) // 6
    assert len({(item.situation, item.options) for item in items}) == len(items)
    assert len({item.situation for item in items}) == len(items)
    assert sum(bool(item.needs) for item in items) >= 40
    for item in items:
        assert item.situation.endswith((".", '"')), item.line
        assert item.name.split()[-1] in item.situation, item.line
        assert all(option == option.strip() and option[0].islower() for option in item.options)


def test_a_shuffle_keeps_what_belongs_together() -> None:
    for item in read_items(shipped_items()):
        turned = shuffled(item, 7)
        assert turned.options[turned.best] == item.options[item.best]
        assert sorted(turned.options) == sorted(item.options)
        pairs = dict(zip(item.options, item.tools, strict=False))
        assert dict(zip(turned.options, turned.tools, strict=False)) == pairs
        assert shuffled(item, 7) == turned


def test_every_need_and_call_of_the_items_is_on_the_stage() -> None:
    stage = Stage()
    for item in read_items(shipped_items()):
        worths = stage.utilities(item)
        assert len(worths) == len(item.options)
        assert max(worths) > 0
        assert bool(stage.felt(item)) <= bool(item.needs)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"best": 2}, "0 to 1"),
        ({"best": True}, "the index"),
        ({"best": "walk"}, "the index"),
        ({"options": ["eat"]}, "2 to 20"),
        ({"options": ["eat", "eat"]}, "the same"),
        ({"options": ["eat", ""]}, "a text was expected"),
        ({"persona": 7}, "persona"),
        ({"situation": "x" * 3000}, "at most 2000"),
        ({"needs": {"hunger": 2}}, "from 0 to 1"),
        ({"needs": {"hunger": float("nan")}}, "from 0 to 1"),
        ({"needs": []}, "needs"),
        ({"tools": ["use(bread)"]}, "one text for each"),
        ({"answer": 1}, "unknown key 'answer'"),
    ],
)
def test_a_wrong_item_is_told_by_line(tmp_path: Path, change: dict[str, object], says: str) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n\n{json.dumps(GOOD | change)}\n")

    with pytest.raises(ScenarioError, match=says) as caught:
        read_items(path)
    assert [mistake.line for mistake in caught.value.mistakes] == [3]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b"7"])
def test_no_items_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "items.jsonl"
    path.write_bytes(content)
    for file in (path, tmp_path / "none", tmp_path):
        with pytest.raises(ScenarioError):
            read_items(file)


def test_best_may_be_the_text_and_a_strange_call_is_told(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    odd = GOOD | {"best": "run", "needs": {"hunger": 1}, "tools": ["fly(moon)", ""]}
    path.write_text(json.dumps(odd))
    (item,) = read_items(path)

    assert (item.name, item.best) == ("Ida", 1)
    with pytest.raises(NpcsimError, match="line 1: 'fly"):
        Stage().utilities(item)


def test_the_stage_words_needs_as_minds_do_and_weighs_with_shipped_code(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    fed = GOOD | {"options": ["eat", "sleep"], "tools": ["use(bread)", "rest"]}
    rows = [fed | {"needs": {"hunger": h, "tiredness": t}} for h, t in ((0.9, 0.1), (0.1, 0.9))]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    hungry, tired = read_items(path)
    stage = Stage()

    assert stage.felt(hungry) == ["starving"]
    assert stage.felt(tired) == ["exhausted"]
    assert [stage.utilities(one)[0] > stage.utilities(one)[1] for one in (hungry, tired)] == [
        True, False,
    ]  # fmt: skip
    asked = choose_told("Ida", hungry.situation, stage.felt(hungry), hungry.options, "plan")
    assert asked.situation == "It is noon. Ida is starving. Ida needs to"


def test_figures_are_chosen_on_other_situations_than_they_are_reported_on() -> None:
    choosing = read_items(shipped_items().with_name("choice_dev.jsonl"))
    reported = {item.situation for item in read_items(shipped_items())}
    stage = Stage()

    assert len(choosing) == 360
    assert not reported & {item.situation for item in choosing}
    for item in choosing:
        assert len(stage.utilities(item)) == len(item.options)


def test_figures() -> None:
    shares = [(0.9, 0.1), (0.6, 0.4), (0.2, 0.8), (0.5, 0.5)]
    best = [0, 1, 1, 0]

    assert right(shares, best) == (1 + 0 + 1 + 0.5) / 4
    assert auroc(shares[:3], best[:3]) == 1.0
    assert auroc([(0.9, 0.1)], [0]) is None
    assert calibration_error([(0.9, 0.1)] * 10, [0] * 9 + [1]) == pytest.approx(0)
    assert calibration_error([(1.0, 0.0)] * 10, [0] * 5 + [1] * 5) == pytest.approx(0.5)


def test_figures_are_fitted_on_other_items_only() -> None:
    # Right three times in four, and much too sure of it; the neutral term is noise.
    told = [(10.0, 0.0)] * 40
    neutral = [((7.0 * k) % 5, (3.0 * k) % 5) for k in range(40)]
    best = [0, 0, 0, 1] * 10
    fitted, figures = refitted(told, neutral, best)

    assert len(figures) == 5
    assert all(weight < 0.5 and warmth > 2 for weight, warmth in figures)
    assert calibration_error(fitted, best) < 0.15
    turned = [1 - one if k % 5 == 0 else one for k, one in enumerate(best)]
    again = refitted(told, neutral, turned)
    assert again[1][0] == figures[0]
    assert again[0][0] == fitted[0]


def test_the_report_has_every_key_between_0_and_1() -> None:
    shares = {side: [(0.7, 0.3), (0.4, 0.6), (0.8, 0.2)] for side in SIDES}
    found = report(shares, [0, 1, 1], [True, False, False])

    assert found["n"] == 3
    for key in (*SIDES, "ece", "auroc"):
        assert 0 <= found[key] <= 1
    assert any(line.startswith("quick") for line in lines(found | {"model": "m"}))


@pytest.mark.skipif(
    bundled_model_path() is None or importlib.util.find_spec("llama_cpp") is None,
    reason='the local tier is not installed: pip install "npcsim[local]"',
)
def test_the_command_on_a_few_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two threads on a busy core wait for each other by spinning: five times the work of one.
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    path = tmp_path / "items.jsonl"
    rows = shipped_items().read_text(encoding="utf-8").splitlines()
    path.write_text(f"{rows[0]}\n{rows[-1]}")
    with_needs, without = read_items(path)
    assert with_needs.needs
    assert not without.needs
    done = CliRunner().invoke(app, ["bench", "choice", "--json", "--items", str(path)])

    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["n"] == 2
    assert {*SIDES, "ece", "auroc", "n"} <= set(found)
    assert all(0 <= found[side] <= 1 for side in SIDES)
    # The body knows what is best of the first; of the last it knows nothing.
    assert found["utility"] == (1 + 1 / 4) / 2
    assert found["with_needs"]["n"] == 1
