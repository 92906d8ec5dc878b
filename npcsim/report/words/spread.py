"""Who knew what, who had words with whom, and how well founded it was: lines for both reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from npcsim.report.facts.claims import Claims
from npcsim.report.facts.knowledge import Fact
from npcsim.report.facts.story import Story
from npcsim.report.words.moments import plain
from npcsim.report.words.roster import roster
from npcsim.report.words.sayings import counted

MOST_FACTS = 8
MOST_EXAMPLES = 5
HEADS = ("fact", "known to", "share", "from", "by hop", "overheard")


def fact_rows(story: Story) -> list[list[str]]:
    """The facts that most came to know: the fact, how many know it, whom it is from, over how many
    mouths it came."""
    rows = []
    for fact in story.facts[:MOST_FACTS]:
        hops = Counter(one.hop for one in fact.learnt if one.hop)
        by_hop = ", ".join(f"{hop}: {count}" for hop, count in sorted(hops.items()))
        known = len(fact.learnt)
        rows.append([
            fact.text, str(known), f"{known / story.npcs:.0%}", origins(story, fact), by_hop,
            str(sum(one.overheard for one in fact.learnt)),
        ])  # fmt: skip
    return [[plain(cell) for cell in row] for row in rows]


def origins(story: Story, fact: Fact) -> str:
    """Who knew it without being told."""
    return roster(story.name(one.npc) for one in fact.learnt if not one.hop)


def left_out(story: Story) -> str:
    """How many facts the rows leave out; empty where it is none."""
    more = len(story.facts) - MOST_FACTS
    return f"{counted(more, 'more fact')} went from mouth to mouth." if more > 0 else ""


def tokens_of(story: Story) -> tuple[float, float] | None:
    """(tokens, those computed) for each mind and simulated day; None where no model was asked."""
    total, days = story.spending.total, story.span.seconds / 86_400
    minds = sum(person.mind for person in story.people)
    if not total.input or not minds or not days:
        return None
    each = minds * days
    return (total.input + total.output) / each, total.computed / each


def tokens_line(story: Story) -> str:
    """Tokens for each mind and simulated day; empty where no model was asked."""
    used = tokens_of(story)
    if used is None:
        return ""
    read, computed = used
    if computed > read:  # of neutral texts too
        part = f"and {computed:,.0f} computed"
    elif computed < read:
        part = f"{computed:,.0f} of them computed, the others cached"
    else:
        part = "all of them computed"
    return f"Per NPC and day of 24 simulated hours: {read:,.0f} tokens, {part}."


def spread_lines(story: Story) -> list[str]:
    """How dense the net of acquaintance is, and how well founded what was said is."""
    met = story.acquaintance
    if not story.claims.lines:
        return []
    last = story.span.last
    known = round(met.density(last) * met.pairs)
    density = (
        f"Of {counted(met.pairs, 'pair')}, {len(met.knew)} knew each other at the start "
        f"({met.at_start:.3f}); {len(met.exchanged)} have exchanged words "
        f"({met.talked(last):.3f}); {known} knew each other at the end ({met.density(last):.3f})."
    )
    return [plain(line) for line in (density, *_founded(story.claims), *_examples(story))]


def _founded(said: Claims) -> Iterator[str]:
    """The three counts, each apart: claims and facts without a ground, and lies."""
    if said.made:
        yield (
            f"{counted(said.made, 'mention')} of people, places, things and times in "
            f"{counted(said.lines, 'line')}; {len(said.unsupported)} of what the speaker had never "
            f"met with ({said.share:.1%})."
        )
    if said.told:
        yield (
            f"Facts were heard {counted(said.told, 'time')}; {len(said.unfounded)} from somebody "
            "who had them from nowhere."
        )
    if said.lies:
        lies = "1 lie was" if len(said.lies) == 1 else f"{len(said.lies):,} lies were"
        yield (
            f"{lies} told by somebody who knew that it is otherwise; facts were heard by that "
            f"{counted(said.misled, 'time')}. These are in no other count."
        )
    elif said.told:
        yield "No lie: nobody said what he or she knew to be otherwise."


def _examples(story: Story) -> Iterator[str]:
    for one in story.claims.unsupported[:MOST_EXAMPLES]:
        when = story.span.at(one.tick)
        yield f"{when} {story.name(one.npc)} spoke of {one.names}: \u201c{one.words}\u201d"
    for lie in story.claims.lies[:MOST_EXAMPLES]:
        whom = f" to {story.name(lie.to)}" if lie.to else ""
        when = story.span.at(lie.tick)
        yield f"{when} {story.name(lie.npc)} lied{whom}: \u201c{lie.words}\u201d"
