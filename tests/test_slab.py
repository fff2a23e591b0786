"""SLAB agrees with the recorded kernel, rule by rule."""

import pytest
from recorded import agrees, cases_with

from mirrorlab import Machine, linux
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import replay as oracle

CASES = cases_with("kmem_alloc", build="C")
KERNEL = linux.load(config={"SLAB_ALLOCATOR": "SLAB"})


def boot(case="slab-one-0"):
    return Machine.from_recording(case, KERNEL)


@pytest.mark.parametrize("name", CASES)
def test_the_recorded_kernel_agrees(name):
    verdict = oracle.replay(recordings.load(name))
    assert verdict.difference is None
    assert verdict.agrees


# -- Every rule is needed: without it, some recorded case differs ----------------------------------------------
# A function here runs as if it stood in slab.py, and uses that file's names.
# ruff: noqa: F821


def kmem_getpages(s, flags, nodeid):  # not mirrored
    flags |= s.allocflags | __GFP_NOTRACK | (__GFP_RECLAIMABLE if s.flags & SLAB_RECLAIM_ACCOUNT else 0)
    pfn = page_alloc.alloc_pages_node(s.g, nodeid, flags, s.gfporder)
    if pfn is not None:
        mod_slab_counter(s, pfn, 1 << s.gfporder)
    return pfn


def gfp_exact_node(flags):  # try hard at once
    return flags


def ____cache_alloc(s, flags):  # an array never counts as used
    ac = s.cpu_cache[s.g.cpu]
    return ac.entry.pop() if ac.entry else cache_alloc_refill(s, flags)


def cache_flusharray(s, ac):  # the newest objects go, not the oldest
    discard = []
    free_block(s, ac.entry[-ac.batchcount :], s.g.cpu_to_node[s.g.cpu], discard)
    slabs_destroy(s, discard)
    del ac.entry[-ac.batchcount :]


def free_block(s, objects, node, discard):  # slabs go to the head of the partial list
    n = s.node[node]
    for x in objects:
        page = slab_common.virt_to_head_page(s.g, x)
        list_del(page.pfn, slab_list(n, page))
        page.freelist.append((x - page.s_mem) // s.size)
        n.free_objects += 1
        if not page.active and n.free_objects > n.free_limit:
            n.free_objects -= s.num
            discard.append(page)
        else:
            list_add(page.pfn, slab_list(n, page))


def slab_get_obj(s, page):  # the object freed first comes first
    return page.s_mem + page.freelist.pop(0) * s.size


def take_slab(s, n):  # free slabs before partly free ones
    slabs = n.slabs_free or n.slabs_partial
    if not slabs:
        return None
    pfn = list_first_entry(slabs)
    list_del(pfn, slabs)
    return s.g.slabs.mem_map[pfn]


def calculate_freelist_size(nr_objs, align):  # two bytes for an object's number
    return slab_common.ALIGN(2 * nr_objs, align) if align else 2 * nr_objs


def fallback_alloc(s, flags):  # other nodes, and trying hard, are not for objects
    return None


BROKEN = (
    *(kmem_getpages, gfp_exact_node, ____cache_alloc, cache_flusharray, free_block, slab_get_obj),
    *(take_slab, calculate_freelist_size, fallback_alloc),
)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda function: function.__name__)
def test_a_broken_rule_is_found(broken):
    assert not all(agrees(name, **{broken.__name__: broken}) for name in CASES)


# -- Parameters -------------------------------------------------------------------------------------------------


def test_the_parameters_of_every_recorded_cache_are_computed():
    seen = 0
    for name in CASES:
        case = recordings.load(name)
        caches = Machine.from_recording(case).caches
        for entry in case["initial"]["slab"]:
            seen += 1
            cache = caches[entry["name"]]
            ours = {key: getattr(cache, key, None) for key in entry["params"]} | {"off_slab": 0}
            assert ours == entry["params"]
            # What enable_cpucache() works out, before the recorded state is loaded.
            fresh = KERNEL.slab.KmemCache(cache.g, "fresh", cache.object_size, cache.align, cache.flags)
            KERNEL.slab.__dict__["__kmem_cache_create"](fresh)
            limits = {nid: n.free_limit for nid, n in fresh.node.items()}
            if not cache.name.startswith("kmalloc-"):
                assert limits == {node["node"]: node["free_limit"] for node in entry["nodes"]}
    assert seen > 25


@pytest.mark.parametrize(
    ("case", "name", "limit"), [("slab-one-0", "kmalloc-96", 91), ("slab-smp-0", "kmalloc-64", 183)]
)
def test_the_boot_caches_keep_fewer_free_objects(case, name, limit):
    """As recorded in slab-SLAB-c_two-1 and slab-SLAB-c_smp-1: one CPU was not counted yet."""
    assert boot(case).caches[name].node[0].free_limit == limit


# -- What no recording covers -----------------------------------------------------------------------------------


def test_large_objects_have_their_index_table_elsewhere():
    machine = boot()
    machine.kmem_cache_create("half", 2048)
    cache = machine.caches["half"]
    assert (cache.num, cache.gfporder, cache.freelist_cache.name) == (2, 0, "kmalloc-32")

    first = machine.kmem_cache_alloc("half")
    table = machine.g.slabs.mem_map[first.pfn].off_slab
    assert first.offset in (0, 2048)  # no table before it
    assert machine.g.slabs.mem_map[table >> 12].slab_cache.name == "kmalloc-32"
    machine.kmem_cache_free("half", first)
    machine.kmem_cache_destroy("half")
    assert table in machine.caches["kmalloc-32"].cpu_cache[0].entry


def test_new_slabs_take_one_colour_after_the_other():
    machine = boot()
    machine.kmem_cache_create("odd", 1500)
    cache = machine.caches["odd"]
    assert (cache.colour, cache.colour_off, cache.freelist_size) == (10, 64, 8)
    for _ in range(60):
        machine.kmem_cache_alloc("odd")
    by_age = list(machine.g.slabs.mem_map.values())
    starts = list(dict.fromkeys((page.s_mem - (page.pfn << 12)) for page in by_age if page.slab_cache is cache))
    assert starts == [8 + 64 * colour for colour in range(10)]


def test_an_object_of_another_node_waits_in_an_alien_array():
    machine = boot("slab-node-node2-2")
    machine.kmem_cache_create("inode", 200)
    things = [machine.kmem_cache_alloc("inode", cpu=0, nid=1) for _ in range(13)]
    assert {machine.g.slabs.mem_map[thing.pfn].nid for thing in things} == {1}
    for thing in things[:12]:
        machine.kmem_cache_free("inode", thing, cpu=0)
    home, there = machine.caches["inode"].node[0], machine.caches["inode"].node[1]
    assert home.alien[1].entry == [thing.address for thing in things[:12]]
    assert there.shared.entry == []

    machine.kmem_cache_free("inode", things[12], cpu=0)  # one too many: the twelve go home
    assert home.alien[1].entry == [things[12].address]
    assert there.shared.entry == [thing.address for thing in things[:12]]


def test_an_empty_array_is_refilled_from_the_shared_one_first():
    machine = boot("slab-smp-0")
    machine.kmem_cache_create("inode", 200)
    things = [machine.kmem_cache_alloc("inode", cpu=0) for _ in range(130)]
    for thing in things:
        machine.kmem_cache_free("inode", thing, cpu=0)
    cache = machine.caches["inode"]
    shared = cache.node[0].shared
    assert len(shared.entry) == 60
    last = shared.entry[-1]
    got = machine.kmem_cache_alloc("inode", cpu=1)
    assert (len(shared.entry), shared.touched) == (44, 1)  # 16: the other CPU's array was not in use
    assert got.address == last


def test_without_memory_colour_moves_on_all_the_same():
    machine = boot()
    machine.kmem_cache_create("odd", 1500)
    while machine.kmem_cache_alloc("odd", "GFP_ATOMIC") is not None:
        pass
    node = machine.caches["odd"].node[0]
    before = node.colour_next
    assert machine.kmem_cache_alloc("odd", "GFP_ATOMIC") is None
    assert node.colour_next == (before + 2) % 10  # once for the CPU's array, once for the node
