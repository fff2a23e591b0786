"""A function is judged call by call, then by recordings of the real kernel."""

import builtins
from dataclasses import fields, replace

import course_answers as answers
import pytest

from mirrorlab import linux
from mirrorlab.course import side_by_side, toy
from mirrorlab.course.judge import exercise, rules
from mirrorlab.course.judge.answer import Answer, Source, answer_of
from mirrorlab.course.judge.cases import case, seeded
from mirrorlab.course.judge.judge import Trial, judge
from mirrorlab.course.judge.launch import PlaceLink
from mirrorlab.course.judge.layers import BLOCKS, CONSERVED, NOTHING
from mirrorlab.course.judge.log import TRUTH
from mirrorlab.course.judge.model import Model
from mirrorlab.course.judge.outcome import ERROR, NOT_STARTED, NOT_YET, RIGHT
from mirrorlab.course.judge.rewrite import STEPS_A_CALL


def judged(name, function, **more):
    return judge(exercise.find(name), function, seeds=(), **more)


def wrong(name, mistake):
    """A named wrong answer's function."""
    return next(each.function for each in exercise.find(name).wrongs if each.name == mistake)


def buddy(function, **more):
    return judged("ex03.find_buddy", function, **more)


def written(text):
    """An answer from its text alone."""
    name = text.split("def ")[1].split("(")[0]
    return Answer((Source(name, text, "a cell", 1),))


def trial(name, function):
    """A function ready to be tried, in this process."""
    return Trial(exercise.find(name), answer_of(function), rules.LINUX, PlaceLink()).begin()


# --- the four outcomes ---


def test_a_stub_is_not_started():
    found = buddy(answers.stub)
    assert found.word == NOT_STARTED
    assert found.says[0] == "The buddy of a block differs from it in exactly one bit."


def test_a_right_answer_names_what_it_was_judged_by():
    found = judged("ex03.free_one_page", answers.free_one_page)
    assert found.word == RIGHT
    assert found.says == ["agrees with Linux on 3,933 operations; your function ran 806 times and took 8 of 8 branches"]
    assert found.credit == 1


def test_an_error_shows_the_learners_line_and_none_of_ours():
    found = buddy(answers.divides_by_zero)
    assert found.word == ERROR
    assert found.says[0].endswith("return page_idx // half")
    assert found.says[1] == "ZeroDivisionError: integer division or modulo by zero"
    assert found.says[2] == "It happened in call 1: __find_buddy_index(page_idx=0, order=0)"
    assert "mirrorlab" not in repr(found)


def test_an_exception_of_the_kernel_is_shown_at_the_learners_line():
    def deletes_another(zone, pfn, order, migratetype):
        list_del(7, zone.free_area[order].free_list[migratetype])  # noqa: F821

    found = judged("ex03.free_one_page", deletes_another)
    assert found.word == ERROR
    assert "list_del(7" in found.says[0]
    assert found.says[1:3] == [
        "list_del: page 7 is not on the Movable list of order 0. It is on no list: which block is to be taken off?",
        "It happened in call 1: __free_one_page(zone=Normal, pfn=0, order=0, migratetype=Movable)",
    ]


def test_an_error_shows_what_the_call_found():
    def spoils_a_list_and_fails(zone, pfn, order, migratetype):
        zone.free_area[0].free_list[migratetype].clear()
        return zone.free_area[99]

    found = judged("ex03.free_one_page", spoils_a_list_and_fails)
    assert found.word == ERROR
    assert found.says[-1].startswith("Before the call, free blocks as (page, order, type): [(2, 1, Movable), (4, 2,")


@pytest.mark.parametrize(("put", "seen"), [(None, "None"), ("7", "'7'"), (32.0, "32.0")])
def test_what_is_no_page_on_a_list_is_blamed_on_the_call_that_put_it_there(put, seen):
    puts = "def expand(zone, pfn, low, high, migratetype):\n    list_add(%r, zone.free_area[5].free_list[migratetype])"
    found = judged("ex02.expand", written(puts % (put,)))
    assert (found.word, found.says[:2]) == (
        ERROR,
        [
            f"You put {seen} on the list of order 5: a list holds whole page numbers.",
            "It happened in call 1: expand(zone=Normal, pfn=0, low=0, high=6, migratetype=Movable)",
        ],
    )


def test_a_memory_that_cannot_be_read_is_blamed_on_the_call_that_left_it():
    def spoils(zone, pfn, low, high, migratetype):
        zone.g.pageblock_flags = None

    found = judged("ex02.expand", spoils)
    assert found.word == ERROR
    assert found.says[0].startswith(
        "Your function left the machine damaged: change its lists with list_add, list_add_tail, list_del "
        "or list_pop only (TypeError: "
    )
    assert found.says[1].startswith("It happened in call 1: expand(")


def test_an_error_in_a_recording_names_the_case_and_the_call():
    def fails_above_4_gib(page_idx, order):
        print("page", page_idx)
        return page_idx ^ (1 << order) if page_idx < 0x100000 else page_idx // 0

    found = buddy(fails_above_4_gib)
    where = "It happened in the recorded case split-merge-one-0, call 1: __find_buddy_index(page_idx=0x10"
    assert found.word == ERROR and found.says[2].startswith(where)
    assert found.says[-2] == "Your function printed:"


def test_a_block_that_was_taken_off_before_it_is_stolen_from_is_an_error_in_words():
    def removes_first(zone, order, start_migratetype):
        area = zone.free_area[10]
        pfn = list_first_entry(area.free_list[2])  # noqa: F821
        list_del(pfn, area.free_list[rmv_page_order(zone, pfn, 10)])  # noqa: F821
        steal_suitable_fallback(zone, pfn, start_migratetype)  # noqa: F821

    found = judged("ex04.rmqueue_fallback", removes_first)
    assert found.says[1] == "KernelBug: steal_suitable_fallback: no free block starts at page 0"


def test_not_yet_names_the_misconception_the_call_and_a_short_program():
    found = buddy(exercise.find("ex03.find_buddy").wrongs[0].function)
    assert (found.word, found.wrong) == (NOT_YET, "plus")
    assert found.says[0].startswith("Block 1 is the right half of its pair")
    assert found.says[2:] == ["Call 1: __find_buddy_index(page_idx=1, order=0)", "    Linux returns 0, yours 2."]
    assert found.case.code() == [
        "machine = toy(64)",
        'a = machine.alloc_pages(0, "GFP_HIGHUSER_MOVABLE")',
        'b = machine.alloc_pages(0, "GFP_HIGHUSER_MOVABLE")',
        "machine.free_pages(b)",
    ]


def test_the_short_program_runs_as_it_is_shown():
    found = buddy(exercise.find("ex03.find_buddy").wrongs[0].function)
    names = {"toy": toy}
    exec("\n".join(found.case.code()), names)
    assert names["machine"].free_blocks()[0] == (1, 0, 2)


def test_returning_nothing_is_said_in_so_many_words():
    assert "does each path end in a `return`?" in " ".join(buddy(answers.returns_nothing).says)


def page_is_text(page_idx, order):
    return str(page_idx ^ (1 << order))


def page_is_a_fraction(page_idx, order):
    return (page_idx ^ (1 << order)) / 1


@pytest.mark.parametrize(
    ("function", "note"),
    [
        (page_is_text, "Linux returns 1, yours the text '1'."),
        (page_is_a_fraction, "Linux returns 1, yours 1.0: return a whole number: divide with `//`."),
    ],
)
def test_a_page_that_is_no_whole_number_is_told_from_one_that_is(function, note):
    found = buddy(function)
    assert (found.word, found.says[1].strip()) == (NOT_YET, note)


def test_where_a_type_is_wanted_results_are_shown_with_its_name_and_an_area_with_its_order():
    def the_block(area, migratetype):
        for kind in fallbacks[migratetype]:  # noqa: F821
            if area.free_list[kind]:
                return 0
        return -1

    found = judged("ex04.find_fallback", the_block)
    told = "\n".join(found.says)
    assert "find_suitable_fallback(area=zone.free_area[10], migratetype=Unmovable)" in told
    assert "Linux returns 2 (Movable), yours 0 (Unmovable)." in told


def test_a_mistake_gets_a_name_only_if_most_cases_show_it():
    def as_named_in_the_first_case_only(page_idx, order):
        return page_idx + (1 << order) if order == 0 else page_idx * 3 + 1

    assert wrong("ex03.find_buddy", "plus") and buddy(as_named_in_the_first_case_only).wrong is None


def test_a_mistake_gets_no_name_whose_own_case_the_function_passes():
    def another_never_the_tail(zone, pfn, order, migratetype):
        vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)  # noqa: F821
        while order < MAX_ORDER - 1 and page_is_buddy(zone, pfn ^ (1 << order), order):  # noqa: F821
            area = zone.free_area[order]
            list_del(pfn ^ (1 << order), area.free_list[rmv_page_order(zone, pfn ^ (1 << order), order)])  # noqa: F821
            area.nr_free -= 1
            pfn &= ~(1 << order)
            order += 1
        area = zone.free_area[order]
        list_add(pfn, area.free_list[migratetype])  # noqa: F821
        set_page_order(zone, pfn, order, migratetype)  # noqa: F821
        area.nr_free += 1

    assert judged("ex03.free_one_page", another_never_the_tail).wrong == "never the tail"


def test_a_mistake_in_the_books_gets_no_name_of_another_one():
    def forgets_nr_free(zone, order, start_migratetype):
        for current_order in range(MAX_ORDER - 1, order - 1, -1):  # noqa: F821
            area = zone.free_area[current_order]
            fallback_mt = find_suitable_fallback(area, start_migratetype)  # noqa: F821
            if fallback_mt == -1:
                continue
            pfn = list_first_entry(area.free_list[fallback_mt])  # noqa: F821
            if can_steal_fallback(zone.g, current_order, start_migratetype):  # noqa: F821
                steal_suitable_fallback(zone, pfn, start_migratetype)  # noqa: F821
            list_del(pfn, area.free_list[rmv_page_order(zone, pfn, current_order)])  # noqa: F821
            expand(zone, pfn, order, current_order, start_migratetype)  # noqa: F821
            zone.freepage_migratetype[pfn] = start_migratetype
            return pfn
        return None

    found = judged("ex04.rmqueue_fallback", forgets_nr_free)
    assert (found.word, found.wrong) == (NOT_YET, None)
    assert "nr_free of order 10 is 0 in Linux, 1 in yours." in found.says[1]


def test_an_error_after_the_first_failure_is_told_too():
    def merges_beyond_the_largest_order(zone, pfn, order, migratetype):
        vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)  # noqa: F821
        while page_is_buddy(zone, pfn ^ (1 << order), order):  # noqa: F821
            area = zone.free_area[order]
            list_del(pfn ^ (1 << order), area.free_list[rmv_page_order(zone, pfn ^ (1 << order), order)])  # noqa: F821
            area.nr_free -= 1
            pfn &= ~(1 << order)
            order += 1
        area = zone.free_area[order]
        list_add(pfn, area.free_list[migratetype])  # noqa: F821
        set_page_order(zone, pfn, order, migratetype)  # noqa: F821
        area.nr_free += 1

    found = judge(exercise.find("ex03.free_one_page"), merges_beyond_the_largest_order, seeds=[5])  # 4,096 pages
    assert (found.word, found.wrong, found.layer) == (NOT_YET, "never the tail", NOTHING)
    at = found.says.index("And in another case it ends in an error:")
    assert "IndexError: list index out of range" in found.says[at + 2]


def test_an_unknown_mistake_is_told_by_its_call():
    found = judged("ex02.expand", answers.forgets_nr_free)
    assert found.word == NOT_YET and found.wrong is None
    assert "nr_free of order 0 is 1 in Linux, 0 in yours." in " ".join(found.says)


def test_only_what_the_function_prints_in_the_call_that_is_shown_is_shown():
    def prints_and_fails_later(page_idx, order):
        print("page", hex(page_idx))
        return page_idx ^ (1 << order) if page_idx < 0x100000 else 0

    for function in (prints_and_fails_later, answers.prints):
        says = buddy(function).says
        assert len(says[says.index("Your function printed:") :]) == 2
    says = buddy(prints_and_fails_later).says
    assert says[-1].strip().removeprefix("page ") in says[1]


def test_what_the_function_prints_in_the_shortest_case_is_shown(capsys):
    says = buddy(answers.prints).says
    assert says[-2:] == ["Your function printed:", "    looking at 1"]
    assert capsys.readouterr().out == ""


# --- what stops a function ---


@pytest.mark.parametrize(
    "function",
    [
        answers.never_ends,
        answers.never_ends_and_catches,
        answers.endless_comprehension,
        answers.calls_itself_and_catches,
        answers.lambda_that_is_called_without_end,
    ],
)
def test_an_endless_loop_is_stopped(function):
    found = buddy(function)
    assert found.word == ERROR
    assert found.says[0] == f"{function.__name__} did not come to an end: it was stopped after {STEPS_A_CALL:,} steps."


def test_a_loop_around_a_call_of_the_same_function_is_stopped_by_the_steps_of_one_call():
    def loops(zone, order, migratetype):
        if order < MAX_ORDER - 1:  # noqa: F821
            while True:
                __rmqueue_smallest(zone, MAX_ORDER - 1, migratetype)  # noqa: F821
        return None

    assert "after 100,000 steps" in judged("ex02.rmqueue_smallest", loops).says[0]


def test_many_slow_calls_are_told_from_an_endless_loop(monkeypatch):
    monkeypatch.setattr("mirrorlab.course.judge.rewrite.STEPS_A_CHECK", 200_000)
    monkeypatch.setattr("mirrorlab.course.judge.telling.STEPS_A_CHECK", 200_000)
    found = buddy(answers.slow_but_finite, link=PlaceLink())
    assert (found.word, found.says[0]) == (
        ERROR,
        "slow_but_finite took too long: all its calls together made 200,000 steps, and were stopped.",
    )
    assert "never ends" not in repr(found)


@pytest.mark.parametrize("problem", ["BaseException('no')", "GeneratorExit()", "KeyboardInterrupt"])
def test_whatever_a_function_raises_is_an_outcome(problem):
    found = buddy(written(f"def f(page_idx, order):\n    raise {problem}"))
    assert (found.word, found.says[1].startswith(problem.split("(")[0])) == (ERROR, True)


def test_an_endless_recursion_is_stopped():
    found = buddy(answers.calls_itself)
    assert (found.word, found.says[0]) == (ERROR, "calls_itself calls itself without end. When should it stop?")


def test_leaving_python_is_an_error_and_no_way_out():
    assert buddy(answers.exits).says[1] == "SystemExit"


def test_a_wrong_number_of_arguments_is_an_error():
    assert "takes 1 positional argument but 2 were given" in buddy(answers.too_few_arguments).says[0]


def test_names_of_the_notebook_are_not_there():
    for function in (answers.leans_on_the_file, answers.endless_for):
        found = buddy(function)
        assert found.word == ERROR
        assert "The check runs your function alone" in found.says[2]


@pytest.mark.parametrize("thing", [print, 7, Source, lambda page_idx, order: page_idx ^ (1 << order)])
def test_what_is_no_function_of_its_own_is_refused(thing):
    assert buddy(thing).word == ERROR
    assert "`def`" in buddy(thing).says[0]


def test_a_function_that_leans_on_code_around_it_is_refused():
    assert buddy(answers.around(1)).says == [
        "the function uses one from the code around it: define that inside the function."
    ]


def test_a_function_without_source_is_refused():
    names = {}
    exec("def f(page_idx, order): return 1", names)
    assert "its source cannot be read" in buddy(names["f"]).says[0]


@pytest.mark.parametrize("function", [answers.keyword_only, answers.with_annotations])
def test_defaults_and_annotations_are_kept_or_left_alone(function):
    assert buddy(function).word == RIGHT


# --- lock-step ---


def test_the_faulty_call_is_named_and_not_a_later_one():
    tried = trial("ex03.find_buddy", answers.wrong_from_the_third_call_on)
    several = case("several calls", "a0M b0M c0M -c -b -a")
    for _ in range(2):  # each case begins with the function as it was written
        assert tried.differs(several, tried.ask(several)) == 3


def test_a_fault_that_only_a_recording_shows_is_traced_to_its_call():
    found = buddy(answers.wrong_above_4_gib)
    assert (found.word, found.recording) == (NOT_YET, "split-merge-one-0")
    assert found.says[0] == "Recorded case split-merge-one-0:"
    assert found.says[1].startswith("Call 1: __find_buddy_index(page_idx=0x10")


@pytest.mark.parametrize(
    ("name", "function", "layer"),
    [
        ("ex03.free_one_page", answers.loses_the_block, NOTHING),
        ("ex03.free_one_page", answers.never_merges, CONSERVED),
        ("ex02.expand", answers.forgets_nr_free, CONSERVED),
        ("ex03.free_one_page", wrong("ex03.free_one_page", "never the tail"), BLOCKS),
        ("ex03.find_buddy", answers.prints, None),
    ],
)
def test_credit_comes_in_layers(name, function, layer):
    found = judged(name, function)
    assert found.layer == layer
    assert found.credit == (layer or 0) / 3


def test_what_lies_behind_a_layer_that_fails_is_not_judged():
    lines = judged("ex02.expand", answers.forgets_nr_free).lines()
    layers = lines[lines.index("How far it got:") + 1 :][:3]
    assert layers == [
        "    holds:          free pages: none lost, none free twice, all counted",
        "    does not hold:  free blocks, and what is noted about them: as in Linux",
        "    not looked at:  the order of blocks in each list: as in Linux",
    ]


def test_a_counterexample_cannot_be_made_shorter():
    chosen = exercise.find("ex03.free_one_page")
    wrong = chosen.wrongs[2].function  # never the tail: needs several blocks to show
    found = judged(chosen.name, wrong)
    tried = trial(chosen.name, wrong)

    def fails(case):
        return tried.differs(case, tried.ask(case))

    ops = found.case.ops
    assert fails(found.case)
    assert not any(fails(found.case.only(ops[:n] + ops[n + 1 :])) for n in range(len(ops)))


def test_a_failing_seed_is_made_short():
    tried = trial("ex03.find_buddy", answers.prints)
    long = seeded(5)
    short, number = tried.shortest(long, tried.differs(long, tried.ask(long)))
    assert len(short.ops) <= 4 < len(long.ops)
    assert tried.differs(short, tried.ask(short)) == number


def test_both_sides_can_be_shown_as_machines():
    found = judged("ex03.free_one_page", answers.never_merges)
    sides = side_by_side(found)
    assert [block for block in sides.linux.free_blocks()] == [(0, 6, 2)]
    assert sides.yours.free_blocks()[:2] == [(0, 0, 2), (1, 0, 2)] or sides.yours.free_blocks()[0][1] == 0
    assert sides.before.free_blocks() == [(1, 0, 2), (2, 1, 2), (4, 2, 2), (8, 3, 2), (16, 4, 2), (32, 5, 2)]
    assert sides.code == found.case.code()
    assert side_by_side(judged("ex03.free_one_page", answers.free_one_page)) is None


def test_a_toy_may_begin_at_another_page_than_0():
    machine = toy(100, first=2048)
    assert machine.free_blocks() == [(2144, 2, 2), (2112, 5, 2), (2048, 6, 2)]
    pfn = machine.alloc_pages(0, "GFP_HIGHUSER_MOVABLE")
    assert pfn == 2144
    machine.free_pages(pfn)
    assert machine.free_blocks() == [(2144, 2, 2), (2112, 5, 2), (2048, 6, 2)]
    with pytest.raises(ValueError, match="a multiple of 1,024 pages, not at 512"):
        toy(first=512)


def test_the_proven_model_stays_as_it_is_whatever_the_function_does():
    original = linux.page_alloc.__dict__["__find_buddy_index"]
    names = set(vars(builtins))
    try:
        assert "write it yourself" in buddy(answers.vandal).says[0].lower()
        assert buddy(answers.find_buddy).word == RIGHT
        assert judged("ex04.rmqueue_fallback", answers.stub).word != RIGHT
        assert judged("ex03.free_one_page", answers.free_one_page).word == RIGHT
        assert judged("ex03.page_is_buddy", answers.vandal_of_classes).word != RIGHT
        assert judged("ex03.page_is_buddy", answers.page_is_buddy).word == RIGHT
    finally:
        setattr(linux.page_alloc, "__find_buddy_index", original)
    assert set(vars(builtins)) == names


# --- branches ---


def test_branches_that_were_not_taken_are_named():
    def with_a_dead_branch(page_idx, order):
        if order > 99:
            return 0
        return page_idx ^ (1 << order)

    found = buddy(with_a_dead_branch)
    assert found.word == RIGHT
    assert "took 1 of 2 branches" in found.says[0]
    assert found.says[1].endswith("was never true")


def test_what_is_said_of_linux_counts_no_branch_that_only_a_small_case_takes():
    def can_steal(g, order, start_mt):
        if order >= pageblock_order // 2:  # noqa: F821
            return True
        return start_mt in (MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE) or g.page_group_by_mobility_disabled  # noqa: F821

    chosen = replace(exercise.find("ex04.can_steal"), recordings=("fallback-resv-0",))
    assert "took 1 of 4 branches" in judge(chosen, can_steal).says[0]


def test_each_operand_of_and_and_or_is_a_branch():
    tally = trial("ex03.free_one_page", answers.free_one_page).tally
    assert len(tally.lines) == 4  # while, if not, and the two operands of `and`


def test_a_function_that_was_never_called_is_not_right():
    chosen = replace(exercise.find("ex03.find_buddy"), cases=(), recordings=())
    for rule in (rules.LINUX, rules.find("max_order=8")):
        assert judge(chosen, answers.find_buddy, rule, seeds=()).word == NOT_YET


# --- altered rules ---


@pytest.mark.parametrize("name", rules.EXAMPLES)
@pytest.mark.parametrize("exercise_name", ["ex03.free_one_page", "ex04.find_fallback"])
def test_under_a_rule_nothing_is_said_of_linux_and_no_mistake_gets_linuxs_name(name, exercise_name):
    chosen = exercise.find(exercise_name)
    for each in chosen.wrongs:
        found = judged(exercise_name, each.function, rule=rules.find(name))
        assert (found.word, found.wrong, found.rule) == (NOT_YET, None, name)
        assert "Linux" not in "\n".join([repr(found), repr(side_by_side(found))])


def test_linuxs_own_answer_is_told_no_mistake_under_another_tail_rule():
    found = judged("ex03.free_one_page", answers.free_one_page, rule=rules.find("tail=inverted"))
    assert found.wrong is None
    assert "head first: the model under this rule [" in found.says[1]
    assert "as in the model under this rule" in repr(found)


def test_a_learner_who_reads_the_reversed_table_as_it_stands_is_right():
    def as_it_stands(area, migratetype):
        for fallback_mt in fallbacks[migratetype]:  # noqa: F821
            if not list_empty(area.free_list[fallback_mt]):  # noqa: F821
                return fallback_mt
        return -1

    rule = rules.find("fallback=reversed")
    assert judged("ex04.find_fallback", as_it_stands, rule=rule).word == RIGHT
    assert "rows of the table `fallbacks` are reversed" in rule.sentence


def test_a_case_keeps_its_page_blocks_and_its_halves_under_a_rule():
    written = case("a case", "a8U b5U c4U d3M", pages=1535, mirrored=((512, 512),))
    scaled = written.under(rules.load(rules.find("max_order=8")))
    assert (scaled.pages, scaled.mirrored) == (383, ((128, 128),))
    assert [op.order for op in scaled.ops] == [6, 4, 3, 2]  # page blocks have order 7, its half is 3
    assert written.under(linux.load()) == written


@pytest.mark.parametrize("name", ["max_order=8", "max_order=6", "fallback=reversed", "tail=inverted"])
def test_a_rule_has_a_judge_of_its_own(name):
    rule = rules.find(name)
    found = judge(exercise.find("ex03.free_one_page"), answers.free_one_page, rule)
    assert found.right == (name != "tail=inverted")
    if found.right:
        assert f"agrees with the model under the rule {name}" in found.says[0]


def test_under_an_inverted_tail_rule_the_inverted_answer_is_right():
    def inverted(zone, pfn, order, migratetype):
        vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)  # noqa: F821
        while order < MAX_ORDER - 1:  # noqa: F821
            buddy = __find_buddy_index(pfn, order)  # noqa: F821
            if not page_is_buddy(zone, buddy, order):  # noqa: F821
                break
            area = zone.free_area[order]
            list_del(buddy, area.free_list[rmv_page_order(zone, buddy, order)])  # noqa: F821
            area.nr_free -= 1
            pfn &= buddy
            order += 1
        area = zone.free_area[order]
        parent_buddy = __find_buddy_index(pfn & ~(1 << order), order + 1)  # noqa: F821
        free = order >= MAX_ORDER - 2 or page_is_buddy(zone, parent_buddy, order + 1)  # noqa: F821
        add = list_add if free else list_add_tail  # noqa: F821
        add(pfn, area.free_list[migratetype])
        set_page_order(zone, pfn, order, migratetype)  # noqa: F821
        area.nr_free += 1

    assert judge(exercise.find("ex03.free_one_page"), inverted, rules.find("tail=inverted")).right


def test_a_hard_coded_table_is_wrong_under_another_fallback_order():
    def knows_the_table(area, migratetype):
        for fallback_mt in {0: (1, 2), 1: (0, 2), 2: (1, 0)}[migratetype]:
            if not list_empty(area.free_list[fallback_mt]):  # noqa: F821
                return fallback_mt
        return -1

    assert judged("ex04.find_fallback", knows_the_table).word == RIGHT
    assert judged("ex04.find_fallback", knows_the_table, rule=rules.find("fallback=reversed")).word == NOT_YET


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("max_order=11", "Did you mean 'max_order=8'?"),
        ("max_order=5", "Did you mean 'max_order=8'?"),
        ("tail", "Did you mean 'tail=inverted'?"),
        ("fallbacks=reversed", "Did you mean 'fallback=reversed'?"),
        ("", "Choose one of max_order=8, tail=inverted and fallback=reversed."),
    ],
)
def test_an_unknown_rule_is_refused_with_the_nearest_or_with_those_there_are(name, near):
    with pytest.raises(ValueError) as raised:
        rules.find(name)
    assert str(raised.value) == f"there is no rule {name!r}. {near} max_order may be 6 to 10."


def test_an_unknown_exercise_is_refused_with_the_nearest_or_with_those_there_are():
    for name in ("ex03.findbuddy", "find_buddy", "EX03.find_buddy"):
        with pytest.raises(ValueError) as raised:
            exercise.find(name)
        assert str(raised.value) == f"there is no exercise {name!r}. Did you mean 'ex03.find_buddy'?"
        assert raised.value._render_traceback_() == [str(raised.value)]
    with pytest.raises(
        ValueError, match=r"there is no exercise 'ex99'\. Choose one of ex00\.zone_spans_pfn, ex01\.survival"
    ):
        exercise.find("ex99")


# --- what is judged at all ---


@pytest.mark.parametrize("name", [each.name for each in exercise.all_exercises().values() if each.recordings])
def test_each_recording_has_calls_and_all_of_them_together_each_answer(name):
    chosen = exercise.find(name)
    model = Model(chosen, rules.LINUX)
    given = set()
    for recording in chosen.recordings:
        entries = model.log(recording)
        assert entries, recording
        given |= {entry.split()[1] for entry in entries}
    used = model.used[chosen.function]
    if used == TRUTH:
        assert given == {"True", "False"}
    if name == "ex04.find_fallback":
        assert given == {"-1", "0", "1", "2"}


CHANGES = {
    int: "{0} = {0} + 1",
    bool: "{0} = not {0}",
    str: "{0} = {0} + 'x'",
    list: "{0} = {0}[1:] if {0} else [1]",
    dict: "{0}[99999] = 0",
    bytearray: "{0}[0] ^= 1",
}


def parts_of_a_zone():
    """Each field of a zone, of its parts and of what is around it, as Python, and how a function may change it."""
    g = toy(64).g
    zone = g.node_data[0].node_zones[0]
    things = {"zone": zone, "zone.pageset[0]": zone.pageset[0], "zone.free_area[3]": zone.free_area[3], "zone.g": g}
    left_out = {"g", "trace", "slabs", "oom_report"}
    for path, thing in things.items():
        for field in fields(thing):
            if field.name not in left_out and type(getattr(thing, field.name)) in CHANGES:
                place = f"{path}.{field.name}"
                yield place, CHANGES[type(getattr(thing, field.name))].format(place)


@pytest.mark.parametrize(
    ("place", "change"),
    [
        pytest.param(*each, id=each[0], marks=[pytest.mark.slow] if n % 6 else [])
        for n, each in enumerate(parts_of_a_zone())
    ],
)
def test_a_function_that_changes_any_part_of_the_machine_is_not_right(place, change):
    text = f"def page_is_buddy(zone, buddy, order):\n    {change}\n    return buddy in zone.free_area[order].buddy"
    found = judged("ex03.page_is_buddy", written(text))
    assert found.word != RIGHT
    assert "does something different each time" not in repr(found)


def test_a_function_that_changes_a_field_only_in_a_real_machine_is_not_right():
    text = (
        "def page_is_buddy(zone, buddy, order):\n    if buddy > 0x100000:\n        zone.g.dma_reserve += 1\n"
        "    return buddy in zone.free_area[order].buddy"
    )
    found = judged("ex03.page_is_buddy", written(text))
    assert (found.word, found.recording) == (NOT_YET, "split-merge-one-0")
