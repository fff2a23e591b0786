"""The code of a kernel's function, to be read beside a picture: without docstring, comments, types and trace lines."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from mirrorlab.linux import Kernel


class Source(NamedTuple):
    """A function's code, shortened."""

    lines: list[str]
    shown: dict[int, int]
    """Line of the function, from 1 on -> index in `lines` of the statement it belongs to."""


def source(kernel: Kernel, function: str) -> Source:
    """The code of one of the kernel's functions, or of what replaces it. Without it at hand: no lines."""
    try:
        found = getattr(kernel.module_of(function), function)
        text = textwrap.dedent(inspect.getsource(found))
        tree = ast.parse(text)
    except (ValueError, OSError, TypeError, SyntaxError):
        return Source([], {})
    [definition] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    header = definition.body[0].lineno - 1
    lines = text.splitlines()
    depth = {number: _depth(lines[first - 1]) for first, last in _left_out(tree) for number in range(first, last + 1)}
    arguments = ", ".join(argument.arg for argument in definition.args.args)
    kept = [f"def {definition.name}({arguments}):"]
    shown = dict.fromkeys(range(1, header + 1), 0)
    for number, line in enumerate(lines[header:], header + 1):
        bare = line.strip()
        if number not in depth and bare and not bare.startswith("#"):
            kept.append(line.partition("  # ")[0])
            shown[number] = len(kept) - 1
        else:  # what is left out belongs to the statement before it; after a deeper one, to the next
            shown[number] = len(kept) - 1 + (depth.get(number, 99) < _depth(kept[-1]))
    return Source(kept, shown)


def _left_out(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """First and last line of the docstring, and of each statement that is about the trace alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            yield _span(node.body[0])
        elif isinstance(node, ast.If | ast.Assign) and _is_about_the_trace(node):
            yield _span(node)


def _is_about_the_trace(node: ast.If | ast.Assign) -> bool:
    """`if ... trace is not None:`, or `trace = zone.g.trace`."""
    if isinstance(node, ast.Assign):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "trace"
    names = (getattr(each, "attr", getattr(each, "id", "")) for each in ast.walk(node.test))
    return "trace" in names


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _span(node: ast.stmt) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno
