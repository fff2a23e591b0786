"""The page allocator on machines so small that every list can be written down by hand.

Most toys have orders 0 to 3 and pages numbered from 0; single pages pass straight through the per-CPU lists unless a
test gives the CPU some stock.
"""

import pytest
import toys
from toys import MIRROR, MOVABLE, MOVABLE_GFP, RECLAIMABLE, RESERVE, START, UNMOVABLE, cpu_list, free_blocks, give, take

from mirrorlab import linux
from mirrorlab.machine import Machine

MIRROR_GFP = "GFP_KERNEL|__GFP_MIRROR"


def all_in_use(pages=8, **options):
    m = toys.machine(pages, MAX=4, **options)
    assert [take(m) for _ in range(8)] == list(range(8))
    return m


# -- Splitting and merging ----------------------------------------------------------------------------------------


def test_a_block_is_cut_in_halves_and_the_lower_half_is_used():
    m = toys.machine(8, MAX=4)
    assert free_blocks(m) == [(0, 3, MOVABLE)]
    assert take(m) == 0
    assert free_blocks(m) == [(1, 0, MOVABLE), (2, 1, MOVABLE), (4, 2, MOVABLE)]


def test_the_smallest_block_that_fits_is_taken_from_the_head():
    m = all_in_use()
    give(m, 0, 4, 6)
    assert free_blocks(m) == [(6, 0, MOVABLE), (4, 0, MOVABLE), (0, 0, MOVABLE)]
    assert take(m) == 6


def test_a_freed_page_merges_until_its_buddy_is_busy():
    m = all_in_use()
    give(m, 0, 1, 3)
    assert free_blocks(m) == [(3, 0, MOVABLE), (0, 1, MOVABLE)]  # 0 and 1 merged; 3 waits for 2

    give(m, 2)
    assert free_blocks(m) == [(0, 2, MOVABLE)]


def test_the_last_page_makes_one_block_of_all():
    m = all_in_use()
    give(m, 7, 0, 5, 2, 3, 6, 1)
    assert free_blocks(m) == [(5, 0, MOVABLE), (6, 1, MOVABLE), (0, 2, MOVABLE)]
    give(m, 4)
    assert free_blocks(m) == [(0, 3, MOVABLE)]


def test_a_page_whose_parent_could_merge_goes_to_the_tail():
    m = all_in_use()
    give(m, 5, 0, 1)  # block 0 of order 1 is free: once 2 and 3 are free too, they become order 2
    give(m, 3)
    assert free_blocks(m) == [(5, 0, MOVABLE), (3, 0, MOVABLE), (0, 1, MOVABLE)]


def test_just_below_the_largest_order_nothing_goes_to_the_tail():
    m = toys.machine(16, MAX=4)
    assert [take(m, 2) for _ in range(4)] == [8, 12, 0, 4]
    give(m, 8, 0)
    assert free_blocks(m) == [(0, 2, MOVABLE), (8, 2, MOVABLE)]


def test_the_largest_blocks_do_not_merge():
    m = toys.machine(16, MAX=4)
    assert free_blocks(m) == [(8, 3, MOVABLE), (0, 3, MOVABLE)]


def test_page_order_knows_the_first_page_of_a_free_block_only():
    m = all_in_use()
    give(m, 4, 5)
    zone, page_order = toys.zone_of(m), m.kernel.page_alloc.page_order
    assert [page_order(zone, START + page) for page in range(8)] == [None] * 4 + [1] + [None] * 3


def test_blocks_of_two_zones_do_not_merge():
    m = all_in_use()
    other = m.kernel.mmzone.Zone(m.g, 0, 3, "Movable", START + 4, 4)
    other.pageset = [m.kernel.mmzone.PerCpuPageset()]
    m.kernel.page_alloc.__free_pages_ok(other, START + 4, 2)
    give(m, 0, 1, 2, 3)
    assert free_blocks(m) == [(0, 2, MOVABLE)]


def test_freeing_where_there_is_no_page_is_a_kernel_bug():
    m = toys.machine(8, MAX=4)
    with pytest.raises(m.kernel.bug.KernelBug, match="there is no page 0x42"):
        m.kernel.page_alloc.__free_pages(m.g, 0x42, 0)


def test_taking_a_block_that_is_not_free_off_its_list_is_a_kernel_bug():
    m = toys.machine(8, MAX=4)
    with pytest.raises(m.kernel.bug.KernelBug, match="page 0x100000 of <zone Normal of node 0> is not a free block"):
        m.kernel.page_alloc.rmv_page_order(toys.zone_of(m), START, 0)


@pytest.mark.parametrize("order", [11, 12, 64])
def test_the_kernel_has_no_block_of_order_11_or_more(order):
    m = toys.machine(1024)
    assert m.kernel.page_alloc.alloc_pages_node(m.g, 0, 0, order) is None
    assert m.kernel.page_alloc.alloc_pages_node(m.g, 0, m.kernel.gfp.GFP_KERNEL, order) is None
    assert free_blocks(m) == [(0, 10, MOVABLE)]


# -- Per-CPU lists ------------------------------------------------------------------------------------------------


def test_an_empty_cpu_list_is_filled_with_a_batch():
    m = toys.machine(8, MAX=4, high=6, batch=3)
    assert take(m) == 0
    assert cpu_list(m) == [1, 2]
    assert free_blocks(m) == [(3, 0, MOVABLE), (4, 2, MOVABLE)]


def test_a_cold_refill_hands_out_the_first_page_fetched_too():
    m = toys.machine(8, MAX=4, high=6, batch=3)
    assert take(m, gfp=MOVABLE_GFP + "|__GFP_COLD") == 0
    assert cpu_list(m) == [2, 1]  # cold requests take from the tail


def test_a_hot_page_is_reused_first_and_a_cold_one_last():
    m = toys.machine(8, MAX=4, high=8, batch=2)
    assert [take(m) for _ in range(4)] == [0, 1, 2, 3]
    give(m, 0, 1)
    give(m, 2, cold=True)
    assert cpu_list(m) == [1, 0, 2]
    assert take(m) == 1
    assert take(m, gfp=MOVABLE_GFP + "|__GFP_COLD") == 2


def test_a_full_cpu_list_gives_a_batch_back_from_its_tail():
    m = toys.machine(16, MAX=4, high=4, batch=2)
    assert [take(m) for _ in range(8)] == [8, 9, 10, 11, 12, 13, 14, 15]
    give(m, 8, 10, 12)
    assert (cpu_list(m), free_blocks(m)) == ([12, 10, 8], [(0, 3, MOVABLE)])
    give(m, 14)
    assert cpu_list(m) == [14, 12]
    assert free_blocks(m) == [(10, 0, MOVABLE), (8, 0, MOVABLE), (0, 3, MOVABLE)]


def test_pages_in_a_cpu_list_do_not_merge_until_they_are_drained():
    m = toys.machine(16, MAX=4, high=16, batch=8)
    give(m, *[take(m) for _ in range(8)])
    assert free_blocks(m) == [(0, 3, MOVABLE)]
    m.drain()
    assert free_blocks(m) == [(8, 3, MOVABLE), (0, 3, MOVABLE)]


def test_pages_in_a_cpu_list_are_not_free_in_the_eyes_of_the_watermark():
    m = toys.machine(8, MAX=4, high=16, batch=8)
    assert take(m) == 0
    assert len(cpu_list(m)) == 7
    assert take(m) is None  # NR_FREE_PAGES is 0: nobody looks at the list


def test_each_cpu_drains_its_own_lists_only():
    m = toys.machine(8, MAX=4, cpus=2, high=16, batch=1)
    take(m, cpu=0), take(m, cpu=1)
    give(m, 0, cpu=0)
    give(m, 1, cpu=1)
    m.drain(cpu=1)
    assert (cpu_list(m, cpu=0), cpu_list(m, cpu=1)) == ([0], [])
    assert free_blocks(m)[0] == (1, 0, MOVABLE)


def test_a_drain_goes_round_the_types_from_reclaimable_on_and_stays_longer_after_empty_lists():
    m = toys.machine(16, MAX=4)
    zone = toys.zone_of(m)
    pset = zone.pageset[0]
    stock = {UNMOVABLE: 3, RECLAIMABLE: 2, MOVABLE: 3, MIRROR: 1}
    pfns = iter(range(START, START + 16))
    while len(zone.free_area[3].buddy):
        m.kernel.page_alloc.__rmqueue(zone, 3, MOVABLE)
    for migratetype, count in stock.items():
        for pfn in [next(pfns) for _ in range(count)]:
            pset.lists[migratetype][pfn] = None
            zone.freepage_migratetype[pfn] = migratetype
    m.g.trace = []
    m.kernel.page_alloc.free_pcppages_bulk(zone, 9, pset)
    drained = [event[3] for event in m.g.trace if event[0] == "mm_page_pcpu_drain"]
    letters = "".join("URMX"[migratetype] for migratetype in drained)
    assert letters == "RMXU" + "RM" + "UU" + "M"  # the empty MIRROR list lends its turn to UNMOVABLE


def test_a_reserve_page_waits_on_the_movable_list_and_remembers_where_it_belongs():
    m = toys.machine(8, MAX=4, high=4, batch=1)
    take(m)
    m.kernel.page_alloc.set_pageblock_migratetype(m.g, START, RESERVE)
    give(m, 0)
    assert cpu_list(m, MOVABLE) == [0]
    assert toys.zone_of(m).freepage_migratetype == {START: RESERVE}


def test_a_free_resets_what_page_reclaim_has_scanned():
    m = toys.machine(8, MAX=4)
    zone, item = toys.zone_of(m), m.kernel.mmzone.NR_PAGES_SCANNED
    zone.vm_stat[item] = 30
    give(m, take(m))
    assert zone.vm_stat[item] == 0


# -- Falling back -------------------------------------------------------------------------------------------------


def blocks_of_types(*types, **options):
    """One largest block (8 pages, one page block) for each of these types, on the list of its type."""
    m = toys.machine(8 * len(types), MAX=4, **options)
    for number, migratetype in enumerate(types):
        m.kernel.mm_init.retype_block(toys.zone_of(m), START + 8 * number, migratetype)
    return m


@pytest.mark.parametrize(
    ("gfp", "order_of_types"),
    [
        ("GFP_KERNEL", [UNMOVABLE, RECLAIMABLE, MOVABLE, RESERVE]),
        ("GFP_TEMPORARY", [RECLAIMABLE, UNMOVABLE, MOVABLE, RESERVE]),
        (MOVABLE_GFP, [MOVABLE, RECLAIMABLE, UNMOVABLE, RESERVE]),
    ],
)
def test_a_request_falls_back_in_the_kernels_order_and_never_to_mirror(gfp, order_of_types):
    types = [MIRROR, RESERVE, MOVABLE, RECLAIMABLE, UNMOVABLE]
    m = blocks_of_types(*types)
    taken = [take(m, 3, gfp) for _ in range(5)]
    assert [types[page // 8] for page in taken[:4]] == order_of_types
    assert taken[4] is None  # the mirrored block is still free
    assert free_blocks(m) == [(0, 3, MIRROR)]


def test_a_mirror_request_falls_back_to_no_other_list():
    m = blocks_of_types(MOVABLE, MIRROR)
    zone = toys.zone_of(m)
    assert m.kernel.page_alloc.__rmqueue(zone, 3, MIRROR) == START + 8
    assert m.kernel.page_alloc.__rmqueue(zone, 0, MIRROR) is None


def test_a_fallback_takes_the_largest_block_and_keeps_the_rest_of_it():
    m = toys.machine(16, MAX=4)
    assert take(m) == 8
    assert take(m, 0, "GFP_KERNEL") == 0  # not page 9: the other block is larger
    assert free_blocks(m) == [
        (1, 0, UNMOVABLE), (9, 0, MOVABLE), (2, 1, UNMOVABLE), (10, 1, MOVABLE), (4, 2, UNMOVABLE), (12, 2, MOVABLE)
    ]  # fmt: skip


def test_a_stolen_page_block_changes_its_type_when_half_of_it_was_free():
    m = toys.machine(8, MAX=4)
    assert take(m, 2) == 0
    assert take(m, 0, "GFP_KERNEL") == 4
    assert free_blocks(m) == [(5, 0, UNMOVABLE), (6, 1, UNMOVABLE)]
    assert m.kernel.page_alloc.get_pageblock_migratetype(m.g, START) == UNMOVABLE


def test_a_stolen_page_block_keeps_its_type_when_less_than_half_of_it_was_free():
    m = toys.machine(8, MAX=4)
    assert [take(m, 2), take(m, 0)] == [0, 4]
    assert take(m, 0, "GFP_KERNEL") == 6  # order 1; page 5 changes lists with it
    assert free_blocks(m) == [(7, 0, UNMOVABLE), (5, 0, UNMOVABLE)]
    assert m.kernel.page_alloc.get_pageblock_migratetype(m.g, START) == MOVABLE


def test_a_movable_request_does_not_steal_around_a_small_block():
    m = blocks_of_types(UNMOVABLE, MIRROR)
    assert [take(m, 2, "GFP_KERNEL"), take(m, 1, "GFP_KERNEL"), take(m, 0, "GFP_KERNEL")] == [0, 4, 6]
    assert take(m, 0) == 7  # order 0 is below pageblock_order // 2 = 1
    give(m, 4, 7)
    assert free_blocks(m) == [(7, 0, UNMOVABLE), (4, 1, UNMOVABLE), (8, 3, MIRROR)]


def test_the_reserve_comes_last_and_its_pages_remember_it():
    m = blocks_of_types(RESERVE)
    assert take(m, 1, "GFP_KERNEL") == 0
    assert free_blocks(m) == [(2, 1, RESERVE), (4, 2, RESERVE)]
    give(m, 0)
    assert free_blocks(m) == [(0, 3, RESERVE)]


def test_without_grouping_every_request_is_unmovable_and_a_stolen_block_changes_at_once():
    m = toys.machine(8, MAX=4)
    m.g.page_group_by_mobility_disabled = True
    assert [take(m, 2), take(m)] == [0, 4]
    assert free_blocks(m) == [(5, 0, UNMOVABLE), (6, 1, UNMOVABLE)]
    assert m.kernel.page_alloc.get_pageblock_migratetype(m.g, START) == UNMOVABLE


def test_without_grouping_page_blocks_become_unmovable_or_reserve_only():
    m = toys.machine(8, MAX=4)
    m.g.page_group_by_mobility_disabled = True
    types = []
    for migratetype in range(5):
        m.kernel.page_alloc.set_pageblock_migratetype(m.g, START, migratetype)
        types.append(m.kernel.page_alloc.get_pageblock_migratetype(m.g, START))
    assert types == [UNMOVABLE, UNMOVABLE, UNMOVABLE, UNMOVABLE, RESERVE]


def test_moving_free_pages_goes_by_whole_blocks():
    m = toys.machine(1024)  # one block of order 10: two page blocks
    page_alloc, zone = m.kernel.page_alloc, toys.zone_of(m)
    assert page_alloc.move_freepages_block(zone, START, RESERVE) == 1024
    assert free_blocks(m) == [(0, 10, RESERVE)]
    assert page_alloc.move_freepages_block(zone, START + 512, MOVABLE) == 0  # no block starts there
    assert free_blocks(m) == [(0, 10, RESERVE)]


def test_nothing_moves_in_a_page_block_that_sticks_out_of_its_zone():
    m = toys.machine(1024)
    zone = toys.zone_of(m)
    zone.spanned_pages = 1000
    assert take(m, 9) == 0
    assert m.kernel.page_alloc.move_freepages_block(zone, START + 512, RESERVE) == 0
    assert free_blocks(m) == [(512, 9, MOVABLE)]


# -- Watermarks ---------------------------------------------------------------------------------------------------


def watermark_ok(m, order, mark, flags="", classzone=2):
    page_alloc = m.kernel.page_alloc
    alloc_flags = sum(getattr(page_alloc, flag) for flag in flags.split())
    return page_alloc.zone_watermark_ok(toys.zone_of(m), order, mark, classzone, alloc_flags)


@pytest.mark.parametrize(
    ("order", "mark", "flags", "ok"),
    [
        (0, 15, "", True),  # 16 free pages, more than 15
        (0, 16, "", False),
        (1, 14, "", True),  # one page less counts: 15
        (1, 15, "", False),
        (3, 8, "", True),
        (3, 9, "", False),
        (0, 31, "ALLOC_HIGH", False),  # 31 - 31 // 2 = 16
        (0, 30, "ALLOC_HIGH", True),
        (0, 20, "ALLOC_HARDER", True),  # 20 - 20 // 4 = 15
        (0, 21, "ALLOC_HARDER", False),
        (0, 40, "ALLOC_HIGH ALLOC_HARDER", True),  # first the half, then a quarter of what is left: 15
        (0, 42, "ALLOC_HIGH ALLOC_HARDER", False),
    ],
)
def test_a_request_must_leave_more_than_the_watermark(order, mark, flags, ok):
    assert watermark_ok(toys.machine(16, MAX=4), order, mark, flags) is ok


def test_the_lowmem_reserve_is_added_to_the_watermark():
    m = toys.machine(16, MAX=4)
    toys.zone_of(m).lowmem_reserve = [0, 0, 0, 6]
    assert watermark_ok(m, 0, 9, classzone=3)
    assert not watermark_ok(m, 0, 10, classzone=3)
    assert watermark_ok(m, 0, 10, classzone=2)


def test_small_blocks_do_not_count_for_a_large_request():
    m = toys.machine(16, MAX=4)
    for _ in range(8):
        take(m)
    give(m, 8, 10, 12, 14)  # four single pages beside one block of 8
    assert watermark_ok(m, 0, 11)
    assert not watermark_ok(m, 3, 4)  # 12 - 7 = 5 is above 4, but 5 - 4 single pages is not above 4 >> 1
    assert not watermark_ok(m, 3, 2)  # 1 is not above 1
    assert watermark_ok(m, 3, 1)


def test_the_check_sees_the_zones_counter_not_what_the_cpus_hold():
    m = toys.machine(16, MAX=4, threshold=10)
    assert take(m, 3) == 8
    assert toys.counter(m, "NR_FREE_PAGES") == 8
    assert watermark_ok(m, 0, 15)  # the CPU has not told the zone yet


def test_mirrored_pages_count_for_those_who_may_not_use_them():
    m = toys.machine(16, MAX=4, mirrored=[(0, 16)])
    assert watermark_ok(m, 3, 8)
    assert take(m, 3) is None


# -- Mirrored memory ----------------------------------------------------------------------------------------------


def test_a_mirror_request_takes_from_the_mirror_lists():
    m = toys.machine(16, MAX=4, mirrored=[(0, 8)])
    assert free_blocks(m) == [(8, 3, MOVABLE), (0, 3, MIRROR)]
    assert take(m, 0, MIRROR_GFP) == 0
    assert take(m, 0, "GFP_KERNEL") == 8


def test_the_sysctl_turns_every_request_into_a_mirror_request():
    m = toys.machine(16, MAX=4, mirrored=[(0, 8)])
    m.sysctl("vm.mirrorable", 1)
    assert take(m, 0, "GFP_KERNEL") == 0
    m.sysctl("vm.mirrorable", 0)
    assert take(m, 0, "GFP_KERNEL") == 8


def test_a_dma32_request_never_becomes_a_mirror_request():
    m = toys.machine(16, MAX=4, mirrored=[(0, 8)])
    change_to_mirror = m.kernel.page_alloc.change_to_mirror
    mirror = m.kernel.gfp.__GFP_MIRROR
    assert [change_to_mirror(m.g, mirror, zone) for zone in range(4)] == [False, False, True, True]


def test_when_no_mirrored_block_is_left_a_mirror_request_gets_what_it_would_get_without_the_flag():
    m = toys.machine(16, MAX=4, mirrored=[(0, 8)])
    assert [take(m, 3, MIRROR_GFP) for _ in range(3)] == [0, 8, None]


def test_between_min_and_low_nobody_gets_mirrored_memory():
    m = toys.machine(16, MAX=4, mirrored=[(0, 16)])
    toys.zone_of(m).watermark[:] = [2, 4, 6]
    assert [take(m, 0, MIRROR_GFP) for _ in range(13)] == [*range(8, 16), *range(4), None]
    assert free_blocks(m) == [(4, 2, MIRROR)]  # four mirrored pages, twice the min watermark


def test_a_range_is_rounded_outwards_to_whole_page_blocks():
    m = toys.machine(24, MAX=4, mirrored=[(7, 2)])
    assert free_blocks(m) == [(16, 3, MOVABLE), (8, 3, MIRROR), (0, 3, MIRROR)]


# -- The mirror counter drifts (hazard 5) -------------------------------------------------------------------------


def half_mirrored(first):
    """4 MiB: one block of order 10, two page blocks of 2 MiB, of which the one from page `first` on is mirrored."""
    return toys.machine(1024, mirrored=[(first, 512)])


def test_a_boundary_inside_the_largest_block_hides_mirrored_memory_from_the_start():
    m = half_mirrored(512)
    assert free_blocks(m) == [(0, 10, MOVABLE)]
    assert toys.counter(m, "NR_FREE_MIRROR_PAGES") == 0


def test_the_mirror_counter_grows_each_time_the_mirrored_half_is_freed_and_then_merged_away():
    m = half_mirrored(512)
    for times in (1, 2, 3):
        assert [take(m, 9), take(m, 9)] == [0, 512]  # both from the MOVABLE list: nothing mirrored is counted
        give(m, 512)  # its page block is MIRROR: 512 mirrored pages are counted
        assert free_blocks(m) == [(512, 9, MIRROR)]
        give(m, 0)  # MOVABLE: the merged block goes to the MOVABLE list and takes the mirrored half along
        assert free_blocks(m) == [(0, 10, MOVABLE)]
        assert toys.counter(m, "NR_FREE_MIRROR_PAGES") == 512 * times
        assert toys.counter(m, "NR_FREE_PAGES") == 1024


def test_the_mirror_counter_falls_below_zero():
    m = half_mirrored(0)
    assert free_blocks(m) == [(0, 10, MIRROR)]  # the boot put 1024 pages on the MIRROR list, and counted them
    assert toys.counter(m, "NR_FREE_MIRROR_PAGES") == 1024
    for counted in (512, 0, -512):
        assert [take(m, 9, MIRROR_GFP), take(m, 9, MIRROR_GFP)] == [0, 512]  # -1024
        give(m, 512)  # freed as MOVABLE: not counted
        give(m, 0)  # +512
        assert free_blocks(m) == [(0, 10, MIRROR)]
        assert toys.counter(m, "NR_FREE_MIRROR_PAGES") == counted
    assert m.kernel.vmstat.global_page_state(m.g, m.kernel.mmzone.NR_FREE_MIRROR_PAGES) == 0  # what /proc shows


def test_with_page_blocks_as_large_as_the_largest_block_nothing_drifts():
    m = toys.machine(1024, mirrored=[(512, 512)], HUGETLB_PAGE=False)
    assert [take(m, 9, MIRROR_GFP), take(m, 9, MIRROR_GFP)] == [0, 512]
    give(m, 512, 0)
    assert free_blocks(m) == [(0, 10, MIRROR)]
    assert toys.counter(m, "NR_FREE_MIRROR_PAGES") == 1024


def test_a_fallback_can_take_a_mirror_page_block_for_good():
    m = half_mirrored(512)
    assert take(m, 0, "GFP_KERNEL") == 0
    types = [m.kernel.page_alloc.get_pageblock_migratetype(m.g, START + page) for page in (0, 512)]
    assert types == [UNMOVABLE, UNMOVABLE]


# -- The ways of asking -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gfp", "flags"),
    [
        ("GFP_KERNEL", ""),
        ("GFP_ATOMIC", "ALLOC_HIGH ALLOC_HARDER"),
        ("GFP_NOWAIT", "ALLOC_HARDER"),
        ("__GFP_NO_KSWAPD", ""),
        ("GFP_ATOMIC|__GFP_NOMEMALLOC", "ALLOC_HIGH"),
        ("GFP_KERNEL|__GFP_MEMALLOC", "ALLOC_NO_WATERMARKS"),
        ("GFP_KERNEL|__GFP_MEMALLOC|__GFP_NOMEMALLOC", ""),
    ],
)
def test_flags_decide_how_deep_a_request_reaches_into_the_reserves(gfp, flags):
    m = toys.machine(8, MAX=4)
    page_alloc = m.kernel.page_alloc
    expected = sum(getattr(page_alloc, flag) for flag in flags.split())
    assert page_alloc.gfp_to_alloc_flags(m.g, m.kernel.gfp.parse(gfp)) == expected


def test_a_real_time_task_reaches_deeper():
    m = toys.machine(8, MAX=4)
    m.g.rt_task = True
    page_alloc = m.kernel.page_alloc
    assert page_alloc.gfp_to_alloc_flags(m.g, m.kernel.gfp.GFP_KERNEL) == page_alloc.ALLOC_HARDER


@pytest.mark.parametrize(
    ("gfp", "left"),
    [("GFP_KERNEL", 8), ("GFP_NOWAIT", 6), ("GFP_ATOMIC", 3), ("GFP_KERNEL|__GFP_MEMALLOC", 0),
     ("__GFP_THISNODE", 10)],
)  # fmt: skip
def test_who_may_reach_deeper_leaves_fewer_pages(gfp, left):
    """Watermarks min 8, low 10: 8; 8 - 2; (8 - 4) - 1; none. This-node-only requests give up at low."""
    m = toys.machine(16, MAX=4)
    toys.zone_of(m).watermark[:] = [8, 10, 12]
    while take(m, 0, gfp) is not None:
        pass
    assert toys.counter(m, "NR_FREE_PAGES") == left


def test_without_watermarks_the_running_cpus_node_is_tried_first_whatever_node_was_asked_for():
    for gfp, node in (("GFP_NOWAIT", None), ("GFP_NOWAIT|__GFP_MEMALLOC", 0)):
        m = Machine.from_recording("numa-numa1-0")
        for zone in m.zones:
            zone.watermark[:] = [10**9] * 3
        pfn = m.alloc_pages(0, gfp, nid=1, cpu=0)
        assert node == (pfn if pfn is None else m.kernel.mmzone.page_zone(m.g, pfn).node)


def test_the_fair_share_is_used_up_and_given_again():
    m = toys.machine(16, MAX=4)
    mmzone, zone = m.kernel.mmzone, toys.zone_of(m)
    zone.watermark[:] = [0, 0, 2]
    zone.vm_stat[mmzone.NR_ALLOC_BATCH] = 2
    take(m)
    assert zone.vm_stat[mmzone.NR_ALLOC_BATCH] == 1 and not zone.flags
    take(m)
    assert zone.vm_stat[mmzone.NR_ALLOC_BATCH] == 0 and zone.flags == mmzone.ZONE_FAIR_DEPLETED
    take(m)  # the share is reset to high - low = 2, and this page taken from it
    assert zone.vm_stat[mmzone.NR_ALLOC_BATCH] == 1 and not zone.flags


def test_a_trace_tells_what_happened_in_the_kernels_words():
    m = toys.machine(8, MAX=4, mirrored=[(0, 8)])
    m.g.trace = []
    assert take(m, 2, "GFP_ATOMIC|__GFP_MIRROR") == 0
    give(m, 0)
    names = [event[0] for event in m.g.trace]
    assert names == ["split", "mm_page_alloc", "mm_page_free", "merge"]
    assert ("mm_page_alloc", START, 2, 0x2000020, MIRROR) in m.g.trace


def test_a_request_that_is_not_mirrored_has_one_event_more():
    """Patches 10 and 11 of the RFC call __rmqueue_smallest for MIRROR; the event is in __rmqueue."""
    m = toys.machine(8, MAX=4)
    m.g.trace = []
    take(m, 2, "GFP_ATOMIC")
    assert [event[0] for event in m.g.trace][-2:] == ["mm_page_alloc_zone_locked", "mm_page_alloc"]


def test_a_kernel_without_the_rfc_serves_everybody_from_all_lists():
    m = toys.machine(16, kernel=linux.load(config={"MEMORY_MIRROR": False, "FORCE_MAX_ZONEORDER": 4}))
    assert [take(m, 3, "GFP_KERNEL") for _ in range(3)] == [8, 0, None]
