"""What holds whatever is allocated and freed, in any order, on two CPUs: with and without mirrored memory, and with
page blocks smaller than the largest block and as large."""

import pytest
import toys
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from toys import MIRROR, START

from mirrorlab import linux

PAGES = 4096  # 16 MiB
GFP = [
    "GFP_KERNEL", "GFP_ATOMIC", "GFP_TEMPORARY|__GFP_COLD", toys.MOVABLE_GFP, "GFP_KERNEL|__GFP_MIRROR",
    "GFP_ATOMIC|__GFP_MIRROR|__GFP_COLD", "GFP_KERNEL|__GFP_MEMALLOC",
]  # fmt: skip
CPUS = st.integers(0, 1)
COUNTS = st.sampled_from([30, 10, 3, 1])
# Half of the requests are single pages; the largest orders empty and split the zone soon.
ORDERS = st.sampled_from([0] * 8 + [1, 2, 3, 4, 6, 8, 9, 10])


def noting(kernel):
    """The kernel, which notes what it takes from MIRROR lists: Linux has no event for it."""
    take = vars(kernel.page_alloc)["__rmqueue"]

    def note(zone, order, migratetype):
        pfn = take(zone, order, migratetype)
        if pfn is not None and migratetype == MIRROR and zone.g.trace is not None:
            zone.g.trace.append(("taken as MIRROR", order))
        return pfn

    vars(kernel.page_alloc)["__rmqueue"] = note
    return kernel


KERNELS = {huge: noting(linux.load(config={"HUGETLB_PAGE": huge})) for huge in (True, False)}
SMALL = noting(linux.load(config={"FORCE_MAX_ZONEORDER": 7}))


class AnyHistory(RuleBasedStateMachine):
    """Two CPUs allocate and free; after every step the zone's books must balance."""

    blocks = Bundle("blocks")
    huge_pages = True
    kernel = None  # a loaded one instead, to see a broken one caught
    mirrored = ()

    def __init__(self):
        super().__init__()
        kernel = self.kernel or KERNELS[self.huge_pages]
        self.m = toys.machine(
            PAGES, mirrored=self.mirrored, cpus=2, high=12, batch=4, threshold=8, min_free_kbytes=256, kernel=kernel
        )
        self.zone = toys.zone_of(self.m)
        self.mirror_counter = toys.counter(self.m, "NR_FREE_MIRROR_PAGES")
        self.m.g.trace = []

    @rule(target=blocks, order=ORDERS, gfp=st.sampled_from(GFP), cpu=CPUS, count=COUNTS)
    def allocate(self, order, gfp, cpu, count):
        pfns = [self.m.alloc_pages(order, gfp, cpu=cpu) for _ in range(count)]
        return multiple(*[pfn for pfn in pfns if pfn is not None])

    @rule(pfn=consumes(blocks), cold=st.booleans(), cpu=CPUS)
    def free(self, pfn, cold, cpu):
        self._expect_freed(pfn)
        self.m.free_pages(pfn, cold=cold, cpu=cpu)

    @rule(pfns=st.lists(consumes(blocks), min_size=4, max_size=30, unique=True), cpu=CPUS)
    def free_many(self, pfns, cpu):
        for pfn in pfns:
            self._expect_freed(pfn)
            self.m.free_pages(pfn, cpu=cpu)

    @rule(pfn=blocks)
    def free_at_a_wrong_order(self, pfn):
        before = self.m.free_blocks()
        with pytest.raises(ValueError, match="free it with that order"):
            self.m.free_pages(pfn, self.m.owners[pfn].order + 1)
        assert self.m.free_blocks() == before

    @rule(cpu=CPUS)
    def drain(self, cpu):
        self.m.drain(cpu=cpu)
        assert self.zone.pageset[cpu].count == 0

    @rule(value=st.booleans())
    def set_mirrorable(self, value):
        self.m.sysctl("vm.mirrorable", int(value))

    @rule(kilobytes=st.sampled_from([0, 64, 256, 4096]))
    def set_min_free_kbytes(self, kilobytes):
        self.m.sysctl("vm.min_free_kbytes", kilobytes)

    def _expect_freed(self, pfn):
        """A block above order 0 goes to the list of its first page's block: counted as mirrored when that is MIRROR."""
        order = self.m.owners[pfn].order
        if order and self.m.kernel.page_alloc.get_pageblock_migratetype(self.m.g, pfn) == MIRROR:
            self.mirror_counter += 1 << order

    @invariant()
    def every_page_is_in_exactly_one_place(self):
        """In a free block, in a CPU's list or in an owner's block: together they tile the zone."""
        places = [(pfn, 1 << order) for pfn, order, _ in self.m.free_blocks()]
        places += [(pfn, 1 << owner.order) for pfn, owner in self.m.owners.items()]
        places += [(pfn, 1) for pset in self.zone.pageset for pages in pset.lists for pfn in pages]
        end = START
        for pfn, count in sorted(places):
            assert pfn == end, f"page {min(pfn, end)} is in {'two places' if pfn < end else 'no place'}"
            assert pfn % count == 0
            end += count
        assert end == START + PAGES

    @invariant()
    def lists_and_books_agree(self):
        for area in self.zone.free_area:
            on_lists = {pfn: migratetype for migratetype, pages in enumerate(area.free_list) for pfn in pages}
            assert area.buddy == on_lists
            assert area.nr_free == len(on_lists) == sum(len(pages) for pages in area.free_list)
        for pset in self.zone.pageset:
            assert pset.count == sum(len(pages) for pages in pset.lists)
        waiting = {pfn for pset in self.zone.pageset for pages in pset.lists for pfn in pages}
        assert self.zone.freepage_migratetype.keys() == waiting

    @invariant()
    def no_two_free_buddies_are_left_unmerged(self):
        for order, area in enumerate(self.zone.free_area[:-1]):
            assert not [pfn for pfn in area.buddy if pfn ^ (1 << order) in area.buddy]

    @invariant()
    def free_pages_are_counted_right(self):
        free = sum(1 << order for _, order, _ in self.m.free_blocks())
        assert toys.counter(self.m, "NR_FREE_PAGES") == free
        for pset in self.zone.pageset:
            assert all(abs(diff) <= pset.stat_threshold for diff in pset.vm_stat_diff)

    @invariant()
    def the_mirror_counter_adds_up_the_types_the_callers_named(self):
        """It is the sum of the type arguments, however far that is from the lists: the drift is not repaired."""
        for name, *numbers in self.m.g.trace:
            if name == "taken as MIRROR":
                self.mirror_counter -= 1 << numbers[0]
            elif name == "mm_page_pcpu_drain" and numbers[2] == MIRROR:
                self.mirror_counter += 1
        self.m.g.trace.clear()
        assert toys.counter(self.m, "NR_FREE_MIRROR_PAGES") == self.mirror_counter

    def teardown(self):
        """When all is freed and drained, as few blocks are left as there were at first."""
        for pfn in list(self.m.owners):
            self._expect_freed(pfn)
            self.m.free_pages(pfn)
        for cpu in (0, 1):
            self.m.drain(cpu)
        assert {order for _, order, _ in self.m.free_blocks()} == {10}
        self.the_mirror_counter_adds_up_the_types_the_callers_named()


HALF_ALIGNED = [(512, 1024), (2560, 512)]  # from 2 MiB to 6 MiB and from 10 MiB to 12 MiB: largest blocks are 4 MiB


SETTINGS = settings(max_examples=200, stateful_step_count=50, deadline=None, derandomize=True)


def histories(**options):
    """The state machine on one kind of toy, as a test."""
    case = type("History", (AnyHistory,), options).TestCase
    case.settings = SETTINGS
    return case


TestPlainMemory = histories()
TestPlainMemoryWithLargePageBlocks = histories(huge_pages=False)
TestMirroredMemory = histories(mirrored=HALF_ALIGNED)
TestMirroredMemoryWithLargePageBlocks = histories(mirrored=HALF_ALIGNED, huge_pages=False)


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("page_is_buddy", "buddy in", "order != 2 and buddy in"),
        ("expand", "area.nr_free += 1", "area.nr_free += high != 3"),
        ("expand", "half = pfn + (1 << high)", "half = pfn + (2 << high)"),
        ("rmqueue_bulk", "NR_FREE_PAGES, -count", "NR_FREE_PAGES, -1"),
        ("rmqueue_bulk", "NR_FREE_MIRROR_PAGES, -1", "NR_FREE_MIRROR_PAGES, 0"),
        ("free_hot_cold_page", "pset.count -= pset.batch", "pset.count = 0"),
        (
            "__mod_zone_freepage_state",
            "__mod_zone_page_state(zone, NR_FREE_MIRROR_PAGES, nr_pages)",
            "zone.vm_stat[NR_FREE_MIRROR_PAGES] = 512 * len(zone.free_area[9].free_list[3])",  # "repaired"
        ),
    ],
)
def test_a_broken_kernel_is_caught(function, old, new):
    broken = type("Broken", (AnyHistory,), {"mirrored": HALF_ALIGNED, "kernel": toys.altered(function, old, new)})
    quick = settings(SETTINGS, max_examples=200, phases=[Phase.generate], report_multiple_bugs=False, print_blob=False)
    with pytest.raises(Exception, match=r"assert|list_del|rmv_page_order"):
        run_state_machine_as_test(broken, settings=quick)


@settings(max_examples=25)
@given(st.permutations(range(64)))
def test_the_order_of_frees_does_not_matter_for_what_is_free(pfns):
    m = toys.machine(64, kernel=SMALL)
    for _ in range(64):
        toys.take(m)
    toys.give(m, *pfns)
    assert toys.free_blocks(m) == [(0, 6, toys.MOVABLE)]
