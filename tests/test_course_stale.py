"""Warnings about cells that were edited and not run, or run out of order."""

import json
import os

import pytest
from jupyter_client.manager import start_new_kernel

from mirrorlab.course.learner.stale import History, Run, stale, warnings

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
        'You changed the cell "x = 1" after running: run again to see what the change does.'
    ]


def test_a_cell_is_named_by_a_line_that_tells_it_from_others():
    written = "predicted = ...  # for example 7\n\n# so\nmachine = toy(44)\npredict(predicted, 3)"
    cells = [{"cell_type": "code", "id": "a", "source": written}]
    assert '"machine = toy(44)"' in stale(cells, runs("a"), saved_at=200)[0]
    cells[0]["source"] = (
        '@check("ex03.find_buddy")\ndef __find_buddy_index(page_idx, order, and_something_more):\n    pass'
    )
    assert '"def __find_buddy_index(page_idx, order, and_som..."' in stale(cells, runs("a"), saved_at=200)[0]
    cells[0]["source"] = "predicted = 7"
    assert '"predicted = 7"' in stale(cells, runs("a"), saved_at=200)[0]


def test_a_notebook_saved_before_the_cell_ran_says_nothing():
    assert stale(CELLS, runs("a", "b", a="x = 2"), saved_at=50) == []


def test_a_cell_run_before_what_stands_above_it():
    assert stale(CELLS, runs("b", "a"), saved_at=200) == [
        'You ran the cell "print(x)" before what stands above: run the section from its top.'
    ]


def test_a_cell_that_uses_nothing_of_those_above_may_run_first():
    cells = [CELLS[1], {"cell_type": "code", "id": "b", "source": "def f(x):\n    return x\nprint(len('x'))"}]
    assert stale(cells, runs("b", "a", b=cells[1]["source"]), saved_at=200) == []
    cells.append({"cell_type": "code", "id": "c", "source": "%%time"})
    assert stale(cells, runs("c", "a", "b", b=cells[1]["source"], c="%%time"), saved_at=200) == []


@pytest.mark.parametrize("asked", ["hint", "player", "explanation", "progress", "reset", "glossary"])
def test_a_question_in_a_new_cell_between_two_attempts_is_no_fault(asked):
    learner = {"a": "def f(page):\n    return page", "b": f'{asked}("ex00.f")'}
    cells = [{"cell_type": "code", "id": cell, "source": source} for cell, source in learner.items()]
    assert stale(cells, runs("b", "a", **learner), saved_at=200) == []


def test_a_call_of_a_function_before_it_was_mended_is_noted():
    learner = {"a": "def f(page):\n    return page", "b": "f(3)"}
    cells = [{"cell_type": "code", "id": cell, "source": source} for cell, source in learner.items()]
    assert 'You ran the cell "f(3)" before' in stale(cells, runs("b", "a", **learner), saved_at=200)[0]
    cells[1]["source"] = "print(page)"  # an argument is no name of the notebook's
    assert stale(cells, runs("b", "a", a=learner["a"], b="print(page)"), saved_at=200) == []


def test_a_section_begins_in_the_middle_of_a_cell_too():
    between = {"cell_type": "markdown", "id": "n", "source": "**Explain.** So.\n\n## Next"}
    assert stale([CELLS[1], between, CELLS[2]], runs("b", "a"), saved_at=200) == []


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
    assert warnings(history, str(path))[0].startswith('You changed the cell "x = 1"')


def test_a_notebook_that_cannot_be_read_never_stops_anybody(tmp_path):
    history = History()
    history.note("a", "x", at=100)
    (tmp_path / "n.ipynb").write_text("no notebook")
    (tmp_path / "deep.ipynb").write_text("[" * 100_000)
    (tmp_path / "conflict.ipynb").write_text('{\n<<<<<<< HEAD\n "cells": []\n=======\n>>>>>>> theirs\n}')
    (tmp_path / "numbers.ipynb").write_text('{"cells": [1]}')
    os.mkfifo(tmp_path / "pipe.ipynb")
    for path in ("n.ipynb", "deep.ipynb", "conflict.ipynb", "numbers.ipynb", "pipe.ipynb", "missing.ipynb", ""):
        assert warnings(history, str(tmp_path / path)) == []
    assert warnings(History(), str(tmp_path / "n.ipynb")) == []


@pytest.mark.parametrize("ran", ["x = 1\ny = 2", "x = 1\r\ny = 2\r\n", "x = 1\ny = 2\n\n"])
@pytest.mark.parametrize("saved", ["x = 1\ny = 2", "x = 1\r\ny = 2", ["x = 1\r\n", "y = 2\r\n"]])
def test_how_lines_end_is_no_change(ran, saved):
    cells = [{"cell_type": "code", "id": "a", "source": saved}]
    assert stale(cells, runs("a", a=ran), saved_at=200) == []
    assert stale(cells, runs("a", a="x = 1\r\n\r\ny = 2"), saved_at=200) != []


def test_of_two_cells_with_one_id_nothing_is_said():
    copied = {"cell_type": "code", "id": "a", "source": "another text"}
    assert stale([CELLS[1], copied], runs("a"), saved_at=200) == []
    assert stale([copied], runs("a"), saved_at=200) != []


@pytest.mark.parametrize("lost", ["id", "metadata"])
def test_cells_that_lost_their_id_or_their_metadata_are_no_fault(tmp_path, lost):
    cells = [{"metadata": {}, **cell} for cell in CELLS]
    for cell in cells:
        cell.pop(lost, None)
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    history = History()
    for cell in CELLS:
        history.note(cell["id"], "".join(cell["source"]), at=100)
    assert warnings(history, str(path)) == []


def test_running_again_counts_as_later():
    history = History()
    for cell in ("a", "b", "a"):
        history.note(cell, "", at=1)
    assert history.runs["a"].number > history.runs["b"].number


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A notebook as JupyterLab runs it: its kernel knows its path, and each run names the cell."""
    path = tmp_path / "n.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    monkeypatch.setenv("MIRRORLAB_DATA", str(tmp_path))
    manager, client = start_new_kernel(kernel_name="python3")

    def save(**sources):
        cells = [{"cell_type": "code", "id": cell, "source": source} for cell, source in sources.items()]
        path.write_text(json.dumps({"cells": cells}))
        os.utime(path, (2**32, 2**32))  # later than any run

    def run(cell, source):
        message = client.session.msg("execute_request", {"code": source}, metadata={"cellId": cell})
        client.shell_channel.send(message)
        shown = ""
        while True:
            said = client.get_iopub_msg(timeout=60)
            if said["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            shown += said["content"].get("data", {}).get("text/plain", "")
            shown += "".join(said["content"].get("traceback", []))
            if said["content"].get("execution_state") == "idle":
                return shown

    yield save, run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


CHECKED = '@check("ex00.zone_spans_pfn")\ndef zone_spans_pfn(zone, pfn):\n    raise NotImplementedError'


def test_in_a_kernel_a_check_and_a_prediction_say_what_is_stale(notebook):
    save, run = notebook
    written = {"i": "from mirrorlab.course import check, predict", "a": "x = 1", "b": "predict(1, x)", "c": CHECKED}
    save(**written)
    said = [run(cell, source) for cell, source in written.items()]
    assert said[2].startswith("you said: 1") and said[3].startswith("NOT STARTED")

    save(**{**written, "a": "x = 2"})
    edited = 'note: You changed the cell "x = 2" after running: run again to see what the change does.\n'
    assert run("b", written["b"]).startswith(edited + "you said: 1")
    assert run("c", CHECKED).startswith(edited + "NOT STARTED")

    run("a", "x = 2")
    assert run("c", CHECKED).startswith('note: You ran the cell "predict(1, x)" before what stands above')
