# mypy: disable-error-code="no-untyped-def"
"""Exercise set 00: a warm-up, one line of the kernel."""

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


@ZONE_SPANS_PFN.wrong(
    "one page too many",
    "The zone begins at page 0 and spans {pfn} pages. Count: page {pfn} is the first one behind it.",
    killer="the page after the last",
)
def one_page_too_many(zone, pfn):
    return zone.zone_start_pfn <= pfn <= zone.zone_start_pfn + zone.spanned_pages


@ZONE_SPANS_PFN.wrong(
    "no end",
    "Page {pfn} is behind the zone's last page. Where does the zone end?",
    killer="far behind the last page",
)
def no_end(zone, pfn):
    return pfn >= zone.zone_start_pfn


@ZONE_SPANS_PFN.wrong(
    "no start",
    "Page {pfn} lies in this zone: the zone does not begin at page 0.",
    killer="a zone that begins at page 1,024",
)
def no_start(zone, pfn):
    return pfn < zone.spanned_pages


@ZONE_SPANS_PFN.wrong(
    "first page left out",
    "Page {pfn} is the zone's first page. It belongs to the zone.",
    killer="the first page and the last",
)
def first_page_left_out(zone, pfn):
    return zone.zone_start_pfn < pfn < zone.zone_start_pfn + zone.spanned_pages


@ZONE_SPANS_PFN.wrong(
    "last page left out",
    "Page {pfn} is the zone's last page. It belongs to the zone.",
    killer="the first page and the last",
)
def last_page_left_out(zone, pfn):
    return zone.zone_start_pfn <= pfn < zone.zone_start_pfn + zone.spanned_pages - 1
