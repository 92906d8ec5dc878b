"""The whole page of one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from npcsim.report.facts.story import Person, Story
from npcsim.report.web import plots
from npcsim.report.web.element import Child, add, el, markup, table
from npcsim.report.web.frame import head_of
from npcsim.report.web.spreading import spread
from npcsim.report.web.weighing import card, overview
from npcsim.report.words.costs import EACH, NUMBERS, breakdowns, cost_lines
from npcsim.report.words.moments import Hour, hours, when, whose
from npcsim.report.words.roster import kind_of
from npcsim.report.words.sayings import (
    accomplices,
    choice_line,
    counted,
    deeds_line,
    goals_line,
    harm_line,
    items_line,
    lede,
    left_out_line,
    share_line,
    summary_lines,
)
from npcsim.report.words.spread import tokens_line

MOST_TALKERS = 24
MOST_CARDS = 40


def html(story: Story) -> str:
    """The story as one self-contained HTML page, light or dark as the reader's system is."""
    title = story.title or story.scenario
    sections: list[tuple[str, str, list[Child]]] = [
        ("acts", "Who did what", _acts(story)),
        ("story", "What happened", [*(_hour(story, hour) for hour in hours(story))]),
        ("talk", "Who talked to whom", _talk(story)),
        ("knowledge", "Who knew what, and from whom", spread(story)),
        ("decisions", "Who decided, and why", overview(story) if story.decisions.all else []),
        ("needs", "How they fared", _needs(story)),
        ("states", "What state they were in", _states(story)),
        ("cast", "The cast", [*(_person(story, person) for person in story.people)]),
        ("rejected", "What could not be", _rejected(story)),
        ("costs", "What it cost", _costs(story)),
        ("numbers", "In numbers", _numbers(story)),
    ]
    filled = [(id, name, parts) for id, name, parts in sections if parts]
    links = (el("a", name, href=f"#{id}") for id, name, _ in filled)
    body = el("main", *_opening(story, title), el("nav", *links))
    for id, name, parts in filled:
        add(body, el("section", el("h2", name, id=id), *parts))
    add(body, el("footer", el("p", _colophon(story), class_="small")))
    page = el("html", head_of(title), el("body", body), lang="en")
    return "<!DOCTYPE html>\n" + markup(page) + "\n"


def _opening(story: Story, title: str) -> list[Child]:
    made = story.decisions
    tokens = sum(row.input + row.output for row in story.spends)
    tiles = {
        "NPCs": f"{story.npcs:,}",
        "ticks": f"{story.span.last - story.span.first:,}",
        "decisions": f"{len(made.all):,}",
        "fallbacks": f"{sum(made.fallbacks.values()):,}",
        "lines said": f"{sum(story.talks.values()):,}",
        "fell": f"{len(story.falls):,}",
        "tokens": f"{tokens:,}",
        "cost": f"${sum(row.cost_usd for row in story.spends):.4f}",
    }
    kept = ((name, n) for name, n in tiles.items() if n not in ("0", "$0.0000"))
    boxes = (el("div", el("b", n), el("span", name), class_="tile") for name, n in kept)
    return [
        el("h1", title),
        el("p", f"{story.scenario} · {story.run}", class_="small"),
        el("p", " ".join(lede(story)), class_="lede"),
        el("div", *boxes, class_="tiles"),
    ]


def _hour(story: Story, hour: Hour) -> Element:
    items = [
        el(
            "li", el("time", when(story, moment)),
            el("b", whose(story, moment)) if moment.npc else None, " ",
            el("span", moment.text, class_=moment.sort),
            el("span", moment.note, class_=_badge(moment.note)) if moment.note else None,
        )
        for moment in hour.moments
    ]  # fmt: skip
    if hour.left_out:
        items.append(el("li", left_out_line(hour.left_out), class_="small"))
    return el("div", el("b", hour.heading), el("ol", *items), class_="hour")


def _badge(note: str) -> str:
    return "badge warn" if note.startswith("fallback") else "badge"


def _acts(story: Story) -> list[Child]:
    doers = [person for person in story.people if person.deeds]
    if not doers:
        return []
    ticks: Counter[str] = Counter()
    for deed in story.deeds:
        ticks[deed.tool] += max(deed.end - deed.start, 1)
    tools = [tool for tool, _ in ticks.most_common()]
    shown = tools[: plots.COLOURS - 1]
    keys = shown + ["other tools"] * (len(tools) > len(shown))
    lanes = [(person.name, person.deeds) for person in doers]
    return [plots.legend(keys), plots.swimlanes(story.span, lanes, shown)]


def _talk(story: Story) -> list[Child]:
    if not story.talks:
        return []
    named: Counter[tuple[str, str]] = Counter()
    speakers: Counter[str] = Counter()
    listeners: Counter[str] = Counter()
    for (source, to), count in story.talks.items():
        pair = story.name(source), story.name(to) if to else "everyone"
        named[pair] += count
        speakers[pair[0]] += count
        listeners[pair[1]] += count
    sides = [sorted(n for n, _ in most.most_common(MOST_TALKERS)) for most in (speakers, listeners)]
    rows: list[list[Child]] = [
        [story.span.at(line.tick), story.name(line.source), story.name(line.to), line.words]
        for line in story.lines
    ]
    words = el(
        "details", el("summary", f"All {len(rows):,} lines"),
        table(["when", "who", "to", "words"], rows[:1000], frozenset()),
    )  # fmt: skip
    return [
        el("p", "Rows speak, columns are spoken to.", class_="small"),
        plots.matrix(sides[0], sides[1], named),
        words if rows else None,
    ]


def _needs(story: Story) -> list[Child]:
    if not story.series:
        return []
    gauges = list(dict.fromkeys(curve.name for one in story.series for curve in one.curves))
    colours = {name: i for i, name in enumerate(gauges)}
    panes = (plots.lines(story.span, one, story.name(one.of), colours) for one in story.series)
    note = "From the bottom to the top of each gauge's range."
    if not story.people:
        note += " Means by archetype."
    return [el("p", note, class_="small"), plots.legend(gauges), el("div", *panes, class_="many")]


def _states(story: Story) -> list[Child]:
    parts: list[Child] = []
    for population in story.population:
        parts.append(el("h3", population.machine))
        parts.append(plots.legend(population.states))
        parts.append(plots.areas(story.span, population))
    rows: list[list[Child]] = []
    for group in story.groups:
        acts = ", ".join(f"{tool} {count:,}" for tool, count in list(group.tools.items())[:6])
        cells = [f"{group.count:,}", f"{group.fell:,}", share_line(group.states, 8), acts]
        rows.append([group.archetype, *cells])
    heads = ["archetype", "NPCs", "fell", "time spent", "acts"]
    parts.append(table(heads, rows, frozenset({1, 2})))
    if story.blows:
        harm: list[list[Child]] = [
            [story.name(b.source), story.name(b.target), b.attribute, f"{b.times:,}",
             f"{b.total:,.0f}"]
            for b in story.blows[:30]
        ]  # fmt: skip
        heads = ["hardest", "on whom", "attribute", "times", "lost then"]
        parts += [el("h3", "Who struck hardest"), table(heads, harm, frozenset({3, 4}))]
    return parts


def _person(story: Story, person: Person) -> Element:
    facts = {
        "did": deeds_line(person, 12),
        "meant to": goals_line(person),
        "talked": accomplices(story, person),
        "items": items_line(person),
        "fought": harm_line(story, person),
        "decided": choice_line(story, person),
        "states": share_line(person.states),
        "concluded": " ".join(text for _, text in person.concluded[:6]),
    }
    pairs: list[Child] = []
    for label, line in facts.items():
        if line:
            pairs += [el("dt", label), el("dd", line)]
    own = [decision for decision in story.decisions.all if decision.npc == person.id]
    cards: list[Child] = [card(story, decision) for decision in own[:MOST_CARDS]]
    if own:
        note = f"Decisions ({len(own)}" + (f", the first {MOST_CARDS}" if own[MOST_CARDS:] else "")
        cards = [el("details", el("summary", note + ")"), *cards)]
    told = [_hour(story, hour) for hour in hours(story, person.id)]
    diary = el("details", el("summary", "Everything, hour by hour"), *told) if told else None
    kind = kind_of(person)
    acts = counted(len(person.deeds), "act")
    soft = el("span", f"{kind} · {acts}" if kind else acts, class_="soft")
    head = el("summary", el("b", person.name), soft)
    return el("details", head, el("dl", *pairs), diary, *cards)


def _rejected(story: Story) -> list[Child]:
    rows: list[list[Child]] = [
        [story.name(one.npc), one.tool, one.reason, f"{len(one.ticks):,}",
         story.span.between(one.ticks[0], one.ticks[-1])]
        for one in sorted(story.rejections, key=lambda one: -len(one.ticks))[:60]
    ]  # fmt: skip
    heads = ["who", "tool", "reason", "times", "when"]
    return [table(heads, rows, frozenset({3}))] if rows else []


def _costs(story: Story) -> list[Child]:
    rows: list[list[Child]] = [
        [row.tier, row.model, row.purpose, *_counts((row.each, row.calls, row.kept, row.failed,
         row.input, row.cached, row.output, row.computed)),
         f"{row.seconds:.1f}", f"{row.cost_usd:.4f}"]
        for row in story.spends
    ]  # fmt: skip
    if not rows:
        return []
    heads = ["tier", "model", "for", EACH, *NUMBERS[:-1], "s", NUMBERS[-1]]
    parts: list[Child] = [table(heads, rows, frozenset(range(3, 13)))]
    told = (*cost_lines(story.spending, story.span.at, story.name), tokens_line(story))
    parts += [el("p", line, class_="small") for line in told if line]
    for part in breakdowns(story.spending, story.name):
        cells: list[list[Child]] = [list(row) for row in part.rows]
        numbers = table([part.head, *NUMBERS], cells, frozenset(range(1, len(NUMBERS) + 1)))
        parts.append(el("details", el("summary", part.title), numbers))
    return parts


def _counts(numbers: Iterable[int]) -> list[str]:
    return [f"{number:,}" for number in numbers]


def _numbers(story: Story) -> list[Child]:
    if not story.summary:
        return []
    return [el("p", line, class_="small columns") for line in summary_lines(story.summary)]


def _colophon(story: Story) -> str:
    models = ", ".join(f"{tier}: {name}" for tier, name in story.models.items()) or "none"
    seeds = f"seed {story.seed}, mind seed {story.mind_seed}"
    return f"{story.run} · {seeds} · models {models} · state hash {story.state_hash}"
