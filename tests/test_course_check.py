"""The decorator: shows, remembers, hands the function back; strict when asked to be."""

import subprocess
import sys
from pathlib import Path

import course_answers as answers
import pytest

from mirrorlab.course import NotRight, check, explanation, hint, player, progress, reset, toy
from mirrorlab.course.judge import exercise, outcome
from mirrorlab.course.judge.judge import judge
from mirrorlab.course.learner import hints
from mirrorlab.course.learner.progress import Store


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    """Keep progress in an empty folder."""
    monkeypatch.setenv("MIRRORLAB_DATA", str(tmp_path))
    monkeypatch.delenv("MIRRORLAB_STRICT", raising=False)
    return Store(tmp_path)


def entry(store, name="ex03.find_buddy"):
    return store.read()["exercises"].get(name, {})


def test_the_check_runs_when_the_cell_runs_and_hands_the_function_back(capsys):
    @check("ex03.find_buddy")
    def __find_buddy_index(page_idx, order):
        return page_idx ^ (1 << order)

    assert __find_buddy_index(6, 1) == 4
    assert capsys.readouterr().out == (
        "RIGHT: ex03.find_buddy\n"
        "  agrees with Linux on 3,933 operations; your function ran 2,235 times\n"
        "\n"
        '  Why it is so: explanation("ex03.find_buddy")\n'
    )
    assert __find_buddy_index.outcome.right


def test_the_checked_function_can_run_a_kernel_of_its_own(capsys):
    from mirrorlab import load

    machine = toy(64, kernel=load(replace={"__find_buddy_index": answers.find_buddy}))
    machine.free_pages(machine.alloc_pages(0))
    assert len(machine.free_blocks()) == 1


@pytest.mark.parametrize(
    ("function", "word"),
    [(answers.stub, "not started"), (answers.divides_by_zero, "error"), (answers.prints, "not yet")],
)
def test_strict_mode_raises_for_anything_but_right(monkeypatch, function, word):
    monkeypatch.setenv("MIRRORLAB_STRICT", "1")
    with pytest.raises(NotRight) as raised:
        check("ex03.find_buddy")(function)
    assert str(raised.value).splitlines() == [f"{word}: ex03.find_buddy", *raised.value.outcome.lines()]
    assert raised.value._render_traceback_()[0] == f"{word.upper()}: ex03.find_buddy"


def test_strict_mode_lets_the_right_answer_pass(monkeypatch, capsys):
    monkeypatch.setenv("MIRRORLAB_STRICT", "1")
    assert check("ex03.find_buddy")(answers.find_buddy) is answers.find_buddy


def test_a_rule_is_passed_on(capsys):
    check("ex03.find_buddy", rule="max_order=8")(answers.find_buddy)
    assert "under the rule max_order=8" in capsys.readouterr().out


def test_a_mistyped_exercise_is_an_error_at_once():
    with pytest.raises(ValueError, match=r"there is no exercise 'ex03\.find_body'\. Did you mean 'ex03\.find_buddy'\?"):
        check("ex03.find_body")


def test_a_check_without_a_name_says_what_to_write():
    def check_of(thing):
        with pytest.raises(TypeError) as raised:
            check(thing)
        assert raised.value._render_traceback_() == [str(raised.value)]
        return str(raised.value)

    def __free_one_page(zone, pfn, order, migratetype):
        raise NotImplementedError

    says = "the check needs the name of an exercise: write @check"
    assert check_of(__free_one_page) == says + '("ex03.free_one_page")'
    assert check_of(answers.stub) == check_of(3) == check_of("") == says + '("ex00.zone_spans_pfn")'


@pytest.mark.parametrize("function", [answers.stub, answers.divides_by_zero, answers.prints, answers.find_buddy])
def test_the_outcome_is_a_word_for_eyes_and_for_screen_readers(function):
    found = judge(exercise.find("ex03.find_buddy"), function, seeds=())
    html = found._repr_html_()
    assert html.startswith('<div role="status"')
    assert f">{found.word.upper()}</strong>" in html
    assert repr(found).startswith(found.word.upper())


# --- progress, hints, reset ---


def test_attempts_and_failures_are_counted_but_no_stub(store, capsys):
    for function in (answers.stub, answers.prints, answers.divides_by_zero, answers.find_buddy):
        check("ex03.find_buddy")(function)
    assert entry(store) == {"attempts": 3, "failures": 2, "outcome": "right", "solved": True}
    assert ["ex03.find_buddy", "right", "3", "0"] in [line.split() for line in repr(progress()).splitlines()]
    assert repr(progress()).endswith(f"1 of {len(exercise.all_exercises())} solved")


def test_what_was_solved_stays_solved(store, capsys):
    check("ex03.find_buddy")(answers.find_buddy)
    check("ex03.find_buddy")(answers.prints)
    assert entry(store)["solved"] and entry(store)["outcome"] == "not yet"


def test_hints_come_in_order_after_a_failed_check(store, capsys):
    name = "ex03.find_buddy"
    written = hints.texts()[name]["hints"]
    assert repr(hint(name)) == f"Try first: a hint comes after 1 more failed check of {name}."
    check(name)(answers.prints)
    assert [repr(hint(name)) for _ in written] == [
        f"**Hint {number} of {len(written)}.** {text}" for number, text in enumerate(written, 1)
    ]
    assert repr(hint(name)).startswith("These are all the hints.")
    assert entry(store)["hints"] == len(written)


def test_a_hint_says_that_it_speaks_of_linux_where_another_rule_holds(capsys):
    name = "ex03.find_buddy"
    check(name, rule="max_order=8")(answers.prints)
    assert repr(hint(name)).startswith("This speaks of Linux; your check runs under the rule max_order=8.\n\n**Hint 1")
    check(name)(answers.prints)
    assert repr(hint(name)).startswith("**Hint 2")


def test_more_failures_can_be_asked_for(monkeypatch, capsys):
    policy = {"ex03.find_buddy": {"hints": ["Look."], "after_failures": 2}}
    monkeypatch.setattr(hints, "texts", lambda: policy)
    check("ex03.find_buddy")(answers.prints)
    assert "after 1 more failed check" in repr(hint("ex03.find_buddy"))
    check("ex03.find_buddy")(answers.prints)
    assert repr(hint("ex03.find_buddy")) == "**Hint 1 of 1.** Look."


def test_the_explanation_is_for_those_who_have_the_answer(capsys):
    assert repr(explanation("ex03.find_buddy")).startswith("First solve")
    check("ex03.find_buddy")(answers.find_buddy)
    assert "XOR turns the bit over" in repr(explanation("ex03.find_buddy"))


def test_reset_forgets_one_exercise_and_shows_its_first_text(store, capsys):
    check("ex03.find_buddy")(answers.prints)
    check("ex03.page_is_buddy")(answers.stub)
    check("ex02.expand")(answers.forgets_nr_free)
    text = repr(reset("ex03.find_buddy"))
    assert "def __find_buddy_index(page_idx, order):\n    raise NotImplementedError" in text
    assert entry(store) == {} and entry(store, "ex02.expand")["failures"] == 1


@pytest.mark.parametrize("ask", [hint, explanation, reset])
def test_asking_about_an_exercise_that_does_not_exist(ask):
    with pytest.raises(ValueError, match="there is no exercise 'ex99'"):
        ask("ex99")


# --- the player ---


def test_what_is_not_yet_right_names_the_call_that_opens_it_in_the_player(capsys):
    check("ex03.find_buddy")(answers.prints)
    said = capsys.readouterr().out
    [call] = [line.rpartition(": ")[2] for line in said.splitlines() if "player" in line]
    assert call == 'player("ex03.find_buddy")'
    assert "After the call: Linux returns 0, yours 2." in repr(eval(call))


@pytest.mark.parametrize("function", [answers.stub, answers.divides_by_zero, answers.find_buddy])
def test_no_player_is_named_where_it_has_nothing_to_show(function, capsys):
    check("ex03.find_buddy")(function)
    assert "player" not in capsys.readouterr().out
    assert "no call differs from Linux's" in repr(player("ex03.find_buddy"))


def test_the_player_opens_the_last_check_by_name_by_function_or_without_either(capsys):
    function = check("ex03.find_buddy")(answers.prints)
    by_name = repr(player("ex03.find_buddy"))
    check("ex02.expand")(answers.forgets_nr_free)
    assert repr(player("ex03.find_buddy")) == repr(player(function)) == by_name
    assert repr(player()) == repr(player("ex02.expand")) != by_name
    check("ex03.find_buddy")(answers.prints)
    assert repr(player()) == by_name
    check("ex03.find_buddy")(answers.find_buddy)
    assert "*right*" in repr(player("ex03.find_buddy"))


def test_the_player_asks_for_a_check_first(monkeypatch):
    monkeypatch.setattr(outcome, "LATEST", {})
    for shown in (player(), player("ex03.find_buddy")):
        assert repr(shown) == "Nothing to show yet: run the cell of the exercise first, and this one again."
    with pytest.raises(ValueError, match="there is no exercise 'ex99'"):
        player("ex99")


def test_the_player_is_a_compare_of_the_memory_before_and_after_on_both_sides(capsys):
    widgets = pytest.importorskip("mirrorlab.widgets")
    check("ex03.free_one_page")(answers.never_merges)
    view = player("ex03.free_one_page")
    assert isinstance(view, widgets.Compare)
    before, yours, linux = (side.machine for side in view.compared.sides)
    assert linux.free_blocks() == [(0, 6, 2)]
    assert {(0, 0, 2), (1, 0, 2)} <= set(yours.free_blocks())
    assert (0, 0, 2) not in before.free_blocks()
    assert "  *     Linux   +0*" in view.text().splitlines()
    view.close()


def test_without_ipywidgets_the_player_says_the_same_as_text(capsys):
    check("ex03.free_one_page")(answers.never_merges)
    expected = repr(player("ex03.free_one_page"))
    source = (
        "import sys; sys.modules['ipywidgets'] = sys.modules['anywidget'] = None\n"
        "sys.path[:0] = [sys.argv[1], sys.argv[2]]\n"
        "import course_answers\n"
        "from mirrorlab.course import check, player\n"
        "check('ex03.free_one_page')(course_answers.never_merges)\n"
        "print('-----'); print(player('ex03.free_one_page'))"
    )
    tests = Path(__file__).parent
    command = [sys.executable, "-c", source, str(tests.parent), str(tests)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("-----\n")[1].rstrip() == expected


def test_the_course_loads_no_widget_before_one_is_asked_for():
    source = (
        "import sys, mirrorlab.course; print([name for name in sys.modules if name.startswith('mirrorlab.widgets')])"
    )
    root = str(Path(__file__).parent.parent)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


MAGICS = ["%%time\n", "%%capture\n", "%%timeit -n1 -r1\n", "%%time\n\n# a comment\n", "%%time\n%time HELPER = 1\n"]
IN_A_CELL = """
import sys
from IPython.testing.globalipapp import start_ipython

shell = start_ipython()
shell.run_cell("from mirrorlab.course import check")
for magic in eval(sys.argv[1]):
    shell.run_cell(magic + sys.argv[2], store_history=True)
    found = sys.modules["mirrorlab.course.judge.outcome"].LATEST.pop("ex01.survival")
    print("----", found.word, found.says[0])
"""


def in_cells(body):
    """What a check says of a cell, below each of the magics: a process of its own, since IPython changes much."""
    command = [sys.executable, "-c", IN_A_CELL, repr(MAGICS), f'@check("ex01.survival")\n{body}']
    root = str(Path(__file__).parent.parent)
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    return [line.removeprefix("---- ") for line in done.stdout.splitlines() if line.startswith("----")]


def test_a_cell_magic_above_the_check_changes_no_verdict():
    right = (
        "def survival(pages, free, user, mirrored, errors):\n    return ((free + user + mirrored) / pages) ** errors\n"
    )
    found = in_cells(right)
    assert [line.split()[0] for line in found] == ["right"] * len(MAGICS)
    recursion = (
        "def mine(pages, free, user, mirrored, errors):\n    if not errors:\n        return 1\n"
        "    return mine(pages, free, user, mirrored, errors - 1) * (free + user + mirrored) / pages\n"
    )
    assert [line.split()[0] for line in in_cells(recursion)] == ["right"] * len(MAGICS)


def test_the_line_that_is_named_is_the_cells():
    wrong = "def survival(pages, free, user, mirrored, errors):\n    return pages / 0\n"
    for magic, line in zip(MAGICS, in_cells(wrong), strict=True):
        at = 3 if "capture" in magic else 3 + magic.count("\n")
        assert line == f"error line {at}:  return pages / 0", magic
