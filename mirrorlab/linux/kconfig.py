"""The build options of the modelled kernel (what `make menuconfig` would set).

`linux.load(config={"MEMORY_MIRROR": False})` changes them for one copy of the model.
The values here are those of recorded kernel build A; B has HUGETLB_PAGE off, C has SLAB and D has SLOB.
"""

NUMA = True  # off: all memory is on node 0, and MEMORY_MIRROR, which depends on it, is off as well
MEMORY_MIRROR = True  # the RFC's patch 01; off: as if the RFC were not there
MEMORY_ISOLATION = False  # adds the migratetype ISOLATE
HUGETLB_PAGE = True  # pageblocks of order 9 (one huge page); off: the largest block, order 10
FORCE_MAX_ZONEORDER = 11  # MAX_ORDER: blocks have orders 0 ... MAX_ORDER - 1. Ours: x86 has no such option, always 11
NODES_SHIFT = 6  # at most 2**6 = 64 NUMA nodes
SLAB_ALLOCATOR = "SLUB"  # the allocator of objects: SLUB, SLAB or SLOB
