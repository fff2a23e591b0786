"""What a learner has done, in one JSON file of the user's data folder. Losing it loses no work, only the overview.

A file that is damaged is kept under another name and reported; a folder that cannot be written is reported once, and
then the notebook remembers for as long as it is open.
"""

import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mirrorlab.course.judge.outcome import NOT_STARTED, WORDS

FILE = "progress.json"
FOLDER_VARIABLE = "MIRRORLAB_DATA"  # where the file lies, instead of the user's data folder

Record = dict[str, Any]


def folder() -> Path:
    """Where the file lies."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    try:
        from platformdirs import user_data_path
    except ImportError:  # the model alone is installed
        return Path.home() / ".mirrorlab"
    return user_data_path("mirrorlab", appauthor=False)


class Store:
    """The file, read before each change, so that two open notebooks do not undo each other."""

    def __init__(self, place: Path | None = None) -> None:
        """place: the folder; None: asked for at each use, so that the environment may change."""
        self._place = place
        self._memory: Record | None = None  # used instead of a file that cannot be written
        self.notes: list[str] = []
        """Sentences for the learner, to be shown once: see `news`."""

    @property
    def path(self) -> Path:
        """The file's full name."""
        return (self._place or folder()) / FILE

    def news(self) -> list[str]:
        """The sentences that have not been shown yet."""
        notes, self.notes = self.notes, []
        return notes

    def read(self) -> Record:
        """Everything that is stored: exercises and predictions by name, and the learner's seed."""
        if self._memory is not None:
            return self._memory
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return _checked(found)
        except FileNotFoundError:
            return _checked({})
        except OSError as problem:
            self._forget(problem)
        except (ValueError, TypeError, RecursionError):
            self._set_aside()
        return self._memory if self._memory is not None else _checked({})

    def change(self, change: Callable[[Record], object]) -> Record:
        """Read, change and write; returns what is stored then."""
        record = self.read()
        change(record)
        if self._memory is None:
            try:
                write(self.path, record)
            except OSError as problem:
                self._forget(problem)
                self._memory = record
        return record

    def _forget(self, problem: OSError) -> None:
        self._memory = _checked({})
        self.notes.append(
            f"Progress cannot be stored in {self.path.parent} ({problem.strerror}): it is kept until you close this "
            f"notebook. To store it elsewhere, set {FOLDER_VARIABLE} to a folder you can write."
        )

    def _set_aside(self) -> None:
        """Keep a damaged file under an unused name."""
        for number in itertools.count(1):
            aside = self.path.with_name(f"progress.damaged-{number}.json")
            if not aside.exists():
                break
        try:
            self.path.rename(aside)
        except OSError as problem:
            self._forget(problem)
            return
        self.notes.append(f"The file with your progress was damaged. It is kept as {aside}; counting starts anew.")


def _checked(record: Any) -> Record:
    """The record with every part there. Raises TypeError when it has another shape."""
    if not isinstance(record, dict):
        raise TypeError("no record")
    record.setdefault("seed", 0)
    for part in ("exercises", "predictions"):
        entries = record.setdefault(part, {})
        if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
            raise TypeError(part)
    if not isinstance(record["seed"], int):
        raise TypeError("seed")
    for entry in record["exercises"].values():
        counts = [entry.get(count, 0) for count in ("attempts", "failures", "hints")]
        if not all(isinstance(count, int) and count >= 0 for count in counts):
            raise TypeError("counts")
        if entry.get("outcome", NOT_STARTED) not in WORDS:
            raise TypeError("outcome")
    return record


def write(path: Path, record: Record) -> None:
    """Write a file that is either there completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


STORE = Store()
