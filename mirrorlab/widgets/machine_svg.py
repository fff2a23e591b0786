"""The static picture of a MachineView: every zone's map, the window, the key, and the last operation."""

from typing import Any

from mirrorlab.machine.holders import mirror_in_words
from mirrorlab.widgets import facts, pagemap, palette, svg
from mirrorlab.widgets.svg import INNER, MARGIN

COLUMNS = 128  # of a zone's map
MOST_CELLS = 1024
ROW, LETTERED = 24, 12  # height of a row of the window; a piece from this width on shows its letter
WIDEST = 125  # letters of a line


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    machine, cells, page = view.machine, view.cells(), svg.Page()
    page.write(machine.headline(), "strong", svg.LINE - 3)
    page.write(mirror_in_words(machine), "small", svg.LINE - 3, WIDEST)
    drawn = f"{facts.settings(machine)}. Each map is drawn in at most {MOST_CELLS:,} cells."
    page.write(drawn, "small", most=WIDEST)
    for place in view.sections()[1]:
        page.write(f"{facts.zone_title(machine, place.zone)}; from {view.say_pages.at(place.start)}", "small", 6)
        part = pagemap.downsample(cells[place.at : place.at + place.cells], MOST_CELLS)
        page.strip(part, COLUMNS, 10, 3, palette.name_of)
        page.y += 2 * svg.LINE - 6
    _window(page, view)
    page.key(svg.legend(set(cells), view.group_names()))
    page.box(MARGIN, page.y + 3, 5, 5, "touched")
    page.label(MARGIN + 19, page.y + 13, "touched by the last operation", "small")
    page.y += 2 * svg.LINE
    for line in view.last_lines():
        page.write(line, "small", svg.LINE - 3, WIDEST)
    return page.picture(view.label, "\n".join(view.lines()))


def _window(page: svg.Page, view: Any) -> None:
    picture = view.picture()
    window = picture["window"]
    rows = window["pages"] // window["width"]
    high = ROW if rows <= 16 else ROW / 3
    page.write(window["title"], "small", 6)
    for piece in window["pieces"]:
        _piece(page, view, piece, high)
    page.y += rows * high + svg.LINE
    page.write(picture["chosen"], "small", 8, WIDEST)


def _piece(page: svg.Page, view: Any, piece: list[Any], high: float) -> None:
    start, pages, code, hint, touched = piece
    name, memory = palette.name_of(code), palette.class_number(code)
    if name == "k0":
        return
    width, cell = view.width, INNER / view.width
    first = max(start, view.first) - view.first
    last = min(start + pages, view.first + view.pages) - view.first
    column, row = first % width, first // width
    x, y = MARGIN + column * cell, page.y + row * high
    wide, tall = min(last - first, width) * cell, max(1, (last - first) // width) * high
    page.box(x + 0.5, y + 0.5, wide - 1, tall - 1, name, hint)
    if memory != palette.UNMIRRORED:
        page.box(x + 0.5, y + tall - 4, wide - 1, 3, f"c{memory}")
    if touched:
        page.box(x + 0.5, y + 0.5, 5, 5, "touched")
    if wide >= LETTERED and high == ROW:
        page.label(x + wide / 2, y + tall / 2 + 2, palette.LOOKS[name].letter, f"mono i-{name}", "middle")
    if start == view.selected:
        page.box(x + 1.5, y + 1.5, wide - 3, tall - 3, "frame")
