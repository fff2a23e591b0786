"""Warnings about cells that were edited and not run, or run out of order."""

import json
import os

from mirrorlab.course.stale import History, Run, stale, warnings

CELLS = [
    {"cell_type": "markdown", "id": "m", "source": ["## One\n", "text"]},
    {"cell_type": "code", "id": "a", "source": ["x = ", "1"]},
    {"cell_type": "code", "id": "b", "source": "print(x)"},
    {"cell_type": "markdown", "id": "n", "source": "## Two"},
    {"cell_type": "code", "id": "c", "source": "y = 1"},
]


def runs(*order, **sources):
    written = {"a": "x = 1", "b": "print(x)", "c": "y = 1", **sources}
    return {cell: Run(written[cell], number, at=100) for number, cell in enumerate(order, 1)}


def test_all_run_from_the_top_is_fine():
    assert stale(CELLS, runs("a", "b", "c"), saved_at=200) == []


def test_a_cell_edited_since_it_ran():
    assert stale(CELLS, runs("a", "b", a="x = 2"), saved_at=200) == [
        "You changed cell 2 after running: run again to see what the change does."
    ]


def test_a_notebook_saved_before_the_cell_ran_says_nothing():
    assert stale(CELLS, runs("a", "b", a="x = 2"), saved_at=50) == []


def test_a_cell_run_before_what_stands_above_it():
    assert stale(CELLS, runs("b", "a"), saved_at=200) == [
        "You ran cell 3 before what stands above: run the section from its top."
    ]


def test_sections_may_be_run_in_any_order():
    assert stale(CELLS, runs("c", "a", "b"), saved_at=200) == []


def test_cells_that_never_ran_are_no_fault():
    assert stale(CELLS, runs("b"), saved_at=200) == []


def test_the_notebook_is_read_from_where_jupyter_says(tmp_path):
    history = History()
    history.note("a", "x = 2", at=100)
    history.note(None, "not a cell", at=100)
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": CELLS}))
    os.utime(path, (200, 200))
    assert warnings(history, str(path))[0].startswith("You changed cell 2")


def test_a_notebook_that_cannot_be_read_never_stops_anybody(tmp_path):
    history = History()
    history.note("a", "x", at=100)
    (tmp_path / "n.ipynb").write_text("no notebook")
    for path in ("n.ipynb", "missing.ipynb", ""):
        assert warnings(history, str(tmp_path / path)) == []
    assert warnings(History(), str(tmp_path / "n.ipynb")) == []


def test_running_again_counts_as_later():
    history = History()
    for cell in ("a", "b", "a"):
        history.note(cell, "", at=1)
    assert history.runs["a"].number > history.runs["b"].number
