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


@FIND_BUDDY.wrong(
    "plus",
    "Block {page_idx} is the right half of its pair, so its buddy lies to the left. `+` is right only for left halves:"
    " XOR goes both ways.",
    killer="right half first",
)
def adds(page_idx, order):
    return page_idx + (1 << order)


@FIND_BUDDY.wrong(
    "minus",
    "Block {page_idx} is the left half of its pair, so its buddy lies to the right: XOR goes both ways.",
    killer="left half first",
)
def subtracts(page_idx, order):
    return page_idx - (1 << order)


@FIND_BUDDY.wrong(
    "next page",
    "Blocks of order {order} are more than one page apart: which bit do two neighbours of that size differ in?",
    killer="larger blocks",
)
def one_page_away(page_idx, order):
    return page_idx ^ 1


@FIND_BUDDY.wrong(
    "order as distance",
    "The order counts doublings. It is not the distance: a block of order {order} has 2 to the power of {order} pages.",
    killer="larger blocks",
)
def order_away(page_idx, order):
    return page_idx ^ order


@FIND_BUDDY.wrong(
    "or",
    "`|` can only set the bit, so the buddy of a right half comes out as the block itself. `^` turns the bit over.",
    killer="right half first",
)
def sets_the_bit(page_idx, order):
    return page_idx | (1 << order)


@FIND_BUDDY.wrong(
    "left half",
    "You cleared the bit: that gives the left half of the pair, whichever half you ask for. The buddy is the other.",
    killer="left half first",
)
def clears_the_bit(page_idx, order):
    return page_idx & ~(1 << order)


@FIND_BUDDY.wrong(
    "power",
    "In Python `^` is XOR, and a power is written `2 ** {order}` or `1 << {order}`.",
    killer="left half first",
)
def power_by_xor(page_idx, order):
    return page_idx ^ 2 ^ order


PAGE_IS_BUDDY = Exercise(
    "ex03.page_is_buddy",
    function="page_is_buddy",
    question="Say whether a free block of exactly this order starts at `buddy`.",
    cases=CASES,
    recordings=RECORDINGS,
    lists=False,
)


@PAGE_IS_BUDDY.wrong(
    "any order",
    "Page {buddy} is free, but it begins a smaller block: only a block of order {order} can be merged.",
    killer="the buddy is in pieces",
)
def free_at_any_order(zone, buddy, order):
    return any(buddy in area.buddy for area in zone.free_area)


@PAGE_IS_BUDDY.wrong(
    "always",
    "Block {buddy} is in use. A block merges only with a buddy that is free.",
    killer="left half first",
)
def always(zone, buddy, order):
    return zone.zone_start_pfn <= buddy < zone.zone_start_pfn + zone.spanned_pages


@PAGE_IS_BUDDY.wrong(
    "one type",
    "Block {buddy} is free, on the list of another type. In 4.1 the buddy counts whatever list it is on.",
    killer="two types",
)
def movable_only(zone, buddy, order):
    return buddy in zone.free_area[order].free_list[MIGRATE_MOVABLE]


@PAGE_IS_BUDDY.wrong(
    "head",
    "Block {buddy} is free, but not at the head of its list: it may stand anywhere in it.",
    killer="two on the list",
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


@FREE_ONE_PAGE.wrong(
    "not merged",
    "You listed the block as it came. First ask whether its buddy is free: if so, the two become one block.",
    killer="left half first",
)
def only_lists(zone, pfn, order, migratetype):
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)
    area = zone.free_area[order]
    list_add(pfn, area.free_list[migratetype])
    set_page_order(zone, pfn, order, migratetype)
    area.nr_free += 1


# The tail rule, as the model writes it. What it asks has a name there, but not in Linux: PARENT spells it out.
ASKS = "parent_will_merge(zone, pfn, order)"
TAIL_RULE = f"order < MAX_ORDER - 2 and {ASKS}"
PARENT = (ASKS, "page_is_buddy(zone, __find_buddy_index(pfn & ~(1 << order), order + 1), order + 1)")
NEVER_THE_TAIL = (TAIL_RULE, "False")

wrong(
    FREE_ONE_PAGE,
    "parent",
    "The tail rule asks for the parent's buddy. Block {pfn} is the right half of its parent, so the parent starts"
    " further to the left.",
    "a right half whose parent's buddy is free",
    (ASKS, "page_is_buddy(zone, __find_buddy_index(pfn, order + 1), order + 1)"),
)

ONCE = "You merged once. Look one level up: the merged block has a buddy too, and that one may be free."

wrong(
    FREE_ONE_PAGE,
    "once, with the tail rule",
    ONCE,
    "one free, ten merges",
    PARENT,
    ("order += 1\n", "order += 1\n        break\n"),
)

wrong(
    FREE_ONE_PAGE,
    "once",
    ONCE,
    "one free, ten merges",
    NEVER_THE_TAIL,
    ("order += 1\n", "order += 1\n        break\n"),
)

wrong(
    FREE_ONE_PAGE,
    "own page",
    "You kept the page you freed, {pfn}, as the first of the merged block: the parent starts at the lower buddy.",
    "left half first",
    NEVER_THE_TAIL,
    ("        pfn &= buddy\n", ""),
)

wrong(
    FREE_ONE_PAGE,
    "never the tail",
    "Here the blocks are right, but not their order. The parent's buddy is free: this block may soon be part of a large"
    " one, so it waits at the tail.",
    "the parent's buddy is free",
    NEVER_THE_TAIL,
)

wrong(
    FREE_ONE_PAGE,
    "tail too high",
    "A block of the largest order merges no further, so nothing is gained by waiting for it: the tail rule ends two"
    " orders below MAX_ORDER.",
    "below the largest order",
    PARENT,
    ("MAX_ORDER - 2", "MAX_ORDER - 1"),
)

wrong(
    FREE_ONE_PAGE,
    "always the tail",
    "Here the blocks are right, but not their order. A block waits at the tail only if its parent's buddy is free. Else"
    " it goes to the head: its data may still be in the cache.",
    "two on the list",
    (TAIL_RULE, "True"),
)

wrong(
    FREE_ONE_PAGE,
    "border",
    "You stopped because the buddy is on the list of another type. Sensible, but 4.1 merges: it looks at addresses"
    " only.",
    "two types",
    PARENT,
    ("if not page_is_buddy(zone, buddy, order)", "if migratetype != zone.free_area[order].buddy.get(buddy)"),
)
