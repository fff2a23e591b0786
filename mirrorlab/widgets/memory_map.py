"""All memory of a machine on one line: the types of its page blocks, its zones, its holes, and what is mirrored.

The line has a fixed number of parts, so that what is drawn and said of a machine is as little for 1 TiB as for 64 MiB.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any, NamedTuple

from mirrorlab.linux.pfn import PAGE_SHIFT
from mirrorlab.machine import Machine, firmware, holders
from mirrorlab.widgets.palette import LETTERS
from mirrorlab.words import count, type_names

PARTS = 512  # of the line; a band is at least as wide as one of them
SMALL_HOLE = PARTS // 16  # parts that a hole takes at most: machines with much more hole than memory are common
RUN = re.compile(rb"(.)\1*", re.DOTALL)  # page blocks of one type
PAGES = re.compile(r"\+?\s*(0x[0-9a-fA-F]+|[0-9]+)")  # a number without a unit
MOST_RUNS = 4096  # that are looked at one by one
MOST_LINES = 24  # of the text
UNITS = (("GiB", 30), ("MiB", 20), ("KiB", 10))


class Stretch(NamedTuple):
    """A zone's pages, from hole to hole."""

    first: int
    end: int  # the PFN after its last
    zone: Any


class Band(NamedTuple):
    """Page blocks of one type, or, where those would be too narrow, of several."""

    first: int
    end: int
    migratetype: int
    """Of most of its page blocks."""
    mixed: bool


def stretches(machine: Machine) -> list[Stretch]:
    """Where there is memory, by address. There is at least one."""
    starts, zones = machine.g.zone_runs
    runs = zip(starts, starts[1:], zones, strict=False)
    return [Stretch(start, end, zone) for start, end, zone in runs if zone is not None and start < end]


def axis(there: list[Stretch]) -> list[tuple[int, float]]:
    """Where pages are on the line: some PFNs with their places, from 0 to PARTS; others lie evenly between them."""
    memory = sum(each.end - each.first for each in there)
    widths = [(there[0].first, 0.0)]
    for each in there:
        if (hole := each.first - widths[-1][0]) > 0:
            widths.append((each.first, min(hole * PARTS / memory, SMALL_HOLE)))
        widths.append((each.end, (each.end - each.first) * PARTS / memory))
    whole = sum(width for _, width in widths)
    knots, at = [], 0.0
    for pfn, width in widths:
        at += width
        knots.append((pfn, round(at * PARTS / whole, 3)))
    return knots


def bands(machine: Machine, there: list[Stretch]) -> Iterator[Band]:
    """The page blocks, by address: at most PARTS bands, and one more for each stretch."""
    order = machine.kernel.mmzone.pageblock_order
    least = max(sum(each.end - each.first for each in there) // PARTS >> order, 1)  # page blocks
    flags = bytes(machine.g.pageblock_flags)
    for each in there:
        first = each.first >> order
        for start, end, kind, mixed in _wide_enough(flags[first : (each.end - 1 >> order) + 1], least):
            begin, after = max(first + start << order, each.first), min(first + end << order, each.end)
            yield Band(begin, after, kind, mixed)


def _wide_enough(flags: bytes, least: int) -> Iterator[tuple[int, int, int, bool]]:
    """Runs of equal page blocks; neighbours that are too narrow together: (first, end, type of most, mixed)."""
    start = 0
    for end in [*_ends(flags, least), len(flags)]:
        if end - start >= least or end == len(flags) > start:
            part = flags[start:end]
            kinds = sorted(set(part))
            yield start, end, max(kinds, key=part.count), len(kinds) > 1
            start = end


def _ends(flags: bytes, least: int) -> list[int]:
    """Where bands may end: where the type changes, unless that is too often."""
    ends = [found.end() for found in islice(RUN.finditer(flags), MOST_RUNS + 1)]
    if len(ends) > MOST_RUNS:
        return [*range(least, len(flags), least)]
    wide: list[int] = []  # before a wide run, too: what is narrow before it stays by itself, if it is enough together
    for start, end in zip([0, *ends], ends, strict=False):
        wide += [start, end] if end - start >= least else [end]
    return wide


def size(pages: int) -> str:
    """So many pages in the largest unit they fill: `111 GiB`, `1.5 MiB`."""
    for unit, shift in UNITS:
        if pages << PAGE_SHIFT >= 1 << shift:
            return f"{round((pages << PAGE_SHIFT) / (1 << shift), 1):g} {unit}"
    return "0"


def address(pfn: int) -> str:
    """Where a page begins: `4 GiB + 8 MiB`."""
    rest, terms = pfn << PAGE_SHIFT, []
    for unit, shift in UNITS:
        if rest >> shift:
            terms.append(f"{rest >> shift} {unit}")
        rest &= (1 << shift) - 1
    return " + ".join(terms) or "0"


def page_at(text: str, zone: Any) -> int:
    """The page somebody means: by its PFN (`0x100800`), its place in the zone (`+64`) or its address (`4 GiB + 8 MiB`).

    Raises ValueError for anything else.
    """
    text = text.strip()
    in_zone = text.startswith("+")
    try:
        value = firmware.size_of(text.removeprefix("+"), "place")
    except firmware.BadDescription:
        example = "'4 GiB + 8 MiB' (an address), '0x100800' (a PFN) or '+64' (a page of this zone)"
        raise ValueError(f"'{text[:40]}' names no page: write for example {example}.") from None
    pages = value if PAGES.fullmatch(text) else value >> PAGE_SHIFT
    return pages + in_zone * int(zone.zone_start_pfn)


def nearest(there: list[Stretch], pfn: int) -> tuple[Stretch, int]:
    """A page, or the memory nearest to it."""
    at = max(bisect_right(there, pfn, key=lambda each: each.first) - 1, 0)
    near = min(there[at : at + 2], key=lambda each: max(each.first - pfn, pfn - each.end + 1, 0))
    return near, min(max(pfn, near.first), near.end - 1)


def places(machine: Machine, latest: int | None) -> list[tuple[str, int | None]]:
    """What is worth seeing: a few names, for one machine always the same, each with a page if there is one now.

    latest: a page of the latest operation.
    """
    there = stretches(machine)
    found: list[tuple[str, int | None]] = []
    mirror = list(holders.by_class(machine.g)[holders.MIRRORED])
    first = next((max(start, each.first) for start, end in mirror for each in there
                  if start < each.end and end > each.first), None)  # fmt: skip
    if first is not None:
        found.append(("first mirrored page", first))
    borders = [(before, after) for before, after in pairwise(there) if before.zone is not after.zone]
    nodes = [after for before, after in borders if before.zone.node != after.zone.node]
    for after in nodes[:1] or [after for _, after in borders[-1:]]:
        name = f"node {after.zone.node}" if nodes else after.zone.name
        found.append((f"start of {name}", after.first))
    last = max((max(area.buddy) for zone in machine.zones for area in zone.free_area if area.buddy), default=None)
    return [*found, ("last free block", last), ("latest operation", latest)]


def picture(machine: Machine, first: int, latest: int | None) -> dict[str, Any]:
    """What is drawn. first: the window's first page. latest: a page of the latest operation. Pages are PFNs."""
    there = stretches(machine)
    letters = [LETTERS[name] for name in type_names(machine.kernel)]
    zones: dict[int, list[Any]] = {}
    for each in there:
        shown = zones.setdefault(
            id(each.zone), [each.first, each.end, holders.zone_name(machine, each.zone.node, each.zone.name)]
        )
        shown[1] = each.end
    ends = [each.end for each in there]
    starts = [each.first for each in there[1:]]
    return {
        "axis": axis(there),
        "stretches": [(each.first, each.end) for each in there],
        "zones": list(zones.values()),
        "bands": [(a, b, letters[kind], mixed, size(b - a)) for a, b, kind, mixed in bands(machine, there)],
        "holes": [(a, b) for a, b in zip(ends, starts, strict=False) if a < b],
        "mirrored": _mirrored(machine, there),
        "places": places(machine, latest),
        "first": first,
        "address": address(first),
        "here": here(machine, first),
    }


def _mirrored(machine: Machine, there: list[Stretch]) -> list[tuple[int, int]]:
    memory = holders.Ranges([(each.first, each.end) for each in there])
    mirror = holders.hardware_mirror(machine.g)
    return list(mirror.without(mirror.without(memory)))


def here(machine: Machine, first: int) -> str:
    """What the memory at the window is, in words."""
    each, pfn = nearest(stretches(machine), first)
    kind = machine.g.pageblock_flags[pfn >> machine.kernel.mmzone.pageblock_order]
    mirrored = "mirrored" if pfn in holders.hardware_mirror(machine.g) else "not mirrored"
    zone = holders.zone_name(machine, each.zone.node, each.zone.name)
    return f"{address(first)}: {zone}, page block {type_names(machine.kernel)[kind]}, {mirrored}"


def lines(machine: Machine, first: int, pages: int) -> list[str]:
    """The same for people who read."""
    there = stretches(machine)
    mirror, names, zone, found = holders.hardware_mirror(machine.g), type_names(machine.kernel), None, []
    for a, b, kind, mixed in bands(machine, there):
        each = nearest(there, a)[0]
        if each.zone is not zone:
            zone = each.zone
            found.append(f"  {holders.zone_name(machine, zone.node, zone.name)}:")
        doubled = mirror.pages_in(a, b)
        memory = "" if not doubled else ", mirrored" if doubled == b - a else ", partly mirrored"
        found.append(f"    {address(a)} to {address(b)}: {'mostly ' * mixed}{names[kind]}{memory}")
    more = len(found) - MOST_LINES
    shown = [*found[:MOST_LINES], f"  and {count(more, 'line')} more"] if more > 0 else found
    return ["All memory, by the types of its page blocks:", *shown,
            f"The window: {count(pages, 'page')} from {here(machine, first)}."]  # fmt: skip
