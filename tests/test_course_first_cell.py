"""A name that is missing: the learner is told which cell makes it, in a kernel started as the course starts it."""

import json
import os

import pytest
from jupyter_client.manager import start_new_kernel

from mirrorlab.commands import lab
from mirrorlab.course.learner.first_cell import which_cell

CELLS = ["from mirrorlab import boot\nx = 1", "def busy():\n    return boot", "y = busy()\nprint(z)", "%%time\nw = 1"]


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": source} for source in CELLS]}))
    return path


@pytest.mark.parametrize(
    ("name", "first_line"),
    [("boot", "from mirrorlab import boot"), ("x", "from mirrorlab import boot"), ("busy", "def busy():")],
)
def test_the_cell_that_makes_a_name_is_named_by_its_first_line(notebook, name, first_line):
    assert f'`{name}` is made by the cell that begins "{first_line}"' in which_cell(name, str(notebook))


@pytest.mark.parametrize("name", ["z", "nowhere", "w"])
def test_of_a_name_that_no_cell_makes_nothing_is_said(notebook, name):
    assert which_cell(name, str(notebook)) == ""


@pytest.mark.parametrize("damage", [None, "", "{", '{"cells": 3}'])
def test_a_notebook_that_cannot_be_read_is_no_second_error(tmp_path, damage):
    path = tmp_path / "n.ipynb"
    if damage is not None:
        path.write_text(damage)
    assert which_cell("x", str(path)) == ""
    assert which_cell("x", None) == ""


@pytest.fixture
def run(notebook, tmp_path):
    """Run code in a kernel as the course's JupyterLab starts it: what its error says, "" for none."""
    env = {**os.environ, **lab.kernel_environment({}), "JPY_SESSION_NAME": str(notebook)}
    env["IPYTHONDIR"] = str(tmp_path / "ipython")
    manager, client = start_new_kernel(kernel_name="python3", env=env)
    yield lambda code: "\n".join(
        client.execute_interactive(code, timeout=60, output_hook=lambda message: None)["content"].get("traceback", [])
    )
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_after_a_restart_a_kernel_says_which_cell_to_run(run):
    said = run("busy()")
    assert "NameError" in said
    assert "Run that cell" in said and '"def busy():"' in said
    assert "Run that cell" not in run("print(nowhere)")
    assert "Run that cell" not in run("1 / 0")
    assert run("busy = int; busy()") == ""
    assert run("assert not [name for name in globals() if 'cell' in name or 'watch' in name]") == ""


def test_a_startup_file_of_ones_own_is_kept():
    assert lab.kernel_environment({"PYTHONSTARTUP": "mine.py"}) == {}
