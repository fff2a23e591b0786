"""Counters: what a zone knows, and what its CPUs keep to themselves for a while."""

import pytest
import toys

from mirrorlab import linux
from mirrorlab.machine import Machine

OP_CASES = ("split-merge-one-0", "split-merge-smp-0", "numa-numa1-0", "split-merge-big-0", "mirror-movable-0")


def a_zone(threshold=10, cpus=2):
    m = toys.machine(8, MAX=4, cpus=cpus, threshold=threshold)
    return m, toys.zone_of(m), m.kernel.vmstat, m.kernel.mmzone.NR_FREE_PAGES


def test_a_change_stays_with_the_cpu_up_to_the_threshold():
    _, zone, vmstat, item = a_zone(threshold=10)
    vmstat.__mod_zone_page_state(zone, item, 10)
    assert (zone.vm_stat[item], zone.pageset[0].vm_stat_diff[item]) == (8, 10)


def test_beyond_the_threshold_all_of_it_moves_to_the_zone():
    _, zone, vmstat, item = a_zone(threshold=10)
    vmstat.__mod_zone_page_state(zone, item, 10)
    vmstat.__mod_zone_page_state(zone, item, 1)
    assert (zone.vm_stat[item], zone.pageset[0].vm_stat_diff[item]) == (19, 0)


def test_the_threshold_holds_in_both_directions():
    _, zone, vmstat, item = a_zone(threshold=10)
    vmstat.__mod_zone_page_state(zone, item, -10)
    assert (zone.vm_stat[item], zone.pageset[0].vm_stat_diff[item]) == (8, -10)
    vmstat.__mod_zone_page_state(zone, item, -1)
    assert (zone.vm_stat[item], zone.pageset[0].vm_stat_diff[item]) == (-3, 0)


def test_each_cpu_has_its_own_difference():
    m, zone, vmstat, item = a_zone(threshold=10)
    vmstat.__mod_zone_page_state(zone, item, 7)
    m.g.cpu = 1
    vmstat.__mod_zone_page_state(zone, item, 7)
    assert [pset.vm_stat_diff[item] for pset in zone.pageset] == [7, 7]
    assert vmstat.zone_page_state(zone, item) == 8
    assert vmstat.zone_page_state_snapshot(zone, item) == 22


def test_nobody_reads_a_counter_below_zero():
    m, zone, vmstat, item = a_zone(threshold=0)
    vmstat.__mod_zone_page_state(zone, item, -20)
    assert zone.vm_stat[item] == -12
    assert vmstat.zone_page_state(zone, item) == 0
    assert vmstat.zone_page_state_snapshot(zone, item) == 0
    assert vmstat.global_page_state(m.g, item) == 0


def test_an_event_counter_overshoots_by_half_the_threshold():
    m, zone, vmstat, _ = a_zone(threshold=5)
    item = m.kernel.mmzone.NUMA_HIT
    for _ in range(5):
        vmstat.__inc_zone_state(zone, item, zone.pageset[0])
    assert (zone.vm_stat[item], zone.pageset[0].vm_stat_diff[item]) == (0, 5)
    vmstat.__inc_zone_state(zone, item, zone.pageset[0])
    assert (zone.vm_stat[item], zone.pageset[0].vm_stat_diff[item]) == (8, -2)  # 6 + 5//2, and back


def test_refresh_adds_only_the_running_cpus_differences():
    m, zone, vmstat, item = a_zone(threshold=10)
    for cpu in (0, 1):
        m.g.cpu = cpu
        vmstat.__mod_zone_page_state(zone, item, 4)
    vmstat.refresh_cpu_vm_stats(m.g)
    assert zone.vm_stat[item] == 12
    assert [pset.vm_stat_diff[item] for pset in zone.pageset] == [4, 0]


@pytest.mark.parametrize(
    ("cpus", "mib", "threshold"),
    [(1, 16, 2), (1, 128, 4), (1, 256, 6), (2, 256, 12), (4, 1024, 30), (64, 9 << 10, 112), (64, 1 << 20, 125)],
)
def test_more_cpus_and_more_memory_allow_larger_differences(cpus, mib, threshold):
    """2 * fls(CPUs) * (1 + fls(memory in 128 MiB)), at most 125: the table of calculate_normal_threshold()."""
    _, zone, vmstat, _ = a_zone(cpus=cpus)
    zone.managed_pages = mib << 8
    assert vmstat.calculate_normal_threshold(zone) == threshold


@pytest.mark.parametrize("name", OP_CASES)
def test_thresholds_and_drift_marks_are_those_of_the_recorded_machines(name):
    m = Machine.from_recording(name)
    before = [(zone.percpu_drift_mark, [pset.stat_threshold for pset in zone.pageset]) for zone in m.zones]
    for zone in m.zones:
        zone.percpu_drift_mark = 0
        for pset in zone.pageset:
            pset.stat_threshold = 0
    m.kernel.vmstat.refresh_zone_stat_thresholds(m.g)
    assert [(z.percpu_drift_mark, [pset.stat_threshold for pset in z.pageset]) for z in m.zones] == before


def test_only_pages_named_mirror_count_as_mirrored():
    m, zone, vmstat, _ = a_zone(threshold=0)
    for migratetype in range(5):
        vmstat.__mod_zone_freepage_state(zone, 1 << migratetype, migratetype)
    assert toys.counter(m, "NR_FREE_PAGES") == 8 + 31
    assert toys.counter(m, "NR_FREE_MIRROR_PAGES") == 1 << toys.MIRROR


def test_a_kernel_without_the_rfc_has_no_mirror_counter():
    mmzone = linux.load(config={"MEMORY_MIRROR": False}).mmzone
    assert "NR_FREE_MIRROR_PAGES" not in mmzone.ZONE_STAT_ITEMS
    assert mmzone.ZONE_STAT_ITEMS[-1] == "NR_FREE_CMA_PAGES"


def test_a_page_counts_as_a_hit_on_its_node_and_a_miss_elsewhere():
    m = Machine.from_recording("numa-numa1-0")
    here, there = m.zone("Normal", 0), m.zone("Normal", 1)
    m.g.cpu = 0
    names = m.kernel.mmzone.ZONE_STAT_ITEMS

    def events(zone):
        return {
            name: zone.vm_stat[item] + sum(pset.vm_stat_diff[item] for pset in zone.pageset)
            for item, name in enumerate(names)
            if name.startswith("NUMA_")
        }

    def change(zone, before):
        return {name: value - before[name] for name, value in events(zone).items() if value != before[name]}

    before = events(here), events(there)
    m.kernel.vmstat.zone_statistics(here, here, False)
    assert change(here, before[0]) == {"NUMA_HIT": 1, "NUMA_LOCAL": 1}

    before = events(here), events(there)
    m.kernel.vmstat.zone_statistics(here, there, False)
    assert change(here, before[0]) == {"NUMA_FOREIGN": 1}
    assert change(there, before[1]) == {"NUMA_MISS": 1, "NUMA_OTHER": 1}

    before = events(here), events(there)
    m.kernel.vmstat.zone_statistics(there, there, True)  # __GFP_OTHER_NODE: on behalf of the other node
    assert change(there, before[1]) == {"NUMA_HIT": 1, "NUMA_LOCAL": 1}


def test_show_mem_gives_scanned_pages_in_kb_and_zoneinfo_in_pages():
    m, zone, _, _ = a_zone()
    zone.vm_stat[m.kernel.mmzone.NR_PAGES_SCANNED] = 3
    assert " pages_scanned:12 " in m.proc("show_free_areas")
    assert "        scanned  3\n" in m.proc("zoneinfo")
