"""The verdict card without a browser: its picture for each state, over real outcomes, and what its buttons do."""

from pathlib import Path
from xml.etree import ElementTree

import course_answers as answers
import pytest

from mirrorlab.course import check, toy
from mirrorlab.course.author.verify import FEW_SEEDS
from mirrorlab.course.judge import exercise, rows, rules
from mirrorlab.course.judge.judge import judge
from mirrorlab.course.learner import check as checking
from mirrorlab.course.learner import hints, verdict
from mirrorlab.course.learner.progress import Store
from mirrorlab.words import TYPES

FOLDER = Path(__file__).parent.parent / "exercises"
widgets = pytest.importorskip("mirrorlab.widgets")
BUDDY, FREE = "ex03.find_buddy", "ex03.free_one_page"
EXERCISES = [name for name in exercise.all_exercises() if name != "ex00.zone_spans_pfn"]


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    """Keep progress in an empty folder."""
    monkeypatch.setenv("MIRRORLAB_DATA", str(tmp_path))
    monkeypatch.delenv("MIRRORLAB_STRICT", raising=False)
    return Store(tmp_path)


@pytest.fixture
def card():
    """Makes the card of an outcome."""
    made = []

    def card_of(found):
        made.append(verdict.card(found))
        return made[-1]

    yield card_of
    for each in made:
        each.close()


def outcome_of(name, function, rule=None):
    return judge(exercise.find(name), function, rules.find(rule), seeds=FEW_SEEDS)


def texts(cell):
    return None if cell is None else [text for text, *_ in cell]


def lists_of(machine):
    """(order, type) -> the blocks of that list from its head, of a machine with one zone."""
    [zone] = machine.zones
    return {
        (f"order {order}", TYPES[kind]): [f"+{pfn - zone.zone_start_pfn}" for pfn in reversed(pages)]
        for order, area in enumerate(zone.free_area)
        for kind, pages in enumerate(area.free_list)
    }


# -- The four states --------------------------------------------------------------------------------------------------


def test_not_started_says_what_to_do_and_offers_a_hint(card):
    picture = card(outcome_of(BUDDY, answers.stub)).picture()
    assert (picture["state"], picture["word"]) == ("not started", "Not started")
    assert picture["lead"] == exercise.find(BUDDY).question
    assert picture["body"] == ["Replace the line with NotImplementedError, then run the cell again."]
    assert picture["hint"] == "Hint 1 of 2"
    assert not (picture["rows"] or picture["layers"] or picture["details"] or picture["next"] or picture["code"])


def test_an_error_shows_message_line_and_the_call(card):
    picture = card(outcome_of(BUDDY, answers.divides_by_zero)).picture()
    assert picture["state"] == "error"
    assert picture["lead"] == "ZeroDivisionError: integer division or modulo by zero"
    assert picture["code"][0].endswith("return page_idx // half")
    assert picture["details"] == ["It happened in call 1: __find_buddy_index(page_idx=0, order=0)"]
    assert picture["hint"] == "" and picture["stub"].startswith(f'@check("{BUDDY}")')


def test_the_likely_repair_of_an_error_is_in_sight(card):
    picture = card(outcome_of(BUDDY, answers.leans_on_the_file)).picture()
    assert picture["lead"] == "NameError: `HELPER` is a name of your notebook."
    assert picture["body"] == [
        "The check runs your function alone, and names of the notebook are not there: define it inside."
    ]


def test_right_leads_on_to_the_next_exercise(card):
    picture = card(outcome_of(BUDDY, answers.find_buddy)).picture()
    assert picture["state"] == "right" and picture["lead"].startswith("It agrees with Linux on ")
    assert picture["next"] == {"words": "Next: page_is_buddy", "exercise": "ex03.page_is_buddy"}
    assert picture["hint"] == "Why it is so" and not (picture["details"] or picture["rows"])
    picture = card(outcome_of(FREE, answers.free_one_page)).picture()
    assert picture["next"] == {
        "words": "Next: lesson 04, Migratetypes and stealing",
        "path": "../notebooks/04_stealing.ipynb",
    }
    assert [passed for _, passed in picture["layers"]] == ["yes"] * 3


def test_every_next_step_is_there():
    names = exercise.all_exercises()
    steps = [verdict.next_step(name) for name in names]
    assert all(step.get("exercise") in names or (FOLDER / step["path"]).is_file() for step in steps)


def test_what_the_function_made_of_it_comes_first(card):
    """Page 0 comes back to a toy in which all other pages are free: Linux merges up to order 6."""
    found = outcome_of(FREE, answers.never_merges)
    picture = card(found).picture()
    assert picture["lead"] in [wrong.says for wrong in exercise.find(FREE).wrongs if wrong.name == found.wrong]
    assert picture["call"] == "Call 1: __free_one_page(zone=Normal, pfn=0, order=0, migratetype=Movable)"
    name, kind, *cells = picture["rows"][0]
    assert (name, kind, *map(texts, cells)) == ("order 0", "Movable", ["+1"], ["+0", "+1"], [])
    assert [entry[1] for entry in cells[1]] == [True, True]
    assert [passed for _, passed in picture["layers"]] == ["yes", "no", ""]
    assert (len(picture["rows"]), picture["more"]) == (4, 3)  # orders 0 to 6 differ


def test_what_a_function_returned_is_a_row(card):
    picture = card(outcome_of(BUDDY, answers.prints)).picture()
    assert picture["rows"] == [["it returns", "", None, [["2", True, False, 0]], [["0", True, False, 0]]]]
    assert picture["printed"] == ["    looking at 1"]
    picture = card(outcome_of(BUDDY, answers.returns_nothing)).picture()
    assert texts(picture["rows"][0][3]) == ["nothing"]
    assert picture["lead"] == "Linux returns 1, yours nothing: does each path end in a `return`?"


def test_pages_that_are_lost_are_the_first_layer(card):
    picture = card(outcome_of(FREE, answers.loses_the_block)).picture()
    assert [passed for _, passed in picture["layers"]] == ["no", "", ""]
    assert picture["lead"] == "Linux has 64 free pages now, yours 63."


@pytest.mark.parametrize("name", EXERCISES)
def test_a_named_wrong_answer_has_its_sentence_and_rows_that_are_true(name, card):
    wrong = exercise.find(name).wrongs[0]
    found = outcome_of(name, wrong.function)
    shown = card(found)
    picture = shown.picture()
    assert picture["state"] == "not yet" and picture["lead"] == found.says[0]
    assert picture["rows"] and len(picture["rows"]) <= 4
    assert shown.text().splitlines() == repr(found).splitlines()
    ElementTree.fromstring(shown.svg())
    if found.failure is None:
        return
    moments = [lists_of(found.failure.machine(which)) for which in ("before", "learner", "linux")]
    for row_name, kind, *cells in picture["rows"]:
        if kind:
            for listed, cell in zip([each[row_name, kind] for each in moments], cells, strict=True):
                blocks = [text for text, _, is_block, _ in cell if is_block]
                assert not blocks or " ".join(blocks) in " ".join(listed)
                assert bool(cell) == bool(listed)


def test_a_plain_function_has_both_answers_in_a_table(card):
    wrong = exercise.find("ex01.best_mirror").wrongs[0]
    picture = card(outcome_of("ex01.best_mirror", wrong.function)).picture()
    assert [(name, texts(yours), texts(right)) for name, _, _, yours, right in picture["rows"]] == [
        ("it returns", ["0"], ["1"]),
        ("Fatal pages outside", ["1"], ["0"]),
    ]
    assert picture["judge"] == "right" and picture["call"] == "best_mirror(pages=2, fatal=[1], chips=2)"


@pytest.mark.parametrize(("pages", "expected"), [(1024, 2), (512, 1)])
def test_a_block_says_how_much_of_it_the_hardware_mirrors(pages, expected):
    """The Mirror list holds one block of 1,024 pages; Linux takes from it, the wrong answer from Movable."""
    before, yours, linux = (toy(2048, mirrored=[(0, pages)]) for _ in range(3))
    yours.alloc_pages(9, "GFP_HIGHUSER_MOVABLE")
    linux.alloc_pages(9, "GFP_KERNEL|__GFP_MIRROR")
    doubled = {
        (kind, text): twice
        for name, kind, *cells in rows.of_call(before, yours, linux)
        for cell in cells
        for text, _, _, twice in cell
        if name == "order 10"
    }
    assert doubled == {("Mirror", "+0"): expected, ("Movable", "+1024"): 0}


def test_under_a_rule_the_model_is_the_judge_and_the_stub_keeps_the_rule(card):
    picture = card(outcome_of(FREE, answers.never_merges, "max_order=8")).picture()
    assert picture["judge"] == "the model"
    assert f'@check("{FREE}", rule="max_order=8")' in picture["stub"]
    assert [words for words, _ in picture["layers"]][-1] == "The model's list order"


# -- Its buttons ------------------------------------------------------------------------------------------------------


def test_a_hint_is_made_when_asked_for_and_counted(card, store, capsys):
    check(BUDDY)(answers.prints)
    shown = card(outcome_of(BUDDY, answers.prints))
    written = hints.texts()[BUDDY]["hints"]
    assert not any(text[:30] in str(shown.picture()) for text in written)
    shown.do_hint()
    assert shown.picture()["hints"] == [f"**Hint 1 of 2.** {written[0]}"]
    assert shown.picture()["hint"] == "Hint 2 of 2"
    assert store.read()["exercises"][BUDDY]["hints"] == 1
    shown.do_hint()
    assert shown.picture()["hint"] == "All hints"


def test_what_is_right_is_explained(card, capsys):
    check(BUDDY)(answers.find_buddy)
    shown = card(outcome_of(BUDDY, answers.find_buddy))
    shown.do_hint()
    assert shown.picture()["hints"] == [hints.texts()[BUDDY]["explanation"]] and shown.picture()["hint"] == ""


def test_before_a_failed_check_the_button_says_when_a_hint_comes(card):
    shown = card(outcome_of(BUDDY, answers.stub))
    shown.do_hint()
    shown.do_hint()
    assert shown.picture()["hints"] == [f"Try first: a hint comes after 1 more failed check of {BUDDY}."]


def test_a_reset_keeps_each_text_that_it_takes_away(card, tmp_path):
    shown = card(outcome_of(BUDDY, answers.prints))
    for code in ("mine = 1", "mine = 2  # ä"):
        shown.do_reset(code)
        assert "Undo in the cell" in shown.picture()["kept"]
    kept = sorted((tmp_path / "discarded").iterdir())
    assert [each.read_text(encoding="utf-8") for each in kept] == ["mine = 1", "mine = 2  # ä"]
    assert str(kept[-1]) in shown.picture()["kept"]


def test_where_it_cannot_be_stored_a_reset_says_so(card, tmp_path):
    (tmp_path / "discarded").write_text("no folder")
    shown = card(outcome_of(BUDDY, answers.prints))
    shown.do_reset("mine = 1")
    assert shown.picture()["kept"].startswith("Your text could not be stored: Undo in the cell")


def test_the_call_is_on_a_stage_in_mine_and_in_linux(card):
    shown = card(outcome_of(FREE, answers.never_merges))
    shown.do_call()
    stage = shown.stage
    assert shown.picture()["sides"] == ["yours", "Linux"] and shown.picture()["opened"]
    before, after = stage.picture()["frames"]
    assert [block[:3] for block in before["blocks"]][:2] == [[0, 1, "other"], [1, 1, "free"]]
    assert [block[:3] for block in after["blocks"]][:2] == [[0, 1, "free"], [1, 1, "free"]]
    shown.do_side("Linux")
    assert [block[:3] for block in stage.picture()["frames"][1]["blocks"]] == [[0, 64, "free"]]
    assert stage.picture()["ask"] == []
    shown.do_call()
    assert shown.stage is None and shown.children == (shown.drawing,)


def test_a_call_in_a_recording_is_shown_where_it_happened(card):
    shown = card(outcome_of(BUDDY, answers.wrong_above_4_gib))
    shown.do_call()
    assert shown.stage.picture()["pages"] <= 1024
    assert len(shown.stage.picture()["frames"]) == 2
    assert "Recorded case" in shown.picture()["details"][0]


# -- Where it is shown ------------------------------------------------------------------------------------------------


def test_a_card_in_a_notebook_and_text_where_outputs_are_stored(monkeypatch, card):
    found = outcome_of(BUDDY, answers.find_buddy)
    assert checking.as_card(found) is found  # no notebook
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setenv("MIRRORLAB_READING", "1")
    assert checking.as_card(found) is found
    monkeypatch.delenv("MIRRORLAB_READING")
    monkeypatch.setattr(verdict, "card", lambda found: f"card of {found.exercise}")
    assert checking.as_card(found) == f"card of {BUDDY}"
