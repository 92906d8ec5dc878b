"""How a model behind HTTP is guarded, as it stands in scenario files."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npcsim.scenario.ground_parts import Part, Share, Text
from npcsim.scenario.money_parts import PerMillion
from npcsim.scenario.units import Duration

Few = Annotated[int, Field(ge=1, le=10)]
AtOnce = Annotated[int, Field(ge=1, le=10_000)]
PerMinute = Annotated[int, Field(ge=1, le=1_000_000_000)]


class CachePart(Part):
    """Where answers are kept beyond the run."""

    keep: Text = Field(
        description="A file of answers to begin with and to add to. Runs that share one are not "
        "independent of each other."
    )


class SimilarPart(Part):
    """When an answer may stand for a question that means the same. Off unless it is asked for."""

    at_least: Annotated[float, Field(ge=0.5, le=1, allow_inf_nan=False)] = Field(
        0.95, description="How alike the least alike of their sentences must be, a cosine."
    )
    within: Duration = Field(600_000, description="How old it may be, in simulated time.")
    most: AtOnce = Field(5, description="How many questions it may stand for.")


class GuardsPart(Part):
    """What stands between a run and a model behind HTTP. Times are real time, not simulated."""

    deadline: Duration | None = Field(
        None,
        description="How long one question may take with all waits and tries; `guard` of `think` "
        "if left out, and no longer than that.",
    )
    tries: Few = Field(3, description="Requests that one question may take, retries included.")
    extra: Share = Field(
        0.2, description="Retries, as a share of the questions of the last ten minutes, at most."
    )
    failures: AtOnce = Field(
        5, description="After so many failures in a row it is left alone. A bad key needs one."
    )
    pause: Duration = Field(
        10_000, description="For how long; each probe in vain doubles it, to ten minutes."
    )
    at_once: AtOnce | None = Field(
        None,
        description="Requests under way at the same time; left out: as many as the server works "
        "on, where it tells, else 16.",
    )
    requests: PerMinute | None = Field(
        None, description="Requests a minute; left out: what the provider tells."
    )
    tokens: PerMinute | None = Field(
        None, description="Tokens a minute, of questions and answers; left out: what it tells."
    )
    cache: bool | CachePart = Field(
        True, description="Whether the same question is asked once a run; or `{keep: FILE}`."
    )
    similar: bool | SimilarPart = Field(
        False,
        description="Whether a choice is answered as one was that means the same, of the same "
        "options: `true`, or `{at_least: 0.97, within: 10 min, most: 5}`. Needs `embeddings`.",
    )


class EmbeddingsPart(Part):
    """What tells how near in meaning two texts are."""

    model: Text = Field(
        "bundled",
        description="`bundled`, `none`, or a server's as in `tiers`, e.g. `ollama:MODEL` or "
        "`openai:MODEL@http://host:port/v1`.",
    )
    keep: Text | None = Field(
        None, description="A file of vectors to begin with and to add to; their bits don't change."
    )
    threads: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="CPU threads of the bundled model."
    )
    key: Text | None = Field(
        None, description="The environment variable with the key, never the key itself."
    )
    price: PerMillion | None = Field(
        None,
        description="US dollars a million tokens. What embeddings cost is then part of the "
        "questions they are made for, in the ledger and in budgets.",
    )
