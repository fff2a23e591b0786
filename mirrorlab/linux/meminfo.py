"""/proc/meminfo, with the RFC's line MirrorFree (patch 06): fs/proc/meminfo.c."""

from collections.abc import Callable, Mapping

from . import kconfig, mmzone, vmstat
from .mmzone import HUGETLB_PAGE_ORDER, NR_SLAB_RECLAIMABLE, PAGE_SHIFT, WMARK_LOW, Globals

THREAD_SIZE = 16 << 10  # bytes of a kernel stack

# Line -> the counters it adds up.
LINES = {
    "Active": ("NR_ACTIVE_ANON", "NR_ACTIVE_FILE"),
    "Inactive": ("NR_INACTIVE_ANON", "NR_INACTIVE_FILE"),
    "Active(anon)": ("NR_ACTIVE_ANON",),
    "Inactive(anon)": ("NR_INACTIVE_ANON",),
    "Active(file)": ("NR_ACTIVE_FILE",),
    "Inactive(file)": ("NR_INACTIVE_FILE",),
    "Unevictable": ("NR_UNEVICTABLE",),
    "Mlocked": ("NR_MLOCK",),
    "Dirty": ("NR_FILE_DIRTY",),
    "Writeback": ("NR_WRITEBACK",),
    "AnonPages": ("NR_ANON_PAGES",),
    "Mapped": ("NR_FILE_MAPPED",),
    "Shmem": ("NR_SHMEM",),
    "Slab": ("NR_SLAB_RECLAIMABLE", "NR_SLAB_UNRECLAIMABLE"),
    "SReclaimable": ("NR_SLAB_RECLAIMABLE",),
    "SUnreclaim": ("NR_SLAB_UNRECLAIMABLE",),
    "KernelStack": ("NR_KERNEL_STACK",),
    "PageTables": ("NR_PAGETABLE",),
    "NFS_Unstable": ("NR_UNSTABLE_NFS",),
    "Bounce": ("NR_BOUNCE",),
    "WritebackTmp": ("NR_WRITEBACK_TEMP",),
}
COUNTS = {"HugePages_Total", "HugePages_Free", "HugePages_Rsvd", "HugePages_Surp"}  # not in kB
NARROW = {*COUNTS, "HardwareCorrupted"}  # printed in five columns, the others in eight


def kbytes(pages: int) -> int:
    """Pages in kB."""
    return pages << (PAGE_SHIFT - 10)


def lines_of(state: Callable[[int], int]) -> dict[str, int]:
    """The lines that come from counters, in kB; `state` reads a counter by its index."""
    values = {}
    for name, counters in LINES.items():
        total = sum(state(mmzone.ZONE_STAT_ITEMS.index(counter)) for counter in counters)
        values[name] = total * THREAD_SIZE // 1024 if name == "KernelStack" else kbytes(total)
    return values


def si_mem_available(g: Globals) -> int:
    """Pages that programs could have without swapping: free ones above the low watermarks, and half of some caches."""
    wmark_low = sum(zone.watermark[WMARK_LOW] for zone in mmzone.for_each_zone(g))
    available = vmstat.global_page_state(g, mmzone.NR_FREE_PAGES) - wmark_low
    pagecache = sum(vmstat.global_state_of(g, name) for name in ("NR_ACTIVE_FILE", "NR_INACTIVE_FILE"))
    available += pagecache - min(pagecache // 2, wmark_low)
    reclaimable = vmstat.global_page_state(g, NR_SLAB_RECLAIMABLE)
    available += reclaimable - min(reclaimable // 2, wmark_low)
    return max(0, available)


def meminfo_print(values: Mapping[str, int]) -> str:
    """/proc/meminfo as text: a line for each name, in kB unless it counts huge pages."""
    return "".join(
        (f"{name + ':':<19}{value:5}" if name in NARROW else f"{name + ':':<16}{value:8}")
        + ("\n" if name in COUNTS else " kB\n")
        for name, value in values.items()
    )


def meminfo_values(g: Globals) -> dict[str, int]:
    """The lines of /proc/meminfo."""
    # Kernel: also has lines on buffers, swap, committed and vmalloc memory; the model has none of these.
    total = sum(zone.managed_pages for zone in mmzone.for_each_zone(g))
    values = {
        "MemTotal": kbytes(total),
        "MemFree": kbytes(vmstat.global_page_state(g, mmzone.NR_FREE_PAGES)),
        "MemAvailable": kbytes(si_mem_available(g)),
        "Cached": kbytes(vmstat.global_state_of(g, "NR_FILE_PAGES")),
        **lines_of(lambda item: vmstat.global_page_state(g, item)),
    }
    if kconfig.MEMORY_MIRROR:
        values["MirrorFree"] = kbytes(vmstat.global_page_state(g, mmzone.NR_FREE_MIRROR_PAGES))
    if kconfig.HUGETLB_PAGE:
        values |= {"HugePages_Total": 0, "HugePages_Free": 0, "HugePages_Rsvd": 0, "HugePages_Surp": 0}
        values["Hugepagesize"] = kbytes(1 << HUGETLB_PAGE_ORDER)
    return values


def meminfo_proc_show(g: Globals) -> str:
    """/proc/meminfo."""
    return meminfo_print(meminfo_values(g))
