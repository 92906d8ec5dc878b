"""Grow a tree of nodes from the pieces that a YAML parser hands out, one after the other.

No alias is ever followed and no object constructed. What YAML lets pass and no author means is
a mistake here: a key given twice, a key that is no text, a call cut in two at its comma.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from npcsim.errors import Mistake
from npcsim.scenario.reading.scalars import read_scalar
from npcsim.scenario.source import Mark, Node

MAX_DEPTH = 40
MAX_PIECES = 80_000  # over all files of a scenario: some 2,000 NPCs written out
MOST_MISTAKES = 100


class Piece(NamedTuple):
    """One thing the parser saw. `tag` is short (`str`, `int`, ...), or as written if `tagged`."""

    kind: Literal["scalar", "map", "list", "end", "alias", "document"]
    line: int
    column: int
    text: str = ""
    tag: str = "str"
    tagged: bool = False
    plain: bool = False
    flow: bool = False
    anchor: str = ""


class TooMuch(Exception):
    """The file is nested too deep or too large to go on; the mistake is already told."""


class _Key(NamedTuple):
    mark: Mark
    text: str
    tag: str


@dataclass(slots=True, eq=False)
class _Frame:
    """A mapping or list still open."""

    node: Node
    flow: bool
    items: list[Node] = field(default_factory=list)
    entries: list[tuple[_Key, Node]] = field(default_factory=list)
    key: _Key | None = None


@dataclass(slots=True, eq=False)
class Growth:
    """The tree so far. `typed`: see `read_scalar`."""

    file: str
    trouble: list[Mistake]
    typed: bool = False
    root: Node | None = None
    pieces: int = 0
    documents: int = 0
    stack: list[_Frame] = field(default_factory=list)

    def take(self, piece: Piece) -> None:
        """Add one piece. Raises TooMuch."""
        mark = Mark(self.file, piece.line, piece.column)
        self.pieces += 1
        if self.pieces > MAX_PIECES:
            self._give_up(mark, f"more than {MAX_PIECES} keys and values in all files")
        if len(self.trouble) > MOST_MISTAKES:
            self._give_up(mark, "too many mistakes to read on")
        if piece.kind == "end":
            self._close()
            return
        if piece.kind == "document":
            self.documents += 1
            if self.documents > 1:
                self._give_up(mark, "a second document begins here", "remove the '---'")
            return
        if piece.kind == "alias":
            self._tell(mark, f"'*{piece.text}': aliases are not used here", "write it out")
            self._skip(mark)
            return
        if piece.anchor:
            self._tell(mark, f"'&{piece.anchor}': anchors are not used here", "remove it")
        if piece.tagged:
            written = piece.tag.replace("tag:yaml.org,2002:", "!!")
            self._tell(mark, f"'{written}': tags are not used here", "remove it, or use quotes")
        if piece.kind == "scalar":
            self._scalar(piece, mark)
        else:
            self._open(piece, mark)

    def _scalar(self, piece: Piece, mark: Mark) -> None:
        tag = "str" if piece.tagged else piece.tag
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.node.value, dict) and frame.key is None:
            frame.key = _Key(mark, piece.text, tag)
        else:
            tag = tag if piece.plain else "quoted"
            node = read_scalar(piece.text, tag, mark, self.trouble, typed=self.typed)
            node.raw = piece.text if piece.plain else ""
            self._put(node, mark)

    def _open(self, piece: Piece, mark: Mark) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self._give_up(mark, f"nested more than {MAX_DEPTH} deep")
        node = Node(mark, {} if piece.kind == "map" else [])
        around = self.stack[-1] if self.stack else None
        if around is not None and isinstance(around.node.value, dict) and around.key is None:
            self._tell(mark, "a key that is no name", "put a text with brackets in quotes")
        self.stack.append(_Frame(node, piece.flow))

    def _close(self) -> None:
        frame = self.stack.pop()
        if isinstance(frame.node.value, dict):
            entries = _mended_entries(frame, self.trouble)
            frame.node.value.update(self._keyed(entries))
        else:
            frame.node.value = _mended_items(frame, self.trouble)
        self._put(frame.node, frame.node.mark)

    def _put(self, node: Node, mark: Mark) -> None:
        """Add a whole node to what is around it."""
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if not isinstance(frame.node.value, dict):
            frame.items.append(node)
        elif frame.key is None:
            frame.key = _Key(mark, "", "told")
        else:
            frame.entries.append((frame.key, node))
            frame.key = None

    def _skip(self, mark: Mark) -> None:
        """Leave out what would stand here: its mistake is told, more of them would not help."""
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.node.value, dict):
            frame.key = None if frame.key is not None else _Key(mark, "", "told")

    def _keyed(self, entries: list[tuple[_Key, Node]]) -> dict[str, Node]:
        known: dict[str, Node] = {}
        for key, node in entries:
            if key.tag == "told":
                continue
            if key.tag == "merge":
                self._tell(key.mark, "'<<': merge keys are not used here", "write it out")
            elif key.tag not in ("str", "value"):
                shown = key.text or "nothing"
                hint = f'put it in quotes: "{key.text}"' if key.text else "write a name"
                self._tell(key.mark, f"{_KEY_IS.get(key.tag, shown).format(shown)}", hint)
            elif key.text in known:
                first = known[key.text].key or known[key.text].mark
                self._tell(
                    key.mark, f"'{key.text}' is given twice", f"the first is in line {first.line}"
                )
            else:
                node.key = key.mark
                known[key.text] = node
        return known

    def _tell(self, mark: Mark, message: str, hint: str = "") -> None:
        self.trouble.append(Mistake(*mark, message, hint))

    def _give_up(self, mark: Mark, message: str, hint: str = "") -> None:
        self._tell(mark, message, hint)
        raise TooMuch


_KEY_IS = {
    "bool": "the key {} is read as true or false",
    "null": "a key is missing: {} before the ':'",
    "int": "the key {} is read as a number",
    "float": "the key {} is read as a number",
    "timestamp": "the key {} is read as a date",
}


def _cut_off(node: Node) -> bool:
    text = node.value
    return bool(node.raw) and isinstance(text, str) and text.count("(") > text.count(")")


def _mended_entries(frame: _Frame, trouble: list[Mistake]) -> list[tuple[_Key, Node]]:
    """`{do: f(a, b)}` is {do: 'f(a', 'b)': null} to YAML: tell, and put it together again."""
    mended: list[tuple[_Key, Node]] = []
    for key, node in frame.entries:
        last = mended[-1][1] if mended else None
        if frame.flow and last is not None and _cut_off(last) and node.value is None:
            last.value = f"{last.value}, {key.text}"
            if not _cut_off(last):
                _tell_cut(last, trouble)
        else:
            mended.append((key, node))
    return mended


def _mended_items(frame: _Frame, trouble: list[Mistake]) -> list[Node]:
    """`[f(a, b)]` is ['f(a', 'b)'] to YAML: the same for lists."""
    mended: list[Node] = []
    for node in frame.items:
        last = mended[-1] if mended else None
        if frame.flow and last is not None and _cut_off(last) and node.raw:
            last.value = f"{last.value}, {node.raw}"
            if not _cut_off(last):
                _tell_cut(last, trouble)
        else:
            mended.append(node)
    return mended


def _tell_cut(node: Node, trouble: list[Mistake]) -> None:
    message = "inside {} and [] YAML ends a value at its first comma"
    trouble.append(Mistake(*node.mark, message, f'put the call in quotes: "{node.value}"'))
