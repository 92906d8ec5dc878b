"""Decisions on the page: the options with what spoke for each, and why this tier."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from npcsim.report.facts.deciding import shares_of
from npcsim.report.facts.story import Decision, Story
from npcsim.report.web.element import Child, el, table
from npcsim.report.web.plots import legend, stacked_bars
from npcsim.report.words.sayings import passed_line

MOST_OPTIONS = 6


def card(story: Story, decision: Decision, label: str = "") -> Element:
    """One decision in full."""
    who = el("b", story.name(decision.npc))
    head = el(
        "p", el("time", story.span.at(decision.decided)), who, f" · {decision.purpose} · ",
        decision.choice or "(nothing)",
        el("span", decision.decider, class_="badge warn" if decision.fallback else "badge"),
        el("span", label, class_="badge") if label and not decision.fallback else None,
    )  # fmt: skip
    whys = {
        "set off by": decision.why,
        "this tier because": decision.route,
        "error": decision.error,
        "outcome": decision.reason,
        "not asked": passed_line(decision).removeprefix("not asked: "),
        "model": decision.model,
    }
    told = " · ".join(f"{name}: {text}" for name, text in whys.items() if text)
    if decision.tokens or decision.cost_usd:
        told += f" · {decision.tokens:,} tokens, ${decision.cost_usd:.5f}"
    told += " · landed late" if decision.late else ""
    body = _options(decision) if decision.options else None
    return el("div", head, body, el("p", told, class_="why"), class_="decision")


def _options(decision: Decision) -> Element:
    """The options, the taken one first; bars for needs, model and both together."""
    needs = shares_of(decision.utilities)
    order = sorted(
        range(len(decision.options)),
        key=lambda i: (i != decision.pick, -_at(decision.blended, i), i),
    )
    rows = [
        el(
            "tr", el("td", decision.options[i]),
            _bar(_at(needs, i), f"{_at(decision.utilities, i):.2f}", bool(needs)),
            _bar(_at(decision.probabilities, i), f"{_at(decision.probabilities, i):.0%}",
                 bool(decision.probabilities)),
            _bar(_at(decision.blended, i), f"{_at(decision.blended, i):.0%}",
                 bool(decision.blended)),
            class_="taken" if i == decision.pick else None,
        )
        for i in order[:MOST_OPTIONS]
    ]  # fmt: skip
    more = len(order) - MOST_OPTIONS
    if more > 0:
        rows.append(el("tr", el("td", f"… {more} more", class_="soft")))
    heads = el("tr", *(el("th", head) for head in ("option", "needs", "model", "together")))
    return el("table", el("thead", heads), el("tbody", *rows), class_="bars")


def _at(values: Sequence[float], i: int) -> float:
    return values[i] if i < len(values) else 0.0


def _bar(share: float, words: str, known: bool) -> Element:
    if not known:
        return el("td", "–", class_="soft")
    wide = f"width:{min(max(share, 0.0), 1.0) * 100:.0f}%"
    return el("td", el("span", el("i", "", style=wide), class_="bar"), words)


def overview(story: Story) -> list[Child]:
    """Decisions by tier over time, their reasons, and the remarkable ones."""
    made = story.decisions
    tiers = list(made.by_tier)
    points = {tier: [d.decided for d in made.all if d.decider == tier] for tier in tiers}
    routes = [
        [tier, reason, f"{count:,}"] for (tier, reason), count in list(made.routes.items())[:16]
    ]
    parts: list[Child] = [
        legend([f"{tier} ({count:,})" for tier, count in made.by_tier.items()]),
        stacked_bars(story.span, points, "Decisions by tier over time"),
        el("h3", "Why this tier was asked"),
        table(["tier", "reason", "times"], [list(row) for row in routes], frozenset({2})),
    ]
    if made.fallbacks:
        fell = [[error, f"{count:,}"] for error, count in made.fallbacks.items()]
        parts += [
            el("h3", "Where no answer counted and the body decided"),
            table(["why", "times"], [list(row) for row in fell], frozenset({1})),
        ]
    if made.late or made.in_the_air:
        air = f"{made.late} landed late; {made.in_the_air} were in the air at the end."
        parts.append(el("p", air, class_="small"))
    if made.picks:
        parts.append(el("h3", "Worth a look"))
        parts += [card(story, pick.decision, pick.label) for pick in made.picks]
    return parts
