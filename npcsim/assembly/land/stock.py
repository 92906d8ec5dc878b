"""Whose the items under `stock:` are: a place's, a thing's, or those of the one thing of a kind."""

from __future__ import annotations

from collections.abc import Iterator

from npcsim.assembly.land.ground import Ground
from npcsim.errors import Mistake
from npcsim.scenario.schema import Definition
from npcsim.scenario.source import Sources


def holder_of(name: str, ground: Ground) -> str:
    """The place or spot that holds what `stock:` says under `name`, itself or the only one of it.

    A letter on a drawn map makes `bar_1`; where there is but one bar, `bar` says enough.
    """
    alike = _of_kind(name, ground)
    return alike[0] if len(alike) == 1 else name


def unclear_stock(definition: Definition, ground: Ground, sources: Sources) -> Iterator[Mistake]:
    """A mistake at each kind of which more than one thing stands there."""
    for name in definition.stock:
        alike = _of_kind(name, ground)
        if len(alike) > 1:
            message = f"there are {len(alike)} things of the kind '{name}'"
            shown = ", ".join(alike[:8]) + (", ..." if len(alike) > 8 else "")
            yield sources.mistake(("stock", name), message, f"say which: {shown}", key=True)


def _of_kind(name: str, ground: Ground) -> list[str]:
    """The spots of a kind, unless the name is a place's or a spot's own."""
    if name in ground.places or any(spot.id == name for spot in ground.spots):
        return []
    return [spot.id for spot in ground.spots if spot.kind == name]
