"""What differs between two machines: free lists, CPUs' lists, counters, page block types, notes about pages.

The two may run different kernels: everything is told apart by name, never by number. Objects' caches are not looked at;
what they take from the page allocator is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import chain, islice, zip_longest
from typing import Any, NamedTuple

from mirrorlab.machine import Machine
from mirrorlab.story.events import Words

SHOWN = 8  # blocks of a list; the rest is counted
MARKS = ("min", "low", "high")
LEAD = 2  # blocks shown of those before the first that differs


class Place(NamedTuple):
    """A zone that both machines may have."""

    node: int
    zone: str


class Side(NamedTuple):
    """A machine with what it is called."""

    name: str
    machine: Machine


class Entry(NamedTuple):
    """A word of a cell: a block, or a value."""

    text: str
    differs: bool = False
    """Whether the other machine has it elsewhere, or not at all."""
    is_block: bool = False
    """Whether it stands for one block of a list."""


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


def equal(one: Machine, other: Machine) -> bool:
    """Whether nothing differs. Fast, as it is asked after each operation of a recording."""
    if not _have_one_shape(one, other):
        return next(sentences((Side("", one), Side("", other))), None) is None
    return (
        one.g.pageblock_flags == other.g.pageblock_flags
        and _settings(one) == _settings(other)
        and all(map(_equal_zones, one.zones, other.zones))
    )


def _have_one_shape(one: Machine, other: Machine) -> bool:
    return one.kernel is other.kernel or (_shape(one) == _shape(other))


def _shape(machine: Machine) -> tuple[Any, ...]:
    """What has to be the same before parts can be told apart by their numbers."""
    mmzone = machine.kernel.mmzone
    where = [(zone.node, zone.name, len(zone.pageset)) for zone in machine.zones]
    return where, mmzone.MAX_ORDER, mmzone.pageblock_order, mmzone.MIGRATETYPE_NAMES, mmzone.ZONE_STAT_ITEMS


def _equal_zones(one: Any, other: Any) -> bool:
    return (
        one.vm_stat == other.vm_stat
        and one.watermark == other.watermark
        and all(map(_equal_areas, one.free_area, other.free_area))
        and all(map(_equal_psets, one.pageset, other.pageset))
        and one.freepage_migratetype == other.freepage_migratetype
    )


def _equal_areas(one: Any, other: Any) -> bool:
    return one.nr_free == other.nr_free and one.free_list == other.free_list and one.buddy == other.buddy


def _equal_psets(one: Any, other: Any) -> bool:
    return one.count == other.count and one.lists == other.lists and one.vm_stat_diff == other.vm_stat_diff


# -- In words ---------------------------------------------------------------------------------------------------


def sentences(sides: Sequence[Side], offsets: bool = True) -> Iterator[str]:
    """What differs between the last two machines, a sentence each, the free lists first.

    offsets: count pages from their zone's start; False: by PFN.
    """
    there = places(sides)
    for place in there:
        name = place_name(place, sides)
        prefix = f"{name}, " if len(there) > 1 else ""
        missing = [side.name for side in sides[-2:] if _zone(side.machine, place) is None]
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


def tables(sides: Sequence[Side], place: Place, only: bool = False, offsets: bool = True) -> list[Table]:
    """All that is shown of machines: one zone, and what belongs to no zone. only: nothing that is equal."""
    found = [*zone_tables(sides, place, offsets), *machine_tables(sides, offsets)]
    return [table._replace(rows=[row for row in table.rows if row.differs or not only]) for table in found]


def without_rows(shown: Sequence[Table]) -> str:
    """Which tables have no row, in a sentence."""
    names = [table.name for table in shown if not table.rows]
    return f"No difference: {'; '.join(names)}." if names else ""


# -- Side by side -----------------------------------------------------------------------------------------------


def places(sides: Iterable[Side]) -> list[Place]:
    """Every zone that one of the machines has."""
    return list(dict.fromkeys(Place(zone.node, zone.name) for side in sides for zone in side.machine.zones))


def place_name(place: Place, sides: Iterable[Side]) -> str:
    """A zone in words, with its node where there are several."""
    nodes = {node for side in sides for node in side.machine.g.node_data}
    return f"zone {place.zone}" + (f" of node {place.node}" if len(nodes) > 1 else "")


def different_places(sides: Sequence[Side]) -> list[Place]:
    """The zones in which the last two machines differ."""
    return [
        place
        for place in places(sides)
        if any(_zone(side.machine, place) is None for side in sides[-2:])
        or any(row.differs for table in zone_tables(sides, place) for row in table.rows)
    ]


def _zone(machine: Machine, place: Place) -> Any:
    return next((zone for zone in machine.zones if (zone.node, zone.name) == place), None)


def zone_tables(sides: Sequence[Side], place: Place, offsets: bool = True) -> list[Table]:
    """A zone of each machine: all its free lists; of the rest, what differs. Empty where a machine lacks the zone."""
    zones = [_zone(side.machine, place) for side in sides]
    if None in zones:
        return []
    says = [Words(side.machine, offsets) for side in sides]
    kernels = [side.machine.kernel for side in sides]
    free = list(map(_free_lists, kernels, zones))
    waiting = list(map(_cpu_lists, kernels, zones))
    labels = [(order, name) for order in _orders(kernels) for name in _type_names(kernels)]
    rows = [row for row in _list_rows(waiting, dict.fromkeys(chain(*waiting)), says) if row.differs]
    notes = list(map(_notes, zones, says))
    name = place_name(place, sides)
    return [
        Table("free lists", name, ("order", "type"), _list_rows(free, labels, says)),
        Table("CPUs' lists", name, ("CPU", "type"), rows),
        Table("counters", name, ("counter",), _value_rows(list(map(_counters, kernels, zones)))),
        Table("notes about pages", name, ("note",), _value_rows(notes, "as its lists say")),
    ]


def machine_tables(sides: Sequence[Side], offsets: bool = True) -> list[Table]:
    """What belongs to no zone, where it differs: the types of page blocks, and settings."""
    settings = _value_rows([_settings(side.machine) for side in sides])
    return [
        Table("types of page blocks", "", ("page block",), _block_rows(sides, offsets)),
        Table("settings", "", ("setting",), settings),
    ]


def _orders(kernels: Iterable[Any]) -> list[str]:
    return [f"order {order}" for order in reversed(range(max(kernel.mmzone.MAX_ORDER for kernel in kernels)))]


def _type_names(kernels: Iterable[Any]) -> Iterable[str]:
    return dict.fromkeys(name for kernel in kernels for name in kernel.mmzone.MIGRATETYPE_NAMES)


Label = tuple[str, ...]
Lists = dict[Label, Any]


def _free_lists(kernel: Any, zone: Any) -> Lists:
    names = kernel.mmzone.MIGRATETYPE_NAMES
    return {
        (f"order {order}", name): pages
        for order, area in enumerate(zone.free_area)
        for name, pages in zip(names, area.free_list, strict=True)
    }


def _cpu_lists(kernel: Any, zone: Any) -> Lists:
    names = kernel.mmzone.MIGRATETYPE_NAMES
    return {
        (f"CPU {cpu}", name): pages
        for cpu, pset in enumerate(zone.pageset)
        for name, pages in zip(names, pset.lists, strict=False)
    }


def _list_rows(lists: Sequence[Lists], labels: Iterable[Label], says: Sequence[Words]) -> list[Row]:
    """A row for each list that holds something on one of the machines."""
    rows = []
    for label in labels:
        pages = [each.get(label, {}) for each in lists]
        if any(pages):
            differs = list(pages[-1]) != list(pages[-2])
            cells = _where_they_differ(pages, says) if differs else _heads(pages, says)
            rows.append(Row(label, cells, differs))
    return rows


def _heads(lists: Sequence[Any], says: Sequence[Words]) -> tuple[tuple[Entry, ...], ...]:
    return tuple(
        _cell([say.at(pfn) for pfn in islice(reversed(pages), SHOWN)], len(pages))
        for pages, say in zip(lists, says, strict=True)
    )


def _cell(
    texts: Sequence[str], total: int, skipped: int = 0, marked: frozenset[int] = frozenset()
) -> tuple[Entry, ...]:
    """Part of a list: what comes before and behind it is counted."""
    found = [Entry(text, number in marked, True) for number, text in enumerate(texts)]
    rest = total - skipped - len(texts)
    before = [Entry(f"({skipped:,} equal)")] if skipped else []
    return (*before, *found, *([Entry(f"and {rest:,} more")] if rest else []))


def _where_they_differ(lists: Sequence[Any], says: Sequence[Words]) -> tuple[tuple[Entry, ...], ...]:
    """The lists from just before the first block that differs between the last two."""
    pages = [list(reversed(each)) for each in lists]
    texts = [[say.at(pfn) for pfn in each] for say, each in zip(says, pages, strict=True)]
    one, other = texts[-2:]
    same = next((n for n, (a, b) in enumerate(zip_longest(one, other)) if a != b), 0)
    skipped = max(0, same - LEAD)
    parts = [each[skipped : skipped + SHOWN] for each in (one, other)]
    marked: list[set[int]] = [set(range(len(part))) for part in parts]
    for a, b, size in SequenceMatcher(None, parts[0], parts[1], autojunk=False).get_matching_blocks():
        marked[0] -= set(range(a, a + size))
        marked[1] -= set(range(b, b + size))
    cells = [_cell(each[:SHOWN], len(each)) for each in texts[:-2]]
    for part, each, marks in zip(parts, (one, other), marked, strict=True):
        cells.append(_cell(part, len(each), skipped, frozenset(marks)))
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


def _counters(kernel: Any, zone: Any) -> dict[str, str]:
    """The zone's counters, with what the CPUs have not yet added, and its watermarks."""
    names = kernel.mmzone.ZONE_STAT_ITEMS
    added = list(zip(*(pset.vm_stat_diff for pset in zone.pageset), strict=True)) or [()] * len(names)
    found = {f"watermark {name}": f"{mark:,}" for name, mark in zip(MARKS, zone.watermark, strict=True)}
    for name, value, diffs in zip(names, zone.vm_stat, added, strict=True):
        found[name] = f"{value:,}" + (f" (CPUs {' '.join(f'{each:+d}' for each in diffs)})" if any(diffs) else "")
    return found


def _notes(zone: Any, say: Words) -> dict[str, str]:
    """What is noted about lists and pages and does not follow from the lists: it should, but for remembered types."""
    found = {}
    for order, area in enumerate(zone.free_area):
        if area.nr_free != sum(map(len, area.free_list)):
            found[f"nr_free of order {order}"] = str(area.nr_free)
        on_lists = {pfn: kind for kind, pages in enumerate(area.free_list) for pfn in pages}
        if on_lists != area.buddy:
            for pfn in sorted(on_lists.keys() | area.buddy.keys()):
                if on_lists.get(pfn) != area.buddy.get(pfn):
                    note = f"noted as {say.type(area.buddy[pfn])}" if pfn in area.buddy else "not noted"
                    found[f"page {say.at(pfn)} as a free block of order {order} (set_page_order)"] = note
    for cpu, pset in enumerate(zone.pageset):
        if pset.count != sum(map(len, pset.lists)):
            found[f"count of CPU {cpu}"] = str(pset.count)
    for pfn, migratetype in zone.freepage_migratetype.items():
        found[f"the type that page {say.at(pfn)} remembers"] = say.type(migratetype)
    return found


def _settings(machine: Machine) -> dict[str, str]:
    return {name: str(machine.sysctl(name)) for name in sorted(machine.kernel.sysctl.vm_table)}


def _block_rows(sides: Sequence[Side], offsets: bool) -> list[Row]:
    """A row for each run of neighbouring page blocks that differ in the same way."""
    sizes = [side.machine.kernel.mmzone.pageblock_nr_pages for side in sides]
    if sizes[-1] != sizes[-2]:
        cells = tuple((Entry(f"{size} pages", True),) for size in sizes)
        return [Row(("size of a page block",), cells, True)]
    runs: list[tuple[int, int, tuple[str, ...]]] = []  # first block, last block, types
    types = [_block_types(side.machine) for side in sides]
    for block, kinds in enumerate(zip_longest(*types, fillvalue="none")):
        if kinds[-1] != kinds[-2]:
            start = runs.pop()[0] if runs and runs[-1][1:] == (block - 1, kinds) else block
            runs.append((start, block, kinds))
    name = _names_of_blocks(sides[-2].machine, sizes[-1], offsets)
    count = len(sides)
    return [
        Row((name(first, last),), tuple((Entry(kind, n >= count - 2),) for n, kind in enumerate(kinds)), True)
        for first, last, kinds in runs
    ]


def _block_types(machine: Machine) -> Iterator[str]:
    names: Sequence[str] = machine.kernel.mmzone.MIGRATETYPE_NAMES
    return (names[kind] if kind < len(names) else "none" for kind in machine.g.pageblock_flags)


def _names_of_blocks(machine: Machine, size: int, offsets: bool) -> Callable[[int, int], str]:
    say = Words(machine, offsets)
    return lambda first, last: f"pages {say.at(first * size)} to {say.at((last + 1) * size - 1)}"
