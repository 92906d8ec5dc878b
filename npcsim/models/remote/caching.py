"""What a provider is asked to keep of prompts, and for how long."""

from __future__ import annotations

from typing import Any

from npcsim.models.guards.asking import WALL, Watch

FIVE_MINUTES, HOUR, NONE = "5m", "1h", ""
LASTS_S = {FIVE_MINUTES: 300.0, HOUR: 3600.0}
"""Real seconds for which what was kept lasts, from its last use on."""


class Kept:
    """Which parts of prompts are worth keeping with the provider.

    What all NPCs share always is. One NPC's own part is when that NPC was asked about within the
    time for which it would be kept: writing it costs more than plain input, so it is not written
    for those who are asked once. None of this changes what a prompt says.
    """

    def __init__(self, lasts: str, watch: Watch = WALL) -> None:
        self._lasts, self._watch = lasts, watch
        self._asked: dict[str, float] = {}

    @property
    def wanted(self) -> bool:
        """Whether anything is to be kept."""
        return bool(self._lasts)

    def pays(self, whose: str) -> bool:
        """Whether to keep an NPC's own part, in a request that is sent now."""
        if not self._lasts or not whose:
            return False
        now = self._watch.now()
        before = self._asked.get(whose)
        self._asked[whose] = now
        return before is not None and now - before <= LASTS_S[self._lasts]

    def mark(self, blocks: list[dict[str, Any]]) -> None:
        """Ask for all up to the last of these blocks to be kept."""
        if self._lasts and blocks:
            blocks[-1]["cache_control"] = {"type": "ephemeral", "ttl": self._lasts}
