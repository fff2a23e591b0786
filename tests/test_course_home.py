"""The course home: what is done, begun, here and new, from what is stored; the same in words and as a picture."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mirrorlab.commands import lab
from mirrorlab.course.judge.exercise import all_exercises
from mirrorlab.course.learner.home import filled, home, overview
from mirrorlab.course.learner.progress import Store
from mirrorlab.course.outline import HOME, lessons

ROOT = Path(__file__).parent.parent
WRITTEN = [lesson for lesson in lessons() if lesson.file]
ALL = sum(lesson.minutes + lesson.exercises for lesson in WRITTEN if lesson.number == "03")  # minutes


def record(predictions=(), solved=(), tried=()):
    """What is stored: predictions as (lesson, how many); exercises by name."""
    return {
        "predictions": {f"{number} {n}": {"right": n % 2 == 0} for number, many in predictions for n in range(many)},
        "exercises": {
            **{name: {"attempts": 1, "solved": False} for name in tried},
            **{name: {"attempts": 1, "solved": True} for name in solved},
        },
    }


def states(found):
    """The lessons' states, those that are new or to come left out."""
    lessons = [lesson for chapter in overview(found)["chapters"] for lesson in chapter["lessons"]]
    return {lesson["number"]: lesson["state"] for lesson in lessons if lesson["state"] in ("begun", "here", "done")}


def set_of(number):
    return [name for name in all_exercises() if name.startswith(f"ex{number}.")]


EX00, EX02, EX03 = map(set_of, ("00", "02", "03"))


def test_a_fresh_learner_starts_with_lesson_00():
    picture = overview(record())
    assert states(record()) == {"00": "here"}
    assert (picture["on"]["number"], picture["on"]["verb"], picture["on"]["href"]) == (
        "00",
        "Start",
        "00_start_here.ipynb",
    )
    assert picture["on"]["sentence"] == "Next: read the lesson. About 30 minutes, exercises included."
    assert [len(chapter["lessons"]) for chapter in picture["chapters"]] == [5, 3, 6, 4]


def test_a_lesson_with_exercises_is_done_when_they_are_solved():
    assert states(record([("00", 3)])) == {"00": "here"}
    assert states(record([("00", 3)], EX00)) == {"00": "done", "01": "here"}
    assert states(record([], EX00)) == {"00": "done", "01": "here"}  # whatever was predicted
    assert states(record([], [], EX00)) == {"00": "here"}


def test_a_lesson_without_exercises_is_done_when_all_predictions_were_answered_right_or_wrong():
    many = WRITTEN[5].predictions
    assert states(record([("05", many - 1)])) == {"05": "here"}
    assert states(record([("05", many)])) == {"05": "done", "06": "here"}


def test_here_is_the_last_lesson_begun_and_then_the_next():
    assert states(record([("00", 1), ("03", 1)])) == {"00": "begun", "03": "here"}
    assert states(record([("00", 1)], EX03)) == {"00": "begun", "03": "done", "04": "here"}


def test_after_the_last_lesson_what_was_left_out_is_next_and_then_nothing():
    last = WRITTEN[-1]
    assert states(record([(last.number, last.predictions)])) == {"00": "here", last.number: "done"}
    everything = record([(each.number, each.predictions) for each in WRITTEN], list(all_exercises()))
    assert overview(everything)["on"] is None
    assert set(states(everything).values()) == {"done"} and len(states(everything)) == len(WRITTEN)


def test_the_next_action_is_a_prediction_then_an_exercise():
    on = overview(record([("03", 2)]))["on"]
    assert (on["verb"], on["href"]) == ("Continue", "03_merging.ipynb")
    assert on["sentence"].startswith("Next: prediction 3 of 6.")
    on = overview(record([("03", 6)], EX03[:1]))["on"]
    assert on["href"] == "../exercises/03_merging_exercises.ipynb"
    assert on["sentence"] == f"Next: exercise 2 of 3, page_is_buddy. About 40 of {ALL} minutes left."


def test_minutes_left_go_down_with_each_prediction_and_exercise():
    steps = [record([("03", n)]) for n in range(1, 7)] + [record([("03", 6)], EX03[:n]) for n in (1, 2)]
    left = [int(re.search(rf"About (\d+) of {ALL}", overview(step)["on"]["sentence"])[1]) for step in steps]
    assert left == sorted(left, reverse=True) and len(set(left)) == len(left) and 0 < left[-1] < left[0] < ALL


def test_a_lesson_to_come_has_a_name_and_no_link():
    coming = [lesson for chapter in overview(record())["chapters"] for lesson in chapter["lessons"]][len(WRITTEN) :]
    assert {lesson["state"] for lesson in coming} == {"to come", "planned"}
    assert not any(lesson["href"] or lesson["minutes"] or lesson["exercises"] for lesson in coming)


# --- as it is shown ---


@pytest.fixture
def view(tmp_path):
    store = Store(tmp_path)
    store.change(lambda stored: stored.update(record([("00", 1), ("03", 6)], EX03[:1])))
    view = home(store)
    yield view
    view.close()


def test_in_words(view):
    lines = view.text().splitlines()
    assert lines[:2] == ["03 · Merging", f"Next: exercise 2 of 3, page_is_buddy. About 40 of {ALL} minutes left."]
    assert "Blocks: 0 of 5 done" in lines
    assert "  03  Merging                    here   30 min  1 of 3 exercises" in lines
    assert "  17  Buddy lab                     planned" in lines


def test_as_a_picture_with_the_same_links(view):
    picture = view.picture()
    wanted = [picture["on"]["href"]] + [
        lesson["href"] for chapter in picture["chapters"] for lesson in chapter["lessons"] if lesson["href"]
    ]
    tree = ElementTree.fromstring(view.svg())
    assert [link.get("href") for link in tree.iter("{http://www.w3.org/2000/svg}a")] == wanted
    assert "11px" not in re.sub(r"\.small\{[^}]*\}", "", view.svg()) and 'class="small' not in view.svg()


def test_it_follows_what_is_stored(view, tmp_path):
    Store(tmp_path).change(lambda stored: stored.update(record([], EX03)))
    view.do_look()
    assert view.drawing.picture["on"]["number"] == "04"


def test_the_stored_notebook_is_a_fresh_learners(tmp_path):
    [cell] = json.loads((ROOT / HOME).read_text())["cells"]
    [output] = cell["outputs"]
    assert "".join(output["data"]["text/plain"]) == home(Store(tmp_path)).text()
    assert cell["metadata"]["jupyter"]["source_hidden"]


# --- in the learner's folder ---


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRRORLAB_DATA", str(tmp_path / "progress"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    lab.hand_out(ROOT, tmp_path / "course")
    return tmp_path / "course"


def test_the_handed_out_home_shows_the_progress_and_is_trusted(folder):
    import nbformat
    from nbformat.sign import NotebookNotary

    for change in (record(), record([("03", 1)])):
        Store().change(lambda stored, change=change: stored.update(change))
        lab.show_home(folder)
        found = nbformat.read(folder / HOME, as_version=4)
        assert found.cells[0].outputs[0].data["text/plain"] == home().text()
        assert NotebookNotary().check_signature(found)
    assert lab.hand_out(ROOT, folder) == []


def test_a_home_that_the_learner_changed_stays_as_it_is(folder):
    found = json.loads((folder / HOME).read_text())
    found["cells"][0]["source"] = ["my own"]
    (folder / HOME).write_text(json.dumps(found))
    before = (folder / HOME).read_bytes()
    lab.show_home(folder)
    assert (folder / HOME).read_bytes() == before


def test_filling_leaves_no_widget_behind(folder):
    from ipywidgets.widgets.widget import _instances

    before = len(_instances)
    filled(json.loads((folder / HOME).read_text()))
    assert len(_instances) == before
