"""Rules that the model once had wrong, stated a second time in another way, and compared on random operations."""

import random

import pytest

from mirrorlab import boot, linux
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle.replay import Replay

MIB, GIB = 1 << 20, 1 << 30
USER, KERNEL = "GFP_HIGHUSER_MOVABLE", "GFP_KERNEL"


# -- __free_one_page: the tail rule asks in the zone of the parent -------------------------------------------------


def two_nodes(border):
    """The second node begins `border` bytes into a largest block of 4 MiB."""
    first = 4 * GIB
    return boot({
        "summary": "a border inside a block",
        "cpus": [0, 1],
        "memory": [
            {"start": 0, "size": "640 KiB", "node": 0},
            {"start": "1 MiB", "size": "63 MiB", "node": 0},
            {"start": first, "end": first + 64 * MIB + border, "node": 0},
            {"start": first + 64 * MIB + border, "end": first + 96 * MIB, "node": 1},
        ],
    })  # fmt: skip


def zone_at(machine, pfn):
    """By addresses alone: spans are disjoint on this machine; page 0 has no zone, and looks like one of the first."""
    return next(
        (z for z in machine.zones if z.zone_start_pfn <= pfn < z.zone_start_pfn + z.spanned_pages), machine.zones[0]
    )


def free_of(machine):
    """(zone's name and node, PFN, order) of every free block."""
    return {(z.name, z.node, *block[:2]) for z in machine.zones for block in machine.free_blocks(z.name, z.node)}


def expected_place(machine, pfn, order):
    """Where a block comes to lie once it is freed: (first PFN, order, whether at the tail)."""
    free = free_of(machine)
    zone = zone_at(machine, pfn)
    while order < 10 and (zone.name, zone.node, pfn ^ (1 << order), order) in free:
        pfn = min(pfn, pfn ^ (1 << order))
        order += 1
    size = 2 << order
    parent = pfn - pfn % size
    neighbour = parent - size if parent % (2 * size) else parent + size
    there = zone_at(machine, parent)
    return pfn, order, order < 9 and (there.name, there.node, neighbour, order + 1) in free


def frees(machine, chance, operations):
    """Random requests and frees on both nodes; after each free what was expected of it before."""
    held = []
    for _ in range(operations):
        if held and chance.random() < 0.5:
            pfn, order = held.pop(chance.randrange(len(held)))
            expected = expected_place(machine, pfn, order)
            machine.free_pages(pfn)
            yield expected
        else:
            order, nid = chance.choice([1, 2, 3, 4, 5, 6, 7]), chance.choice([0, 1, 1]) & max(machine.g.node_data)
            pfn = machine.alloc_pages(order, chance.choice([USER, KERNEL]), nid=nid, cpu=0)
            if pfn is not None:
                held.append((pfn, order))


def tail_rule(machine, chance, operations, seen):
    """Compare what became of each free with what was expected; notes in `seen` which cases there were."""
    for place, order, tail in frees(machine, chance, operations):
        lists = zone_at(machine, place).free_area[order].free_list
        [pages] = [list(reversed(each)) for each in lists if place in each]
        if len(pages) > 1:
            assert pages[-1 if tail else 0] == place
            border = max(zone.zone_start_pfn for zone in machine.zones)
            seen.add((tail, place >= border > place - place % (2 << order)))


def test_a_freed_block_goes_to_the_tail_when_its_parents_buddy_is_free_in_the_parents_zone():
    seen = set()
    for seed in range(24):
        chance = random.Random(seed)
        machine = two_nodes(chance.choice([64, 128, 192, 256, 512, 768, 1024, 1536, 2048, 3072]) * 1024)
        tail_rule(machine, chance, 300, seen)
    assert seen == {(True, False), (False, False), (True, True), (False, True)}


def recorded_state(chance, *kinds):
    """A machine after some operations of a recorded case of these kinds."""
    name = chance.choice([name for name in recordings.names() if name.startswith(kinds)])
    replay = Replay(recordings.load(name))
    for op in replay.case["ops"][: chance.randrange(120)]:
        replay.step(op)
    return replay.machine


def on_recorded_states(chance, seen):
    machine = recorded_state(chance, "numa", "zones", "fuzz", "split-merge", "boundary")
    tail_rule(machine, chance, 60, seen)


def test_the_tail_rule_on_recorded_states():
    seen = set()
    for seed in range(16):
        on_recorded_states(random.Random(seed), seen)
    assert {tail for tail, _ in seen} == {True, False}


@pytest.mark.long
def test_the_tail_rule_on_many_recorded_states():
    seen = set()
    for seed in range(16, 1000):
        on_recorded_states(random.Random(seed), seen)


def test_the_parent_of_the_first_block_of_a_node_may_lie_in_the_other_node():
    machine = two_nodes(256 * 1024)
    first = machine.zone("Normal", 1).zone_start_pfn
    one, two, three = (machine.alloc_pages(order, USER, nid=1, cpu=1) for order in (6, 7, 6))
    assert (one, two) == (first, first + 64)
    machine.free_pages(two)  # in the second node: what would be the buddy of the first block's parent
    machine.free_pages(one)
    movable = machine.zone("Normal", 1).free_area[6].free_list[2]
    assert next(reversed(movable)) == first
    assert three is not None


# -- SLAB: a cache that grows on one node does not wait for pages there --------------------------------------------

SLAB = linux.load(config={"SLAB_ALLOCATOR": "SLAB"})


def node_that_serves(machine, home):
    """By free pages and marks: the home node if one of its zones stands above low, else the next zone that does."""
    normal = 2  # what a kernel's request may use at best
    zonelist = machine.g.node_data[home].node_zonelists[0].zones
    above = [
        z.node for z in zonelist if z.vm_stat[0] - 1 >= z.watermark[1] + z.lowmem_reserve[normal] and z.idx <= normal
    ]
    return home if home in above else above[0] if above else None


@pytest.mark.parametrize("seed", range(8))
def test_a_cache_takes_pages_of_another_node_rather_than_wait(seed):
    chance = random.Random(seed)
    machine = boot("toy-two-nodes", kernel=SLAB)
    machine.sysctl("vm.min_free_kbytes", chance.choice([4096, 8192, 12288]), cpu=0)
    stops_at_low = "__GFP_THISNODE|__GFP_NOWARN"
    left = chance.randint(0, 300)
    for order in range(10, -1, -1):
        for more in ("|__GFP_HIGHMEM|__GFP_MOVABLE", "|__GFP_MIRROR"):
            while (pfn := machine.alloc_pages(order, stops_at_low + more, nid=0, cpu=0)) is not None:
                if left > 0 and order < 5:  # and some room above the mark
                    machine.free_pages(pfn)
                    left -= 1 << order
                    break
    machine.kmem_cache_create("probe", chance.choice([700, 1500, 3000]))
    nodes = set()
    slabs = machine.g.slabs.mem_map
    for _ in range(60):
        expected, before = node_that_serves(machine, 0), set(slabs)
        assert machine.kmem_cache_alloc("probe", KERNEL, cpu=0) is not None
        for pfn in set(slabs) - before:
            assert zone_at(machine, pfn).node == expected
            nodes.add(expected)
    assert nodes


# -- SLOB: bytes_alloc of the event --------------------------------------------------------------------------------


def test_slobs_event_counts_the_header_of_a_small_block_and_the_pages_of_a_large_one():
    machine = boot("toy-two-nodes", kernel=linux.load(config={"SLAB_ALLOCATOR": "SLOB"}))
    machine.g.trace = []
    sizes = [1, 8, 100, 4087, 4088, 4096, 4097, 8192, 9000, 100_000]
    for size in sizes:
        assert machine.kmalloc(size, KERNEL) is not None
    events = [event for event in machine.g.trace if event[0] == "kmalloc"]
    assert [event[3] for event in events] == sizes
    assert [event[4] for event in events] == [9, 16, 108, 4095, 4096, 4096, 8192, 8192, 12288 + 4096, 131072]


# -- The RFC: a MIRROR page is taken without Linux's event ---------------------------------------------------------


def test_each_block_above_order_0_has_one_event_unless_it_is_from_a_mirror_list():
    machine = boot("toy-two-nodes")
    machine.g.trace = []
    chance = random.Random(7)
    for _ in range(300):
        machine.alloc_pages(chance.randint(1, 6), chance.choice([USER, KERNEL, KERNEL + "|__GFP_MIRROR"]))
    names = [event for event in machine.g.trace if event[0] in ("mm_page_alloc_zone_locked", "mm_page_alloc")]
    locked = {event[1] for event in names if event[0] == "mm_page_alloc_zone_locked"}
    mirrored = {event[1] for event in names if event[0] == "mm_page_alloc" and event[4] == 3}
    taken = {event[1] for event in names if event[0] == "mm_page_alloc" and event[1] is not None}
    assert mirrored
    assert locked == taken - mirrored


# -- A request that may sleep: which it gets, and what is said when it gets nothing --------------------------------

WORDS = (
    *("__GFP_HIGH", "__GFP_NOFAIL", "__GFP_NORETRY", "__GFP_REPEAT", "__GFP_THISNODE", "__GFP_MIRROR", "__GFP_COLD"),
    *("__GFP_FS", "__GFP_IO"),
)
ZONE_WORDS = {"__GFP_DMA": 0, "__GFP_DMA32": 1, "": 2, "__GFP_HIGHMEM|__GFP_MOVABLE": 3}


def sleeping_request(chance):
    """Words of a request that may sleep, and the highest zone it may use."""
    zone = chance.choice([*ZONE_WORDS, "", ""])
    words = {"__GFP_WAIT", *(word for word in WORDS if chance.random() < 0.3), *(zone.split("|") if zone else ())}
    return words, ZONE_WORDS[zone]


def can_have_a_page(machine, words, highest, home):
    """Order 0, on the slow path: by free pages, marks and what is on the lists alone."""
    nodes = machine.g.node_data
    near = [
        zone
        for zone in machine.zones
        if zone.idx <= highest and zone.node in ([home] if "__GFP_THISNODE" in words else nodes)
    ]
    if not near:
        return False
    preferred = max(zone.idx for zone in near if zone.node == home) if any(z.node == home for z in near) else None
    if preferred is None:
        return None  # no such zone at home: which one counts depends on the order of the others
    wanted = 2 if "__GFP_MOVABLE" in words else 0
    for zone in near:
        mark = zone.watermark[0] - (zone.watermark[0] // 2 if "__GFP_HIGH" in words else 0)
        mark -= mark // 4 if machine.g.rt_task else 0
        there = any(len(pages) for area in zone.free_area for kind, pages in enumerate(area.free_list) if kind != 3)
        there = there or len(zone.pageset[machine.g.cpu].lists[wanted]) > 0
        if there and max(0, zone.vm_stat[0]) > mark + zone.lowmem_reserve[preferred]:
            return True
    return False


def would_be_killed_for(words, order, highest):
    if "__GFP_NORETRY" in words:
        return False
    helps = order < 4 and highest > 1 and "__GFP_FS" in words and "__GFP_THISNODE" not in words
    return "__GFP_NOFAIL" in words or helps


def sleeping_requests(chance, seen):
    machine = recorded_state(chance, "exhaustion", "fuzz", "numa", "zones", "mirror")
    if chance.random() < 0.7:  # little that may be used
        while machine.alloc_pages(chance.choice([0, 0, 1, 3]), chance.choice([USER, "GFP_ATOMIC"])) is not None:
            pass
    machine.sysctl("vm.min_free_kbytes", chance.choice([1024, 4096, 16384]), cpu=0)
    for _ in range(40):
        words, highest = sleeping_request(chance)
        order = chance.choice([0, 0, 0, 1, 2, 3, 4, 9])
        expected = can_have_a_page(machine, words, highest, machine.g.cpu_to_node[machine.g.cpu])
        pfn = machine.alloc_pages(order, "|".join(sorted(words)))
        if pfn is None:
            assert bool(machine.oom_report.no_victim) != would_be_killed_for(words, order, highest)
        mirrored = "__GFP_MIRROR" in words or machine.g.sysctl_mirrorable
        if order == 0 and not mirrored and expected is not None:
            assert (pfn is not None) == expected, (machine.name, words)
        seen.add((pfn is not None, order == 0))


def test_a_request_that_may_sleep_gets_what_stands_above_the_min_watermark_or_a_report():
    seen = set()
    for seed in range(40):
        sleeping_requests(random.Random(seed), seen)
    assert seen == {(True, True), (True, False), (False, True), (False, False)}


@pytest.mark.long
def test_many_requests_that_may_sleep():
    for seed in range(40, 1000):
        sleeping_requests(random.Random(seed), set())
