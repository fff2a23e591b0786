"""SLUB, the default object allocator: mm/slub.c.

A slab is a block of pages cut into objects of one cache. Each CPU takes objects from a slab of its own without a
lock, keeps a few partly free slabs in reserve, and only then looks at the partly free slabs of its node.
Full slabs are on no list: the first object freed in one brings it back.
"""

from . import mmzone, page_alloc, slab_common, vmstat
from .bug import KernelBug
from .gfp import (
    __GFP_COMP,
    __GFP_DMA,
    __GFP_MIRROR,
    __GFP_NOFAIL,
    __GFP_NORETRY,
    __GFP_NOTRACK,
    __GFP_NOWARN,
    __GFP_RECLAIMABLE,
)
from .list import list_add, list_add_tail, list_del, list_first_entry, list_for_each_entry
from .mmzone import (
    MAX_ORDER,
    NR_SLAB_RECLAIMABLE,
    NR_SLAB_UNRECLAIMABLE,
    PAGE_ALLOC_COSTLY_ORDER,
    PAGE_SHIFT,
    PAGE_SIZE,
    Globals,
)
from .slab_common import (
    GFP_CONSTRAINT_MASK,
    GFP_RECLAIM_MASK,
    GFP_SLAB_BUG_MASK,
    KMALLOC_MAX_CACHE_SIZE,
    NULL,
    NUMA_NO_NODE,
    SLAB_CACHE_DMA,
    SLAB_RECLAIM_ACCOUNT,
    ZERO_SIZE_PTR,
    Slabinfo,
    SlabState,
)
from .slub_def import KmemCache, KmemCacheCpu, KmemCacheNode, Page

CMPXCHG_DOUBLE = 0x40000000  # __CMPXCHG_DOUBLE in a cache's flags: x86_64 swaps two words at once
MIN_PARTIAL = 5  # empty slabs are given back only while a node has at least so many partly free ones
MAX_PARTIAL = 10
MAX_OBJS_PER_PAGE = 32767
SHRINK_PROMOTE_MAX = 32  # slabs with at most so many free objects are sorted by kmem_cache_shrink

slub_max_order = PAGE_ALLOC_COSTLY_ORDER


def get_freelist(page: Page) -> list[int]:
    """Take all free objects of a CPU's slab. One that has none is the CPU's no more: it is full and on no list."""
    freelist = page.freelist
    page.freelist = []
    page.frozen = bool(freelist)
    return freelist


def order_objects(order: int, size: int) -> int:
    """How many objects fit into a slab of this order."""
    return (PAGE_SIZE << order) // size


def inc_slabs_node(n: KmemCacheNode, objects: int) -> None:
    """Count a slab."""
    n.nr_slabs += 1
    n.total_objects += objects


def dec_slabs_node(n: KmemCacheNode, objects: int) -> None:
    """Stop counting a slab."""
    n.nr_slabs -= 1
    n.total_objects -= objects


def alloc_slab_page(g: Globals, flags: int, node: int, order: int) -> int | None:
    """Ask for a slab's pages: mirrored ones (the RFC's patch 12)."""
    flags |= __GFP_NOTRACK | __GFP_MIRROR
    return page_alloc.alloc_pages_node(g, node, flags, order)


def allocate_slab(s: KmemCache, flags: int, node: int) -> Page | None:
    """Get a slab: of the usual order, else of the smallest that holds one object.

    The first try takes unmirrored memory rather than fail, so the second may come too late for mirrored memory:
    a large unmirrored slab wins over a small mirrored one (hazard 14).
    """
    g = s.g
    flags = flags & g.gfp_allowed_mask | s.allocflags
    order, objects = s.oo_order, s.oo_objects
    pfn = alloc_slab_page(g, (flags | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL, node, order)
    if pfn is None:
        order, objects = s.min_order, s.min_objects
        pfn = alloc_slab_page(g, flags, node, order)
    if pfn is None:
        return None

    start = pfn << PAGE_SHIFT
    freelist = list(range(start + (objects - 1) * s.size, start - 1, -s.size))  # handed out in ascending order
    # Kernel: keeps slabs from below the watermarks for __GFP_MEMALLOC (pfmemalloc); the model does not.
    zone = mmzone.page_zone(g, pfn)
    assert zone is not None
    page = Page(pfn, order, zone.node, s, objects, freelist, frozen=True)
    slab_common.set_slab_pages(g, page, order)
    vmstat.__mod_zone_page_state(zone, slab_counter(s), 1 << order)
    return page


def slab_counter(s: KmemCache) -> int:
    """The zone counter a cache's pages belong to."""
    return NR_SLAB_RECLAIMABLE if s.flags & SLAB_RECLAIM_ACCOUNT else NR_SLAB_UNRECLAIMABLE


def new_slab(s: KmemCache, flags: int, node: int) -> Page | None:
    """Get a slab, with those of the caller's flags that slabs let through."""
    if flags & GFP_SLAB_BUG_MASK:
        raise KernelBug(f"new_slab: {s} was asked for highmem or DMA32 memory (flags {flags:#x})")
    page = allocate_slab(s, flags & (GFP_RECLAIM_MASK | GFP_CONSTRAINT_MASK), node)
    if page is not None:
        inc_slabs_node(s.node[page.nid], page.objects)
    return page


def __free_slab(s: KmemCache, page: Page) -> None:
    """Give a slab's pages back to the page allocator."""
    g = s.g
    zone = mmzone.page_zone(g, page.pfn)
    assert zone is not None
    vmstat.__mod_zone_page_state(zone, slab_counter(s), -(1 << page.order))
    slab_common.clear_slab_pages(g, page, page.order)
    page_alloc.__free_pages(g, page.pfn, page.order)


def discard_slab(s: KmemCache, page: Page) -> None:
    """Give up an empty slab."""
    dec_slabs_node(s.node[page.nid], page.objects)
    __free_slab(s, page)


def add_partial(n: KmemCacheNode, page: Page, tail: bool) -> None:
    """Put a slab on its node's list of partly free slabs."""
    if tail:
        list_add_tail(page.pfn, n.partial)
    else:
        list_add(page.pfn, n.partial)


def acquire_slab(s: KmemCache, n: KmemCacheNode) -> Page:
    """Take the first slab off a node's list for a CPU."""
    pfn = list_first_entry(n.partial)
    list_del(pfn, n.partial)
    page: Page = s.g.slabs.mem_map[pfn]
    page.frozen = True
    return page


def get_partial_node(s: KmemCache, n: KmemCacheNode, c: KmemCacheCpu) -> bool:
    """Let a CPU take slabs from a node's list: one to use now, and more until half of `cpu_partial` is exceeded."""
    available = 0
    while n.partial:
        page = acquire_slab(s, n)
        available += len(page.freelist)
        if c.page is None:
            c.page = page
            c.freelist = get_freelist(page)
        else:
            put_cpu_partial(s, page, drain=False)
        if available > s.cpu_partial // 2:
            break
    return c.page is not None


def get_partial(s: KmemCache, node: int, c: KmemCacheCpu) -> bool:
    """Let a CPU take partly free slabs of the node asked for, or of its own."""
    # Kernel: may go on with other nodes, at random (get_any_partial); the model and the recorded caches do not.
    searchnode = s.g.cpu_to_node[s.g.cpu] if node == NUMA_NO_NODE else node
    return get_partial_node(s, s.node[searchnode], c)


def deactivate_slab(s: KmemCache, page: Page, freelist: list[int]) -> None:
    """Put away a CPU's slab: its objects back onto its own list, one by one, and the slab to its node."""
    n = s.node[page.nid]
    tail = bool(page.freelist)  # objects were freed to it from elsewhere
    page.freelist.extend(reversed(freelist))
    page.frozen = False
    if not page.inuse and n.nr_partial >= s.min_partial:
        discard_slab(s, page)
    elif page.freelist:
        add_partial(n, page, tail)


def unfreeze_partials(s: KmemCache, c: KmemCacheCpu) -> None:
    """Move a CPU's partial chain to the nodes' lists; empty slabs beyond `min_partial` go back, the last one first."""
    discard = []
    while c.partial:
        page = c.partial.pop()
        n = s.node[page.nid]
        page.frozen = False
        if not page.inuse and n.nr_partial >= s.min_partial:
            discard.append(page)
        else:
            add_partial(n, page, tail=True)
    for page in reversed(discard):
        discard_slab(s, page)


def put_cpu_partial(s: KmemCache, page: Page, drain: bool) -> None:
    """Put a slab at the head of the running CPU's partial chain. `drain`: empty the chain first if it is long."""
    c = s.cpu_slab[s.g.cpu]
    if drain and c.partial and c.partial[-1].pobjects > s.cpu_partial:
        unfreeze_partials(s, c)
    page.pages, page.pobjects = 1, len(page.freelist)
    if c.partial:
        # The head's totals may be out of date: objects freed since then are not counted.
        page.pages += c.partial[-1].pages
        page.pobjects += c.partial[-1].pobjects
    c.partial.append(page)


def __flush_cpu_slab(s: KmemCache, cpu: int) -> None:
    """Let a CPU put away all its slabs of a cache."""
    c = s.cpu_slab[cpu]
    if c.page is not None:
        deactivate_slab(s, c.page, c.freelist)
        c.page, c.freelist = None, []
    unfreeze_partials(s, c)


def flush_all(s: KmemCache) -> None:
    """Let every CPU, on itself, put away its slabs of a cache."""
    caller = s.g.cpu
    for cpu in range(len(s.cpu_slab)):
        s.g.cpu = cpu
        __flush_cpu_slab(s, cpu)
    s.g.cpu = caller


def node_match(page: Page, node: int) -> bool:
    """Whether a slab lies on the node asked for."""
    return node == NUMA_NO_NODE or page.nid == node


def count_free(s: KmemCache, n: KmemCacheNode) -> int:
    """The free objects in a node's partly free slabs."""
    return sum(len(s.g.slabs.mem_map[pfn].freelist) for pfn in n.partial)


def new_slab_objects(s: KmemCache, flags: int, node: int, c: KmemCacheCpu) -> bool:
    """Find a slab for a CPU that has none: a partly free one, else a new one."""
    if get_partial(s, node, c):
        return True
    page = new_slab(s, flags, node)
    if page is None:
        return False
    c.page = page
    c.freelist, page.freelist = page.freelist, []
    return True


def __slab_alloc(s: KmemCache, gfpflags: int, node: int, c: KmemCacheCpu) -> int | None:
    """Allocate when the CPU's own list is empty or of another node."""
    while c.page is not None or c.partial:
        if c.page is None:
            c.page = c.partial.pop()
        if node_match(c.page, node):
            if not c.freelist:
                c.freelist = get_freelist(c.page)
            if c.freelist:
                return c.freelist.pop()
        else:
            deactivate_slab(s, c.page, c.freelist)
        c.page, c.freelist = None, []

    if not new_slab_objects(s, gfpflags, node, c):
        return None
    return c.freelist.pop()


def slab_alloc_node(s: KmemCache, gfpflags: int, node: int) -> int | None:
    """Allocate an object, on a node if one is given: mostly the first of the CPU's own list."""
    c = s.cpu_slab[s.g.cpu]
    if c.freelist and (node == NUMA_NO_NODE or node_match(c.page, node)):  # type: ignore[arg-type]
        return c.freelist.pop()
    return __slab_alloc(s, gfpflags, node, c)


def kmem_cache_alloc_node(s: KmemCache, gfpflags: int, node: int) -> int | None:
    """Allocate an object of a cache, on a node (-1: any)."""
    x = slab_alloc_node(s, gfpflags, node)
    if s.g.trace is not None:
        s.g.trace.append(("kmem_cache_alloc", x, s.name, s.object_size, s.size, gfpflags))
    return x


def kmem_cache_alloc(s: KmemCache, gfpflags: int) -> int | None:
    """Allocate an object of a cache."""
    return kmem_cache_alloc_node(s, gfpflags, NUMA_NO_NODE)


def __slab_free(s: KmemCache, page: Page, x: int) -> None:
    """Free an object of a slab that is not the running CPU's current one."""
    prior = bool(page.freelist)
    page.freelist.append(x)
    if page.frozen:
        return
    if not prior:  # it was full: this CPU keeps it
        page.frozen = True
        put_cpu_partial(s, page, drain=True)
        return
    n = s.node[page.nid]
    if not page.inuse and n.nr_partial >= s.min_partial:
        list_del(page.pfn, n.partial)
        discard_slab(s, page)


def slab_free(s: KmemCache, page: Page, x: int) -> None:
    """Free an object: mostly to the head of the CPU's own list."""
    c = s.cpu_slab[s.g.cpu]
    if page is c.page:
        c.freelist.append(x)
    else:
        __slab_free(s, page, x)


def kmem_cache_free(s: KmemCache, x: int) -> None:
    """Free an object of a cache."""
    if s.g.trace is not None:
        s.g.trace.append(("kmem_cache_free", x, s.name))
    slab_free(s, slab_common.virt_to_head_page(s.g, x), x)


def slab_order(size: int, min_objects: int, max_order: int, fract_leftover: int) -> int:
    """The smallest order with room for `min_objects` that leaves at most a `fract_leftover`-th of the slab unused."""
    if order_objects(0, size) > MAX_OBJS_PER_PAGE:
        return slab_common.get_order(size * MAX_OBJS_PER_PAGE) - 1
    order = max(0, (min_objects * size - 1).bit_length() - PAGE_SHIFT)
    while order <= max_order:
        slab_size = PAGE_SIZE << order
        if slab_size >= min_objects * size and slab_size % size <= slab_size // fract_leftover:
            break
        order += 1
    return order


def calculate_order(g: Globals, size: int) -> int | None:
    """The order of a cache's slabs: more objects where there are more CPUs, little waste, at most order 3.

    Objects too large for that get the smallest order that holds one. None: there is no such order.
    """
    min_objects = min(4 * (len(g.cpu_to_node).bit_length() + 1), order_objects(slub_max_order, size))
    while min_objects > 1:
        for fraction in (16, 8, 4):
            order = slab_order(size, min_objects, slub_max_order, fraction)
            if order <= slub_max_order:
                return order
        min_objects -= 1

    for max_order in (slub_max_order, MAX_ORDER - 1):
        order = slab_order(size, 1, max_order, 1)
        if order <= max_order:
            return order
    return None


def calculate_sizes(s: KmemCache) -> bool:
    """Set what follows from a cache's object size, alignment and flags. False: the objects are too large."""
    s.inuse = slab_common.ALIGN(s.object_size, 8)
    s.size = slab_common.ALIGN(s.inuse, s.align)
    order = calculate_order(s.g, s.size)
    if order is None:
        return False
    s.allocflags = (
        (__GFP_COMP if order else 0)
        | (__GFP_DMA if s.flags & SLAB_CACHE_DMA else 0)
        | (__GFP_RECLAIMABLE if s.flags & SLAB_RECLAIM_ACCOUNT else 0)
    )
    s.oo_order, s.oo_objects = order, order_objects(order, s.size)
    s.min_order = slab_common.get_order(s.size)
    s.min_objects = order_objects(s.min_order, s.size)
    return True


def kmem_cache_open(s: KmemCache) -> bool:
    """Set a cache's parameters. False: its objects are too large."""
    if not calculate_sizes(s):
        return False
    s.flags |= CMPXCHG_DOUBLE
    s.min_partial = min(max((s.size.bit_length() - 1) // 2, MIN_PARTIAL), MAX_PARTIAL)
    # The larger the objects, the fewer of them a CPU may hold back.
    s.cpu_partial = next(kept for size, kept in ((PAGE_SIZE, 2), (1024, 6), (256, 13), (0, 30)) if s.size >= size)
    s.cpu_slab = [KmemCacheCpu() for _ in s.g.cpu_to_node]
    s.node = {nid: KmemCacheNode() for nid in s.g.node_data}
    return True


def __kmem_cache_shutdown(s: KmemCache) -> bool:
    """Give back all slabs of a cache that is destroyed. False: some objects are still in use."""
    flush_all(s)
    for n in s.node.values():
        for pfn in list(list_for_each_entry(n.partial)):
            page = s.g.slabs.mem_map[pfn]
            if not page.inuse:
                list_del(pfn, n.partial)
                discard_slab(s, page)
        if n.nr_slabs:
            return False
    return True


def __kmalloc_node(g: Globals, size: int, flags: int, node: int) -> int | None:
    """Allocate `size` bytes: an object of the smallest size class that holds them, or, above 8 KiB, pages."""
    if size > KMALLOC_MAX_CACHE_SIZE:
        return kmalloc_large(g, size, flags, node)
    if not size:
        return ZERO_SIZE_PTR
    s = slab_common.kmalloc_slab(g, size, flags)
    x = slab_alloc_node(s, flags, node)
    if g.trace is not None:
        g.trace.append(("kmalloc", x, s.name, size, s.size, flags))
    return x


def kmalloc_large(g: Globals, size: int, flags: int, node: int = NUMA_NO_NODE) -> int | None:
    """Allocate `size` bytes straight from the page allocator. The RFC does not make it mirrored (hazard 15)."""
    order = slab_common.get_order(size)
    pfn = page_alloc.alloc_pages_node(g, node, flags | __GFP_COMP, order)
    if pfn is not None:
        g.slabs.compound_order[pfn] = order
    x = None if pfn is None else pfn << PAGE_SHIFT
    if g.trace is not None:
        g.trace.append(("kmalloc", x, None, size, PAGE_SIZE << order, flags))
    return x


def kfree(g: Globals, x: int) -> None:
    """Free what kmalloc returned, or an object of any cache."""
    if g.trace is not None:
        g.trace.append(("kfree", x))
    if x in (NULL, ZERO_SIZE_PTR):
        return
    page = slab_common.virt_to_head_page(g, x)
    if page is None:
        pfn = x >> PAGE_SHIFT
        page_alloc.__free_pages(g, pfn, g.slabs.compound_order.pop(pfn))
    else:
        slab_free(page.slab_cache, page, x)


def __kmem_cache_shrink(s: KmemCache) -> None:
    """Give back a cache's empty slabs, and put the fullest of the others at the heads of their lists."""
    flush_all(s)
    mem_map = s.g.slabs.mem_map
    for n in s.node.values():
        discard = []
        promote: list[list[int]] = [[] for _ in range(SHRINK_PROMOTE_MAX + 1)]
        for pfn in list(list_for_each_entry(n.partial)):
            free = len(mem_map[pfn].freelist)
            if free == mem_map[pfn].objects:
                list_del(pfn, n.partial)
                discard.append(pfn)
            elif free <= SHRINK_PROMOTE_MAX:
                list_del(pfn, n.partial)
                promote[free].append(pfn)
        for pfns in reversed(promote):
            for pfn in pfns:  # the kernel's list_move reverses each of these lists
                list_add(pfn, n.partial)
        for pfn in reversed(discard):
            discard_slab(s, mem_map[pfn])


def kmem_cache_create(g: Globals, name: str, size: int, align: int, flags: int) -> KmemCache | None:
    """Make a cache of objects of `size` bytes. None: they are too large. (In Linux it is in slab_common.c.)"""
    # Kernel: may return an older cache that fits; the model makes a new one, as Linux does with slab_nomerge.
    s = KmemCache(g, name, size, slab_common.calculate_alignment(flags, align, size), flags)
    if not kmem_cache_open(s):
        return None
    g.slabs.slab_caches[name] = s
    return s


def kmem_cache_init(g: Globals) -> None:
    """Set up the allocator, with the caches that serve kmalloc."""
    g.slabs = SlabState()
    slab_common.create_kmalloc_caches(g, kmem_cache_create, slab_common.ARCH_KMALLOC_FLAGS)


def get_slabinfo(s: KmemCache) -> Slabinfo:
    """A cache's figures for /proc/slabinfo. Objects in slabs that belong to a CPU all count as active."""
    nr_slabs = sum(n.nr_slabs for n in s.node.values())
    nr_objs = sum(n.total_objects for n in s.node.values())
    active = nr_objs - sum(count_free(s, n) for n in s.node.values())
    return Slabinfo(active, nr_objs, nr_slabs, nr_slabs, objects_per_slab=s.oo_objects, cache_order=s.oo_order)
