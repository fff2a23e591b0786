"""The one bridge between JSON and a machine: recorded states of the real kernel, and all that a machine holds.

A recorded state has the fields that cases.py asks for. `dump` writes everything, and `load` reads it, trusting no one.
"""

import reprlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mirrorlab import linux
from mirrorlab.linux.mmzone import Globals, Zone
from mirrorlab.machine import Machine, differences, snapshot
from mirrorlab.machine.snapshot import Snapshot
from mirrorlab.oracle import cases, slab_state

# -- From a recording to a machine ------------------------------------------------------------------------------


def machine_of(case: str | Path | Mapping[str, Any], kernel: linux.Kernel | None = None) -> Machine:
    """The machine of a recorded case, in the state before the first operation.

    case: the name of a case of this package, the path of a file, or what `recordings.load` returned.
    kernel: a loaded kernel with the same build options; None loads the one the case was recorded on.

    Raises RecordingError (a ValueError) when there is no such case or it cannot be read.
    """
    if not isinstance(case, Mapping):
        case = cases.load(case)
    if "initial" not in case:
        raise ValueError(f"{case['name']} records a boot, no running machine: name another case, or use boot()")
    if kernel is None:
        kernel = linux.load(config=build_options(case["machine"]))
    machine = Machine(kernel, globals_of(kernel, case["machine"], case["initial"]), case["name"])
    slab_state.load(kernel, machine.g, case["initial"])
    return machine


Machine.from_recording = staticmethod(machine_of)


def build_options(machine: Mapping[str, Any]) -> dict[str, Any]:
    """The build options (kconfig.py) of the kernel that a case was recorded on."""
    known = machine["globals"]
    return {
        "FORCE_MAX_ZONEORDER": known["max_order"],
        "HUGETLB_PAGE": known["pageblock_order"] < known["max_order"] - 1,
        "MEMORY_MIRROR": known["migrate_pcptypes"] == 4,
        "SLAB_ALLOCATOR": {"C": "SLAB", "D": "SLOB"}.get(machine["kernel_build"], "SLUB"),
    }


def globals_of(kernel: linux.Kernel, machine: Mapping[str, Any], state: Mapping[str, Any]) -> Globals:
    """The kernel's global variables as a recording shows them: the machine, and one state of it."""
    mmzone = kernel.mmzone
    known = machine["globals"]
    g: Globals = mmzone.Globals(
        cpu_to_node=[cpu["node"] for cpu in machine["cpus"]],
        rt_task=bool(known["rt_task"]),
        mirror_info=[mmzone.MirrorInfo(**entry) for entry in machine["mirror_info"]],
        user_min_free_kbytes=known["user_min_free_kbytes"],
        page_group_by_mobility_disabled=bool(known["page_group_by_mobility_disabled"]),
        gfp_allowed_mask=known["gfp_allowed_mask"],
    )
    zones = [_zone_of(kernel, g, shape) for shape in machine["zones"]]
    for zone, shape in zip(zones, machine["zones"], strict=True):
        _bring_pages(mmzone, zone, shape["pages_rle"])
    end_pfn = max(zone.zone_start_pfn + zone.spanned_pages for zone in zones)
    g.pageblock_flags = bytearray([mmzone.NO_PAGEBLOCK]) * (-(-end_pfn // mmzone.pageblock_nr_pages))

    by_place = {(zone.node, zone.idx): zone for zone in zones}
    for node in machine["nodes"]:
        g.node_data[node] = mmzone.PglistData(node, [zone for zone in zones if zone.node == node], [])
    for entry in sorted(machine["zonelists"], key=lambda entry: (entry["node"], entry["index"])):
        members = [by_place[node, idx] for node, idx in entry["zones"]]
        zonelist = mmzone.Zonelist(g, members, set() if entry["has_zlc"] else None)
        g.node_data[entry["node"]].node_zonelists.append(zonelist)
    bring_into(kernel, g, state)
    return g


def _zone_of(kernel: linux.Kernel, g: Globals, shape: Mapping[str, Any]) -> Zone:
    """One zone, as far as it never changes."""
    mmzone = kernel.mmzone
    zone: Zone = mmzone.Zone(
        g, shape["node"], shape["idx"], shape["name"], shape["start_pfn"], shape["spanned"],
        present_pages=shape["present"],
        managed_pages=shape["managed"],
        lowmem_reserve=list(shape["lowmem_reserve"]),
        percpu_drift_mark=shape.get("percpu_drift_mark", 0),
        pageset=[mmzone.PerCpuPageset() for _ in g.cpu_to_node],
    )  # fmt: skip
    return zone


def _bring_pages(mmzone: Any, zone: Zone, pages_rle: list[list[int]]) -> None:
    """Say of each page of a zone's span whether it belongs to the zone, and whether it is reserved."""
    start = zone.zone_start_pfn
    for kind, count in pages_rle:
        if kind != 2:  # 2: not a page of this zone
            mmzone.set_page_links(zone.g, start, start + count, zone)
        if kind == 1:
            mmzone.SetPageReserved(zone.g, start, start + count)
        start += count


def bring_into(kernel: linux.Kernel, g: Globals, state: Mapping[str, Any]) -> None:
    """Bring a memory into a recorded state: what the recording does not tell stays as it is.

    Raises Unlike when the state is one of another machine.
    """
    zones = list(kernel.mmzone.for_each_zone(g))
    zonelists = {(nid, n): each for nid in g.node_data for n, each in enumerate(g.node_data[nid].node_zonelists)}
    caches_of_full = {place: each.fullzones for place, each in zonelists.items() if each.fullzones is not None}
    cases.same(
        "zones", [(zone["node"], zone["idx"]) for zone in state["zones"]], [(zone.node, zone.idx) for zone in zones]
    )
    cases.same("zonelist caches", [(node, index) for node, index, _ in state["zlc_full"]], list(caches_of_full))
    g.sysctl_mirrorable, g.min_free_kbytes = state["sysctl_mirrorable"], state["min_free_kbytes"]
    for node, index, positions in state["zlc_full"]:
        caches_of_full[node, index].clear()
        caches_of_full[node, index].update(positions)
    for zone, recorded in zip(zones, state["zones"], strict=True):
        _bring_zone(kernel, zone, recorded)
    for zone, recorded in zip(zones, state["zones"], strict=True):
        _bring_pageblocks(kernel, zone, recorded["pageblocks"])


def _bring_zone(kernel: linux.Kernel, zone: Zone, state: Mapping[str, Any]) -> None:
    mmzone = kernel.mmzone
    cases.same(f"orders of {zone}", [area["order"] for area in state["free_area"]], list(range(len(zone.free_area))))
    cases.same(f"CPUs of {zone}", [cpu["cpu"] for cpu in state["cpus"]], list(range(len(zone.pageset))))
    zone.watermark = [state["watermark"][name] for name in ("min", "low", "high")]
    zone.flags = zone.flags & ~mmzone.ZONE_FAIR_DEPLETED | state["flags"] & mmzone.ZONE_FAIR_DEPLETED
    zone.nr_migrate_reserve_block = state["nr_migrate_reserve_block"]
    _set_counters(mmzone, zone.vm_stat, state["vm_stat"])
    for area, recorded in zip(zone.free_area, state["free_area"], strict=True):
        area.nr_free = recorded["nr_free"]
        _fill(area.free_list, recorded["lists"])
        area.buddy = {pfn: migratetype for migratetype, pages in enumerate(area.free_list) for pfn in pages}
    zone.freepage_migratetype.clear()
    for pset, recorded in zip(zone.pageset, state["cpus"], strict=True):
        for name in ("count", "high", "batch", "stat_threshold"):
            setattr(pset, name, recorded[name])
        _set_counters(mmzone, pset.vm_stat_diff, recorded["vm_stat_diff"])
        _fill(pset.lists, recorded["lists"])
        for migratetype, pages in enumerate(pset.lists):
            zone.freepage_migratetype.update(dict.fromkeys(pages, migratetype))
        for exceptions in recorded["mt_exceptions"].values():
            zone.freepage_migratetype.update(exceptions)


def _fill(lists: list[Any], recorded: Mapping[str, list[int]]) -> None:
    """Put recorded lists (head first, empty ones left out) into the kernel's (tail first)."""
    for pages in lists:
        pages.clear()
    for migratetype, pfns in recorded.items():
        lists[int(migratetype)].update(dict.fromkeys(reversed(pfns)))
    cases.same("pages of a list, each once", sum(map(len, recorded.values())), sum(map(len, lists)))


def _set_counters(mmzone: Any, counters: list[int], recorded: Mapping[str, int]) -> None:
    for name, value in recorded.items():
        counters[mmzone.ZONE_STAT_ITEMS.index(name)] = value


def _bring_pageblocks(kernel: linux.Kernel, zone: Zone, recorded: Mapping[str, Any]) -> None:
    mmzone, flags = kernel.mmzone, zone.g.pageblock_flags
    size, none = mmzone.pageblock_nr_pages, mmzone.NO_PAGEBLOCK
    first, end = zone.zone_start_pfn // size, -(-(zone.zone_start_pfn + zone.spanned_pages) // size)
    cases.same(f"number of page blocks of {zone}", sum(count for _, count in recorded["rle"]), end - first)
    types = b"".join(bytes([none if kind < 0 else kind]) * count for kind, count in recorded["rle"])
    cases.same(f"page blocks of {zone}", (recorded["start_pfn"], len(types)), (first * size, end - first))
    flags[first:end] = types


# -- A recorded state beside a machine's --------------------------------------------------------------------------


def differences_from(recorded: Mapping[str, Any], machine: Machine) -> Iterator[tuple[str, Any, Any]]:
    """Where the machine's state differs from a recorded one: (what, Linux's, the model's).

    A copy of the machine is brought into the recorded state, so what was not recorded is no difference.
    """
    linux_s = machine.copy()
    try:
        bring_into(machine.kernel, linux_s.g, recorded)
        slab_state.bring_into(machine.kernel, linux_s.g, recorded)
    except cases.Unlike as problem:
        what, theirs, ours = problem.args
        yield what, theirs, ours
    except (LookupError, TypeError, AttributeError, ValueError) as problem:
        raise cases.RecordingError(f"a recorded state cannot be read ({problem!r})") from None
    else:
        yield from ((found.words, found.one, found.other) for found in differences.walk(linux_s, machine))


# -- All that a machine holds -------------------------------------------------------------------------------------

SCALARS = {int, str, bool, float, type(None)}
CONTAINERS = {cls.__name__: cls for cls in snapshot.KINDS}
DEEPEST = 8  # tuples within tuples


def dump(what: Snapshot | Iterable[Any]) -> dict[str, Any]:
    """Everything that can be reached from some roots, as a JSON value for `load`.

    what: the roots, such as [machine.g], or a snapshot of them.

    An object is written as [class, content]; {"at": n} stands for object n, {"of": [...]} for a tuple. Raises
    ValueError when something is neither an object of the model, a container, a number nor a text.
    """
    try:
        kept = what if isinstance(what, Snapshot) else Snapshot(*what)
    except TypeError as problem:
        raise ValueError(str(problem)) from None
    number = {id(thing): n for n, (thing, _) in enumerate(kept.kept)}

    def plain(value: Any, depth: int = 0) -> Any:
        if type(value) in SCALARS:
            return value
        if isinstance(value, tuple) and depth < DEEPEST:
            return {"of": [plain(each, depth + 1) for each in value]}
        if id(value) not in number:
            raise ValueError(f"{reprlib.repr(value)} cannot be written down")
        return {"at": number[id(value)]}

    def content_of(cls: Any, content: Any) -> Any:
        if cls is bytearray:
            return content.hex()
        if cls is dict:
            flat = _is_flat(content) and _is_flat(content.values())
            return [[key, value] if flat else [plain(key), plain(value)] for key, value in content.items()]
        if cls in snapshot.KINDS:
            values = sorted(content, key=repr) if cls is set else content
            return list(values if _is_flat(values) else map(plain, values))
        return dict(zip(snapshot.state_fields(cls), map(plain, content), strict=True))

    objects = [[_name(thing.__class__), content_of(thing.__class__, content)] for thing, content in kept.kept]
    return {"roots": [plain(root) for root in kept.roots], "objects": objects}


def _is_flat(values: Iterable[Any]) -> bool:
    return SCALARS.issuperset(map(type, values))


def load(value: Any, kernel: linux.Kernel) -> tuple[Any, ...]:
    """The roots that `dump` wrote, made of the classes of a loaded kernel.

    The value may come from anyone: it makes nothing but containers and dataclasses of the model, and when it is
    something else, ValueError (and no other error) says what is wrong. What a field holds is not compared with what
    the model expects there.
    """
    roots, objects = (value.get("roots"), value.get("objects")) if isinstance(value, dict) else (None, None)
    if type(roots) is not list or type(objects) is not list:
        raise ValueError(f"a memory has lists of roots and objects; here is {reprlib.repr(value)}")
    for each in objects:
        if type(each) is not list or len(each) != 2:
            raise ValueError(f"an object is [class, content]; here is {reprlib.repr(each)}")
    known = {name: _class(name, kernel) for name in {name for name, _ in objects if type(name) is str}}
    classes = [known[name] if type(name) is str else _class(name, kernel) for name, _ in objects]
    things = [snapshot.blank(cls) for cls in classes]
    for cls, thing, (_, content) in zip(classes, things, objects, strict=True):
        snapshot.kind_of(cls).fill(thing, _content(cls, content, things))
    return tuple(_real(root, things) for root in roots)


@lru_cache(maxsize=256)
def _name(cls: Any) -> str:
    """What a class is called in JSON: list, or mmzone.Zone."""
    return cls.__name__ if cls in snapshot.KINDS else f"{cls.__module__.rsplit('.', 1)[-1]}.{cls.__name__}"


def _class(name: Any, kernel: linux.Kernel) -> Any:
    if type(name) is str:
        if name in CONTAINERS:
            return CONTAINERS[name]
        file, _, word = name.partition(".")
        cls = vars(getattr(kernel, file)).get(word) if file in linux.MODULES else None
        if isinstance(cls, type) and is_dataclass(cls):
            return cls
    raise ValueError(f"{reprlib.repr(name)} is no class of the model")


def _content(cls: Any, content: Any, things: list[Any]) -> Any:
    """The content of an object as `fill` takes it, once it is known to be one."""
    if cls not in snapshot.KINDS:
        names = snapshot.state_fields(cls)
        if type(content) is not dict or content.keys() != set(names):
            unlike = sorted(content.keys() ^ names) if type(content) is dict else content
            raise ValueError(f"{_name(cls)} has other fields in this version; here is {reprlib.repr(unlike)}")
        return [_real(content[each], things) for each in names]
    if type(content) is not (str if cls is bytearray else list):
        raise ValueError(f"the content of a {_name(cls)} is something else; here is {reprlib.repr(content)}")
    if cls is bytearray:
        return bytes.fromhex(str(content))
    if cls is dict:
        return {_key(key, things): _real(each, things) for key, each in map(_pair, content)}
    if _is_flat(content):
        return content
    return [(_real if cls is list else _key)(each, things) for each in content]


def _real(value: Any, things: list[Any], depth: int = 0) -> Any:
    if type(value) in SCALARS:
        return value
    if type(value) is dict and len(value) == 1 and depth <= DEEPEST:
        at, of = value.get("at"), value.get("of")
        if type(at) is int and 0 <= at < len(things):
            return things[at]
        if type(of) is list:
            return tuple([_real(each, things, depth + 1) for each in of])
    raise ValueError(f"{reprlib.repr(value)} stands for no value")


def _key(value: Any, things: list[Any]) -> Any:
    key = value if type(value) in SCALARS else _real(value, things)
    if not snapshot.is_plain(key):
        raise ValueError(f"a key is a number, a text or a tuple of them; here is {reprlib.repr(value)}")
    return key


def _pair(value: Any) -> Any:
    if type(value) is not list or len(value) != 2:
        raise ValueError(f"an entry of a dict is [key, value]; here is {reprlib.repr(value)}")
    return value
