"""What may stand in files about memory: how much is kept, and what is important."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from npcsim.scenario.ground_parts import Part, Share
from npcsim.scenario.units import parse_off

Lines = Annotated[int, Field(ge=16, le=100_000)]
Bytes = Annotated[int, Field(ge=16_384, le=100_000_000)]
Left = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1, max_length=60)]


class ImportancePart(Part):
    """A rule of how important a memory is: it counts where all that it says is so."""

    kind: Literal["seen", "heard", "did", "felt", "concluded"] | None = Field(
        None, description="The kind of memory; any if left out."
    )
    about: Word | None = Field(
        None,
        description="The event or tool: `attack`, `news`, `shout`, `told` (news heard), `rumour` "
        "(news overheard), `said`, `overheard`, `setback`, `goal`, or a tool's name.",
    )
    mine: bool | None = Field(None, description="Whether the NPC itself is one of those concerned.")
    stakes: Share = Field(0.0, description="What hangs on the tool, at least.")
    importance: Share = Field(description="0 to 1.")


class MemoryPart(Part):
    """How NPCs remember. Beyond the limits the least worth keeping is merged into summaries."""

    lines: Lines = Field(
        128, description="Memories an NPC keeps, what it knew from the start apart."
    )
    bytes: Bytes = Field(65_536, description="Bytes of text in them.")
    fresh: Annotated[int, Field(ge=0, le=100_000)] = Field(
        48, description="So many of the newest are never merged; at most half of `lines`."
    )
    decay: Left = Field(0.995, description="What is left of a memory's recency after an hour.")
    hearsay: Share = Field(
        0.8, description="How sure one is of what one is told, as a share of the teller's sureness."
    )
    retell: Share = Field(0.4, description="How sure one must be of news to pass it on.")
    recall: Literal["meaning", "words"] = Field(
        "meaning",
        description="What comes to mind: by words and by meaning, where `embeddings` can be had "
        "and a model is asked; or by `words` alone.",
    )
    importance_by: Word | None = Field(
        None,
        description="A tier that writes, to rate how important memories are; rules do meanwhile, "
        "and where nothing is said.",
    )
    summaries_by: Word | None = Field(
        None,
        description="A tier that writes, to word what is left of memories that were merged; rules "
        "do meanwhile, and where nothing is said.",
    )
    importance: list[ImportancePart] = Field(
        default_factory=list,
        description="Rules before npcsim's own; the first that fits counts.",
    )


MemoryOrOff = Annotated[Literal["off"] | MemoryPart, BeforeValidator(parse_off)]
