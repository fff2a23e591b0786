"""Zones, free areas, per-CPU lists and zonelists: include/linux/mmzone.h.

A page is its page frame number (PFN), an int: its byte address divided by 4096. A free block of order n is
2**n pages and is named by its first PFN.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import kconfig
from .bootparam import E820Entry, KernelImage
from .list import ListHead
from .memblock import Memblock
from .pfn import PAGE_SHIFT as PAGE_SHIFT
from .pfn import PAGE_SIZE as PAGE_SIZE

MAX_ORDER = kconfig.FORCE_MAX_ZONEORDER
MAX_ORDER_NR_PAGES = 1 << (MAX_ORDER - 1)
PAGE_ALLOC_COSTLY_ORDER = 3

HUGETLB_PAGE_ORDER = 9
pageblock_order = min(HUGETLB_PAGE_ORDER, MAX_ORDER - 1) if kconfig.HUGETLB_PAGE else MAX_ORDER - 1
pageblock_nr_pages = 1 << pageblock_order

MAX_NUMNODES = 1 << kconfig.NODES_SHIFT

SECTION_SIZE_BITS = 27  # whether struct pages exist is known per section of 128 MiB (CONFIG_SPARSEMEM)
PAGES_PER_SECTION = 1 << (SECTION_SIZE_BITS - PAGE_SHIFT)
SIZEOF_STRUCT_PAGE = 64 if kconfig.SLAB_ALLOCATOR == "SLUB" else 56  # SLUB wants it aligned

# Migratetypes: what a page block is used for, so that pages of one kind stay together.
MIGRATE_UNMOVABLE = 0
MIGRATE_RECLAIMABLE = 1
MIGRATE_MOVABLE = 2
MIGRATE_MIRROR = 3 if kconfig.MEMORY_MIRROR else -1  # the RFC's patch 03; -1: no page has it
MIGRATE_PCPTYPES = 4 if kconfig.MEMORY_MIRROR else 3  # the types below this have per-CPU lists
MIGRATE_RESERVE = MIGRATE_PCPTYPES
MIGRATE_ISOLATE = MIGRATE_RESERVE + 1 if kconfig.MEMORY_ISOLATION else -1
MIGRATE_TYPES = MIGRATE_RESERVE + (2 if kconfig.MEMORY_ISOLATION else 1)

HAS_MIGRATETYPE = {  # by the names in /proc/pagetypeinfo
    "Unmovable": True,
    "Reclaimable": True,
    "Movable": True,
    "Mirror": kconfig.MEMORY_MIRROR,
    "Reserve": True,
    "Isolate": kconfig.MEMORY_ISOLATION,
}
MIGRATETYPE_NAMES = tuple(name for name, exists in HAS_MIGRATETYPE.items() if exists)

ZONE_DMA = 0  # below 16 MiB
ZONE_DMA32 = 1  # below 4 GiB
ZONE_NORMAL = 2
ZONE_MOVABLE = 3  # empty unless kernelcore= is given
MAX_NR_ZONES = 4
ZONE_NAMES = ("DMA", "DMA32", "Normal", "Movable")

WMARK_MIN = 0
WMARK_LOW = 1
WMARK_HIGH = 2
NR_WMARK = 3

NUMA_STAT_ITEMS = "NUMA_HIT NUMA_MISS NUMA_FOREIGN NUMA_INTERLEAVE_HIT NUMA_LOCAL NUMA_OTHER " if kconfig.NUMA else ""

# enum zone_stat_item, in the kernel's order: the order of the lines in /proc/vmstat.
ZONE_STAT_ITEMS = (
    "NR_FREE_PAGES NR_ALLOC_BATCH NR_INACTIVE_ANON NR_ACTIVE_ANON NR_INACTIVE_FILE NR_ACTIVE_FILE NR_UNEVICTABLE "
    "NR_MLOCK NR_ANON_PAGES NR_FILE_MAPPED NR_FILE_PAGES NR_FILE_DIRTY NR_WRITEBACK NR_SLAB_RECLAIMABLE "
    "NR_SLAB_UNRECLAIMABLE NR_PAGETABLE NR_KERNEL_STACK NR_UNSTABLE_NFS NR_BOUNCE NR_VMSCAN_WRITE "
    "NR_VMSCAN_IMMEDIATE NR_WRITEBACK_TEMP NR_ISOLATED_ANON NR_ISOLATED_FILE NR_SHMEM NR_DIRTIED NR_WRITTEN "
    f"NR_PAGES_SCANNED {NUMA_STAT_ITEMS}WORKINGSET_REFAULT WORKINGSET_ACTIVATE WORKINGSET_NODERECLAIM "
    "NR_ANON_TRANSPARENT_HUGEPAGES NR_FREE_CMA_PAGES"
).split() + (["NR_FREE_MIRROR_PAGES"] if kconfig.MEMORY_MIRROR else [])
NR_VM_ZONE_STAT_ITEMS = len(ZONE_STAT_ITEMS)
NR_FREE_PAGES = ZONE_STAT_ITEMS.index("NR_FREE_PAGES")
NR_ALLOC_BATCH = ZONE_STAT_ITEMS.index("NR_ALLOC_BATCH")
NR_SLAB_RECLAIMABLE = ZONE_STAT_ITEMS.index("NR_SLAB_RECLAIMABLE")
NR_SLAB_UNRECLAIMABLE = ZONE_STAT_ITEMS.index("NR_SLAB_UNRECLAIMABLE")
NR_PAGES_SCANNED = ZONE_STAT_ITEMS.index("NR_PAGES_SCANNED")
NUMA_HIT = ZONE_STAT_ITEMS.index("NUMA_HIT") if kconfig.NUMA else -1
NUMA_MISS = ZONE_STAT_ITEMS.index("NUMA_MISS") if kconfig.NUMA else -1
NUMA_FOREIGN = ZONE_STAT_ITEMS.index("NUMA_FOREIGN") if kconfig.NUMA else -1
NUMA_LOCAL = ZONE_STAT_ITEMS.index("NUMA_LOCAL") if kconfig.NUMA else -1
NUMA_OTHER = ZONE_STAT_ITEMS.index("NUMA_OTHER") if kconfig.NUMA else -1
NR_FREE_MIRROR_PAGES = NR_VM_ZONE_STAT_ITEMS - 1 if kconfig.MEMORY_MIRROR else -1

ZONE_FAIR_DEPLETED = 1 << 5  # bit of zone->flags: the zone's fair share (NR_ALLOC_BATCH) is used up

NO_PAGEBLOCK = 0xFF  # stands where no struct page exists


@dataclass(slots=True, eq=False)
class FreeArea:
    """The free blocks of one order in one zone: struct free_area."""

    free_list: list[ListHead] = field(default_factory=lambda: [ListHead() for _ in range(MIGRATE_TYPES)])
    """One list of first PFNs per migratetype."""
    buddy: dict[int, int] = field(default_factory=dict)
    """First PFN of each free block of this order -> the migratetype of the list it is on (PageBuddy)."""
    nr_free: int = 0
    """Free blocks of this order, all types together."""


@dataclass(slots=True, eq=False)
class PerCpuPageset:
    """One CPU's stock of single pages in one zone, and its share of the counters: struct per_cpu_pageset."""

    count: int = 0
    """Pages in the lists."""
    high: int = 0
    """When `count` reaches this, `batch` pages go back."""
    batch: int = 1
    """Pages moved to or from the free areas at a time."""
    lists: list[ListHead] = field(default_factory=lambda: [ListHead() for _ in range(MIGRATE_PCPTYPES)])
    stat_threshold: int = 0
    """A difference beyond this moves to the zone's counter."""
    vm_stat_diff: list[int] = field(default_factory=lambda: [0] * NR_VM_ZONE_STAT_ITEMS)
    """What this CPU has not yet added to each of the zone's counters."""


@dataclass(slots=True, eq=False, repr=False)
class Zone:
    """A range of one node's memory with free lists and watermarks of its own: struct zone."""

    g: "Globals"
    node: int
    idx: int
    name: str
    zone_start_pfn: int
    spanned_pages: int
    """The zone is [zone_start_pfn, zone_start_pfn + spanned_pages), holes included."""
    present_pages: int = 0
    """Spanned pages without the holes."""
    managed_pages: int = 0
    """Present pages without those reserved at boot."""
    watermark: list[int] = field(default_factory=lambda: [0] * NR_WMARK)
    """Pages: [min, low, high]."""
    lowmem_reserve: list[int] = field(default_factory=lambda: [0] * MAX_NR_ZONES)
    """Pages kept from requests that could use a higher zone, by that zone's index."""
    percpu_drift_mark: int = 0
    inactive_ratio: int = 1
    """Active pages for each inactive one, at most."""
    nr_migrate_reserve_block: int = 0
    """How many page blocks were to become MIGRATE_RESERVE."""
    flags: int = 0
    pageset: list[PerCpuPageset] = field(default_factory=list)
    """One per CPU."""
    free_area: list[FreeArea] = field(default_factory=lambda: [FreeArea() for _ in range(MAX_ORDER)])
    """One per order."""
    vm_stat: list[int] = field(default_factory=lambda: [0] * NR_VM_ZONE_STAT_ITEMS)
    """The zone's counters, without what the CPUs still hold in `vm_stat_diff`."""
    freepage_migratetype: dict[int, int] = field(default_factory=dict)
    """The migratetype that a free page remembers while it is off the free areas (page->index)."""

    def __repr__(self) -> str:
        return f"<zone {self.name} of node {self.node}>"


@dataclass(slots=True, eq=False, repr=False)
class Zonelist:
    """The zones a node's requests try, in order: struct zonelist, with its cache of full zones."""

    g: "Globals"
    zones: list[Zone]
    fullzones: set[int] | None = None
    """Positions in `zones` found full not long ago; None: this list has no such cache."""


@dataclass(slots=True, eq=False)
class PglistData:
    """A NUMA node: pg_data_t."""

    node_id: int
    node_zones: list[Zone]
    """Its zones that have pages, ascending."""
    node_zonelists: list[Zonelist]
    """[0]: this node, then the others; [1]: this node only."""


@dataclass(slots=True)
class MirrorInfo:
    """One entry of the RFC's table of mirrored ranges: struct mirror_info (patch 02)."""

    node: int
    start: int
    """Byte address."""
    size: int
    """Bytes."""


@dataclass(slots=True, eq=False)
class Globals:
    """What the C code keeps in global variables, so that every machine has its own."""

    node_data: dict[int, PglistData] = field(default_factory=dict)
    cpu_to_node: list[int] = field(default_factory=lambda: [0])
    cpu: int = 0
    """The CPU that runs: smp_processor_id()."""
    rt_task: bool = False
    """Whether the running task is a real-time task."""
    sysctl_mirrorable: int = 0
    mirror_info: list[MirrorInfo] = field(default_factory=list)
    min_free_kbytes: int = 1024
    user_min_free_kbytes: int = -1
    page_group_by_mobility_disabled: bool = False
    gfp_allowed_mask: int = -1
    pageblock_flags: bytearray = field(default_factory=bytearray)
    """The migratetype of each page block from PFN 0 on; NO_PAGEBLOCK where there is none."""
    zone_runs: tuple[list[int], list[Zone | None]] = field(default_factory=lambda: ([], []))
    """Ascending PFNs, and the zone of the pages from each to the next (None: no page)."""
    reserved_runs: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))
    """First PFN, and PFN after the last, of each range of reserved pages, ascending."""
    oom_report: Any = None
    """The last request that would have had to reclaim memory: an oom_kill.OomReport."""
    slabs: Any = None
    """What the object allocator keeps: a slab_common.SlabState; None: it has not been set up (kmem_cache_init)."""
    trace: list[tuple[Any, ...]] | None = None
    """Where trace events are appended, as mirrorlab/events.py names them; None: tracing is off."""

    # Known to boot only; a machine taken from a recording has none of it.
    log: list[str] = field(default_factory=list)
    """What the kernel has printed, line by line."""
    saved_command_line: str = ""
    e820: list[E820Entry] = field(default_factory=list)
    memblock: Memblock = field(default_factory=Memblock)
    numa_distance: list[list[int]] = field(default_factory=list)
    image: KernelImage = field(default_factory=KernelImage)
    max_pfn: int = 0
    """The PFN after the last page of memory."""
    dma_reserve: int = 0
    """Pages of ZONE_DMA that were taken before the zones were sized."""
    required_kernelcore: int = 0
    """Pages, from `kernelcore=`; 0: no ZONE_MOVABLE."""
    arch_zone_possible_pfn: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)] * MAX_NR_ZONES)
    """First PFN, and PFN after the last, that each zone may have on any node."""
    zone_movable_pfn: dict[int, int] = field(default_factory=dict)
    """Node -> where its ZONE_MOVABLE starts."""
    spanned_zones: list[Zone] = field(default_factory=list)
    """All zones, those without a page of memory included."""
    vm_total_pages: int = 0
    """Managed pages, as guessed before bootmem is freed."""
    movable_zone: int = ZONE_NORMAL
    """The zone that ZONE_MOVABLE is cut from."""


def for_each_zone(g: Globals) -> Iterator[Zone]:
    """Every zone with pages, node by node, ascending."""
    for pgdat in g.node_data.values():
        yield from pgdat.node_zones


def page_zone(g: Globals, pfn: int) -> Zone | None:
    """The zone a page belongs to, or None for a PFN without a page."""
    starts, zones = g.zone_runs
    run = bisect_right(starts, pfn) - 1
    return zones[run] if run >= 0 else None


def set_page_links(g: Globals, start_pfn: int, end_pfn: int, zone: Zone) -> None:
    """Assign the pages in [start_pfn, end_pfn) to a zone, even if they belonged to another."""
    starts, zones = g.zone_runs
    if not starts:
        starts.append(0)
        zones.append(None)
    after = zones[bisect_right(starts, end_pfn) - 1]
    first, last = bisect_left(starts, start_pfn), bisect_right(starts, end_pfn)
    starts[first:last] = [start_pfn, end_pfn]
    zones[first:last] = [zone, after]


def SetPageReserved(g: Globals, start_pfn: int, end_pfn: int) -> None:
    """Mark the pages in [start_pfn, end_pfn) as not given to the allocator."""
    starts, ends = g.reserved_runs
    first, last = bisect_left(ends, start_pfn), bisect_right(starts, end_pfn)
    if first < last:
        start_pfn, end_pfn = min(start_pfn, starts[first]), max(end_pfn, ends[last - 1])
    starts[first:last] = [start_pfn]
    ends[first:last] = [end_pfn]


def ClearPageReserved(g: Globals, start_pfn: int, end_pfn: int) -> None:
    """Mark the pages in [start_pfn, end_pfn) as the allocator's."""
    starts, ends = g.reserved_runs
    first, last = bisect_right(ends, start_pfn), bisect_left(starts, end_pfn)
    if first >= last:
        return
    left = [(starts[first], start_pfn), (end_pfn, ends[last - 1])]
    kept = [(start, end) for start, end in left if start < end]
    starts[first:last] = [start for start, _ in kept]
    ends[first:last] = [end for _, end in kept]


def PageReserved(g: Globals, pfn: int) -> bool:
    """Whether a page was never given to the allocator (kernel image, firmware, holes with a struct page)."""
    starts, ends = g.reserved_runs
    run = bisect_right(starts, pfn) - 1
    return run >= 0 and pfn < ends[run]


def zone_spans_pfn(zone: Zone, pfn: int) -> bool:
    """Whether a PFN lies between a zone's first and last page."""
    return zone.zone_start_pfn <= pfn < zone.zone_start_pfn + zone.spanned_pages


def is_migrate_mirror(migratetype: int) -> bool:
    """Whether a migratetype is the RFC's MIRROR."""
    return migratetype == MIGRATE_MIRROR
