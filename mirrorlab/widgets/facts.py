"""What views say about a machine, in words and as rows of tables: pure functions of its state."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from mirrorlab.machine import Machine
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Recording
from mirrorlab.words import MARKS, count, listed, type_names

Zone = Any  # one of machine.zones
IN_TEXT, IN_PICTURE = 6, 256  # blocks of a list that are named; the rest is counted
COUNTERS = ("NR_FREE_PAGES", "NR_FREE_MIRROR_PAGES", "NR_ALLOC_BATCH", "NUMA_HIT", "NUMA_MISS", "NUMA_FOREIGN")


def scale(shift: int) -> str:
    """What a cell of the maps stands for, 2**shift pages; empty: one."""
    return f"Too many pages to show each: a cell of the maps stands for {count(1 << shift, 'page')}." if shift else ""


def node_to_show(machine: Machine, node: int | None) -> int:
    """The node a view begins with; None: the first. Raises ValueError for one that is not there."""
    nodes = machine.g.node_data
    node = min(nodes) if node is None else node
    if node not in nodes:
        raise ValueError(f"node is {node!r}: this machine has {', '.join(f'node {each}' for each in nodes)}")
    return node


def small_free_page(zone: Zone) -> int:
    """A free page of a zone: in the smallest free block, the first in its list; without any, the zone's first page."""
    for area in zone.free_area:
        for pages in area.free_list:
            if pages:
                pfn: int = next(reversed(pages))
                return pfn
    start: int = zone.zone_start_pfn
    return start


def zone_title(machine: Machine, zone: Zone) -> str:
    """A zone in one line, with its free pages and watermarks."""
    mmzone, vmstat = machine.kernel.mmzone, machine.kernel.vmstat
    free = vmstat.zone_page_state_snapshot(zone, mmzone.NR_FREE_PAGES)
    marks = ", ".join(f"{name} {mark}" for name, mark in zip(MARKS, zone.watermark, strict=True))
    return (
        f"Node {zone.node}, zone {zone.name}: {free:,} of {count(zone.managed_pages, 'page')} free; watermarks {marks}"
    )


def where(story: Recording) -> str:
    """Where in its time line a machine is."""
    return f"After {story.position:,} of {count(len(story.operations), 'operation')}."


def last(story: Recording, say: Words) -> str:
    """The operation that led there; empty at the start."""
    return story.operations[story.position - 1].words(say) if story.position else ""


def standing(story: Recording, say: Words) -> str:
    """Both in one line."""
    return " ".join(filter(None, (where(story), last(story, say))))


def settings(machine: Machine) -> str:
    """The settings under /proc/sys."""
    return ", ".join(f"{name} = {machine.sysctl(name)}" for name in sorted(machine.kernel.sysctl.vm_table))


def free_lists(zone: Zone, say: Words, most: int = IN_TEXT) -> list[tuple[int, list[str]]]:
    """For each order, from the largest: what is on the list of each migratetype, head first."""
    return [
        (order, [_named(pages, say, most) for pages in zone.free_area[order].free_list])
        for order in reversed(range(len(zone.free_area)))
    ]


def _named(pages: Any, say: Words, most: int) -> str:
    return listed([say.at(pfn) for pfn in islice(reversed(pages), most)], len(pages))


def cpu_lists(machine: Machine, zone: Zone, say: Words, most: int = IN_TEXT) -> Iterator[tuple[str, str, str]]:
    """The lists of each CPU that hold something: (CPU with its limits, migratetype, pages head first)."""
    for cpu, pset in enumerate(zone.pageset):
        name = f"CPU {cpu}: {pset.count} (high {pset.high}, batch {pset.batch})"
        for migratetype, pages in zip(type_names(machine.kernel), pset.lists, strict=False):
            if pages:
                yield name, migratetype, _named(pages, say, most)


def counters(machine: Machine, zone: Zone) -> list[tuple[str, int, str, int]]:
    """The counters worth watching: (name, the zone's value, what each CPU has not yet added, the true value)."""
    mmzone = machine.kernel.mmzone
    rows = []
    for name in COUNTERS:
        if name in mmzone.ZONE_STAT_ITEMS:
            item = mmzone.ZONE_STAT_ITEMS.index(name)
            diffs = [pset.vm_stat_diff[item] for pset in zone.pageset]
            shown = " ".join(f"{diff:+d}" for diff in diffs)
            rows.append((name, zone.vm_stat[item], shown, zone.vm_stat[item] + sum(diffs)))
    return rows
