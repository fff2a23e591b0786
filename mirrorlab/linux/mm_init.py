"""Watermarks and the reserve: the boot half of 4.1's mm/page_alloc.c (a file of its own in today's Linux)."""

from . import mmzone, page_alloc, vmstat
from .mmzone import (
    MIGRATE_MOVABLE,
    MIGRATE_RESERVE,
    NR_ALLOC_BATCH,
    PAGE_SHIFT,
    WMARK_HIGH,
    WMARK_LOW,
    WMARK_MIN,
    Globals,
    Zone,
    pageblock_nr_pages,
)

MAX_RESERVE_BLOCKS = 2  # per zone


def pageblock_is_reserved(g: Globals, start_pfn: int, end_pfn: int) -> bool:
    """Whether any page of [start_pfn, end_pfn) was never given to the allocator."""
    return any(mmzone.PageReserved(g, pfn) for pfn in range(start_pfn, end_pfn))


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
        if mmzone.is_migrate_mirror(block_migratetype):  # the RFC's patch 04; no other branch would match anyway
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
    """Share `min_free_kbytes` among the zones by size, and derive from it watermarks, fair shares and reserves."""
    pages_min = g.min_free_kbytes >> (PAGE_SHIFT - 10)
    lowmem_pages = sum(zone.managed_pages for zone in mmzone.for_each_zone(g))
    for zone in mmzone.for_each_zone(g):
        share = pages_min * zone.managed_pages // lowmem_pages
        zone.watermark[:] = [share, share + (share >> 2), share + (share >> 1)]
        batch = zone.watermark[WMARK_HIGH] - zone.watermark[WMARK_LOW]
        vmstat.__mod_zone_page_state(zone, NR_ALLOC_BATCH, batch - zone.vm_stat[NR_ALLOC_BATCH])
        setup_zone_migrate_reserve(zone)
