"""Which memory belongs to which node: arch/x86/mm/numa.c."""

from . import kconfig, memblock, mm_init, printk
from .bootparam import BootParams, NodeRange
from .mmzone import Globals
from .pfn import PFN_PHYS

ALL = 1 << 64


def x86_numa_init(g: Globals, params: BootParams) -> None:
    """Forget all mirrored ranges (the RFC's patch 02), then let the firmware name those there are."""
    g.mirror_info = []
    # Kernel: never fills the table of mirrored ranges (TBD 1 of the RFC); the model does it here.
    for node, start, size in params.mirrored:
        mm_init.add_mirror_info(g, node, start, size)


def numa_meminfo_cover_memory(g: Globals, affinity: list[NodeRange]) -> bool:
    """Whether all memory but less than 1 MiB belongs to a node."""
    covered = total = 0
    for rgn in g.memblock.memory.regions:
        total += rgn.size
        for _, start, size in affinity:
            covered += max(0, min(rgn.end, start + size) - max(rgn.base, start))
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
    if affinity and memory.regions and numa_meminfo_cover_memory(g, affinity):
        for node, start, size in affinity:
            memblock.memblock_set_node(memory, start, size, node)
        g.numa_distance = params.distances
        online = {rgn.nid for rgn in memory.regions}
        g.cpu_to_node = [find_near_online_node(g, nid, online) for nid in params.cpu_to_node]
        return
    if kconfig.NUMA:
        printk.printk(g, "No NUMA configuration found")
        printk.printk(g, f"Faking a node at [mem {0:#018x}-{PFN_PHYS(g.max_pfn) - 1:#018x}]")
    memblock.memblock_set_node(memory, 0, ALL, 0)
    g.cpu_to_node = [0] * len(params.cpu_to_node)


def find_near_online_node(g: Globals, nid: int, online: set[int]) -> int:
    """The node itself if it has memory, else the nearest that has."""
    return min(sorted(online), key=lambda other: node_distance(g, nid, other)) if nid not in online else nid


def node_distance(g: Globals, a: int, b: int) -> int:
    """How far a node's CPUs are from another's memory; 10 is its own."""
    if g.numa_distance:
        return g.numa_distance[a][b]
    return 10 if a == b else 20
