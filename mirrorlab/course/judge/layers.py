"""A call that went wrong: what differs between the learner's memory and Linux's after it, in layers and in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any, NamedTuple

from mirrorlab.course.judge import rules
from mirrorlab.course.judge.cases import lists_of
from mirrorlab.linux.mmzone import Globals
from mirrorlab.machine import Machine
from mirrorlab.oracle import state

# How far a function got: each layer includes those before it.
NOTHING, CONSERVED, BLOCKS, ORDER = range(4)
LAYERS = (
    "no page is lost and none is free twice",
    "the free blocks, and the books about them, are those of Linux",
    "the lists have Linux's order",
)


@dataclass
class Failure:
    """A call after which the learner's memory and Linux's differ. All of it can be written as JSON."""

    function: str
    number: int
    """Which call it was in its case, from 1 on."""
    arguments: dict[str, str | None]
    """By name, in words; None for structures, which have no short text."""
    layer: int
    """The highest layer that still holds."""
    notes: list[str]
    """What differs, a sentence each, the most telling first."""
    found: list[str]
    """The free blocks that the call found, as a line of text."""
    before: Any
    """The memory before the call, after Linux's function and after the learner's, as state.dump wrote them."""
    linux: Any
    learner: Any
    rule: str
    config: dict[str, Any]

    def machine(self, which: str) -> Machine:
        """The memory `before`, after `linux`, or after `learner`, as a machine."""
        kernel = rules.load(rules.find(self.rule), self.config)
        [g] = state.load(getattr(self, which), kernel)
        return Machine(kernel, g, which)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def deeds(theirs: Globals, ours: Globals, number: int, result: Any) -> tuple[Any, ...]:
    """What a function did in a call that went wrong: equal for two functions that went wrong in the same way."""
    lists = lists_of(ours)
    books = None
    if lists == lists_of(theirs):  # then the books decide
        books = [*_counted(theirs, ours), *_books(theirs, ours)]
    return number, result, lists, ours.pageblock_flags, books


def compare(theirs: Globals, ours: Globals, result: Any, our_result: Any, function: str) -> tuple[list[str], int]:
    """What differs between two memories after a call, and the highest layer that holds."""
    lists, our_lists = lists_of(theirs), lists_of(ours)
    differ = lists != our_lists
    as_text = in_type if function in GIVE_TYPES else shown
    conserved = [*(_conservation(lists, our_lists) if differ else []), *_counted(theirs, ours)]
    blocks = _results(result, our_result, as_text)
    blocks += [*(_blocks(theirs, lists, our_lists) if differ else []), *_books(theirs, ours)]
    order = _order(lists, our_lists) if differ else []
    if not (conserved or blocks or order):
        blocks = _elsewhere(theirs, ours)
    for layer, notes in enumerate((conserved, blocks, order)):
        if notes:
            return conserved + blocks + order, layer
    return [], ORDER


Lists = list[tuple[int, int, int, list[int]]]  # see lists_of()


def _zones(g: Globals) -> list[Any]:
    return [zone for node in g.node_data.values() for zone in node.node_zones]


def _conservation(theirs: Lists, ours: Lists) -> list[str]:
    """Pages that are lost, or free twice."""
    notes = []
    pages, our_pages = (sum(len(pfns) << order for _, order, _, pfns in lists) for lists in (theirs, ours))
    if pages != our_pages:
        notes.append(f"Linux has {pages} free pages now, yours {our_pages}.")
    blocks = sorted((pfn, order) for _, order, _, pfns in ours for pfn in pfns)
    for (pfn, order), (following, _) in pairwise(blocks):
        if pfn + (1 << order) > following:
            notes.append(
                f"Page {shown(following)} is free twice: it also lies in the free block {shown(pfn)} of order {order}."
            )
            break
    return notes


def _counted(theirs: Globals, ours: Globals) -> list[str]:
    """Pages that are counted wrongly."""
    return [
        f"The counters of zone {zone.name} differ: is every free page counted, once?"
        for zone, our_zone in zip(_zones(theirs), _zones(ours), strict=True)
        if _counters(zone) != _counters(our_zone)
    ]


def _counters(zone: Any) -> list[list[int]]:
    return [zone.vm_stat, *(pset.vm_stat_diff for pset in zone.pageset)]


def _results(result: Any, our_result: Any, as_text: Callable[[Any], str]) -> list[str]:
    if isinstance(our_result, float) and isinstance(result, int):
        return [f"Linux returns {as_text(result)}, yours {our_result}: a whole number is wanted. `//` divides to one."]
    if result == our_result or (isinstance(result, bool) and our_result is not None and result == bool(our_result)):
        return []
    if our_result is None and isinstance(result, int):
        return [f"Linux returns {as_text(result)}, yours nothing: does each path end in a `return`?"]
    if isinstance(our_result, str):
        return [f"Linux returns {as_text(result)}, yours the text {our_result!r}."]
    return [f"Linux returns {as_text(result)}, yours {as_text(our_result)}."]


def _blocks(g: Globals, theirs: Lists, ours: Lists) -> list[str]:
    """Blocks that only one of the two has."""
    one, other = (
        {(place, pfn, order, kind) for place, order, kind, pfns in lists for pfn in pfns} for lists in (theirs, ours)
    )
    return [
        *(f"Linux has {in_words(g, *missing)}, yours has not." for missing in sorted(one - other)[:3]),
        *(f"Yours has {in_words(g, *extra)}, Linux has not." for extra in sorted(other - one)[:3]),
    ]


def _books(theirs: Globals, ours: Globals) -> list[str]:
    """What is noted about blocks and pages elsewhere than on the lists."""
    notes = []
    for zone, our_zone in zip(_zones(theirs), _zones(ours), strict=True):
        for order, (area, our_area) in enumerate(zip(zone.free_area, our_zone.free_area, strict=True)):
            if area.nr_free != our_area.nr_free:
                notes.append(f"nr_free of order {order} is {area.nr_free} in Linux, {our_area.nr_free} in yours.")
            if area.buddy != our_area.buddy:
                notes.append(f"set_page_order notes for order {order} differ: is each free block noted, and no other?")
        if zone.freepage_migratetype != our_zone.freepage_migratetype:
            notes.append("The types that pages remember (freepage_migratetype) differ.")
    if theirs.pageblock_flags != ours.pageblock_flags:
        blocks = zip(theirs.pageblock_flags, ours.pageblock_flags, strict=True)
        for number, (kind, our_kind) in enumerate(blocks):
            if kind != our_kind:
                notes.append(
                    f"Page block {number} has type {type_name(kind)} in Linux, {type_name(our_kind)} in yours."
                )
    return notes


def _elsewhere(theirs: Globals, ours: Globals) -> list[str]:
    """Any other field of a zone, of a CPU's lists, or of the machine that has another value."""
    pairs = [("", theirs, ours)]
    for zone, our_zone in zip(_zones(theirs), _zones(ours), strict=True):
        pairs.append((f" of zone {zone.name}", zone, our_zone))
        for cpu, both in enumerate(zip(zone.pageset, our_zone.pageset, strict=True)):
            pairs.append((f" of CPU {cpu}'s lists in zone {zone.name}", *both))
    return [
        f"{each.name}{where} is {value} in Linux, {our_value} in yours."
        for where, one, other in pairs
        for each in fields(one)
        for value, our_value in [(getattr(one, each.name), getattr(other, each.name))]
        if type(value) in (int, bool, str) and value != our_value
    ]


def _order(theirs: Lists, ours: Lists) -> list[str]:
    one, other = ({each[:3]: each[3] for each in lists} for lists in (theirs, ours))
    return [
        f"List of order {order}, {type_name(kind)}, head first: Linux {few(pfns)}, yours {few(other[key])}."
        for key, pfns in one.items()
        for _, order, kind in [key]
        if key in other and sorted(pfns) == sorted(other[key]) and pfns != other[key]
    ]


GIVE_TYPES = {"find_suitable_fallback"}  # functions that return a migratetype
TYPES = {"migratetype", "start_type", "start_mt", "start_migratetype"}  # arguments that hold a migratetype


def call_in_words(number: int, function: str, arguments: Mapping[str, str | None]) -> str:
    """A call as one would write it, with the number it has."""
    listed = ", ".join(f"{name}={value}" for name, value in arguments.items() if value is not None)
    return f"call {number}: {function}({listed})"


def argument_in_words(name: str, value: Any) -> str | None:
    """An argument as text; None for structures, which have no short text."""
    if name in TYPES:
        return type_name(value)
    if isinstance(value, int):
        return shown(value)
    if isinstance(value, Area):
        return f"zone.free_area[{value.order}]"
    zone_name: str | None = getattr(value, "name", None)
    return zone_name


class Area(NamedTuple):
    """An argument that is a zone's free_area[order]."""

    order: int


def in_place(value: Any, g: Globals) -> Any:
    """An argument; where it is a free_area, which one, since it does not say so itself."""
    if type(value).__name__ == "FreeArea":
        found = (Area(n) for zone in _zones(g) for n, area in enumerate(zone.free_area) if area is value)
        return next(found, value)
    return value


TYPE_NAMES = ("Unmovable", "Reclaimable", "Movable", "Mirror", "Reserve", "Isolate")


def type_name(migratetype: Any) -> str:
    """A migratetype as the kernel prints it."""
    if isinstance(migratetype, int) and 0 <= migratetype < len(TYPE_NAMES):
        return TYPE_NAMES[migratetype]
    return str(migratetype)


def in_type(value: Any) -> str:
    """A migratetype as number and name, another result as text."""
    name = type_name(value)
    return f"{value} ({name})" if name in TYPE_NAMES and value is not False else shown(value)


def in_words(g: Globals, place: int, pfn: int, order: int, migratetype: int) -> str:
    """A free block in words."""
    zones = _zones(g)
    where = f" of zone {zones[place].name}" if len(zones) > 1 else ""
    return f"block {shown(pfn)} of order {order} on the {type_name(migratetype)} list{where}"


def free_before(arguments: Mapping[str, Any], g: Globals) -> list[str]:
    """The free blocks that a call found, as a line of text; none for a function of plain numbers."""
    if all(isinstance(value, int) for value in arguments.values()):
        return []
    found = [f"({shown(pfn)}, {order}, {type_name(kind)})" for _, order, kind, pfns in lists_of(g) for pfn in pfns]
    return [f"Before the call, free blocks as (page, order, type): {few(found) if found else 'none'}"]


def few(pfns: Sequence[object], at_most: int = 8) -> str:
    """A list, cut where it gets too long to read."""
    shown = ", ".join(map(str, pfns[:at_most]))
    return f"[{shown}{', ...' if len(pfns) > at_most else ''}]"


def shown(value: Any) -> str:
    """A PFN or another result as text: PFNs of real machines in hexadecimal, where blocks begin at round numbers."""
    is_large = isinstance(value, int) and value >= 0x10000
    return hex(value) if is_large else str(value)
