"""Effects: the closed set of changes that can be wanted. Only effects change the world.

Single effects come from tools. A tool's effects form one **bundle**: all of them apply, or none
does and the actor perceives why. Blocks are one kind of change to a whole population, as arrays;
`who` is always an array of serials (`uint32`, the stable number of an NPC, see `world.state`).

Names in single effects may be given as handles (a `Body`, a `Spot`, ...); they are kept as ids.
"""

from npcsim.effects.many import (
    AddMany,
    Block,
    Drift,
    Floats,
    Motion,
    Serials,
    SetMany,
    Shift,
    SignalMany,
)
from npcsim.effects.single import (
    BY_KIND,
    SINGLE,
    Add,
    Break,
    CloseOffer,
    Consume,
    Create,
    Effect,
    Forget,
    Head,
    Move,
    Occupy,
    Offer,
    Promise,
    Recall,
    Release,
    Remember,
    Scalar,
    Set,
    Signal,
    Tie,
    Transfer,
    Weigh,
    effect_json,
    shown,
)

__all__ = [
    "Add",
    "AddMany",
    "BY_KIND",
    "Block",
    "Break",
    "CloseOffer",
    "Consume",
    "Create",
    "Drift",
    "Effect",
    "Floats",
    "Forget",
    "Head",
    "Motion",
    "Move",
    "Occupy",
    "Offer",
    "Promise",
    "Recall",
    "Release",
    "Remember",
    "SINGLE",
    "Scalar",
    "Serials",
    "Set",
    "SetMany",
    "Shift",
    "Signal",
    "SignalMany",
    "Tie",
    "Transfer",
    "Weigh",
    "effect_json",
    "shown",
]
