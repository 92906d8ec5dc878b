"""From events, model calls and snapshots to rows, and back, with the chain in between."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
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
from npcsim.store import chain


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A model call as it was kept: when it was written, and the key of its request."""

    seq: int
    tick: int
    key: str
    call: ModelCall


class Packer:
    """Turns what happened into rows of one run, in order, each chained to the last."""

    def __init__(self, run: int, genesis: bytes) -> None:
        self.genesis = genesis
        self.heads = (genesis, genesis)
        """The last chain values of events and of calls."""
        self.run = run
        self._next = {"events": 0, "calls": 0}

    def _number(self, table: str, tick: int) -> int:
        seq = max(self._next[table], chain.first_seq(tick))
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
                "error": _storable(call.error),
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
    return chain.link(previous, seq, packed.kind.encode(), packed.payload, packed.blob)


def call_chain(previous: bytes, row: Any) -> bytes:
    """The chain value of a call's row, given by column name."""
    words = ("key", "thought", "tier", "model", "fingerprint", "error", "request")
    parts = [row[word].encode() for word in words]
    numbers = (repr(row["seconds"]), repr(row["cost"]))
    return chain.link(
        previous, row["seq"], *parts, *(n.encode() for n in numbers), (row["answer"] or "").encode()
    )


def snapshot_chain(start: bytes, tick: int, payload: bytes) -> bytes:
    """The chain value of a snapshot."""
    return chain.link(start, tick, b"snapshot", payload)


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


def _storable(text: str) -> str:
    """An error's text as any database takes it: no NUL, no half of a surrogate pair."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
