"""Exercise set 00: a warm-up, one line of the kernel."""

from mirrorlab.course.checks.changed import name_wrongs
from mirrorlab.course.judge.cases import case
from mirrorlab.course.judge.exercise import Exercise

# The kernel asks when a request takes memory over from another kind: does the page block around it lie in the zone?
ZONE_SPANS_PFN = Exercise(
    "ex00.zone_spans_pfn",
    function="zone_spans_pfn",
    question="Say whether a page lies in a zone: True or False.",
    cases=(
        case("the page after the last", "a0U", pages=511),
        case("the first page and the last", "a8M b0U", pages=512),
        case("far behind the last page", "a0U", pages=16),
        case("a zone that begins at page 1,024", "a8M b0U", pages=512, first=1024),
        case("a hole in the zone", "a8M b0U", pages=1024, hole=(0, 512)),
    ),
    recordings=("fallback-resv-0", "fallback-resv2-0", "fallback-b_one-0"),
    lists=False,
)


name_wrongs(__name__)
