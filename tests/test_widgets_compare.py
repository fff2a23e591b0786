"""Two machines side by side: the first difference is found exactly, said in words, and marked in text and picture."""

import random
import xml.etree.ElementTree as ET

import pytest

from mirrorlab import Machine, Recording, boot, load
from mirrorlab.course import toy
from mirrorlab.machine.differences import equal
from mirrorlab.story.recording import random_operations
from mirrorlab.story.side_by_side import Pair, SideBySide, describe
from mirrorlab.story.tables import Side, place_to_show, sentences, tables

widgets = pytest.importorskip("mirrorlab.widgets")
MOVABLE = "GFP_HIGHUSER_MOVABLE"
TAIL = {"parent_will_merge": lambda zone, pfn, order: False}  # a learner who knows no tail


def toys(replace=None, pages=64):
    """Recordings of a learner's toy and of the true one."""
    return Recording(toy(pages, kernel=load(replace=replace))), Recording(toy(pages))


def do(stories, method, *arguments):
    return [getattr(story.machine, method)(*arguments) for story in stories]


def wrong_for_one_operation():
    """Page 4 comes back while 6 and 7 are free: it waits at the tail. The next free makes both sides equal again."""
    stories = toys(TAIL)
    for _ in range(8):
        do(stories, "alloc_pages", 0, MOVABLE)
    for pfn in (0, 6, 7, 4, 1, 5):
        do(stories, "free_pages", pfn)
    return stories


def sides(one, other):
    return Side("yours", one), Side("Linux", other)


# --- the first difference ---


def test_the_first_difference_is_found_even_when_it_vanishes_again():
    pair = Pair(*wrong_for_one_operation())
    assert pair.to_first_difference() == pair.position == 12
    assert list(pair.sentences()) == ["order 0, Movable: yours [+4 +0], Linux [+0 +4]."]
    pair.goto(13)
    assert list(pair.sentences()) == []


def test_without_a_difference_it_goes_to_the_end():
    stories = toys()
    for story in stories:
        random_operations(story.machine, 40, seed=3)
    pair = Pair(*stories)
    assert pair.to_first_difference() is None
    assert pair.position == pair.end == 40


def test_the_search_is_done_once_and_again_only_when_something_new_has_happened():
    stories = wrong_for_one_operation()
    pair = Pair(*stories)
    pair.to_first_difference()
    moves = []
    stories[0].watchers.append(lambda: moves.append(stories[0].position))
    pair.to_first_difference()
    assert moves == [12]

    pair.goto(0)
    do(stories, "alloc_pages", 5, MOVABLE)  # another story begins, in which nothing is wrong
    assert pair.to_first_difference() is None


@pytest.mark.parametrize("seed", range(10))
def test_it_is_the_first_of_all_differences_that_a_full_look_finds(seed):
    """A learner's kernel that is wrong now and then, against all that the two machines hold, written out."""
    stories = toys(TAIL, pages=1024)
    chance = random.Random(seed)
    for _ in range(120):
        owned = [set(story.machine.owners) for story in stories]
        both = sorted(owned[0] & owned[1])
        if both and chance.random() < 0.5:
            do(stories, "free_pages", chance.choice(both))
        else:
            do(stories, "alloc_pages", chance.choice((0, 0, 1, 2)), MOVABLE)
    pair = Pair(*stories)
    found = pair.to_first_difference()
    written = []
    for k in range(pair.end + 1):
        pair.goto(k)
        written.append([story.machine.free_blocks() for story in stories])
    assert found == next((k for k, (one, other) in enumerate(written) if one != other), None)


def test_what_an_operation_gave_comes_before_the_lists():
    stories = toys()
    stories[0].machine.free_pages(stories[0].machine.alloc_pages(0, MOVABLE))
    stories[1].machine.free_pages(stories[1].machine.alloc_pages(1, MOVABLE))
    pair = Pair(*stories)
    assert pair.to_first_difference() == 1
    first = next(pair.sentences())
    assert first.startswith("different operations: yours alloc_pages(order=0,")
    assert "Linux alloc_pages(order=1," in first


def test_a_page_from_the_wrong_end_is_told_as_pages():
    stories = toys({"list_pop": lambda head: head.popitem(last=False)[0]})
    for _ in range(4):
        do(stories, "alloc_pages", 0, MOVABLE)
    for pfn in (0, 2):
        do(stories, "free_pages", pfn)
    do(stories, "alloc_pages", 0, MOVABLE)
    pair = Pair(*stories)
    assert pair.to_first_difference() == 7
    assert next(pair.sentences()) == "it gave page +0 in yours, page +2 in Linux."


def test_a_recording_that_ends_earlier_waits_at_its_end():
    stories = toys()
    do(stories, "alloc_pages", 0, MOVABLE)
    stories[1].machine.alloc_pages(0, MOVABLE)
    pair = Pair(*stories)
    assert pair.to_first_difference() == 2
    assert "yours no operation: the recording has ended" in next(pair.sentences())
    assert pair.in_step


def test_one_recording_twice_is_refused():
    story = Recording(toy())
    with pytest.raises(ValueError, match="compare those of two machines"):
        widgets.Compare(story, story)
    with pytest.raises(ValueError, match="give the other one too"):
        widgets.Compare(story)


# --- what differs ---


def broken(change):
    """A toy and its copy, of which one was changed by hand."""
    one = toy(1024)
    for order in (0, 3, 3):
        one.alloc_pages(order, MOVABLE)
    other = one.copy()
    change(one, one.zones[0])
    return one, other


CHANGES = {
    "order 0, Movable: yours [], Linux [+1].": lambda m, zone: zone.free_area[0].free_list[2].clear(),
    "NR_FREE_PAGES: yours 5, Linux 1,007.": lambda m, zone: zone.vm_stat.__setitem__(0, 5),
    "nr_free of order 0: yours 9, Linux as its lists say.": lambda m, zone: setattr(zone.free_area[0], "nr_free", 9),
    "page +1 as a free block of order 0 (set_page_order): yours not noted, Linux as its lists say.": (
        lambda m, zone: zone.free_area[0].buddy.clear()
    ),
    "pages +512 to +1023: yours Mirror, Linux Movable.": lambda m, zone: m.g.pageblock_flags.__setitem__(1, 3),
    "the type that page +9 remembers: yours Mirror, Linux as its lists say.": (
        lambda m, zone: zone.freepage_migratetype.update({9: 3})
    ),
    "CPU 0, Unmovable: yours [+9], Linux [].": lambda m, zone: zone.pageset[0].lists[0].update({9: None}),
    "count of CPU 0: yours 1, Linux as its lists say.": lambda m, zone: setattr(zone.pageset[0], "count", 1),
    "vm.mirrorable: yours 1, Linux 0.": lambda m, zone: setattr(m.g, "sysctl_mirrorable", 1),
    "watermark low: yours 7, Linux 0.": lambda m, zone: zone.watermark.__setitem__(1, 7),
}


@pytest.mark.parametrize("sentence", CHANGES)
def test_each_part_of_the_memory_that_differs_is_named(sentence):
    one, other = broken(CHANGES[sentence])
    assert sentence in sentences(sides(one, other))
    assert not equal(one, other)
    assert equal(other, other.copy())


@pytest.mark.parametrize("seed", range(5))
def test_two_machines_are_equal_when_there_is_nothing_to_say_and_only_then(seed):
    one = Machine.from_recording("order0-pcp-one-0")
    other = Machine.from_recording("order0-pcp-one-0")
    random_operations(one, 50, seed)
    for count in (49, 1):
        assert not equal(one, other)
        assert list(sentences(sides(one, other)))
        random_operations(other, count, seed) if count == 49 else None
    other = Machine.from_recording("order0-pcp-one-0")
    random_operations(other, 50, seed)
    assert equal(one, other)
    assert list(sentences(sides(one, other))) == []


def test_kernels_with_other_types_and_orders_are_compared_by_name():
    plain = toy(64, kernel=load(config={"MEMORY_MIRROR": False}))
    assert equal(plain, toy(64)) is False  # its counters lack the RFC's
    assert list(sentences(sides(plain, toy(64)))) == [
        "NR_FREE_MIRROR_PAGES: yours none, Linux 0.",
        "vm.mirrorable: yours none, Linux 0.",
    ]
    small = toy(1024, kernel=load(config={"FORCE_MAX_ZONEORDER": 8}))
    first = next(sentences(sides(small, toy(1024))))
    assert first == "order 10, Movable: yours [], Linux [+0]."


def test_a_zone_that_only_one_machine_has_is_named():
    memory = {"memory": [{"start": "4 GiB", "size": "32 MiB"}]}
    more = {"memory": [*memory["memory"], {"start": "1 MiB", "size": "8 MiB"}]}
    assert "there is no zone DMA in yours." in list(sentences(sides(boot(memory), boot(more))))


def test_long_lists_are_shown_where_they_differ():
    one = toy(4096)
    pages = [one.alloc_pages(0, MOVABLE) for _ in range(2000)]
    for pfn in pages[::2]:
        one.free_pages(pfn)
    other = one.copy()
    held = other.zones[0].free_area[0].free_list[2]
    held.move_to_end(pages[100], last=False)  # as if it had been freed first
    row = next(row for row in tables(sides(one, other), place_to_show(sides(one, other)))[0].rows if row.differs)
    yours, linux = ([entry.text for entry in cell] for cell in row.cells)
    assert yours[0] == linux[0] == "(947 equal)"  # of 999 that were freed after page 100, all but two
    assert f"+{pages[100]}" in yours and f"+{pages[100]}" not in linux
    assert [entry.text for entry in row.cells[0] if entry.differs] == [f"+{pages[100]}"]
    assert yours[-1].startswith("and ")


# --- the view ---


@pytest.fixture
def view():
    view = widgets.Compare(*wrong_for_one_operation())
    yield view
    view.close()


def test_it_begins_at_the_first_difference_and_marks_it_in_the_text(view):
    view.only = True
    assert view.text().splitlines() == [
        "After 12 of 14 operations.",
        "After operation 12: order 0, Movable: yours [+4 +0], Linux [+0 +4].",
        "What both did:",
        "    free_pages(page +4 of Normal) -> None",
        "    mm_page_free: page +4 of Normal freed",
        "    mm_page_pcpu_drain: page +4 of Normal went from the CPU's list back to the free lists as Movable",
        "Free lists of zone Normal, from the head:",
        "    order 0, Movable:",
        "  *     yours  +4 +0*",
        "  *     Linux  +0* +4",
        "No difference: CPUs' lists; counters; notes about pages; types of page blocks; settings.",
    ]


def test_its_buttons_move_both_machines(view):
    positions = []
    for press, *where in (
        *((view.do_goto, 0), (view.do_step, 1), (view.do_step, 1), (view.do_step, -1)),
        *((view.do_goto, 99), (view.do_first_difference,), (view.do_goto, 5)),
    ):
        press(*where)
        positions.append((view.pair.position, [story.position for story in view.pair.stories]))
        assert view.picture()["steps"] == [view.pair.position, 14]
    assert positions == [(k, [k, k]) for k in (0, 1, 2, 1, 14, 12, 5)]


def test_it_says_where_it_went_and_what_differs_there(view):
    view.goto(11)
    assert view.drawing.said[1] == "After operation 11: no difference."
    view.to_first_difference()
    assert view.drawing.said[1].startswith("After operation 12: order 0, Movable: yours [+4")


def test_a_machine_moved_elsewhere_is_told_and_brought_back(view):
    view.pair.stories[0].goto(3)
    assert view.text().splitlines()[0] == (
        "Not in step: yours after 3 operations, Linux after 12 operations. Any move brings them together."
    )
    assert view.drawing.said[1].startswith("Not in step: yours after 3 operations")
    view.goto(4)
    assert view.pair.in_step


def test_text_can_tell_only_what_has_changed(view):
    view.text()
    assert view.text(changes=True) == "(nothing has changed)"
    view.goto(13)
    assert "- After 12 of 14 operations.\n" in view.text(changes=True)


def test_a_function_that_is_not_the_same_twice_is_told_in_a_sentence():
    moods = ["head"]
    stories = toys({"list_pop": lambda head: head.popitem(last=moods[-1] == "head")[0]})
    for _ in range(8):
        do(stories, "alloc_pages", 0, MOVABLE)
    for pfn in (0, 2, 4):
        do(stories, "free_pages", pfn)
    do(stories, "alloc_pages", 0, MOVABLE)
    view = widgets.Compare(*stories, at=0)
    moods.append("tail")
    view.goto(12)
    assert "when carried out again" in view.drawing.said[1]
    view.close()


def test_the_picture_is_well_formed_and_the_same_each_time(view):
    picture = view.svg()
    assert ET.fromstring(picture).tag.endswith("svg")
    assert "+0*" in picture and "≠" in picture
    assert view.svg() == picture
    assert view.picture() == view.picture()


def test_a_strip_of_each_machine_shows_the_same_pages_and_what_differs(view):
    stories = toys()
    pages = do(stories, "alloc_pages", 2, MOVABLE)
    do(stories, "free_pages", pages[0])
    stories[0].machine.alloc_pages(3, MOVABLE)
    stories[1].machine.alloc_pages(2, MOVABLE)
    other = widgets.Compare(*stories)
    yours, linux = other.picture()["strips"]
    for strip in (yours, linux):
        assert [block[0] for block in strip[1:]] == [at + pages for at, pages, *_ in strip[:-1]]
        assert sum(block[1] for block in strip) == 64
    assert [block[:4] for block in yours if block[5]] == [[0, 8, "used", "a"]]
    assert [block[:4] for block in linux if block[5]] == [[0, 4, "used", "a"], [4, 4, "M", "M"]]
    other.goto(0)
    assert not any(block[5] for strip in other.picture()["strips"] for block in strip)
    other.close()


def test_a_closed_view_is_let_go(view):
    stories = view.pair.stories
    watched = [len(story.watchers) for story in stories]
    other = widgets.Compare(*stories)
    assert [len(story.watchers) for story in stories] == [count + 1 for count in watched]
    other.close()
    assert [len(story.watchers) for story in stories] == watched


def test_it_shows_the_zone_that_differs():
    kernel = load(replace=TAIL)
    stories = Recording.of_case("fallback-half-0", kernel), Recording.of_case("fallback-half-0")
    view = widgets.Compare(*stories)
    assert view.place == "DMA"
    assert "zone DMA, order" in view.text().splitlines()[1]
    view.close()


# --- one call ---


def test_one_call_shows_the_memory_before_it_too():
    before = toy(64)
    yours, linux = before.copy(), before.copy()
    yours.alloc_pages(0, MOVABLE)
    linux.alloc_pages(1, MOVABLE)
    call = SideBySide("a call", ["machine = toy(64)"], before, linux, yours, [])
    view = widgets.Compare(call)
    lines = view.text().splitlines()
    assert lines[:4] == [
        *("a call", "After the call: order 0, Movable: yours [+1], Linux []."),
        *("    NR_FREE_PAGES: yours 63, Linux 62.", "    NR_ALLOC_BATCH: yours -1, Linux -2."),
    ]
    at = lines.index("Python that leads to it:")
    assert lines[at + 2 : at + 7] == [
        *("Free lists of zone Normal, from the head:", "    order 0, Movable:"),
        *("        before  empty", "  *     yours   +1*", "  *     Linux   empty"),
    ]
    assert repr(call).splitlines() == lines == describe(call)
    assert view.picture()["sides"] == ["before", "yours", "Linux"]
    assert ET.fromstring(view.svg()).tag.endswith("svg")
    view.close()
