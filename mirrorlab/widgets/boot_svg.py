"""The static picture of a BootPlayer: the stages, the map with its lanes, its key, and the newest lines of the log."""

from typing import Any

from mirrorlab.widgets import boot_map, palette, svg
from mirrorlab.widgets.svg import MARGIN
from mirrorlab.words import count

NAMES = 90  # width of the lanes' names
INNER = svg.INNER - NAMES
HIGH = 15  # a lane, with the gap below it
LOG_LINES = 12
LONGEST = 110  # letters of a line
LETTER = 6.6  # width of a letter of small text
PLAIN, PLAIN_DARK = ("".join(f".{p}{{fill:{palette.COLOURS[p][n]}}}" for p in ("p0", "p1")) for n in (0, 1))
DARK_LOOKS = ("c1", "k1", "k2", "a0")  # with light ink on them


def of_player(player: Any) -> str:
    """What a player shows, as SVG."""
    picture, page = player.picture(), svg.Page()
    _stages(page, picture["stages"], picture["position"])
    page.write(picture["where"], "strong")
    for line in picture["machine"]:
        page.write(line)
    for first, end in player.shown():
        _part(page, player, first, end)
    _key(page, picture["key"])
    _, new = player.news()
    ending = f", of which the last {LOG_LINES}:" if len(new) > LOG_LINES else ""
    page.y += 6
    page.write(f"New in the log: {count(len(new), 'line')}{ending}", "small", svg.LINE - 3)
    for line in new[-LOG_LINES:]:
        page.write(line, "small mono", svg.LINE - 3, LONGEST)
    page.y += MARGIN - (svg.LINE - 3)
    return page.picture(player.label, repr(player))


def _stages(page: svg.Page, stages: list[list[str]], position: int) -> None:
    """The names of the stages, the one shown in a frame."""
    page.parts.append(f"<style>{PLAIN}@media(prefers-color-scheme:dark){{{PLAIN_DARK}}}</style>")
    pitch = (svg.WIDTH - MARGIN) / len(stages)
    for number, (name, _) in enumerate(stages):
        x = MARGIN + number * pitch
        if number == position:
            page.box(x - 5, MARGIN - 3, pitch - 2, 20, "frame")
        page.label(x, page.y, f"{number + 1} {name}", "strong" if number == position else "")
    page.y += svg.LINE


def _part(page: svg.Page, player: Any, first: int, end: int) -> None:
    page.y += 4
    page.write(boot_map.place(first, end), "small", 6)
    for lane in player.lanes(player.position):
        page.label(MARGIN, page.y + 10, lane.name, "small")
        for piece in player.pieces(lane, first, end):
            left = MARGIN + NAMES + INNER * (piece.first - first) / (end - first)
            width = INNER * (piece.end - piece.first) / (end - first)
            gap = 0.8 if width > 6 else 0  # so that neighbours of one look can be told apart
            page.box(left, page.y, max(width - gap, 0.5), HIGH - 3, piece.look, piece.words)
            words = piece.label or piece.letter
            if width > LETTER * len(words) + 2:
                ink = "small i-k1" if piece.look in DARK_LOOKS else "small"
                page.label(left + width / 2, page.y + 9.5, words, ink, "middle")
        page.y += HIGH
    page.y += svg.LINE


def _key(page: svg.Page, key: list[tuple[str, list[tuple[str, str, str]]]]) -> None:
    for lane, looks in key:
        page.label(MARGIN, page.y, f"{lane}:", "small")
        x = float(MARGIN + NAMES)
        if not looks:
            page.label(x, page.y, "nothing", "small")
        for look, letter, name in looks:
            page.box(x, page.y - 9, 12, 10, look)
            page.label(x + 16, page.y, f"{letter} {name}", "small")
            x += 16 + LETTER * (len(name) + 4)
        page.y += svg.LINE - 4
