"""Watermarks and reserve blocks: shares by size, and whole page blocks."""

import pytest
import toys
from toys import MIRROR, MOVABLE, RESERVE, START, free_blocks

from mirrorlab.machine import Machine


def block_types(m):
    """The types of a toy's page blocks, lowest first."""
    first = START // m.kernel.mmzone.pageblock_nr_pages
    return list(m.g.pageblock_flags[first:])


def set_min(m, pages):
    m.sysctl("vm.min_free_kbytes", 4 * pages)


def test_zones_share_the_minimum_by_their_size():
    m = Machine.from_recording("split-merge-one-0")
    set_min(m, 1000)
    managed = [zone.managed_pages for zone in m.zones]
    assert [zone.watermark[0] for zone in m.zones] == [1000 * pages // sum(managed) for pages in managed]


@pytest.mark.parametrize(
    ("minimum", "marks"), [(0, [0, 0, 0]), (1, [1, 1, 1]), (7, [7, 8, 10]), (100, [100, 125, 150])]
)
def test_low_is_a_quarter_above_min_and_high_a_half(minimum, marks):
    m = toys.machine(4096)
    set_min(m, minimum)
    assert toys.zone_of(m).watermark == marks


def test_the_fair_share_starts_anew_at_high_minus_low():
    m = toys.machine(4096)
    toys.take(m, 5)
    set_min(m, 100)
    assert toys.counter(m, "NR_ALLOC_BATCH") == 25


@pytest.mark.parametrize(("minimum", "blocks"), [(0, 0), (1, 1), (8, 1), (9, 2), (16, 2), (24, 2)])
def test_the_minimum_is_kept_in_whole_page_blocks_at_most_two(minimum, blocks):
    m = toys.machine(32, MAX=4)  # page blocks of 8 pages
    set_min(m, minimum)
    assert block_types(m) == [RESERVE] * blocks + [MOVABLE] * (4 - blocks)
    assert toys.zone_of(m).nr_migrate_reserve_block == blocks


def test_the_free_pages_of_a_reserve_block_move_to_the_reserve_lists():
    m = toys.machine(16, MAX=4)
    assert [toys.take(m), toys.take(m)] == [8, 9]
    set_min(m, 9)
    assert free_blocks(m) == [(10, 1, RESERVE), (12, 2, RESERVE), (0, 3, RESERVE)]


def test_a_reserve_block_that_is_not_needed_any_more_is_handed_back():
    m = toys.machine(32, MAX=4)
    set_min(m, 9)
    set_min(m, 4)
    assert block_types(m) == [RESERVE, MOVABLE, MOVABLE, MOVABLE]
    set_min(m, 0)
    assert block_types(m) == [MOVABLE] * 4
    assert all(migratetype == MOVABLE for _, _, migratetype in free_blocks(m))


def test_mirrored_page_blocks_are_passed_over():
    m = toys.machine(32, MAX=4, mirrored=[(0, 16)])
    set_min(m, 16)
    assert block_types(m) == [MIRROR, MIRROR, RESERVE, RESERVE]


def test_page_blocks_of_other_types_are_passed_over():
    m = toys.machine(32, MAX=4)
    assert toys.take(m, 3, "GFP_KERNEL") == 24
    m.kernel.page_alloc.set_pageblock_migratetype(m.g, START, toys.RECLAIMABLE)
    set_min(m, 8)
    assert block_types(m) == [toys.RECLAIMABLE, RESERVE, MOVABLE, toys.UNMOVABLE]


def test_a_page_block_with_a_page_reserved_at_boot_is_passed_over():
    m = toys.machine(32, MAX=4)
    m.g.reserved_runs = [START + 3], [START + 4]
    set_min(m, 8)
    assert block_types(m) == [MOVABLE, RESERVE, MOVABLE, MOVABLE]


def test_when_the_wanted_number_has_not_changed_nothing_is_looked_at():
    m = toys.machine(32, MAX=4)
    set_min(m, 8)
    m.kernel.page_alloc.set_pageblock_migratetype(m.g, START, MOVABLE)
    set_min(m, 4)
    assert block_types(m) == [MOVABLE] * 4


def test_reserving_a_block_takes_along_the_mirrored_half_of_a_larger_free_block():
    """Hazard 9: page blocks of 2 MiB, a free block of 4 MiB, the upper half mirrored."""
    m = toys.machine(1024, mirrored=[(512, 512)])
    set_min(m, 8)
    assert block_types(m) == [RESERVE, MIRROR]
    assert free_blocks(m) == [(0, 10, RESERVE)]
