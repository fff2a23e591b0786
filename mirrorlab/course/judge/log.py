"""What is written down of each call of a judged function: a digest of all memory, and the result.

The subject and the judge each make such a log, in processes of their own. The first entry that differs is the call
that went wrong. An entry can only agree or differ: nothing can be read out of it.
"""

import marshal
import re
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import blake2b
from operator import attrgetter, index, neg
from typing import Any

from mirrorlab.linux import vmstat
from mirrorlab.linux.mmzone import Globals, Zone
from mirrorlab.words import shorten

BROKEN = (
    "Your function left the machine damaged: change its lists with list_add, list_add_tail, list_del or list_pop only"
)
NOTHING, TRUTH, VALUE = "nothing", "truth", "value"  # what the kernel uses of a function's result
LEFT_OUT = {"trace", "g"}  # how a machine is watched; the way back from its parts
ATOMS = {int, str, type(None)}
WHOLE = {int}
LISTS = {OrderedDict}
TABLES = {OrderedDict, dict}
LONGEST_NUMBER = 1 << 64  # a result beyond it is no page and no order


class Spoilt(Exception):
    """The function left a memory behind that no kernel can use; the message says why."""


def digest(g: Globals) -> str:
    """Eight bytes that stand for all of a machine's memory, as hexadecimal digits. Raises Spoilt."""
    try:
        return blake2b(marshal.dumps(_canonical(g, {}), 0), digest_size=8).hexdigest()
    except Spoilt:
        raise
    except Exception as problem:  # a part was replaced by something else
        raise Spoilt(f"{BROKEN} ({type(problem).__name__}: {problem}).") from None


def _canonical(value: Any, seen: dict[int, int]) -> Any:
    """Nested tuples that are equal exactly when the memories are: order counts in lists, not in tables.

    It is asked some hundred times a call, so what is frequent comes first, and what is empty is not looked into.
    """
    kind = type(value)
    if kind is OrderedDict or kind is dict:
        if not value:
            return ()
        return _pages(value) if kind is OrderedDict else _table(value, seen)
    if kind is list or kind is tuple or kind is deque:
        return _each(value, seen)
    if kind in ATOMS:
        return value
    if kind is bool:
        return int(value)
    if kind is bytearray or kind is bytes:
        return bytes(value)
    if kind is set or kind is frozenset:
        return sorted(value)
    parts = _parts(kind)  # type: ignore[arg-type]
    if parts is None:
        raise Spoilt(f"You put {in_short(value)} where the kernel keeps its own data.")
    if id(value) in seen:
        return seen[id(value)]
    seen[id(value)] = len(seen)
    return _area(value, seen) if kind.__name__ == "FreeArea" else _each(parts(value), seen)


def _area(area: Any, seen: dict[int, int]) -> tuple[Any, ...]:
    """The same for a free_area: half of all that there is, and mostly empty."""
    lists, buddy = area.free_list, area.buddy
    if type(lists) is not list or type(buddy) is not dict or not LISTS.issuperset(map(type, lists)):
        return _each((lists, buddy, area.nr_free), seen)
    pages = tuple([_pages(each) if each else () for each in lists])
    return pages, _table(buddy, seen) if buddy else (), _canonical(area.nr_free, seen)


def _each(parts: Iterable[Any], seen: dict[int, int]) -> tuple[Any, ...]:
    return tuple([
        each if (kind := type(each)) in ATOMS else () if kind in TABLES and not each else _canonical(each, seen)
        for each in parts
    ])  # fmt: skip


@cache
def _parts(kind: Hashable) -> Callable[[Any], Any] | None:
    """What gives the fields that count of an object of the model; None for any other class."""
    if not is_dataclass(kind) or "__dataclass_fields__" not in vars(kind):  # a class made from one of ours
        return None
    names = [each.name for each in fields(kind) if each.name not in LEFT_OUT]
    return attrgetter(*names) if len(names) > 1 else lambda thing: [getattr(thing, name) for name in names]


def _table(table: dict[Any, Any], seen: dict[int, int]) -> list[Any]:
    if ATOMS.issuperset(map(type, table.values())):
        return sorted(table.items())
    return sorted([(key, _canonical(each, seen)) for key, each in table.items()])


def _pages(pages: OrderedDict[int, None]) -> tuple[int, ...]:
    if not WHOLE.issuperset(map(type, pages)):
        page = next(each for each in pages if type(each) is not int)
        raise Spoilt(f"You put {in_short(page)} on a free list: a list holds whole page numbers.")
    return tuple(pages)


def token(result: Any, used: str) -> str:
    """A result as one word, as far as the kernel uses it; numbers by their value."""
    if used == NOTHING:
        return "-"
    if result is None:
        return "none"
    if used == TRUTH:
        return str(bool(result))
    plain = as_number(result)
    return str(int(plain)) if type(plain) in (int, bool) and abs(plain) < LONGEST_NUMBER else in_short(plain)


def as_number(result: Any) -> Any:
    """A whole number of any library as Python's own; anything else as it is."""
    if type(result) in (int, bool, type(None)):
        return result
    try:
        return index(result)
    except Exception:
        return result


def in_short(value: Any, longest: int = 60) -> str:
    """Any value as text that cannot fail, does not get long, and shows no address."""
    if isinstance(value, types.GeneratorType):
        return "a generator"
    try:
        text = repr(value)
        if text[:1] == "<" and callable(value):
            kind = "class" if isinstance(value, type) else "function"
            text = f"the {kind} {value.__name__}" if value.__name__ != "<lambda>" else "a function"
        elif is_dataclass(value) or re.match(r"<.* at 0x[0-9a-fA-F]+>$", text, re.DOTALL):
            text = f"an object of type {type(value).__name__}"
    except BaseException:
        return f"a value of type {type(value).__name__} that cannot be written"
    return shorten(without_addresses(text), longest)


def without_addresses(text: str) -> str:
    """A text without the places where objects lie: they tell a reader nothing."""
    return re.sub(r" at 0x[0-9a-fA-F]{5,}(?=[>\s,)]|$)", "", text)


class Counters:
    """The counters of a zone as a call found them: what the call counted in several steps is counted in one.

    A CPU keeps small changes to itself, so how much stands in the zone's counter tells the steps from their sum.
    """

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.pset = zone.pageset[zone.g.cpu]
        self.before = [*zone.vm_stat], [*self.pset.vm_stat_diff]

    @classmethod
    def of(cls, arguments: tuple[Any, ...]) -> "Counters | None":
        """Of the zone that a call is given; None where it is given none."""
        try:
            return cls(arguments[0]) if hasattr(arguments[0], "vm_stat") else None
        except Exception:  # an earlier call has spoilt it: its digest says so
            return None

    def count_once(self) -> None:
        """Count what was counted since as one change of each counter."""
        total, diff = self.zone.vm_stat, self.pset.vm_stat_diff
        before, diff_before = self.before
        if type(total) is not list or type(diff) is not list or (total == before and diff == diff_before):
            return
        if len(total) != len(before) or not WHOLE.issuperset(map(type, (*total, *diff))):
            return
        changes = [sum(each) for each in zip(total, diff, map(neg, before), map(neg, diff_before), strict=True)]
        total[:], diff[:] = before, diff_before
        for item, change in enumerate(changes):
            if change:
                vmstat.__dict__["__mod_zone_page_state"](self.zone, item, change)


class Recorder:
    """Stands in a kernel for the judged functions, calls them, and writes an entry after each outermost call."""

    def __init__(self, run: Callable[..., Any]) -> None:
        """run: called with (function, arguments...) for an outermost call."""
        self.run = run
        self.inside = False
        self.watch(None)

    def watch(self, g: Globals | None, entered: Any = None, left: Any = None) -> None:
        """Follow the calls on this memory from now on; None: on none.

        entered: called before a call with (number, function's name, arguments), left: after it with (number, entry,
        result). Numbers begin at 1.
        """
        self.g = g
        self.number = 0
        self.entered = entered
        self.left = left

    def wrap(self, name: str, function: Callable[..., Any], used: str) -> Callable[..., Any]:
        """What the kernel calls instead of the function. used: what it uses of the result."""

        def call(*arguments: Any) -> Any:
            if self.inside:  # from within the function itself
                return function(*arguments)
            self.number += 1
            if self.entered:
                self.entered(self.number, name, arguments)
            self.inside = True
            counters = Counters.of(arguments)
            try:
                result = as_number(self.run(function, *arguments))
            finally:
                self.inside = False
            if counters:
                with suppress(Exception):  # the call has spoilt them: the digest says so
                    counters.count_once()
            if self.g is not None:
                self.left(self.number, f"{digest(self.g)} {token(result, used)}", result)
            return result

        return call
