"""A wrong call as machines side by side: as the call found the memory, as the learner left it, and as Linux did."""

from typing import Any

from mirrorlab.course.judge import exercise, outcome
from mirrorlab.course.judge.layers import call_in_words
from mirrorlab.course.judge.outcome import Outcome
from mirrorlab.course.learner.hints import Said
from mirrorlab.machine import differences
from mirrorlab.story import tables
from mirrorlab.story.side_by_side import SideBySide


def side_by_side(checked: Any) -> SideBySide | None:
    """The call that a check complains about; None when it complains about none.

    checked: a function that was checked, or the outcome of a check.
    """
    found: Outcome = getattr(checked, "outcome", checked)
    failure = found.failure
    if failure is None:
        return None
    where = f"in the recorded case {found.recording}" if found.recording else "in the shortest case"
    return SideBySide(
        title=f"{call_in_words(failure.number, failure.function, failure.arguments)} {where}",
        code=found.case.code() if found.case else [],
        before=failure.machine("before"),
        linux=failure.machine("linux"),
        yours=failure.machine("learner"),
        notes=failure.notes,
        judge="the model" if found.rule else "Linux",
    )


def player(checked: Any = None) -> Any:
    """Open the faulty call of a check in a Compare: the memory before it, after yours, and after Linux's.

    checked: the name of an exercise, a checked function or its outcome; None: what was checked last.

    Without ipywidgets it is the same as text; where there is nothing to show, a sentence.
    """
    if checked is None or isinstance(checked, str):
        checked = _last(checked)
        if checked is None:
            return Said("Nothing to show yet: run the cell of the exercise first, and this one again.")
    found: Outcome = getattr(checked, "outcome", checked)
    call = side_by_side(found)
    if call is None:
        return Said(
            f"The last check of {found.exercise} said *{found.word}*: no call differs from Linux's, so none is shown."
        )
    try:
        from mirrorlab.widgets import Compare
    except ImportError:  # no ipywidgets, or no anywidget
        return call
    return Compare(call)


def moments(found: Outcome) -> Any:
    """The call that an outcome complains about on a stage: before it, and after it in yours or Linux's; or None."""
    call = side_by_side(found)
    if call is None:
        return None
    from mirrorlab.widgets.moments import Moments

    sides = call.sides
    said = {sides[1].name: call.notes[0], call.judge: ""}
    return Moments(sides, tables.place_to_show(sides), differing(call), call=found.call, said=said)


def differing(call: SideBySide) -> set[int]:
    """The first pages of blocks that are free in one of the two only, or on another list."""
    found: set[int] = set()
    for each in differences.walk(call.linux, call.yours):
        if each.what[0] == "free list":
            found |= {*each.one} ^ {*each.other}
    return found


def _last(name: str | None) -> Outcome | None:
    """What the last check of an exercise said; None for the name: the last check of all."""
    if name is None:
        return next(reversed(outcome.LATEST.values()), None)
    return outcome.LATEST.get(exercise.find(name).name)
