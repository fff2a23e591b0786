"""The page allocator: buddy lists, per-CPU lists, fallback, watermarks and the zonelist walk. mm/page_alloc.c.

The functions stand in the kernel's order. A block is its first PFN; `None` stands for the kernel's NULL page.
Patch numbers refer to the RFC "mm: mirrored memory support for page buddy allocations", hazards to HAZARDS.md.

Six headings mark the steps that most functions are made of: find the list, take, mark, split or merge, put back, count.
"""

from . import gfp, mmzone, oom_kill, vmstat
from .bug import KernelBug
from .gfp import (
    __GFP_COLD,
    __GFP_HIGH,
    __GFP_MEMALLOC,
    __GFP_MIRROR,
    __GFP_NO_KSWAPD,
    __GFP_NOMEMALLOC,
    __GFP_OTHER_NODE,
    __GFP_THISNODE,
    __GFP_WAIT,
)
from .list import list_add, list_add_tail, list_del, list_first_entry, list_pop, list_pop_tail
from .mmzone import (
    MAX_ORDER,
    MIGRATE_MIRROR,
    MIGRATE_MOVABLE,
    MIGRATE_PCPTYPES,
    MIGRATE_RECLAIMABLE,
    MIGRATE_RESERVE,
    MIGRATE_UNMOVABLE,
    NR_ALLOC_BATCH,
    NR_FREE_MIRROR_PAGES,
    NR_FREE_PAGES,
    NR_PAGES_SCANNED,
    WMARK_HIGH,
    WMARK_LOW,
    WMARK_MIN,
    ZONE_FAIR_DEPLETED,
    ZONE_NORMAL,
    FreeArea,
    Globals,
    PerCpuPageset,
    Zone,
    Zonelist,
    pageblock_nr_pages,
    pageblock_order,
)

# How a zone may be searched (mm/internal.h). The two lowest bits are the index of the watermark to use.
ALLOC_WMARK_MIN = WMARK_MIN
ALLOC_WMARK_LOW = WMARK_LOW
ALLOC_NO_WATERMARKS = 0x04
ALLOC_WMARK_MASK = ALLOC_NO_WATERMARKS - 1
ALLOC_HARDER = 0x10
ALLOC_HIGH = __GFP_HIGH
ALLOC_FAIR = 0x100

# Where a request looks when the lists of its own type are empty, best first: kernel memory of one kind prefers to mix
# with the other kind, and to leave MOVABLE blocks alone, from which large blocks can be made again.
# MIRROR is not in the table: nothing falls back to it, and it falls back to nothing (the RFC's patch 03 adds no row).
fallbacks = {
    MIGRATE_UNMOVABLE: (MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE),
    MIGRATE_RECLAIMABLE: (MIGRATE_UNMOVABLE, MIGRATE_MOVABLE),
    MIGRATE_MOVABLE: (MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE),
}


def get_pageblock_migratetype(g: Globals, pfn: int) -> int:
    """The type of the page block a page lies in."""
    return g.pageblock_flags[pfn >> pageblock_order]


def set_pageblock_migratetype(g: Globals, pfn: int, migratetype: int) -> None:
    """Give the page block around a page another type."""
    if g.page_group_by_mobility_disabled and migratetype < MIGRATE_PCPTYPES:  # but MIRROR was set before (hazard 20)
        migratetype = MIGRATE_UNMOVABLE
    g.pageblock_flags[pfn >> pageblock_order] = migratetype


def set_page_order(zone: Zone, pfn: int, order: int, migratetype: int) -> None:
    """Note that a page is the first of a free block of this order, and on which list."""
    # Kernel: does not note the list of a free block, which its list_del does not need; the model does.
    zone.free_area[order].buddy[pfn] = migratetype


def rmv_page_order(zone: Zone, pfn: int, order: int) -> int:
    """Forget that a page is the first of a free block; returns the migratetype of the list it is on."""
    migratetype = zone.free_area[order].buddy.pop(pfn, None)
    if migratetype is None:
        raise KernelBug(f"rmv_page_order: page {pfn:#x} of {zone} is not a free block of order {order}")
    return migratetype


def page_order(zone: Zone, pfn: int) -> int | None:
    """The order of the free block that starts at a page; None when none does (PageBuddy)."""
    for order, area in enumerate(zone.free_area):
        if pfn in area.buddy:
            return order
        if pfn >> order & 1:
            break  # a larger block could not start here
    return None


def __find_buddy_index(page_idx: int, order: int) -> int:
    """The block that a block of this order can merge with: they differ in exactly one bit (mm/internal.h)."""
    return page_idx ^ (1 << order)


def page_is_buddy(zone: Zone, buddy: int, order: int) -> bool:
    """Whether a free block of exactly this order starts at `buddy`, in the same zone."""
    return buddy in zone.free_area[order].buddy


def __free_one_page(zone: Zone, pfn: int, order: int, migratetype: int) -> None:
    """Put a block on the list of `migratetype`, merging it with its buddy for as long as the buddy is free."""
    # Count.
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)

    # Split or merge: by address alone, so that the buddy may come from another type's list (hazard 4).
    while order < MAX_ORDER - 1:
        buddy = __find_buddy_index(pfn, order)
        if not page_is_buddy(zone, buddy, order):
            break
        area = zone.free_area[order]
        list_del(buddy, area.free_list[rmv_page_order(zone, buddy, order)])
        area.nr_free -= 1
        if zone.g.trace is not None:
            zone.g.trace.append(("merge", zone.node, zone.idx, pfn, buddy, order, migratetype))
        pfn &= buddy
        order += 1

    # Put back: at the head, to be used again soon; the tail is for a block that had better stay free.
    area = zone.free_area[order]
    if order < MAX_ORDER - 2 and parent_will_merge(zone, pfn, order):
        list_add_tail(pfn, area.free_list[migratetype])
    else:
        list_add(pfn, area.free_list[migratetype])
    set_page_order(zone, pfn, order, migratetype)
    area.nr_free += 1


def parent_will_merge(zone: Zone, pfn: int, order: int) -> bool:
    """Whether the block that this one and its buddy would form has a free buddy already.

    The tail rule asks it: once its buddy is freed too, this block grows to four times its size. At the tail of its list
    it is the last to be handed out, and has the best chance to be still there.
    """
    parent = pfn & ~(1 << order)
    if parent != pfn:  # it may begin in another zone; a page that no zone has set up looks like one of node 0's DMA
        dma = (each for each in mmzone.for_each_zone(zone.g) if (each.node, each.idx) == (0, mmzone.ZONE_DMA))
        owner = mmzone.page_zone(zone.g, parent) or next(dma, None)
        if owner is None:
            return False
        zone = owner
    return page_is_buddy(zone, __find_buddy_index(parent, order + 1), order + 1)


def free_pcppages_bulk(zone: Zone, count: int, pset: PerCpuPageset) -> None:
    """Give `count` pages back from the tails of a CPU's lists: round robin, longer at a list after empty ones."""
    # Find the list: each look, even at an empty list, allows one page more from the next list that has any.
    # With the RFC there are four lists to look at, so the order changes where no memory is mirrored, too (hazard 18).
    migratetype = 0
    batch_free = 0
    to_free = count
    reset_pages_scanned(zone)

    while to_free:
        while True:
            batch_free += 1
            migratetype += 1
            if migratetype == MIGRATE_PCPTYPES:
                migratetype = 0
            pages = pset.lists[migratetype]
            if pages:
                break
        if batch_free == MIGRATE_PCPTYPES:  # all other lists were empty
            batch_free = to_free

        while True:
            # Take: the tail has been out of use for longest, so the CPU's cache is least likely to hold it.
            pfn = list_pop_tail(pages)
            # Put back: under the type it remembers, not its page block's type today.
            mt = zone.freepage_migratetype.pop(pfn)
            __free_one_page(zone, pfn, 0, mt)
            if zone.g.trace is not None:
                zone.g.trace.append(("mm_page_pcpu_drain", pfn, 0, mt))
            to_free -= 1
            if not to_free:
                break
            batch_free -= 1
            if not batch_free or not pages:
                break


def reset_pages_scanned(zone: Zone) -> None:
    """Freed pages are a sign of progress: page reclaim starts counting anew."""
    nr_scanned = zone.vm_stat[NR_PAGES_SCANNED]
    if nr_scanned > 0:
        vmstat.__mod_zone_page_state(zone, NR_PAGES_SCANNED, -nr_scanned)


def free_one_page(zone: Zone, pfn: int, order: int, migratetype: int) -> None:
    """Give one block back to the free areas."""
    reset_pages_scanned(zone)
    __free_one_page(zone, pfn, order, migratetype)


def __free_pages_ok(zone: Zone, pfn: int, order: int) -> None:
    """Free a block that does not pass through the per-CPU lists: its first page's block names the type (hazard 6)."""
    free_one_page(zone, pfn, order, get_pageblock_migratetype(zone.g, pfn))


def expand(zone: Zone, pfn: int, low: int, high: int, migratetype: int) -> None:
    """Cut a block of order `high` down to order `low`: each upper half goes to the head of its list."""
    trace = zone.g.trace
    while high > low:
        # Split or merge.
        high -= 1
        area = zone.free_area[high]
        half = pfn + (1 << high)
        # Put back: at the head, so that the next small request goes on cutting here and spares other large blocks.
        list_add(half, area.free_list[migratetype])
        set_page_order(zone, half, high, migratetype)
        area.nr_free += 1
        if trace is not None:
            trace.append(("split", zone.node, zone.idx, half, high, migratetype))


def __rmqueue_smallest(zone: Zone, order: int, migratetype: int) -> int | None:
    """Take a block from the lists of one type: the smallest that fits, cut to size."""
    for current_order in range(order, MAX_ORDER):
        # Find the list: upwards, so that no larger block is cut than must be.
        area = zone.free_area[current_order]
        pages = area.free_list[migratetype]
        if not pages:
            continue
        # Take.
        pfn = list_pop(pages)
        rmv_page_order(zone, pfn, current_order)
        area.nr_free -= 1
        expand(zone, pfn, order, current_order, migratetype)
        # Mark: which list it is from, because its page block may be of another type, and lists and counters ask for it.
        zone.freepage_migratetype[pfn] = migratetype
        return pfn
    return None


def move_freepages(zone: Zone, start_pfn: int, end_pfn: int, migratetype: int) -> int:
    """Move the free blocks that start in [start_pfn, end_pfn] to another type's lists; returns the pages moved.

    It goes from block to block: one that starts inside is moved whole, even if it ends beyond `end_pfn` (hazard 9).
    """
    # Kernel: takes free blocks of another node in the same page block along, onto this zone's lists; the model leaves
    # them where they are.
    pages_moved = 0
    pfn = start_pfn
    while pfn <= end_pfn:
        order = page_order(zone, pfn)
        if order is None:
            pfn += 1
            continue
        free_list = zone.free_area[order].free_list
        old_type = rmv_page_order(zone, pfn, order)
        list_del(pfn, free_list[old_type])
        list_add(pfn, free_list[migratetype])
        set_page_order(zone, pfn, order, migratetype)
        if zone.g.trace is not None:
            zone.g.trace.append(("move", zone.node, zone.idx, pfn, order, old_type, migratetype))
        pfn += 1 << order
        pages_moved += 1 << order
    return pages_moved


def move_freepages_block(zone: Zone, pfn: int, migratetype: int) -> int:
    """Move the free blocks of the page block around `pfn` to another type's lists; returns the pages moved."""
    start_pfn = pfn & ~(pageblock_nr_pages - 1)
    end_pfn = start_pfn + pageblock_nr_pages - 1
    if not mmzone.zone_spans_pfn(zone, start_pfn):
        start_pfn = pfn
    if not mmzone.zone_spans_pfn(zone, end_pfn):
        return 0
    return move_freepages(zone, start_pfn, end_pfn, migratetype)


def change_pageblock_range(g: Globals, pfn: int, start_order: int, migratetype: int) -> None:
    """Give all page blocks of a block at least as large as one another type."""
    for block in range(pfn, pfn + (1 << start_order), pageblock_nr_pages):
        set_pageblock_migratetype(g, block, migratetype)


def can_steal_fallback(g: Globals, order: int, start_mt: int) -> bool:
    """Whether a fallback to a block of this order may take over what else is free around it.

    A large block is worth it for every type. Kernel memory cannot be moved away again, so it takes over what it can:
    its next requests then stay here, instead of breaking into another MOVABLE page block each.
    """
    return (
        order >= pageblock_order // 2
        or start_mt in (MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE)
        or g.page_group_by_mobility_disabled
    )


def steal_suitable_fallback(zone: Zone, pfn: int, start_type: int) -> None:
    """Take over the page block of a fallback block: its free pages, and its type if half of it or more moved."""
    current_order = page_order(zone, pfn)
    if current_order is None:
        raise KernelBug(f"steal_suitable_fallback: no free block starts at page {pfn:#x}")
    if current_order >= pageblock_order:
        # Mark: every page block in it. One of them may have been MIRROR (hazard 8).
        change_pageblock_range(zone.g, pfn, current_order, start_type)
        return

    pages = move_freepages_block(zone, pfn, start_type)
    # Mark: only if half of it moved. Else most of what is freed here later would go to the wrong lists.
    if pages >= 1 << (pageblock_order - 1) or zone.g.page_group_by_mobility_disabled:
        set_pageblock_migratetype(zone.g, pfn, start_type)


def find_suitable_fallback(area: FreeArea, migratetype: int) -> int:
    """The type to fall back to in one order's lists, or -1 when they are all empty."""
    # Kernel: also tells whether stealing applies; in the model the caller asks can_steal_fallback.
    if area.nr_free:
        for fallback_mt in fallbacks[migratetype]:
            if area.free_list[fallback_mt]:
                return fallback_mt
    return -1


def __rmqueue_fallback(zone: Zone, order: int, start_migratetype: int) -> int | None:
    """Take a block from another type: the largest there is, so that types mix in as few page blocks as possible."""
    # Find the list: downwards, unlike __rmqueue_smallest. Many small fallbacks would leave a foreign page everywhere.
    for current_order in range(MAX_ORDER - 1, order - 1, -1):
        area = zone.free_area[current_order]
        fallback_mt = find_suitable_fallback(area, start_migratetype)
        if fallback_mt == -1:
            continue
        pfn = list_first_entry(area.free_list[fallback_mt])
        if can_steal_fallback(zone.g, current_order, start_migratetype):
            steal_suitable_fallback(zone, pfn, start_migratetype)

        # Take.
        area.nr_free -= 1
        list_del(pfn, area.free_list[rmv_page_order(zone, pfn, current_order)])
        # Split or merge: what is left over goes to the request's lists, stolen or not.
        expand(zone, pfn, order, current_order, start_migratetype)
        # Mark.
        zone.freepage_migratetype[pfn] = start_migratetype
        if zone.g.trace is not None:
            change_ownership = get_pageblock_migratetype(zone.g, pfn) == start_migratetype
            event = (pfn, order, current_order, start_migratetype, fallback_mt, change_ownership)
            zone.g.trace.append(("mm_page_alloc_extfrag", *event))
        return pfn
    return None


def __rmqueue(zone: Zone, order: int, migratetype: int) -> int | None:
    """Take a block from the free areas: own type, then other types, then the reserve."""
    pfn = __rmqueue_smallest(zone, order, migratetype)
    # The RFC's patches 10 and 11: a MIRROR request gets MIRROR pages or none. They call __rmqueue_smallest in place of
    # this function, so that its event is missing, too.
    if mmzone.is_migrate_mirror(migratetype):
        return pfn
    if pfn is None:
        pfn = __rmqueue_fallback(zone, order, migratetype)
        if pfn is None:
            migratetype = MIGRATE_RESERVE
            pfn = __rmqueue_smallest(zone, order, migratetype)
    # Kernel: traces mm_page_alloc_zone_locked when no block was found, too; the model does not.
    if pfn is not None and zone.g.trace is not None:
        zone.g.trace.append(("mm_page_alloc_zone_locked", pfn, order, migratetype))
    return pfn


def rmqueue_bulk(zone: Zone, count: int, pset: PerCpuPageset, migratetype: int, cold: bool) -> int:
    """Fetch up to `count` single pages for a CPU's empty list; returns how many came.

    Either way the page fetched first is handed out first: a hot request takes the head, a cold one the tail.
    """
    # Find the list.
    pages = pset.lists[migratetype]
    add = list_add if cold else list_add_tail
    for fetched in range(count):
        # Take: one by one, so that a fallback is considered for each page anew.
        pfn = __rmqueue(zone, 0, migratetype)
        if pfn is None:
            count = fetched
            break
        # Put back.
        add(pfn, pages)
        if mmzone.is_migrate_mirror(zone.freepage_migratetype[pfn]):
            vmstat.__mod_zone_page_state(zone, NR_FREE_MIRROR_PAGES, -1)
    # Count: pages in a CPU's lists are not free any more for the watermarks.
    vmstat.__mod_zone_page_state(zone, NR_FREE_PAGES, -count)
    return count


def drain_pages(g: Globals) -> None:
    """Give all pages in the running CPU's lists back to the free areas."""
    for zone in mmzone.for_each_zone(g):
        pset = zone.pageset[g.cpu]
        if pset.count:
            free_pcppages_bulk(zone, pset.count, pset)
            pset.count = 0


def free_hot_cold_page(zone: Zone, pfn: int, cold: bool) -> None:
    """Free a single page to the running CPU's lists; when they are full, a batch goes back."""
    g = zone.g
    # Mark.
    migratetype = get_pageblock_migratetype(g, pfn)
    zone.freepage_migratetype[pfn] = migratetype
    # Find the list: the reserve has none here. Its page waits on another and remembers where it belongs (hazard 21).
    if migratetype >= MIGRATE_PCPTYPES:
        migratetype = MIGRATE_MOVABLE

    # Put back: what was used last is handed out first, while the CPU's cache still holds it.
    pset = zone.pageset[g.cpu]
    add = list_add_tail if cold else list_add
    add(pfn, pset.lists[migratetype])
    pset.count += 1
    if pset.count >= pset.high:
        free_pcppages_bulk(zone, pset.batch, pset)
        pset.count -= pset.batch


def buffered_rmqueue(preferred_zone: Zone, zone: Zone, order: int, gfp_flags: int, migratetype: int) -> int | None:
    """Take a block from one zone: single pages through the per-CPU lists, larger blocks from the free areas."""
    if order == 0:
        # Find the list.
        pset = zone.pageset[zone.g.cpu]
        pages = pset.lists[migratetype]
        cold = gfp_flags & __GFP_COLD != 0
        if not pages:
            pset.count += rmqueue_bulk(zone, pset.batch, pset, migratetype, cold)
            if not pages:
                return None
        # Take.
        pfn = list_pop_tail(pages) if cold else list_pop(pages)
        pset.count -= 1
        del zone.freepage_migratetype[pfn]
    else:
        block = __rmqueue(zone, order, migratetype)
        if block is None:
            return None
        pfn = block
        vmstat.__mod_zone_freepage_state(zone, -(1 << order), zone.freepage_migratetype.pop(pfn))

    # Count: also against the zone's fair batch. Once that is used up, the next zone has its turn.
    vmstat.__mod_zone_page_state(zone, NR_ALLOC_BATCH, -(1 << order))
    if zone.vm_stat[NR_ALLOC_BATCH] <= 0:
        zone.flags |= ZONE_FAIR_DEPLETED
    vmstat.zone_statistics(preferred_zone, zone, gfp_flags & __GFP_OTHER_NODE != 0)
    return pfn


def __zone_watermark_ok(
    zone: Zone, order: int, mark: int, classzone_idx: int, alloc_flags: int, free_pages: int
) -> bool:
    """Whether `free_pages` leave the zone above `mark`, and enough of them in blocks large enough.

    All free pages count, whatever their migratetype: mirrored ones for a request that cannot have them (hazard 2),
    and all others for a MIRROR request.
    """
    free_pages -= (1 << order) - 1
    if alloc_flags & ALLOC_HIGH:
        mark -= mark // 2
    if alloc_flags & ALLOC_HARDER:
        mark -= mark // 4
    if free_pages <= mark + zone.lowmem_reserve[classzone_idx]:
        return False
    if order == 0:
        return True

    for smaller in range(min(order, MAX_ORDER)):
        # At the next order, the blocks of this one are of no use; and fewer need to stay free.
        free_pages -= zone.free_area[smaller].nr_free << smaller
        mark >>= 1
        if free_pages <= mark:
            return False
    return True


def zone_watermark_ok(zone: Zone, order: int, mark: int, classzone_idx: int, alloc_flags: int) -> bool:
    """Whether a request of this order may be served from the zone without going below `mark`."""
    free_pages = zone.vm_stat[NR_FREE_PAGES]
    if free_pages < 0:
        free_pages = 0
    return __zone_watermark_ok(zone, order, mark, classzone_idx, alloc_flags, free_pages)


def zlc_zone_worth_trying(zonelist: Zonelist, position: int) -> bool:
    """Whether the zonelist cache does not remember this zone as full."""
    return zonelist.fullzones is None or position not in zonelist.fullzones


def zlc_mark_zone_full(zonelist: Zonelist, position: int) -> None:
    """Let the zonelist cache remember a zone as full."""
    # Kernel: forgets the cache after a second; in the model time stands still.
    if zonelist.fullzones is not None:
        zonelist.fullzones.add(position)


def trace_watermark_failed(zone: Zone, order: int, mark: int, classzone_idx: int, alloc_flags: int) -> None:
    """Note with which numbers a zone did not pass the watermark check."""
    assert zone.g.trace is not None
    free_pages = vmstat.zone_page_state(zone, NR_FREE_PAGES)
    reserve = zone.lowmem_reserve[classzone_idx]
    event = ("watermark_failed", zone.node, zone.idx, order, mark, alloc_flags, reserve, free_pages)
    zone.g.trace.append(event)


def reset_alloc_batches(preferred_zone: Zone) -> None:
    """Give all zones of the preferred node, up to the preferred one, a new fair batch."""
    for zone in preferred_zone.g.node_data[preferred_zone.node].node_zones:
        if zone.idx <= preferred_zone.idx:
            share = zone.watermark[WMARK_HIGH] - zone.watermark[WMARK_LOW]
            vmstat.__mod_zone_page_state(zone, NR_ALLOC_BATCH, share - zone.vm_stat[NR_ALLOC_BATCH])
            zone.flags &= ~ZONE_FAIR_DEPLETED


def get_page_from_freelist(
    gfp_mask: int,
    order: int,
    alloc_flags: int,
    zonelist: Zonelist,
    high_zoneidx: int,
    preferred_zone: Zone,
    migratetype: int,
) -> int | None:
    """One attempt: walk the zonelist until a zone yields a block; up to three walks, each less picky.

    Fair batches: a page that has just been read in should stay as long in a small zone as in a large one. So each zone
    of the node gives out one batch (NR_ALLOC_BATCH), larger in a larger zone, and then lets the next zone serve.
    """
    # Kernel: hands on the last four arguments as one struct alloc_context; the model one by one, which is faster.
    classzone_idx = preferred_zone.idx  # which lowmem_reserve applies
    zlc_active = did_zlc_setup = False
    nr_fair_skipped = 0

    while True:
        for position, zone in enumerate(zonelist.zones):
            if zone.idx > high_zoneidx:
                continue
            if zlc_active and not zlc_zone_worth_trying(zonelist, position):
                continue
            if alloc_flags & ALLOC_FAIR:
                if zone.node != preferred_zone.node:  # to be near counts for more than to be fair
                    break
                if zone.flags & ZONE_FAIR_DEPLETED:
                    nr_fair_skipped += 1
                    continue
            mark = zone.watermark[alloc_flags & ALLOC_WMARK_MASK]
            ok = zone_watermark_ok(zone, order, mark, classzone_idx, alloc_flags)
            if ok or alloc_flags & ALLOC_NO_WATERMARKS:
                pfn = buffered_rmqueue(preferred_zone, zone, order, gfp_mask, migratetype)
                if pfn is not None:
                    return pfn
            else:
                if zonelist.g.trace is not None:
                    trace_watermark_failed(zone, order, mark, classzone_idx, alloc_flags)
                # The cache is asked only when a zone has failed: mostly, none does.
                if not did_zlc_setup and len(zone.g.node_data) > 1:
                    zlc_active = did_zlc_setup = True
            # Full is also a zone that passes the check and has no block of this type (hazard 13).
            if zlc_active:
                zlc_mark_zone_full(zonelist, position)

        # Before it gives up, it looks once more where it did not look: at zones that the cache took for full, perhaps
        # wrongly by now, at those whose batch was used up, and on other nodes. A MIRROR attempt that then fails has
        # renewed the batches all the same (hazard 11).
        rescan = zlc_active
        zlc_active = False
        if alloc_flags & ALLOC_FAIR:
            alloc_flags &= ~ALLOC_FAIR
            if nr_fair_skipped:
                reset_alloc_batches(preferred_zone)
            rescan = rescan or nr_fair_skipped > 0 or len(preferred_zone.g.node_data) > 1
        if not rescan:
            return None


def gfp_to_alloc_flags(g: Globals, gfp_mask: int) -> int:
    """How deep into the reserves a request may reach on the slow path."""
    alloc_flags = ALLOC_WMARK_MIN | (gfp_mask & __GFP_HIGH)
    if not gfp_mask & (__GFP_WAIT | __GFP_NO_KSWAPD):  # taken to be atomic
        if not gfp_mask & __GFP_NOMEMALLOC:
            alloc_flags |= ALLOC_HARDER
    elif g.rt_task:
        alloc_flags |= ALLOC_HARDER
    if gfp_mask & __GFP_MEMALLOC and not gfp_mask & __GFP_NOMEMALLOC:
        alloc_flags |= ALLOC_NO_WATERMARKS
    return alloc_flags


def __alloc_pages_slowpath(
    gfp_mask: int, order: int, zonelist: Zonelist, high_zoneidx: int, preferred_zone: Zone, migratetype: int
) -> int | None:
    """After the first attempts have failed: above the min watermark, then, if the flags allow it, without any.

    It never asks for MIRROR: between min and low, mirrored pages are given out to no request (hazards 1 and 3).
    """
    g = zonelist.g
    if order >= MAX_ORDER:
        return None
    if gfp_mask & __GFP_THISNODE and not gfp_mask & __GFP_WAIT:
        return None

    alloc_flags = gfp_to_alloc_flags(g, gfp_mask)
    limited = alloc_flags & ~ALLOC_NO_WATERMARKS
    pfn = get_page_from_freelist(gfp_mask, order, limited, zonelist, high_zoneidx, preferred_zone, migratetype)
    if pfn is None and alloc_flags & ALLOC_NO_WATERMARKS:
        zonelist = node_zonelist(g, g.cpu_to_node[g.cpu], gfp_mask)
        pfn = get_page_from_freelist(
            gfp_mask, order, ALLOC_NO_WATERMARKS, zonelist, high_zoneidx, preferred_zone, migratetype
        )
    if pfn is None and gfp_mask & __GFP_WAIT:
        # Kernel: reclaims memory and tries again, without end for __GFP_NOFAIL; the model reports and gives up.
        oom_kill.out_of_memory(g, zonelist, gfp_mask, order, preferred_zone.idx)
    return pfn


def change_to_mirror(g: Globals, gfp_mask: int, high_zoneidx: int) -> bool:
    """Whether it becomes a MIRROR request: by its flag or the sysctl; never below ZONE_NORMAL (patch 10, hazard 19)."""
    if high_zoneidx < ZONE_NORMAL:
        return False
    return gfp_mask & __GFP_MIRROR != 0 or g.sysctl_mirrorable != 0


def first_zones_zonelist(zonelist: Zonelist, highest_zoneidx: int) -> Zone | None:
    """The first zone of a zonelist that a request may use."""
    for zone in zonelist.zones:
        if zone.idx <= highest_zoneidx:
            return zone
    return None


def __alloc_pages_nodemask(g: Globals, gfp_mask: int, order: int, zonelist: Zonelist) -> int | None:
    """The heart of the allocator: a block of 2**order pages from the zones of a zonelist, or None."""
    high_zoneidx = gfp.gfp_zone(gfp_mask)
    natural = gfp.gfpflags_to_migratetype(g, gfp_mask)
    gfp_mask &= g.gfp_allowed_mask
    preferred_zone = first_zones_zonelist(zonelist, high_zoneidx)
    if preferred_zone is None:
        return None
    mirror = change_to_mirror(g, gfp_mask, high_zoneidx)
    migratetype = MIGRATE_MIRROR if mirror else natural

    # MIRROR is tried in all zones of all nodes before the request's own type is tried in any (hazard 12).
    alloc_flags = ALLOC_WMARK_LOW | ALLOC_FAIR
    pfn = get_page_from_freelist(gfp_mask, order, alloc_flags, zonelist, high_zoneidx, preferred_zone, migratetype)
    if pfn is None and mirror:
        if g.trace is not None:
            g.trace.append(("retry_without_mirror", order, gfp_mask, natural))
        migratetype = natural
        pfn = get_page_from_freelist(gfp_mask, order, alloc_flags, zonelist, high_zoneidx, preferred_zone, migratetype)
    if pfn is None:
        pfn = __alloc_pages_slowpath(gfp_mask, order, zonelist, high_zoneidx, preferred_zone, migratetype)
    # Kernel: traces __GFP_HARDWALL, too, if the first attempt succeeded; the model does not.
    if g.trace is not None:
        g.trace.append(("mm_page_alloc", pfn, order, gfp_mask, migratetype))
    return pfn


def node_zonelist(g: Globals, nid: int, gfp_mask: int) -> Zonelist:
    """The zones a request on a node tries: with `__GFP_THISNODE` that node's only. include/linux/gfp.h."""
    return g.node_data[nid].node_zonelists[1 if gfp_mask & __GFP_THISNODE else 0]


def alloc_pages_node(g: Globals, nid: int, gfp_mask: int, order: int) -> int | None:
    """Allocate 2**order pages, on a node by preference (-1: the running CPU's). include/linux/gfp.h."""
    if nid < 0:
        nid = g.cpu_to_node[g.cpu]
    return __alloc_pages_nodemask(g, gfp_mask, order, node_zonelist(g, nid, gfp_mask))


def __free_pages(g: Globals, pfn: int, order: int, cold: bool = False) -> None:
    """Free a block: single pages to the per-CPU lists (`cold`: to the tail), larger ones to the free areas."""
    zone = mmzone.page_zone(g, pfn)
    if zone is None:
        raise KernelBug(f"__free_pages: there is no page {pfn:#x}")
    if g.trace is not None:
        g.trace.append(("mm_page_free", pfn, order))
    if order == 0:
        free_hot_cold_page(zone, pfn, cold)
    else:
        __free_pages_ok(zone, pfn, order)
