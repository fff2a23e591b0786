"""The static picture of a BootPlayer: the stages, the map with its lanes, its key, and the newest lines of the log."""

from typing import Any

from mirrorlab.widgets import boot_map, svg
from mirrorlab.words import count

MARGIN = 10
NAMES = 90  # width of the lanes' names
INNER = svg.WIDTH - 2 * MARGIN - NAMES
HIGH = 15  # a lane, with the gap below it
LOG_LINES = 12
LONGEST = 110  # letters of a line
LETTER = 6.6  # width of a letter of small text
PLAIN = (  # the looks p0 and p1, as in boot_player.css
    "<style>.p0{fill:#dadada}.p1{fill:#c3c9d1}"
    "@media(prefers-color-scheme:dark){.p0{fill:#4a4a4a}.p1{fill:#39424e}}</style>"
)
DARK_LOOKS = ("c1", "k1", "k2", "a0")  # with light ink on them


def of_player(player: Any) -> str:
    """What a player shows, as SVG."""
    picture = player.picture()
    parts, y = _stages(picture["stages"], picture["position"]), MARGIN + 12.0
    for line in (picture["where"], *picture["machine"]):
        y += svg.LINE
        parts.append(svg.label(MARGIN, y, line, "" if line != picture["where"] else "strong"))
    y += svg.LINE
    for first, end in player.shown():
        y = _part(player, first, end, y, parts)
    y = _key(picture["key"], y, parts)
    new = [line for line, is_new in picture["log"] if is_new]
    ending = f", of which the last {LOG_LINES}:" if len(new) > LOG_LINES else ""
    parts.append(svg.label(MARGIN, y + 6, f"New in the log: {count(len(new), 'line')}{ending}", "small"))
    y += 6
    for line in new[-LOG_LINES:]:
        y += svg.LINE - 3
        short = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
        parts.append(svg.label(MARGIN, y, short, "small mono"))
    return svg.document(parts, y + MARGIN, player.label, repr(player))


def _stages(stages: list[list[str]], position: int) -> list[str]:
    """The names of the stages, the one shown in a frame."""
    parts, pitch = [PLAIN], (svg.WIDTH - MARGIN) / len(stages)
    for number, (name, _) in enumerate(stages):
        x = MARGIN + number * pitch
        if number == position:
            parts.append(svg.box(x - 5, MARGIN - 3, pitch - 2, 20, "frame"))
        parts.append(svg.label(x, MARGIN + 12, f"{number + 1} {name}", "strong" if number == position else ""))
    return parts


def _part(player: Any, first: int, end: int, y: float, parts: list[str]) -> float:
    """Draw the lanes over a part of memory; returns where they end."""
    parts.append(svg.label(MARGIN, y + 4, boot_map.place(first, end), "small"))
    y += 10
    for lane in player.lanes(player.position):
        parts.append(svg.label(MARGIN, y + 10, lane.name, "small"))
        for piece in player.pieces(lane, first, end):
            left = MARGIN + NAMES + INNER * (piece.first - first) / (end - first)
            width = INNER * (piece.end - piece.first) / (end - first)
            gap = 0.8 if width > 6 else 0  # so that neighbours of one look can be told apart
            parts.append(svg.box(left, y, max(width - gap, 0.5), HIGH - 3, piece.look, piece.words))
            words = piece.label or piece.letter
            if width > LETTER * len(words) + 2:
                ink = "small i-k1" if piece.look in DARK_LOOKS else "small"
                parts.append(svg.label(left + width / 2, y + 9.5, words, ink, "middle"))
        y += HIGH
    return y + svg.LINE


def _key(key: list[tuple[str, list[tuple[str, str, str]]]], y: float, parts: list[str]) -> float:
    """Say what the looks of each lane mean; returns where that ends."""
    for lane, looks in key:
        parts.append(svg.label(MARGIN, y, f"{lane}:", "small"))
        x = float(MARGIN + NAMES)
        if not looks:
            parts.append(svg.label(x, y, "nothing", "small"))
        for look, letter, name in looks:
            parts.append(svg.box(x, y - 9, 12, 10, look))
            parts.append(svg.label(x + 16, y, f"{letter} {name}", "small"))
            x += 16 + LETTER * (len(name) + 4)
        y += svg.LINE - 4
    return y
