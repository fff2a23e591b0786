"""The static picture of an ErrorLab, drawn from `picture()` alone: memory and the last error, or the chances."""

from textwrap import wrap
from typing import Any

from mirrorlab.widgets import error_map, palette, svg
from mirrorlab.widgets.svg import INNER, MARGIN

NAME = 130  # of a stretch of memory or a case: its room on the left
BAR, ROW = 14, 22  # heights: a stretch of memory, a page of the window
LOST = f"k{palette.LOST}"
WIDEST = 105  # letters of a line


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    picture = view.picture()
    page = svg.Page()
    page.write(picture["machine"], "strong")
    if picture["odds"] is None:
        _state(picture, page)
        _memory(picture, page)
        _window(picture, page)
        _key(picture, page)
    else:
        _odds(picture, page)
    return page.picture(view.label, "\n".join(view.lines()))


def _state(picture: dict[str, Any], page: svg.Page) -> None:
    hit = picture["hit"]
    _write(page, picture["says"] if hit is None else hit["headline"], "strong")
    if hit is not None:
        _write(page, hit["text"])
        for line in hit["log"]:
            _write(page, line, "mono")
        _write(page, f"({hit['evidence']}) {hit['known']}")
    so_far = "; ".join(f"{words}: {number}" for words, number in picture["tally"])
    state = "Panic: it has stopped." if picture["panicked"] else "The machine runs."
    _write(page, f"{state} {so_far}")


def _write(page: svg.Page, words: str, css: str = "") -> None:
    for line in wrap(words, 90 if css else WIDEST):
        page.write(line, css)


def _memory(picture: dict[str, Any], page: svg.Page) -> None:
    most = max(stretch["pages"] for stretch in picture["memory"])
    for stretch in picture["memory"]:
        page.label(MARGIN, page.y + BAR - 2, picture["zones"][stretch["zone"]])
        cell = (INNER - NAME) / most
        for at, pages, code in stretch["runs"]:
            if code & palette.KIND_MASK:
                page.box(MARGIN + NAME + at * cell, page.y, pages * cell, BAR, error_map.name_of(code))
        for pfn, name in picture["marks"]:
            if 0 <= pfn - stretch["start"] < stretch["pages"]:
                page.box(MARGIN + NAME + (pfn - stretch["start"]) * cell - 1, page.y - 3, 3, BAR + 6, "touched", name)
        page.y += BAR + 8
    page.y += svg.LINE - 8


def _window(picture: dict[str, Any], page: svg.Page) -> None:
    window, hit = picture["window"], picture["hit"]
    page.write(window["title"], "strong", 6)
    cell = INNER / window["width"]
    for at, code in enumerate(window["cells"]):
        if code & palette.KIND_MASK:
            x, y = MARGIN + at % window["width"] * cell, page.y + at // window["width"] * ROW
            name = error_map.name_of(code)
            page.box(x + 0.5, y + 0.5, cell - 1, ROW - 1, name, window["words"][at])
            page.box(x + 0.5, y + ROW - 4, cell - 1, 3, f"c{palette.class_number(code)}")
            page.label(x + cell / 2, y + 14, palette.LOOKS[name].letter, f"mono i-{name}", "middle")
            if hit is not None and hit["pfn"] == window["first"] + at:
                page.box(x + 1.5, y + 1.5, cell - 3, ROW - 3, "frame")
    page.y += len(window["cells"]) // window["width"] * ROW + 4


def _key(picture: dict[str, Any], page: svg.Page) -> None:
    codes = [code for stretch in picture["memory"] for *_, code in stretch["runs"]] + picture["window"]["cells"]
    codes = sorted({code for code in codes if code & palette.KIND_MASK}, key=lambda code: code & palette.KIND_MASK)
    names = dict.fromkeys(error_map.name_of(code) for code in codes)
    page.key(((name, f"{palette.LOOKS[name].letter}  {palette.LOOKS[name].name}") for name in names), gap=40)
    page.y += 8


def _odds(picture: dict[str, Any], page: svg.Page) -> None:
    """For each case its memory: what the machine cannot lose, what of the kernel's is kept twice, the rest."""
    odds = picture["odds"]
    for sentence in (*odds["sentences"], picture["says"]):
        _write(page, sentence)
    wide = INNER - NAME - 150
    for case, pages, fatal, saved, chance in odds["cases"]:
        x = MARGIN + NAME + 40
        page.label(MARGIN, page.y + 14, case, "strong")
        for number, css in ((fatal, LOST), (saved, "e3"), (pages - fatal - saved, "e1")):
            page.box(x, page.y, max(number / pages * wide - 1, 0), 20, css, f"{number:,} pages")
            if css == "e3" and number:
                page.box(x, page.y + 21, number / pages * wide - 1, 4, "c1")
            x += number / pages * wide
        page.label(x + 10, page.y + 15, f"{chance:.0%} survive", "strong")
        page.y += 32
    page.y += svg.LINE
    page.write("! lost: the machine stops; double line: the kernel's, kept twice", "")
    for row in (odds["head"], *odds["lines"]):
        for at, cell in zip((0, 150, 330, 410, 500, 640), row, strict=True):
            page.label(MARGIN + at, page.y, cell)
        page.y += svg.LINE
