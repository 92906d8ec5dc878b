"""Whether a behaviour can run as written: its states exist, one begins, each has a way in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from npcsim.errors import Mistake
from npcsim.scenario.reading.shape import keys_of, kind_at
from npcsim.scenario.schema import StatePart
from npcsim.scenario.source import Sources
from npcsim.scenario.spelling import nearest, nearest_name

ANY = "any"


def check_machine(
    behaviour: str, entries: Mapping[str, StatePart], sources: Sources
) -> Iterator[Mistake]:
    """The mistakes in one behaviour. Entries with `to` are transitions, the others are states."""
    written = sources.keys(("behaviour", behaviour))
    states = {name: part for name, part in entries.items() if part.to is None}
    # An entry left out for its own mistake may have been a state.
    known = set(states) | {name for name in written if name not in entries}
    wrong = list(_unknown_states(behaviour, entries, known, sources))
    yield from wrong
    yield from _doing(behaviour, entries, sources)
    if known != set(states):
        return
    begin = next((name for name, part in states.items() if part.from_ is None), None)
    if begin is None:
        hint = "leave out 'from' in the one NPCs begin in"
        message = f"'{behaviour}' has no state to begin in"
        yield sources.mistake(("behaviour", behaviour), message, hint, key=True)
    elif not wrong:
        yield from _dead(behaviour, begin, entries, states, sources)


def meant(key: str, sources: Sources, loc: Sequence[str | int]) -> bool:
    """Whether a key that is not in the entry at `loc` was written, wrongly: told already."""
    written = sources.keys(loc)
    known = keys_of(kind_at(loc)) or {}
    misspelt = any(nearest_name(one, (key,)) for one in written if one not in known)
    return key in written or key in sources.keys(loc[:-1]) or misspelt


def _sources_of(part: StatePart) -> list[str]:
    if part.from_ is None:
        return []
    return [part.from_] if isinstance(part.from_, str) else part.from_


def _unknown_states(
    behaviour: str, entries: Mapping[str, StatePart], known: set[str], sources: Sources
) -> Iterator[Mistake]:
    for name, part in entries.items():
        loc = ("behaviour", behaviour, name)
        if name == ANY:
            message = f"a state can't be called '{ANY}'"
            yield sources.mistake(loc, message, "it stands for all states", key=True)
        for number, one in enumerate(_sources_of(part)):
            if one not in known and one != ANY:
                where = "from" if isinstance(part.from_, str) else ("from", number)
                full = (*loc, where) if isinstance(where, str) else (*loc, *where)
                yield sources.mistake(full, f"no state '{one}'", _near(one, known | {ANY}))
        if part.to is not None and part.to not in known:
            yield sources.mistake((*loc, "to"), f"no state '{part.to}'", _near(part.to, known))


def _doing(behaviour: str, entries: Mapping[str, StatePart], sources: Sources) -> Iterator[Mistake]:
    for name, part in entries.items():
        loc = ("behaviour", behaviour, name)
        if part.to is None and part.do is None and not meant("do", sources, loc):
            hint = "give it 'do', or 'to' to make it a transition"
            yield sources.mistake(loc, f"the state '{name}' does nothing", hint, key=True)
        if part.to is not None and part.do is not None:
            message = f"'{name}' has 'to', so it is a transition and does nothing itself"
            yield sources.mistake((*loc, "do"), message, "leave out 'do' or 'to'", key=True)


def _dead(
    behaviour: str,
    begin: str,
    entries: Mapping[str, StatePart],
    states: Mapping[str, StatePart],
    sources: Sources,
) -> Iterator[Mistake]:
    """States that no transition leads to from where NPCs begin."""
    leads: dict[str, set[str]] = {name: set() for name in states}
    for name, part in entries.items():
        target = part.to if part.to is not None else name
        came_from = _sources_of(part)
        if part.to is not None and not came_from:
            came_from = [ANY]
        for one in states if ANY in came_from else came_from:
            leads[one].add(target)
    reached, edge = {begin}, [begin]
    while edge:
        fresh = leads[edge.pop()] - reached
        reached |= fresh
        edge += fresh
    dead = [name for name in states if name not in reached]
    entered = {name: {one for one in states if name in leads[one]} - {name} for name in dead}
    # Where a dead state has no way in at all, those behind it are dead for that reason only.
    first = [name for name in dead if not entered[name]] or dead
    for name in first:
        if meant("from", sources, ("behaviour", behaviour, name)) and states[name].from_ is None:
            continue
        message = f"the state '{name}' can never be entered"
        hint = "say where it is entered 'from'" if not entered[name] else "no way leads there"
        yield sources.mistake(("behaviour", behaviour, name), message, hint, key=True)


def _near(name: str, known: set[str]) -> str:
    return nearest(name, known) or f"states are {', '.join(sorted(known))}"
