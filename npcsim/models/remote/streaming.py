"""Answers that come in pieces: what is told of them on the way, and when they are over."""

from __future__ import annotations

from npcsim.errors import BadReply, Unavailable
from npcsim.messages import Hear, Write
from npcsim.models.remote.served import until


class Telling:
    """Tells who hears a `Write` what it says so far, cut as the answer will be.

    `stops`: whether what comes after a stop string need not be waited for.
    """

    def __init__(self, question: Write, hear: Hear, *, stops: bool = True) -> None:
        self._question, self._hear, self._stops = question, hear, stops
        self._told = ""

    def tell(self, text: str) -> bool:
        """All text so far. -> whether nothing that may still come is part of the answer."""
        said = until(text, self._question.stop)
        if said and said != self._told:
            self._told = said
            self._hear(said)
        return self._stops and len(said) < len(text.strip())


def broke_off() -> Unavailable:
    """A stream that ended before its answer did: half an answer is none."""
    return Unavailable("the stream ended before the answer did", billed=True)


def no_stream(what: str) -> BadReply:
    """Something came back that is no stream of `what`."""
    return BadReply(f"what came back is no stream of {what}", billed=True)


def tokens_of(text: str) -> int:
    """The most tokens that a text can be: none is shorter than a byte.

    For an answer that was not waited for to its end, of which nobody tells the tokens. What the
    provider may have made meanwhile is covered too: a token of most texts has three bytes or more.
    """
    return len(text.encode("utf-8", "backslashreplace"))
