"""The story as a page of text for the terminal.

Words from the log are put in as plain `Text`: neither markup nor escape codes in them take hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from npcsim.report.facts.story import Person, Story
from npcsim.report.words.costs import EACH, NUMBERS, breakdowns, cost_lines
from npcsim.report.words.moments import hours, plain, when, whose
from npcsim.report.words.roster import kind_of, roster
from npcsim.report.words.sayings import (
    accomplices,
    choice_line,
    deeds_line,
    goals_line,
    harm_line,
    items_line,
    lede,
    left_out_line,
    listing,
    share_line,
    summary_lines,
    times,
)  # fmt: skip
from npcsim.report.words.spread import HEADS, fact_rows, left_out, spread_lines, tokens_line

TINT = {
    "talk": "cyan",
    "goal": "green",
    "fall": "red",
    "trouble": "yellow",
    "notice": "magenta",
    "crowd": "green",
}


def text(story: Story, npc: str | None = None, width: int = 100) -> str:
    """The story as plain text, `width` columns wide. Raises `KeyError` for an NPC not told of."""
    paper = StringIO()
    print_story(story, Console(file=paper, width=width, color_system=None), npc)
    return "\n".join(line.rstrip() for line in paper.getvalue().splitlines()) + "\n"


def print_story(story: Story, console: Console, npc: str | None = None) -> None:
    """Tell the story on a console; of one NPC (id or name) in full where it is given.

    Raises `KeyError` when the story does not tell of that NPC.
    """
    if npc is not None:
        person = story.person(npc)
        if person is None:
            raise KeyError(npc)
        _print_alone(story, person, console)
        return
    console.print(Text(plain(story.title or story.scenario), style="bold underline"))
    for sentence in lede(story):
        console.print(Text(sentence))
    _timeline(story, console, None)
    if story.people:
        console.print(_rule("The cast"))
        for facts, alike in _folded(story):
            _print_brief(alike, facts, console)
    if not all(person.mind for person in story.people) or not story.people:
        _groups(story, console)
    _spread(story, console)
    _decisions(story, console)
    _costs(story, console)
    if story.summary:
        console.print(_rule("In numbers"))
        for line in summary_lines(story.summary):
            console.print(Text(line))


def _rule(title: str) -> RenderableType:
    return Padding(Rule(Text(title, style="bold"), align="left", style="dim"), (1, 0, 0, 0))


def _timeline(story: Story, console: Console, npc: str | None) -> None:
    for hour in hours(story, npc):
        console.print(_rule(hour.heading))
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        if npc is None:
            grid.add_column(style="bold", max_width=18)
        grid.add_column(ratio=1)
        grid.add_column(style="dim", justify="right", max_width=28)
        grid.expand = True
        for moment in hour.moments:
            words = Text(plain(moment.text), style=TINT.get(moment.sort, ""))
            cells = [Text(when(story, moment)), words, Text(plain(moment.note))]
            if npc is None:
                cells.insert(1, Text(plain(whose(story, moment))))
            grid.add_row(*cells)
        console.print(grid)
        if hour.left_out:
            console.print(Text(left_out_line(hour.left_out), style="dim italic"))


def _folded(story: Story) -> list[tuple[dict[str, str], list[Person]]]:
    """The cast in its order; of one archetype, those of whom the same is to be told together."""
    alike: dict[tuple[str, ...], tuple[dict[str, str], list[Person]]] = {}
    for person in story.people:
        facts = _facts(story, person)
        key = (person.archetype, *facts.values())
        alike.setdefault(key, (facts, []))[1].append(person)
    return list(alike.values())


def _facts(story: Story, person: Person) -> dict[str, str]:
    return {
        "did": deeds_line(person),
        "meant to": goals_line(person),
        "talked": accomplices(story, person),
        "items": items_line(person),
        "fought": harm_line(story, person),
        "decided": choice_line(story, person),
        "states": share_line(person.states),
    }


def _print_brief(alike: list[Person], facts: Mapping[str, str], console: Console) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", justify="right", min_width=10)
    grid.add_column(ratio=1)
    for label, line in facts.items():
        if line:
            grid.add_row(label, Text(plain(line)))
    head = Text(plain(roster(person.name for person in alike)), style="bold")
    head.append(plain(f"  {kind_of(alike[0])}"), style="dim")
    console.print(Padding(head, (1, 0, 0, 0)))
    console.print(grid)


def _print_alone(story: Story, person: Person, console: Console) -> None:
    _print_brief([person], _facts(story, person), console)
    _timeline(story, console, person.id)
    own = [decision for decision in story.decisions.all if decision.npc == person.id]
    if own:
        console.print(_rule("Decisions"))
        for decision in own:
            for line in listing(story, decision):
                console.print(Text(plain(line)))


def _table(*columns: str, right: Iterable[str] = ()) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left")
    return table


def _spread(story: Story, console: Console) -> None:
    lines, rows = spread_lines(story), fact_rows(story)
    if not lines and not rows:
        return
    console.print(_rule("Who knew what, and from whom"))
    if rows:
        table = _table(*HEADS, right=("known to", "share", "overheard"))
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)
    for line in (left_out(story), *lines):
        if line:
            console.print(Text(line))


def _decisions(story: Story, console: Console) -> None:
    made = story.decisions
    if not made.all:
        return
    console.print(_rule("Who decided, and why"))
    table = _table("tier", "decisions", "share", "why it was this tier", right=("decisions",))
    for tier, count in made.by_tier.items():
        share = count / len(made.all)
        bar = "█" * max(1, round(share * 20))
        table.add_row(Text(plain(tier)), str(count), f"{bar} {share:.0%}", "")
    for (tier, reason), count in list(made.routes.items())[:10]:
        table.add_row("", str(count), "", Text(plain(f"{tier}: {reason}"), style="dim"))
    console.print(table)
    for error, count in made.fallbacks.items():
        console.print(Text(plain(f"fell back {times(count)}: {error}"), style="yellow"))
    if made.late or made.in_the_air:
        console.print(Text(f"{made.late} landed late, {made.in_the_air} in the air at the end"))
    if made.picks:
        console.print(_rule("Decisions worth a look"))
    for pick in made.picks:
        first, *rest = listing(story, pick.decision)
        head = Text(plain(first))
        head.append(f"  ({pick.label})", style="italic cyan")
        console.print(head)
        for line in rest:
            console.print(Text(plain(line), style="dim"))


def _costs(story: Story, console: Console) -> None:
    if not story.spends:
        return
    console.print(_rule("What it cost"))
    heads, cells = (EACH, *NUMBERS), []
    for row in story.spends:
        tokens = (row.input, row.cached, row.output, row.computed)
        counts = (row.each, row.calls, row.kept, row.failed, *tokens)
        cells.append((*(f"{n:,}" if n else "" for n in counts), f"{row.cost_usd:.4f}"))
    # A column that says nothing takes the room that a model's name needs.
    shown = [at for at in range(len(heads)) if any(each[at] for each in cells)]
    numbers = [heads[at] for at in shown]
    table = _table("tier", "model", "for", *numbers, right=numbers)
    for row, each in zip(story.spends, cells, strict=True):
        words = [Text(plain(word)) for word in (row.tier, row.model, row.purpose)]
        table.add_row(*words, *(each[at] for at in shown))
    console.print(table)
    for line in (*cost_lines(story.spending, story.span.at, story.name), tokens_line(story)):
        if line:
            console.print(Text(line))


def print_costs(story: Story, console: Console) -> None:
    """Where tokens and money went: by tier, purpose, NPC and hour; kept answers, budgets."""
    for part in breakdowns(story.spending, story.name):
        console.print(_rule(part.title))
        table = _table(part.head, *NUMBERS, right=NUMBERS)
        for row in part.rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)
    total = story.spending.total
    console.print(_rule("In all"))
    tokens = f"{total.input:,} tokens read, {total.cached:,} of them cached"
    said = f"{total.output:,} written, {total.computed:,} computed in all"
    console.print(Text(f"{total.calls:,} calls, {tokens}, {said}: ${total.usd:.4f}"))
    for line in (*cost_lines(story.spending, story.span.at, story.name), tokens_line(story)):
        if line:
            console.print(Text(line))


def _groups(story: Story, console: Console) -> None:
    console.print(_rule("By archetype"))
    table = _table("archetype", "NPCs", "fell", "time spent", "acts", right=("NPCs", "fell"))
    for group in story.groups:
        acts = ", ".join(f"{tool} {count:,}" for tool, count in list(group.tools.items())[:6])
        words = [Text(plain(word)) for word in (group.archetype, share_line(group.states), acts)]
        table.add_row(words[0], f"{group.count:,}", f"{group.fell:,}", *words[1:])
    console.print(table)
    if story.blows:
        console.print(Text("Who struck hardest in a tick, and what was lost then:", style="dim"))
    for blow in story.blows[:8]:
        pair = f"{story.name(blow.source)} → {story.name(blow.target)}"
        line = f"{pair}: {times(blow.times)}, {blow.total:,.0f} {blow.attribute}"
        console.print(Text(plain(line), style="dim"))
