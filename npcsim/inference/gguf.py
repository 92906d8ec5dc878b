"""Reads a GGUF file's header without llama.cpp, which may die of a bad one.

Metadata and the table of tensors are read, never the weights. Everything a file claims (counts,
lengths, sizes, places) is checked against the file itself before it is believed, so a broken or a
hostile file costs neither memory nor much time. The format: ggml's docs/gguf.md.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from npcsim.errors import Unavailable

Value = int | float | bool | str | tuple[int | float | bool, ...]

_HEADER = struct.Struct("<4sIQQ")  # magic, version, tensors, metadata entries
_VERSIONS = (2, 3)
_MOST_TENSORS = 100_000
_MOST_ENTRIES = 100_000
_MOST_STRINGS = 2_000_000  # in all arrays together; Gemma's vocabulary and merges are 800,000
_MOST_LISTED = 134_217_728  # bytes of one such array; Gemma's are 13 million
_LONGEST_NAME = 256
_LONGEST_KEPT = 262_144  # bytes of a text; a longer one is cut
_MOST_KEPT = 16_777_216  # bytes of all names and texts together
_MOST_NUMBERS = 4_096  # of an array that is kept; of a longer one only the length is
_PIECE = 1_048_576  # bytes read at once where much is passed over
_STRING, _ARRAY = 8, 9
_NUMBERS = {
    kind: struct.Struct(f"<{code}")
    for kind, code in {
        0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
    }.items()
}  # fmt: skip

#: Kinds of numbers in a tensor: number -> (name, elements a block, bytes a block), as in ggml.h.
KINDS: Mapping[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36),
    10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2),
    26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """One table of weights. `shape`: the row's length first. `kind`: a number of `KINDS`."""

    name: str
    shape: tuple[int, ...]
    kind: int

    @property
    def elements(self) -> int:
        count = 1
        for size in self.shape:
            count *= size
        return count


@dataclass(frozen=True, slots=True)
class Gguf:
    """What a file says of itself. `lengths` has each array's length, kept in `entries` or not."""

    path: Path
    size: int
    version: int
    entries: Mapping[str, Value]
    lengths: Mapping[str, int]
    tensors: tuple[Tensor, ...]

    def text(self, key: str) -> str:
        """A text of the metadata; empty where there is none, or it is no text."""
        value = self.entries.get(key, "")
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        """A whole number of the metadata; 0 where there is none, or it is none."""
        value = self.entries.get(key, 0)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0


def shown(text: object, longest: int = 200) -> str:
    """Text from a stranger's file, fit to be printed: no control characters, and not endless."""
    clean = "".join(
        letter if letter.isprintable() else f"\\x{ord(letter):02x}"
        for letter in str(text)[: longest + 1]
    )
    return clean if len(clean) <= longest else f"{clean[: longest - 1]}…"


def check_gguf(path: Path) -> None:
    """Raise `Unavailable`, naming the file and what is wrong, unless it is a whole GGUF file."""
    read_gguf(path)


def read_gguf(path: Path) -> Gguf:
    """Metadata and the table of tensors.

    Raises `Unavailable`, naming the file, for what is no GGUF file, is cut short, or says things
    of itself that can't be. A file of endless claims is refused in well under a second.
    """
    name = shown(path)
    try:
        if not path.exists():
            raise Unavailable(f"no model file at {name}")
        if not path.is_file():
            raise Unavailable(f"{name} is not a file; a GGUF model file was expected")
        with path.open("rb") as file:
            return _Reading(file, path, name).whole()
    except OSError as error:
        raise Unavailable(f"can't read the model file {name}: {error.strerror}") from error
    except ValueError as error:  # a path with a zero byte in it
        raise Unavailable(f"{name} is no name of a file: {error}") from error


class _Reading:
    """One pass over a file, front to back, that never goes beyond its end."""

    def __init__(self, file: BinaryIO, path: Path, name: str) -> None:
        self.file, self.path, self.name = file, path, name
        self.size = os.fstat(file.fileno()).st_size
        self.at = 0
        self.kept = 0
        self.strings = 0

    def whole(self) -> Gguf:
        head = self.file.read(_HEADER.size)
        if head[:4] != b"GGUF":
            raise Unavailable(f"{self.name} is not a GGUF model: it does not start with 'GGUF'")
        if len(head) < _HEADER.size:
            raise Unavailable(f"{self.name} is cut short: {len(head)} bytes are no GGUF header")
        self.at = _HEADER.size
        _, version, tensors, entries = _HEADER.unpack(head)
        if version not in _VERSIONS:
            raise Unavailable(
                f"{self.name} is GGUF version {version}; versions 2 and 3 are understood"
            )
        if not 0 < tensors <= _MOST_TENSORS or not 0 < entries <= _MOST_ENTRIES:
            raise self._broken(f"{tensors} tensors, {entries} metadata entries")
        found: dict[str, Value] = {}
        lengths: dict[str, int] = {}
        for _ in range(entries):
            self._entry(found, lengths)
        table = [self._tensor() for _ in range(tensors)]
        alignment = found.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 0 < alignment <= 65_536 or alignment % 8:
            raise self._broken(f"an alignment of {shown(alignment)}")
        self._must_hold(table, -(-self.at // alignment) * alignment)
        return Gguf(
            self.path, self.size, version, found, lengths, tuple(tensor for tensor, _ in table)
        )

    def _broken(self, what: str) -> Unavailable:
        return Unavailable(f"{self.name} has a broken GGUF header: {what}")

    def _take(self, count: int) -> bytes:
        self._must_have(count)
        data = self.file.read(count)
        if len(data) < count:  # it shrank while it was read
            raise Unavailable(f"{self.name} is cut short")
        self.at += count
        return data

    def _skip(self, count: int) -> None:
        self._must_have(count)
        self.file.seek(count, os.SEEK_CUR)
        self.at += count

    def _must_have(self, count: int) -> None:
        if count > self.size - self.at:
            raise Unavailable(
                f"{self.name} is cut short: {count} bytes should follow byte {self.at}, "
                f"and the file has {self.size}"
            )

    def _whole_number(self, kind: int = 10) -> int:
        form = _NUMBERS[kind]
        return int(form.unpack(self._take(form.size))[0])

    def _keep(self, count: int) -> str:
        self.kept += count
        if self.kept > _MOST_KEPT:
            raise self._broken(f"more than {_MOST_KEPT} bytes of names and texts")
        return self._take(count).decode("utf-8", "replace")

    def _label(self) -> str:
        length = self._whole_number()
        if not 0 < length <= _LONGEST_NAME:
            raise self._broken(f"a name of {length} bytes at byte {self.at}")
        return self._keep(length)

    def _text(self) -> str:
        length = self._whole_number()
        self._must_have(length)
        text = self._keep(min(length, _LONGEST_KEPT))
        self._skip(max(0, length - _LONGEST_KEPT))
        return text

    def _entry(self, found: dict[str, Value], lengths: dict[str, int]) -> None:
        key = self._label()
        kind = self._whole_number(4)
        if key in found or key in lengths:
            raise self._broken(f"{shown(key)!r} stands there twice")
        if kind == _STRING:
            found[key] = self._text()
        elif kind == _ARRAY:
            self._array(key, found, lengths)
        elif kind in _NUMBERS:
            form = _NUMBERS[kind]
            found[key] = form.unpack(self._take(form.size))[0]
        else:
            raise self._broken(f"{shown(key)!r} is of an unknown kind, {kind}")

    def _array(self, key: str, found: dict[str, Value], lengths: dict[str, int]) -> None:
        kind, count = self._whole_number(4), self._whole_number()
        lengths[key] = count
        if kind == _STRING:
            self.strings += count
            self._must_have(8 * count)
            if self.strings > _MOST_STRINGS:
                raise self._broken(f"more than {_MOST_STRINGS} texts in lists")
            self._pass_texts(count)
        elif kind in _NUMBERS:
            form = _NUMBERS[kind]
            if count > _MOST_NUMBERS:
                self._skip(count * form.size)
            else:
                data = self._take(count * form.size)
                found[key] = tuple(number for (number,) in form.iter_unpack(data))
        else:
            raise self._broken(f"{shown(key)!r} is a list of an unknown kind, {kind}")

    def _pass_texts(self, count: int) -> None:
        """Go past so many texts. They are many: read in pieces, walked by their lengths."""
        length_at = _NUMBERS[10].unpack_from
        piece, begin, at = b"", self.at, self.at
        last = min(self.size, at + _MOST_LISTED)
        for _ in range(count):
            if at + 8 > begin + len(piece):
                self.file.seek(at)
                piece, begin = self.file.read(_PIECE), at
            if len(piece) < 8:
                self.at = at
                self._must_have(8)
            at += 8 + length_at(piece, at - begin)[0]
            if at > last:
                self._must_have(min(at, self.size + 1) - self.at)
                raise self._broken(f"more than {_MOST_LISTED} bytes of texts in a list")
        self.file.seek(self.at)
        self._skip(at - self.at)

    def _tensor(self) -> tuple[Tensor, int]:
        name = self._label()
        sides = self._whole_number(4)
        if not 0 < sides <= 4:
            raise self._broken(f"the tensor {shown(name)!r} has {sides} dimensions")
        shape = tuple(self._whole_number() for _ in range(sides))
        if not all(0 < side < 2**40 for side in shape):
            raise self._broken(f"the tensor {shown(name)!r} has the shape {shape}")
        kind = self._whole_number(4)
        return Tensor(name, shape, kind), self._whole_number()

    def _must_hold(self, table: list[tuple[Tensor, int]], begin: int) -> None:
        """Every tensor lies within the file. Of a kind we don't know the size, its beginning."""
        names = {tensor.name for tensor, _ in table}
        if len(names) < len(table):
            raise self._broken("two tensors have one name")
        for tensor, offset in table:
            _, block, size = KINDS.get(tensor.kind, ("", 1, 0))
            if tensor.shape[0] % block:
                raise self._broken(
                    f"rows of {tensor.shape[0]} in the tensor {shown(tensor.name)!r} are no "
                    f"whole blocks of {block}"
                )
            end = begin + offset + tensor.elements // block * size
            if end > self.size:
                raise Unavailable(
                    f"{self.name} is cut short or lies: the tensor {shown(tensor.name)!r} would "
                    f"end at byte {end}, and the file has {self.size}"
                )
