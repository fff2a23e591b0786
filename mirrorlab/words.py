"""How things are said everywhere: numbers with nouns, lists, tables as text and as HTML, the kernel's names."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

from mirrorlab.linux import mmzone

ZONES: tuple[str, ...] = mmzone.ZONE_NAMES  # by the index of a zone, in every kernel
MARKS = ("min", "low", "high")  # the watermarks of a zone, by number
TYPES = tuple(mmzone.HAS_MIGRATETYPE)
"""The names of all migratetypes that a kernel may have. Kernels differ in their numbers: see type_names()."""


def type_names(kernel: Any) -> tuple[str, ...]:
    """The names of one kernel's migratetypes, by number."""
    names: tuple[str, ...] = kernel.mmzone.MIGRATETYPE_NAMES
    return names


def type_name(kernel: Any, migratetype: Any) -> str:
    """A migratetype by its name; what is no type of this kernel, as it is."""
    names = type_names(kernel)
    return names[migratetype] if isinstance(migratetype, int) and 0 <= migratetype < len(names) else str(migratetype)


def count(number: int, noun: str) -> str:
    """A number with its noun: `1 page`, `2,048 pages`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def joined(things: Iterable[object]) -> str:
    """At least one thing as in a sentence: `a, b and c`."""
    *first, last = map(str, things)
    return f"{', '.join(first)} and {last}" if first else last


def listed(shown: Sequence[object], total: int) -> str:
    """The first of many things: `+16 +40 and 3 more`."""
    text = " ".join(map(str, shown))
    return text if len(shown) == total else f"{text} and {total - len(shown):,} more"


def few(things: Sequence[object], at_most: int = 8) -> str:
    """A list that is cut where it gets too long to read: `[1, 2, ...]`."""
    return f"[{', '.join(map(str, things[:at_most]))}{', ...' if len(things) > at_most else ''}]"


def shorten(value: object, width: int = 400) -> str:
    """A value as text; what is longer than `width` characters is cut, and that is said."""
    text = str(value)
    return text if len(text) <= width else f"{text[:width]} ... (cut: {len(text):,} characters)"


def table(rows: Iterable[Sequence[object]], align: str = "<>", indent: int = 0) -> list[str]:
    """Rows of equal length as lines. Cells that are all empty take no room.

    align: `<` (left) or `>` (right) for each column, the last of them also for the columns after it.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    formats = [f"{side}{width}" for side, width in zip(align.ljust(len(widths), align[-1]), widths, strict=True)]
    return [(" " * indent + "  ".join(map(format, row, formats))).rstrip() for row in cells]


def html_table(rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """The same as HTML. The first row and the first cell of each row are headings."""
    lines = []
    for number, row in enumerate(rows):
        first, *rest = (html.escape(str(cell)) for cell in row)
        tag = "td" if number else "th"
        lines.append(f"<tr><th scope='row'>{first}</th>{''.join(f'<{tag}>{cell}</{tag}>' for cell in rest)}</tr>")
    style = "white-space: nowrap; text-align: left"
    title = f"<caption style='{style}'>{html.escape(caption)}</caption>" if caption else ""
    return f"<table>{title}{''.join(lines)}</table>"
