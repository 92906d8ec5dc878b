"""A language model over bytes, to test the engine by: logits are a hash of all a sequence holds.

It keeps its own account of every sequence and complains where the engine's is wrong, or where a
pass breaks the discipline that keeps the bits on a CPU.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from npcsim.errors import BadReply
from npcsim.inference.scheduler import BUDGET
from npcsim.inference.sequence import Logits, Slice
from npcsim.inference.writing import Grammar

END = 0


class ByteRunner:
    def __init__(
        self,
        context: int = 400,
        script: bytes = b"",
        places: int = 4,
        keeps: int = 1000,
        streams: bool = True,
    ) -> None:
        self.context = context
        self.script = script  # what it writes, whatever it was told
        self.places = places
        self.keeps = keeps
        self.streams = streams
        self.budget = BUDGET
        self.token_bytes = 1
        self.held: dict[int, list[int]] = {seq: [] for seq in range(places)}
        self.shelf: set[int] = set()  # ids of what is kept
        self.kept_ever: list[list[int]] = []
        self.passes: list[list[Slice]] = []

    def tokens(self, text: str, *, special: bool = False) -> list[int]:
        return list(text.encode())

    def piece(self, token: int) -> bytes:
        return bytes([token])

    def ends(self, token: int) -> bool:
        return token == END

    def opening(self) -> list[int]:
        return []

    def cut(self, seq: int, length: int) -> None:
        del self.held[seq][length:]

    def decode(self, slices: Sequence[Slice]) -> list[Logits]:
        self.passes.append(list(slices))
        if self.streams:
            self._check(slices)
        out = []
        for part in slices:
            assert part.position == len(self.held[part.seq])
            for at, token in enumerate(part.tokens):
                self.held[part.seq].append(token)
                if at in part.wanted:
                    out.append(self.after(self.held[part.seq]))
        return out

    def _check(self, slices: Sequence[Slice]) -> None:
        seqs = [part.seq for part in slices]
        rows = {len(part.tokens) for part in slices}
        assert len(rows) == 1, "slices of one pass differ in length"
        if rows != {1}:
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), "no neighbours"
        assert sum(len(part.tokens) for part in slices) <= self.budget

    def keep(self, seq: int) -> tuple[Any, int]:
        self.kept_ever.append(list(self.held[seq]))
        handle = len(self.kept_ever) - 1
        self.shelf.add(handle)
        return handle, len(self.held[seq])

    def bring(self, handle: Any, seq: int) -> None:
        assert handle in self.shelf
        assert not self.held[seq]
        self.held[seq] = list(self.kept_ever[handle])

    def grammar(self, text: str) -> Grammar:
        raise BadReply("a model over bytes holds to no grammar")

    def drop(self, handle: Any) -> None:
        self.shelf.remove(handle)

    def after(self, held: Sequence[int]) -> Logits:
        digest = hashlib.sha512(bytes(held)).digest()
        logits = np.array([digest[at % 64] / 64 for at in range(256)], dtype=np.float32)
        if self.script and b"Answer: " in bytes(held):
            told = bytes(held).rindex(b"Answer: ") + len(b"Answer: ")
            done = len(held) - told
            logits[self.script[done] if done < len(self.script) else END] += 50
        return logits

    def singles(self) -> list[Slice]:
        """Slices of a single row."""
        return [part for slices in self.passes for part in slices if len(part.tokens) == 1]
