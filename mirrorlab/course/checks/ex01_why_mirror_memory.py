# mypy: disable-error-code="no-untyped-def"
"""Exercise set 01: the chance to survive errors and faults, and where to put the mirror. No kernel is needed."""

from collections.abc import Mapping
from random import Random
from typing import Any

from mirrorlab.course.checks.changed import name_wrongs
from mirrorlab.course.judge.cases import call
from mirrorlab.course.judge.exercise import PlainExercise
from mirrorlab.questions import survival


def is_within(pages: int, fatal: list[int]) -> bool:
    """Whether these are page numbers of a memory, each once, from the lowest up."""
    return fatal == sorted(set(fatal)) and all(0 <= page < pages for page in fatal)


def some_pages(chance: Random, pages: int) -> list[int]:
    """Page numbers by chance: a few runs of neighbours, and a few single pages."""
    found = set(chance.sample(range(pages), chance.randint(0, min(4, pages))))
    for _ in range(chance.randint(0, 3)):
        first = chance.randrange(pages)
        found.update(range(first, min(pages, first + chance.randint(1, 8))))
    return sorted(found)


def draw_errors(chance: Random) -> dict[str, Any]:
    """Arguments for survival()."""
    pages = chance.randint(1, 1000)
    cuts = sorted(chance.randint(0, pages) for _ in range(3))
    free, user, mirrored = cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1]
    return dict(pages=pages, free=free, user=user, mirrored=mirrored, errors=chance.randint(0, 12))


SURVIVAL = PlainExercise(
    name="ex01.survival",
    function="survival",
    question="Return the chance that none of the errors hits a page that the machine cannot lose.",
    cases=(
        call("one error", pages=10, free=4, user=3, mirrored=2, errors=1),
        call("three errors", pages=10, free=4, user=3, mirrored=2, errors=3),
        call("no error", pages=10, free=4, user=3, mirrored=2, errors=0),
        call("free pages", pages=8, free=6, user=0, mirrored=0, errors=1),
        call("pages of processes", pages=8, free=0, user=6, mirrored=0, errors=1),
        call("mirrored pages", pages=8, free=0, user=0, mirrored=6, errors=1),
        call("nothing to lose", pages=8, free=4, user=4, mirrored=0, errors=5),
        call("everything to lose", pages=8, free=0, user=0, mirrored=0, errors=2),
    ),
    proven=survival.survival_of_errors,
    draw=draw_errors,
    fits=lambda pages, free, user, mirrored, errors: (
        pages >= 1 and min(free, user, mirrored, errors) >= 0 and free + user + mirrored <= pages
    ),
)


def draw_faults(chance: Random) -> dict[str, Any]:
    """Arguments for survival_of_faults()."""
    size = chance.choice((1, 2, 4, 8, 16))
    pages = size * chance.randint(1, 12)
    return dict(pages=pages, fatal=some_pages(chance, pages), size=size, faults=chance.randint(0, 6))


FAULTS = PlainExercise(
    name="ex01.faults",
    function="survival_of_faults",
    question="Return the chance that none of the faults takes a row with a fatal page in it.",
    cases=(
        call("together", pages=16, fatal=[0, 1, 2, 3], size=4, faults=1),
        call("scattered", pages=16, fatal=[0, 4, 8], size=4, faults=1),
        call("across a border", pages=16, fatal=[3, 4], size=4, faults=1),
        call("two faults", pages=16, fatal=[5], size=4, faults=2),
        call("rows of one page", pages=8, fatal=[1, 2], size=1, faults=2),
        call("nothing fatal", pages=8, fatal=[], size=4, faults=3),
        call("a fatal page in each row", pages=8, fatal=[0, 7], size=4, faults=1),
    ),
    proven=survival.survival_of_faults,
    draw=draw_faults,
    fits=lambda pages, fatal, size, faults: (
        pages >= size >= 1 and faults >= 0 and pages % size == 0 and is_within(pages, fatal)
    ),
)


def draw_mirror(chance: Random) -> dict[str, Any]:
    """Arguments for best_mirror()."""
    pages = chance.randint(1, 64)
    return dict(pages=pages, fatal=some_pages(chance, pages), chips=2 * chance.randint(1, min(16, pages)))


def fatal_pages_outside(arguments: Mapping[str, Any], first: Any) -> int | None:
    """How many fatal pages a mirror from this page on leaves outside; None where no mirror can be."""
    size = arguments["chips"] // 2
    if not isinstance(first, int) or not 0 <= first <= arguments["pages"] - size:
        return None
    return sum(not first <= page < first + size for page in arguments["fatal"])


BEST_MIRROR = PlainExercise(
    name="ex01.best_mirror",
    function="best_mirror",
    question="Return the first page of a mirror that leaves the fewest fatal pages outside.",
    cases=(
        call("one group", pages=16, fatal=[4, 5, 6, 7], chips=8),
        call("half the chips", pages=16, fatal=[2, 5, 10, 11, 12], chips=8),
        call("a run, and more pages near each other", pages=20, fatal=[1, 2, 3, 10, 12, 14, 15], chips=12),
        call("the very end", pages=12, fatal=[0, 10, 11], chips=4),
        call("between multiples", pages=12, fatal=[3, 4], chips=4),
        call("nothing fatal", pages=8, fatal=[], chips=4),
        call("all of it", pages=4, fatal=[1, 3], chips=8),
    ),
    proven=survival.best_mirror,
    draw=draw_mirror,
    fits=lambda pages, fatal, chips: chips % 2 == 0 and 1 <= chips // 2 <= pages and is_within(pages, fatal),
    measure=fatal_pages_outside,
    measured="Fatal pages outside",
)


def starts_at_the_longest_run(pages, fatal, chips):
    best, longest = 0, 0
    for page in fatal:
        run = 0
        while page + run in fatal:
            run += 1
        if run > longest:
            best, longest = page, run
    return min(best, pages - chips // 2)


name_wrongs(__name__)
