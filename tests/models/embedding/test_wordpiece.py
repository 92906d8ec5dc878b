"""Word pieces as BERT's uncased models number them."""

from __future__ import annotations

from pathlib import Path

import pytest

from npcsim.errors import Unavailable
from npcsim.models.embedding import wordpiece
from npcsim.models.embedding.wordpiece import bert_uncased, words

KNOWN = {
    "Unaffable bakers don't re-bake 3.5 crêpes.": [
        101, 14477, 20961, 3468, 6243, 2015, 2123, 1005, 1056, 2128, 1011, 8670, 3489, 1017, 1012,
        1019, 13675, 13699, 2229, 1012, 102,
    ],
    "The mill's ON FIRE — run!": [
        101, 1996, 4971, 1005, 1055, 2006, 2543, 1517, 2448, 999, 102,
    ],
    "  İstanbul\u00a0Ærøskøbing naïve\tﬁre ": [
        101, 9960, 1097, 2099, 16415, 6711, 16415, 10472, 15743, 1984, 2890, 102,
    ],
    "물레방앗간이 탄다. 磨坊着火了": [
        101, 100, 1467, 30006, 30021, 29993, 30006, 1012, 100, 100, 100, 1906, 100, 102,
    ],
    "a\u200bb\x07c$d^e`f~": [101, 5925, 1002, 1040, 1034, 1041, 1036, 1042, 1066, 102],
    "🜲 ❄ \ue000\ud800 x" + "y" * 120: [101, 100, 100, 100, 102],
    "": [101, 102],
}  # fmt: skip
"""As the package `tokenizers` has them, with the tokenizer.json of all-MiniLM-L6-v2."""


@pytest.mark.parametrize("text", KNOWN, ids=range(len(KNOWN)))
def test_pieces_have_berts_numbers(text: str) -> None:
    assert bert_uncased().ids(text, 256) == KNOWN[text]


def test_a_long_text_is_cut_and_still_ends() -> None:
    found = bert_uncased().ids("hello world " * 500, 16)
    assert found == [101, *[7592, 2088] * 7, 102]
    assert bert_uncased().ids("hello world " * 7, 16) == found


def test_words_and_marks_stand_apart() -> None:
    assert list(words("It's 9.30, Mära!")) == ["it", "'", "s", "9", ".", "30", ",", "mara", "!"]


def test_a_damaged_list_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vocab.txt"
    path.write_bytes(wordpiece.FILE.read_bytes().replace(b"hello", b"hallo"))
    monkeypatch.setattr(wordpiece, "FILE", path)
    bert_uncased.cache_clear()
    with pytest.raises(Unavailable, match="not the file that npcsim came with"):
        bert_uncased()
    bert_uncased.cache_clear()
