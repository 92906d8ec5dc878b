"""The pictures of a comparison as files of their own, for papers and pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

from npcsim.errors import StoreError
from npcsim.experiments.effects import Effect
from npcsim.experiments.plots import forest, seeds, series
from npcsim.experiments.series import bands
from npcsim.experiments.sweep import Sweep
from npcsim.report.web.element import add, el
from npcsim.report.web.style import STYLE

PLAIN = "svg { background: var(--paper); } text { font-family: system-ui, sans-serif; }"
_KEY = 22.0
_ODD = re.compile(r"[^\w.-]+")


def write_figures(folder: Path, sweep: Sweep, factor: str, effects: Sequence[Effect]) -> list[Path]:
    """Write `effects.svg`, and `seeds-` and `time-` with the name of each measure.

    -> the files. Raises StoreError.
    """
    levels = list(dict.fromkeys([effects[0].base, *(one.level for one in effects)]))
    drawn = {"effects": forest(effects)}
    for measure in dict.fromkeys(one.measure for one in effects):
        drawn[f"seeds-{measure}"] = seeds(sweep, factor, levels, measure)
    for measure, lines in bands(sweep, factor, levels).items():
        drawn[f"time-{measure.replace(', ', '.')}"] = _with_key(
            series(lines, levels), factor, levels
        )
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


def _with_key(picture: Element, factor: str, levels: Sequence[str]) -> Element:
    """The same with the levels' colours named above it."""
    left, top, width, height = map(float, picture.attrib["viewBox"].split())
    picture.set("viewBox", f"{left:g} {top - _KEY:g} {width:g} {height + _KEY:g}")
    x = 60.0
    for number, level in enumerate(levels):
        words = f"{factor} {level}"
        add(
            picture,
            el("rect", x=x, y=top - _KEY + 5, width=10.0, height=10.0, class_=f"c{number}"),
            el("text", words, x=x + 15, y=top - _KEY + 14, class_="lane"),
        )
        x += 40 + 7.5 * len(words)
    return picture
