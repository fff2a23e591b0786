"""The course home: where the learner is and where to go on, from course.toml and what is stored of their work.

A lesson is *done* when all its exercises are solved; one without exercises, when all its predictions were answered or
shown. It is *begun* when anything of it is stored: a prediction, a checked exercise, a hint. *Here* is the one to go
on with: the last that was begun; where that one is done, the next that is not. All others are *new*, or, when there is
no notebook yet, *to come* or *planned*.
"""

from dataclasses import dataclass
from typing import Any

from mirrorlab.course.judge import exercise
from mirrorlab.course.learner.progress import STORE, Record, Store
from mirrorlab.course.notebook import Notebook
from mirrorlab.course.outline import Lesson, lessons, link

Picture = dict[str, Any]


@dataclass
class Way:
    """How far the learner is in one lesson."""

    lesson: Lesson
    answered: int
    """Predictions, answered or shown."""
    solved: dict[str, bool]
    """Its exercises."""
    checked: bool
    """Whether any exercise was tried."""

    @property
    def done(self) -> bool:
        """As this file's first lines say it."""
        return bool(self.lesson.file) and self.begun and (all(self.solved.values()) if self.solved else self.read)

    @property
    def begun(self) -> bool:
        """The same."""
        return self.answered > 0 or self.checked

    @property
    def read(self) -> bool:
        """Whether the lesson itself is behind the learner: what is open are exercises at the most."""
        return self.answered >= self.lesson.predictions or self.checked

    def left(self) -> float:
        """Minutes of it that are still to come."""
        share = 0 if self.read and self.begun else 1 - self.answered / max(1, self.lesson.predictions)
        open_ones = list(self.solved.values()).count(False)
        return share * self.lesson.minutes + open_ones / max(1, len(self.solved)) * self.lesson.exercises


def way_of(lesson: Lesson, record: Record) -> Way:
    """What is stored of a lesson."""
    answered = sum(name[:2] == lesson.number for name in record["predictions"])
    entries = {name: record["exercises"].get(name, {}) for name in exercise.of_set(lesson.number)}
    solved = {name: bool(entry.get("solved")) for name, entry in entries.items()}
    return Way(lesson, min(answered, lesson.predictions), solved, any(entries.values()))


def here(ways: list[Way]) -> Way | None:
    """The lesson to go on with; None when all that are written are done."""
    written = [way for way in ways if way.lesson.file]
    last = max((n for n, way in enumerate(written) if way.begun), default=0)
    return next((way for way in written[last:] + written[:last] if not way.done), None)


def overview(record: Record) -> Picture:
    """The whole course as plain data, for the view."""
    ways = [way_of(lesson, record) for lesson in lessons()]
    current = here(ways)
    chapters: dict[str, list[Picture]] = {}
    for way in ways:
        chapters.setdefault(way.lesson.chapter, []).append(_card(way, way is current))
    return {
        "on": _on(current) if current else None,
        "chapters": [{"name": name, "lessons": cards} for name, cards in chapters.items()],
    }


def _card(way: Way, is_here: bool) -> Picture:
    lesson = way.lesson
    if not lesson.file:
        state = "planned" if lesson.planned else "to come"
    else:
        state = "here" if is_here else "done" if way.done else "begun" if way.begun else "new"
    return {
        "number": lesson.number,
        "title": lesson.title,
        "state": state,
        "minutes": lesson.minutes,
        "exercises": list(way.solved.values()),
        "href": link("notebooks", lesson.notebook),
    }


def _on(way: Way) -> Picture:
    """The next action, what it opens, and the minutes left."""
    lesson = way.lesson
    all_minutes = lesson.minutes + lesson.exercises
    about = f"About {max(1, round(way.left()))} of {all_minutes} minutes left."
    path = lesson.notebook
    if not way.begun:
        action = "read the lesson"
        about = f"About {all_minutes} minutes{', exercises included' if lesson.exercises else ''}."
    elif not way.read:
        action = f"prediction {way.answered + 1} of {lesson.predictions}"
    else:
        number, name = next((n, name) for n, (name, solved) in enumerate(way.solved.items(), 1) if not solved)
        action = f"exercise {number} of {len(way.solved)}, {exercise.find(name).function}"
        path = lesson.exercise_notebook
    return {
        "number": lesson.number,
        "title": lesson.title,
        "sentence": f"Next: {action}. {about}",
        "verb": "Continue" if way.begun or lesson.number != "00" else "Start",
        "href": link("notebooks", path),
    }


def home(store: Store = STORE) -> Any:
    """The course home: what is done, and where to go on."""
    from mirrorlab.widgets.home import Home

    view = Home(lambda: overview(store.read()))
    for sentence in store.news():
        view.say(sentence)
    return view


def filled(found: Notebook, store: Store = STORE) -> Notebook:
    """The home's notebook with what it shows now, so that it is to be seen before anything is run."""
    from ipywidgets import embed

    view = home(store)
    output = {"output_type": "execute_result", "execution_count": 1, "data": view._repr_mimebundle_(), "metadata": {}}
    state = {"version_major": 2, "version_minor": 0, "state": embed.dependency_state([view], drop_defaults=False)}
    view.close()
    cells = [
        {**cell, "outputs": [output], "execution_count": 1} if cell["cell_type"] == "code" else cell
        for cell in found["cells"]
    ]
    metadata = {**found["metadata"], "widgets": {"application/vnd.jupyter.widget-state+json": state}}
    return {**found, "cells": cells, "metadata": metadata}
