"""What the body would say to an item: the shipped plans and tools, weighed on a little stage."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from npcsim.assembly.build import read
from npcsim.bench.choice_items import Item
from npcsim.effects import Set
from npcsim.errors import NpcsimError, ToolRefused
from npcsim.npc.choosing import worth
from npcsim.npc.perception import feelings
from npcsim.scenario.units import parse_call
from npcsim.tools.binding import bind, utility
from npcsim.tools.view import Body, View
from npcsim.world.rules import apply

ME = "me"
UNKNOWN = 0.1
"""What an option is worth that is no call of the stage: as a tool without a utility of its own."""


class Stage:
    """Somebody with needs, among what the calls of items name: `other`, `foe`, bread, a bed."""

    def __init__(self) -> None:
        built = read(Path(str(files("npcsim.bench") / "data" / "choice_stage.yaml")))
        self._world, self._program = built.world, built.program

    def felt(self, item: Item) -> list[str]:
        """The item's needs as a mind would read them: `starving`, `a bit lonely`."""
        return feelings(self._in_need(item)) if item.needs else []

    def utilities(self, item: Item) -> list[float]:
        """What the body thinks of each option; all the same where the item gives no needs.

        Raises NpcsimError, naming the line, for a need or a call that the stage has not.
        """
        if not item.needs:
            return [1.0] * len(item.options)
        me = self._in_need(item)
        calls = item.tools or ("",) * len(item.options)
        return [self._worth(item, call, me) if call else UNKNOWN for call in calls]

    def _in_need(self, item: Item) -> Body:
        gauges = self._world.setting.gauges
        for name in item.needs:
            if name not in gauges:
                known = ", ".join(gauges)
                raise NpcsimError(f"line {item.line}: there is no need {name!r}; there are {known}")
        for name, gauge in gauges.items():
            content = gauge.low if gauge.need else gauge.high
            apply(self._world, Set(ME, name, item.needs.get(name, content)))
        return View(self._world, states=self._program.machines).npc(ME)

    def _worth(self, item: Item, text: str, me: Body) -> float:
        for plan in self._program.lore.plans:
            if plan.name == text:
                return worth(plan, me, me.view)
        try:
            call = parse_call(text)
            tool = self._program.tools[call.name]
            return utility(bind(tool, call.args, me, me.view), me, me.view)
        except (ValueError, KeyError):
            raise NpcsimError(
                f"line {item.line}: {text!r} is no plan and no call of a tool of the stage"
            ) from None
        except ToolRefused as refusal:
            raise NpcsimError(f"line {item.line}: {text}: {refusal}") from None
