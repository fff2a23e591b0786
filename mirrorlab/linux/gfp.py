"""GFP flags, "get free pages": what a caller asks of the allocator. include/linux/gfp.h.

Every flag has the name and the bit it has in Linux 4.1, plus the RFC's `__GFP_MIRROR`.
"""

from . import kconfig
from .mmzone import MIGRATE_UNMOVABLE, ZONE_DMA, ZONE_DMA32, ZONE_MOVABLE, ZONE_NORMAL, Globals

__GFP_DMA = 0x1
__GFP_HIGHMEM = 0x2
__GFP_DMA32 = 0x4
__GFP_MOVABLE = 0x8
__GFP_WAIT = 0x10
__GFP_HIGH = 0x20
__GFP_IO = 0x40
__GFP_FS = 0x80
__GFP_COLD = 0x100
__GFP_NOWARN = 0x200
__GFP_REPEAT = 0x400
__GFP_NOFAIL = 0x800
__GFP_NORETRY = 0x1000
__GFP_MEMALLOC = 0x2000
__GFP_COMP = 0x4000
__GFP_ZERO = 0x8000
__GFP_NOMEMALLOC = 0x10000
__GFP_HARDWALL = 0x20000
__GFP_THISNODE = 0x40000
__GFP_RECLAIMABLE = 0x80000
__GFP_NOACCOUNT = 0x100000
__GFP_NOTRACK = 0x200000
__GFP_NO_KSWAPD = 0x400000
__GFP_OTHER_NODE = 0x800000
__GFP_WRITE = 0x1000000
__GFP_MIRROR = 0x2000000 if kconfig.MEMORY_MIRROR else 0  # the RFC's patch 07; 0: it changes no request

__GFP_BITS_SHIFT = 26 if kconfig.MEMORY_MIRROR else 25
__GFP_BITS_MASK = (1 << __GFP_BITS_SHIFT) - 1

GFP_BOOT_MASK = __GFP_BITS_MASK & ~(__GFP_WAIT | __GFP_IO | __GFP_FS)  # no request may sleep while it boots

GFP_NOWAIT = 0
GFP_ATOMIC = __GFP_HIGH
GFP_NOIO = __GFP_WAIT
GFP_NOFS = __GFP_WAIT | __GFP_IO
GFP_KERNEL = __GFP_WAIT | __GFP_IO | __GFP_FS
GFP_TEMPORARY = GFP_KERNEL | __GFP_RECLAIMABLE
GFP_USER = GFP_KERNEL | __GFP_HARDWALL
GFP_HIGHUSER = GFP_USER | __GFP_HIGHMEM
GFP_HIGHUSER_MOVABLE = GFP_HIGHUSER | __GFP_MOVABLE
GFP_DMA = __GFP_DMA
GFP_DMA32 = __GFP_DMA32
GFP_MOVABLE_MASK = __GFP_RECLAIMABLE | __GFP_MOVABLE

GFP_ZONEMASK = __GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32 | __GFP_MOVABLE

# The highest zone a request may use, by its four zone bits. x86_64 has no ZONE_HIGHMEM: such requests get Normal.
# Bits that are not named below get ZONE_DMA, as from the kernel's packed table; most are a mistake of the caller.
GFP_ZONE_TABLE = [ZONE_DMA] * 16
GFP_ZONE_TABLE[0] = ZONE_NORMAL
GFP_ZONE_TABLE[__GFP_HIGHMEM] = ZONE_NORMAL
GFP_ZONE_TABLE[__GFP_DMA32] = ZONE_DMA32
GFP_ZONE_TABLE[__GFP_MOVABLE] = ZONE_NORMAL
GFP_ZONE_TABLE[__GFP_MOVABLE | __GFP_HIGHMEM] = ZONE_MOVABLE
GFP_ZONE_TABLE[__GFP_MOVABLE | __GFP_DMA32] = ZONE_DMA32

GFP_ZONE_BAD = frozenset(
    bits for bits in range(16) if (bits & __GFP_DMA != 0) + (bits & __GFP_DMA32 != 0) + (bits & __GFP_HIGHMEM != 0) > 1
)

FLAGS: dict[str, int] = {
    name: bit for name, bit in globals().items() if name.startswith("__GFP_") and "BITS" not in name
}
# Widest first, so that a mask is named by as few words as possible.
SETS_BY_WIDTH = "GFP_HIGHUSER_MOVABLE GFP_HIGHUSER GFP_USER GFP_TEMPORARY GFP_KERNEL GFP_NOFS GFP_ATOMIC GFP_NOIO"
SETS: dict[str, int] = {name: globals()[name] for name in SETS_BY_WIDTH.split()}


def gfpflags_to_migratetype(g: Globals, gfp_flags: int) -> int:
    """The migratetype a request names by its flags. Both flags together give 3, which the RFC made MIRROR."""
    if g.page_group_by_mobility_disabled:
        return MIGRATE_UNMOVABLE
    return ((gfp_flags & __GFP_MOVABLE != 0) << 1) | (gfp_flags & __GFP_RECLAIMABLE != 0)


def gfp_zone(flags: int) -> int:
    """The highest zone index a request may use."""
    return GFP_ZONE_TABLE[flags & GFP_ZONEMASK]


def names(gfp_mask: int) -> str:
    """Print a mask with the kernel's names, for example `GFP_KERNEL|__GFP_NOWARN`; no flag at all is GFP_NOWAIT.

    Unknown bits are printed in hexadecimal. Source: show_gfp_flags() of include/trace/events/gfpflags.h.
    """
    # Kernel: drops the underscores before flag names in traces; the model keeps them, to be searched for.
    words = []
    for name, mask in SETS.items():
        if gfp_mask & mask == mask:
            words.append(name)
            gfp_mask &= ~mask
    for name, bit in FLAGS.items():
        if bit and gfp_mask & bit:
            words.append(name)
            gfp_mask &= ~bit
    if gfp_mask:
        words.append(hex(gfp_mask))
    return "|".join(words) or "GFP_NOWAIT"


def parse(text: str) -> int:
    """The mask that a text such as `GFP_KERNEL | __GFP_MIRROR` names: the inverse of `names`.

    Raises ValueError for a word that names no flag of this kernel.
    """
    known = {**SETS, **{name: bit for name, bit in FLAGS.items() if bit}}
    known |= {"GFP_NOWAIT": 0, "GFP_DMA": GFP_DMA, "GFP_DMA32": GFP_DMA32}
    mask = 0
    for word in text.split("|"):
        name = word.strip()
        if name not in known:
            advice = (
                f"use names such as GFP_KERNEL or {'__GFP_MIRROR' if __GFP_MIRROR else '__GFP_NOWARN'}, joined by |"
            )
            if name == "__GFP_MIRROR":
                advice = "this kernel is built without MEMORY_MIRROR; leave the flag out"
            raise ValueError(f"unknown GFP flag {name!r}: {advice}")
        mask |= known[name]
    return mask
