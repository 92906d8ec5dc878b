"""A forecast as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from npcsim.assembly.money.forecast import BudgetForecast, Forecast, TierForecast

MOST_HOURS = 24


def told(forecast: Forecast) -> Iterator[str]:
    """A table of tiers, the money with its range, simulated hours, budgets, real time, notes."""
    lives = f"{forecast.lives} {'life' if forecast.lives == 1 else 'lives'}"
    share = "all" if forecast.lived >= forecast.ticks else f"the first {forecast.lived:,}"
    yield (
        f"forecast     {forecast.scenario}, seed {forecast.seed}: {forecast.ticks:,} ticks, "
        f"{share} of them lived in {lives}"
    )
    yield ""
    rows = [_tier(tier) for tier in forecast.tiers]
    yield from _table(
        ("tier", "model", "calls", "kept", "in", "cached", "written", "out", "USD"), rows
    )
    yield ""
    if any(tier.paid for tier in forecast.tiers):
        yield f"cost         {_range(forecast.usd, forecast.least, forecast.most)}"
    else:
        yield "cost         nothing: no tier costs money"
    for budget in forecast.budgets:
        yield f"budget       {_budget(budget)}"
    yield f"real time    {_times(forecast)}"
    yield from (f"note         {note}" for note in forecast.notes)
    if len(forecast.hours) > 1:
        yield ""
        names = [tier.name for tier in forecast.tiers]
        hours = [
            (hour.hour, *(f"{hour.calls.get(name, 0.0):,.0f}" for name in names),
             f"{hour.usd:.4f}")
            for hour in forecast.hours[:MOST_HOURS]
        ]  # fmt: skip
        yield from _table(("simulated hour", *(f"{name} calls" for name in names), "USD"), hours, 1)
        if len(forecast.hours) > MOST_HOURS:
            yield f"… and {len(forecast.hours) - MOST_HOURS} more hours: see --json"


def _tier(tier: TierForecast) -> tuple[str, ...]:
    counts = (tier.calls, tier.kept, tier.input, tier.cached, tier.written, tier.output)
    cost = "?" if tier.usd is None else f"{tier.usd:.4f}"
    return (tier.name, tier.model, *(f"{count:,.0f}" for count in counts), cost)


def _range(usd: float, least: float, most: float) -> str:
    return f"${usd:.4f}, between ${least:.4f} and ${most:.4f}"


def _budget(budget: BudgetForecast) -> str:
    whose = {"run": "in the run", "npc": f"on {budget.whose}", "hour": "in one hour"}[budget.kind]
    most = "" if budget.kind == "run" else "at most "
    text = f"{budget.tier}: {most}${budget.spent:.4f} of ${budget.limit:.4f} {whose}"
    if not budget.binds:
        return f"{text}; it holds nothing back"
    return f"{text}; it holds {budget.times:,.0f} questions back, the first at {budget.first}"


def _times(forecast: Forecast) -> str:
    told = [f"{_span(all)} at {each:g} s an answer" for each, all in forecast.seconds.items()]
    return f"{', '.join(told)} over HTTP; a local model's own time comes on top"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], words: int = 2) -> Iterator[str]:
    """Columns as wide as they must be, the first `words` of them to the left."""
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    for row in [head, *rows]:
        cells = [
            cell.ljust(width) if at < words else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
