"""Events: one fact each, in the order they became true. A run is one log of them.

Watchers (the window, the report, a subscriber) read events and nothing else. `RunStarted` holds
all that a watcher must know of the world at the start; every later change is an event.

`Landed`, `TierChanged`, `Given` and `Resumed` are **inputs**: they came from outside. Everything
else follows from the scenario, the seeds and the inputs.

An event is kept as a kind, a JSON payload and, where it has arrays, a blob of their raw
little-endian bytes. Payloads are never rewritten; `VERSION` is kept in each.
"""

from npcsim.events.arrays import Array
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
    TickEnded,
    ToolsChanged,
)
from npcsim.events.minds import (
    CANCELLED,
    ApprovalAsked,
    ApprovalEnded,
    Asked,
    Considered,
    DayPlanned,
    Decided,
    Forgot,
    GoalEnded,
    GoalStarted,
    Landed,
    PlanChanged,
    Recalled,
    Remembered,
    SceneBegan,
    SceneEnded,
    TierChanged,
)
from npcsim.events.packing import KINDS, VERSION, Event, Packed, pack, unpack
from npcsim.events.start import (
    Cast,
    Gauge,
    LayerPicture,
    Machine,
    MapPicture,
    PlaceMark,
    RunStarted,
    SpotMark,
    TierMark,
    TilesetPicture,
)

__all__ = [
    "ActEnded",
    "ActStarted",
    "Applied",
    "ApprovalAsked",
    "ApprovalEnded",
    "Array",
    "Asked",
    "Broke",
    "CANCELLED",
    "Cast",
    "Changed",
    "Considered",
    "DayPlanned",
    "Decided",
    "Drifted",
    "Event",
    "Fell",
    "Felt",
    "Forgot",
    "Gauge",
    "Given",
    "GoalEnded",
    "GoalStarted",
    "KINDS",
    "Landed",
    "LayerPicture",
    "Machine",
    "MapPicture",
    "Measured",
    "Moved",
    "Packed",
    "PlaceMark",
    "PlanChanged",
    "Recalled",
    "Rejected",
    "Remembered",
    "Resumed",
    "Rose",
    "RunEnded",
    "RunStarted",
    "SceneBegan",
    "SceneEnded",
    "Signalled",
    "SignalledMany",
    "SpotMark",
    "StateChanged",
    "TickEnded",
    "Tied",
    "TierChanged",
    "TierMark",
    "TilesetPicture",
    "ToolsChanged",
    "VERSION",
    "pack",
    "unpack",
]
