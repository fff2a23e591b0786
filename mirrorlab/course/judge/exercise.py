"""What an exercise is: a function, cases that judge it, and the wrong answers that people give."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from random import Random
from typing import Any

from mirrorlab.course.judge.cases import Call, Case
from mirrorlab.course.judge.rules import Unknown


@dataclass(frozen=True)
class Wrong:
    """A wrong answer with a name, what a good tutor says to it, and the case that tells it from the right one."""

    name: str
    says: str
    """One or two sentences; may name the call's arguments in braces, for example {order}."""
    killer: str
    """The name of that case."""
    function: Callable[..., Any]


@dataclass(frozen=True)
class Exercise:
    """One function to be written: of the kernel, or of plain numbers (PlainExercise)."""

    name: str
    """For example "ex03.free_one_page"."""
    function: str
    """Its name: if it is one of the kernel's functions, the kernel's."""
    question: str
    """One sentence: what the function does."""
    cases: tuple[Case, ...] | tuple[Call, ...]
    """Small cases, chosen so that each wrong answer fails one of them."""
    recordings: tuple[str, ...]
    """Recorded cases of the real kernel: the verdict."""
    lists: bool = True
    """Whether it changes free lists (else it only answers)."""
    hidden: tuple[str, ...] = ()
    """Names of the model, not of Linux, that would give the answer away."""
    wrongs: list[Wrong] = field(default_factory=list)
    also: tuple[str, ...] = ()
    """More functions of the kernel that are asked for in the same answer."""

    @property
    def functions(self) -> tuple[str, ...]:
        """All that is asked for."""
        return (self.function, *self.also)

    def asked_of_kernel(self) -> tuple[str, ...]:
        """Those that are functions of the kernel."""
        return self.functions

    def misconception(self, failures: Sequence[tuple[Any, Any]], alike: Callable[..., bool]) -> Wrong | None:
        """The named wrong answer that goes wrong in the same way: in the first case exactly, then in most others.

        failures: (case, what was seen in it). alike: whether a wrong answer shows the same in a case. An answer that
        passes the case made for a wrong answer makes another mistake.
        """
        best, best_score = None, len(failures) // 2
        failed = {case.name for case, _ in failures}
        for wrong in self.wrongs:
            if wrong.killer in failed and alike(wrong, *failures[0]):
                score = 1 + sum(alike(wrong, *each) for each in failures[1:])
                if score > best_score:
                    best, best_score = wrong, score
        return best

    def case(self, name: str) -> Case | Call:
        """One of its cases. Raises LookupError when there is none of this name."""
        for each in self.cases:
            if each.name == name:
                return each
        raise LookupError(f"{self.name} has no case {name!r}")


@dataclass(frozen=True, kw_only=True)
class PlainExercise(Exercise):
    """A function of numbers and lists: no kernel, no lists of free pages, no recordings."""

    cases: tuple[Call, ...]
    recordings: tuple[str, ...] = ()
    lists: bool = False
    proven: Callable[..., Any]
    """Gives the right answer."""
    draw: Callable[[Random], dict[str, Any]]
    """Arguments by chance, for the seeded cases."""
    fits: Callable[..., bool]
    """Whether arguments make sense. A case is made smaller only as far as they do."""
    measure: Callable[[Mapping[str, Any], Any], int | None] | None = None
    """What an answer comes to, if several may be right: (arguments, answer) -> a number, or None for no answer."""
    measured: str = ""
    """What that number is, in words."""

    def asked_of_kernel(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class MachineExercise(PlainExercise):
    """A function that reads a whole machine: it is given one after each case, and answers with plain values."""

    cases: tuple[Case, ...]  # type: ignore[assignment]
    draw: Callable[[Random], dict[str, Any]] = lambda chance: {}
    fits: Callable[..., bool] = lambda **_: True


@cache
def all_exercises() -> dict[str, Exercise]:
    """Every exercise of the course by its name, in the course's order."""
    from mirrorlab.course import checks

    found = {}
    for module in sorted(info.name for info in iter_modules(checks.__path__)):
        for value in vars(import_module(f"{checks.__name__}.{module}")).values():
            if isinstance(value, Exercise):
                found[value.name] = value
    return found


def of_set(number: str) -> list[str]:
    """The names of a lesson's exercises, in order."""
    return [name for name in all_exercises() if name.startswith(f"ex{number}.")]


def find(name: str) -> Exercise:
    """The exercise with this name. Raises Unknown."""
    exercises = all_exercises()
    if name not in exercises:
        raise Unknown("exercise", name, list(exercises))
    return exercises[name]
