"""Exercise set 02: a request takes the smallest block that fits, and cuts it down to size."""

from mirrorlab.course.checks.changed import name_wrongs
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


name_wrongs(__name__)
