"""Zones, page block types, zonelists, watermarks and the reserve: the boot half of 4.1's mm/page_alloc.c.

(A file of its own in today's Linux.) `free_area_init_nodes` and what it calls come first, then zonelists, per-CPU
figures, watermarks. Nothing here frees a page: that is nobootmem.py's.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from math import isqrt

from . import kconfig, memblock, mmzone, numa, page_alloc, printk, sparse, vmstat
from .bug import KernelBug
from .mmzone import (
    MAX_NR_ZONES,
    MAX_NUMNODES,
    MAX_ORDER_NR_PAGES,
    MIGRATE_MIRROR,
    MIGRATE_MOVABLE,
    MIGRATE_RESERVE,
    MIGRATE_TYPES,
    NR_ALLOC_BATCH,
    NR_FREE_PAGES,
    PAGE_SHIFT,
    PAGE_SIZE,
    SIZEOF_STRUCT_PAGE,
    WMARK_HIGH,
    WMARK_LOW,
    WMARK_MIN,
    ZONE_DMA,
    ZONE_DMA32,
    ZONE_MOVABLE,
    ZONE_NAMES,
    ZONE_NORMAL,
    Globals,
    MirrorInfo,
    PerCpuPageset,
    PglistData,
    Zone,
    Zonelist,
    pageblock_nr_pages,
)
from .pfn import PFN_PHYS, PFN_UP

MAX_RESERVE_BLOCKS = 2  # per zone
MAX_DMA_PFN = 1 << (24 - PAGE_SHIFT)  # 16 MiB
MAX_DMA32_PFN = 1 << (32 - PAGE_SHIFT)  # 4 GiB
sysctl_lowmem_reserve_ratio = (256, 256, 32, 32)  # by zone

# -- Mirrored ranges (the RFC's patches 02 and 04) ----------------------------------------------------------------


def add_mirror_info(g: Globals, node: int, start: int, size: int) -> None:
    """Add a range of bytes to the table of mirrored memory. The node is kept and never used (hazard 19)."""
    if len(g.mirror_info) == MAX_NUMNODES:
        # Kernel: writes past the end of the table; the model raises KernelBug.
        raise KernelBug(f"add_mirror_info: the table holds {MAX_NUMNODES} ranges and is full")
    g.mirror_info.append(MirrorInfo(node, start, size))


def print_mirror_info(g: Globals) -> None:
    """Print the table to the log."""
    printk.printk(g, "Mirror info")
    for info in g.mirror_info:
        printk.printk(g, f"  node {info.node:3}: [mem {info.start:#010x}-{info.start + info.size - 1:#010x}]")


def is_mirror_pfn(g: Globals, pfn: int) -> bool:
    """Whether a page is mirrored. Below 4 GiB none is, whatever the table says (hazard 19)."""
    addr = PFN_PHYS(pfn)
    if addr < 1 << 32:
        return False
    return any(info.start <= addr < info.start + info.size for info in g.mirror_info)


def mirror_runs(g: Globals, start_pfn: int, end_pfn: int) -> Iterator[tuple[int, int]]:
    """The runs of mirrored pages in [start_pfn, end_pfn): between the edges of the table's ranges all pages agree."""
    edges = {start_pfn, end_pfn, MAX_DMA32_PFN}
    for info in g.mirror_info:
        edges |= {PFN_UP(info.start), PFN_UP(info.start + info.size)}
    pfns = sorted(edge for edge in edges if start_pfn <= edge <= end_pfn)
    for start, end in pairwise(pfns):
        if is_mirror_pfn(g, start):
            yield start, end


# -- Where each zone begins and ends ------------------------------------------------------------------------------


def calc_memmap_size(spanned_pages: int, present_pages: int) -> int:
    """Pages that the struct pages of a zone take: of the present ones only, where there are large holes."""
    pages = spanned_pages
    if spanned_pages > present_pages + (present_pages >> 4):
        pages = present_pages
    return PFN_UP(pages * SIZEOF_STRUCT_PAGE)


def get_pfn_range_for_nid(g: Globals, nid: int) -> tuple[int, int]:
    """First PFN of a node's memory, and PFN after the last."""
    ranges = list(memblock.for_each_mem_pfn_range(g.memblock, nid))
    return ranges[0][0], ranges[-1][1]


def absent_pages_in_range(g: Globals, nid: int, start_pfn: int, end_pfn: int) -> int:
    """How many of the PFNs in [start_pfn, end_pfn) are not memory of a node."""
    absent = end_pfn - start_pfn
    for low, high, _ in memblock.for_each_mem_pfn_range(g.memblock, nid):
        absent -= max(0, min(high, end_pfn) - max(low, start_pfn))
    return absent


def adjust_zone_range_for_zone_movable(g: Globals, nid: int, zone_type: int, pfns: tuple[int, int]) -> tuple[int, int]:
    """Cut a zone's range where ZONE_MOVABLE begins on a node, if it is there at all."""
    (start_pfn, end_pfn), movable = pfns, g.zone_movable_pfn.get(nid, 0)
    if not movable:
        return pfns
    if zone_type == ZONE_MOVABLE:
        _, node_end_pfn = get_pfn_range_for_nid(g, nid)
        return movable, min(node_end_pfn, g.arch_zone_possible_pfn[g.movable_zone][1])
    if start_pfn < movable < end_pfn:
        return start_pfn, movable
    return (end_pfn if start_pfn >= movable else start_pfn), end_pfn


def zone_spanned_pages_in_node(g: Globals, nid: int, zone_type: int) -> int:
    """How many pages of a node a zone spans, holes included."""
    node_start_pfn, node_end_pfn = get_pfn_range_for_nid(g, nid)
    start_pfn, end_pfn = adjust_zone_range_for_zone_movable(g, nid, zone_type, g.arch_zone_possible_pfn[zone_type])
    if end_pfn < node_start_pfn or start_pfn > node_end_pfn:
        return 0
    return min(end_pfn, node_end_pfn) - max(start_pfn, node_start_pfn)


def zone_absent_pages_in_node(g: Globals, nid: int, zone_type: int) -> int:
    """How many of the pages a zone spans on a node are holes.

    Negative where ZONE_MOVABLE, rounded up, begins after the node's end: the zone then has pages, but spans none.
    """
    low, high = g.arch_zone_possible_pfn[zone_type]
    node_start_pfn, node_end_pfn = (min(max(pfn, low), high) for pfn in get_pfn_range_for_nid(g, nid))
    pfns = adjust_zone_range_for_zone_movable(g, nid, zone_type, (node_start_pfn, node_end_pfn))
    return absent_pages_in_range(g, nid, *pfns)


def kernelcore_in_node(g: Globals, nid: int, wanted: int, usable_startpfn: int) -> int:
    """Walk a node's memory upwards until `wanted` pages are the kernel's; returns how many it found.

    What lies below `usable_startpfn` is the kernel's in any case. ZONE_MOVABLE will start where the walk ends.
    """
    got = 0
    for start, end, _ in memblock.for_each_mem_pfn_range(g.memblock, nid):
        start = max(start, g.zone_movable_pfn.get(nid, 0))
        if start >= end:
            continue
        if start < usable_startpfn:
            got += min(end, usable_startpfn) - start
            if end <= usable_startpfn:
                g.zone_movable_pfn[nid] = end  # not to be counted again in the next round
                continue
            start = usable_startpfn
        size_pages = min(end - start, max(0, wanted - got))
        g.zone_movable_pfn[nid] = start + size_pages
        got += size_pages
        if got >= wanted:
            break
    return got


def find_zone_movable_pfns_for_nodes(g: Globals) -> None:
    """Find where ZONE_MOVABLE starts on each node, so that `kernelcore=` pages stay outside, spread evenly.

    Whether memory is mirrored plays no part in it (hazard 17).
    """
    populated = [zone for zone, (low, high) in enumerate(g.arch_zone_possible_pfn) if low < high]
    g.movable_zone = max(populated)
    g.zone_movable_pfn = {}
    required = g.required_kernelcore
    if not required:
        return
    usable_startpfn = g.arch_zone_possible_pfn[g.movable_zone][0]
    nodes = numa.online_nodes(g)
    usable_nodes = len(nodes)
    while True:
        share = required // usable_nodes
        for nid in nodes:
            if required < share:
                share = required // usable_nodes
            required -= min(required, kernelcore_in_node(g, nid, share, usable_startpfn))
        usable_nodes -= 1  # the others have to give what small nodes could not
        if not usable_nodes or required <= usable_nodes:
            break
    for nid, pfn in g.zone_movable_pfn.items():
        g.zone_movable_pfn[nid] = -(-pfn // MAX_ORDER_NR_PAGES) * MAX_ORDER_NR_PAGES


def free_area_init_nodes(g: Globals, max_zone_pfn: list[int]) -> None:
    """Make every node's zones, given the PFN at which each zone ends; prints them to the log."""
    low = min(start for start, _, _ in memblock.for_each_mem_pfn_range(g.memblock))
    for zone_type, high in enumerate(max_zone_pfn):
        if zone_type > ZONE_DMA:  # which ends where it does, even below the first page of memory
            high = max(low, high)
        g.arch_zone_possible_pfn[zone_type] = (low, high)
        low = high
    find_zone_movable_pfns_for_nodes(g)
    print_zone_ranges(g)
    g.spanned_zones = []
    for nid in numa.online_nodes(g):
        start_pfn, end_pfn = get_pfn_range_for_nid(g, nid)
        printk.printk(g, f"Initmem setup node {nid} [mem {PFN_PHYS(start_pfn):#018x}-{PFN_PHYS(end_pfn) - 1:#018x}]")
        zones = free_area_init_core(g, nid)
        # Kernel: also keeps zones without present pages and skips them everywhere; the model leaves them out.
        g.node_data[nid] = PglistData(nid, [zone for zone in zones if zone.present_pages], [])
        g.spanned_zones += [zone for zone in zones if zone.spanned_pages]


def print_zone_ranges(g: Globals) -> None:
    """Print zones, mirrored ranges (the RFC's patch 02) and nodes to the log."""
    printk.printk(g, "Zone ranges:")
    for zone_type in (ZONE_DMA, ZONE_DMA32, ZONE_NORMAL):
        low, high = (PFN_PHYS(pfn) for pfn in g.arch_zone_possible_pfn[zone_type])
        where = f"[mem {low:#018x}-{high - 1:#018x}]" if low != high else "empty"
        printk.printk(g, f"  {ZONE_NAMES[zone_type]:<8} {where}")
    printk.printk(g, "Movable zone start for each node")
    for nid, pfn in sorted(g.zone_movable_pfn.items()):
        printk.printk(g, f"  Node {nid}: {PFN_PHYS(pfn):#018x}")
    if kconfig.MEMORY_MIRROR:
        print_mirror_info(g)
    printk.printk(g, "Early memory node ranges")
    for start_pfn, end_pfn, nid in memblock.for_each_mem_pfn_range(g.memblock):
        printk.printk(g, f"  node {nid:3}: [mem {PFN_PHYS(start_pfn):#018x}-{PFN_PHYS(end_pfn) - 1:#018x}]")


def free_area_init_core(g: Globals, nid: int) -> list[Zone]:
    """Make one node's zones, one after the other from where its memory begins, and guess their managed pages."""
    zones: list[Zone] = []
    for zone_type in range(MAX_NR_ZONES):
        size = zone_spanned_pages_in_node(g, nid, zone_type)
        zones.append(Zone(g, nid, zone_type, ZONE_NAMES[zone_type], 0, size))
        zones[-1].present_pages = size - zone_absent_pages_in_node(g, nid, zone_type)
    printk.printk(g, f"On node {nid} totalpages: {sum(zone.present_pages for zone in zones)}")
    zone_start_pfn, _ = get_pfn_range_for_nid(g, nid)
    for zone in zones:
        zone.managed_pages = guess_managed_pages(zone)
        zone_pcp_init(zone)
        vmstat.__mod_zone_page_state(zone, NR_ALLOC_BATCH, zone.managed_pages)
        if zone.spanned_pages:
            zone.zone_start_pfn = zone_start_pfn
            zone_start_pfn += zone.spanned_pages
    return zones


def guess_managed_pages(zone: Zone) -> int:
    """The present pages of a zone without those for its struct pages and, in DMA, those reserved; prints both."""
    g, freesize = zone.g, zone.present_pages
    memmap_pages = calc_memmap_size(zone.spanned_pages, freesize)
    if freesize < memmap_pages:
        printk.printk(g, f"  {zone.name} zone: {memmap_pages} pages exceeds freesize {freesize}")
    elif memmap_pages:
        freesize -= memmap_pages
        printk.printk(g, f"  {zone.name} zone: {memmap_pages} pages used for memmap")
    if zone.idx == ZONE_DMA and freesize > g.dma_reserve:
        freesize -= g.dma_reserve
        printk.printk(g, f"  {zone.name} zone: {g.dma_reserve} pages reserved")
    return freesize


def zone_pcp_init(zone: Zone) -> None:
    """Give a zone the lists that serve until there are real ones: single pages pass straight through."""
    zone.pageset = [PerCpuPageset() for _ in zone.g.cpu_to_node]
    if zone.present_pages:
        batch = zone_batchsize(zone)
        printk.printk(zone.g, f"  {zone.name} zone: {zone.present_pages} pages, LIFO batch:{batch}")


# -- The struct pages, and the types of their blocks ----------------------------------------------------------------


def set_pageblock_range(g: Globals, start_pfn: int, end_pfn: int, migratetype: int) -> None:
    """Give all page blocks that start in [start_pfn, end_pfn) a type."""
    first, end = (-(-pfn // pageblock_nr_pages) for pfn in (start_pfn, end_pfn))
    g.pageblock_flags[first:end] = bytes([migratetype]) * (end - first)


def pages_to_init(zone: Zone) -> Iterator[tuple[int, int]]:
    """The runs of PFNs in a zone's span that have a struct page and are not another node's memory."""
    zone_end_pfn = zone.zone_start_pfn + zone.spanned_pages
    others = [run for run in memblock.for_each_mem_pfn_range(zone.g.memblock) if run[2] != zone.node]
    for start, end in sparse.present_sections(zone.g):
        start, end = max(start, zone.zone_start_pfn), min(end, zone_end_pfn)
        for low, high, _ in others:
            if low < end and start < high:
                if start < low:
                    yield start, low
                start = high
        if start < end:
            yield start, end


def memmap_init_zone(zone: Zone) -> None:
    """Set up a zone's struct pages, all of them reserved, and the types of its page blocks.

    Only the first page of a block makes the block MOVABLE. With the RFC's patch 04, any mirrored page then makes it
    MIRROR: a range that ends inside a block takes the rest of the block too (hazard 7).
    """
    g = zone.g
    for start_pfn, end_pfn in pages_to_init(zone):
        mmzone.set_page_links(g, start_pfn, end_pfn, zone)
        mmzone.SetPageReserved(g, start_pfn, end_pfn)
        set_pageblock_range(g, start_pfn, end_pfn, MIGRATE_MOVABLE)
        if kconfig.MEMORY_MIRROR:
            for start, end in mirror_runs(g, start_pfn, end_pfn):
                whole_blocks = start // pageblock_nr_pages * pageblock_nr_pages
                set_pageblock_range(g, whole_blocks, end, MIGRATE_MIRROR)


# -- Zonelists ------------------------------------------------------------------------------------------------------


def find_next_best_node(g: Globals, node: int, used: set[int], node_load: dict[int, int]) -> int | None:
    """The nearest node not used yet; of equally near ones, a following node, then the one with the least load."""
    best: tuple[int, int] | None = None
    for n in g.node_data:
        if n in used:
            continue
        val = 0 if n == node else numa.node_distance(g, node, n) + (n < node)
        val = val * len(g.node_data) * MAX_NUMNODES + (node_load.get(n, 0) if n != node else 0)
        if best is None or val < best[0]:
            best = (val, n)
    if best is None:
        return None
    used.add(best[1])
    return best[1]


def build_zonelists(g: Globals, pgdat: PglistData, node_load: dict[int, int]) -> None:
    """Put the zones in the order in which a node's requests try them: own node first, high zones before low ones."""
    load = len(g.node_data)
    used: set[int] = set()
    zones: list[Zone] = []
    local_node = prev_node = pgdat.node_id
    while (node := find_next_best_node(g, local_node, used, node_load)) is not None:
        # Else all nodes would prefer the same one of several that are equally near: let them take turns.
        if numa.node_distance(g, local_node, node) != numa.node_distance(g, local_node, prev_node):
            node_load[node] = load
        prev_node = node
        load -= 1
        zones += reversed(g.node_data[node].node_zones)
    this_node = list(reversed(pgdat.node_zones))
    pgdat.node_zonelists = [Zonelist(g, zones, set()), Zonelist(g, this_node)]


def nr_free_zone_pages(g: Globals, highest_zoneidx: int) -> int:
    """Managed pages of all zones up to an index, without what the high watermark keeps."""
    zones = (zone for zone in mmzone.for_each_zone(g) if zone.idx <= highest_zoneidx)
    return sum(max(0, zone.managed_pages - zone.watermark[WMARK_HIGH]) for zone in zones)


def build_all_zonelists(g: Globals) -> None:
    """Build every node's zonelists; machines with very little memory do without grouping by mobility."""
    node_load: dict[int, int] = {}
    for pgdat in g.node_data.values():
        build_zonelists(g, pgdat, node_load)
    g.vm_total_pages = nr_free_zone_pages(g, ZONE_MOVABLE)
    g.page_group_by_mobility_disabled = g.vm_total_pages < pageblock_nr_pages * MIGRATE_TYPES
    order = "Node" if kconfig.NUMA else "Zone"
    grouping = "off" if g.page_group_by_mobility_disabled else "on"
    printk.printk(
        g,
        f"Built {len(g.node_data)} zonelists in {order} order, mobility grouping {grouping}.  "
        f"Total pages: {g.vm_total_pages}",
    )
    if kconfig.NUMA:
        printk.printk(g, f"Policy zone: {ZONE_NAMES[policy_zone(g)]}")


def policy_zone(g: Globals) -> int:
    """The highest zone that any node has, ZONE_MOVABLE aside (mm/mempolicy.c)."""
    return max((zone.idx for zone in mmzone.for_each_zone(g) if zone.idx != ZONE_MOVABLE), default=0)


# -- Per-CPU lists, watermarks and the reserve ----------------------------------------------------------------------


def zone_batchsize(zone: Zone) -> int:
    """How many pages go to or from a CPU's lists at a time; 0 in a zone of less than 32 MiB."""
    batch = max(1, min(zone.managed_pages // 1024, 512 * 1024 // PAGE_SIZE) // 4)
    return int((1 << ((batch + batch // 2).bit_length() - 1)) - 1)  # one below a power of two


def setup_per_cpu_pageset(g: Globals) -> None:
    """Give every CPU its lists in every zone; until now, single pages went straight to the free areas."""
    for zone in mmzone.for_each_zone(g):
        batch = zone_batchsize(zone)
        zone.pageset = [PerCpuPageset(high=6 * batch, batch=max(1, batch)) for _ in g.cpu_to_node]


def mem_init_print_info(g: Globals) -> None:
    """Print how much memory there is, and how much of it is left for the allocator."""
    physpages = sum(zone.present_pages for zone in mmzone.for_each_zone(g))
    totalram = sum(zone.managed_pages for zone in mmzone.for_each_zone(g))
    free = vmstat.global_page_state(g, NR_FREE_PAGES)
    image = g.image
    printk.printk(
        g,
        f"Memory: {free << (PAGE_SHIFT - 10)}K/{physpages << (PAGE_SHIFT - 10)}K available "
        f"({image.code >> 10}K kernel code, {image.rwdata >> 10}K rwdata, {image.rodata >> 10}K rodata, "
        f"{image.init >> 10}K init, {image.bss >> 10}K bss, "
        f"{(physpages - totalram) << (PAGE_SHIFT - 10)}K reserved, 0K cma-reserved)",
    )


def pageblock_is_reserved(g: Globals, start_pfn: int, end_pfn: int) -> bool:
    """Whether any page of [start_pfn, end_pfn) was never given to the allocator."""
    starts, ends = g.reserved_runs
    run = bisect_right(ends, start_pfn)
    return run < len(starts) and starts[run] < end_pfn


def setup_zone_migrate_reserve(zone: Zone) -> None:
    """Mark up to two MOVABLE page blocks as the zone's reserve, or hand back those it no longer needs.

    The first suitable blocks are taken, so the reserve stays where it is when it is set up again.
    """
    g = zone.g
    end_pfn = zone.zone_start_pfn + zone.spanned_pages
    reserve = min(MAX_RESERVE_BLOCKS, -(-zone.watermark[WMARK_MIN] // pageblock_nr_pages))
    old_reserve = zone.nr_migrate_reserve_block
    if reserve == old_reserve:
        return
    zone.nr_migrate_reserve_block = reserve

    first = -(-zone.zone_start_pfn // pageblock_nr_pages) * pageblock_nr_pages
    for pfn in range(first, end_pfn, pageblock_nr_pages):
        owner = mmzone.page_zone(g, pfn)
        if owner is None or owner.node != zone.node:
            continue
        block_migratetype = page_alloc.get_pageblock_migratetype(g, pfn)
        if mmzone.is_migrate_mirror(block_migratetype):  # the RFC's patch 04; it changes nothing (hazard 10)
            continue
        if reserve > 0:
            if pageblock_is_reserved(g, pfn, min(pfn + pageblock_nr_pages, end_pfn)):
                continue
            if block_migratetype == MIGRATE_RESERVE:
                reserve -= 1
                continue
            if block_migratetype == MIGRATE_MOVABLE:
                retype_block(zone, pfn, MIGRATE_RESERVE)
                reserve -= 1
                continue
        elif old_reserve == 0:
            break  # there is nothing to hand back
        if block_migratetype == MIGRATE_RESERVE:
            retype_block(zone, pfn, MIGRATE_MOVABLE)


def retype_block(zone: Zone, pfn: int, migratetype: int) -> None:
    """Give a page block another type and move its free blocks to that type's lists."""
    page_alloc.set_pageblock_migratetype(zone.g, pfn, migratetype)
    page_alloc.move_freepages_block(zone, pfn, migratetype)


def setup_per_zone_wmarks(g: Globals) -> None:
    """Share `min_free_kbytes` among the zones by size, and derive from it watermarks, fair batches and reserves."""
    pages_min = g.min_free_kbytes >> (PAGE_SHIFT - 10)
    lowmem_pages = sum(zone.managed_pages for zone in mmzone.for_each_zone(g))
    for zone in mmzone.for_each_zone(g):
        share = pages_min * zone.managed_pages // lowmem_pages
        zone.watermark[:] = [share, share + (share >> 2), share + (share >> 1)]
        batch = zone.watermark[WMARK_HIGH] - zone.watermark[WMARK_LOW]
        vmstat.__mod_zone_page_state(zone, NR_ALLOC_BATCH, batch - zone.vm_stat[NR_ALLOC_BATCH])
        setup_zone_migrate_reserve(zone)


def setup_per_zone_lowmem_reserve(g: Globals) -> None:
    """Keep part of each zone from requests that could use a higher one: a share of those higher zones' pages."""
    for pgdat in g.node_data.values():
        managed = {zone.idx: zone.managed_pages for zone in pgdat.node_zones}
        for zone in pgdat.node_zones:
            pages = 0
            for idx in range(MAX_NR_ZONES):
                pages += managed.get(idx, 0) if idx > zone.idx else 0
                zone.lowmem_reserve[idx] = pages // sysctl_lowmem_reserve_ratio[zone.idx]


def setup_per_zone_inactive_ratio(g: Globals) -> None:
    """Let larger zones have relatively fewer inactive pages. (Page reclaim would use it.)"""
    for zone in mmzone.for_each_zone(g):
        gib = zone.managed_pages >> (30 - PAGE_SHIFT)
        zone.inactive_ratio = isqrt(10 * gib) if gib else 1


def init_per_zone_wmark_min(g: Globals) -> None:
    """Choose min_free_kbytes, which grows with the square root of memory, and set up all that follows from it."""
    lowmem_kbytes = nr_free_zone_pages(g, ZONE_NORMAL) * (PAGE_SIZE >> 10)
    g.min_free_kbytes = min(max(isqrt(lowmem_kbytes * 16), 128), 65536)
    setup_per_zone_wmarks(g)
    vmstat.refresh_zone_stat_thresholds(g)
    setup_per_zone_lowmem_reserve(g)
    setup_per_zone_inactive_ratio(g)
