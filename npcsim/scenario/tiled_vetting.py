"""Look a Tiled map's files over before the parser touches them.

A map may come from anywhere. What could hurt is refused here, on the raw text: entities (XML
bombs), files outside the world's folder, absurd sizes, data that unpacks to more than the map
holds. What the parser can't read is named here too, with words an author can act on.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from npcsim.errors import Mistake, ScenarioError

MAX_TILES = 4_000_000
MAX_LAYER_TILES = 16_000_000
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_IMAGE_PIXELS = 64_000_000
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def refuse(
    file: Path, message: str, hint: str = "", line: int = 1, column: int = 1
) -> ScenarioError:
    return ScenarioError([Mistake(str(file), line, column, message, hint)])


@dataclass(frozen=True, slots=True)
class _Element:
    """One node of a map file, TMX and JSON alike: its tag, attributes, children and own data."""

    tag: str
    attributes: dict[str, Any]
    children: tuple[_Element, ...]
    data: str


def vet(path: Path, root: Path) -> str:
    """Refuse a map file (and every file it names) that is unsafe or unreadable. -> its text.

    `root` is the folder that no file may lie outside of. Raises ScenarioError.
    """
    text = _read_text(path)
    _check_map(path, text)
    _vet_file(path, root.resolve(), set())
    return text


def read_bytes(path: Path) -> bytes:
    """The file's bytes, at most MAX_FILE_BYTES. Raises ScenarioError when larger, else OSError."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise refuse(path, f"the file is larger than {MAX_FILE_BYTES // 2**20} MiB")
    return path.read_bytes()


def inside(root: Path, base: Path, name: str, file: Path) -> Path:
    """Where `name`, written in `file`, lies. Raises ScenarioError when outside of `root`."""
    looks_absolute = name.startswith(("/", "\\")) or name[1:2] == ":"
    target = (base / name.replace("\\", "/")).resolve()
    if looks_absolute or not target.is_relative_to(root.resolve()):
        raise refuse(
            file,
            f"'{name}' lies outside the world's folder",
            "copy it beside the map, name it by a relative path",
        )
    return target


def png_size(image: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from a PNG's header; None when it is no PNG."""
    if len(image) < 24 or not image.startswith(PNG_MAGIC) or image[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", image[16:24])
    return width, height


def _read_text(path: Path) -> str:
    try:
        text = read_bytes(path).decode("utf-8")
    except FileNotFoundError:
        raise refuse(path, "there is no such map file") from None
    except UnicodeDecodeError as error:
        raise refuse(path, f"the file is not UTF-8 text ({error.reason})") from None
    except OSError as error:
        raise refuse(path, f"the file can't be read ({error.strerror})") from None
    if not text.strip():
        raise refuse(path, "the file is empty", "expected a Tiled map (TMX or JSON)")
    if text.startswith("\ufeff"):
        raise refuse(path, "the file starts with a byte order mark", "save it as plain UTF-8")
    return text


def _parse(path: Path, text: str) -> _Element:
    """The file as a tree. Any DOCTYPE is refused first: entities can only be declared in one."""
    if text.lstrip().startswith("<"):
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise refuse(path, "a DOCTYPE is not allowed in a map", "remove it: Tiled writes none")
        try:
            return _from_xml(ElementTree.fromstring(text))
        except ElementTree.ParseError as error:
            line, column = error.position
            raise refuse(path, f"malformed XML ({error})", line=line, column=column + 1) from None
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"malformed JSON ({error.msg})"
        raise refuse(path, message, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise refuse(path, "the JSON is nested too deep") from None
    if not isinstance(raw, dict):
        raise refuse(path, "expected a Tiled map, found other JSON")
    tag = "map" if "layers" in raw else "tileset" if "tilecount" in raw else "template"
    return _from_json(tag, raw)


def _from_xml(node: ElementTree.Element) -> _Element:
    children = tuple(_from_xml(child) for child in node)
    return _Element(node.tag, dict(node.attrib), children, node.text or "")


def _from_json(tag: str, raw: dict[str, Any]) -> _Element:
    children = []
    for key, child_tag in (
        ("tilesets", "tileset"),
        ("layers", "layer"),
        ("objects", "object"),
        ("tiles", "tile"),
    ):
        listed = raw.get(key)
        if isinstance(listed, list):
            children += [_from_json(child_tag, one) for one in listed if isinstance(one, dict)]
    for key, child_tag in (
        ("tileset", "tileset"),
        ("object", "object"),
        ("objectgroup", "objectgroup"),
    ):
        if isinstance(raw.get(key), dict):
            children.append(_from_json(child_tag, raw[key]))
    if isinstance(raw.get("image"), str) and tag in ("tileset", "tile"):
        children.append(_Element("image", {"source": raw["image"]}, (), ""))
    if tag == "layer" and ("data" in raw or "chunks" in raw):
        data = raw.get("data", "")
        encoding = raw.get("encoding", "csv")
        about = {"encoding": encoding, "compression": raw.get("compression", "")}
        chunks = (_Element("chunk", {}, (), ""),) if "chunks" in raw else ()
        children.append(_Element("data", about, chunks, data if isinstance(data, str) else ""))
    plain = {k: v for k, v in raw.items() if isinstance(v, str | int | float)}
    return _Element(tag, plain, tuple(children), "")


def _walk(element: _Element) -> Iterator[_Element]:
    waiting = [element]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(one.children)


def _check_map(path: Path, text: str) -> None:
    """The map is orthogonal and finite, and no larger than it should be, packed or unpacked."""
    tree = _guarded_parse(path, text)
    if tree.tag != "map":
        raise refuse(path, f"expected a Tiled map, found <{tree.tag}>")
    orientation = tree.attributes.get("orientation", "orthogonal")
    if orientation != "orthogonal":
        raise refuse(path, f"the map is {orientation}; only orthogonal maps can be used")
    if str(tree.attributes.get("infinite", "0")).lower() not in ("0", "false"):
        raise refuse(
            path,
            "the map is infinite; only maps of a fixed size can be used",
            "untick Map > Map Properties > Infinite",
        )
    cells = _positive(path, tree, "width") * _positive(path, tree, "height")
    _positive(path, tree, "tilewidth")
    _positive(path, tree, "tileheight")
    datas = [one for one in _walk(tree) if one.tag == "data"]
    if cells > MAX_TILES or cells * len(datas) > MAX_LAYER_TILES:
        most = f"at most {MAX_TILES} tiles, {MAX_LAYER_TILES} over all layers"
        raise refuse(path, f"the map has {cells} tiles in {len(datas)} layers", most)
    for data in datas:
        _check_data(path, data, cells)


def _guarded_parse(path: Path, text: str) -> _Element:
    try:
        return _parse(path, text)
    except RecursionError:
        raise refuse(path, "the file is nested too deep") from None


def _positive(path: Path, tree: _Element, name: str) -> int:
    try:
        value = int(tree.attributes[name])
    except (KeyError, ValueError):
        raise refuse(path, f"the map has no valid '{name}'") from None
    if value < 1:
        raise refuse(path, f"the map's '{name}' is {value}; expected at least 1")
    return value


def _check_data(path: Path, data: _Element, cells: int) -> None:
    encoding = data.attributes.get("encoding")
    if any(child.tag == "chunk" for child in data.children):
        raise refuse(path, "a layer is in chunks; only maps of a fixed size can be used")
    if encoding is None:
        raise refuse(
            path,
            "a layer's tiles are XML elements",
            "set Tile Layer Format to CSV or Base64 in the map's properties",
        )
    if encoding != "base64":
        return
    compression = data.attributes.get("compression", "")
    if compression not in ("", "zlib", "gzip"):
        raise refuse(
            path,
            f"a layer is packed with {compression}",
            "set Tile Layer Format to CSV or Base64 (zlib)",
        )
    try:
        packed = base64.b64decode(data.data)
        size = len(packed) if not compression else _unpacked_size(packed, compression, cells * 4)
    except (binascii.Error, zlib.error) as error:
        raise refuse(path, f"a layer's tiles can't be unpacked ({error})") from None
    if size != cells * 4:
        raise refuse(path, f"a layer does not hold the map's {cells} tiles")


def _unpacked_size(packed: bytes, compression: str, expected: int) -> int:
    """Bytes that `packed` unpacks to, giving up just past `expected` (a bomb is not unpacked)."""
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | (16 if compression == "gzip" else 0))
    return len(unpack.decompress(packed, expected + 1))


def _vet_file(path: Path, root: Path, seen: set[Path]) -> None:
    """Every file that this one names lies in `root` and is itself vetted, once."""
    if path in seen:
        return
    seen.add(path)
    for one in _walk(_guarded_parse(path, _read_text(path))):
        if one.tag == "image" and "source" in one.attributes:
            inside(root, path.parent, one.attributes["source"], path)
        names = [one.attributes.get("source") if one.tag == "tileset" else None]
        names.append(one.attributes.get("template") if one.tag == "object" else None)
        for name in names:
            if name is not None:
                _vet_file(inside(root, path.parent, str(name), path), root, seen)
