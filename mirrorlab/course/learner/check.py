"""`@check("ex03.free_one_page")` above a learner's function: the check runs when the cell runs."""

import os
from collections.abc import Callable
from typing import Any

from mirrorlab.course.judge import exercise, outcome, rules
from mirrorlab.course.judge.judge import judge
from mirrorlab.course.judge.outcome import NOT_STARTED, NotRight, Outcome
from mirrorlab.course.learner import stale
from mirrorlab.course.learner.progress import STORE, Record, Store

STRICT_VARIABLE = "MIRRORLAB_STRICT"  # set to 1 in CI and by graders


def check(name: str, *, rule: str | None = None, strict: bool | None = None) -> Callable[[Any], Any]:
    """Judge the function below and show the outcome; the function stays usable under its name.

    name: of the exercise.
    rule: an altered rule such as "max_order=8"; None: Linux as it is.
    strict: raise NotRight unless the outcome is right; None: only when MIRRORLAB_STRICT is set.

    Raises ValueError for an exercise or a rule that does not exist.
    """
    chosen = exercise.find(name)
    under = rules.find(rule)

    def judged(function: Any) -> Any:
        found = judge(chosen, function, under)
        note(found)
        outcome.keep(found)
        if hasattr(function, "__dict__"):
            function.outcome = found
        found.banner = stale.warnings() + STORE.news()
        if (in_strict_mode() if strict is None else strict) and not found.right:
            raise NotRight(found)
        show(found)
        return function

    return judged


def in_strict_mode() -> bool:
    """Whether anything but right is an error."""
    return os.environ.get(STRICT_VARIABLE, "") not in ("", "0")


def note(found: Outcome, store: Store = STORE) -> None:
    """Store what came of a check. A function that was not started counts as no attempt."""
    if found.word == NOT_STARTED:
        return

    def change(record: Record) -> None:
        entry = record["exercises"].setdefault(found.exercise, {})
        entry["attempts"] = entry.get("attempts", 0) + 1
        entry["failures"] = entry.get("failures", 0) + (not found.right)
        entry["outcome"] = found.word
        entry["solved"] = entry.get("solved", False) or found.right

    store.change(change)


def show(thing: Any) -> None:
    """Show something in the notebook, or print it where there is none."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(thing)
        return
    if get_ipython() is None:
        print(thing)
    else:
        display(thing)
