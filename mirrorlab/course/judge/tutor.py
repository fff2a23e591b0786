"""What to say about a call that went wrong: which misconception it shows, and what happened."""

from typing import Any

from mirrorlab.course.judge.exercise import Wrong
from mirrorlab.course.judge.lockstep import Failure, argument_in_words, call_in_words, free_before
from mirrorlab.course.judge.subject import Stopped

NOTES = 4  # sentences about what differs


def misconception(bench: Any, failures: list[tuple[Any, Any]]) -> Wrong | None:
    """The named wrong answer that goes wrong in the same way: in the first case exactly, then in most others.

    A function that passes the case made for a wrong answer makes another mistake.
    """
    best, best_score = None, len(failures) // 2
    failed = {case.name for case, _ in failures}
    for wrong in bench.exercise.wrongs:
        score = likeness(bench, wrong, failures) if wrong.killer in failed else 0
        if score > best_score:
            best, best_score = wrong, score
    return best


def likeness(bench: Any, wrong: Wrong, failures: list[tuple[Any, Any]]) -> int:
    """In how many of these cases a wrong answer does exactly the same; 0 when it does not in the first."""
    other = bench.with_function(wrong.function)
    score = 0
    for case, failure in failures:
        try:
            found = other.trial(case)
        except Stopped:
            found = None
        alike = found is not None and found.like(failure)
        if not alike and not score:
            return 0
        score += alike
    return score


def explain(failure: Failure, wrong: Wrong | None) -> list[str]:
    """The tutor's sentence if the mistake has a name, then the call and what differs after it."""
    arguments = {name: argument_in_words(name, value) for name, value in failure.arguments.items()}
    lines = [wrong.says.format(**arguments), ""] if wrong else []
    lines.append(call_in_words(failure.number, failure.function, failure.arguments).replace("call", "Call", 1))
    lines += [f"    {note}" for note in failure.notes[:NOTES]]
    if len(failure.notes) > NOTES:
        lines.append(f"    (and {len(failure.notes) - NOTES} more)")
    return lines + [f"    {line}" for line in free_before(failure.arguments, failure.before)]
