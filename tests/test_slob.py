"""SLOB agrees with the recorded kernel, rule by rule."""

import pytest
from recorded import agrees, cases_with, memory_of_operations

from mirrorlab import Machine, linux
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import replay as oracle

CASES = cases_with("kmem_alloc", "kmalloc", build="D")
KERNEL = linux.load(config={"SLAB_ALLOCATOR": "SLOB"})


@pytest.mark.parametrize("name", CASES)
def test_the_recorded_kernel_agrees(name):
    verdict = oracle.replay(recordings.load(name))
    assert verdict.difference is None
    assert verdict.agrees


# -- Every rule is needed: without it, some recorded case differs ----------------------------------------------
# A function here runs as if it stood in slob.py, and uses that file's names.
# ruff: noqa: F821


def slob_new_pages(g, flags, order, node):  # all pages mirrored
    return page_alloc.alloc_pages_node(g, node, flags | __GFP_MIRROR, order)


def slob_alloc_from_list(g, slob_list, size, align, node):  # each search begins at the same page
    for pfn in list_for_each_entry(slob_list):
        sp = g.slabs.mem_map[pfn]
        if sp.units >= SLOB_UNITS(size):
            b = slob_page_alloc(sp, size, align)
            if b is not None:
                return b
    return None


def list_for_size(g, size):  # one list for all
    return g.slabs.free_slob_small


def insert_block(freelist, first, units):  # neighbours stay apart
    freelist.append((first, units))
    freelist.sort()


def SLOB_UNITS(size):  # units of four bytes, so to speak
    return -(-size // 4) * 2


def set_slob_page_free(sp, slob_list):  # to the tail
    list_add_tail(sp.pfn, slob_list)
    sp.slob_list = slob_list


BROKEN = (slob_new_pages, slob_alloc_from_list, list_for_size, insert_block, SLOB_UNITS, set_slob_page_free)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda function: function.__name__)
def test_a_broken_rule_is_found(broken):
    assert not all(agrees(name, **{broken.__name__: broken}) for name in CASES)


def test_the_mirror_hook_of_large_kmalloc_is_needed():
    kernel = linux.load(config={"SLAB_ALLOCATOR": "SLOB"})
    vars(kernel.slob)["__GFP_MIRROR"] = 0
    assert not all(oracle.replay(recordings.load(name), kernel).agrees for name in CASES)


def test_large_kmalloc_is_mirrored_and_all_else_is_not():
    """Hazard 15."""
    counts = memory_of_operations("slab-SLOB-d_one-2", by_size=True)
    assert counts["kmalloc_large"] == {"mirrored": 49}
    assert "mirrored" not in counts["kmalloc"] and counts["kmalloc"].total() == 271
    assert "mirrored" not in counts["kmem_alloc"] and counts["kmem_alloc"].total() == 161


# -- Blocks -----------------------------------------------------------------------------------------------------


@pytest.fixture
def machine():
    return Machine.from_recording("slab-one-0", KERNEL)


def blocks(machine, thing):
    """The free blocks of the page an object is on, as (first byte, bytes)."""
    return [(2 * first, 2 * units) for first, units in machine.g.slabs.mem_map[thing.pfn].freelist]


def test_a_page_is_cut_from_its_beginning(machine):
    a, b = machine.kmalloc(100), machine.kmalloc(20)
    assert (a.offset, b.offset) == (8, 108 + 8 + 4)  # eight bytes in front of each; b's begin at a multiple of eight
    assert blocks(machine, a) == [(108, 4), (140, 4096 - 140)]
    machine.kfree(a)
    assert blocks(machine, b) == [(0, 112), (140, 4096 - 140)]
    machine.kfree(b)
    assert machine.g.slabs.mem_map == {}


def test_a_full_page_is_on_no_list_until_something_is_freed(machine):
    machine.kmem_cache_create("half", 2048)
    a, b, c = (machine.kmem_cache_alloc("half") for _ in range(3))
    assert (a.pfn, a.offset, b.pfn, b.offset) == (b.pfn, 0, a.pfn, 2048)
    assert list(machine.g.slabs.free_slob_large) == [c.pfn]
    machine.kmem_cache_free("half", b)
    assert list(reversed(machine.g.slabs.free_slob_large)) == [a.pfn, c.pfn]  # to the head
    assert blocks(machine, a) == [(2048, 2048)]


@pytest.mark.parametrize(
    ("size", "memory"), [(100, "unmirrored"), (4087, "unmirrored"), (4088, "mirrored"), (9000, "mirrored")]
)
def test_only_large_kmalloc_asks_for_mirrored_memory(machine, size, memory):
    assert machine.kmalloc(size).memory == memory


def test_objects_of_a_page_or_more_come_without_a_slab(machine):
    machine.kmem_cache_create("page", 5000)
    thing = machine.kmem_cache_alloc("page")
    assert (thing.offset, thing.memory) == (0, "unmirrored")
    assert machine.g.slabs.mem_map == {}
    machine.kmem_cache_free("page", thing)
