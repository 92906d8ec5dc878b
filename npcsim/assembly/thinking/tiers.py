"""From tiers as written to what routing needs of them, and to the models behind them."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from npcsim.assembly.lore import Parser
from npcsim.assembly.thinking.embedding import embedder_of, part_of
from npcsim.assembly.thinking.guarding import guarded
from npcsim.errors import Mistake, ScenarioError, Unavailable
from npcsim.messages import Embedder, Model
from npcsim.models.ability import unfit
from npcsim.models.guards.seconded import Seconded
from npcsim.models.library.names import BUNDLED, named
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.models.money.ledger import Budget
from npcsim.models.money.prices import EFFORTS, WRITING, Price, picodollars
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.remote.caching import FIVE_MINUTES, NONE
from npcsim.models.remote.keys import FORMS, is_reference, key_of
from npcsim.models.remote.openai import OpenAI
from npcsim.models.remote.served import HOW_TO_INSTALL as HOW_TO_INSTALL_SDK
from npcsim.models.remote.served import Absent, why_absent
from npcsim.models.router import REFLEX, Rules
from npcsim.models.scripted import Scripted
from npcsim.models.tiers import (
    CLOUD,
    DEFAULTS,
    HOMES,
    LOCAL,
    LOOKUPS,
    SHORT,
    WHOLE,
    Patience,
    Rung,
    Source,
    Tier,
    by_price,
    source_of,
)
from npcsim.scenario.load import definition_from
from npcsim.scenario.money_parts import BatchPart, BudgetPart
from npcsim.scenario.routing_parts import LevelPart
from npcsim.scenario.schema import Definition, TierPart
from npcsim.scenario.spelling import nearest
from npcsim.sim.attention import Levels
from npcsim.sim.program import Program

TRUST, TRUST_SERVED = 0.5, 0.9
SHORT_CONTEXT, WHOLE_CONTEXT = 2048, 4096
"""Tokens that a local question and its answer may have."""
CAREFUL = "careful"


def priced(definition: Definition, text: str) -> tuple[Definition, str]:
    """The definition with the models and prices that it leaves to us, so that a run keeps them.

    -> (the definition, its text)
    """
    plain = json.loads(text)
    changed = False
    for name, entry in plain.get("tiers", {}).items():
        if not isinstance(entry, dict):
            continue  # it is off
        try:
            source = source_of(entry.get("model") or DEFAULTS.get(name, ""))
        except ValueError:
            continue  # told by `tiers_of`
        if source.served and "model" not in entry:
            entry["model"], changed = str(source), True
        price = source.price(kept_for(source, entry.get("prompt_cache")))
        if price is not None and "price" not in entry:
            entry["price"] = {
                "input": price.input, "cached": price.cached, "output": price.output,
            }  # fmt: skip
            if price.written is not None:
                entry["price"]["written"] = price.written
            changed = True
    if not changed:
        return definition, text
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return definition_from(text), text


def tiers_of(definition: Definition, parser: Parser) -> tuple[Tier, ...]:
    """Every tier but those that say `none`, the cheapest first; mistakes go to the parser.

    There is a local one where none is spoken of.
    """
    found = [_tier(name, part, definition, parser) for name, part in _parts(definition).items()]
    return by_price([tier for tier in found if tier is not None])


def _parts(definition: Definition) -> dict[str, TierPart]:
    return {LOCAL: TierPart.model_validate({}), **definition.tiers}


def rules_of(definition: Definition) -> Rules:
    """The rules of routing as the scenario has them."""
    part = definition.routing
    return Rules(
        dominates=definition.think.dominates, stakes_for_thought=part.stakes,
        retry_ms=part.retry, worth=part.worth, unknown=part.unknown, delay=part.delay,
        escalate=Rules().escalate if part.escalate == "off" else part.escalate,
        in_turn=part.escalate != "off",
    )  # fmt: skip


def levels_of(definition: Definition, tiers: Sequence[Tier], parser: Parser) -> Levels:
    """The levels of attention as the scenario has them; mistakes go to the parser."""
    found = {}
    known = [REFLEX, *(tier.name for tier in tiers), *definition.tiers]
    for name in ("faced", "near", "far"):
        part: LevelPart = getattr(definition.attention, name)
        if part.most is not None and part.most not in known:
            hint = nearest(part.most, known)
            parser.wrong(("attention", name, "most"), f"no tier {part.most!r}", hint)
        given = part.model_dump(exclude_none=True)
        found[name] = replace(getattr(Levels(), name), **given)
    return Levels(**found)


def judges_of(definition: Definition, tiers: Sequence[Tier], parser: Parser) -> dict[str, str]:
    """The tiers that rate memories and word summaries, as fields of the program."""
    found, known = {}, [*(tier.name for tier in tiers), *definition.tiers]
    for key in ("importance_by", "summaries_by"):
        named = getattr(definition.memory, key, None)
        if named is not None and named not in known:
            parser.wrong(("memory", key), f"no tier {named!r}", nearest(named, known))
        found[key] = named or ""
    return found


def trust_of(tiers: Sequence[Tier]) -> float:
    """The trust of the local tier, where nothing else is said."""
    return next((tier.trust for tier in tiers if tier.name == LOCAL), TRUST)


def _tier(name: str, part: TierPart, definition: Definition, parser: Parser) -> Tier | None:
    loc = ("tiers", name)
    if name == REFLEX:
        parser.wrong(loc, "`reflex` is what decides without any model: choose another name")
        return None
    if part.model is None and name not in DEFAULTS:
        hint = nearest(name, DEFAULTS)
        parser.wrong(loc, f"the tier {name!r} needs a `model`", hint)
        return None
    try:
        source = source_of(part.model or DEFAULTS[name])
    except ValueError as error:
        parser.wrong((*loc, "model"), str(error))
        return None
    price = _price(part, source) or source.price(kept_for(source, part.prompt_cache))
    if price is not None and part.votes:
        price = replace(price, times=1 + part.votes)
    aside = part_of(definition).price
    if price is not None and part.guards.similar and aside is not None:
        price = replace(price, beside=aside)
    if part.budget is not None and price is None:
        what = f"nobody knows the price of {str(source)!r}" if source.paid else (
            f"nothing is charged for {str(source)!r}"
        )  # fmt: skip
        form = "`price: {input: 3.00, output: 15.00}`, in USD a million tokens"
        parser.wrong((*loc, "budget"), f"a budget needs a price, and {what}: say {form}")
    if part.votes and source.kind not in ("openai", *HOMES):
        what = f"{str(source)!r} is not asked for votes: they are for OpenAI-compatible servers"
        parser.wrong((*loc, "votes"), what)
    if part.scoring == CAREFUL and source.kind not in ("bundled", "file"):
        what = f"only a model file is scored by npcsim itself, and {str(source)!r} is none"
        parser.wrong((*loc, "scoring"), what)
    if part.key is not None and not is_reference(part.key):
        # The text is not repeated: it may be a key.
        parser.wrong((*loc, "key"), f"{FORMS}; a key itself belongs in no file")
    if not source.served and not isinstance(part.effort, str | None):
        parser.wrong((*loc, "effort"), "several efforts are for models behind HTTP")
    only = None if part.only is None else parser.guard(part.only, *loc, "only")
    if source.kind == "none":
        return None
    think = definition.think.cloud if source.served else definition.think.local
    trust = TRUST_SERVED if source.served else TRUST
    context = part.context or (WHOLE if source.paid else SHORT)
    looks = source.served and context == WHOLE
    if part.lookups and not looks:
        where = "behind HTTP and shown the whole (`context: whole`)"
        parser.wrong((*loc, "lookups"), f"look-ups are made by models {where}")
    think = part.think or think
    return Tier(
        name, str(source), trust if part.trust is None else part.trust, think,
        price, source.paid and price is None, only, part.only or "", _budget(part),
        source.served, unfit(source, definition.language, part.languages),
        definition.language, context,
        (LOOKUPS if part.lookups is None else part.lookups) if looks else 0,
        _efforts(part, think),
        _batch(part, source, (*loc, "batch"), parser),
        purposes=tuple(part.for_ or ()),
    )  # fmt: skip


def _efforts(part: TierPart, think: int) -> tuple[Rung, ...]:
    """The efforts that the tier is asked at one after the other, where there are several."""
    given = part.effort
    if given is None or isinstance(given, str):
        return ()
    times = given if isinstance(given, dict) else dict.fromkeys(given, think)
    return tuple(Rung(effort, times[effort]) for effort in EFFORTS if effort in times)


def kept_for(source: Source, said: str | None) -> str:
    """How long a provider is asked to keep prompts: `5m`, `1h`, or empty for not at all."""
    if source.kind != "anthropic" or said == "none":
        return NONE
    return said or FIVE_MINUTES


def _price(part: TierPart, source: Source) -> Price | None:
    given, kept = part.price, kept_for(source, part.prompt_cache)
    if given is None:
        return None
    # What a worker of our own had kept hangs on memory and company: no price may go by it.
    own = source.kind in ("bundled", "file")
    cached = given.input if given.cached is None or own else given.cached
    written = given.written
    if written is None and kept:
        written = given.input * WRITING[kept]
    return Price(given.input, cached, given.output, written)


def _batch(part: TierPart, source: Source, loc: tuple[str, ...], parser: Parser) -> Patience | None:
    given = _batch_part(part)
    if given is None or not given.purposes:
        return None
    if source.kind != "anthropic" or source.url:
        parser.wrong(loc, "batches are Anthropic's: they need a `model: anthropic:MODEL`")
    return Patience(tuple(dict.fromkeys(given.purposes)), given.within, given.wait / 1000)


def _batch_part(part: TierPart) -> BatchPart | None:
    given = part.batch
    return BatchPart(purposes=given) if isinstance(given, list) else given


def _budget(part: TierPart) -> Budget | None:
    given = part.budget
    if given is None:
        return None
    if not isinstance(given, BudgetPart):
        return Budget(run=picodollars(given))
    run, npc, hour = (
        None if amount is None else picodollars(amount)
        for amount in (given.run, given.npc, given.hour)
    )
    return Budget(run, npc, hour)


def is_careful(part: TierPart, name: str, definition: Definition) -> bool:
    """Whether a tier's choices are to be weighed carefully, by word or because it is fitted."""
    if part.scoring is not None:
        return part.scoring == CAREFUL
    fitted = (part.model or DEFAULTS.get(name, "none")) == BUNDLED
    english = definition.language == "en" and part_of(definition).model == BUNDLED
    return fitted and english and part.context != WHOLE


def models_of(
    definition: Definition, *, paced: bool = False, engine: Callable[..., Model] = LlamaCpp
) -> dict[str, Model]:
    """The scenario's models by tier. `engine` makes those of files, called as `LlamaCpp` is.

    Raises MissingExtra and ScenarioError.

    Models behind HTTP are guarded; one whose key or SDK is missing is there as `Absent`. Nothing
    connects here.
    Threads, where the scenario names none: every core, or all but one beside a paced tick.
    """
    found: dict[str, Model] = {}
    parts = _parts(definition)
    wanted = any(
        part.guards.similar or is_careful(part, name, definition) for name, part in parts.items()
    )
    embedder = embedder_of(definition) if wanted else None
    for name, part in parts.items():
        source = source_of(part.model or DEFAULTS.get(name, "none"))
        threads = part.threads or max(1, (os.cpu_count() or 1) - paced)
        if source.served:
            found[name] = _served(source, part, definition, embedder)
        elif source.kind == "scripted":
            found[name] = Scripted()
        elif source.kind in ("bundled", "file"):
            try:
                file = named(source.model)
            except Unavailable as error:
                raise ScenarioError([Mistake(f"tiers.{name}.model", 1, 1, str(error))]) from None
            tokens = WHOLE_CONTEXT if part.context == WHOLE else SHORT_CONTEXT
            careful = embedder if is_careful(part, name, definition) else None
            model = engine(
                file.path, name=file.name, threads=threads, context=tokens,
                readout=careful is not None,
            )  # fmt: skip
            found[name] = model if careful is None else Seconded(model, careful)
    return found


def _served(
    source: Source, part: TierPart, definition: Definition, embedder: Embedder | None
) -> Model:
    deadline = definition.think.guard / 1000
    package = "anthropic" if source.kind == "anthropic" else "openai"
    key, missing = key_of(part.key or source.own_key)
    if importlib.util.find_spec(package) is None:
        return Absent(str(source), HOW_TO_INSTALL_SDK)
    if missing:
        return Absent(str(source), missing)
    # Of several efforts, the question says at which it is asked.
    effort = part.effort if isinstance(part.effort, str) else None
    model: Model
    charged = source.paid or part.price is not None
    if source.kind == "anthropic":
        model = Anthropic(
            source.model, key=key or "none", url=source.url, effort=effort, deadline=deadline,
            kept=kept_for(source, part.prompt_cache),
            gather_s=(_batch_part(part) or BatchPart()).gather / 1000,
        )  # fmt: skip
    else:
        model = OpenAI(
            source.model, url=source.address, key=key, kind=source.kind, effort=effort,
            deadline=deadline, votes=part.votes, charged=charged,
        )  # fmt: skip
    return guarded(
        model, part.guards, deadline=deadline, charged=charged, embedder=embedder,
        tick_ms=definition.clock.tick,
    )  # fmt: skip


def with_models(program: Program, definition: Definition, prints: Mapping[str, str]) -> Program:
    """The program with the tiers that a run has, by the fingerprints of their models.

    A model for a tier that the scenario does not speak of gets one as `local` would be.
    """
    known = {tier.name: tier for tier in program.tiers}
    think = definition.think
    for name in prints:
        wait = think.cloud if name == CLOUD else think.local
        known.setdefault(name, Tier(name, name, TRUST, wait))
    absent = {name: why_absent(prints[name]) for name in prints if why_absent(prints[name])}
    tiers = by_price([tier for name, tier in known.items() if name in prints])
    return replace(program, tiers=tiers, absent=absent)
