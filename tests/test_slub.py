"""SLUB agrees with the recorded kernel, rule by rule."""

import pytest
from recorded import agrees, cases_with, memory_of_operations

from mirrorlab import Machine, linux
from mirrorlab.machine.holders import class_of
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import replay as oracle

CASES = cases_with("kmem_alloc", "kmem_alloc_node", "kmalloc_large", build="AB")


@pytest.mark.parametrize("name", CASES)
def test_the_recorded_kernel_agrees(name):
    verdict = oracle.replay(recordings.load(name))
    assert verdict.difference is None
    assert verdict.agrees


# -- Every rule is needed: without it, some recorded case differs ----------------------------------------------
# A function here runs as if it stood in slub.py, and uses that file's names.
# ruff: noqa: F821


def alloc_slab_page(g, flags, node, order):  # not mirrored
    return page_alloc.alloc_pages_node(g, node, flags | __GFP_NOTRACK, order)


def new_slab(s, flags, node):  # all of the caller's flags count, __GFP_NO_KSWAPD too
    page = allocate_slab(s, flags, node)
    if page is not None:
        inc_slabs_node(s.node[page.nid], page.objects)
    return page


def get_partial_node(s, n, c):  # one slab at a time
    if not n.partial:
        return False
    c.page = acquire_slab(s, n)
    c.freelist = get_freelist(c.page)
    return True


def put_cpu_partial(s, page, drain):  # the chain is never emptied
    c = s.cpu_slab[s.g.cpu]
    page.pages, page.pobjects = 1, len(page.freelist)
    if c.partial:
        page.pages += c.partial[-1].pages
        page.pobjects += c.partial[-1].pobjects
    c.partial.append(page)


def add_partial(n, page, tail):  # always to the head
    list_add(page.pfn, n.partial)


def deactivate_slab(s, page, freelist):  # the objects keep their order
    n = s.node[page.nid]
    tail = bool(page.freelist)
    page.freelist.extend(freelist)
    page.frozen = False
    if not page.inuse and n.nr_partial >= s.min_partial:
        discard_slab(s, page)
    elif page.freelist:
        add_partial(n, page, tail)


def __slab_free(s, page, x):  # empty slabs stay
    prior = bool(page.freelist)
    page.freelist.append(x)
    if not page.frozen and not prior:
        page.frozen = True
        put_cpu_partial(s, page, True)


def slab_free(s, page, x):  # the CPU's current slab is nothing special
    page.freelist.append(x)


def kmalloc_large(g, size, flags, node=-1):  # mirrored
    order = slab_common.get_order(size)
    pfn = page_alloc.alloc_pages_node(g, node, flags | __GFP_COMP | __GFP_MIRROR, order)
    g.slabs.compound_order[pfn] = order
    return pfn << 12


def calculate_order(g, size):  # the same for any number of CPUs
    return min(3, max(0, (16 * size - 1).bit_length() - 12))


def slab_counter(s):  # the other counter
    return NR_SLAB_UNRECLAIMABLE if s.flags & SLAB_RECLAIM_ACCOUNT else NR_SLAB_RECLAIMABLE


BROKEN = (
    *(alloc_slab_page, new_slab, get_partial_node, put_cpu_partial, add_partial),
    *(deactivate_slab, __slab_free, slab_free, kmalloc_large, calculate_order, slab_counter),
)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda function: function.__name__)
def test_a_broken_rule_is_found(broken):
    assert not all(agrees(name, **{broken.__name__: broken}) for name in CASES)


def test_without_the_smaller_slab_requests_fail_too_soon():
    def calculate_sizes(s):
        s.inuse, s.size = s.object_size, s.object_size
        s.oo_order = s.min_order = 1
        s.oo_objects = s.min_objects = 8192 // s.size
        return True

    assert not agrees("slab-oom-oom1-0", calculate_sizes=calculate_sizes)


# -- Parameters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "cpus", "order", "objects"),
    [
        *((8, 1, 0, 512), (512, 1, 0, 8), (512, 2, 1, 16), (520, 1, 1, 15), (700, 1, 1, 11), (1200, 1, 2, 13)),
        *((1500, 1, 3, 21), (2048, 1, 2, 8), (2048, 2, 3, 16), (4096, 1, 3, 8), (8192, 1, 3, 4)),
        *((20000, 1, 3, 1), (40000, 1, 4, 1), (1 << 20, 1, 8, 1), (4 << 20, 1, 10, 1)),
    ],
)
def test_the_order_of_a_slab(size, cpus, order, objects):
    kernel = linux.load()
    g = kernel.mmzone.Globals(cpu_to_node=[0] * cpus)
    kernel.slub.kmem_cache_init(g)
    cache = kernel.slub.kmem_cache_create(g, "test", size, 0, 0)
    assert (cache.oo_order, cache.oo_objects) == (order, objects)


def test_objects_beyond_the_largest_block_have_no_cache():
    kernel = linux.load()
    g = kernel.mmzone.Globals()
    kernel.slub.kmem_cache_init(g)
    assert kernel.slub.kmem_cache_create(g, "test", (4 << 20) + 1, 0, 0) is None


def test_the_parameters_of_every_recorded_cache_are_computed():
    seen = 0
    for name in CASES:
        case = recordings.load(name)
        caches = Machine.from_recording(case).caches
        for entry in case["initial"]["slub"]:
            seen += 1
            ours = {key: getattr(caches[entry["name"]], key, None) for key in entry["params"]}
            fixed = {"offset": 0, "reserved": 0, "remote_node_defrag_ratio": 0, "has_cpu_partial": 1}
            assert {**ours, **fixed} == entry["params"]
    assert seen > 60


def test_kmalloc_has_size_classes():
    machine = Machine.from_recording("slab-one-0")
    names = {size: machine.kmalloc(size).cache for size in (1, 8, 9, 64, 65, 96, 97, 129, 192, 193, 4097, 8192, 8193)}
    assert names == {
        **{1: "kmalloc-8", 8: "kmalloc-8", 9: "kmalloc-16", 64: "kmalloc-64", 65: "kmalloc-96", 96: "kmalloc-96"},
        **{97: "kmalloc-128", 129: "kmalloc-192", 192: "kmalloc-192", 193: "kmalloc-256", 4097: "kmalloc-8192"},
        **{8192: "kmalloc-8192", 8193: ""},
    }


def test_a_large_unmirrored_slab_wins_over_a_small_mirrored_one():
    """Hazard 14."""
    case = recordings.load("slab-pressure-small-1")
    replay = oracle.Replay(case)
    for op in case["ops"][:7]:
        replay.step(op)
    mirror = [block for block in replay.machine.free_blocks() if block[2] == 3]
    assert (len(mirror), {order for _, order, _ in mirror}) == (778, {0})

    got = replay.step(case["ops"][7])
    cache = replay.machine.caches[replay.caches[case["ops"][7]["cache"]]]
    assert (cache.size, cache.cpu_slab[0].page.order) == (1024, 1)
    assert class_of(replay.machine.g, got["pfn"]) == "unmirrored"


def test_objects_are_mirrored_and_large_kmalloc_is_not():
    """Hazard 15."""
    counts = memory_of_operations("slab-one-0")
    assert counts["kmem_alloc"] == {"mirrored": 1106}
    assert counts["kmalloc_large"] == {"unmirrored": 12, "below 4 GiB": 1}


def fill(machine, cache, slabs):
    """Objects of so many full slabs of a cache, slab by slab."""
    per_slab = machine.caches[cache].oo_objects
    return [[machine.kmem_cache_alloc(cache) for _ in range(per_slab)] for _ in range(slabs)]


def test_of_a_long_chain_empty_slabs_that_are_too_many_go_back_the_last_first():
    machine = Machine.from_recording("slab-one-0")
    machine.kmem_cache_create("page", 512)  # eight a slab; a CPU keeps about 13 free ones
    slabs = fill(machine, "page", 11)
    for slab in slabs[:5]:  # one object each makes a chain; the last that fits empties itself onto the node
        machine.kmem_cache_free("page", slab[0])
    for slab in slabs[5:8]:
        for thing in slab:
            machine.kmem_cache_free("page", thing)
    cache = machine.caches["page"]
    assert [page.pobjects for page in cache.cpu_slab[0].partial] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert cache.node[0].nr_partial == 0

    machine.g.trace = []
    machine.kmem_cache_shrink("page")
    freed = [event[1] for event in machine.g.trace if event[0] == "mm_page_free"]
    # The chain's head came first: slabs 7, 6 and 5 were put on the node's list while it had fewer than five.
    assert freed == [slabs[5][0].pfn, slabs[6][0].pfn, slabs[7][0].pfn]


def test_shrinking_puts_the_fullest_slabs_first():
    machine = Machine.from_recording("slab-one-0")
    machine.kmem_cache_create("page", 512)
    slabs = fill(machine, "page", 4)
    for free, slab in zip((3, 1, 8, 2), slabs, strict=True):
        for thing in slab[:free]:
            machine.kmem_cache_free("page", thing)
    machine.kmem_cache_shrink("page")
    cache = machine.caches["page"]
    head_first = list(reversed(cache.node[0].partial))
    assert head_first == [slabs[1][0].pfn, slabs[3][0].pfn, slabs[0][0].pfn]
    assert cache.node[0].nr_slabs == 3
