"""Memory as a map: one byte a page, zone after zone, the codes as in palette.py. No package is needed.

A large machine's map has a byte for 2, 4, 8, ... pages. It then shows what is most worth seeing among them: an
allocated block before a page in a CPU's list, that before a free block, a small free block before a larger one.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, groupby, pairwise
from typing import Any, NamedTuple

from mirrorlab.machine import Machine, holders
from mirrorlab.widgets import palette
from mirrorlab.words import TYPES, type_names

LIMIT = 1 << 20  # cells of a map
RUN = struct.Struct("<IIB")  # of a delta: first cell, cells, code
SMALLEST_STEP = 256  # cells; how finely two maps are compared at first
LARGE_HOLE = 4096  # pages; one that is larger is left out of the map
_CHUNK = 1 << 16

Block = tuple[int, int, int]  # first PFN, order, code


class Section(NamedTuple):
    """Where a stretch of a zone's memory is in a map. A zone with a large hole in it has several."""

    node: int
    zone: str
    start: int  # its first PFN
    pages: int  # small holes included
    at: int  # the index of its first cell
    cells: int

    @property
    def end(self) -> int:
        """The PFN after its last."""
        return self.start + self.pages


def shift_of(machine: Machine, limit: int = LIMIT) -> int:
    """How coarse a machine's map must be: a cell stands for 2**shift pages."""
    pages = [place.pages for place in sections(machine)]
    shift = 0
    while sum(_cells(each, shift) for each in pages) > limit:
        shift += 1
    return shift


def _cells(pages: int, shift: int) -> int:
    """How many cells a stretch takes; its last may stand for fewer pages."""
    return (pages - 1 >> shift) + 1


def sections(machine: Machine, shift: int = 0) -> list[Section]:
    """Where each stretch of memory is in the map, zone by zone. `shift` is that of the map."""
    found, at = [], 0
    for zone in machine.zones:
        for start, end in _stretches(machine, zone):
            cells = _cells(end - start, shift)
            found.append(Section(zone.node, zone.name, start, end - start, at, cells))
            at += cells
    return found


def _stretches(machine: Machine, zone: Any) -> list[tuple[int, int]]:
    """A zone's memory from hole to hole; a hole shorter than LARGE_HOLE is part of the stretch."""
    found: list[tuple[int, int]] = []
    for start, end in _runs_of(machine, zone):
        if found and start - found[-1][1] < LARGE_HOLE:
            start = found.pop()[0]
        found.append((start, end))
    return found


def _runs_of(machine: Machine, zone: Any) -> Iterator[tuple[int, int]]:
    starts, owners = machine.g.zone_runs
    for index, owner in enumerate(owners):
        if owner is zone:
            yield starts[index], starts[index + 1]


def page_map(machine: Machine, groups: Mapping[int, int] | None = None, shift: int = 0) -> bytes:
    """The map of all zones. groups: first PFN of an allocated block -> its owner's group, 0 to 3."""
    groups = groups or {}
    owned = [
        (pfn, owner.order, palette.ALLOCATED | groups.get(pfn, 0) << palette.GROUP_SHIFT)
        for pfn, owner in machine.owners.items()
    ]
    parts = []
    zone_of = {(zone.node, zone.name): zone for zone in machine.zones}
    for place in sections(machine, shift):
        parts.append(_section_map(machine, zone_of[place.node, place.zone], place, shift, owned))
    return b"".join(parts)


def _section_map(machine: Machine, zone: Any, place: Section, shift: int, owned: Iterable[Block]) -> bytes:
    start, end = place.start, place.end
    cells = bytearray(place.cells)

    def paint(first: int, after: int, code: int) -> None:
        a, b = first - start >> shift, after - start - 1 >> shift
        cells[a : b + 1] = bytes((code,)) * (b - a + 1)

    for first, after in _overlapping(_runs_of(machine, zone), place):
        paint(first, after, palette.IN_USE)
    for first, after in _overlapping(zip(*machine.g.reserved_runs, strict=True), place):
        paint(first, after, palette.RESERVED)
    for pfn, order, code in chain(_free_and_waiting(machine, zone), owned):
        if start <= pfn < end:
            if order == 0:
                cells[pfn - start >> shift] = code
            else:
                paint(pfn, pfn + (1 << order), code)
    for first, after, memory in _classes(machine, place):
        a, b = first - start >> shift, after - start - 1 >> shift
        cells[a : b + 1] = cells[a : b + 1].translate(_WITH_CLASS[memory])
    return bytes(cells)


def _overlapping(ranges: Iterable[tuple[int, int]], place: Section) -> Iterator[tuple[int, int]]:
    """The parts of ranges that lie in a stretch."""
    for first, end in ranges:
        first, end = max(first, place.start), min(end, place.end)
        if first < end:
            yield first, end


def _free_and_waiting(machine: Machine, zone: Any) -> Iterator[Block]:
    """What is free, the largest blocks first, then the pages in CPUs' lists: (first PFN, order, code)."""
    kinds = kinds_of_types(machine)
    for order in reversed(range(len(zone.free_area))):
        for kind, pages in zip(kinds, zone.free_area[order].free_list, strict=True):
            yield from ((pfn, order, palette.FREE + kind) for pfn in pages)
    for pset in zone.pageset:
        for kind, pages in zip(kinds, pset.lists, strict=False):
            yield from ((pfn, 0, palette.PER_CPU + kind) for pfn in pages)


def kinds_of_types(machine: Machine) -> list[int]:
    """For each migratetype of this kernel its place in words.TYPES: kernels differ in the numbers."""
    return [TYPES.index(name) for name in type_names(machine.kernel)]


# Byte tables: what a cell is when its memory is of a class; where there is no memory, nothing.
_WITH_CLASS = [
    bytes([0]) + bytes((code & ~palette.CLASS_MASK) | memory << palette.CLASS_SHIFT for code in range(1, 256))
    for memory in range(len(palette.CLASSES))
]


def _classes(machine: Machine, place: Section) -> Iterator[tuple[int, int, int]]:
    """The ranges of a zone that lie below 4 GiB, or that firmware has named mirrored."""
    for name, there in holders.by_class(machine.g).items():
        for first, end in _overlapping(there, place):
            yield first, end, palette.CLASS_CODES[name]


# -- What to do with maps ---------------------------------------------------------------------------------------


def runs(cells: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int]]:
    """Rows of equal cells as (first, cells, code)."""
    at = start
    for code, equal in groupby(cells[start:end]):
        count = sum(1 for _ in equal)
        yield at, count, code
        at += count


def downsample(cells: bytes, width: int) -> bytes:
    """A map squeezed into `width` cells, each the most frequent of those it stands for (the lower code of equals)."""
    if len(cells) <= width:
        return cells
    edges = [len(cells) * n // width for n in range(width + 1)]
    return bytes(_most_frequent(cells[a:b]) for a, b in pairwise(edges))


def _most_frequent(part: bytes) -> int:
    return max(sorted(set(part)), key=part.count)


def delta(old: bytes, new: bytes) -> bytes:
    """What turns one map into another of the same length: packed runs, for `apply` and for the browser."""
    found: list[tuple[int, int, int]] = []
    for start in range(0, len(new), _CHUNK):
        if old[start : start + _CHUNK] != new[start : start + _CHUNK]:
            for at in range(start, min(start + _CHUNK, len(new)), SMALLEST_STEP):
                before, after = old[at : at + SMALLEST_STEP], new[at : at + SMALLEST_STEP]
                if before != after:
                    found.extend(_changed_runs(before, after, at))
    return b"".join(RUN.pack(*run) for run in found)


def _changed_runs(before: bytes, after: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    changes = [code if code != was else None for was, code in zip(before, after, strict=True)]
    for code, equal in groupby(changes):
        count = sum(1 for _ in equal)
        if code is not None:
            yield at, count, code
        at += count


def apply(cells: bytes, changes: bytes) -> bytes:
    """A map with a delta put into it."""
    result = bytearray(cells)
    for at, count, code in RUN.iter_unpack(changes):
        result[at : at + count] = bytes((code,)) * count
    return bytes(result)
