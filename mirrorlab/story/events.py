"""Trace events: what the model notes down while it works, as records that can say themselves in words.

In the model an event is a plain tuple, its name first. The `mm_...` events are the kernel's tracepoints with the fields
of include/trace/events/kmem.h; the others are the model's own.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from mirrorlab.linux import Kernel
from mirrorlab.linux.mmzone import PAGE_SHIFT, PAGE_SIZE
from mirrorlab.machine import Machine
from mirrorlab.words import ZONES, type_names


class Words:
    """How the events of one machine are put into words: pages counted from their zone's start, or by PFN."""

    def __init__(self, machine: Machine, offsets: bool = True) -> None:
        self.kernel: Kernel = machine.kernel
        self.g = machine.g
        self.offsets = offsets

    def block(self, pfn: int, order: int = 0) -> str:
        """A block: `page +5 of Normal`, or with PFNs `the 4 pages from 1048580`."""
        zone = self.kernel.mmzone.page_zone(self.g, pfn)
        where = self.at(pfn)
        if self.offsets and zone is not None:
            where += f" of {self.zone(zone.node, zone.idx)}"
        return f"the {1 << order} pages from {where}" if order else f"page {where}"

    def at(self, pfn: int) -> str:
        """A page where its zone is clear: `+5`, or its PFN."""
        zone = self.kernel.mmzone.page_zone(self.g, pfn)
        return f"+{pfn - zone.zone_start_pfn}" if self.offsets and zone is not None else str(pfn)

    def object(self, ptr: int) -> str:
        """An object, by its address: `byte 64 of page +5 of Normal`."""
        return f"byte {ptr & (PAGE_SIZE - 1)} of {self.block(ptr >> PAGE_SHIFT)}"

    def zone(self, node: int, idx: int) -> str:
        """A zone's name, with its node when there are several."""
        return ZONES[idx] if len(self.g.node_data) == 1 else f"{ZONES[idx]} of node {node}"

    def type(self, migratetype: int) -> str:
        """A migratetype's name."""
        return type_names(self.kernel)[migratetype]

    def gfp(self, gfp_flags: int) -> str:
        """The names of a request's flags."""
        names: str = self.kernel.gfp.names(gfp_flags)
        return names


class mm_page_alloc(NamedTuple):
    """A request has ended."""

    pfn: int | None
    order: int
    gfp_flags: int
    migratetype: int

    def words(self, say: Words) -> str:
        asked = f"{say.gfp(self.gfp_flags)}, order {self.order}, {say.type(self.migratetype)}"
        return f"no page for {asked}" if self.pfn is None else f"{say.block(self.pfn, self.order)} for {asked}"


class mm_page_free(NamedTuple):
    """A block is given back."""

    pfn: int
    order: int

    def words(self, say: Words) -> str:
        return f"{say.block(self.pfn, self.order)} freed"


class mm_page_alloc_zone_locked(NamedTuple):
    """A block has left the free areas: for a request, or as stock for a CPU's list."""

    pfn: int
    order: int
    migratetype: int

    def words(self, say: Words) -> str:
        return f"{say.block(self.pfn, self.order)} taken off the free lists as {say.type(self.migratetype)}"


class mm_page_pcpu_drain(NamedTuple):
    """A page has gone from a CPU's list back to the free areas."""

    pfn: int
    order: int
    migratetype: int

    def words(self, say: Words) -> str:
        page = say.block(self.pfn, self.order)
        return f"{page} went from the CPU's list back to the free lists as {say.type(self.migratetype)}"


class mm_page_alloc_extfrag(NamedTuple):
    """A block of another type was taken because the own type had none."""

    pfn: int
    alloc_order: int
    fallback_order: int
    alloc_migratetype: int
    fallback_migratetype: int
    change_ownership: bool
    """Whether its page block is now of the type that asked."""

    def words(self, say: Words) -> str:
        wanted, taken = say.type(self.alloc_migratetype), say.type(self.fallback_migratetype)
        block = say.block(self.pfn, self.fallback_order)
        several = self.fallback_order > say.kernel.mmzone.pageblock_order
        if self.change_ownership:
            owner = f"page blocks are {wanted}" if several else f"page block is {wanted}"
            owner += " from now on"
        else:
            owner = "page blocks keep their type" if several else "page block keeps its type"
        return f"nothing {wanted} was left: {block} taken from {taken}; the {owner}"


class split(NamedTuple):
    """A block was cut; this upper half of it stays free."""

    node: int
    zone: int
    pfn: int
    order: int
    migratetype: int

    def words(self, say: Words) -> str:
        whole = say.block(self.pfn - (1 << self.order), self.order + 1)
        to = f"the {say.type(self.migratetype)} list of order {self.order}"
        return f"{whole} cut in halves: {say.at(self.pfn)} goes to {to}"


class merge(NamedTuple):
    """Two free buddies became one block."""

    node: int
    zone: int
    pfn: int
    """The block just freed, or merged before."""
    buddy: int
    order: int
    migratetype: int

    def words(self, say: Words) -> str:
        pair = f"{say.block(self.pfn, self.order)} and the buddy at {say.at(self.buddy)}"
        return f"{pair} are both free: they become one block of order {self.order + 1}"


class move(NamedTuple):
    """A free block changed lists, because its page block was taken over."""

    node: int
    zone: int
    pfn: int
    order: int
    old_migratetype: int
    migratetype: int

    def words(self, say: Words) -> str:
        old, new = say.type(self.old_migratetype), say.type(self.migratetype)
        return f"{say.block(self.pfn, self.order)} moved from the {old} list of order {self.order} to the {new} list"


class retry_without_mirror(NamedTuple):
    """Mirrored memory had nothing for a request; it is tried again as what it would be without the RFC."""

    order: int
    gfp_flags: int
    migratetype: int

    def words(self, say: Words) -> str:
        return f"no mirrored block of order {self.order} to be had: trying again as {say.type(self.migratetype)}"


class watermark_failed(NamedTuple):
    """A zone was passed over, because it would have been left with too few free pages."""

    node: int
    zone: int
    order: int
    mark: int
    alloc_flags: int
    lowmem_reserve: int
    free_pages: int

    def limit(self, kernel: Kernel) -> int:
        """How many free pages must remain, at least one more than this. Source: __zone_watermark_ok()."""
        mark = self.mark
        if self.alloc_flags & kernel.page_alloc.ALLOC_HIGH:
            mark -= mark // 2
        if self.alloc_flags & kernel.page_alloc.ALLOC_HARDER:
            mark -= mark // 4
        return mark + self.lowmem_reserve

    def words(self, say: Words) -> str:
        limit = self.limit(say.kernel)
        zone = f"zone {say.zone(self.node, self.zone)} passed over: {self.free_pages} free pages"
        if self.free_pages - (1 << self.order) + 1 > limit:
            return f"{zone}, but too few of them in blocks of order {self.order} and more"
        return f"{zone}, and an order {self.order} request needs more than {limit + (1 << self.order) - 1}"


class kmem_cache_alloc(NamedTuple):
    """A request for an object of a cache has ended."""

    ptr: int | None
    cache: str
    bytes_req: int
    bytes_alloc: int
    gfp_flags: int

    def words(self, say: Words) -> str:
        asked = f"an object of {self.cache}, {say.gfp(self.gfp_flags)}"
        return f"no memory for {asked}" if self.ptr is None else f"{say.object(self.ptr)} for {asked}"


class kmem_cache_free(NamedTuple):
    """An object of a cache is given back."""

    ptr: int
    cache: str

    def words(self, say: Words) -> str:
        return f"the object at {say.object(self.ptr)} given back to {self.cache}"


class kmalloc(NamedTuple):
    """A request for bytes has ended."""

    ptr: int | None
    cache: str | None
    """None: the pages came from the page allocator, or from SLOB."""
    bytes_req: int
    bytes_alloc: int
    gfp_flags: int

    def words(self, say: Words) -> str:
        asked = f"{self.bytes_req} bytes, {say.gfp(self.gfp_flags)}"
        if self.ptr is None:
            return f"no memory for {asked}"
        source = f" from {self.cache}" if self.cache else ""
        return f"{say.object(self.ptr)} for {asked}: {self.bytes_alloc} bytes{source}"


class kfree(NamedTuple):
    """What kmalloc gave, or an object of any cache, is given back."""

    ptr: int

    def words(self, say: Words) -> str:
        return f"what begins at {say.object(self.ptr)} given back"


class sysctl(NamedTuple):
    """A setting was written."""

    name: str
    value: int

    def words(self, say: Words) -> str:
        return f"{self.name} set to {self.value}"


class stage(NamedTuple):
    """Boot has finished a stage."""

    name: str
    what: str = ""
    """What it did, in a sentence for the learner."""

    def words(self, say: Words) -> str:
        return f"boot: {self.name}" + (f": {self.what}" if self.what else "")


KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        *(mm_page_alloc, mm_page_free, mm_page_alloc_zone_locked, mm_page_pcpu_drain, mm_page_alloc_extfrag),
        *(split, merge, move, retry_without_mirror, watermark_failed, sysctl, stage),
        *(kmalloc, kfree, kmem_cache_alloc, kmem_cache_free),
    )
}


def record(event: Sequence[Any]) -> Any:
    """The named record of an event: `record(("mm_page_free", 5, 0)).order`."""
    return KINDS[event[0]](*event[1:])


def block(event: Sequence[Any]) -> tuple[int, int] | None:
    """The block an event is about, as (first PFN, order); None when it is about none. An object's: its first page."""
    told = record(event)
    if isinstance(told, merge):
        return told.pfn & told.buddy, told.order + 1
    if isinstance(told, mm_page_alloc_extfrag):
        return told.pfn, told.fallback_order
    if (ptr := getattr(told, "ptr", None)) is not None:
        return ptr >> PAGE_SHIFT, 0
    pfn = getattr(told, "pfn", None)
    return None if pfn is None else (pfn, told.order)


def in_words(event: Sequence[Any], say: Words) -> str:
    """An event as a line of text: its name, and what happened."""
    return f"{event[0]}: {record(event).words(say)}"
