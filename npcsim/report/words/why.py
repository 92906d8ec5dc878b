"""Why an NPC did what it did, in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from npcsim.report.facts.story import Span
from npcsim.report.words.moments import plain
from npcsim.store.why.explanation import (
    Asking,
    Came,
    Doing,
    Explanation,
    Option,
    Outcome,
    Perceived,
    Thought,
)

MOST_OUTCOMES = 40
WHO = {"body": "its state machine", "mind": "its mind", "outside": "somebody outside"}


def why_lines(told: Explanation, prompts: bool = True) -> list[str]:
    """An explanation for people; without `prompts`, the questions themselves are left out."""
    span = Span(told.start_ms, told.tick_ms, 0, told.tick)
    lines = [f"{told.name} at {span.at(told.tick)} (tick {told.tick}), run {told.run}", ""]
    lines += [f"doing     {_doing(told.doing, span, told.tick)}"]
    lines += [f"body      {_body(told, span)}"] if told.body.state else []
    if told.goal:
        lines.append(f"plan      {told.goal}, since {_when(span, told.goal_since)}")
    if told.thought is None:
        return [plain(line) for line in [*lines, "", "No thought is behind it."]]
    lines += _thought(told.thought, span, prompts)
    if told.words is not None:
        lines += _words(told.words, span, prompts)
    return [plain(line) for line in lines]


def _when(span: Span, tick: int) -> str:
    return f"{span.at(tick)} (tick {tick})"


def _doing(doing: Doing | None, span: Span, tick: int) -> str:
    if doing is None:
        return "nothing yet"
    call = f"{doing.tool}({', '.join(str(value) for value in doing.args.values())})"
    by = WHO.get(doing.by, doing.by)
    line = f"{call}, begun {_when(span, doing.since)} by {by}"
    if doing.ended < 0:
        return f"{line}; not ended"
    why = f": {doing.reason}" if doing.reason else ""
    line += f"; {doing.how} {_when(span, doing.ended)}{why}"
    return f"nothing; last {line}" if doing.ended < tick else line


def _body(told: Explanation, span: Span) -> str:
    because = f", because {told.body.because}" if told.body.because else ""
    return f"in the state {told.body.state} since {_when(span, told.body.since)}{because}"


def _thought(thought: Thought, span: Span, prompts: bool) -> Iterator[str]:
    ended = f"decided {_when(span, thought.decided)}" if thought.decided >= 0 else "not decided yet"
    yield f"thought   {thought.purpose}: it {thought.link}"
    yield f"          asked {_when(span, thought.asked)}, {ended}"
    if thought.why:
        yield f"          set off by: {thought.why}"
    yield from _head("What there was to perceive")
    yield from _perceived(thought.perceived)
    yield from _head("What came to mind")
    yield from _came(thought.recalled, thought.shown, span)
    if thought.options:
        yield from _head("What it weighed")
        yield from _options(thought.options)
    yield from _head("Who was asked, and why")
    for asking in thought.askings:
        yield from _asking(asking, span, prompts)
    if not thought.askings:
        yield "nobody: the log holds no question"
    if thought.decided >= 0:
        yield from _head("What came of it")
        who = "the body, by its needs" if thought.fallback else thought.tier
        yield f"{who} decided: {thought.text or '(nothing)'}" + _because(thought.reason)
        for one in thought.considered:
            if one.why_not:
                yield f"   not asked as well: {_looked_at(one)}"
        yield from _outcomes(thought.outcomes, span)
        yield f"price of the thought: ${thought.cost_usd:.6f}"


def _words(words: Thought, span: Span, prompts: bool) -> Iterator[str]:
    yield from _head("Where its words are from")
    for asking in words.askings:
        yield from _asking(asking, span, prompts)
    if words.decided >= 0:
        who = "set phrases" if words.fallback else words.tier
        yield f"{who}: “{words.text}”{_because(words.reason)}"
        yield f"price of the words: ${words.cost_usd:.6f}"


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _head(title: str) -> tuple[str, str]:
    return "", f"-- {title}"


def _perceived(seen: Perceived) -> Iterator[str]:
    needs = ", ".join(f"{name} {value:.2f}" for name, value in seen.needs.items())
    state = f", in the state {seen.state}" if seen.state else ""
    yield f"at ({seen.x:.1f}, {seen.y:.1f}){state}" + (f"; {needs}" if needs else "")
    for sign in seen.signs:
        to = f" to {sign.to}" if sign.to else ""
        words = f": “{sign.content}”" if sign.content else ""
        yield f"{sign.about} by {sign.source}{to}, {sign.distance:.1f} tiles off{words}"
    if seen.near:
        yield "near: " + ", ".join(
            f"{one.npc} ({one.distance:.1f} tiles{', ' + one.state if one.state else ''})"
            for one in seen.near
        )
    for text in seen.kept:
        yield f"kept in memory: {text}"


def _came(came: Sequence[Came], shown: bool, span: Span) -> Iterator[str]:
    if not came:
        yield (
            "nothing beside the recent past, which a model is shown anyway"
            if shown
            else ("nothing that the log tells of")
        )
        return
    yield "score  = relevance, recency, importance"
    for one in came:
        if one.score is None or one.relevance is None or one.recency is None:
            scores = f"?        importance {one.importance:.2f}"
        else:
            scores = (
                f"{one.score:.4f} = {one.relevance:.2f}, {one.recency:.2f}, {one.importance:.2f}"
            )
        yield f"{scores}  {span.at(one.tick)} [{one.sort}] {one.text}"
    if not shown:
        yield "(the tier that answered is shown the short situation, without these)"


def _options(options: Sequence[Option]) -> Iterator[str]:
    yield "     needs   model   both"
    for one in sorted(options, key=lambda o: (not o.taken, -(o.blended or o.utility))):
        model = "-" if one.probability is None else f"{one.probability:.3f}"
        both = "-" if one.blended is None else f"{one.blended:.3f}"
        yield f"{'▸' if one.taken else ' '} {one.utility:8.3f} {model:>7} {both:>6}  {one.text}"


def _looked_at(one: Any) -> str:
    effort = f" at {one.effort} effort" if one.effort else ""
    return f"{one.tier}{effort}, ${one.price:.6f}, worth ${one.worth:.6f}: {one.why_not}"


def _asking(asking: Asking, span: Span, prompts: bool) -> Iterator[str]:
    effort = f" at {asking.effort} effort" if asking.effort else ""
    yield f"{asking.tier}{effort}, {_when(span, asking.tick)}{_because(asking.reason)}"
    for one in asking.considered:
        if one.why_not:
            yield f"   not asked: {_looked_at(one)}"
    if asking.question is not None and prompts:
        yield "   the question:"
        for line in _prompt(asking.question):
            yield f"   | {line}"
    if asking.landed < 0:
        if asking.model or asking.tier != "reflex":
            yield "   no answer yet"
        return
    if asking.error:
        yield f"   {asking.model} failed: {asking.error}"
    elif asking.answer is not None:
        yield f"   {asking.model} answered: {_answer(asking.answer, asking.question)}"
    usage = (asking.answer or {}).get("usage", {})
    tokens = f"{usage.get('input', 0):,} tokens read, {usage.get('output', 0):,} written"
    late = ", late" if asking.late else ""
    yield (
        f"   landed {_when(span, asking.landed)}{late}; {tokens}; "
        f"${asking.cost_usd:.6f}; {asking.seconds:.2f} s"
    )


def _prompt(question: Mapping[str, Any]) -> Iterator[str]:
    prefix = question.get("prefix", {})
    parts = [prefix.get("shared", ""), prefix.get("own", "")]
    if question.get("ask") == "choose":
        parts += [question["situation"]]
        parts += [f"({i}) {option}" for i, option in enumerate(question["options"], 1)]
    else:
        parts += [question.get("system", ""), question.get("user", "")]
    for part in parts:
        yield from part.splitlines()


def _answer(answer: Mapping[str, Any], question: Mapping[str, Any] | None) -> str:
    if answer.get("is") == "written":
        return f"“{answer.get('text', '')}”"
    options, pick = (question or {}).get("options", ()), int(answer.get("pick", -1))
    return str(options[pick]) if 0 <= pick < len(options) else f"option {pick + 1}"


def _outcomes(outcomes: Sequence[Outcome], span: Span) -> Iterator[str]:
    for one in outcomes[:MOST_OUTCOMES]:
        yield f"{span.at(one.tick)}  {_outcome(one)}{_ended(one, span)}"
    if len(outcomes) > MOST_OUTCOMES:
        yield f"... and {len(outcomes) - MOST_OUTCOMES} more (all with --json)"


def _outcome(one: Outcome) -> str:
    match one.sort:
        case "effects":
            return f"{one.text} changed the world: {_all(one.effects)}"
        case "refused":
            wanted = _all(one.effects)
            return f"{one.text} was refused" + (f" (it wanted: {wanted})" if wanted else "")
        case "goal":
            return f"means to {one.text}"
        case "plan":
            return f"the plan {one.text}: {one.how}"
        case "remembered":
            return f"remembers: {one.text}"
    return one.text


def _ended(one: Outcome, span: Span) -> str:
    if one.sort in ("act", "goal"):
        if one.ended < 0:
            return ", not ended"
        return f", {one.how} {span.at(one.ended)}{_because(one.reason)}"
    return f": {one.reason}" if one.reason else ""


def _all(effects: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(map(effect_words, effects))


def effect_words(effect: Mapping[str, Any]) -> str:
    """One effect in a few words: `transfer giver mara, taker tess, item coin, count 2`."""
    parts = (
        f"{name} {value}" for name, value in effect.items() if name != "kind" and value not in
        (None, "", [], 0, 1.0, ())
    )  # fmt: skip
    return f"{effect.get('kind', '?')} {', '.join(parts)}".rstrip()
