"""Text twins: tables in fixed columns, and what has changed between two texts."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher


def table(rows: Iterable[Sequence[object]], indent: int = 0) -> list[str]:
    """Rows as lines; the first column is aligned left, the others right. Cells that are all empty take no room."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = []
    for first, *rest in cells:
        padded = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
        lines.append((" " * indent + "  ".join(padded)).rstrip())
    return lines


def changed(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The lines that are gone (-) and new (+), in their order; one line says so when there are none."""
    lines = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            lines += [f"- {line}" for line in before[a:b]] + [f"+ {line}" for line in after[c:d]]
    return lines or ["(nothing has changed)"]


def count(number: int, noun: str) -> str:
    """A number with its noun: `1 page`, `2,048 pages`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listed(shown: Sequence[object], total: int) -> str:
    """The first of many things: `+16 +40 and 3 more`."""
    words = " ".join(map(str, shown))
    return words if len(shown) == total else f"{words} and {total - len(shown):,} more"
