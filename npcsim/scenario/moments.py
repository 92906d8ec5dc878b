"""Which tick a time of day is."""

from __future__ import annotations

from npcsim.scenario.units import DAY_MS, parse_moment


def tick_at(at: str | int, start_ms: int, tick_ms: int) -> int:
    """The tick meant by "07:30", "day 2 09:00" or a number, in a run that begins at `start_ms`.

    A time without a day is the first such time of the run; one before the run is tick 0. Raises
    ValueError for what is no time.
    """
    if isinstance(at, int):
        return max(0, at)
    if at.isdecimal():
        return int(at)
    moment = parse_moment(at)
    if " " not in at.strip():
        moment += (start_ms // DAY_MS) * DAY_MS
        if moment < start_ms:
            moment += DAY_MS
    return max(0, -((start_ms - moment) // tick_ms))
