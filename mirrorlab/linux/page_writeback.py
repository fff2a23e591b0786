"""How much memory may be dirty, that is, wait to be written to disk: mm/page-writeback.c."""

from . import mmzone, vmstat
from .mmzone import NR_FREE_PAGES, WMARK_HIGH, Globals

vm_dirty_ratio = 20  # percent
dirty_background_ratio = 10  # percent


def dirty_balance_reserve(g: Globals) -> int:
    """Pages that cannot hold dirty data, because they are kept free (mm/page_alloc.c)."""
    return sum(
        min(max(zone.lowmem_reserve[zone.idx :]) + zone.watermark[WMARK_HIGH], zone.managed_pages)
        for zone in mmzone.for_each_zone(g)
    )


def global_dirtyable_memory(g: Globals) -> int:
    """Pages that could hold dirty data."""
    free = vmstat.global_page_state(g, NR_FREE_PAGES)
    free -= min(free, dirty_balance_reserve(g))
    return 1 + free + sum(vmstat.global_state_of(g, name) for name in ("NR_INACTIVE_FILE", "NR_ACTIVE_FILE"))


def global_dirty_limits(g: Globals) -> tuple[int, int]:
    """Dirty pages from which on the kernel writes in the background, and from which on writers have to wait."""
    available = global_dirtyable_memory(g)
    return dirty_background_ratio * available // 100, vm_dirty_ratio * available // 100
