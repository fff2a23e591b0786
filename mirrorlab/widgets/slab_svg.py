"""The static picture of a SlabView: each slab as boxes, one an object."""

from typing import Any

from mirrorlab.widgets import slabs, svg
from mirrorlab.widgets.slabs import Slab

MARGIN, WIDE, HIGH = 10, 30, 20  # the edge; the box of an object
COLUMNS = (svg.WIDTH - 2 * MARGIN) // WIDE
MOST_SLABS, MOST_OBJECTS = 12, 8 * COLUMNS  # drawn
WIDEST = 120  # letters of a line


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    lines = view.lines()
    parts: list[str] = []
    y = MARGIN + 12.0
    if view.other_allocator():
        for sentence in view.other_allocator().split(". "):
            parts.append(svg.label(MARGIN, y, sentence.rstrip(".") + ".", "small"))
            y += svg.LINE
        return svg.document(parts, y, view.label, lines[0])
    found = view.slabs()
    for line in (view.headline(), view.summary(found)):
        parts.append(svg.label(MARGIN, y, _short(line), "" if parts else "strong"))
        y += svg.LINE
    for slab in found[:MOST_SLABS]:
        part, y = _slab(view, slab, y)
        parts.append(part)
    for line in filter(None, (view.more(found), *slabs.KEY.split(". "), *view.last_lines())):
        parts.append(svg.label(MARGIN, y, _short(line), "small"))
        y += svg.LINE - 3
    return svg.document(parts, y, view.label, "\n".join(lines))


def _short(line: str) -> str:
    return line if len(line) <= WIDEST else line[: WIDEST - 1] + "…"


def _slab(view: Any, slab: Slab, y: float) -> tuple[str, float]:
    machine = view.machine
    title = slabs.title(machine, slab, view.say_pages)
    parts = [
        svg.box(MARGIN, y - 9, 10, 10, f"c{slabs.class_look(machine, slab)}"),
        svg.label(MARGIN + 15, y, _short(title), "small"),
    ]
    y += 5
    for thing in slab.things[:MOST_OBJECTS]:
        row, column = divmod(thing.number, COLUMNS)
        left, top, look = MARGIN + column * WIDE, y + row * HIGH, slabs.LOOKS[thing.state]
        parts.append(svg.box(left + 0.5, top + 0.5, WIDE - 2, HIGH - 2, look))
        if thing.address == view.selected:
            parts.append(svg.box(left + 1.5, top + 1.5, WIDE - 4, HIGH - 4, "frame"))
        parts.append(svg.label(left + WIDE / 2 - 1, top + 14, thing.mark, f"small i-{look}", "middle"))
    rows = -(-min(len(slab.things), MOST_OBJECTS) // COLUMNS)
    y += rows * HIGH + svg.LINE
    if len(slab.things) > MOST_OBJECTS:
        parts.append(svg.label(MARGIN, y - 4, f"and {len(slab.things) - MOST_OBJECTS:,} more objects", "small"))
        y += svg.LINE
    return "".join(parts), y
