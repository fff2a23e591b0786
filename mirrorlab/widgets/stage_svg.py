"""The static picture of a stage: its memory, its free lists, and what the last operation did, step by step."""

from typing import Any

from mirrorlab.widgets import palette, svg
from mirrorlab.widgets.svg import INNER, MARGIN
from mirrorlab.words import TYPES

HIGH, EDGE = 44, 5  # of the strip, and of the double line under it
LOOK = {palette.LOOKS[css].letter: css for css in map(palette.free, TYPES)}
LOOK |= {"used": "a0", "other": "k1", "hand": "k2"}


def of_stage(view: Any) -> str:
    """What a stage shows, as SVG: drawn from its picture alone."""
    picture = view.picture()
    page = svg.Page()
    frames = [each for each in picture["frames"] if each["operation"] < picture["position"] - picture["begin"]]
    frame = frames[-1]
    page.write(f"{picture['title']}, {frame['sentence'] or 'at rest'}", "strong", most=100)
    cell = INNER / picture["pages"]
    for at, pages, _, look, owner in frame["blocks"]:
        css = LOOK.get(look, "k1")
        page.box(MARGIN + at * cell + 0.5, page.y, pages * cell - 1, HIGH, css)
        if pages * cell >= 14:
            letter = owner or look if look != "other" else ""
            page.label(MARGIN + (at + pages / 2) * cell, page.y + HIGH / 2 + 4, letter[:6], f"mono i-{css}", "middle")
    page.y += HIGH + 3
    for start, end in picture["mirrored"]:
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
    for number, sentence in enumerate(last[-12:], 1):
        page.write(f"{number}. {sentence}", "small", most=120)
    return page.picture(view.label, "\n".join(view.lines()))


def _entries(letter: str, pfns: list[int], entries: int) -> str:
    more = f" and {entries - len(pfns)} more" if entries > len(pfns) else ""
    return f"{letter}: {' '.join(f'+{pfn}' for pfn in pfns)}{more}"
