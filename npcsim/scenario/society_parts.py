"""What may stand in files about how people stand to one another: factions, ties, what they know."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from npcsim.scenario.distributions import Drawn, parse_value
from npcsim.scenario.ground_parts import Count, Name, Number, Part, Text


def parse_tie(value: Any) -> float | Drawn:
    """A number from -1 to 1, or a distribution that gives such. Raises ValueError."""
    tie = parse_value(value)
    ends = tie.ends if isinstance(tie, Drawn) and tie.name != "normal" else ()
    if any(abs(end) > 1 for end in (ends if isinstance(tie, Drawn) else (tie,))):
        raise ValueError("expected a number from -1 to 1, or a draw between them")
    return tie


Tie = Annotated[float | Drawn, BeforeValidator(parse_tie, json_schema_input_type=float | str)]
Graph = Annotated[str, Field(pattern=r"^[A-Za-z]\w*\s*(\(.*\))?$", max_length=80)]


class FactionPart(Part):
    """A group that people belong to (`of:`) and that holds things in common."""

    home: Name | None = Field(None, description="The place it calls its own.")
    stock: dict[Name, Count] = Field(default_factory=dict, description="Items it holds in common.")
    values: dict[Name, Number] = Field(
        default_factory=dict, description="What an item is worth to it in coins, if not its value."
    )


class TiePart(Part):
    """How some stand to others: `from` and `to`, one way; or many at once, from a `file` or as a
    `graph` `among` some. Values are numbers or drawn for each pair, e.g. `uniform(-0.2, 0.6)`."""

    from_: Name | None = Field(
        None, alias="from", description="Who feels it: an NPC, an archetype or a faction."
    )
    to: Name | None = Field(None, description="Towards whom.")
    file: Annotated[str, Field(min_length=1, max_length=300)] | None = Field(
        None,
        description="A CSV file (its first line `from,to,trust,...`) or a GraphML file (.graphml), "
        "relative to the file naming it. Values in the entry are for those the file has none for.",
    )
    among: Name | None = Field(
        None, description="Who is tied by `graph`: an archetype, a faction, NPCs of a `count`."
    )
    graph: Graph | None = Field(
        None,
        description="Who is tied to whom: `complete`, `ring`, `path`, `star` (the first in the "
        "middle), `watts_strogatz(k, p)`, `barabasi_albert(m)`, `erdos_renyi(p)` or "
        "`random_regular(d)`, by the scenario's seed.",
    )
    one_way: bool = Field(
        False, description="With `graph`, or a GraphML file without direction: only one of the two."
    )
    trust: Tie | None = Field(None, description="-1 to 1.")
    fear: Tie | None = Field(None, description="-1 to 1.")
    knows: Tie | None = Field(None, description="How well, 0 to 1.")
    likes: Tie | None = Field(None, description="-1 to 1.")
    owes: Tie | None = Field(None, description="-1 to 1.")
    because: Text = Field("", description="What they remember of it.")


class KnowsPart(Part):
    """A fact that some know from the start."""

    fact: Text = Field(description="The fact, in a sentence.")
    name: Name | None = Field(
        None, description="What guards call it: `aware(name)` holds for who knows or was told it."
    )
    by: Name | list[Name] = Field(description="Who knows it: NPCs, archetypes or factions.")
    private: bool = Field(False, description="Kept to themselves.")
