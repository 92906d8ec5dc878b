"""The error tree, by who can act on an error.

NpcsimError
├── ScenarioError      the author, before tick 0: file, line, column, what was expected
├── ToolRefused        the NPC, which perceives the reason
│   └── AlreadySo      what was wanted is already so; a plan goes on
├── ModelError         the router
│   ├── Unavailable    the model can't be reached or has died
│   ├── TimedOut       no answer within the deadline
│   ├── BadReply       an answer that can't be read as what was asked for
│   ├── TooLong        a question that does not fit into the model's context
│   ├── OverBudget     asking would cost more than is left
│   └── RateLimited    asked too often
├── ReplayDiverged     the researcher: tick, NPC, first difference
├── StoreError         the operator: disk full, not a run, a broken record
│   └── OutOfReach     the run may be sound: its server is away, its file busy, its npcsim newer
├── MissingExtra       the user: an optional package is not installed
├── MissingTools       the user: a run needs tools that were made in code, and has no copy
├── Untrusted          the user: what is wanted would execute the code of somebody else's run
└── BrokenInvariant    us: a bug in npcsim
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class NpcsimError(Exception):
    """Root of every error npcsim raises on purpose."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a file: where it is, what was expected, and the nearest valid name.

    Of a scenario given as a mapping, `file` is the path of keys (`npcs.Mara.at`), and line and
    column are 0.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        tail = f"; {self.hint}" if self.hint else ""
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.message}{tail}"


class ScenarioError(NpcsimError):
    """A scenario or world can't be used. Carries every mistake found, in file order."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class ToolRefused(NpcsimError):
    """Raised inside a tool: it can't be done now. The text is what the NPC perceives."""

    @property
    def reason(self) -> str:
        return str(self)


class AlreadySo(ToolRefused):
    """Raised inside a tool: what it would bring about is so already. A plan's step is done."""


class ModelError(NpcsimError):
    """A model gave no usable answer. `kind` names the subclass in the log.

    `billed`: the provider may charge for it all the same, `tokens` (input, output, cached, written;
    as many of them as are known) where it told how many. `lasting`: it won't pass by itself, as a
    bad key doesn't, so asking again is no use. `retry_after`: seconds that the provider wants to be
    left alone.
    """

    def __init__(
        self,
        *told: object,
        billed: bool = False,
        tokens: tuple[int, ...] | None = None,
        lasting: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(*told)
        self.billed = billed or tokens is not None
        self.tokens = tokens
        self.lasting = lasting
        self.retry_after = retry_after

    @property
    def kind(self) -> str:
        return type(self).__name__


class Unavailable(ModelError):
    """The model can't be reached, was killed, or never started."""


class TimedOut(ModelError):
    """No answer within the deadline."""


class BadReply(ModelError):
    """The answer can't be read as what was asked for."""


class TooLong(ModelError):
    """The question does not fit into the context that the model has loaded. It was not sent."""


class OverBudget(ModelError):
    """Asking would cost more than the budget has left."""


class RateLimited(ModelError):
    """The model refused because it was asked too often."""


class ReplayDiverged(NpcsimError):
    """A replay came out otherwise than the log says."""

    def __init__(self, tick: int, difference: str) -> None:
        self.tick = tick
        self.difference = difference
        super().__init__(f"tick {tick}: {difference}")


class StoreError(NpcsimError):
    """The run store can't be read or written. Nothing committed is lost."""


class OutOfReach(StoreError):
    """A run can't be had here or now, which says nothing of what is in it: it must stay."""


class MissingExtra(NpcsimError):
    """An optional part of npcsim is not installed; the text says how to install it."""


class MissingTools(NpcsimError):
    """A run used tools made in code that its recipe can't hold: `names` are theirs."""

    def __init__(self, names: Sequence[str], text: str) -> None:
        self.names = tuple(names)
        super().__init__(text)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended `npcsim.run`, in good order: `run` is the run so far, sealed."""

    def __init__(self, run: object, text: str) -> None:
        self.run = run
        super().__init__(text)


class Untrusted(NpcsimError):
    """A run that was imported is to be simulated again, and nobody has trusted it by its name."""


class BrokenInvariant(NpcsimError):
    """Something npcsim promises does not hold. This is a bug in npcsim: please report it."""
