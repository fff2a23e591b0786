"""The lessons in their order, as course.toml says: what the course home, the generator and the export go by."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

TABLE = Path(__file__).with_name("course.toml")
HOME = "notebooks/home.ipynb"
SUFFIX = "_exercises"  # of the file of an exercise set, so that its tab is told from the lesson's


@dataclass(frozen=True)
class Lesson:
    """A lesson, written or still to come."""

    number: str
    """Two digits: it stands in the names of its files, its predictions and its exercises."""
    chapter: str
    title: str
    file: str = ""
    minutes: int = 0
    predictions: int = 0
    exercises: int = 0
    """Minutes for its exercises; 0: it has none."""
    planned: bool = False

    @property
    def notebook(self) -> str:
        """Its path below the course's folder; "" for one that is not written yet."""
        return f"notebooks/{self.file}.ipynb" if self.file else ""

    @property
    def exercise_notebook(self) -> str:
        """The same of its exercises; "" where there are none."""
        return f"exercises/{self.file}{SUFFIX}.ipynb" if self.exercises else ""


def link(folder: str, path: str) -> str:
    """A path below the course as a link from a notebook in one of its folders; "" for ""."""
    there = PurePosixPath(path)
    return there.name if str(there.parent) == folder else f"../{there}" if path else ""


@cache
def lessons() -> tuple[Lesson, ...]:
    """All lessons; the chapters are in their order too."""
    chapters = tomllib.loads(TABLE.read_text(encoding="utf-8"))["chapter"]
    entries = [(chapter["name"], entry) for chapter in chapters for entry in chapter["lessons"]]
    return tuple(Lesson(f"{n:02}", chapter, **entry) for n, (chapter, entry) in enumerate(entries))
