"""Opening an `.npcrun` file that anybody may have made: whole, and of no more than it should be."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from npcsim.errors import StoreError
from npcsim.store.sharing import form

MOST_BYTES = 64 << 30
"""Bytes that a file may unfold to in all."""
MOST_TIMES = 200
"""How many times its own size a member may unfold to, beyond the first `FREE` bytes."""
FREE = 64 << 20
LONGEST = 128 << 20
"""Bytes of one line."""
MOST_SMALL = 256 << 20
"""Bytes of one member that is read whole."""


class Archive:
    """The members of an `.npcrun` file. Made by `opened`."""

    def __init__(self, path: Path, members: zipfile.ZipFile) -> None:
        self.path, self._members = path, members
        self.names = frozenset(one.filename for one in members.infolist())

    def whole(self, name: str) -> bytes:
        """One member, read whole. Raises `StoreError`."""
        with self._open(name) as file:
            body: bytes = file.read(MOST_SMALL + 1)
        if len(body) > MOST_SMALL:
            raise self.wrong(f"{name} is longer than {MOST_SMALL >> 20} MiB")
        return body

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The lines of a member, each a JSON object. Raises `StoreError`."""
        with self._open(name) as file:
            while line := file.readline(LONGEST + 1):
                if len(line) > LONGEST or not line.endswith(b"\n"):
                    raise self.wrong(f"a line of {name} is too long, or cut off")
                yield self.parsed(line, name)

    def parsed(self, text: bytes, name: str) -> dict[str, Any]:
        """A JSON object. Raises `StoreError`."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self.wrong(f"{name} holds what is no JSON: {error}") from error
        if not isinstance(data, dict):
            raise self.wrong(f"{name} holds what is no JSON object")
        return data

    def wrong(self, why: str) -> StoreError:
        """The error for a file that is refused."""
        return StoreError(f"{self.path} is refused: {why}")

    @contextmanager
    def _open(self, name: str) -> Iterator[Any]:
        try:
            with self._members.open(name) as file:
                yield file
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as error:
            raise self.wrong(f"{name} can't be unpacked: {error}") from error


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """An `.npcrun` file whose hash is right and whose sizes are. Raises `StoreError`."""
    try:
        _check_hash(path)
        with zipfile.ZipFile(path) as members:
            archive = Archive(path, members)
            _check_members(archive, members)
            yield archive
    except OSError as error:
        raise StoreError(f"can't read {path}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise StoreError(f"{path} is refused: it is no file of a run: {error}") from error


def _check_hash(path: Path) -> None:
    size = path.stat().st_size
    tail = len(form.comment("")) + form.DIGITS
    with path.open("rb") as file:
        first = file.read(4)
        file.seek(max(size - tail, 0))
        end = file.read()
    if first != b"PK\x03\x04":
        raise StoreError(f"{path} is refused: it is no file of a run (`npcsim runs export`)")
    if not end.startswith(form.MARK):
        raise StoreError(f"{path} is refused: its end is missing or damaged")
    if form.hash_of(path, size - form.DIGITS).encode() != end[len(form.MARK) :]:
        raise StoreError(f"{path} is refused: it is damaged, its bytes do not match their hash")


def _check_members(archive: Archive, members: zipfile.ZipFile) -> None:
    listed = members.infolist()
    if len(archive.names) != len(listed):
        raise archive.wrong("a member is there twice")
    tools = {f"tools/{number}.py" for number in range(1, form.MOST_TOOLS + 1)}
    if strange := sorted(archive.names - set(form.READABLE) - set(form.KEPT) - tools):
        raise archive.wrong(f"it holds what is no part of a run: {strange[0]!r:.100}")
    if missing := sorted(set(form.KEPT) - archive.names):
        raise archive.wrong(f"it lacks {missing[0]}")
    for one in listed:
        if one.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
            raise archive.wrong(f"{one.filename} is packed in a way that is not read")
        if one.flag_bits & 1:
            raise archive.wrong(f"{one.filename} is encrypted")
        if one.file_size > FREE + MOST_TIMES * one.compress_size:
            raise archive.wrong(
                f"{one.filename} would unfold from {one.compress_size:,} to {one.file_size:,} bytes"
            )
    if sum(one.compress_size for one in listed) > archive.path.stat().st_size:
        raise archive.wrong("its members overlap")
    if (whole := sum(one.file_size for one in listed)) > MOST_BYTES:
        raise archive.wrong(f"it would unfold to {whole:,} bytes")
