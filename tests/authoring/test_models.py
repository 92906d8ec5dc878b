"""`npcsim models` as a user calls it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from npcsim.authoring import models
from npcsim.cli import app
from npcsim.errors import NpcsimError
from npcsim.models.ability import Ability, Skill, known
from npcsim.models.digests import sha256_of
from npcsim.models.embedding.minilm import why_missing
from npcsim.models.library import names
from npcsim.models.local.bundled import bundled_model_path
from tests.inference.ggufs import LLAMA, little

WITH_LLAMA = pytest.mark.skipif(
    bundled_model_path() is None or importlib.util.find_spec("llama_cpp") is None,
    reason='the local tier is not installed: pip install "npcsim[local]"',
)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("OLLAMA_MODELS", "HF_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)


def called(*args: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["models", *(str(arg) for arg in args)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, done.output


def test_the_list_names_what_can_be_used_and_what_not(tmp_path: Path) -> None:
    folder = tmp_path / ".lmstudio" / "models" / "anna" / "repo"
    folder.mkdir(parents=True)
    little(folder / "good.gguf")
    little(folder / "eye\x1b[2J.gguf", {**LLAMA, "general.architecture": "clip"})
    (folder / "cut.gguf").write_bytes(b"GGUF")

    code, told = called("list")
    data = json.loads(called("list", "--json")[1])

    assert code == 0
    usable, _, useless = told.partition("can't be used:")
    assert "anna/repo/good" in usable
    assert "anna/repo/cut" in useless
    assert "cut short" in useless
    assert "the eye of another model" in useless
    assert "\x1b" not in told
    found = {one["name"]: one["why_not"] for one in data["models"]}
    assert found["anna/repo/good"] == ""


@pytest.mark.skipif(bool(why_missing()), reason=why_missing())
def test_the_list_has_the_embedding_model() -> None:
    [row] = [one for one in json.loads(called("list", "--json")[1])["models"]
             if one["task"] == "embeddings"]  # fmt: skip
    assert (row["name"], row["bytes"], row["why_not"]) == ("minilm-int8", 22_928_619, "")
    assert "bert int8, embeddings" in called("list")[1]


def test_check_measures_once_and_remembers(tmp_path: Path) -> None:
    path = little(tmp_path / "model.gguf")
    asked: list[Path] = []

    def measure(file: Path) -> Ability:
        asked.append(file)
        skills = {"en": Skill(30, 40, 0.25)}
        return Ability(sha256_of(file), "model", skills, {"en": Skill(1, 12)}, 50.0)

    first, second = models.check(str(path), measure), models.check(str(path), measure)
    again = models.check(str(path), measure, again=True)

    assert asked == [path, path]
    assert first.fresh
    assert not second.fresh
    assert again.fresh
    assert known(first.sha256) == second.ability
    told = "\n".join(models.check_lines(second))
    for part in (first.sha256, "llama: 2 layers, 4 heads, 2 KV heads of 16", "chatml", "Q8_0",
                 "trained for 128 tokens", "never asked to write", "chooses en 0.75"):  # fmt: skip
        assert part in told
    assert models.check_json(second)["ability"]["languages"] == ["en"]


def test_what_cant_be_used_is_not_measured(tmp_path: Path) -> None:
    path = little(tmp_path / "eye.gguf", {**LLAMA, "general.architecture": "clip"})
    code, told = called("check", path)

    assert code == 1
    assert "can't be used: it is the eye of another model" in told
    for bad in (tmp_path / "none.gguf", tmp_path, "no such model"):
        code, told = called("check", bad)
        assert code == 1
        assert "no model" in told or "not a file" in told


def test_a_plan_for_a_file(tmp_path: Path) -> None:
    path = little(tmp_path / "model.gguf")
    code, told = called("plan", path, "--memory", "16MB", "--context", 64)

    assert code == 0
    assert "64 x 256 B = 16.0 KiB" in told
    assert "<- this file" in told
    data = json.loads(called("plan", path, "--memory", "16MB", "--json")[1])
    assert data["a_token"] == 256
    code, told = called("plan", path, "--memory", "much")
    assert code == 2
    assert "8GB" in told


@WITH_LLAMA
def test_prepare_makes_the_copy_once(tmp_path: Path) -> None:
    path, made = models.prepare()
    before = path.stat()
    again, made_again = models.prepare()

    assert (made, made_again, again) == (True, False, path)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert path.is_relative_to(tmp_path)
    assert names.named("bundled").path == path
    assert models.check("bundled", None).facts.quantisation == "Q8_0"


@WITH_LLAMA
def test_a_folder_that_cant_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NpcsimError, match="could not be made"):
        models.prepare(tmp_path / "file")
