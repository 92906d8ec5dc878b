"""Money that can't run away: every question is paid for in advance, at the most it can cost.

Before a question is asked, its bound is reserved; when it has landed, what it did cost is spent
and the rest is free again. A question whose bound does not fit into what is left is not asked. So
what is spent can't exceed a budget, however many questions are under way at once.

A ledger is a fold over what was asked and what landed. A replay, which lives the same of both,
has the same ledger at every tick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from npcsim.models.money.prices import PICO

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Budget:
    """Picodollars a tier may spend: in the run, on one NPC, in one hour of simulated time."""

    run: int | None = None
    npc: int | None = None
    hour: int | None = None


@dataclass(slots=True)
class _Account:
    limit: int
    words: str
    kind: str
    spent: int = 0
    reserved: int = 0


class Ledger:
    """What tiers have spent and reserved. `budgets` by tier; a tier without one is not limited."""

    def __init__(self, budgets: Mapping[str, Budget]) -> None:
        self._budgets = budgets
        self._accounts: dict[tuple[str, str, str], _Account] = {}
        self._reserved: dict[str, tuple[int, list[_Account]]] = {}

    def refusal(self, tier: str, npc: str, now_ms: int, most: int) -> str:
        """Why `most` picodollars can't be reserved now; an empty text when they can."""
        for account in self._of(tier, npc, now_ms):
            left = account.limit - account.spent - account.reserved
            if most > left:
                return (  # read by `events.spending`
                    f"{account.words} of {usd(account.limit)} is used up: {usd(account.spent)} "
                    f"spent, {usd(account.reserved)} reserved, {usd(most)} wanted at most"
                )
        return ""

    def left(self, tier: str, npc: str, now_ms: int) -> list[tuple[str, float]]:
        """Of each of a tier's budgets, by `run`, `npc` or `hour`: what is not spent, as a share.

        What is only set aside counts as left: most of it comes back.
        """
        return [
            (account.kind, (account.limit - account.spent) / account.limit)
            for account in self._of(tier, npc, now_ms)
            if account.limit > 0
        ]

    def reserve(self, thought: str, tier: str, npc: str, now_ms: int, most: int) -> None:
        """Set `most` picodollars aside for a thought."""
        accounts = self._of(tier, npc, now_ms)
        for account in accounts:
            account.reserved += most
        if accounts:
            self._reserved[thought] = (most, accounts)

    def settle(self, thought: str, cost: int) -> None:
        """A thought has landed: it cost so many picodollars, charged to the hour it was asked."""
        most, accounts = self._reserved.pop(thought, (0, []))
        for account in accounts:
            account.reserved -= most
            account.spent += cost

    def accounts(self) -> dict[tuple[str, str, str], tuple[int, int, int]]:
        """By tier, kind (run, npc, hour) and whose: the limit, what is spent, what is reserved."""
        return {
            key: (one.limit, one.spent, one.reserved) for key, one in sorted(self._accounts.items())
        }

    def plain(self) -> dict[str, Any]:
        """All that was spent and reserved, JSON-able; limits are the scenario's to say."""
        names = {id(account): [*key] for key, account in self._accounts.items()}
        return {
            "accounts": [[*key, one.spent, one.reserved] for key, one in self._accounts.items()],
            "reserved": {
                thought: [most, [names[id(account)] for account in accounts]]
                for thought, (most, accounts) in self._reserved.items()
            },
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Make it what `plain` told. What has no limit any more is not counted any more."""
        self._accounts.clear()
        for tier, kind, whose, spent, reserved in data["accounts"]:
            account = self._account(tier, kind, whose)
            if account is not None:
                account.spent, account.reserved = spent, reserved
        self._reserved = {}
        for thought, (most, names) in data["reserved"].items():
            found = [account for key in names if (account := self._accounts.get((*key,)))]
            if found:
                self._reserved[thought] = (most, found)

    def _account(self, tier: str, kind: str, whose: str) -> _Account | None:
        """One account; None where nothing limits it."""
        limit = getattr(self._budgets.get(tier), kind, None)
        if limit is None:
            return None
        words = {
            "run": "the run's budget",
            "npc": f"{whose}'s budget",
            "hour": "this hour's budget",
        }
        return self._accounts.setdefault((tier, kind, whose), _Account(limit, words[kind], kind))

    def _of(self, tier: str, npc: str, now_ms: int) -> list[_Account]:
        whose = (("run", ""), ("npc", npc), ("hour", str(now_ms // HOUR_MS)))
        found = (self._account(tier, kind, one) for kind, one in whose)
        return [account for account in found if account is not None]


def usd(pico: int) -> str:
    """Picodollars for people: `$0.20`, `$0.0012`."""
    cents = f"{pico / PICO:.6f}".rstrip("0")
    whole, _, rest = cents.partition(".")
    return f"${whole}.{rest:0<2}"
