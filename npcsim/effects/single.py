"""Single effects: what tools return. Names may be handles; they are kept as ids."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from npcsim.speech import References, SpeechAct

Scalar = float | str | bool


@dataclass(frozen=True, slots=True)
class _Single:
    """Turns handles into ids, so that an effect is plain data."""

    kind: ClassVar[str]
    _names: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name in self._names:
            value = getattr(self, name)
            if isinstance(value, tuple | list):
                object.__setattr__(self, name, tuple(map(str, value)))
            elif value is not None and type(value) is not str:
                object.__setattr__(self, name, str(value))


@dataclass(frozen=True, slots=True)
class Set(_Single):
    """Give an attribute of an NPC or a spot a new value. Numeric on NPCs, clipped to its range."""

    kind = "set"
    _names = ("who",)
    who: Any
    attribute: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Add(_Single):
    """Add to a numeric attribute. Additive: all that reaches it in a tick sums, then clips."""

    kind = "add"
    _names = ("who",)
    who: Any
    attribute: str
    amount: float


@dataclass(frozen=True, slots=True)
class Create(_Single):
    """Bring `count` items into being in a holder (an NPC, a spot or a place)."""

    kind = "create"
    _names = ("holder", "item")
    holder: Any
    item: Any
    count: int = 1


@dataclass(frozen=True, slots=True)
class Consume(_Single):
    """Use up `count` items of a holder. Exclusive: rejected when they are no longer there."""

    kind = "consume"
    _names = ("holder", "item")
    holder: Any
    item: Any
    count: int = 1


@dataclass(frozen=True, slots=True)
class Transfer(_Single):
    """Move `count` items from one holder to another. Exclusive; conserves items."""

    kind = "transfer"
    _names = ("giver", "taker", "item")
    giver: Any
    taker: Any
    item: Any
    count: int = 1


@dataclass(frozen=True, slots=True)
class Move(_Single):
    """Put an NPC at a place (its centre) or, with x and y, at a point in tiles."""

    kind = "move"
    _names = ("who", "place")
    who: Any
    place: Any = None
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True, slots=True)
class Head(_Single):
    """Set where an NPC walks to: a place, a spot or another NPC; None stands still."""

    kind = "head"
    _names = ("who", "to")
    who: Any
    to: Any = None


@dataclass(frozen=True, slots=True)
class Occupy(_Single):
    """Take a spot for oneself. Exclusive: rejected when somebody holds it."""

    kind = "occupy"
    _names = ("who", "spot")
    who: Any
    spot: Any


@dataclass(frozen=True, slots=True)
class Release(_Single):
    """Let go of a spot one holds."""

    kind = "release"
    _names = ("who", "spot")
    who: Any
    spot: Any


@dataclass(frozen=True, slots=True)
class Break(_Single):
    """Break a thing for good. What `rules: broken` asks for its kind is taken from `who`'s coins.

    A broken spot can't be occupied; its `broken` is true, `owed` what is still to be paid and
    `owed_by` by whom. Exclusive: rejected when it is broken already.
    """

    kind = "break"
    _names = ("who", "spot")
    who: Any
    spot: Any


@dataclass(frozen=True, slots=True)
class Signal(_Single):
    """Something to be perceived: heard within `loudness` tiles, seen within sight.

    `about` names the kind ("speech", "attack", "shout", ...); `content` is words or a name; `to`
    is whom it is meant for, or None. Speech that tells a `fact` says at which `hop` the speaker
    has it (0: was there), how `sure` of it he or she is, and whom it is from in the end (`origin`;
    None: the speaker). Who hears it remembers the fact with where it is from. `act`: what is done
    by saying it.
    """

    kind = "signal"
    _names = ("source", "to", "origin")
    source: Any
    about: str
    loudness: float = 0.0
    content: str = ""
    to: Any = None
    fact: str = ""
    hop: int = 0
    sure: float = 1.0
    origin: Any = None
    act: SpeechAct | None = None


@dataclass(frozen=True, slots=True)
class Remember(_Single):
    """Add a memory to an NPC's. `importance` is 0 to 1; None: by the rules of `memory:`.

    sort: seen, heard, did, felt or concluded. about: the kind of event or the tool it is of.
    people: who has to do with it. place: None for where the NPC is. source, hop, sure, fact,
    origin: for what was heard, see `Signal`; hop 1 is from one who was there. evidence: ids of the
    memories that a conclusion rests on; -1 is the one made just before this one. deed: the plan
    that it is the outcome of, `done` or `failed` times; of something concluded, a lesson, which
    takes the place of the one before on the same deed.
    """

    kind = "remember"
    _names = ("who", "place", "source", "origin", "people")
    who: Any
    text: str
    importance: float | None = None
    sort: str = "did"
    about: str = ""
    people: tuple[Any, ...] = ()
    place: Any = None
    source: Any = None
    hop: int = 0
    sure: float = 1.0
    fact: str = ""
    origin: Any = None
    evidence: tuple[int, ...] = ()
    deed: str = ""
    done: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Recall(_Single):
    """Note that an NPC has recalled memories now, by their ids: they stay fresh for longer."""

    kind = "recall"
    _names = ("who",)
    who: Any
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Weigh(_Single):
    """Say anew how important memories of an NPC are: pairs of an id and 0 to 1."""

    kind = "weigh"
    _names = ("who",)
    who: Any
    importance: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Forget(_Single):
    """Take memories away from an NPC, by their ids; with a `text`, one summary takes their place.

    `gist`: the foremost of their texts, and how often each was there. Conclusions that rest on one
    of them rest on the summary from then on.
    """

    kind = "forget"
    _names = ("who",)
    who: Any
    ids: tuple[int, ...]
    text: str = ""
    gist: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Tie(_Single):
    """Add to a named tie (`trust`, `fear`, ...) from one NPC to another; clipped to -1..1."""

    kind = "tie"
    _names = ("who", "to")
    who: Any
    to: Any
    tie: str
    amount: float


@dataclass(frozen=True, slots=True)
class Offer(_Single):
    """Put an offer before another NPC: so many of one item for so many of another.

    It stands until it is taken or another takes its place; with `lasts`, for so many simulated
    seconds at most.
    """

    kind = "offer"
    _names = ("who", "to", "give", "want")
    who: Any
    to: Any
    give: Any
    give_count: int
    want: Any
    want_count: int
    lasts: float = 0.0


@dataclass(frozen=True, slots=True)
class Promise(_Single):
    """Give one's word to another. The rules of the world say when it is kept and when it is broken.

    It is kept once `who` has handed over so much of an `item`, or has done a `deed` (a tool's name)
    to the other, before `due` simulated seconds have passed; with a `place`, when `who` is there as
    they have. At least one of the three says what is promised, `what` says it in words. Both
    remember it, and what becomes of it. The same promise given anew takes the place of the old one.
    """

    kind = "promise"
    _names = ("who", "to", "item", "place")
    who: Any
    to: Any
    what: str
    due: float
    item: Any = None
    amount: int = 1
    place: Any = None
    deed: str = ""


@dataclass(frozen=True, slots=True)
class CloseOffer(_Single):
    """Take the offer that `who` put before `to` off the table, whatever became of it.

    Exclusive: rejected when the offer is no longer there.
    """

    kind = "close_offer"
    _names = ("who", "to")
    who: Any
    to: Any


Effect = (
    Set | Add | Create | Consume | Transfer | Move | Head | Occupy | Release | Break
    | Signal | Remember | Recall | Weigh | Forget | Tie | Offer | CloseOffer | Promise
)  # fmt: skip
SINGLE: tuple[type[Any], ...] = (
    Set, Add, Create, Consume, Transfer, Move, Head, Occupy, Release, Break,
    Signal, Remember, Recall, Weigh, Forget, Tie, Offer, CloseOffer, Promise,
)  # fmt: skip
BY_KIND: dict[str, type[Any]] = {cls.kind: cls for cls in SINGLE}


def effect_json(effect: Effect) -> dict[str, Any]:
    """A single effect as plain data, tagged with its kind. What is no plain value is told."""
    return {
        "kind": effect.kind,
        **{f.name: _plain(getattr(effect, f.name)) for f in fields(effect)},
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, SpeechAct | References):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value
    return shown(value)


def shown(value: Any, length: int = 60) -> str:
    """A value that a tool gave, for people to read: short, whatever the value is."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001
        # The value is the author's: it may be a number of thousands of digits, or of a class
        # whose own repr fails.
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= length else f"{text[: length - 3]}..."
