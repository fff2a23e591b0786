# ruff: noqa: F821
# mypy: disable-error-code="name-defined, no-untyped-def"
"""Exercise set 04: when the lists of a request's own type are empty, it falls back to another type, and may steal."""

from mirrorlab.course.checks.changed import wrong
from mirrorlab.course.judge.cases import case
from mirrorlab.course.judge.exercise import Exercise

RECORDINGS = ("fallback-resv-0", "boundary-merge-half-0", "split-merge-odd-0", "fallback-resv2-0")
MAY_NOT_STEAL, LITTLE_MOVES, NO_GROUPING = "exhaustion-movable-0", "exhaustion-one-0", "fragmentation-moff-0"

CASES = (
    case("a whole largest block", "a0U", pages=1024),
    case("exactly a page block", "a0U", pages=512),
    case("the largest of many", "a0M b0U", pages=512),
    case("half a page block is free", "a8M b0U", pages=512),
    case("one page less than half", "a8M b0M c0U", pages=512),
    case("movable finds order 7", "a0U b8U c0M", pages=512),
    case("movable finds order 4", "a0U b8U c7U d6U e5U f0M", pages=512),
    case("movable finds order 3", "a0U b8U c7U d6U e5U f4U g0M", pages=512),
    case("unmovable finds order 3", "a0M b8M c7M d6M e5M f4M g0U", pages=512),
    case("reclaimable finds order 3", "a0M b8M c7M d6M e5M f4M g0E", pages=512),
    case("the block that fits exactly", "a2M b5U", pages=64),
    case("two types to choose from", "a0E b0U c0M", pages=1024),
    case("the second choice", "a0U b0M", pages=1024),
    case("the second choice is larger", "a3U b0M -b c1E", pages=64),
    case("only mirrored memory is left", "a9M b9M c0U", pages=2048, mirrored=((1024, 1024),)),
    case("no grouping", "a0U", pages=16, grouping=False),
)

CAN_STEAL = Exercise(
    "ex04.can_steal",
    function="can_steal_fallback",
    question="Say whether a request that falls back to a block of this order may take over what is free around it.",
    cases=CASES,
    recordings=(*RECORDINGS, MAY_NOT_STEAL),
    lists=False,
)

CAN_STEAL_WRONG = {
    "half the pages": (
        "movable finds order 7",
        "pageblock_order // 2 is 4: half of the orders, not of the pages. Order {order} is large enough.",
        ("pageblock_order // 2", "pageblock_order - 1"),
    ),
    "more than half": (
        "movable finds order 4",
        "Half of pageblock_order is 4 (`//` rounds down). Order {order} is exactly half, and that is enough.",
        ("order >= pageblock_order", "order > pageblock_order"),
    ),
    "unmovable only": (
        "reclaimable finds order 3",
        "A {start_mt} page cannot be moved either, it can only be dropped: such a request steals at every order too.",
        ("in (MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE)", "== MIGRATE_UNMOVABLE"),
    ),
    "size only": (
        "unmovable finds order 3",
        "{start_mt} pages cannot be moved away later, so such a request steals at every order: better one spoilt page"
        " block than many.",
        ("or start_mt in (MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE)", ""),
    ),
    "always": (
        "movable finds order 3",
        "A {start_mt} request that finds a small block (order {order}) takes that block and nothing else.",
        ("order >= pageblock_order // 2", "True"),
    ),
}
wrong(CAN_STEAL, CAN_STEAL_WRONG)

FIND_FALLBACK = Exercise(
    "ex04.find_fallback",
    function="find_suitable_fallback",
    question="Say to which type a request falls back in one order's lists, or -1.",
    cases=CASES,
    recordings=RECORDINGS,
    lists=False,
)

FIND_FALLBACK_WRONG = {
    "table backwards": (
        "two types to choose from",
        "The row for {migratetype} in `fallbacks` is in order of preference: the first type in it comes first.",
        ("in fallbacks[migratetype]", "in reversed(fallbacks[migratetype])"),
    ),
    "first choice only": (
        "the second choice",
        "The first type of the row has nothing at this order, but the second has: go on.",
        ("in fallbacks[migratetype]", "in fallbacks[migratetype][:1]"),
    ),
    "any type": (
        "only mirrored memory is left",
        "Only the types in the row `fallbacks[{migratetype}]` may be taken. Mirror and Reserve are in no row.",
        ("in fallbacks[migratetype]", "in (*fallbacks[migratetype], MIGRATE_MIRROR, MIGRATE_RESERVE)"),
    ),
    "an empty list": (
        "the second choice",
        "You returned a type whose list is empty: there is nothing to take.",
        ("if area.free_list", "if not area.free_list"),
    ),
    "place in the row": (
        "the second choice",
        "You returned the place in the row `fallbacks[{migratetype}]`. What is wanted is the type that stands there.",
        ("return fallback_mt", "return fallbacks[migratetype].index(fallback_mt)"),
    ),
    "the block": (
        "a whole largest block",
        "You returned the first page of the block. What is wanted is the type whose list it is on.",
        ("return fallback_mt", "return list_first_entry(area.free_list[fallback_mt])"),
    ),
}
wrong(FIND_FALLBACK, FIND_FALLBACK_WRONG)

STEAL = Exercise(
    "ex04.steal",
    function="steal_suitable_fallback",
    question="Take over the page block of a fallback block: its free pages, and its type when half of it moved.",
    cases=CASES,
    recordings=(*RECORDINGS, LITTLE_MOVES, NO_GROUPING),
)

STEAL_WRONG = {
    "always retypes": (
        "one page less than half",
        "The free pages moved, and that is right. But the page block changes its type only if half of it or more"
        " moved.",
        ("pages >= 1 << (pageblock_order - 1)", "True"),
    ),
    "more than half": (
        "half a page block is free",
        "Exactly half of the page block moved, and that is enough to change its type.",
        ("pages >=", "pages >"),
    ),
    "one page block": (
        "a whole largest block",
        "A block of order 10 holds two page blocks, and both change their type.",
        ("change_pageblock_range(zone.g, pfn, current_order,", "set_pageblock_migratetype(zone.g, pfn,"),
    ),
    "larger only": (
        "exactly a page block",
        "A block exactly as large as a page block takes it over whole: it is retyped and stays on its list.",
        ("current_order >= pageblock_order", "current_order > pageblock_order"),
    ),
    "retypes without moving": (
        "half a page block is free",
        "A new type for the page block is not enough: the free blocks in it still lie on the old lists.",
        ("move_freepages_block(zone, pfn, start_type)", "1 << pageblock_order"),
    ),
    "moves large blocks too": (
        "a whole largest block",
        "A block as large as a page block, or larger, is retyped and stays on its list. Nothing is moved.",
        ("        return\n", ""),
    ),
    "grouping forgotten": (
        "no grouping",
        "Here types are not used (page_group_by_mobility_disabled): then the page block is retyped, however little"
        " moved.",
        ("or zone.g.page_group_by_mobility_disabled", ""),
    ),
}
wrong(STEAL, STEAL_WRONG)

RMQUEUE_FALLBACK = Exercise(
    "ex04.rmqueue_fallback",
    function="__rmqueue_fallback",
    question="Take a block of another type: find the victim, steal around it if that is allowed, cut it to size.",
    cases=CASES,
    recordings=(*RECORDINGS, MAY_NOT_STEAL),
)


def type_before_order(zone, order, start_migratetype):
    for fallback_mt in fallbacks[start_migratetype]:
        for current_order in range(MAX_ORDER - 1, order - 1, -1):
            area = zone.free_area[current_order]
            if list_empty(area.free_list[fallback_mt]):
                continue
            pfn = list_first_entry(area.free_list[fallback_mt])
            if can_steal_fallback(zone.g, current_order, start_migratetype):
                steal_suitable_fallback(zone, pfn, start_migratetype)
            area.nr_free -= 1
            list_del(pfn, area.free_list[rmv_page_order(zone, pfn, current_order)])
            expand(zone, pfn, order, current_order, start_migratetype)
            zone.freepage_migratetype[pfn] = start_migratetype
            return pfn
    return None


RMQUEUE_FALLBACK_WRONG = {
    "smallest victim": (
        "the largest of many",
        "Start with the largest order. One large block satisfies many requests to come; many small ones pollute many"
        " page blocks. Pollute once.",
        ("range(MAX_ORDER - 1, order - 1, -1)", "range(order, MAX_ORDER)"),
    ),
    "remainder to the victim": (
        "the largest of many",
        "What is left over goes to the lists of the request's type, {start_migratetype}, stolen or not: so the next"
        " such request finds it.",
        ("order, current_order, start_migratetype)", "order, current_order, fallback_mt)"),
    ),
    "never steals": (
        "the largest of many",
        "You took one block and left the rest of its page block as it was. Where can_steal_fallback says so, take over"
        " all that is free there.",
        ("can_steal_fallback(zone.g, current_order, start_migratetype)", "False"),
    ),
    "always steals": (
        "movable finds order 3",
        "A {start_migratetype} request may not steal around so small a block: ask can_steal_fallback first.",
        ("can_steal_fallback(zone.g, current_order, start_migratetype)", "True"),
    ),
    "stops too early": (
        "the block that fits exactly",
        "There is a block of exactly order {order}, the smallest that fits. `range` leaves out its end: go one on.",
        ("order - 1, -1", "order, -1"),
    ),
    "gives up": (
        "the largest of many",
        "The largest order has nothing to offer, but a smaller one may: go on, down to order {order}.",
        ("continue", "return None"),
    ),
    "remembers the old type": (
        "the largest of many",
        "Note in zone.freepage_migratetype[pfn] the type the block was taken as: {start_migratetype}, the request's.",
        ("[pfn] = start_migratetype", "[pfn] = fallback_mt"),
    ),
    "zero is false": (
        "movable finds order 7",
        "MIGRATE_UNMOVABLE is 0, a type like any other. `find_suitable_fallback` says -1 when there is none.",
        ("fallback_mt == -1", "fallback_mt <= 0"),
    ),
    "not cut": (
        "the largest of many",
        "The whole block is gone, though order {order} was asked for. `expand(zone, pfn, low, high, ...)` cuts from"
        " `high`, the order found, to `low`, the order asked for.",
        ("        expand(zone, pfn, order, current_order, start_migratetype)\n", ""),
    ),
    "type first": (
        "the second choice is larger",
        "You went through the types, and through the orders for each. It is the other way round: the largest block of"
        " any type in the row; the row decides only between blocks of one order.",
        type_before_order,
    ),
}
wrong(RMQUEUE_FALLBACK, RMQUEUE_FALLBACK_WRONG)
