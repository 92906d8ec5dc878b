"""`@ask`: a typed Python function that only looks.

    @ask(says="{goods} are for sale here")
    def prices(me: Body, view: View) -> Mapping[str, Any] | None:
        goods = [f"{item} for {view.price(item, me)} coins" for item in for_sale(me, view)]
        return {"goods": goods} if goods else None

A tier that writes calls it and gets the data. For a tier that scores, the sentence is part of the
situation. It is never an option, and it changes nothing.
"""

from __future__ import annotations

import inspect
import json
import math
import string
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, overload

from npcsim.effects import shown
from npcsim.errors import ToolRefused
from npcsim.tools.binding import Bound, ToolBroke, asked, line_of, unfit
from npcsim.tools.language import Texts, all_texts
from npcsim.tools.options import bindings
from npcsim.tools.shape import check_candidates, check_known
from npcsim.tools.steps import Candidates
from npcsim.tools.tool import ASK, Tool, params_of
from npcsim.tools.view import Body, Handle, View

LINES = 2
LINE_LENGTH = 120
TRIED = 16  # ways to fill in its parameters that are looked at for a sentence
LONGEST_DATA = 4000
_AND = {"en": " and ", "ko": " 그리고 "}

Data = str | dict[str, Any] | None


@overload
def ask(function: Callable[..., Any], /) -> Tool: ...


@overload
def ask(
    *, says: Texts = "", candidates: Mapping[str, Candidates] | None = None
) -> Callable[[Callable[..., Any]], Tool]: ...


def ask(
    function: Callable[..., Any] | None = None,
    /,
    *,
    says: Texts = "",
    candidates: Mapping[str, Candidates] | None = None,
    **unknown: Any,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make an ask tool of a function `(me: Body, view: View, ...) -> text, mapping or None`.

    A text is told as it is. Of a mapping, `says` makes a sentence: `{me}` and its keys stand for
    their values, lists are joined by "and". None says nothing, and so does a mapping without
    `says`, or with an empty value for one of its names. A sentence is cut at `LINE_LENGTH`
    characters, and a situation has at most `LINES` of them, in the order of `TOOLS`. With
    parameters, the first way to fill them in that says something counts; `candidates` as in
    `@tool`. Raises TypeError for a function of another shape.
    """
    check_known("@ask", unknown, ask.__kwdefaults__ or ())

    def make(look: Callable[..., Any]) -> Tool:
        name = look.__name__
        params = params_of(look)
        if any(param.is_words for param in params):
            raise TypeError(f"ask tool {name}: it says nothing to anybody, so it takes no Words")
        check_candidates(name, candidates or {}, {one.name: one.types for one in params})
        for text in all_texts(says):
            _check_says(name, text)
        doc = inspect.getdoc(look) or name.replace("_", " ")
        return Tool(
            name, doc, look, params, "", "", "", dict(candidates or {}), 0, "", 0.0, ASK,
            says=says,
        )  # fmt: skip

    return make if function is None else make(function)


def _check_says(name: str, text: str) -> None:
    if not isinstance(text, str):
        raise TypeError(f"ask tool {name}: says is a text, not {text!r:.60}")
    try:
        pieces = [piece for _, piece, _, _ in string.Formatter().parse(text) if piece is not None]
    except ValueError as error:
        raise TypeError(f"ask tool {name}: says {text!r}: {error}") from error
    if not all(piece.isidentifier() for piece in pieces):
        raise TypeError(f"ask tool {name}: says {text!r} may name keys of the answer, no more")


def answer(bound: Bound, me: Body, view: View) -> Data:
    """What an ask tool gives as plain data: things by id, at most `LONGEST_DATA` as JSON.

    Raises `ToolRefused`, and `ToolBroke` for anything that is no text, mapping or None.
    """
    return _data(bound.tool, asked(bound.tool, bound.tool.start, me, view, **bound.args))


def _data(tool: Tool, given: Any) -> Data:
    try:
        data = _plain(given, 0)
        if data is not None and not isinstance(data, str | dict):
            raise TypeError
        size = len(json.dumps(data, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        message = f"returned {shown(given, 80)}, not a text, a mapping of data or None"
        raise ToolBroke(tool.name, message, line_of(tool.start)) from None
    if size > LONGEST_DATA:
        message = f"returned {size} characters; {LONGEST_DATA} is the most"
        raise ToolBroke(tool.name, message, line_of(tool.start))
    return data


def _plain(value: Any, depth: int) -> Any:
    if depth > 6:
        raise TypeError
    if isinstance(value, Handle):
        return value.id
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        return [_plain(one, depth + 1) for one in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(one, depth + 1) for key, one in value.items()}
    raise TypeError


def sentence(bound: Bound, me: Body, view: View) -> str:
    """The answer of an ask tool as one line, or an empty text where it says nothing.

    Raises `ToolRefused` and `ToolBroke`.
    """
    tool = bound.tool
    given = asked(tool, tool.start, me, view, **bound.args)
    data = _data(tool, given)
    if isinstance(data, dict):
        text = _told(tool, given, me, view) if tool.says else ""
    else:
        text = data or ""
    line = " ".join(text.split())
    if len(line) > LINE_LENGTH:
        line = line[: LINE_LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    return line if not line or line.endswith((".", "!", "?", "…")) else f"{line}."


def _told(tool: Tool, given: Mapping[str, Any], me: Body, view: View) -> str:
    """A mapping's sentence. What it can't be filled with breaks the tool."""
    words = {
        key: _joined(value, view.language) if isinstance(value, list | tuple) else value
        for key, value in given.items()
    }
    pieces = [
        piece
        for text in all_texts(tool.says)
        for _, piece, _, _ in string.Formatter().parse(text)
        if piece not in (None, "me")
    ]
    if any(piece in words and words[piece] in (None, "") for piece in pieces):
        return ""
    said: str = asked(tool, lambda: view.said(tool.says, **{"me": me, **words}))
    return said


def _joined(values: Iterable[Any], language: str) -> str:
    texts = [format(value) for value in values]
    last = _AND.get(language, _AND["en"])
    return last.join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def sentences(
    me: Body, view: View, tools: Iterable[Tool], broken: list[ToolBroke]
) -> tuple[str, ...]:
    """What ask tools say to a mind now, at most `LINES`. Broken ones are left out and noted."""
    lines: list[str] = []
    for tool in tools:
        if len(lines) == LINES:
            break
        try:
            line = _first(tool, me, view)
        except ToolBroke as broke:
            broken.append(broke)
            continue
        if line and line not in lines:
            lines.append(line)
    return tuple(lines)


def _first(tool: Tool, me: Body, view: View) -> str:
    if unfit(tool, me):
        return ""
    for args in islice(bindings(tool, me, view), TRIED):
        try:
            line = sentence(Bound(tool, args), me, view)
        except ToolRefused:
            continue
        if line:
            return line
    return ""
