"""The machine that lessons hold: what it says, what it refuses, and that a refusal changes nothing."""

import re

import pytest
import toys
from toys import MIRROR, MOVABLE, START, free_blocks, give, take

from mirrorlab.machine import Machine, Owner
from mirrorlab.oracle import cases as recordings


@pytest.fixture
def m():
    """16 pages in two blocks: 8 to 11 and 12 are in use, 13 waits in CPU 0's list, 0 was reserved at boot."""
    m = toys.machine(16, MAX=4, cpus=2, high=8, batch=2)
    assert take(m, 2) == 8
    assert take(m, who="me") == 12
    m.g.reserved_runs = [START + 100], [START + 101]
    m.g.zone_runs[0][2] = START + 102  # up to here there are pages
    return m


def refused(m, act):
    """The sentence that a mistake is answered with; the machine must be as before."""
    before = toys.everything(m)
    with pytest.raises(ValueError) as problem:
        act()
    assert toys.everything(m) == before
    assert "\n" not in str(problem.value)
    return str(problem.value)


# -- Allocating and freeing ---------------------------------------------------------------------------------------


def test_a_block_has_an_owner_until_it_is_freed():
    m = toys.machine(16, MAX=4)
    pfn = m.alloc_pages(2, "GFP_ATOMIC", who="a driver")
    assert m.owners == {pfn: Owner("a driver", 2, 0x20)}
    m.free_pages(pfn)
    assert m.owners == {}


def test_what_owners_returns_is_the_readers_own():
    m = toys.machine(16, MAX=4)
    take(m)
    m.owners.clear()
    assert len(m.owners) == 1


def test_flags_may_be_a_text_or_a_number():
    m = toys.machine(16, MAX=4, mirrored=[(0, 8)])
    assert take(m, 0, "GFP_KERNEL|__GFP_MIRROR") == 0
    assert take(m, 0, 0xD0 | 0x2000000) == 1


def test_the_order_may_be_given_when_freeing():
    m = toys.machine(16, MAX=4)
    give(m, take(m, 2), order=2)
    assert len(free_blocks(m)) == 2


def test_a_cpu_keeps_running_until_another_is_named():
    m = toys.machine(16, MAX=4, cpus=2, high=8, batch=2)
    pfn = m.alloc_pages(cpu=1)
    m.free_pages(pfn)
    assert [pset.count for pset in toys.zone_of(m).pageset] == [0, 2]


def test_a_node_is_preferred_when_it_is_named():
    m = Machine.from_recording("numa-numa1-0")
    for node in (0, 1):
        pfn = m.alloc_pages(2, "GFP_KERNEL", nid=node)
        assert m.kernel.mmzone.page_zone(m.g, pfn).node == node


def test_free_blocks_can_be_asked_for_one_zone():
    m = Machine.from_recording("split-merge-one-0")
    normal = m.zone("Normal")
    end = normal.zone_start_pfn + normal.spanned_pages
    assert m.free_blocks("Normal")
    assert all(normal.zone_start_pfn <= pfn < end for pfn, _, _ in m.free_blocks("Normal"))
    assert sorted(m.free_blocks()) == sorted(
        block for zone in m.zones for block in m.free_blocks(zone.name, zone.node)
    )  # fmt: skip


def test_a_machine_from_a_recording_starts_in_the_recorded_state():
    case = recordings.load("split-merge-one-0")
    m = Machine.from_recording(case)
    recorded = [
        (pfn, area["order"], int(migratetype))
        for zone in case["initial"]["zones"]
        for area in zone["free_area"]
        for migratetype, pfns in sorted(area["lists"].items())
        for pfn in pfns
    ]
    assert m.free_blocks() == recorded
    assert (m.name, m.owners, m.oom_report) == ("split-merge-one-0", {}, None)


def test_an_unknown_case_is_named_with_an_example():
    with pytest.raises(recordings.RecordingError, match=r"no-such-case: no such case; give a file's path, or one of"):
        Machine.from_recording("no-such-case")


# -- Mistakes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        ({"gfp": "GFP_KERNAL"}, r"unknown GFP flag 'GFP_KERNAL': use names such as GFP_KERNEL or __GFP_MIRROR, .*"),
        ({"gfp": 1 << 26}, "unknown GFP bits 0x4000000: give names such as .*, or a number within 0x3ffffff"),
        ({"gfp": -1}, "unknown GFP bits .*: give names such as .*, or a number within 0x3ffffff"),
        ({"gfp": None}, "gfp is None: give names such as 'GFP_KERNEL', .*"),
        ({"gfp": "__GFP_DMA|__GFP_DMA32"}, ".* names two zones: keep one of DMA, DMA32 and HIGHMEM"),
        ({"gfp": "__GFP_MOVABLE|__GFP_RECLAIMABLE"}, ".* is both movable and reclaimable: keep one of the two flags"),
        ({"order": 4}, r"there is no order 4: give a whole number from 0 to 3; .*"),
        ({"order": -1}, r"there is no order -1: give a whole number from 0 to 3; .*"),
        ({"order": "3"}, r"there is no order '3': give a whole number from 0 to 3; .*"),
        ({"order": 1.5}, r"there is no order 1.5: give a whole number from 0 to 3; .*"),
        ({"cpu": 2}, "there is no CPU 2: this machine has CPUs 0 and 1"),
        ({"cpu": 1.0}, "there is no CPU 1.0: this machine has CPUs 0 and 1"),
        ({"cpu": -1}, "there is no CPU -1: this machine has CPUs 0 and 1"),
        ({"nid": 1}, "there is no node 1: this machine has only node 0"),
        ({"nid": -1}, "there is no node -1: this machine has only node 0"),
        ({"nid": 1, "cpu": 1}, "there is no node 1: this machine has only node 0"),
    ],
    ids=str,
)
def test_an_allocation_that_makes_no_sense_is_refused(m, mistake, sentence):
    assert re.fullmatch(sentence, refused(m, lambda: m.alloc_pages(**mistake)))


@pytest.mark.parametrize(
    ("page", "more", "sentence"),
    [
        (0, {}, f"page {START} is free already, in the free block {START} of order 3"),
        (5, {}, f"page {START + 5} is free already, in the free block {START} of order 3"),
        (13, {}, f"page {START + 13} is free already, in a per-CPU list"),
        (14, {}, f"page {START + 14} is free already, in the free block {START + 14} of order 1"),
        (9, {}, f"page {START + 9} lies inside the block {START + 8} of order 2: free that block"),
        (100, {}, f"page {START + 100} was reserved at boot and was never given to the allocator: it cannot be freed"),
        (50, {}, f"page {START + 50} was in use before this machine's story began: only what alloc_pages() returned "
                 "can be freed"),
        (-5, {}, f"there is no page {START - 5} in this machine: free a block that alloc_pages() returned"),
        (4096, {}, f"there is no page {START + 4096} in this machine: free a block that alloc_pages() returned"),
        (8, {"order": 1}, f"block {START + 8} was allocated with order 2, not 1: free it with that order"),
        (12, {"order": 2}, f"block {START + 12} was allocated with order 0, not 2: free it with that order"),
        (12, {"cpu": 7}, "there is no CPU 7: this machine has CPUs 0 and 1"),
    ],
)  # fmt: skip
def test_a_free_that_makes_no_sense_is_refused(m, page, more, sentence):
    assert refused(m, lambda: m.free_pages(START + page, **more)) == sentence


@pytest.mark.parametrize("pfn", [None, "4096", 1.5, float(START + 8)])
def test_freeing_what_is_no_page_number_is_refused(m, pfn):
    """The most common one: alloc_pages() returned None, and nobody looked."""
    assert refused(m, lambda: m.free_pages(pfn)).startswith(f"there is no page {pfn} in this machine: free a block")


@pytest.mark.parametrize("order", [0, 2])
def test_a_double_free_is_refused(m, order):
    pfn = m.alloc_pages(order, toys.MOVABLE_GFP)
    m.free_pages(pfn)
    assert f"page {pfn} is free already" in refused(m, lambda: m.free_pages(pfn))


def test_a_cpu_that_is_not_there_cannot_be_drained(m):
    assert refused(m, lambda: m.drain(cpu=2)) == "there is no CPU 2: this machine has CPUs 0 and 1"


@pytest.mark.parametrize(
    "look", [lambda m: m.zone("Norml"), lambda m: m.free_blocks("Norml"), lambda m: m.zone("Normal", 3)]
)
def test_a_zone_that_is_not_there_is_answered_with_those_that_are(m, look):
    assert refused(m, lambda: look(m)).endswith("this machine has Normal (node 0)")


def test_a_machine_with_one_cpu_says_only():
    m = toys.machine(16, MAX=4)
    assert refused(m, lambda: m.drain(cpu=1)) == "there is no CPU 1: this machine has only CPU 0"


# -- Requests that may sleep --------------------------------------------------------------------------------------


def test_a_request_that_may_sleep_ends_in_a_report_with_the_figures():
    m = toys.machine(16, MAX=4, mirrored=[(0, 8)])
    toys.zone_of(m).watermark[:] = [9, 10, 12]
    while take(m, 0, "GFP_KERNEL") is not None:
        pass
    report = m.oom_report
    assert (report.gfp_mask, report.order) == (0xD0, 0)
    (zone,) = report.zones
    assert (zone.node, zone.name, zone.free, zone.min, zone.low, zone.high) == (0, "Normal", 9, 9, 10, 12)
    assert zone.free_by_type == (1, 0, 0, 8, 0)
    assert str(report) == (
        "out of memory: gfp_mask=0xd0 (GFP_KERNEL), order=0\n"
        "Node 0 Normal free:9 min:9 low:10 high:12 lowmem_reserve:0 (1 Unmovable, 8 Mirror)"
    )


def test_the_report_names_only_the_zones_the_request_could_use():
    m = Machine.from_recording("split-merge-one-0")
    m.sysctl("vm.min_free_kbytes", 2**30)
    assert m.alloc_pages(0, "GFP_KERNEL|__GFP_DMA32") is None
    assert [zone.name for zone in m.oom_report.zones] == ["DMA32", "DMA"]


# As __alloc_pages_may_oom of Linux 4.1 reads: (request, order) -> a word of the reason; "": a process is killed.
KILLS = [
    *[("GFP_KERNEL", order, "") for order in range(4)],
    *[("GFP_KERNEL", order, "for orders up to 3") for order in range(4, 11)],
    ("GFP_HIGHUSER_MOVABLE|__GFP_MIRROR", 0, ""),
    ("GFP_KERNEL|__GFP_NOFAIL", 10, ""),
    ("GFP_KERNEL|__GFP_NOFAIL|__GFP_THISNODE", 0, ""),
    ("GFP_KERNEL|__GFP_NOFAIL|__GFP_NORETRY", 0, "__GFP_NORETRY"),
    ("GFP_KERNEL|__GFP_REPEAT", 0, ""),
    ("GFP_KERNEL|__GFP_REPEAT", 9, "for orders up to 3"),
    ("GFP_KERNEL|__GFP_NORETRY", 0, "__GFP_NORETRY"),
    ("GFP_KERNEL|__GFP_DMA", 0, "below Normal"),
    ("GFP_KERNEL|__GFP_DMA32", 2, "below Normal"),
    ("GFP_NOFS", 0, "__GFP_FS"),
    ("GFP_NOIO", 3, "__GFP_FS"),
    ("GFP_KERNEL|__GFP_THISNODE", 0, "__GFP_THISNODE"),
    ("GFP_KERNEL|__GFP_THISNODE|__GFP_NOFAIL", 5, ""),
]


@pytest.mark.parametrize(("gfp", "order", "reason"), KILLS)
def test_out_of_memory_is_said_only_where_linux_would_kill_a_process(gfp, order, reason):
    m = Machine.from_recording("split-merge-one-0")
    m.sysctl("vm.min_free_kbytes", 2**30)
    assert m.alloc_pages(order, gfp) is None
    report = m.oom_report
    assert bool(report.no_victim) == bool(reason)
    assert reason in report.no_victim
    first, second, *_ = str(report).split("\n")
    assert first.startswith("page allocation failure: gfp_mask=" if reason else "out of memory: gfp_mask=")
    assert second.startswith("Linux would kill no process for this request: " if reason else "Node 0 ")


@pytest.mark.parametrize("gfp", ["GFP_ATOMIC", "GFP_NOWAIT", "GFP_ATOMIC|__GFP_MIRROR"])
def test_a_request_that_cannot_wait_leaves_no_report(gfp):
    m = toys.machine(16, MAX=4)
    toys.zone_of(m).watermark[:] = [1000, 1000, 1000]
    assert m.alloc_pages(0, gfp) is None
    assert m.oom_report is None


def test_the_next_request_takes_the_report_away():
    m = toys.machine(16, MAX=4)
    while take(m, 3, "GFP_KERNEL") is not None:
        pass
    assert m.oom_report is not None
    give(m, 0)
    assert m.oom_report is not None
    assert take(m) == 0
    assert m.oom_report is None


# -- Copies -------------------------------------------------------------------------------------------------------


def test_a_copy_is_in_the_same_state_and_goes_its_own_way(m):
    other = m.copy()
    assert toys.everything(other) == toys.everything(m)
    before = toys.everything(m)
    assert other.kernel is m.kernel

    other.free_pages(START + 8)
    other.alloc_pages(3)
    other.drain()
    other.sysctl("vm.mirrorable", 1)
    other.sysctl("vm.min_free_kbytes", 16)
    assert toys.everything(m) == before
    assert toys.everything(other) != before


def test_a_copy_does_what_the_original_does():
    m = Machine.from_recording("numa-numa1-0")
    other = m.copy()
    for order in (0, 3, 0, 9):
        assert m.alloc_pages(order) == other.alloc_pages(order)
    assert toys.everything(m) == toys.everything(other)


# -- Looking ------------------------------------------------------------------------------------------------------


def test_a_printed_machine_is_its_lists_that_hold_something_and_what_the_cpus_hold():
    m = toys.machine(16, MAX=4, mirrored=[(0, 8)], high=8, batch=2)
    take(m)
    assert repr(m).splitlines() == [
        "toy: 1 node, 1 CPU, 16 pages of 4 KiB",
        "Node 0, zone Normal: 14 of 16 pages free; 8 mirrored",
        "  free blocks of order  0  1  2  3",
        "  Movable               .  1  1  .",
        "  Mirror                .  .  .  1",
        "  CPU 0 holds 1 page: 1 Movable (high 8, batch 2)",
    ]


def test_a_printed_machine_tells_marks_and_the_design_once_they_are_set_and_when_nothing_is_free():
    m = toys.machine(16, MAX=4)
    for _ in range(16):
        take(m)
    assert repr(m).splitlines()[1:] == ["Node 0, zone Normal: 0 of 16 pages free", "  no free block"]
    m.zones[0].watermark = [2, 3, 4]
    m.sysctl("vm.mirrorable", 1)
    first, second, *_ = repr(m).splitlines()
    assert first.endswith("; vm.mirrorable = 1") and second.endswith("; watermarks min 2 low 3 high 4")


def test_free_blocks_stand_by_order_and_type_head_first():
    m = toys.machine(32, MAX=4, mirrored=[(0, 8)])
    assert take(m) == 24
    assert free_blocks(m) == [
        (25, 0, MOVABLE), (26, 1, MOVABLE), (28, 2, MOVABLE), (16, 3, MOVABLE), (8, 3, MOVABLE), (0, 3, MIRROR)
    ]  # fmt: skip


def test_a_recorded_boot_is_no_running_machine():
    with pytest.raises(ValueError, match=r"boot-unal records a boot, no running machine: .* or use boot\(\)"):
        Machine.from_recording("boot-unal")
