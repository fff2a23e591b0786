"""SLAB, the oldest of the object allocators: mm/slab.c.

Each CPU has an array of free objects of each cache. When it is empty, it is refilled from an array that its node's
CPUs share, or from slabs; when it is full, its oldest objects go back there. A slab is full, partly free or free, and
on the list for that.
"""

from . import gfp, kconfig, mmzone, page_alloc, slab_common, vmstat
from .bug import KernelBug
from .gfp import (
    __GFP_COMP,
    __GFP_DMA,
    __GFP_MIRROR,
    __GFP_NOTRACK,
    __GFP_NOWARN,
    __GFP_RECLAIMABLE,
    __GFP_THISNODE,
    __GFP_WAIT,
)
from .list import ListHead, list_add, list_add_tail, list_del, list_first_entry, list_last_entry
from .mmzone import MAX_ORDER, NR_SLAB_RECLAIMABLE, NR_SLAB_UNRECLAIMABLE, PAGE_SHIFT, PAGE_SIZE, Globals
from .slab_common import (
    CACHE_LINE_SIZE,
    GFP_CONSTRAINT_MASK,
    GFP_RECLAIM_MASK,
    GFP_SLAB_BUG_MASK,
    NULL,
    NUMA_NO_NODE,
    SLAB_CACHE_DMA,
    SLAB_RECLAIM_ACCOUNT,
    ZERO_SIZE_PTR,
    Slabinfo,
    SlabState,
)
from .slab_def import ArrayCache, KmemCache, KmemCacheNode, Page

CFLGS_OFF_SLAB = 0x80000000  # the index table is an object of another cache
BATCHREFILL_LIMIT = 16  # objects fetched for an array that has not been used lately
SLAB_OBJ_MIN_SIZE = 16
SLAB_OBJ_MAX_NUM = 255  # an object's number in its slab is one byte
INDEX_NODE = 7  # kmalloc-128 is made first: the kernel's own kmem_cache_node comes from it
ALIEN_LIMIT = 12
UNUSED_BATCHCOUNT = 0xBAADF00D - (1 << 32)  # what the kernel writes where it never reads


def calculate_freelist_size(nr_objs: int, align: int) -> int:
    """The size of an index table, one byte per object. align: 0 when it is off the slab."""
    return slab_common.ALIGN(nr_objs, align) if align else nr_objs


def calculate_nr_objs(slab_size: int, buffer_size: int, align: int) -> int:
    """How many objects fit into a slab beside their index table."""
    nr_objs = slab_size // (buffer_size + 1)
    if slab_size - nr_objs * buffer_size < calculate_freelist_size(nr_objs, align):
        nr_objs -= 1
    return nr_objs


def cache_estimate(gfporder: int, buffer_size: int, align: int, flags: int) -> tuple[int, int]:
    """For slabs of an order: the objects in one, and the bytes left over."""
    slab_size = PAGE_SIZE << gfporder
    if flags & CFLGS_OFF_SLAB:
        num, mgmt_size = slab_size // buffer_size, 0
    else:
        num = calculate_nr_objs(slab_size, buffer_size, align)
        mgmt_size = calculate_freelist_size(num, align)
    return num, slab_size - num * buffer_size - mgmt_size


def transfer_objects(to: ArrayCache, source: ArrayCache, maximum: int) -> int:
    """Move objects from the end of one array to the end of another; returns how many."""
    nr = min(len(source.entry), maximum, to.limit - len(to.entry))
    if nr:
        to.entry += source.entry[-nr:]
        del source.entry[-nr:]
    return nr


def gfp_exact_node(flags: int) -> int:
    """The same request for one node only, which may not wait: it fails early, before the slow path (hazard 16)."""
    return (flags | __GFP_THISNODE | __GFP_NOWARN) & ~__GFP_WAIT if kconfig.NUMA else flags


def __drain_alien_cache(s: KmemCache, ac: ArrayCache, node: int, discard: list[Page]) -> None:
    """Give objects back to their node: to its shared array, the rest into their slabs."""
    n = s.node[node]
    if n.shared is not None:
        transfer_objects(n.shared, ac, ac.limit)
    free_block(s, ac.entry, node, discard)
    ac.entry.clear()


def cache_free_alien(s: KmemCache, x: int) -> bool:
    """Free an object of another node to the array for that node. False: it is of this node."""
    page = slab_common.virt_to_head_page(s.g, x)
    node = s.g.cpu_to_node[s.g.cpu]
    if page.nid == node:
        return False
    ac = s.node[node].alien[page.nid]
    discard: list[Page] = []
    if len(ac.entry) == ac.limit:
        __drain_alien_cache(s, ac, page.nid, discard)
    ac.entry.append(x)
    slabs_destroy(s, discard)
    return True


def kmem_cache_init(g: Globals) -> None:
    """Set up the allocator, with the caches that serve kmalloc."""
    g.slabs = SlabState()
    slab_common.create_kmalloc_caches(g, kmem_cache_create, slab_common.ARCH_KMALLOC_FLAGS)
    for s in g.slabs.slab_caches.values():
        for nid, n in s.node.items():  # set up before the last CPU was counted
            n.free_limit = max(1, g.cpu_to_node.count(nid)) * s.batchcount + s.num


def kmem_getpages(s: KmemCache, flags: int, nodeid: int) -> int | None:
    """Ask for a slab's pages: mirrored ones (the RFC's patch 12)."""
    # Kernel: keeps slabs from below the watermarks for __GFP_MEMALLOC (pfmemalloc); the model does not.
    flags |= s.allocflags | __GFP_NOTRACK | __GFP_MIRROR
    if s.flags & SLAB_RECLAIM_ACCOUNT:
        flags |= __GFP_RECLAIMABLE
    pfn = page_alloc.alloc_pages_node(s.g, nodeid, flags, s.gfporder)
    if pfn is not None:
        mod_slab_counter(s, pfn, 1 << s.gfporder)
    return pfn


def mod_slab_counter(s: KmemCache, pfn: int, pages: int) -> None:
    """Count the pages of a slab in its zone."""
    zone = mmzone.page_zone(s.g, pfn)
    assert zone is not None
    item = NR_SLAB_RECLAIMABLE if s.flags & SLAB_RECLAIM_ACCOUNT else NR_SLAB_UNRECLAIMABLE
    vmstat.__mod_zone_page_state(zone, item, pages)


def kmem_freepages(s: KmemCache, pfn: int) -> None:
    """Give a slab's pages back to the page allocator."""
    mod_slab_counter(s, pfn, -(1 << s.gfporder))
    page_alloc.__free_pages(s.g, pfn, s.gfporder)


def slab_destroy(s: KmemCache, page: Page) -> None:
    """Give up an empty slab."""
    slab_common.clear_slab_pages(s.g, page, s.gfporder)
    kmem_freepages(s, page.pfn)
    if page.off_slab is not None:
        assert s.freelist_cache is not None
        kmem_cache_free(s.freelist_cache, page.off_slab)


def slabs_destroy(s: KmemCache, discard: list[Page]) -> None:
    """Give up empty slabs."""
    for page in discard:
        slab_destroy(s, page)


def calculate_slab_order(s: KmemCache, size: int, flags: int) -> int:
    """Set the order of a cache's slabs and the objects in one; returns the bytes left over in a slab."""
    left_over = 0
    total = sum(zone.managed_pages for zone in mmzone.for_each_zone(s.g))
    slab_max_order = 1 if total > (32 << 20) >> PAGE_SHIFT else 0  # 32 MiB are a small machine
    for gfporder in range(MAX_ORDER):
        num, remainder = cache_estimate(gfporder, size, s.align, flags)
        if not num:
            continue
        if num > SLAB_OBJ_MAX_NUM or (flags & CFLGS_OFF_SLAB and num > size):
            break
        s.num, s.gfporder, left_over = num, gfporder, remainder
        if flags & SLAB_RECLAIM_ACCOUNT or gfporder >= slab_max_order or left_over * 8 <= PAGE_SIZE << gfporder:
            break
    return left_over


def __kmem_cache_create(s: KmemCache) -> bool:
    """Set a cache's parameters. False: its objects are too large."""
    size = slab_common.ALIGN(s.object_size, 8)
    early = INDEX_NODE not in s.g.slabs.kmalloc_caches and s.name == "kmalloc-128"
    off_slab = size >= PAGE_SIZE >> 5 and not early
    size = max(slab_common.ALIGN(size, s.align), slab_common.ALIGN(SLAB_OBJ_MIN_SIZE, s.align))
    s.size = size

    left_over = calculate_slab_order(s, size, s.flags | (CFLGS_OFF_SLAB if off_slab else 0))
    if not s.num:
        return False
    s.freelist_size = calculate_freelist_size(s.num, s.align)
    if off_slab and left_over >= s.freelist_size:  # there is room for it on the slab after all
        off_slab = False
        left_over -= s.freelist_size
    if off_slab:
        s.flags |= CFLGS_OFF_SLAB
        s.freelist_size = calculate_freelist_size(s.num, 0)
        s.freelist_cache = slab_common.kmalloc_slab(s.g, s.freelist_size, 0)
    s.colour_off = max(CACHE_LINE_SIZE, s.align)
    s.colour = left_over // s.colour_off
    s.allocflags = __GFP_COMP | (__GFP_DMA if s.flags & SLAB_CACHE_DMA else 0)
    enable_cpucache(s)
    return True


def drain_cpu_caches(s: KmemCache) -> None:
    """Put the objects in all arrays back into their slabs, each CPU its own first."""
    g = s.g
    caller = g.cpu
    for cpu, ac in enumerate(s.cpu_cache):
        g.cpu = cpu
        drain_array(s, ac, g.cpu_to_node[cpu])
    g.cpu = caller
    for n in s.node.values():
        for nid, ac in n.alien.items():
            discard: list[Page] = []
            __drain_alien_cache(s, ac, nid, discard)
            slabs_destroy(s, discard)
    for nid, n in s.node.items():
        if n.shared is not None:
            drain_array(s, n.shared, nid)


def drain_array(s: KmemCache, ac: ArrayCache, node: int) -> None:
    """Put all objects of an array back into their slabs."""
    discard: list[Page] = []
    free_block(s, ac.entry, node, discard)
    ac.entry.clear()
    slabs_destroy(s, discard)


def drain_freelist(s: KmemCache, n: KmemCacheNode) -> None:
    """Give up a node's empty slabs."""
    # Kernel: also gives up slabs every few seconds (cache_reap); in the model time stands still.
    while n.slabs_free:
        pfn = list_last_entry(n.slabs_free)
        list_del(pfn, n.slabs_free)
        n.free_objects -= s.num
        slab_destroy(s, s.g.slabs.mem_map[pfn])


def __kmem_cache_shrink(s: KmemCache) -> bool:
    """Give back a cache's empty slabs. False: some slabs are not empty."""
    drain_cpu_caches(s)
    for n in s.node.values():
        drain_freelist(s, n)
    return not any(n.slabs_full or n.slabs_partial for n in s.node.values())


def __kmem_cache_shutdown(s: KmemCache) -> bool:
    """Give back all slabs of a cache that is destroyed. False: some objects are still in use."""
    return __kmem_cache_shrink(s)


def slab_list(n: KmemCacheNode, page: Page) -> ListHead:
    """The list a slab belongs on."""
    if not page.freelist:
        return n.slabs_full
    return n.slabs_partial if page.active else n.slabs_free


def slab_get_obj(s: KmemCache, page: Page) -> int:
    """Take the next free object out of a slab."""
    return page.s_mem + page.freelist.pop() * s.size


def cache_grow(s: KmemCache, flags: int, nodeid: int, pfn: int | None = None) -> bool:
    """Add a slab to a node. pfn: its pages, if there are some already."""
    if flags & GFP_SLAB_BUG_MASK:
        raise KernelBug(f"cache_grow: {s} was asked for highmem or DMA32 memory (flags {flags:#x})")
    local_flags = flags & (GFP_CONSTRAINT_MASK | GFP_RECLAIM_MASK)
    n = s.node[nodeid]
    colour = n.colour_next  # moves on even if there is no memory
    n.colour_next = colour + 1 if colour + 1 < s.colour else 0
    kmem_flagcheck(s, flags)

    if pfn is None:
        pfn = kmem_getpages(s, local_flags, nodeid)
    if pfn is None:
        return False
    s_mem = (pfn << PAGE_SHIFT) + colour * s.colour_off
    off_slab = None
    if s.freelist_cache is None:
        s_mem += s.freelist_size
    else:
        off_slab = kmem_cache_alloc_node(s.freelist_cache, local_flags & ~GFP_CONSTRAINT_MASK, nodeid)
        if off_slab is None:
            kmem_freepages(s, pfn)
            return False
    page = Page(pfn, nodeid, s, s_mem, list(range(s.num - 1, -1, -1)), off_slab)
    slab_common.set_slab_pages(s.g, page, s.gfporder)
    list_add_tail(pfn, n.slabs_free)
    n.free_objects += s.num
    return True


def kmem_flagcheck(s: KmemCache, flags: int) -> None:
    """Requests with __GFP_DMA and caches with SLAB_CACHE_DMA belong together."""
    if (flags ^ s.allocflags) & __GFP_DMA:
        raise KernelBug(f"kmem_flagcheck: {s} and the request (flags {flags:#x}) differ in __GFP_DMA")


def take_slab(s: KmemCache, n: KmemCacheNode) -> Page | None:
    """Take a slab with free objects off a node's lists: a partly free one, else a free one."""
    slabs = n.slabs_partial or n.slabs_free
    if not slabs:
        return None
    pfn = list_first_entry(slabs)
    list_del(pfn, slabs)
    page: Page = s.g.slabs.mem_map[pfn]
    return page


def cache_alloc_refill(s: KmemCache, flags: int) -> int | None:
    """Allocate when the CPU's array is empty: refill it, growing the cache by a slab if needed."""
    node = s.g.cpu_to_node[s.g.cpu]
    ac = s.cpu_cache[s.g.cpu]
    n = s.node[node]
    while True:
        batchcount = ac.batchcount if ac.touched else min(ac.batchcount, BATCHREFILL_LIMIT)
        if n.shared is not None and transfer_objects(ac, n.shared, batchcount):
            n.shared.touched = 1
            break
        while batchcount > 0 and (page := take_slab(s, n)) is not None:
            while page.freelist and batchcount > 0:
                ac.entry.append(slab_get_obj(s, page))
                batchcount -= 1
            list_add(page.pfn, slab_list(n, page))
        n.free_objects -= len(ac.entry)
        if ac.entry:
            break
        if not cache_grow(s, gfp_exact_node(flags), node):
            return None
    ac.touched = 1
    return ac.entry.pop()


def ____cache_alloc(s: KmemCache, flags: int) -> int | None:
    """Allocate an object of the running CPU's node: mostly the last of the CPU's array."""
    ac = s.cpu_cache[s.g.cpu]
    if ac.entry:
        ac.touched = 1
        return ac.entry.pop()
    return cache_alloc_refill(s, flags)


def fallback_alloc(s: KmemCache, flags: int) -> int | None:
    """Allocate anywhere: from any node with free objects, else from new pages of any node."""
    if flags & __GFP_THISNODE:
        return None
    g = s.g
    home = g.cpu_to_node[g.cpu]
    for zone in page_alloc.node_zonelist(g, home, flags).zones:
        if s.node[zone.node].free_objects and zone.idx <= gfp.gfp_zone(flags):
            x = ____cache_alloc_node(s, gfp_exact_node(flags), zone.node)
            if x is not None:
                return x

    pfn = kmem_getpages(s, flags & (GFP_CONSTRAINT_MASK | GFP_RECLAIM_MASK), home)
    if pfn is None:
        return None
    page_zone = mmzone.page_zone(g, pfn)
    assert page_zone is not None
    if not cache_grow(s, flags, page_zone.node, pfn):
        return None
    return ____cache_alloc_node(s, gfp_exact_node(flags), page_zone.node)


def ____cache_alloc_node(s: KmemCache, flags: int, nodeid: int) -> int | None:
    """Allocate an object straight from a node's slabs."""
    n = s.node[nodeid]
    while True:
        page = take_slab(s, n)
        if page is not None:
            x = slab_get_obj(s, page)
            n.free_objects -= 1
            list_add(page.pfn, slab_list(n, page))
            return x
        if not cache_grow(s, gfp_exact_node(flags), nodeid):
            return fallback_alloc(s, flags)


def slab_alloc_node(s: KmemCache, flags: int, nodeid: int) -> int | None:
    """Allocate an object, preferably of a node (-1: the running CPU's)."""
    slab_node = s.g.cpu_to_node[s.g.cpu]
    if nodeid == NUMA_NO_NODE:
        nodeid = slab_node
    if nodeid == slab_node:
        x = ____cache_alloc(s, flags)
        if x is not None:
            return x
    return ____cache_alloc_node(s, flags, nodeid)


def free_block(s: KmemCache, objects: list[int], node: int, discard: list[Page]) -> None:
    """Put objects back into their slabs. Empty slabs that the node does not keep are added to `discard`."""
    n = s.node[node]
    for x in objects:
        page = slab_common.virt_to_head_page(s.g, x)
        list_del(page.pfn, slab_list(n, page))
        page.freelist.append((x - page.s_mem) // s.size)
        n.free_objects += 1
        if page.active:
            list_add_tail(page.pfn, n.slabs_partial)
        elif n.free_objects > n.free_limit:
            n.free_objects -= s.num
            discard.append(page)
        else:
            list_add(page.pfn, n.slabs_free)


def cache_flusharray(s: KmemCache, ac: ArrayCache) -> None:
    """Make room in a full array: its oldest objects go to the shared array, or back into their slabs."""
    node = s.g.cpu_to_node[s.g.cpu]
    shared = s.node[node].shared
    batchcount = ac.batchcount
    discard: list[Page] = []
    if shared is not None and len(shared.entry) < shared.limit:
        batchcount = min(batchcount, shared.limit - len(shared.entry))
        shared.entry += ac.entry[:batchcount]
    else:
        free_block(s, ac.entry[:batchcount], node, discard)
    slabs_destroy(s, discard)
    del ac.entry[:batchcount]


def __cache_free(s: KmemCache, x: int) -> None:
    """Free an object: mostly to the end of the CPU's array."""
    ac = s.cpu_cache[s.g.cpu]
    if len(s.g.node_data) > 1 and cache_free_alien(s, x):
        return
    if len(ac.entry) >= ac.limit:
        cache_flusharray(s, ac)
    ac.entry.append(x)


def kmem_cache_alloc(s: KmemCache, flags: int) -> int | None:
    """Allocate an object of a cache."""
    return kmem_cache_alloc_node(s, flags, NUMA_NO_NODE)


def kmem_cache_alloc_node(s: KmemCache, flags: int, nodeid: int) -> int | None:
    """Allocate an object of a cache, preferably of a node (-1: the running CPU's)."""
    x = slab_alloc_node(s, flags, nodeid)
    if s.g.trace is not None:
        s.g.trace.append(("kmem_cache_alloc", x, s.name, s.object_size, s.size, flags))
    return x


def __kmalloc_node(g: Globals, size: int, flags: int, node: int) -> int | None:
    """Allocate `size` bytes: an object of the smallest size class that holds them, up to 4 MiB."""
    if not size:
        return ZERO_SIZE_PTR
    s = slab_common.kmalloc_slab(g, size, flags)
    if s is None:
        return None
    x = slab_alloc_node(s, flags, node)
    if g.trace is not None:
        g.trace.append(("kmalloc", x, s.name, size, s.size, flags))
    return x


def kmem_cache_free(s: KmemCache, x: int) -> None:
    """Free an object of a cache."""
    if s.g.trace is not None:
        s.g.trace.append(("kmem_cache_free", x, s.name))
    __cache_free(s, x)


def kfree(g: Globals, x: int) -> None:
    """Free what kmalloc returned, or an object of any cache."""
    if g.trace is not None:
        g.trace.append(("kfree", x))
    if x not in (NULL, ZERO_SIZE_PTR):
        __cache_free(slab_common.virt_to_head_page(g, x).slab_cache, x)


def enable_cpucache(s: KmemCache) -> None:
    """Give a cache its arrays: the larger the objects, the fewer are kept."""
    s.limit = next(
        limit for size, limit in ((131072, 1), (PAGE_SIZE, 8), (1024, 24), (256, 54), (0, 120)) if s.size > size
    )
    s.batchcount = (s.limit + 1) // 2
    s.shared = 8 if s.size <= PAGE_SIZE and len(s.g.cpu_to_node) > 1 else 0
    s.cpu_cache = [ArrayCache(s.limit, s.batchcount) for _ in s.g.cpu_to_node]
    for nid in s.g.node_data:
        n = KmemCacheNode((1 + s.g.cpu_to_node.count(nid)) * s.batchcount + s.num)
        if s.shared:
            n.shared = ArrayCache(s.shared * s.batchcount, UNUSED_BATCHCOUNT)
        alien_limit = ALIEN_LIMIT if s.limit > 1 else s.limit
        n.alien = {other: ArrayCache(alien_limit, UNUSED_BATCHCOUNT) for other in s.g.node_data if other != nid}
        s.node[nid] = n


def kmem_cache_create(g: Globals, name: str, size: int, align: int, flags: int) -> KmemCache | None:
    """Make a cache of objects of `size` bytes. None: they are too large. (In Linux it is in slab_common.c.)"""
    # Kernel: may return an older cache that fits; the model makes a new one, as Linux does with slab_nomerge.
    s = KmemCache(g, name, size, slab_common.calculate_alignment(flags, align, size), flags)
    if not __kmem_cache_create(s):
        return None
    g.slabs.slab_caches[name] = s
    return s


def get_slabinfo(s: KmemCache) -> Slabinfo:
    """A cache's figures for /proc/slabinfo. Objects in arrays count as active."""
    nodes = s.node.values()
    mem_map = s.g.slabs.mem_map
    active_slabs = sum(len(n.slabs_full) + len(n.slabs_partial) for n in nodes)
    num_slabs = active_slabs + sum(len(n.slabs_free) for n in nodes)
    active_objs = sum(len(n.slabs_full) * s.num + sum(mem_map[pfn].active for pfn in n.slabs_partial) for n in nodes)
    shared_avail = sum(len(n.shared.entry) for n in nodes if n.shared is not None)
    return Slabinfo(
        *(active_objs, num_slabs * s.num, active_slabs, num_slabs, shared_avail),
        *(s.limit, s.batchcount, s.shared, s.num, s.gfporder),
    )
