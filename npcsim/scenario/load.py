"""Read a scenario and the world it uses: every mistake at once, each at its line and column.

This is the only module that knows YAML. Files are read piece by piece (`growth`), merged
(`combine`) and checked against the schema (`explain`). Names are checked by `references`, once
the map is known.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from npcsim.errors import Mistake, ScenarioError
from npcsim.scenario.reading.combine import TYPED, join, lay_over, put_in
from npcsim.scenario.reading.explain import bad_locs, explain
from npcsim.scenario.reading.folders import Folders, ToolsFile, find_map, find_tools
from npcsim.scenario.reading.growth import Growth, Piece, TooMuch
from npcsim.scenario.reading.rawtext import MAX_BYTES, read_text
from npcsim.scenario.reading.syntax import Complaint, explain_syntax
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Mark, Node, Sources

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
MOST_LAYERS = 16
EACH_ITS_OWN = ("uses", "tools")
"""What every file says for itself: a scenario does not lay it over what its world says."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A scenario, or a world of one or two files, as one of what lies over one another."""

    folder: Path
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A scenario merged over what it uses, and where everything in it stands.

    `text` is the merged definition as JSON: `definition_from(text)` gives it back without the
    files. `layers` are the scenario and what it uses, the scenario first. `world_dir` is the
    folder of the nearest world used; `map_path` and those of `tools`, the scenario's own last,
    exist.
    """

    definition: Definition
    files: tuple[Path, ...]
    layers: tuple[Layer, ...]
    world_dir: Path | None
    map_path: Path | None
    tools: tuple[ToolsFile, ...]
    text: str
    sources: Sources

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folder of each layer, used ones first, each once."""
        found = {layer.folder.resolve(): layer.folder for layer in self.layers}
        return tuple(reversed(found.values()))

    @property
    def map_folder(self) -> Path:
        """The folder of the layer that names the map: nothing the map needs lies outside of it."""
        return self.layers[self.layer_of(self.sources.mark(("map",)).file)].folder

    def layer_of(self, file: str) -> int:
        """The number of the layer a file belongs to, 0 for the scenario and what was typed."""
        for number, layer in enumerate(self.layers):
            if any(str(one) == file for one in layer.files):
                return number
        return 0


def load_definition(
    path: Path, *, overrides: Sequence[str] = (), search: Sequence[Path] = ()
) -> Loaded:
    """Load a scenario. Raises ScenarioError with every mistake in its files.

    `overrides` are texts such as `npcs.Mara.traits.bravery=0.9`; `search` are folders to look
    for worlds in after those beside the scenario, and for scenarios in `scenarios` beside each.
    """
    loaded, mistakes = read_definition(path, overrides=overrides, search=search)
    if loaded is None or mistakes:
        raise ScenarioError(mistakes)
    return loaded


def read_definition(
    path: Path,
    *,
    overrides: Sequence[str] = (),
    search: Sequence[Path] = (),
    given: Node | None = None,
) -> tuple[Loaded | None, list[Mistake]]:
    """As `load_definition`, but give the mistakes back, with whatever is readable without them.

    So later checks can add theirs to the list. None where too little is left. given: what would
    stand in the file `path`, which then need not exist.
    """
    reading = _Reading(path, Folders(path.parent, tuple(search)))
    root = reading.scenario(overrides, given)
    if root is None:
        return None, in_order(reading.trouble)
    sources = Sources(root)
    definition, plain = _validate(sources, reading.trouble)
    map_path = find_map(sources, path.parent, reading.trouble)
    tools = find_tools(reading.tools, reading.trouble)
    mistakes = in_order(reading.trouble)
    if definition is None:
        return None, mistakes
    world_dir = reading.worlds[0] if reading.worlds else None
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    loaded = Loaded(
        definition, tuple(reading.files), tuple(reading.layers), world_dir, map_path, tools, text,
        sources,
    )  # fmt: skip
    return loaded, mistakes


def read_tree(path: Path) -> tuple[Node | None, list[Mistake]]:
    """A YAML file that is no scenario, read as strictly: its tree, and what is wrong in it."""
    reading = _Reading(path, Folders(path.parent, ()))
    return reading.read(path), in_order(reading.trouble)


def definition_from(text: str) -> Definition:
    """The definition whose `Loaded.text` this is. Raises pydantic's ValidationError."""
    return Definition.model_validate_json(text)


def in_order(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """By file and line; of those at one spot only the first told."""
    first: dict[tuple[str, int, int], Mistake] = {}
    for mistake in mistakes:
        first.setdefault((mistake.file, mistake.line, mistake.column), mistake)
    return [first[spot] for spot in sorted(first)]


class _Reading:
    """One load: the files read so far and what is wrong in them."""

    def __init__(self, path: Path, folders: Folders) -> None:
        self.path = path
        self.folders = folders
        self.trouble: list[Mistake] = []
        self.files: list[Path] = []
        self.layers: list[Layer] = [Layer(path.parent, (path,))]
        self.worlds: list[Path] = []
        self.tools: list[tuple[Path, Node | None]] = []
        self.pieces = 0

    def scenario(self, overrides: Sequence[str], given: Node | None) -> Node | None:
        """The whole tree: scenario over worlds, then the overrides."""
        own = given or self.read(self.path)
        if own is None:
            return None
        typed = [self._override(text, number) for number, text in enumerate(overrides, 1)]
        for path, value, mark in typed:
            if path in EACH_ITS_OWN:
                put_in(own, path, value, mark, self.trouble)
        self.tools.append((self.path.parent, own.child("tools")))
        root = self._over_used(own, self.path)
        for path, value, mark in typed:
            if path and path not in EACH_ITS_OWN:
                put_in(root, path, value, mark, self.trouble)
        return root

    def _over_used(self, own: Node, file: Path) -> Node:
        """A file's tree over that of the world or scenario it uses, and what that uses."""
        uses = own.child("uses")
        if uses is None or not isinstance(uses.value, str):
            return own
        in_world = file.parent in self.worlds
        used = self.folders.used(uses, file.parent, self.trouble, worlds_only=in_world)
        if used is None:
            return own
        before = {one.resolve() for one in (self.path, *self.worlds, *self.files)}
        if used.resolve() in before:
            what = "world" if used.is_dir() else "scenario"
            self.trouble.append(Mistake(*uses.mark, f"the {what} '{uses.value}' uses itself"))
            return own
        if len(self.layers) > MOST_LAYERS:
            message = f"more than {MOST_LAYERS} worlds and scenarios use one another"
            self.trouble.append(Mistake(*uses.mark, message))
            return own
        files = [used]
        if used.is_dir():
            self.worlds.append(used)
            files = self.folders.fragments(used, uses, self.trouble)
        self.layers.append(Layer(used if used.is_dir() else used.parent, tuple(files)))
        parts = [self.read(one) for one in files]
        read = [part for part in parts if part is not None]
        if not read:
            return own
        under = read[0] if len(read) == 1 else join(read[0], read[1], self.trouble)
        self.tools.insert(0, (self.layers[-1].folder, under.child("tools")))
        return lay_over(self._over_used(under, files[0]), own)

    def read(self, path: Path) -> Node | None:
        """The tree of one file; None where it can't be had."""
        self.files.append(path)
        text = read_text(path, self.trouble)
        if text is None:
            return None
        growth = Growth(str(path), self.trouble, pieces=self.pieces)
        root = _grow(text, growth)
        self.pieces = growth.pieces
        if root is not None and not isinstance(root.value, dict):
            expected = "expected 'key: value' lines such as 'scenario: my_first'"
            what = "the file is empty" if root.value is None else "the file holds no keys"
            self.trouble.append(Mistake(*root.mark, what, expected))
            return None
        return root

    def _override(self, text: str, number: int) -> tuple[str, Node, Mark]:
        """`key.path=value` -> (path, value, where it stands); the path is empty if unreadable."""
        mark = Mark(TYPED, number, 1)
        path, sign, value = text.partition("=")
        path = path.rstrip()
        growth = Growth(TYPED, [], typed=True)
        node = _grow(value, growth) if sign and path else None
        if not (sign and path):
            hint = "for example clock.end=12:00"
            self.trouble.append(Mistake(*mark, f"expected key.path=value, found '{text}'", hint))
        for one in growth.trouble:
            column = one.column + len(text) - len(value)
            self.trouble.append(Mistake(TYPED, number, column, one.message, one.hint))
        if node is None:
            return "", Node(mark, None), mark
        _shift(node, number, len(text) - len(value))
        return path, node, mark


def _shift(node: Node, line: int, columns: int) -> None:
    """Marks in an override's value, as marks in the whole override."""
    node.mark = Mark(TYPED, line, node.mark.column + columns)
    inner: list[Node] = []
    if isinstance(node.value, dict):
        inner = list(node.value.values())
    elif isinstance(node.value, list):
        inner = node.value
    for one in inner:
        one.key = one.key and Mark(TYPED, line, one.key.column + columns)
        _shift(one, line, columns)


def _validate(sources: Sources, trouble: list[Mistake]) -> tuple[Definition | None, Any]:
    """The definition; where there are mistakes, without the entries that hold them."""
    plain = sources.root.plain()
    try:
        return Definition.model_validate_json(json.dumps(plain)), plain
    except ValidationError as error:
        errors: Any = error.errors(include_url=False, include_input=False)
        trouble += explain(errors, sources)
    for _ in range(6):
        for loc in sorted(bad_locs(errors, sources), key=len, reverse=True):
            _leave_out(plain, loc)
        try:
            return Definition.model_validate_json(json.dumps(plain)), plain
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
    return None, plain


def _leave_out(plain: Any, loc: Sequence[str | int]) -> None:
    for part in loc[:-1]:
        try:
            plain = plain[part]
        except (KeyError, IndexError, TypeError):
            return  # left out already, with what was around it
    if loc and isinstance(plain, dict):
        plain.pop(loc[-1], None)
    elif loc and isinstance(plain, list) and isinstance(loc[-1], int):
        del plain[loc[-1] :]  # and what follows: what stays must keep its place in `sources`


def _grow(text: str, growth: Growth) -> Node | None:
    """The tree of a text; None, with the mistake told, if it is no YAML."""
    last_quoted = (0, 0, 0)
    loader = _LOADER(text)
    try:
        while loader.check_event():
            piece, end = _piece(loader, loader.get_event())
            if piece is not None:
                growth.take(piece)
                if piece.kind == "scalar" and not piece.plain:
                    last_quoted = (piece.line, piece.column, end)
    except TooMuch:
        return None
    except yaml.MarkedYAMLError as error:
        growth.trouble.append(
            explain_syntax(growth.file, text, _complaint(error), last_quoted, _judge)
        )
        return None
    except yaml.YAMLError as error:
        growth.trouble.append(Mistake(growth.file, 1, 1, f"no valid YAML ({error})"))
        return None
    finally:
        loader.dispose()
    return growth.root or Node(Mark(growth.file, 1, 1), None)


def _judge(text: str) -> tuple[int, int]:
    """How well a text reads: (line of its first syntax error or a large number, mistakes)."""
    growth = Growth("", [])
    loader = _LOADER(text)
    try:
        while loader.check_event():
            piece, _ = _piece(loader, loader.get_event())
            if piece is not None:
                growth.take(piece)
        Definition.model_validate_json(json.dumps(growth.root.plain() if growth.root else None))
    except TooMuch:
        return 0, 0
    except yaml.MarkedYAMLError as error:
        return _complaint(error).line, 0
    except ValidationError as error:
        return MAX_BYTES, len(growth.trouble) + error.error_count()
    finally:
        loader.dispose()
    return MAX_BYTES, len(growth.trouble)


def _piece(loader: Any, event: Any) -> tuple[Piece | None, int]:
    """An event in our own words, and the line it ends in; None for those without meaning."""
    mark, end = event.start_mark, event.end_mark.line + 1
    line, column = mark.line + 1, mark.column + 1
    if isinstance(event, yaml.ScalarEvent):
        plain = not event.style
        tagged = event.tag is not None
        tag: Any = event.tag
        if plain and not tagged:
            tag = loader.resolve(yaml.ScalarNode, event.value, (True, False)).removeprefix(_TAG)
        return Piece(
            "scalar", line, column, event.value, str(tag or "str"), tagged, plain,
            anchor=event.anchor or "",
        ), end  # fmt: skip
    if isinstance(event, yaml.CollectionStartEvent):
        kind: Literal["map", "list"] = "list"
        if isinstance(event, yaml.MappingStartEvent):
            kind = "map"
        tagged = event.tag is not None
        return Piece(
            kind, line, column, "", str(event.tag or ""), tagged, False, bool(event.flow_style),
            event.anchor or "",
        ), end  # fmt: skip
    if isinstance(event, yaml.CollectionEndEvent):
        return Piece("end", line, column), end
    if isinstance(event, yaml.AliasEvent):
        return Piece("alias", line, column, str(event.anchor)), end
    if isinstance(event, yaml.DocumentStartEvent):
        return Piece("document", line, column), end
    return None, end


def _complaint(error: yaml.MarkedYAMLError) -> Complaint:
    problem = error.problem_mark or error.context_mark
    began = error.context_mark or problem
    line, column = (problem.line + 1, problem.column + 1) if problem else (1, 1)
    from_line, from_column = (began.line + 1, began.column + 1) if began else (line, column)
    return Complaint(error.problem or "", line, column, error.context or "", from_line, from_column)
