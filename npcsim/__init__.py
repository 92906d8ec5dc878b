"""npcsim: NPCs that are state machines and agents at once.

The front door: what a user or a tool author imports. `load` and `run` pull in the rest when they
are called.
"""

from npcsim.effects import (
    Add,
    AddMany,
    CloseOffer,
    Consume,
    Create,
    Effect,
    Head,
    Motion,
    Move,
    Occupy,
    Offer,
    Release,
    Remember,
    Set,
    SetMany,
    Signal,
    SignalMany,
    Tie,
    Transfer,
)
from npcsim.errors import AlreadySo, ModelError, NpcsimError, ScenarioError, ToolRefused
from npcsim.front import load, open_run
from npcsim.tools.asking import ask
from npcsim.tools.crowd import Crowd
from npcsim.tools.steps import Steps
from npcsim.tools.tool import Tool, Words, state, tool
from npcsim.tools.view import Body, Kind, Place, Spot, View
from npcsim.world.state import Act

__all__ = [
    "Act", "Add", "AddMany", "AlreadySo", "Body", "CloseOffer", "Consume", "Create", "Crowd",
    "Effect", "Head", "Kind", "ModelError", "Motion", "Move", "NpcsimError", "Occupy", "Offer",
    "Place", "Release", "Remember", "ScenarioError", "Set", "SetMany", "Signal", "SignalMany",
    "Spot", "Steps", "Tie", "Tool", "ToolRefused", "Transfer", "View", "Words", "ask", "load", "open_run",
    "state", "tool",
]  # fmt: skip
__version__ = "0.1.0"
