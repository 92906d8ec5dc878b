"""What a tier is: who answers, at what price, where, and how far its word goes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from npcsim.messages import Usage
from npcsim.models.money.ledger import Budget
from npcsim.models.money.prices import ANSWER, Price, price_of, room
from npcsim.models.remote.provider_errors import looks_like_a_key
from npcsim.models.remote.servers.fitting import Loaded
from npcsim.reflex.guards import Guard

LOCAL = "local"
CLOUD = "cloud"
DEFAULTS = {LOCAL: "bundled", CLOUD: "anthropic:claude-haiku-5-5"}
"""The models of the tiers that need not name one."""
OWN_KEYS = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
LOOKUPS = 2
"""How many look-ups a model behind HTTP may make for one question, where nothing else is said."""
SHORT, WHOLE = "short", "whole"
"""What a tier's model is shown: a short situation, or the world and its NPC before it too."""
HOMES = {
    "ollama": "http://127.0.0.1:11434/v1", "lmstudio": "http://127.0.0.1:1234/v1",
    "llama-server": "http://127.0.0.1:8080/v1", "vllm": "http://127.0.0.1:8000/v1",
}  # fmt: skip
"""Servers of one's own, and where they listen unless told otherwise."""
KINDS = ("anthropic", "openai", *HOMES)
EXPECTED = (
    "expected `bundled`, `scripted`, `none`, a path to a GGUF file or its name, `anthropic:MODEL`, "
    "`openai:MODEL`, or `ollama:MODEL`, `lmstudio:MODEL`, `llama-server:MODEL`, `vllm:MODEL` and "
    "`openai:MODEL` with `@http://host:port/v1` behind it"
)
_SERVED = re.compile(rf"({'|'.join(KINDS)}):([^@\s]+)(?:@(https?://[^\s@/?#]+(?:/[^\s@?#]*)?))?")
_SCHEME = re.compile(r"([A-Za-z-]{2,}):(?!\\|/[^/])")  # but C:\models and x:/y are paths


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model is. `kind`: bundled, scripted, none, file, or one of `KINDS`.

    `model` is its name there or the file's path; `url` is empty for the provider's own address.
    """

    kind: str
    model: str
    url: str = ""

    @property
    def served(self) -> bool:
        """Whether it is asked over HTTP."""
        return self.kind in KINDS

    @property
    def address(self) -> str:
        """The address asked: as given, or where such a server listens; empty: the provider's."""
        return self.url or HOMES.get(self.kind, "")

    @property
    def own_key(self) -> str:
        """The environment variable that holds the provider's key; empty where none is needed."""
        return "" if self.url else OWN_KEYS.get(self.kind, "")

    @property
    def paid(self) -> bool:
        """Whether tokens cost money there, as far as one can tell: at the provider's address."""
        return self.kind in OWN_KEYS and not self.url

    def price(self, kept: str = "") -> Price | None:
        """What it costs as our dated list has it; None where that says nothing.

        kept: for how long prompts are to be kept there, `5m` or `1h`.
        """
        return price_of(self.model, kept) if self.paid else None

    def __str__(self) -> str:
        return f"{self.kind}:{self.model}" if self.served else self.model


def source_of(text: str) -> Source:
    """What `model:` says. Raises ValueError saying what was expected.

    No address has a user, a password or a query in it: a key belongs in no file.
    """
    if looks_like_a_key(text):
        raise ValueError(EXPECTED)
    if text in ("bundled", "scripted", "none"):
        return Source(text, text)
    if text.startswith("gguf:") and text != "gguf:":  # a name that may have colons of its own
        return Source("file", text)
    found = _SERVED.fullmatch(text)
    if found is not None:
        kind, model, url = found[1], found[2], (found[3] or "").rstrip("/")
        return Source(kind, model, url)
    if _SCHEME.match(text) or not text.strip():
        raise ValueError(EXPECTED)
    return Source("file", text)


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier at one effort, the tier's own setting where empty. `think`: simulated ms."""

    effort: str
    think: int


@dataclass(frozen=True, slots=True)
class Patience:
    """Which thoughts can wait for a batch, and for how long.

    `within`: simulated ms until they are given up. `wait_s`: real seconds that a run without a
    window then waits for what is not back.
    """

    purposes: tuple[str, ...]
    within: int
    wait_s: float


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier as routing needs it, fixed for a run.

    `trust`: weight of its choice against utility, 0 to 1. `think`: simulated ms until it answers.
    `price` is None where nothing is charged, or nothing is known (`unpriced`). `only`: the guard
    that must hold for an NPC to ask it, with its text. `purposes`: what thoughts it is asked for;
    none: all. `served`: asked over HTTP. `unfit`: what of
    `choose` and `write` it is not fit for in the scenario's `language`. `context`: what it is
    shown, `SHORT` or `WHOLE`. `lookups`: how many it may make in answering one question.
    `efforts`: the efforts it may be asked at, where there are several.
    `batch`: what it is asked in batches, at half the price. `loaded`: the context that its server
    has loaded, as it told when the run began.
    """

    name: str
    model: str
    trust: float
    think: int
    price: Price | None = None
    unpriced: bool = False
    only: Guard | None = None
    only_text: str = ""
    budget: Budget | None = None
    served: bool = False
    unfit: tuple[str, ...] = ()
    language: str = "en"
    context: str = SHORT
    lookups: int = 0
    efforts: tuple[Rung, ...] = ()
    batch: Patience | None = None
    loaded: Loaded | None = None
    purposes: tuple[str, ...] = ()

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The tier at each of its efforts, the lowest first; at least one."""
        return self.efforts or (Rung("", self.think),)

    def at(self, effort: str) -> Rung:
        """The rung of an effort. Raises KeyError."""
        for rung in self.rungs:
            if rung.effort == effort:
                return rung
        raise KeyError(effort)

    @property
    def dearness(self) -> float:
        """What tiers are ordered by; a price nobody knows may be any."""
        if self.unpriced:
            return 1e12
        return self.price.input + self.price.output if self.price else 0.0


def ladder(tiers: Sequence[Tier]) -> tuple[tuple[Tier, Rung], ...]:
    """Every tier at every effort, from cheap to dear by what a plain question would cost there.

    A thousand tokens in, an answer and a quarter of the room for thinking out; among equals the
    order of the tiers, and of efforts.
    """
    both = [(tier, rung) for tier in tiers for rung in tier.rungs]
    return tuple(sorted(both, key=lambda pair: _plainly(*pair)))


def _plainly(tier: Tier, rung: Rung) -> float:
    if tier.price is None:
        return tier.dearness
    thinking = room(rung.effort) // 4 if rung.effort else 0
    each = tier.price.of(Usage(input=1_000, output=ANSWER + thinking))
    return float(each * tier.price.times)


def by_price(tiers: Sequence[Tier]) -> tuple[Tier, ...]:
    """The cheapest first; among equals `local`, then the order of the file."""
    return tuple(sorted(tiers, key=lambda tier: (tier.dearness, tier.name != LOCAL)))
