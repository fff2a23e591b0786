"""A hostile learner's answers: each gets the verdict its header says, does no damage, and leaves nothing running."""

import sys
import time

import hostile_answers as hostile
import pytest

from mirrorlab import course
from mirrorlab.course.judge import outcome

ANSWERS = hostile.all_answers()
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is left over")


def rows(answers):
    return [
        pytest.param(each, id=each.name, marks=[pytest.mark.slow] if each.slow() or n % 6 else [])
        for n, each in enumerate(answers)
    ]


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRRORLAB_DATA", str(tmp_path))
    monkeypatch.delenv("MIRRORLAB_STRICT", raising=False)


def next_right_answer():
    @course.check("ex01.survival")
    def survival(pages, free, user, mirrored, errors):
        return ((free + user + mirrored) / pages) ** errors

    return outcome.LATEST["ex01.survival"]


@ON_LINUX
@pytest.mark.filterwarnings("ignore")  # those of the answers
@pytest.mark.parametrize("answer", rows(ANSWERS))
def test_each_is_judged_as_it_deserves_and_the_next_right_answer_is_right(answer, capsys):
    found = hostile.run(answer)
    assert hostile.unlike(answer, found) == ""
    assert next_right_answer().right
    end = time.monotonic() + 3
    while (left := hostile.left_over()) and time.monotonic() < end:
        time.sleep(0.05)
    assert left == []
    said = capsys.readouterr()
    assert len(said.out) + len(said.err) < 20_000


@pytest.mark.parametrize("answer", rows([each for each in ANSWERS if each.in_place()]))
def test_those_that_end_by_themselves_get_the_same_verdict_in_place(answer, monkeypatch):
    monkeypatch.setenv("MIRRORLAB_IN_PLACE", "1")
    found = hostile.run(answer)
    assert hostile.unlike(answer, found) == ""
    if isinstance(found, outcome.Outcome) and found.word in (outcome.RIGHT, outcome.NOT_YET):
        assert "Judged in this process" in repr(found)


def test_there_are_enough_of_them():
    assert len(ANSWERS) >= 60
