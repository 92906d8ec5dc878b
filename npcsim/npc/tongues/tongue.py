"""What a language must have words for: all that is put before a model or into a memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from npcsim.tools.language import fill


@dataclass(frozen=True, slots=True)
class Listing:
    """How words are strung together: `between` all but the last two, `pair` for those."""

    between: str
    pair: str

    def of(self, words: Sequence[str]) -> str:
        """The words as one text; at least one."""
        if len(words) == 1:
            return words[0]
        return fill(self.pair, first=self.between.join(words[:-1]), second=words[-1])


@dataclass(frozen=True, slots=True)
class Tongue:
    """The texts of one language. Braces stand for names, which may carry particles.

    `day`: words for the hours up to 5, 8, 12, 14, 18, 22 and 24. `hurt`, `badly_hurt`: as needs
    are worded in that language. `moods`: for `world.mood.WORDS`. `ties`: where strong, and
    where strongly the other way; empty for nothing to say. `failed` ends with `{reason}`, so
    that what begins with it up to there is a failure of that goal. `assistant`: what gives a model
    away that speaks as one.
    `how_often`: how a goal went, from always failing over mostly failing and mostly working to
    always working; `{there}` is empty or what `there` says of a place.
    """

    day: tuple[str, str, str, str, str, str, str]
    time: str
    at: str
    has: str
    near_one: str
    near_many: str
    felt: str
    names: Listing
    feelings: Listing
    hurt: str
    badly_hurt: str
    moods: tuple[str, str, str, str, str]
    ties: Mapping[str, tuple[str, str]]
    wants: str
    decides: str
    neutral: str
    carry_on: str
    answer_as: str
    openings: tuple[str, ...]
    plans_as: str
    plans_hours: str
    plans_anew: str
    after_done: str
    after_failure: str
    assistant: tuple[str, ...]
    small_talk: tuple[str, ...]
    said_to_me: str
    overheard: str
    said: str
    offers: str
    attacks: str
    shouts: str
    someone: str
    sound: str
    be_at: str
    be_home: str
    arrives: str
    was_hurt: str
    in_state: str
    not_worked: str
    managed: str
    failed: str
    rates: str
    rate: str
    sum_up: str
    on_day: str
    on_days: str
    counted: str
    more: str
    there: str
    learn_failing: str
    learn_working: str
    learn_nothing: str
    often_failed: str
    often_worked: str
    learnt: str
    how_often: tuple[str, str, str, str]
