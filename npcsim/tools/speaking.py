"""A speech act that a mind has decided on and whose words are still to be found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from npcsim.effects import Signal
from npcsim.errors import ToolRefused
from npcsim.tools.binding import Bound, ToolBroke, effects_of, rebound
from npcsim.tools.builtin.talking import as_told
from npcsim.tools.tool import Tool, Words
from npcsim.tools.view import Body, View
from npcsim.world.rows import Act

NUMBERS: dict[type[Any], Any] = {int: int, float: float, bool: lambda text: text == "True"}


def is_speech(tool: Tool) -> bool:
    """Whether a tool is speech, whose words a mind finds."""
    return any(param.is_words for param in tool.params)


def wordless(tool: Tool, texts: Sequence[str], me: Body, view: View) -> Bound:
    """The call as a mind keeps it, its arguments as texts, with everything but its words."""
    named = [param for param in tool.params if not param.is_words]
    args: list[tuple[str, Any]] = []
    for param, text in zip(named, texts, strict=False):
        kind = next((kind for kind in param.types if kind in NUMBERS), None)
        args.append((param.name, NUMBERS[kind](text) if kind is not None else text))
    return rebound(tool, Act(0, me.id, tool.name, tuple(args), 0, 0), view)


def worded(bound: Bound, words: Words) -> Bound:
    """The call with its words."""
    last = bound.tool.params[-1].name
    return Bound(bound.tool, {**bound.args, last: words})


def speech_of(bound: Bound, me: Body, view: View) -> Signal | None:
    """What such a call would say, found by calling it and looking; None where it can't be said."""
    try:
        args = worded(bound, Words("")).args
        effects = effects_of(bound.tool, bound.tool.start, me, view, **args)
    except (ToolRefused, ToolBroke):
        return None
    found = [one for one in effects if isinstance(one, Signal) and one.act is not None]
    return found[0] if found else None


def topic_of(signal: Signal, me: Body, view: View) -> str:
    """What an utterance tells or asks about, as it is put in words; empty where it has no fact."""
    assert signal.act is not None
    fact = signal.fact or signal.act.about.fact
    own = not signal.fact or not signal.origin or str(signal.origin) == me.id
    return fact if own else as_told(view, str(signal.origin), fact)
