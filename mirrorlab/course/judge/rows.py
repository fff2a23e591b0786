"""What a wrong call left, as the rows of a table: the same thing before it, in yours, and in Linux.

All of it is plain data. A row is [name, type, before, yours, Linux]; a cell is a list of entries [text, whether it
differs, whether it is a block, how much of it the hardware mirrors: 0, 1 for a part, 2]. An empty cell is an empty
list; None stands where nothing can be said.
"""

from collections.abc import Sequence
from typing import Any

from mirrorlab.machine import Machine
from mirrorlab.machine.holders import hardware_mirror
from mirrorlab.story import tables
from mirrorlab.story.tables import Entry, Row, Side

SHOWN = 3  # blocks of a list
LAST = ("counters", "notes about pages", "settings")  # of the tables, what tells least

Cells = list[Any]


def of_call(before: Machine, yours: Machine, linux: Machine) -> list[Cells]:
    """What differs after a call between the learner's memory and Linux's: first the free lists.

    Of those, what the learner's function has changed comes before what it has left as it was.
    """
    sides = [Side("before", before), Side("yours", yours), Side("linux", linux)]
    found = tables.tables(sides, tables.place_to_show(sides), only=True, shown=SHOWN)
    rows = [
        row
        for table in sorted(found, key=lambda table: table.name in LAST)
        for row in sorted(table.rows, key=lambda row: _texts(row.cells[0]) == _texts(row.cells[1]))
    ]
    return [_row(row, hardware_mirror(linux.g)) for row in rows]


def of_results(name: str, yours: str, linux: str, differs: bool = True) -> Cells:
    """What two functions returned."""
    return [name, "", None, [[yours, differs, False, 0]], [[linux, differs, False, 0]]]


def _texts(cell: Sequence[Entry]) -> list[str]:
    return [entry.text for entry in cell]


def _row(row: Row, mirror: Any) -> Cells:
    name, *kind = row.label
    order = int(name.removeprefix("order ")) if name.startswith("order ") else 0
    cells = [[_entry(entry, 1 << order, mirror) for entry in cell] for cell in row.cells]
    return [name, *(kind or [""]), *cells]


def _entry(entry: Entry, pages: int, mirror: Any) -> list[Any]:
    doubled = 0
    if entry.pfn is not None:
        first, end = entry.pfn, entry.pfn + pages
        doubled = sum(max(0, min(end, stop) - max(first, start)) for start, stop in mirror)
    return [entry.text, entry.differs, entry.is_block, 2 if doubled == pages else bool(doubled) + 0]
