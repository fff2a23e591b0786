"""Counters: per zone, with a small difference per CPU that is added only when it has grown. mm/vmstat.c.

The true value of a counter is the zone's value plus what every CPU still holds. The allocator decides with the
zone's value alone, because adding up the CPUs at every request would be slow.
"""

from collections.abc import Sequence
from typing import NamedTuple

from . import kconfig, mmzone, page_writeback
from .mmzone import (
    MIGRATE_TYPES,
    MIGRATETYPE_NAMES,
    NR_FREE_MIRROR_PAGES,
    NR_FREE_PAGES,
    NUMA_FOREIGN,
    NUMA_HIT,
    NUMA_LOCAL,
    NUMA_MISS,
    NUMA_OTHER,
    ZONE_STAT_ITEMS,
    Globals,
    PerCpuPageset,
    Zone,
    pageblock_nr_pages,
    pageblock_order,
)

# The counters' names in the texts, in the order of ZONE_STAT_ITEMS.
numa_text = "numa_hit numa_miss numa_foreign numa_interleave numa_local numa_other " if kconfig.NUMA else ""
vmstat_text = (
    "nr_free_pages nr_alloc_batch nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file nr_unevictable "
    "nr_mlock nr_anon_pages nr_mapped nr_file_pages nr_dirty nr_writeback nr_slab_reclaimable nr_slab_unreclaimable "
    "nr_page_table_pages nr_kernel_stack nr_unstable nr_bounce nr_vmscan_write nr_vmscan_immediate_reclaim "
    "nr_writeback_temp nr_isolated_anon nr_isolated_file nr_shmem nr_dirtied nr_written nr_pages_scanned "
    f"{numa_text}workingset_refault workingset_activate workingset_nodereclaim nr_anon_transparent_hugepages "
    "nr_free_cma"
).split() + (["nr_free_mirror"] if kconfig.MEMORY_MIRROR else [])


def zone_page_state(zone: Zone, item: int) -> int:
    """A counter as the allocator sees it: without the CPUs' differences, and never below zero."""
    return max(0, zone.vm_stat[item])


def zone_page_state_snapshot(zone: Zone, item: int) -> int:
    """A counter's true value, the CPUs' differences included, and never below zero."""
    return max(0, zone.vm_stat[item] + sum(pset.vm_stat_diff[item] for pset in zone.pageset))


def global_page_state(g: Globals, item: int) -> int:
    """The sum of a counter over all zones, never below zero."""
    return max(0, sum(zone.vm_stat[item] for zone in mmzone.for_each_zone(g)))


def calculate_normal_threshold(zone: Zone) -> int:
    """How far a CPU's difference may grow: more CPUs and more memory allow more, up to 125."""
    cpus = len(zone.g.cpu_to_node)
    mem = zone.managed_pages >> (27 - mmzone.PAGE_SHIFT)  # in units of 128 MiB
    return min(125, 2 * cpus.bit_length() * (1 + mem.bit_length()))


def refresh_zone_stat_thresholds(g: Globals) -> None:
    """Set every CPU's threshold, and the mark below which drift could hide an empty zone."""
    for zone in mmzone.for_each_zone(g):
        threshold = calculate_normal_threshold(zone)
        for pset in zone.pageset:
            pset.stat_threshold = threshold
        tolerate_drift = zone.watermark[mmzone.WMARK_LOW] - zone.watermark[mmzone.WMARK_MIN]
        max_drift = len(zone.pageset) * threshold
        if max_drift > tolerate_drift:
            zone.percpu_drift_mark = zone.watermark[mmzone.WMARK_HIGH] + max_drift


def __mod_zone_page_state(zone: Zone, item: int, delta: int) -> None:
    """Change a counter by `delta` through the running CPU's difference."""
    pset = zone.pageset[zone.g.cpu]
    diff = pset.vm_stat_diff
    threshold = pset.stat_threshold
    x = diff[item] + delta
    if not -threshold <= x <= threshold:
        zone.vm_stat[item] += x
        x = 0
    diff[item] = x


def __inc_zone_state(zone: Zone, item: int, pset: PerCpuPageset) -> None:
    """Add one to an event counter. It overshoots by half the threshold, so that the next overflow is further off."""
    diff = pset.vm_stat_diff
    x = diff[item] + 1
    if x > pset.stat_threshold:
        overstep = pset.stat_threshold >> 1
        zone.vm_stat[item] += x + overstep
        x = -overstep
    diff[item] = x


def refresh_cpu_vm_stats(g: Globals) -> None:
    """Add the running CPU's differences to the zones' counters. The kernel does it about once a second."""
    for zone in mmzone.for_each_zone(g):
        diff = zone.pageset[g.cpu].vm_stat_diff
        for item, delta in enumerate(diff):
            zone.vm_stat[item] += delta
            diff[item] = 0


def zone_statistics(preferred_zone: Zone, zone: Zone, other_node: bool) -> None:
    """Count whether a page came from the preferred node, and whether from the requesting CPU's own."""
    if not kconfig.NUMA:
        return
    g = zone.g
    cpu = g.cpu
    node = zone.node
    pset = zone.pageset[cpu]
    if node == preferred_zone.node:
        __inc_zone_state(zone, NUMA_HIT, pset)
    else:
        __inc_zone_state(zone, NUMA_MISS, pset)
        __inc_zone_state(preferred_zone, NUMA_FOREIGN, preferred_zone.pageset[cpu])

    home = preferred_zone.node if other_node else g.cpu_to_node[cpu]
    __inc_zone_state(zone, NUMA_LOCAL if node == home else NUMA_OTHER, pset)


def __mod_zone_freepage_state(zone: Zone, nr_pages: int, migratetype: int) -> None:
    """Count free pages; with the RFC's patch 05, mirrored ones a second time.

    It goes by the migratetype that the caller names, not by where the pages lie, so the counter drifts (hazard 5).
    """
    __mod_zone_page_state(zone, NR_FREE_PAGES, nr_pages)
    if mmzone.is_migrate_mirror(migratetype):
        __mod_zone_page_state(zone, NR_FREE_MIRROR_PAGES, nr_pages)


# -- The texts. Each is printed from plain values, so that what the real kernel printed can be printed again ---------


def global_state_of(g: Globals, name: str) -> int:
    """A counter by its name, summed over all zones, never below zero."""
    return global_page_state(g, ZONE_STAT_ITEMS.index(name))


def node_page_state(g: Globals, nid: int, item: int) -> int:
    """The sum of a counter over one node's zones, each never below zero."""
    return sum(zone_page_state(zone, item) for zone in g.node_data[nid].node_zones)


def zone_reclaimable(zone: Zone) -> bool:
    """Whether page reclaim may still find pages in a zone (mm/vmscan.c)."""
    pages = sum(zone_page_state(zone, ZONE_STAT_ITEMS.index(name)) for name in ("NR_ACTIVE_FILE", "NR_INACTIVE_FILE"))
    return zone_page_state(zone, mmzone.NR_PAGES_SCANNED) < pages * 6


def frag_show_print(node: int, name: str, nr_free: Sequence[int]) -> str:
    """A line of /proc/buddyinfo: free blocks by order."""
    return f"Node {node}, zone {name:>8} " + "".join(f"{count:6} " for count in nr_free) + "\n"


def frag_show(g: Globals) -> str:
    """/proc/buddyinfo."""
    return "".join(
        frag_show_print(zone.node, zone.name, [area.nr_free for area in zone.free_area])
        for zone in mmzone.for_each_zone(g)
    )


class PageTypeInfo(NamedTuple):
    """One node's part of /proc/pagetypeinfo."""

    page_block_order: int
    pages_per_block: int
    types: tuple[str, ...]
    free: list[tuple[int, str, str, list[int]]]
    """Node, zone, type, and free blocks by order."""
    blocks: list[tuple[int, str, list[int]]]
    """Node, zone, and page blocks by type."""
    mixed: list[tuple[int, str, list[int]]] | None = None
    """Node, zone, and page blocks with pages of another type too; None without page_owner."""


def pagetypeinfo_print(info: PageTypeInfo) -> str:
    """One node's part of /proc/pagetypeinfo, as text."""
    orders = range(len(info.free[0][3]))
    lines = [f"Page block order: {info.page_block_order}", f"Pages per block:  {info.pages_per_block}", ""]
    head = "Free pages count per migrate type at order"
    lines.append(f"{head:<43} " + "".join(f"{order:6} " for order in orders))
    for node, zone, migratetype, counts in info.free:
        row = "".join(f"{count:6} " for count in counts)
        lines.append(f"Node {node:4}, zone {zone:>8}, type {migratetype:>12} {row}")
    tables = {"Number of blocks type": info.blocks, "Number of mixed blocks": info.mixed}
    for title, rows in tables.items():
        if rows is not None:
            lines += ["", f"{title:<23}" + "".join(f"{name:>12} " for name in info.types)]
            lines += [f"Node {row[0]}, zone {row[1]:>8} " + "".join(f"{count:12} " for count in row[2]) for row in rows]
    return "\n".join(lines) + "\n"


def pagetypeinfo_showfree(zone: Zone) -> list[tuple[int, str, str, list[int]]]:
    """A zone's free blocks, by type and order."""
    return [
        (zone.node, zone.name, name, [len(area.free_list[migratetype]) for area in zone.free_area])
        for migratetype, name in enumerate(MIGRATETYPE_NAMES)
    ]


def pagetypeinfo_showblockcount(zone: Zone) -> list[int]:
    """A zone's page blocks by type, those in holes that have struct pages included."""
    first = zone.zone_start_pfn >> pageblock_order
    steps = -(-zone.spanned_pages // pageblock_nr_pages)
    blocks = zone.g.pageblock_flags[first : first + steps]
    return [blocks.count(migratetype) for migratetype in range(MIGRATE_TYPES)]


def pagetypeinfo_show(g: Globals) -> str:
    """/proc/pagetypeinfo."""
    texts = []
    for pgdat in g.node_data.values():
        if not pgdat.node_zones:
            continue  # a node without memory
        free = [row for zone in pgdat.node_zones for row in pagetypeinfo_showfree(zone)]
        blocks = [(zone.node, zone.name, pagetypeinfo_showblockcount(zone)) for zone in pgdat.node_zones]
        info = PageTypeInfo(pageblock_order, pageblock_nr_pages, MIGRATETYPE_NAMES, free, blocks)
        texts.append(pagetypeinfo_print(info))
    return "".join(texts)


Pageset = tuple[int, int, int, int, int | None]
"""CPU, count, high, batch, threshold; None for the last in a kernel without SMP."""


class ZoneInfo(NamedTuple):
    """One zone's part of /proc/zoneinfo."""

    node: int
    name: str
    pages: dict[str, int]
    """free, min, low, high, scanned, spanned, present, managed."""
    counters: dict[str, int]
    protection: list[int]
    pagesets: list[Pageset]
    all_unreclaimable: int
    start_pfn: int
    inactive_ratio: int


def zoneinfo_show_print(info: ZoneInfo) -> str:
    """One zone's part of /proc/zoneinfo, as text."""
    lines = [f"Node {info.node}, zone {info.name:>8}", f"  pages free     {info.pages['free']}"]
    lines += [f"        {name:<8} {value}" for name, value in info.pages.items() if name != "free"]
    lines += [f"    {name:<12} {value}" for name, value in info.counters.items()]
    lines += [f"        protection: ({', '.join(map(str, info.protection))})", "  pagesets"]
    for cpu, count, high, batch, threshold in info.pagesets:
        lines += [f"    cpu: {cpu}", f"              count: {count}", f"              high:  {high}"]
        lines += [f"              batch: {batch}"]
        lines += [f"  vm stats threshold: {threshold}"] if threshold is not None else []
    lines += [f"  all_unreclaimable: {info.all_unreclaimable}", f"  start_pfn:         {info.start_pfn}"]
    return "\n".join([*lines, f"  inactive_ratio:    {info.inactive_ratio}"]) + "\n"


def zone_info(zone: Zone) -> ZoneInfo:
    """A zone's figures for /proc/zoneinfo."""
    marks = dict(zip(("min", "low", "high"), zone.watermark, strict=True))
    pages = {"free": zone_page_state(zone, NR_FREE_PAGES), **marks}
    pages["scanned"] = zone_page_state(zone, mmzone.NR_PAGES_SCANNED)
    pages |= {"spanned": zone.spanned_pages, "present": zone.present_pages, "managed": zone.managed_pages}
    counters = {name: zone_page_state(zone, item) for item, name in enumerate(vmstat_text)}
    psets: list[Pageset] = [(cpu, p.count, p.high, p.batch, p.stat_threshold) for cpu, p in enumerate(zone.pageset)]
    hopeless = int(not zone_reclaimable(zone))
    return ZoneInfo(
        zone.node, zone.name, pages, counters, list(zone.lowmem_reserve), psets, hopeless, zone.zone_start_pfn,
        zone.inactive_ratio,
    )  # fmt: skip


def zoneinfo_show(g: Globals) -> str:
    """/proc/zoneinfo."""
    return "".join(zoneinfo_show_print(zone_info(zone)) for zone in mmzone.for_each_zone(g))


def vmstat_show(g: Globals) -> str:
    """/proc/vmstat."""
    # Kernel: goes on with counts of events, such as pgalloc_normal and pgfree; the model counts none.
    values = {name: global_page_state(g, item) for item, name in enumerate(vmstat_text)}
    background, dirty = page_writeback.global_dirty_limits(g)
    values |= {"nr_dirty_threshold": dirty, "nr_dirty_background_threshold": background}
    return "".join(f"{name} {value}\n" for name, value in values.items())
