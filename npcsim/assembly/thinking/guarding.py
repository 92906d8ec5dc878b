"""The guards around a model behind HTTP, and their order."""

from __future__ import annotations

from pathlib import Path

from npcsim.messages import Embedder, Model
from npcsim.models.guards.asking import WALL, Watch
from npcsim.models.guards.breaking import Breaking
from npcsim.models.guards.cached import Cached
from npcsim.models.guards.deadlined import Deadlined
from npcsim.models.guards.limited import MANY, Limited
from npcsim.models.guards.rated import Rated
from npcsim.models.guards.retrying import Retrying
from npcsim.models.guards.similar import Similar
from npcsim.models.remote.openai import OpenAI
from npcsim.models.remote.sdk import Served
from npcsim.scenario.guard_parts import CachePart, GuardsPart, SimilarPart


def guarded(
    model: Model,
    part: GuardsPart | None = None,
    *,
    deadline: float,
    charged: bool = True,
    embedder: Embedder | None = None,
    tick_ms: int = 1000,
    watch: Watch = WALL,
) -> Model:
    """The model with all guards around it, from inside to outside.

    `Breaking`: whether to send is decided last, by what all others have found out. `Rated`: a
    place in the minute is taken right before. `Limited`: who waits for a place in the minute
    holds one of those at once, so the order stays. `Retrying`: each try takes its places anew,
    and while it pauses it holds none. `Cached`: a kept answer needs none of these. `Similar`: what
    was given for another question is not kept for this one too. `Deadlined`: all of it together
    ends in time.

    deadline: real seconds, where `part` says no fewer. charged: whether answers cost money.
    embedder: what `similar` needs; without it that guard is left out. tick_ms: simulated.
    """
    part = part or GuardsPart()
    seconds = deadline if part.deadline is None else min(deadline, part.deadline / 1000)
    breaking = Breaking(model, failures=part.failures, pause=part.pause / 1000, watch=watch)
    rated = Rated(breaking, requests=part.requests, tokens=part.tokens, watch=watch)
    if isinstance(model, Served):
        model.listener = rated.hear
    limited = Limited(rated, part.at_once or MANY)
    if isinstance(model, OpenAI) and part.at_once is None:
        model.slots = limited.follow
    around: Model = Retrying(
        limited, tries=part.tries, extra=part.extra, charged=charged, watch=watch
    )
    if part.cache:
        keep = part.cache.keep if isinstance(part.cache, CachePart) else ""
        around = Cached(around, Path(keep).expanduser() if keep else None)
    if part.similar and embedder is not None:
        rule = SimilarPart.model_validate({}) if part.similar is True else part.similar
        within = rule.within // tick_ms
        around = Similar(around, embedder, at_least=rule.at_least, within=within, most=rule.most)
    return Deadlined(around, seconds, watch)
