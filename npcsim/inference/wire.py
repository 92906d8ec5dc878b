"""Messages between the world's process and the model's: four bytes of length, then JSON."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

#: A longer message means that something else wrote into the pipe.
LONGEST = 16 * 1024 * 1024


def send(stream: BinaryIO, message: dict[str, Any]) -> None:
    """Write one message and flush. Raises `OSError` when the other side is gone."""
    body = json.dumps(message, ensure_ascii=False).encode("utf-8", "backslashreplace")
    stream.write(len(body).to_bytes(4, "big") + body)
    stream.flush()


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """Read one message; None at the end of the stream, also when it ends in mid-message.

    Raises `ValueError` for bytes that are no message.
    """
    head = stream.read(4)
    if len(head) < 4:
        return None
    length = int.from_bytes(head, "big")
    if length > LONGEST:
        raise ValueError(f"a message of {length} bytes")
    body = stream.read(length)
    if len(body) < length:
        return None
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("a message that is no object")
    return message
