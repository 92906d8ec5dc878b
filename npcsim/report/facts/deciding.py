"""Thoughts put together from their parts (asked, landed, decided), tallied, and sifted."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import exp

from npcsim.events import Asked, Considered, Decided, Landed
from npcsim.messages import ModelCall, Usage
from npcsim.report.facts.story import Decision, Decisions, Pick, Spend

PICKS = 12
CLOSE = 0.05
APART = 0.35


def decisions(
    asked: Mapping[str, Asked], landed: Mapping[str, Landed], decided: Sequence[Decided]
) -> Decisions:
    """Join the three by thought. A `Decided` that was never asked still counts."""
    joined = [
        _decision(event, asked.get(event.thought), landed.get(event.thought)) for event in decided
    ]
    done = {event.thought for event in decided}
    waiting = [thought for thought in asked if thought not in done and thought not in landed]
    tiers = Counter(decision.decider for decision in joined)
    routes: Counter[tuple[str, str]] = Counter()
    for decision in joined:
        routes[(decision.asked_tier, without_numbers(decision.route or decision.reason))] += 1
    errors = Counter(without_numbers(decision.trouble) for decision in joined if decision.fallback)
    return Decisions(
        all=tuple(joined),
        picks=_sift(joined),
        by_tier=dict(tiers.most_common()),
        by_purpose=dict(Counter(decision.purpose for decision in joined).most_common()),
        routes=dict(routes.most_common()),
        fallbacks=dict(errors.most_common()),
        failed=sum(decision.fallback and bool(decision.error) for decision in joined),
        late=sum(decision.late for decision in joined),
        in_the_air=len(waiting),
    )


def _decision(event: Decided, asked: Asked | None, landed: Landed | None) -> Decision:
    usage = _usage(landed.answer) if landed and landed.answer else Usage()
    return Decision(
        thought=event.thought,
        npc=event.npc,
        purpose=event.purpose,
        why=asked.why if asked else "",
        asked=asked.tick if asked else event.tick,
        decided=event.tick,
        asked_tier=asked.tier if asked else event.tier,
        tier=event.tier,
        model=landed.model if landed else "",
        route=asked.reason if asked else "",
        reason=event.reason,
        options=event.options,
        utilities=event.utilities,
        probabilities=event.probabilities,
        blended=event.blended,
        pick=event.pick,
        text=event.text,
        fallback=event.fallback,
        error=landed.error if landed else "",
        late=landed.late if landed else False,
        tokens=usage.input + usage.output,
        cost_usd=landed.cost_usd if landed else 0.0,
        effort=event.effort,
        considered=_passed(asked, event),
    )


def _passed(asked: Asked | None, decided: Decided) -> tuple[Considered, ...]:
    """The tiers that were considered and not asked, by what was said of each last."""
    last: dict[tuple[str, str], Considered] = {}
    for one in (*(asked.considered if asked else ()), *decided.considered):
        last[(one.tier, one.effort)] = one
    return tuple(one for one in last.values() if one.why_not)


def _usage(answer: Mapping[str, object]) -> Usage:
    """Tokens as a landed answer has them; none where it says nothing of them."""
    usage = answer.get("usage")
    if not isinstance(usage, Mapping):
        return Usage()
    names = ("input", "output", "cached", "written", "neutral")
    tokens = {name: int(usage.get(name, 0)) for name in names}
    return Usage(**tokens, kept=bool(usage.get("kept", False)))


def without_numbers(text: str) -> str:
    """`margin 0.62 is wide` and `margin 0.71 is wide` are one reason: numbers become `…`."""
    return re.sub(r"(?<![\w])[-+]?\d+(?:[.,]\d+)*%?", "…", text)


def shares_of(utilities: Sequence[float]) -> tuple[float, ...]:
    """Utilities as shares that sum to 1: in proportion, or by softmax where one is negative."""
    if not utilities:
        return ()
    top = max(utilities)
    weights = list(utilities) if min(utilities) >= 0 else [exp(u - top) for u in utilities]
    whole = sum(weights)
    return tuple(w / whole if whole > 0 else 1 / len(weights) for w in weights)


def disagreement(decision: Decision) -> float:
    """Total variation distance, 0 to 1, between the needs' shares and the model's."""
    if len(decision.utilities) != len(decision.probabilities):
        return 0.0
    pairs = zip(shares_of(decision.utilities), decision.probabilities, strict=True)
    return sum(abs(a - b) for a, b in pairs) / 2


def margin(decision: Decision) -> float | None:
    """Lead of the best blended share over the second; None with fewer than two options."""
    if len(decision.blended) < 2:
        return None
    first, second = sorted(decision.blended, reverse=True)[:2]
    return first - second


def _labels(decision: Decision) -> list[tuple[str, float]]:
    """What is remarkable about a decision, each with how much."""
    if decision.fallback:
        return [("fell back", 1.0)]
    found: list[tuple[str, float]] = []
    weighed = decision.blended and 0 <= decision.pick < len(decision.blended)
    apart = disagreement(decision)
    if weighed and apart > 0:
        liked = _best(decision.probabilities)
        needed = _best(decision.utilities)
        if liked != needed and decision.pick == liked:
            found.append(("the model overruled the needs", apart))
        elif liked != needed and decision.pick == needed:
            found.append(("the needs overruled the model", apart))
        elif apart >= APART:
            found.append(("needs and model far apart", apart))
    if weighed and decision.blended[decision.pick] < max(decision.blended):
        found.append(("the dice took a lesser option", 1 - decision.blended[decision.pick]))
    lead = margin(decision)
    if lead is not None and lead < CLOSE:
        found.append(("a close call", 1 - lead))
    return found


def _best(values: Sequence[float]) -> int:
    return max(range(len(values)), key=lambda i: (values[i], -i))


def _sift(joined: Sequence[Decision]) -> tuple[Pick, ...]:
    """The most remarkable decisions: in turn from each label, an NPC at most twice a label."""
    ranked: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for number, decision in enumerate(joined):
        for label, score in _labels(decision):
            ranked[label].append((-score, number))
    queues: dict[str, list[int]] = {}
    for label, scored in ranked.items():
        seen: Counter[str] = Counter()
        queue = queues.setdefault(label, [])
        for _, number in sorted(scored):
            seen[joined[number].npc] += 1
            if seen[joined[number].npc] <= 2:
                queue.append(number)
    taken: dict[int, str] = {}
    while len(taken) < PICKS and any(queues.values()):
        for label, queue in queues.items():
            while queue and queue[0] in taken:
                queue.pop(0)
            if queue and len(taken) < PICKS:
                taken[queue.pop(0)] = label
    return tuple(Pick(taken[number], joined[number]) for number in sorted(taken))


def spends(
    calls: Iterable[ModelCall], asked: Mapping[str, Asked], landed: Mapping[str, Landed]
) -> tuple[Spend, ...]:
    """Tokens, time and money by tier, model and purpose; from landings where no call was kept."""
    rows: dict[tuple[str, str, str], list[float]] = {}
    for tier, model, purpose, usage, failed, cost, seconds in _costs(calls, asked, landed):
        row = rows.setdefault((tier, model, purpose), [0.0] * 9)
        for i, part in enumerate(
            (
                1,
                failed,
                usage.input,
                usage.output,
                usage.cached,
                cost,
                seconds,
                usage.kept,
                usage.computed,
            )
        ):
            row[i] += part
    return tuple(
        Spend(
            *key,
            int(n),
            int(bad),
            int(tin),
            int(out),
            int(hit),
            cost,
            seconds,
            int(kept),
            int(computed),
        )
        for key, (n, bad, tin, out, hit, cost, seconds, kept, computed) in sorted(rows.items())
    )


def _costs(
    calls: Iterable[ModelCall], asked: Mapping[str, Asked], landed: Mapping[str, Landed]
) -> Iterable[tuple[str, str, str, Usage, bool, float, float]]:
    none_kept = True
    for call in calls:
        none_kept = False
        purpose = asked[call.thought].purpose if call.thought in asked else call.question.purpose
        usage = call.answer.usage if call.answer else Usage()
        failed = call.answer is None
        yield call.tier, call.model, purpose, usage, failed, call.cost_usd, call.seconds
    if none_kept:
        for event in landed.values():
            purpose = asked[event.thought].purpose if event.thought in asked else "unknown"
            usage = _usage(event.answer or {})
            failed = event.answer is None
            yield event.tier, event.model, purpose, usage, failed, event.cost_usd, 0.0
