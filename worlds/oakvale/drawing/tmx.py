"""Write a map the way Tiled does, with its tileset inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class MapObject:
    """A place (with a size) or a point, in tiles."""

    name: str
    kind: str  # the object's class: place, spot, spawn
    x: float
    y: float
    width: float = 0
    height: float = 0
    properties: Mapping[str, str] = field(default_factory=dict)


def tmx_text(
    layers: Mapping[str, NDArray[np.int32]],
    objects: Mapping[str, Sequence[MapObject]],
    tileset: Sequence[str],
) -> str:
    """A whole map as TMX; `layers` hold global tile numbers, [h, w]."""
    height, width = next(iter(layers.values())).shape
    count = sum(len(group) for group in objects.values())
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<map version="1.10" tiledversion="1.10.2" orientation="orthogonal"'
        ' renderorder="right-down"'
        f' width="{width}" height="{height}" tilewidth="16" tileheight="16" infinite="0"'
        f' nextlayerid="{len(layers) + len(objects) + 1}" nextobjectid="{count + 1}">',
        *tileset,
    ]
    for number, (name, gids) in enumerate(layers.items(), start=1):
        lines.append(f' <layer id="{number}" name="{name}" width="{width}" height="{height}">')
        rows = [",".join(str(gid) for gid in row) for row in gids.tolist()]
        lines += ['  <data encoding="csv">', ",\n".join(rows), "</data>", " </layer>"]
    identity = 0
    for number, (name, group) in enumerate(objects.items(), start=len(layers) + 1):
        lines.append(f' <objectgroup id="{number}" name="{name}">')
        for one in group:
            identity += 1
            lines += _object(identity, one)
        lines.append(" </objectgroup>")
    lines.append("</map>")
    return "\n".join(lines) + "\n"


def _object(identity: int, one: MapObject) -> list[str]:
    size = f' width="{one.width * 16:g}" height="{one.height * 16:g}"' if one.width else ""
    head = (
        f'  <object id="{identity}" name={quoteattr(one.name)} type="{one.kind}"'
        f' x="{one.x * 16:g}" y="{one.y * 16:g}"{size}'
    )
    if one.width and not one.properties:
        return [head + "/>"]
    inner = [] if one.width else ["   <point/>"]
    if one.properties:
        listed = [
            f"    <property name={quoteattr(key)} value={quoteattr(value)}/>"
            for key, value in one.properties.items()
        ]
        inner = ["   <properties>", *listed, "   </properties>", *inner]
    return [head + ">", *inner, "  </object>"]


def tileset_text(
    count: int, columns: int, meanings: Mapping[int, Mapping[str, bool]], image: str
) -> list[str]:
    """The tileset's lines: its picture, and what its tiles mean."""
    rows = -(-count // columns)
    lines = [
        f' <tileset firstgid="1" name="oakvale" tilewidth="16" tileheight="16"'
        f' tilecount="{count}" columns="{columns}">',
        f'  <image source="{image}" width="{columns * 16}" height="{rows * 16}"/>',
    ]
    for number, said in sorted(meanings.items()):
        lines += [f'  <tile id="{number}">', "   <properties>"]
        for key, value in said.items():
            lines.append(f'    <property name="{key}" type="bool" value="{str(value).lower()}"/>')
        lines += ["   </properties>", "  </tile>"]
    lines.append(" </tileset>")
    return lines
