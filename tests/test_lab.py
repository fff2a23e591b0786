import json
import socket
import subprocess
import sys

import pytest

from mirrorlab.commands import lab

LESSON = "notebooks/00_start_here.ipynb"
EXERCISE = "exercises/03_merging_exercises.ipynb"
FORMER = "exercises/03_merging.ipynb"  # what it was called before
STUB = '@check("ex03.find_buddy")\ndef __find_buddy_index(page_idx, order): ...'


def notebook(*sources):
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "source": [source],
            "execution_count": number,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["secret answer"]}],
        }
        for number, source in enumerate(sources, 1)
    ]
    metadata = {"kernelspec": {"name": "python3"}, "widgets": {"state": "secret answer"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def course(tmp_path):
    course = tmp_path / "course"
    lab.write_json(course / LESSON, notebook("print(1)"))
    lab.write_json(course / EXERCISE, notebook(STUB))
    return course


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "my-course"


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_first_start_hands_everything_out_with_outputs_cleared(course, folder):
    assert lab.hand_out(course, folder) == []
    assert sorted(files(folder)) == [EXERCISE, LESSON]
    [cell] = json.loads((folder / LESSON).read_text())["cells"]
    assert (cell["source"], cell["outputs"], cell["execution_count"]) == (["print(1)"], [], None)
    assert b"secret answer" not in b"".join(files(folder).values())


def test_the_course_itself_is_not_touched(course, folder):
    before = files(course)
    lab.hand_out(course, folder)
    assert files(course) == before


def test_a_second_start_changes_nothing(course, folder):
    lab.hand_out(course, folder)
    before = files(folder)
    assert lab.hand_out(course, folder) == []
    assert files(folder) == before


def work_in(path, metadata=True):
    """Do what a learner does in JupyterLab: edit, run, save."""
    work = json.loads(path.read_text())
    work["cells"][0].update(source=["my own work"], execution_count=4)
    if not metadata:
        work["metadata"] = {}
    path.write_text(json.dumps(work))


def test_work_is_never_overwritten(course, folder):
    lab.hand_out(course, folder)
    work_in(folder / LESSON)
    before = files(folder)
    assert lab.hand_out(course, folder) == []
    assert files(folder) == before


def test_a_newer_lesson_goes_beside_the_learners(course, folder):
    lab.hand_out(course, folder)
    work_in(folder / LESSON)
    mine = (folder / LESSON).read_bytes()
    lab.write_json(course / LESSON, notebook("print('newer')"))

    [note] = lab.hand_out(course, folder)
    assert note == (
        "There is a newer notebooks/00_start_here.ipynb: it is in 00_start_here.new.ipynb. Your own file is unchanged."
    )
    assert (folder / LESSON).read_bytes() == mine
    assert "newer" in (folder / "notebooks/00_start_here.new.ipynb").read_text()
    assert lab.hand_out(course, folder) == []  # said once


def test_work_in_the_newer_copy_is_safe_from_the_next_one(course, folder):
    lab.hand_out(course, folder)
    lab.write_json(course / LESSON, notebook("second"))
    lab.hand_out(course, folder)
    work_in(folder / "notebooks/00_start_here.new.ipynb")
    mine = files(folder)
    lab.write_json(course / LESSON, notebook("third"))

    [note] = lab.hand_out(course, folder)
    assert "00_start_here.new2.ipynb" in note
    assert mine.items() <= files(folder).items()
    assert lab.hand_out(course, folder) == []


def test_running_a_lesson_again_does_not_make_it_newer(course, folder):
    lab.hand_out(course, folder)
    again = notebook("print(1)")
    again["cells"][0]["outputs"] = []
    again["metadata"]["language_info"] = {"version": "3.13.0"}
    lab.write_json(course / LESSON, again)
    assert lab.hand_out(course, folder) == []


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"metadata": 3}', '{"metadata": {"mirrorlab": {"version": 3}}}'])
def test_a_damaged_file_is_the_learners_too(course, folder, damage):
    lab.hand_out(course, folder)
    (folder / LESSON).write_text(damage)
    [note] = lab.hand_out(course, folder)
    assert "00_start_here.new.ipynb" in note
    assert (folder / LESSON).read_text() == damage


def test_a_file_that_is_not_text_is_the_learners_too(course, folder):
    lab.hand_out(course, folder)
    (folder / LESSON).write_bytes(b"\xff\xfe\x00")
    assert len(lab.hand_out(course, folder)) == 1
    assert (folder / LESSON).read_bytes() == b"\xff\xfe\x00"


def test_a_notebook_that_lost_its_metadata_is_the_learners_too(course, folder):
    lab.hand_out(course, folder)
    work_in(folder / LESSON, metadata=False)
    mine = (folder / LESSON).read_bytes()
    lab.hand_out(course, folder)
    assert (folder / LESSON).read_bytes() == mine


def test_a_notebook_that_only_lost_its_metadata_is_not_called_old(course, folder):
    lab.hand_out(course, folder)
    work = json.loads((folder / LESSON).read_text())
    work["metadata"] = {}
    (folder / LESSON).write_text(json.dumps(work))
    assert lab.hand_out(course, folder) == []
    work_in(folder / LESSON, metadata=False)
    [note] = lab.hand_out(course, folder)
    assert "does not say any more which version it is" in note and "newer" not in note


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ('{\n<<<<<<< HEAD\n "cells": [],\n=======\n "cells": [1],\n>>>>>>> theirs\n}', "conflict (<<<<<<<) in line 2"),
        ("[" * 100_000, "nested too deeply"),
        ("", "is an empty file"),
        ("hello", "is a damaged file"),
        ('{"cells": [{"cell_type": "code"}]}', "is a damaged file"),
    ],
)
def test_a_damaged_notebook_is_named_at_each_start_and_left_as_it_is(course, folder, damage, reason):
    lab.hand_out(course, folder)
    (folder / LESSON).write_text(damage)
    [note] = lab.hand_out(course, folder)
    assert note.startswith(f"{LESSON} ") and reason in note and "A fresh one is in 00_start_here.new.ipynb" in note
    assert (folder / LESSON).read_text() == damage
    assert lab.hand_out(course, folder) == [note]  # whoever starts again is told again, and no other copy is made


def test_a_damaged_course_is_one_sentence_and_nothing_is_handed_out_of_it(course, folder):
    (course / LESSON).write_text("{\n<<<<<<< HEAD\n")
    with pytest.raises(lab.LabError, match=r"00_start_here\.ipynb has git's marks of a conflict \(<<<<<<<\) in line 2"):
        lab.hand_out(course, folder)


def test_a_link_to_nowhere_is_left_alone(course, folder):
    (folder / "notebooks").mkdir(parents=True)
    (folder / LESSON).symlink_to(folder / "nowhere")
    lab.hand_out(course, folder)
    assert (folder / LESSON).is_symlink()
    assert not (folder / "nowhere").exists()


def test_a_deleted_lesson_comes_back_fresh(course, folder):
    lab.hand_out(course, folder)
    fresh = files(folder)
    work_in(folder / LESSON)
    (folder / LESSON).unlink()
    lab.hand_out(course, folder)
    assert files(folder) == fresh


# --- exercises handed out under the name they had before ---


@pytest.fixture
def old_folder(course, folder):
    """What an earlier version of the course handed out, under the earlier name."""
    lab.write_json(folder / FORMER, lab.cleared(notebook(f"# an older text\n\n{STUB}", STUB)))
    return folder


def told(course, folder, names, stays):
    """Hand out twice: said once, in one sentence; what was there is as it was, and the new name is fresh."""
    before = files(folder)
    [note] = lab.hand_out(course, folder)
    assert note == f"{EXERCISE} is a fresh copy of exercises that you have already: your {names} {stays}."
    after = files(folder)
    assert before.items() <= after.items()
    assert after.keys() - before.keys() == {EXERCISE, LESSON}
    assert b"an older text" not in after[EXERCISE]
    assert lab.hand_out(course, folder) == []


def test_an_untouched_old_exercise_is_kept(course, old_folder):
    told(course, old_folder, "03_merging.ipynb", "stays as you left it")


@pytest.mark.parametrize("metadata", [True, False])
def test_a_changed_old_exercise_is_kept(course, old_folder, metadata):
    work = json.loads((old_folder / FORMER).read_text())
    work["cells"][0]["source"] = ["my own work"]
    if not metadata:
        work["metadata"] = {}
    (old_folder / FORMER).write_text(json.dumps(work))
    told(course, old_folder, "03_merging.ipynb", "stays as you left it")


def test_an_old_exercise_that_the_learner_renamed_is_recognised(course, old_folder):
    (old_folder / FORMER).rename(old_folder / "exercises/mine.ipynb")
    told(course, old_folder, "mine.ipynb", "stays as you left it")


def test_an_old_exercise_that_the_learner_copied_is_recognised_twice(course, old_folder):
    (old_folder / "exercises/mine.ipynb").write_bytes((old_folder / FORMER).read_bytes())
    told(course, old_folder, "03_merging.ipynb and mine.ipynb", "stay as you left them")


def test_an_old_exercise_that_the_learner_copied_to_the_new_name_is_kept(course, old_folder):
    mine = (old_folder / FORMER).read_bytes()
    (old_folder / EXERCISE).write_bytes(mine)
    [note] = lab.hand_out(course, old_folder)
    assert note.startswith(f"There is a newer {EXERCISE}: it is in 03_merging_exercises.new.ipynb")
    assert (old_folder / FORMER).read_bytes() == (old_folder / EXERCISE).read_bytes() == mine


def test_notebooks_of_the_learners_own_are_not_taken_for_exercises(course, folder):
    own = notebook(STUB)
    own["metadata"] = {}
    lab.write_json(folder / "exercises/notes.ipynb", own)
    lab.write_json(folder / "exercises/02_splitting.ipynb", lab.cleared(notebook(STUB.replace("ex03", "ex02"))))
    (folder / "exercises/damaged.ipynb").write_text("{")
    assert lab.hand_out(course, folder) == []


def test_an_interrupted_start_leaves_no_half_file(course, folder, monkeypatch):
    def ctrl_c(self, target):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            lab.hand_out(course, folder)
    assert files(folder) == {}
    lab.hand_out(course, folder)
    assert sorted(files(folder)) == [EXERCISE, LESSON]


def test_a_half_file_of_a_killed_start_does_no_harm(course, folder):
    (folder / "notebooks").mkdir(parents=True)
    (folder / "notebooks/.mirrorlab-01234567.part").write_text("{")
    assert lab.hand_out(course, folder) == []
    assert {EXERCISE, LESSON} <= set(files(folder))


def test_the_course_is_not_its_own_learners_folder(course):
    with pytest.raises(lab.LabError, match="choose another folder"):
        lab.hand_out(course, course)


@pytest.mark.parametrize("file", ["", "notebooks", ".jupyterlab"])
def test_a_file_where_a_folder_should_be(course, folder, file, monkeypatch):
    monkeypatch.setattr(lab, "course_folder", lambda: course)
    monkeypatch.setattr(lab, "check_port", lambda port: None)
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text("mine")
    with pytest.raises(lab.LabError, match=r"Cannot write .*choose another folder"):
        lab.open_lab(folder)
    assert (folder / file).read_text() == "mine"


def test_an_installed_package_without_lessons_says_where_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setattr(lab, "__file__", str(tmp_path / "mirrorlab" / "commands" / "lab.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(lab.LabError, match=r"get mirrorlab's source and run 'python3 start\.py'"):
        lab.course_folder()
    assert lab.default_folder() == tmp_path / "my-course"


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port(listener):
    with pytest.raises(lab.LabError, match=f"Port {listener} is taken: .*--port {listener + 1}"):
        lab.check_port(listener)


def test_a_free_port(listener):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    lab.check_port(port)


def test_open_lab_looks_at_the_port_before_it_writes_anything(listener, folder):
    with pytest.raises(lab.LabError, match="is taken"):
        lab.open_lab(folder, listener)
    assert not folder.exists()


def test_open_lab_becomes_jupyterlab_in_the_learners_folder(course, folder, monkeypatch):
    commands = []
    monkeypatch.setattr(lab, "course_folder", lambda: course)
    monkeypatch.setattr(lab, "check_port", lambda port: None)
    monkeypatch.setattr(lab.os, "execve", lambda program, command, environment: commands.append(command))
    lab.open_lab(folder, 9000, browser=False)
    [command] = commands
    assert command[1:3] == ["-m", "mirrorlab.commands.server"]
    assert {f"--ServerApp.root_dir={folder}", "--ServerApp.port=9000", "--no-browser"} <= set(command)
    assert (folder / LESSON).is_file()


def test_jupyterlab_starts_without_the_packages_that_take_half_of_its_time():
    command = [sys.executable, "-X", "importtime", "-m", "mirrorlab.commands.server", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("4.")
    assert "jupyter_events" in done.stderr and "rfc3987_syntax." not in done.stderr
