"""What has reached a mind this tick, and how things stand with it, in words and bands.

Bands, not numbers ("hungry", "near", "morning"): a small model reads them better, and an answer
can be used again when only a decimal changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from npcsim.npc.tongues import tongue
from npcsim.tools.view import Body, View
from npcsim.world.mood import WORDS as MOODS
from npcsim.world.rows import Heard

IGNORED = frozenset({"say", "offer"})
MIDDLING, HIGH = 0.45, 0.7
DAY_ENDS = (5, 8, 12, 14, 18, 22)


@dataclass(frozen=True, slots=True)
class Perceived:
    """What reached a mind: words meant for it, offers made to it, and what is alarming.

    `sudden`: that it was hurt, or who has come, in words; empty for nothing of the kind.
    """

    spoken: tuple[Heard, ...]
    overheard: tuple[Heard, ...]
    offers: tuple[Heard, ...]
    alarms: tuple[Heard, ...]
    setback: str
    sudden: str = ""


def perceive(me: Body, view: View) -> Perceived:
    """Sort what is heard and seen this tick. One's own signals are left out."""
    spoken: list[Heard] = []
    overheard: list[Heard] = []
    offers: list[Heard] = []
    alarms: list[Heard] = []
    for heard in view.perceived(me):
        if heard.about == "speech":
            (spoken if heard.to == me.id else overheard).append(heard)
        elif heard.about == "offer":
            if heard.to == me.id and heard.loudness > 0:
                offers.append(heard)
        elif heard.loudness > 0 and heard.about not in IGNORED:
            alarms.append(heard)
    last = view.world.setbacks.get(me.id)
    setback = last[1] if last is not None and last[0] == view.tick - 1 else ""
    return Perceived(tuple(spoken), tuple(overheard), tuple(offers), tuple(alarms), setback)


def day_part(hour: float, language: str = "en") -> str:
    """A word for the hour."""
    for end, word in zip(DAY_ENDS, tongue(language).day, strict=False):
        if hour < end:
            return word
    return tongue(language).day[-1]


def feelings(me: Body) -> list[str]:
    """The needs that are felt, strongest first, in the scenario's own words; then the mood."""
    words = tongue(me.view.language)
    felt: list[tuple[float, str]] = []
    for gauge in me.view.world.setting.gauges.values():
        if gauge.need and gauge.words != ("", ""):
            level = (getattr(me, gauge.name) - gauge.low) / (gauge.high - gauge.low)
            if level >= MIDDLING:
                felt.append((-level, gauge.words[level >= HIGH]))
    if me.hp < 50:
        felt.append((-2.0, words.badly_hurt if me.hp < 25 else words.hurt))
    words_felt = [word for _, word in sorted(felt)][:3]
    mood = me.mood.word
    return [*words_felt, words.moods[MOODS.index(mood)]] if mood else words_felt
