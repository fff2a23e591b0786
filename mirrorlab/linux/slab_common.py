"""What the three object allocators share: size classes, alignment, and which slab an object lies in.

mm/slab_common.c, mm/slab.h, include/linux/slab.h. An object is its byte address: PFN * 4096 + offset in the page.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from . import gfp, kconfig
from .gfp import __GFP_DMA, GFP_KERNEL
from .mmzone import MAX_ORDER, PAGE_SHIFT, PAGE_SIZE, Globals

if kconfig.SLAB_ALLOCATOR not in ("SLUB", "SLAB", "SLOB"):
    raise ValueError(f"SLAB_ALLOCATOR is SLUB, SLAB or SLOB, not {kconfig.SLAB_ALLOCATOR!r}")

NUMA_NO_NODE = -1
NULL = 0
ZERO_SIZE_PTR = 16  # what kmalloc(0) returns: no object, yet no failure

SLAB_HWCACHE_ALIGN = 0x2000  # objects begin on cache lines
SLAB_CACHE_DMA = 0x4000  # slabs come from ZONE_DMA
SLAB_RECLAIM_ACCOUNT = 0x20000  # the objects can be given up when memory is short

CACHE_LINE_SIZE = 64
ARCH_SLAB_MINALIGN = 8
ARCH_KMALLOC_MINALIGN = 8
ARCH_KMALLOC_FLAGS = SLAB_HWCACHE_ALIGN if kconfig.SLAB_ALLOCATOR == "SLAB" else 0

# kmalloc has caches for powers of two, from 1 << LOW to 1 << HIGH bytes, and for 96 and 192 bytes.
KMALLOC_SHIFT_LOW = 5 if kconfig.SLAB_ALLOCATOR == "SLAB" else 3
KMALLOC_SHIFT_HIGH = min(MAX_ORDER + PAGE_SHIFT - 1, 25) if kconfig.SLAB_ALLOCATOR == "SLAB" else PAGE_SHIFT + 1
KMALLOC_MAX_CACHE_SIZE = 1 << KMALLOC_SHIFT_HIGH
# Kernel: has 8 MiB under SLUB and 1 GiB under SLOB, though no block is so large; the model has 4 MiB.
KMALLOC_MAX_SIZE = PAGE_SIZE << (MAX_ORDER - 1)

# What SLUB and SLAB let through of a caller's flags to the page allocator (mm/internal.h). The others are lost,
# __GFP_NO_KSWAPD among them (hazard 16).
GFP_RECLAIM_MASK = (
    GFP_KERNEL  # WAIT, IO, FS
    | gfp.parse("__GFP_HIGH | __GFP_NOWARN | __GFP_REPEAT | __GFP_NOFAIL | __GFP_NORETRY")
    | gfp.parse("__GFP_MEMALLOC | __GFP_NOMEMALLOC")
)
GFP_CONSTRAINT_MASK = gfp.parse("__GFP_HARDWALL | __GFP_THISNODE")
GFP_SLAB_BUG_MASK = gfp.parse("__GFP_DMA32 | __GFP_HIGHMEM")  # no object can come from there


@dataclass(slots=True, eq=False)
class SlabState:
    """What the object allocator keeps in global variables."""

    # Kernel: has a list of caches, in which two may have one name; in the model names are unique.
    slab_caches: dict[str, Any] = field(default_factory=dict)
    """Every cache by its name, the oldest first."""
    kmalloc_caches: dict[int, Any] = field(default_factory=dict)
    """Size class (kmalloc_index) -> its cache."""
    kmalloc_dma_caches: dict[int, Any] = field(default_factory=dict)
    """The same for requests with __GFP_DMA."""
    mem_map: dict[int, Any] = field(default_factory=dict)
    """PFN of every page that is part of a slab -> that slab (PageSlab, virt_to_head_page)."""
    compound_order: dict[int, int] = field(default_factory=dict)
    """First PFN of each block that kmalloc took straight from the page allocator -> its order."""


class Slabinfo(NamedTuple):
    """A cache's figures: struct slabinfo."""

    active_objs: int
    num_objs: int
    active_slabs: int
    num_slabs: int
    shared_avail: int = 0
    limit: int = 0
    batchcount: int = 0
    shared: int = 0
    objects_per_slab: int = 0
    cache_order: int = 0


def ALIGN(x: int, a: int) -> int:
    """`x`, or the next number above it that is a multiple of `a`, a power of two."""
    return (x + a - 1) & -a


def get_order(size: int) -> int:
    """The order of the smallest block that holds `size` bytes."""
    return ((size - 1) >> PAGE_SHIFT).bit_length()


def calculate_alignment(flags: int, align: int, size: int) -> int:
    """How objects are aligned, in bytes: as asked, and on cache lines (small ones: on parts of a line) by flag."""
    if flags & SLAB_HWCACHE_ALIGN:
        ralign = CACHE_LINE_SIZE
        while size <= ralign // 2:
            ralign //= 2
        align = max(align, ralign)
    return ALIGN(max(align, ARCH_SLAB_MINALIGN), 8)


def virt_to_head_page(g: Globals, x: int) -> Any:
    """The slab an object lies in; None when its page is not part of a slab."""
    # Kernel: gives objects virtual addresses; in the model they are physical, so that the page can be read off them.
    return g.slabs.mem_map.get(x >> PAGE_SHIFT)


def set_slab_pages(g: Globals, page: Any, order: int) -> None:
    """Note that 2**order pages from `page.pfn` on are one slab."""
    for pfn in range(page.pfn, page.pfn + (1 << order)):
        g.slabs.mem_map[pfn] = page


def clear_slab_pages(g: Globals, page: Any, order: int) -> None:
    """Forget a slab, before its pages are freed."""
    for pfn in range(page.pfn, page.pfn + (1 << order)):
        del g.slabs.mem_map[pfn]


def kmalloc_index(size: int) -> int:
    """The size class of a request: 1 is 96 bytes, 2 is 192 bytes, any other n is 2**n bytes."""
    if 64 < size <= 96:
        return 1
    if 128 < size <= 192:
        return 2
    return max(KMALLOC_SHIFT_LOW, (size - 1).bit_length())


def kmalloc_size(index: int) -> int:
    """The bytes an object of a size class has."""
    return {1: 96, 2: 192}.get(index, 1 << index)


def kmalloc_slab(g: Globals, size: int, flags: int) -> Any:
    """The cache that serves a kmalloc of `size` bytes (at least 1); None when it is too large for all of them."""
    if size > KMALLOC_MAX_CACHE_SIZE:
        return None
    caches = g.slabs.kmalloc_dma_caches if flags & __GFP_DMA else g.slabs.kmalloc_caches
    return caches[kmalloc_index(size)]


def create_kmalloc_caches(g: Globals, kmem_cache_create: Callable[..., Any], flags: int) -> None:
    """Make the caches that serve kmalloc: one per size class, and each again for __GFP_DMA."""
    slabs = g.slabs
    for shift in range(KMALLOC_SHIFT_LOW, KMALLOC_SHIFT_HIGH + 1):
        for index in {6: (6, 1), 7: (7, 2)}.get(shift, (shift,)):
            if index not in slabs.kmalloc_caches:
                name = f"kmalloc-{kmalloc_size(index)}"
                cache = kmem_cache_create(g, name, kmalloc_size(index), ARCH_KMALLOC_MINALIGN, flags)
                slabs.kmalloc_caches[index] = cache
    for index in sorted(slabs.kmalloc_caches):
        size = kmalloc_size(index)
        dma = kmem_cache_create(g, f"dma-kmalloc-{size}", size, ARCH_KMALLOC_MINALIGN, flags | SLAB_CACHE_DMA)
        slabs.kmalloc_dma_caches[index] = dma


def print_slabinfo(g: Globals, get_slabinfo: Callable[..., Slabinfo]) -> str:
    """The text of /proc/slabinfo: the newest cache first."""
    lines = [
        "slabinfo - version: 2.1",
        "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
        " : tunables <limit> <batchcount> <sharedfactor>"
        " : slabdata <active_slabs> <num_slabs> <sharedavail>",
    ]
    for cache in reversed(g.slabs.slab_caches.values()):
        s = get_slabinfo(cache)
        lines.append(
            f"{cache.name:<17} {s.active_objs:6} {s.num_objs:6} {cache.size:6}"
            f" {s.objects_per_slab:4} {1 << s.cache_order:4}"
            f" : tunables {s.limit:4} {s.batchcount:4} {s.shared:4}"
            f" : slabdata {s.active_slabs:6} {s.num_slabs:6} {s.shared_avail:6}"
        )
    return "\n".join(lines) + "\n"
