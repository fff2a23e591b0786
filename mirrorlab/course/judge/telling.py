"""What ended a learner's function, in one or two sentences: no frame of ours, no address, long texts cut."""

import ast
import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from mirrorlab.course.judge.answer import Answer, Source, tree_of
from mirrorlab.course.judge.layers import shown
from mirrorlab.course.judge.log import Spoilt, in_short, without_addresses
from mirrorlab.course.judge.rewrite import STEPS_A_CALL, STEPS_A_CHECK, Steps, TooLong
from mirrorlab.linux.mmzone import MIGRATETYPE_NAMES
from mirrorlab.words import shorten

PRINTED = "Your function printed:"  # the lines below it begin with blanks
PRINTED_IN_ALL = 10_000_000  # letters a check
LONGEST_TEXT = 500  # letters of an exception's message
NO_KEYS = "a check cannot wait for keys: leave out input() and breakpoint(), and print() what you want to see."
NEGATIVE_SHIFT = "negative shift count"  # as Python says it
TAKE_A_LIST = ("list_add", "list_add_tail", "list_del")
OTHER_TYPE = "Which type's list is it on? `rmv_page_order` returns that."
UNWRITTEN = "This path is not written yet: it ends in NotImplementedError. Write what belongs there."

Lines = list[str]


class TooMuchOutput(BaseException):
    """The function printed more than a reader can use."""


class Refused(Exception):
    """The function asked for something that a check does not have; the message says what to do."""


class Teller:
    """Tells how the functions of one answer ended."""

    def __init__(self, answer: Answer, steps: Steps) -> None:
        self.answer = answer
        self.steps = steps
        self.arguments: tuple[Any, ...] = ()
        """Of the last call."""
        self.names: dict[str, Any] = {}
        """Those that the function sees around it."""

    def told(self, problem: BaseException) -> Any:
        """An exception as JSON: its kind ("not started", "endless" or "error") and what to say, a line each."""
        try:
            kind = "endless" if isinstance(problem, TooLong) and problem.steps == STEPS_A_CALL else "error"
            if isinstance(problem, NotImplementedError) and any(map(is_stub, self.answer.sources)):
                kind = "not started"
            return {"kind": kind, "lines": self._lines(problem)}
        except BaseException:
            return {"kind": "error", "lines": ["It ended in an exception that cannot be told."]}

    def notes(self) -> Lines:
        """What else is to be said of a call that is not right."""
        for line, index in self.steps.negative.items():
            then = "then takes the last item: test for -1 first." if index == -1 else "then counts from the end."
            return [f"Line {line} uses {index} as an index. Python {then}"]  # the first is enough
        return []

    def _lines(self, problem: BaseException) -> Lines:
        name = self.answer.sources[0].name
        if isinstance(problem, TooLong):
            return _too_long(name, problem)
        if isinstance(problem, TooMuchOutput):
            return [f"{name} prints too much: over {PRINTED_IN_ALL:,} letters in one check. Print less, or less often."]
        if isinstance(problem, Spoilt):
            return [str(problem)]
        if isinstance(problem, RecursionError):
            return [f"{name} calls itself without end. When should it stop?"]
        if isinstance(problem, MemoryError):
            return [f"{name} needs too much memory. What grows from one round to the next?", *self._place(problem)]
        said = message(problem)
        kinds = [each.__name__ for each in type(problem).__mro__]  # by name: each kernel has a KernelBug of its own
        words = next((self._sentences[kind] for kind in kinds if kind in self._sentences), _as_python_says)
        notes = [] if isinstance(problem, KeyError) else self.notes()
        return [*self._place(problem), *words(problem, said), *notes]

    @property
    def _sentences(self) -> dict[str, Callable[[Any, str], Lines]]:
        """What is said of an exception in place of Python's words, or after them."""
        return {
            "UnboundLocalError": _unbound,
            "NameError": self._no_name,
            "AttributeError": _no_field,
            "KernelBug": self._kernel_bug,
            "KeyError": lambda problem, said: [f"KeyError: there is no entry for {said} here."],
            "TypeError": _wrong_kind,
            "EOFError": lambda problem, said: [f"Refused: {NO_KEYS}"],
            "NotImplementedError": lambda problem, said: [UNWRITTEN],
        }

    def _place(self, problem: BaseException) -> Lines:
        """The last line of the answer's own that led to a problem."""
        found = []
        sources = {source.file: source for source in self.answer.sources}
        step = problem.__traceback__
        while step is not None:
            source = sources.get(step.tb_frame.f_code.co_filename)
            if source:
                found = [f"line {step.tb_lineno}:  {line_of(source, step.tb_lineno)}"]
            step = step.tb_next
        return found

    def _no_name(self, problem: NameError, said: str) -> Lines:
        name = problem.name or ""
        if name in self.answer.around:
            return [
                f"NameError: `{name}` is a name of your notebook.",
                "The check runs your function alone, and names of the notebook are not there: define it inside.",
            ]
        if "free variable" in said:
            return [f"NameError: `{name}` has no value yet at this point. Give it one first."]
        own = [each for source in self.answer.sources for each in _names_in(source) if each != name]
        near = get_close_matches(name, [*own, *(each for each in self.names if not each.startswith("__took"))], 1)
        return [f"NameError: there is no name `{name}` here." + (f" Did you mean `{near[0]}`?" if near else "")]

    def _kernel_bug(self, problem: BaseException, said: str) -> Lines:
        """What the kernel says of a wrong page, and where that page is."""
        function, held = _innermost(problem)
        if function not in ("list_del", "rmv_page_order") or "pfn" not in held:
            return _as_python_says(problem, said)
        page = page_in_words(held["pfn"])
        lists, notes, given = self._where(held["pfn"], held.get("head"))
        if function == "rmv_page_order":
            there = "No free block is noted there: is it the right page, or was its note removed before?"
            if notes:
                there = f"It is noted as one of order {notes[0]}."
            return [f"rmv_page_order: page {page} is not noted as a free block of order {held['order']}. {there}"]
        there = "It is on no list: which block is to be taken off?"
        if lists:
            there = f"It is on the {lists[0][1]} list of order {lists[0][0]}."
        on = f"the {given[0][1]} list of order {given[0][0]}" if given else "this list"
        other_type = lists and given and lists[0][0] == given[0][0]
        return [f"list_del: page {page} is not on {on}. {there}", *([OTHER_TYPE] if other_type else [])]

    def _where(self, page: Any, given: Any) -> tuple[list[tuple[int, str]], list[int], list[tuple[int, str]]]:
        """On which lists a page is; of which orders it is noted; which list was given. A list is (order, type)."""
        areas: list[Any] = next((each.free_area for each in self.arguments if hasattr(each, "free_area")), [])
        lists = [
            (order, _type(kind), pages) for order, area in enumerate(areas) for kind, pages in enumerate(area.free_list)
        ]
        return (
            [(order, kind) for order, kind, pages in lists if page in pages],
            [order for order, area in enumerate(areas) if page in area.buddy],
            [(order, kind) for order, kind, pages in lists if pages is given],
        )


def _too_long(name: str, problem: TooLong) -> Lines:
    if problem.steps == STEPS_A_CHECK:
        return [
            f"{name} took too long: all its calls together made {STEPS_A_CHECK:,} steps, and were stopped.",
            "Each call came to an end, after many rounds. Which rounds are needed?",
        ]
    return [
        f"{name} did not come to an end: it was stopped after {STEPS_A_CALL:,} steps.",
        "Which loop never ends? Look at what changes from one round to the next.",
    ]


def _as_python_says(problem: BaseException, said: str) -> Lines:
    name = type(problem).__name__
    more = ["The number behind `<<` or `>>` is below 0: which order did you mean?"] if said == NEGATIVE_SHIFT else []
    return [f"{name}: {said}" if said else name, *more]


def _unbound(problem: UnboundLocalError, said: str) -> Lines:
    name = problem.name or _quoted(said)
    return [
        f"UnboundLocalError: `{name}` has no value yet at this point.",
        f"Your function gives `{name}` a value somewhere, so Python takes it as the function's own: give it one first.",
    ]


def _no_field(problem: AttributeError, said: str) -> Lines:
    near = get_close_matches(problem.name or "", dir(problem.obj), 1) if problem.obj is not None else []
    return [f"AttributeError: {said}", *(f"Did you mean `{each}`?" for each in near)]


def _wrong_kind(problem: BaseException, said: str) -> Lines:
    function, _ = _innermost(problem)
    swapped = [f"{function}(pfn, pages): first the page, then the list."] if function in TAKE_A_LIST else []
    return [f"TypeError: {said}", *swapped]


def _quoted(said: str) -> str:
    found = re.search(r"'(\w+)'", said)
    return found[1] if found else "it"


def page_in_words(page: Any) -> str:
    """A page as a check writes it; anything else as text."""
    return shown(page) if type(page) is int else in_short(page)


def _type(kind: Any) -> str:
    return MIGRATETYPE_NAMES[kind] if type(kind) is int and 0 <= kind < len(MIGRATETYPE_NAMES) else in_short(kind)


def _names_in(source: Source) -> list[str]:
    """The names that a function gives values to."""
    nodes = ast.walk(tree_of(source))
    return [each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)] + [
        each.arg for each in ast.walk(tree_of(source)) if isinstance(each, ast.arg)
    ]


def _innermost(problem: BaseException) -> tuple[str, dict[str, Any]]:
    """The function that raised a problem, and its names."""
    step = problem.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return (step.tb_frame.f_code.co_name, step.tb_frame.f_locals) if step is not None else ("", {})


def is_stub(source: Source) -> bool:
    """Whether a function does nothing before it says that it is not written."""
    definition: Any = tree_of(source).body[0]
    for statement in definition.body:
        if isinstance(statement, ast.Raise):
            return True
        if not isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign, ast.ClassDef, ast.FunctionDef, ast.Import)):
            return False
    return False


def line_of(source: Source, number: int) -> str:
    """A line of a function's text, by its number in the file; cut where it is long."""
    lines = source.text.splitlines()
    at = number - source.first_line
    return lines[at].strip()[:LONGEST_TEXT] if 0 <= at < len(lines) else ""


def message(problem: BaseException) -> str:
    """What an exception says, whatever it does when asked, cut where it is long; page numbers as in a toy."""
    try:
        said = str(problem)
    except BaseException:
        return "(its message cannot be shown: its __str__ ends in an error)"
    said = re.sub(r"\b0x[0-9a-f]{1,4}\b", lambda small: str(int(small[0], 16)), without_addresses(said))
    return shorten(said, LONGEST_TEXT)


def not_ours(lines: Iterable[str]) -> Lines:
    """Lines that were printed, without addresses, and without what a traceback says of files of ours."""
    kept: Lines = []
    ours = False
    for line in (re.sub(r"\bmirrorlab(\.\w+)+\.(?=\w)", "", without_addresses(each)) for each in lines):
        if line.startswith("  File "):
            ours = bool(re.search(r"[/\\\\]mirrorlab[/\\\\]", line))
        elif not line.startswith("    "):
            ours = False
        if not ours:
            kept.append(line)
    return kept
