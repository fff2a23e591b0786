"""The static picture of a SlabView: each slab as boxes, one an object."""

from typing import Any

from mirrorlab.widgets import blocks, slabs, svg
from mirrorlab.widgets.slabs import Slab
from mirrorlab.widgets.svg import MARGIN

WIDE, HIGH = 30, 20  # the box of an object
COLUMNS = svg.INNER // WIDE
MOST_SLABS, MOST_OBJECTS = 12, 8 * COLUMNS  # drawn
WIDEST = 120  # letters of a line


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    page = svg.Page()
    if other := view.other_allocator():
        for sentence in other.split(". "):
            page.write(sentence.rstrip(".") + ".", "small")
        return page.picture(view.label, other)
    found = view.slabs()
    page.write(view.headline(), "strong", most=WIDEST)
    page.write(view.summary(found), most=WIDEST)
    for slab in found[:MOST_SLABS]:
        _slab(page, view, slab)
    for line in filter(None, (view.more(found), *slabs.KEY.split(". "), *view.last_lines())):
        page.write(line, "small", svg.LINE - 3, WIDEST)
    return page.picture(view.label, "\n".join(view.lines()))


def _slab(page: svg.Page, view: Any, slab: Slab) -> None:
    page.box(MARGIN, page.y - 9, 10, 10, f"c{blocks.memory_class(view.machine, slab.pfn)}")
    page.write(slabs.title(view.machine, slab, view.say_pages), "small", 5, WIDEST, x=MARGIN + 15)
    for thing in slab.things[:MOST_OBJECTS]:
        row, column = divmod(thing.number, COLUMNS)
        left, top, look = MARGIN + column * WIDE, page.y + row * HIGH, slabs.LOOKS[thing.state]
        page.box(left + 0.5, top + 0.5, WIDE - 2, HIGH - 2, look)
        if thing.address == view.selected:
            page.box(left + 1.5, top + 1.5, WIDE - 4, HIGH - 4, "frame")
        page.label(left + WIDE / 2 - 1, top + 14, thing.mark, f"small i-{look}", "middle")
    rows = -(-min(len(slab.things), MOST_OBJECTS) // COLUMNS)
    page.y += rows * HIGH + svg.LINE
    if len(slab.things) > MOST_OBJECTS:
        page.label(MARGIN, page.y - 4, f"and {len(slab.things) - MOST_OBJECTS:,} more objects", "small")
        page.y += svg.LINE
