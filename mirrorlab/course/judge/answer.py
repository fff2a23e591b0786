"""What a learner hands in: the text of one function or of several. It is run elsewhere, from the text alone."""

import ast
import inspect
import textwrap
import types
from pathlib import Path
from typing import Any, NamedTuple

OURS = Path(__file__).resolve().parents[2]
LOOKING = {
    *("f_back", "f_globals", "f_locals", "tb_frame", "gi_frame", "cr_frame", "ag_frame", "_getframe", "currentframe"),
    *("__globals__", "__closure__", "__subclasses__", "get_objects", "get_referrers", "get_referents"),
}
WRITE_IT = "That is the model's own function. Write it yourself: what counts is what your own lines do."


class Unfit(Exception):
    """What was given cannot be judged; the message says what to do."""


class Source(NamedTuple):
    """The text of a function."""

    name: str
    text: str
    """As it stands in its file: decorators and indentation included."""
    file: str
    """For messages only; nothing is read from it."""
    first_line: int


class Answer(NamedTuple):
    """One function or several that are judged together."""

    sources: tuple[Source, ...]

    def to_json(self) -> list[list[Any]]:
        """As plain lists."""
        return [list(source) for source in self.sources]

    @classmethod
    def from_json(cls, value: Any) -> "Answer":
        """The inverse of to_json."""
        return cls(tuple(Source(*each) for each in value))


def answer_of(*functions: Any) -> Answer:
    """What is judged of these functions. Raises Unfit when the text of one cannot be had, or leans on names around."""
    return Answer(tuple(map(source_of, functions)))


def source_of(function: Any) -> Source:
    """The text of a function. Raises Unfit."""
    if not isinstance(function, types.FunctionType):
        raise Unfit("this is not a function: put the check directly above a line that begins with `def`.")
    if function.__code__.co_freevars:
        around = ", ".join(function.__code__.co_freevars)
        raise Unfit(f"the function uses {around} from the code around it: define that inside the function.")
    try:
        text = inspect.getsource(function.__code__)  # of this one, not of what it wraps
    except (OSError, TypeError, SyntaxError, IndentationError):
        raise Unfit("its source cannot be read: write the function in a cell or a file, and run it there.") from None
    source = Source(function.__name__, text, function.__code__.co_filename, function.__code__.co_firstlineno)
    tree_of(source)
    return source


def is_ours(function: Any) -> bool:
    """Whether a function is one of this package, under whatever name."""
    if not isinstance(function, types.FunctionType):
        return False
    here = OURS in Path(function.__code__.co_filename).parents
    return here or str(function.__module__).startswith("mirrorlab.course.checks")


def tree_of(source: Source) -> ast.Module:
    """The syntax of the function alone; line 1 is its first line. Raises Unfit."""
    found: list[ast.stmt] = []
    for text, deeper in ((source.text, False), (textwrap.dedent(source.text), False), (f"if 1:\n{source.text}", True)):
        try:
            found = ast.parse(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if deeper:
            found = found[0].body if isinstance(found[0], ast.If) else []
            for node in found:
                ast.increment_lineno(node, -1)
        break
    first = found[0] if found else None
    if not isinstance(first, ast.FunctionDef) or first.name != source.name:
        raise Unfit("this is not a function of its own: put the check directly above a line that begins with `def`.")
    return ast.Module([first], [])


def looks_around(answer: Answer) -> bool:
    """Whether an answer reaches for what is around it: frames, other functions' names, all objects there are."""
    words = {
        getattr(node, "attr", getattr(node, "id", ""))
        for source in answer.sources
        for node in ast.walk(tree_of(source))
    }
    return bool(words & LOOKING)
