"""What every page has around its body.

A page holds no script, asks for nothing outside itself, and says so to the browser
(Content-Security-Policy), in case words of the log should ever get past the escaping.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from npcsim.report.web.element import el
from npcsim.report.web.style import STYLE

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def head_of(title: str) -> Element:
    """The head of a page, with its title and the style sheet."""
    # The style is set whole: `plain` would join its lines.
    style = el("style")
    style.text = STYLE
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{title} · npcsim"),
        style,
    )
