"""The tables of a machine that boots: what the kernel knows at each stage, row by row."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from mirrorlab.machine import Machine
from mirrorlab.machine.boot import Stage
from mirrorlab.machine.firmware import Description
from mirrorlab.widgets.boot_map import PAGE_SHIFT, Piece, is_reached, map_changed
from mirrorlab.widgets.boot_words import size
from mirrorlab.words import count, type_names

Row = tuple[str, ...]
MOST = 40  # rows of a table that are shown


class Table(NamedTuple):
    """Rows of text under a head."""

    name: str
    head: Row
    rows: list[Row]
    more: int = 0  # rows left out


def tables(description: Description, stage: Stage) -> list[Table]:
    """The tables there are at a stage."""
    made = (table(description, stage.machine) for since, table in TABLES if is_reached(stage, since))
    return [table for table in made if table is not None]


def _made(name: str, head: str, rows: Iterable[Iterable[Any]]) -> Table:
    texts = [tuple(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row) for row in rows]
    return Table(name, tuple(head.split("|")), texts[:MOST], max(0, len(texts) - MOST))


def _ends(start: int, end: int) -> Row:
    """The cells `first byte` and `last byte`, or `first PFN` and `last PFN`."""
    return f"{start:#x}", f"{end - 1:#x}"


def _firmware(description: Description, machine: Machine) -> Table:
    rows = (
        (*_ends(entry.start, entry.end), size(entry.size), _yes(entry.usable), _yes(entry.mirrored), entry.node)
        for entry in description.memory
    )
    return _made("The firmware's map", "first byte|last byte|size|usable|mirrored|node", rows)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _command_line(description: Description, machine: Machine) -> Table | None:
    if not map_changed(machine):
        return None
    rows = ((*_ends(e.addr, e.end), size(e.size), _yes(e.type == 1)) for e in machine.g.e820)
    return _made("The map as the command line changes it", "first byte|last byte|size|usable", rows)


def _mirror_info(description: Description, machine: Machine) -> Table | None:
    if not machine.kernel.kconfig.MEMORY_MIRROR:
        return None
    rows = []
    for info in machine.g.mirror_info:
        start, end = info.start, info.start + info.size
        pages = _ends(start >> PAGE_SHIFT, end >> PAGE_SHIFT)
        rows.append((str(info.node), *_ends(start, end), size(info.size), *pages))
    return _made("mirror_info", "node|first byte|last byte|size|first PFN|last PFN", rows)


def _memory(description: Description, machine: Machine) -> Table:
    regions, no_node = machine.g.memblock.memory.regions, machine.kernel.memblock.MEMBLOCK_NO_NODE
    rows = (
        (*_ends(each.base, each.end), size(each.size), each.nid if each.nid < no_node else "none") for each in regions
    )
    return _made("memblock.memory", "first byte|last byte|size|node", rows)


def _reserved(description: Description, machine: Machine) -> Table:
    regions = machine.g.memblock.reserved.regions
    return _made("memblock.reserved", "first byte|last byte|size", _ranges((each.base, each.end) for each in regions))


def _free_memory(description: Description, machine: Machine) -> Table:
    free = machine.kernel.memblock.for_each_free_mem_range(machine.g.memblock)
    return _made("Free so far: memblock.memory without memblock.reserved", "first byte|last byte|size", _ranges(free))


def _ranges(ranges: Iterable[tuple[int, int]]) -> Iterable[Row]:
    return ((*_ends(start, end), size(end - start)) for start, end in ranges)


def _zones(description: Description, machine: Machine) -> Table:
    rows = []
    for zone in machine.zones:
        ends = _ends(zone.zone_start_pfn, zone.zone_start_pfn + zone.spanned_pages)
        rows.append((zone.node, zone.name, *ends, zone.spanned_pages, zone.present_pages, zone.managed_pages))
    return _made("Zones, in pages", "node|zone|first PFN|last PFN|spanned|present|managed", rows)


def _page_blocks(description: Description, machine: Machine) -> Table:
    names, vmstat = type_names(machine.kernel), machine.kernel.vmstat
    rows = ((str(zone.node), zone.name, *vmstat.pagetypeinfo_showblockcount(zone)) for zone in machine.zones)
    each = count(machine.kernel.mmzone.pageblock_nr_pages, "page")
    return _made(f"Page blocks of {each}, by type", "|".join(("node", "zone", *names)), rows)


def _free_blocks(description: Description, machine: Machine) -> Table:
    rows = (
        (str(node), zone, name, *counts)
        for each in machine.zones
        for node, zone, name, counts in machine.kernel.vmstat.pagetypeinfo_showfree(each)
        if any(counts)
    )
    head = "|".join(("node", "zone", "type", *map(str, range(machine.kernel.mmzone.MAX_ORDER))))
    return _made("Free blocks, by type and order", head, rows)


def _watermarks(description: Description, machine: Machine) -> Table:
    rows = []
    for zone in machine.zones:
        of_cpus = (zone.pageset[0].high, zone.pageset[0].batch) if zone.pageset else ("", "")
        pages = (zone.managed_pages, *zone.watermark, zone.nr_migrate_reserve_block)
        rows.append((zone.node, zone.name, *pages, *of_cpus))
    name = f"Watermarks, in pages (min_free_kbytes: {machine.g.min_free_kbytes:,})"
    return _made(name, "node|zone|managed|min|low|high|Reserve blocks|CPU list high|batch", rows)


TABLES: tuple[tuple[str, Callable[[Description, Machine], Table | None]], ...] = (
    ("map", _firmware),  # the stage since which it is there, and the table
    ("map", _command_line),
    ("mirror_info", _mirror_info),
    ("memblock", _memory),
    ("memblock", _reserved),
    ("memblock", _free_memory),
    ("zones", _zones),
    ("pageblocks", _page_blocks),
    ("bootmem", _free_blocks),
    ("watermarks", _watermarks),
)


def blocks_shown(blocks: Iterable[Piece]) -> Table:
    """The free blocks of a part of memory, one by one."""
    rows = ((f"{block.first:#x}", block.label, block.end - block.first, block.name.split(", ")[-1]) for block in blocks)
    return _made("Free blocks of the part shown", "first PFN|order|pages|type", rows)
