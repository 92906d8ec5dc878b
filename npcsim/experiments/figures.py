"""The pictures of a comparison as files of their own, for papers and pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

from npcsim.errors import StoreError
from npcsim.experiments.effects import Effect, ordered
from npcsim.experiments.networks import NETWORKS, nets
from npcsim.experiments.plots import forest, network, seeds, series
from npcsim.experiments.series import bands, heard
from npcsim.experiments.sweep import Sweep
from npcsim.report.web.element import add, el
from npcsim.report.web.plots import LETTER, colour, trimmed, words
from npcsim.report.web.style import STYLE

PLAIN = "svg { background: var(--paper); margin: 0; } text { font-family: system-ui, sans-serif; }"
_KEY, _NAME = 20.0, 16.0
_ODD = re.compile(r"[^\w.-]+")


def write_figures(folder: Path, sweep: Sweep, factor: str, effects: Sequence[Effect]) -> list[Path]:
    """Write `effects.svg`; `seeds-` and `time-` with the name of each measure; `heard-1` and on for
    what was passed on the most; `network-talk` and `network-ties`. What there is nothing of is left
    out.

    -> the files. Raises StoreError.
    """
    levels = list(dict.fromkeys([effects[0].base, *(one.level for one in effects)]))
    drawn = {"effects": forest(ordered(effects))}
    for measure in dict.fromkeys(one.measure for one in effects):
        drawn[f"seeds-{measure}"] = _named(seeds(sweep, factor, levels, measure), measure)
    for measure, lines in bands(sweep, factor, levels).items():
        name = measure.replace(", ", ".")
        drawn[f"time-{name}"] = _with_key(series(lines, levels), name, factor, levels)
    for number, (fact, lines) in enumerate(heard(sweep, factor, levels).items(), 1):
        name = f"NPCs who have heard: {fact}"
        drawn[f"heard-{number}"] = _with_key(series(lines, levels), name, factor, levels)
    found = nets(sweep, factor, levels)
    for kind, (title, unit) in NETWORKS.items():
        net = network(found, kind, factor, unit)
        if net is not None:
            drawn[f"network-{kind}"] = _named(net, title)
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in drawn.items():
            file = folder / f"{_ODD.sub('_', name)}.svg"
            file.write_text(alone(picture), encoding="utf-8")
            files.append(file)
    except OSError as error:
        raise StoreError(f"can't write into {folder}: {error.strerror or error}") from error
    return files


def alone(picture: Element) -> str:
    """A picture of a page as a document of its own: its size, and the page's colours in it."""
    _, _, width, height = picture.attrib["viewBox"].split()
    for name, value in (("xmlns", "http://www.w3.org/2000/svg"), ("width", width)):
        picture.set(name, value)
    picture.set("height", height)
    style = el("style")
    style.text = STYLE + PLAIN
    picture.insert(0, style)
    return tostring(picture, encoding="unicode") + "\n"


def _named(picture: Element, name: str) -> Element:
    """The same with its axis named below it."""
    left, top, width, height = map(float, picture.attrib["viewBox"].split())
    picture.set("viewBox", f"{left:g} {top:g} {width:g} {height + _NAME:g}")
    return add(picture, words(width / 2, top + height + 10, name, "middle", "axis"))


def _with_key(picture: Element, name: str, factor: str, levels: Sequence[str]) -> Element:
    """The same with its name and the levels' colours above it, in as many lines as that takes."""
    left, top, width, height = map(float, picture.attrib["viewBox"].split())
    keys, x, line = [(trimmed(name, width - 80), 60.0, 0, -1)], 60.0, 1
    for number, level in enumerate(levels):
        told = trimmed(f"{factor} {level}", width - 120)
        wide = 40 + LETTER * len(told)
        if x > 60 and x + wide > width:
            x, line = 60.0, line + 1
        keys.append((told, x, line, number))
        x += wide
    room = _KEY * (line + 1)
    picture.set("viewBox", f"{left:g} {top - room:g} {width:g} {height + room:g}")
    for told, x, line, number in keys:
        y = top - room + _KEY * line
        if number < 0:
            add(picture, words(x, y + 14, told, class_="lane"))
            continue
        block = el("rect", x=x, y=y + 5, width=10.0, height=10.0, class_=colour(number))
        add(picture, block, words(x + 15, y + 14, told, class_="lane"))
    return picture
