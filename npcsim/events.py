"""Events: one fact each, in the order they became true. A run is one log of them.

Watchers (the window, the report, a subscriber) read events and nothing else. `RunStarted` holds
all that a watcher must know of the world at the start; every later change is an event.

`Landed`, `TierChanged` and `Given` are **inputs**: they came from outside. Everything else
follows from the scenario, the seeds and the inputs.

An event is kept as a kind, a JSON payload and, where it has arrays, a blob of their raw
little-endian bytes. Payloads are never rewritten; `VERSION` is kept in each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import InstanceOf, TypeAdapter

from npcsim.errors import StoreError

VERSION = 1
Array = InstanceOf[NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Cast:
    """One NPC as it stands at the start. `serial` is what blocks call it by."""

    serial: int
    id: str
    name: str
    archetype: str
    behaviour: str
    x: float
    y: float
    state: str
    look: str = ""
    mind: bool = False
    goal: str = ""
    items: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlaceMark:
    """A place: its centre in tiles, and its rectangles (x0, y0, x1, y1), if it has any."""

    id: str
    name: str
    x: float
    y: float
    areas: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SpotMark:
    """A thing that stands somewhere: a bed, a stall, a door. Position in tiles."""

    id: str
    kind: str
    x: float
    y: float
    place: str = ""


@dataclass(frozen=True, slots=True)
class TilesetPicture:
    """A tileset image as base64 PNG, with how its tiles are cut from it (pixels)."""

    first_gid: int
    columns: int
    count: int
    tile_width: int
    tile_height: int
    margin: int
    spacing: int
    png: str


@dataclass(frozen=True, slots=True)
class LayerPicture:
    """One tile layer: gids row by row, `width * height` of them; 0 is empty."""

    name: str
    gids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MapPicture:
    """All a window needs to draw the map. Sizes in tiles; `blocked` is 0/1 row by row."""

    width: int
    height: int
    tile_size: int
    layers: tuple[LayerPicture, ...]
    tilesets: tuple[TilesetPicture, ...]
    blocked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Gauge:
    """A numeric attribute that every NPC has: its range and its drift per simulated second."""

    name: str
    low: float
    high: float
    rate: float
    need: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """A behaviour's states and transitions (the texts a transition number stands for)."""

    name: str
    states: tuple[str, ...]
    transitions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The world at the start. `initial` is gauge by gauge, then NPC by NPC (float64)."""

    tick: int
    run: str
    scenario: str
    title: str
    seed: int
    mind_seed: int
    tick_ms: int
    start_ms: int
    end_tick: int
    cast: tuple[Cast, ...]
    places: tuple[PlaceMark, ...]
    ways: tuple[tuple[str, str], ...]
    spots: tuple[SpotMark, ...]
    gauges: tuple[Gauge, ...]
    machines: tuple[Machine, ...]
    picture: MapPicture | None
    models: dict[str, str]
    versions: dict[str, str]
    initial: Array


@dataclass(frozen=True, slots=True)
class Moved:
    """New positions, in 1/1024 of a tile (int32). `who`: serials (uint32)."""

    tick: int
    who: Array
    x: Array
    y: Array


@dataclass(frozen=True, slots=True)
class StateChanged:
    """State-machine transitions. `new`: state numbers (uint8) of the NPC's own machine."""

    tick: int
    who: Array
    new: Array
    transition: Array


@dataclass(frozen=True, slots=True)
class Drifted:
    """Every gauge of everybody alive moved by its rate for so many simulated seconds, clipped."""

    tick: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Changed:
    """New values (float64) of one attribute. `by`: serials of who caused it, or empty.

    Several may have added to one value in a tick: `by` is who added most, ties drawn by dice.
    """

    tick: int
    attribute: str
    cause: str
    who: Array
    value: Array
    by: Array


@dataclass(frozen=True, slots=True)
class SignalledMany:
    """Many NPCs gave the same kind of signal."""

    tick: int
    about: str
    loudness: float
    who: Array


@dataclass(frozen=True, slots=True)
class Signalled:
    """One signal. For `about == "speech"`, `content` is the words and `to` the one spoken to."""

    tick: int
    about: str
    source: str
    x: float
    y: float
    place: str
    loudness: float
    content: str
    to: str


@dataclass(frozen=True, slots=True)
class ActStarted:
    """A tool call began. `due` is its tick, or -1 when it ends on arrival or from outside."""

    tick: int
    npc: str
    act: int
    tool: str
    args: dict[str, Any]
    text: str
    due: int
    by: str


@dataclass(frozen=True, slots=True)
class ActEnded:
    """A tool call ended: `how` is done, refused, interrupted or failed."""

    tick: int
    npc: str
    act: int
    tool: str
    how: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A bundle of single effects changed the world."""

    tick: int
    actor: str
    tool: str
    effects: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A bundle was not legal when its turn came. The actor perceives the reason.

    `broke`: where a tool that broke did so, such as `tools.py:18`; empty where it only refused. It
    is for people: a replay, whose files may lie elsewhere, does not compare it.
    """

    tick: int
    actor: str
    tool: str
    reason: str
    effects: tuple[dict[str, Any], ...]
    broke: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Fell:
    """An NPC's health reached its floor. `by` struck hardest in that tick, ties drawn by dice.

    `how` by the scenario's rules: dead, or knocked out; empty in logs from before it was kept.
    """

    tick: int
    npc: str
    by: str
    cause: str
    how: str = ""


@dataclass(frozen=True, slots=True)
class Rose:
    """An NPC that was down is up again."""

    tick: int
    npc: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A mind asked a thought.

    `purpose`: plan, react, object (of what was decided on), move, speak or reflect; `why`: what
    set it off.
    `tier` is who answers it, `reason` why the router chose that tier, `lands` the tick of landing.
    """

    tick: int
    thought: str
    npc: str
    purpose: str
    why: str
    tier: str
    reason: str
    lands: int
    options: tuple[str, ...]
    utilities: tuple[float, ...]


CANCELLED = "Cancelled"


@dataclass(frozen=True, slots=True)
class Landed:
    """An input: the answer to a thought, or its failure (`answer` None, `error` says why).

    `key` finds the model call with the whole request and answer; tokens are of that call. An
    error that begins with `Cancelled`: nobody could use the answer any more.
    """

    tick: int
    thought: str
    npc: str
    tier: str
    model: str
    key: str
    answer: dict[str, Any] | None
    error: str
    late: bool
    cost_usd: float

    @property
    def cancelled(self) -> bool:
        """Whether the thought was given up: its NPC was down, or interrupted."""
        return self.error.startswith(CANCELLED)


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a landed thought: the options as they were weighed, and the one taken.

    `probabilities` (the model's) is empty where there are none. `blended` is what the dice drew
    from. `pick` is -1 for words. `fallback`: the model failed, needs decided instead.
    """

    tick: int
    thought: str
    npc: str
    purpose: str
    tier: str
    options: tuple[str, ...]
    utilities: tuple[float, ...]
    probabilities: tuple[float, ...]
    blended: tuple[float, ...]
    pick: int
    text: str
    fallback: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """A line entered an NPC's memory. `sort`: seen, heard, did, felt or concluded."""

    tick: int
    npc: str
    text: str
    sort: str
    importance: float


@dataclass(frozen=True, slots=True)
class GoalStarted:
    """An NPC took up a plan: its steps in the order they are to be done, as texts."""

    tick: int
    npc: str
    goal: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoalEnded:
    """A plan ended: `how` is done, failed or dropped."""

    tick: int
    npc: str
    goal: str
    how: str
    reason: str


@dataclass(frozen=True, slots=True)
class Measured:
    """One number of a scenario's `measure:` series. `group` is an archetype, or "all"."""

    tick: int
    name: str
    group: str
    value: float


@dataclass(frozen=True, slots=True)
class TierChanged:
    """An input: a tier became usable or unusable."""

    tick: int
    tier: str
    healthy: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """A call waits for leave. Nobody saying a word by tick `due`, the scenario's rule decides.

    `alternatives` are the options that were not taken; empty where a plan's next step waits.
    """

    tick: int
    npc: str
    tool: str
    text: str
    alternatives: tuple[str, ...]
    due: int
    otherwise: str


@dataclass(frozen=True, slots=True)
class ApprovalEnded:
    """`verdict`: allowed, refused, changed (`text` is the call done instead), or lapsed.

    `by` is who said so: the input's source, or "rule".
    """

    tick: int
    npc: str
    tool: str
    text: str
    verdict: str
    by: str


@dataclass(frozen=True, slots=True)
class Broke:
    """A thing was broken. Of its `price` in coins, who broke it `paid` so much at once."""

    tick: int
    spot: str
    kind: str
    by: str
    price: int
    paid: int


@dataclass(frozen=True, slots=True)
class SceneBegan:
    """Several NPCs have come together in a scene."""

    tick: int
    scene: str
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SceneEnded:
    """A scene is over. `outcome` is the scene's own, or `left`, `fell`, `time is up`, `broken`."""

    tick: int
    scene: str
    who: tuple[str, ...]
    outcome: str


@dataclass(frozen=True, slots=True)
class Given:
    """An input: something a player, an engine or a script put in. `entry` is its plain data."""

    tick: int
    source: str
    entry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolsChanged:
    """Other tools were taken up: the names that are new, gone, or mean something else.

    Follows the input that held the text of `file`.
    """

    tick: int
    file: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TickEnded:
    """The tick is committed; `hash` is the world's state hash (hex)."""

    tick: int
    hash: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The last fact of a run. `reason`: end, stopped, interrupted or an error's text."""

    tick: int
    reason: str
    hash: str


Event = (
    RunStarted | Moved | StateChanged | Drifted | Changed | SignalledMany | Signalled
    | ActStarted | ActEnded | Applied | Rejected | Fell | Rose | Asked | Landed | Decided
    | Remembered | GoalStarted | GoalEnded | Measured | TierChanged | ApprovalAsked
    | ApprovalEnded | Broke | SceneBegan | SceneEnded | Given | ToolsChanged | TickEnded | RunEnded
)  # fmt: skip
KINDS: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        RunStarted, Moved, StateChanged, Drifted, Changed, SignalledMany, Signalled,
        ActStarted, ActEnded, Applied, Rejected, Fell, Rose, Asked, Landed, Decided,
        Remembered, GoalStarted, GoalEnded, Measured, TierChanged, ApprovalAsked,
        ApprovalEnded, Broke, SceneBegan, SceneEnded, Given, ToolsChanged, TickEnded, RunEnded,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Packed:
    """An event as it is kept."""

    kind: str
    payload: bytes
    blob: bytes


_ATOMS = (str, int, float, bool, type(None))
# Made once: `json.dumps` with such options makes an encoder a call.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@cache
def _names(kind: str) -> tuple[str, ...]:
    return tuple(f.name for f in fields(KINDS[kind]))


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind])


def _plain(value: Any) -> Any:
    """Nested event data as JSON types; dataclasses become dicts."""
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.generic):
        return value.item()
    return value


def pack(event: Event) -> Packed:
    """The event as bytes. Arrays go to the blob, in field order, little-endian."""
    body: dict[str, Any] = {"v": VERSION}
    arrays: list[list[Any]] = []
    raw: list[bytes] = []
    for name in _names(type(event).__name__):
        value = getattr(event, name)
        if isinstance(value, np.ndarray):
            little = value.astype(value.dtype.newbyteorder("<"), copy=False)
            arrays.append([name, little.dtype.str, len(little)])
            raw.append(little.tobytes())
        else:
            body[name] = value if type(value) in _ATOMS else _plain(value)
    if arrays:
        body["arrays"] = arrays
    text = _encode(body)
    # Half of a surrogate pair is no UTF-8; written as JSON's own escape it comes back as it was.
    payload = text.encode("utf-8", "backslashreplace")
    return Packed(type(event).__name__, payload, b"".join(raw))


def unpack(packed: Packed) -> Event:
    """Inverse of `pack`. Raises `StoreError` for a kind or a version it does not know."""
    if packed.kind not in KINDS:
        raise StoreError(f"the log holds an event of unknown kind {packed.kind!r}")
    body = json.loads(packed.payload)
    version = body.pop("v", None)
    if version != VERSION:
        raise StoreError(
            f"event {packed.kind} is of version {version}; this npcsim reads {VERSION}"
        )
    start = 0
    for name, dtype, length in body.pop("arrays", []):
        kind = np.dtype(dtype)
        end = start + kind.itemsize * length
        body[name] = np.frombuffer(packed.blob[start:end], dtype=kind)
        start = end
    event: Event = _adapter(packed.kind).validate_python(body)
    return event
