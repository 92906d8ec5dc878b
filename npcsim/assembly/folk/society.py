"""Factions, ties and what people know: as written, to how the world stands before tick 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from npcsim.assembly.folk.ties import drawn
from npcsim.assembly.lore import Loc, Parser
from npcsim.scenario.schema import Definition
from npcsim.scenario.society_parts import TiePart
from npcsim.scenario.spelling import nearest
from npcsim.scenario.ties_file import TIES
from npcsim.world.remembering import learn
from npcsim.world.rows import Memory
from npcsim.world.state import Setting, World

_ENDS = ("from_", "to", "file", "among", "graph")
KNOWN_IMPORTANCE = 0.7
FELT_IMPORTANCE = 0.6
PRIVATE, TOLD = "secret", "heard"


def check_society(definition: Definition, setting: Setting, parser: Parser) -> None:
    """Every name in `factions`, `ties` and `knows` that nobody answers to."""
    for name, faction in definition.factions.items():
        if faction.home is not None and faction.home not in setting.places:
            hint = nearest(faction.home, setting.places)
            parser.wrong(("factions", name, "home"), f"no place {faction.home!r}", hint)
        for section in ("stock", "values"):
            for item in getattr(faction, section):
                if item not in setting.items:
                    hint = nearest(item, setting.items)
                    parser.wrong(("factions", name, section, item), f"no item {item!r}", hint)
    for section in ("npcs", "archetypes"):
        for name, part in getattr(definition, section).items():
            for key in ("of", "speaks_for"):
                value = getattr(part, key, None)
                if value is not None and value not in definition.factions:
                    hint = nearest(value, definition.factions)
                    parser.wrong((section, name, key), f"no faction {value!r}", hint)
    for number, tie in enumerate(definition.ties):
        _check_tie(number, tie, setting, parser)
    for number, known in enumerate(definition.knows):
        _check_group(_names(known.by), ("knows", number, "by"), setting, parser)


def _check_tie(number: int, tie: TiePart, setting: Setting, parser: Parser) -> None:
    """One tie, or one source of many: who it is between, and how strong."""
    for key, value in (("from", tie.from_), ("to", tie.to), ("among", tie.among)):
        if value is not None:
            _check_group([value], ("ties", number, key), setting, parser)
    # What stands in the file and is not here was told already, whatever it is.
    if len(parser.keys(("ties", number))) > len(tie.model_fields_set):
        return
    given = {key for key in _ENDS if getattr(tie, key) is not None}
    if given not in ({"from_", "to"}, {"file"}, {"among", "graph"}):
        expected = "a tie needs `from` and `to`, or `file`, or `among` and `graph`"
        parser.wrong(("ties", number), expected)
    elif tie.file is None and all(getattr(tie, name) is None for name in TIES):
        parser.wrong(("ties", number), f"a tie says how strong: {', '.join(TIES)}")
    if tie.one_way and "from_" in given:
        parser.wrong(
            ("ties", number, "one_way"), "`from` and `to` is one way already: leave it out"
        )


def _check_group(names: Sequence[str], loc: Loc, setting: Setting, parser: Parser) -> None:
    for name in names:
        if name not in setting.kind_rows:
            parser.wrong(loc, f"nobody is called {name!r}", nearest(name, setting.kind_rows))


def settle(world: World, definition: Definition) -> None:
    """Give factions their stock, people their ties and what they know from the start."""
    for name, faction in definition.factions.items():
        for item, count in faction.stock.items():
            world.set_held(name, item, count)
    seed = definition.seed
    for tie in definition.ties:
        for one in _members(world.setting, [tie.from_ or ""]):
            for other in _members(world.setting, [tie.to or ""]):
                if one != other:
                    for name in TIES:
                        value = getattr(tie, name)
                        if value is not None:
                            strength = drawn(value, seed, one, other, name)
                            world.ties.put(f"{one}\n{other}\n{name}", float(strength))
            if tie.because:
                _know(world, one, f"I remember {tie.because}", "felt", FELT_IMPORTANCE)
    for known in definition.knows:
        for one in _members(world.setting, _names(known.by)):
            _know(world, one, known.fact, PRIVATE if known.private else TOLD, KNOWN_IMPORTANCE)
    for profile in world.setting.profiles:
        for secret in profile.secret:
            _know(world, profile.id, secret, PRIVATE, KNOWN_IMPORTANCE)


def _know(world: World, npc: str, text: str, sort: str, importance: float) -> None:
    learn(world, npc, Memory(0, text, sort, importance))


def _members(setting: Setting, names: Sequence[str]) -> Iterator[str]:
    rows = setting.rows_of("|".join(names))
    return (setting.profiles[row].id for row in rows.tolist())


def _names(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
