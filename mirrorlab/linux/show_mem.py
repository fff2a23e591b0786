"""The report on free memory that a failed request or SysRq-m prints, with the RFC's fields (patch 06).

Linux 4.1 has it in mm/page_alloc.c, today's in mm/show_mem.c.
"""

from . import kconfig, meminfo, mmzone, vmstat
from .mmzone import MIGRATETYPE_NAMES, NR_FREE_MIRROR_PAGES, Globals, Zone

LETTERS = {"Unmovable": "U", "Reclaimable": "E", "Movable": "M", "Mirror": "O", "Reserve": "R", "Isolate": "I"}

# What is printed of each counter, first for the machine in pages, then for each zone in kB.
GLOBAL = (
    ("active_anon", "inactive_anon", "isolated_anon"),
    ("active_file", "inactive_file", "isolated_file"),
    ("unevictable", "dirty", "writeback", "unstable"),
    ("slab_reclaimable", "slab_unreclaimable"),
    ("mapped", "shmem", "pagetables", "bounce"),
)
COUNTERS = {
    "active_anon": "NR_ACTIVE_ANON",
    "inactive_anon": "NR_INACTIVE_ANON",
    "active_file": "NR_ACTIVE_FILE",
    "inactive_file": "NR_INACTIVE_FILE",
    "unevictable": "NR_UNEVICTABLE",
    "isolated_anon": "NR_ISOLATED_ANON",
    "isolated_file": "NR_ISOLATED_FILE",
    "mlocked": "NR_MLOCK",
    "dirty": "NR_FILE_DIRTY",
    "writeback": "NR_WRITEBACK",
    "mapped": "NR_FILE_MAPPED",
    "shmem": "NR_SHMEM",
    "slab_reclaimable": "NR_SLAB_RECLAIMABLE",
    "slab_unreclaimable": "NR_SLAB_UNRECLAIMABLE",
    "kernel_stack": "NR_KERNEL_STACK",
    "pagetables": "NR_PAGETABLE",
    "unstable": "NR_UNSTABLE_NFS",
    "bounce": "NR_BOUNCE",
    "free_cma": "NR_FREE_CMA_PAGES",
    "writeback_tmp": "NR_WRITEBACK_TEMP",
}


def show_migration_types(zone: Zone, order: int) -> str:
    """The letters of the types that have free blocks of an order."""
    lists = zone.free_area[order].free_list
    return "".join(LETTERS[name] for name, pages in zip(MIGRATETYPE_NAMES, lists, strict=True) if pages)


def zone_line(zone: Zone) -> str:
    """A zone's figures, in kB."""
    counters = {name: vmstat.zone_page_state(zone, mmzone.ZONE_STAT_ITEMS.index(i)) for name, i in COUNTERS.items()}
    free = vmstat.zone_page_state(zone, mmzone.NR_FREE_PAGES)
    values = {"free": free, **dict(zip(("min", "low", "high"), zone.watermark, strict=True))}
    values |= {name: counters[name] for name in ("active_anon", "inactive_anon", "active_file", "inactive_file")}
    values |= {"unevictable": counters["unevictable"], "isolated(anon)": counters["isolated_anon"]}
    values |= {"isolated(file)": counters["isolated_file"]}
    values |= {"present": zone.present_pages, "managed": zone.managed_pages}
    for name in ("mlocked", "dirty", "writeback", "mapped", "shmem", "slab_reclaimable", "slab_unreclaimable"):
        values[name] = counters[name]
    values["kernel_stack"] = counters["kernel_stack"] * meminfo.THREAD_SIZE >> mmzone.PAGE_SHIFT
    values |= {name: counters[name] for name in ("pagetables", "unstable", "bounce")}
    values["free_pcp"] = sum(pset.count for pset in zone.pageset)
    values["local_pcp"] = zone.pageset[zone.g.cpu].count
    values["free_cma"] = counters["free_cma"]
    if kconfig.MEMORY_MIRROR:
        values["free_mirror"] = vmstat.zone_page_state(zone, NR_FREE_MIRROR_PAGES)
    values["writeback_tmp"] = counters["writeback_tmp"]
    fields = "".join(f" {name}:{meminfo.kbytes(pages)}kB" for name, pages in values.items())
    scanned = meminfo.kbytes(vmstat.zone_page_state(zone, mmzone.NR_PAGES_SCANNED))  # in kB, too; it does not say so
    hopeless = "no" if vmstat.zone_reclaimable(zone) else "yes"
    return f"Node {zone.node} {zone.name}{fields} pages_scanned:{scanned} all_unreclaimable? {hopeless}"


def blocks_line(zone: Zone) -> str:
    """A zone's free blocks by order, with the letters of their types."""
    total = 0
    line = f"Node {zone.node} {zone.name}: "
    for order, area in enumerate(zone.free_area):
        total += area.nr_free << order
        line += f"{area.nr_free}*{meminfo.kbytes(1 << order)}kB "
        if area.nr_free:
            line += f"({show_migration_types(zone, order)}) "
    return line + f"= {meminfo.kbytes(total)}kB"


def show_free_areas(g: Globals) -> str:
    """The report on all zones."""
    # Kernel: also prints the sizes of the swap cache and of swap space; the model has neither.
    zones = list(mmzone.for_each_zone(g))
    lines = [
        " " * (row > 0) + " ".join(f"{name}:{vmstat.global_state_of(g, COUNTERS[name])}" for name in names)
        for row, names in enumerate(GLOBAL)
    ]
    free_pcp = sum(pset.count for zone in zones for pset in zone.pageset)
    free = vmstat.global_page_state(g, mmzone.NR_FREE_PAGES)
    lines.append(f" free:{free} free_pcp:{free_pcp} free_cma:{vmstat.global_state_of(g, 'NR_FREE_CMA_PAGES')}")
    if kconfig.MEMORY_MIRROR:
        lines[-1] += f" free_mirror:{vmstat.global_page_state(g, NR_FREE_MIRROR_PAGES)}"
    for zone in zones:
        lines += [zone_line(zone), "lowmem_reserve[]: " + " ".join(map(str, zone.lowmem_reserve))]
    lines += [blocks_line(zone) for zone in zones]
    if kconfig.HUGETLB_PAGE:
        size = meminfo.kbytes(1 << mmzone.HUGETLB_PAGE_ORDER)
        for nid in g.node_data:
            lines.append(f"Node {nid} hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size={size}kB")
    lines.append(f"{vmstat.global_state_of(g, 'NR_FILE_PAGES')} total pagecache pages")
    return "\n".join(lines) + "\n"
