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
            page.parts.append(svg.box(MARGIN - 4, page.y + 1, svg.INNER + 8, ROW * len(shown) - 2, "frame"))
        page.parts.append(_label(row, page.y))
        for number, name in shown:
            page.parts.append(svg.label(SIDE, page.y + 14, name, "small"))
            page.parts.append(_cell(row.cells[number], look_of(row), page.y))
            page.y += ROW
    page.y += 4


def _label(row: Row, y: float) -> str:
    """Whether a row differs, and what it is, with a sample of how its type looks."""
    parts = [svg.label(MARGIN, y + 14, "≠" if row.differs else "=", "small")]
    look = look_of(row)
    if look:
        parts.append(svg.box(MARGIN + 14, y + 4, 12, 12, look))
    parts.append(svg.label(MARGIN + (32 if look else 14), y + 14, ", ".join(row.label), "small"))
    return "".join(parts)


def _cell(cell: tuple[Entry, ...], look: str, y: float) -> str:
    parts: list[str] = []
    x = float(CELLS)
    for entry in cell or (Entry("empty"),):
        words = entry.text + "*" * entry.differs
        wide = LETTER * len(words) + 8
        if x + wide > svg.WIDTH - MARGIN:
            return "".join([*parts, svg.label(x, y + 14, "…", "small mono")])
        ink = ""
        if entry.is_block and look:
            # No pattern behind words: the sample at the row's label has it.
            parts.append(_flat(x, y + 3, wide, ROW - 6, look))
            ink = f" i-{look}"
        if entry.differs:
            parts.append(svg.box(x, y + 3, wide, ROW - 6, "frame"))
        parts.append(svg.label(x + 4, y + 14, words, f"small mono{ink}"))
        x += wide + 4
    return "".join(parts)


def _flat(x: float, y: float, width: float, height: float, look: str) -> str:
    where = f'x="{svg.number(x)}" y="{svg.number(y)}" width="{svg.number(width)}" height="{svg.number(height)}"'
    return f'<rect {where} style="fill:var(--{look})"/>'


def look_of(row: Row) -> str:
    """The name in palette.LOOKS of the blocks in a row; empty: it has none."""
    return palette.free(row.label[-1]) if len(row.label) > 1 and row.label[-1] in TYPES else ""
