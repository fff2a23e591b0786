"""Functions of numbers and lists are judged call by call, with no kernel."""

import itertools
import math

import pytest

from mirrorlab.course import side_by_side
from mirrorlab.course.judge import exercise, rules
from mirrorlab.course.judge.answer import answer_of
from mirrorlab.course.judge.judge import judge
from mirrorlab.course.judge.launch import PlaceLink
from mirrorlab.course.judge.outcome import ERROR, NOT_STARTED, NOT_YET, RIGHT
from mirrorlab.course.judge.plain import PlainTrial, drawn, smaller_calls
from mirrorlab.course.judge.rewrite import STEPS_A_CALL

SETS = ["ex01.survival", "ex01.faults", "ex01.best_mirror"]


def survival(function, **more):
    return judge(exercise.find("ex01.survival"), function, **more)


# --- answers a learner might give ---


def by_multiplying(pages, free, user, mirrored, errors):
    chance = 1
    for _ in range(errors):
        chance *= (free + user + mirrored) / pages
    return chance


def by_logarithm(pages, free, user, mirrored, errors):
    safe = free + user + mirrored
    if safe == 0:
        return 0 if errors else 1
    return math.exp(errors * math.log(safe / pages))


def stub(pages, free, user, mirrored, errors):
    raise NotImplementedError


def returns_nothing(pages, free, user, mirrored, errors):
    (1 - (pages - free - user - mirrored) / pages) ** errors


def in_percent(pages, free, user, mirrored, errors):
    return 100 * ((free + user + mirrored) / pages) ** errors


def divides_by_zero(pages, free, user, mirrored, errors):
    return 1 / (errors - errors)


def leans_on_the_file(pages, free, user, mirrored, errors):
    return itertools.count()


def never_ends(pages, free, user, mirrored, errors):
    while errors >= 0:
        errors += 1


def not_a_number(pages, free, user, mirrored, errors):
    return math.nan


def beyond_floats(pages, free, user, mirrored, errors):
    return 10**400


def a_text(pages, free, user, mirrored, errors):
    return str(((free + user + mirrored) / pages) ** errors)


def almost(pages, free, user, mirrored, errors):
    return ((free + user + mirrored) / pages) ** errors + 1e-8


def prints_and_forgets_the_mirror(pages, free, user, mirrored, errors):
    print("free", free)
    return ((free + user) / pages) ** errors


def highest_of_the_best(pages, fatal, chips):
    size = chips // 2
    starts = range(pages - size, -1, -1)
    return max(starts, key=lambda first: sum(first <= page < first + size for page in fatal))


def empties_its_list(pages, fatal, chips):
    fatal.clear()
    return 0


def beyond_the_end(pages, fatal, chips):
    return pages


def vandal(pages, free, user, mirrored, errors):
    from mirrorlab.questions import survival

    survival.survival_of_errors = lambda *_: 0.5
    return 0.5


# --- the four outcomes ---


@pytest.mark.parametrize("function", [by_multiplying, by_logarithm])
def test_there_is_more_than_one_right_way(function):
    found = survival(function)
    assert found.word == RIGHT
    assert found.says[0].startswith("gives the right answer in 158 of 158 cases; your function ran 158 times")
    assert (found.operations, found.calls, found.credit) == (158, 158, 1)


def test_branches_are_counted_and_those_not_taken_named():
    found = survival(by_logarithm)  # no case has neither errors nor safe pages
    assert "and took 3 of 4 branches" in found.says[0] and found.says[1].endswith("was never false")

    def with_a_dead_branch(pages, free, user, mirrored, errors):
        if pages < 0:
            return 0
        return ((free + user + mirrored) / pages) ** errors

    found = survival(with_a_dead_branch)
    assert "took 1 of 2 branches" in found.says[0] and found.says[1].endswith("was never true")


def test_a_stub_is_not_started():
    found = survival(stub)
    assert found.word == NOT_STARTED
    assert found.says[0] == "Return the chance that none of the errors hits a page that the machine cannot lose."


def test_not_yet_names_the_misconception_and_a_small_case():
    found = survival(prints_and_forgets_the_mirror)
    assert (found.word, found.wrong) == (NOT_YET, "mirror forgotten")
    assert found.says == [
        "A mirrored page has a second copy, so an error there is corrected. Count these pages as safe.",
        "",
        "A small case that shows it:",
        "    survival(pages=1, free=0, user=0, mirrored=1, errors=1)",
        "    Right is 1, yours is 0",
        "",
        "Your function printed:",
        "    free 0",
    ]


def test_only_what_is_printed_in_the_small_case_is_shown():
    def wrong_above_5(pages, free, user, mirrored, errors):
        print(pages, free, user, mirrored, errors)
        return ((free + user + mirrored * (pages <= 5)) / pages) ** errors

    says = survival(wrong_above_5).says
    assert says[3] == "    survival(pages=6, free=0, user=0, mirrored=1, errors=1)"
    assert says[-1] == "    6 0 0 1 1"


def test_an_unknown_mistake_is_told_by_its_call():
    found = survival(in_percent)
    assert (found.word, found.wrong) == (NOT_YET, None)
    assert found.says[-1] == "    Right is 1, yours is 100"


def test_returning_nothing_is_said_in_so_many_words():
    assert survival(returns_nothing).says[-1].endswith("yours is nothing: does each path end in a `return`?")


@pytest.mark.parametrize("function", [not_a_number, beyond_floats, a_text, almost])
def test_what_is_not_the_number_is_not_right(function):
    found = survival(function)
    assert found.word == NOT_YET
    assert len(found.says[-1]) < 120


def test_answers_that_look_alike_are_shown_to_the_last_place():
    assert survival(almost).says[-1] == "    Right is 1.0, yours is 1.00000001"


def test_an_error_shows_the_learners_line_and_the_call():
    found = survival(divides_by_zero)
    assert found.word == ERROR
    assert found.says[0].endswith("return 1 / (errors - errors)")
    assert found.says[-1] == "It happened in survival(pages=10, free=4, user=3, mirrored=2, errors=1)"
    assert "mirrorlab" not in repr(found)


def test_names_of_the_notebook_are_not_there():
    assert "The check runs your function alone" in survival(leans_on_the_file).says[2]


def test_an_endless_loop_is_stopped():
    found = survival(never_ends)
    assert (found.word, found.says[0]) == (
        ERROR,
        f"never_ends did not come to an end: it was stopped after {STEPS_A_CALL:,} steps.",
    )


def test_no_player_is_offered_where_there_is_no_machine():
    assert side_by_side(survival(in_percent)) is None


def test_no_altered_rule_applies():
    for function in (by_multiplying, in_percent):
        found = survival(function, rule=rules.find("max_order=8"))
        assert found.right == (function is by_multiplying)
        assert found.says[-1] == "No altered rule applies: no kernel is involved."


# --- several right answers ---


def test_any_of_the_best_places_is_right():
    assert judge(exercise.find("ex01.best_mirror"), highest_of_the_best).word == RIGHT


def test_what_the_answers_come_to_is_said():
    found = judge(exercise.find("ex01.best_mirror"), exercise.find("ex01.best_mirror").wrongs[0].function)
    assert found.says[-1] == "    Fatal pages outside: 0 with the right answer, 1 with yours"
    nowhere = judge(exercise.find("ex01.best_mirror"), beyond_the_end)
    assert nowhere.says[-1].endswith("0 with the right answer, but no mirror can begin at what you returned")


def test_a_function_that_spoils_its_list_spoils_it_for_itself_alone():
    found = judge(exercise.find("ex01.best_mirror"), empties_its_list)
    assert found.word == NOT_YET
    assert "fatal=[]" not in " ".join(found.says)


# --- cases ---


@pytest.mark.parametrize("name", SETS)
def test_cases_make_sense_and_are_the_same_for_the_same_seeds(name):
    chosen = exercise.find(name)
    cases = drawn(chosen, range(20))
    assert cases == drawn(chosen, range(20)) != drawn(chosen, range(1, 21))
    code = chosen.proven.__code__
    assert all(chosen.fits(**case.arguments) for case in cases)
    assert all(tuple(case.arguments) == code.co_varnames[: code.co_argcount] for case in cases)


@pytest.mark.parametrize("name", SETS)
def test_a_counterexample_cannot_be_made_smaller(name):
    chosen = exercise.find(name)
    for wrong in chosen.wrongs:
        trial = PlainTrial(chosen, answer_of(wrong.function), PlaceLink())
        case, failure = next((case, found) for case in drawn(chosen, range(3)) if (found := trial.trial(case)))
        small, found = trial.shortest(case, failure)
        assert found.arguments == small.arguments and trial.trial(small)
        assert sum(map(size_of, small.arguments.values())) <= sum(map(size_of, case.arguments.values()))
        assert not any(trial.trial(smaller) for smaller in smaller_calls(chosen, small))


def size_of(value):
    return sum(value) + len(value) if isinstance(value, list) else value


def test_the_proven_answer_stays_what_it_is_whatever_the_function_does():
    from mirrorlab.questions import survival as formulas

    original = formulas.survival_of_errors
    try:
        assert "write it yourself" in survival(vandal).says[0].lower()
        assert survival(by_multiplying).word == RIGHT
    finally:
        formulas.survival_of_errors = original


@pytest.mark.parametrize("name", SETS)
def test_no_smaller_call_holds_a_number_that_cannot_be(name):
    chosen = exercise.find(name)
    for case in drawn(chosen, range(4)):
        for smaller in smaller_calls(chosen, case):
            values = smaller.arguments.values()
            assert min(min(each, default=0) if isinstance(each, list) else each for each in values) >= 0, smaller
