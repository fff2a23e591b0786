"""memblock: what there is and what is taken, as sorted ranges."""

from hypothesis import given
from hypothesis import strategies as st

from mirrorlab.linux import memblock as mb
from mirrorlab.linux.pfn import PFN_DOWN, PFN_UP

RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)), max_size=8)


def shown(ranges):
    return [(region.base, region.end, region.nid) for region in ranges.regions]


def test_ranges_that_touch_become_one_when_node_and_flags_agree():
    m = mb.Memblock()
    mb.memblock_add_node(m, 0, 10, 0)
    mb.memblock_add_node(m, 10, 10, 0)
    mb.memblock_add_node(m, 20, 10, 1)
    assert shown(m.memory) == [(0, 20, 0), (20, 30, 1)]


def test_what_the_list_has_keeps_its_node():
    m = mb.Memblock()
    mb.memblock_add_node(m, 10, 10, 1)
    mb.memblock_add_node(m, 0, 30, 0)
    assert shown(m.memory) == [(0, 10, 0), (10, 20, 1), (20, 30, 0)]


def test_a_node_is_set_in_the_middle_of_a_range():
    m = mb.Memblock()
    mb.memblock_add(m, 0, 100)
    mb.memblock_set_node(m.memory, 0, 1 << 64, 0)
    mb.memblock_set_node(m.memory, 40, 20, 1)
    assert shown(m.memory) == [(0, 40, 0), (40, 60, 1), (60, 100, 0)]


def test_free_memory_ends_where_the_node_does_even_without_a_hole():
    m = mb.Memblock()
    mb.memblock_add_node(m, 0, 50, 0)
    mb.memblock_add_node(m, 50, 50, 1)
    mb.memblock_reserve(m, 45, 10)
    assert list(mb.for_each_free_mem_range(m)) == [(0, 45), (55, 100)]


def test_only_whole_pages_count():
    m = mb.Memblock()
    mb.memblock_add_node(m, 1, 3 * 4096, 0)
    assert list(mb.for_each_mem_pfn_range(m)) == [(1, 3, 0)]
    assert (PFN_UP(1), PFN_UP(4096), PFN_DOWN(4095)) == (1, 1, 0)


@given(RANGES, RANGES)
def test_free_is_memory_without_reserved(memory, reserved):
    m = mb.Memblock()
    for base, size in memory:
        mb.memblock_add(m, base, size)
    for base, size in reserved:
        mb.memblock_reserve(m, base, size)

    def addresses(ranges):
        return {address for base, size in ranges for address in range(base, base + size)}

    free = [address for start, end in mb.for_each_free_mem_range(m) for address in range(start, end)]
    assert free == sorted(addresses(memory) - addresses(reserved))
    for ranges in (m.memory, m.reserved):
        assert all(low.end <= high.base for low, high in zip(ranges.regions, ranges.regions[1:], strict=False))
