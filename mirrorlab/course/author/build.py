"""The generator: solutions/NN_name.ipynb is the one source of an exercise set; the learner's notebook is made from it.

It also puts the way back and the next step (way.py) into each lesson and each solution.

Made by leaving out only: cells tagged hint, solution or explanation go, outputs go. What goes is collected in
texts.toml, for `hint()` and `explanation()`.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from mirrorlab.course import notebook
from mirrorlab.course.author import way
from mirrorlab.course.judge import exercise
from mirrorlab.course.learner.hints import CHECK, under
from mirrorlab.course.outline import SUFFIX, lessons
from mirrorlab.machine import files

TEXTS = "mirrorlab/course/learner/texts.toml"
OURS = ("exercise", "hint", "solution", "explanation")
LEFT_OUT = ("hint", "solution", "explanation")
OPENINGS = {"hint": "**Hint.**", "explanation": "**Explanation.**"}  # how such a cell begins, so no tag can be missing
COMMUTATIVE = (ast.Add, ast.Mult, ast.BitOr, ast.BitAnd, ast.BitXor)
MOST_TURNED = 4  # operators of one piece that are tried in either order
FEWEST_TOKENS = 5  # a shorter piece of a solution, such as `1 << order`, gives nothing away

Cell = dict[str, Any]


class BadSource(ValueError):
    """A solutions notebook is not fit to be made into exercises; the message names the cell and what to do."""


@dataclass
class Parts:
    """The cells of one exercise."""

    name: str
    stub: str
    solution: str = ""
    hints: list[str] = field(default_factory=list)
    explanation: str = ""
    after_failures: int = 1


def read(path: Path) -> list[Cell]:
    """The cells of a notebook, sources as text. Raises BadSource."""
    try:
        cells: list[Cell] = notebook.read(path)["cells"]
    except notebook.Damaged as problem:
        raise BadSource(problem) from None
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def tag_of(cell: Cell) -> str | None:
    """Which part of an exercise a cell is."""
    tags = [tag for tag in cell["metadata"].get("tags", []) if tag in OURS]
    if len(tags) > 1:
        raise BadSource(f"cell {cell.get('id')} has the tags {' and '.join(tags)}: keep one")
    return tags[0] if tags else None


def parts(cells: Iterable[Cell], file: str) -> list[Parts]:
    """The exercises of a notebook, in order. Raises BadSource when a part or a tag is missing."""
    found: list[Parts] = []
    for cell in cells:
        where = f"{file}, cell {cell.get('id')}"
        try:
            _add(cell, found)
        except BadSource as problem:
            raise BadSource(f"{where}: {problem}") from None
    for each in found:
        for part in LEFT_OUT:
            if not getattr(each, "hints" if part == "hint" else part):
                raise BadSource(f"{file}: {each.name} has no cell tagged {part}")
    if len({each.name for each in found}) < len(found):
        raise BadSource(f"{file}: two cells tagged exercise have the same name")
    return found


def _add(cell: Cell, found: list[Parts]) -> None:
    tag, source = tag_of(cell), cell["source"]
    name = CHECK.search(source) if cell["cell_type"] == "code" else None
    if name and tag not in ("exercise", "solution"):
        raise BadSource("it has a @check, so tag it exercise or solution")
    for part, opening in OPENINGS.items():
        if cell["cell_type"] == "markdown" and source.startswith(opening) != (tag == part):
            raise BadSource(f"a cell that begins with {opening} is tagged {part}, and no other is")
    if tag is None:
        return
    if tag in ("exercise", "solution"):
        if not name:
            raise BadSource(f'it is tagged {tag}, so begin it with @check("...")')
        if tag == "exercise":
            exercise.find(name[1])
            found.append(Parts(name[1], source))
            return
    if not found:
        raise BadSource(f"it is tagged {tag}, but no cell before it is tagged exercise")
    _fill(found[-1], tag, source.removeprefix(OPENINGS.get(tag, "")).strip(), cell, name[1] if name else "")


def _fill(part: Parts, tag: str, text: str, cell: Cell, name: str) -> None:
    if tag == "hint":
        part.hints.append(text)
        part.after_failures = cell["metadata"].get("after_failures", part.after_failures)
    elif getattr(part, tag):
        raise BadSource(f"{part.name} has two cells tagged {tag}")
    elif tag == "solution" and name != part.name:
        raise BadSource(f"it solves {name}, but the exercise above is {part.name}")
    else:
        setattr(part, tag, text)


# -- What must not be given away ------------------------------------------------------------------------------------


def leaks(part: Parts) -> list[str]:
    """Hints that contain a piece of the solution, as sentences."""
    stub = _plain(part.stub)
    given_away = []
    for number, text in enumerate(part.hints, 1):
        plain = _plain(text)
        for piece in _pieces(part.solution):
            if any(way in plain and way not in stub for way in map(_plain, _ways(piece))):
                says = ast.unparse(piece)
                given_away.append(f"hint {number} of {part.name} contains a piece of the solution: {says}")
                break
    return given_away


def _pieces(solution: str) -> Iterator[ast.AST]:
    """The simple statements of a solution, and the expressions that statements are made of, if long enough."""
    for node in ast.walk(ast.parse(solution)):
        if isinstance(node, ast.Return | ast.Assign | ast.AugAssign | ast.Expr | ast.If | ast.While | ast.For):
            whole = [] if isinstance(node, ast.If | ast.While | ast.For | ast.Expr) else [node]
            values = [getattr(node, name, None) for name in ("value", "test", "iter")]
            for piece in [*whole, *(value for value in values if isinstance(value, ast.expr))]:
                if isinstance(piece, ast.Constant):
                    continue
                text = ast.unparse(piece)
                if len(re.findall(r"\w+|[^\w\s]+", text)) >= FEWEST_TOKENS:
                    yield piece


def _ways(piece: ast.AST) -> list[str]:
    """A piece as text, with the two sides of its operators in either order where the order makes no difference."""
    either = [node for node in ast.walk(piece) if isinstance(node, ast.BinOp) and isinstance(node.op, COMMUTATIVE)]
    ways = []
    for turned in product((False, True), repeat=min(len(either), MOST_TURNED)):
        turn = [node for node, is_turned in zip(either, turned, strict=False) if is_turned]
        for node in turn:
            node.left, node.right = node.right, node.left
        ways.append(ast.unparse(piece))
        for node in turn:
            node.left, node.right = node.right, node.left
    return ways


def _plain(text: str) -> str:
    """Text without what a formatter may change, and powers of two written in one way."""
    return re.sub(r"[\s()`]+", "", re.sub(r"\b2\s*\*\*", "1<<", text))


# -- Writing --------------------------------------------------------------------------------------------------------


def learners_copy(source: dict[str, Any], rule: str | None = None) -> dict[str, Any]:
    """The exercise notebook made from a solutions notebook; with a rule, every check is under that rule."""
    cells = []
    for cell in source["cells"]:
        if tag_of(cell) in LEFT_OUT:
            continue
        if cell["cell_type"] == "code":
            cell = {**cell, "outputs": [], "execution_count": None}
        if rule and tag_of(cell) == "exercise":
            cell = {**cell, "source": under(rule, "".join(cell["source"])).splitlines(keepends=True)}
        cells.append(cell)
    return {**source, "cells": cells}


def as_toml(found: Iterable[Parts]) -> str:
    """The texts of all exercises. A JSON string is a TOML string too."""

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    lines = ["# Made by `mirrorlab course build` from solutions/: change the texts there.", ""]
    for each in found:
        lines += [
            f"[{quoted(each.name)}]",
            f"after_failures = {each.after_failures}",
            f"stub = {quoted(each.stub)}",
            "hints = [",
            *(f"    {quoted(hint)}," for hint in each.hints),
            "]",
            f"explanation = {quoted(each.explanation)}",
            "",
        ]
    return "\n".join(lines)


def sources(root: Path) -> list[Path]:
    """The solutions notebooks of a course."""
    return sorted((root / "solutions").glob("*.ipynb"))


def build(root: Path, rule: str | None = None) -> dict[str, str]:
    """What the generated files contain, by their path below root; under a rule the exercises only. Raises BadSource."""
    made = {}
    everything: list[Parts] = []
    for path in sources(root):
        found = parts(read(path), path.name)
        given_away = [leak for part in found for leak in leaks(part)]
        if given_away:
            raise BadSource(f"{path.name}: {given_away[0]}")
        everything += found
        source = _with_way(path, _notebook(path))
        made[f"exercises/{path.stem}{SUFFIX}.ipynb"] = _as_json(learners_copy(source, rule))
    if rule is None:
        made[TEXTS] = as_toml(everything)
        for path in [*sources(root), *sorted((root / "notebooks").glob("*.ipynb"))]:
            stored = _notebook(path)
            if (wanted := _with_way(path, stored)) != stored:
                made[f"{path.parent.name}/{path.name}"] = _as_json(wanted)
    return made


def _notebook(path: Path) -> notebook.Notebook:
    try:
        return notebook.read(path)
    except notebook.Damaged as problem:
        raise BadSource(problem) from None


def _with_way(path: Path, found: notebook.Notebook) -> notebook.Notebook:
    """A lesson or a solution with the way back and the next step; what course.toml does not name, as it is."""
    lesson = next((each for each in lessons() if each.file == path.stem), None)
    return way.with_way(found, lesson, path.parent.name == "solutions") if lesson else found


def _as_json(found: notebook.Notebook) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def out_of_date(root: Path) -> list[str]:
    """Generated files that differ from what would be generated, one sentence each."""
    made = build(root)
    remedy = "is not what solutions/ makes: change it there, then run 'mirrorlab course build'."
    no_way = "does not begin and end as course.toml says: run 'mirrorlab course build'."
    generated = ("exercises/", TEXTS)
    faults = [f"{name} {remedy if name.startswith(generated) else no_way}" for name in _different(root, made)]
    faults += way.faults(root)
    for path in sorted((root / "exercises").glob("*.ipynb")):
        if f"exercises/{path.name}" not in made:
            faults.append(f"exercises/{path.name} has no notebook in solutions/: write one, or delete it.")
    return faults


def write(root: Path, made: dict[str, str]) -> list[str]:
    """Write generated files, each completely or not at all; returns the names of those that changed."""
    changed = _different(root, made)
    for name in changed:
        files.write(root / name, made[name])
    return changed


def _different(root: Path, made: dict[str, str]) -> list[str]:
    return [name for name in made if _text(root / name) != made[name]]


def _text(path: Path) -> str | None:
    """A file's text, the ends of its lines as Python has them; None when there is none."""
    try:
        return files.read(path).decode().replace("\r\n", "\n")
    except ValueError:  # unreadable, or no text
        return None
