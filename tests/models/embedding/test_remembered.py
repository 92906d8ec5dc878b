"""A text is embedded once: in memory, bounded, and in a file where one is named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from npcsim.errors import Unavailable
from npcsim.models.embedding.remembered import DIGEST, Remembered


class Counting:
    """Embeds a text as its length and its first letter; `asked` has what it was asked for."""

    name, size = "counting", 3

    def __init__(self, fingerprint: str = "counting/1") -> None:
        self.fingerprint = fingerprint
        self.asked: list[list[str]] = []
        self.closed = 0

    async def embed(self, texts: Sequence[str]) -> Any:
        self.asked.append(list(texts))
        rows = [[len(text), ord(text[0]), 0.1] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.size)

    async def close(self) -> None:
        self.closed += 1


async def test_a_text_is_embedded_once_and_rows_keep_their_order() -> None:
    inner = Counting()
    kept = Remembered(inner)
    first = await kept.embed(["mill", "bread", "mill"])
    again = await kept.embed(["bread", "ale", "mill"])
    assert inner.asked == [["mill", "bread"], ["ale"]]
    assert first[:, 0].tolist() == [4, 5, 4]
    assert again[:, 0].tolist() == [5, 3, 4]
    assert again.dtype == np.float32
    assert (await kept.embed([])).shape == (0, 3)
    assert (kept.name, kept.fingerprint, kept.size) == ("counting", "counting/1", 3)
    await kept.close()
    assert inner.closed == 1


async def test_what_was_not_used_for_longest_is_forgotten() -> None:
    inner = Counting()
    kept = Remembered(inner, most=2)
    await kept.embed(["mill", "bread"])
    await kept.embed(["mill"])
    await kept.embed(["ale"])
    assert (await kept.embed(["mill", "bread", "ale"]))[:, 0].tolist() == [4, 5, 3]
    assert inner.asked[1:] == [["ale"], ["bread"]]


async def test_a_file_gives_the_same_bits_to_another_run(tmp_path: Path) -> None:
    path = tmp_path / "vectors.bin"
    first = await Remembered(Counting(), path).embed(["mill", "방앗간", "half \ud800"])
    inner = Counting()
    second = await Remembered(inner, path).embed(["half \ud800", "mill", "방앗간", "new"])
    assert inner.asked == [["new"]]
    assert second[[1, 2, 0]].tobytes() == first.tobytes()
    assert len(path.read_bytes().partition(b"\n")[2]) == 4 * (DIGEST + 12)


async def test_half_a_vector_at_the_end_is_cut_away(tmp_path: Path) -> None:
    path = tmp_path / "vectors.bin"
    await Remembered(Counting(), path).embed(["mill", "bread"])
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    inner = Counting()
    assert (await Remembered(inner, path).embed(["mill", "bread"]))[:, 0].tolist() == [4, 5]
    assert inner.asked == [["bread"]]
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "holds no kept vectors"),
        (b"hello\n", "holds no kept vectors"),
        (b'{"npcsim": "answers", "version": 1}\n', "holds no kept vectors"),
        (b'{"npcsim": "vectors", "version": 1, "model": "x", "size": -1}\n', "vectors of -1"),
        (b'{"npcsim": "vectors", "version": 1, "model": "other/1", "size": 3}\n', "of other/1"),
    ],
)  # fmt: skip
async def test_another_kind_of_file_is_refused(tmp_path: Path, body: bytes, told: str) -> None:
    path = tmp_path / "vectors.bin"
    path.write_bytes(body)
    with pytest.raises(Unavailable, match=told) as caught:
        await Remembered(Counting(), path).embed(["mill"])
    assert caught.value.lasting
    assert path.read_bytes() == body


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="can't be kept"):
        await Remembered(Counting(), tmp_path / "no" / "where").embed(["mill"])
