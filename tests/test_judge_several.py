"""What later exercises need of the judge: several functions in one answer; a function that reads a machine."""

from textwrap import dedent

import course_answers as answers
import pytest

from mirrorlab.course.judge import rules
from mirrorlab.course.judge.answer import Answer, Source
from mirrorlab.course.judge.cases import case
from mirrorlab.course.judge.exercise import Exercise, MachineExercise
from mirrorlab.course.judge.judge import judge
from mirrorlab.course.judge.launch import PlaceLink
from mirrorlab.course.judge.outcome import ERROR, NOT_YET, RIGHT

CASES = (case("merge", "a0M b0M -a -b"), case("split", "a0M b3U -b"))
BOTH = Exercise(
    "test.both", function="__free_one_page", also=("expand",), question="Split and merge.", cases=CASES,
    recordings=("split-merge-one-0",),
)  # fmt: skip

RIGHT_EXPAND = """
def expand(zone, pfn, low, high, migratetype):
    while high > low:
        high -= 1
        put(zone, pfn + (1 << high), high, migratetype)
"""
HELPER = """
def put(zone, pfn, order, migratetype):
    list_add(pfn, zone.free_area[order].free_list[migratetype])
    set_page_order(zone, pfn, order, migratetype)
    zone.free_area[order].nr_free += 1
"""


def free_one_page():
    import inspect

    return inspect.getsource(answers.free_one_page).replace("def free_one_page", "def __free_one_page")


def answer(*texts):
    """An answer of several functions from their texts."""
    texts = [dedent(text).strip() + "\n" for text in texts]
    return Answer(tuple(Source(text[4 : text.index("(")], text, f"cell {n}", 1) for n, text in enumerate(texts)))


def test_two_functions_of_the_kernel_and_a_helper_are_one_answer():
    found = judge(BOTH, answer(free_one_page(), RIGHT_EXPAND, HELPER))
    assert (found.word, found.wrong) == (RIGHT, None), found


def test_a_fault_names_the_function_it_is_in():
    wrong = RIGHT_EXPAND.replace("pfn + (1 << high)", "pfn")
    found = judge(BOTH, answer(free_one_page(), wrong, HELPER))
    assert found.word == NOT_YET
    assert found.failure.function == "expand"
    assert found.says[0].startswith("Call 1: expand(")


def test_a_missing_function_is_asked_for():
    found = judge(BOTH, answer(free_one_page(), HELPER))
    assert (found.word, found.says) == (
        ERROR,
        ["expand is missing: below all functions, call check(...)(__free_one_page, expand)."],
    )


def pages_free(machine):
    return sum(len(area.free_list[2]) << order for order, area in enumerate(machine.zones[0].free_area))


READS = MachineExercise(
    name="test.reads", function="pages_free", question="Count the free Movable pages.", cases=CASES, proven=pages_free
)


@pytest.mark.parametrize("link", [None, "in place"])
@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("len(area.free_list[2]) << order", RIGHT),
        ("len(area.free_list[2])", NOT_YET),
        ("area.no_such_field", ERROR),
    ],
)
def test_a_function_may_read_a_whole_machine(body, word, link):
    text = f"""
    def pages_free(machine):
        return sum({body} for order, area in enumerate(machine.zones[0].free_area))
    """
    found = judge(READS, answer(text), rules.LINUX, (), PlaceLink() if link else None)
    assert found.word == word, found
