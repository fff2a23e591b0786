"""Recorded states of object caches: from a recording into a machine, and out of the machine in the same shape."""

from collections.abc import Iterable, Mapping
from typing import Any

from mirrorlab import linux
from mirrorlab.linux.mmzone import PAGE_SHIFT, Globals
from mirrorlab.machine import objects

State = Mapping[str, Any]


def load(kernel: linux.Kernel, g: Globals, state: State) -> None:
    """Bring the object allocator into a recorded state; nothing happens if it was recorded with another allocator."""
    name = kernel.kconfig.SLAB_ALLOCATOR
    recorded = state.get(name.lower())
    if not recorded:
        return
    objects.set_up(kernel, g)
    if name == "SLOB":
        _load_slob_lists(kernel.slob, g, recorded)
        for entry in recorded["caches"]:
            _make(kernel, g, entry["name"], entry)
        return
    load_one = {"SLUB": _load_slub, "SLAB": _load_slab}[name]
    for entry in recorded:
        load_one(kernel, _make(kernel, g, entry["name"], entry["params"]), entry)


def recorded_names(state: State) -> list[str]:
    """The names of the caches in a recorded state, in the order in which operations number them."""
    entries = state.get("slub") or state.get("slab") or state.get("slob", {}).get("caches", [])
    return [entry["name"] for entry in entries]


def state(kernel: linux.Kernel, g: Globals, caches: Iterable[Any]) -> dict[str, Any]:
    """The state of these caches as a recording has it: under "slub", "slab" or "slob"."""
    allocator = kernel.kconfig.SLAB_ALLOCATOR
    if allocator == "SLOB":
        return {"slob": _slob_state(g, caches)}
    one = _slub_state if allocator == "SLUB" else _slab_state
    entries = [{"cache": number, "name": cache.name, **one(cache)} for number, cache in enumerate(caches)]
    return {allocator.lower(): entries}


def _make(kernel: linux.Kernel, g: Globals, name: str, params: State) -> Any:
    """The cache of this name, made if it is not one of kmalloc's. Its parameters follow from what was asked for."""
    made = g.slabs.slab_caches.get(name)
    asked = params["object_size"], params["align"], params["flags"]
    return made or kernel.allocator.kmem_cache_create(g, name, *asked)


def _nid(kernel: linux.Kernel, g: Globals, pfn: int) -> int:
    nid: int = kernel.mmzone.page_zone(g, pfn).node
    return nid


# -- SLUB -------------------------------------------------------------------------------------------------------


def _load_slub(kernel: linux.Kernel, cache: Any, entry: State) -> Any:
    for c, cpu in zip(cache.cpu_slab, entry["cpus"], strict=True):
        if cpu["page"] is not None:
            c.page = _slub_page(kernel, cache, cpu["page"])
            start = c.page.pfn << PAGE_SHIFT
            c.freelist = [start + offset for offset in reversed(cpu["freelist"])]
        c.partial = [_slub_page(kernel, cache, page) for page in reversed(cpu["partial"])]
    for node in entry["nodes"]:
        for page in reversed(node["partial"]):
            _slub_page(kernel, cache, page)
            kernel.list.list_add(page["pfn"], cache.node[node["node"]].partial)
    return cache


def _slub_page(kernel: linux.Kernel, cache: Any, page: State) -> Any:
    g = cache.g
    nid = _nid(kernel, g, page["pfn"])
    start = page["pfn"] << PAGE_SHIFT
    freelist = [start + offset for offset in reversed(page["freelist"])]
    slab = kernel.slub.Page(page["pfn"], page["order"], nid, cache, page["objects"], freelist, bool(page["frozen"]))
    slab.pages, slab.pobjects = page["pages"], page["pobjects"]
    kernel.slab_common.set_slab_pages(g, slab, page["order"])
    kernel.slub.inc_slabs_node(cache.node[nid], page["objects"])
    return slab


def _slub_state(cache: Any) -> dict[str, Any]:
    params = "size object_size inuse align flags oo_order oo_objects min_order min_objects"
    params += " min_partial cpu_partial allocflags"
    mem_map = cache.g.slabs.mem_map
    return {
        "params": {name: getattr(cache, name) for name in params.split()},
        "cpus": [
            {
                "cpu": cpu,
                "page": None if c.page is None else _slub_page_state(c.page),
                "freelist": [] if c.page is None else _offsets(c.page.pfn, reversed(c.freelist)),
                "partial": [_slub_page_state(page, chained=True) for page in reversed(c.partial)],
            }
            for cpu, c in enumerate(cache.cpu_slab)
        ],
        "nodes": [
            {
                "node": nid,
                "nr_partial": n.nr_partial,
                "partial": [_slub_page_state(mem_map[pfn]) for pfn in reversed(n.partial)],
            }
            for nid, n in cache.node.items()
        ],
    }


def _slub_page_state(page: Any, chained: bool = False) -> dict[str, Any]:
    """A slab; its running totals mean something only in a per-CPU chain."""
    return {
        "pfn": page.pfn,
        "order": page.order,
        "objects": page.objects,
        "inuse": page.inuse,
        "frozen": int(page.frozen),
        "pages": page.pages if chained else 0,
        "pobjects": page.pobjects if chained else 0,
        "freelist": _offsets(page.pfn, reversed(page.freelist)),
    }


def _offsets(pfn: int, addresses: Iterable[int]) -> list[int]:
    start = pfn << PAGE_SHIFT
    return [address - start for address in addresses]


# -- SLAB -------------------------------------------------------------------------------------------------------


def _load_slab(kernel: linux.Kernel, cache: Any, entry: State) -> Any:
    for ac, cpu in zip(cache.cpu_cache, entry["cpus"], strict=True):
        _load_array(ac, cpu)
    for node in entry["nodes"]:
        n = cache.node[node["node"]]
        n.free_objects, n.free_limit, n.colour_next = node["free_objects"], node["free_limit"], node["colour_next"]
        if node["shared"] is not None:
            _load_array(n.shared, node["shared"])
        for name in ("partial", "full", "free"):
            for page in reversed(node[name]):
                start = page["pfn"] << PAGE_SHIFT
                numbers = page["free_indexes"][::-1]
                slab = kernel.slab.Page(page["pfn"], node["node"], cache, start + page["s_mem"], numbers)
                kernel.slab_common.set_slab_pages(cache.g, slab, cache.gfporder)
                kernel.list.list_add(page["pfn"], getattr(n, f"slabs_{name}"))
    return cache


def _load_array(ac: Any, recorded: State) -> None:
    ac.touched = recorded["touched"]
    ac.entry = [(pfn << PAGE_SHIFT) + offset for pfn, offset in recorded["entries"]]


def _slab_state(cache: Any) -> dict[str, Any]:
    params = "size object_size align flags num gfporder allocflags colour colour_off freelist_size"
    params += " batchcount limit shared"
    return {
        "params": {
            **{name: getattr(cache, name) for name in params.split()},
            "off_slab": int(cache.freelist_cache is not None),
        },
        "cpus": [{"cpu": cpu, **_array_state(cache, ac)} for cpu, ac in enumerate(cache.cpu_cache)],
        "nodes": [_slab_node_state(cache, nid, n) for nid, n in cache.node.items()],
    }


def _array_state(cache: Any, ac: Any) -> dict[str, Any]:
    mem_map = cache.g.slabs.mem_map
    heads = [mem_map[address >> PAGE_SHIFT].pfn for address in ac.entry]
    return {
        "avail": len(ac.entry),
        "limit": ac.limit,
        "batchcount": ac.batchcount,
        "touched": ac.touched,
        "entries": [[pfn, address - (pfn << PAGE_SHIFT)] for pfn, address in zip(heads, ac.entry, strict=True)],
    }


def _slab_node_state(cache: Any, nid: int, n: Any) -> dict[str, Any]:
    mem_map = cache.g.slabs.mem_map
    lists = {"partial": n.slabs_partial, "full": n.slabs_full, "free": n.slabs_free}
    return {
        "node": nid,
        "free_objects": n.free_objects,
        "free_limit": n.free_limit,
        "colour_next": n.colour_next,
        "shared": None if n.shared is None else _array_state(cache, n.shared),
        **{name: [_slab_page_state(mem_map[pfn]) for pfn in reversed(pages)] for name, pages in lists.items()},
    }


def _slab_page_state(page: Any) -> dict[str, Any]:
    return {
        "pfn": page.pfn,
        "active": page.active,
        "s_mem": page.s_mem - (page.pfn << PAGE_SHIFT),
        "free_indexes": page.freelist[::-1],
    }


# -- SLOB -------------------------------------------------------------------------------------------------------


def _load_slob_lists(slob: Any, g: Globals, recorded: State) -> None:
    for name in ("small", "medium", "large"):
        for page in reversed(recorded[name]):
            blocks = [(first, units) for first, units in page["blocks"]]
            sp = slob.Page(page["pfn"], slob.mmzone.page_zone(g, page["pfn"]).node, page["units"], blocks)
            slob.slab_common.set_slab_pages(g, sp, 0)
            slob.set_slob_page_free(sp, getattr(g.slabs, f"free_slob_{name}"))


def _slob_state(g: Globals, caches: Iterable[Any]) -> dict[str, Any]:
    names = ("name", "size", "align", "flags", "object_size")
    entries = [{"cache": n, **{name: getattr(cache, name) for name in names}} for n, cache in enumerate(caches)]
    pages = {
        name: [
            {
                "pfn": pfn,
                "units": g.slabs.mem_map[pfn].units,
                "blocks": [list(block) for block in g.slabs.mem_map[pfn].freelist],
            }
            for pfn in reversed(getattr(g.slabs, f"free_slob_{name}"))
        ]
        for name in ("small", "medium", "large")
    }
    return {"caches": entries, **pages}
