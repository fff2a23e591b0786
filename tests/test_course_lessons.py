"""What a lesson asks the learner to do works: names are there, cells run alone, a seed asks other questions."""

import ast
import json
import re
from pathlib import Path

import pytest

from mirrorlab import course

ROOT = Path(__file__).parent.parent
FOLDERS = ("notebooks", "exercises", "solutions")
EVERY = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))]
OURS = re.compile(rf"\b({'|'.join(course.__all__)})\(")


def cells_of(path, kind):
    """A notebook's cells of one kind, sources as text."""
    cells = json.loads(path.read_text())["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells if cell["cell_type"] == kind]


def imported(path):
    """All names that a notebook imports."""
    nodes = [node for cell in cells_of(path, "code") for node in ast.walk(ast.parse(cell["source"]))]
    return {alias.asname or alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}


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
    assert told_to_call(EVERY[0]) >= {"glossary", "hint", "player", "progress", "reset", "toy"}
