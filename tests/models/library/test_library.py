"""Model files on a machine: facts, why one can't be used, caches of others, names, plans."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from npcsim.errors import Unavailable
from npcsim.inference.gguf import read_gguf
from npcsim.models.library import facts, names
from npcsim.models.library.caches import Found, found
from npcsim.models.library.facts import facts_of, why_not
from npcsim.models.library.names import named
from npcsim.models.library.room import kv_bytes, lines, parse_memory, plan
from tests.inference.ggufs import LLAMA, little


def test_the_facts_of_a_file(tmp_path: Path) -> None:
    one = facts_of(read_gguf(little(tmp_path / "model.gguf")))

    assert (one.name, one.architecture, one.family) == ("Little", "llama", "chatml")
    assert (one.layers, one.heads, one.kv_heads) == (2, 4, 4)
    assert (one.key_size, one.value_size, one.context) == (16, 16, 128)
    assert (one.parameters, one.quantisation, one.vocabulary) == (2048, "Q8_0", 3)


def test_heads_may_differ_by_layer_and_sizes_be_named(tmp_path: Path) -> None:
    entries = {
        **LLAMA,
        "llama.attention.head_count_kv": [1, 3],
        "llama.attention.key_length": 32,
        "llama.attention.value_length": 8,
    }
    one = facts_of(read_gguf(little(tmp_path / "model.gguf", entries)))

    assert (one.kv_heads, one.key_size, one.value_size) == (4, 32, 8)
    assert kv_bytes(one) == 4 * (32 + 8) * 2


@pytest.mark.parametrize("key", ["llama.block_count", "llama.context_length"])
def test_impossible_numbers_are_refused(tmp_path: Path, key: str) -> None:
    gguf = read_gguf(little(tmp_path / "model.gguf", {**LLAMA, key: 2**63}))
    with pytest.raises(Unavailable, match="impossible things"):
        facts_of(gguf)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"general.architecture": ""}, "names no architecture"),
        ({"general.architecture": "clip"}, "the eye of another model"),
        ({"general.type": "adapter"}, "an adapter"),
        ({"general.architecture": "bert"}, "makes embeddings"),
        ({"tokenizer.ggml.tokens": 7}, "no vocabulary"),
        ({"split.count": 3, "split.no": 1}, "part 2 of 3"),
        ({"split.count": 2, "split.no": 0}, "part 2 of 2 is not beside it"),
        ({"general.architecture": "llamax\x1b[2J"}, r"does not know the architecture .*\\x1b"),
    ],
)
def test_why_a_file_cant_be_used(
    tmp_path: Path, changes: dict[str, object], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "libllama.so"
    library.write_bytes(b"\0clip\0llama\0bert\0")
    monkeypatch.setattr(facts, "_library", lambda: library)
    path = little(tmp_path / "model-00001-of-00002.gguf", {**LLAMA, **changes})

    with pytest.raises(AssertionError, match=says):
        raise AssertionError(why_not(read_gguf(path)))
    assert why_not(read_gguf(little(tmp_path / "good.gguf"))) == ""


def _manifest(home: Path, name: str, digest: str) -> None:
    path = home / ".ollama" / "models" / "manifests" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = "application/vnd.ollama.image.model"
    path.write_text(json.dumps({"layers": [{"mediaType": kind, "digest": digest}]}))


def test_caches_of_others_are_found(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    blobs = tmp_path / ".ollama" / "models" / "blobs"
    blobs.mkdir(parents=True)
    little(blobs / f"sha256-{digest}")
    _manifest(tmp_path, "registry.ollama.ai/library/gem/1b", f"sha256:{digest}")
    _manifest(tmp_path, "registry.ollama.ai/anna/gem/2b", f"sha256:{digest}")
    _manifest(tmp_path, "registry.ollama.ai/library/bad/out", "sha256:../../../../etc/passwd")
    _manifest(tmp_path, "registry.ollama.ai/library/bad/gone", f"sha256:{'0' * 64}")
    _manifest(tmp_path, "shallow", f"sha256:{digest}")
    _manifest(tmp_path, "registry.ollama.ai/shallow", f"sha256:{digest}")
    broken = tmp_path / ".ollama/models/manifests/registry.ollama.ai/library/bad/text"
    broken.write_text("[" * 100_000)
    studio = tmp_path / ".lmstudio" / "models" / "anna" / "repo"
    studio.mkdir(parents=True)
    little(studio / "Fine-Q4.gguf")
    snapshot = tmp_path / ".cache/huggingface/hub/models--ben--mind/snapshots/abc"
    snapshot.mkdir(parents=True)
    (snapshot / "mind.gguf").symlink_to(blobs / f"sha256-{digest}")
    (snapshot / "model.safetensors").write_bytes(b"")

    there = [(one.name, one.source) for one in found({}, tmp_path)]

    assert there == [
        ("anna/gem:2b", "Ollama"),
        ("gem:1b", "Ollama"),
        ("anna/repo/Fine-Q4", "LM Studio"),
        ("ben/mind/mind", "Hugging Face"),
    ]


def test_where_caches_are_is_as_the_environment_says(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere" / "models--a--b" / "snapshots" / "x"
    folder.mkdir(parents=True)
    little(folder / "one.gguf")
    for env in ({"HF_HUB_CACHE": str(tmp_path / "elsewhere")}, {"XDG_CACHE_HOME": "/nowhere"}):
        assert [one.name for one in found(env, tmp_path)] == (
            ["a/b/one"] if "HF_HUB_CACHE" in env else []
        )


def test_a_model_by_path_and_by_name(tmp_path: Path) -> None:
    path = little(tmp_path / "model.gguf")
    others = [
        Found("gem:1b", tmp_path / "a", "Ollama"),
        Found("anna/repo/Fine", tmp_path / "b", "LM Studio"),
        Found("ben/repo/fine", tmp_path / "c", "Hugging Face"),
        Found("ben/repo/other", tmp_path / "d", "Hugging Face"),
    ]

    assert named(str(path), others).path == path
    assert named("gguf:gem:1b", others).said == "gem:1b of Ollama"
    assert named("Other", others).path == tmp_path / "d"
    with pytest.raises(Unavailable, match="may be anna/repo/Fine, ben/repo/fine"):
        named("fine", others)
    with pytest.raises(Unavailable, match=r"no model file .*npcsim models list"):
        named("nothing\x1b[2J", others)
    with pytest.raises(Unavailable, match="there is no model file"):
        named(str(tmp_path / "lost.gguf"), others)
    with pytest.raises(Unavailable):
        named("a\0b", others)


def test_the_prepared_file_stands_for_the_bundled_one_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = little(tmp_path / "shipped.Q4_1.gguf")
    monkeypatch.setattr(names, "bundled_model_path", lambda: shipped)
    monkeypatch.setattr(names, "default_cache", lambda: tmp_path / "cache")

    assert named("bundled").path == shipped
    with pytest.raises(Unavailable, match="npcsim models prepare"):
        named("bundled-q8_0")
    target = names.prepared_path(shipped)
    target.parent.mkdir()
    little(target)

    assert named("bundled").path == named("bundled-q8_0").path == target
    assert "prepared: Q8_0 made from shipped.Q4_1.gguf" in named("bundled").said
    assert named("bundled-q4_1").path == shipped


def test_a_plan_shows_its_arithmetic(tmp_path: Path) -> None:
    gguf = read_gguf(little(tmp_path / "model.gguf"))
    # 2 layers x 2 KV heads x (16 + 16) x 2 bytes = 256 bytes a token; 128 tokens: 32 KiB.
    made = plan(gguf, 2**22, 4096)

    assert (made.a_token, made.context) == (256, 128)
    here = next(fit for fit in made.fits if fit.is_file)
    assert here.weights == 64 * 32 // 32 * 34
    assert here.sequences == (2**22 - here.weights - here.work) // 32768 > 0
    sizes = {fit.quantisation: fit.weights for fit in made.fits}
    assert sizes["F16"] == 4096 > sizes["Q8_0"] > sizes["Q5_1"] > sizes["Q4_0"] == 1152
    told = "\n".join(lines(made))
    assert "4 KV heads (all layers) x (16 + 16) x 2 bytes = 256 B" in told
    assert "does not fit" in "\n".join(lines(plan(gguf, 1000, 128)))
    assert max(fit.sequences for fit in plan(gguf, 2**40, 128).fits) == 256


def test_no_plan_without_layers(tmp_path: Path) -> None:
    gguf = read_gguf(little(tmp_path / "model.gguf", {"general.architecture": "llama"}))
    with pytest.raises(Unavailable, match="how many layers"):
        plan(gguf, 2**30, 128)


def test_memory_is_read_as_people_write_it() -> None:
    assert parse_memory("8GB") == parse_memory("8 GiB") == parse_memory("8g") == 8 * 2**30
    assert parse_memory("1.5 MB") == 3 * 2**19
    for wrong in ("", "eight", "-1GB", "0", "9" * 30 + "TB"):
        with pytest.raises(ValueError, match=r"size|sense"):
            parse_memory(wrong)
