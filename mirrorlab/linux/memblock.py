"""What memory there is and which of it is taken, before the page allocator runs: mm/memblock.c.

Two sorted lists of ranges: `memory`, and `reserved`. Addresses and sizes are bytes. Ranges of one list never overlap;
neighbours with the same node and flags become one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from . import kconfig
from .pfn import PFN_DOWN, PFN_UP

INIT_MEMBLOCK_REGIONS = 128  # what the reserved list holds without allocating a larger one
MEMBLOCK_NO_NODE = 1 << kconfig.NODES_SHIFT  # MAX_NUMNODES: not yet known, or of no interest


@dataclass(slots=True, eq=False)
class MemblockRegion:
    """A range of bytes: struct memblock_region."""

    base: int
    size: int
    nid: int = MEMBLOCK_NO_NODE
    flags: int = 0

    @property
    def end(self) -> int:
        """The first address after the range."""
        return self.base + self.size


@dataclass(eq=False)
class MemblockType:
    """One of the two lists: struct memblock_type."""

    regions: list[MemblockRegion] = field(default_factory=list)
    allocated: tuple[int, int] = (0, 0)
    """Where the list itself lies, if it had to be allocated: (address, bytes). It is freed with the bootmem."""


@dataclass(eq=False)
class Memblock:
    """All that memblock knows: struct memblock."""

    memory: MemblockType = field(default_factory=MemblockType)
    reserved: MemblockType = field(default_factory=MemblockType)


def memblock_merge_regions(type: MemblockType) -> None:
    """Merge neighbours that touch and have the same node and flags."""
    merged: list[MemblockRegion] = []
    for rgn in type.regions:
        last = merged[-1] if merged else None
        if last is not None and (last.end, last.nid, last.flags) == (rgn.base, rgn.nid, rgn.flags):
            last.size += rgn.size
        else:
            merged.append(rgn)
    type.regions = merged


def memblock_add_range(type: MemblockType, base: int, size: int, nid: int, flags: int) -> None:
    """Add a range to a list. What the list has already stays as it is, node and flags included."""
    end = base + size
    new: list[MemblockRegion] = []
    for rgn in type.regions:
        if rgn.base >= end:
            break
        if rgn.end <= base:
            continue
        if rgn.base > base:
            new.append(MemblockRegion(base, rgn.base - base, nid, flags))
        base = min(rgn.end, end)
    if base < end:
        new.append(MemblockRegion(base, end - base, nid, flags))
    type.regions = sorted([*type.regions, *new], key=lambda rgn: rgn.base)
    memblock_merge_regions(type)


def memblock_add_node(memblock: Memblock, base: int, size: int, nid: int) -> None:
    """Add memory of a known node."""
    memblock_add_range(memblock.memory, base, size, nid, 0)


def memblock_add(memblock: Memblock, base: int, size: int) -> None:
    """Add memory; its node is found out later."""
    memblock_add_range(memblock.memory, base, size, MEMBLOCK_NO_NODE, 0)


def memblock_isolate_range(type: MemblockType, base: int, size: int) -> list[MemblockRegion]:
    """Cut a list's ranges at both ends of a range; returns those inside."""
    end = base + size
    cut: list[MemblockRegion] = []
    for rgn in type.regions:
        edges = [rgn.base, *(edge for edge in (base, end) if rgn.base < edge < rgn.end), rgn.end]
        for start, stop in pairwise(edges):
            cut.append(MemblockRegion(start, stop - start, rgn.nid, rgn.flags))
    type.regions = cut
    return [rgn for rgn in cut if base <= rgn.base < end]


def memblock_reserve(memblock: Memblock, base: int, size: int) -> None:
    """Reserve a range, whether it is memory or not."""
    memblock_add_range(memblock.reserved, base, size, MEMBLOCK_NO_NODE, 0)


def memblock_trim_memory(memblock: Memblock, align: int) -> None:
    """Cut both ends of each range of memory to multiples of `align` bytes."""
    trimmed: list[MemblockRegion] = []
    for rgn in memblock.memory.regions:
        start, end = -(-rgn.base // align) * align, rgn.end // align * align
        if start < end:
            trimmed.append(MemblockRegion(start, end - start, rgn.nid, rgn.flags))
    memblock.memory.regions = trimmed


def memblock_set_node(type: MemblockType, base: int, size: int, nid: int) -> None:
    """Set the node of those parts of a list that lie in a range."""
    for rgn in memblock_isolate_range(type, base, size):
        rgn.nid = nid
    memblock_merge_regions(type)


def for_each_free_mem_range(memblock: Memblock) -> Iterator[tuple[int, int]]:
    """The memory that is not reserved, ascending, as (first byte, byte after the last)."""
    reserved = memblock.reserved.regions
    position = 0
    for m in memblock.memory.regions:
        start = m.base
        while position < len(reserved) and reserved[position].end <= start:
            position += 1
        for r in reserved[position:]:
            if r.base >= m.end:
                break
            if start < r.base:
                yield start, r.base
            start = max(start, r.end)
        if start < m.end:
            yield start, m.end


def for_each_mem_pfn_range(memblock: Memblock, nid: int = MEMBLOCK_NO_NODE) -> Iterator[tuple[int, int, int]]:
    """The whole pages of memory, of one node or of all, as (first PFN, PFN after the last, node)."""
    for rgn in memblock.memory.regions:
        start_pfn, end_pfn = PFN_UP(rgn.base), PFN_DOWN(rgn.end)
        if start_pfn < end_pfn and nid in (MEMBLOCK_NO_NODE, rgn.nid):
            yield start_pfn, end_pfn, rgn.nid
