"""The static picture of a BootPlayer, drawn from `picture()` alone: the stage shown, what it added, the map."""

from itertools import pairwise
from textwrap import wrap
from typing import Any

from mirrorlab.widgets import palette, stage_svg, svg
from mirrorlab.widgets.svg import MARGIN
from mirrorlab.words import count

NAMES = 100  # width of the rows' names
INNER = svg.INNER - NAMES
BAR, EDGE, ROW = 18, 5, 28  # heights: a piece, the double line below it, a row with both
LOG_LINES = 12
LONGEST = 90  # letters of a line
LETTER = 8  # width of a letter
LOOK = {"plain": "p0", "plain2": "p1", "twice": "c1", "kept": "k1", "off": "k2", "cpu": f"k{palette.PER_CPU}"}
LOOK = {**stage_svg.LOOK, **LOOK}
PLAIN, PLAIN_DARK = ("".join(f".{p}{{fill:{palette.COLOURS[p][n]}}}" for p in ("p0", "p1")) for n in (0, 1))
STYLE = (
    f"<style>{PLAIN}.hole{{fill:none;stroke:var(--t);stroke-dasharray:3 3}}.new{{fill:var(--m)}}"
    f"@media(prefers-color-scheme:dark){{{PLAIN_DARK}}}</style>"
)


def of_player(view: Any) -> str:
    """What a player shows, as SVG."""
    picture, page = view.picture(), svg.Page()
    page.parts.append(STYLE)
    _stages(page, picture["stages"], picture["position"])
    _, name, cmdline = picture["booted"]
    page.write(f"{name} boots{f', command line: {cmdline}' if cmdline else ''}", most=LONGEST)
    for line in wrap(picture["stages"][picture["position"]][1], LONGEST):
        page.write(line, "strong")
    _map(page, picture)
    _key(page, picture)
    _log(page, picture)
    return page.picture(view.label, repr(view))


def _stages(page: svg.Page, stages: list[list[str]], position: int) -> None:
    """The names of the stages, the one shown in a frame."""
    pitch = (svg.WIDTH - MARGIN) / len(stages)
    for number, (name, _) in enumerate(stages):
        x = MARGIN + number * pitch
        if number == position:
            page.box(x - 5, MARGIN - 3, pitch - 2, 20, "frame")
        page.label(x, page.y, f"{number + 1} {name}", "strong" if number == position else "")
    page.y += svg.LINE + 4


def _map(page: svg.Page, picture: dict[str, Any]) -> None:
    position = picture["position"]
    for left, width, _, _, first, end in picture["parts"]:
        page.label(_x(left), page.y, first)
        if width * INNER / 100 > LETTER * len(f"{first}  {end}"):
            page.label(_x(left + width), page.y, end, "", "end")
    page.y += 6
    edges = [(part[0], part[0] + part[1]) for part in picture["parts"]]
    for (_, end), (start, _) in pairwise(edges):
        page.box(_x(end) + 2, page.y, _x(start) - _x(end) - 4, ROW * len(picture["rows"]) - 4, "hole", "no memory")
    for name, numbers, versions in picture["rows"]:
        _row(page, name, numbers[: position + 1], versions, picture["mirrored"])
    page.y += svg.LINE - 6


def _row(page: svg.Page, name: str, numbers: list[int | None], versions: list[Any], mirrored: list[Any]) -> None:
    number = numbers[-1]
    is_new = number is not None and [number] != numbers[-2:-1]
    if is_new:
        page.box(MARGIN - 5, page.y, 3, BAR, "new")
    page.label(MARGIN, page.y + 14, name, "strong" if is_new else "")
    if number is None:
        page.label(MARGIN + NAMES, page.y + 14, "not yet")
    else:
        for left, width, look, letter, long, words in versions[number]:
            _piece(
                page, left, width * INNER / 100, LOOK[look], [long, "" if look.startswith("plain") else letter], words
            )
        for left, width, _ in mirrored:
            for line in (0, 3):
                page.box(_x(left), page.y + BAR + 1 + line, width * INNER / 100, 2, "c1")
    page.y += ROW


def _piece(page: svg.Page, left: float, width: float, css: str, labels: list[str], words: str) -> None:
    gap = 0.8 if width > 6 else 0  # so that neighbours of one look can be told apart
    page.box(_x(left), page.y, max(width - gap, 0.5), BAR, css, words)
    label = next((each for each in labels if width > LETTER * len(each) + 4), "")
    if label:
        ink = "" if css[0] == "p" else "i-k1" if css == "c1" else f"i-{css}"
        page.label(_x(left) + width / 2, page.y + 14, label, ink, "middle")


def _x(percent: float) -> float:
    return MARGIN + NAMES + INNER * percent / 100


def _key(page: svg.Page, picture: dict[str, Any]) -> None:
    entries = [(LOOK[look], f"{letter}  {name}") for look, letter, name in picture["legend"]]
    page.key([*entries, ("c1", "double line: mirrored, kept twice")] if picture["mirrored"] else entries, gap=40)
    page.y += 8


def _log(page: svg.Page, picture: dict[str, Any]) -> None:
    new = [line for line, at in picture["log"] if at == picture["position"]]
    ending = f", of which the last {LOG_LINES}:" if len(new) > LOG_LINES else ""
    page.y += 6
    page.write(f"New in the log: {count(len(new), 'line')}{ending}")
    for line in new[-LOG_LINES:]:
        page.write(line, "mono", most=LONGEST)
