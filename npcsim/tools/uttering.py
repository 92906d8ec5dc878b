"""`@speech_act`: a function that says what an utterance refers to becomes a tool that says it.

    @speech_act("inform", option="warn {to} of the ice", seen="{me} warns {to}",
                did="I warned {to} of the ice", takes="5 s")
    def warn(me: Body, view: View, to: Body) -> Saying:
        return Saying(References(fact="The ice is thin", place="pond"))

The tool checks that the other hears it, puts the utterance together and has a mind find its words,
so what is left to write is what is particular to the act.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from npcsim.effects import Add, Effect, Tie
from npcsim.speech import KINDS, PARAPHRASE, References
from npcsim.tools.builtin.talking import UNWORDED, hears, utterance
from npcsim.tools.language import Texts, all_texts
from npcsim.tools.shape import check_wording
from npcsim.tools.tool import Tool, Words, tool
from npcsim.tools.view import Body, View
from npcsim.world.rows import Memory

WORDS = inspect.Parameter(
    "words", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=Words(""), annotation=Words
)


@dataclass(frozen=True, slots=True)
class Saying:
    """What is done by saying something: what it refers to, and what else comes of it, before it.

    known: the memory that a fact is told from; without one the speaker stands for it. lie: the
    speaker knows that it is otherwise.
    """

    about: References = field(default_factory=References)
    also: tuple[Effect, ...] = ()
    known: Memory | None = None
    lie: bool = False


def speech_act(
    kind: str, *, words: Texts = "", company: bool = True, **how: Any
) -> Callable[[Callable[..., Saying]], Tool]:
    """Make a tool of a function `(me, view, to, ...) -> Saying`, which may raise ToolRefused.

    kind: one of `npcsim.speech.KINDS`. words: what is always said, in which `{fact}` stands for
    what is told, and names as in other wordings; without them a mind finds the words. company:
    whether it makes the two know each other better and eases loneliness. how: as for `@tool`.
    Raises ValueError for a kind there is not, and TypeError as `@tool` does.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no speech act {kind!r}: there are {', '.join(KINDS)}")

    def make(act: Callable[..., Saying]) -> Tool:
        shape = inspect.signature(act, eval_str=False)
        given = list(shape.parameters.values())
        for text in all_texts(words):
            check_wording(act.__name__, text, {"fact", *shape.parameters} - {"view"})

        @functools.wraps(act)
        def start(me: Body, view: View, *args: Any, **named: Any) -> list[Effect]:
            called = whole.bind(me, view, *args, **named).arguments
            said = called.pop("words", Words(""))
            return _uttered(kind, act(**called), called, said, words, company)

        whole = shape.replace(parameters=given if words else [*given, WORDS])
        start.__signature__ = whole  # type: ignore[attr-defined]
        start.__annotations__ = dict(act.__annotations__)
        if not words:
            start.__annotations__["words"] = Words
        return tool(**how, act=kind)(start)

    return make


def _uttered(
    kind: str, saying: Saying, called: dict[str, Any], said: Words, words: Texts, company: bool
) -> list[Effect]:
    """The effects of one call."""
    me, view, to = called["me"], called["view"], called["to"]
    hears(me, to)
    if words:
        named = {name: value for name, value in called.items() if name != "view"}
        said = Words(view.said(words, **named, fact=saying.about.fact))
    elif not said and saying.about.fact:  # put in from outside, or done by a body
        said = Words(view.said(UNWORDED, topic=saying.about.fact), PARAPHRASE)
    act = utterance(kind, me, to, said, saying.about, saying.known, lie=saying.lie)
    effects: list[Effect] = [*saying.also, act]
    if company:
        effects += [Tie(me, to, "knows", 0.05), Tie(to, me, "knows", 0.05)]
        if "social" in view.world.setting.gauges:
            effects += [Add(me, "social", -0.15), Add(to, "social", -0.1)]
    return effects
