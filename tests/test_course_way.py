"""The way through the course: course.toml is what the notebooks are, each of which leads on and back."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mirrorlab.course.author import build, way
from mirrorlab.course.outline import lessons

ROOT = Path(__file__).parent.parent
WRITTEN = [lesson for lesson in lessons() if lesson.file]
EVERY = pytest.mark.parametrize("lesson", WRITTEN, ids=lambda lesson: lesson.file)


def cells(path):
    return [{**cell, "source": "".join(cell["source"])} for cell in json.loads((ROOT / path).read_text())["cells"]]


def test_eighteen_lessons_in_four_chapters():
    assert [lesson.number for lesson in lessons()] == [f"{n:02}" for n in range(18)]
    assert len({lesson.chapter for lesson in lessons()}) == 4
    assert [lesson.number for lesson in lessons() if lesson.planned] == ["17"]


def test_every_notebook_is_in_the_table_and_every_one_in_the_table_is_there():
    there = {
        str(path.relative_to(ROOT)) for folder in ("notebooks", "exercises") for path in ROOT.glob(f"{folder}/[0-9]*")
    }
    assert there == {path for lesson in WRITTEN for path in (lesson.notebook, lesson.exercise_notebook) if path}


@EVERY
def test_a_lesson_has_the_number_and_the_title_of_its_notebook(lesson):
    assert lesson.file.startswith(f"{lesson.number}_")
    titles = [line for cell in cells(lesson.notebook) for line in re.findall("^# .*", cell["source"], re.MULTILINE)]
    assert titles[0] == f"# {lesson.number} · {lesson.title}"


@EVERY
def test_exercises_take_as_long_as_their_notebook_says(lesson):
    stated = [cell["source"] for cell in cells(lesson.exercise_notebook)] if lesson.exercises else []
    assert (
        re.findall(r"^Time: about (\d+) minutes", "\n".join(stated), re.MULTILINE)
        == [str(lesson.exercises)][: len(stated)]
    )


def test_minutes_and_predictions_are_as_measured():
    assert way.faults(ROOT) == []


def test_what_is_measured_wrongly_is_told_with_the_right_number(monkeypatch):
    wrong = replace(WRITTEN[0], minutes=WRITTEN[0].minutes + 5, predictions=99)
    monkeypatch.setattr(way, "lessons", lambda: [wrong])
    assert way.faults(ROOT) == [
        f"{way.TABLE}: write minutes = {WRITTEN[0].minutes} for {wrong.notebook}.",
        f"{way.TABLE}: write predictions = {WRITTEN[0].predictions} for {wrong.notebook}.",
    ]


def markdown(words, name="text"):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": "word " * words}


def code(source, widget=False, hidden=False):
    outputs = [{"data": {way.VIEWS: {}}}] if widget else []
    return {
        "cell_type": "code",
        "metadata": {"jupyter": {"source_hidden": hidden}},
        "source": source,
        "outputs": outputs,
    }


@pytest.mark.parametrize(
    ("found", "minutes"),
    [
        ([markdown(180 * 5)], 5),
        ([markdown(180 * 5 + 1)], 10),
        ([code("x = 1\n\n" * 50)], 5),
        ([code("x = 1\n" * 500, hidden=True), markdown(180)], 5),
        ([code("x = 1\n" * 40, widget=True)], 10),  # 4 minutes to read it, 2 for the view
        ([code('predict(1, 2, name="00 a")', widget=True)] * 6, 10),  # a minute each; a card is no view
        ([markdown(180 * 5), markdown(999, way.BACK)], 5),
    ],
)
def test_minutes_are_measured_by_words_lines_predictions_and_views(found, minutes):
    assert way.minutes({"cells": found}) == minutes


def test_a_prediction_that_could_not_be_counted_is_named(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    found = {"cells": [code('predict(1, 2, "Why?")'), code('predict(1, 2, "Why?", name="03 a")')]}
    (tmp_path / WRITTEN[0].notebook).write_text(json.dumps(found))
    monkeypatch.setattr(way, "lessons", lambda: [replace(WRITTEN[0], minutes=5, predictions=2)])
    assert way.faults(tmp_path) == [
        f'{WRITTEN[0].notebook} asks for the prediction "": give it a name that begins with 00.',
        f'{WRITTEN[0].notebook} asks for the prediction "03 a": give it a name that begins with 00.',
    ]


# --- the first and the last cell ---


def test_a_cell_of_the_way_that_is_changed_or_missing_is_made_again(tmp_path):
    for folder in ("notebooks", "solutions", "exercises"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / build.TEXTS).parent.mkdir(parents=True)
    shutil.copy(ROOT / build.TEXTS, tmp_path / build.TEXTS)
    assert build.out_of_date(tmp_path) == []
    good = {path: path.read_text() for path in tmp_path.rglob("*.ipynb")}
    lesson, solution = tmp_path / "notebooks/03_merging.ipynb", tmp_path / "solutions/03_merging.ipynb"
    lesson.write_text(good[lesson].replace("04_stealing.ipynb", "04_pealing.ipynb"))
    found = json.loads(good[solution])
    found["cells"] = found["cells"][1:]
    solution.write_text(json.dumps(found))
    assert build.out_of_date(tmp_path) == [
        f"{name}/03_merging.ipynb does not begin and end as course.toml says: run 'mirrorlab course build'."
        for name in ("solutions", "notebooks")
    ]
    build.write(tmp_path, build.build(tmp_path))
    assert {path: path.read_text() for path in tmp_path.rglob("*.ipynb")} == good


@EVERY
def test_a_lesson_leads_to_its_exercises_and_then_to_the_next_lesson(lesson):
    first, *_, last = cells(lesson.notebook)
    following = lessons()[int(lesson.number) + 1]
    assert "(home.ipynb)" in first["source"] and "(home.ipynb)" in last["source"]
    for text in (first["source"], last["source"]):
        assert (f"(../{lesson.exercise_notebook})" in text) == bool(lesson.exercises)
    assert (f"({following.file}.ipynb)" in last["source"]) == bool(following.file)
    assert following.title in last["source"]


@pytest.mark.parametrize("folder", ["exercises", "solutions"])
@pytest.mark.parametrize("lesson", [each for each in WRITTEN if each.exercises], ids=lambda lesson: lesson.file)
def test_exercises_lead_back_to_their_lesson_and_on_to_the_next(lesson, folder):
    path = lesson.exercise_notebook if folder == "exercises" else f"solutions/{lesson.file}.ipynb"
    first, *_, last = cells(path)
    assert "(../notebooks/home.ipynb)" in first["source"] and "(../notebooks/home.ipynb)" in last["source"]
    assert f"(../{lesson.notebook})" in first["source"]
    assert f"(../{lessons()[int(lesson.number) + 1].notebook})" in last["source"]


def test_the_last_lesson_leads_home(monkeypatch):
    assert way.on_from_lesson(lessons()[-1]) == "**Next:** [course home](home.ipynb). This was the last lesson."
