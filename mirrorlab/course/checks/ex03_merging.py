# ruff: noqa: F821
# mypy: disable-error-code="name-defined, no-untyped-def"
"""Exercise set 03: a freed block merges with its buddy, then with the buddy of the result, and so on."""

from mirrorlab.course.checks.changed import name_wrongs
from mirrorlab.course.judge.cases import case
from mirrorlab.course.judge.exercise import Exercise

RECORDINGS = ("split-merge-one-0", "split-merge-two-1", "boundary-merge-halves-0", "fallback-half-0")

CASES = (
    case("left half first", "a0M b0M -a -b"),
    case("right half first", "a0M b0M -b -a"),
    case("larger blocks", "a3M b3M -a -b"),
    case("the buddy is in pieces", "a1M b0M c0M -b -a"),
    case("two on the list", "a0M b0M c0M d0M -a -c -b"),
    case("two types", "a0M b0U -b", pages=16),
    case("two unmovable pages", "a0U b0U -a -b", pages=512),
    case("two reclaimable pages", "a0E b0E -a -b", pages=512),
    case("the parent's buddy is free", "a0M b0M c0M d0M e0M f0M -c -e"),
    case("a right half whose parent's buddy is free", "a0M b0M c0M d0M e0M f0M -c -f"),
    case("one free, ten merges", "a0M -a", pages=1024),
    case("below the largest order", "a9M b9M c9M d9M e9M f9M -a -e", pages=4096),
    case("below the largest order, a page block", "a8M b8M c8M d8M e8M f8M -a -e", pages=4096),
)

FIND_BUDDY = Exercise(
    "ex03.find_buddy",
    function="__find_buddy_index",
    question="The buddy of a block differs from it in exactly one bit.",
    cases=CASES,
    recordings=RECORDINGS,
    lists=False,
)


PAGE_IS_BUDDY = Exercise(
    "ex03.page_is_buddy",
    function="page_is_buddy",
    question="Say whether a free block of exactly this order starts at `buddy`.",
    cases=(*CASES, case("a larger block", "?page_is_buddy(zone,0,5)")),
    recordings=RECORDINGS,
    lists=False,
)


def head_only(zone, buddy, order):
    lists = zone.free_area[order].free_list
    return any(not list_empty(pages) and list_first_entry(pages) == buddy for pages in lists)


FREE_ONE_PAGE = Exercise(
    "ex03.free_one_page",
    function="__free_one_page",
    question="Put a block on the list of its type, merging it with its buddy for as long as the buddy is free.",
    cases=CASES,
    recordings=RECORDINGS,
    hidden=("parent_will_merge",),
)


def only_lists(zone, pfn, order, migratetype):
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)
    area = zone.free_area[order]
    list_add(pfn, area.free_list[migratetype])
    set_page_order(zone, pfn, order, migratetype)
    area.nr_free += 1


name_wrongs(__name__)
