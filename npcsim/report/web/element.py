"""Elements of a page as a tree. Escaping is the serializer's, so no text can become markup.

Plots are drawn with these same elements rather than by a plotting library: what the page needs
is rectangles, lines and paths that take their colours from its style sheet (light and dark),
and the libraries at hand draw fixed colours, pull in scripts from elsewhere, or weigh 30 MB.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

from npcsim.report.words.moments import plain

Child = Element | str | None


def el(tag: str, *children: Child, **attributes: object) -> Element:
    """An element. Keyword `class_` is `class`, `stroke_width` is `stroke-width`; None is left out.

    Numbers are written with at most two decimals.
    """
    node = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            node.set(name.rstrip("_").replace("_", "-"), _written(value))
    for child in children:
        add(node, child)
    return node


def add(node: Element, *children: Child) -> Element:
    """Append elements and text; None is left out."""
    for child in children:
        if isinstance(child, str):
            if len(node):
                node[-1].tail = (node[-1].tail or "") + plain(child)
            else:
                node.text = (node.text or "") + plain(child)
        elif child is not None:
            node.append(child)
    return node


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return plain(value)


def markup(node: Element) -> str:
    """The tree as HTML."""
    return tostring(node, encoding="unicode", method="html")


def table(heads: list[str], rows: list[list[Child]], numbers: frozenset[int]) -> Element:
    """A table; columns in `numbers` stand right. Wide ones scroll in a box of their own."""

    def cell(tag: str, column: int, content: Child) -> Element:
        return el(tag, content, class_="number" if column in numbers else None)

    head = el("tr", *(cell("th", i, text) for i, text in enumerate(heads)))
    body = (el("tr", *(cell("td", i, part) for i, part in enumerate(row))) for row in rows)
    whole = el("table", el("thead", head), el("tbody", *body))
    return el("div", whole, class_="scroll")
