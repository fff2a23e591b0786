"""Ranges of pages, where pages lie and who has them."""

from hypothesis import given
from hypothesis import strategies as st
from toys import START, machine, take

from mirrorlab import Machine, boot
from mirrorlab.linux.mmzone import MirrorInfo
from mirrorlab.machine.holders import (
    CLASSES,
    HOLDERS,
    LOW,
    MIRRORED,
    UNMIRRORED,
    Ranges,
    by_class,
    class_of,
    free_by_class,
    held,
    holder_of,
    mirror_in_words,
    present,
)

ranges = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)


def as_set(pairs):
    return {pfn for start, end in pairs for pfn in range(start, end)}


@given(ranges, ranges, st.integers(0, 60), st.integers(0, 60))
def test_ranges_are_sets_of_pages(some, others, start, end):
    mine, theirs = Ranges(some), Ranges(others)
    assert as_set(mine) == as_set(some)
    assert mine.pages() == len(as_set(some))
    assert mine.pages_in(start, end) == len(as_set(some) & set(range(start, end)))
    assert as_set(mine.without(theirs)) == as_set(some) - as_set(others)
    assert [pfn for pfn in range(61) if pfn in mine] == sorted(as_set(some))


def test_three_classes_of_page():
    m = Machine.from_recording("exhaustion-one-0")  # the first 16 MiB from 4 GiB on are mirrored
    assert [class_of(m.g, pfn) for pfn in (0, START - 1, START, START + 4095, START + 4096)] == [
        *(LOW, LOW),
        *(MIRRORED, MIRRORED, UNMIRRORED),
    ]


edges = st.integers((START - 3) << 12, (START + 12) << 12)


@given(st.lists(st.tuples(edges, st.integers(0, 5 << 12)), max_size=4))
def test_a_page_is_mirrored_here_when_it_is_for_the_kernel_page_by_page_and_as_ranges(firmware):
    m = machine(1024)
    m.g.mirror_info = [MirrorInfo(0, start, size) for start, size in firmware]  # not all begin or end with a page
    for pfn in range(START - 4, START + 20):
        memory = class_of(m.g, pfn)
        assert (memory == MIRRORED) is m.kernel.mm_init.is_mirror_pfn(m.g, pfn)
        assert (memory == LOW) is (pfn < START)
        assert [name for name, there in by_class(m.g).items() if pfn in there] == [memory] * (memory != UNMIRRORED)


def test_free_pages_by_class_are_all_free_pages():
    m = Machine.from_recording("order0-pcp-one-0")
    for _ in range(40):
        m.alloc_pages(0)
    on_lists = sum(pset.count for zone in m.zones for pset in zone.pageset)
    assert on_lists
    free = free_by_class(m)
    assert tuple(free) == CLASSES
    assert sum(free.values()) == on_lists + sum(1 << order for _, order, _ in m.free_blocks())


def test_a_free_block_that_crosses_the_border_counts_on_both_sides():
    m = machine(1024)
    m.g.mirror_info = [MirrorInfo(0, START << 12, 100 << 12)]
    assert free_by_class(m) == {MIRRORED: 100, LOW: 0, UNMIRRORED: 924}
    take(m, 9)
    assert sum(free_by_class(m).values()) == 512


def test_the_pages_of_a_recording_are_those_it_knows_to_be_memory():
    m = Machine.from_recording("exhaustion-one-0")
    assert present(m).pages() == sum(zone.managed_pages for zone in m.zones)


def test_every_page_is_held_by_somebody_and_by_one_only():
    m = Machine.from_recording("order0-pcp-one-0")
    for order in range(4):
        m.alloc_pages(order, "GFP_KERNEL")
        m.alloc_pages(order, "GFP_HIGHUSER_MOVABLE")
    by_holder = held(m)
    assert tuple(by_holder) == HOLDERS
    in_use = {pfn: holder for holder in ("user", "kernel") for pfn, _ in by_holder[holder]}
    assert all(holder_of(m, pfn).kind == holder for pfn, holder in in_use.items())
    assert by_holder["user"].pages() == 15
    assert sum(by_holder[holder].pages() for holder in ("free", "user", "kernel")) == present(m).pages()
    assert all(holder_of(m, pfn).kind == "reserved" for pfn, _ in by_holder["reserved"])


def test_how_much_is_mirrored_in_words():
    assert mirror_in_words(machine(1024)) == "No memory of this machine is mirrored."
    low = {"memory": [{"start": "1 MiB", "size": "47 MiB", "attribute": 0x1000F}]}
    assert mirror_in_words(boot(low)).startswith("This machine has no memory above 4 GiB.")
    m = Machine.from_recording("exhaustion-all-0")
    assert mirror_in_words(m) == "All memory above 4 GiB is mirrored."
    m = machine(1024)
    m.g.mirror_info = [MirrorInfo(0, START << 12, 100 << 12)]
    assert mirror_in_words(m) == "100 of 1,024 pages above 4 GiB are mirrored."
