"""What a lesson asks the learner to do works: names are there, cells run alone, a seed asks other questions."""

import ast
import builtins
import json
import re
from pathlib import Path

import nbformat
import pytest
from test_notebooks import execute

from mirrorlab import course
from mirrorlab.course import set_seed
from mirrorlab.course.learner import stale
from mirrorlab.course.learner.progress import Store

ROOT = Path(__file__).parent.parent
FOLDERS = ("notebooks", "exercises", "solutions")
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
EVERY = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("[0-9]*.ipynb"))]
OURS = re.compile(rf"\b({'|'.join(course.__all__)})\(")


def cells_of(path, kind):
    """A notebook's cells of one kind, sources as text."""
    cells = json.loads(path.read_text())["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells if cell["cell_type"] == kind]


def imported(path):
    """All names that a notebook imports."""
    return set().union(*(imports(cell["source"]) for cell in cells_of(path, "code")))


def imports(source):
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name for node in nodes for alias in node.names}


def told_to_call(path):
    """Functions of the course that prose or a stored output tells the learner to call."""
    texts = [code for cell in cells_of(path, "markdown") for code in re.findall("`[^`]+`", cell["source"])]
    for cell in cells_of(path, "code"):
        texts += ["".join(output.get("data", {}).get("text/plain", "")) for output in cell["outputs"]]
    checks = {"hint", "explanation"} if "check" in imported(path) else set()  # what an outcome names
    return set(OURS.findall("\n".join(texts))) | checks


@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_a_learner_is_told_to_call_is_imported(path):
    assert told_to_call(path) - imported(path) == set()


def test_checks_and_prose_do_tell_the_learner_to_call_something():
    assert told_to_call(EVERY[0]) >= {"glossary", "hint", "player", "progress", "toy"}


def needed_from_elsewhere(path):
    """For each cell of a lesson: names that neither it nor the cells to run first make (see `set_up`)."""
    first = set_up(path)
    there = set(dir(builtins)).union(*(imports(source) | stale.names(source)[0] for source in first))
    found = {}
    for cell in cells_of(path, "code"):
        missing = stale.names(cell["source"])[1] - imports(cell["source"]) - there
        if missing:
            found[cell["id"]] = missing
    return found


def set_up(path):
    """The cells that a lesson tells to run first: the one with the course's imports, and those right below it."""
    cells = json.loads(path.read_text())["cells"]
    [start] = [n for n, cell in enumerate(cells) if "from mirrorlab.course import" in "".join(cell["source"])]
    stop = next(n for n in range(start, len(cells)) if cells[n]["cell_type"] != "code")
    return ["".join(cell["source"]) for cell in cells[start:stop]]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_cell_runs_alone_after_the_imports(path):
    assert needed_from_elsewhere(path) == {}


def test_a_cell_that_needs_another_is_found(tmp_path):
    sources = ["import mirrorlab\nfrom mirrorlab.course import toy", None, "x = toy(64)\nprint(x)", "len(x)"]
    cells = [
        {"cell_type": "code" if text else "markdown", "id": n, "source": text or "#"} for n, text in enumerate(sources)
    ]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    assert needed_from_elsewhere(tmp_path / "n.ipynb") == {3: {"x"}}


# --- other numbers ---


def texts(notebook):
    """What stands below the cells of a notebook as text, all in one."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


@pytest.mark.parametrize("path", LESSONS[:5], ids=lambda path: path.stem)
def test_with_another_seed_a_lesson_asks_something_else_and_runs_through(path, monkeypatch, tmp_path):
    monkeypatch.setenv("MIRRORLAB_DATA", str(tmp_path))
    monkeypatch.setenv("MIRRORLAB_READING", "1")
    set_seed(7, Store(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    printed = texts(notebook)
    execute(notebook, path.parent)
    if "variant" in imported(path):  # its words do not follow the seed, as those of a card do
        assert "With your seed, 7: " in texts(notebook) and "With your seed" not in printed
    answers, others = (re.findall("^(?:it is|Linux): .*", text, re.MULTILINE) for text in (printed, texts(notebook)))
    assert len(others) == len(answers) > 0
    assert others != answers
