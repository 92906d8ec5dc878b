from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from npcsim.errors import Unavailable
from npcsim.inference.gguf import check_gguf, read_gguf, shown
from tests.inference.ggufs import LIST, LLAMA, TEXT, entry, header, little, tensor, text

HUGE = 2**60
SOUND = entry("general.architecture", "llama")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "does not start with 'GGUF'"),
        (b"PK\3\4 a zip", "does not start with 'GGUF'"),
        (header()[:12], "cut short"),
        (header(version=1), "GGUF version 1"),
        (header(tensors=0), "broken GGUF header"),
        (header(entries=HUGE), "broken GGUF header"),
        (header(3, HUGE, 1) + SOUND, "broken GGUF header"),
        (header(3, 1, 1), "cut short"),
        (header(3, 1, 1) + SOUND, "cut short"),
        (header(3, 1, 1) + struct.pack("<Q", HUGE), "a name of"),
        (header(3, 1, 1) + text(b"k") + struct.pack("<IQ", TEXT, HUGE), "cut short"),
        (header(3, 1, 1) + text(b"k") + struct.pack("<I", 77), "unknown kind, 77"),
        (header(3, 1, 1) + text(b"k") + struct.pack("<IIQ", LIST, 4, HUGE), "cut short"),
        (header(3, 1, 1) + text(b"k") + struct.pack("<IIQ", LIST, TEXT, HUGE), "cut short"),
        (header(3, 1, 1) + text(b"k") + struct.pack("<IIQ", LIST, LIST, 1), "unknown kind, 9"),
        (header(3, 1, 2) + SOUND + SOUND, "stands there twice"),
        (header(3, 1, 1) + SOUND + tensor(b"t", (64,) * 4) + bytes(8), "cut short or lies"),
        (header(3, 1, 1) + SOUND + tensor(b"t", (HUGE,)) + bytes(8), "has the shape"),
        (header(3, 1, 1) + SOUND + tensor(b"t", (0,)) + bytes(8), "has the shape"),
        (header(3, 1, 1) + SOUND + tensor(b"t", (2,) * 7) + bytes(8), "has 7 dimensions"),
        (header(3, 1, 1) + SOUND + tensor(b"t", (8,), 0, HUGE) + bytes(99), "cut short or lies"),
        (header(3, 1, 1) + SOUND + tensor(b"t", (33,), 8) + bytes(99), "no whole blocks of 32"),
        (header(3, 2, 1) + SOUND + tensor(b"t", (1,)) * 2 + bytes(99), "have one name"),
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


@pytest.mark.skipif(os.name != "posix", reason="needs links and pipes as POSIX has them")
def test_links_are_followed_and_none_leads_astray(tmp_path: Path) -> None:
    sound, good, lost, round_ = (tmp_path / name for name in ("m.gguf", "good", "lost", "round"))
    little(sound)
    good.symlink_to(sound)
    lost.symlink_to(tmp_path / "nowhere")
    round_.symlink_to(round_)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    endless = tmp_path / "endless"
    endless.symlink_to("/dev/zero")

    assert read_gguf(good).text("general.name") == "Little"
    for bad in (lost, round_, pipe, endless, Path("a\0b")):
        with pytest.raises(Unavailable):
            check_gguf(bad)


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    found = read_gguf(little(tmp_path / "model.gguf"))

    assert found.entries.items() >= {k: v for k, v in LLAMA.items() if k[0] != "t"}.items()
    assert found.lengths == {"tokenizer.ggml.tokens": 3}
    assert [(one.name, one.shape, one.elements) for one in found.tensors] == [
        ("token_embd.weight", (64, 32), 2048)
    ]


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_cut_short_anywhere_it_is_refused(tmp_path: Path, kept: float) -> None:
    path = little(tmp_path / "model.gguf")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])

    with pytest.raises(Unavailable):
        check_gguf(path)


def _endless(path: Path, lists: bytes) -> Path:
    """A file of 100 GB (of holes) with a list of texts in it."""
    with path.open("wb") as file:
        file.write(header(3, 1, 1) + text(b"tokens") + lists)
        file.truncate(100 * 10**9)
    return path


@pytest.mark.parametrize(
    "lists",
    [
        struct.pack("<IIQ", LIST, TEXT, 1_999_999),
        struct.pack("<IIQ", LIST, TEXT, 10**10),
        struct.pack("<IIQQ", LIST, TEXT, 1_000, 10**8),
        struct.pack("<IIQQ", LIST, TEXT, 1_000, 2**64 - 1),
        struct.pack("<IQ", TEXT, 10**10),
        struct.pack("<IIQ", LIST, 10, 10**10),
    ],
    ids=["many", "too many", "long", "beyond any", "a long text", "numbers"],
)
def test_endless_claims_cost_neither_time_nor_memory(tmp_path: Path, lists: bytes) -> None:
    path = _endless(tmp_path / "model.gguf", lists)
    program = """
import resource, sys, time
from pathlib import Path
from npcsim.errors import Unavailable
from npcsim.inference.gguf import check_gguf
resource.setrlimit(resource.RLIMIT_AS, (600 * 2**20, 600 * 2**20))
begun = time.process_time()
try:
    check_gguf(Path(sys.argv[1]))
except Unavailable as error:
    print(time.process_time() - begun)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )

    assert float(done.stdout) < 1.0


def test_a_sound_file_costs_little_time(tmp_path: Path) -> None:
    entries = {**LLAMA, "tokenizer.ggml.tokens": [f"token {n}" for n in range(50_000)]}
    path = little(tmp_path / "model.gguf", entries)
    begun = time.process_time()
    found = read_gguf(path)

    assert found.lengths["tokenizer.ggml.tokens"] == 50_000
    assert time.process_time() - begun < 0.5


def test_a_strangers_text_is_printed_without_its_tricks() -> None:
    assert shown("a\x1b[2Jb\nc\u202ed") == "a\\x1b[2Jb\\x0ac\\x202ed"
    assert len(shown("x" * 10_000)) == 200
