"""A wrong call as two machines side by side, for a player to show."""

from dataclasses import dataclass
from typing import Any

from mirrorlab.course.lockstep import Failure, twin
from mirrorlab.course.outcome import Outcome
from mirrorlab.linux.mmzone import Globals
from mirrorlab.machine import Machine


@dataclass(frozen=True)
class SideBySide:
    """One call, made by Linux and by the learner on the same memory."""

    title: str
    """The call, with the number it has in its case."""
    code: list[str]
    """Python that leads to the call; empty when it is in a recording."""
    before: Machine
    linux: Machine
    """After Linux's call."""
    yours: Machine
    """After the learner's."""
    notes: list[str]
    """What differs, a sentence each."""


def side_by_side(checked: Any) -> SideBySide | None:
    """The call that a check complains about; None when it complains about none.

    checked: a function that was checked, or the outcome of a check.
    """
    outcome: Outcome = getattr(checked, "outcome", checked)
    failure = outcome.failure
    if failure is None:
        return None
    return SideBySide(
        title=f"{failure.function}, call {failure.number} of {outcome.recording or 'the shortest case'}",
        code=outcome.case.code() if outcome.case else [],
        before=_machine(failure, failure.before, "before"),
        linux=_machine(failure, failure.linux, "Linux"),
        yours=_machine(failure, failure.learner, "yours"),
        notes=failure.notes,
    )


def _machine(failure: Failure, g: Globals, name: str) -> Machine:
    """A machine of its own, on the proven kernel."""
    return Machine(failure.kernel, twin(g, {}), name)
