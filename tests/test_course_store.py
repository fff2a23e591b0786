"""The file with a learner's progress survives damage, an unwritable folder, and two notebooks at once."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mirrorlab.course.learner.progress import Store, folder


def count_up(record):
    entry = record["exercises"].setdefault("ex", {"attempts": 0})
    entry["attempts"] += 1


def attempts(store):
    return store.read()["exercises"]["ex"]["attempts"]


def test_nothing_is_stored_before_something_happens(tmp_path):
    assert Store(tmp_path / "new").read() == {"seed": 0, "exercises": {}, "predictions": {}}
    assert not (tmp_path / "new").exists()


def test_what_is_stored_is_there_the_next_time(tmp_path):
    Store(tmp_path / "a" / "b").change(count_up)
    assert attempts(Store(tmp_path / "a" / "b")) == 1
    files = sorted(path.name for path in (tmp_path / "a" / "b").iterdir())
    assert files == [".progress.lock", "progress.json"]


def test_two_open_notebooks_do_not_undo_each_other(tmp_path):
    one, other = Store(tmp_path), Store(tmp_path)
    for store in (one, other, one, other):
        store.change(count_up)
    assert attempts(one) == attempts(other) == 4


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b'{"exercises": {"ex": {"attem',
        b"\xff\xfe\x00",
        b"[]",
        b'{"exercises": []}',
        b'{"exercises": {"ex": 7}}',
        b'{"exercises": {"ex": {"attempts": "many"}}}',
        b'{"exercises": {"ex": {"hints": -5}}}',
        b'{"exercises": {"ex": {"outcome": null}}}',
        b'{"exercises": {"ex": {"outcome": []}}}',
        b'{"exercises": {"ex": {"outcome": {"a": 1}}}}',
        b'{"exercises": {"ex": {"outcome": "perhaps"}}}',
        b'{"seed": "x"}',
        b"[" * 200_000,
    ],
    ids=lambda damage: damage[:50].decode(errors="replace"),
)
def test_a_damaged_file_is_kept_aside_and_reported_once(tmp_path, damage):
    (tmp_path / "progress.json").write_bytes(damage)
    store = Store(tmp_path)
    store.change(count_up)
    assert attempts(store) == 1
    assert (tmp_path / "progress.damaged-1.json").read_bytes() == damage
    [note] = store.news()
    assert "was damaged. It is kept as" in note and "progress.damaged-1.json" in note
    assert store.news() == []


def test_a_second_damage_does_not_overwrite_the_first(tmp_path):
    for damage in ("one", "two"):
        (tmp_path / "progress.json").write_text(damage)
        Store(tmp_path).read()
    assert (tmp_path / "progress.damaged-1.json").read_text() == "one"
    assert (tmp_path / "progress.damaged-2.json").read_text() == "two"


def test_a_folder_that_cannot_be_written_is_reported_once_and_the_session_goes_on(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "folder")
    store.change(count_up)
    store.change(count_up)
    assert attempts(store) == 2
    [note] = store.news()
    assert "cannot be stored in" in note and "set MIRRORLAB_DATA" in note
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_folder_that_becomes_unwritable_loses_nothing_of_the_session(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.change(count_up)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mirrorlab.course.learner.progress.write", refuse)
    store.change(count_up)
    store.change(count_up)
    assert attempts(store) == 3
    assert len(store.news()) == 1


def test_when_the_folder_can_be_written_again_everything_is_stored(tmp_path, monkeypatch):
    place = tmp_path / "folder"
    place.write_text("in the way")
    store = Store(place)
    store.change(count_up)
    place.unlink()
    Store(place).change(count_up)  # another notebook, meanwhile
    store.change(count_up)
    assert attempts(Store(place)) == 3


def test_a_vanished_folder_is_made_again(tmp_path):
    store = Store(tmp_path / "folder")
    store.change(count_up)
    for path in (tmp_path / "folder").iterdir():
        path.unlink()
    (tmp_path / "folder").rmdir()
    store.change(count_up)
    assert attempts(store) == 1


def in_a_process(place, code, **settings):
    """A notebook of its own: Python that has `store` and `count_up`."""
    head = (
        "import sys\n"
        f"sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(__file__).parent.parent)!r}]\n"
        "from test_course_store import *\n"
        f"store = Store(Path({str(place)!r}))\n"
    )
    return subprocess.Popen([sys.executable, "-c", head + code], stdout=subprocess.PIPE, text=True, **settings)


@pytest.mark.parametrize("notebooks", [2, 4])
def test_notebooks_at_work_at_once_lose_nothing_of_each_other(tmp_path, notebooks):
    code = "for _ in range(150): store.change(count_up)"
    running = [in_a_process(tmp_path, code) for _ in range(notebooks)]
    for process in running:
        process.communicate()
    assert [process.returncode for process in running] == [0] * notebooks
    assert attempts(Store(tmp_path)) == 150 * notebooks


def test_a_process_killed_while_it_holds_the_lock_stops_no_other(tmp_path):
    store = Store(tmp_path)
    store.change(count_up)
    held = in_a_process(tmp_path, "with store._locked():\n print('held', flush=True)\n sys.stdin.read()", stdin=-1)
    assert held.stdout.readline() == "held\n"
    os.kill(held.pid, signal.SIGKILL)
    held.wait()
    held.stdin.close()
    held.stdout.close()
    store.change(count_up)
    assert (attempts(store), store.news()) == (2, [])


def test_a_lock_that_stays_shut_is_said_and_nothing_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr("mirrorlab.course.learner.progress.PATIENCE", 0.05)
    store, other = Store(tmp_path), Store(tmp_path)
    with other._locked():
        store.change(count_up)
    assert "another notebook" in store.news()[0]
    store.change(count_up)
    assert attempts(Store(tmp_path)) == 2


def no_room():
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))  # what a full disk is like: a write ends in the middle


def test_a_full_disk_leaves_the_old_file_whole_and_gives_one_sentence(tmp_path):
    store = Store(tmp_path)
    store.change(count_up)
    before = (tmp_path / "progress.json").read_bytes()
    code = "store.change(lambda record: record.update(more='x' * 999))\nprint(len(store.read()['more']), *store.news())"
    said, _ = in_a_process(tmp_path, code, preexec_fn=no_room).communicate()
    assert said.startswith("999 Progress cannot be stored in") and said.count("\n") == 1
    assert (tmp_path / "progress.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".progress.lock", "progress.json"]


def test_unknown_parts_are_kept(tmp_path):
    (tmp_path / "progress.json").write_text(json.dumps({"later": 1}))
    Store(tmp_path).change(count_up)
    assert json.loads((tmp_path / "progress.json").read_text())["later"] == 1


def test_the_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("MIRRORLAB_DATA", str(tmp_path))
    assert folder() == tmp_path
    monkeypatch.delenv("MIRRORLAB_DATA")
    assert folder().name in ("mirrorlab", ".mirrorlab")
