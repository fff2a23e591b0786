"""Hints in order, the explanation afterwards, a fresh start, and the overview.

The texts are written in solutions/*.ipynb; `mirrorlab course build` collects them in texts.toml.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from mirrorlab.course.judge import exercise, outcome, rules
from mirrorlab.course.learner.progress import STORE, Record, Store
from mirrorlab.words import count, table

TEXTS = Path(__file__).with_name("texts.toml")
CHECK = re.compile(r'^@check\("([^"]+)"', re.MULTILINE)


class Said:
    """A text for the learner, shown as Markdown in a notebook."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


@cache
def texts() -> dict[str, Any]:
    """For each exercise: its stub, its hints, the failures before the first hint, and its explanation."""
    return tomllib.loads(TEXTS.read_text(encoding="utf-8")) if TEXTS.exists() else {}


def _of(name: str) -> dict[str, Any]:
    exercise.find(name)  # raises for a name that does not exist
    return dict(texts().get(name, {}))


def hint(name: str, store: Store = STORE) -> Said:
    """The next hint. The first comes after as many failed checks as the exercise asks for, usually one."""
    written = _of(name)
    latest = outcome.LATEST.get(name)
    of_linux = (
        f"This speaks of Linux; your check runs under the rule {latest.rule}.\n\n" if latest and latest.rule else ""
    )
    hints = written.get("hints", [])
    entry = store.read()["exercises"].get(name, {})
    taken = entry.get("hints", 0)
    missing = written.get("after_failures", 1) - entry.get("failures", 0)
    if missing > 0 and not taken and not entry.get("solved"):
        return Said(f"Try first: a hint comes after {count(missing, 'more failed check')} of {name}.")
    if not hints:
        return Said(f"There is no hint for {name}.")
    if taken < len(hints):
        store.change(lambda record: record["exercises"].setdefault(name, {}).update(hints=taken + 1))
        return Said(f"{of_linux}**Hint {taken + 1} of {len(hints)}.** {hints[taken]}")
    everything = "\n\n".join(f"**Hint {number}.** {text}" for number, text in enumerate(hints, 1))
    return Said(f"{of_linux}These are all the hints.\n\n{everything}")


def next_hint(name: str, store: Store = STORE) -> str:
    """What the button for hints is called now; empty where there is none."""
    hints = texts().get(name, {}).get("hints", [])
    taken = store.read()["exercises"].get(name, {}).get("hints", 0)
    if not hints:
        return ""
    return f"Hint {taken + 1} of {len(hints)}" if taken < len(hints) else "All hints"


def under(rule: str, stub: str) -> str:
    """A stub whose check is under a rule; that of a plain function stays as it is, since no rule applies to it."""
    name = CHECK.search(stub)
    if name and isinstance(exercise.find(name[1]), exercise.PlainExercise):
        return stub
    return f"# {rules.find(rule).sentence}\n" + CHECK.sub(lambda found: f'{found[0]}, rule="{rule}"', stub)


def explanation(name: str, store: Store = STORE) -> Said:
    """Why the answer is what it is; for those who have it."""
    written = _of(name)
    if not store.read()["exercises"].get(name, {}).get("solved"):
        return Said(f"First solve {name}. `hint({name!r})` helps.")
    return Said(written.get("explanation", f"There is no explanation for {name}."))


def reset(name: str, store: Store = STORE) -> Said:
    """Forget attempts and hints of one exercise, and show its first text again; your cell stays as it is."""
    written = _of(name)
    store.change(lambda record: record["exercises"].pop(name, None))
    stub = written.get("stub", "")
    return Said(f"{name} starts again. To begin with the first text, put this into its cell:\n\n```python\n{stub}\n```")


class Progress:
    """A table: exercise, outcome, attempts, hints."""

    def __init__(self, record: Record, notes: list[str]) -> None:
        entries = {name: record["exercises"].get(name, {}) for name in exercise.all_exercises()}
        self.rows = [
            (name, entry.get("outcome", "not started"), entry.get("attempts", 0), entry.get("hints", 0))
            for name, entry in entries.items()
        ]
        self.solved = sum(bool(entry.get("solved")) for entry in record["exercises"].values())
        self.predictions = [
            entry for entry in record["predictions"].values() if "right" in entry
        ]  # the others: skipped
        self.notes = notes

    def __repr__(self) -> str:
        lines = [*self.notes, *table([("exercise", "last check", "attempts", "hints"), *self.rows], "<<>")]
        lines.append(f"{self.solved} of {len(self.rows)} solved")
        if self.predictions:
            right = sum(bool(each.get("right")) for each in self.predictions)
            lines.append(f"{right} of {len(self.predictions)} predictions came true")
        return "\n".join(lines)


def progress(store: Store = STORE) -> Progress:
    """How far you are."""
    record = store.read()
    return Progress(record, store.news())
