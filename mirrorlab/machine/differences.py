"""What differs between the memories of two machines: the one walk over two of them.

Each memory is described in words first, as dicts within dicts, so the two may run different kernels: everything is told
apart by its name (a zone, a migratetype, a counter), never by its number.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from mirrorlab.linux import Kernel
from mirrorlab.linux.mmzone import Zone
from mirrorlab.machine.machine import Machine
from mirrorlab.words import MARKS

NOT_MEMORY = {
    *("g", "slob_list"),  # lead back to what is told elsewhere
    *("trace", "log", "oom_report"),  # are what a machine has said
}
Book = dict[str, Any]


class Difference(NamedTuple):
    """One thing that is not the same in two memories."""

    place: str
    """A zone, such as "Normal", or "Normal of node 1" where there are several nodes; "": the whole machine."""
    what: tuple[Any, ...]
    """From the kind on, such as ("free list", "order 3", "Movable") or ("remembered type", 5); see `of_zone`."""
    one: Any
    other: Any
    """The two values; None: it is not there."""

    @property
    def words(self) -> str:
        """Place and thing as text."""
        what = ", ".join(map(str, self.what))
        return f"{self.place}: {what}" if self.place else what


def walk(one: Machine, other: Machine) -> Iterator[Difference]:
    """Everything that differs between two memories, zone by zone, free lists first (their blocks head first)."""
    if _have_one_shape(one, other) and _equal([one.g], [other.g], {}):
        return
    zones, others = places(one, other)
    for place in longer_first(zones, others):
        zone, their = zones.get(place), others.get(place)
        if zone is None or their is None:
            yield Difference(place, ("zone",), zone and repr(zone), their and repr(their))
        else:
            for found in unlike(of_zone(one.kernel, zone), of_zone(other.kernel, their)):
                yield Difference(place, *found)
    for found in unlike(of_machine(one), of_machine(other)):
        yield Difference("", *found)


def equal(one: Machine, other: Machine) -> bool:
    """Whether `walk` finds nothing. Fast, as it is asked after each operation of a recording."""
    return _equal([one.g], [other.g], {}) if _have_one_shape(one, other) else next(walk(one, other), None) is None


def _have_one_shape(one: Machine, other: Machine) -> bool:
    return one.kernel is other.kernel or _shape(one) == _shape(other)


def _shape(machine: Machine) -> tuple[Any, ...]:
    """What has to be the same before parts can be told apart by their numbers."""
    mmzone = machine.kernel.mmzone
    return mmzone.MAX_ORDER, mmzone.pageblock_order, mmzone.MIGRATETYPE_NAMES, mmzone.ZONE_STAT_ITEMS


def _equal(ones: Collection[Any], others: Collection[Any], pairs: dict[int, Any]) -> bool:
    """Whether these parts of two memories hold the same. pairs: objects of one, by id, with those of the other."""
    if len(ones) != len(others):
        return False
    for one, other in zip(ones, others, strict=True):
        if one == other:
            continue
        if isinstance(one, list | tuple) and isinstance(other, list | tuple):
            same = _equal(one, other, pairs)
        elif type(one) is dict and type(other) is dict:  # in a list of the kernel the order counts
            same = one.keys() == other.keys() and _equal(one.values(), [other[key] for key in one], pairs)
        elif id(one) in pairs:
            same = pairs[id(one)] is other
        else:
            (names, parts), (their_names, their_parts) = _fields_of(one.__class__), _fields_of(other.__class__)
            pairs[id(one)] = other
            held, theirs = parts(one), their_parts(other)
            same = bool(names) and names == their_names and (held == theirs or _equal(held, theirs, pairs))
        if not same:
            return False
    return True


@lru_cache(maxsize=64)
def _fields_of(cls: Hashable) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The fields of a dataclass that are memory, and what takes them out of an object; none for any other type."""
    names = [field.name for field in fields(cls) if field.name not in NOT_MEMORY] if is_dataclass(cls) else []
    return tuple(names), attrgetter(*names, *names[:1]) if names else lambda thing: ()  # always a tuple


# -- Two descriptions -------------------------------------------------------------------------------------------


def unlike(one: Any, other: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Where two descriptions differ: (keys that lead there, one's value, the other's)."""
    one, other = _instead_of_none(one, other), _instead_of_none(other, one)
    if one == other:
        return
    if isinstance(one, dict) and isinstance(other, dict):
        for key in longer_first(one, other):
            yield from unlike(one.get(key), other.get(key), (*path, key))
    else:
        yield path, one, other


def _instead_of_none(value: Any, other: Any) -> Any:
    """Where a kernel lacks a list that the other one has, it is an empty list."""
    return type(other)() if value is None and isinstance(other, dict | list) else value


def longer_first(*books: Mapping[Any, Any]) -> list[Any]:
    """The keys of all, in the order of the one with the most."""
    return list(dict.fromkeys(key for book in sorted(books, key=len, reverse=True) for key in book))


# -- One memory in words ----------------------------------------------------------------------------------------


def places(*machines: Machine) -> list[dict[str, Zone]]:
    """The zones of each machine by their names, with the node where one of the machines has several."""
    several = any(len(machine.g.node_data) > 1 for machine in machines)
    return [
        {zone.name + (f" of node {zone.node}" if several else ""): zone for zone in machine.zones}
        for machine in machines
    ]


def of_zone(kernel: Kernel, zone: Zone) -> Book:
    """All that belongs to a zone, by kinds; lists head first, migratetypes by name."""
    names, counters = _type_names(kernel), kernel.mmzone.ZONE_STAT_ITEMS
    areas = {f"order {order}": area for order, area in reversed([*enumerate(zone.free_area)])}
    psets = {f"CPU {cpu}": pset for cpu, pset in enumerate(zone.pageset)}
    return {
        "free list": {order: _lists(kernel, area.free_list) for order, area in areas.items()},
        "nr_free": {order: area.nr_free for order, area in areas.items()},
        "set_page_order": {order: _by_name(area.buddy, names) for order, area in areas.items()},
        "CPU's list": {cpu: _lists(kernel, pset.lists) for cpu, pset in psets.items()},
        "CPU": {cpu: _figures(pset) for cpu, pset in psets.items()},
        "remembered type": _by_name(zone.freepage_migratetype, names),
        "watermark": dict(zip(MARKS, zone.watermark, strict=False)),
        "counter": dict(zip(counters, zone.vm_stat, strict=True)),
        "CPU's difference": {cpu: dict(zip(counters, pset.vm_stat_diff, strict=True)) for cpu, pset in psets.items()},
        "zone": _of_the_zone(zone),
    }


def of_machine(machine: Machine) -> Book:
    """All that belongs to no zone, by kinds."""
    names, size = _type_names(machine.kernel), machine.kernel.mmzone.pageblock_nr_pages
    return {
        "pages of a page block": size,
        "page block": _by_name(dict(enumerate(machine.g.pageblock_flags)), names),
        **_of_the_rest(machine),
    }


def _type_names(kernel: Kernel) -> dict[int, str]:
    return {**dict(enumerate(kernel.mmzone.MIGRATETYPE_NAMES)), kernel.mmzone.NO_PAGEBLOCK: "none"}


def _by_name(types: Mapping[int, int], names: Mapping[int, str]) -> dict[int, str]:
    return {place: names.get(kind, str(kind)) for place, kind in types.items()}


def _lists(kernel: Kernel, lists: list[Any]) -> dict[str, list[int]]:
    names = kernel.mmzone.MIGRATETYPE_NAMES
    return {name: list(reversed(pages)) for name, pages in zip(names, lists, strict=False)}


def _figures(pset: Any) -> Book:
    return {name: getattr(pset, name) for name in ("count", "high", "batch", "stat_threshold")}


def _of_the_zone(zone: Zone) -> Book:
    return _plain_fields(zone, {"free_area", "pageset", "freepage_migratetype", "watermark", "vm_stat"})


def _of_the_rest(machine: Machine) -> Book:
    """What is in neither a zone nor a page block."""
    g, slabs = machine.g, machine.g.slabs
    settings = {name: machine.sysctl(name) for name in sorted(machine.kernel.sysctl.vm_table)}
    known = {"node_data", "pageblock_flags", "slabs", "sysctl_mirrorable", "min_free_kbytes"}
    zonelists = {
        f"{index} of node {node}": _plain(zonelist)
        for node, pgdat in g.node_data.items()
        for index, zonelist in enumerate(pgdat.node_zonelists)
    }
    book: Book = {"setting": settings, "zonelist": zonelists, "machine": _plain_fields(g, known)}
    if slabs is not None:
        book["cache"] = {name: _plain_fields(cache) for name, cache in slabs.slab_caches.items()}
        book["slab"] = {pfn: _plain(page) for pfn, page in slabs.mem_map.items() if page.pfn == pfn}
        book["slabs"] = _plain_fields(slabs, {"slab_caches", "mem_map"})
    return book


def _plain_fields(thing: Any, known: set[str] = frozenset()) -> Book:  # type: ignore[assignment]
    """A dataclass as a dict, without fields that are told elsewhere."""
    names = [name for name in _fields_of(thing.__class__)[0] if name not in known]
    return {name: _plain(getattr(thing, name)) for name in names}


def _plain(value: Any) -> Any:
    """A part of a memory as values that can be compared and printed."""
    if isinstance(value, OrderedDict):
        return list(reversed(value))
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        told = list(map(_plain, value))
        return dict(enumerate(told)) if told and isinstance(told[0], dict) else told
    if isinstance(value, set):
        return tuple(sorted(value))
    if type(value).__name__ in ("Zone", "KmemCache"):  # told elsewhere (each kernel has classes of its own)
        return repr(value)
    return _plain_fields(value) if is_dataclass(value) else value
