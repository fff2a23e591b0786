"""The files of each node, /sys/devices/system/node/node0/meminfo and so on: drivers/base/node.c."""

from collections.abc import Mapping

from . import kconfig, meminfo, mmzone, vmstat
from .mmzone import NR_FREE_MIRROR_PAGES, NR_FREE_PAGES, Globals

# The lines of a node's meminfo that come from counters: those of /proc/meminfo in another order.
ORDER = (
    *("Active", "Inactive", "Active(anon)", "Inactive(anon)", "Active(file)", "Inactive(file)", "Unevictable"),
    *("Mlocked", "Dirty", "Writeback", "FilePages", "Mapped", "AnonPages", "Shmem", "KernelStack", "PageTables"),
    *("NFS_Unstable", "Bounce", "WritebackTmp", "Slab", "SReclaimable", "SUnreclaim"),
)
NUMASTAT = {
    "numa_hit": "NUMA_HIT",
    "numa_miss": "NUMA_MISS",
    "numa_foreign": "NUMA_FOREIGN",
    "interleave_hit": "NUMA_INTERLEAVE_HIT",
    "local_node": "NUMA_LOCAL",
    "other_node": "NUMA_OTHER",
}


def node_meminfo_print(nid: int, values: Mapping[str, int]) -> str:
    """A node's meminfo as text."""
    return "".join(
        f"Node {nid} "
        + (f"{name + ':':<17}{value:5}\n" if name in meminfo.COUNTS else f"{name + ':':<16}{value:8} kB\n")
        for name, value in values.items()
    )


def node_meminfo_values(g: Globals, nid: int) -> dict[str, int]:
    """The lines of a node's meminfo."""
    total = meminfo.kbytes(sum(zone.managed_pages for zone in g.node_data[nid].node_zones))
    free = meminfo.kbytes(vmstat.node_page_state(g, nid, NR_FREE_PAGES))
    lines = meminfo.lines_of(lambda item: vmstat.node_page_state(g, nid, item))
    file_pages = vmstat.node_page_state(g, nid, mmzone.ZONE_STAT_ITEMS.index("NR_FILE_PAGES"))
    lines["FilePages"] = meminfo.kbytes(file_pages)
    values = {"MemTotal": total, "MemFree": free, "MemUsed": total - free, **{name: lines[name] for name in ORDER}}
    if kconfig.MEMORY_MIRROR:
        values["MirrorFree"] = meminfo.kbytes(vmstat.node_page_state(g, nid, NR_FREE_MIRROR_PAGES))
    if kconfig.HUGETLB_PAGE:
        values |= {"HugePages_Total": 0, "HugePages_Free": 0, "HugePages_Surp": 0}
    return values


def node_read_meminfo(g: Globals, nid: int) -> str:
    """node0/meminfo."""
    return node_meminfo_print(nid, node_meminfo_values(g, nid))


def node_read_vmstat(g: Globals, nid: int) -> str:
    """node0/vmstat."""
    counters = enumerate(vmstat.vmstat_text)
    return "".join(f"{name} {vmstat.node_page_state(g, nid, item)}\n" for item, name in counters)


def node_read_numastat(g: Globals, nid: int) -> str:
    """node0/numastat."""
    items = {name: mmzone.ZONE_STAT_ITEMS.index(item) for name, item in NUMASTAT.items()}
    return "".join(f"{name} {vmstat.node_page_state(g, nid, item)}\n" for name, item in items.items())
