"""The static picture of an ExhaustLab: the load, the chart, the zones as they are, the explanation."""

import re
import textwrap
from typing import Any

from mirrorlab.widgets import svg
from mirrorlab.words import table

MARGIN = 10
LETTERS = 112  # in a line of text


def of_view(view: Any) -> str:
    """What a view shows, as SVG."""
    parts: list[str] = []
    y = MARGIN + 12.0
    for number, line in enumerate(view.facts()):
        y = _paragraph(parts, y, line, "" if number else "strong")
    chart = view.chart()
    if chart:
        size = re.search(r'viewBox="0 0 (\d+) (\d+)"', chart)
        assert size is not None
        wide, high = map(int, size.groups())
        place = f'x="{MARGIN}" y="{svg.number(y)}" width="{wide}" height="{high}"'
        parts.append(chart.replace("<svg ", f"<svg {place} ", 1))
        y += high + svg.LINE
    for line in table(view.zones()):
        y = _paragraph(parts, y, line, "mono")
    y += svg.LINE / 2
    for line in view.why():
        y = _paragraph(parts, y, line)
    return svg.document(parts, y, view.label, "\n".join(view.lines()))


def _paragraph(parts: list[str], y: float, line: str, css: str = "") -> float:
    """A line of the text twin, broken where it is too long; returns where the next one begins."""
    indent = len(line) - len(line.lstrip()) if css != "mono" else 0
    pieces = [line] if css == "mono" else textwrap.wrap(line.strip(), LETTERS)
    for number, piece in enumerate(pieces):
        parts.append(svg.label(MARGIN + 6 * indent + (12 if number else 0), y, piece, css))
        y += svg.LINE
    return y
