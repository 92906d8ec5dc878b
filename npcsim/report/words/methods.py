"""The method section of a paper, in Markdown.

Its headings are those of the ODD protocol: Grimm et al. (2020), "The ODD Protocol for Describing
Agent-Based and Other Simulation Models: A Second Update", JASSS 23(2) 7. What no log says, such as
what a study is for, is named as missing: it is the author's to say.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from npcsim.report.facts.methods import Lived, Prompt, common
from npcsim.report.facts.story import Span
from npcsim.report.words.moments import plain

MISSING = "*The log does not say this; it is for the author to add.*"
ODD = (
    "Grimm, V., Railsback, S. F., Vincenot, C. E., et al. (2020). The ODD protocol for describing "
    "agent-based and other simulation models: a second update to improve clarity, replication, and "
    "structural realism. *Journal of Artificial Societies and Social Simulation*, 23(2), 7. "
    "https://doi.org/10.18564/jasss.4259"
)
FUNCTIONS = ("plans", "goals", "days", "behaviour", "events", "measure", "tie_rules", "reacts",
             "knows", "factions")  # fmt: skip
MAKERS = frozenset(("recipe", "tools", "code", "schema", "npcsim", "numpy", "scipy", "networkx"))
"""What made a run, told under its reproduction."""


def methods_text(found: Sequence[Lived]) -> str:
    """The method section of these runs, of one scenario."""
    lines: list[str] = []
    for part in (_head, _purpose, _entities, _process, _concepts, _start, _input, _submodels,
                 _models, _runs, _again, _prompts):  # fmt: skip
        lines += part(found)
        lines.append("")
    lines += ["## References", "", ODD]
    return "\n".join(lines) + "\n"


def _head(found: Sequence[Lived]) -> Iterator[str]:
    first = found[0].started
    yield f"# Methods: {_md(first.title or first.scenario)}"
    yield ""
    yield (
        f"The model `{_md(first.scenario)}` was simulated with npcsim "
        f"{_versions(found, 'npcsim')}. Its description follows the ODD protocol (Grimm et al. "
        f"2020). All figures and settings below are from the logs of "
        f"{_many(len(found), 'run')}."
    )


def _purpose(found: Sequence[Lived]) -> Iterator[str]:
    yield from ("## 1. Purpose and patterns", "")
    about = str(found[0].definition.get("about", "")).strip()
    yield f"The scenario says of itself: {_md(about)}" if about else MISSING


def _entities(found: Sequence[Lived]) -> Iterator[str]:
    first = found[0].started
    yield from ("## 2. Entities, state variables, and scales", "")
    kinds = Counter(one.archetype for one in first.cast)
    minds = Counter(one.archetype for one in first.cast if one.mind)
    yield from _table(
        ("archetype", "NPCs", "of them with a mind", "state machine"),
        [(kind, n, minds[kind], next(c.behaviour for c in first.cast if c.archetype == kind) or "–")
         for kind, n in kinds.items()],
    )  # fmt: skip
    yield ""
    if first.gauges:
        yield "State variables of each NPC, beside its position, state, goods, memories and ties:"
        yield ""
        yield from _table(
            ("variable", "range", "drift per simulated hour", "a need"),
            [(g.name, f"{g.low:g} to {g.high:g}", f"{g.rate * 3600:g}", "yes" if g.need else "no")
             for g in first.gauges],
        )  # fmt: skip
        yield ""
    yield (
        f"There are {_many(len(first.places), 'place')}, {_many(len(first.ways), 'way')} between "
        f"them and {_many(len(first.spots), 'thing')} that stand somewhere."
    )
    if first.picture is not None:
        yield (
            f"Space is a grid of {first.picture.width} by {first.picture.height} tiles; positions "
            "are multiples of 1/1024 of a tile."
        )
    end = max(one.started.end_tick for one in found)
    ends = " or ".join(dict.fromkeys(f"{one.started.end_tick:,}" for one in found))
    stop = f"; a run is to end after {ends} ticks" if end else ""
    yield (
        f"One tick is {first.tick_ms / 1000:g} s of simulated time{stop}. Simulated time begins at "
        f"{Span(first.start_ms, first.tick_ms, 0, max(end, 1)).at(0)}."
    )


def _process(found: Sequence[Lived]) -> Iterator[str]:
    first = found[0].started
    yield from ("## 3. Process overview and scheduling", "")
    yield (
        "Each tick: (1) inputs, planned events and reactions; (2) attributes drift, each state "
        "machine takes at most one transition, bodies walk and act; (3) minds perceive the world "
        "as committed in the tick before, carry on with their plans, and ask for a decision where "
        "there is a reason; (4) answers due land, in the order of NPCs' names; (5) all wanted "
        "changes are checked and applied in a fixed order, contested ones in an order drawn by "
        "keyed dice. Thinking takes simulated time, and the world goes on meanwhile."
    )
    if first.machines:
        yield ""
        yield from _table(
            ("state machine", "states", "transitions"),
            [(m.name, ", ".join(m.states), len(m.transitions)) for m in first.machines],
        )


def _concepts(found: Sequence[Lived]) -> Iterator[str]:
    first, definition = found[0].started, found[0].definition
    counts = {name: len(definition.get(name) or ()) for name in FUNCTIONS}
    yield from ("## 4. Design concepts", "")
    memory = definition.get("memory") or {}
    rules = {
        "Basic principles": "Each NPC is a state machine and, where it has a mind, an agent that "
        "chooses among options found by rules; a model ranks or words them, and never adds one.",
        "Emergence": MISSING,
        "Adaptation": f"{_many(counts['plans'], 'plan')} and {_many(counts['goals'], 'high goal')} "
        "are open to minds, by guards over the state.",
        "Objectives": "An option's worth is a utility computed from the NPC's state; "
        f"`temper` is {definition.get('temper', 0.2)} (0 takes the best, 1 draws by worth).",
        "Learning": f"{_many(sum(one.concluded for one in found), 'conclusion')} drawn by NPCs in "
        f"all runs. Settings of memory: {_set(memory)}; of reflection: "
        f"{_set(definition.get('reflection'))}.",
        "Sensing": "Signals within their loudness or within an NPC's sight, of the tick before.",
        "Interaction": f"By tools (acts with checked effects), speech and signals; "
        f"{_many(len(first.cast), 'NPC')}, {_many(counts['factions'], 'faction')}.",
        "Stochasticity": "Dice keyed by seed, tick, NPC and purpose. World seeds: "
        f"{common(found, 'seed')}; mind seeds: {common(found, 'mind_seed')}.",
        "Observation": f"Every event is logged. {_many(counts['measure'], 'measure')} defined by "
        "the scenario.",
    }  # fmt: skip
    for name, text in rules.items():
        yield f"- **{name}.** {text if text == MISSING else _md(text)}"


def _set(part: object) -> str:
    """Settings as the scenario has them."""
    return f"`{json.dumps(part)}`" if part not in (None, {}, "") else "npcsim's own"


def _start(found: Sequence[Lived]) -> Iterator[str]:
    first = found[0].started
    yield from ("## 5. Initialization", "")
    yield from _table(
        ("NPC", "archetype", "starts in state", "at (tiles)", "carries", "goal"),
        [(c.name or c.id, c.archetype, c.state or "–", f"{c.x:.1f}, {c.y:.1f}",
          ", ".join(f"{n} {item}" for item, n in c.items.items()) or "–", c.goal or "–")
         for c in first.cast[:60]],
    )  # fmt: skip
    if len(first.cast) > 60:
        yield ""
        yield f"and {len(first.cast) - 60:,} more."


def _input(found: Sequence[Lived]) -> Iterator[str]:
    yield from ("## 6. Input data", "")
    events = found[0].definition.get("events") or []
    yield f"The scenario plans {_many(len(events), 'event')}." + (
        "" if events else " No other input data are read."
    )
    rows = [(one.listed.name, *(one.inputs.get(kind, 0) for kind in ("Given", "Landed",
             "TierChanged", "Resumed"))) for one in found]  # fmt: skip
    yield ""
    heads = ("run", "inputs given", "answers landed", "changes of tiers", "times resumed")
    yield from _table(heads, rows)


def _submodels(found: Sequence[Lived]) -> Iterator[str]:
    definition = found[0].definition
    yield from ("## 7. Submodels", "")
    rows = [(name, len(definition[name])) for name in FUNCTIONS if definition.get(name)]
    if rows:
        yield "Rules that the scenario declares, in full in the runs' recipes:"
        yield ""
        yield from _table(("part of the scenario", "entries"), rows)
        yield ""
    plans = definition.get("plans") or {}
    if isinstance(plans, dict) and plans:
        yield from _table(
            ("plan", "open when", "worth", "steps"),
            [(p.get("option", name), p.get("when", "always"), p.get("worth", "–"),
              ", ".join(map(_step, p.get("steps", ())))) for name, p in plans.items()],
        )  # fmt: skip
        yield ""
    lines = sum(text.count("\n") for one in found[:1] for text in one.tools)
    yield (
        f"Tools of the scenario's own: {_many(len(found[0].tools), 'file')} of Python, "
        f"{_many(lines, 'line')}, kept in the recipe."
    )


def _step(step: object) -> str:
    if isinstance(step, Mapping):
        return str(step.get("do", json.dumps(step)))
    return str(step)


def _models(found: Sequence[Lived]) -> Iterator[str]:
    yield from ("## Language models", "")
    first = found[0]
    asked = Counter[str]()
    for one in found:
        asked.update(one.summary.get("by_tier", {}))
    if not any(one.started.models for one in found):
        yield "No model was asked: all decisions are by utilities and state machines."
        return
    rows = []
    for tier in first.started.tiers:
        prints = sorted({p for one in found for p in one.prints.get(tier.name, ())})
        price = ", ".join(f"{kind} {usd:g}" for kind, usd in tier.price.items())
        rows.append((
            tier.name, tier.model, ", ".join(prints) or first.started.models.get(tier.name, "–"),
            "unknown" if tier.unpriced else price or "none", f"{asked[tier.name]:,}",
        ))  # fmt: skip
    yield from _table(("tier", "model", "fingerprint", "USD per million tokens", "decisions"), rows)
    yield ""
    tiers, think = first.definition.get("tiers") or {}, first.definition.get("think") or {}
    yield f"Settings of tiers: `{_md(json.dumps(tiers))}`; of thinking: `{_md(json.dumps(think))}`."
    facts = {key: text for key, text in first.started.versions.items()
             if key not in MAKERS and not key.startswith("fork.")}  # fmt: skip
    if facts:
        yield ""
        yield from _table(("what was recorded of models", ""), sorted(facts.items()))


def _runs(found: Sequence[Lived]) -> Iterator[str]:
    yield from ("## Runs", "")
    rows = []
    for one in found:
        thoughts = one.summary.get("thoughts", {})
        rows.append((
            one.listed.name, one.listed.state, one.started.seed, one.started.mind_seed,
            f"{one.listed.ticks:,}", f"{one.listed.decisions:,}",
            thoughts.get("fallback", "–"), thoughts.get("failed", "–"),
            f"{one.listed.cost_usd:.4f}", one.summary.get("state_hash", "–"),
        ))  # fmt: skip
    yield from _table(
        ("run", "state", "seed", "mind seed", "ticks", "decisions", "fallbacks", "failed answers",
         "USD", "last state hash"), rows,
    )  # fmt: skip
    other = _differing(found)
    if other:
        yield ""
        yield f"The runs' scenarios differ in: {', '.join(other)}. What is above is of the first."
    names = sorted({key for one in found for key in one.measured})
    if names:
        yield ""
        yield "Measures at the end of each run:"
        yield ""
        heads = [name if group == "all" else f"{name} ({group})" for name, group in names]
        yield from _table(
            ("run", *heads),
            [(one.listed.name, *(_number(one.measured.get(key)) for key in names))
             for one in found],
        )  # fmt: skip


def _differing(found: Sequence[Lived]) -> list[str]:
    """The parts of the scenario that are not the same in all runs."""
    keys = sorted({key for one in found for key in one.definition})
    told = {key: {json.dumps(one.definition.get(key)) for one in found} for key in keys}
    return [key for key, values in told.items() if len(values) > 1]


def _again(found: Sequence[Lived]) -> Iterator[str]:
    yield from ("## Reproduction", "")
    tools = _versions(found, "tools", "")
    alone = f"; of the source of tools alone: {tools}" if tools else ""
    libraries = [f"{name} {_versions(found, name)}" for name in ("numpy", "scipy", "networkx")]
    yield (
        f"Recipes (scenario, map and source of tools, hashed): {_versions(found, 'recipe')}"
        f"{alone}. Source of npcsim, hashed: {_versions(found, 'code')}; form of the log's tables: "
        f"{_versions(found, 'schema')}. Libraries whose arithmetic reaches the world: "
        f"{', '.join(libraries)}. Each log holds every question and answer: `npcsim replay RUN` "
        "lives it again without models and compares the state hash of every tick."
    )


def _prompts(found: Sequence[Lived]) -> Iterator[str]:
    yield from ("## Appendix: prompts", "")
    prompts: dict[tuple[str, str, str, str], tuple[str, Prompt]] = {}
    for one in found:
        for prompt in one.prompts:
            key = (prompt.purpose, prompt.tier, prompt.model, prompt.kind)
            prompts.setdefault(key, (one.listed.name, prompt))
    if not prompts:
        yield "No question was put to a model."
    for number, (run, prompt) in enumerate(prompts.values(), 1):
        yield f"### A{number}. {_md(prompt.purpose)}, tier {_md(prompt.tier)} ({_md(prompt.model)})"
        yield ""
        kind = "to choose" if prompt.kind == "choose" else "to write"
        times = sum(p.times for one in found for p in one.prompts if _same(p, prompt))
        yield f"Asked {kind}, {times:,} times in all; the first of them, in {_md(run)}:"
        for name, text in prompt.parts:
            yield ""
            yield f"*{name}*"
            yield ""
            yield from _block(text)
        yield ""
        yield "*answer*"
        yield ""
        yield from _block(prompt.answer)
        yield ""


def _same(a: Prompt, b: Prompt) -> bool:
    return (a.purpose, a.tier, a.model, a.kind) == (b.purpose, b.tier, b.model, b.kind)


def _block(text: str) -> Iterator[str]:
    """Indented, so that no text can end the block."""
    yield from (f"    {plain(line)}" for line in text.splitlines() or [""])


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(_md(cell).replace("|", "\\|") for cell in row) + " |"


def _md(value: object) -> str:
    """One line, in which nothing is taken for HTML."""
    return plain(" ".join(str(value).split())).replace("<", "&lt;")


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _versions(found: Sequence[Lived], name: str, unknown: str = "?") -> str:
    said = dict.fromkeys(one.started.versions.get(name, unknown) for one in found)
    return ", ".join(one for one in said if one)
