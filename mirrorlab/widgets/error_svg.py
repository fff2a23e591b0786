"""The static picture of an ErrorLab: the maps, the last error with the kernel's lines, the table, and the chances."""

from textwrap import wrap
from typing import Any

from mirrorlab.questions.memory_errors import FOUND, FOUND_IN_WORDS, KINDS, OUTCOMES, cases
from mirrorlab.widgets import error_map, palette, svg
from mirrorlab.widgets.svg import INNER, MARGIN

COLUMNS, LIMIT = 256, 10_000  # of the map of the machine: cells in a row, cells
CELL, ROW = INNER / 32, 20  # a page of the window
TAB, BAR = 340, 180  # where the picture of a chance begins, and how wide it is


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    page = svg.Page()
    page.write(view.machine.headline(), "strong")
    for line in wrap(view.errors.text(), 110):
        page.write(line)
    _overview(view, page)
    _window(view, page)
    _key(view, page)
    if view.last is not None:
        _last(str(view.last), page)
    _table(view, page)
    if view.part.index == 1:
        _odds(view, page)
    return page.picture(view.label, "\n".join(view.lines()))


def _overview(view: Any, page: svg.Page) -> None:
    cells = view.cells(LIMIT)
    for place in view.sections(LIMIT)[1]:
        page.write(f"node {place.zone.node}, zone {place.zone.name}", "small")
        part = cells[place.at : place.at + place.cells]
        page.y += 5 - svg.LINE
        page.strip(part, COLUMNS, 6, 2, error_map.name_of, plain=True)
        page.y += svg.LINE - 1


def _window(view: Any, page: svg.Page) -> None:
    page.write(view.window_title(), "small")
    top = page.y - svg.LINE + 5
    cells = view.window()
    for at, code in enumerate(cells):
        if not code & palette.KIND_MASK:
            continue
        x, y, name = MARGIN + at % 32 * CELL, top + at // 32 * ROW, error_map.name_of(code)
        page.box(x + 0.5, y + 0.5, CELL - 1, ROW - 1, name)
        page.box(x + 0.5, y + ROW - 4, CELL - 1, 3, f"c{palette.class_number(code)}")
        page.label(x + CELL / 2, y + 13, palette.LOOKS[name].letter, f"mono small i-{name}", "middle")
        if view.last is not None and view.last.pfn == view.first + at:
            page.box(x + 1.5, y + 1.5, CELL - 3, ROW - 3, "frame")
    page.y = top + 8 * ROW + svg.LINE


def _key(view: Any, page: svg.Page) -> None:
    codes = sorted({code for code in (*view.cells(LIMIT), *view.window()) if code})
    names = list(dict.fromkeys(error_map.name_of(code) for code in sorted(codes, key=lambda c: c & palette.KIND_MASK)))
    names += [f"c{n}" for n in sorted({palette.class_number(code) for code in codes})]
    page.y -= 13
    page.key([(name, f"{palette.LOOKS[name].letter}  {palette.LOOKS[name].name}") for name in names], gap=11)
    page.y += 17


def _last(hit: str, page: svg.Page) -> None:
    first, *rest = hit.splitlines()
    for line in wrap(first, 95):
        page.write(line, "strong")
    for line in rest:
        css = "mono small" if line.startswith("  |") else "small"
        for part in wrap(line, 110, drop_whitespace=False):
            page.write(part, css)
    page.y += 4


def _table(view: Any, page: svg.Page) -> None:
    """Kinds of page by ways to find the error; the pair just used is framed."""
    used = (view.last.case.kind, view.last.case.found) if view.last else None
    wide = (INNER - 60) / len(FOUND)
    for column, found in enumerate(FOUND):
        page.label(MARGIN + 60 + column * wide, page.y, FOUND_IN_WORDS[found], "small strong")
    page.y += svg.LINE
    for kind in KINDS:
        page.label(MARGIN, page.y, kind, "small strong")
        for column, found in enumerate(FOUND):
            case = cases()[kind, found]
            x = MARGIN + 60 + column * wide
            page.label(x, page.y, OUTCOMES[case.outcome], "small")
            page.label(x, page.y + 13, f"({case.evidence})", "small")
            if (kind, found) == used:
                page.box(x - 4, page.y - 12, wide - 4, 29, "frame")
        page.y += 2 * svg.LINE - 3
    page.y += 4


def _odds(view: Any, page: svg.Page) -> None:
    """A bar from 0 to 1 for each line: the formula as a stroke, the simulation's interval as a box."""
    odds = view.odds()
    for sentence in odds.sentences():
        for words in wrap(sentence, 125):
            page.write(words, "small")
    for line in odds.lines:
        name, mirror, formula, simulated, _, verdict = line.cells()
        page.label(MARGIN, page.y, f"{name}, {mirror} the mirror: formula {formula}", "small")
        page.box(TAB, page.y - 10, BAR, 12, "frame")
        if line.found is not None:
            low, high = line.found.interval
            page.box(TAB + low * BAR, page.y - 9, max((high - low) * BAR, 2), 10, "c1")
        page.box(TAB + line.formula * BAR - 1, page.y - 12, 2, 16, "k14")
        words = f"simulated {simulated}: {verdict}" if simulated else verdict
        page.label(TAB + BAR + 8, page.y, words, "small")
        page.y += svg.LINE
