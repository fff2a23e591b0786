"""Machines made by hand, small enough to hold in one's head: for lessons, exercises, tests and benchmarks."""

from collections.abc import Iterable, Iterator
from typing import Any

from mirrorlab import linux
from mirrorlab.linux.mmzone import Globals, Zone
from mirrorlab.machine.machine import Machine

LARGEST_BLOCK = 1024  # pages, in Linux


def toy(
    pages: int = 64,
    *,
    first: int = 0,
    mirrored: Iterable[tuple[int, int]] = (),
    grouping: bool = True,
    marks: tuple[int, int, int] = (0, 0, 0),
    stock: tuple[int, int] = (0, 1),
    cpus: int = 1,
    dma32: int = 0,
    movable: int = 0,
    node1: int = 0,
    lowmem_reserve: int = 0,
    hole: tuple[int, int] = (0, 0),
    kernel: linux.Kernel | None = None,
) -> Machine:
    """A machine with a Normal zone of `pages` pages, all free and Movable. They count as memory above 4 GiB.

    first: the PFN of its first page, a multiple of 1,024 (the pages of the largest block).
    mirrored: the ranges that the firmware names mirrored, as (first PFN, pages); each page block they touch is Mirror.
    grouping: False: the kernel does not group pages by migratetype (as on very small machines).
    marks: the watermarks (min, low, high) of each zone, in pages.
    stock: (high, batch) of each CPU's lists in each zone; as it is, single pages pass straight through.
    cpus: how many; with two nodes, the second half of them belongs to node 1.
    dma32, movable, node1: pages of a zone DMA32 before the Normal zone ("below 4 GiB"), of a zone Movable after it,
        and of a Normal zone on a second node. Each begins at the next multiple of 1,024.
    lowmem_reserve: pages that each zone keeps from requests that could use a higher zone.
    hole: (first PFN, pages) of addresses without memory. The zone spans them, but they are not among its pages.
    kernel: a loaded kernel; None: the one of the recordings.

    Raises ValueError for a machine that cannot exist.
    """
    _check(pages, first, marks, stock, cpus)
    kernel = kernel or linux.load()
    mmzone = kernel.mmzone
    g = mmzone.Globals(cpu_to_node=[2 * cpu // cpus if node1 else 0 for cpu in range(cpus)], min_free_kbytes=0)
    zones = ((0, mmzone.ZONE_DMA32, dma32), (0, mmzone.ZONE_NORMAL, pages), (0, mmzone.ZONE_MOVABLE, movable))
    for node, idx, size in (*zones, (1, mmzone.ZONE_NORMAL, node1)):
        if size:
            zone = _add_zone(kernel, g, node, idx, first, size)
            zone.watermark = list(marks)
            zone.lowmem_reserve = [lowmem_reserve if higher > idx else 0 for higher in range(mmzone.MAX_NR_ZONES)]
            zone.pageset = [mmzone.PerCpuPageset(high=stock[0], batch=stock[1]) for _ in range(cpus)]
            first += -(-size // LARGEST_BLOCK) * LARGEST_BLOCK
    for pgdat in g.node_data.values():
        kernel.mm_init.build_zonelists(g, pgdat, {})
    for start, count in mirrored:
        _name_mirrored(kernel, g, start, count)
    for zone in mmzone.for_each_zone(g):
        _free_all(kernel, zone, *hole)
    g.page_group_by_mobility_disabled = not grouping
    return Machine(kernel, g, "toy")


def _check(pages: int, first: int, marks: tuple[int, int, int], stock: tuple[int, int], cpus: int) -> None:
    if first % LARGEST_BLOCK:
        raise ValueError(f"a toy begins at a multiple of {LARGEST_BLOCK:,} pages, not at {first:,}")
    if pages < 1 or cpus < 1:
        raise ValueError(f"a toy has at least one page and one CPU, not {pages:,} and {cpus}")
    if not 0 <= marks[0] <= marks[1] <= marks[2]:
        raise ValueError(f"marks are (min, low, high), each at least as high as the one before it, not {marks}")
    if not 1 <= stock[1] <= max(stock[0], 1):
        raise ValueError(f"a stock is (high, batch), with a batch from 1 page to high pages, not {stock}")


def _add_zone(kernel: linux.Kernel, g: Globals, node: int, idx: int, start: int, pages: int) -> Any:
    """A zone of Movable page blocks, behind those there are."""
    mmzone = kernel.mmzone
    name = mmzone.ZONE_NAMES[idx]
    zone = mmzone.Zone(g, node, idx, name, start, pages, present_pages=pages, managed_pages=pages)
    g.node_data.setdefault(node, mmzone.PglistData(node, [], [])).node_zones.append(zone)
    if idx == mmzone.ZONE_NORMAL and not node:  # from here on memory counts as above 4 GiB, see holders.py
        g.arch_zone_possible_pfn[idx] = (start, start + pages)
    mmzone.set_page_links(g, start, start + pages, zone)
    g.pageblock_flags += bytes([mmzone.NO_PAGEBLOCK]) * ((start >> mmzone.pageblock_order) - len(g.pageblock_flags))
    kernel.mm_init.set_pageblock_range(g, start, start + pages, mmzone.MIGRATE_MOVABLE)
    return zone


def _name_mirrored(kernel: linux.Kernel, g: Globals, start: int, pages: int) -> None:
    """Let the firmware name a range of pages mirrored; as at boot, nothing below 4 GiB becomes Mirror."""
    mmzone = kernel.mmzone
    zone = mmzone.page_zone(g, start)
    if zone is None or not 0 < pages <= zone.zone_start_pfn + zone.spanned_pages - start:
        raise ValueError(f"no zone of this toy holds the {pages:,} pages from {start:,} on: mirror others")
    if kernel.kconfig.MEMORY_MIRROR:
        kernel.mm_init.add_mirror_info(g, zone.node, start * mmzone.PAGE_SIZE, pages * mmzone.PAGE_SIZE)
        if zone.idx >= mmzone.ZONE_NORMAL:
            whole_blocks = start // mmzone.pageblock_nr_pages * mmzone.pageblock_nr_pages
            kernel.mm_init.set_pageblock_range(g, whole_blocks, start + pages, mmzone.MIGRATE_MIRROR)


def _free_all(kernel: linux.Kernel, zone: Zone, hole: int, missing: int) -> None:
    """Give all pages of a zone to the allocator, but those of the hole, and the zone its fair share."""
    start, end = zone.zone_start_pfn, zone.zone_start_pfn + zone.spanned_pages
    hole, after = sorted((start, hole, end))[1], sorted((start, hole + missing, end))[1]
    zone.present_pages -= after - hole
    zone.managed_pages -= after - hole
    for first, last in ((start, hole), (after, end)):
        for pfn, order in largest_blocks(first, last, kernel.mmzone.MAX_ORDER - 1):
            kernel.page_alloc.__free_pages_ok(zone, pfn, order)
    # Its fair share is high - low, as in the kernel. A zone with marks that is alone takes turns with no other and gets
    # plenty, so that explanations of requests are about marks and not about shares.
    alone = len(list(kernel.mmzone.for_each_zone(zone.g))) == 1
    _, low, high = zone.watermark
    zone.vm_stat[kernel.mmzone.NR_ALLOC_BATCH] = zone.managed_pages if alone and high else high - low


def largest_blocks(start: int, end: int, max_order: int) -> Iterator[tuple[int, int]]:
    """Cut pages start ... end - 1 into aligned blocks, the largest first that fits: (first PFN, order)."""
    while start < end:
        order = min(max_order, (end - start).bit_length() - 1)
        if start:
            order = min(order, (start & -start).bit_length() - 1)
        yield start, order
        start += 1 << order
