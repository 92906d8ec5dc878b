"""Sentences and short lines that the terminal and the page share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from npcsim.events import Considered
from npcsim.report.facts.story import Decision, Decisions, Person, Story
from npcsim.report.words.moments import plain


def lede(story: Story) -> list[str]:
    """What kind of run this was, in two or three sentences."""
    span = story.span
    many = counted(story.npcs, "NPC")
    out = [
        f"{many}, {span.at(span.first)} to {span.at(span.last)} "
        f"({counted(span.last - span.first, 'tick')}), seed {story.seed}."
    ]
    made = story.decisions
    if made.all:
        tiers = ", ".join(f"{count:,} by {tier}" for tier, count in made.by_tier.items())
        line = f"They took {len(made.all):,} decisions on thought: {tiers}."
        line += _unanswered(made)
        out.append(line)
    if story.talks:
        (source, to), count = next(iter(story.talks.items()))
        whom = story.name(to) if to else "whoever was near"
        out.append(
            f"{sum(story.talks.values()):,} lines were said, most by {story.name(source)} "
            f"to {whom} ({count:,})."
        )
    if story.falls:
        out.append(f"{len(story.falls):,} fell.")
    if story.ended not in ("", "end"):
        out.append(f"The run was cut short: {story.ended}.")
    elif not story.ended:
        out.append("The log has no end: the run is still going on, or was cut off.")
    return [plain(line) for line in out]


def _unanswered(made: Decisions) -> str:
    """How many answers failed to come, how many could not be used, and why."""
    unfit = sum(made.fallbacks.values()) - made.failed
    parts = [f"a model failed {times(made.failed)}"] if made.failed else []
    parts += [f"{counted(unfit, 'answer')} could not be used"] if unfit else []
    if not parts:
        return ""
    why = ", ".join(f"{reason} ×{count:,}" for reason, count in list(made.fallbacks.items())[:3])
    told = " and ".join(parts)
    return f" {told[0].upper()}{told[1:]} ({why}); the body decided then."


def counted(count: float, thing: str) -> str:
    """`1 NPC`, `12 NPCs`."""
    return f"{count:,.0f} {thing}" + ("" if count == 1 else "s")


def left_out_line(count: int) -> str:
    """What a heading does not tell: `… and 1 smaller thing`."""
    return f"… and {counted(count, 'smaller thing')}"


def times(count: int) -> str:
    """`once`, `twice`, `12 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def deeds_line(person: Person, most: int = 6) -> str:
    """What an NPC did, by how often: `bake bread ×4, go to the well`."""
    counts: Counter[str] = Counter()
    for deed in person.deeds:
        if deed.how in ("done", ""):
            counts[deed.text or deed.tool] += deed.times
    return _several(counts.most_common(), most)


def _several(counts: Sequence[tuple[str, int]], most: int) -> str:
    parts = [f"{name} ×{count}" if count > 1 else name for name, count in counts[:most]]
    more = len(counts) - most
    return ", ".join(parts) + (f", and {counted(more, 'other thing')}" if more > 0 else "")


def goals_line(person: Person) -> str:
    """Goals with how they ended; equal ones counted."""
    counts = Counter(
        f"{goal.goal} ({goal.how or 'still at it'}{': ' + goal.reason if goal.reason else ''})"
        for goal in person.goals
    )
    return _several(counts.most_common(), 5).replace(", ", "; ")


def accomplices(story: Story, person: Person) -> str:
    """Whom an NPC talked with, and a sample of its words."""
    counts: Counter[str] = Counter()
    for line in person.said:
        counts[story.name(line.to) if line.to else "everyone near"] += 1
    whom = ", ".join(f"{name} ({count})" for name, count in counts.most_common(5))
    words = next((line.words for line in person.said if line.words), "")
    return f"to {whom}" + (f", first: “{words}”" if words else "") if whom else ""


def items_line(person: Person) -> str:
    """Items got, gone and left."""
    parts = []
    for label, items in (("got", person.gained), ("gave or used", person.lost)):
        if items:
            listed = ", ".join(f"{count} {item}" for item, count in items.items())
            parts.append(f"{label} {listed}")
    if parts and person.items:
        parts.append("now has " + ", ".join(f"{n} {item}" for item, n in person.items.items()))
    return "; ".join(parts)


def harm_line(story: Story, person: Person) -> str:
    """Blows taken and dealt, by who struck hardest in a tick, and falls."""
    parts = []
    if person.taken:
        ticks = counted(sum(blow.times for blow in person.taken), "tick")
        lost = sum(blow.total for blow in person.taken)
        whom = ", ".join(f"{story.name(blow.source)} ({blow.times})" for blow in person.taken)
        parts.append(f"hit in {ticks} (−{lost:.0f} hp), hardest by {whom}")
    if person.dealt:
        whom = ", ".join(
            f"{story.name(b.target)} ({counted(b.times, 'tick')})" for b in person.dealt
        )
        parts.append(f"was the hardest on {whom}")
    parts += [f"fell at {story.span.at(fall.tick)}" for fall in person.fell]
    return "; ".join(parts)


def choice_line(story: Story, person: Person) -> str:
    """How many decisions, and by whom."""
    own = [decision for decision in story.decisions.all if decision.npc == person.id]
    if not own:
        return ""
    tiers = Counter(decision.decider for decision in own)
    line = f"{times(len(own))}: " + ", ".join(f"{n} by {tier}" for tier, n in tiers.most_common())
    return line


def share_line(shares: Mapping[str, float], most: int = 5) -> str:
    """`patrol 61%, chase 30%`; a share too small to count is `<1%`."""
    parts = []
    for state, share in list(shares.items())[:most]:
        parts.append(f"{state} {share:.0%}" if share >= 0.005 else f"{state} <1%")
    return ", ".join(parts)


def listing(story: Story, decision: Decision, most: int = 4) -> list[str]:
    """A decision in a few lines: who and when, the options weighed, why this tier."""
    taken = decision.choice or "(nothing)"
    head = (
        f"{story.span.at(decision.decided)}  {story.name(decision.npc)} · {decision.purpose}: "
        f"{taken} · {decision.decider}"
    )
    lines = [head]
    order = sorted(
        range(len(decision.options)),
        key=lambda i: (i != decision.pick, -_at(decision.blended, i), i),
    )
    for i in order[:most]:
        scores = [f"needs {decision.utilities[i]:.2f}"] if i < len(decision.utilities) else []
        if i < len(decision.probabilities):
            scores.append(f"model {decision.probabilities[i]:.0%}")
        if i < len(decision.blended):
            scores.append(f"together {decision.blended[i]:.0%}")
        mark = "▸" if i == decision.pick else " "
        lines.append(f"       {mark} {decision.options[i]}  {', '.join(scores)}")
    if len(order) > most:
        lines.append(f"         … {len(order) - most} more options")
    whys = [decision.why, decision.route, decision.trouble or decision.reason]
    why = "; ".join(dict.fromkeys(word.removesuffix(".") for word in whys if word))
    lines += [f"         {why}"] if why else []
    passed = passed_line(decision)
    return [*lines, f"         {passed}"] if passed else lines


def passed_line(decision: Decision) -> str:
    """The tiers considered and not asked: `not asked: cloud ($0.0003, worth $0.0001): ...`."""
    told = "; ".join(_passed(one) for one in decision.considered)
    return f"not asked: {told}" if told else ""


def _passed(one: Considered) -> str:
    name = f"{one.tier} at {one.effort} effort" if one.effort else one.tier
    usd = f" (${one.price:.5f}, worth ${one.worth:.5f})" if one.worth else ""
    usd = usd or (f" (${one.price:.5f})" if one.price else "")
    return f"{name}{usd}: {one.why_not}"


def _at(values: Sequence[float], i: int) -> float:
    return values[i] if i < len(values) else 0.0


def summary_lines(summary: Mapping[str, object]) -> list[str]:
    """The end-of-run summary for people. Keys that are missing are left out."""
    out = [f"run          {summary.get('run', '?')}"]
    sim, wall = _number(summary.get("sim_s")), _number(summary.get("wall_s"))
    speed = f" ({sim / wall:,.0f}× real time)" if wall > 0 else ""
    out.append(
        f"world        {summary.get('scenario', '?')}, seed {summary.get('seed', '?')}: "
        f"{counted(_number(summary.get('npcs')), 'NPC')}, "
        f"{counted(_number(summary.get('ticks')), 'tick')}"
    )
    out.append(f"time         {_span(sim)} simulated in {_span(wall)}{speed}")
    if thoughts := _part(summary, "thoughts"):
        told = ", ".join(f"{_number(n):,.0f} {name}" for name, n in thoughts.items())
        out.append(f"thoughts     {told}")
    if tiers := _part(summary, "by_tier"):
        out.append("decided by   " + ", ".join(f"{name} {n}" for name, n in tiers.items()))
    if tokens := _part(summary, "tokens"):
        told = ", ".join(f"{_number(n):,.0f} {name}" for name, n in tokens.items())
        read, kept = _number(tokens.get("input")), _number(tokens.get("cached"))
        share = f"; {kept / read:.0%} of the input had been kept" if kept and read else ""
        out.append(f"tokens       {told}; ${_number(summary.get('cost_usd')):.4f}{share}")
    if (each := _part(summary, "per_npc_day")) and _number(each.get("tokens")):
        whole, computed = _number(each.get("tokens")), _number(each.get("computed"))
        out.append(f"per NPC-day  {whole:,.0f} tokens, {computed:,.0f} computed")
    costs = _part(summary, "costs")
    if spent := [_spent(_part(costs, key)) for key in ("by_tier", "by_npc") if _part(costs, key)]:
        out.append("spent        " + "; ".join(spent))
    if effects := _part(summary, "effects"):
        told = ", ".join(f"{_number(n):,.0f} {name}" for name, n in effects.items())
        out.append(f"effects      {told}")
    for tool, broken in _part(summary, "broken").items():
        if isinstance(broken, Mapping):
            times = counted(_number(broken.get("times")), "time")
            told = f"{times}, first: {broken.get('at')}: {broken.get('first')}"
            out.append(f"broken       tool {tool} broke {told}")
    if ticks := _part(summary, "tick_ms"):
        told = ", ".join(f"{name} {_number(n):.2f}" for name, n in ticks.items())
        out.append(f"tick in ms   {told}")
    if summary.get("state_hash"):
        out.append(f"state hash   {summary['state_hash']}")
    return [plain(line) for line in out]


def _spent(amounts: Mapping[str, object], most: int = 5) -> str:
    """Who cost how much, the dearest first."""
    ranked = sorted(amounts.items(), key=lambda pair: (-_number(pair[1]), pair[0]))
    told = [f"{name} ${_number(usd):.4f}" for name, usd in ranked[:most]]
    return ", ".join(told + ([f"{len(ranked) - most} more"] if len(ranked) > most else []))


def _part(summary: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = summary.get(name)
    return part if isinstance(part, Mapping) else {}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _span(seconds: float) -> str:
    """`6 h 0 min`, `2 min 5 s`, `0.8 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
