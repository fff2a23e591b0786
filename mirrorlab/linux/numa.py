"""Which memory belongs to which node: arch/x86/mm/numa.c."""

from itertools import combinations

from . import kconfig, memblock, mm_init, printk
from .bootparam import BootParams, NodeRange
from .memblock import MEMBLOCK_NO_NODE
from .mmzone import Globals
from .pfn import PFN_PHYS

ALL = 1 << 64
NODE_MIN_SIZE = 4 << 20


def x86_numa_init(g: Globals, params: BootParams) -> None:
    """Forget all mirrored ranges (the RFC's patch 02), then let the firmware name those there are."""
    g.mirror_info = []
    # Kernel: never fills the table of mirrored ranges (TBD 1 of the RFC); the model does it here.
    for node, start, size in params.mirrored:
        mm_init.add_mirror_info(g, node, start, size)


def numa_cleanup_meminfo(g: Globals, affinity: list[NodeRange]) -> list[NodeRange]:
    """Cut the table at the end of memory and leave out what has none; empty where two nodes claim the same memory."""
    meminfo: list[NodeRange] = []
    for node, start, size in affinity:
        end = min(start + size, PFN_PHYS(g.max_pfn))
        if any(max(rgn.base, start) < min(rgn.end, end) for rgn in g.memblock.memory.regions):
            meminfo.append((node, start, end - start))
    for (a, start, size), (b, other, length) in combinations(meminfo, 2):
        if a != b and start < other + length and other < start + size:
            where = [f"[mem {low:#010x}-{low + n - 1:#010x}]" for low, n in ((start, size), (other, length))]
            printk.printk(g, f"NUMA: node {a} {where[0]} overlaps with node {b} {where[1]}")
            return []
    return meminfo


def numa_meminfo_cover_memory(g: Globals) -> bool:
    """Whether all memory but less than 1 MiB belongs to a node."""
    total = sum(rgn.size for rgn in g.memblock.memory.regions)
    covered = sum(rgn.size for rgn in g.memblock.memory.regions if rgn.nid != MEMBLOCK_NO_NODE)
    if total - covered < 1 << 20:
        return True
    printk.printk(g, f"NUMA: nodes only cover {covered >> 20}MB of your {total >> 20}MB e820 RAM. Not used.")
    return False


def numa_register_memblks(g: Globals, params: BootParams) -> None:
    """Give every range of memory its node; without a usable table, all memory and all CPUs are on node 0."""
    memory = g.memblock.memory
    affinity = params.affinity if kconfig.NUMA else []
    for node, start, size in affinity:
        printk.printk(g, f"SRAT: Node {node} PXM {node} [mem {start:#010x}-{start + size - 1:#010x}]")
    meminfo = numa_cleanup_meminfo(g, affinity)
    for node, start, size in meminfo:
        memblock.memblock_set_node(memory, start, size, node)
    if meminfo and numa_meminfo_cover_memory(g):
        leave_out_small_nodes(g, meminfo)
        g.numa_distance = params.distances
        online = set(online_nodes(g))
        g.cpu_to_node = [find_near_online_node(g, nid, online) for nid in params.cpu_to_node]
        return
    if kconfig.NUMA:
        printk.printk(g, "No NUMA configuration found")
        printk.printk(g, f"Faking a node at [mem {0:#018x}-{PFN_PHYS(g.max_pfn) - 1:#018x}]")
    memblock.memblock_set_node(memory, 0, ALL, 0)
    g.cpu_to_node = [0] * len(params.cpu_to_node)


def leave_out_small_nodes(g: Globals, meminfo: list[NodeRange]) -> None:
    """Take memory from nodes that reach over less than 4 MiB: they do not exist."""
    # Kernel: takes pages of no node for some of node 0's first zone; the model boots no machine that has any.
    for nid in {node for node, _, _ in meminfo}:
        blocks = [(start, size) for node, start, size in meminfo if node == nid]
        if max(start + size for start, size in blocks) - min(start for start, _ in blocks) < NODE_MIN_SIZE:
            for start, size in blocks:
                memblock.memblock_set_node(g.memblock.memory, start, size, MEMBLOCK_NO_NODE)


def online_nodes(g: Globals) -> list[int]:
    """The nodes that have memory."""
    return sorted({nid for _, _, nid in memblock.for_each_mem_pfn_range(g.memblock) if nid != MEMBLOCK_NO_NODE})


def find_near_online_node(g: Globals, nid: int, online: set[int]) -> int:
    """The node itself if it has memory, else the nearest that has."""
    return nid if nid in online else min(sorted(online), key=lambda n: node_distance(g, nid, n), default=nid)


def node_distance(g: Globals, a: int, b: int) -> int:
    """How far a node's CPUs are from another's memory; 10 is its own."""
    if max(a, b) < len(g.numa_distance):
        return g.numa_distance[a][b]
    return 10 if a == b else 20
