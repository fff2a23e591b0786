"""What is reported when a request that may sleep finds no page: mm/oom_kill.c."""

from dataclasses import dataclass

from . import gfp, mmzone, vmstat
from .mmzone import Globals, Zone, Zonelist


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

    def __str__(self) -> str:
        head = f"out of memory: gfp_mask={self.gfp_mask:#x} ({gfp.names(self.gfp_mask)}), order={self.order}"
        return "\n".join([head, *map(str, self.zones)])


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


def out_of_memory(g: Globals, zonelist: Zonelist, gfp_mask: int, order: int, classzone_idx: int) -> None:
    """Leave a report of a failed request in `g.oom_report`."""
    # Kernel: kills a process to get its memory back; the model has no processes.
    highest = gfp.gfp_zone(gfp_mask)
    zones = tuple(zone_report(zone, classzone_idx) for zone in zonelist.zones if zone.idx <= highest)
    g.oom_report = OomReport(gfp_mask, order, zones)
