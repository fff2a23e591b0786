"""Exercise set 02: a request takes the smallest block that fits, and cuts it down to size."""

from mirrorlab.course.checks.changed import wrong
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

EXPAND_WRONG = {
    "upper": (
        "one page of 64",
        "The lower half is handed out, the upper half is listed. Which of the two is `pfn`?",
        ("half = pfn + (1 << high)", "half, pfn = pfn, pfn + (1 << high)"),
    ),
    "tail": (
        "halves beside stolen blocks",
        "Each half goes to the head of its list. Here another block was on the list already, so it makes a difference.",
        ("list_add(", "list_add_tail("),
    ),
    "once": (
        "one page of 64",
        "One cut is not enough: from order {high} down to {low} the lower half is cut again and again.",
        ("while high > low", "if high > low"),
    ),
    "one cut more": (
        "four pages",
        "The block handed out has order {low}: stop there. You cut it once more.",
        ("while high > low", "while high >= low and high > 0"),
    ),
    "order": (
        "one page of 64",
        "A half is one order smaller than what was cut: make `high` smaller first, then list the half at that order.",
        ("        high -= 1\n", ""),
        ("1 << high", "1 << (high - 1)"),
        ("area.nr_free += 1", "area.nr_free += 1\n        high -= 1"),
    ),
    "distance": (
        "one page of 64",
        "The order counts doublings. It is not the distance: the upper half of order n begins 2 to the power of n"
        " pages further on.",
        ("(1 << high)", "high"),
    ),
    "type": (
        "another type",
        "The halves go to the lists of the type you were given, {migratetype}, not always to Movable.",
        ("while high > low", "migratetype = MIGRATE_MOVABLE\n    while high > low"),
    ),
}
wrong(EXPAND, EXPAND_WRONG)

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

RMQUEUE_SMALLEST_WRONG = {
    "lowest": (
        "three blocks on a list",
        "Take the list's head, not the smallest page number: the head was freed last, its data may still be in the"
        " cache.",
        ("list_pop(pages)", "min(pages)\n        list_del(pfn, pages)"),
    ),
    "tail": (
        "three blocks on a list",
        "You took the block at the tail, the one that was freed first. Take the list's head, `list_first_entry`: it"
        " was freed last, its data may still be in the cache.",
        ("list_pop(pages)", "next(iter(pages))\n        list_del(pfn, pages)"),
    ),
    "largest": (
        "two blocks fit",
        "Take the smallest block that fits: start to look at order {order}. Large blocks are hard to come by again.",
        ("range(order, MAX_ORDER)", "range(MAX_ORDER - 1, order - 1, -1)"),
    ),
    "largest forgotten": (
        "only the largest is left",
        "The only block that fits has order 10, the largest there is. `range` leaves out its end: did you look there?",
        ("range(order, MAX_ORDER)", "range(order, MAX_ORDER - 1)"),
    ),
    "exact": (
        "one page of 64",
        "No block of exactly order {order} is no reason to give up: a larger one can be cut.",
        ("range(order, MAX_ORDER)", "range(order, order + 1)"),
    ),
    "uncut": (
        "one page of 64",
        "The block you found may be too large, and what is left over is lost. `expand` lists it. You do call it? Then"
        " look which order is `low`, which is `high`.",
        ("        expand(zone, pfn, order, current_order, migratetype)\n", ""),
    ),
    "too small": (
        "smaller blocks are free",
        "A block of a smaller order does not hold the request: start to look at order {order}.",
        ("range(order, MAX_ORDER)", "range(MAX_ORDER)"),
    ),
}
wrong(RMQUEUE_SMALLEST, RMQUEUE_SMALLEST_WRONG)
