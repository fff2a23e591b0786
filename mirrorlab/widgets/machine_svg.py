"""The static picture of a MachineView: every zone's map, the window, the key, and the last operation."""

from typing import Any

from mirrorlab.machine.holders import mirror_in_words
from mirrorlab.story.events import Words
from mirrorlab.widgets import blocks, facts, pagemap, palette, svg

COLUMNS = 128  # of a zone's map
MOST_CELLS = 1024
MARGIN = 10
INNER = svg.WIDTH - 2 * MARGIN
ROW, LETTERED = 24, 12  # height of a row of the window; a piece from this width on shows its letter


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    machine, cells = view.machine, view.cells()
    parts: list[str] = []
    y = MARGIN + 12.0
    parts.append(svg.label(MARGIN, y, machine.headline(), "strong"))
    cells_sentence = f"{facts.settings(machine)}. Each map is drawn in at most {MOST_CELLS:,} cells."
    for line in (mirror_in_words(machine), cells_sentence):
        y += svg.LINE - 3
        parts.append(svg.label(MARGIN, y, _short(line), "small"))
    y += svg.LINE
    for place in pagemap.sections(machine, pagemap.shift_of(machine)):
        part, y = _section(view, place, cells[place.at : place.at + place.cells], y)
        parts.append(part)
    part, y = _window(view, y)
    parts.append(part)
    key, height = svg.legend(set(cells), MARGIN, y, INNER, view.group_names())
    touched = svg.box(MARGIN, y + height + 3, 5, 5, "touched")
    parts += [key, touched, svg.label(MARGIN + 19, y + height + 13, "touched by the last operation", "small")]
    y += height + 2 * svg.LINE
    for line in view.last_lines():
        parts.append(svg.label(MARGIN, y, _short(line), "small"))
        y += svg.LINE - 3
    return svg.document(parts, y, view.label, "\n".join(view.lines()))


def _short(line: str, most: int = 125) -> str:
    return line if len(line) <= most else line[: most - 1] + "…"


def _section(view: Any, place: pagemap.Section, cells: bytes, y: float) -> tuple[str, float]:
    zone = view.machine.zone(place.zone, place.node)
    words = Words(view.machine, view.say_pages.offsets)
    title = f"{facts.zone_title(view.machine, zone)}; from {words.at(place.start)}"
    small = pagemap.downsample(cells, MOST_CELLS)
    height = 10.0 * -(-len(small) // COLUMNS)
    width = INNER * min(len(small), COLUMNS) / COLUMNS
    strip = svg.strip(small, MARGIN, y + 6, width, height, min(len(small), COLUMNS))
    return svg.label(MARGIN, y, title, "small") + strip, y + height + 2 * svg.LINE


def _window(view: Any, y: float) -> tuple[str, float]:
    """The pages one by one, as blocks."""
    picture = view.picture()
    window = picture["window"]
    width, rows = window["width"], window["pages"] // window["width"]
    parts = [svg.label(MARGIN, y, window["title"], "small")]
    cell = INNER / width
    high = ROW if rows <= 16 else ROW / 3
    for first, pages, code, hint, touched in window["pieces"]:
        parts.append(_piece(view, blocks.Piece(first, pages, code), hint, touched, y + 6, cell, high))
    y += 6 + rows * high + svg.LINE
    parts.append(svg.label(MARGIN, y, _short(picture["chosen"]), "small"))
    return "".join(parts), y + 8


def _piece(view: Any, piece: blocks.Piece, hint: str, touched: bool, top: float, cell: float, high: float) -> str:
    name, look = palette.name_of(piece.code), palette.look_of(piece.code)
    if name == "k0":
        return ""
    width = view.width
    first = max(piece.first, view.first) - view.first
    last = min(piece.first + piece.pages, view.first + view.pages) - view.first
    column, row = first % width, first // width
    x, y = MARGIN + column * cell, top + row * high
    wide, tall = min(last - first, width) * cell, max(1, (last - first) // width) * high
    memory = (piece.code & palette.CLASS_MASK) >> palette.CLASS_SHIFT
    parts = [svg.box(x + 0.5, y + 0.5, wide - 1, tall - 1, name, hint)]
    if memory != palette.UNMIRRORED:
        parts.append(svg.box(x + 0.5, y + tall - 4, wide - 1, 3, f"c{memory}"))
    if touched:
        parts.append(svg.box(x + 0.5, y + 0.5, 5, 5, "touched"))
    if wide >= LETTERED and high == ROW:
        parts.append(svg.label(x + wide / 2, y + tall / 2 + 2, look.letter, f"mono i-{name}", "middle"))
    if piece.first == view.selected:
        parts.append(svg.box(x + 1.5, y + 1.5, wide - 3, tall - 3, "frame"))
    return "".join(parts)
