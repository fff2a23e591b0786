"""Answers that learners may give, handed/EXERCISE/NAME.py: each gets the verdict and the words of its header."""

import re

import hostile_answers as hostile
import pytest

from mirrorlab.course.judge import outcome

ANSWERS = hostile.all_answers(hostile.HERE.with_name("handed"))
NEVER_SAID = re.compile(
    r"\bat 0x[0-9a-f]{6,}|mirrorlab[./](?!course import)|__took__|__each__|<locals>|object at|\{'|Traceback"
)  # an address, a frame of ours, a raw dump


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRRORLAB_DATA", str(tmp_path))
    monkeypatch.delenv("MIRRORLAB_STRICT", raising=False)


@pytest.mark.parametrize(
    "answer",
    [pytest.param(each, id=each.name, marks=[pytest.mark.slow] if each.slow() else []) for each in ANSWERS],
)
def test_each_is_judged_as_its_header_says(answer, capsys):
    found = hostile.run(answer)
    assert hostile.unlike(answer, found) == ""
    if isinstance(found, outcome.Outcome):  # else it is the exception that stood in its way
        assert not NEVER_SAID.search("\n".join(found.lines()))
