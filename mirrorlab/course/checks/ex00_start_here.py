"""Exercise set 00: a warm-up, one line of the kernel."""

from mirrorlab.course.checks.changed import wrong
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
    ),
    recordings=("fallback-resv-0", "fallback-resv2-0"),
    lists=False,
)

SPANS = "zone.zone_start_pfn <= pfn < zone.zone_start_pfn + zone.spanned_pages"  # what the model says

ZONE_SPANS_PFN_WRONG = {
    "one page too many": (
        "the page after the last",
        "The zone begins at page 0 and spans {pfn} pages. Count: page {pfn} is the first one behind it.",
        (SPANS, "zone.zone_start_pfn <= pfn <= zone.zone_start_pfn + zone.spanned_pages"),
    ),
    "no end": (
        "far behind the last page",
        "Page {pfn} is behind the zone's last page. Where does the zone end?",
        (SPANS, "pfn >= zone.zone_start_pfn"),
    ),
    "no start": (
        "a zone that begins at page 1,024",
        "Page {pfn} lies in this zone: the zone does not begin at page 0.",
        (SPANS, "pfn < zone.spanned_pages"),
    ),
    "first page left out": (
        "the first page and the last",
        "Page {pfn} is the zone's first page. It belongs to the zone.",
        (SPANS, "zone.zone_start_pfn < pfn < zone.zone_start_pfn + zone.spanned_pages"),
    ),
    "last page left out": (
        "the first page and the last",
        "Page {pfn} is the zone's last page. It belongs to the zone.",
        (SPANS, "zone.zone_start_pfn <= pfn < zone.zone_start_pfn + zone.spanned_pages - 1"),
    ),
}
wrong(ZONE_SPANS_PFN, ZONE_SPANS_PFN_WRONG)
