"""Where a page lies, and who has it: the two questions by which a design is judged.

Where: in mirrored memory, below 4 GiB (sane firmware mirrors all of it, the RFC leaves it alone), or in neither.
Who: no one (it is free), a user process, the kernel, or the kernel since boot.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from typing import NamedTuple, Protocol

from mirrorlab import linux
from mirrorlab.linux import mmzone
from mirrorlab.linux.mm_init import MAX_DMA32_PFN
from mirrorlab.linux.mmzone import ZONE_NORMAL, Globals
from mirrorlab.linux.pfn import PAGE_SHIFT, PFN_UP
from mirrorlab.words import type_names

FOUR_GIB = MAX_DMA32_PFN  # as a PFN

MIRRORED, LOW, UNMIRRORED = "mirrored", "below 4 GiB", "unmirrored"
CLASSES = (MIRRORED, LOW, UNMIRRORED)

FREE, USER, KERNEL, RESERVED = "free", "user", "kernel", "reserved"
HOLDERS = (FREE, USER, KERNEL, RESERVED)


class Owner(NamedTuple):
    """Who allocated a block, and how."""

    who: str
    order: int
    gfp: int


class AnyMachine(Protocol):
    """What this module uses of a Machine. (Machine is built on this module, which cannot import it.)"""

    kernel: linux.Kernel
    g: Globals
    _owners: dict[int, tuple[str, int, int]]


class Ranges:
    """Ranges of pages that do not overlap, to ask what lies in them."""

    def __init__(self, ranges: list[tuple[int, int]]) -> None:
        """ranges: (first PFN, PFN after the last); they may overlap and come in any order."""
        self.starts: list[int] = []
        self.ends: list[int] = []
        for start, end in sorted(ranges):
            if start >= end:
                continue
            if self.ends and start <= self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.starts, self.ends, strict=True)

    def __contains__(self, pfn: int) -> bool:
        at = bisect_right(self.starts, pfn) - 1
        return at >= 0 and pfn < self.ends[at]

    def pages(self) -> int:
        """How many pages lie in them."""
        return sum(self.ends) - sum(self.starts)

    def pages_in(self, start: int, end: int) -> int:
        """How many of the pages from `start` up to, but not including, `end` lie in them."""
        pages = 0
        for at in range(max(0, bisect_right(self.starts, start) - 1), len(self.starts)):
            if self.starts[at] >= end:
                break
            pages += max(0, min(end, self.ends[at]) - max(start, self.starts[at]))
        return pages

    def without(self, others: "Ranges") -> "Ranges":
        """The parts that lie in none of the others."""
        left = []
        for start, end in self:
            at = max(0, bisect_right(others.starts, start) - 1)
            for other_start, other_end in zip(others.starts[at:], others.ends[at:], strict=True):
                if other_start >= end:
                    break
                left.append((start, min(other_start, end)))
                start = max(start, other_end)
            left.append((start, end))
        return Ranges(left)


def present(machine: AnyMachine) -> Ranges:
    """Every page that is memory. In a recording, reserved memory and holes look alike: both are left out."""
    g = machine.g
    starts, zones = g.zone_runs
    ends = [*starts[1:], starts[-1]]
    there = Ranges([(start, end) for start, end, zone in zip(starts, ends, zones, strict=True) if zone is not None])
    if not g.memblock.memory.regions:
        return there.without(Ranges(list(zip(*g.reserved_runs, strict=True))))
    memory = Ranges([(region.base >> PAGE_SHIFT, region.end >> PAGE_SHIFT) for region in g.memblock.memory.regions])
    return there.without(there.without(memory))


def is_hole(machine: AnyMachine, pfn: int) -> bool:
    """Whether a page that looks reserved is not memory. In a recording that is not known: it counts as memory."""
    return bool(machine.g.memblock.memory.regions) and pfn not in present(machine)


def reserved(machine: AnyMachine) -> Ranges:
    """The pages reserved at boot. In a recording, holes are among them."""
    there = Ranges(list(zip(*machine.g.reserved_runs, strict=True)))
    if not machine.g.memblock.memory.regions:
        return there
    return there.without(there.without(present(machine)))


def held(machine: AnyMachine) -> dict[str, Ranges]:
    """Who has which pages, by HOLDERS. Pages without a known owner count as the kernel's."""
    free = []
    for zone in mmzone.for_each_zone(machine.g):
        for order, area in enumerate(zone.free_area):
            free += [(pfn, pfn + (1 << order)) for pfn in area.buddy]
        free += [(pfn, pfn + 1) for pset in zone.pageset for each in pset.lists for pfn in each]
    owners = machine._owners.items()
    user = [(pfn, pfn + (1 << order)) for pfn, (_, order, gfp) in owners if is_user(machine, gfp)]
    taken = {FREE: Ranges(free), USER: Ranges(user), RESERVED: reserved(machine)}
    rest = present(machine)
    for each in taken.values():
        rest = rest.without(each)
    return {holder: taken.get(holder, rest) for holder in HOLDERS}


def end_of_low(g: Globals) -> int:
    """The PFN from which on memory is no longer called "below 4 GiB": where the machine's ZONE_NORMAL may begin.

    It is 4 GiB in a recording and early in a boot, where it is not known. A toy's may be page 0.
    """
    start, end = g.arch_zone_possible_pfn[ZONE_NORMAL]
    return start if end else FOUR_GIB


def hardware_mirror(g: Globals) -> Ranges:
    """What the firmware says is mirrored: the hardware keeps a second copy of it, whatever the kernel does with it."""
    # A page counts by its first byte, as in is_mirror_pfn() of linux/mm_init.py.
    return Ranges([(PFN_UP(entry.start), PFN_UP(entry.start + entry.size)) for entry in g.mirror_info])


def mirrored_in(machine: AnyMachine, zone: mmzone.Zone) -> Ranges:
    """The pages of a zone that the hardware mirrors and that were given to the allocator at boot."""
    starts, owners = machine.g.zone_runs
    runs = zip(starts, starts[1:], owners, strict=False)
    ours = Ranges([(start, end) for start, end, owner in runs if owner is zone])
    mirrored = ours.without(ours.without(hardware_mirror(machine.g)))
    return mirrored.without(mirrored.without(present(machine))).without(reserved(machine))


def by_class(g: Globals) -> dict[str, Ranges]:
    """Where memory is MIRRORED and where it is LOW; all the rest is UNMIRRORED."""
    low = Ranges([(0, end_of_low(g))])
    return {MIRRORED: hardware_mirror(g).without(low), LOW: low}


def class_of(g: Globals, pfn: int) -> str:
    """Where a page lies: one of CLASSES."""
    if pfn < end_of_low(g):
        return LOW
    address = pfn << PAGE_SHIFT  # without hardware_mirror(): this is asked of every object that is handed out
    mirrored = any(entry.start <= address < entry.start + entry.size for entry in g.mirror_info)
    return MIRRORED if mirrored else UNMIRRORED


class Holder(NamedTuple):
    """Who has a page."""

    kind: str
    """One of HOLDERS."""
    owner: Owner | None = None
    """For a block that alloc_pages() gave out."""


def holder_of(machine: AnyMachine, pfn: int) -> Holder:
    """Who has a page. Raises ValueError when there is no such page."""
    zone = mmzone.page_zone(machine.g, pfn)
    if zone is None:
        raise ValueError(f"there is no page {pfn} in this machine: choose one that lies in a zone")
    owners = machine._owners
    for order in range(len(zone.free_area)):
        first = pfn & -(1 << order)
        if first in owners and owners[first][1] >= order:
            owner = Owner(*owners[first])
            return Holder(USER if is_user(machine, owner.gfp) else KERNEL, owner)
        if first in zone.free_area[order].buddy:
            return Holder(FREE)
    if any(pfn in pages for pset in zone.pageset for pages in pset.lists):
        return Holder(FREE)
    return Holder(RESERVED if mmzone.PageReserved(machine.g, pfn) else KERNEL)


def is_user(machine: AnyMachine, gfp: int) -> bool:
    """Whether a request with these flags is for the memory of a process."""
    flags: dict[str, int] = vars(machine.kernel.gfp)
    return gfp & (flags["__GFP_HARDWALL"] | flags["__GFP_HIGHMEM"] | flags["__GFP_MOVABLE"]) != 0


def mirror_in_words(machine: AnyMachine) -> str:
    """A sentence on how much of the machine is mirrored."""
    mirror, high = hardware_mirror(machine.g), present(machine).without(by_class(machine.g)[LOW])
    mirrored = high.pages() - high.without(mirror).pages()
    if not mirror.starts:
        return "No memory of this machine is mirrored."
    if not high.starts:
        return "This machine has no memory above 4 GiB. The kernel ignores what is mirrored below."
    if mirrored == high.pages():
        return "All memory above 4 GiB is mirrored."
    return f"{mirrored:,} of {high.pages():,} pages above 4 GiB are mirrored."


def free_by_class(machine: AnyMachine) -> dict[str, int]:
    """Free pages of all zones by where they lie, those on the per-CPU lists included."""
    mirror, first_high = hardware_mirror(machine.g), end_of_low(machine.g)
    free = dict.fromkeys(CLASSES, 0)
    for zone in mmzone.for_each_zone(machine.g):
        low = zone.zone_start_pfn < first_high
        for order, area in enumerate(zone.free_area):
            _add(free, mirror, area.buddy, 1 << order, low)
        for pset in zone.pageset:
            for pages in pset.lists:
                _add(free, mirror, pages, 1, low)
    return free


def free_by_type(machine: AnyMachine) -> dict[str, int]:
    """Free pages of all zones by migratetype, those on the per-CPU lists included."""
    names = type_names(machine.kernel)
    free = dict.fromkeys(names, 0)
    for zone in mmzone.for_each_zone(machine.g):
        for order, area in enumerate(zone.free_area):
            for name, blocks in zip(names, area.free_list, strict=True):
                free[name] += len(blocks) << order
        for pset in zone.pageset:
            for name, pages in zip(names, pset.lists, strict=False):
                free[name] += len(pages)
    return free


def _add(free: dict[str, int], mirror: Ranges, blocks: Collection[int], pages: int, low: bool) -> None:
    """Add blocks of so many pages to the sums. low: they lie in a zone below 4 GiB (no zone reaches across)."""
    total = pages * len(blocks)
    if low:
        free[LOW] += total
        return
    inside = sum(mirror.pages_in(pfn, pfn + pages) for pfn in blocks) if mirror.starts else 0
    free[MIRRORED] += inside
    free[UNMIRRORED] += total - inside


def place(machine: AnyMachine, pfn: int) -> str:
    """A page in words, counted from its zone's start: `page +5 of Normal`."""
    zone = mmzone.page_zone(machine.g, pfn)
    if zone is None:
        return f"page {pfn}"
    return f"page +{pfn - zone.zone_start_pfn} of {zone_name(machine, zone.node, zone.name)}"


def zone_name(machine: AnyMachine, node: int, name: str) -> str:
    """A zone's name, with its node when there are several."""
    return name if len(machine.g.node_data) == 1 else f"{name} of node {node}"
