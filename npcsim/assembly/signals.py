"""Signals that reactions wait for and guards listen for: whether anything sends them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from npcsim.assembly.expressions import expressions, feeling_rules, heard_by
from npcsim.assembly.lore import Loc, Parser
from npcsim.assembly.mentioned import mentioned
from npcsim.scenario.schema import Definition
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import parse_call
from npcsim.tools.tool import Tool
from npcsim.world.state import Setting

SIGNALS = ("attack", "accused", "speech", "shout", "offer")
"""What the built-in tools send."""
INCIDENTS = (
    "hurt",
    "fell",
    "refused",
    "goal_done",
    "goal_failed",
    "goal_dropped",
    "promise_kept",
    "promise_broken",
)
"""What rules of feelings may wait for beside signals and tools."""
SENSES = {"seen": "seen", "heard": "heard"}


def check_signals(
    definition: Definition, setting: Setting, tools: Mapping[str, Tool], parser: Parser
) -> None:
    """Note every signal that nothing sends and that is a slip away from one that is sent.

    Tools may send any signal, so a name that stands in their code passes, and one that is like no
    other. Behaviours of people who are not in this scenario are let be.
    """
    sent = {"attacked", *SIGNALS, *(event.signal or "" for event in definition.events)} - {""}
    said = mentioned(tools)
    for number, part in enumerate(definition.reacts):
        try:
            call = parse_call(part.to)
        except ValueError:
            continue  # told where reactions are read
        about = call.args[0] if call.name in SENSES and len(call.args) == 1 else call.name
        if call.name in SENSES or not call.args:
            _check(about, ("reacts", number, "to"), sent, said, parser)
    for loc, what in feeling_moments(definition):
        if what not in tools:
            _check(what, loc, {*sent, *tools, *INCIDENTS}, said, parser)
    lived = {profile.behaviour for profile in setting.profiles}
    for loc, text in expressions(definition):
        if loc[0] != "behaviour" or loc[1] in lived:
            for name in heard_by(text):
                _check(name, loc, sent, said, parser)


def feeling_moments(definition: Definition) -> Iterator[tuple[Loc, str]]:
    """What rules of feelings wait for, and where that stands."""
    for loc, rule in feeling_rules(definition):
        for what in [rule.what] if isinstance(rule.what, str) else rule.what:
            yield (*loc, "what"), what


def _check(
    name: str, loc: Loc, sent: Collection[str], said: Collection[str], parser: Parser
) -> None:
    if name not in sent and name not in said:
        hint = nearest(name, sent)
        if hint:
            parser.wrong(loc, f"nothing sends the signal {name!r}", hint)
