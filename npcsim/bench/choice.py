"""`npcsim bench choice`: how often a model and a body choose what any human would.

One small model, the same situations, six ways to decide: asked for a letter; by how likely each
option's words are; by the engine's own scores (`scoring: quick`); as a tier of that model scores if
nothing is said, for the bundled one `scoring: careful`; by the body's needs alone; and body and
model together, as minds do it. Where the body has no opinion its options tie, and a tie counts as
the share of it that is right.
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
from npcsim.bench.compare import SPIN
from npcsim.errors import BadReply
from npcsim.messages import Choose, Chosen, Model
from npcsim.models.digests import sha256_of
from npcsim.models.embedding.minilm import MiniLM, why_missing
from npcsim.models.embedding.remembered import Remembered
from npcsim.models.guards.seconded import Seconded
from npcsim.models.library.names import named
from npcsim.models.local.llamacpp import LlamaCpp
from npcsim.models.local.readout import readout_of
from npcsim.npc.deciding import blend
from npcsim.npc.prompts import choose_told

SEED = 1
TRUST = 0.5
BINS = 10
FOLDS = 5
WEIGHTS = tuple(step / 10 for step in range(11))
TEMPERATURES = (0.5, 0.7, 1.0, 1.4, 2.0, 2.4, 2.8, 3.3, 4.0, 5.0, 7.0, 10.0)
SIDES = ("letter", "likelihood", "quick", "engine", "utility", "quick_with_utility",
         "engine_with_utility")  # fmt: skip
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
    with `_mix` of body and model together, with `_quick` and `_quick_mix` of quick scoring;
    `scoring`, how the engine scored; `n`; and what more there is to know.

    Raises ScenarioError for a bad file of items, MissingExtra and ModelError.
    """
    threads = threads or os.cpu_count() or 1
    os.environ.setdefault(*SPIN)
    asked = [shuffled(item, seed) for item in read_items(items or shipped_items())]
    stage = Stage()
    utilities = [stage.utilities(item) for item in asked]
    questions = [
        choose_told(item.name, item.situation, stage.felt(item), item.options, "plan")
        for item in asked
    ]
    told(f"{len(asked)} items: letters and likelihoods, by llama-cpp-python's Llama")
    shares, log_told, log_neutral = _plainly(path, threads, asked, questions)
    told(f"{len(asked)} items: the engine's score")
    model = LlamaCpp(path, threads=threads)
    shares["quick"] = shares["engine"] = asyncio.run(_answers(model, questions))
    shares["utility"] = [blend(worths, None, 0.0) for worths in utilities]
    careful_too = not why_missing() and readout_of(sha256_of(path)) is not None
    if careful_too:
        told(f"{len(asked)} items: careful scoring")
        careful = Seconded(LlamaCpp(path, threads=threads, readout=True), Remembered(MiniLM()))
        shares["engine"] = asyncio.run(_answers(careful, questions))
    for side in ("quick", "engine"):
        both = zip(utilities, shares[side], strict=True)
        shares[f"{side}_with_utility"] = [blend(worths, one, TRUST) for worths, one in both]
    best = [item.best for item in asked]
    fitted, figures = refitted(log_told, log_neutral, best)
    mix = [blend(worths, one, TRUST) for worths, one in zip(utilities, fitted, strict=True)]
    return report(shares, best, [bool(item.needs) for item in asked]) | {
        "model": path.name,
        "scoring": "careful" if careful_too else "quick",
        "refitted": {
            "quick": right(fitted, best),
            "quick_with_utility": right(mix, best),
            "ece": calibration_error(fitted, best),
            "auroc": auroc(fitted, best),
            "figures": figures,
        },
    }


def report(
    shares: dict[str, list[Shares]], best: Sequence[int], needs: Sequence[bool]
) -> dict[str, Any]:
    """The figures of what each side gave each option."""
    found: dict[str, Any] = {side: right(shares[side], best) for side in SIDES}
    for side, name in (
        ("engine", ""), ("engine_with_utility", "_mix"), ("quick", "_quick"),
        ("quick_with_utility", "_quick_mix"),
    ):  # fmt: skip
        found[f"ece{name}"] = calibration_error(shares[side], best)
        found[f"auroc{name}"] = auroc(shares[side], best)
    with_needs = [k for k, given in enumerate(needs) if given]
    return found | {
        "n": len(best),
        "chance": sum(1 / len(one) for one in shares["engine"]) / len(best),
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


def refitted(
    told: Sequence[Shares], neutral: Sequence[Shares], best: Sequence[int]
) -> tuple[list[Shares], list[tuple[float, float]]]:
    """What the engine's form of score gives with other figures, fitted on other items.

    Score: (log P(option | situation) - weight x log P(option | neutral)) / temperature. The engine
    has one of each for all. Each fifth of the items gets the two that fit the other four best, by
    mean log probability of the sensible option, so no item has a part in its own figures.

    told, neutral: log P in nats, an entry an item. -> (probabilities, (weight, temperature) a fold)
    """
    found: list[Shares] = [()] * len(best)
    figures = []
    for fold in range(min(FOLDS, len(best))):
        others = [k for k in range(len(best)) if k % FOLDS != fold] or [fold]

        def loss(figure: tuple[float, float], others: list[int] = others) -> float:
            return -sum(
                math.log(max(_scored(told[k], neutral[k], *figure)[best[k]], 1e-9)) for k in others
            )

        figures.append(min(((w, t) for w in WEIGHTS for t in TEMPERATURES), key=loss))
        for k in range(fold, len(best), FOLDS):
            found[k] = _scored(told[k], neutral[k], *figures[-1])
    return found, figures


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
        told.append(f"{side.replace('_', ' '):<22}{_number(found[side]):>10}{part:>16}")
    told.append(f"by chance {found['chance']:.3f}")
    for side, name in (("engine", ""), ("quick", "_quick")):
        told += [
            f"calibration error: {side} {_number(found[f'ece{name}'])}, "
            f"with utility {_number(found[f'ece{name}_mix'])}",
            f"uncertainty tells errors (AUROC): {side} {_number(found[f'auroc{name}'])}, "
            f"with utility {_number(found[f'auroc{name}_mix'])}",
        ]
    other = found.get("refitted")
    if other:
        figures = ", ".join(f"{weight:g} / {warmth:g}" for weight, warmth in other["figures"])
        told.append(
            f"weight of the neutral term / temperature fitted on other items ({figures}): quick "
            f"{other['quick']:.3f}, with utility {other['quick_with_utility']:.3f}, calibration "
            f"error {other['ece']:.3f}"
        )
    return told


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _plainly(
    path: Path, threads: int, items: Sequence[Item], questions: Sequence[Choose]
) -> tuple[dict[str, list[Shares]], list[Shares], list[Shares]]:
    """-> (shares by side, log P after the situations, log P after the neutral text)"""
    plain = Plain(path, threads)
    try:
        letters: list[Shares] = [
            _softmax(plain.letter(item, asked))
            for item, asked in zip(items, questions, strict=True)
        ]
        told: list[Shares] = [plain.likelihood(asked) for asked in questions]
        alone = {asked.neutral: sorted({o for q in questions for o in q.options})
                 for asked in questions}  # fmt: skip
        known = {
            text: dict(zip(words, plain.likelihood(Choose(text, text, tuple(words))), strict=True))
            for text, words in alone.items()
        }
        neutral: list[Shares] = [[known[q.neutral][o] for o in q.options] for q in questions]
    finally:
        plain.close()
    likely: list[Shares] = [_softmax(one) for one in told]
    return {"letter": letters, "likelihood": likely}, told, neutral


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


def _scored(told: Shares, neutral: Shares, weight: float, temperature: float) -> list[float]:
    return _softmax([(t - weight * n) / temperature for t, n in zip(told, neutral, strict=True)])
