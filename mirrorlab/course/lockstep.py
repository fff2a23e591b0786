"""Two kernels in lock-step: each call of the learner's function is made on two copies of the same memory.

The learner's function works on the machine, the proven model on a copy made just before the call. Then the two are
compared, so what is reported is the call that went wrong, not what came of it later.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from mirrorlab.course.subject import Stopped, Subject
from mirrorlab.course.toys import lists_of
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


def twin(value: Any, memo: dict[int, Any]) -> Any:
    """A copy of a machine's memory that shares nothing with it; `memo` maps ids of parts to their copies."""
    kind = type(value)
    if kind in ATOMS:
        return value
    if id(value) in memo:
        return memo[id(value)]
    held = value.values() if kind in (dict, OrderedDict) else value if kind in (list, tuple) else ()
    if not ATOMS.issuperset(map(type, held)):
        parts = [twin(each, memo) for each in held]
        made = kind(parts) if kind in (list, tuple) else kind(zip(value, parts, strict=True))
    elif kind in FLAT:
        made = value.copy() if value else kind()
    elif is_dataclass(value):
        made = memo[id(value)] = object.__new__(kind)
        for name in names_of(kind):  # type: ignore[arg-type]
            object.__setattr__(made, name, twin(getattr(value, name), memo))
    else:
        made = value
    memo[id(value)] = made
    return made


@lru_cache(maxsize=64)
def names_of(kind: Hashable) -> tuple[str, ...]:
    """The fields of a dataclass."""
    return tuple(each.name for each in fields(kind))  # type: ignore[arg-type]


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
        return self.number, self.ours, lists_of(self.learner), self.learner.pageblock_flags


class Diverged(BaseException):
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

    def watch(self, g: Globals | None) -> None:
        """Compare the calls on this machine from now on; None: only count them."""
        self.g = g
        self.number = 0

    def __call__(self, *arguments: Any) -> Any:
        self.number += 1
        g = self.g
        if g is None:
            return self.subject.run(self.loaded, *arguments)
        before = twin(g, {id(g.trace): None})
        memo: dict[int, Any] = {id(g.trace): None}
        linux_g = twin(g, memo)
        theirs = self.proven(*[memo.get(id(each), each) for each in arguments])
        named = dict(zip(self.names, arguments, strict=False))
        try:
            ours = self.subject.run(self.loaded, *arguments)
        except Stopped as stopped:
            stopped.call = call_in_words(self.number, self.function, named)
            raise
        notes, layer = compare(linux_g, g, theirs, ours)
        if notes:
            failure = Failure(self.function, self.number, named, theirs, ours, before, linux_g, g, layer, notes,
                              self.kernel)  # fmt: skip
            raise Diverged(failure)
        return ours


def compare(theirs: Globals, ours: Globals, result: Any, our_result: Any) -> tuple[list[str], int]:
    """What differs between two memories after a call, and the highest layer that holds."""
    conserved = _conservation(theirs, ours)
    blocks = _results(result, our_result) + _blocks(theirs, ours)
    order = _order(theirs, ours)
    for layer, notes in enumerate((conserved, blocks, order)):
        if notes:
            return conserved + blocks + order, layer
    return [], ORDER


def _zones(g: Globals) -> list[Any]:
    return [zone for node in g.node_data.values() for zone in node.node_zones]


def _conservation(theirs: Globals, ours: Globals) -> list[str]:
    """Pages that are lost, free twice, or counted wrongly."""
    notes = []
    pages, our_pages = (sum(len(pfns) << order for _, order, _, pfns in lists_of(g)) for g in (theirs, ours))
    if pages != our_pages:
        notes.append(f"Linux has {pages} free pages now, yours {our_pages}.")
    blocks = sorted((pfn, order) for _, order, _, pfns in lists_of(ours) for pfn in pfns)
    for (pfn, order), (following, _) in pairwise(blocks):
        if pfn + (1 << order) > following:
            notes.append(
                f"Page {shown(following)} is free twice: it also lies in the free block {shown(pfn)} of order {order}."
            )
            break
    for zone, our_zone in zip(_zones(theirs), _zones(ours), strict=True):
        if _counters(zone) != _counters(our_zone):
            notes.append(f"The counters of zone {zone.name} differ: is every free page counted, once?")
    return notes


def _counters(zone: Any) -> list[list[int]]:
    return [zone.vm_stat, *(pset.vm_stat_diff for pset in zone.pageset)]


def _results(result: Any, our_result: Any) -> list[str]:
    if result == our_result or (isinstance(result, bool) and our_result is not None and result == bool(our_result)):
        return []
    if our_result is None and isinstance(result, int):
        return [f"Linux returns {shown(result)}, yours nothing: does each path end in a `return`?"]
    return [f"Linux returns {shown(result)}, yours {shown(our_result)}."]


def _blocks(theirs: Globals, ours: Globals) -> list[str]:
    """Blocks that only one of the two has, and notes about blocks that do not match the lists."""
    notes = []
    one, other = (
        {(place, pfn, order, kind) for place, order, kind, pfns in lists_of(g) for pfn in pfns} for g in (theirs, ours)
    )
    for missing in sorted(one - other)[:3]:
        notes.append(f"Linux has {in_words(theirs, *missing)}, yours has not.")
    for extra in sorted(other - one)[:3]:
        notes.append(f"Yours has {in_words(theirs, *extra)}, Linux has not.")
    for zone, our_zone in zip(_zones(theirs), _zones(ours), strict=True):
        for order, (area, our_area) in enumerate(zip(zone.free_area, our_zone.free_area, strict=True)):
            if area.nr_free != our_area.nr_free:
                notes.append(f"nr_free of order {order} is {area.nr_free} in Linux, {our_area.nr_free} in yours.")
            if area.buddy != our_area.buddy:
                notes.append(f"set_page_order notes for order {order} differ: is each free block noted, and no other?")
        if zone.freepage_migratetype != our_zone.freepage_migratetype:
            notes.append("The types that pages remember (freepage_migratetype) differ.")
    blocks = zip(theirs.pageblock_flags, ours.pageblock_flags, strict=True)
    for number, (kind, our_kind) in enumerate(blocks):
        if kind != our_kind:
            notes.append(f"Page block {number} has type {type_name(kind)} in Linux, {type_name(our_kind)} in yours.")
    return notes


def _order(theirs: Globals, ours: Globals) -> list[str]:
    one, other = ({each[:3]: each[3] for each in lists_of(g)} for g in (theirs, ours))
    return [
        f"List of order {order}, {type_name(kind)}, head first: Linux {few(pfns)}, yours {few(other[key])}."
        for key, pfns in one.items()
        for _, order, kind in [key]
        if key in other and sorted(pfns) == sorted(other[key]) and pfns != other[key]
    ]


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
    zone_name: str | None = getattr(value, "name", None)
    return zone_name


TYPE_NAMES = ("Unmovable", "Reclaimable", "Movable", "Mirror", "Reserve", "Isolate")


def type_name(migratetype: Any) -> str:
    """A migratetype as the kernel prints it."""
    if isinstance(migratetype, int) and 0 <= migratetype < len(TYPE_NAMES):
        return TYPE_NAMES[migratetype]
    return str(migratetype)


def in_words(g: Globals, place: int, pfn: int, order: int, migratetype: int) -> str:
    """A free block in words."""
    zones = _zones(g)
    where = f" of zone {zones[place].name}" if len(zones) > 1 else ""
    return f"block {shown(pfn)} of order {order} on the {type_name(migratetype)} list{where}"


def few(pfns: list[int], at_most: int = 8) -> str:
    """A list, cut where it gets too long to read."""
    shown = ", ".join(map(str, pfns[:at_most]))
    return f"[{shown}{', ...' if len(pfns) > at_most else ''}]"


def shown(value: Any) -> str:
    """A PFN or another result as text: PFNs of real machines in hexadecimal, where blocks begin at round numbers."""
    is_large = isinstance(value, int) and value >= 0x10000
    return hex(value) if is_large else str(value)
