# ruff: noqa: F821
# mypy: disable-error-code="name-defined, no-untyped-def"
"""Exercise set 03: a freed block merges with its buddy, then with the buddy of the result, and so on."""

from mirrorlab.course.checks.changed import wrong
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

BUDDY = "page_idx ^ (1 << order)"  # what the model says

FIND_BUDDY_WRONG = {
    "plus": (
        "right half first",
        "Block {page_idx} is the right half of its pair, so its buddy lies to the left. `+` is right only for left"
        " halves: XOR goes both ways.",
        (BUDDY, "page_idx + (1 << order)"),
    ),
    "minus": (
        "left half first",
        "Block {page_idx} is the left half of its pair, so its buddy lies to the right: XOR goes both ways.",
        (BUDDY, "page_idx - (1 << order)"),
    ),
    "next page": (
        "larger blocks",
        "Blocks of order {order} are more than one page apart: which bit do two neighbours of that size differ in?",
        (BUDDY, "page_idx ^ 1"),
    ),
    "order as distance": (
        "larger blocks",
        "The order counts doublings. It is not the distance: a block of order {order} has 2 to the power of {order}"
        " pages.",
        (BUDDY, "page_idx ^ order"),
    ),
    "or": (
        "right half first",
        "`|` can only set the bit, so the buddy of a right half comes out as the block itself. `^` turns the bit over.",
        (BUDDY, "page_idx | (1 << order)"),
    ),
    "left half": (
        "left half first",
        "You cleared the bit: that gives the left half of the pair, whichever half you ask for. The buddy is the"
        " other.",
        (BUDDY, "page_idx & ~(1 << order)"),
    ),
    "power": (
        "left half first",
        "In Python `^` is XOR, and a power is written `2 ** {order}` or `1 << {order}`.",
        (BUDDY, "page_idx ^ 2 ^ order"),
    ),
}
wrong(FIND_BUDDY, FIND_BUDDY_WRONG)

PAGE_IS_BUDDY = Exercise(
    "ex03.page_is_buddy",
    function="page_is_buddy",
    question="Say whether a free block of exactly this order starts at `buddy`.",
    cases=CASES,
    recordings=RECORDINGS,
    lists=False,
)


def head_only(zone, buddy, order):
    lists = zone.free_area[order].free_list
    return any(not list_empty(pages) and list_first_entry(pages) == buddy for pages in lists)


FREE = "buddy in zone.free_area[order].buddy"  # what the model says

PAGE_IS_BUDDY_WRONG = {
    "any order": (
        "the buddy is in pieces",
        "Page {buddy} is free, but it begins a smaller block: only a block of order {order} can be merged.",
        (FREE, "any(buddy in area.buddy for area in zone.free_area)"),
    ),
    "always": (
        "left half first",
        "Block {buddy} is in use. A block merges only with a buddy that is free.",
        (FREE, "zone.zone_start_pfn <= buddy < zone.zone_start_pfn + zone.spanned_pages"),
    ),
    "one type": (
        "two types",
        "Block {buddy} is free, on the list of another type. In 4.1 the buddy counts whatever list it is on.",
        ("[order].buddy", "[order].free_list[MIGRATE_MOVABLE]"),
    ),
    "head": (
        "two on the list",
        "Block {buddy} is free, but not at the head of its list: it may stand anywhere in it.",
        head_only,
    ),
}
wrong(PAGE_IS_BUDDY, PAGE_IS_BUDDY_WRONG)

FREE_ONE_PAGE = Exercise(
    "ex03.free_one_page",
    function="__free_one_page",
    question="Put a block on the list of its type, merging it with its buddy for as long as the buddy is free.",
    cases=CASES,
    recordings=RECORDINGS,
    hidden=("parent_will_merge",),
)


# The tail rule, as the model writes it. What it asks has a name there, but not in Linux: PARENT spells it out.
ASKS = "parent_will_merge(zone, pfn, order)"
TAIL_RULE = f"order < MAX_ORDER - 2 and {ASKS}"
PARENT = (ASKS, "page_is_buddy(zone, __find_buddy_index(pfn & ~(1 << order), order + 1), order + 1)")
NEVER_THE_TAIL = (TAIL_RULE, "False")
ONCE = "You merged once. Look one level up: the merged block has a buddy too, and that one may be free."


def only_lists(zone, pfn, order, migratetype):
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)
    area = zone.free_area[order]
    list_add(pfn, area.free_list[migratetype])
    set_page_order(zone, pfn, order, migratetype)
    area.nr_free += 1


FREE_ONE_PAGE_WRONG = {
    "not merged": (
        "left half first",
        "You listed the block as it came. First ask whether its buddy is free: if so, the two become one block.",
        only_lists,
    ),
    "parent": (
        "a right half whose parent's buddy is free",
        "The tail rule asks for the parent's buddy. Block {pfn} is the right half of its parent, so the parent starts"
        " further to the left.",
        (ASKS, "page_is_buddy(zone, __find_buddy_index(pfn, order + 1), order + 1)"),
    ),
    "once, with the tail rule": (
        "one free, ten merges",
        ONCE,
        PARENT,
        ("order += 1\n", "order += 1\n        break\n"),
    ),
    "once": ("one free, ten merges", ONCE, NEVER_THE_TAIL, ("order += 1\n", "order += 1\n        break\n")),
    "own page": (
        "left half first",
        "You kept the page you freed, {pfn}, as the first of the merged block: the parent starts at the lower buddy.",
        NEVER_THE_TAIL,
        ("        pfn &= buddy\n", ""),
    ),
    "never the tail": (
        "the parent's buddy is free",
        "Here the blocks are right, but not their order. The parent's buddy is free: this block may soon be part of a"
        " large one, so it waits at the tail.",
        NEVER_THE_TAIL,
    ),
    "tail too high": (
        "below the largest order",
        "A block of the largest order merges no further, so nothing is gained by waiting for it: the tail rule ends"
        " two orders below MAX_ORDER.",
        PARENT,
        ("MAX_ORDER - 2", "MAX_ORDER - 1"),
    ),
    "always the tail": (
        "two on the list",
        "Here the blocks are right, but not their order. A block waits at the tail only if its parent's buddy is free."
        " Else it goes to the head: its data may still be in the cache.",
        (TAIL_RULE, "True"),
    ),
    "border": (
        "two types",
        "You stopped because the buddy is on the list of another type. Sensible, but 4.1 merges: it looks at addresses"
        " only.",
        PARENT,
        ("if not page_is_buddy(zone, buddy, order)", "if migratetype != zone.free_area[order].buddy.get(buddy)"),
    ),
}
wrong(FREE_ONE_PAGE, FREE_ONE_PAGE_WRONG)
