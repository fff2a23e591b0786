# ruff: noqa: F821
# mypy: disable-error-code="name-defined, no-untyped-def"
"""Exercise set 04: when the lists of a request's own type are empty, it falls back to another type, and may steal."""

from mirrorlab.course.checks.changed import name_wrongs
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
    case("a zone that ends inside the page block", "a9M b0U", pages=912),
)

CAN_STEAL = Exercise(
    "ex04.can_steal",
    function="can_steal_fallback",
    question="Say whether a request that falls back to a block of this order may take over what is free around it.",
    cases=(*CASES, case("no types, a movable request", "?can_steal_fallback(g,0,M)", pages=16, grouping=False)),
    recordings=(*RECORDINGS, MAY_NOT_STEAL),
    lists=False,
)


FIND_FALLBACK = Exercise(
    "ex04.find_fallback",
    function="find_suitable_fallback",
    question="Say to which type a request falls back in one order's lists, or -1.",
    cases=CASES,
    recordings=RECORDINGS,
    lists=False,
)


STEAL = Exercise(
    "ex04.steal",
    function="steal_suitable_fallback",
    question="Take over the page block of a fallback block: its free pages, and its type when half of it moved.",
    cases=CASES,
    recordings=(*RECORDINGS, LITTLE_MOVES, NO_GROUPING),
)


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


name_wrongs(__name__)
