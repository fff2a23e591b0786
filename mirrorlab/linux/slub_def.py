"""What SLUB keeps: caches, their part of each CPU and node, and slabs. include/linux/slub_def.h."""

from dataclasses import dataclass, field

from .list import ListHead
from .mmzone import Globals


@dataclass(slots=True, eq=False)
class Page:
    """A slab: what SLUB keeps in struct page of its first page."""

    pfn: int
    order: int
    nid: int
    """The node it lies on."""
    slab_cache: "KmemCache"
    objects: int
    freelist: list[int]
    """Its free objects, the last to be handed out next. Those on a CPU's own list are not here."""
    frozen: bool
    """Whether it belongs to a CPU, and so is on no node's list."""
    pages: int = 0
    """In a per-CPU partial chain: the slabs from this one to the chain's end, when it was added."""
    pobjects: int = 0
    """The same for free objects."""

    @property
    def inuse(self) -> int:
        """Objects not on `freelist`."""
        return self.objects - len(self.freelist)


@dataclass(slots=True, eq=False)
class KmemCacheCpu:
    """One CPU's part of a cache: struct kmem_cache_cpu."""

    freelist: list[int] = field(default_factory=list)
    """Objects to hand out, the last one next."""
    page: Page | None = None
    """The slab they are from."""
    partial: list[Page] = field(default_factory=list)
    """Partly free slabs kept by this CPU, the last to be used next."""


@dataclass(slots=True, eq=False)
class KmemCacheNode:
    """One node's part of a cache: struct kmem_cache_node."""

    partial: ListHead = field(default_factory=ListHead)
    """Partly free slabs, by first PFN."""
    nr_slabs: int = 0
    """All slabs on this node, full ones and those of CPUs included."""
    total_objects: int = 0
    """Objects in them, free or not."""

    @property
    def nr_partial(self) -> int:
        """Slabs in `partial`."""
        return len(self.partial)


@dataclass(slots=True, eq=False, repr=False)
class KmemCache:
    """A cache: objects of one size. struct kmem_cache. Sizes are bytes."""

    g: Globals
    name: str
    object_size: int
    """As asked for."""
    align: int
    flags: int
    size: int = 0
    """What an object takes up."""
    inuse: int = 0
    """How much of it the user may write."""
    oo_order: int = 0
    """The order of a slab."""
    oo_objects: int = 0
    """The objects in it."""
    min_order: int = 0
    """The order of a slab when no block of the usual order is free."""
    min_objects: int = 0
    min_partial: int = 0
    """Empty slabs are kept while the node has fewer partly free ones than this."""
    cpu_partial: int = 0
    """About how many free objects a CPU may keep in its partial chain."""
    allocflags: int = 0
    """GFP flags added to every page request."""
    cpu_slab: list[KmemCacheCpu] = field(default_factory=list)
    node: dict[int, KmemCacheNode] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<cache {self.name}>"
