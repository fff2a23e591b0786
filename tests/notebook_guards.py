"""What no notebook runner looks at: each guard returns one sentence for each thing wrong in a notebook."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from mirrorlab.course.author import way

Cell = dict[str, Any]

ALLOWED_MAGICS: set[str] = set()  # names, for example "matplotlib"; an unknown magic is an error no runner sees
MAGIC_CALLS = {"run_line_magic", "run_cell_magic", "system", "getoutput", "magic"}
HIDES_ERRORS = re.compile(r"\w*(set_custom_exc|showtraceback|excepthook)\w*")  # no runner but nbclient sees them then
RAISES = {"raises-exception", "nbval-raises-exception"}
UNCHECKED = {"nbval-skip", "nbval-ignore-output", "pytest-validate-ignore-output"}
EXEMPT = {"exercise", "solution"}  # tags of cells that may be long
WIDGET = "application/vnd.jupyter.widget-view+json"
MIN_CELLS, MAX_CELLS = 12, 25
MAX_LINES, MAX_WORDS = 10, 60


def problems(path: Path, lesson: bool = True) -> list[str]:
    """Return everything wrong with a notebook; the budgets are for lessons only."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        cell["source"] = "".join(cell["source"])
    home = path.name == "home.ipynb"  # its view is text; test_course_home.py looks at its twin
    guards = [ids, executed, magics, handlers, exceptions]
    guards += ([] if home else [pictures]) + ([budgets] if lesson and not home else [])
    return [f"{path.name}: {problem}" for guard in guards for problem in guard(cells)]


def ids(cells: list[Cell]) -> Iterator[str]:
    seen = set()
    for number, cell in enumerate(cells):
        if not cell.get("id"):
            yield f"cell {number} has no id"
        elif cell["id"] in seen:
            yield f"cell {number} has the id of an earlier cell, {cell['id']}"
        seen.add(cell.get("id"))


def executed(cells: list[Cell]) -> Iterator[str]:
    """Cells that were not run are compared with nothing; nor are cells that nbval is told to leave out."""
    counts = [cell["execution_count"] for _, cell in code(cells)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"run all cells from the top before committing: the execution counts are {counts}"
    for number, cell in code(cells):
        if marks(cell) & UNCHECKED:
            yield f"cell {number} is kept from being checked: {', '.join(sorted(marks(cell) & UNCHECKED))}"


def magics(cells: list[Cell]) -> Iterator[str]:
    for number, cell in code(cells):
        try:
            tree = ast.parse(TransformerManager().transform_cell(cell["source"]))
        except SyntaxError as error:
            yield f"cell {number} is not Python: {error.msg}"
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MAGIC_CALLS:
                name = ast.literal_eval(node.args[0]) if node.args else ""
                if "magic" not in node.func.attr or name not in ALLOWED_MAGICS:
                    yield f"cell {number} uses a magic or shell command that is not allowed: {name}"


def handlers(cells: list[Cell]) -> Iterator[str]:
    for number, cell in code(cells):
        found = HIDES_ERRORS.search(cell["source"])
        if found:
            yield f"cell {number} decides how errors are shown, so none may be seen: {found[0]}"


def exceptions(cells: list[Cell]) -> Iterator[str]:
    for number, cell in code(cells):
        holds_error = any(output["output_type"] == "error" for output in cell["outputs"])
        if marks(cell) & RAISES and not holds_error:
            yield f"cell {number} is tagged as raising an exception, but its stored output holds none"
        if holds_error and not marks(cell) & RAISES:
            yield f"cell {number} holds an error, but is not tagged raises-exception"


def pictures(cells: list[Cell]) -> Iterator[str]:
    for number, cell in code(cells):
        if any(is_picture(output) for output in cell["outputs"]) and not any(is_text(o) for o in cell["outputs"]):
            yield f"cell {number} shows a picture, but does not print the same thing as text"


def is_picture(output: Cell) -> bool:
    data = output.get("data", {})
    html = "".join(data.get("text/html", ""))
    return any(kind.startswith("image/") for kind in data) or bool(re.search(r"<(img|svg|canvas)\b", html))


def is_text(output: Cell) -> bool:
    """Look whether people can read this output as text; `<Figure size 640x480>` is not enough, nor a widget's name."""
    if output["output_type"] == "stream":
        return output["name"] == "stdout" and bool("".join(output["text"]).strip())
    data = output.get("data", {})
    text = "".join(data.get("text/plain", "")).strip()
    told = "\n" in text if WIDGET in data else bool(text)  # a view tells in lines what it shows
    return told and not re.fullmatch(r"<.*>", text, re.DOTALL)


def budgets(cells: list[Cell]) -> Iterator[str]:
    cells = [cell for cell in cells if cell.get("id") not in (way.BACK, way.ON)]
    if not MIN_CELLS <= len(cells) <= MAX_CELLS:
        yield f"{len(cells)} cells; a lesson has {MIN_CELLS} to {MAX_CELLS}"
    widgets = 0
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            lines = len(cell["source"].splitlines())
            if lines > MAX_LINES and not marks(cell) & EXEMPT:
                yield f"cell {number} has {lines} lines of code; at most {MAX_LINES}"
            widgets += sum(WIDGET in output.get("data", {}) for output in cell["outputs"])
            if widgets > 1:
                yield f"cell {number} shows a second widget in its section"
        else:
            words = len(cell["source"].split())
            if words > MAX_WORDS:
                yield f"cell {number} has {words} words; at most {MAX_WORDS}"
            if re.search(r"^#", cell["source"], re.MULTILINE):
                widgets = 0


def code(cells: list[Cell]) -> Iterator[tuple[int, Cell]]:
    return ((number, cell) for number, cell in enumerate(cells) if cell["cell_type"] == "code")


def marks(cell: Cell) -> set[str]:
    """Return a cell's tags, and nbval's comments as if they were tags."""
    comments = re.findall(r"^\s*#+\s*([A-Z_]+)\s*$", cell["source"], re.MULTILINE)
    return {*cell["metadata"].get("tags", []), *(comment.lower().replace("_", "-") for comment in comments)}
