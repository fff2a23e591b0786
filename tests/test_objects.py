"""Objects on a machine: kmalloc and caches under SLUB, SLAB and SLOB, by properties and by what learners may do."""

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorlab import Machine, compare_allocators, linux
from mirrorlab.linux.mmzone import NR_FREE_PAGES, NR_SLAB_RECLAIMABLE, NR_SLAB_UNRECLAIMABLE, PAGE_SIZE
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import state

ALLOCATORS = ("SLUB", "SLAB", "SLOB")
KERNELS = {name: linux.load(config={"SLAB_ALLOCATOR": name}) for name in ALLOCATORS}
SIZES = (1, 8, 24, 64, 96, 100, 192, 200, 256, 600, 1000, 1024, 2048, 4000, 4087, 4088, 4096, 5000, 8192, 8193, 40000)
CACHES = (  # size, alignment, flags
    (40, 0, ""),
    (100, 16, "SLAB_RECLAIM_ACCOUNT"),
    (700, 0, "SLAB_HWCACHE_ALIGN"),
    (1500, 64, ""),
    (4096, 0, "SLAB_RECLAIM_ACCOUNT"),
    (9000, 0, ""),
)

# Machines with one node and CPU, with two CPUs, and with two of both.
BOOTED = {
    (name, case): Machine.from_recording(case, kernel)
    for name, kernel in KERNELS.items()
    for case in ("slab-one-0", "slab-pressure-smp2-0", "slab-node-node2-2")
}


def boot(allocator, case="slab-one-0"):
    """A machine as recorded before the case; one without objects, unless the recording has some."""
    machine = BOOTED[allocator, case].copy()
    machine.kernel = KERNELS[allocator]
    machine.g.slabs = None  # no caches but those a test makes
    return machine


@pytest.fixture(params=ALLOCATORS)
def machine(request):
    return boot(request.param)


def free_pages(machine):
    """All free pages, those in per-CPU lists included."""
    counted = sum(
        zone.vm_stat[NR_FREE_PAGES] + sum(pset.vm_stat_diff[NR_FREE_PAGES] + pset.count for pset in zone.pageset)
        for zone in machine.zones
    )
    listed = sum(1 << order for _, order, _ in machine.free_blocks())
    listed += sum(pset.count for zone in machine.zones for pset in zone.pageset)
    assert counted == listed
    return listed


def slab_pages_counted(machine):
    """The two counters of slab pages, with what the CPUs hold."""
    return [
        sum(zone.vm_stat[item] + sum(pset.vm_stat_diff[item] for pset in zone.pageset) for zone in machine.zones)
        for item in (NR_SLAB_RECLAIMABLE, NR_SLAB_UNRECLAIMABLE)
    ]


# -- Properties -------------------------------------------------------------------------------------------------

CPUS, NODES = st.integers(0, 1), st.sampled_from((None, 0, 1))
CACHE_NUMBERS = st.sampled_from(range(len(CACHES)))
requests = st.lists(
    st.one_of(
        st.tuples(st.just("kmalloc"), st.sampled_from(SIZES), CPUS, NODES),
        st.tuples(st.sampled_from(("alloc", "burst")), CACHE_NUMBERS, CPUS, NODES),
        st.tuples(st.sampled_from(("free", "free many")), st.integers(0, 10**6), CPUS, st.none()),
        st.tuples(st.just("shrink"), CACHE_NUMBERS, CPUS, st.none()),
    ),
    max_size=60,
)


def run(machine, requests):
    """Carry out the requests; what the machine does not have (a second CPU or node) becomes the first."""
    for number, (size, align, flags) in enumerate(CACHES):
        machine.kmem_cache_create(f"cache{number}", size, align=align, flags=flags or 0)
    live = []
    for call, value, cpu, nid in requests:
        cpu %= len(machine.g.cpu_to_node)
        nid = nid if nid in machine.g.node_data else None
        if call == "kmalloc":
            live.append(machine.kmalloc(value, "GFP_ATOMIC", cpu=cpu, nid=nid))
        elif call in ("alloc", "burst"):
            for _ in range(40 if call == "burst" else 1):
                live.append(machine.kmem_cache_alloc(f"cache{value}", "GFP_ATOMIC", cpu=cpu, nid=nid))
        elif call == "shrink":
            machine.kmem_cache_shrink(f"cache{value}")
        else:
            for _ in range(min(30 if call == "free many" else 1, len(live))):
                free(machine, live.pop(value % len(live)), cpu)
        live = [thing for thing in live if thing is not None]
    return live


def free(machine, thing, cpu=0):
    if thing.cache.startswith("cache"):
        machine.kmem_cache_free(thing.cache, thing, cpu=cpu)
    else:
        machine.kfree(thing, cpu=cpu)


@pytest.mark.parametrize("case", ["slab-one-0", "slab-pressure-smp2-0", "slab-node-node2-2"])
@pytest.mark.parametrize("allocator", ALLOCATORS)
@settings(max_examples=40)
@given(requests=requests)
def test_objects_keep_apart_and_their_pages_come_back(allocator, case, requests):
    machine = boot(allocator, case)
    pages, counters = free_pages(machine), slab_pages_counted(machine)
    live = run(machine, requests)

    check_places(machine)
    slabs = {slab.pfn: slab for slab in machine.g.slabs.mem_map.values()}
    large = sum(1 << order for order in machine.g.slabs.compound_order.values())
    if allocator == "SLOB":  # it counts none, and takes the pages of its large objects without noting them
        assert slab_pages_counted(machine) == counters
        large += sum(-(-thing.size // PAGE_SIZE) for thing in live if thing.cache == "cache4")
        large += sum(4 for thing in live if thing.cache == "cache5")
    else:
        kinds = Counter(slab.slab_cache.flags & 0x20000 != 0 for slab in machine.g.slabs.mem_map.values())
        assert slab_pages_counted(machine) == [counters[0] + kinds[True], counters[1] + kinds[False]]
    assert free_pages(machine) == pages - len(machine.g.slabs.mem_map) - large
    check_bookkeeping[allocator](machine, slabs)

    for thing in live:
        free(machine, thing)
    for _ in range(2):  # SLAB's large caches keep their tables in objects of small ones
        for name in machine.caches:
            machine.kmem_cache_shrink(name)
    assert machine.g.slabs.mem_map == {}
    assert (free_pages(machine), slab_pages_counted(machine)) == (pages, counters)


def check_places(machine):
    """Objects do not overlap, lie in slabs or blocks of their own, and those are not free."""
    things = sorted(machine.objects.values(), key=lambda thing: thing.address)
    assert all(a.address + a.size <= b.address for a, b in pairwise(things))

    mem_map, blocks = machine.g.slabs.mem_map, machine.g.slabs.compound_order
    for thing in things:
        last = (thing.address + max(thing.size, 1) - 1) // PAGE_SIZE
        slab = mem_map.get(thing.pfn)
        if slab is not None:
            assert mem_map.get(last) is slab
        elif thing.pfn in blocks:
            assert last < thing.pfn + (1 << blocks[thing.pfn])
        else:
            assert thing.offset == 0 and machine.kernel.kconfig.SLAB_ALLOCATOR == "SLOB"
    taken = set(mem_map)
    taken.update(page for first, order in blocks.items() for page in range(first, first + (1 << order)))
    for pfn, order, _ in machine.free_blocks():
        assert taken.isdisjoint(range(pfn, pfn + (1 << order)))
    assert all(taken.isdisjoint(pages) for zone in machine.zones for pset in zone.pageset for pages in pset.lists)


def check_slub(machine, slabs):
    """Every object of every slab is live, or on exactly one free list; slabs are where their state says."""
    for cache in machine.caches.values():
        mine = [slab for slab in slabs.values() if slab.slab_cache is cache]
        everywhere = [x for slab in mine for x in slab.freelist] + [x for c in cache.cpu_slab for x in c.freelist]
        everywhere += [x for x, thing in machine.objects.items() if thing.cache == cache.name]
        places = [(s.pfn << 12) + n * cache.size for s in mine for n in range(s.objects)]
        assert sorted(everywhere) == sorted(places)
        on_lists = [pfn for n in cache.node.values() for pfn in n.partial]
        assert all(slabs[pfn].freelist and not slabs[pfn].frozen for pfn in on_lists)
        of_cpus = [c.page for c in cache.cpu_slab if c.page] + [page for c in cache.cpu_slab for page in c.partial]
        assert all(page.frozen for page in of_cpus)
        full = [slab for slab in mine if not slab.freelist and not slab.frozen]
        assert len(mine) == len(on_lists) + len(of_cpus) + len(full)
        info = machine.kernel.slub.get_slabinfo(cache)
        assert (info.num_slabs, info.num_objs) == (len(mine), len(places))


def check_slab(machine, slabs):
    """Every object of every slab is live, in exactly one array, or free in its slab; lists and counts agree."""
    tables = Counter(slab.off_slab for slab in slabs.values() if slab.off_slab is not None)
    for cache in machine.caches.values():
        mine = [slab for slab in slabs.values() if slab.slab_cache is cache]
        arrays = list(cache.cpu_cache)
        for n in cache.node.values():
            arrays += [*n.alien.values(), *([n.shared] if n.shared else [])]
            lists = {"full": n.slabs_full, "partial": n.slabs_partial, "free": n.slabs_free}
            for kind, pfns in lists.items():
                for pfn in pfns:
                    active = slabs[pfn].active
                    assert kind == ("full" if active == cache.num else "partial" if active else "free")
            assert n.free_objects == sum(len(slabs[pfn].freelist) for pfns in lists.values() for pfn in pfns)
        assert all(len(ac.entry) <= ac.limit for ac in arrays)
        everywhere = [x for ac in arrays for x in ac.entry]
        everywhere += [slab.s_mem + number * cache.size for slab in mine for number in slab.freelist]
        everywhere += [x for x, thing in machine.objects.items() if thing.cache == cache.name]
        everywhere += [x for x in tables if slabs[x >> 12].slab_cache is cache]
        places = [slab.s_mem + number * cache.size for slab in mine for number in range(cache.num)]
        assert sorted(everywhere) == sorted(places)
        assert all(slab.s_mem + cache.num * cache.size <= (slab.pfn + (1 << cache.gfporder)) << 12 for slab in mine)


def check_slob(machine, slabs):
    """Free blocks are apart, add up to `units`, and touch no object; a page is on a list unless it is full."""
    for page in slabs.values():
        assert page.units == sum(units for _, units in page.freelist) < 2048
        ends = [first + units for first, units in page.freelist]
        assert all(end < first for end, (first, _) in zip(ends, page.freelist[1:], strict=False))  # else merged
        assert (page.slob_list is None) == (page.units == 0)
        for thing in machine.objects.values():
            if thing.pfn == page.pfn:
                begin, end = thing.offset // 2, (thing.offset + thing.size + 1) // 2
                assert all(end <= first or first + units <= begin for first, units in page.freelist)


check_bookkeeping = {"SLUB": check_slub, "SLAB": check_slab, "SLOB": check_slob}


def deactivate_slab(s, page, freelist):  # the objects on the CPU's list are lost
    page.frozen = False
    add_partial(s.node[page.nid], page, True)  # noqa: F821


def slab_free(s, page, x):  # to the CPU's list, whatever slab it is from, and to the slab
    s.cpu_slab[s.g.cpu].freelist.append(x)
    page.freelist.append(x)


def slab_get_obj(s, page):  # half an object too far
    return page.s_mem + page.freelist.pop() * s.size + s.size // 2


def cache_flusharray(s, ac):  # what does not fit is dropped
    del ac.entry[: ac.batchcount]


def insert_block(freelist, first, units):  # one unit too long
    freelist.append((first, units + 1))
    freelist.sort()


@pytest.mark.parametrize(
    ("allocator", "broken"),
    [
        *(("SLUB", deactivate_slab), ("SLUB", slab_free)),
        *(("SLAB", slab_get_obj), ("SLAB", cache_flusharray)),
        *(("SLOB", insert_block),),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_properties_catch_a_broken_allocator(allocator, broken):
    kernel = linux.load(replace={broken.__name__: broken}, config={"SLAB_ALLOCATOR": allocator})
    machine = Machine.from_recording("slab-one-0", kernel)
    machine.g.slabs = None
    take, give = ("burst", 0, 0, None), ("free many", 7, 0, None)
    stream = [*[take] * 5, *[give] * 6, ("shrink", 0, 0, None), take]
    with pytest.raises((AssertionError, LookupError, AttributeError)):
        run(machine, stream)
        check_places(machine)
        check_bookkeeping[allocator](machine, {slab.pfn: slab for slab in machine.g.slabs.mem_map.values()})


@pytest.mark.parametrize("allocator", ALLOCATORS)
def test_a_replaced_function_goes_to_the_allocator_that_was_built(allocator):
    def kfree(g, x):
        pass

    kernel = linux.load(replace={"kfree": kfree}, config={"SLAB_ALLOCATOR": allocator})
    machine = Machine.from_recording("slab-one-0", kernel)
    pages = free_pages(machine)
    machine.kfree(machine.kmalloc(4096))
    assert kernel.module_of("kfree") is kernel.allocator
    assert free_pages(machine) < pages


@pytest.mark.parametrize("allocator", ALLOCATORS)
def test_when_memory_ends_requests_fail_and_nothing_is_lost(allocator):
    machine = boot(allocator)
    pages = free_pages(machine)
    machine.kmem_cache_create("big", 4095)
    live = []
    while (thing := machine.kmem_cache_alloc("big", "GFP_ATOMIC")) is not None:
        live.append(thing)
    assert machine.kmem_cache_alloc("big") is None
    assert "out of memory" in str(machine.oom_report)
    check_places(machine)
    for thing in live:
        machine.kmem_cache_free("big", thing)
    machine.kmem_cache_destroy("big")
    for _ in range(2):
        for name in machine.caches:
            machine.kmem_cache_shrink(name)
    assert free_pages(machine) == pages


# -- What a learner sees ----------------------------------------------------------------------------------------


def test_an_object_knows_its_page_and_whether_that_is_mirrored():
    machine = boot("SLUB")
    small, large = machine.kmalloc(100, who="me"), machine.kmalloc(10000)
    dma = machine.kmalloc(100, "GFP_KERNEL|__GFP_DMA")
    assert (small.cache, small.memory, small.who) == ("kmalloc-128", "mirrored", "me")
    assert (large.cache, large.memory, large.offset) == ("", "unmirrored", 0)
    assert (dma.cache, dma.memory) == ("dma-kmalloc-128", "below 4 GiB")
    assert machine.objects[small.address] == small
    assert small.address == small.pfn * 4096 + small.offset


def test_which_objects_are_mirrored_under_each_allocator():
    stream = [
        ("kmem_cache_create", "inode", 600),
        *[("kmem_cache_alloc", "inode")] * 50,
        *[("kmalloc", 100)] * 30,
        ("kfree", 60),
        *[("kmalloc", 4090)] * 5,
        *[("kmalloc", 9000)] * 7,
    ]
    comparison = compare_allocators(lambda kernel: Machine.from_recording("slab-one-0", kernel), stream)
    assert str(comparison).splitlines() == [
        "objects mirrored             SLUB      SLAB     SLOB",
        "kmem_cache_alloc(inode)  50 of 50  50 of 50  0 of 50",
        "kmalloc(100)             30 of 30  30 of 30  0 of 30",
        "kmalloc(4090)              5 of 5    5 of 5   5 of 5",
        "kmalloc(9000)              0 of 7    7 of 7   7 of 7",
    ]
    assert comparison.counts["SLUB"]["kmalloc(9000)"] == {"unmirrored": 6, "below 4 GiB": 1}
    assert "<td>0 of 50</td>" in comparison._repr_html_()


def test_nothing_is_returned_for_no_bytes_and_can_be_freed(machine):
    before = repr(machine)
    nothing = machine.kmalloc(0)
    assert (nothing.address, nothing.memory) == (16, "no memory")
    machine.kfree(nothing)
    machine.kfree(nothing)  # it is no object: any number of times will do
    machine.kfree(0)  # nor is NULL
    machine.kfree(None)  # what a failed request returned
    assert repr(machine) == before and machine.objects == {}


def test_a_copy_has_objects_and_caches_of_its_own(machine):
    machine.kmem_cache_create("inode", 600)
    one = machine.kmem_cache_alloc("inode")
    other = machine.copy()
    other.kmem_cache_free("inode", one)
    other.kmem_cache_destroy("inode")
    assert machine.objects == {one.address: one} and "inode" in machine.caches
    machine.kmem_cache_free("inode", one)


def test_a_recorded_machine_goes_on_with_its_caches():
    machine = Machine.from_recording("slab-one-0")
    thing = machine.kmem_cache_alloc("kmalloc-2048")
    assert (thing.pfn, thing.offset) == (1051912 + 2, 0)  # its CPU slab had four objects left, this one first


def test_slabinfo_reads_as_in_proc():
    machine = boot("SLUB")
    machine.kmem_cache_create("inode", 600)
    for _ in range(14):
        machine.kmem_cache_alloc("inode")
    version, header, inode, *_ = machine.slabinfo().splitlines()
    assert version == "slabinfo - version: 2.1"
    assert header.startswith("# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>")
    row = "inode                 26     26    600   13    2 : tunables    0    0    0 : slabdata      2      2      0"
    assert inode == row

    machine = boot("SLAB")
    machine.kmem_cache_create("inode", 600)
    machine.kmem_cache_alloc("inode")
    row = "inode                  6      6    600    6    1 : tunables   54   27    0 : slabdata      1      1      0"
    assert row in machine.slabinfo().splitlines()  # five of the six wait in the CPU's array


def test_the_flags_of_a_cache_choose_its_counter_and_its_pages(machine):
    kinds = {"SLUB": [1, 0], "SLAB": [1, 0], "SLOB": [0, 0]}[machine.kernel.kconfig.SLAB_ALLOCATOR]
    machine.kmem_cache_create("inode", 100, flags="SLAB_RECLAIM_ACCOUNT")
    before = slab_pages_counted(machine)
    machine.kmem_cache_alloc("inode")
    after = slab_pages_counted(machine)
    assert [new - old for old, new in zip(before, after, strict=True)] == kinds


def test_trace_events_are_named_as_in_the_kernel(machine):
    machine.g.trace = []
    machine.kmem_cache_create("inode", 600)
    one, two = machine.kmem_cache_alloc("inode"), machine.kmalloc(100)
    machine.kmem_cache_free("inode", one)
    machine.kfree(two)
    events = [event[:2] for event in machine.g.trace if event[0].startswith("k")]
    assert events == [
        *(("kmem_cache_alloc", one.address), ("kmalloc", two.address)),
        *(("kmem_cache_free", one.address), ("kfree", two.address)),
    ]


# -- Mistakes: one sentence each, and nothing changes -----------------------------------------------------------

MISTAKES = [
    (lambda m, a, b: m.kmem_cache_free("dentry", a), r"is from cache 'inode', not from 'dentry': free it with"),
    (lambda m, a, b: m.kmem_cache_free("dentry", b), r"not from 'dentry': free it with (kfree|kmem_cache_free)"),
    (lambda m, a, b: m.kmem_cache_free("nodent", a), r"no cache 'nodent': make it with kmem_cache_create\(\)"),
    (lambda m, a, b: m.kmem_cache_alloc("nodent"), r"no cache 'nodent'"),
    (lambda m, a, b: m.kfree(a.address + 8), r"lies inside the object at \d+: free that one"),
    (lambda m, a, b: m.kfree(4096 * 300), r"address 1228800 is in no slab: free what kmalloc\(\)"),
    (lambda m, a, b: m.kfree(2**60), r"is in no slab"),
    (lambda m, a, b: m.kfree("a"), r"'a' is no object: give what kmalloc\(\)"),
    (lambda m, a, b: m.kmem_cache_free("inode", None), r"address 0 is in no slab"),
    (lambda m, a, b: m.free_pages(a.pfn), r"page \d+ holds objects: free those with kfree\(\)"),
    (lambda m, a, b: m.kmalloc((4 << 20) + 1), r"from 0 to 4194304 bytes \(the largest block\), not 4194305"),
    (lambda m, a, b: m.kmalloc(-1), r"from 0 to 4194304 bytes"),
    (lambda m, a, b: m.kmalloc(1.5), r"from 0 to 4194304 bytes"),
    (lambda m, a, b: m.kmem_cache_create("huge", (4 << 20) + 1), r"from 1 to 4194304 bytes"),
    (lambda m, a, b: m.kmem_cache_create("none", 0), r"from 1 to 4194304 bytes"),
    (lambda m, a, b: m.kmem_cache_create("inode", 8), r"there is a cache 'inode' already: take another name"),
    (lambda m, a, b: m.kmem_cache_create("odd", 8, align=24), r"power of two up to 4096 bytes, not 24"),
    (
        lambda m, a, b: m.kmem_cache_create("odd", 8, flags="SLAB_ODD"),
        r"unknown cache flags 'SLAB_ODD': use one or more of",
    ),
    (lambda m, a, b: m.kmem_cache_create("odd", 8, flags=1), r"unknown cache flags 1"),
    (lambda m, a, b: m.kmem_cache_destroy("inode"), r"still has 2 objects: free them first"),
    (lambda m, a, b: m.kmalloc(8, "GFP_HIGHUSER"), r"never come from HIGHMEM or DMA32"),
    (lambda m, a, b: m.kmalloc(8, "GFP_ODD"), r"unknown GFP flag"),
    (lambda m, a, b: m.kmalloc(8, cpu=9), r"there is no CPU 9"),
    (lambda m, a, b: m.kmalloc(8, nid=9), r"there is no node 9"),
    (lambda m, a, b: m.kfree(b, cpu=9), r"there is no CPU 9"),
    (lambda m, a, b: m.kmem_cache_free("inode", a, cpu=9), r"there is no CPU 9"),
    (lambda m, a, b: m.kmalloc(8, "GFP_HIGHUSER", cpu=0), r"never come from HIGHMEM or DMA32"),
]


def everything(machine):
    """The whole state: zones as text, objects, and every cache."""
    return repr(machine), machine.caches.keys(), machine.objects, state.dump([machine.g])


@pytest.fixture
def in_use(machine):
    """A machine with some objects, two of which a test may try to free."""
    machine.kmem_cache_create("inode", 600)
    machine.kmem_cache_create("dentry", 192)
    a, b = machine.kmem_cache_alloc("inode"), machine.kmalloc(100)
    machine.kmem_cache_alloc("inode"), machine.kmalloc(100)  # their slabs stay when a and b are freed
    return machine, a, b


@pytest.mark.parametrize(("mistake", "sentence"), MISTAKES)
def test_a_mistake_gets_one_sentence_and_changes_nothing(in_use, mistake, sentence):
    machine, a, b = in_use
    before = everything(machine)
    with pytest.raises(ValueError, match=sentence) as raised:
        mistake(machine, a, b)
    assert "\n" not in str(raised.value)
    assert everything(machine) == before


def test_a_double_free_is_found_and_changes_nothing(in_use):
    machine, a, b = in_use
    machine.kmem_cache_free("inode", a)
    machine.kfree(b)
    before = everything(machine)
    for again in (lambda: machine.kmem_cache_free("inode", a), lambda: machine.kfree(b), lambda: machine.kfree(a)):
        with pytest.raises(ValueError, match="is free already: free each object once"):
            again()
    assert everything(machine) == before


def test_slob_cannot_kfree_an_object_of_a_cache():
    machine = boot("SLOB")
    machine.kmem_cache_create("inode", 600)
    thing = machine.kmem_cache_alloc("inode")
    with pytest.raises(ValueError, match="SLOB notes no size in front of those: free it with kmem_cache_free"):
        machine.kfree(thing)
    machine.kmem_cache_free("inode", thing)
    with pytest.raises(ValueError, match="SLOB has no /proc/slabinfo"):
        machine.slabinfo()


def test_slab_wants_the_dma_flag_and_the_dma_cache_together():
    machine = boot("SLAB")
    machine.kmem_cache_create("floppy", 512, flags="SLAB_CACHE_DMA")
    machine.kmem_cache_create("inode", 512)
    with pytest.raises(ValueError, match="'floppy' always have __GFP_DMA"):
        machine.kmem_cache_alloc("floppy")
    with pytest.raises(ValueError, match="'inode' never have __GFP_DMA"):
        machine.kmem_cache_alloc("inode", "GFP_KERNEL|__GFP_DMA")
    assert machine.kmem_cache_alloc("floppy", "GFP_KERNEL|__GFP_DMA").memory == "below 4 GiB"


def test_the_caches_of_kmalloc_stay():
    machine = boot("SLUB")
    with pytest.raises(ValueError, match="serves kmalloc\\(\\) and has to stay"):
        machine.kmem_cache_destroy("kmalloc-64")


def test_a_kernel_has_one_of_three_allocators():
    with pytest.raises(ValueError, match="SLAB_ALLOCATOR is SLUB, SLAB or SLOB, not 'SLQB'"):
        linux.load(config={"SLAB_ALLOCATOR": "SLQB"})


def test_a_recording_with_an_unknown_cache_is_refused(tmp_path):
    case = {**recordings.load("slab-one-0")}
    index, op = next((index, op) for index, op in enumerate(case["ops"]) if op["op"] == "kmem_alloc")
    case["ops"] = [*case["ops"][:index], {**op, "cache": 9}, *case["ops"][index + 1 :]]
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(case))
    with pytest.raises(recordings.RecordingError, match=f"operation {index} asks cache 9, and the initial state has 3"):
        recordings.load(path)
