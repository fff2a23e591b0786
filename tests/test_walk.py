"""The walk over two memories: each thing that differs is named, with both values, and nothing else is."""

import pytest

from mirrorlab import Machine, boot, linux
from mirrorlab.course import toy
from mirrorlab.machine.differences import equal, walk
from mirrorlab.story.recording import random_operations

MOVABLE = "GFP_HIGHUSER_MOVABLE"


def used(pages=1024):
    """A toy with blocks of several orders in use and free."""
    machine = toy(pages)
    for order in (0, 3, 3):
        machine.alloc_pages(order, MOVABLE)
    return machine


def zone_of(machine):
    return machine.zones[0]


def append(pages, pfn):
    pages[pfn] = None  # at the head


# What is changed in a copy -> what the walk from the one to the copy must find, and nothing else.
CHANGES = [
    (lambda m: append(zone_of(m).free_area[0].free_list[2], 9), ("free list", "order 0", "Movable"), [1], [9, 1]),
    (lambda m: setattr(zone_of(m).free_area[0], "nr_free", 9), ("nr_free", "order 0"), 1, 9),
    (lambda m: zone_of(m).free_area[0].buddy.clear(), ("set_page_order", "order 0", 1), "Movable", None),
    (lambda m: zone_of(m).free_area[0].buddy.update({1: 3}), ("set_page_order", "order 0", 1), "Movable", "Mirror"),
    (lambda m: append(zone_of(m).pageset[0].lists[0], 9), ("CPU's list", "CPU 0", "Unmovable"), [], [9]),
    (lambda m: setattr(zone_of(m).pageset[0], "count", 1), ("CPU", "CPU 0", "count"), 0, 1),
    (lambda m: setattr(zone_of(m).pageset[0], "high", 6), ("CPU", "CPU 0", "high"), 0, 6),
    (lambda m: setattr(zone_of(m).pageset[0], "batch", 6), ("CPU", "CPU 0", "batch"), 1, 6),
    (lambda m: zone_of(m).pageset[0].vm_stat_diff.__setitem__(0, 4),
     ("CPU's difference", "CPU 0", "NR_FREE_PAGES"), 0, 4),
    (lambda m: zone_of(m).vm_stat.__setitem__(0, 5), ("counter", "NR_FREE_PAGES"), 1007, 5),
    (lambda m: zone_of(m).watermark.__setitem__(1, 7), ("watermark", "low"), 0, 7),
    (lambda m: zone_of(m).freepage_migratetype.update({9: 3}), ("remembered type", 9), None, "Mirror"),
    (lambda m: zone_of(m).lowmem_reserve.__setitem__(3, 7), ("zone", "lowmem_reserve"), [0, 0, 0, 0], [0, 0, 0, 7]),
    (lambda m: setattr(zone_of(m), "managed_pages", 7), ("zone", "managed_pages"), 1024, 7),
    (lambda m: setattr(zone_of(m), "present_pages", 7), ("zone", "present_pages"), 1024, 7),
    (lambda m: setattr(zone_of(m), "spanned_pages", 7), ("zone", "spanned_pages"), 1024, 7),
    (lambda m: setattr(zone_of(m), "flags", 0), ("zone", "flags"), 32, 0),  # the fair share is used up
]  # fmt: skip
ELSEWHERE = [
    (lambda m: m.g.pageblock_flags.__setitem__(1, 3), ("page block", 1), "Movable", "Mirror"),
    (lambda m: setattr(m.g, "sysctl_mirrorable", 1), ("setting", "vm.mirrorable"), 0, 1),
    (lambda m: setattr(m.g, "page_group_by_mobility_disabled", True),
     ("machine", "page_group_by_mobility_disabled"), False, True),
    (lambda m: m.g.cpu_to_node.append(0), ("machine", "cpu_to_node"), [0], [0, 0]),
    (lambda m: m.g.node_data[0].node_zonelists[0].fullzones.add(0),
     ("zonelist", "0 of node 0", "fullzones"), (), (0,)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "change", "what", "was", "became"),
    [*(("Normal", *each) for each in CHANGES), *(("", *each) for each in ELSEWHERE)],
)
def test_what_was_changed_is_found_and_nothing_else(place, change, what, was, became):
    one = used()
    other = one.copy()
    change(other)
    assert list(walk(one, other)) == [(place, what, was, became)]
    assert list(walk(other, one)) == [(place, what, became, was)]
    assert not equal(one, other)


def test_another_order_of_a_list_is_a_difference():
    one = toy()
    pages = [one.alloc_pages(0, MOVABLE) for _ in range(8)]
    for pfn in pages[::2]:
        one.free_pages(pfn)
    other = one.copy()
    other.zones[0].free_area[0].free_list[2].move_to_end(pages[0])
    assert list(walk(one, other)) == [("Normal", ("free list", "order 0", "Movable"), [6, 4, 2, 0], [0, 6, 4, 2])]
    assert not equal(one, other)


def test_places_name_the_node_where_there_are_several():
    one = Machine.from_recording("numa-numa-1")
    other = one.copy()
    other.zone("Normal", 1).flags ^= 32
    (found,) = walk(one, other)
    assert (found.place, found.words) == ("Normal of node 1", "Normal of node 1: zone, flags")
    (found,) = (found for found in walk(one, toy()) if found.place == "DMA of node 0")
    assert (found.what, found.one, found.other) == (("zone",), "<zone DMA of node 0>", None)


@pytest.mark.parametrize("case", ["numa-numa-1", "slab-one-0", "slab-SLAB-c_two-0", "slab-SLOB-d_one-2"])
def test_two_memories_are_equal_when_the_walk_finds_nothing_and_only_then(case):
    one, other = Machine.from_recording(case), Machine.from_recording(case)
    assert equal(one, other)
    for seed in range(8):
        random_operations(one, 5, seed)
        assert not equal(one, other)
        assert list(walk(one, other))
        random_operations(other, 5, seed)
        assert equal(one, other)
        assert list(walk(one, other)) == []


@pytest.mark.parametrize("allocator", ["SLUB", "SLAB", "SLOB"])
def test_object_caches_are_part_of_the_memory(allocator):
    one = boot({"memory": [{"start": "4 GiB", "size": "32 MiB"}], "config": {"SLAB_ALLOCATOR": allocator}})
    one.kmem_cache_create("inode", 600)
    first = one.kmem_cache_alloc("inode")
    other = one.copy()
    assert equal(one, other)
    one.kmem_cache_free("inode", one.kmem_cache_alloc("inode"))  # the next to be handed out may be another one
    second = other.kmem_cache_alloc("inode")
    assert not equal(one, other)
    kinds = {found.what[0] for found in walk(one, other)}
    assert kinds & {"cache", "slab"} and kinds <= {"cache", "slab", "slabs"}  # no page has moved
    other.kmem_cache_free("inode", second)
    if allocator != "SLAB":  # there the array remembers that it was touched
        assert equal(one, other) == (not list(walk(one, other)))
    one.kmem_cache_free("inode", first)
    assert not equal(one, other)


def test_machines_of_different_kernels_are_told_apart_by_name():
    plain = toy(64, kernel=linux.load(config={"MEMORY_MIRROR": False}))
    found = {(found.place, found.what): (found.one, found.other) for found in walk(plain, toy(64))}
    assert found.pop(("Normal", ("counter", "NR_FREE_MIRROR_PAGES"))) == (None, 0)
    assert found.pop(("Normal", ("CPU's difference", "CPU 0", "NR_FREE_MIRROR_PAGES"))) == (None, 0)
    assert found.pop(("", ("setting", "vm.mirrorable"))) == (None, 0)
    assert found == {}


def test_the_trace_and_what_was_printed_are_no_memory():
    one = used()
    other = one.copy()
    other.g.trace, other.g.log = [], ["a line"]
    assert equal(one, other)
    assert list(walk(one, other)) == []
