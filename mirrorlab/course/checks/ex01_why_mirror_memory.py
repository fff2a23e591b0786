# mypy: disable-error-code="no-untyped-def"
"""Exercise set 01: the chance to survive errors and faults, and where to put the mirror. No kernel is needed."""

from collections.abc import Mapping
from random import Random
from typing import Any

from mirrorlab.course.checks.changed import wrong
from mirrorlab.course.judge.cases import call
from mirrorlab.course.judge.exercise import PlainExercise
from mirrorlab.questions import survival


def is_within(pages: int, fatal: list[int]) -> bool:
    """Whether these are page numbers of a memory, each once and in order."""
    return fatal == sorted(set(fatal)) and all(0 <= page < pages for page in fatal)


def some_pages(chance: Random, pages: int) -> list[int]:
    """Page numbers by chance: a few runs of neighbours, and a few single pages."""
    found = set(chance.sample(range(pages), chance.randint(0, min(4, pages))))
    for _ in range(chance.randint(0, 3)):
        first = chance.randrange(pages)
        found.update(range(first, min(pages, first + chance.randint(1, 8))))
    return sorted(found)


# -- Errors in single pages -----------------------------------------------------------------------------------------


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
    fits=lambda pages, free, user, mirrored, errors: pages >= 1 and free + user + mirrored <= pages,
)

CHANCE = "((free + user + mirrored) / pages) ** errors"  # what the model says

SURVIVAL_WRONG = {
    "sum": (
        "three errors",
        "The chances are not added up: each of the {errors} errors has to miss, so the chances to miss are multiplied."
        " (A sum can even fall below 0.)",
        (CHANCE, "1 - errors * (pages - free - user - mirrored) / pages"),
    ),
    "free pages are fatal": (
        "free pages",
        "A free page holds nothing that anybody needs: an error there stops no machine. Which pages are left?",
        (CHANCE, "((user + mirrored) / pages) ** errors"),
    ),
    "user pages are fatal": (
        "pages of processes",
        "An error in a user page costs its process. The machine goes on, so these pages are not fatal.",
        (CHANCE, "((free + mirrored) / pages) ** errors"),
    ),
    "mirror forgotten": (
        "mirrored pages",
        "A mirrored page has a second copy, so an error there is corrected. Count these pages as safe.",
        (CHANCE, "((free + user) / pages) ** errors"),
    ),
    "chance to stop": (
        "three errors",
        "That is the chance that the machine stops. Asked for is the chance that it goes on.",
        (CHANCE, "1 - ((free + user + mirrored) / pages) ** errors"),
    ),
    "lines": (
        "one error",
        "An error breaks one line, but costs its whole page. Count pages above and below the division, or lines in"
        " both: the 64 lines of a page cancel.",
        (CHANCE, "(1 - (pages - free - user - mirrored) / (pages * 64)) ** errors"),
    ),
    "one error only": (
        "three errors",
        "That is the chance to survive one error, however many there are: here {errors}.",
        (CHANCE, "(free + user + mirrored) / pages"),
    ),
    "expected number": (
        "three errors",
        "That is the lesson's formula, for an *expected* number of errors. Here exactly {errors} come: multiply"
        " {errors} chances to miss.",
        (CHANCE, "math.exp(-errors * (pages - free - user - mirrored) / pages)"),
    ),
    "each page once": (
        "three errors",
        "You let no page be hit twice. It may be: each of the {errors} errors picks from all {pages} pages.",
        (CHANCE, "math.prod(max(0, free + user + mirrored - n) / (pages - n) for n in range(min(errors, pages)))"),
    ),
}
wrong(SURVIVAL, SURVIVAL_WRONG)


# -- Hard faults ----------------------------------------------------------------------------------------------------


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
    fits=lambda pages, fatal, size, faults: pages >= size >= 1 and pages % size == 0 and is_within(pages, fatal),
)

CHANCE_OF_ROWS = "(1 - len(fatal_rows) / rows) ** faults"  # what the model says

FAULTS_WRONG = {
    "independent pages": (
        "together",
        "One fault takes {size} neighbouring pages at once. It is one event, not {size} errors that fall anywhere.",
        (CHANCE_OF_ROWS, "(1 - len(fatal) / pages) ** (size * faults)"),
    ),
    "one page a fault": (
        "scattered",
        "A fault takes its whole row of {size} pages. The row is lost to the machine if any page in it is fatal.",
        (CHANCE_OF_ROWS, "(1 - len(fatal) / pages) ** faults"),
    ),
    "rows counted twice": (
        "together",
        "Two fatal pages may lie in the same row. One fault takes both, so count each row once.",
        ("len(fatal_rows)", "len(fatal)"),
    ),
    "packed": (
        "scattered",
        "You count as many rows as the fatal pages would fill if they lay together. Look at where they do lie.",
        ("len(fatal_rows)", "-(-len(fatal) // size)"),
    ),
    "any start": (
        "together",
        "A row begins at a multiple of {size}: at 0, {size}, twice {size} ... A fault cannot begin in the middle.",
        ("rows = pages // size", "rows = pages - size + 1"),
        (
            "{page // size for page in fatal}",
            "[row for row in range(rows) if any(row <= page < row + size for page in fatal)]",
        ),
    ),
    "sum": (
        "two faults",
        "The chances are not added up: each of the {faults} faults has to miss, so the chances to miss are multiplied.",
        (CHANCE_OF_ROWS, "1 - faults * len(fatal_rows) / rows"),
    ),
    "all fatal": (
        "two faults",
        "That is the chance that each fault hits a fatal row. To survive, each must miss them all.",
        ("1 - len(fatal_rows) / rows", "len(fatal_rows) / rows"),
    ),
}
wrong(FAULTS, FAULTS_WRONG)


# -- Where to put the mirror ----------------------------------------------------------------------------------------


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


BEST_MIRROR_WRONG = {
    "all the chips": (
        "half the chips",
        "{chips} pages of chips keep everything twice, so they mirror half as many pages.",
        ("chips // 2", "chips"),
        ("range(pages - size + 1)", "range(max(1, pages - size + 1))"),
    ),
    "longest run": (
        "a run, and more pages near each other",
        "You start at the longest run of fatal pages. Another place may hold more of them, with gaps between.",
        starts_at_the_longest_run,
    ),
    "first fatal page": (
        "the very end",
        "The first fatal page need not be the best place, and from there on there may be no room for the mirror."
        " Compare all places, by how many fatal pages each covers.",
        ("return max(", "return fatal[0] if fatal else max("),
    ),
    "end forgotten": (
        "the very end",
        "The mirror may also end with the last page. `range` leaves out its end: which start did you never try?",
        ("pages - size + 1", "max(1, pages - size)"),
    ),
    "multiples only": (
        "between multiples",
        "The mirror may begin at any page here, not only at multiples of its size.",
        ("pages - size + 1", "0, pages - size + 1, size"),
    ),
    "one page too many": (
        "half the chips",
        "A mirror of 4 pages that begins at page 10 holds pages 10 to 13. You count page 14 as well.",
        ("page < first + size", "page <= first + size"),
    ),
}
wrong(BEST_MIRROR, BEST_MIRROR_WRONG)
