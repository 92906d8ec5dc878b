"""Which texts may stand for each other: the rules, and the real embeddings at the default limit."""

from __future__ import annotations

import json

import pytest

from npcsim.bench.embeddings import DATA, FRAME, OPTIONS
from npcsim.messages import Choose, Prefix
from npcsim.models.embedding.minilm import MiniLM, why_missing
from npcsim.models.guards.alike import (
    likeness,
    may_mean_the_same,
    nearness,
    sense_of,
    sentences,
    without_name,
)
from npcsim.scenario.guard_parts import SimilarPart
from tests.models.embedding.meanings import Meanings

REAL = pytest.mark.skipif(bool(why_missing()), reason=why_missing())
LIMIT = SimilarPart.model_validate({}).at_least


def told(situation: str, own: str = "", neutral: str = "Someone needs to") -> Choose:
    return Choose(situation, neutral, OPTIONS, prefix=Prefix("", own, "x") if own else Prefix())


@pytest.mark.parametrize(
    ("situation", "plain"),
    [
        ("It is noon. Mara eats. Mara needs to", "It is noon. Someone eats. Someone needs to"),
        ("Old Tom sees Tom. Old Tom needs to", "Someone sees Tom. Someone needs to"),
        ("Maram sees Mara's hens. Mara needs to", "Maram sees Someone's hens. Someone needs to"),
        ("Sofia is near. Sofia needs to", "Someone is near. Someone needs to"),
        ("Mara is hungry. What now?", "Mara is hungry. What now?"),
        ("", ""),
    ],
)  # fmt: skip
def test_who_decides_is_someone(situation: str, plain: str) -> None:
    assert without_name(told(situation))[0] == plain


def test_the_own_part_is_told_of_someone_too_and_korean_loses_nothing() -> None:
    assert without_name(told("Mara needs to", "You are Mara.\n- Mara slept."))[1] == (
        "You are Someone.\n- Someone slept."
    )
    korean = told("마라는 배가 고프다. 그래서 마라는", neutral="그래서 누군가는")
    assert without_name(korean)[0] == "Someone 배가 고프다. 그래서 Someone"


def test_sentences_end_at_marks_and_lines() -> None:
    assert sentences('It is 9.30. "Fire!" he said.\n- A line\nNow') == [
        "It is 9.30.", '"Fire!', "he said.", "- A line", "Now",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        ("A storm is coming.", "A storm draws near.", True),
        ("The mill burns.", "The mill does not burn.", False),
        ("The mill doesn't burn any more.", "The mill isn’t burning now.", True),
        ("The gate is open.", "The gate is closed.", False),
        ("The wolf is near.", "The dead wolf is near.", False),
        ("The road into the hills is blocked.", "A road to the hills is blocked.", True),
        ("Rolf was hurt by Tilda.", "Rolf has hurt Tilda.", False),
        ("Rolf wants two sacks.", "Rolf wants three sacks.", False),
        ("Rolf wants 20 sacks.", "Rolf wants 30 sacks.", False),
        ("Tilda attacked Rolf.", "Rolf attacked Tilda.", False),
        ("I saw Tilda.", "I saw Rolf.", False),
        ("The dog bit the wolf.", "The wolf bit the dog.", False),
        ("the bread is ready", "The bread is ready", True),
        ("", "", True),
    ],
)
def test_what_words_rule_out(one: str, other: str, may: bool) -> None:
    assert may_mean_the_same(one, other) is may
    assert may_mean_the_same(other, one) is may


async def test_the_worst_pair_of_what_differs_counts() -> None:
    embedder = Meanings({"B is on fire.": "B burns.", "C leaves.": ("C goes away.", 0.8)})
    one = await sense_of(["A is calm. B burns. C goes away."], embedder)

    async def like(text: str) -> float:
        return likeness(one, await sense_of([text], embedder))

    assert await like("A is calm. B burns. C goes away.") == 1
    assert await like("C goes away. A is calm. B burns.") == 1
    assert await like("A is calm. B is on fire. C goes away.") == pytest.approx(1)
    assert await like("A is calm. B is on fire. C leaves.") == pytest.approx(0.8)
    assert await like("A is calm. B burns.") == 0
    assert await like("A is calm. B burns. B burns. C goes away.") == 0
    assert await like("A is calm. D sings. C goes away.") == 0


async def test_rules_are_above_vectors() -> None:
    embedder = Meanings({"The mill does not burn.": "The mill burns."})
    one, other = [
        await sense_of([text], embedder) for text in ("The mill burns.", "The mill does not burn.")
    ]
    assert nearness(one, other) == 1
    assert likeness(one, other) == 0


@REAL
async def test_real_embeddings_tell_meanings_apart_at_the_default_limit() -> None:
    """What docs/explain/embeddings.md says of the default, on pairs that it was not chosen by."""
    embedder = MiniLM()
    lines = (DATA / "similar.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["held_out"]]
    hits = {True: 0, False: 0}
    for row in rows:
        one, other = [
            await sense_of(without_name(told(FRAME.format(row[key]))), embedder)
            for key in ("one", "other")
        ]
        hits[row["same"]] += likeness(one, other) >= LIMIT
    assert (hits[True], hits[False]) == (pytest.approx(5, abs=1), pytest.approx(1, abs=1))
