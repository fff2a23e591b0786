"""A learner's function, made to report every decision it takes, so that branches and steps can be counted."""

import __future__

import ast
import inspect
import sys
import types
from collections.abc import Iterable
from typing import Any

from mirrorlab.course.judge.answer import Source, Unfit, tree_of

YIELDS = "`yield` makes this function a generator: a call of it runs none of its lines. Use `return` instead."
STEPS_A_CALL = 100_000  # decisions and calls of functions; the longest honest call makes some thousand
STEPS_A_CHECK = 20_000_000


class TooLong(BaseException):
    """The function made more steps than one call may, or all calls of a check together."""

    def __init__(self, steps: int) -> None:
        super().__init__(steps)
        self.steps = steps


class Steps:
    """Counts the steps of an answer's functions, and notes which way their decisions went."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        """In which line each decision stands."""
        self.taken: set[tuple[int, bool]] = set()
        self.negative: dict[int, int] = {}
        """Line -> the number below 0 that this call has used there as an index."""
        self.left = 0
        self.left_in_check = STEPS_A_CHECK

    def begin(self) -> None:
        """An outermost call begins: it may make STEPS_A_CALL steps."""
        self.negative.clear()
        self.left = min(STEPS_A_CALL, self.left_in_check)
        self.left_in_check -= self.left

    def end(self) -> None:
        """It has ended; the steps it did not make are left for later ones."""
        self.left_in_check += max(0, self.left)

    def took(self, number: int | None, value: Any) -> Any:
        """Note an outcome on the way through; every loop and every call of a function comes by here."""
        self.left -= 1
        if self.left < 0:
            raise TooLong(STEPS_A_CALL if self.left_in_check else STEPS_A_CHECK)
        if number is not None:
            self.taken.add((number, bool(value)))
        elif handled := sys.exception():
            handled.__context__ = None  # else a recursion that catches grows a chain, which each raise walks through
        return value

    def each(self, number: int, items: Iterable[Any]) -> Any:
        """Go through what a loop goes through; its end is an outcome too."""
        for item in items:
            self.took(number, True)
            yield item
        self.took(number, False)

    def at(self, line: int, index: Any) -> Any:
        """Note an index below 0 on the way through: it is seldom meant."""
        if type(index) is int and index < 0:
            self.negative[line] = index
        return index

    def compile(self, source: Source) -> types.CodeType:
        """The function with every decision reported to this object. Raises Unfit."""
        tree = tree_of(source)
        definition: Any = tree.body[0]
        definition.decorator_list = []
        _Decisions(self.lines, source.first_line - 1).visit(definition)
        ast.increment_lineno(ast.fix_missing_locations(tree), source.first_line - 1)
        annotations_as_text = __future__.annotations.compiler_flag
        try:
            code = compile(tree, source.file, "exec", annotations_as_text, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError) as problem:
            raise Unfit(f"it cannot be compiled: {problem}") from None
        if any(isinstance(each, types.CodeType) and each.co_flags & inspect.CO_GENERATOR for each in code.co_consts):
            raise Unfit(YIELDS)
        return code

    def names(self) -> dict[str, Any]:
        """What compiled functions call to report."""
        return {"__took__": self.took, "__each__": self.each, "__at__": self.at}


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

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.slice, (ast.Name, ast.Call, ast.BinOp, ast.Attribute, ast.Subscript)):
            call = ast.Call(ast.Name("__at__", ast.Load()), [ast.Constant(node.lineno + self.before), node.slice], [])
            node.slice = ast.copy_location(call, node.slice)
        return node

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
