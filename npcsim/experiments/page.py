"""A comparison as one self-contained page: what was found, and the pictures behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from npcsim.errors import StoreError
from npcsim.experiments.effects import LEVEL, Effect, concluded, ordered
from npcsim.experiments.networks import NETWORKS, nets
from npcsim.experiments.plots import forest, network, seeds, series
from npcsim.experiments.series import bands, heard
from npcsim.experiments.sweep import Sweep
from npcsim.report.web.element import Child, add, el, markup, table
from npcsim.report.web.frame import POLICY
from npcsim.report.web.plots import legend
from npcsim.report.web.style import STYLE

MOST_PLOTS, MOST_EFFECTS = 12, 40
_AROUND = "the mean of all runs, and where 95\u00a0% of them lie."


def write_page(file: Path, sweep: Sweep, factor: str, effects: Sequence[Effect]) -> None:
    """Write the page. Raises StoreError."""
    try:
        file.write_text(page(sweep, factor, effects), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"can't write {file}: {error.strerror}") from error


def page(sweep: Sweep, factor: str, effects: Sequence[Effect]) -> str:
    """The page as HTML, light or dark as the reader's system is."""
    title = f"{sweep.design.scenario}: what {factor} changes"
    style = el("style")
    style.text = STYLE
    head = el(
        "head", el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{title} · npcsim"), style,
    )  # fmt: skip
    shown = ordered(effects)
    levels = list(dict.fromkeys([shown[0].base, *(one.level for one in effects)]))
    body = el("main", el("h1", title), el("p", _design(sweep), class_="lede"))
    add(body, el("h2", "What may be concluded"))
    add(body, el("ul", *(el("li", one) for one in concluded(effects))))
    add(body, el("h2", "How large the effects are"), *_effects(shown), _table(shown))
    add(body, el("h2", "Every seed"), el("p", "Each dot is a run, each bar the mean of its level."))
    measures = list(dict.fromkeys(one.measure for one in shown))
    for measure in measures[:MOST_PLOTS]:
        add(body, el("h3", measure), seeds(sweep, factor, levels, measure))
    add(body, _rest(len(measures), MOST_PLOTS))
    keys = [f"{factor} {level}" for level in levels]
    over_time = bands(sweep, factor, levels)
    if over_time:
        add(body, el("h2", "Over time"))
        add(body, el("p", f"{_AROUND.capitalize()}"), legend(keys))
        for name, lines in list(over_time.items())[:MOST_PLOTS]:
            add(body, el("h3", name), series(lines, levels))
        add(body, _rest(len(over_time), MOST_PLOTS))
    told = heard(sweep, factor, levels)
    if told:
        add(body, el("h2", "What was passed on"))
        add(body, el("p", f"How many NPCs have been told it: {_AROUND}"), legend(keys))
        for fact, lines in told.items():
            add(body, el("h3", fact), series(lines, levels))
    add(body, *_networks(sweep, factor, levels))
    add(body, el("footer", el("p", _method(effects), class_="small")))
    return "<!DOCTYPE html>\n" + markup(el("html", head, el("body", body), lang="en")) + "\n"


def _effects(shown: Sequence[Effect]) -> list[Child]:
    return [forest(shown[:MOST_EFFECTS]), _rest(len(shown), MOST_EFFECTS)]


def _rest(many: int, most: int) -> Child:
    """What is left out of the pictures is said."""
    if many <= most:
        return None
    told = f"{most} of {many} are drawn; `npcsim compare --figures` draws all of them."
    return el("p", told, class_="small")


def _networks(sweep: Sweep, factor: str, levels: Sequence[str]) -> list[Child]:
    found = nets(sweep, factor, levels)
    parts: list[Child] = []
    for kind, (title, unit) in NETWORKS.items():
        net = network(found, kind, factor, unit)
        if net is not None:
            parts += [el("h3", title), net]
    return [el("h2", "Networks"), el("p", "All runs of a level together."), *parts] if parts else []


def _design(sweep: Sweep) -> str:
    cells = {tuple(row.cell.items()) for row in sweep.rows}
    told = f"{len(sweep.done)} runs of {sweep.design.scenario}: "
    told += f"{_many(len(cells), 'cell')}, {_many(len({row.pair for row in sweep.done}), 'seed')}"
    told += "" if sweep.design.models else ", models off"
    spared = sum(row.state == "spared" for row in sweep.rows)
    missing = len(sweep.rows) - len(sweep.done) - spared
    if spared:
        told += f"; {spared} more were spared, for it was settled without them"
    if missing:
        told += f"; {missing} more failed or were held back, and are in nothing below"
    return told + "."


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _method(effects: Sequence[Effect]) -> str:
    ways = "Intervals: bootstrap, BCa, 95\u00a0%. p: permutation,"
    if any(one.anytime for one in effects):
        ways = (
            "The sweep stopped by what it found, so intervals (95\u00a0%) and p are of a "
            "confidence sequence, which holds at any time of stopping. p,"
        )
    return (
        f"Differences of means; runs are paired by their seeds where levels share them. {ways} "
        "corrected by Holm over "
        f"{len(effects)} comparison{'s' if len(effects) != 1 else ''}. Level {LEVEL:g}. What was "
        "found holds for this scenario, these models and these seeds' dice, and for nothing else "
        "by itself."
    )


def _table(effects: Sequence[Effect]) -> Element:
    heads = [
        "measure",
        "level",
        "n",
        "mean",
        "against",
        "difference",
        "95 % interval",
        "d",
        "p",
        "seeds to settle it",
    ]
    rows: list[list[Child]] = [
        [
            one.measure, f"{one.level} / {one.base}", str(one.n), f"{one.level_mean:.4g}",
            f"{one.base_mean:.4g}", f"{one.difference:+.4g}", f"{one.low:+.4g} to {one.high:+.4g}",
            f"{one.size:+.2f}", f"{one.corrected:.3g}",
            "–" if one.needed is None else str(one.needed),
        ]
        for one in effects
    ]  # fmt: skip
    return table(heads, rows, frozenset(range(2, 10)))
