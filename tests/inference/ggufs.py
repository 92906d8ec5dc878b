"""Little GGUF files, written by hand: sound ones, and ones that lie."""

from __future__ import annotations

import struct
from pathlib import Path

TEXT, LIST, UINT32, UINT64 = 8, 9, 4, 10
F32, Q8_0 = 0, 8
Tensor = tuple[bytes, tuple[int, ...], int, int]


def header(version: int = 3, tensors: int = 10, entries: int = 10) -> bytes:
    return struct.pack("<4sIQQ", b"GGUF", version, tensors, entries)


def text(data: bytes) -> bytes:
    return struct.pack("<Q", len(data)) + data


def entry(key: str, value: object) -> bytes:
    """A text, a whole number, or a list of texts or of whole numbers."""
    head = text(key.encode())
    if isinstance(value, str | bytes):
        data = value.encode() if isinstance(value, str) else value
        return head + struct.pack("<I", TEXT) + text(data)
    if isinstance(value, list) and value and isinstance(value[0], str):
        body = b"".join(text(one.encode()) for one in value)
        return head + struct.pack("<IIQ", LIST, TEXT, len(value)) + body
    if isinstance(value, list):
        body = struct.pack(f"<{len(value)}I", *value)
        return head + struct.pack("<IIQ", LIST, UINT32, len(value)) + body
    return head + struct.pack("<IQ", UINT64, value)


def tensor(name: bytes, shape: tuple[int, ...], kind: int = F32, offset: int = 0) -> bytes:
    sides = struct.pack(f"<{len(shape)}Q", *shape)
    return text(name) + struct.pack("<I", len(shape)) + sides + struct.pack("<IQ", kind, offset)


LLAMA: dict[str, object] = {
    "general.architecture": "llama",
    "general.name": "Little",
    "llama.block_count": 2,
    "llama.context_length": 128,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "tokenizer.ggml.tokens": ["a", "b", "c"],
    "tokenizer.chat_template": "<|im_start|>",
}


def little(path: Path, entries: dict[str, object] | None = None, weights: int = 64 * 32) -> Path:
    """A sound file of one table of 64 x 32 weights, of a model of two layers."""
    kept = LLAMA if entries is None else entries
    head = header(3, 1, len(kept)) + b"".join(entry(key, value) for key, value in kept.items())
    head += tensor(b"token_embd.weight", (64, weights // 64), Q8_0)
    head += bytes(-len(head) % 32)
    path.write_bytes(head + bytes(weights // 32 * 34))
    return path
