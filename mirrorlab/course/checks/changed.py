"""Wrong answers that differ from the model's own function in a place or two: they name the places, and no more."""

import __future__

import inspect
import linecache
import math
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from mirrorlab import linux
from mirrorlab.course.judge.exercise import Exercise, PlainExercise

Change = tuple[str, str]  # a piece of the text, which stands there once, and what stands there instead


def wrong(exercise: Exercise, answers: Mapping[str, tuple[Any, ...]]) -> None:
    """Name wrong answers, in the order in which they are compared with a learner's.

    answers: name -> (the case that tells it from the right one, what to say, and how it differs from the model's
        function: changes, or another function); more on the first two in Exercise.wrong().
    """
    if isinstance(exercise, PlainExercise):
        right = exercise.proven
    else:
        right = getattr(import_module(f"mirrorlab.linux.{linux.home_of(exercise.function)}"), exercise.function)
    for name, (killer, says, *how) in answers.items():
        function = how[0] if callable(how[0]) else changed(right, *how)
        exercise.wrong(name, says, killer=killer)(function)


def changed(right: Callable[..., Any], *changes: Change) -> Callable[..., Any]:
    """A function of the model with these changes. Raises ValueError for a piece that does not stand in it once."""
    name, text = right.__name__, inspect.getsource(right)
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in {name}(): name a piece that stands once")
        text = text.replace(old, new)
    file = f"<{name}: {changes}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file  # a judge reads answers as text
    # As plain functions are judged; those of the kernel find the kernel's names.
    names: dict[str, Any] = {"__name__": __name__, "math": math}
    exec(compile(text, file, "exec", __future__.annotations.compiler_flag, dont_inherit=True), names)
    made: Callable[..., Any] = names[name]
    return made
