"""The machine card: what a cell shows when its last line is a machine. One still picture, drawn from `picture()`."""

from functools import cache
from html import escape
from typing import Any

from IPython import get_ipython

from mirrorlab.machine import Machine, holders
from mirrorlab.widgets import base
from mirrorlab.widgets.palette import LETTERS
from mirrorlab.words import count, type_names

USED, WAITING = "in use", "in CPUs' lists"
LOOKS = {USED: "used", WAITING: "cpu", **LETTERS}  # of the parts of a bar: their names in the style sheet
TALL = 370  # pixels that zones and lists have together; zones come first, and a longer table is scrolled
ZONE, LEAST = 35, 110  # pixels of a zone; of the table at least


class MachineCard:
    """A machine at a glance: its zones to scale, what is mirrored, and the free lists that hold something."""

    stem = "machine_card"

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def picture(self) -> dict[str, Any]:
        """What is drawn, as plain data."""
        zones = self.machine.zones
        names = [holders.zone_name(self.machine, zone.node, zone.name) for zone in zones]
        return {
            "name": self.machine.name,
            "facts": self.machine.headline().removeprefix(f"{self.machine.name}: "),
            "zones": [[name, zone.managed_pages, self._parts(zone)] for name, zone in zip(names, zones, strict=True)],
            "orders": max(len(zone.free_area) for zone in zones),
            "lists": [[name, lists] for name, zone in zip(names, zones, strict=True) if (lists := self._lists(zone))],
        }

    def _parts(self, zone: Any) -> list[tuple[str, int, int]]:
        """What a zone's pages are, from the left of its bar: (what, pages, how many of them are mirrored)."""
        mirror = holders.mirrored_in(self.machine, zone)
        names = type_names(self.machine.kernel)
        blocks = {name: [(pages, 1 << order) for order, pages in enumerate(lists)]
                  for name, lists in zip(names, zip(*(area.free_list for area in zone.free_area), strict=True),
                                         strict=True)}  # fmt: skip
        blocks = {WAITING: [(pages, 1) for pset in zone.pageset for pages in pset.lists], **blocks}
        free = [(name, _pages(lists), _mirrored(lists, mirror)) for name, lists in blocks.items()]
        used = zone.managed_pages - sum(pages for _, pages, _ in free)
        used_twice = mirror.pages() - sum(mirrored for *_, mirrored in free)
        return [part for part in [(USED, used, used_twice), *free] if part[1] > 0]

    def _lists(self, zone: Any) -> list[tuple[str, list[int]]]:
        """How many blocks of each order are on the list of each migratetype that has any."""
        rows = [
            (name, [len(area.free_list[kind]) for area in zone.free_area])
            for kind, name in enumerate(type_names(self.machine.kernel))
        ]
        return [(name, counts) for name, counts in rows if any(counts)]

    def html(self) -> str:
        """The card, with all that it needs."""
        return (
            f'<div class="mirrorlab {base.css_class(self.stem)}"><style>{sheet()}</style>{card(self.picture())}</div>'
        )

    def __repr__(self) -> str:
        return repr(self.machine)

    def _repr_html_(self) -> str:
        return self.html()


def _pages(lists: list[tuple[Any, int]]) -> int:
    return sum(len(pages) * size for pages, size in lists)


def _mirrored(lists: list[tuple[Any, int]], mirror: holders.Ranges) -> int:
    """How many pages of some blocks lie in the mirror. There may be hundreds of thousands of blocks."""
    return sum(
        min(end, pfn + size) - max(start, pfn)
        for start, end in mirror
        for pages, size in lists
        for pfn in pages
        if pfn < end and pfn + size > start
    )


@cache
def sheet() -> str:
    """The style sheet of all machine cards."""
    return base.sheet_for(base.css_class(MachineCard.stem), *base.CARD, MachineCard.stem)


def register() -> None:
    """Let notebooks show a machine as its card."""
    if (shell := get_ipython()) is not None:
        shell.display_formatter.formatters["text/html"].for_type(Machine, lambda machine: MachineCard(machine).html())


# -- Drawing: from the picture alone ----------------------------------------------------------------------------------


def card(picture: dict[str, Any]) -> str:
    """The picture as HTML. Without its style sheet it still says all of it."""
    parts = [part for *_, parts in picture["zones"] for part in parts]
    keys = [f'<li><span class="swatch t-{LOOKS[each]}"></span>{each}</li>'
            for each in (USED, WAITING) if any(each == part for part, *_ in parts)]  # fmt: skip
    if any(twice for *_, twice in parts):
        keys.append('<li><span class="twin-line"></span>double line: mirrored, each page is kept twice</li>')
    most = max(pages for _, pages, _ in picture["zones"]) or 1
    zones = "".join(_zone(name, pages, parts, most) for name, pages, parts in picture["zones"])
    name = escape(picture["name"])
    return (
        f'<section class="card machine" aria-label="Machine {name}"><header><h3>{name}</h3>'
        f'<span class="muted">{escape(picture["facts"])}</span><ul class="legend">{"".join(keys)}</ul></header>'
        f'<ul class="zones">{zones}</ul>{_lists(picture)}</section>'
    )


def _zone(name: str, pages: int, parts: list[tuple[str, int, int]], most: int) -> str:
    words = ", ".join(
        f"{part} {number:,}" + (f" ({twice:,} mirrored)" if twice else "") for part, number, twice in parts
    )
    free = sum(number for part, number, _ in parts if part not in (USED, WAITING))
    twice = sum(mirrored for *_, mirrored in parts)
    return (
        f'<li><span class="name">{name}</span><div class="bar" role="img" style="width:{pages / most:.2%}" '
        f'aria-label="zone {name}: {words or "no page"}">{"".join(_part(*part) for part in parts)}</div>'
        f'<span class="fact">{free:,} of {pages:,} free{f", {twice:,} mirrored" if twice else ""}</span></li>'
    )


def _part(part: str, pages: int, mirrored: int) -> str:
    letter = f"<b>{LETTERS[part]}</b>" if part in LETTERS else ""
    double = f'<i style="width:{mirrored / pages:.2%}"></i>' if mirrored else ""
    free = "free, " if part in LETTERS else ""
    return (
        f'<span class="t-{LOOKS[part]}" style="flex-grow:{pages}" title="{free}{part}: {count(pages, "page")}">'
        f"{letter}{double}</span>"
    )


def _lists(picture: dict[str, Any]) -> str:
    if not picture["lists"]:
        return "<p>No block is free.</p>"
    head = "".join(f'<th scope="col">{order}</th>' for order in range(picture["orders"]))
    bodies = "".join(
        f"<tbody>{''.join(_row(name if not at else '', *entry) for at, entry in enumerate(lists))}</tbody>"
        for name, lists in picture["lists"]
    )
    room = max(LEAST, TALL - ZONE * len(picture["zones"]))
    return (
        f'<div class="lists" tabindex="0" role="region" aria-label="Free blocks" style="max-height:{room}px">'
        '<table><caption>Free blocks, by order</caption><thead><tr><th scope="col">zone</th>'
        f'<th scope="col">list</th>{head}</tr></thead>{bodies}</table></div>'
    )


def _row(zone: str, kind: str, counts: list[int]) -> str:
    look = f"t-{LOOKS[kind]}"
    cells = "".join(
        f'<td class="on {look}">{number:,}</td>' if number else '<td aria-label="none">·</td>' for number in counts
    )
    name = f'<th scope="row">{zone}</th>' if zone else "<td></td>"
    return f'<tr>{name}<th scope="row"><span class="swatch {look}">{LETTERS[kind]}</span> {kind}</th>{cells}</tr>'
