"""Recorded states of object caches, brought into a machine."""

from collections.abc import Mapping
from typing import Any

from mirrorlab import linux
from mirrorlab.linux.mmzone import PAGE_SHIFT, Globals
from mirrorlab.machine import objects
from mirrorlab.oracle.cases import same

State = Mapping[str, Any]


def load(kernel: linux.Kernel, g: Globals, state: State) -> None:
    """Make the recorded caches, in the state they were in; nothing happens if another allocator was recorded."""
    recorded = state.get(kernel.kconfig.SLAB_ALLOCATOR.lower())
    if not recorded:
        return
    objects.set_up(kernel, g)
    for entry in _entries(recorded):
        if entry["name"] not in g.slabs.slab_caches:  # one of kmalloc's is there already
            params = entry.get("params", entry)
            asked = params["object_size"], params["align"], params["flags"]
            kernel.allocator.kmem_cache_create(g, entry["name"], *asked)  # all else follows from that
    _bring_contents(kernel, g, recorded)


def bring_into(kernel: linux.Kernel, g: Globals, state: State) -> None:
    """Bring the recorded caches into their recorded state; what the recording does not tell stays as it is."""
    allocator = kernel.kconfig.SLAB_ALLOCATOR
    recorded = state.get(allocator.lower())
    if not recorded:
        return
    for entry in _entries(recorded):
        cache = g.slabs.slab_caches[entry["name"]]
        params = entry.get("params", entry)
        unlike = {name: value for name, value in params.items() if getattr(cache, name, value) != value}
        for name, value in unlike.items():
            setattr(cache, "size" if allocator == "SLOB" and name == "object_size" else name, value)
    _bring_contents(kernel, g, recorded)
    for entry in recorded if allocator == "SLAB" else ():
        _bring_limits(g.slabs.slab_caches[entry["name"]], entry)


def _bring_contents(kernel: linux.Kernel, g: Globals, recorded: Any) -> None:
    """Slabs, and the objects that CPUs keep: all that does not follow from what a cache was asked to be."""
    entries = _entries(recorded)
    same("caches", [entry["cache"] for entry in entries], list(range(len(entries))))
    if kernel.allocator is kernel.slob:
        _bring_slob(kernel.slob, g, recorded)
        return
    for entry in entries:
        cache = g.slabs.slab_caches[entry["name"]]
        same(f"nodes of {cache}", [node["node"] for node in entry["nodes"]], list(cache.node))
        (_bring_slub if kernel.allocator is kernel.slub else _bring_slab)(kernel, cache, entry)


def _entries(recorded: Any) -> list[Any]:
    """The entries of caches: SLOB's stand beside its lists."""
    entries: list[Any] = recorded if isinstance(recorded, list) else recorded["caches"]
    return entries


def recorded_names(state: State) -> list[str]:
    """The names of the caches in a recorded state, in the order in which operations number them."""
    return [entry["name"] for entry in _entries(state.get("slub") or state.get("slab") or state.get("slob") or [])]


# -- SLUB -------------------------------------------------------------------------------------------------------


def _bring_slub(kernel: linux.Kernel, cache: Any, entry: State) -> None:
    same(f"CPUs of {cache}", [cpu["cpu"] for cpu in entry["cpus"]], list(range(len(cache.cpu_slab))))
    for c, cpu in zip(cache.cpu_slab, entry["cpus"], strict=True):
        c.page, c.freelist = None, []
        if cpu["page"] is not None:
            c.page = _slub_page(kernel, cache, cpu["page"])
            start = c.page.pfn << PAGE_SHIFT
            c.freelist = [start + offset for offset in reversed(cpu["freelist"])]
        c.partial = [_slub_page(kernel, cache, page, chained=True) for page in reversed(cpu["partial"])]
    for node in entry["nodes"]:
        partial = cache.node[node["node"]].partial
        partial.clear()
        for page in reversed(node["partial"]):
            _slub_page(kernel, cache, page)
            kernel.list.list_add(page["pfn"], partial)
        same(f"nr_partial of {cache}", node["nr_partial"], len(partial))


def _slub_page(kernel: linux.Kernel, cache: Any, page: State, chained: bool = False) -> Any:
    """A slab as recorded; its running totals mean something only in a per-CPU chain."""
    g, start = cache.g, page["pfn"] << PAGE_SHIFT
    slab = g.slabs.mem_map.get(page["pfn"])
    if slab is None or slab.pfn != page["pfn"]:
        nid = kernel.mmzone.page_zone(g, page["pfn"]).node
        slab = kernel.slub.Page(page["pfn"], page["order"], nid, cache, page["objects"], [], False)
        kernel.slab_common.set_slab_pages(g, slab, page["order"])
        kernel.slub.inc_slabs_node(cache.node[nid], page["objects"])
    slab.slab_cache, slab.order, slab.objects, slab.frozen = cache, page["order"], page["objects"], page["frozen"] == 1
    slab.freelist = [start + offset for offset in reversed(page["freelist"])]
    same(f"inuse of slab {page['pfn']}", page["inuse"], slab.inuse)
    if chained:
        slab.pages, slab.pobjects = page["pages"], page["pobjects"]
    else:
        same(f"pages and pobjects of slab {page['pfn']}", (page["pages"], page["pobjects"]), (0, 0))
    return slab


# -- SLAB -------------------------------------------------------------------------------------------------------


def _bring_slab(kernel: linux.Kernel, cache: Any, entry: State) -> None:
    same(f"CPUs of {cache}", [cpu["cpu"] for cpu in entry["cpus"]], list(range(len(cache.cpu_cache))))
    for ac, cpu in zip(cache.cpu_cache, entry["cpus"], strict=True):
        _bring_array(ac, cpu)
    for node in entry["nodes"]:
        n = cache.node[node["node"]]
        n.free_objects, n.free_limit, n.colour_next = node["free_objects"], node["free_limit"], node["colour_next"]
        if node["shared"] is None:
            n.shared = None
        else:
            n.shared = n.shared or kernel.slab.ArrayCache(0, 0)
            _bring_array(n.shared, node["shared"])
        for name in ("partial", "full", "free"):
            slabs = getattr(n, f"slabs_{name}")
            slabs.clear()
            for page in reversed(node[name]):
                _slab_page(kernel, cache, node["node"], page)
                active = entry["params"]["num"] - len(page["free_indexes"])
                same(f"active of slab {page['pfn']}", page["active"], active)
                kernel.list.list_add(page["pfn"], slabs)


def _slab_page(kernel: linux.Kernel, cache: Any, nid: int, page: State) -> None:
    slab = cache.g.slabs.mem_map.get(page["pfn"])
    if slab is None or slab.pfn != page["pfn"]:
        slab = kernel.slab.Page(page["pfn"], nid, cache, 0, [])
        kernel.slab_common.set_slab_pages(cache.g, slab, cache.gfporder)
    slab.slab_cache, slab.nid, slab.s_mem = cache, nid, (page["pfn"] << PAGE_SHIFT) + page["s_mem"]
    slab.freelist = page["free_indexes"][::-1]


def _bring_limits(cache: Any, entry: State) -> None:
    """What is computed when the cache is made, as recorded."""
    same(f"off_slab of {cache}", entry["params"]["off_slab"], int(cache.freelist_cache is not None))
    arrays = [*zip(cache.cpu_cache, entry["cpus"], strict=True)]
    arrays += [(cache.node[node["node"]].shared, node["shared"]) for node in entry["nodes"] if node["shared"]]
    for ac, array in arrays:
        ac.limit, ac.batchcount = array["limit"], array["batchcount"]


def _bring_array(ac: Any, recorded: State) -> None:
    ac.touched = recorded["touched"]
    ac.entry = [(pfn << PAGE_SHIFT) + offset for pfn, offset in recorded["entries"]]
    same("avail of an array", recorded["avail"], len(ac.entry))


# -- SLOB -------------------------------------------------------------------------------------------------------


def _bring_slob(slob: Any, g: Globals, recorded: State) -> None:
    for name in ("small", "medium", "large"):
        pages = getattr(g.slabs, f"free_slob_{name}")
        pages.clear()
        for page in reversed(recorded[name]):
            sp = g.slabs.mem_map.get(page["pfn"])
            if sp is None:
                sp = slob.Page(page["pfn"], slob.mmzone.page_zone(g, page["pfn"]).node, 0, [])
                slob.slab_common.set_slab_pages(g, sp, 0)
            sp.units, sp.freelist = page["units"], [(first, units) for first, units in page["blocks"]]
            slob.set_slob_page_free(sp, pages)
