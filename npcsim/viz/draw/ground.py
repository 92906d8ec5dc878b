"""What NPCs walk on: a tiled map, or places and ways drawn plainly, or an open field."""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pygame

from npcsim.events import LayerPicture, MapPicture, RunStarted, TilesetPicture
from npcsim.viz.draw.icons import quick
from npcsim.viz.draw.ink import NIGHT

ZOOMS = (0.125, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0)
CHUNK = 16  # tiles along a side of a pre-rendered piece of the map
KEPT_PIXELS = 24_000_000
AT_ONCE = 6  # pieces made between two frames of a window
FLIPS = (0x80000000, 0x40000000, 0x20000000)  # Tiled's bits: across, down, along the diagonal
GID = 0x0FFFFFFF
OVERHEAD = ("above", "over", "overhead")  # a layer of such a name is drawn over the NPCs
ROOM = 3.0  # tiles shown beyond what lies outermost on a field
FIELD = (112, 142, 96)
FIELD_LINE = (104, 133, 89)
WAY = (176, 158, 122)
FLOOR = (206, 190, 154)
FLOOR_EDGE = (120, 102, 76)


@dataclass(slots=True)
class Camera:
    """What the middle of the view looks at (tiles), and how large (screen pixels per tile)."""

    x: float
    y: float
    level: int
    tile: int

    @property
    def zoom(self) -> float:
        return ZOOMS[self.level]

    @property
    def scale(self) -> float:
        """Screen pixels per tile."""
        return self.tile * self.zoom

    def corner(self, view: pygame.Rect) -> tuple[int, int]:
        """Where tile (0, 0) begins on the screen."""
        return (
            view.centerx - round(self.x * self.scale),
            view.centery - round(self.y * self.scale),
        )

    def to_tile(self, at: tuple[int, int], view: pygame.Rect) -> tuple[float, float]:
        """The point of the world under a point of the screen."""
        left, top = self.corner(view)
        return (at[0] - left) / self.scale, (at[1] - top) / self.scale

    def zoom_to(self, steps: int, at: tuple[int, int], view: pygame.Rect) -> None:
        """Zoom so that what is under `at` stays there."""
        before = self.to_tile(at, view)
        self.level = min(max(self.level + steps, 0), len(ZOOMS) - 1)
        after = self.to_tile(at, view)
        self.x += before[0] - after[0]
        self.y += before[1] - after[1]


Pieces = list[tuple[pygame.Surface, tuple[int, int]]]
"""Pictures and where on the screen they go."""


class Ground(Protocol):
    """Something to stand on. `bounds` are x0, y0, x1, y1 in tiles, `tile` its pixels at 1x.

    `hurried`: a frame must not be late for the ground; a shot isn't. `whole`: nothing was missing
    when it was drawn last.
    """

    bounds: tuple[float, float, float, float]
    tile: int
    hurried: bool
    whole: bool

    def draw(self, surface: pygame.Surface, view: pygame.Rect, camera: Camera) -> None:
        """What lies under the NPCs."""

    def above(self, view: pygame.Rect, camera: Camera) -> Pieces:
        """What hangs over them, to be blitted in any order."""


def make_ground(started: RunStarted) -> Ground:
    """The ground that a run has."""
    picture = started.picture
    if picture is not None and picture.width > 0 and picture.height > 0:
        return TiledGround(picture)
    return PlainGround(started)


class TiledGround:
    """A tile map, rendered in pieces once a zoom level and kept while they are in use."""

    def __init__(self, picture: MapPicture) -> None:
        self.bounds = (0.0, 0.0, float(picture.width), float(picture.height))
        self.tile = max(1, picture.tile_size)
        self._picture = picture
        self._sheets = [_sheet(tileset) for tileset in picture.tilesets]
        self._tiles: dict[int, pygame.Surface] = {}
        self._kept: OrderedDict[tuple[bool, int, int, float], pygame.Surface] = OrderedDict()
        self._pixels = 0
        self._layers: dict[bool, list[LayerPicture]] = {False: [], True: []}
        for layer in picture.layers:
            over = layer.name.lower() in OVERHEAD
            if len(layer.gids) == picture.width * picture.height:
                self._layers[over].append(layer)
        largest = max((max(t.tile_width, t.tile_height) for t in picture.tilesets), default=1)
        self._reach = max(0, math.ceil(largest / self.tile) - 1)
        self.hurried = False
        """Whether only a few pieces are made between two frames, the others being plain so far."""
        self.whole = False
        self._made_now = 0
        self._afar: pygame.Surface | None = None

    def draw(self, surface: pygame.Surface, view: pygame.Rect, camera: Camera) -> None:
        left, top = camera.corner(view)
        whole = pygame.Rect(left, top, *(int(side * camera.scale) for side in self.bounds[2:]))
        if not whole.contains(view):
            surface.fill(NIGHT, view)
        surface.blits(self._in_view(view, camera, False), False)

    def above(self, view: pygame.Rect, camera: Camera) -> Pieces:
        if not self._layers[True]:
            return []
        found = self._in_view(view, camera, True)
        return [one for one in found if one[0].get_width()]

    def _in_view(self, view: pygame.Rect, camera: Camera, over: bool) -> Pieces:
        out: Pieces = []
        self._made_now, self.whole = 0, True
        left, top = camera.corner(view)
        size = round(CHUNK * camera.scale)
        across = math.ceil(self._picture.width / CHUNK)
        down = math.ceil(self._picture.height / CHUNK)
        for row in range(max(0, (view.top - top) // size), down):
            if top + row * size >= view.bottom:
                break
            for column in range(max(0, (view.left - left) // size), across):
                if left + column * size >= view.right:
                    break
                at = (left + column * size, top + row * size)
                key = (over, column, row, camera.zoom)
                if self.hurried and self._made_now >= AT_ONCE and key not in self._kept:
                    self.whole = False
                    if not over:
                        out.append((self._plain(column, row, camera.scale), at))
                    continue
                out.append((self._piece(over, column, row, camera.zoom), at))
        return out

    def _piece(self, over: bool, column: int, row: int, zoom: float) -> pygame.Surface:
        key = (over, column, row, zoom)
        piece = self._kept.get(key)
        if piece is None:
            self._made_now += 1
            piece = self._render(over, column, row)
            if zoom >= 1:
                piece = pygame.transform.scale_by(piece, zoom)
            else:
                piece = pygame.transform.smoothscale_by(piece, zoom)
            if over and piece.get_bounding_rect().width == 0:
                piece = pygame.Surface((0, 0))
            elif over:
                piece = quick(piece)  # mostly clear
            self._kept[key] = piece
            self._pixels += piece.get_width() * piece.get_height()
            while self._pixels > KEPT_PIXELS and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._pixels -= old.get_width() * old.get_height()
        self._kept.move_to_end(key)
        return piece

    def _plain(self, column: int, row: int, scale: float) -> pygame.Surface:
        """A piece as it looks from afar: a tile is one colour."""
        if self._afar is None:
            self._afar = self._from_afar()
        box = pygame.Rect(column * CHUNK, row * CHUNK, CHUNK, CHUNK).clip(self._afar.get_rect())
        size = (math.ceil(box.width * scale), math.ceil(box.height * scale))
        return pygame.transform.scale(self._afar.subsurface(box), size)

    def _from_afar(self) -> pygame.Surface:
        """The whole map, a pixel a tile: what lies topmost there, in its mean colour."""
        shape = (self._picture.height, self._picture.width)
        colours = np.empty((*shape, 3), dtype=np.uint8)
        colours[:] = FIELD
        for layer in self._layers[False]:
            gids = np.array(layer.gids, dtype=np.int64).reshape(shape) & GID
            means = np.zeros((int(gids.max(initial=0)) + 1, 4), dtype=np.float32)
            for gid in np.unique(gids[gids > 0]).tolist():
                means[gid] = _mean(self._tile(gid))
            seen = means[gids]
            share = seen[..., 3:] / 255.0
            colours[:] = np.round(colours * (1.0 - share) + seen[..., :3] * share)
        return pygame.surfarray.make_surface(colours.swapaxes(0, 1)).convert()

    def _render(self, over: bool, column: int, row: int) -> pygame.Surface:
        """A piece at 1x. Tiles larger than a cell stand on its lower left corner, as in Tiled."""
        picture, tile = self._picture, self.tile
        x0, y0 = column * CHUNK, row * CHUNK
        x1, y1 = min(x0 + CHUNK, picture.width), min(y0 + CHUNK, picture.height)
        made = pygame.Surface(((x1 - x0) * tile, (y1 - y0) * tile), pygame.SRCALPHA)
        if not over:
            made.fill((*FIELD, 255))
        for layer in self._layers[over]:
            for y in range(y0, min(y1 + self._reach, picture.height)):
                for x in range(max(0, x0 - self._reach), x1):
                    gid = layer.gids[y * picture.width + x]
                    if gid:
                        art = self._tile(gid)
                        made.blit(art, ((x - x0) * tile, (y - y0 + 1) * tile - art.get_height()))
        return made if over else made.convert()

    def _tile(self, gid: int) -> pygame.Surface:
        if gid not in self._tiles:
            self._tiles[gid] = self._cut(gid)
        return self._tiles[gid]

    def _cut(self, gid: int) -> pygame.Surface:
        number = gid & GID
        found = None
        for tileset, sheet in zip(self._picture.tilesets, self._sheets, strict=True):
            if tileset.first_gid <= number < tileset.first_gid + tileset.count:
                found = _tile_of(tileset, sheet, number - tileset.first_gid)
        art = found or _stand_in(number, self.tile)
        across, down, diagonal = (bool(gid & bit) for bit in FLIPS)
        if diagonal:
            art = pygame.transform.flip(pygame.transform.rotate(art, 90), False, True)
        return pygame.transform.flip(art, across, down) if across or down else art


def _mean(art: pygame.Surface) -> tuple[int, int, int, int]:
    """The mean colour of a tile, and how much of what is below it covers."""
    part = pygame.transform.smoothscale(art, (1, 1)).get_at((0, 0))
    return part.r, part.g, part.b, part.a


def _sheet(tileset: TilesetPicture) -> pygame.Surface | None:
    """A tileset's image, or None where it can't be read: its tiles get a stand-in."""
    try:
        raw = base64.b64decode(tileset.png, validate=True)
        return pygame.image.load(io.BytesIO(raw), "tiles.png").convert_alpha() if raw else None
    except (binascii.Error, ValueError, pygame.error):
        return None


def _tile_of(
    tileset: TilesetPicture, sheet: pygame.Surface | None, index: int
) -> pygame.Surface | None:
    row, column = divmod(index, max(1, tileset.columns))
    x = tileset.margin + column * (tileset.tile_width + tileset.spacing)
    y = tileset.margin + row * (tileset.tile_height + tileset.spacing)
    box = pygame.Rect(x, y, tileset.tile_width, tileset.tile_height)
    if sheet is None or not sheet.get_rect().contains(box):
        return None
    return sheet.subsurface(box)


def _stand_in(number: int, tile: int) -> pygame.Surface:
    """A plain tile of a colour of its own, for one whose picture is missing."""
    made = pygame.Surface((tile, tile), pygame.SRCALPHA)
    shade = number * 2654435761 % 2**32
    colour = (90 + shade % 80, 100 + (shade >> 8) % 80, 90 + (shade >> 16) % 60)
    made.fill((*colour, 255))
    pygame.draw.rect(made, tuple(part - 18 for part in colour), made.get_rect(), 1)
    return made


class PlainGround:
    """No map: places and ways as a drawn graph on a field."""

    def __init__(self, started: RunStarted) -> None:
        self.tile = 16
        self.hurried, self.whole = False, True
        self._places = {place.id: place for place in started.places}
        self._ways = started.ways
        self._spots = started.spots
        points = [(one.x, one.y) for one in started.cast]
        points += [(one.x, one.y) for one in started.places]
        points += [(one.x, one.y) for one in started.spots]
        xs = [x for x, _ in points] or [0.0]
        ys = [y for _, y in points] or [0.0]
        for place in started.places:
            xs += [float(x) for area in place.areas for x in (area[0], area[2])]
            ys += [float(y) for area in place.areas for y in (area[1], area[3])]
        self.bounds = (min(xs) - ROOM, min(ys) - ROOM, max(xs) + ROOM, max(ys) + ROOM)

    def draw(self, surface: pygame.Surface, view: pygame.Rect, camera: Camera) -> None:
        surface.fill(FIELD, view)
        left, top = camera.corner(view)
        scale = camera.scale
        step = scale * 4 if scale >= 4 else scale * 32
        for at in range(math.floor((view.left - left) / step), int((view.right - left) / step) + 1):
            x = left + round(at * step)
            pygame.draw.line(surface, FIELD_LINE, (x, view.top), (x, view.bottom))
        for at in range(math.floor((view.top - top) / step), int((view.bottom - top) / step) + 1):
            y = top + round(at * step)
            pygame.draw.line(surface, FIELD_LINE, (view.left, y), (view.right, y))
        self._draw_graph(surface, left, top, scale)

    def _draw_graph(self, surface: pygame.Surface, left: int, top: int, scale: float) -> None:
        def screen(x: float, y: float) -> tuple[int, int]:
            return left + round(x * scale), top + round(y * scale)

        for a, b in self._ways:
            if a in self._places and b in self._places:
                ends = [screen(self._places[at].x, self._places[at].y) for at in (a, b)]
                pygame.draw.line(surface, WAY, ends[0], ends[1], max(2, round(scale * 0.45)))
        for place in self._places.values():
            for area in place.areas:
                box = pygame.Rect(screen(area[0], area[1]), (0, 0))
                box.size = (
                    round((area[2] - area[0]) * scale),
                    round((area[3] - area[1]) * scale),
                )
                pygame.draw.rect(surface, FLOOR, box, border_radius=int(scale / 3))
                pygame.draw.rect(surface, FLOOR_EDGE, box, 2, border_radius=int(scale / 3))
            if not place.areas:
                size = max(4, round(scale * 1.6))
                pygame.draw.circle(surface, FLOOR, screen(place.x, place.y), size)
                pygame.draw.circle(surface, FLOOR_EDGE, screen(place.x, place.y), size, 2)
        for spot in self._spots:
            box = pygame.Rect((0, 0), (max(3, round(scale / 2)),) * 2)
            box.center = screen(spot.x, spot.y)
            pygame.draw.rect(surface, FLOOR_EDGE, box, border_radius=2)

    def above(self, view: pygame.Rect, camera: Camera) -> Pieces:
        """Nothing hangs over a field."""
        return []
