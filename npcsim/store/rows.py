"""From events, model calls and snapshots to rows, and back, numbered and chained.

A row's `seq` is its tick and its place in that tick in one number: it grows along the log, and a
range of ticks is a range of `seq`. A row's `chain` is a hash of the row before it and of all the
row itself holds; the first row follows the run's own `genesis`. So an altered, lost or swapped
row is found. This finds damage. It is no signature: who rewrites a whole log can hash it anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from npcsim.errors import StoreError
from npcsim.events import Event, Packed, pack
from npcsim.messages import (
    ModelCall,
    answer_from_json,
    answer_json,
    question_from_json,
    question_json,
    request_key,
)

STATES = ("running", "finished", "interrupted", "failed")
"""How a run can stand. One that was cut off says `running` too: nobody could write otherwise."""
PLACES = 24
"""Bits of `seq` that count within a tick: 16.7 million rows a tick, 5 * 10^11 ticks."""


def first_seq(tick: int) -> int:
    """The `seq` of a tick's first row."""
    return tick << PLACES


def tick_of(seq: int) -> int:
    """The tick a row belongs to."""
    return seq >> PLACES


def link(previous: bytes, seq: int, *parts: bytes) -> bytes:
    """The chain value (16 bytes) of a row that follows `previous`.

    The lengths are hashed too, so that no byte can wander from one part into the next.
    """
    digest = blake2b(previous, digest_size=16)
    digest.update(f"{seq}:{':'.join(str(len(part)) for part in parts)}\n".encode())
    for part in parts:
        digest.update(part)
    return digest.digest()


def genesis(form: int, name: str, created: str, bundle: bytes) -> bytes:
    """What a run's first row follows: a hash of what the run was started with."""
    return link(b"npcsim run", form, name.encode(), created.encode(), bundle)


def seal(
    start: bytes,
    state: str,
    summary: str | None,
    heads: tuple[bytes, bytes],
    imported: bool = False,
) -> bytes:
    """The hash over a run's own row. `heads`: the last chains of events and calls, once known.

    imported: that others made the run stands in its seal too, as a note alone could get lost.
    """
    origin = (b"imported",) if imported else ()
    return link(start, 0, state.encode(), (summary or "").encode(), *heads, *origin)


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A model call as it was kept: when it was written, and the key of its request."""

    seq: int
    tick: int
    key: str
    call: ModelCall


class Packer:
    """Turns what happened into rows of one run, in order, each chained to the last."""

    def __init__(
        self,
        run: int,
        genesis: bytes,
        events: tuple[int, bytes] | None = None,
        calls: tuple[int, bytes] | None = None,
        imported: bool = False,
    ) -> None:
        """events, calls: `seq` and chain of the last row of each, in a run that goes on."""
        self.genesis, self.imported = genesis, imported
        last = [(-1, genesis) if row is None else row for row in (events, calls)]
        self.heads = (last[0][1], last[1][1])
        """The last chain values of events and of calls."""
        self.run = run
        self.last_tick = tick_of(last[0][0])
        """The tick of the last row it went on from; -1 for none."""
        self._next = {"events": last[0][0] + 1, "calls": last[1][0] + 1}

    def _number(self, table: str, tick: int) -> int:
        seq = max(self._next[table], first_seq(tick))
        self._next[table] = seq + 1
        return seq

    def events(self, tick: int, events: Iterable[Event]) -> list[dict[str, Any]]:
        """One row an event."""
        head, calls_head = self.heads
        rows = []
        for event in events:
            packed = pack(event)
            seq = self._number("events", tick)
            head = event_chain(head, seq, packed)
            rows.append(
                {
                    "run": self.run,
                    "seq": seq,
                    "tick": tick,
                    "kind": packed.kind,
                    "chain": head,
                    "payload": packed.payload,
                    "blob": packed.blob,
                }
            )
        self.heads = (head, calls_head)
        return rows

    def calls(self, tick: int, calls: Iterable[ModelCall]) -> list[dict[str, Any]]:
        """One row a model call, with its whole request and answer as JSON."""
        events_head, head = self.heads
        rows = []
        for call in calls:
            answer = None if call.answer is None else json.dumps(answer_json(call.answer))
            row: dict[str, Any] = {
                "run": self.run,
                "seq": self._number("calls", tick),
                "tick": tick,
                "key": request_key(call.fingerprint, call.question),
                "thought": call.thought,
                "tier": call.tier,
                "model": call.model,
                "fingerprint": call.fingerprint,
                "error": storable(call.error),
                "seconds": float(call.seconds),
                "cost": float(call.cost_usd),
                "request": json.dumps(question_json(call.question)),
                "answer": answer,
            }
            head = row["chain"] = call_chain(head, row)
            rows.append(row)
        self.heads = (events_head, head)
        return rows

    def snapshot(self, tick: int, payload: bytes) -> dict[str, Any]:
        """The row of a snapshot, chained to nothing but the run."""
        value = snapshot_chain(self.genesis, tick, payload)
        return {"run": self.run, "tick": tick, "chain": value, "payload": payload}


def event_chain(previous: bytes, seq: int, packed: Packed) -> bytes:
    """The chain value of an event's row."""
    return link(previous, seq, packed.kind.encode(), packed.payload, packed.blob)


def call_chain(previous: bytes, row: Any) -> bytes:
    """The chain value of a call's row, given by column name."""
    words = ("key", "thought", "tier", "model", "fingerprint", "error", "request")
    parts = [row[word].encode() for word in words]
    numbers = (repr(row["seconds"]), repr(row["cost"]))
    return link(
        previous, row["seq"], *parts, *(n.encode() for n in numbers), (row["answer"] or "").encode()
    )


def snapshot_chain(start: bytes, tick: int, payload: bytes) -> bytes:
    """The chain value of a snapshot."""
    return link(start, tick, b"snapshot", payload)


def kept_call(row: Any) -> KeptCall:
    """A call's row, given by column name, as the call it was."""
    try:
        question = question_from_json(json.loads(row["request"]))
        answer = None if row["answer"] is None else answer_from_json(json.loads(row["answer"]))
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"call {row['seq']} can't be read by this npcsim: {error}") from error
    call = ModelCall(
        thought=row["thought"],
        tier=row["tier"],
        model=row["model"],
        fingerprint=row["fingerprint"],
        question=question,
        answer=answer,
        error=row["error"],
        seconds=row["seconds"],
        cost_usd=row["cost"],
    )
    return KeptCall(row["seq"], row["tick"], row["key"], call)


def storable(text: str) -> str:
    """An error's text as any database takes it: no NUL, no half of a surrogate pair."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
