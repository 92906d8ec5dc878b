"""How words are written: the likeliest token each time, until something says stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from npcsim.inference.sequence import Feed, Logits, Program

#: Taken off the logit of each token among the last `PENALTY_WINDOW` written: greedy loops else.
REPEAT_PENALTY = 1.0
PENALTY_WINDOW = 32


class Grammar(Protocol):
    """Which tokens may come next: see `runner.Grammar`."""

    def best(self, logits: Logits) -> int: ...
    def accept(self, token: int) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Wording:
    """What bounds a piece of writing, and who hears it as it comes.

    `piece`: bytes of a token. `ends`: whether the model says with it that it is done. `grammar`
    makes the one to hold to, when the writing begins. `hear` gets what was said so far, whenever
    that grew by whole characters.
    """

    most: int
    stop: Sequence[str]
    piece: Callable[[int], bytes]
    ends: Callable[[int], bool]
    grammar: Callable[[], Grammar] | None = None
    hear: Callable[[str], None] | None = None


def write(prompt: Sequence[int], wording: Wording) -> Program:
    """-> (text, tokens written). The text may be empty, and is cut before a stop string."""
    grammar = None if wording.grammar is None else wording.grammar()
    try:
        result = yield from _write(prompt, wording, grammar)
    finally:
        if grammar is not None:
            grammar.close()
    return result


def _write(prompt: Sequence[int], wording: Wording, grammar: Grammar | None) -> Program:
    written: list[int] = []
    said = b""
    heard = ""

    def pick(logits: Logits) -> int:
        return _best(logits, written, grammar)

    (token,) = yield Feed(0, prompt, {len(prompt) - 1: pick})
    while not wording.ends(token):
        written.append(token)
        said += wording.piece(token)
        if grammar is not None:
            grammar.accept(token)
        cut = stopped(said, wording.stop)
        if cut is not None or len(written) == wording.most:
            break
        if wording.hear is not None and (now := certain(said, wording.stop)) != heard:
            heard = now
            wording.hear(heard)
        held = len(prompt) + len(written) - 1
        (token,) = yield Feed(held, [token], {0: pick}, grows=True)
    cut = stopped(said, wording.stop)
    return (text_of(said) if cut is None else cut).strip(), len(written)


def stopped(said: bytes, stops: Sequence[str]) -> str | None:
    """What was said before the first stop string; None while there is none.

    Space before the first word never stops: a small model likes to begin with an empty line.
    """
    text = text_of(said).lstrip()
    places = [text.index(stop) for stop in stops if stop and stop in text]
    return text[: min(places)] if places else None


def certain(said: bytes, stops: Sequence[str]) -> str:
    """What was said, less an end that could yet become a stop string: that may be shown."""
    text = text_of(said).strip()
    held_back = max(
        (size for stop in stops for size in range(1, len(stop)) if text.endswith(stop[:size])),
        default=0,
    )
    return text[: len(text) - held_back].rstrip()


def text_of(said: bytes) -> str:
    """Bytes as text; the last character may still lack bytes, and is left out then."""
    return said.decode("utf-8", "ignore")


def _best(logits: Logits, written: Sequence[int], grammar: Grammar | None) -> int:
    """The likeliest token that is allowed; in free text those written a moment ago less so."""
    if grammar is not None:
        return grammar.best(logits)
    for token in set(written[-PENALTY_WINDOW:]):
        logits[token] -= REPEAT_PENALTY
    return int(logits.argmax())
