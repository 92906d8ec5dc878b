"""Where tokens and money went, in tables and lines that the terminal and the page share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from npcsim.events import TierMark
from npcsim.events.spending import HOUR_MS, BudgetUse, Spending, Spent
from npcsim.report.words.moments import plain

NUMBERS = ("calls", "kept", "failed", "tokens in", "cached", "out", "computed", "USD")
EACH = "a question"
"""Tokens read for one question, on average."""
MOST = 24
"""Rows of a table; the rest are added up in one."""
Name = Callable[[str], str]
When = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A table of spending: what it is by, and a row of words for each; numbers from column 1."""

    title: str
    head: str
    rows: tuple[tuple[str, ...], ...]


def breakdowns(spending: Spending, name: Name = str) -> list[Breakdown]:
    """Spending by tier, purpose, NPC and simulated hour. `name`: what people call an NPC."""
    if not spending.purses:
        return []
    models = {tier.name: tier.model for tier in spending.tiers}
    shown: dict[str, Callable[[str | int], str]] = {
        "tier": lambda tier: f"{tier} ({models[str(tier)]})" if tier in models else str(tier),
        "purpose": lambda purpose: str(purpose) or "?",
        "npc": lambda npc: name(str(npc)),
        "hour": lambda hour: hour_text(int(hour)),
    }
    heads = {"npc": "NPC", "hour": "simulated hour"}
    return [
        Breakdown(f"By {heads.get(part, part)}", heads.get(part, part), _rows(found, words))
        for part, words in shown.items()
        if (found := _ordered(part, spending.by(part)))
    ]


def _ordered(part: str, found: Mapping[str | int, Spent]) -> dict[str | int, Spent]:
    """The dearest first, then who had most tokens; hours as they pass."""
    if part == "hour":
        return {hour: found[hour] for hour in sorted(found)}
    ranked = sorted(found.items(), key=lambda pair: (-pair[1].usd, -pair[1].input - pair[1].output))
    return dict(ranked)


def _rows(
    found: Mapping[str | int, Spent], words: Callable[[str | int], str]
) -> tuple[tuple[str, ...], ...]:
    rows = [(plain(words(key)), *_numbers(spent)) for key, spent in list(found.items())[:MOST]]
    rest = Spent()
    for spent in list(found.values())[MOST:]:
        rest.add(spent)
    if len(found) > MOST:
        rows.append((f"{len(found) - MOST} more", *_numbers(rest)))
    return tuple(rows)


def _numbers(spent: Spent) -> tuple[str, ...]:
    tokens = (spent.input, spent.cached, spent.output, spent.computed)
    counts = (spent.calls, spent.kept, spent.failed, *tokens)
    return (*(f"{count:,}" for count in counts), f"{spent.usd:.4f}")


def cost_lines(spending: Spending, when: When, name: Name = str) -> Iterator[str]:
    """What tables don't say: kept answers, money lost, budgets, unknown prices, what is missing.

    `when` turns a tick into simulated time.
    """
    total = spending.total
    if total.kept:
        of = f"{total.kept:,} of {total.calls:,}"
        yield f"{of} answers were kept ones: nothing was asked, and nothing is charged for them."
    if total.failed:
        lost = f"${total.lost_usd:.4f} of it was charged or may have been"
        yield f"{total.failed:,} failed; {lost}. What may have been charged is not tried again."
    if total.cancelled:
        most = f"counted at the most they can have cost: ${total.cancelled_usd:.4f}"
        yield f"{total.cancelled:,} were given up on the way, {most}."
    for use in spending.budgets():
        yield plain(_budget(use, name))
    for tier, held in spending.barred.items():
        for kind, ticks in held.items():
            worth = f"{len(ticks):,} worth asking {tier} were not asked for its budget by {kind}"
            yield plain(f"{worth}, the first at {when(ticks[0])}.")
    by_tier = spending.by("tier")
    for mark in spending.tiers:
        if mark.unpriced and mark.name in by_tier:
            yield plain(_unpriced(mark, by_tier[mark.name]))
    paid = [mark.name for mark in spending.tiers if mark.price or mark.unpriced]
    if waiting := spending.under_way(paid):
        yield f"{waiting:,} asked of tiers that cost money had not landed: they are not counted."


def _budget(use: BudgetUse, name: Name) -> str:
    share = f"${use.spent:.4f} of ${use.limit:.4f}"
    if use.kind == "run":
        return f"Budget of {use.tier}: {share} spent, ${use.left:.4f} left."
    if not use.whose:
        return f"Budget of {use.tier} by {use.kind}: ${use.limit:.4f}, nothing spent."
    whose = name(use.whose) if use.kind == "npc" else hour_text(int(use.whose))
    return f"Budget of {use.tier} by {use.kind}: at most {share}, by {whose}."


def _unpriced(mark: TierMark, spent: Spent) -> str:
    used = f"{spent.calls:,} calls, {spent.input + spent.output:,} tokens"
    return f"Nobody knows what {mark.name} ({mark.model}) costs: {used}, no money counted."


def hour_text(hour: int) -> str:
    """An hour since day 1, 00:00, as `day 2 09:00`."""
    return f"day {hour * HOUR_MS // 86_400_000 + 1} {hour % 24:02d}:00"
