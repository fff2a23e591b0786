"""The static picture of a Compare, drawn from `picture()` alone: the verdict, the strips, the lists that differ."""

from textwrap import wrap
from typing import Any

from mirrorlab.widgets import palette, svg
from mirrorlab.widgets.svg import INNER, MARGIN

NAME, HIGH, ROW = 60, 24, 22  # room for a side's name; height of a strip, of a row
LETTER = 7.8  # width of a letter of monospaced text
LOOK = {palette.LOOKS[css].letter: css for css in map(palette.free, palette.TYPES)}
LOOK |= {"used": "a0", "other": "k2", "hole": "k0"}


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    picture = view.picture()
    page = svg.Page()
    for line in (*wrap(picture["call"], 110), *wrap(picture["verdict"], 100)):
        page.write(line, "strong")
    _strips(page, picture)
    for row in picture["lists"]:
        _list(page, picture["sides"], row)
    if picture["more"]:
        page.write(f"and {picture['more']} more lists that differ")
    return page.picture(view.label, "\n".join(view.lines()))


def _strips(page: svg.Page, picture: dict[str, Any]) -> None:
    cell = (INNER - NAME) / picture["pages"]
    left = MARGIN + NAME
    for x, words, anchor in zip((0, 0.5, 1), picture["ruler"], ("", "middle", "end"), strict=True):
        page.label(left + x * (INNER - NAME), page.y, words, "", anchor)
    page.y += 6
    for name, strip in zip(picture["sides"], picture["strips"], strict=True):
        page.label(MARGIN, page.y + 16, name, "strong")
        for at, pages, look, letter, mirrored, differs, words in strip:
            x, wide, css = left + at * cell, pages * cell, LOOK[look]
            page.plain(x + 0.5, page.y, wide - 1, HIGH, css, words)
            page.label(x + wide / 2, page.y + 16, letter, f"mono i-{css}", "middle")
            if mirrored:
                page.plain(x + 0.5, page.y + HIGH + 1, wide - 1, 1.5, "c1")
                page.plain(x + 0.5, page.y + HIGH + 4, wide - 1, 1.5, "c1")
            if differs:
                page.box(x + 1, page.y + 0.5, wide - 2, HIGH - 1, "frame")
                page.box(x + 2.5, page.y + 2, wide - 5, HIGH - 4, "frame")
        page.y += HIGH + 9
    page.y += svg.LINE - 6
    page.write(f"Letters: {', '.join(f'{letter} {name}' for _, letter, name in picture['key'])}.", step=ROW)


def _list(page: svg.Page, sides: list[str], row: list[Any]) -> None:
    _, label, letter, cells = row
    page.label(MARGIN, page.y, f"≠ {' '.join(label)}")
    for name, cell in zip(sides, cells, strict=True):
        page.label(MARGIN + 150, page.y, name)
        x = MARGIN + 210.0
        for text, differs, is_block in cell or [["empty", False, False]]:
            words = text + "*" * differs
            wide = LETTER * len(words) + 8
            if x + wide > svg.WIDTH - MARGIN:
                page.label(x, page.y, "…")
                break
            if is_block and letter:
                page.plain(x, page.y - 14, wide, 18, LOOK[letter])
            if differs:
                page.box(x, page.y - 14, wide, 18, "frame")
            page.label(x + 4, page.y, words, f"mono i-{LOOK[letter]}" if is_block and letter else "mono")
            x += wide + 4
        page.y += ROW
