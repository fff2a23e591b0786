"""Wrong answers that differ from the model's own function in a place or two: they name the places, and no more."""

import __future__

import inspect
import linecache
from collections.abc import Callable
from functools import cache
from typing import Any

from mirrorlab.course.judge.exercise import Exercise
from mirrorlab.linux import page_alloc

Change = tuple[str, str]  # a piece of the text, which stands there once, and what stands there instead


def wrong(exercise: Exercise, name: str, says: str, killer: str, *changes: Change) -> None:
    """Name a wrong answer, as Exercise.wrong() does: the model's function with these changes."""
    exercise.wrong(name, says, killer=killer)(changed(exercise.function, *changes))


def changed(function: str, *changes: Change) -> Callable[..., Any]:
    """The model's function with these changes. Raises ValueError for a piece that does not stand in it once."""
    text = _text(function)
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in {function}(): name a piece that stands once")
        text = text.replace(old, new)
    file = f"<{function}: {changes}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file  # a judge reads answers as text
    names: dict[str, Any] = {"__name__": __name__}
    exec(compile(text, file, "exec", __future__.annotations.compiler_flag, dont_inherit=True), names)
    made: Callable[..., Any] = names[function]
    return made


@cache
def _text(function: str) -> str:
    return inspect.getsource(getattr(page_alloc, function))
