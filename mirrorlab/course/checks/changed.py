"""Wrong answers that differ from the model's own function in a place or two: they name the places, and no more."""

import __future__

import inspect
import linecache
import math
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from mirrorlab import linux
from mirrorlab.course.judge.exercise import Exercise, PlainExercise, Wrong

Change = tuple[str, str]  # a piece of the text, which stands there once, and what stands there instead


def name_wrongs(module: str) -> None:
    """Name the wrong answers of a set's exercises, as the .toml file beside its module lists them.

    They are compared with a learner's in this order. How one differs from the model's function: by `changes`, or it is
    a `function` of the module.
    """
    names = vars(sys.modules[module])
    exercises = {each.name: each for each in names.values() if isinstance(each, Exercise)}
    table = tomllib.loads(Path(names["__file__"]).with_suffix(".toml").read_text(encoding="utf-8"))
    for exercise, answers in table.items():
        right = right_answer(exercises[exercise])
        for name, told in answers.items():
            function = names[told["function"]] if "function" in told else changed(right, *told["changes"])
            exercises[exercise].wrongs.append(Wrong(name, told["says"], told["case"], function))


def right_answer(exercise: Exercise) -> Callable[..., Any]:
    """The model's own function."""
    if isinstance(exercise, PlainExercise):
        return exercise.proven
    home = import_module(f"mirrorlab.linux.{linux.home_of(exercise.function)}")
    function: Callable[..., Any] = getattr(home, exercise.function)
    return function


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
