from __future__ import annotations

import struct
from pathlib import Path

import pytest

from npcsim.errors import Unavailable
from npcsim.inference.gguf import check_gguf


def header(version: int = 3, tensors: int = 10, entries: int = 10) -> bytes:
    return struct.pack("<4sIQQ", b"GGUF", version, tensors, entries)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "does not start with 'GGUF'"),
        (b"PK\3\4 a zip", "does not start with 'GGUF'"),
        (header()[:12], "cut short"),
        (header(version=1), "GGUF version 1"),
        (header(tensors=0), "broken GGUF header"),
        (header(entries=2**60), "broken GGUF header"),
    ],
)
def test_what_is_no_model_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)

    with pytest.raises(Unavailable, match=says) as caught:
        check_gguf(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no model file at"):
        check_gguf(tmp_path / "none.gguf")
    with pytest.raises(Unavailable, match="is not a file"):
        check_gguf(tmp_path)


def test_a_sound_header_passes(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(header())

    check_gguf(path)
