"""Functions of numbers and lists: judged against a proven one, call by call. No kernel is involved.

The learner's function sees its arguments, Python's own functions and `math`, and nothing of the notebook.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from numbers import Real
from random import Random
from typing import Any

from mirrorlab.course.judge.cases import Call
from mirrorlab.course.judge.exercise import PlainExercise, Wrong
from mirrorlab.course.judge.lockstep import ORDER
from mirrorlab.course.judge.outcome import RIGHT, Outcome
from mirrorlab.course.judge.subject import Stopped, Subject

TOLERANCE = 1e-9  # between two answers that are not whole numbers
CALLS_A_SEED = 25
TRIALS = 2000  # calls made to find a smaller case
LONGEST = 60  # characters of an answer that are shown


@dataclass
class Mismatch:
    """A call whose answer is wrong."""

    function: str
    arguments: Mapping[str, Any]
    theirs: Any
    """A right answer."""
    ours: Any
    """The learner's."""
    values: tuple[Any, Any]
    """What the two come to: the answers themselves, unless the exercise measures them."""
    layer: int = ORDER  # plain functions have no layers

    def like(self, other: "Mismatch") -> bool:
        """Whether two functions are wrong in the same way."""
        mine, others = self.values[1], other.values[1]
        return same(mine, others) or (type(mine) is type(others) and mine == others)


def same(theirs: Any, ours: Any) -> bool:
    """Whether two answers are the same number, within TOLERANCE."""
    if not isinstance(ours, Real) or not isinstance(theirs, Real):
        return False
    try:
        return abs(float(theirs) - float(ours)) <= TOLERANCE  # never true for NaN
    except OverflowError:
        return False


class PlainBench:
    """One function and one exercise: runs calls."""

    def __init__(self, exercise: PlainExercise, subject: Subject) -> None:
        self.exercise = exercise
        self.subject = subject
        proven = exercise.proven.__code__
        self.names = proven.co_varnames[: proven.co_argcount]
        subject.code.__globals__["math"] = math

    def with_function(self, function: Any) -> "PlainBench":
        """A bench like this one for another function."""
        return PlainBench(self.exercise, Subject(function))

    def cases(self, seeds: Iterable[int]) -> list[Call]:
        """Those of the exercise, then some by chance, the same for the same seeds."""
        drawn = []
        for seed in seeds:
            chance = Random(f"mirrorlab {self.exercise.name} {seed}")
            drawn += [Call(f"seed {seed}, {n}", self.exercise.draw(chance)) for n in range(CALLS_A_SEED)]
        return [*self.exercise.cases, *drawn]

    def trial(self, case: Call) -> Mismatch | None:
        """Make a call, and compare the answers. Raises Stopped."""
        arguments = [case.arguments[name] for name in self.names]
        theirs = self.exercise.proven(*deepcopy(arguments))
        try:
            ours = self.subject.run(self.subject.code, *deepcopy(arguments))
        except Stopped as stopped:
            stopped.call = as_code(self.exercise.function, case.arguments)
            raise
        measure = self.exercise.measure
        values = (measure(case.arguments, theirs), measure(case.arguments, ours)) if measure else (theirs, ours)
        return None if same(*values) else Mismatch(self.exercise.function, case.arguments, theirs, ours, values)

    def shortest(self, case: Call, failure: Mismatch) -> tuple[Call, Mismatch]:
        """The smallest call to be found that still goes wrong: each number is made smaller, each list shorter."""
        trials = TRIALS
        untried = self._smaller(case)
        while trials and (smaller := next(untried, None)):
            trials -= 1
            try:
                found = self.trial(smaller)
            except Stopped:
                continue
            if found:
                case, failure, untried = smaller, found, self._smaller(smaller)
        with suppress(Stopped):  # once more, for what it prints
            self.trial(case)
        return case, failure

    def _smaller(self, case: Call) -> Iterator[Call]:
        for name, value in case.arguments.items():
            numbers = [other for other in case.arguments.values() if isinstance(other, int)]
            for less in smaller_values(value, numbers):
                arguments = {**case.arguments, name: less}
                if self.exercise.fits(**arguments):
                    yield Call(case.name, arguments)
        for arguments in moved_down(case.arguments):
            if self.exercise.fits(**arguments):
                yield Call(case.name, arguments)

    def explain(self, failure: Mismatch, wrong: Wrong | None) -> list[str]:
        """The tutor's sentence if the mistake has a name, then the call and both answers."""
        theirs, ours = shown(failure.theirs), shown(failure.ours)
        if theirs == ours:  # they differ in a later place
            theirs, ours = repr(failure.theirs), repr(failure.ours)
        if failure.ours is None:
            ours = "nothing: does each path end in a `return`?"
        return [
            *([wrong.says.format(**failure.arguments), ""] if wrong else []),
            "A small case that shows it:",
            f"    {as_code(failure.function, failure.arguments)}",
            f"    Right is {theirs}, yours is {ours}",
            *self._measured(failure),
        ]

    def _measured(self, failure: Mismatch) -> list[str]:
        theirs, ours = failure.values
        if not self.exercise.measured or failure.ours is None:
            return []
        yours = f"{ours} with yours" if ours is not None else "but yours is no place where it can be"
        return [f"    {self.exercise.measured}: {theirs} with the right answer, {yours}"]

    def verdict(self, cases: list[Call]) -> Outcome:
        """What to say of a function that gave no wrong answer."""
        subject = self.subject
        says = [f"gives the right answer in {len(cases):,} of {len(cases):,} cases; {subject.ran()}", *subject.never()]
        return Outcome(
            self.exercise.name, RIGHT, says, operations=len(cases), calls=subject.calls,
            taken=len(subject.taken), branches=subject.branches,
        )  # fmt: skip


def smaller_values(value: Any, numbers: Iterable[int]) -> Iterator[Any]:
    """Smaller numbers, the smallest first; or lists with less in them."""
    if isinstance(value, int):
        found = {0, 1, value // 2, value - 1, *(value - number for number in numbers)}
        yield from sorted(each for each in found if 0 <= each < value)
    else:
        half = len(value) // 2
        yield from ([], value[half:], value[:half]) if half else ()
        for at, item in enumerate(value):
            yield value[:at] + value[at + 1 :]
            yield from ([*value[:at], less, *value[at + 1 :]] for less in smaller_values(item, ()))


def moved_down(arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each number together with the lists: all of them less by the same."""
    lists = {name: value for name, value in arguments.items() if isinstance(value, list)}
    for name, value in arguments.items():
        if lists and isinstance(value, int):
            for less in sorted({1, max(1, value // 2)}, reverse=True):
                lower = {each: [item - less for item in items] for each, items in lists.items()}
                yield {**arguments, **lower, name: value - less}


def as_code(function: str, arguments: Mapping[str, Any]) -> str:
    """A call as one would write it."""
    return f"{function}({', '.join(f'{name}={value}' for name, value in arguments.items())})"


def shown(value: Any) -> str:
    """An answer as text."""
    text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + " ..."
