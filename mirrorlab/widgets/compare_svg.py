"""The static picture of a Compare: what it says, and its tables with a box for each block."""

from typing import Any

from mirrorlab.story.side_by_side import further, verdict
from mirrorlab.story.tables import Entry, Row, Table
from mirrorlab.widgets import palette, svg
from mirrorlab.widgets.svg import MARGIN
from mirrorlab.words import TYPES

SIDE, CELLS = 200, 260  # where things begin, from the left
ROW, LETTER = 20, 6.7  # height of a row; width of a letter in small monospaced text
WIDEST = 118  # letters of a line


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    compared, offsets = view.compared, view.offsets
    happened = [line for heading, lines in compared.happened(offsets) for line in (f"{heading}:", *lines)]
    page = svg.Page()
    for line in (compared.headline(), verdict(compared, offsets)):
        page.write(line, "strong", most=WIDEST)
    for line in (*further(compared, offsets), *happened):
        page.write(line, "small", svg.LINE - 3, WIDEST)
    for table in view.tables():
        if table.rows:
            _table(page, table, [side.name for side in compared.sides])
    page.y += MARGIN
    return page.picture(view.label, "\n".join(view.lines()))


def _table(page: svg.Page, table: Table, sides: list[str]) -> None:
    page.y += 10
    page.write(table.title, "strong", 6)
    for row in table.rows:
        shown = list(enumerate(sides)) if len(set(row.cells)) > 1 else [(0, "both" if len(sides) == 2 else "all")]
        if row.differs:
            page.box(MARGIN - 4, page.y + 1, svg.INNER + 8, ROW * len(shown) - 2, "frame")
        look = look_of(row)
        page.label(MARGIN, page.y + 14, "≠" if row.differs else "=", "small")
        if look:
            page.box(MARGIN + 14, page.y + 4, 12, 12, look)
        page.label(MARGIN + (32 if look else 14), page.y + 14, ", ".join(row.label), "small")
        for number, name in shown:
            page.label(SIDE, page.y + 14, name, "small")
            _cell(page, row.cells[number], look)
            page.y += ROW
    page.y += 4


def _cell(page: svg.Page, cell: tuple[Entry, ...], look: str) -> None:
    x = float(CELLS)
    for entry in cell or (Entry("empty"),):
        words = entry.text + "*" * entry.differs
        wide = LETTER * len(words) + 8
        if x + wide > svg.WIDTH - MARGIN:
            page.label(x, page.y + 14, "…", "small mono")
            return
        ink = ""
        if entry.is_block and look:
            # No pattern behind words: the sample at the row's label has it.
            page.parts.append(f'<rect {svg.rectangle(x, page.y + 3, wide, ROW - 6)} style="fill:var(--{look})"/>')
            ink = f" i-{look}"
        if entry.differs:
            page.box(x, page.y + 3, wide, ROW - 6, "frame")
        page.label(x + 4, page.y + 14, words, f"small mono{ink}")
        x += wide + 4


def look_of(row: Row) -> str:
    """The name in palette.LOOKS of the blocks in a row; empty: it has none."""
    return palette.free(row.label[-1]) if len(row.label) > 1 and row.label[-1] in TYPES else ""
