"""`@check("ex03.free_one_page")` above a learner's function: the check runs when the cell runs."""

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from mirrorlab.course.judge import exercise, outcome, rules
from mirrorlab.course.judge.answer import WRITE_IT, Unfit, answer_of, is_ours
from mirrorlab.course.judge.judge import SECONDS, judge
from mirrorlab.course.judge.launch import in_place, is_set
from mirrorlab.course.judge.outcome import NOT_STARTED, NotRight, Outcome
from mirrorlab.course.judge.service import SERVICE
from mirrorlab.course.learner import stale, verdict
from mirrorlab.course.learner.progress import STORE, Record, Store

IN_PLACE_NOTE = "Judged in this process: no limit of time or memory, and nothing is hidden from the function."
FIRST = "ex00.zone_spans_pfn"
STRICT_VARIABLE = "MIRRORLAB_STRICT"  # set to 1 in CI and by graders
READING_VARIABLE = "MIRRORLAB_READING"  # set to 1 where outputs are stored and compared: they are read without a kernel


class Interrupted(Exception):
    """The stop button ended a check."""

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows in place of a traceback."""
        return [str(self)]


class NoName(TypeError):
    """The check was not told which exercise it is for."""

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows in place of a traceback."""
        return [str(self)]


def check(
    name: str = "", *, rule: str | None = None, strict: bool | None = None, seconds: float = SECONDS
) -> Callable[..., Any]:
    """Judge the function below and show the outcome; the function stays usable under its name.

    name: of the exercise. Where it asks for several functions, call `check(name)(one, other)` below them.
    rule: an altered rule such as "max_order=8"; None: Linux as it is.
    strict: raise NotRight unless the outcome is right; None: only when MIRRORLAB_STRICT is set.
    seconds: how long the function may run in all, by the clock on the wall.

    Raises ValueError for an exercise or a rule that does not exist, TypeError where no exercise is named.
    """
    if not isinstance(name, str) or not name:
        asked = [each.name for each in exercise.all_exercises().values() if each.function == named(name)]
        raise NoName(f'the check needs the name of an exercise: write @check("{[*asked, FIRST][0]}")')
    chosen = exercise.find(name)
    under = rules.find(rule)

    def judged(function: Any, *more: Any) -> Any:
        try:
            found = judge_apart(chosen, (function, *more), under, seconds)
        except KeyboardInterrupt:
            raise Interrupted(f"Stopped: {name} was not judged. Run the cell again when you like.") from None
        note(found)
        outcome.keep(found)
        with suppress(Exception):  # of what is no function, the outcome alone has to do
            function.outcome = found
        found.banner += stale.warnings() + STORE.news()
        if (is_set(STRICT_VARIABLE) if strict is None else strict) and not found.right:
            raise NotRight(found)
        show(found, as_card)
        return function

    return judged


def named(thing: object) -> str:
    """The name of a function; of anything else, its type's."""
    return getattr(thing, "__name__", type(thing).__name__)


def judge_apart(
    chosen: exercise.Exercise, functions: tuple[Any, ...], rule: rules.Rule, seconds: float = SECONDS
) -> Outcome:
    """Judge an answer in processes of its own, or in this one where the flag of launch.in_place says so."""
    if any(map(is_ours, functions)):
        return Outcome(chosen.name, outcome.ERROR, [WRITE_IT])
    try:
        answer = answer_of(*functions)
    except Unfit as problem:
        return Outcome(chosen.name, outcome.ERROR, [str(problem)])
    if in_place():
        found = judge(chosen, answer, rule)
        found.banner.append(IN_PLACE_NOTE)
        return found
    if with_cards():
        threading.Thread(target=_import_cards, daemon=True).start()  # it takes longer than most checks
    return SERVICE.ask(chosen.name, answer, rule.name, seconds)


def note(found: Outcome, store: Store = STORE) -> None:
    """Store the outcome of a check. A function that was not started counts as no attempt."""
    if found.word == NOT_STARTED:
        return

    def change(record: Record) -> None:
        entry = record["exercises"].setdefault(found.exercise, {})
        entry["attempts"] = entry.get("attempts", 0) + 1
        entry["failures"] = entry.get("failures", 0) + (not found.right)
        entry["outcome"] = found.word
        entry["solved"] = entry.get("solved", False) or found.right

    store.change(change)


def reading() -> bool:
    """Whether this lesson is to be read: its cards are open, its views show how it ends."""
    return is_set(READING_VARIABLE)


def with_cards() -> bool:
    """Whether outcomes are shown as cards: in a notebook, unless its outputs are to be stored."""
    return not reading() and "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None


def _import_cards() -> None:
    with suppress(ImportError):
        import mirrorlab.widgets.verdict  # noqa: F401


def as_card(found: Outcome) -> Any:
    """The card of an outcome; the outcome itself, which is text, where there are to be no cards, or no widgets."""
    if not with_cards():
        return found
    try:
        return verdict.card(found)
    except ImportError:  # no ipywidgets, or no anywidget
        return found


def show(thing: Any, in_notebook: Callable[[Any], Any] = lambda thing: thing) -> None:
    """Show something in the notebook, or print it where there is none. in_notebook: what becomes of it there."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(thing)
        return
    if get_ipython() is None:
        print(thing)
    else:
        display(in_notebook(thing))
