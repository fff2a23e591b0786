"""A notebook's file that was damaged on its way is named, with what is wrong, and nothing is made from it."""

import json

import pytest

from mirrorlab.course import notebook
from mirrorlab.course.author import build

CELL = {"cell_type": "markdown", "id": "a", "source": ["# One"]}
CONFLICT = '{\n "cells": [\n<<<<<<< HEAD\n  1\n=======\n  2\n>>>>>>> theirs\n ]\n}\n'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (CONFLICT, r"has git's marks of a conflict \(<<<<<<<\) in line 3: choose one side"),
        ("[" * 100_000, "is nested too deeply"),
        ("", "is an empty file, not a notebook"),
        ("%PDF-1.7", "is a PDF document, not a notebook"),
        ("{}", "is a damaged file, not a notebook"),
        ('{"cells": 7}', "is a damaged file, not a notebook"),
        ('{"cells": [{"cell_type": "code", "source": 7}]}', "is a damaged file, not a notebook"),
    ],
)
def test_a_damaged_notebook_is_named_and_nothing_is_built_from_it(tmp_path, content, reason):
    (tmp_path / "solutions").mkdir()
    path = tmp_path / "solutions" / "one.ipynb"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(notebook.Damaged, match=f"^one.ipynb {reason}"):
        notebook.read(path)
    with pytest.raises(build.BadSource, match=f"one.ipynb {reason}"):
        build.build(tmp_path)
    assert path.read_text(encoding="utf-8").splitlines() == content.splitlines()


def test_a_cell_that_lost_its_metadata_gets_empty_ones(tmp_path):
    (tmp_path / "one.ipynb").write_text(json.dumps({"cells": [CELL]}))
    assert notebook.read(tmp_path / "one.ipynb") == {"cells": [{**CELL, "metadata": {}}]}


def test_generated_files_with_other_line_ends_are_not_out_of_date(tmp_path):
    made = {"exercises/one.ipynb": "a\nb\n"}
    assert build.write(tmp_path, made) == ["exercises/one.ipynb"]
    (tmp_path / "exercises/one.ipynb").write_bytes(b"a\r\nb\r\n")
    assert build.write(tmp_path, made) == []
