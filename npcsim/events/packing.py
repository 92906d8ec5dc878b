"""An event as bytes, and back: a JSON payload and a blob of its arrays.

Payloads are never rewritten; `VERSION` is kept in each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from npcsim.errors import StoreError
from npcsim.events.bodies import (
    ActEnded,
    ActStarted,
    Applied,
    Broke,
    Changed,
    Drifted,
    Fell,
    Felt,
    Moved,
    Rejected,
    Rose,
    Signalled,
    SignalledMany,
    StateChanged,
    Tied,
)
from npcsim.events.course import (
    Given,
    Measured,
    Resumed,
    RunEnded,
    ScenarioChanged,
    TickEnded,
    ToolsChanged,
)
from npcsim.events.minds import (
    ApprovalAsked,
    ApprovalEnded,
    Asked,
    DayPlanned,
    Decided,
    Embedded,
    Forgot,
    GoalEnded,
    GoalStarted,
    Landed,
    PlanChanged,
    PromiseBroken,
    Promised,
    PromiseKept,
    Recalled,
    Remembered,
    SceneBegan,
    SceneEnded,
    TierChanged,
    Weighed,
)
from npcsim.events.start import (
    RunStarted,
)

VERSION = 1

Event = (
    RunStarted | Moved | StateChanged | Drifted | Changed | SignalledMany | Signalled
    | ActStarted | ActEnded | Applied | Rejected | Fell | Rose | Asked | Landed | Decided
    | Remembered | Recalled | Forgot | Embedded | Weighed | GoalStarted | GoalEnded | PlanChanged
    | DayPlanned
    | Measured | TierChanged | ApprovalAsked | ApprovalEnded | Broke | SceneBegan | SceneEnded
    | Given | ToolsChanged | ScenarioChanged | Felt | Tied | Resumed
    | Promised | PromiseKept | PromiseBroken
    | TickEnded | RunEnded
)  # fmt: skip
KINDS: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        RunStarted, Moved, StateChanged, Drifted, Changed, SignalledMany, Signalled,
        ActStarted, ActEnded, Applied, Rejected, Fell, Rose, Asked, Landed, Decided,
        Remembered, Recalled, Forgot, Embedded, Weighed, GoalStarted, GoalEnded, PlanChanged,
        DayPlanned,
        Measured, TierChanged, ApprovalAsked, ApprovalEnded, Broke, SceneBegan, SceneEnded,
        Given, ToolsChanged, ScenarioChanged, Felt, Tied, Resumed,
        Promised, PromiseKept, PromiseBroken,
        TickEnded, RunEnded,
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
