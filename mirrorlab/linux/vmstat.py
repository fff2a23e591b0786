"""Counters: per zone, with a small difference per CPU that is added only when it has grown. mm/vmstat.c.

The true value of a counter is the zone's value plus what every CPU still holds. The allocator decides with the
zone's value alone, because adding up the CPUs at every request would be slow.
"""

from . import mmzone
from .mmzone import (
    NR_FREE_MIRROR_PAGES,
    NR_FREE_PAGES,
    NUMA_FOREIGN,
    NUMA_HIT,
    NUMA_LOCAL,
    NUMA_MISS,
    NUMA_OTHER,
    Globals,
    Zone,
)


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


def __inc_zone_state(zone: Zone, item: int) -> None:
    """Add one to an event counter. It overshoots by half the threshold, so that the next overflow is further off."""
    pset = zone.pageset[zone.g.cpu]
    x = pset.vm_stat_diff[item] + 1
    if x > pset.stat_threshold:
        overstep = pset.stat_threshold >> 1
        zone.vm_stat[item] += x + overstep
        x = -overstep
    pset.vm_stat_diff[item] = x


def refresh_cpu_vm_stats(g: Globals) -> None:
    """Add the running CPU's differences to the zones' counters. The kernel does it about once a second."""
    for zone in mmzone.for_each_zone(g):
        diff = zone.pageset[g.cpu].vm_stat_diff
        for item, delta in enumerate(diff):
            zone.vm_stat[item] += delta
            diff[item] = 0


def zone_statistics(preferred_zone: Zone, zone: Zone, other_node: bool) -> None:
    """Count whether a page came from the preferred node, and whether from the asker's own."""
    node = zone.node
    if node == preferred_zone.node:
        __inc_zone_state(zone, NUMA_HIT)
    else:
        __inc_zone_state(zone, NUMA_MISS)
        __inc_zone_state(preferred_zone, NUMA_FOREIGN)

    g = zone.g
    home = preferred_zone.node if other_node else g.cpu_to_node[g.cpu]
    __inc_zone_state(zone, NUMA_LOCAL if node == home else NUMA_OTHER)


def __mod_zone_freepage_state(zone: Zone, nr_pages: int, migratetype: int) -> None:
    """Count free pages; with the RFC's patch 05, mirrored ones a second time.

    What counts is the migratetype the caller names, not where the pages lie: the mirror counter drifts (hazard 5).
    """
    __mod_zone_page_state(zone, NR_FREE_PAGES, nr_pages)
    if mmzone.is_migrate_mirror(migratetype):
        __mod_zone_page_state(zone, NR_FREE_MIRROR_PAGES, nr_pages)
