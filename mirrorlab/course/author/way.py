"""The way back and the next step: the first and the last cell of each notebook, made from course.toml; and minutes."""

import ast
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mirrorlab.course import notebook
from mirrorlab.course.notebook import Notebook
from mirrorlab.course.outline import HOME, Lesson, lessons, link

BACK, ON = "way-back", "way-on"  # the ids of the two cells
WORDS, LINES = 180, 10  # of prose and of code in sight that are read in a minute
PREDICTION, VIEW = 1, 2  # minutes to think before one predicts, and to try a view
STEP = 5  # minutes are rounded up to it: running cells and reading what they print takes time too
VIEWS = "application/vnd.jupyter.widget-view+json"
TABLE = "mirrorlab/course/course.toml"
ASKING = ("predict", "ask")  # functions
NAMED = re.compile(r"\d\d[ .]")


def with_way(found: Notebook, lesson: Lesson, exercises: bool = False) -> Notebook:
    """A lesson's notebook, or that of its exercises, between its two cells as they should be now."""
    own = [cell for cell in found["cells"] if cell.get("id") not in (BACK, ON)]
    back, on = (back_from_exercises, on_from_exercises) if exercises else (back_from_lesson, on_from_lesson)
    return {**found, "cells": [_cell(BACK, back(lesson)), *own, _cell(ON, on(lesson))]}


def _cell(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text.splitlines(keepends=True)}


def back_from_lesson(lesson: Lesson) -> str:
    """Where the learner is, and how long it takes."""
    more = f" · then {_exercises(lesson)}" if lesson.exercises else ""
    return f"[Course home]({link('notebooks', HOME)}) · {lesson.chapter} · about {lesson.minutes} minutes{more}"


def on_from_lesson(lesson: Lesson) -> str:
    """The exercises, if there are any, and the lesson after them."""
    if not lesson.exercises:
        return f"**Next:** {_after(lesson, 'notebooks')}"
    return f"**Next:** {_exercises(lesson)}. After them: {_after(lesson, 'notebooks')}"


def back_from_exercises(lesson: Lesson) -> str:
    """The lesson they belong to."""
    return f"[Course home]({link('exercises', HOME)}) · {_link(lesson, 'exercises')}"


def on_from_exercises(lesson: Lesson) -> str:
    """The next lesson."""
    return f"**Next:** {_after(lesson, 'exercises')}"


def _exercises(lesson: Lesson) -> str:
    path = link("notebooks", lesson.exercise_notebook)
    return f"[exercises {lesson.number}]({path}), about {lesson.exercises} minutes"


def _after(lesson: Lesson, folder: str) -> str:
    """The lesson after this one, as a link if there is one to open."""
    later = [each for each in lessons() if each.number > lesson.number]
    home = f"[course home]({link(folder, HOME)})"
    if not later:
        return f"{home}. This was the last lesson."
    if not later[0].file:
        return f"{home}. Lesson {later[0].number}, {later[0].title}, is still to come."
    return f"{_link(later[0], folder)}. Or back to the {home}."


def _link(lesson: Lesson, folder: str) -> str:
    return f"[lesson {lesson.number}, {lesson.title}]({link(folder, lesson.notebook)})"


# -- Measured --------------------------------------------------------------------------------------------------------


def minutes(found: Notebook) -> int:
    """How long a lesson takes: reading its prose and the code in sight, predicting, and trying its views."""
    time = 0.0
    for cell in found["cells"]:
        source = "".join(cell["source"])
        if cell.get("id") in (BACK, ON):
            continue
        if cell["cell_type"] == "markdown":
            time += len(source.split()) / WORDS
            continue
        hidden = cell["metadata"].get("jupyter", {}).get("source_hidden")
        time += 0 if hidden else sum(bool(line.strip()) for line in source.splitlines()) / LINES
        shown = [output.get("data", {}) for output in cell.get("outputs", [])]
        if asked := list(asks(source)):  # its words stand on its card, for which there may be no cell
            words = sum(len("".join(data.get("text/plain", "")).split()) for data in shown)
            time += len(asked) * PREDICTION + words / WORDS
        else:
            time += VIEW * any(VIEWS in data for data in shown)
    return STEP * math.ceil(time / STEP)


def asks(source: str) -> Iterator[str]:
    """The names of the predictions that a cell asks for; "" for one without a name, which is not counted as done."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ASKING:
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            texts = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            yield next(filter(NAMED.match, texts), "")


def faults(root: Path) -> list[str]:
    """What course.toml says wrongly of the notebooks below root, and what to write there: a sentence each."""
    found = []
    for lesson in filter(lambda each: (root / each.notebook).is_file(), lessons()):
        cells = notebook.read(root / lesson.notebook)
        names = [
            name for cell in cells["cells"] if cell["cell_type"] == "code" for name in asks("".join(cell["source"]))
        ]
        for key, right in (("minutes", minutes(cells)), ("predictions", len(set(names)))):
            if getattr(lesson, key) != right:
                found.append(f"{TABLE}: write {key} = {right} for {lesson.notebook}.")
        found += [
            f'{lesson.notebook} asks for the prediction "{name}": give it a name that begins with {lesson.number}.'
            for name in names
            if name[:2] != lesson.number
        ]
    return found
