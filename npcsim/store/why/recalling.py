"""What came to mind at a thought, recalled anew of the same memories, for its scores."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Sequence

import numpy as np

from npcsim import events as ev
from npcsim.memory.asking import ask, index_of, meant
from npcsim.memory.recall import PARK_DECAY
from npcsim.memory.vectors import fine
from npcsim.messages import Choose, Question
from npcsim.store.moment import Moment
from npcsim.store.why.explanation import Came
from npcsim.store.why.log import Log
from npcsim.world.meanings import Meanings

SAID = re.compile(r"[\"“「]([^\"”」]+)[\"”」]")
"""Words in quotation marks, as what set a thought off has them; see `npc.background.cue`."""


def recalled(
    log: Log,
    before: Moment,
    npc: str,
    own: Sequence[ev.Event],
    tick: int,
    question: Question | None,
    why: str,
) -> tuple[Came, ...]:
    """What came to mind, with the scores that it had: recalled anew of the same memories."""
    ids = {id for e in own if isinstance(e, ev.Recalled) and e.tick == tick for id in e.ids}
    if not ids:
        return ()
    told = _asked_of_memory(question, why)
    known = before.memories(npc)
    index = index_of(known)
    vectors = meant(told, index.lines, _meanings(log, tick)) if told else None
    found = ask(
        index, tick, before.tick_ms, told, limit=len(known) or 1, decay=_decay(log.bundle),
        vectors=vectors,
    )  # fmt: skip
    by_id = {one.memory.id: one for one in found.found} if told else {}
    lines = [line for line in known if line.id in ids]
    came = [
        Came(
            line.id, line.text, line.sort, line.tick, one.score, one.relevance, one.recency,
            one.importance, one.keyword,
        )
        if (one := by_id.get(line.id))
        else Came(line.id, line.text, line.sort, line.tick, None, None, None, line.importance, None)
        for line in lines
    ]  # fmt: skip
    return tuple(sorted(came, key=lambda one: (-(one.score or 0.0), one.id)))


def _meanings(log: Log, tick: int) -> Meanings:
    """The vectors that were known in a tick: answers from outside, so they are in the log."""
    known = Meanings()
    for event in log.events(kinds=("Embedded",), stop=tick + 1):
        if isinstance(event, ev.Embedded) and event.texts:
            rows = [np.frombuffer(base64.b64decode(text), "<i2") for text in event.vectors]
            known.take(dict(zip(event.texts, fine(np.stack(rows)), strict=True)))
    return known


def _asked_of_memory(question: Question | None, why: str) -> str:
    """What was asked of memory: words that were said, or the situation as it was put at first."""
    if question is None:
        return ""
    if said := SAID.findall(why):
        return str(said[-1])
    text = question.situation if isinstance(question, Choose) else question.user
    return text.partition("\n\n")[2] if question.prefix.own and "\n\n" in text else text


def _decay(bundle: bytes) -> float:
    """What the run's scenario says of how memories fade."""
    try:
        whole = json.loads(json.loads(zlib.decompress(bundle))["definition"])
        return float(whole.get("memory", {}).get("decay", PARK_DECAY))
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError):
        return PARK_DECAY  # a run without a recipe: only tests make them
