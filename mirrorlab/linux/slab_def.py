"""What SLAB keeps: caches, arrays of free objects, and slabs. include/linux/slab_def.h."""

from dataclasses import dataclass, field

from .list import ListHead
from .mmzone import Globals


@dataclass(slots=True, eq=False)
class ArrayCache:
    """A stock of free objects: struct array_cache."""

    limit: int
    """It is full when it holds so many."""
    batchcount: int
    """Objects moved at a time."""
    touched: int = 0
    """1: used lately."""
    entry: list[int] = field(default_factory=list)
    """The objects, oldest first; the last is handed out next. Its length is the kernel's `avail`."""


@dataclass(slots=True, eq=False)
class Page:
    """A slab: what SLAB keeps in struct page of its first page."""

    pfn: int
    nid: int
    """The node it lies on."""
    slab_cache: "KmemCache"
    s_mem: int
    """Its first object. Before it are the index table, if that is on the slab, and unused bytes (colour)."""
    freelist: list[int]
    """The numbers of its free objects, the last to be handed out next."""
    off_slab: int | None = None
    """The object that holds the index table, when it is off the slab."""

    @property
    def active(self) -> int:
        """Its objects that were handed out, those in arrays included."""
        return self.slab_cache.num - len(self.freelist)


@dataclass(slots=True, eq=False)
class KmemCacheNode:
    """One node's part of a cache: struct kmem_cache_node. The lists hold slabs by first PFN."""

    free_limit: int
    """Empty slabs go back to the page allocator when there are more free objects than this."""
    slabs_partial: ListHead = field(default_factory=ListHead)
    slabs_full: ListHead = field(default_factory=ListHead)
    slabs_free: ListHead = field(default_factory=ListHead)
    free_objects: int = 0
    """Free objects in the slabs."""
    colour_next: int = 0
    """The colour of the next new slab: where in it the first object begins."""
    shared: ArrayCache | None = None
    """What the node's CPUs share; None with one CPU, or for large objects."""
    alien: dict[int, ArrayCache] = field(default_factory=dict)
    """Other nodes' objects that were freed here, by node."""


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
    num: int = 0
    """Objects per slab."""
    gfporder: int = 0
    """The order of a slab."""
    allocflags: int = 0
    """GFP flags added to every page request."""
    colour: int = 0
    """How many colours there are."""
    colour_off: int = 0
    """From one colour to the next."""
    freelist_size: int = 0
    """The size of a slab's index table."""
    freelist_cache: "KmemCache | None" = None
    """The cache that index tables come from when they are off the slab."""
    limit: int = 0
    batchcount: int = 0
    shared: int = 0
    """The limit of the shared array, in batches."""
    cpu_cache: list[ArrayCache] = field(default_factory=list)
    node: dict[int, KmemCacheNode] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<cache {self.name}>"
