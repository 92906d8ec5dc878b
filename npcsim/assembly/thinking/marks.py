"""What a run's first event says of its tiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from npcsim.events import TierMark
from npcsim.models.money.ledger import Budget
from npcsim.models.money.prices import dollars
from npcsim.models.tiers import Tier


def marks(tiers: Sequence[Tier]) -> tuple[TierMark, ...]:
    """Each tier with its prices and budgets in USD, for whoever reads the log."""
    return tuple(
        TierMark(
            tier.name, tier.model, {} if tier.price is None else _dollars(asdict(tier.price)),
            _budget(tier.budget), tier.unpriced,
        )
        for tier in tiers
    )  # fmt: skip


def _dollars(price: dict[str, object]) -> dict[str, float]:
    return {kind: float(usd) for kind, usd in price.items() if isinstance(usd, int | float)}


def _budget(budget: Budget | None) -> dict[str, float]:
    if budget is None:
        return {}
    return {kind: dollars(pico) for kind, pico in asdict(budget).items() if pico is not None}
