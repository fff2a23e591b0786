"""The model stays small enough to be held in one's head."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mirrorlab"
PAGE_ALLOC = PACKAGE / "linux" / "page_alloc.py"
LINES = {"page_alloc.py": 900, "slab.py": 530}  # and 500 for every other file


def functions():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                yield f"{path.name}: {node.name}", lines


def test_no_function_body_is_longer_than_60_lines():
    assert [name for name, lines in functions() if lines > 60] == []


def test_nine_function_bodies_in_ten_are_shorter_than_25_lines():
    lengths = [lines for _, lines in functions()]
    assert sum(lines < 25 for lines in lengths) >= 0.9 * len(lengths)


def test_no_file_is_too_long_to_read():
    long = {path.name: len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {name: lines for name, lines in long.items() if lines > LINES.get(name, 500)} == {}


@pytest.mark.parametrize("ending", ["py", "js", "css"])
def test_no_line_is_longer_than_120_columns(ending):
    lines = [
        (f"{path.relative_to(PACKAGE)}:{number}", len(line))
        for path in PACKAGE.rglob(f"*.{ending}")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]
    assert lines and [where for where, columns in lines if columns > 120] == []


def test_every_public_function_of_the_model_says_what_it_does():
    silent = []
    for path in (PACKAGE / "linux").glob("*.py"):
        tree = ast.parse(path.read_text())
        for node in [tree, *(node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))]:
            if not ast.get_docstring(node):
                silent.append(f"{path.name}: {getattr(node, 'name', 'the file')}")
    assert silent == []


def test_the_steps_of_page_alloc_have_one_fixed_set_of_headings():
    steps = {"Find the list", "Take", "Mark", "Split or merge", "Put back", "Count"}
    comments = re.findall(r"^ +# ((?:Find|Take|Mark|Split|Merge|Put|Count)\b[^.:]*)", PAGE_ALLOC.read_text(), re.M)
    assert set(comments) == steps
