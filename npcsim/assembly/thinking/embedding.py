"""From `embeddings:` as written to what embeds texts, or to why nothing does."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from npcsim.assembly.lore import Parser
from npcsim.assembly.thinking.guarding import guarded
from npcsim.messages import Embedder
from npcsim.models.embedding import minilm
from npcsim.models.embedding.minilm import MiniLM
from npcsim.models.embedding.remembered import Remembered
from npcsim.models.embedding.served import EmbeddingServer, ServedEmbedder
from npcsim.models.money.prices import Price
from npcsim.models.remote.served import HOW_TO_INSTALL
from npcsim.models.tiers import Source, source_of
from npcsim.scenario.guard_parts import EmbeddingsPart, GuardsPart
from npcsim.scenario.schema import Definition

LANGUAGE = "en"
"""What the bundled model reads. Of other languages it knows hardly more than the letters."""
EXPECTED = (
    "expected `bundled`, `none`, `openai:MODEL`, or `ollama:MODEL`, `lmstudio:MODEL`, "
    "`llama-server:MODEL`, `vllm:MODEL` and `openai:MODEL` with `@http://host:port/v1` behind it"
)


def part_of(definition: Definition) -> EmbeddingsPart:
    """`embeddings:` in its long form."""
    given = definition.embeddings
    return given if isinstance(given, EmbeddingsPart) else EmbeddingsPart(model=given)


def checked(definition: Definition, parser: Parser) -> None:
    """Tell the parser what is wrong with it."""
    try:
        source = _source(definition)
    except ValueError as error:
        parser.wrong(("embeddings",), str(error))
        return
    key = part_of(definition).key
    if key is not None and not re.fullmatch(r"[A-Z][A-Z0-9_]{0,60}", key):
        # The text is not repeated: it may be a key.
        what = "`key` names an environment variable that holds the key, such as `MY_KEY`"
        parser.wrong(("embeddings", "key"), f"{what}; a key itself belongs in no file")
    if part_of(definition).price is not None and not source.served:
        what = f"nothing is charged for {part_of(definition).model!r}: `price` is for a server's"
        parser.wrong(("embeddings", "price"), what)
    for name, tier in definition.tiers.items():
        if tier.guards.similar and source.kind == "none":
            what = "`similar` needs embeddings, and the scenario says `embeddings: none`"
            parser.wrong(("tiers", name, "guards", "similar"), what)
        if tier.scoring == "careful" and source.kind != "bundled":
            what = "`careful` is fitted for `embeddings: bundled`, and the scenario has others"
            parser.wrong(("tiers", name, "scoring"), what)


def why_none(definition: Definition) -> str:
    """Why the scenario's texts can't be embedded here; empty where they can."""
    source, part = _source(definition), part_of(definition)
    if source.kind == "none":
        return "the scenario says `embeddings: none`"
    if source.kind == "bundled":
        if definition.language != LANGUAGE:
            return (
                f"the bundled embeddings read English, and the scenario's language is "
                f"{definition.language!r}: name another model under `embeddings`"
            )
        return minilm.why_missing()
    if importlib.util.find_spec("openai") is None:
        return HOW_TO_INSTALL
    variable = part.key or source.own_key
    return f"{variable} is not set" if variable and not os.environ.get(variable) else ""


def recalls(definition: Definition) -> bool:
    """Whether NPCs are to recall by meaning as well, where the texts can be embedded."""
    return definition.memory != "off" and definition.memory.recall == "meaning"


def said(definition: Definition, tiers: Collection[str]) -> list[str]:
    """What is to be told before a run with these tiers that want embeddings, a line each."""
    wanted = [
        (what, name)
        for name, tier in definition.tiers.items()
        for what, given in (
            ("similar", tier.guards.similar), ("scoring: careful", tier.scoring == "careful")
        )
        if name in tiers and given
    ]  # fmt: skip
    if not wanted:
        return []
    why = why_none(definition)
    if why:
        return [f"`{what}` of tier {name} is left out: {why}" for what, name in wanted]
    part = part_of(definition)
    if _source(definition).paid and part.price is None:
        form = "`embeddings: {price: 0.02}`, in USD a million tokens"
        return [f"what {part.model} costs for embeddings is not counted: say {form}"]
    return []


def embedder_of(definition: Definition, http_client: Any = None) -> Embedder | None:
    """What embeds the scenario's texts, each text once; None where `why_none` says why.

    Nothing is loaded and nothing connects here. http_client: as for `models.remote.sdk.Served`.
    """
    if why_none(definition):
        return None
    source, part = _source(definition), part_of(definition)
    path = Path(part.keep).expanduser() if part.keep else None
    if source.kind == "bundled":
        return Remembered(MiniLM(part.threads), path)
    variable = part.key or source.own_key
    seconds, price = definition.think.guard / 1000, price_of(definition)
    charged = source.paid or price is not None
    server = EmbeddingServer(
        source.model, url=source.address, key=os.environ.get(variable, "") if variable else "",
        kind=source.kind, deadline=seconds, charged=charged, http_client=http_client,
    )  # fmt: skip
    # `Remembered` keeps what `cache` would keep, and keeps it smaller.
    guards = GuardsPart(cache=False)
    model = guarded(server, guards, deadline=seconds, charged=charged)
    return Remembered(ServedEmbedder(model, price), path)


def price_of(definition: Definition) -> Price | None:
    """What embeddings cost, as the scenario says; None where it doesn't."""
    said = part_of(definition).price
    return None if said is None else Price(said, said, 0.0)


def _source(definition: Definition) -> Source:
    """Where the model is. Raises ValueError saying what was expected."""
    try:
        source = source_of(part_of(definition).model)
    except ValueError:
        raise ValueError(EXPECTED) from None
    served = source.served and source.kind != "anthropic"
    if source.kind not in ("bundled", "none") and not served:
        raise ValueError(EXPECTED)
    return source
