"""What a learner hands in: the text of one function or of several. It is run elsewhere, from the text alone."""

import ast
import inspect
import sys
import textwrap
import types
from pathlib import Path
from typing import Any, NamedTuple

from mirrorlab.words import joined

OURS = Path(__file__).resolve().parents[2]
LOOKING = {
    *("f_back", "f_globals", "f_locals", "tb_frame", "gi_frame", "cr_frame", "ag_frame", "_getframe", "currentframe"),
    *("__globals__", "__closure__", "__subclasses__", "get_objects", "get_referrers", "get_referents"),
}
WRITE_IT = "That is the model's own function. Write it yourself: what counts is what your own lines do."


NO_DEF = "this is not a function: put the check directly above a line that begins with `def`."
NO_SOURCE = "its source cannot be read: write the function in a cell or a file, and run it there."
NOT_DIRECT = "another decorator stands between the check and `def`. Leave it out: only your own lines are judged."


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
    around: tuple[str, ...] = ()
    """Names of the notebook that they use."""

    def to_json(self) -> list[list[Any]]:
        """As plain lists."""
        return [[list(source) for source in self.sources], list(self.around)]

    @classmethod
    def from_json(cls, value: Any) -> "Answer":
        """The inverse of to_json."""
        sources, around = value
        return cls(tuple(Source(*each) for each in sources), tuple(around))


def answer_of(*functions: Any) -> Answer:
    """What is judged of these functions. Raises Unfit when the text of one cannot be had, or leans on names around."""
    sources = tuple(map(source_of, functions))
    around = {name for each in functions for name in _names_of(each.__code__) if name in each.__globals__}
    return Answer(sources, tuple(sorted(around)))


def _names_of(code: types.CodeType) -> set[str]:
    """The names that a function's lines use, besides its own variables."""
    inner = (_names_of(each) for each in code.co_consts if isinstance(each, types.CodeType))
    return set(code.co_names).union(*inner)


def source_of(function: Any) -> Source:
    """The text of a function. Raises Unfit."""
    if not isinstance(function, types.FunctionType):
        known = isinstance(function, (type, types.BuiltinFunctionType)) or not callable(function)
        raise Unfit(NO_DEF if known else NOT_DIRECT)
    if _is_decorated(function):
        raise Unfit(NOT_DIRECT)
    code = function.__code__
    around = [name for name in code.co_freevars if name != function.__name__]
    if around:
        raise Unfit(f"the function uses {joined(around)} from the code around it: define that inside the function.")
    first_line = code.co_firstlineno
    try:
        text = inspect.getsource(code)  # of this one, not of what it wraps
    except (OSError, TypeError, SyntaxError, IndentationError):
        found = _in_the_running_cell(function)
        if found is None:
            raise Unfit(NO_SOURCE) from None
        text, first_line = found
    source = Source(function.__name__, text, code.co_filename, first_line)
    tree_of(source)
    return source


def _is_decorated(function: types.FunctionType) -> bool:
    """Whether this is what another decorator has put in the place of a function."""
    if hasattr(function, "__wrapped__"):
        return True
    around = [cell.cell_contents for cell in function.__closure__ or () if cell != types.CellType()]
    return any(isinstance(each, types.FunctionType) and each is not function for each in around)


def _in_the_running_cell(function: types.FunctionType) -> tuple[str, int] | None:
    """A function's text and its first line in the cell that runs: where %%time runs it, Python knows no file of it."""
    get_ipython: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    try:
        lines = get_ipython().history_manager.input_hist_raw[-1].splitlines()
        tree = ast.parse("\n".join("" if line.lstrip()[:1] in ("%", "!") else line for line in lines))
    except (AttributeError, IndexError, SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            arguments = [each.arg for each in node.args.args]
            if arguments == [*function.__code__.co_varnames[: len(arguments)]]:
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                return "\n".join(lines[first - 1 : node.end_lineno]) + "\n", first
    return None


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
    if isinstance(first, ast.AsyncFunctionDef):
        raise Unfit("write `def`, not `async def`: the function is called, and nothing waits for it.")
    if not isinstance(first, ast.FunctionDef) or first.name != source.name:
        raise Unfit(NO_DEF)
    return ast.Module([first], [])


def looks_around(answer: Answer) -> bool:
    """Whether an answer reaches for what is around it: frames, other functions' names, all objects there are."""
    words = {
        getattr(node, "attr", getattr(node, "id", ""))
        for source in answer.sources
        for node in ast.walk(tree_of(source))
    }
    return bool(words & LOOKING)
