"""The judge: recorded operations of the real kernel, replayed on the model and compared.

Every result, every recorded state in between and the final state must agree: free lists in order, per-CPU lists,
counters and the CPUs' differences, watermarks, flags, zonelist cache, page block types.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from mirrorlab import linux, oracle_boot
from mirrorlab.linux.mmzone import PerCpuPageset, Zone
from mirrorlab.machine import Machine, build_options
from mirrorlab.recordings import Case, RecordingError

NOT_MODELLED = {"kmem_alloc", "kmem_alloc_node", "kmalloc", "kmalloc_large"}
SLAB_BUILDS = {"C", "D"}  # kernels with CONFIG_SLAB and CONFIG_SLOB


@dataclass(frozen=True)
class Difference:
    """The first thing in which the model and Linux do not agree."""

    case: str
    operation: int | str | None
    """Its index; None: the final state; a text: a point in the boot."""
    what: str
    """The operation in words, or which part of the state."""
    linux: Any
    model: Any
    before: str
    """The machine just before the operation, as text."""

    @property
    def place(self) -> str:
        """When it shows."""
        if isinstance(self.operation, str):
            return self.operation
        return "the final state" if self.operation is None else f"operation {self.operation}"

    def __str__(self) -> str:
        return (
            f"{self.case}, {self.place}: {self.what}\n"
            f"  Linux: {shorten(self.linux)}\n  model: {shorten(self.model)}\n"
            f"The machine before it:\n{self.before}"
        )


def shorten(value: Any, width: int = 400) -> str:
    """A value as text, cut where it gets too long to read."""
    text = str(value)
    return text if len(text) <= width else f"{text[:width]} ... ({len(text)} characters)"


@dataclass(frozen=True)
class Verdict:
    """What came of one case."""

    case: str
    category: str
    operations: int
    """Operations replayed."""
    modelled: bool
    """False: it has operations that the model does not have yet."""
    difference: Difference | None

    @property
    def agrees(self) -> bool:
        """Whether everything in the case is modelled and equal."""
        return self.modelled and self.difference is None


class Replay:
    """A recorded case running on the model, one operation at a time."""

    def __init__(self, case: Case, kernel: linux.Kernel | None = None) -> None:
        self.case = case
        try:
            self.machine = Machine.from_recording(case, kernel or _kernel(**build_options(case["machine"])))
        except (LookupError, TypeError, AttributeError, ValueError) as problem:
            raise RecordingError(f"{case['name']}: its first state makes no machine ({problem!r})") from None
        self.blocks: dict[int, tuple[int, int]] = {}  # id -> (first PFN, order)

    def step(self, op: Mapping[str, Any]) -> Any:
        """Carry out one operation on the model; returns what FORMAT calls its result."""
        self.machine.g.cpu = op.get("cpu", 0)
        return _OPERATIONS[op["op"]](self, op)

    def state_difference(self, recorded: Mapping[str, Any]) -> tuple[str, Any, Any] | None:
        """Where the machine's state differs from a recorded one: (what, Linux's, the model's)."""
        return next(state_differences(recorded, self.machine), None)


@cache
def _kernel(**config: Any) -> linux.Kernel:
    """The kernel with these build options. One serves all cases: a kernel is code, the state is the Machine's."""
    return linux.load(config=config)


# Operations stand outside the class, where Python leaves names such as __free_pages alone.


def _alloc(replay: Replay, op: Mapping[str, Any], slot: int) -> int | None:
    machine = replay.machine
    pfn: int | None = machine.kernel.page_alloc.alloc_pages_node(machine.g, op["nid"], op["gfp"], op["order"])
    if pfn is not None:
        replay.blocks[slot] = (pfn, op["order"])
    return pfn


def _alloc_many(replay: Replay, op: Mapping[str, Any]) -> list[int]:
    pfns = []
    for slot in range(op["id"], op["id"] + op["count"]):
        pfn = _alloc(replay, op, slot)
        if pfn is None:
            break
        pfns.append(pfn)
    return pfns


def _free(replay: Replay, op: Mapping[str, Any], slot: int) -> bool:
    if slot not in replay.blocks:
        return False
    pfn, order = replay.blocks.pop(slot)
    replay.machine.kernel.page_alloc.__free_pages(replay.machine.g, pfn, order, bool(op["cold"]))
    return True


def _free_range(replay: Replay, op: Mapping[str, Any]) -> int:
    return sum(_free(replay, op, slot) for slot in range(op["start"], op["stop"], op["step"]))


def _set(name: str) -> Any:
    return lambda replay, op: replay.machine.kernel.sysctl.vm_table[name][1](replay.machine.g, op["value"])


_OPERATIONS: dict[str, Any] = {
    "alloc": lambda replay, op: _alloc(replay, op, op["id"]),
    "alloc_many": _alloc_many,
    "free": lambda replay, op: _free(replay, op, op["id"]),
    "free_range": _free_range,
    "drain": lambda replay, op: replay.machine.drain(),
    "set_mirrorable": _set("vm.mirrorable"),
    "set_min_free_kbytes": _set("vm.min_free_kbytes"),
    "dump": lambda replay, op: None,
}


def replay(case: Case, kernel: linux.Kernel | None = None) -> Verdict:
    """Replay a case to its end or to the first difference. kernel: None loads the one it was recorded on."""
    category = case["category"]
    if category == "boot":
        kernel = kernel or _kernel(**build_options(case["machine"]))
        machine, unlike = oracle_boot.judge(case, kernel, state_differences)
        return _boot_verdict(case, machine, unlike)
    if any(op["op"] in NOT_MODELLED for op in case["ops"]):
        return Verdict(case["name"], category, 0, False, None)

    running = Replay(case, kernel)
    if category == "wmark":
        unlike = oracle_boot.judge_wmark(case, running.machine.kernel)
        if unlike:
            return _boot_verdict(case, running.machine, unlike)
    for index, (op, result) in enumerate(zip(case["ops"], case["results"], strict=True)):
        try:
            got = running.step(op)
        except Exception as stopped:  # a broken model is a difference too, and the other cases go on
            got = f"stopped with {type(stopped).__name__}: {stopped}"
        if got != result:
            return _verdict(case, kernel, index, in_words(op, running), result, got)
        found = running.state_difference(case["dumps"][str(index)]) if op["op"] == "dump" else None
        if found:
            return _verdict(case, kernel, index, *found)
    found = running.state_difference(case["final"])
    if found:
        return _verdict(case, kernel, None, *found)
    return Verdict(case["name"], category, len(case["ops"]), True, None)


def _verdict(case: Case, kernel: linux.Kernel | None, index: int | None, what: str, theirs: Any, ours: Any) -> Verdict:
    """A difference, told together with the machine as it was before (found by replaying once more)."""
    again = Replay(case, kernel)
    done = len(case["ops"]) if index is None else index
    for op in case["ops"][:done]:
        again.step(op)
    difference = Difference(case["name"], index, what, theirs, ours, repr(again.machine))
    return Verdict(case["name"], case["category"], done, True, difference)


def _boot_verdict(case: Case, machine: Machine, unlike: oracle_boot.Found | None) -> Verdict:
    """What came of comparing a boot: `unlike` is the first difference."""
    difference = Difference(case["name"], *unlike, repr(machine)) if unlike else None
    return Verdict(case["name"], case["category"], 0, True, difference)


def in_words(op: Mapping[str, Any], replay: Replay) -> str:
    """An operation as one would write it: alloc(id=0, order=3, ...), with the flags by name."""
    named = {name: value for name, value in op.items() if name != "op"}
    if "gfp" in named:
        named["gfp"] = replay.machine.kernel.gfp.names(named["gfp"])
    return f"{op['op']}({', '.join(f'{name}={value}' for name, value in named.items())})"


# -- States -----------------------------------------------------------------------------------------------------


def state_differences(recorded: Mapping[str, Any], machine: Machine) -> Iterator[tuple[str, Any, Any]]:
    """Where the machine's state differs from a recorded one: (what, Linux's, the model's)."""
    yield from _differences(_comparable(recorded, machine), state(machine, recorded), "")


def state(machine: Machine, like: Mapping[str, Any]) -> dict[str, Any]:
    """The machine's state in the shape of a recorded one; `like` says which counters and blocks were recorded."""
    nodes = machine.g.node_data
    return {
        "sysctl_mirrorable": machine.g.sysctl_mirrorable,
        "min_free_kbytes": machine.g.min_free_kbytes,
        "zlc_full": [
            [node, index, sorted(zonelist.fullzones)]
            for node in nodes
            for index, zonelist in enumerate(nodes[node].node_zonelists)
            if zonelist.fullzones is not None
        ],
        "zones": [_zone_state(machine, *pair) for pair in zip(machine.zones, like["zones"], strict=True)],
    }


def _zone_state(machine: Machine, zone: Zone, like: Mapping[str, Any]) -> dict[str, Any]:
    items = machine.kernel.mmzone.ZONE_STAT_ITEMS
    counters = [(name, items.index(name)) for name in like["vm_stat"]]
    return {
        "node": zone.node,
        "idx": zone.idx,
        "watermark": dict(zip(("min", "low", "high"), zone.watermark, strict=True)),
        "flags": zone.flags & machine.kernel.mmzone.ZONE_FAIR_DEPLETED,
        "nr_migrate_reserve_block": zone.nr_migrate_reserve_block,
        "vm_stat": {name: zone.vm_stat[item] for name, item in counters},
        "cpus": [_cpu_state(zone, cpu, pset, counters) for cpu, pset in enumerate(zone.pageset)],
        "free_area": [
            {"order": order, "nr_free": area.nr_free, "lists": _lists(area.free_list)}
            for order, area in enumerate(zone.free_area)
        ],
        "pageblocks": _pageblocks(machine, zone),
    }


def _cpu_state(zone: Zone, cpu: int, pset: PerCpuPageset, counters: list[tuple[str, int]]) -> dict[str, Any]:
    remembered = zone.freepage_migratetype
    exceptions = {
        str(migratetype): [[pfn, remembered[pfn]] for pfn in reversed(pages) if remembered[pfn] != migratetype]
        for migratetype, pages in enumerate(pset.lists)
    }
    return {
        "cpu": cpu,
        "count": pset.count,
        "high": pset.high,
        "batch": pset.batch,
        "stat_threshold": pset.stat_threshold,
        "vm_stat_diff": {name: pset.vm_stat_diff[item] for name, item in counters},
        "lists": _lists(pset.lists),
        "mt_exceptions": {migratetype: pages for migratetype, pages in exceptions.items() if pages},
    }


def _lists(lists: list[Any]) -> dict[str, list[int]]:
    return {str(migratetype): list(reversed(pages)) for migratetype, pages in enumerate(lists) if pages}


def _pageblocks(machine: Machine, zone: Zone) -> dict[str, Any]:
    nr_pages = machine.kernel.mmzone.pageblock_nr_pages
    first, end = zone.zone_start_pfn // nr_pages, -(-(zone.zone_start_pfn + zone.spanned_pages) // nr_pages)
    runs = [
        [-1 if kind == machine.kernel.mmzone.NO_PAGEBLOCK else kind, len(list(run))]
        for kind, run in groupby(machine.g.pageblock_flags[first:end])
    ]
    return {"start_pfn": first * nr_pages, "rle": runs}


def _comparable(recorded: Mapping[str, Any], machine: Machine) -> dict[str, Any]:
    """A recorded state without what no model needs: other flag bits, and what heads of free blocks remember."""
    zones = []
    for zone in recorded["zones"]:
        areas = [{key: area[key] for key in ("order", "nr_free", "lists")} for area in zone["free_area"]]
        flags = zone["flags"] & machine.kernel.mmzone.ZONE_FAIR_DEPLETED
        zones.append({**zone, "flags": flags, "free_area": areas})
    return {**recorded, "zones": zones}


def _differences(theirs: Any, ours: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Where two states differ, as (path, Linux's value, the model's): only what the model's has is compared."""
    if theirs == ours:
        return
    if isinstance(ours, dict) and path.rsplit(".", 1)[-1] not in ("lists", "mt_exceptions"):
        for key, value in ours.items():
            yield from _differences(theirs.get(key), value, f"{path}.{key}" if path else key)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs) and isinstance(ours[0], dict):
        for index, value in enumerate(ours):
            yield from _differences(theirs[index], value, f"{path}[{index}]")
    else:
        yield path, theirs, ours
