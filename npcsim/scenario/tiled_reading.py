"""Have pytiled-parser read a map that has been vetted, also one that lacks what nobody needs.

The parser wants every attribute that Tiled 1.10 writes of a map. Maps of older versions, of other
editors and of scripts lack some that mean nothing here: these are given it, in a copy.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from npcsim.scenario.tiled_vetting import refuse

if TYPE_CHECKING:
    import pytiled_parser

# The parser trusts its input, so these are what it raises where a map is not as it expects.
_STUMBLES = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RuntimeError,
    ArithmeticError,
    SyntaxError,  # what malformed XML is to Python
    OSError,
    EOFError,
    zlib.error,
)
_UNNEEDED: dict[str, Any] = {
    "version": "1.10", "tiledversion": "", "orientation": "orthogonal", "infinite": 0,
    "renderorder": "right-down", "nextlayerid": 1, "nextobjectid": 1,
}  # fmt: skip
"""What a map may leave out, and what is read in its place."""


class _Copy(type(Path())):  # type: ignore[misc]  # the class of this system's paths
    """A file that counts as lying in the folder of the one it was copied from."""

    home: Path

    @property
    def parent(self) -> Path:
        return self.home


def parse(path: Path, text: str) -> pytiled_parser.TiledMap:
    """The map of a vetted file. text: what is in it. Raises ScenarioError."""
    import pytiled_parser  # only when there is a map to read

    try:
        completed = _completed(text)
        # The parser prints while it reads object templates; a run's output is not its place.
        with contextlib.redirect_stdout(io.StringIO()):
            if completed == text:
                return pytiled_parser.parse_map(path)
            with tempfile.TemporaryDirectory(prefix="npcsim-") as folder:
                copy = _Copy(folder) / path.name
                copy.home = path.parent
                copy.write_text(completed, encoding="utf-8")
                return pytiled_parser.parse_map(copy)
    except KeyError as error:
        what = f"the map can't be read: something in it has no {error}"
        raise refuse(path, what, "save it again with Tiled") from error
    except (*_STUMBLES, pytiled_parser.UnknownFormat) as error:
        what = f"{type(error).__name__}: {error}"
        raise refuse(path, f"the map can't be read ({what})", "save it again with Tiled") from error


def _completed(text: str) -> str:
    """The text as it is, or with what the map leaves out."""
    if not text.lstrip().startswith("<"):
        found = json.loads(text)
        lacking = {key: value for key, value in _UNNEEDED.items() if key not in found}
        return json.dumps({**found, **lacking}) if lacking else text
    root = ElementTree.fromstring(text)
    lacking = {key: value for key, value in _UNNEEDED.items() if key not in root.attrib}
    for key, value in lacking.items():
        root.set(key, str(value))
    return ElementTree.tostring(root, encoding="unicode") if lacking else text
