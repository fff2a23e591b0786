"""What a learner has done, in one JSON file of the user's data folder. Losing it loses no work, only the overview.

A file that is damaged is kept under another name and reported; a folder that cannot be written is reported once, and
then the notebook remembers, and writes it all when it can.
"""

import errno
import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mirrorlab.course.judge.outcome import NOT_STARTED, WORDS
from mirrorlab.machine import files

FILE = "progress.json"
LOCK = ".progress.lock"
PATIENCE = 10  # seconds that a change waits for another notebook's
NO_RECORD = (ValueError, TypeError, RecursionError)  # what reading a damaged file raises
FOLDER_VARIABLE = "MIRRORLAB_DATA"  # where the file lies, instead of the user's data folder

Record = dict[str, Any]
Change = Callable[[Record], object]


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
    """The file. Each change reads it, alters it and writes it under a lock, so that notebooks lose nothing of another.

    A change that cannot be written is kept and tried again with the next one.
    """

    def __init__(self, place: Path | None = None) -> None:
        """place: the folder; None: asked for at each use, so that the environment may change."""
        self._place = place
        self._waiting: list[Change] = []  # changes that could not be written yet
        self._noted = False  # whether it was said that nothing can be stored
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
        try:
            try:
                record = self._in_file()
            except NO_RECORD:
                with self._locked():
                    record = self._in_file_or_anew()
        except OSError as problem:
            self._note(problem)
            record = _checked({})
        return _altered(record, self._waiting)

    def change(self, change: Change) -> Record:
        """Read, change and write; returns what is stored then."""
        changes = [*self._waiting, change]
        try:
            with self._locked():
                record = _altered(self._in_file_or_anew(), changes)
                write(self.path, record)
        except OSError as problem:
            self._note(problem)
            self._waiting = changes
            return self.read()
        self._waiting, self._noted = [], False
        return record

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other notebooks out; the system opens the lock of a process that is gone. Raises OSError."""
        try:
            from filelock import FileLock, Timeout
        except ImportError:  # the model alone is installed
            yield
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path.with_name(LOCK), timeout=PATIENCE, poll_interval=0.005):
                yield
        except Timeout:
            raise OSError(errno.EBUSY, f"another notebook has kept it locked for {PATIENCE} s") from None

    def _in_file(self) -> Record:
        """What the file says. Raises OSError, and NO_RECORD when it is damaged."""
        try:
            return _checked(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return _checked({})

    def _in_file_or_anew(self) -> Record:
        """The same; a damaged file is set aside. Asks for the lock: only then it is sure which file is renamed."""
        try:
            return self._in_file()
        except NO_RECORD:
            self._set_aside()
            return _checked({})

    def _note(self, problem: OSError) -> None:
        """Say it once, until something could be stored again."""
        if self._noted:
            return
        self._noted = True
        self.notes.append(
            f"Progress cannot be stored in {self.path.parent} ({problem.strerror or problem}): it is kept until you "
            f"close this notebook. To store it elsewhere, set {FOLDER_VARIABLE} to a folder you can write."
        )

    def _set_aside(self) -> None:
        """Keep a damaged file under an unused name. Raises OSError."""
        for number in itertools.count(1):
            aside = self.path.with_name(f"progress.damaged-{number}.json")
            if not aside.exists():
                break
        self.path.rename(aside)
        self.notes.append(f"The file with your progress was damaged. It is kept as {aside}; progress starts at zero.")


def _altered(record: Record, changes: Iterable[Change]) -> Record:
    for change in changes:
        change(record)
    return record


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
    """Write the file, completely or not at all. Raises OSError."""
    files.write(path, json.dumps(record, indent=1) + "\n")


STORE = Store()
