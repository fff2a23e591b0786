"""The static picture of an ExhaustLab: the load, the chart, the zones as they are, the explanation."""

import re
import textwrap
from typing import Any

from mirrorlab.widgets import svg
from mirrorlab.words import table

LETTERS = 112  # in a line of text


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    page = svg.Page()
    for number, line in enumerate(view.facts()):
        _paragraph(page, line, "" if number else "strong")
    if chart := view.chart():
        wide, high = map(int, re.findall(r'viewBox="0 0 (\d+) (\d+)"', chart)[0])
        page.parts.append(chart.replace("<svg ", f"<svg {svg.rectangle(svg.MARGIN, page.y, wide, high)} ", 1))
        page.y += high + svg.LINE
    for line in table(view.zones()):
        page.write(line, "mono")
    page.y += svg.LINE / 2
    for line in view.why():
        _paragraph(page, line)
    return page.picture(view.label, "\n".join(view.lines()))


def _paragraph(page: svg.Page, line: str, css: str = "") -> None:
    """A line of the text twin, broken where it is too long."""
    indent = len(line) - len(line.lstrip())
    for number, piece in enumerate(textwrap.wrap(line.strip(), LETTERS)):
        page.write(piece, css, x=svg.MARGIN + 6 * indent + (12 if number else 0))
