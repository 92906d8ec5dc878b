"""A whole forecast in one blocking call."""

from __future__ import annotations

from collections.abc import Mapping

from npcsim.assembly.build import Built, build
from npcsim.assembly.money.forecast import LIVES, Forecast, forecast
from npcsim.assembly.runs.thread import lived
from npcsim.errors import NpcsimError
from npcsim.scenario.moments import tick_at
from npcsim.tools.tool import Tool


def whole_forecast(
    built: Built,
    over: Mapping[str, Tool],
    *,
    ticks: int | None = None,
    part: int | str | None = None,
    lives: int = LIVES,
    ask_free: bool = False,
    most_s: float | None = None,
    minds: bool = True,
) -> Forecast:
    """Live a built world and say what it took. See `npcsim.forecast` and `forecast`."""
    setting = built.world.setting
    length = ticks or setting.end_tick
    if not length:
        raise NpcsimError("the scenario has no `clock: {end: ...}`; say how long with ticks")
    upto = None
    if part is not None:
        try:
            upto = tick_at(part, setting.start_ms, setting.tick_ms)
        except ValueError as error:
            raise NpcsimError(f"what part is lived: {error}") from None
        if upto < 1:
            raise NpcsimError(f"what part is lived: {part!r} is before the first tick")
    return lived(
        forecast(
            built, lambda: build(built.recipe, over=over), ticks=length, part=upto, lives=lives,
            ask_free=ask_free, most_s=most_s, minds=minds,
        )
    )[0]  # fmt: skip
