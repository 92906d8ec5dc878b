"""What a provider would have kept of prompts, and what it would read of them for a question.

As Anthropic's documentation and `models.remote.caching` have it: the beginning that all NPCs share
is kept for each form of answer, one NPC's own part from its second question on, nothing shorter
than the model's minimum. Questions are supposed to come before what was kept is gone.
"""

from __future__ import annotations

from npcsim.messages import Question, Write
from npcsim.models.remote.sizes import Size


class Keeping:
    """What one tier's provider has kept so far. `least`: tokens it keeps at least."""

    def __init__(self, least: int) -> None:
        self._least = least
        self._shared: set[object] = set()
        self._own: dict[object, str] = {}
        self._met: set[str] = set()

    def read(self, question: Question, tokens: Size, batched: bool = False) -> tuple[int, int]:
        """-> (tokens read of what was kept, tokens added to it). In a batch no own part is kept."""
        prefix = question.prefix
        if not (prefix.shared or prefix.own):
            return 0, 0
        form = _form(question)
        cached = written = 0
        if tokens.shared >= self._least:
            if form in self._shared:
                cached = tokens.shared
            else:
                written = tokens.shared
            self._shared.add(form)
        if batched or not self._again(prefix.whose) or not tokens.own:
            return cached, written
        whole = tokens.shared + tokens.own
        if whole >= self._least:
            known = self._own.get((form, prefix.whose))
            if known is not None:
                cached = tokens.shared + round(tokens.own * _alike(known, prefix.own))
            self._own[form, prefix.whose] = prefix.own
            written = whole - cached
        return cached, written

    def _again(self, whose: str) -> bool:
        """Whether this NPC was asked about before; from now on it was."""
        before = whose in self._met
        self._met.add(whose)
        return before


def _form(question: Question) -> tuple[object, ...]:
    """What makes the same beginning another prompt to the provider."""
    answer = question.schema if isinstance(question, Write) else "choice"
    return question.prefix.shared, answer, question.lookups.tools


def _alike(known: str, now: str) -> float:
    """The share of a text whose lines, from the first on, are those that are known."""
    same = 0
    for before, line in zip(known.splitlines(True), now.splitlines(True), strict=False):
        if before != line:
            break
        same += len(line)
    return same / len(now)
