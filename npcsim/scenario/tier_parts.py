"""What may stand in files about a tier: who answers, at what price, and how it is asked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from npcsim.scenario.ground_parts import Expression, Language, Part, Share, Text
from npcsim.scenario.guard_parts import GuardsPart
from npcsim.scenario.money_parts import BatchPart, BudgetPart, Patient, PricePart
from npcsim.scenario.routing_parts import Effort, Efforts
from npcsim.scenario.units import Duration, Money

Purpose = Literal[
    "day", "hours", "plan", "goal", "react", "object", "move", "speak", "reflect", "conclude"
]


class TierPart(Part):
    """Who answers a tier's questions, at what price. `local` and `cloud` need name no model."""

    model: Text | None = Field(
        None,
        description="`bundled`, a path to a GGUF file, `scripted`, `none`, `anthropic:MODEL`, "
        "`openai:MODEL`, `ollama:MODEL`, `lmstudio:MODEL`, `llama-server:MODEL` or `vllm:MODEL`; "
        "elsewhere than at its usual address with `@http://host:port/v1` behind it.",
    )
    trust: Share | None = Field(
        None,
        description="Weight of its choice against utility, 0 to 1: 0.5, or 0.9 behind HTTP.",
    )
    threads: Annotated[int, Field(ge=1, le=256)] | None = Field(None, description="CPU threads.")
    think: Duration | None = Field(
        None, description="Think time; that of `think` if left out, `cloud` for all behind HTTP."
    )
    only: Expression | None = Field(
        None, description="Guard: who may ask it now, e.g. `at(Parley)`."
    )
    for_: list[Purpose] | None = Field(
        None,
        alias="for",
        description="What thoughts it is asked for, e.g. `[plan, react, speak]`; left out: all.",
    )
    budget: Money | BudgetPart | None = Field(
        None, description="What it may spend in the run, `0.20 USD`, or more finely."
    )
    price: PricePart | None = Field(
        None, description="What it costs; if left out, what npcsim's dated list says."
    )
    effort: Effort | Efforts | dict[Effort, Duration] | None = Field(
        None,
        description="How hard the model is to think, where it knows of such a thing. Several, "
        "`[low, high]` or with their think times `{low: 10 s, high: 40 s}`, are asked one after "
        "the other like tiers, as far as they are worth it.",
    )
    context: Literal["short", "whole"] | None = Field(
        None,
        description="What it is shown: a `short` situation, or the `whole`: tools, world, persona "
        "and memories before it; left out: `whole` where tokens cost money.",
    )
    votes: Annotated[int, Field(ge=0, le=99)] = Field(
        0,
        description="How often a choice is asked where a server gives no likelihoods, to count "
        "answers instead; 0 takes one and knows no uncertainty. For OpenAI-compatible servers.",
    )
    lookups: Annotated[int, Field(ge=0, le=8)] | None = Field(
        None,
        description="How often it may look something up (`@ask` tools) in answering one question; "
        "left out: twice, where it is behind HTTP and shown the `whole`.",
    )
    scoring: Literal["quick", "careful"] | None = Field(
        None,
        description="How a llama.cpp model's choices are weighed: `quick`, by its own scores, or "
        "`careful`, by its state after each option and by meaning too, as `embeddings` has it: "
        "right more often. Fitted for the bundled model, in English, shown a `short` situation: "
        "there it is `careful` if left out, and `quick` elsewhere.",
    )
    batch: list[Patient] | BatchPart | None = Field(
        None,
        description="Thoughts that can wait for a batch of Anthropic's, at half the price: "
        "`[reflect]`, or more finely.",
    )
    prompt_cache: Literal["5m", "1h", "none"] | None = Field(
        None,
        description="How long Anthropic is to keep what prompts begin with, in real time from its "
        "last use on: `5m` (if left out), `1h` or `none`.",
    )
    languages: list[Language] | None = Field(
        None,
        description="Languages it chooses and writes well in; left out: what npcsim knows.",
    )
    key: Text | None = Field(
        None,
        description="The environment variable with the key, or its entry in the system's keyring, "
        "`keyring:SERVICE/NAME`; never the key itself.",
    )
    guards: GuardsPart = Field(default_factory=GuardsPart, description="For models behind HTTP.")


def _off(value: object) -> object:
    # YAML reads a bare `off` as no.
    return {"model": "none"} if value is False or value == "off" else value


TierOrOff = Annotated[
    TierPart, BeforeValidator(_off, json_schema_input_type=Literal["off"] | TierPart)
]
