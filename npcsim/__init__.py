"""npcsim: NPCs that are state machines and agents at once.

The front door: what a user or a tool author imports. `load` and `run` pull in the rest when they
are called; `Run`, `Table` and `Definition` when they are first named.
"""

from typing import TYPE_CHECKING, Any

# `replay` is a function here and a room below: were the room first loaded later, Python would put
# it in the function's place.
import npcsim.replay  # noqa: F401
from npcsim.effects import (
    Add,
    AddMany,
    Break,
    CloseOffer,
    Consume,
    Create,
    Effect,
    Forget,
    Head,
    Motion,
    Move,
    Occupy,
    Offer,
    Promise,
    Recall,
    Release,
    Remember,
    Set,
    SetMany,
    Signal,
    SignalMany,
    Tie,
    Transfer,
)
from npcsim.errors import (
    AlreadySo,
    Interrupted,
    MissingExtra,
    MissingTools,
    ModelError,
    NpcsimError,
    ReplayDiverged,
    ScenarioError,
    StoreError,
    ToolRefused,
)
from npcsim.front import forecast, fork, interview, load, open_run, replay, resume, run
from npcsim.speech import References, SpeechAct
from npcsim.tools.asking import ask
from npcsim.tools.bargaining.agenda import Issue, Ratify
from npcsim.tools.bargaining.negotiation import Negotiation
from npcsim.tools.crowd import Crowd
from npcsim.tools.scene import Scene
from npcsim.tools.steps import Steps
from npcsim.tools.talk.conversation import Conversation
from npcsim.tools.tool import Tool, Words, state, tool
from npcsim.tools.uttering import Saying, speech_act
from npcsim.tools.view import Body, Kind, Place, Spot, View
from npcsim.world.rows import Act, Memory, Stage

if TYPE_CHECKING:
    from npcsim.scenario.schema import Definition
    from npcsim.store.run_store import Run
    from npcsim.store.table import Table

__all__ = [
    "Act", "Add", "AddMany", "AlreadySo", "Body", "Break", "CloseOffer", "Consume",
    "Conversation", "Create", "Crowd", "Definition", "Effect", "Forget", "Head", "Interrupted",
    "Issue", "Kind", "Memory", "MissingExtra", "MissingTools", "ModelError", "Motion", "Move",
    "Negotiation", "NpcsimError", "Occupy", "Offer", "Place", "Promise", "Ratify", "Recall",
    "References", "Release", "Remember", "ReplayDiverged", "Run", "Saying", "ScenarioError",
    "Scene", "Set", "SetMany", "Signal", "SignalMany", "SpeechAct", "Spot", "Stage", "Steps",
    "StoreError", "Table", "Tie", "Tool", "ToolRefused", "Transfer", "View", "Words", "ask",
    "forecast", "fork", "interview", "load", "open_run", "replay", "resume", "run", "speech_act",
    "state", "tool",
]  # fmt: skip
__version__ = "0.1.0"

_LATER = {
    "Definition": "npcsim.scenario.schema",
    "Run": "npcsim.store.run_store",
    "Table": "npcsim.store.table",
}


def __getattr__(name: str) -> Any:
    """What takes long to import, when it is first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module 'npcsim' has no attribute {name!r}")
    from importlib import import_module

    thing = getattr(import_module(_LATER[name]), name)
    globals()[name] = thing
    return thing
