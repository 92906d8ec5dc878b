"""`npcsim bench choice`: how often a model and a body choose what any human would.

One small model, the same situations, five ways to decide: asked for a letter; by how likely each
option's words are; by the engine's score; by the body's needs alone; and body and model together,
as minds do it. Where the body has no opinion its options tie, and a tie counts as the share of it
that is right.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from npcsim.bench.choice_items import Item, read_items, shipped_items, shuffled
from npcsim.bench.choice_others import Plain
from npcsim.bench.choice_stage import Stage
from npcsim.errors import BadReply
from npcsim.messages import Choose, Chosen, Model
from npcsim.models.library.names import named
from npcsim.models.llamacpp import LlamaCpp
from npcsim.npc.deciding import blend
from npcsim.npc.prompts import choose_told

SEED = 1
TRUST = 0.5
BINS = 10
FOLDS = 5
SIDES = ("letter", "likelihood", "engine", "utility", "engine_with_utility")
Told = Callable[[str], None]
Shares = Sequence[float]


def bench(
    path: Path,
    items: Path | None = None,
    *,
    threads: int | None = None,
    seed: int = SEED,
    told: Told = lambda line: None,
) -> dict[str, Any]:
    """Ask the model at `path` about every item.

    -> the share right by side (`SIDES`), 0 to 1; `ece`, `auroc`: calibration error over ten bins
    and how well the uncertainty (1 - the highest probability) tells the errors, of the engine, and
    with `_mix` of body and model together; `n`; and what more there is to know.

    Raises ScenarioError for a bad file of items, MissingExtra and ModelError.
    """
    threads = threads or os.cpu_count() or 1
    asked = [shuffled(item, seed) for item in read_items(items or shipped_items())]
    stage = Stage()
    utilities = [stage.utilities(item) for item in asked]
    questions = [
        choose_told(item.name, item.situation, stage.felt(item), item.options, "plan")
        for item in asked
    ]
    told(f"{len(asked)} items: letters and likelihoods, by llama-cpp-python's Llama")
    shares: dict[str, list[Shares]] = _plainly(path, threads, asked, questions)
    told(f"{len(asked)} items: the engine's score")
    model = LlamaCpp(path, threads=threads)
    shares["engine"] = asyncio.run(_answers(model, questions))
    shares["utility"] = [blend(worths, None, 0.0) for worths in utilities]
    shares["engine_with_utility"] = [
        blend(worths, given, TRUST)
        for worths, given in zip(utilities, shares["engine"], strict=True)
    ]
    best = [item.best for item in asked]
    return report(shares, best, [bool(item.needs) for item in asked]) | {"model": path.name}


def report(
    shares: dict[str, list[Shares]], best: Sequence[int], needs: Sequence[bool]
) -> dict[str, Any]:
    """The figures of what each side gave each option."""
    found: dict[str, Any] = {side: right(shares[side], best) for side in SIDES}
    engine, mix = shares["engine"], shares["engine_with_utility"]
    fitted, temperatures = refitted(engine, best)
    with_needs = [k for k, given in enumerate(needs) if given]
    return found | {
        "ece": calibration_error(engine, best),
        "auroc": auroc(engine, best),
        "n": len(best),
        "ece_mix": calibration_error(mix, best),
        "auroc_mix": auroc(mix, best),
        "ece_refitted": calibration_error(fitted, best),
        "temperature_factor": temperatures,
        "chance": sum(1 / len(one) for one in engine) / len(best),
        "with_needs": {
            "n": len(with_needs),
            **{s: right([shares[s][k] for k in with_needs], [best[k] for k in with_needs])
               for s in SIDES},
        },
    }  # fmt: skip


def right(shares: Sequence[Shares], best: Sequence[int]) -> float | None:
    """The share of items where the highest is the best; of a tie, its part. None for no items."""
    credit = [_credit(one, index) for one, index in zip(shares, best, strict=True)]
    return sum(credit) / len(credit) if credit else None


def calibration_error(shares: Sequence[Shares], best: Sequence[int]) -> float:
    """Expected calibration error (Naeini, Cooper, Hauskrecht 2015): ten bins by confidence."""
    bins: list[list[tuple[float, float]]] = [[] for _ in range(BINS)]
    for one, index in zip(shares, best, strict=True):
        sure = max(one)
        bins[min(int(sure * BINS), BINS - 1)].append((sure, _credit(one, index)))
    return sum(abs(sum(sure - good for sure, good in each)) for each in bins) / len(best)


def auroc(shares: Sequence[Shares], best: Sequence[int]) -> float | None:
    """How often an error was less sure than a right answer; ties count half. None without both."""
    sure = [(max(one), _credit(one, index) > 0.5) for one, index in zip(shares, best, strict=True)]
    good = [share for share, fine in sure if fine]
    bad = [share for share, fine in sure if not fine]
    if not good or not bad:
        return None
    wins = sum((g > b) + 0.5 * (g == b) for g in good for b in bad)
    return wins / (len(good) * len(bad))


def refitted(shares: Sequence[Shares], best: Sequence[int]) -> tuple[list[Shares], list[float]]:
    """The same with the temperature fitted anew, each fifth of the items by the other four.

    -> (shares, the factors on the shipped temperature, one a fold)
    """
    found: list[Shares] = [()] * len(best)
    factors = []
    for fold in range(min(FOLDS, len(best))):
        others = [k for k in range(len(best)) if k % FOLDS != fold] or [fold]
        factor = min(
            (1.05**step for step in range(-40, 41)),
            key=lambda f: sum(-math.log(max(_warmed(shares[k], f)[best[k]], 1e-9)) for k in others),
        )
        factors.append(round(factor, 3))
        for k in range(fold, len(best), FOLDS):
            found[k] = _warmed(shares[k], factor)
    return found, factors


def main(model: str, items: Path | None, as_json: bool) -> int:
    """What the command calls: measure, print, and return its exit code."""
    file = named(model)
    if as_json:
        print(json.dumps(bench(file.path, items)))
        return 0
    print(f"{file.said}", flush=True)
    found = bench(file.path, items, told=lambda line: print(f"... {line}", flush=True))
    for line in lines(found):
        print(line)
    return 0


def lines(found: dict[str, Any]) -> list[str]:
    """The report for people."""
    needs = found["with_needs"]
    head = f"{'':<22}{'all ' + str(found['n']):>10}{'with needs ' + str(needs['n']):>16}"
    told = ["", f"{found['model']}: share of items where the sensible option came first", head]
    for side in SIDES:
        part = "" if needs[side] is None else f"{needs[side]:.3f}"
        told.append(f"{side.replace('_', ' '):<22}{found[side]:>10.3f}{part:>16}")
    told += [
        f"by chance {found['chance']:.3f}",
        f"calibration error: engine {found['ece']:.3f}, with utility {found['ece_mix']:.3f}; "
        f"engine with a temperature fitted on other items {found['ece_refitted']:.3f}",
        f"uncertainty tells errors (AUROC): engine {_number(found['auroc'])}, "
        f"with utility {_number(found['auroc_mix'])}",
    ]
    return told


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _plainly(
    path: Path, threads: int, items: Sequence[Item], questions: Sequence[Choose]
) -> dict[str, list[Shares]]:
    plain = Plain(path, threads)
    try:
        return {
            "letter": [
                _softmax(plain.letter(item, question))
                for item, question in zip(items, questions, strict=True)
            ],
            "likelihood": [_softmax(plain.likelihood(question)) for question in questions],
        }
    finally:
        plain.close()


async def _answers(model: Model, questions: Sequence[Choose]) -> list[Shares]:
    try:
        answers = await asyncio.gather(*(model.ask(question) for question in questions))
    finally:
        await model.close()
    found: list[Shares] = []
    for answer in answers:
        if not isinstance(answer, Chosen) or answer.probabilities is None:
            raise BadReply(f"{model.name} gives no probabilities")
        found.append(answer.probabilities)
    return found


def _credit(shares: Shares, best: int) -> float:
    highest = max(shares)
    tied = [k for k, share in enumerate(shares) if share == highest]
    return 1 / len(tied) if best in tied else 0.0


def _softmax(scores: Sequence[float]) -> list[float]:
    weights = [math.exp(score - max(scores)) for score in scores]
    return [weight / sum(weights) for weight in weights]


def _warmed(shares: Shares, factor: float) -> list[float]:
    """Probabilities as they are at `factor` times the temperature."""
    return _softmax([math.log(max(share, 1e-12)) / factor for share in shares])
