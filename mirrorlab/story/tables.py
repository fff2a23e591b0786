"""What differs between two machines: free lists, CPUs' lists, counters, page block types, notes about pages.

What differs is found by machine/differences.py; here it becomes tables and sentences.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from mirrorlab.machine import Machine, differences
from mirrorlab.machine.differences import Book
from mirrorlab.story.events import Words

SHOWN = 8  # blocks of a list; the rest is counted
LEAD = 2  # blocks shown of those before the first that differs


Place = str  # a zone, as differences.py names it


class Side(NamedTuple):
    """A machine with what it is called."""

    name: str
    machine: Machine


class Entry(NamedTuple):
    """A word of a cell: a block, or a value."""

    text: str
    differs: bool = False
    """Whether the other machine has it elsewhere, or not at all."""
    pfn: int | None = None
    """The block of a list that it stands for; None: it stands for none."""

    @property
    def is_block(self) -> bool:
        """Whether it stands for one block of a list."""
        return self.pfn is not None


class Row(NamedTuple):
    """The same thing on each machine."""

    label: tuple[str, ...]
    """What it is, such as ("order 3", "Movable")."""
    cells: tuple[tuple[Entry, ...], ...]
    """One a side; empty: an empty list."""
    differs: bool
    """Whether the last two sides differ."""


class Table(NamedTuple):
    """Rows of one kind."""

    name: str
    where: str
    """The zone; empty: it is about the whole machine."""
    head: tuple[str, ...]
    """What the label's parts are."""
    rows: list[Row]

    @property
    def title(self) -> str:
        """What stands above it."""
        of = f" of {self.where}" if self.where else ""
        return self.name[0].upper() + self.name[1:] + of + (", from the head" if len(self.head) > 1 else "")


# -- In words ---------------------------------------------------------------------------------------------------


def sentences(sides: Sequence[Side], offsets: bool = True) -> Iterator[str]:
    """What differs between the last two machines, a sentence each, the free lists first.

    offsets: count pages from their zone's start; False: by PFN.
    """
    there, zones = places(sides), _zones(sides)
    for place in there:
        name = f"zone {place}"
        prefix = f"{name}, " if len(there) > 1 else ""
        missing = [side.name for side, has in list(zip(sides, zones, strict=True))[-2:] if place not in has]
        if missing:
            yield f"there is no {name} in {' and '.join(missing)}."
            continue
        for table in zone_tables(sides, place, offsets):
            yield from (_sentence(prefix, row, sides) for row in table.rows if row.differs)
    for table in machine_tables(sides, offsets):
        yield from (_sentence("", row, sides) for row in table.rows if row.differs)


def _sentence(prefix: str, row: Row, sides: Sequence[Side]) -> str:
    pairs = zip((side.name for side in sides), row.cells, strict=True)
    values = ", ".join(f"{name} {_in_brackets(cell, row)}" for name, cell in list(pairs)[-2:])
    return f"{prefix}{', '.join(row.label)}: {values}."


def _in_brackets(cell: Sequence[Entry], row: Row) -> str:
    words = " ".join(entry.text for entry in cell)
    return f"[{words}]" if row.label[0].startswith(("order ", "CPU ")) else words


def place_to_show(sides: Sequence[Side]) -> Place:
    """The first zone in which the last two machines differ, else the last zone."""
    return next(iter(different_places(sides)), places(sides)[-1])


def tables(
    sides: Sequence[Side], place: Place, only: bool = False, offsets: bool = True, shown: int = SHOWN
) -> list[Table]:
    """All that is shown of machines: one zone, and what belongs to no zone.

    only: nothing that is equal. shown: how many blocks of a list.
    """
    found = [*zone_tables(sides, place, offsets, shown), *machine_tables(sides, offsets)]
    return [table._replace(rows=[row for row in table.rows if row.differs or not only]) for table in found]


def without_rows(shown: Sequence[Table]) -> str:
    """Which tables have no row, in a sentence."""
    names = [table.name for table in shown if not table.rows]
    return f"No difference: {'; '.join(names)}." if names else ""


# -- Side by side -----------------------------------------------------------------------------------------------


def places(sides: Iterable[Side]) -> list[Place]:
    """Every zone that one of the machines has."""
    return differences.longer_first(*_zones(sides))


def different_places(sides: Sequence[Side]) -> list[Place]:
    """The zones in which the last two machines differ."""
    found = differences.walk(sides[-2].machine, sides[-1].machine)
    return list(dict.fromkeys(each.place for each in found if each.place))


def _zones(sides: Iterable[Side]) -> list[dict[Place, Any]]:
    return differences.places(*(side.machine for side in sides))


def zone_tables(sides: Sequence[Side], place: Place, offsets: bool = True, shown: int = SHOWN) -> list[Table]:
    """A zone of each machine: all its free lists; of the rest, what differs. Empty where a machine lacks the zone."""
    zones = [each[place] for each in _zones(sides) if place in each]
    if len(zones) < len(sides):
        return []
    books = [differences.of_zone(side.machine.kernel, zone) for side, zone in zip(sides, zones, strict=True)]
    says = [Words(side.machine, offsets) for side in sides]
    free, waiting = (_list_rows([book[kind] for book in books], says, shown) for kind in ("free list", "CPU's list"))
    notes = list(map(_notes, books, says))
    name = f"zone {place}"
    return [
        Table("free lists", name, ("order", "type"), free),
        Table("CPUs' lists", name, ("CPU", "type"), [row for row in waiting if row.differs]),
        Table("counters", name, ("counter",), _value_rows(list(map(_figures, books)))),
        Table("notes about pages", name, ("note",), _value_rows(notes, "as its lists say")),
    ]


def machine_tables(sides: Sequence[Side], offsets: bool = True) -> list[Table]:
    """What belongs to no zone, where it differs: the types of page blocks, and settings."""
    books = [differences.of_machine(side.machine) for side in sides]
    blocks = _block_rows(books, Words(sides[-2].machine, offsets))
    return [
        Table("types of page blocks", "", ("page block",), blocks),
        Table("settings", "", ("setting",), _value_rows(list(map(_settings, books)))),
    ]


Lists = dict[str, dict[str, list[int]]]  # such as order -> type -> blocks


def _list_rows(lists: Sequence[Lists], says: Sequence[Words], shown: int) -> list[Row]:
    """A row for each list that holds something on one of the machines."""
    rows = []
    for first in differences.longer_first(*lists):
        kinds = [each.get(first, {}) for each in lists]
        for second in differences.longer_first(*kinds):
            pages = [each.get(second, []) for each in kinds]
            if any(pages):
                differs = pages[-1] != pages[-2]
                cells = _where_they_differ(pages, says, shown) if differs else _heads(pages, says, shown)
                rows.append(Row((first, second), cells, differs))
    return rows


def _heads(lists: Sequence[Any], says: Sequence[Words], shown: int) -> tuple[tuple[Entry, ...], ...]:
    return tuple(_cell(say, pages[:shown], len(pages)) for pages, say in zip(lists, says, strict=True))


def _cell(
    say: Words, pages: Sequence[int], total: int, skipped: int = 0, marked: frozenset[int] = frozenset()
) -> tuple[Entry, ...]:
    """Part of a list: what comes before and behind it is counted."""
    found = [Entry(say.at(pfn), number in marked, pfn) for number, pfn in enumerate(pages)]
    rest = total - skipped - len(pages)
    before = [Entry(f"({skipped:,} equal)")] if skipped else []
    return (*before, *found, *([Entry(f"and {rest:,} more")] if rest else []))


def _where_they_differ(lists: Sequence[Any], says: Sequence[Words], shown: int) -> tuple[tuple[Entry, ...], ...]:
    """The lists from just before the first block that differs between the last two."""
    texts = [[say.at(pfn) for pfn in each] for say, each in zip(says, lists, strict=True)]
    one, other = texts[-2:]
    same = next((n for n, (a, b) in enumerate(zip_longest(one, other)) if a != b), 0)
    skipped = max(0, same - min(LEAD, shown // 2))
    parts = [each[skipped : skipped + shown] for each in (one, other)]
    marked: list[set[int]] = [set(range(len(part))) for part in parts]
    for a, b, size in SequenceMatcher(None, parts[0], parts[1], autojunk=False).get_matching_blocks():
        marked[0] -= set(range(a, a + size))
        marked[1] -= set(range(b, b + size))
    cells = [*_heads(lists[:-2], says[:-2], shown)]
    for say, each, marks in zip(says[-2:], lists[-2:], marked, strict=True):
        cells.append(_cell(say, each[skipped : skipped + shown], len(each), skipped, frozenset(marks)))
    return tuple(cells)


def _value_rows(values: Sequence[Mapping[str, str]], missing: str = "none") -> list[Row]:
    """A row for each value that differs between the last two machines. missing: what stands where there is none."""
    last = len(values) - 2
    rows = []
    for name in dict.fromkeys(chain(*values[last:])):
        found = [each.get(name, missing) for each in values]
        if found[-1] != found[-2]:
            rows.append(Row((name,), tuple((Entry(each, n >= last),) for n, each in enumerate(found)), True))
    return rows


def _figures(book: Book) -> dict[str, str]:
    """The zone's counters, with what the CPUs have not yet added, its watermarks, and what else is noted of it."""
    found = {f"watermark {name}": _text(mark) for name, mark in book["watermark"].items()}
    for name, value in book["counter"].items():
        diffs = [each[name] for each in book["CPU's difference"].values()]
        found[name] = _text(value) + (f" (CPUs {' '.join(f'{each:+d}' for each in diffs)})" if any(diffs) else "")
    found |= {name: _text(value) for name, value in book["zone"].items()}
    for cpu, figures in book["CPU"].items():
        found |= {f"{name} of {cpu}": _text(value) for name, value in figures.items() if name != "count"}
    return found


def _text(value: Any) -> str:
    return f"{value:,}" if type(value) is int else str(value)


def _notes(book: Book, say: Words) -> dict[str, str]:
    """What is noted about lists and pages and does not follow from the lists: it should, but for remembered types."""
    found = {}
    for order, lists in book["free list"].items():
        on_lists = {pfn: kind for kind, pages in lists.items() for pfn in pages}
        noted = book["set_page_order"][order]
        if book["nr_free"][order] != sum(map(len, lists.values())):
            found[f"nr_free of {order}"] = str(book["nr_free"][order])
        for (pfn,), _, kind in sorted(differences.unlike(on_lists, noted)):
            note = f"noted as {kind}" if kind else "not noted"
            found[f"page {say.at(pfn)} as a free block of {order} (set_page_order)"] = note
    for cpu, lists in book["CPU's list"].items():
        if book["CPU"][cpu]["count"] != sum(map(len, lists.values())):
            found[f"count of {cpu}"] = str(book["CPU"][cpu]["count"])
    for pfn, kind in book["remembered type"].items():
        found[f"the type that page {say.at(pfn)} remembers"] = kind
    return found


def _settings(book: Book) -> dict[str, str]:
    """What can be set, and all else that belongs to no zone, by the path that leads to it."""
    found = {name: str(value) for name, value in book["setting"].items()}
    for kind in [kind for kind in book if kind not in ("setting", "page block", "pages of a page block")]:
        for path, _, value in differences.unlike({}, book[kind]):
            found[" ".join(map(str, (kind, *path)))] = _text(value)
    return found


def _block_rows(books: Sequence[Book], say: Words) -> list[Row]:
    """A row for each run of neighbouring page blocks that differ in the same way."""
    sizes = [book["pages of a page block"] for book in books]
    if sizes[-1] != sizes[-2]:
        cells = tuple((Entry(f"{size} pages", True),) for size in sizes)
        return [Row(("size of a page block",), cells, True)]
    types = [book["page block"] for book in books]
    runs: list[tuple[int, int, tuple[str, ...]]] = []  # first block, last block, types
    for (block,), _, _ in sorted(differences.unlike(types[-2], types[-1])):
        kinds = tuple(each.get(block, "none") for each in types)
        start = runs.pop()[0] if runs and runs[-1][1:] == (block - 1, kinds) else block
        runs.append((start, block, kinds))
    shown, size = len(books) - 2, sizes[-1]
    return [
        Row((f"pages {say.at(first * size)} to {say.at((last + 1) * size - 1)}",),
            tuple((Entry(kind, n >= shown),) for n, kind in enumerate(kinds)), True)
        for first, last, kinds in runs
    ]  # fmt: skip
