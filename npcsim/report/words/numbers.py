"""A report's numbers as plain data: who knew what, who knew whom, what was unfounded, tokens."""

from __future__ import annotations

from collections import Counter
from typing import Any

from npcsim.events.spending import Spent
from npcsim.report.facts.claims import MEANINGS, Claims
from npcsim.report.facts.knowledge import Acquaintance, Fact
from npcsim.report.facts.story import Story
from npcsim.report.words.spread import tokens_of


def numbers(story: Story) -> dict[str, Any]:
    """One JSON object. Times are texts; `hop` is over how many mouths; shares are of one.

    `said` counts unsupported claims, facts without provenance and lies, each apart; `meanings`
    says what each of them is. `tokens` is None where no model was asked; what was computed is what
    went through a model, see `messages.Usage`. `measures`: last values of the scenario's own.
    """
    used = tokens_of(story)
    return {
        "run": story.run, "scenario": story.scenario, "seed": story.seed, "npcs": story.npcs,
        "ended": story.span.at(story.span.last), "days": story.span.seconds / 86_400,
        "facts": [_fact(story, fact) for fact in story.facts],
        "pairs": _pairs(story.acquaintance, story.span.last),
        "said": _said(story.claims),
        "meanings": MEANINGS,
        "tokens": used and {
            "per_npc_day": used[0], "computed_per_npc_day": used[1],
            "by_purpose": {
                str(purpose): _tokens(spent)
                for purpose, spent in story.spending.by("purpose").items()
            },
        },
        "measures": dict(story.measures),
    }  # fmt: skip


def _tokens(spent: Spent) -> dict[str, int]:
    return {
        "calls": spent.calls, "kept": spent.kept, "failed": spent.failed, "input": spent.input,
        "cached": spent.cached, "output": spent.output, "computed": spent.computed,
    }  # fmt: skip


def _fact(story: Story, fact: Fact) -> dict[str, Any]:
    hops = Counter(one.hop for one in fact.learnt if one.hop)
    return {
        "fact": fact.text,
        "known_to": len(fact.learnt),
        "share": len(fact.learnt) / story.npcs,
        "from": [one.npc for one in fact.learnt if not one.hop],
        "by_hop": {str(hop): count for hop, count in sorted(hops.items())},
        "overheard": sum(one.overheard for one in fact.learnt),
        "learnt": [
            {
                "time": story.span.at(one.tick), "npc": one.npc, "source": one.source,
                "hop": one.hop, "sure": one.sure, "overheard": one.overheard,
            }
            for one in fact.learnt
        ],
    }  # fmt: skip


def _pairs(met: Acquaintance, last: int) -> dict[str, Any]:
    return {
        "all": met.pairs,
        "knew_at_start": len(met.knew),
        "exchanged_words": len(met.exchanged),
        "density_at_start": met.at_start,
        "density_of_talk": met.talked(last),
        "density_at_end": met.density(last),
    }


def _said(said: Claims) -> dict[str, Any]:
    return {
        "lines": said.lines,
        "mentions": said.made,
        "unsupported": len(said.unsupported),
        "unsupported_share": said.share,
        "facts_heard": said.told,
        "unfounded": len(said.unfounded),
        "lies": len(said.lies),
        "facts_heard_by_lies": said.misled,
    }
