"""The static picture of a SlabView, drawn from `picture()` alone: each slab as boxes, one an object."""

from textwrap import wrap
from typing import Any

from mirrorlab.widgets import svg
from mirrorlab.widgets.svg import INNER, MARGIN

HIGH, COLUMNS = 22, 32  # of an object's box; objects in a row at most
LOOK = {"other": "k2", "used": "a0", "free": "e1"}
WIDEST = 105  # letters of a line


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    picture = view.picture()
    page = svg.Page()
    if picture["other"]:
        for line in wrap(picture["other"], WIDEST):
            page.write(line)
        return page.picture(view.label, picture["other"])
    for line in wrap(picture["headline"], WIDEST - 5):
        page.write(line, "strong")
    for slab in picture["slabs"]:
        page.write(slab["kept"], "strong", svg.LINE - 2)
        page.write(slab["where"], step=6, most=WIDEST)
        _slab(page, slab, picture["selected"])
    key = "; ".join(f"{sign}  {words}" for _, sign, words in picture["key"])
    for line in filter(None, (picture["more"], f"{key}; ticks: a page begins", *wrap(picture["operation"], WIDEST))):
        page.write(line)
    return page.picture(view.label, "\n".join(view.lines()))


def _slab(page: svg.Page, slab: dict[str, Any], selected: int | None) -> None:
    things = slab["things"]
    columns = min(len(things), COLUMNS)
    wide = INNER / columns
    for number, (address, look, mark, cuts, words) in enumerate(things):
        left, top = MARGIN + number % columns * wide, page.y + number // columns * (HIGH + 2)
        page.plain(left + 0.5, top, wide - 1, HIGH, LOOK[look], words)
        for cut in cuts:
            for tick in (top - 2, top + HIGH - 4):
                page.box(left + cut * wide - 1, tick, 2, 6, "touched")
        if address == selected:
            page.box(left + 1.5, top + 1, wide - 3, HIGH - 2, "frame")
        page.label(left + wide / 2, top + 16, mark, f"i-{LOOK[look]}", "middle")
    page.y += -(-len(things) // columns) * (HIGH + 2)
    if slab["mirrored"]:
        for at in (0, 3):
            page.plain(MARGIN, page.y + at, INNER, 1.5, "c1")
    page.y += svg.LINE + 8
    if slab["rest"]:
        page.write(f"and {slab['rest']:,} more objects")
