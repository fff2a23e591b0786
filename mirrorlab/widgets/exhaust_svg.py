"""The static picture of an ExhaustLab, drawn from `picture()` alone: its state, the chart, the marks."""

from textwrap import wrap
from typing import Any

from mirrorlab.widgets import palette, svg
from mirrorlab.widgets.exhaust_chart import FULL
from mirrorlab.widgets.svg import INNER, MARGIN, number

HIGH, ROW = 190, 22  # of the chart, of a mark
WIDEST = 100  # letters of a line


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    picture = view.picture()
    page = svg.Page()
    for line in wrap(picture["state"], WIDEST):
        page.write(line, "strong")
    _chart(page, picture["chart"])
    for n, mark in enumerate(picture["chart"]["marks"], 1):
        page.write(f"{n}  {'refused' if mark['refused'] else 'fell back'}: {mark['words']}")
    return page.picture(view.label, "\n".join(view.lines()))


def _chart(page: svg.Page, chart: dict[str, Any]) -> None:
    page.label(MARGIN, page.y, f"{chart['most']:,} free pages")
    page.y += 6
    shape = f"translate({MARGIN} {number(page.y)}) scale({number(INNER / FULL)} {number(HIGH / FULL)})"
    paths = (f'<path d="{path}" style="fill:var(--{palette.free(name)})"/>' for name, _, _, path, _ in chart["bands"])
    page.parts.append(f'<g transform="{shape}">{"".join(paths)}</g>')
    page.box(MARGIN, page.y, INNER, HIGH, "frame")
    for name, letter, _, _, place in chart["bands"]:
        if place is not None:
            x, y = MARGIN + place[0] * INNER / FULL, page.y + place[1] * HIGH / FULL
            page.label(x, y + 5, letter, f"strong i-{palette.free(name)}", "middle")
    for at in [mark["at"] for mark in chart["marks"]]:
        page.box(MARGIN + at * INNER / FULL - 0.5, page.y, 1, HIGH, "touched")
    for n, mark in enumerate(chart["marks"], 1):
        x, y = MARGIN + mark["at"] * INNER / FULL, page.y + 2 + mark["row"] * ROW
        left = min(max(x - 10, MARGIN + 1), MARGIN + INNER - 21)
        page.box(left, y, 20, 18, "ground")
        page.box(left, y, 20, 18, "frame")
        page.label(left + 10, y + 14, str(n), "strong", "middle")
    if chart["now"] is not None:
        page.box(MARGIN + chart["now"] * INNER / FULL, page.y, 2, HIGH, "touched", "the machine is here")
    page.y += HIGH + svg.LINE
    page.label(MARGIN + INNER, page.y, f"operation {chart['operations']:,}", "", "end")
    names = (f"{letter} {name} {pages:,}" for name, letter, pages, *_ in chart["bands"])
    page.write(f"Free pages now: {', '.join(names)}.")
