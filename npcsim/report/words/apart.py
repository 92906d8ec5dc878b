"""How two runs part, in lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from npcsim.report.facts.story import Span
from npcsim.report.words.moments import plain
from npcsim.store.apart.difference import Difference, Ending, Fact, Reached

MOST = 40
FEW = {"attribute": 12, "memory": 12}
VIA = {
    "start": "began otherwise",
    "input": "was given an input",
    "answer": "got another answer",
    "decision": "decided otherwise",
    "said": "was told or heard",
    "signal": "perceived",
    "memory": "remembers",
    "harm": "was struck",
    "deed": "was done something to",
    "contest": "wanted the same",
    "near": "was near",
    "question": "was asked something else",
    "router": "was answered by another tier",
    "unknown": "differs",
}
BY = {"said": "from", "signal": "from", "memory": "of", "harm": "by", "deed": "by", "contest": "as"}
ENDS = ("life", "goal", "item", "tie", "measure", "place", "attribute", "memory")


def span_of(told: Difference) -> Span:
    """The time that both runs cover."""
    return Span(told.start_ms, told.tick_ms, 0, told.last)


def apart_lines(told: Difference) -> list[str]:
    """The difference of two runs for people."""
    return [plain(line) for line in _all(told)]


def _all(told: Difference) -> Iterator[str]:
    span = span_of(told)
    yield f"A {told.a}, {told.ticks[0]} ticks"
    yield f"B {told.b}, {told.ticks[1]} ticks"
    for fact in told.start:
        yield f"   {whole_words(fact)}"
    if told.same:
        yield f"They tell the same up to tick {told.last}, {span.at(told.last)}."
        return
    yield ""
    if told.first is not None:
        yield f"They part {_when(span, told.first.tick)}: {fact_words(told.first, told)}"
    if told.hash >= 0:
        yield f"The world is another (state hash) from {_when(span, told.hash)} on."
    yield ""
    everybody = len(told.reached) + len(told.untouched)
    yield f"-- Whom it reached: {len(told.reached)} of {everybody} NPCs"
    for one in told.reached[:MOST]:
        yield f"{span.at(one.tick)}  {'  ' * min(one.step, 8)}{reached_words(one, told)}"
    if len(told.reached) > MOST:
        yield f"... and {len(told.reached) - MOST} more (all with --json)"
    if told.untouched:
        names = ", ".join(told.names.get(npc, npc) for npc in told.untouched[:MOST])
        yield f"never reached: {names}"
    yield ""
    yield f"-- What is other in the end, at {span.at(told.last)}"
    yield from _endings(told)


def _when(span: Span, tick: int) -> str:
    return f"{span.at(tick)} (tick {tick})"


def whole_words(fact: Fact) -> str:
    """What is said of the runs as a whole and differs."""
    name = f"{fact.kind} {fact.field}".strip()
    return f"{name}: {fact.a or 'none'} in A, {fact.b or 'none'} in B"


def fact_words(fact: Fact, told: Difference, named: bool = True) -> str:
    """Two tellings of one fact. named: with the NPC that it is of."""
    who = f"{told.names.get(fact.npc, fact.npc)}: " if fact.npc and named else ""
    if not fact.field:
        if fact.a and fact.b:
            return f"{who}{fact.a} in A, {fact.b} in B"
        return f"{who}{fact.a or fact.b}, only in {'A' if fact.a else 'B'}"
    return f"{who}{fact.kind}, {fact.field} is {fact.a or 'empty'} in A, {fact.b or 'empty'} in B"


def reached_words(one: Reached, told: Difference) -> str:
    """How the difference came to an NPC."""
    name, source = told.names.get(one.npc, one.npc), told.names.get(one.source, one.source)
    word = BY.get(one.via, "")
    from_whom = f"{f' {word}' if word else ''} {source}" if source else ""
    return f"{name} {VIA.get(one.via, one.via)}{from_whom}: {one.text}".rstrip(": ")


def _endings(told: Difference) -> Iterator[str]:
    counts = Counter(one.what for one in told.endings)
    for what in ENDS:
        mine = [one for one in told.endings if one.what == what]
        most = FEW.get(what, MOST)
        for one in mine[:most]:
            yield ending_words(one, told)
        if counts[what] > most:
            yield f"... and {counts[what] - most} more of {what}"
    if not told.endings:
        yield "nothing"


def ending_words(one: Ending, told: Difference) -> str:
    """One thing that is other in the end."""
    name = told.names.get(one.npc, one.npc)
    what = f"{one.what} {one.name}".strip()
    return f"{name + ': ' if name else ''}{what}: {one.a} in A, {one.b} in B"
