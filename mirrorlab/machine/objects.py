"""Objects: what a Machine does with kmalloc and caches, and which memory the objects end up in."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from mirrorlab import linux
from mirrorlab.linux.mmzone import PAGE_SHIFT, PAGE_SIZE, Globals
from mirrorlab.machine import holders
from mirrorlab.words import html_table, table

NO_MEMORY = "no memory"
ALLOCATORS = ("SLUB", "SLAB", "SLOB")


class Object(NamedTuple):
    """An allocated object, and where it lies."""

    pfn: int
    """The page it begins on."""
    offset: int
    """Where on that page it begins, in bytes."""
    size: int
    """Bytes asked for."""
    cache: str
    """The cache it is from; "" for pages that kmalloc took from the page allocator, and for all of SLOB's kmalloc."""
    memory: str
    """Where its first page lies: one of holders.CLASSES. What kmalloc(0) returns has "no memory"."""
    who: str

    @property
    def address(self) -> int:
        """Its first byte."""
        return (self.pfn << PAGE_SHIFT) + self.offset


def set_up(kernel: linux.Kernel, g: Globals) -> None:
    """Set up the object allocator, unless it has been."""
    # Not at boot, as in the kernel: a machine without objects carries no caches.
    if g.slabs is None:
        kernel.allocator.kmem_cache_init(g)


class ObjectCalls:
    """The part of a Machine that hands out objects: kmalloc, and caches for objects of one size.

    Which allocator does it is a build option: `linux.load(config={"SLAB_ALLOCATOR": "SLAB"})`.
    """

    kernel: linux.Kernel
    g: Globals
    _objects: dict[int, Object]
    _checked_request: Callable[[int | str, int | None], int]
    _run_on: Callable[[int | None], None]

    # -- Allocating and freeing ---------------------------------------------------------------------------------

    def kmalloc(
        self, size: int, gfp: int | str = "GFP_KERNEL", *, nid: int | None = None, cpu: int | None = None, who: str = ""
    ) -> Object | None:
        """Allocate `size` bytes; None when there is no memory for them. The arguments are those of alloc_pages().

        For 0 bytes it returns an empty object at address 16 (ZERO_SIZE_PTR), which kfree() accepts.

        Source: __kmalloc() and __kmalloc_node() of mm/slub.c, mm/slab.c and mm/slob.c.
        """
        largest = self.kernel.slab_common.KMALLOC_MAX_SIZE
        if not isinstance(size, int) or not 0 <= size <= largest:
            raise ValueError(f"kmalloc() takes a size from 0 to {largest} bytes (the largest block), not {size!r}")
        mask = self._object_request(gfp, nid, cpu)
        x = self.kernel.allocator.__dict__["__kmalloc_node"](self.g, size, mask, -1 if nid is None else nid)
        if not size:
            return Object(0, x, 0, "", NO_MEMORY, who)
        slab = None if x is None else self.g.slabs.mem_map.get(x >> PAGE_SHIFT)
        cache = getattr(slab, "slab_cache", None)
        return self._handed_out(x, size, "" if cache is None else cache.name, who)

    def kfree(self, thing: Object | int | None, *, cpu: int | None = None) -> None:
        """Free what kmalloc() returned, or under SLUB and SLAB an object (or address) of any cache.

        Nothing happens for None and for what kmalloc(0) returned.

        Source: kfree() of mm/slub.c, mm/slab.c and mm/slob.c.
        """
        address = _address(thing)
        if address in (self.kernel.slab_common.NULL, self.kernel.slab_common.ZERO_SIZE_PTR):
            return
        known = self._known(address)
        if known.cache and self.kernel.allocator is self.kernel.slob:
            raise ValueError(
                f"the object at {address} is from cache {known.cache!r}, and SLOB notes no size in front of those: "
                "free it with kmem_cache_free()"
            )
        self._run_on(cpu)
        del self._objects[address]
        self.kernel.allocator.kfree(self.g, address)

    def kmem_cache_create(self, name: str, size: int, *, align: int = 0, flags: int | str = 0) -> str:
        """Make a cache of objects of `size` bytes; returns its name, by which other calls find it.

        align: bytes, a power of two; 0: the allocator chooses.
        flags: a number, or names such as "SLAB_HWCACHE_ALIGN|SLAB_RECLAIM_ACCOUNT".

        Source: kmem_cache_create() of mm/slab_common.c.
        """
        set_up(self.kernel, self.g)
        largest = self.kernel.slab_common.KMALLOC_MAX_SIZE
        if name in self.g.slabs.slab_caches:
            raise ValueError(f"there is a cache {name!r} already: take another name")
        if not isinstance(size, int) or not 0 < size <= largest:
            raise ValueError(f"a cache takes objects from 1 to {largest} bytes (the largest block), not {size!r}")
        if align < 0 or align & (align - 1) or align > PAGE_SIZE:
            raise ValueError(f"objects are aligned to a power of two up to {PAGE_SIZE} bytes, not {align}")
        mask = self._slab_flags(flags)
        if self.kernel.allocator.kmem_cache_create(self.g, name, size, align, mask) is None:
            raise ValueError(f"{size} bytes, aligned to {align}, do not fit into the largest block: make them smaller")
        return name

    def kmem_cache_alloc(
        self,
        cache: str,
        gfp: int | str = "GFP_KERNEL",
        *,
        nid: int | None = None,
        cpu: int | None = None,
        who: str = "",
    ) -> Object | None:
        """Allocate an object of a cache; None when there is no memory for it. Arguments as for alloc_pages().

        Source: kmem_cache_alloc() and kmem_cache_alloc_node() of mm/slub.c, mm/slab.c and mm/slob.c.
        """
        s = self._cache(cache)
        mask = self._object_request(gfp, nid, cpu, s)
        x = self.kernel.allocator.kmem_cache_alloc_node(s, mask, -1 if nid is None else nid)
        return self._handed_out(x, s.object_size, cache, who)

    def kmem_cache_free(self, cache: str, thing: Object | int, *, cpu: int | None = None) -> None:
        """Free an object of a cache: it, or its address. Source: kmem_cache_free() of mm/slub.c and so on."""
        s = self._cache(cache)
        address = _address(thing)
        known = self._known(address)
        if known.cache != cache:
            origin = f"is from cache {known.cache!r}" if known.cache else "is from kmalloc()"
            right = f"kmem_cache_free({known.cache!r}, ...)" if known.cache else "kfree()"
            raise ValueError(f"the object at {address} {origin}, not from {cache!r}: free it with {right}")
        self._run_on(cpu)
        del self._objects[address]
        self.kernel.allocator.kmem_cache_free(s, address)

    def kmem_cache_shrink(self, cache: str) -> None:
        """Take a cache's objects back from the CPUs, and give its empty slabs to the page allocator.

        Source: __kmem_cache_shrink() of mm/slub.c and mm/slab.c.
        """
        self.kernel.allocator.__dict__["__kmem_cache_shrink"](self._cache(cache))

    def kmem_cache_destroy(self, cache: str) -> None:
        """Remove a cache without objects, and give all its slabs to the page allocator.

        Source: kmem_cache_destroy() of mm/slab_common.c.
        """
        s = self._cache(cache)
        slabs = self.g.slabs
        if s in (*slabs.kmalloc_caches.values(), *slabs.kmalloc_dma_caches.values()):
            raise ValueError(f"cache {cache!r} serves kmalloc() and has to stay: destroy only what you made")
        left = sum(known.cache == cache for known in self._objects.values())
        if left:
            raise ValueError(f"cache {cache!r} still has {left} objects: free them first")
        if not self.kernel.allocator.__dict__["__kmem_cache_shutdown"](s):
            raise self.kernel.bug.KernelBug(f"cache {cache!r} has no objects, yet some of its slabs are in use")
        del slabs.slab_caches[cache]

    # -- Looking ------------------------------------------------------------------------------------------------

    @property
    def objects(self) -> dict[int, Object]:
        """Every object that was allocated and not freed, by its address."""
        return dict(self._objects)

    @property
    def caches(self) -> dict[str, Any]:
        """Every cache by its name, the oldest first, with the parameters the allocator chose for it."""
        set_up(self.kernel, self.g)
        return dict(self.g.slabs.slab_caches)

    def slabinfo(self) -> str:
        """The text of /proc/slabinfo. A kernel with SLOB has no such file."""
        set_up(self.kernel, self.g)
        if self.kernel.allocator is self.kernel.slob:
            raise ValueError("a kernel with SLOB has no /proc/slabinfo: build it with SLUB or SLAB to see one")
        return str(self.kernel.slab_common.print_slabinfo(self.g, self.kernel.allocator.get_slabinfo))

    # -- Finding mistakes ---------------------------------------------------------------------------------------

    def _object_request(self, gfp: int | str, nid: int | None, cpu: int | None, cache: Any = None) -> int:
        """The mask of a request for objects, checked; from now on `cpu` runs."""
        set_up(self.kernel, self.g)
        mask = self._checked_request(gfp, nid)
        common = self.kernel.slab_common
        if mask & common.GFP_SLAB_BUG_MASK:
            raise ValueError("objects never come from HIGHMEM or DMA32 memory: leave that flag out")
        if cache is not None and self.kernel.allocator is self.kernel.slab:
            wants_dma = cache.flags & common.SLAB_CACHE_DMA != 0
            if wants_dma != (mask & self.kernel.gfp.GFP_DMA != 0):
                rule = "always" if wants_dma else "never"
                raise ValueError(f"under SLAB, requests to cache {cache.name!r} {rule} have __GFP_DMA: mind its flags")
        self._run_on(cpu)
        self.g.oom_report = None
        return mask

    def _handed_out(self, x: int | None, size: int, cache: str, who: str) -> Object | None:
        """Note who owns an object that was allocated."""
        if x is None:
            return None
        self.g.oom_report = None
        pfn = x >> PAGE_SHIFT
        memory = holders.class_of(self.g, pfn)
        new = self._objects[x] = Object(pfn, x & (PAGE_SIZE - 1), size, cache, memory, who)
        return new

    def _cache(self, name: str) -> Any:
        set_up(self.kernel, self.g)
        cache = self.g.slabs.slab_caches.get(name)
        if cache is None:
            raise ValueError(f"there is no cache {name!r}: make it with kmem_cache_create()")
        return cache

    def _slab_flags(self, flags: int | str) -> int:
        """The number that names of cache flags stand for."""
        names = ("SLAB_HWCACHE_ALIGN", "SLAB_CACHE_DMA", "SLAB_RECLAIM_ACCOUNT")
        known = {name: int(getattr(self.kernel.slab_common, name)) for name in names}
        words = {word.strip() for word in flags.split("|")} if isinstance(flags, str) else set()
        mask = flags if isinstance(flags, int) else sum(known.get(word, 0) for word in words)
        if words - known.keys() or mask & ~sum(known.values()):
            raise ValueError(f"unknown cache flags {flags!r}: use one or more of {', '.join(names)}, joined by |")
        return mask

    def _known(self, address: int) -> Object:
        """The live object that begins at an address."""
        known = self._objects.get(address)
        if known is None:
            raise ValueError(self._not_an_object(address))
        return known

    def _not_an_object(self, address: int) -> str:
        """Why there is nothing to free at an address."""
        live = sorted(self._objects)
        below = live[bisect_right(live, address) - 1] if live else address
        if below < address < below + self._objects[below].size:
            return f"address {address} lies inside the object at {below}: free that one"
        slab = None if self.g.slabs is None else self.g.slabs.mem_map.get(address >> PAGE_SHIFT)
        if slab is None:
            return f"address {address} is in no slab: free what kmalloc() or kmem_cache_alloc() returned, and once only"
        if _is_free(slab, address):
            return f"the object at {address} is free already: free each object once"
        return f"no object of yours begins at {address}: free what kmalloc() or kmem_cache_alloc() returned"

    def _holds_objects(self, pfn: int) -> bool:
        """Whether a page is part of a slab, or of a block that kmalloc took from the page allocator."""
        slabs = self.g.slabs
        if slabs is None:
            return False
        blocks = slabs.compound_order.items()
        return pfn in slabs.mem_map or any(first <= pfn < first + (1 << order) for first, order in blocks)


def _address(thing: Any) -> int:
    """The address of what is to be freed; 0, the kernel's NULL, for None."""
    if isinstance(thing, Object):
        return thing.address
    if thing is None or isinstance(thing, int):
        return thing or 0
    raise ValueError(f"{thing!r} is no object: give what kmalloc() or kmem_cache_alloc() returned, or its address")


def _is_free(slab: Any, address: int) -> bool:
    """Whether a free object or block of a slab contains an address."""
    if not hasattr(slab, "slab_cache"):  # SLOB
        unit = (address - (slab.pfn << PAGE_SHIFT)) // 2
        return any(first <= unit < first + units for first, units in slab.freelist)
    cache = slab.slab_cache
    if not hasattr(cache, "cpu_cache"):  # SLUB
        return address in slab.freelist or any(address in c.freelist for c in cache.cpu_slab)
    arrays = [*cache.cpu_cache, *(n.shared for n in cache.node.values() if n.shared)]
    arrays += [ac for n in cache.node.values() for ac in n.alien.values()]
    number, rest = divmod(address - slab.s_mem, cache.size)
    return not rest and (number in slab.freelist or any(address in ac.entry for ac in arrays))


# -- Three allocators, one stream of requests -------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """Which memory the objects of one stream of requests came from, under each allocator."""

    counts: dict[str, dict[str, Counter[str]]]
    """Allocator -> request in words -> memory ("mirrored", ..., "no memory") -> number of objects."""

    def rows(self) -> list[list[str]]:
        """A table: a header, and for each kind of request how many of its objects are mirrored."""
        rows = [["objects mirrored", *self.counts]]
        for request in next(iter(self.counts.values())):
            cells = [kinds[request] for kinds in self.counts.values()]
            rows.append([request, *(f"{kinds[holders.MIRRORED]} of {kinds.total()}" for kinds in cells)])
        return rows

    def __str__(self) -> str:
        return "\n".join(table(self.rows()))

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def compare_allocators(
    boot: Callable[[linux.Kernel], Any], requests: Iterable[tuple[Any, ...]], options: dict[str, Any] | None = None
) -> Comparison:
    """Run the same requests under SLUB, SLAB and SLOB, and count which memory the objects come from.

    boot: makes a machine for a kernel, for example `lambda kernel: Machine.from_recording("slab-one-0", kernel)`.
    requests: ("kmalloc", size), ("kmem_cache_create", name, size), ("kmem_cache_alloc", name), and to free what
        request number n returned, ("kfree", n) or ("kmem_cache_free", name, n). Further arguments are handed on.
    options: further build options of the kernels.
    """
    requests = list(requests)
    counts = {}
    for allocator in ALLOCATORS:
        machine = boot(linux.load(config={**(options or {}), "SLAB_ALLOCATOR": allocator}))
        counts[allocator] = _memory_of_requests(machine, requests)
    return Comparison(counts)


def _memory_of_requests(machine: Any, requests: list[tuple[Any, ...]]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    results: list[Any] = []
    for call, *arguments in requests:
        if call in ("kfree", "kmem_cache_free"):
            *before, number = arguments
            got = results[number]
            results.append(None if got is None else getattr(machine, call)(*before, got))
            continue
        got = getattr(machine, call)(*arguments)
        results.append(got)
        if call in ("kmalloc", "kmem_cache_alloc"):
            words = f"{call}({arguments[0]})"
            counts.setdefault(words, Counter())[NO_MEMORY if got is None else got.memory] += 1
    return counts
