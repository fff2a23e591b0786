"""What is reported when a request that may sleep finds no page: mm/oom_kill.c."""

from dataclasses import dataclass

from . import gfp, mmzone, vmstat
from .gfp import __GFP_FS, __GFP_NOFAIL, __GFP_NORETRY, __GFP_THISNODE
from .mmzone import PAGE_ALLOC_COSTLY_ORDER, ZONE_NORMAL, Globals, Zone, Zonelist


@dataclass(frozen=True, slots=True)
class ZoneReport:
    """One zone at the moment a request failed; all numbers are pages."""

    node: int
    name: str
    free: int
    """The true NR_FREE_PAGES, the CPUs' differences included."""
    min: int
    low: int
    high: int
    lowmem_reserve: int
    """What this zone keeps from this request."""
    free_by_type: tuple[int, ...]
    """Pages on the free lists, by migratetype."""

    def __str__(self) -> str:
        types = ", ".join(
            f"{pages} {name}" for name, pages in zip(mmzone.MIGRATETYPE_NAMES, self.free_by_type, strict=True) if pages
        )
        return (
            f"Node {self.node} {self.name} free:{self.free} min:{self.min} low:{self.low} high:{self.high} "
            f"lowmem_reserve:{self.lowmem_reserve} ({types or 'nothing on the free lists'})"
        )


@dataclass(frozen=True, slots=True)
class OomReport:
    """A request for which Linux would have reclaimed memory: what was asked, and how the zones stood."""

    gfp_mask: int
    order: int
    zones: tuple[ZoneReport, ...]
    """The zones the request could use, in the order they were tried."""
    no_victim: str
    """Why Linux would kill no process for this request; "": it would kill one."""

    def __str__(self) -> str:
        head = "page allocation failure" if self.no_victim else "out of memory"
        head += f": gfp_mask={self.gfp_mask:#x} ({gfp.names(self.gfp_mask)}), order={self.order}"
        why = [f"Linux would kill no process for this request: {self.no_victim}"] if self.no_victim else []
        return "\n".join([head, *why, *map(str, self.zones)])


def zone_report(zone: Zone, classzone_idx: int) -> ZoneReport:
    """The figures of one zone for a report."""
    free_by_type = tuple(
        sum(len(area.free_list[migratetype]) << order for order, area in enumerate(zone.free_area))
        for migratetype in range(mmzone.MIGRATE_TYPES)
    )
    free = vmstat.zone_page_state_snapshot(zone, mmzone.NR_FREE_PAGES)
    min_mark, low_mark, high_mark = zone.watermark
    reserve = zone.lowmem_reserve[classzone_idx]
    return ZoneReport(zone.node, zone.name, free, min_mark, low_mark, high_mark, reserve, free_by_type)


def why_no_victim(gfp_mask: int, order: int) -> str:
    """Why killing a process would not help a request, or ""; by __alloc_pages_may_oom (mm/page_alloc.c)."""
    if gfp_mask & __GFP_NORETRY:
        return "__GFP_NORETRY asks for one attempt only"
    if gfp_mask & __GFP_NOFAIL:
        return ""
    if order > PAGE_ALLOC_COSTLY_ORDER:
        return f"killing frees single pages, not order {order}; Linux kills for orders up to {PAGE_ALLOC_COSTLY_ORDER}"
    if gfp.gfp_zone(gfp_mask) < ZONE_NORMAL:
        return "processes hold few pages in the zones below Normal, and it may use no other"
    if not gfp_mask & __GFP_FS:
        return "without __GFP_FS, file systems were not asked for pages; Linux repeats it for ever, the model stops"
    if gfp_mask & __GFP_THISNODE:
        return "with __GFP_THISNODE it wants pages of one node, which a killed process may not have"
    return ""


def out_of_memory(g: Globals, zonelist: Zonelist, gfp_mask: int, order: int, classzone_idx: int) -> None:
    """Leave a report of a failed request in `g.oom_report`."""
    # Kernel: kills a process to get its memory back; the model has no processes.
    highest = gfp.gfp_zone(gfp_mask)
    zones = tuple(zone_report(zone, classzone_idx) for zone in zonelist.zones if zone.idx <= highest)
    g.oom_report = OomReport(gfp_mask, order, zones, why_no_victim(gfp_mask, order))
