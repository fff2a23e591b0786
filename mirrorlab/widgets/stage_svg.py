"""The static picture of a stage: its memory, its free lists, and what the last operation did, step by step."""

from itertools import pairwise
from typing import Any

from mirrorlab.widgets import palette, svg
from mirrorlab.widgets.svg import INNER, MARGIN, number, rectangle
from mirrorlab.words import TYPES

HIGH, EDGE = 44, 5  # of the strip, and of the double line under it
BAND, DASHED = 20, 'stroke-dasharray="3 3"'  # of the map
LOOK = {palette.LOOKS[css].letter: css for css in map(palette.free, TYPES)}
LOOK |= {"used": "a0", "other": "k1", "hand": "k2"}


def of_stage(view: Any) -> str:
    """What a stage shows, as SVG: drawn from its picture alone."""
    picture = view.picture()
    page = svg.Page()
    frames = [each for each in picture["frames"] if each["operation"] < picture["position"] - picture["begin"]]
    frame, pages = frames[-1], picture["pages"]
    page.write(f"{picture['title']}, {frame['sentence'] or 'at rest'}", "strong", most=100)
    if picture["map"]:
        _map(page, picture["map"], pages)
    cell = INNER / pages
    for first, size, _, look, owner in frame["blocks"]:
        at, wide = max(first, 0), (min(first + size, pages) - max(first, 0)) * cell
        css = LOOK.get(look, "k1")
        page.box(MARGIN + at * cell + 0.5, page.y, wide - 1, HIGH, css)
        if wide >= 14:
            letter = owner or look if look != "other" else ""
            page.label(MARGIN + at * cell + wide / 2, page.y + HIGH / 2 + 4, letter[:6], f"mono i-{css}", "middle")
    page.y += HIGH + 3
    inside = [(max(start, 0), min(end, pages)) for start, end in picture["mirrored"] if start < pages and end > 0]
    for start, end in inside:
        page.box(MARGIN + start * cell, page.y, (end - start) * cell, EDGE, "c1")
    page.y += EDGE + svg.LINE
    page.write("Free lists, from the head:", "strong")
    for order, letter, pfns, entries in frame["lists"][:12]:
        page.write(f"order {order} {_entries(letter, pfns, entries)}", "small mono", most=100)
    touched = picture["stocks"]
    if touched is None:
        touched = {each["cpu"] for each in frames}
    for cpu, letter, pfns, entries in frame["stocks"]:
        if cpu in touched:
            page.write(f"CPU {cpu}, from its hot end, {_entries(letter, pfns, entries)}", "small mono", most=100)
    last = [each["sentence"] for each in frames if each["operation"] == frame["operation"] >= 0]
    for step, sentence in enumerate(last[-12:], 1):
        page.write(f"{step}. {sentence}", "small", most=120)
    return page.picture(view.label, "\n".join(view.lines()))


def _map(page: svg.Page, line: dict[str, Any], pages: int) -> None:
    """All memory on a line, and where the window is in it."""
    knots, width = line["axis"], line["axis"][-1][1]

    def x(pfn: int) -> float:
        (a, left), (b, right) = next((pair for pair in pairwise(knots) if pfn <= pair[1][0]), (knots[-2], knots[-1]))
        return MARGIN + (left + (right - left) * (min(max(pfn, a), b) - a) / (b - a)) * INNER / width

    for first, end, name in line["zones"]:
        if x(end) - x(first) > 7 * len(name):
            page.label((x(first) + x(end)) / 2, page.y, name, "small", "middle")
    page.y += 6
    for first, end in line["holes"]:
        page.parts.append(f'<rect {rectangle(x(first), page.y, x(end) - x(first), BAND)} class="frame" {DASHED}/>')
    for first, end, letter, mixed, size in line["bands"]:
        css, wide = LOOK[letter], x(end) - x(first)
        page.box(x(first), page.y, max(wide - 0.5, 0.5), BAND, css, f"{'mostly ' * mixed}{letter}, {size}")
        words = next((each for each in (f"{letter} {size}", letter) if wide > 8 * len(each)), "")
        if words:
            page.label((x(first) + x(end)) / 2, page.y + 14, words, f"small i-{css}", "middle")
    for first, end in line["mirrored"]:
        page.box(x(first), page.y + BAND + 2, max(x(end) - x(first), 0.5), EDGE, "c1")
    at, top = x(line["first"]), page.y + BAND + EDGE + 3
    page.box(at - 1, page.y - 4, 3, BAND + EDGE + 7, "touched")
    page.y = top + 14
    cone = f"M{number(at)} {number(top)}L{MARGIN} {number(page.y)}H{MARGIN + INNER}Z"
    page.parts.append(f'<path d="{cone}" class="frame"/>')
    page.y += svg.LINE - 2
    page.write(f"{pages} pages from {line['here']}", "small", 6)


def _entries(letter: str, pfns: list[int], entries: int) -> str:
    more = f" and {entries - len(pfns)} more" if entries > len(pfns) else ""
    return f"{letter}: {' '.join(f'+{pfn}' for pfn in pfns)}{more}"
