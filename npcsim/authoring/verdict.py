"""A trial in words: what can be done, what it would bring about, and why it is chosen or not."""

from __future__ import annotations

from collections.abc import Iterator

from npcsim.authoring.trial import Ballot, Scored, Trial, TriedCall
from npcsim.models.router import REFLEX

SHOWN_CALLS = 8
SHOWN_REFUSALS = 6


def told(trial: Trial) -> list[str]:
    """The whole trial as lines."""
    where = f", at {trial.place}" if trial.place else ""
    doing = f", busy with {trial.doing}" if trial.doing else ""
    lines = [f"{trial.tool}: {trial.doc.splitlines()[0]}"]
    lines.append(f"{trial.name} on {trial.when} (tick {trial.tick}){where}{doing}")
    for call in trial.calls[:SHOWN_CALLS]:
        lines += ["", *_call(call)]
    if len(trial.calls) > SHOWN_CALLS:
        lines += ["", f"... and {len(trial.calls) - SHOWN_CALLS} more legal calls"]
    if trial.refusals:
        lines += ["", "Refused:"]
    for refusal in trial.refusals[:SHOWN_REFUSALS]:
        more = f" and {refusal.count - 1} more" if refusal.count > 1 else ""
        lines.append(f"  {refusal.example}{more}: {refusal.reason}")
    for look in trial.answers[:SHOWN_CALLS]:
        lines += ["", f"{look.call}: {look.data}"]
        lines.append(f"  in words: {look.line}" if look.line else "  it says nothing in words")
    if len(trial.answers) > SHOWN_CALLS:
        lines += ["", f"... and {len(trial.answers) - SHOWN_CALLS} more answers"]
    for ballot, title in (
        (trial.react, "To react now"), (trial.object, "That decided on"),
        (trial.plan, "To take up a plan"),
    ):  # fmt: skip
        if ballot is not None:
            lines += ["", *_ballot(ballot, title, trial.name)]
    lines += ["", "Why:", *(f"  {line}" for line in why(trial))]
    return [*lines, *(f"  Note: {note}" for note in trial.notes)]


def _call(call: TriedCall) -> Iterator[str]:
    yield f"{call.call}: “{call.text}”"
    takes = f", takes {call.takes}" if call.takes else ", needs words of the mind's own"
    yield f"  worth {call.utility:.2f}{takes}"
    for name, said in (
        ("start", ", ".join(call.start)), ("outside", call.outside),
        ("finish", ", ".join(call.finish)), ("interrupted", ", ".join(call.interrupted)),
    ):  # fmt: skip
        if said:
            yield f"  {name}: {said}"
    if call.rejected:
        yield f"  the world would refuse that: {call.rejected}"
    for said in call.strange:
        yield f"  the world would refuse that, whenever it is: {said}"


def _ballot(ballot: Ballot, title: str, name: str) -> Iterator[str]:
    who = "the body decides" if ballot.tier == REFLEX else f"the {ballot.tier} model is asked"
    yield f"{title}, {name} would weigh these; {who} ({ballot.reason}):"
    asked = list(ballot.options[0].given)
    heads = "".join(f" {tier:>7}" for tier in asked) + (f" {'decides':>7}" if asked else "")
    yield f"    {'worth':>6} {'reflex':>7}{heads}"
    for one in ballot.options:
        mark = "->" if one.ours else "  "
        scores = f"{one.utility:6.2f} {one.share:7.0%}"
        if asked:
            given = "".join(f" {one.given[tier]:>{max(7, len(tier))}.0%}" for tier in asked)
            scores += f"{given} {one.blended:7.0%}"
        yield f" {mark} {scores}  {one.text}"


def why(trial: Trial) -> list[str]:
    """Why the tool is chosen or not, in plain sentences, what matters most first."""
    name, tool = trial.name, trial.tool
    if not trial.alive:
        return [f"{name} is down and does nothing."]
    lines = list(_barriers(trial))
    if lines:
        return lines
    if trial.looks:
        return _looking(trial)
    if trial.held:
        lines.append(
            f"While in the state {trial.held} the body is held: whatever the mind decides is "
            "refused until the state changes."
        )
    lines += [
        f"The world would refuse {call.call}: {call.rejected}."
        for call in trial.calls[:3] if call.rejected
    ]  # fmt: skip
    odd = dict.fromkeys((said, call.call) for call in trial.calls for said in call.strange)
    lines += [f"The world would refuse {call} whenever it is: {said}." for said, call in odd][:3]
    if trial.calls:
        lines.append(_reacting(trial))
    lines += _planning(trial)
    if trial.temper > 0:
        best = "the best option is not always taken: the better, the more often"
        lines.append(f"The scenario's temper is {trial.temper:g}, so {best}.")
    return lines or [f"Nothing makes {name} think of {tool}."]


def _barriers(trial: Trial) -> Iterator[str]:
    """What keeps the tool from being weighed at all."""
    name, tool = trial.name, trial.tool
    if not trial.has_mind and trial.looks:
        yield f"{name} has no mind (`mind: true`), so nobody is told."
    elif not trial.has_mind:
        yield (
            f"{name} has no mind (`mind: true`), so nothing is chosen: only a state of its "
            f"behaviour with `do: {tool}(...)` makes {name} do it."
        )
    elif not trial.permitted:
        kinds = ", ".join(trial.archetypes)
        where = f"npcs.{trial.npc}" + (f" or at an archetype ({kinds})" if kinds else "")
        yield f"{name} may not use {tool}: write `tools: [+{tool}]` at {where}."
    if trial.not_ready:
        yield f"No call of it is legal now, whatever with: {trial.not_ready}."
    elif trial.lacking:
        yield f"No call of it is legal now: there is nothing {trial.lacking!r} could be."
    elif not trial.calls and not trial.plans and not trial.answers:
        reasons = "; ".join(refusal.reason for refusal in trial.refusals[:3])
        yield f"No call of it is legal now: {reasons}." if reasons else "No call is legal now."


def _looking(trial: Trial) -> list[str]:
    """Whether what an ask tool says is part of the situation."""
    said = [look.line for look in trial.answers if look.line]
    if not said:
        return [f"It says nothing now, so {trial.name}'s situation has no line of it."]
    if said[0] in trial.lines:
        return [f"What {trial.name} is asked to choose by says: “{said[0]}”"]
    others = " ".join(f"“{line}”" for line in trial.lines)
    return [f"{trial.name}'s situation has room for {len(trial.lines)} lines, and has {others}"]


def _reacting(trial: Trial) -> str:
    ballot, tool, name = trial.react, trial.tool, trial.name
    if ballot is None:
        return f"{name} has nothing to react with."
    ours = [(place, one) for place, one in enumerate(ballot.options, 1) if one.ours]
    if not ours:
        return (
            f"When {name} has to react, {tool} is not weighed: worth less than "
            f"{trial.rank - 1} of the {trial.of} legal calls, it is not among the best "
            f"{len(ballot.options)}."
        )
    place, mine = ours[0]
    said = f"When {name} has to react, " + _against(ballot, place, mine, f"“{mine.text}”")
    if trial.object is None:
        return said
    return (
        f"{said} More calls are legal than fit among the options, so the verb stands for all of "
        "them, and a second thought chooses what exactly."
    )


def _against(ballot: Ballot, place: int, mine: Scored, what: str) -> str:
    """How an option stands against the best of the others."""
    others = [one for one in ballot.options if one is not mine]
    how = _measure(ballot, mine)
    if not others:
        return f"{what} is the only option, and taken."
    other = others[0]
    rival = f"“{other.text}” ({_measure(ballot, other)})"
    if place == 1:
        return f"{what} is chosen: {how}; next comes {rival}."
    return f"{what} is number {place} of {len(ballot.options)}: {how}; {rival} is chosen instead."


def _measure(ballot: Ballot, one: Scored) -> str:
    if ballot.tier not in one.given:
        return f"worth {one.utility:.2f}, {one.share:.0%} of what all options are worth"
    model = f"the {ballot.tier} model gives it {one.given[ballot.tier]:.0%}"
    return f"worth {one.utility:.2f}, and {model}: together {one.blended:.0%}"


def _planning(trial: Trial) -> Iterator[str]:
    name, tool = trial.name, trial.tool
    if not trial.plans:
        yield (
            f"No plan that {name} may take up has {tool} as a step, so {name} uses it only "
            "to react to something: add one under `plans:`."
        )
        return
    refused = "; ".join(refusal.reason for refusal in trial.refusals[:2])
    if not trial.calls:
        yield f"No call is legal here and now ({refused or 'nothing to do it with'})."
    for use in trial.plans:
        if not use.can:
            yield f"The plan {use.name} has it as a step, but can't be taken up: not `{use.when}`."
            continue
        options = trial.plan.options if trial.plan is not None else ()
        found = [(at, one) for at, one in enumerate(options, 1) if one.text == use.option]
        if trial.plan is None or not found:
            yield f"The plan {use.name} has it as a step, and is not weighed now."
            continue
        place, mine = found[0]
        against = _against(trial.plan, place, mine, f"the plan {use.name}")
        yield f"When {name} takes up a plan, {against} Its step is {use.step}."
