"""A scenario file's text, refused where it is no plain text an author could have meant."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from npcsim.errors import Mistake
from npcsim.scenario.spelling import nearest

MAX_BYTES = 2_000_000
MOST_SHOWN = 20
_INDENT_TAB = re.compile(r"^ *\t", re.MULTILINE)
# What YAML calls a line break but editors don't would shift every line number after it.
_STRANGE = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"
)


def read_text(path: Path, trouble: list[Mistake]) -> str | None:
    """The file's text; None, with what is wrong added to `trouble`, if it can't be used."""
    before = len(trouble)
    text = _decode(path, read_bytes(path, trouble, MAX_BYTES), trouble)
    return text if len(trouble) == before else None


def read_bytes(path: Path, trouble: list[Mistake], most: int) -> bytes:
    """The file's bytes; none, with the mistake told, if it is no file or longer than `most`."""
    raw = b""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            _refuse(path, trouble, "this is a folder", "expected a YAML file")
        elif not stat.S_ISREG(mode):
            # Reading a pipe or a device might never end.
            _refuse(path, trouble, "this is no ordinary file")
        else:
            with path.open("rb") as file:
                raw = file.read(most + 1)
    except FileNotFoundError:
        _refuse(path, trouble, "there is no such file", nearest(path.name, _beside(path)))
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        _refuse(path, trouble, f"the file can't be read ({reason})")
    if len(raw) > most:
        _refuse(path, trouble, f"the file is larger than {most // 1_000_000} MB")
        return b""
    return raw


def place(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of a position in a text."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _decode(path: Path, raw: bytes, trouble: list[Mistake]) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        _refuse(path, trouble, "the file is UTF-16", "save it as UTF-8")
        return ""
    body = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        good = body[: error.start].decode("utf-8")
        line, column = place(good, len(good))
        message = f"the byte 0x{body[error.start]:02x} is not UTF-8 text"
        _refuse(path, trouble, message, "save the file as UTF-8", line, column)
        return ""
    for found in list(_INDENT_TAB.finditer(text))[:MOST_SHOWN]:
        line, column = place(text, found.end() - 1)
        _refuse(path, trouble, "a tab in the indentation", "use spaces", line, column)
    for found in list(_STRANGE.finditer(text))[:MOST_SHOWN]:
        line, column = place(text, found.start())
        message = f"the control character U+{ord(found[0]):04X}"
        _refuse(path, trouble, message, "remove it", line, column)
    return text


def _refuse(
    path: Path,
    trouble: list[Mistake],
    message: str,
    hint: str = "",
    line: int = 1,
    column: int = 1,
) -> None:
    trouble.append(Mistake(str(path), line, column, message, hint))


def _beside(path: Path) -> list[str]:
    try:
        return [one.name for one in path.parent.iterdir() if one.suffix in (".yaml", ".yml")]
    except OSError:
        return []
