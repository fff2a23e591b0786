"""From memblock to the free lists: everything that is not reserved is freed, block by block. mm/nobootmem.c."""

from itertools import groupby, repeat

from . import memblock, mmzone, page_alloc, vmstat
from .bug import KernelBug
from .mmzone import MAX_ORDER, MAX_ORDER_NR_PAGES, Globals, Zone, pageblock_order
from .pfn import PFN_DOWN, PFN_UP


def __ffs(word: int) -> int:
    """The lowest bit that is set (include/asm-generic/bitops/__ffs.h)."""
    return (word & -word).bit_length() - 1


def __free_pages_memory(g: Globals, start: int, end: int) -> None:
    """Cut [start, end) into the largest blocks that its start and its length allow, and free one after the other."""
    while start < end:
        order = min(MAX_ORDER - 1, __ffs(start)) if start else MAX_ORDER - 1
        while start + (1 << order) > end:
            order -= 1
        if order == MAX_ORDER - 1 and g.trace is None:
            stop = end // MAX_ORDER_NR_PAGES * MAX_ORDER_NR_PAGES
            free_largest_blocks(g, start, stop)
            start = stop
            continue
        __free_pages_bootmem(g, start, order)
        start += 1 << order


def __free_pages_bootmem(g: Globals, pfn: int, order: int) -> None:
    """Free a block for the first time (4.1 has it in mm/page_alloc.c)."""
    mmzone.ClearPageReserved(g, pfn, pfn + (1 << order))
    zone = mmzone.page_zone(g, pfn)
    if zone is None:
        raise KernelBug(f"__free_pages_bootmem: page {pfn:#x} is in no zone")
    zone.managed_pages += 1 << order
    page_alloc.__free_pages(g, pfn, order)


def free_largest_blocks(g: Globals, start: int, end: int) -> None:
    """Free [start, end), whole blocks of the largest order: none can merge, each just goes to the head of its list."""
    # Kernel: frees blocks one by one; the model all at once unless it traces, so that 1 TiB boots quickly.
    mmzone.ClearPageReserved(g, start, end)
    step = MAX_ORDER_NR_PAGES
    blocks_per_block = step >> pageblock_order
    while start < end:
        zone = mmzone.page_zone(g, start)
        if zone is None:
            raise KernelBug(f"free_largest_blocks: page {start:#x} is in no zone")
        stop = min(end, zone.zone_start_pfn + zone.spanned_pages)
        types = g.pageblock_flags[start >> pageblock_order : stop >> pageblock_order : blocks_per_block]
        for migratetype, run in groupby(types):
            after = start + len(list(run)) * step
            add_largest_blocks(zone, start, after, migratetype)
            start = after


def add_largest_blocks(zone: Zone, start: int, end: int, migratetype: int) -> None:
    """Put blocks of the largest order on one list, the last one at its head."""
    pfns = list(range(start, end, MAX_ORDER_NR_PAGES))
    area = zone.free_area[MAX_ORDER - 1]
    area.free_list[migratetype].update(zip(pfns, repeat(None)))
    area.buddy.update(zip(pfns, repeat(migratetype)))
    area.nr_free += len(pfns)
    zone.managed_pages += end - start
    vmstat.__mod_zone_freepage_state(zone, end - start, migratetype)


def __free_memory_core(g: Globals, start: int, end: int) -> int:
    """Free the whole pages in a range of bytes; returns how many."""
    start_pfn, end_pfn = PFN_UP(start), min(PFN_DOWN(end), g.max_pfn)
    if start_pfn >= end_pfn:
        return 0
    __free_pages_memory(g, start_pfn, end_pfn)
    return end_pfn - start_pfn


def free_low_memory_core_early(g: Globals) -> int:
    """Free what memblock has not reserved, upwards, and then the memory of memblock's own lists; returns pages."""
    count = sum(__free_memory_core(g, start, end) for start, end in memblock.for_each_free_mem_range(g.memblock))
    for array in (g.memblock.reserved.allocated, g.memblock.memory.allocated):
        start, size = array
        if size:
            count += __free_memory_core(g, start, start + size)
    return count


def reset_all_zones_managed_pages(g: Globals) -> None:
    """Forget the guesses: from here on, what is freed is counted."""
    for zone in mmzone.for_each_zone(g):
        zone.managed_pages = 0


def free_all_bootmem(g: Globals) -> int:
    """Give all memory that is not reserved to the page allocator; returns the pages."""
    reset_all_zones_managed_pages(g)
    return free_low_memory_core_early(g)
