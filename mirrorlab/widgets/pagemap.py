"""Memory as a map: one byte a page, zone after zone, the codes as in palette.py. No package is needed.

A large machine's map has a byte for 2, 4, 8, ... pages. It then shows what is most worth seeing among them: an
allocated block before a page in a CPU's list, that before a free block, a small free block before a larger one.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple, TypeVar

from mirrorlab.machine import Machine, holders
from mirrorlab.widgets import palette
from mirrorlab.words import TYPES, type_names

LIMIT = 1 << 20  # cells of a map
RUN = struct.Struct("<IIB")  # of a delta: first cell, cells, code
SMALLEST_STEP = 256  # cells; how finely two maps are compared at first
LARGE_HOLE = 4096  # pages; one that is larger is left out of the map
_CHUNK = 1 << 16

Code = TypeVar("Code", int, int | None)
Ranges = Iterable[tuple[int, int]]  # first PFN, PFN after the last


class Section(NamedTuple):
    """Where a stretch of a zone's memory is in a map. A zone with a large hole in it has several."""

    zone: Any  # one of machine.zones
    start: int  # its first PFN
    end: int  # the PFN after its last; there may be small holes before it
    at: int  # the index of its first cell
    cells: int


def sections(machine: Machine, limit: int = LIMIT) -> tuple[int, list[Section]]:
    """A map of a machine in at most `limit` cells: a cell stands for 2**shift pages; and its sections, zone by zone."""
    return laid_out([(zone, *stretch) for zone in machine.zones for stretch in _stretches(machine, zone)], limit)


def laid_out(stretches: Sequence[tuple[Any, int, int]], limit: int) -> tuple[int, list[Section]]:
    """The same for any stretches of memory: (zone, first PFN, PFN after the last)."""
    shift = 0
    while sum(_cells(end - start, shift) for _, start, end in stretches) > limit:
        shift += 1
    found, at = [], 0
    for zone, start, end in stretches:
        found.append(Section(zone, start, end, at, _cells(end - start, shift)))
        at += found[-1].cells
    return shift, found


def _cells(pages: int, shift: int) -> int:
    """How many cells a stretch takes; its last may stand for fewer pages."""
    return (pages - 1 >> shift) + 1


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


class Canvas:
    """A part of a map to be painted: the pages [start, end), a cell for 2**shift of them."""

    def __init__(self, start: int, end: int, shift: int) -> None:
        self.start, self.end, self.shift = start, end, shift
        self.cells = bytearray(_cells(end - start, shift))

    def paint(self, ranges: Ranges, code: int) -> None:
        """Give the pages in some ranges a code."""
        for a, b in self._parts(ranges):
            self.cells[a:b] = bytes((code,)) * (b - a)

    def paint_blocks(self, pages: Iterable[int], order: int, code: int) -> None:
        """Give blocks a code, by their first pages. There are thousands, and none that is here only in part."""
        cells, start, end, shift, last = self.cells, self.start, self.end, self.shift, (1 << order) - 1
        for pfn in pages:
            if start <= pfn < end:
                a, b = pfn - start >> shift, (pfn + last - start >> shift) + 1
                if b - a == 1:
                    cells[a] = code
                else:
                    cells[a:b] = bytes((code,)) * (b - a)

    def classify(self, ranges: Ranges, memory: int) -> None:
        """Say of which class the memory in some ranges is; where there is none, nothing."""
        for a, b in self._parts(ranges):
            self.cells[a:b] = self.cells[a:b].translate(_WITH_CLASS[memory])

    def _parts(self, ranges: Ranges) -> Iterator[tuple[int, int]]:
        start, end, shift = self.start, self.end, self.shift
        for first, after in ranges:
            if first < end and after > start:
                yield max(first, start) - start >> shift, (min(after, end) - start - 1 >> shift) + 1


_WITH_CLASS = [  # byte tables: what a cell is when its memory is of a class
    bytes([0]) + bytes((code & ~palette.CLASS_MASK) | memory << palette.CLASS_SHIFT for code in range(1, 256))
    for memory in range(len(palette.CLASSES))
]


def page_map(machine: Machine, groups: Mapping[int, int] | None = None, limit: int = LIMIT) -> bytes:
    """The map of all zones. groups: first PFN of an allocated block -> its owner's group, 0 to 3."""
    groups = groups or {}
    owned: dict[tuple[int, int], list[int]] = {}  # (order, code) -> first pages
    for pfn, owner in machine.owners.items():
        code = palette.ALLOCATED | groups.get(pfn, 0) << palette.GROUP_SHIFT
        owned.setdefault((owner.order, code), []).append(pfn)
    classes = [(palette.CLASS_CODES[name], there) for name, there in holders.by_class(machine.g).items()]
    kinds = kinds_of_types(machine)
    shift, places = sections(machine, limit)
    cells = b""
    for place in places:
        canvas = Canvas(place.start, place.end, shift)
        canvas.paint(_runs_of(machine, place.zone), palette.IN_USE)
        canvas.paint(zip(*machine.g.reserved_runs, strict=True), palette.RESERVED)
        for order in reversed(range(len(place.zone.free_area))):
            for kind, pages in zip(kinds, place.zone.free_area[order].free_list, strict=True):
                canvas.paint_blocks(pages, order, palette.FREE + kind)
        for code, pages in waiting(machine, place.zone):
            canvas.paint_blocks(pages, 0, code)
        for (order, code), pages in owned.items():
            canvas.paint_blocks(pages, order, code)
        for memory, there in classes:
            canvas.classify(there, memory)
        cells += canvas.cells
    return cells


def waiting(machine: Machine, zone: Any) -> Iterator[tuple[int, Iterable[int]]]:
    """The pages in CPUs' lists: (code, pages)."""
    for pset in zone.pageset:
        for kind, pages in zip(kinds_of_types(machine), pset.lists, strict=False):
            yield palette.PER_CPU + kind, pages


def kinds_of_types(machine: Machine) -> list[int]:
    """For each migratetype of this kernel its place in words.TYPES: kernels differ in the numbers."""
    return [TYPES.index(name) for name in type_names(machine.kernel)]


# -- What to do with maps ---------------------------------------------------------------------------------------


def runs(cells: Iterable[Code]) -> Iterator[tuple[int, int, Code]]:
    """Rows of equal cells as (first, cells, code)."""
    at = 0
    for code, equal in groupby(cells):
        count = sum(1 for _ in equal)
        yield at, count, code
        at += count


def downsample(cells: bytes, width: int) -> bytes:
    """A map squeezed into `width` cells, each the most frequent of those it stands for (the lower code of equals)."""
    if len(cells) <= width:
        return cells
    edges = [len(cells) * n // width for n in range(width + 1)]
    parts = [cells[a:b] for a, b in pairwise(edges)]
    return bytes(max(sorted(set(part)), key=part.count) for part in parts)


def delta(old: bytes, new: bytes) -> bytes:
    """What turns one map into another of the same length: packed runs, for the browser."""
    found: list[tuple[int, int, int]] = []
    for start in range(0, len(new), _CHUNK):
        if old[start : start + _CHUNK] != new[start : start + _CHUNK]:
            for at in range(start, min(start + _CHUNK, len(new)), SMALLEST_STEP):
                before, after = old[at : at + SMALLEST_STEP], new[at : at + SMALLEST_STEP]
                if before != after:
                    changed = [code if code != was else None for was, code in zip(before, after, strict=True)]
                    found += [(at + first, count, code) for first, count, code in runs(changed) if code is not None]
    return b"".join(RUN.pack(*run) for run in found)
