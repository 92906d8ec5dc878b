"""What a model was measured to do, kept by the file's SHA-256."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from npcsim.errors import NpcsimError
from npcsim.models.ability import (
    CHOOSE,
    WRITE,
    Ability,
    Skill,
    ability_from,
    keep,
    known,
    to_text,
    unfit,
)  # fmt: skip
from npcsim.models.digests import sha256_of
from npcsim.models.local.bundled import bundled_model_path
from npcsim.models.tiers import source_of

SHA = "ab" * 32
WEAK = Ability(
    SHA, "weak", {"en": Skill(27, 40, 0.25), "ko": Skill(20, 40, 0.25)}, {"en": Skill(3, 12)}, 99.0
)


def test_what_it_can_and_cannot() -> None:
    assert WEAK.can_choose("en")
    assert not WEAK.can_choose("ko")
    assert not WEAK.can_choose("de")
    assert not WEAK.can_write("en")
    assert WEAK.languages == ("en",)
    assert WEAK.cannot("en") == {"write": "writes 3 of 12 lines fit to be said in 'en'"}
    assert WEAK.cannot("ko")["choose"] == "chooses 20 of 40 right in 'ko', 10 by chance"
    fluent = Ability(SHA, "fluent", WEAK.choose, {"en": Skill(9, 12), "ko": Skill(12, 12)})
    assert fluent.cannot("en") == {}
    assert "does not understand 'ko'" in fluent.cannot("ko")["write"]
    assert to_text(list(WEAK.cannot("en"))) == "choose"
    assert to_text(list(WEAK.cannot("ko"))) == "nothing"


def test_a_record_is_kept_and_found_again(tmp_path: Path) -> None:
    assert known(SHA, tmp_path) is None
    keep(WEAK, tmp_path)

    assert known(SHA, tmp_path) == WEAK
    assert known("cd" * 32, tmp_path) is None
    assert [path.name for path in (tmp_path / "abilities").iterdir()] == [f"{SHA}.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": 1}', "[" * 50_000, "x" * 100_000])
def test_a_broken_record_is_none(tmp_path: Path, text: str) -> None:
    keep(WEAK, tmp_path).write_text(text)
    assert known(SHA, tmp_path) is None


def test_a_record_of_another_file_or_of_older_measuring_is_none(tmp_path: Path) -> None:
    path = keep(WEAK, tmp_path)
    data = json.loads(path.read_text())
    for change in ({"sha256": "cd" * 32}, {"form": 0}):
        path.write_text(json.dumps(data | change))
        assert known(SHA, tmp_path) is None


def test_no_name_leads_out_of_the_folder_and_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no SHA-256"):
        known("../" + "a" * 61, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(NpcsimError, match="can't keep"):
        keep(WEAK, tmp_path / "file")


def test_the_bundled_models_record_ships() -> None:
    records = json.loads((files("npcsim.models") / "abilities.json").read_text())
    assert {record["model"] for record in records} >= {"SmolLM2-135M-Instruct.Q4_1"}
    for record in records:
        assert ability_from(record).can_choose("en")
    path = bundled_model_path()
    if path is not None:
        assert known(sha256_of(path)) is not None


def test_what_was_not_measured_is_taken_by_its_provider_and_a_tiers_word_before_all() -> None:
    assert unfit(source_of("bundled"), "ko") == (CHOOSE, WRITE)
    assert unfit(source_of("bundled"), "en") == ()
    assert unfit(source_of("scripted"), "ko") == (WRITE,)
    for model in ("my.gguf", "ollama:qwen3:8b", "openai:any@http://127.0.0.1:8080/v1"):
        assert unfit(source_of(model), "ko") == (CHOOSE, WRITE)
        assert unfit(source_of(model), "en") == ()
        assert unfit(source_of(model), "ko", ["ko"]) == ()
    assert unfit(source_of("anthropic:claude"), "ko") == ()
    assert unfit(source_of("anthropic:claude"), "ko", ["en"]) == (CHOOSE, WRITE)
