"""The story of a run that is kept, with what its log leaves to the state before its first tick."""

from __future__ import annotations

from collections.abc import Collection

from npcsim.assembly.code.recipe import Recipe
from npcsim.report.facts.gather import story
from npcsim.report.facts.knowledge import Beginning, pair_of
from npcsim.report.facts.story import CROWD, Story
from npcsim.store.run_store import Run


def beginning_of(run: Run) -> Beginning:
    """Who knew whom and what. Of a crowd, of which a report tells no more than groups, nothing.

    Raises `StoreError` where the run is damaged.
    """
    cast = run.started.cast
    if len(cast) > CROWD:
        return Beginning()
    definition = Recipe.from_bytes(run.bundle).parsed
    stood = run.at(0)
    known = {}
    for one in cast:
        part = definition.npcs.get(one.id)
        told = (part.persona or "", part.goal, *part.secret) if part is not None else ()
        known[one.id] = frozenset((*(line.text for line in stood.memories(one.id)), *told))
    knew = {pair_of(who, to) for who, to, tie in stood.ties.edges(keys=True) if tie == "knows"}
    items = {id: part.name or id for id, part in definition.items.items()}
    return Beginning(frozenset(knew), known, items)


def story_of(run: Run, tell: Collection[str] = ()) -> Story:
    """What happened in a run; `tell` as for `story`. Raises `StoreError` as that does."""
    calls = (kept.call for kept in run.calls())
    return story(run.events(), calls, run.summary, tell, beginning_of(run))
