"""SLOB, the smallest object allocator: mm/slob.c. "Simple list of blocks", for tiny machines.

A page is cut into blocks of any size; free blocks are found first fit. Three lists of partly free pages, for small,
medium and large objects, serve all caches and kmalloc alike. Only kmalloc of about a page or more, which takes pages
straight from the page allocator, asks for mirrored ones (the RFC's patch 12).
"""

from dataclasses import dataclass, field

from . import mmzone, page_alloc, slab_common
from .gfp import __GFP_COMP, __GFP_MIRROR, __GFP_ZERO
from .list import ListHead, list_add, list_add_tail, list_del, list_for_each_entry
from .mmzone import PAGE_SHIFT, PAGE_SIZE, Globals
from .slab_common import NULL, NUMA_NO_NODE, ZERO_SIZE_PTR

SLOB_UNIT = 2  # bytes
SLOB_BREAK1 = 256  # objects below this are small
SLOB_BREAK2 = 1024  # ... and below this medium
KMALLOC_ALIGN = 8  # also what kmalloc adds in front of an object, to note its size


@dataclass(slots=True, eq=False)
class Page:
    """A page cut into blocks: what SLOB keeps in struct page."""

    pfn: int
    nid: int
    units: int
    """Free units."""
    freelist: list[tuple[int, int]]
    """The free blocks as (first unit, units), ascending."""
    slob_list: ListHead | None = None
    """The list it is on; None: it is full. (The kernel's list_del needs no list.)"""


@dataclass(slots=True, eq=False, repr=False)
class KmemCache:
    """A cache: no more than a size and an alignment. struct kmem_cache."""

    g: Globals
    name: str
    size: int
    align: int
    flags: int

    @property
    def object_size(self) -> int:
        """Bytes, as asked for."""
        return self.size

    def __repr__(self) -> str:
        return f"<cache {self.name}>"


@dataclass(slots=True, eq=False)
class SlobState(slab_common.SlabState):
    """What SLOB keeps in global variables. The lists hold partly free pages."""

    free_slob_small: ListHead = field(default_factory=ListHead)
    free_slob_medium: ListHead = field(default_factory=ListHead)
    free_slob_large: ListHead = field(default_factory=ListHead)
    kmalloc_size: dict[int, int] = field(default_factory=dict)
    """What kmalloc notes in front of an object: its address -> the size asked for."""


def SLOB_UNITS(size: int) -> int:
    """Units that hold `size` bytes."""
    return -(-size // SLOB_UNIT)


def set_slob_page_free(sp: Page, slob_list: ListHead) -> None:
    """Put a page with room at the head of a list."""
    list_add(sp.pfn, slob_list)
    sp.slob_list = slob_list


def clear_slob_page_free(sp: Page) -> None:
    """Take a page off its list."""
    assert sp.slob_list is not None
    list_del(sp.pfn, sp.slob_list)
    sp.slob_list = None


def list_for_size(g: Globals, size: int) -> ListHead:
    """The list of pages for objects of a size."""
    state: SlobState = g.slabs
    if size < SLOB_BREAK1:
        return state.free_slob_small
    return state.free_slob_medium if size < SLOB_BREAK2 else state.free_slob_large


def slob_new_pages(g: Globals, flags: int, order: int, node: int) -> int | None:
    """Ask for pages with the caller's flags, nothing added."""
    return page_alloc.alloc_pages_node(g, node, flags, order)


def slob_page_alloc(sp: Page, size: int, align: int) -> int | None:
    """Take `size` bytes out of the first free block with room; returns the address. What is skipped stays free."""
    units = SLOB_UNITS(size)
    start = sp.pfn << PAGE_SHIFT
    for index, (first, avail) in enumerate(sp.freelist):
        address = start + first * SLOB_UNIT
        delta = (slab_common.ALIGN(address, align) - address) // SLOB_UNIT if align else 0
        if avail < units + delta:
            continue
        end = first + avail
        taken = first + delta
        rest = [(first, delta), (taken + units, end - taken - units)]
        sp.freelist[index : index + 1] = [block for block in rest if block[1]]
        sp.units -= units
        if not sp.units:
            clear_slob_page_free(sp)
        return start + taken * SLOB_UNIT
    return None


def slob_alloc_from_list(g: Globals, slob_list: ListHead, size: int, align: int, node: int) -> int | None:
    """Take `size` bytes from the first page of a list that has them. The next search begins there."""
    skipped: list[int] = []
    for pfn in list_for_each_entry(slob_list):
        sp: Page = g.slabs.mem_map[pfn]
        b = None
        if sp.units >= SLOB_UNITS(size) and node in (NUMA_NO_NODE, sp.nid):
            b = slob_page_alloc(sp, size, align)
        if b is not None:
            for earlier in skipped:
                list_del(earlier, slob_list)
                list_add_tail(earlier, slob_list)
            return b
        skipped.append(pfn)
    return None


def slob_alloc(g: Globals, size: int, flags: int, align: int, node: int) -> int | None:
    """Allocate a block of less than a page, from a new page if needed: one without __GFP_MIRROR (hazard 15)."""
    slob_list = list_for_size(g, size)
    b = slob_alloc_from_list(g, slob_list, size, align, node)
    if b is not None:
        return b

    pfn = slob_new_pages(g, flags & ~__GFP_ZERO, 0, node)
    if pfn is None:
        return None
    zone = mmzone.page_zone(g, pfn)
    assert zone is not None
    sp = Page(pfn, zone.node, SLOB_UNITS(PAGE_SIZE), [(0, SLOB_UNITS(PAGE_SIZE))])
    slab_common.set_slab_pages(g, sp, 0)
    set_slob_page_free(sp, slob_list)
    return slob_page_alloc(sp, size, align)


def slob_free(g: Globals, b: int, size: int) -> None:
    """Free a block. An empty page goes back; one that was full goes to the head of the list for this size."""
    sp: Page = slab_common.virt_to_head_page(g, b)
    units = SLOB_UNITS(size)
    if sp.units + units == SLOB_UNITS(PAGE_SIZE):
        if sp.slob_list is not None:
            clear_slob_page_free(sp)
        slab_common.clear_slab_pages(g, sp, 0)
        page_alloc.__free_pages(g, sp.pfn, 0)
        return

    if sp.slob_list is None:
        set_slob_page_free(sp, list_for_size(g, size))
    sp.units += units
    insert_block(sp.freelist, (b - (sp.pfn << PAGE_SHIFT)) // SLOB_UNIT, units)


def insert_block(freelist: list[tuple[int, int]], first: int, units: int) -> None:
    """Put a block among the free ones, merged with its neighbours."""
    place = sum(start < first for start, _ in freelist)
    before, after = freelist[:place], freelist[place:]
    if after and first + units == after[0][0]:
        units += after.pop(0)[1]
    if before and sum(before[-1]) == first:
        first = before[-1][0]
        units += before.pop()[1]
    freelist[:] = [*before, (first, units), *after]


def __kmalloc_node(g: Globals, size: int, flags: int, node: int) -> int | None:
    """Allocate `size` bytes. About a page or more come straight from the page allocator, mirrored if they can be."""
    flags &= g.gfp_allowed_mask
    if size < PAGE_SIZE - KMALLOC_ALIGN:
        if not size:
            return ZERO_SIZE_PTR
        m = slob_alloc(g, size + KMALLOC_ALIGN, flags, KMALLOC_ALIGN, node)
        if m is None:
            return None
        x: int | None = m + KMALLOC_ALIGN
        g.slabs.kmalloc_size[x] = size
        bytes_alloc = size + KMALLOC_ALIGN
    else:
        order = slab_common.get_order(size)
        if order:
            flags |= __GFP_COMP
        pfn = slob_new_pages(g, flags | __GFP_MIRROR, order, node)
        x = None if pfn is None else pfn << PAGE_SHIFT
        if pfn is not None:
            g.slabs.compound_order[pfn] = order
        bytes_alloc = PAGE_SIZE << order
    if g.trace is not None:
        g.trace.append(("kmalloc", x, None, size, bytes_alloc, flags))
    return x


def kfree(g: Globals, x: int) -> None:
    """Free what kmalloc returned."""
    if g.trace is not None:
        g.trace.append(("kfree", x))
    if x in (NULL, ZERO_SIZE_PTR):
        return
    if slab_common.virt_to_head_page(g, x) is not None:
        slob_free(g, x - KMALLOC_ALIGN, g.slabs.kmalloc_size.pop(x) + KMALLOC_ALIGN)
    else:
        pfn = x >> PAGE_SHIFT
        page_alloc.__free_pages(g, pfn, g.slabs.compound_order.pop(pfn))


def kmem_cache_create(g: Globals, name: str, size: int, align: int, flags: int) -> KmemCache:
    """Make a cache of objects of `size` bytes. (In Linux it is in slab_common.c.)"""
    s = KmemCache(g, name, size, slab_common.calculate_alignment(flags, align, size), flags)
    g.slabs.slab_caches[name] = s
    return s


def slob_alloc_node(s: KmemCache, flags: int, node: int) -> int | None:
    """Allocate an object of a cache, on a node (-1: any); of a page or more straight from the page allocator."""
    flags &= s.g.gfp_allowed_mask
    if s.size < PAGE_SIZE:
        x = slob_alloc(s.g, s.size, flags, s.align, node)
    else:
        pfn = slob_new_pages(s.g, flags, slab_common.get_order(s.size), node)
        x = None if pfn is None else pfn << PAGE_SHIFT
    if s.g.trace is not None:
        s.g.trace.append(("kmem_cache_alloc", x, s.name, s.object_size, s.size, flags))
    return x


def kmem_cache_alloc(s: KmemCache, flags: int) -> int | None:
    """Allocate an object of a cache."""
    return slob_alloc_node(s, flags, NUMA_NO_NODE)


def kmem_cache_alloc_node(s: KmemCache, flags: int, node: int) -> int | None:
    """Allocate an object of a cache, on a node (-1: any)."""
    return slob_alloc_node(s, flags, node)


def kmem_cache_free(s: KmemCache, x: int) -> None:
    """Free an object of a cache."""
    if s.g.trace is not None:
        s.g.trace.append(("kmem_cache_free", x, s.name))
    if s.size < PAGE_SIZE:
        slob_free(s.g, x, s.size)
    else:
        page_alloc.__free_pages(s.g, x >> PAGE_SHIFT, slab_common.get_order(s.size))


def __kmem_cache_shutdown(s: KmemCache) -> bool:
    """Give back nothing: all caches share the same pages."""
    return True


def __kmem_cache_shrink(s: KmemCache) -> None:
    """Give back nothing: all caches share the same pages."""


def kmem_cache_init(g: Globals) -> None:
    """Set up the allocator."""
    g.slabs = SlobState()
