# ruff: noqa: F821
# mypy: disable-error-code="name-defined, no-untyped-def"
"""Exercise set 02: a request takes the smallest block that fits, and cuts it down to size."""

from mirrorlab.course.judge.cases import case
from mirrorlab.course.judge.exercise import Exercise

RECORDINGS = ("split-merge-one-0", "split-merge-huge-0", "boundary-merge-half-0", "order0-pcp-one-1", "fallback-resv-0")

EXPAND = Exercise(
    "ex02.expand",
    function="expand",
    question="Cut a block of order `high` down to order `low`, and list each upper half.",
    cases=(
        case("one page of 64", "a0M"),
        case("nothing to cut", "a6M"),
        case("four pages", "a2M"),
        case("another type", "a0U"),
        case("halves beside stolen blocks", "a0M b0U", pages=512),
    ),
    recordings=RECORDINGS,
)


@EXPAND.wrong(
    "upper",
    "The lower half is handed out, the upper half is listed. Which of the two is `pfn`?",
    killer="one page of 64",
)
def lists_the_lower_half(zone, pfn, low, high, migratetype):
    while high > low:
        high -= 1
        area = zone.free_area[high]
        list_add(pfn, area.free_list[migratetype])
        set_page_order(zone, pfn, high, migratetype)
        area.nr_free += 1
        pfn += 1 << high


@EXPAND.wrong(
    "tail",
    "Each half goes to the head of its list. Here another block was on the list already, so it makes a difference.",
    killer="halves beside stolen blocks",
)
def adds_to_the_tail(zone, pfn, low, high, migratetype):
    while high > low:
        high -= 1
        area = zone.free_area[high]
        list_add_tail(pfn + (1 << high), area.free_list[migratetype])
        set_page_order(zone, pfn + (1 << high), high, migratetype)
        area.nr_free += 1


@EXPAND.wrong(
    "once",
    "One cut is not enough: from order {high} down to {low} the lower half is cut again and again.",
    killer="one page of 64",
)
def cuts_once(zone, pfn, low, high, migratetype):
    if high > low:
        high -= 1
        area = zone.free_area[high]
        list_add(pfn + (1 << high), area.free_list[migratetype])
        set_page_order(zone, pfn + (1 << high), high, migratetype)
        area.nr_free += 1


@EXPAND.wrong(
    "one cut more",
    "The block handed out has order {low}: stop there. You cut it once more.",
    killer="four pages",
)
def cuts_too_often(zone, pfn, low, high, migratetype):
    while high >= low and high > 0:
        high -= 1
        area = zone.free_area[high]
        list_add(pfn + (1 << high), area.free_list[migratetype])
        set_page_order(zone, pfn + (1 << high), high, migratetype)
        area.nr_free += 1


@EXPAND.wrong(
    "order",
    "A half is one order smaller than what was cut: make `high` smaller first, then list the half at that order.",
    killer="one page of 64",
)
def lists_before_it_lowers_high(zone, pfn, low, high, migratetype):
    while high > low:
        area = zone.free_area[high]
        half = pfn + (1 << (high - 1))
        list_add(half, area.free_list[migratetype])
        set_page_order(zone, half, high, migratetype)
        area.nr_free += 1
        high -= 1


@EXPAND.wrong(
    "distance",
    "The order counts doublings. It is not the distance: the upper half of order n begins 2 to the power of n pages"
    " further on.",
    killer="one page of 64",
)
def adds_the_order(zone, pfn, low, high, migratetype):
    while high > low:
        high -= 1
        area = zone.free_area[high]
        list_add(pfn + high, area.free_list[migratetype])
        set_page_order(zone, pfn + high, high, migratetype)
        area.nr_free += 1


@EXPAND.wrong(
    "type",
    "The halves go to the lists of the type you were given, {migratetype}, not always to Movable.",
    killer="another type",
)
def always_movable(zone, pfn, low, high, migratetype):
    while high > low:
        high -= 1
        area = zone.free_area[high]
        list_add(pfn + (1 << high), area.free_list[MIGRATE_MOVABLE])
        set_page_order(zone, pfn + (1 << high), high, MIGRATE_MOVABLE)
        area.nr_free += 1


RMQUEUE_SMALLEST = Exercise(
    "ex02.rmqueue_smallest",
    function="__rmqueue_smallest",
    question="Take the smallest block of one type that fits, cut it to size, and return its first page.",
    cases=(
        case("one page of 64", "a0M"),
        case("two blocks fit", "a2M b1M"),
        case("three blocks on a list", "a4M b4M c4M d4M e4M f4M g4M h4M -c -a -e i4M", pages=128),
        case("none of this type", "a0O"),
        case("exactly this order", "a2M b2M"),
        case("smaller blocks are free", "a0M b3M"),
        case("only the largest is left", "a9M b7M", pages=2048),
    ),
    recordings=RECORDINGS,
)


@RMQUEUE_SMALLEST.wrong(
    "lowest",
    "Take the list's head, not the smallest page number: the head was freed last, its data may still be in the cache.",
    killer="three blocks on a list",
)
def takes_the_lowest(zone, order, migratetype):
    for current_order in range(order, MAX_ORDER):
        area = zone.free_area[current_order]
        pages = area.free_list[migratetype]
        if list_empty(pages):
            continue
        pfn = min(pages)
        list_del(pfn, pages)
        rmv_page_order(zone, pfn, current_order)
        area.nr_free -= 1
        expand(zone, pfn, order, current_order, migratetype)
        zone.freepage_migratetype[pfn] = migratetype
        return pfn
    return None


@RMQUEUE_SMALLEST.wrong(
    "tail",
    "You took the block at the tail, the one that was freed first. Take the list's head, `list_first_entry`: it was"
    " freed last, its data may still be in the cache.",
    killer="three blocks on a list",
)
def takes_the_tail(zone, order, migratetype):
    for current_order in range(order, MAX_ORDER):
        area = zone.free_area[current_order]
        pages = area.free_list[migratetype]
        if list_empty(pages):
            continue
        pfn = next(iter(pages))
        list_del(pfn, pages)
        rmv_page_order(zone, pfn, current_order)
        area.nr_free -= 1
        expand(zone, pfn, order, current_order, migratetype)
        zone.freepage_migratetype[pfn] = migratetype
        return pfn
    return None


@RMQUEUE_SMALLEST.wrong(
    "largest",
    "Take the smallest block that fits: start to look at order {order}. Large blocks are hard to come by again.",
    killer="two blocks fit",
)
def takes_the_largest(zone, order, migratetype):
    for current_order in range(MAX_ORDER - 1, order - 1, -1):
        area = zone.free_area[current_order]
        pages = area.free_list[migratetype]
        if list_empty(pages):
            continue
        pfn = list_first_entry(pages)
        list_del(pfn, pages)
        rmv_page_order(zone, pfn, current_order)
        area.nr_free -= 1
        expand(zone, pfn, order, current_order, migratetype)
        zone.freepage_migratetype[pfn] = migratetype
        return pfn
    return None


@RMQUEUE_SMALLEST.wrong(
    "largest forgotten",
    "The only block that fits has order 10, the largest there is. `range` leaves out its end: did you look there?",
    killer="only the largest is left",
)
def forgets_the_largest(zone, order, migratetype):
    for current_order in range(order, MAX_ORDER - 1):
        area = zone.free_area[current_order]
        pages = area.free_list[migratetype]
        if list_empty(pages):
            continue
        pfn = list_first_entry(pages)
        list_del(pfn, pages)
        rmv_page_order(zone, pfn, current_order)
        area.nr_free -= 1
        expand(zone, pfn, order, current_order, migratetype)
        zone.freepage_migratetype[pfn] = migratetype
        return pfn
    return None


@RMQUEUE_SMALLEST.wrong(
    "exact",
    "No block of exactly order {order} is no reason to give up: a larger one can be cut.",
    killer="one page of 64",
)
def this_order_only(zone, order, migratetype):
    area = zone.free_area[order]
    pages = area.free_list[migratetype]
    if list_empty(pages):
        return None
    pfn = list_first_entry(pages)
    list_del(pfn, pages)
    rmv_page_order(zone, pfn, order)
    area.nr_free -= 1
    zone.freepage_migratetype[pfn] = migratetype
    return pfn


@RMQUEUE_SMALLEST.wrong(
    "uncut",
    "The block you found may be too large, and what is left over is lost. `expand` lists it. You do call it? Then look"
    " which order is `low`, which is `high`.",
    killer="one page of 64",
)
def hands_out_the_whole_block(zone, order, migratetype):
    for current_order in range(order, MAX_ORDER):
        area = zone.free_area[current_order]
        pages = area.free_list[migratetype]
        if list_empty(pages):
            continue
        pfn = list_first_entry(pages)
        list_del(pfn, pages)
        rmv_page_order(zone, pfn, current_order)
        area.nr_free -= 1
        zone.freepage_migratetype[pfn] = migratetype
        return pfn
    return None


@RMQUEUE_SMALLEST.wrong(
    "too small",
    "A block of a smaller order does not hold the request: start to look at order {order}.",
    killer="smaller blocks are free",
)
def takes_one_too_small(zone, order, migratetype):
    for current_order in range(MAX_ORDER):
        area = zone.free_area[current_order]
        pages = area.free_list[migratetype]
        if list_empty(pages):
            continue
        pfn = list_first_entry(pages)
        list_del(pfn, pages)
        rmv_page_order(zone, pfn, current_order)
        area.nr_free -= 1
        expand(zone, pfn, order, current_order, migratetype)
        zone.freepage_migratetype[pfn] = migratetype
        return pfn
    return None
