"""Two kernels in lock-step: each call of the learner's function is made on two copies of the same memory.

The learner's function works on the machine, the proven model on a copy made just before the call. Then the two are
compared, so what is reported is the call that went wrong, not what came of it later.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from mirrorlab.course.judge.cases import lists_of
from mirrorlab.course.judge.subject import EndOfCase, Spoilt, Stopped, Subject
from mirrorlab.linux import Kernel
from mirrorlab.linux.mmzone import Globals

# How far a function got: each layer includes those before it.
NOTHING, CONSERVED, BLOCKS, ORDER = range(4)
LAYERS = (
    "no page is lost and none is free twice",
    "the free blocks, and the books about them, are those of Linux",
    "the lists have Linux's order",
)

ATOMS = {int, str, bool, type(None)}
FLAT = {list, dict, OrderedDict, deque, set, bytearray}  # copied as they are when they hold nothing but atoms
NAMED = {dict, OrderedDict}


def twin(value: Any, memo: dict[int, Any]) -> Any:
    """A copy of a machine's memory that shares nothing with it; `memo` maps ids of parts to their copies.

    A check makes thousands: what holds nothing, or nothing but atoms, is copied without looking into it again.
    """
    kind = type(value)
    if kind in ATOMS:
        return value
    if id(value) in memo:
        return memo[id(value)]
    if kind in FLAT and not value:
        made = kind()
    elif kind in FLAT or kind is tuple:
        held = value.values() if kind in NAMED else value
        if not ATOMS.issuperset(map(type, held)):
            parts = [twin(each, memo) for each in held]
            made = kind(zip(value, parts, strict=True)) if kind in NAMED else kind(parts)
        else:
            made = value if kind is tuple else value.copy()
    elif names := names_of(kind):  # type: ignore[arg-type]
        made = memo[id(value)] = object.__new__(kind)
        for name in names:
            part = getattr(value, name)
            object.__setattr__(made, name, part if type(part) in ATOMS else twin(part, memo))
    else:
        made = value
    memo[id(value)] = made
    return made


@lru_cache(maxsize=64)
def names_of(kind: Hashable) -> tuple[str, ...]:
    """The fields of a dataclass; none for any other type."""
    return tuple(each.name for each in fields(kind)) if is_dataclass(kind) else ()


@dataclass
class Failure:
    """A call after which the learner's memory and Linux's differ."""

    function: str
    number: int
    """Which call of the function it was in its case, from 1 on."""
    arguments: Mapping[str, Any]
    theirs: Any
    """What Linux's function returned."""
    ours: Any
    """What the learner's function returned."""
    before: Globals
    """The memory before the call, if it was kept (see Lockstep.watch); else as Linux left it."""
    linux: Globals
    learner: Globals
    layer: int
    """The highest layer that still holds."""
    notes: list[str]
    """What differs, a sentence each, the most telling first."""
    kernel: Kernel
    """The proven model: can show any of the three states as a Machine."""

    def like(self, other: "Failure") -> bool:
        """Whether two functions went wrong in the same way."""
        return self._what_was_done() == other._what_was_done()

    def _what_was_done(self) -> tuple[Any, ...]:
        lists = lists_of(self.learner)
        books = None
        if lists == lists_of(self.linux):  # then the books decide
            books = [*_counted(self.linux, self.learner), *_books(self.linux, self.learner)]
        return self.number, self.ours, lists, self.learner.pageblock_flags, books


class Diverged(EndOfCase):
    """Raised out of the learner's kernel at the first call that differs."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class Lockstep:
    """Stands in a kernel where the learner's function is called, and lets the proven model do the same."""

    def __init__(self, subject: Subject, loaded: Callable[..., Any], proven: Kernel, function: str) -> None:
        self.subject = subject
        self.loaded = loaded
        self.kernel = proven
        self.function = function
        self.proven: Any = getattr(proven.module_of(function), function)
        code = self.proven.__code__
        self.names = code.co_varnames[: code.co_argcount]
        self.g: Globals | None = None  # None: not watching
        self.number = 0
        self.keep = False

    def watch(self, g: Globals | None, *, keep: bool = False) -> None:
        """Compare the calls on this machine from now on; None: only count them.

        keep: also copy the memory before each call, for somebody who wants to see it.
        """
        self.g = g
        self.number = 0
        self.keep = keep

    def __call__(self, *arguments: Any) -> Any:
        self.number += 1
        g = self.g
        if g is None:
            return self.subject.run(self.loaded, *arguments)
        memo: dict[int, Any] = {id(g.trace): None}
        linux_g = twin(g, memo)
        before = twin(linux_g, {}) if self.keep else linux_g
        named = {name: in_place(each, g) for name, each in zip(self.names, arguments, strict=False)}
        try:
            ours = self.subject.run(self.loaded, *arguments)
            read(only_pages, g)
        except Stopped as stopped:
            stopped.call = call_in_words(self.number, self.function, named)
            stopped.before = free_before(named, linux_g)
            raise
        theirs = self.proven(*[memo.get(id(each), each) for each in arguments])
        as_text = in_type if self.function in GIVE_TYPES else shown
        try:
            notes, layer = read(compare, linux_g, g, theirs, ours, as_text)
        except Stopped as stopped:
            stopped.call = call_in_words(self.number, self.function, named)
            raise
        if notes:
            failure = Failure(self.function, self.number, named, theirs, ours, before, linux_g, g, layer, notes,
                              self.kernel)  # fmt: skip
            raise Diverged(failure)
        return ours


def read(look: Callable[..., Any], *arguments: Any) -> Any:
    """Look at the memory that the function left behind: what goes wrong then is its doing. Raises Stopped."""
    try:
        return look(*arguments)
    except Spoilt as problem:
        raise Stopped(problem) from None
    except Exception as broken:
        says = f"After this call the memory cannot be read ({type(broken).__name__}: {broken})."
        raise Stopped(Spoilt(says)) from None


def only_pages(g: Globals) -> None:
    """Raises Spoilt when a free list holds anything but page numbers."""
    for zone in _zones(g):
        for order, area in enumerate(zone.free_area):
            for pages in area.free_list:
                for page in pages:
                    if type(page) is not int:
                        raise Spoilt(f"You put {page!r} on the list of order {order}: a list holds whole page numbers.")


def compare(
    theirs: Globals, ours: Globals, result: Any, our_result: Any, as_text: Callable[[Any], str] = str
) -> tuple[list[str], int]:
    """What differs between two memories after a call, and the highest layer that holds."""
    lists, our_lists = lists_of(theirs), lists_of(ours)
    differ = lists != our_lists
    conserved = [*(_conservation(lists, our_lists) if differ else []), *_counted(theirs, ours)]
    blocks = _results(result, our_result, as_text)
    blocks += [*(_blocks(theirs, lists, our_lists) if differ else []), *_books(theirs, ours)]
    order = _order(lists, our_lists) if differ else []
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


def call_in_words(number: int, function: str, arguments: Mapping[str, Any]) -> str:
    """A call as one would write it, with the number it has."""
    words = {name: argument_in_words(name, value) for name, value in arguments.items()}
    listed = ", ".join(f"{name}={value}" for name, value in words.items() if value is not None)
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
