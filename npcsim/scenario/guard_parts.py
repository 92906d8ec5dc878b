"""How a model behind HTTP is guarded, as it stands in scenario files."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npcsim.scenario.ground_parts import Part, Share, Text
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
