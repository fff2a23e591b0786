"""The static picture of a verdict, for saved notebooks."""

import textwrap
from typing import Any

from mirrorlab.widgets import palette, svg
from mirrorlab.widgets.svg import MARGIN

WIDEST = 108  # letters of a line
COLUMNS = (0, 190, 370, 560)  # of the table, from the left
MARKS = {"yes": "✓", "no": "✗", "": "·"}


def of_verdict(view: Any) -> str:
    """What a verdict shows, as SVG: drawn from its picture alone."""
    picture = view.picture()
    page = svg.Page()
    page.write(f"{picture['word']}: {picture['function']} ({picture['exercise']})", "strong")
    for line in (*textwrap.wrap(picture["lead"], WIDEST), *picture["body"]):
        page.write(line, most=WIDEST)
    for line in (*picture["code"], *([picture["call"]] if picture["call"] else []), *picture["printed"]):
        page.write(line, "small mono", most=WIDEST)
    if picture["rows"]:
        _table(page, picture)
    for words, mark in picture["layers"]:
        page.write(f"{MARKS[mark]}  {words}", "small")
    return page.picture(view.label, "\n".join(view.lines()))


def _table(page: svg.Page, picture: dict[str, Any]) -> None:
    for x, words in zip(COLUMNS, ("", "before", "yours", picture["judge"]), strict=True):
        page.label(MARGIN + x, page.y, words, "small strong")
    page.y += svg.LINE
    for name, kind, *cells in picture["rows"]:
        page.label(MARGIN, page.y, f"{name} {kind}".strip()[:30], "small")
        for x, cell in zip(COLUMNS[1:], cells, strict=True):
            _cell(page, MARGIN + x, cell, palette.free(kind) if kind in picture["letters"] else "")
        page.y += svg.LINE + 2
    if picture["more"]:
        page.write(f"and {picture['more']} more", "small")


def _cell(page: svg.Page, x: float, cell: Any, look: str) -> None:
    entries: Any = [["empty", False, False, 0]] if cell == [] else cell or []
    for text, differs, is_block, _ in entries:
        wide = 6.7 * len(text) + 8
        if is_block and look:
            page.parts.append(f'<rect {svg.rectangle(x, page.y - 12, wide, 16)} style="fill:var(--{look})"/>')
        if differs:
            page.box(x, page.y - 12, wide, 16, "frame")
        page.label(x + 4, page.y, text, f"small mono{f' i-{look}' if is_block and look else ''}")
        x += wide + 4
