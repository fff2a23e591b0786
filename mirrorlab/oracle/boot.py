"""The judge of booting: zones, zonelists and page block types computed, and compared with the real kernel's.

A `boot` case tells memblock's two lists just before bootmem is freed, the mirrored ranges and the command line; all
else in it is compared. A `wmark` case, a little later in the boot, has no memblock: its memory is what the `memmap=`
words of its command line say, and its nodes are those the virtual machine was started with.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby, pairwise
from typing import Any

from mirrorlab import linux
from mirrorlab.linux import mmzone
from mirrorlab.linux.mmzone import Globals, Zone
from mirrorlab.machine import Machine
from mirrorlab.oracle.state import differences_from

Found = tuple[str, str, Any, Any]  # when, what, Linux's value, the model's

SHAPE = ("node", "idx", "name", "start_pfn", "spanned", "present")
BEFORE, AFTER = "before bootmem is freed", "after bootmem is freed"
NO_GROUPING = "oracle_nogroup"  # how the recordings' driver switched grouping by mobility off


def judge(case: Mapping[str, Any], kernel: linux.Kernel) -> tuple[Machine, Found | None]:
    """Boot the machine of a `boot` case: where it first differs, and the machine there."""
    machine = Machine(kernel, kernel.mmzone.Globals(), case["name"])
    return machine, _first(_compare_boot(case, machine))


def judge_wmark(case: Mapping[str, Any], kernel: linux.Kernel) -> Found | None:
    """Where the first state of a `wmark` case differs from that of a machine booted with its command line."""
    machine = Machine(kernel, kernel.mmzone.Globals(), case["name"])
    return _first(_compare_wmark(case, machine))


def _first(found: Iterator[Found]) -> Found | None:
    """The first difference. A model that stops with an exception differs, too."""
    try:
        return next(found, None)
    except Exception as stopped:
        return "the boot", "whether it goes on", "it does", f"stopped with {type(stopped).__name__}: {stopped}"


def _compare_boot(case: Mapping[str, Any], machine: Machine) -> Iterator[Found]:
    kernel, g, shape = machine.kernel, machine.g, case["machine"]
    for name, ranges in (("memory", g.memblock.memory), ("reserved", g.memblock.reserved)):
        ranges.regions = [kernel.memblock.MemblockRegion(**region) for region in case["memblock"][name]]
        array = case["memblock"]["allocated_arrays"][name]
        ranges.allocated = (array["base"], array["size"])
    make_zones(machine, shape, case["mirror_info"])
    yield from _compare_shape(shape, machine)
    for estimate, zone in zip(shape.get("zones_estimate", ()), machine.zones, strict=False):
        yield from _unequal(BEFORE, f"{zone!r}: managed_estimate", estimate["managed_estimate"], zone.managed_pages)
    for what, field in (("vm_total_pages", "vm_total_pages"), ("movable_zone", "movable_zone")):
        yield from _unequal(BEFORE, f"globals.{what}", shape["globals"].get(what), getattr(g, field))
    yield from _unequal(BEFORE, "globals.max_low_pfn", shape["globals"].get("max_low_pfn"), g.max_pfn)
    yield from ((BEFORE, *found) for found in differences_from(case["before"], machine))

    pages = kernel.nobootmem.free_all_bootmem(g)
    yield from ((AFTER, *found) for found in differences_from(case["buddy"], machine))
    yield from _unequal(AFTER, "globals.totalram_pages", shape["globals"].get("totalram_pages"), pages)
    for recorded, zone in zip(shape["zones"], machine.zones, strict=True):
        yield from _unequal(AFTER, f"{zone!r}: managed", recorded["managed"], zone.managed_pages)
        yield from _unequal(AFTER, f"{zone!r}: pages_rle", recorded["pages_rle"], pages_rle(zone))


def make_zones(machine: Machine, shape: Mapping[str, Any], mirror_info: list[Mapping[str, int]]) -> None:
    """From memblock to zones, page block types and zonelists, as start_kernel() does it."""
    kernel, g = machine.kernel, machine.g
    g.saved_command_line = shape["cmdline"]
    g.cpu_to_node = [cpu["node"] for cpu in shape["cpus"]]
    g.max_pfn = max(region.end for region in g.memblock.memory.regions) >> kernel.pfn.PAGE_SHIFT
    kernel.main.parse_early_param(g)
    for entry in mirror_info:
        kernel.mm_init.add_mirror_info(g, **entry)
    kernel.main.setup_zones(g)
    kernel.main.setup_pageblocks(g)
    if NO_GROUPING in g.saved_command_line.split():
        g.page_group_by_mobility_disabled = True


def _compare_shape(shape: Mapping[str, Any], machine: Machine) -> Iterator[Found]:
    """Zones and zonelists. When the zones differ, nothing else is compared."""
    theirs: Any = [tuple(zone[name] for name in SHAPE) for zone in shape["zones"]]
    ours: Any = [
        (zone.node, zone.idx, zone.name, zone.zone_start_pfn, zone.spanned_pages, zone.present_pages)
        for zone in machine.zones
    ]
    yield from _unequal(BEFORE, f"zones ({', '.join(SHAPE)})", theirs, ours)
    theirs = sorted((z["node"], z["index"], z["has_zlc"], [tuple(at) for at in z["zones"]]) for z in shape["zonelists"])
    ours = sorted(
        (node, index, int(zonelist.fullzones is not None), [(zone.node, zone.idx) for zone in zonelist.zones])
        for node, pgdat in machine.g.node_data.items()
        for index, zonelist in enumerate(pgdat.node_zonelists)
    )
    yield from _unequal(BEFORE, "zonelists (node, index, has_zlc, zones)", theirs, ours)
    off = bool(shape["globals"]["page_group_by_mobility_disabled"])
    ours = machine.g.page_group_by_mobility_disabled
    yield from _unequal(BEFORE, "globals.page_group_by_mobility_disabled", off, ours)


def _unequal(when: str, what: str, theirs: Any, ours: Any) -> Iterator[Found]:
    """The difference, if there is one. A recorded None means: not known, so nothing to compare."""
    if theirs is not None and theirs != ours:
        yield when, what, theirs, ours


def pages_rle(zone: Zone) -> list[list[int]]:
    """What each PFN of a zone is, in runs [kind, count]: 0 the allocator's, 1 reserved, 2 no page of this zone."""
    g: Globals = zone.g
    end = zone.zone_start_pfn + zone.spanned_pages
    edges = {zone.zone_start_pfn, end, *g.zone_runs[0], *g.reserved_runs[0], *g.reserved_runs[1]}
    pfns = sorted(edge for edge in edges if zone.zone_start_pfn <= edge <= end)
    runs = [(_kind(zone, low), high - low) for low, high in pairwise(pfns)]
    return [[kind, sum(count for _, count in run)] for kind, run in groupby(runs, key=lambda run: run[0])]


def _kind(zone: Zone, pfn: int) -> int:
    return int(mmzone.PageReserved(zone.g, pfn)) if mmzone.page_zone(zone.g, pfn) is zone else 2


# -- Watermark cases ------------------------------------------------------------------------------------------------


def _compare_wmark(case: Mapping[str, Any], machine: Machine) -> Iterator[Found]:
    kernel, g, shape = machine.kernel, machine.g, case["machine"]
    when = "before the watermarks are set"
    if not fill_memblock(machine, shape):
        return  # the command line does not say what memory there is
    make_zones(machine, shape, shape["mirror_info"])
    yield from ((when, *found[1:]) for found in _compare_shape(shape, machine))
    for recorded, state, zone in zip(shape["zones"], case["initial"]["zones"], machine.zones, strict=True):
        zone.managed_pages = recorded["managed"]
        yield from ((when, *found) for found in _compare_types(state["pageblocks"], machine))
    kernel.mm_init.setup_per_cpu_pageset(g)
    for state, zone in zip(case["initial"]["zones"], machine.zones, strict=True):
        theirs = [(cpu["high"], cpu["batch"]) for cpu in state["cpus"]]
        yield from _unequal(when, f"{zone!r}: high, batch", theirs, [(pset.high, pset.batch) for pset in zone.pageset])
    kernel.mm_init.init_per_zone_wmark_min(g)
    yield from _unequal("the watermarks", "min_free_kbytes", case["ops"][0].get("value"), g.min_free_kbytes)


def _compare_types(recorded: Mapping[str, Any], machine: Machine) -> Iterator[tuple[str, Any, Any]]:
    """Page block types, except of blocks that early requests have taken over since."""
    mmzone = machine.kernel.mmzone
    taken_over = (mmzone.MIGRATE_UNMOVABLE, mmzone.MIGRATE_RECLAIMABLE)
    theirs = [kind for kind, count in recorded["rle"] for _ in range(count)]
    first = recorded["start_pfn"] // mmzone.pageblock_nr_pages
    for block, their in enumerate(theirs, first):
        our = machine.g.pageblock_flags[block] if block < len(machine.g.pageblock_flags) else mmzone.NO_PAGEBLOCK
        our = -1 if our == mmzone.NO_PAGEBLOCK else our
        if their != our and their not in taken_over:
            yield f"type of page block {block}", their, our


def fill_memblock(machine: Machine, shape: Mapping[str, Any]) -> bool:
    """Fill memblock from `memmap=exactmap` and what follows it; returns whether the case tells enough for that."""
    kernel, g = machine.kernel, machine.g
    g.saved_command_line = shape["cmdline"]
    affinity = node_memory(kernel, shape)
    if "memmap=exactmap" not in shape["cmdline"].split() or affinity is None:
        return False
    kernel.e820.parse_early_memory(g)
    kernel.e820.sanitize_e820_map(g)
    kernel.e820.trim_bios_range(g)
    kernel.e820.memblock_x86_fill(g)
    for node, start, size in affinity:
        kernel.memblock.memblock_set_node(g.memblock.memory, start, size, node)
    return True


def node_memory(kernel: linux.Kernel, shape: Mapping[str, Any]) -> list[tuple[int, int, int]] | None:
    """(node, first byte, bytes) of the virtual machine's memory; None: its nodes cannot be told."""
    words = shape.get("qemu_extra", [])
    if not any("node,nodeid" in word for word in words):
        return [(0, 0, 1 << 64)] if shape["globals"]["nr_online_nodes"] == 1 else None
    parse = kernel.cmdline.memparse
    text = " ".join(words)
    sizes = {name: parse(size)[0] for name, size in re.findall(r"memory-backend-ram,id=(\w+),size=(\w+)", text)}
    low_end = 3 << 30  # where a QEMU machine of this kind goes on at 4 GiB
    ranges, offset = [], 0
    for node, memdev in re.findall(r"node,nodeid=(\d+)\S*?memdev=(\w+)", text):
        end = offset + sizes[memdev]
        for low, high, shift in ((0, low_end, 0), (low_end, 1 << 64, (4 << 30) - low_end)):
            start, stop = max(offset, low), min(end, high)
            if start < stop:
                ranges.append((int(node), start + shift, stop - start))
        offset = end
    return ranges
