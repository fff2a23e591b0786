"""A learner's function, made ready to be judged: counted, kept from running for ever, and put into a kernel.

A function of the kernel runs as if it stood in the kernel's file. It sees the kernel's names and what it defines
itself, and nothing of the notebook: a check says the same after a restart.
"""

import __future__

import ast
import inspect
import io
import re
import sys
import textwrap
import traceback
import types
from collections.abc import Callable, Iterable
from typing import Any

from mirrorlab import linux

STEPS_A_CALL = 100_000  # decisions and calls of functions; the longest honest call makes some thousand
STEPS_A_CHECK = 20_000_000
PRINTED_LINES = 10


class Unfit(Exception):
    """What was given cannot be judged; the message says what to do."""


class Spoilt(Exception):
    """The function left a memory behind that no kernel can use; the message says why."""


class EndOfCase(BaseException):
    """Ends a case: passes through the learner's function and the kernel's code untouched."""


class Stopped(EndOfCase):
    """The learner's function ended in an exception."""

    def __init__(self, problem: BaseException, call: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.call = call
        """The call during which it happened, in words."""
        self.before: list[str] = []
        """What that call found, a line each."""


class TooLong(BaseException):
    """The function made more steps than one call may, or all calls of a check together."""

    def __init__(self, steps: int) -> None:
        super().__init__(steps)
        self.steps = steps


class Subject:
    """A function whose decisions are counted.

    `calls` and `taken` grow while it runs; `decisions` says in which line each decision stands.
    """

    def __init__(self, function: Any) -> None:
        """Raises Unfit when the function's source cannot be read, or leans on names around it."""
        if not isinstance(function, types.FunctionType):
            raise Unfit("this is no function: put the check directly above a line that begins with `def`.")
        self.name = function.__name__
        self.file = function.__code__.co_filename
        self.first_line = function.__code__.co_firstlineno
        self.calls = 0
        self.decisions: list[int] = []
        self.taken: set[tuple[int, bool]] = set()
        self.printed = Printed()
        """What the function printed in its last call."""
        self.start()
        self.code = self._rewritten(function)

    def start(self) -> None:
        """A new check begins, with all its steps."""
        self._left = 0
        self._left_in_check = STEPS_A_CHECK
        self._running = False

    @property
    def branches(self) -> int:
        """Outcomes that its decisions can have."""
        return 2 * len(self.decisions)

    def ran(self) -> str:
        """How often it ran and what it decided, in words."""
        text = f"your function ran {self.calls:,} times"
        return text + (f" and took {len(self.taken)} of {self.branches} branches" if self.branches else "")

    def never(self) -> list[str]:
        """The outcomes that did not happen, as text."""
        all_outcomes = [(number, outcome) for number in range(len(self.decisions)) for outcome in (True, False)]
        return [
            f"line {self.decisions[number]} was never {'true' if outcome else 'false'}"
            for number, outcome in all_outcomes
            if (number, outcome) not in self.taken
        ]

    def run(self, loaded: Callable[..., Any], *arguments: Any) -> Any:
        """Call the function (a copy of it loaded into a kernel). Raises Stopped with whatever ended it."""
        self.calls += 1
        self.printed.clear()
        outermost = not self._running  # a call inside a call has the steps of that call
        if outermost:
            self._left = min(STEPS_A_CALL, self._left_in_check)
            self._left_in_check -= self._left
            self._running = True
        try:
            return loaded(*arguments)
        except (KeyboardInterrupt, EndOfCase):
            raise
        except BaseException as problem:
            raise Stopped(problem) from None
        finally:
            if outermost:
                self._left_in_check += max(0, self._left)
                self._running = False

    def _took(self, number: int | None, value: Any) -> Any:
        """Note an outcome on the way through; every loop and every call of a function comes by here."""
        self._left -= 1
        if self._left < 0:
            raise TooLong(STEPS_A_CALL if self._left_in_check else STEPS_A_CHECK)
        if number is not None:
            self.taken.add((number, bool(value)))
        elif handled := sys.exception():
            handled.__context__ = None  # else a recursion that catches grows a chain, which each raise walks through
        return value

    def _each(self, number: int, items: Iterable[Any]) -> Any:
        for item in items:
            self._took(number, True)
            yield item
        self._took(number, False)

    def _rewritten(self, function: types.FunctionType) -> Callable[..., Any]:
        """The same function with every decision reported to this object."""
        if function.__code__.co_freevars:
            around = ", ".join(function.__code__.co_freevars)
            raise Unfit(f"the function uses {around} from the code around it: define that inside the function.")
        tree = _tree_of(function)
        definition = tree.body[0]
        assert isinstance(definition, ast.FunctionDef)
        definition.decorator_list = []
        definition.args.defaults = [ast.Constant(None) for _ in definition.args.defaults]  # set below, as they are
        definition.args.kw_defaults = [default and ast.Constant(None) for default in definition.args.kw_defaults]
        _Decisions(self.decisions, self.first_line - 1).visit(tree)
        ast.increment_lineno(ast.fix_missing_locations(tree), self.first_line - 1)
        names: dict[str, Any] = {"__took__": self._took, "__each__": self._each}
        annotations_as_text = __future__.annotations.compiler_flag
        exec(compile(tree, self.file, "exec", annotations_as_text, dont_inherit=True), names)
        made: Any = names[definition.name]
        made.__defaults__, made.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
        return made


def _tree_of(function: types.FunctionType) -> ast.Module:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        raise Unfit("its source cannot be read: write the function in a cell or a file, and run it there.") from None
    first = tree.body[0] if tree.body else None
    if not isinstance(first, ast.FunctionDef) or first.name != function.__name__:
        raise Unfit("this is no function of its own: put the check directly above a line that begins with `def`.")
    return tree


class _Decisions(ast.NodeTransformer):
    """Wrap what decides (if, while, for, and, or) into calls that report the outcome."""

    def __init__(self, lines: list[int], before: int) -> None:
        self.lines = lines
        self.before = before  # lines of the file above the function

    def _report(self, name: str, node: ast.expr, counted: bool = True) -> ast.expr:
        number = ast.Constant(len(self.lines) if counted else None)
        if counted:
            self.lines.append(node.lineno + self.before)
        call = ast.Call(ast.Name(name, ast.Load()), [number, node], [])
        return ast.copy_location(call, node)

    def _decide(self, test: ast.expr) -> ast.expr:
        if isinstance(test, ast.BoolOp):
            test.values = [self._decide(value) for value in test.values]
            return test
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test.operand = self._decide(test.operand)
            return test
        counted = not isinstance(test, ast.Constant)
        return self._report("__took__", self.visit(test) if counted else test, counted)

    def visit_If(self, node: ast.If | ast.While | ast.IfExp) -> ast.AST:
        node.test = self._decide(node.test)
        for name in ("body", "orelse"):
            part = getattr(node, name)
            done = [self.visit(each) for each in part] if isinstance(part, list) else self.visit(part)
            setattr(node, name, done)
        return node

    visit_While = visit_IfExp = visit_If

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.iter = self._report("__each__", node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.iter = self._report("__each__", node.iter)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        step = ast.Expr(self._report("__took__", ast.copy_location(ast.Constant(None), node), counted=False))
        node.body.insert(0, ast.copy_location(step, node))
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        step = self._report("__took__", ast.copy_location(ast.Constant(True), node), counted=False)
        node.body = ast.copy_location(ast.BoolOp(ast.And(), [step, node.body]), node.body)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        *first, last = node.values
        node.values = [*map(self._decide, first), self.visit(last)]
        return node


def put_in(kernel: linux.Kernel, function: str, hidden: Iterable[str] = ()) -> Callable[..., Any]:
    """Give a loaded function all list operations by name, and hide what would give its answer away."""
    loaded: Any = getattr(kernel.module_of(function), function)
    names = loaded.__globals__
    for name, operation in vars(kernel.list).items():
        if name.startswith("list_"):
            names.setdefault(name, operation)
    for name in hidden:
        names.pop(name, None)
    return loaded


def told(stopped: Stopped, subject: Subject) -> list[str]:
    """An exception of the learner's in a few lines: what, in which line, in which call. Our frames are left out."""
    where = [f"It happened in {stopped.call}", *stopped.before] if stopped.call else []
    return [*_what_happened(stopped.problem, subject), *where]


def _what_happened(problem: BaseException, subject: Subject) -> list[str]:
    if isinstance(problem, TooLong) and problem.steps == STEPS_A_CHECK:
        return [
            f"{subject.name} took too long: all its calls together made {STEPS_A_CHECK:,} steps, and were stopped.",
            "Each call came to an end, after many rounds. Which of them does it need?",
        ]
    if isinstance(problem, TooLong):
        return [
            f"{subject.name} did not come to an end: it was stopped after {STEPS_A_CALL:,} steps.",
            "Which loop never ends? Look at what changes from one round to the next.",
        ]
    if isinstance(problem, Spoilt):
        return [str(problem)]
    if isinstance(problem, RecursionError):
        return [f"{subject.name} calls itself without end. When should it stop?"]
    lines = []
    frames = [f for f in traceback.extract_tb(problem.__traceback__) if f.filename == subject.file]
    if frames:
        lines.append(f"line {frames[-1].lineno}:  {frames[-1].line}")
    said = re.sub(
        r"\b0x[0-9a-f]{1,4}\b", lambda small: str(int(small[0], 16)), str(problem)
    )  # as everywhere in a check
    lines.append(f"{type(problem).__name__}: {said}" if said else type(problem).__name__)
    if isinstance(problem, NameError):
        lines.append("The check runs your function alone: names of the notebook are not there.")
    if str(problem).startswith("list_del:"):
        lines.append("Is it on the list of another type? `rmv_page_order` returns the type of the list it is on.")
    return lines


class Printed(io.TextIOBase):
    """Takes what a function prints; keeps the first lines, since a function runs hundreds of times."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget what was printed."""
        self.kept = ""
        self.more = False

    def write(self, text: str) -> int:
        room = 4000 - len(self.kept)
        self.kept += text[:room]
        self.more = self.more or len(text) > room
        return len(text)

    def lines(self) -> list[str]:
        """The first lines printed, with a heading; nothing when nothing was printed."""
        lines = self.kept.splitlines()
        if not lines:
            return []
        rest = ["    ..."] if self.more or len(lines) > PRINTED_LINES else []
        return ["", "Your function printed:", *("    " + line for line in lines[:PRINTED_LINES]), *rest]
