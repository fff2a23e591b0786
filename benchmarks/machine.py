"""A machine to measure on: one node, one CPU, one Normal zone above 4 GiB, all of it free."""

from typing import Any

from mirrorlab import Kernel, Machine, load
from mirrorlab.machine import firmware

FIRST_PFN = 1 << 20  # 4 GiB
PAGES_PER_MIB = 256


def one_zone(mib: int, kernel: Kernel | None = None) -> Machine:
    """A machine of `mib` MiB (a multiple of 4), its memory in blocks of order 10, with the kernel's own watermarks."""
    kernel = kernel or load()
    mmzone = kernel.mmzone
    pages = mib * PAGES_PER_MIB
    end = FIRST_PFN + pages
    g = mmzone.Globals()
    zone = mmzone.Zone(
        g, 0, mmzone.ZONE_NORMAL, "Normal", FIRST_PFN, pages,
        present_pages=pages,
        managed_pages=pages,
        pageset=[mmzone.PerCpuPageset(high=186, batch=31)],
    )  # fmt: skip
    g.pageblock_flags = bytearray([mmzone.MIGRATE_MOVABLE]) * (end >> mmzone.pageblock_order)
    g.zone_runs = ([0, FIRST_PFN, end], [None, zone, None])
    zonelists = [mmzone.Zonelist(g, [zone]), mmzone.Zonelist(g, [zone])]
    g.node_data[0] = mmzone.PglistData(0, [zone], zonelists)
    _give_to_the_allocator(kernel, zone, range(FIRST_PFN, end, mmzone.MAX_ORDER_NR_PAGES))
    g.min_free_kbytes = 4 * int((pages * 4 * 16) ** 0.5) // 4
    kernel.mm_init.setup_per_zone_wmarks(g)
    kernel.vmstat.refresh_zone_stat_thresholds(g)
    return Machine(kernel, g, f"one zone of {mib} MiB")


def _give_to_the_allocator(kernel: Any, zone: Any, pfns: range) -> None:
    for pfn in pfns:
        kernel.page_alloc.__free_pages_ok(zone, pfn, kernel.mmzone.MAX_ORDER - 1)


def one_node(gib: int) -> firmware.Description:
    """A machine to boot: one node and one CPU, 48 MiB of low memory and the rest above 4 GiB."""
    memory = [
        {"start": 0, "size": "640 KiB"},
        {"start": "1 MiB", "size": "47 MiB"},
        {"start": "4 GiB", "size": (gib << 30) - (48 << 20)},
    ]
    return firmware.load({"memory": memory, "reserved": [{"start": 0, "size": "64 KiB"}]})
