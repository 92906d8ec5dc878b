"""Texts as numbers of word pieces, as BERT's uncased models read them.

The rules are those of `BasicTokenizer` and `WordpieceTokenizer` in google-research/bert
(tokenization.py): clean, lower case, no accents, words and marks apart, then the longest piece
first. They need a hundred lines and a list of pieces; a package for them brings a dozen others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from npcsim.errors import Unavailable
from npcsim.models.digests import sha256_of

VERSION = "wordpiece-1"
FILE = Path(__file__).with_name("bert_uncased_vocab.txt")
SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
UNKNOWN, BEGIN, END = "[UNK]", "[CLS]", "[SEP]"
LONGEST_WORD = 100
"""Characters; a longer word is an unknown one."""
_CJK = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPiece:
    """A tokenizer. `vocabulary`: the number of each piece; those inside a word begin with `##`."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._vocabulary = vocabulary

    def ids(self, text: str, most: int) -> list[int]:
        """The text's pieces between a beginning and an end, `most` numbers at most in all."""
        found = [self._vocabulary[BEGIN]]
        for word in words(text):
            found += self._pieces(word)
            if len(found) >= most:
                break
        return [*found[: most - 1], self._vocabulary[END]]

    def _pieces(self, word: str) -> list[int]:
        unknown = [self._vocabulary[UNKNOWN]]
        if len(word) > LONGEST_WORD:
            return unknown
        found: list[int] = []
        start = 0
        while start < len(word):
            head = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = self._vocabulary.get(head + word[start:end])
                if piece is not None:
                    break
            else:
                return unknown
            found.append(piece)
            start = end
        return found


def words(text: str) -> Iterator[str]:
    """Words and single marks, in lower case and without accents."""
    spaced = "".join(_cleaned(mark) for mark in text)
    plain = "".join(
        mark for mark in unicodedata.normalize("NFD", spaced) if unicodedata.category(mark) != "Mn"
    )
    for word in plain.lower().split():
        start = 0
        for at, mark in enumerate(word):
            if _is_mark(mark):
                if at > start:
                    yield word[start:at]
                yield mark
                start = at + 1
        if start < len(word):
            yield word[start:]


def _cleaned(mark: str) -> str:
    if mark in "\t\n\r":
        return " "
    category = unicodedata.category(mark)
    if mark in "\0\ufffd" or category in ("Cc", "Cf", "Co", "Cs"):
        return ""
    if category == "Zs":
        return " "
    code = ord(mark)
    return f" {mark} " if any(low <= code <= high for low, high in _CJK) else mark


def _is_mark(mark: str) -> bool:
    """Punctuation, and every sign of ASCII that is no letter or digit."""
    code = ord(mark)
    if code < 128:
        return code >= 33 and not mark.isalnum() and code != 127
    return unicodedata.category(mark).startswith("P")


@cache
def bert_uncased() -> WordPiece:
    """With the list of BERT's uncased models. Raises `Unavailable` where that is damaged."""
    if sha256_of(FILE) != SHA256:
        raise Unavailable(f"{FILE.name} is not the file that npcsim came with", lasting=True)
    pieces = FILE.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    return WordPiece({piece: number for number, piece in enumerate(pieces)})
